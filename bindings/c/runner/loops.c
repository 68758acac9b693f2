/* The timed loops: what a C program would write, one function a shape of bench/shapes.toml.
 *
 * Each sets up, says in TIME what is timed, and returns the check value. TIME puts its text into
 * the one loop there is, so that nothing stands between loop and call, and keeps it to be shown. */
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Makes the compiler believe that the value is used; costs no instruction. */
#define KEEP(value) __asm__ volatile("" : : "r"(value))

/* By way of a second macro, so that another strategy's names show as its own. */
#define SOURCE(...) #__VA_ARGS__

#define SHAPE(name)                                                                                \
  static uint64_t time_##name(struct timing *t, size_t n, failure error, uint64_t seen)

/* Times its argument, which may `break` with an error in `error`. */
#define TIME(...)                                                                                  \
  do {                                                                                             \
    t->expression = SOURCE(__VA_ARGS__);                                                           \
    for (size_t batch = 0; batch < t->batches && !error; batch++) {                                \
      uint64_t start = now();                                                                      \
      for (uint64_t i = 0; i < t->iterations; i++) {                                               \
        __VA_ARGS__;                                                                               \
        KEEP(seen);                                                                                \
      }                                                                                            \
      t->nanoseconds[batch] = now() - start;                                                       \
    }                                                                                              \
    keep_error(t, error);                                                                          \
    (void)n;                                                                                       \
  } while (0)

static void keep_error(struct timing *t, failure error) {
  if (t->error)
    tb_error_free(error);
  else
    t->error = error;
}

/* ---- data */

static char *repeated(struct timing *t, const char *unit, size_t n) {
  size_t length = strlen(unit);
  char *text = room(t->request, n, length);
  for (size_t i = 0; i < n; i++)
    memcpy(text + i * length, unit, length);
  return text;
}

static double *floats(struct timing *t, size_t n, double value) {
  double *values = room(t->request, n, sizeof *values);
  for (size_t i = 0; i < n; i++)
    values[i] = value;
  return values;
}

/* ---- scalars */

SHAPE(empty) {
  TIME(seen = 1);
  return seen;
}

SHAPE(nop) {
  TIME(tb_probe_nop());
  return seen;
}

SHAPE(add) {
  TIME(seen = tb_probe_add(7, 35));
  return seen;
}

SHAPE(half) {
  bool found = false;
  uint64_t half = 0;
  TIME(if ((error = tb_probe_half(1, 84, &found, &half))) break; if (found) seen = half);
  return seen;
}

/* ---- text and bytes */

SHAPE(str_len) {
  const char *text = repeated(t, "a", n);
  TIME(if ((error = tb_probe_str_len(text, n, &seen))) break);
  return seen;
}

SHAPE(str_len_wide) {
  const char *text = repeated(t, "é", n);
  TIME(if ((error = tb_probe_str_len(text, 2 * n, &seen))) break);
  return seen;
}

/* C's text is a pointer and a length: there is no object that could remember a conversion. */
SHAPE(str_len_fresh) { return time_str_len_wide(t, n, error, seen); }

SHAPE(make_str) {
  tb_text text;
  TIME(if ((error = tb_probe_make_str(n, 0, &text))) break; seen = text.length;
       tb_text_free(&text));
  return seen;
}

SHAPE(make_str_wide) {
  tb_text text;
  TIME(if ((error = tb_probe_make_str(n, 1, &text))) break; seen = text.length / 2;
       tb_text_free(&text));
  return seen;
}

SHAPE(bytes_ends) {
  const uint8_t *bytes = (const uint8_t *)repeated(t, "a", n);
  TIME(if ((error = tb_probe_bytes_ends(bytes, n, &seen))) break);
  return seen;
}

SHAPE(make_bytes) {
  tb_bytes bytes;
  TIME(if ((error = tb_probe_make_bytes(n, &bytes))) break; seen = bytes.length;
       tb_bytes_free(&bytes));
  return seen;
}

/* ---- numbers in bulk: C's everyday list is the array */

SHAPE(f64_ends) {
  const double *values = floats(t, n, 1.0);
  double ends = 0;
  TIME(if ((error = tb_probe_f64_ends(values, n, &ends))) break);
  return (uint64_t)ends;
}

SHAPE(f64_ends_list) { return time_f64_ends(t, n, error, seen); }

SHAPE(make_f64) {
  tb_f64s values;
  TIME(if ((error = tb_probe_make_f64(n, &values))) break; seen = values.length;
       tb_f64s_free(&values));
  return seen;
}

SHAPE(make_f64_array) { return time_make_f64(t, n, error, seen); }

SHAPE(scale_in_place) {
  double *values = floats(t, n, 1.0);
  TIME(if ((error = tb_probe_scale_in_place(values, n, 1.0))) break);
  return n > 0 ? (uint64_t)values[n - 1] : 0;
}

