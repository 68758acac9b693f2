/* What a handle costs: a histogram in plain C behind a pointer, with as much work in it as a
 * bridge's `record` has, a lock and one count. Values fall into buckets as in HdrHistogram. As C
 * libraries do, it trusts its arguments. */
#ifndef TOLLBRIDGE_DOTNET_FLOOR_HISTOGRAM_H
#define TOLLBRIDGE_DOTNET_FLOOR_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct tb_floor_histogram tb_floor_histogram;

/* Freed by tb_floor_histogram_free; NULL when memory runs out. `highest` is at least 2 × `lowest`,
 * `digits` from 0 to 5. */
tb_floor_histogram *tb_floor_histogram_new(uint64_t lowest, uint64_t highest, int32_t digits);

/* NULL is allowed. */
void tb_floor_histogram_free(tb_floor_histogram *histogram);

/* 0, or TB_FLOOR_OUT_OF_RANGE for a value above the highest: then nothing is recorded. */
int32_t tb_floor_histogram_record(tb_floor_histogram *histogram, uint64_t value);
int32_t tb_floor_histogram_record_n(tb_floor_histogram *histogram, uint64_t value, uint64_t count);
int32_t tb_floor_histogram_record_all(tb_floor_histogram *histogram, const uint64_t *values,
                                      size_t length);

enum { TB_FLOOR_OUT_OF_RANGE = 2 };

/* How many values were recorded. */
uint64_t tb_floor_histogram_len(tb_floor_histogram *histogram);

#endif
