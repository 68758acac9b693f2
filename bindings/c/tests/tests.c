/* What the header promises, tried from C. `tests errors` raises its codes and prints their rows.
 * What a function computes is for the conformance vectors; here it is the boundary. */
#include "tests.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A change of one of these breaks programs that were built before: it needs another ABI number. */
_Static_assert(sizeof(tb_config) == 24, "tb_config");
_Static_assert(sizeof(tb_summary) == 72, "tb_summary");
_Static_assert(sizeof(tb_scan) == 24, "tb_scan");
_Static_assert(sizeof(tb_bucket) == 24, "tb_bucket");
_Static_assert(sizeof(tb_text) == 16 && sizeof(tb_bytes) == 16, "tb_text, tb_bytes");
_Static_assert(sizeof(tb_progress) == 24, "tb_progress");
_Static_assert(sizeof(tb_error_details) == 48, "tb_error_details");
_Static_assert(sizeof(tb_error_field) == 48, "tb_error_field");

/* VERSION is what pkg-config says, as bare tokens. */
#define TEXT(tokens) TEXT_OF(tokens)
#define TEXT_OF(tokens) #tokens

/* ---- which library */

static void version(void) {
  CHECK(tb_abi_version() == 1);
  CHECK(tb_abi_1 == 1);
  CHECK(strcmp(tb_version(), TEXT(VERSION)) == 0);
}

/* ---- NULL */

static void null_arguments_of_the_histogram(void) {
  tb_histogram *histogram = make(), *made;
  tb_config config = {.lowest = 1, .highest = 1000, .significant_digits = 3};
  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  tb_summary summary;
  tb_buckets *cursor, *unmade;
  tb_text text;
  tb_bytes bytes;
  bool found;
  uint64_t number;
  double real;
  int32_t stopped;
  size_t count;
  OK(tb_histogram_buckets(histogram, &scan, &cursor));

  NULL_IS("config", tb_histogram_new(NULL, &made));
  NULL_IS("histogram", tb_histogram_new(&config, NULL));
  NULL_IS("histogram", tb_histogram_clone(NULL, &made));
  NULL_IS("clone", tb_histogram_clone(histogram, NULL));
  NULL_IS("histogram", tb_histogram_config(NULL, &config));
  NULL_IS("config", tb_histogram_config(histogram, NULL));
  NULL_IS("histogram", tb_histogram_record(NULL, 1));
  NULL_IS("histogram", tb_histogram_record_n(NULL, 1, 1));
  NULL_IS("histogram", tb_histogram_record_all(NULL, &(uint64_t){1}, 1));
  NULL_IS("values", tb_histogram_record_all(histogram, NULL, 1));
  NULL_IS("histogram", tb_histogram_record_durations(NULL, "1s", 2, &number));
  NULL_IS("text", tb_histogram_record_durations(histogram, NULL, 2, &number));
  NULL_IS("recorded", tb_histogram_record_durations(histogram, "1s", 2, NULL));
  NULL_IS("histogram", tb_histogram_len(NULL, &number));
  NULL_IS("count", tb_histogram_len(histogram, NULL));
  NULL_IS("histogram", tb_histogram_is_empty(NULL, &found));
  NULL_IS("empty", tb_histogram_is_empty(histogram, NULL));
  NULL_IS("histogram", tb_histogram_min(NULL, &found, &number));
  NULL_IS("found", tb_histogram_min(histogram, NULL, &number));
  NULL_IS("value", tb_histogram_min(histogram, &found, NULL));
  NULL_IS("histogram", tb_histogram_max(NULL, &found, &number));
  NULL_IS("found", tb_histogram_max(histogram, NULL, &number));
  NULL_IS("value", tb_histogram_max(histogram, &found, NULL));
  NULL_IS("histogram", tb_histogram_mean(NULL, &found, &real));
  NULL_IS("found", tb_histogram_mean(histogram, NULL, &real));
  NULL_IS("value", tb_histogram_mean(histogram, &found, NULL));
  NULL_IS("histogram", tb_histogram_stdev(NULL, &found, &real));
  NULL_IS("found", tb_histogram_stdev(histogram, NULL, &real));
  NULL_IS("value", tb_histogram_stdev(histogram, &found, NULL));
  NULL_IS("histogram", tb_histogram_value_at_quantile(NULL, 0.5, &found, &number));
  NULL_IS("found", tb_histogram_value_at_quantile(histogram, 0.5, NULL, &number));
  NULL_IS("value", tb_histogram_value_at_quantile(histogram, 0.5, &found, NULL));
  NULL_IS("histogram", tb_histogram_values_at_quantiles(NULL, &(double){0}, 1, &found, &number));
  NULL_IS("quantiles", tb_histogram_values_at_quantiles(histogram, NULL, 1, &found, &number));
  NULL_IS("found", tb_histogram_values_at_quantiles(histogram, &(double){0}, 1, NULL, &number));
  NULL_IS("values", tb_histogram_values_at_quantiles(histogram, &(double){0}, 1, &found, NULL));
  NULL_IS("histogram", tb_histogram_summary(NULL, &found, &summary));
  NULL_IS("found", tb_histogram_summary(histogram, NULL, &summary));
  NULL_IS("summary", tb_histogram_summary(histogram, &found, NULL));
  NULL_IS("histogram", tb_histogram_tag(NULL, &text));
  NULL_IS("tag", tb_histogram_tag(histogram, NULL));
  NULL_IS("histogram", tb_histogram_set_tag(NULL, "a", 1));
  NULL_IS("tag", tb_histogram_set_tag(histogram, NULL, 1));
  NULL_IS("histogram", tb_histogram_merge(NULL, histogram));
  NULL_IS("other", tb_histogram_merge(histogram, NULL));
  NULL_IS("histogram", tb_histogram_encode(NULL, &bytes));
  NULL_IS("bytes", tb_histogram_encode(histogram, NULL));
  NULL_IS("data", tb_histogram_decode(NULL, 1, &made));
  NULL_IS("histogram", tb_histogram_decode((const uint8_t *)"x", 1, NULL));
  NULL_IS("histogram", tb_histogram_buckets(NULL, &scan, &unmade));
  NULL_IS("scan", tb_histogram_buckets(histogram, NULL, &unmade));
  NULL_IS("buckets", tb_histogram_buckets(histogram, &scan, NULL));
  NULL_IS("buckets", tb_buckets_next(NULL, &(tb_bucket){0}, 1, &count));
  NULL_IS("into", tb_buckets_next(cursor, NULL, 1, &count));
  NULL_IS("count", tb_buckets_next(cursor, &(tb_bucket){0}, 1, NULL));
  NULL_IS("histogram", tb_histogram_for_each_bucket(NULL, &scan, visit_none, NULL, &stopped));
  NULL_IS("scan", tb_histogram_for_each_bucket(histogram, NULL, visit_none, NULL, &stopped));
  NULL_IS("visitor", tb_histogram_for_each_bucket(histogram, &scan, NULL, NULL, &stopped));
  NULL_IS("stopped", tb_histogram_for_each_bucket(histogram, &scan, visit_none, NULL, NULL));
  NULL_IS("histogram", tb_histogram_render(NULL, 5, 1, &text));
  NULL_IS("text", tb_histogram_render(histogram, 5, 1, NULL));
  NULL_IS("ended", tb_watch_end(NULL, NULL));
  NULL_IS("watch", tb_watch_end(NULL, &found));

  /* NULL with a length of 0 is empty. */
  OK(tb_histogram_record_all(histogram, NULL, 0));
  OK(tb_histogram_record_durations(histogram, NULL, 0, &number));
  OK(tb_histogram_set_tag(histogram, NULL, 0));
  OK(tb_histogram_values_at_quantiles(histogram, NULL, 0, &found, NULL));
  OK(tb_buckets_next(cursor, NULL, 0, &count));
  FAILS(TB_ERR_MALFORMED_HISTOGRAM, tb_histogram_decode(NULL, 0, &made));
  CHECK(length(histogram) == 0);

  tb_buckets_free(cursor);
  tb_histogram_free(histogram);
}

