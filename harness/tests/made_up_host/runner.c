/* Every runner of a made-up language: `runner ID LIBRARY`. With `runner --times CASE...` it is the
   language's own timing tool. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t lingo_add(uint64_t a, uint64_t b);

static void hex(const char *text) {
  printf(" x");
  for (; *text; text++)
    printf("%02x", (unsigned char)*text);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t batch(const char *shape, uint64_t calls) {
  int adds = strcmp(shape, "add") == 0;
  uint64_t start = now();
  for (uint64_t i = 0; i < calls; i++) {
    uint64_t sum = adds ? lingo_add(i, 1) : i;
    __asm__ volatile("" : : "r"(sum));
  }
  return now() - start;
}

static int times(int cases, char **names) {
  printf("this line is not read\n{");
  for (int i = 0; i < cases; i++) {
    double fastest = 1e9;
    for (int round = 0; round < 20; round++) {
      double each = (double)batch(names[i], 100000) / 100000;
      if (each < fastest) fastest = each;
    }
    printf("%s\"%s\": %f", i ? ", " : "", names[i], fastest);
  }
  printf("}\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--times") == 0) return times(argc - 2, argv + 2);
  char line[256], shape[64];
  uint64_t a, b, batches;
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "hello\n") == 0) {
      printf("ok");
      hex(argv[1]);
      hex(argv[2]);
      hex("lingo 7");
    } else if (strcmp(line, "shapes\n") == 0) {
      printf("ok 2 empty x add");
      hex("a + b");
    } else if (strcmp(line, "stats\n") == 0) {
      printf("ok 0");
    } else if (sscanf(line, "time %63s %" SCNu64 " %" SCNu64 " %" SCNu64, shape, &a, &b,
                      &batches) == 4) {
      printf("ok %" PRIu64, batches);
      for (uint64_t i = 0; i < batches; i++)
        printf(" %" PRIu64, batch(shape, b));
      printf(" 1");
    } else if (sscanf(line, "add %" SCNu64 " %" SCNu64, &a, &b) == 2) {
      printf("ok %" PRIu64, lingo_add(a, b));
    } else if (strncmp(line, "echo", 4) == 0) {
      printf("unsupported %s", getenv("LINGO_TEXT"));
    } else if (strncmp(line, "hazard", 6) == 0) {
      printf("ok exception LingoError");
    } else if (strncmp(line, "len", 3) == 0) {
      printf("ok 1");
    } else {
      printf("ok");
    }
    printf("\n");
    fflush(stdout);
  }
}
