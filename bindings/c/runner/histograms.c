/* The histogram's operations. */
#include "runner.h"

#if HAS_HISTOGRAM
#include <stdlib.h>
#include <string.h>

#define OPERATION(name) static void op_##name(struct request *r)

static void free_histogram(void *histogram) { tb_histogram_free(histogram); }
struct names histograms = {"no histogram is called that", free_histogram, NULL};

static void free_cursor(void *cursor) { tb_buckets_free(cursor); }
struct names cursors = {"no cursor is called that", free_cursor, NULL};

tb_histogram *read_histogram(struct request *r) { return read_object(r, &histograms); }

/* ---- making and closing */

OPERATION(new) {
  const char *name = read_word(r);
  tb_config config = {.lowest = read_integer(r, UINT64_MAX)};
  config.highest = read_integer(r, UINT64_MAX);
  config.significant_digits = (uint8_t)read_integer(r, UINT8_MAX);
  tb_histogram *histogram;
  TRY(r, tb_histogram_new(&config, &histogram));
  add_name(&histograms, name, histogram);
}

OPERATION(config) {
  const tb_histogram *histogram = read_histogram(r);
  tb_config config;
  TRY(r, tb_histogram_config(histogram, &config));
  put_integer(r, config.lowest);
  put_integer(r, config.highest);
  put_integer(r, config.significant_digits);
}

OPERATION(clone) {
  const tb_histogram *histogram = read_histogram(r);
  const char *name = read_word(r);
  tb_histogram *clone;
  TRY(r, tb_histogram_clone(histogram, &clone));
  add_name(&histograms, name, clone);
}

OPERATION(close) { free_histogram(take_name(&histograms, read_word(r))); }

/* ---- values in */

OPERATION(record) {
  const tb_histogram *histogram = read_histogram(r);
  uint64_t value = read_integer(r, UINT64_MAX);
  TRY(r, tb_histogram_record(histogram, value));
}

OPERATION(record_n) {
  const tb_histogram *histogram = read_histogram(r);
  uint64_t value = read_integer(r, UINT64_MAX);
  uint64_t count = read_integer(r, UINT64_MAX);
  TRY(r, tb_histogram_record_n(histogram, value, count));
}

OPERATION(record_all) {
  const tb_histogram *histogram = read_histogram(r);
  size_t count = read_count(r);
  uint64_t *values = room(r, count, sizeof *values);
  for (size_t i = 0; i < count; i++)
    values[i] = read_integer(r, UINT64_MAX);
  TRY(r, tb_histogram_record_all(histogram, values, count));
}

OPERATION(record_durations) {
  const tb_histogram *histogram = read_histogram(r);
  size_t length;
  const char *text = read_text(r, &length);
  uint64_t recorded;
  TRY(r, tb_histogram_record_durations(histogram, text, length, &recorded));
  put_integer(r, recorded);
}

OPERATION(merge) {
  const tb_histogram *histogram = read_histogram(r);
  const tb_histogram *other = read_histogram(r);
  TRY(r, tb_histogram_merge(histogram, other));
}

/* ---- figures out */

OPERATION(len) {
  const tb_histogram *histogram = read_histogram(r);
  uint64_t count;
  TRY(r, tb_histogram_len(histogram, &count));
  put_integer(r, count);
}

OPERATION(is_empty) {
  const tb_histogram *histogram = read_histogram(r);
  bool empty;
  TRY(r, tb_histogram_is_empty(histogram, &empty));
  put_boolean(r, empty);
}

/* What an option begins with; true when a value follows. */
static bool put_some(struct request *r, bool found) {
  put_word(r, found ? "some" : "none");
  return found;
}

OPERATION(min) {
  const tb_histogram *histogram = read_histogram(r);
  bool found = false;
  uint64_t value = 0;
  TRY(r, tb_histogram_min(histogram, &found, &value));
  if (put_some(r, found)) put_integer(r, value);
}

OPERATION(max) {
  const tb_histogram *histogram = read_histogram(r);
  bool found = false;
  uint64_t value = 0;
  TRY(r, tb_histogram_max(histogram, &found, &value));
  if (put_some(r, found)) put_integer(r, value);
}

OPERATION(mean) {
  const tb_histogram *histogram = read_histogram(r);
  bool found = false;
  double value = 0;
  TRY(r, tb_histogram_mean(histogram, &found, &value));
  if (put_some(r, found)) put_float(r, value);
}

OPERATION(stdev) {
  const tb_histogram *histogram = read_histogram(r);
  bool found = false;
  double value = 0;
  TRY(r, tb_histogram_stdev(histogram, &found, &value));
  if (put_some(r, found)) put_float(r, value);
}

