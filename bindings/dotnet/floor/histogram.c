/* See histogram.h. */
#pragma GCC visibility push(default)
#include "histogram.h"
#pragma GCC visibility pop

#include <pthread.h>
#include <stdlib.h>

struct tb_floor_histogram {
  pthread_mutex_t lock;
  uint64_t highest;
  uint64_t total;
  int unit;      /* log2 of the width of the first buckets */
  int precision; /* log2 of the number of buckets of one width */
  uint64_t counts[];
};

static int log2_of(uint64_t number) { return 63 - __builtin_clzll(number | 1); }

/* Two values that differ by less than a unit in the last digit share a bucket. */
static size_t index_of(const tb_floor_histogram *histogram, uint64_t value) {
  int top = histogram->unit + histogram->precision;
  int above = log2_of(value) - top + 1;
  int shift = above > 0 ? above : 0;
  return ((size_t)shift << (histogram->precision - 1)) +
         (size_t)(value >> (histogram->unit + shift));
}

tb_floor_histogram *tb_floor_histogram_new(uint64_t lowest, uint64_t highest, int32_t digits) {
  uint64_t distinct = 2;
  for (int32_t i = 0; i < digits; i++)
    distinct *= 10;
  tb_floor_histogram shape = {.unit = log2_of(lowest), .precision = log2_of(distinct - 1) + 1};
  size_t length = index_of(&shape, highest) + 1;
  tb_floor_histogram *histogram = calloc(1, sizeof *histogram + length * sizeof *histogram->counts);
  if (!histogram) return NULL;
  if (pthread_mutex_init(&histogram->lock, NULL) != 0) {
    free(histogram);
    return NULL;
  }
  histogram->highest = highest;
  histogram->unit = shape.unit;
  histogram->precision = shape.precision;
  return histogram;
}

void tb_floor_histogram_free(tb_floor_histogram *histogram) {
  if (!histogram) return;
  pthread_mutex_destroy(&histogram->lock);
  free(histogram);
}

int32_t tb_floor_histogram_record(tb_floor_histogram *histogram, uint64_t value) {
  return tb_floor_histogram_record_n(histogram, value, 1);
}

int32_t tb_floor_histogram_record_n(tb_floor_histogram *histogram, uint64_t value, uint64_t count) {
  if (value > histogram->highest) return TB_FLOOR_OUT_OF_RANGE;
  pthread_mutex_lock(&histogram->lock);
  histogram->counts[index_of(histogram, value)] += count;
  histogram->total += count;
  pthread_mutex_unlock(&histogram->lock);
  return 0;
}

int32_t tb_floor_histogram_record_all(tb_floor_histogram *histogram, const uint64_t *values,
                                      size_t length) {
  for (size_t i = 0; i < length; i++)
    if (values[i] > histogram->highest) return TB_FLOOR_OUT_OF_RANGE;
  pthread_mutex_lock(&histogram->lock);
  for (size_t i = 0; i < length; i++)
    histogram->counts[index_of(histogram, values[i])]++;
  histogram->total += length;
  pthread_mutex_unlock(&histogram->lock);
  return 0;
}

uint64_t tb_floor_histogram_len(tb_floor_histogram *histogram) {
  pthread_mutex_lock(&histogram->lock);
  uint64_t total = histogram->total;
  pthread_mutex_unlock(&histogram->lock);
  return total;
}
