/* The library of a made-up language. */
#include <stdint.h>

uint64_t lingo_add(uint64_t a, uint64_t b) { return a + b; }
