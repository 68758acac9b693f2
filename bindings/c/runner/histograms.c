/* The histogram's operations. */
#include "runner.h"

#if HAS_HISTOGRAM
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define OPERATION(name) static void op_##name(struct request *r)

/* ---- what the vector has made, by name */

/* One name; it stays in its list until the vector ends, so that a closed one is known. A name that
 * is given again stands before the old one, whose object other threads may still be using. */
struct name {
  struct name *next;
  char *word;
  /* A tb_histogram or a tb_buckets; NULL once closed. */
  void *object;
};

struct names {
  const char *what;
  struct name *first;
};

static struct names histograms = {"no histogram is called that", NULL};
static struct names cursors = {"no cursor is called that", NULL};
/* Guards both lists, and is never held while the library is called. */
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;

static void add(struct names *names, const char *word, void *object) {
  struct name *name = required(calloc(1, sizeof *name));
  name->word = required(strdup(word));
  name->object = object;
  pthread_mutex_lock(&names_lock);
  name->next = names->first;
  names->first = name;
  pthread_mutex_unlock(&names_lock);
}

/* The name must be looked at with the lock held. */
static struct name *find(const struct names *names, const char *word) {
  struct name *name = names->first;
  while (name && strcmp(name->word, word) != 0)
    name = name->next;
  return name;
}

/* What has the name, which is closed from then on; NULL if it was already. */
static void *take(struct names *names, const char *word) {
  pthread_mutex_lock(&names_lock);
  struct name *name = find(names, word);
  void *object = name ? name->object : NULL;
  if (name) name->object = NULL;
  pthread_mutex_unlock(&names_lock);
  if (!name) add(names, word, NULL);
  return object;
}

/* To use what was freed is undefined in C, so the runner does not. */
static void *read_object(struct request *r, const struct names *names) {
  const char *word = read_word(r);
  pthread_mutex_lock(&names_lock);
  const struct name *name = find(names, word);
  void *object = name ? name->object : NULL;
  pthread_mutex_unlock(&names_lock);
  if (!name)
    malformed(r, names->what);
  else if (!object)
    unsupported(r, "use_after_close");
  return object;
}

tb_histogram *read_histogram(struct request *r) { return read_object(r, &histograms); }

static struct name *take_first(struct names *names) {
  pthread_mutex_lock(&names_lock);
  struct name *first = names->first;
  if (first) names->first = first->next;
  pthread_mutex_unlock(&names_lock);
  return first;
}

static void free_name(struct name *name) {
  free(name->word);
  free(name);
}

void forget(void) {
  struct name *name;
  while ((name = take_first(&histograms))) {
    tb_histogram_free(name->object);
    free_name(name);
  }
  while ((name = take_first(&cursors))) {
    tb_buckets_free(name->object);
    free_name(name);
  }
}

/* ---- making and closing */

OPERATION(new) {
  const char *name = read_word(r);
  tb_config config = {.lowest = read_integer(r, UINT64_MAX)};
  config.highest = read_integer(r, UINT64_MAX);
  config.significant_digits = (uint8_t)read_integer(r, UINT8_MAX);
  tb_histogram *histogram;
  TRY(r, tb_histogram_new(&config, &histogram));
  add(&histograms, name, histogram);
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
  add(&histograms, name, clone);
}

OPERATION(close) { tb_histogram_free(take(&histograms, read_word(r))); }

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
  bool found;
  uint64_t value;
  TRY(r, tb_histogram_min(histogram, &found, &value));
  if (put_some(r, found)) put_integer(r, value);
}

OPERATION(max) {
  const tb_histogram *histogram = read_histogram(r);
  bool found;
  uint64_t value;
  TRY(r, tb_histogram_max(histogram, &found, &value));
  if (put_some(r, found)) put_integer(r, value);
}

OPERATION(mean) {
  const tb_histogram *histogram = read_histogram(r);
  bool found;
  double value;
  TRY(r, tb_histogram_mean(histogram, &found, &value));
  if (put_some(r, found)) put_float(r, value);
}

OPERATION(stdev) {
  const tb_histogram *histogram = read_histogram(r);
  bool found;
  double value;
  TRY(r, tb_histogram_stdev(histogram, &found, &value));
  if (put_some(r, found)) put_float(r, value);
}

OPERATION(value_at_quantile) {
  const tb_histogram *histogram = read_histogram(r);
  double quantile = read_float(r);
  bool found;
  uint64_t value;
  TRY(r, tb_histogram_value_at_quantile(histogram, quantile, &found, &value));
  if (put_some(r, found)) put_integer(r, value);
}

OPERATION(values_at_quantiles) {
  const tb_histogram *histogram = read_histogram(r);
  size_t count;
  const double *quantiles = read_floats(r, &count);
  uint64_t *values = room(r, count, sizeof *values);
  bool found;
  TRY(r, tb_histogram_values_at_quantiles(histogram, quantiles, count, &found, values));
  if (!put_some(r, found)) return;
  put_integer(r, count);
  for (size_t i = 0; i < count; i++)
    put_integer(r, values[i]);
}

OPERATION(summary) {
  const tb_histogram *histogram = read_histogram(r);
  bool found;
  tb_summary summary;
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
  add(&cursors, name, cursor);
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

OPERATION(close_cursor) { tb_buckets_free(take(&cursors, read_word(r))); }

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
    if (visit.nested && strncmp(visit.nested, "unsupported ", 12) == 0) {
      pass_on(r, visit.nested);
      visit.nested = NULL;
    } else if (visit.nested) {
      put_word(r, ":");
      put_word(r, visit.nested);
    }
  }
  free(visit.seen.items);
  free(visit.nested);
}

/* ---- the tag and the encoding */

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
  const char *tag = read_text(r, &length);
  TRY(r, tb_histogram_set_tag(histogram, tag, length));
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
  add(&histograms, name, histogram);
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
  add(&histograms, name, decoded);
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
    ROW(encode),
    ROW(decode),
    ROW(recode),
    ROW(panic_while_locked),
    {NULL, NULL},
};
#else
const struct operation histogram_operations[] = {{NULL, NULL}};
void forget(void) {}
#endif
