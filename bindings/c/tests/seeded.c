/* Programs with a mistake in them, one an argument: to prove that whatever watches the tests would
 * have seen it. Exits with 0 when nothing did. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tollbridge.h>

static void must(tb_error *error) {
  if (!error) return;
  fprintf(stderr, "error %d\n", (int)tb_error_code(error));
  exit(2);
}

static tb_histogram *make(void) {
  tb_config config = {.lowest = 1, .highest = 1000, .significant_digits = 3};
  tb_histogram *histogram;
  must(tb_histogram_new(&config, &histogram));
  return histogram;
}

/* Rust reads one item more than there are. */
static void overflow(void) {
  tb_histogram *histogram = make();
  uint64_t *values = calloc(3, sizeof *values);
  if (!values) exit(2);
  tb_error_free(tb_histogram_record_all(histogram, values, 4));
  free(values);
  tb_histogram_free(histogram);
}

/* Rust uses a handle that was freed. */
static void use_after_free(void) {
  tb_histogram *histogram = make();
  tb_histogram_free(histogram);
  tb_error_free(tb_histogram_record(histogram, 1));
}

static void double_free(void) {
  tb_error *error = tb_histogram_record(NULL, 7);
  tb_error_free(error);
  tb_error_free(error);
}

/* Each one overwrites the only pointer to the one before. */
static void leak(void) {
  static tb_bytes bytes;
  tb_histogram *histogram = make();
  for (int i = 0; i < 9; i++)
    must(tb_histogram_encode(histogram, &bytes));
  bytes = (tb_bytes){0};
  tb_histogram_free(histogram);
}

/* C reads a text that was freed. */
static void stale_text(void) {
  tb_histogram *histogram = make();
  tb_text text;
  must(tb_histogram_set_tag(histogram, "abc", 3));
  must(tb_histogram_tag(histogram, &text));
  tb_histogram_free(histogram);
  const volatile char *kept = text.data;
  tb_text_free(&text);
  if (kept[1] == 'b') puts("still there");
}

/* C's own arithmetic: nothing of ours is called, and only UBSan looks. */
static void signed_overflow(void) {
  volatile int most = INT_MAX;
  most = most + 1;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } bugs[] = {{"overflow", overflow},       {"use-after-free", use_after_free},
              {"double-free", double_free}, {"leak", leak},
              {"stale-text", stale_text},   {"signed-overflow", signed_overflow}};
  for (size_t i = 0; i < sizeof bugs / sizeof *bugs; i++) {
    if (argc != 2 || strcmp(argv[1], bugs[i].name) != 0) continue;
    bugs[i].run();
    return 0;
  }
  return 2;
}
