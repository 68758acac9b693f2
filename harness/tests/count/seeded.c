/* A library whose calls allocate what is known; `make` of the tests compiles it with -shared. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The compiler may leave out an allocation that nobody looks at. */
#define KEEP(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

/* Three allocations of n bytes. */
void seeded_known(size_t n) {
  for (int i = 0; i < 3; i++) {
    void *block = malloc(n);
    KEEP(block);
    free(block);
  }
}

void seeded_leak(size_t n) {
  void *block = malloc(n);
  KEEP(block);
}

uint64_t seeded_borrow(const uint8_t *bytes, size_t n) { return bytes[0] + bytes[n - 1]; }

uint64_t seeded_copy(const uint8_t *bytes, size_t n) {
  uint8_t *copy = malloc(n);
  memcpy(copy, bytes, n);
  KEEP(copy);
  uint64_t ends = seeded_borrow(copy, n);
  free(copy);
  return ends;
}

void seeded_spin(size_t n) {
  for (size_t i = 0; i < n; i++)
    KEEP(i);
}