static void null_arguments_of_logs(void) {
  tb_histogram *histogram = make();
  tb_replay *replay = NULL;
  tb_log_writer *writer = NULL;
  NULL_IS("path", tb_replay_log(NULL, 1, NULL, NULL, &replay));
  NULL_IS("replay", tb_replay_log("/dev/null", 9, NULL, NULL, NULL));
  NULL_IS("replay", tb_replay_histogram(NULL, 0, &histogram));
  NULL_IS("histogram", tb_replay_histogram(NULL, 0, NULL));
  NULL_IS("path", tb_log_writer_new(NULL, 1, 0, &writer));
  NULL_IS("writer", tb_log_writer_new("/dev/null", 9, 0, NULL));
  NULL_IS("writer", tb_log_writer_write(NULL, histogram, 0, 1));
  CHECK(tb_replay_len(NULL) == 0 && !replay && !writer);

  OK(tb_log_writer_new("/dev/null", 9, 0, &writer));
  NULL_IS("histogram", tb_log_writer_write(writer, NULL, 0, 1));
  tb_log_writer_free(writer);

  /* NULL with a length of 0 is the empty path, which no file has. */
  FAILS(TB_ERR_IO, tb_replay_log(NULL, 0, NULL, NULL, &replay));
  FAILS(TB_ERR_IO, tb_log_writer_new(NULL, 0, 0, &writer));
  tb_histogram_free(histogram);
}

static void freeing_null_and_twice(void) {
  tb_error_free(NULL);
  tb_histogram_free(NULL);
  tb_buckets_free(NULL);
  tb_watch_free(NULL);
  tb_replay_free(NULL);
  tb_log_writer_free(NULL);
  tb_text_free(NULL);
  tb_bytes_free(NULL);

  tb_histogram *histogram = make();
  tb_text text;
  tb_bytes bytes;
  /* Nothing at all is freed like something. */
  OK(tb_histogram_tag(histogram, &text));
  CHECK(text.length == 0 && text.data && text.data[0] == '\0');
  tb_text_free(&text);
  OK(tb_histogram_set_tag(histogram, "\xc3\xa9", 2));
  OK(tb_histogram_tag(histogram, &text));
  OK(tb_histogram_encode(histogram, &bytes));
  CHECK(text.length == 2 && bytes.length > 2);
  for (int i = 0; i < 2; i++) {
    tb_text_free(&text);
    tb_bytes_free(&bytes);
    CHECK(!text.data && !bytes.data);
  }
  tb_histogram_free(histogram);
}

/* ---- arguments that are not what they should be */

