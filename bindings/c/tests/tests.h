/* What the tests of the boundary say, and what several of them need. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tollbridge.h>

static atomic_int failures;

static inline void report(bool ok, const char *what, const char *file, int line) {
  if (ok) return;
  atomic_fetch_add(&failures, 1);
  fprintf(stderr, "%s:%d: %s\n", file, line, what);
}

#define CHECK(condition) report((condition), #condition, __FILE__, __LINE__)
/* The call must succeed. */
#define OK(call) report(code_of(call) == 0, #call " failed", __FILE__, __LINE__)
/* The call must fail with this code. */
#define FAILS(code, call)                                                                          \
  report(code_of(call) == (code), #call " is not " #code, __FILE__, __LINE__)
/* The call must say that this argument is NULL. */
#define NULL_IS(argument, call)                                                                    \
  report(names_argument((call), TB_ERR_NULL_ARGUMENT, argument), #call ": " argument, __FILE__,    \
         __LINE__)
/* The call must say that this argument's length is too much. */
#define TOO_LONG(argument, call)                                                                   \
  report(names_argument((call), TB_ERR_INVALID_LENGTH, argument), #call ": " argument, __FILE__,   \
         __LINE__)

/* ANCHOR: code_of */
/* The code of an error, which is freed. */
static inline int32_t code_of(tb_error *error) {
  int32_t code = tb_error_code(error);
  tb_error_free(error);
  return code;
}
/* ANCHOR_END: code_of */

static inline bool names_argument(tb_error *error, int32_t code, const char *argument) {
  tb_error_details details;
  tb_error_info(error, &details);
  bool ok = details.code == code && details.field_count > 0 &&
            strcmp(details.fields[0].name, "argument") == 0 &&
            strcmp(details.fields[0].text, argument) == 0;
  tb_error_free(error);
  return ok;
}

static inline tb_histogram *make(void) {
  tb_config config = {.lowest = 1, .highest = 1000000, .significant_digits = 3};
  tb_histogram *histogram = NULL;
  OK(tb_histogram_new(&config, &histogram));
  if (!histogram) exit(EXIT_FAILURE);
  return histogram;
}

static inline uint64_t length(const tb_histogram *histogram) {
  uint64_t count = 0;
  OK(tb_histogram_len(histogram, &count));
  return count;
}

static inline int32_t visit_none(void *user, const tb_bucket *bucket) {
  (void)user;
  (void)bucket;
  return 0;
}

/* Copies to where no item of its size may lie; the caller frees `*room`. */
static inline void *misaligned(const void *items, size_t size, void **room) {
  char *bytes = *room = malloc(size + 1);
  if (!bytes) exit(EXIT_FAILURE);
  return memcpy(bytes + 1, items, size);
}

/* What a watcher is given as `user`, and its destructor counts. */
struct watched {
  tb_histogram *histogram;
  tb_watch *watch;
  atomic_int calls, destroyed;
};

static inline int32_t count_call(void *user, uint64_t value) {
  (void)value;
  atomic_fetch_add(&((struct watched *)user)->calls, 1);
  return 0;
}

static inline void count_end(void *user) {
  atomic_fetch_add(&((struct watched *)user)->destroyed, 1);
}

/* Frees the handle that is recorded through, the last one, and with it the histogram. */
static inline int32_t free_handle(void *user, uint64_t value) {
  struct watched *watched = user;
  (void)value;
  atomic_fetch_add(&watched->calls, 1);
  tb_histogram_free(watched->histogram);
  watched->histogram = NULL;
  return 1;
}

/* The watch must fail with this code, and the destructor must have run once, before it returned. */
#define REFUSED(code, watched, call)                                                               \
  do {                                                                                             \
    atomic_store(&(watched).destroyed, 0);                                                         \
    FAILS(code, call);                                                                             \
    CHECK(atomic_load(&(watched).destroyed) == 1 && !(watched).watch);                             \
  } while (0)

static inline void print_error(tb_error *error) {
  static const char *const kinds[] = {"", "u64", "f64", "text"};
  tb_error_details details;
  tb_error_info(error, &details);
  printf("%" PRId32 " %s", details.code, details.name ? details.name : "success");
  for (size_t i = 0; i < details.field_count; i++)
    printf(" %s:%s", details.fields[i].name, kinds[details.fields[i].kind & 3]);
  putchar('\n');
  tb_error_free(error);
}