/* ---- records, enums, maps */

SHAPE(point_in) {
  tb_point point = {.id = 3, .x = 0.5, .y = -0.5, .flags = 4};
  double sum = 0;
  TIME(if ((error = tb_probe_point_in(&point, &sum))) break);
  return (uint64_t)sum;
}

SHAPE(make_point) {
  tb_point point;
  TIME(if ((error = tb_probe_make_point(42, &point))) break; seen = point.id);
  return seen;
}

SHAPE(points_ends) {
  tb_point *points = room(t->request, n, sizeof *points);
  for (size_t i = 0; i < n; i++)
    points[i] = (tb_point){.id = 1, .x = 0.5, .y = -0.5, .flags = 0};
  double ends = 0;
  TIME(if ((error = tb_probe_points_ends(points, n, &ends))) break);
  return (uint64_t)ends;
}

SHAPE(make_points) {
  tb_points points;
  TIME(if ((error = tb_probe_make_points(n, &points))) break; seen = points.length;
       tb_points_free(&points));
  return seen;
}

SHAPE(shape_in) {
  tb_shape shape = {.kind = TB_SHAPE_CIRCLE, .radius = 2.0};
  double result = 0;
  TIME(if ((error = tb_probe_shape_in(&shape, &result))) break);
  return (uint64_t)result;
}

SHAPE(make_shape) {
  tb_shape shape;
  TIME(if ((error = tb_probe_make_shape(4, &shape))) break;
       if (shape.kind == TB_SHAPE_CIRCLE) seen = (uint64_t)shape.radius; tb_shape_free(&shape));
  return seen;
}

SHAPE(map_sum) {
  enum { KEY = sizeof "k000000" };
  char(*keys)[KEY] = room(t->request, n, sizeof *keys);
  tb_entry *entries = room(t->request, n, sizeof *entries);
  for (size_t i = 0; i < n; i++) {
    snprintf(keys[i], KEY, "k%06u", (unsigned)(i % 1000000));
    entries[i] = (tb_entry){.key = keys[i], .key_length = KEY - 1, .value = 1};
  }
  TIME(if ((error = tb_probe_map_sum(entries, n, &seen))) break);
  return seen;
}

SHAPE(make_map) {
  tb_map map;
  TIME(if ((error = tb_probe_make_map(n, &map))) break; seen = map.length; tb_map_free(&map));
  return seen;
}

/* ---- callbacks */

static int32_t answer_one(void *user, uint64_t number, uint64_t *answer) {
  (void)user;
  KEEP(number);
  *answer = 1;
  return 0;
}

SHAPE(call_back) {
  void *user = NULL;
  int32_t stopped;
  TIME(if ((error = tb_probe_call_back(n, answer_one, user, &stopped, &seen))) break);
  return seen;
}

SHAPE(call_back_from_new_thread) {
  void *user = NULL;
  int32_t stopped;
  TIME(if ((error =
                tb_probe_call_back_from_new_thread(1, answer_one, user, &stopped, &seen))) break);
  return seen;
}

#if !HAS_HISTOGRAM
/* A plain code: there is nothing to free, and nothing more to read. */
SHAPE(fail) {
  TIME(seen = (uint64_t)tb_probe_fail(7));
  return seen;
}
#else

/* ---- errors */

SHAPE(fail) {
  failure expected;
  TIME(expected = tb_probe_fail(7); seen = (uint64_t)tb_error_code(expected);
       tb_error_free(expected));
  return seen;
}

SHAPE(fail_read) {
  failure expected;
  tb_error_details details;
  TIME(expected = tb_probe_fail(7); tb_error_info(expected, &details);
       seen = details.fields[0].number; tb_error_free(expected));
  return seen;
}

/* ---- the histogram */

/* NULL after an error, which every use then runs into as well. */
static tb_histogram *make(struct timing *t, tb_config config) {
  tb_histogram *histogram = NULL;
  keep_error(t, tb_histogram_new(&config, &histogram));
  return histogram;
}

static tb_histogram *empty(struct timing *t) {
  return make(t, (tb_config){.lowest = 1, .highest = 3600000000, .significant_digits = 3});
}

static uint64_t *thousands(struct timing *t, size_t n) {
  uint64_t *values = room(t->request, n, sizeof *values);
  for (size_t i = 0; i < n; i++)
    values[i] = 1000 + i % 1000;
  return values;
}

static tb_histogram *filled(struct timing *t) {
  tb_histogram *histogram = empty(t);
  keep_error(t, tb_histogram_record_all(histogram, thousands(t, 1000), 1000));
  keep_error(t, tb_histogram_set_tag(histogram, "checkout", 8));
  return histogram;
}