static void misaligned_arrays(void) {
  tb_histogram *histogram = make();
  void *room;
  bool found;

  const uint64_t values[] = {1, 2, 500};
  OK(tb_histogram_record_all(histogram, misaligned(values, sizeof values, &room), 3));
  free(room);
  CHECK(length(histogram) == 3);

  const double quantiles[] = {0, 1};
  uint64_t zeros[2] = {0}, read[2];
  void *other;
  uint64_t *out = misaligned(zeros, sizeof zeros, &other);
  OK(tb_histogram_values_at_quantiles(histogram, misaligned(quantiles, sizeof quantiles, &room), 2,
                                      &found, out));
  memcpy(read, out, sizeof read);
  CHECK(found && read[0] == 1 && read[1] == 500);
  free(room);
  free(other);

  const tb_scan scan = {.kind = TB_SCAN_RECORDED};
  const tb_bucket none[2] = {{0}};
  tb_bucket first[2];
  tb_buckets *cursor;
  size_t count = 0;
  OK(tb_histogram_buckets(histogram, &scan, &cursor));
  tb_bucket *into = misaligned(none, sizeof none, &room);
  OK(tb_buckets_next(cursor, into, 2, &count));
  memcpy(first, into, sizeof first);
  CHECK(count == 2 && first[1].value == 2 && first[1].total == 2);
  free(room);
  tb_buckets_free(cursor);
  tb_histogram_free(histogram);
}

static void lengths_above_what_memory_can_hold(void) {
  tb_replay *replay = NULL;
  tb_log_writer *writer = NULL;
  tb_histogram *histogram = make(), *made = NULL;
  const tb_scan scan = {.kind = TB_SCAN_RECORDED};
  tb_buckets *cursor;
  OK(tb_histogram_buckets(histogram, &scan, &cursor));
  const size_t bytes = (size_t)PTRDIFF_MAX + 1, words = PTRDIFF_MAX / 8 + 1;
  const char text[] = "1s";
  const uint8_t *data = (const uint8_t *)text;
  uint64_t number = 0;
  double real = 0;
  bool found;
  size_t count;
  tb_bucket bucket;

  TOO_LONG("values", tb_histogram_record_all(histogram, &number, words));
  TOO_LONG("values", tb_histogram_record_all(histogram, &number, SIZE_MAX));
  TOO_LONG("text", tb_histogram_record_durations(histogram, text, bytes, &number));
  TOO_LONG("values", tb_histogram_values_at_quantiles(histogram, &real, words, &found, &number));
  TOO_LONG("tag", tb_histogram_set_tag(histogram, text, bytes));
  TOO_LONG("data", tb_histogram_decode(data, bytes, &made));
  TOO_LONG("into", tb_buckets_next(cursor, &bucket, PTRDIFF_MAX / sizeof bucket + 1, &count));
  TOO_LONG("path", tb_replay_log(text, bytes, NULL, NULL, &replay));
  TOO_LONG("path", tb_log_writer_new(text, bytes, 0, &writer));
  CHECK(!made && length(histogram) == 0);
  tb_buckets_free(cursor);
  tb_histogram_free(histogram);
}

static void integers_that_stand_for_nothing(void) {
  tb_histogram *histogram = make();
  tb_scan scan = {.kind = 7};
  tb_buckets *cursor = NULL;
  int32_t stopped;
  FAILS(TB_ERR_INVALID_ENUM, tb_histogram_buckets(histogram, &scan, &cursor));
  FAILS(TB_ERR_INVALID_ENUM,
        tb_histogram_for_each_bucket(histogram, &scan, visit_none, NULL, &stopped));
  CHECK(!cursor);
  tb_histogram_free(histogram);
}

static void text_that_is_not_utf8(void) {
  tb_histogram *histogram = make();
  static const struct {
    const char *text;
    size_t length;
    uint64_t offset;
  } bad[] = {
      {"\xff", 1, 0},
      {"\xc3\xa9\xff", 3, 1},          /* one character of two bytes before */
      {"a\xe2\x82\xac\xf0\x9f", 6, 2}, /* cut off */
      {"ab\xed\xa0\x80", 5, 2},        /* a lone surrogate */
      {"\0\xc0\x80", 3, 1},            /* an overlong NUL after a real one */
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint64_t number = 77;
    tb_error *error = tb_histogram_record_durations(histogram, bad[i].text, bad[i].length, &number);
    tb_error_details details;
    tb_error_info(error, &details);
    CHECK(details.code == TB_ERR_INVALID_TEXT && details.field_count == 1);
    if (details.field_count == 1) CHECK(details.fields[0].number == bad[i].offset);
    CHECK(number == 77);
    tb_error_free(error);
  }
  /* What is text comes back as it is, with a NUL behind it. */
  uint64_t number;
  tb_error_details details;
  tb_error *error = tb_histogram_record_durations(histogram, "a\0\xc3\xa9", 4, &number);
  tb_error_info(error, &details);
  CHECK(details.code == TB_ERR_INVALID_DURATION && details.field_count == 3);
  if (details.field_count == 3) {
    CHECK(details.fields[2].text_length == 4);
    CHECK(memcmp(details.fields[2].text, "a\0\xc3\xa9", 5) == 0);
  }
  tb_error_free(error);
  tb_histogram_free(histogram);
}

