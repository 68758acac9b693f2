/* A library that says of itself that its ABI is 2, and therefore lacks tb_abi_1. */
#include <stdint.h>

uint32_t tb_abi_version(void);
uint32_t tb_abi_version(void) { return 2; }
