
/* What ffi-support's macros define, where cbindgen does not look. */
#ifdef __cplusplus
extern "C" {
#endif

/// Frees text that came as a `char *`.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any. A leaf.
void tbf_string_free(char *text);

/// Frees a buffer; `{0}` is allowed. It goes by value: freeing a copy, too, is undefined.
///
/// Threads: any. A leaf.
void tbf_byte_buffer_free(tbf_byte_buffer buffer);

#ifdef __cplusplus
}
#endif

/* Refers to a symbol that only libraries of ABI 1 have: a program built with this header links with,
 * and starts with, nothing else. */
#if defined(__GNUC__)
__attribute__((used)) static const uint32_t *const tbf_abi_required = &tbf_abi_1;
#endif