static void failures_leave_outputs_alone(void) {
  tb_histogram *histogram = make(), *made = histogram;
  tb_config config = {.lowest = 0, .highest = 1000, .significant_digits = 3};
  uint64_t number = 77, values[] = {1, 2000000};
  bool found = true;
  FAILS(TB_ERR_INVALID_ARGUMENT, tb_histogram_new(&config, &made));
  CHECK(made == histogram);
  FAILS(TB_ERR_OUT_OF_RANGE, tb_histogram_record_all(histogram, values, 2));
  CHECK(length(histogram) == 0);
  FAILS(TB_ERR_INVALID_QUANTILE, tb_histogram_value_at_quantile(histogram, NAN, &found, &number));
  CHECK(found && number == 77);
  FAILS(TB_ERR_INVALID_DURATION, tb_histogram_record_durations(histogram, "1s x", 4, &number));
  CHECK(number == 77 && length(histogram) == 0);
  OK(tb_histogram_min(histogram, &found, &number));
  CHECK(!found && number == 77);
  tb_histogram_free(histogram);
}

/* ---- errors */

static void *read_details(void *error) {
  tb_error_details *details = malloc(sizeof *details);
  if (!details) exit(EXIT_FAILURE);
  tb_error_info(error, details);
  return details;
}

static void details_of_an_error(void) {
  tb_error_details details = {.code = 7};
  CHECK(tb_error_code(NULL) == 0);
  tb_error_info(NULL, &details);
  CHECK(details.code == 0 && !details.name && !details.message && details.message_length == 0);
  CHECK(!details.fields && details.field_count == 0);

  tb_histogram *histogram = make();
  uint64_t unused;
  bool found;
  tb_error *error = tb_histogram_record_durations(histogram, "1s\n2s caf\xc3\xa9", 11, &unused);
  tb_error_info(error, NULL);
  CHECK(tb_error_code(error) == TB_ERR_INVALID_DURATION);

  /* Asked for by many at once, made once. */
  pthread_t threads[4];
  tb_error_details *seen[4];
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&threads[i], NULL, read_details, error) == 0);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], (void **)&seen[i]);
  tb_error_info(error, &details);
  for (int i = 0; i < 4; i++) {
    CHECK(seen[i]->message == details.message && seen[i]->fields == details.fields);
    free(seen[i]);
  }

  CHECK(details.code == TB_ERR_INVALID_DURATION);
  CHECK(strcmp(details.name, "invalid_duration") == 0);
  CHECK(strstr(details.message, "caf\xc3\xa9"));
  CHECK(details.message_length == strlen(details.message));
  CHECK(details.field_count == 3);
  const tb_error_field *line = &details.fields[0], *column = line + 1, *token = line + 2;
  CHECK(strcmp(line->name, "line") == 0 && line->kind == TB_FIELD_U64);
  CHECK(line->number == 2 && line->real == 0 && !line->text && column->number == 4);
  CHECK(strcmp(token->name, "token") == 0 && token->kind == TB_FIELD_TEXT);
  CHECK(strcmp(token->text, "caf\xc3\xa9") == 0 && token->text_length == 5);
  tb_error_free(error);

  error = tb_histogram_value_at_quantile(histogram, NAN, &found, &unused);
  tb_error_info(error, &details);
  const tb_error_field *quantile = &details.fields[0];
  CHECK(strcmp(quantile->name, "quantile") == 0 && quantile->kind == TB_FIELD_F64);
  CHECK(isnan(quantile->real) && quantile->number == 0 && !quantile->text);
  tb_error_free(error);
  tb_histogram_free(histogram);
}

/* ---- threads and callbacks */

enum { THREADS = 8, RECORDS = 20000 };

static void *hammer(void *histogram) {
  for (uint64_t i = 0; i < RECORDS; i++)
    OK(tb_histogram_record(histogram, i));
  return NULL;
}

static void threads_lose_no_count(void) {
  tb_histogram *histogram = make();
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, hammer, histogram) == 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  CHECK(length(histogram) == (uint64_t)THREADS * RECORDS);
  tb_histogram_free(histogram);
}

/* Each thread has a handle of its own and frees it, whoever is last. */
static void *record_and_free(void *histogram) {
  OK(tb_histogram_record(histogram, 1));
  tb_histogram_free(histogram);
  return NULL;
}

static void the_last_handle_frees(void) {
  tb_histogram *histogram = make();
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    tb_histogram *clone;
    OK(tb_histogram_clone(histogram, &clone));
    CHECK(pthread_create(&threads[i], NULL, record_and_free, clone) == 0);
  }
  tb_histogram_free(histogram);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
}

struct merge {
  tb_histogram *into, *from;
};

static void *merge_often(void *argument) {
  const struct merge *merge = argument;
  for (int i = 0; i < 200; i++)
    OK(tb_histogram_merge(merge->into, merge->from));
  return NULL;
}

static void merging_crosswise_does_not_deadlock(void) {
  struct merge there = {make(), make()}, back = {there.from, there.into};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, merge_often, &there) == 0);
  merge_often(&back);
  pthread_join(thread, NULL);
  OK(tb_histogram_merge(there.into, there.into));
  tb_histogram_free(there.into);
  tb_histogram_free(there.from);
}

enum { BUCKETS = 1000 };
static tb_buckets *shared_cursor;
static atomic_int given[BUCKETS];

