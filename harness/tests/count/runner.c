/* A runner over seeded.c: hello, shapes and time. It allocates on its own side, too. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void seeded_known(size_t n);
void seeded_leak(size_t n);
uint64_t seeded_borrow(const uint8_t *bytes, size_t n);
uint64_t seeded_copy(const uint8_t *bytes, size_t n);
void seeded_spin(size_t n);

static void hex(const char *text) {
  printf(" x");
  for (; *text; text++)
    printf("%02x", (unsigned char)*text);
}

/* Two allocations of 10 bytes beside the library's three. */
static void known(size_t n) {
  for (int i = 0; i < 2; i++) {
    void *block = malloc(10);
    __asm__ volatile("" : : "r"(block) : "memory");
    free(block);
  }
  seeded_known(n);
}

static void call(const char *shape, uint8_t *bytes, size_t n) {
  if (strcmp(shape, "known") == 0) known(n);
  if (strcmp(shape, "leak") == 0) seeded_leak(n);
  if (strcmp(shape, "borrow") == 0) seeded_borrow(bytes, n);
  if (strcmp(shape, "copy") == 0) seeded_copy(bytes, n);
  if (strcmp(shape, "spin") == 0) seeded_spin(n);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void answer_time(const char *shape, size_t n, uint64_t iterations) {
  uint8_t *bytes = calloc(n + 1, 1);
  uint64_t start = now();
  for (uint64_t i = 0; i < iterations; i++)
    call(shape, bytes, n);
  uint64_t took = now() - start;
  free(bytes);
  printf("ok 1 %llu 1", (unsigned long long)took);
}

int main(void) {
  char line[256], shape[64];
  unsigned long long n, iterations;
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "hello\n") == 0) {
      printf("ok");
      hex("fake/seeded");
      hex("libseeded.so");
      hex("fake 1");
    } else if (strcmp(line, "shapes\n") == 0) {
      printf("ok 6 empty x known x leak x borrow x copy x spin x");
    } else if (sscanf(line, "time %63s %llu %llu", shape, &n, &iterations) == 3) {
      answer_time(shape, n, iterations);
    } else {
      printf("unsupported op");
    }
    printf("\n");
    fflush(stdout);
  }
}