static tb_histogram *distinct(struct timing *t, size_t n) {
  tb_histogram *histogram =
      make(t, (tb_config){.lowest = 1, .highest = 20000, .significant_digits = 4});
  uint64_t *values = room(t->request, n, sizeof *values);
  for (size_t i = 0; i < n; i++)
    values[i] = i;
  keep_error(t, tb_histogram_record_all(histogram, values, n));
  return histogram;
}

/* The end of a histogram: how many values it held. */
static uint64_t count_and_free(struct timing *t, tb_histogram *histogram) {
  uint64_t count = 0;
  keep_error(t, tb_histogram_len(histogram, &count));
  tb_histogram_free(histogram);
  return count;
}

SHAPE(new_close) {
  tb_config config = {.lowest = 1, .highest = 1000, .significant_digits = 1}, made = config;
  tb_histogram *histogram;
  TIME(if ((error = tb_histogram_new(&config, &histogram))) break;
       error = tb_histogram_config(histogram, &made); tb_histogram_free(histogram);
       if (error) break; seen = made.significant_digits);
  return seen;
}

SHAPE(record) {
  tb_histogram *histogram = empty(t);
  TIME(if ((error = tb_histogram_record(histogram, 1234))) break);
  return count_and_free(t, histogram);
}

static int32_t add_one(void *user, uint64_t value) {
  uint64_t *counter = user;
  KEEP(value);
  *counter += 1;
  return 0;
}

/* The watch lives as long as its histogram. */
static void watch(struct timing *t, const tb_histogram *histogram, uint64_t limit, void *counter) {
  tb_watch *watch = NULL;
  keep_error(t, tb_histogram_watch(histogram, limit, add_one, counter, NULL, &watch));
  tb_watch_free(watch);
}