static void *pull(void *unused) {
  tb_bucket buckets[7];
  size_t count;
  do {
    count = 0;
    OK(tb_buckets_next(shared_cursor, buckets, 7, &count));
    for (size_t i = 0; i < count; i++)
      if (buckets[i].value < BUCKETS) atomic_fetch_add(&given[buckets[i].value], 1);
  } while (count > 0);
  return unused;
}

static void a_cursor_gives_each_bucket_once(void) {
  tb_histogram *histogram = make();
  const tb_scan scan = {.kind = TB_SCAN_RECORDED};
  for (uint64_t i = 0; i < BUCKETS; i++)
    OK(tb_histogram_record(histogram, i));
  OK(tb_histogram_buckets(histogram, &scan, &shared_cursor));
  /* It outlives the histogram. */
  tb_histogram_free(histogram);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&threads[i], NULL, pull, NULL) == 0);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  int once = 0;
  for (int i = 0; i < BUCKETS; i++)
    once += atomic_load(&given[i]) == 1;
  CHECK(once == BUCKETS);
  tb_buckets_free(shared_cursor);
}

/* ANCHOR: visitor_frees */
static int32_t use_and_free(void *user, const tb_bucket *bucket) {
  tb_histogram **histogram = user;
  if (*histogram) {
    OK(tb_histogram_record(*histogram, bucket->value));
    tb_histogram_free(*histogram);
    *histogram = NULL;
  }
  return bucket->value == 3 ? -9 : 0;
}
/* ANCHOR_END: visitor_frees */

static void a_visitor_may_free_the_handle(void) {
  tb_histogram *histogram = make();
  const tb_scan scan = {.kind = TB_SCAN_RECORDED};
  const uint64_t values[] = {1, 2, 3, 4};
  int32_t stopped = 0;
  OK(tb_histogram_record_all(histogram, values, 4));
  OK(tb_histogram_for_each_bucket(histogram, &scan, use_and_free, &histogram, &stopped));
  CHECK(!histogram && stopped == -9);
}

static int32_t note_thread(void *user, const tb_bucket *bucket) {
  *(pthread_t *)user = pthread_self();
  return bucket->value == 2 ? INT32_MIN : 0;
}

static void callbacks_keep_their_thread_and_answer(void) {
  tb_histogram *histogram = make();
  const tb_scan scan = {.kind = TB_SCAN_RECORDED};
  pthread_t thread;
  int32_t stopped = 1;
  OK(tb_histogram_record(histogram, 1));
  OK(tb_histogram_for_each_bucket(histogram, &scan, note_thread, &thread, &stopped));
  CHECK(pthread_equal(thread, pthread_self()) && stopped == 0);
  OK(tb_histogram_record_n(histogram, 2, 2));
  OK(tb_histogram_for_each_bucket(histogram, &scan, note_thread, &thread, &stopped));
  CHECK(stopped == INT32_MIN);
  tb_histogram_free(histogram);
}

/* ---- watchers */

/* `user` is on the heap with the handle and the watch in it: all of it goes. */
static void free_all_of_it(void *user) {
  struct watched *watched = user;
  tb_histogram_free(watched->histogram);
  tb_watch_free(watched->watch);
  free(watched);
}

static void a_watch_that_fails_destroys_once(void) {
  tb_histogram *histogram = make();
  struct watched w = {0};
  REFUSED(TB_ERR_NULL_ARGUMENT, w,
          tb_histogram_watch(NULL, 1, count_call, &w, count_end, &w.watch));
  REFUSED(TB_ERR_NULL_ARGUMENT, w, tb_histogram_watch(histogram, 1, NULL, &w, count_end, &w.watch));
  REFUSED(TB_ERR_NULL_ARGUMENT, w,
          tb_histogram_watch(histogram, 1, count_call, &w, count_end, NULL));
  REFUSED(TB_ERR_NULL_ARGUMENT, w, tb_histogram_watch(NULL, 1, NULL, &w, count_end, NULL));
  REFUSED(TB_ERR_OUT_OF_RANGE, w,
          tb_histogram_watch(histogram, 1000001, count_call, &w, count_end, &w.watch));
  CHECK(w.calls == 0);
  tb_histogram_free(histogram);

  /* The destructor may free the very handle that the watch was asked of, and where `watch` lies. */
  struct watched *owner = calloc(1, sizeof *owner);
  if (!owner) exit(EXIT_FAILURE);
  owner->histogram = make();
  FAILS(TB_ERR_OUT_OF_RANGE, tb_histogram_watch(owner->histogram, UINT64_MAX, count_call, owner,
                                                free_all_of_it, &owner->watch));
}

static void a_watch_ends_after_every_handle(void) {
  struct watched w = {.histogram = make()};
  bool ended = true;
  OK(tb_histogram_watch(w.histogram, 5, count_call, &w, count_end, &w.watch));
  OK(tb_histogram_record(w.histogram, 5));
  CHECK(w.calls == 1 && w.destroyed == 0);
  tb_histogram_free(w.histogram);
  CHECK(w.destroyed == 1);
  OK(tb_watch_end(w.watch, &ended));
  CHECK(!ended && w.destroyed == 1);
  tb_watch_free(w.watch);

  /* Freeing the token ends nothing. */
  struct watched kept = {.histogram = make()}, other = {.histogram = kept.histogram};
  OK(tb_histogram_watch(kept.histogram, 5, count_call, &kept, count_end, &kept.watch));
  OK(tb_histogram_watch(kept.histogram, 5, count_call, &other, count_end, &other.watch));
  tb_watch_free(kept.watch);
  OK(tb_histogram_record(kept.histogram, 6));
  CHECK(kept.calls == 1 && other.calls == 1);
  OK(tb_watch_end(other.watch, &ended));
  CHECK(ended && other.destroyed == 1 && kept.destroyed == 0);
  tb_watch_free(other.watch);
  tb_histogram_free(kept.histogram);
  CHECK(kept.destroyed == 1);

  /* Without a destructor there is nothing to call. */
  tb_histogram *histogram = make();
  tb_watch *watch;
  OK(tb_histogram_watch(histogram, 5, count_call, &w, NULL, &watch));
  OK(tb_watch_end(watch, &ended));
  tb_watch_free(watch);
  tb_histogram_free(histogram);
}