OPERATION(value_at_quantile) {
  const tb_histogram *histogram = read_histogram(r);
  double quantile = read_float(r);
  bool found = false;
  uint64_t value = 0;
  TRY(r, tb_histogram_value_at_quantile(histogram, quantile, &found, &value));
  if (put_some(r, found)) put_integer(r, value);
}

OPERATION(values_at_quantiles) {
  const tb_histogram *histogram = read_histogram(r);
  size_t count;
  const double *quantiles = read_floats(r, &count);
  uint64_t *values = room(r, count, sizeof *values);
  bool found = false;
  TRY(r, tb_histogram_values_at_quantiles(histogram, quantiles, count, &found, values));
  if (!put_some(r, found)) return;
  put_integer(r, count);
  for (size_t i = 0; i < count; i++)
    put_integer(r, values[i]);
}

OPERATION(summary) {
  const tb_histogram *histogram = read_histogram(r);
  bool found = false;
  tb_summary summary = {0};
  TRY(r, tb_histogram_summary(histogram, &found, &summary));
  if (!put_some(r, found)) return;
  put_integer(r, summary.count);
  put_integer(r, summary.min);
  put_integer(r, summary.max);
  put_float(r, summary.mean);
  put_float(r, summary.stdev);
  put_integer(r, summary.p50);
  put_integer(r, summary.p90);
  put_integer(r, summary.p99);
  put_integer(r, summary.p999);
}

/* ---- buckets */

/* A list that grows; freed by its owner. */
struct bucket_list {
  tb_bucket *items;
  size_t count, capacity;
};

static void push(struct bucket_list *list, const tb_bucket *bucket) {
  if (list->count == list->capacity) {
    list->capacity = 2 * list->capacity + 16;
    list->items = required(realloc(list->items, list->capacity * sizeof *list->items));
  }
  list->items[list->count++] = *bucket;
}

static void put_buckets(struct request *r, const tb_bucket *buckets, size_t count) {
  put_integer(r, count);
  for (size_t i = 0; i < count; i++) {
    put_integer(r, buckets[i].value);
    put_integer(r, buckets[i].count);
    put_integer(r, buckets[i].total);
  }
}

static tb_scan read_scan(struct request *r) {
  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  const char *kind = read_word(r);
  if (strcmp(kind, "linear") == 0) {
    scan.kind = TB_SCAN_LINEAR;
    scan.step = read_integer(r, UINT64_MAX);
  } else if (strcmp(kind, "logarithmic") == 0) {
    scan.kind = TB_SCAN_LOGARITHMIC;
    scan.step = read_integer(r, UINT64_MAX);
    scan.base = read_float(r);
  } else if (strcmp(kind, "quantiles") == 0) {
    scan.kind = TB_SCAN_QUANTILES;
    scan.ticks = (uint32_t)read_integer(r, UINT32_MAX);
  } else if (strcmp(kind, "recorded") != 0) {
    malformed(r, "not a scan");
  }
  return scan;
}

OPERATION(buckets) {
  const tb_histogram *histogram = read_histogram(r);
  tb_scan scan = read_scan(r);
  tb_buckets *cursor;
  TRY(r, tb_histogram_buckets(histogram, &scan, &cursor));
  struct bucket_list list = {0};
  tb_bucket chunk[64];
  size_t count = 0;
  do {
    if (failed(r, tb_buckets_next(cursor, chunk, sizeof chunk / sizeof *chunk, &count))) break;
    for (size_t i = 0; i < count; i++)
      push(&list, &chunk[i]);
  } while (count > 0);
  tb_buckets_free(cursor);
  put_buckets(r, list.items, list.count);
  free(list.items);
}

OPERATION(open) {
  const char *name = read_word(r);
  const tb_histogram *histogram = read_histogram(r);
  tb_scan scan = read_scan(r);
  tb_buckets *cursor;
  TRY(r, tb_histogram_buckets(histogram, &scan, &cursor));
  add_name(&cursors, name, cursor);
}

OPERATION(next) {
  const tb_buckets *cursor = read_object(r, &cursors);
  /* No scan yields more than 2^20 buckets, so there is no use for more room. */
  size_t capacity = read_integer(r, SIZE_MAX), most = 1 << 20;
  if (capacity > most) capacity = most;
  tb_bucket *buckets = room(r, capacity, sizeof *buckets);
  size_t count = 0;
  TRY(r, tb_buckets_next(cursor, buckets, capacity, &count));
  put_buckets(r, buckets, count);
}

