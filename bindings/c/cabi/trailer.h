/* Refers to a symbol that only libraries of ABI 1 have: a program built with this header links with,
 * and starts with, nothing else. */
#if defined(__GNUC__)
__attribute__((used)) static const uint32_t *const tb_abi_required = &tb_abi_1;
#endif