static tb_error *record_one(const tb_histogram *histogram) {
  return tb_histogram_record(histogram, 7);
}
static tb_error *record_many(const tb_histogram *histogram) {
  return tb_histogram_record_n(histogram, 7, 3);
}
static tb_error *record_list(const tb_histogram *histogram) {
  const uint64_t values[] = {1, 7, 8, 9};
  return tb_histogram_record_all(histogram, values, 4);
}
static tb_error *record_text(const tb_histogram *histogram) {
  uint64_t recorded;
  return tb_histogram_record_durations(histogram, "7ns 8ns", 7, &recorded);
}
static void *record_there(void *histogram) { return record_one(histogram); }
static tb_error *record_elsewhere(const tb_histogram *histogram) {
  pthread_t thread;
  void *error;
  CHECK(pthread_create(&thread, NULL, record_there, (void *)histogram) == 0);
  pthread_join(thread, &error);
  return error;
}

static void a_watcher_may_free_the_handle(void) {
  tb_error *(*const ways[])(const tb_histogram *) = {record_one, record_many, record_list,
                                                     record_text, record_elsewhere};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    struct watched w = {.histogram = make()};
    OK(tb_histogram_watch(w.histogram, 5, free_handle, &w, count_end, &w.watch));
    OK(ways[i](w.histogram));
    CHECK(!w.histogram && w.calls == 1 && w.destroyed == 1);
    tb_watch_free(w.watch);
  }
}

/* Ends its own watch, and with it goes `user`, where the watch and the handle are. */
static int32_t end_itself(void *user, uint64_t value) {
  struct watched *watched = user;
  bool ended = false;
  (void)value;
  OK(tb_watch_end(watched->watch, &ended));
  CHECK(ended);
  return 0;
}

static void a_destructor_may_free_everything(void) {
  struct watched *owner = calloc(1, sizeof *owner);
  if (!owner) exit(EXIT_FAILURE);
  owner->histogram = make();
  OK(tb_histogram_watch(owner->histogram, 5, end_itself, owner, free_all_of_it, &owner->watch));
  OK(tb_histogram_record(owner->histogram, 7));

  /* The same by the one who ends it from outside. */
  bool ended = false;
  owner = calloc(1, sizeof *owner);
  if (!owner) exit(EXIT_FAILURE);
  owner->histogram = make();
  OK(tb_histogram_watch(owner->histogram, 5, count_call, owner, free_all_of_it, &owner->watch));
  OK(tb_watch_end(owner->watch, &ended));
  CHECK(ended);
}

/* A call that lasts until it is told to end. */
struct slow {
  struct watched watched;
  atomic_bool running, go_on;
};

static int32_t wait_inside(void *user, uint64_t value) {
  struct slow *slow = user;
  atomic_fetch_add(&slow->watched.calls, 1);
  atomic_store(&slow->running, true);
  while (!atomic_load(&slow->go_on))
    sched_yield();
  CHECK(value == 7 && atomic_load(&slow->watched.destroyed) == 0);
  return 0;
}

static void *record_seven(void *histogram) {
  OK(tb_histogram_record(histogram, 7));
  return NULL;
}

static void a_watch_ends_while_it_is_called(void) {
  struct slow slow = {.watched.histogram = make()};
  tb_histogram *histogram = slow.watched.histogram;
  pthread_t thread;
  bool ended = false;
  OK(tb_histogram_watch(histogram, 5, wait_inside, &slow, count_end, &slow.watched.watch));
  CHECK(pthread_create(&thread, NULL, record_seven, histogram) == 0);
  while (!atomic_load(&slow.running))
    sched_yield();
  /* It does not wait, no other call starts, and the destructor waits for the one that runs. */
  OK(tb_watch_end(slow.watched.watch, &ended));
  OK(tb_histogram_record(histogram, 8));
  CHECK(ended && slow.watched.calls == 1 && atomic_load(&slow.watched.destroyed) == 0);
  atomic_store(&slow.go_on, true);
  pthread_join(thread, NULL);
  CHECK(slow.watched.destroyed == 1);
  tb_watch_free(slow.watched.watch);
  tb_histogram_free(histogram);
}

static void a_watcher_is_called_by_many_threads(void) {
  struct watched w = {.histogram = make()};
  pthread_t threads[THREADS];
  OK(tb_histogram_watch(w.histogram, 0, count_call, &w, count_end, &w.watch));
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, hammer, w.histogram) == 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  CHECK(w.calls == THREADS * RECORDS && w.destroyed == 0);
  tb_histogram_free(w.histogram);
  CHECK(w.destroyed == 1);
  tb_watch_free(w.watch);
}