SHAPE(record_watched) {
  tb_histogram *histogram = empty(t);
  watch(t, histogram, 1000, &seen);
  TIME(if ((error = tb_histogram_record(histogram, 1234))) break);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(record_below) {
  tb_histogram *histogram = empty(t);
  watch(t, histogram, 2000, &seen);
  TIME(if ((error = tb_histogram_record(histogram, 1234))) break);
  return count_and_free(t, histogram);
}

SHAPE(record_n) {
  tb_histogram *histogram = empty(t);
  TIME(if ((error = tb_histogram_record_n(histogram, 1234, 3))) break);
  return count_and_free(t, histogram);
}

SHAPE(record_all) {
  tb_histogram *histogram = empty(t);
  const uint64_t *values = thousands(t, n);
  TIME(if ((error = tb_histogram_record_all(histogram, values, n))) break);
  return count_and_free(t, histogram);
}

SHAPE(record_all_list) { return time_record_all(t, n, error, seen); }

SHAPE(record_durations) {
  tb_histogram *histogram = empty(t);
  const char *text = repeated(t, "1.5ms ", n);
  size_t length = n > 0 ? 6 * n - 1 : 0;
  uint64_t recorded;
  TIME(if ((error = tb_histogram_record_durations(histogram, text, length, &recorded))) break);
  return count_and_free(t, histogram);
}

SHAPE(len) {
  tb_histogram *histogram = filled(t);
  TIME(if ((error = tb_histogram_len(histogram, &seen))) break);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(value_at_quantile) {
  tb_histogram *histogram = filled(t);
  bool found = false;
  TIME(if ((error = tb_histogram_value_at_quantile(histogram, 0.99, &found, &seen))) break);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(values_at_quantiles) {
  tb_histogram *histogram = filled(t);
  const double *quantiles = floats(t, n, 0.99);
  uint64_t *values = room(t->request, n, sizeof *values);
  bool found = false;
  TIME(if ((error =
                tb_histogram_values_at_quantiles(histogram, quantiles, n, &found, values))) break);
  tb_histogram_free(histogram);
  return n > 0 ? values[n - 1] : 0;
}

SHAPE(summary) {
  tb_histogram *histogram = filled(t);
  tb_summary summary;
  bool found = false;
  TIME(if ((error = tb_histogram_summary(histogram, &found, &summary))) break;
       if (found) seen = summary.count);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(buckets) {
  tb_histogram *histogram = distinct(t, n);
  tb_bucket *list = room(t->request, n, sizeof *list);
  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  tb_buckets *cursor;
  size_t count = 0;
  TIME(if ((error = tb_histogram_buckets(histogram, &scan, &cursor))) break;
       error = tb_buckets_next(cursor, list, n, &count); tb_buckets_free(cursor); if (error) break;
       seen = count);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(buckets_first) {
  tb_histogram *histogram = distinct(t, n);
  tb_bucket first = {0};
  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  tb_buckets *cursor;
  size_t count;
  TIME(if ((error = tb_histogram_buckets(histogram, &scan, &cursor))) break;
       error = tb_buckets_next(cursor, &first, 1, &count); tb_buckets_free(cursor);
       if (error) break; seen = first.count);
  tb_histogram_free(histogram);
  return seen;
}

static int32_t count_visit(void *user, const tb_bucket *bucket) {
  uint64_t *visits = user;
  *visits += bucket->count;
  return 0;
}

SHAPE(for_each_bucket) {
  tb_histogram *histogram = distinct(t, n);
  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  int32_t stopped;
  TIME(seen = 0; if ((error = tb_histogram_for_each_bucket(histogram, &scan, count_visit, &seen,
                                                           &stopped))) break);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(tag) {
  tb_histogram *histogram = filled(t);
  tb_text tag;
  TIME(if ((error = tb_histogram_tag(histogram, &tag))) break; seen = tag.length;
       tb_text_free(&tag));
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(set_tag) {
  tb_histogram *histogram = filled(t);
  TIME(if ((error = tb_histogram_set_tag(histogram, "checkout", 8))) break);
  tb_text tag = {0};
  keep_error(t, tb_histogram_tag(histogram, &tag));
  seen = tag.length;
  tb_text_free(&tag);
  tb_histogram_free(histogram);
  return seen;
}

SHAPE(merge) {
  tb_histogram *histogram = empty(t), *other = filled(t);
  TIME(if ((error = tb_histogram_merge(histogram, other))) break);
  tb_histogram_free(other);
  return count_and_free(t, histogram);
}

static uint64_t count_lines(const tb_text *text) {
  uint64_t lines = 0;
  for (size_t i = 0; i < text->length; i++)
    lines += text->data[i] == '\n';
  return lines;
}

/* The last text has to outlive the clock to be checked: each one frees the one before. */
SHAPE(render) {
  tb_histogram *histogram = filled(t);
  tb_text text = {0};
  TIME(tb_text_free(&text); if ((error = tb_histogram_render(histogram, 5, 1.0, &text))) break);
  seen = count_lines(&text);
  tb_text_free(&text);
  tb_histogram_free(histogram);
  return seen;
}

/* The last encoding has to outlive the clock to be checked: each one frees the one before. */
SHAPE(encode) {
  tb_histogram *histogram = filled(t), *decoded = NULL;
  tb_bytes encoded = {0};
  TIME(tb_bytes_free(&encoded); if ((error = tb_histogram_encode(histogram, &encoded))) break);
  tb_histogram_free(histogram);
  if (t->batches > 0) keep_error(t, tb_histogram_decode(encoded.data, encoded.length, &decoded));
  tb_bytes_free(&encoded);
  return t->batches > 0 ? count_and_free(t, decoded) : 0;
}

SHAPE(decode) {
  tb_histogram *histogram = filled(t), *decoded;
  tb_bytes encoded = {0};
  keep_error(t, tb_histogram_encode(histogram, &encoded));
  tb_histogram_free(histogram);
  TIME(if ((error = tb_histogram_decode(encoded.data, encoded.length, &decoded))) break;
       error = tb_histogram_len(decoded, &seen); tb_histogram_free(decoded); if (error) break);
  tb_bytes_free(&encoded);
  return seen;
}
#endif

#define ROW(name)                                                                                  \
  { #name, time_##name }
const struct shape shapes[] = {
    ROW(empty),
    ROW(nop),
    ROW(add),
    ROW(half),
    ROW(str_len),
    ROW(str_len_wide),
    ROW(str_len_fresh),
    ROW(make_str),
    ROW(make_str_wide),
    ROW(bytes_ends),
    ROW(make_bytes),
    ROW(f64_ends),
    ROW(f64_ends_list),
    ROW(make_f64),
    ROW(make_f64_array),
    ROW(scale_in_place),
    ROW(point_in),
    ROW(make_point),
    ROW(points_ends),
    ROW(make_points),
    ROW(shape_in),
    ROW(make_shape),
    ROW(map_sum),
    ROW(make_map),
    ROW(fail),
    ROW(call_back),
    ROW(call_back_from_new_thread),
#if HAS_HISTOGRAM
    ROW(fail_read),
    ROW(new_close),
    ROW(record),
    ROW(record_watched),
    ROW(record_below),
    ROW(record_n),
    ROW(record_all),
    ROW(record_all_list),
    ROW(record_durations),
    ROW(len),
    ROW(value_at_quantile),
    ROW(values_at_quantiles),
    ROW(summary),
    ROW(buckets),
    ROW(buckets_first),
    ROW(for_each_bucket),
    ROW(tag),
    ROW(set_tag),
    ROW(merge),
    ROW(render),
    ROW(encode),
    ROW(decode),
#endif
    {NULL, NULL},
};