OPERATION(close_cursor) { free_cursor(take_name(&cursors, read_word(r))); }

/* What a visitor is given. */
struct visit {
  struct bucket_list seen;
  /* At which bucket, from 1, it does something else than go on; 0 for never. */
  uint64_t at;
  /* What it runs there, or nothing and it stops. */
  struct block block;
  char *nested;
};

static int32_t visit_bucket(void *user, const tb_bucket *bucket) {
  struct visit *visit = user;
  push(&visit->seen, bucket);
  if (visit->seen.count != visit->at) return 0;
  if (visit->block.count == 0) return 1;
  visit->nested = answer_block(&visit->block);
  return 0;
}

OPERATION(visit) {
  const tb_histogram *histogram = read_histogram(r);
  tb_scan scan = read_scan(r);
  struct visit visit = {0};
  const char *mode = read_word(r);
  if (strcmp(mode, "all") != 0) visit.at = read_integer(r, UINT64_MAX);
  if (strcmp(mode, "do") == 0) visit.block = read_block(r);
  if (strcmp(mode, "raise") == 0) unsupported(r, "no_exceptions");
  if (r->halted) return;
  int32_t stopped;
  if (!failed(r, tb_histogram_for_each_bucket(histogram, &scan, visit_bucket, &visit, &stopped))) {
    put_word(r, stopped ? "stopped" : "finished");
    put_buckets(r, visit.seen.items, visit.seen.count);
    put_nested(r, visit.nested);
    visit.nested = NULL;
  }
  free(visit.seen.items);
  free(visit.nested);
}

/* ---- the tag, the distribution as text, the encoding */

OPERATION(tag) {
  const tb_histogram *histogram = read_histogram(r);
  tb_text tag;
  TRY(r, tb_histogram_tag(histogram, &tag));
  put_bytes(r, tag.data, tag.length);
  tb_text_free(&tag);
}

OPERATION(set_tag) {
  const tb_histogram *histogram = read_histogram(r);
  size_t length;
  const char *tag = read_tag(r, &length);
  TRY(r, tb_histogram_set_tag(histogram, tag, length));
}

OPERATION(render) {
  const tb_histogram *histogram = read_histogram(r);
  uint32_t ticks = (uint32_t)read_integer(r, UINT32_MAX);
  double unit = read_float(r);
  tb_text text;
  TRY(r, tb_histogram_render(histogram, ticks, unit, &text));
  put_bytes(r, text.data, text.length);
  tb_text_free(&text);
}

OPERATION(encode) {
  const tb_histogram *histogram = read_histogram(r);
  tb_bytes bytes;
  TRY(r, tb_histogram_encode(histogram, &bytes));
  put_bytes(r, bytes.data, bytes.length);
  tb_bytes_free(&bytes);
}

OPERATION(decode) {
  const char *name = read_word(r);
  size_t length;
  const uint8_t *bytes = read_bytes(r, &length);
  tb_histogram *histogram;
  TRY(r, tb_histogram_decode(bytes, length, &histogram));
  add_name(&histograms, name, histogram);
}

OPERATION(recode) {
  const tb_histogram *histogram = read_histogram(r);
  const char *name = read_word(r);
  tb_bytes bytes;
  TRY(r, tb_histogram_encode(histogram, &bytes));
  tb_histogram *decoded;
  failure error = tb_histogram_decode(bytes.data, bytes.length, &decoded);
  tb_bytes_free(&bytes);
  TRY(r, error);
  add_name(&histograms, name, decoded);
}

OPERATION(panic_while_locked) {
  const tb_histogram *histogram = read_histogram(r);
  TRY(r, tb_fault_panic_while_locked(histogram));
}

#define ROW(name)                                                                                  \
  { #name, op_##name }
const struct operation histogram_operations[] = {
    ROW(new),
    ROW(config),
    ROW(clone),
    ROW(close),
    ROW(record),
    ROW(record_n),
    ROW(record_all),
    ROW(record_durations),
    ROW(merge),
    ROW(len),
    ROW(is_empty),
    ROW(min),
    ROW(max),
    ROW(mean),
    ROW(stdev),
    ROW(value_at_quantile),
    ROW(values_at_quantiles),
    ROW(summary),
    ROW(buckets),
    ROW(open),
    ROW(next),
    ROW(close_cursor),
    ROW(visit),
    ROW(tag),
    ROW(set_tag),
    ROW(render),
    ROW(encode),
    ROW(decode),
    ROW(recode),
    ROW(panic_while_locked),
    {NULL, NULL},
};
#else
const struct operation histogram_operations[] = {{NULL, NULL}};
#endif