/* ---- interval logs */

static tb_log_writer *write_log(const char *path, size_t length, const tb_histogram *histogram) {
  tb_log_writer *writer = NULL;
  OK(tb_log_writer_new(path, length, 1.5, &writer));
  OK(tb_log_writer_write(writer, histogram, 0, 1));
  return writer;
}

static void a_file_need_not_be_utf8(const char *folder) {
  char path[200];
  int size = snprintf(path, sizeof path, "%s/log-\xff", folder);
  size_t long_enough = (size_t)size;
  tb_histogram *histogram = make(), *one = NULL, *again = NULL;
  tb_replay *replay = NULL;
  tb_text tag;
  OK(tb_histogram_record_n(histogram, 5, 3));
  OK(tb_histogram_set_tag(histogram, "a", 1));
  /* The length counts, and no NUL is looked for. */
  path[size] = 'x';
  tb_log_writer_free(write_log(path, long_enough, histogram));
  path[size] = '\0';
  CHECK(access(path, R_OK) == 0);
  OK(tb_replay_log(path, long_enough, NULL, NULL, &replay));
  CHECK(tb_replay_len(replay) == 1);
  FAILS(TB_ERR_INVALID_ARGUMENT, tb_replay_histogram(replay, 1, &one));
  CHECK(!one);
  OK(tb_replay_histogram(replay, 0, &one));
  OK(tb_replay_histogram(replay, 0, &again));
  /* Two handles to one histogram, which outlives the replay. */
  tb_replay_free(replay);
  OK(tb_histogram_record(one, 6));
  CHECK(one != again && length(again) == 4);
  OK(tb_histogram_tag(again, &tag));
  CHECK(tag.length == 1 && tag.data[0] == 'a');
  tb_text_free(&tag);
  tb_histogram_free(one);
  tb_histogram_free(again);
  tb_histogram_free(histogram);
  unlink(path);
}

static uint64_t os_code(tb_error *error) {
  tb_error_details details;
  tb_error_info(error, &details);
  CHECK(details.code == TB_ERR_IO && details.field_count == 3);
  uint64_t code = details.field_count == 3 ? details.fields[2].number : UINT64_MAX;
  tb_error_free(error);
  return code;
}

static void files_that_cannot_be_used(const char *folder) {
  tb_replay *replay = NULL;
  tb_log_writer *writer = NULL;
  CHECK(os_code(tb_replay_log("/nowhere/at/all", 15, NULL, NULL, &replay)) == ENOENT);
  CHECK(os_code(tb_replay_log("", 0, NULL, NULL, &replay)) == ENOENT);
  CHECK(os_code(tb_replay_log("a\0b", 3, NULL, NULL, &replay)) == 0);
  CHECK(os_code(tb_replay_log(folder, strlen(folder), NULL, NULL, &replay)) == EISDIR);
  CHECK(os_code(tb_log_writer_new("a\0b", 3, 0, &writer)) == 0);
  CHECK(os_code(tb_log_writer_new(folder, strlen(folder), 0, &writer)) == EISDIR);
  CHECK(os_code(tb_log_writer_new("/dev/full", 9, 0, &writer)) == ENOSPC);
  CHECK(!replay && !writer);
}

/* The file may not grow by a whole line: the part that was written is taken back. */
static void a_line_that_does_not_fit_leaves_nothing(const char *folder) {
  char path[200];
  snprintf(path, sizeof path, "%s/limited", folder);
  tb_histogram *histogram = make();
  tb_replay *replay = NULL;
  OK(tb_histogram_record(histogram, 5));
  tb_log_writer *writer = write_log(path, strlen(path), histogram);
  struct stat before, after;
  CHECK(stat(path, &before) == 0);
  struct rlimit usual;
  CHECK(getrlimit(RLIMIT_FSIZE, &usual) == 0);
  struct rlimit limit = {(rlim_t)before.st_size + 10, usual.rlim_max};
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  CHECK(os_code(tb_log_writer_write(writer, histogram, 1, 1)) == EFBIG);
  CHECK(setrlimit(RLIMIT_FSIZE, &usual) == 0);
  signal(SIGXFSZ, handler);
  CHECK(stat(path, &after) == 0 && after.st_size == before.st_size);
  OK(tb_log_writer_write(writer, histogram, 1, 1));
  tb_log_writer_free(writer);
  OK(tb_replay_log(path, strlen(path), NULL, NULL, &replay));
  CHECK(tb_replay_len(replay) == 1);
  tb_replay_free(replay);
  tb_histogram_free(histogram);
  unlink(path);
}

/* Writes a log into the pipe, from a process of its own: its reader has this one. */
static void a_log_may_come_through_a_pipe(const char *folder) {
  char path[200], log[200];
  snprintf(path, sizeof path, "%s/pipe", folder);
  snprintf(log, sizeof log, "%s/log", folder);
  tb_histogram *histogram = make();
  tb_replay *replay = NULL;
  OK(tb_histogram_record(histogram, 5));
  tb_log_writer_free(write_log(log, strlen(log), histogram));
  CHECK(mkfifo(path, 0600) == 0);
  pid_t child = fork();
  if (child == 0) {
    execlp("cp", "cp", log, path, (char *)NULL);
    _exit(127);
  }
  OK(tb_replay_log(path, strlen(path), NULL, NULL, &replay));
  int status = 1;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(tb_replay_len(replay) == 1);
  tb_replay_free(replay);
  tb_histogram_free(histogram);
  unlink(path);
  unlink(log);
}

/* Progress: frees what it finds, and stops at the call that it is told. */
struct progress {
  tb_histogram *histogram;
  tb_log_writer *writer;
  int calls, stop_at;
};

static int32_t free_things(void *user, const tb_progress *at) {
  struct progress *progress = user;
  CHECK(at->bytes <= at->total);
  tb_log_writer_free(progress->writer);
  tb_histogram_free(progress->histogram);
  progress->writer = NULL;
  progress->histogram = NULL;
  return ++progress->calls == progress->stop_at ? INT32_MIN : 0;
}

static void progress_may_free_and_stop(const char *folder) {
  char path[200];
  snprintf(path, sizeof path, "%s/log", folder);
  struct progress progress = {.histogram = make()};
  progress.writer = write_log(path, strlen(path), progress.histogram);
  tb_replay *replay = NULL;
  OK(tb_replay_log(path, strlen(path), free_things, &progress, &replay));
  CHECK(progress.calls >= 2 && !progress.writer && tb_replay_len(replay) == 1);
  tb_replay_free(replay);
  replay = NULL;
  for (int at = 1; at <= 2; at++) {
    struct progress stopping = {.stop_at = at};
    FAILS(TB_ERR_CANCELLED, tb_replay_log(path, strlen(path), free_things, &stopping, &replay));
    CHECK(!replay && stopping.calls == at);
  }
  unlink(path);
}

static void interval_logs(void) {
  char folder[] = "/tmp/tollbridge-tests-XXXXXX";
  if (!mkdtemp(folder)) exit(EXIT_FAILURE);
  a_file_need_not_be_utf8(folder);
  files_that_cannot_be_used(folder);
  a_line_that_does_not_fit_leaves_nothing(folder);
  a_log_may_come_through_a_pipe(folder);
  progress_may_free_and_stop(folder);
  CHECK(rmdir(folder) == 0);
}

/* ---- the table of errors */

/* Every code but `closed`, which is for hosts that close, and what no argument leads to. */
static void print_errors(void) {
  tb_histogram *histogram = make(), *made;
  tb_config config = {.lowest = 0, .highest = 1000, .significant_digits = 3};
  tb_scan fine = {.kind = TB_SCAN_LINEAR, .step = 1}, unknown = {.kind = 7};
  tb_config wide = {.lowest = 1, .highest = (uint64_t)1 << 40, .significant_digits = 1};
  tb_buckets *cursor;
  uint64_t number;
  bool found;
  print_error(tb_histogram_new(&config, &made));
  print_error(tb_histogram_record(histogram, UINT64_MAX));
  OK(tb_histogram_record_n(histogram, 1, INT64_MAX));
  print_error(tb_histogram_record(histogram, 1));
  print_error(tb_histogram_value_at_quantile(histogram, NAN, &found, &number));
  print_error(tb_histogram_record_durations(histogram, "soon", 4, &number));
  print_error(tb_histogram_set_tag(histogram, "a,b", 3));
  OK(tb_histogram_new(&wide, &made));
  OK(tb_histogram_record(made, wide.highest));
  print_error(tb_histogram_buckets(made, &fine, &cursor));
  tb_histogram_free(made);
  print_error(tb_histogram_decode((const uint8_t *)"x", 1, &made));
  print_error(tb_histogram_set_tag(histogram, "\xff", 1));
  print_error(tb_histogram_len(NULL, &number));
  print_error(tb_histogram_buckets(histogram, &unknown, &cursor));
  print_error(tb_histogram_set_tag(histogram, "a", SIZE_MAX));
  tb_histogram_free(histogram);
  /* A file of one line that is none; another that is not there; a callback that says no. */
  char bad[] = "/tmp/tollbridge-tests-XXXXXX";
  int file = mkstemp(bad);
  CHECK(file >= 0 && write(file, "x\n", 2) == 2);
  struct progress stopping = {.stop_at = 1};
  tb_replay *replay;
  print_error(tb_replay_log(bad, strlen(bad), NULL, NULL, &replay));
  print_error(tb_replay_log(bad, strlen(bad), free_things, &stopping, &replay));
  print_error(tb_replay_log("", 0, NULL, NULL, &replay));
  close(file);
  unlink(bad);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "errors") == 0) {
    print_errors();
    return failures > 0;
  }
  version();
  null_arguments_of_the_histogram();
  null_arguments_of_logs();
  freeing_null_and_twice();
  misaligned_arrays();
  lengths_above_what_memory_can_hold();
  integers_that_stand_for_nothing();
  text_that_is_not_utf8();
  failures_leave_outputs_alone();
  details_of_an_error();
  threads_lose_no_count();
  the_last_handle_frees();
  merging_crosswise_does_not_deadlock();
  a_cursor_gives_each_bucket_once();
  a_visitor_may_free_the_handle();
  callbacks_keep_their_thread_and_answer();
  a_watch_that_fails_destroys_once();
  a_watch_ends_after_every_handle();
  a_watcher_may_free_the_handle();
  a_destructor_may_free_everything();
  a_watch_ends_while_it_is_called();
  a_watcher_is_called_by_many_threads();
  interval_logs();
  if (failures > 0) fprintf(stderr, "%d checks failed\n", (int)failures);
  return failures > 0;
}
