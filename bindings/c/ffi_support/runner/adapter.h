/* c/ffi_support for the runner, which is written in the names of <tollbridge.h>. A handle is a
 * number that travels as the pointer which the runner knows; an error is left in a place of the
 * thread's own, and is moved from there when there is one. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <stdlib.h>
#include <string.h>
#include <tollbridge_support.h>

#define BRIDGE "c/ffi_support"
#define VERSION tbf_version()
#define FUNCTION_OF_LIBRARY tbf_abi_version
#define HAS_HISTOGRAM 1
#define CHECKS_TEXT 1
/* A handle that was freed is an error, so the runner may use it. */
#define CHECKS_HANDLES 1
/* A tag is a C string. */
#define TAG_ENDS_WITH_NUL 1

/* ---- errors */

typedef tbf_error tb_error;
typedef tb_error *failure;

/* Where every call leaves its error. Weak: one for all files that see this. */
__attribute__((weak)) _Thread_local tbf_error error_of_call;

static inline failure raised(void) {
  failure error = malloc(sizeof *error);
  if (!error) abort();
  *error = error_of_call;
  return error;
}

#define FAILURE(call) ((call), error_of_call.base.code ? raised() : NULL)

static inline int32_t tb_error_code(const tb_error *error) { return error ? error->base.code : 0; }
#define tb_error_details tbf_error_details
#define tb_error_field tbf_error_field
#define tb_error_info tbf_error_info
static inline void tb_error_free(tb_error *error) {
  tbf_error_free(error);
  if (error != &error_of_call) free(error);
}

#define TB_FIELD_U64 TBF_FIELD_U64
#define TB_FIELD_F64 TBF_FIELD_F64
#define TB_FIELD_TEXT TBF_FIELD_TEXT
#define TB_ERR_OUT_OF_RANGE TBF_ERR_OUT_OF_RANGE

/* ---- handles */

typedef struct tb_histogram tb_histogram;
typedef struct tb_buckets tb_buckets;
typedef struct tb_watch tb_watch;
typedef struct tb_replay tb_replay;
typedef struct tb_log_writer tb_log_writer;
typedef struct tb_fault_panics_when_dropped tb_fault_panics_when_dropped;

#define HANDLE(pointer) ((uint64_t)(uintptr_t)(pointer))
#define POINTER(handle) ((void *)(uintptr_t)(handle))

/* ---- records, enums, functions that are called back */

#define tb_config tbf_config
#define tb_summary tbf_summary
#define tb_bucket tbf_bucket
#define tb_progress tbf_progress
#define tb_scan tbf_scan
#define tb_point tbf_point
#define tb_points tbf_points
#define tb_f64s tbf_f64s
#define tb_shape tbf_shape
#define tb_entry tbf_entry
#define tb_map tbf_map
#define TB_SCAN_RECORDED TBF_SCAN_RECORDED
#define TB_SCAN_LINEAR TBF_SCAN_LINEAR
#define TB_SCAN_LOGARITHMIC TBF_SCAN_LOGARITHMIC
#define TB_SCAN_QUANTILES TBF_SCAN_QUANTILES
#define TB_SHAPE_DOT TBF_SHAPE_DOT
#define TB_SHAPE_CIRCLE TBF_SHAPE_CIRCLE
#define TB_SHAPE_LABEL TBF_SHAPE_LABEL
#define tb_bucket_visitor tbf_bucket_visitor
#define tb_probe_callback tbf_probe_callback
#define tb_abi_1 tbf_abi_1

/* ---- text and bytes */

typedef union {
  tbf_byte_buffer buffer;
  struct {
    size_t length;
    uint8_t *data;
  };
} tb_bytes;

/* A C string, or a buffer. */
typedef struct {
  char *data;
  size_t length;
  bool is_string;
} tb_text;

static inline tb_text text_of_string(char *string) {
  return (tb_text){string, string ? strlen(string) : 0, true};
}

static inline tb_text text_of_buffer(tbf_byte_buffer buffer) {
  return (tb_text){(char *)buffer.data, (size_t)buffer.len, false};
}

static inline void tb_text_free(tb_text *text) {
  if (text->is_string)
    tbf_string_free(text->data);
  else
    tbf_byte_buffer_free((tbf_byte_buffer){(int64_t)text->length, (uint8_t *)text->data});
  *text = (tb_text){0};
}

static inline void tb_bytes_free(tb_bytes *bytes) {
  tbf_byte_buffer_free(bytes->buffer);
  *bytes = (tb_bytes){0};
}
#define tb_f64s_free tbf_f64s_free
#define tb_points_free tbf_points_free
#define tb_shape_free tbf_shape_free
#define tb_map_free tbf_map_free

/* ---- the histogram */

#define tb_histogram_new(config, histogram)                                                        \
  FAILURE(*(histogram) = POINTER(tbf_histogram_new(config, &error_of_call)))
#define tb_histogram_clone(histogram, clone)                                                       \
  FAILURE(*(clone) = POINTER(tbf_histogram_clone(HANDLE(histogram), &error_of_call)))
#define tb_histogram_free(histogram) tbf_histogram_free(HANDLE(histogram), NULL)
/* The same, for who wants to know. */
#define close_histogram(histogram) FAILURE(tbf_histogram_free(HANDLE(histogram), &error_of_call))
#define tb_histogram_config(histogram, config)                                                     \
  FAILURE(*(config) = tbf_histogram_config(HANDLE(histogram), &error_of_call))
#define RECORD tbf_histogram_record
#define RECORD_BY(function, histogram, value)                                                      \
  FAILURE(function(HANDLE(histogram), value, &error_of_call))
#define tb_histogram_record(histogram, value) RECORD_BY(tbf_histogram_record, histogram, value)
#define tb_histogram_record_n(histogram, value, count)                                             \
  FAILURE(tbf_histogram_record_n(HANDLE(histogram), value, count, &error_of_call))
#define tb_histogram_record_all(histogram, values, length)                                         \
  FAILURE(tbf_histogram_record_all(HANDLE(histogram), values, length, &error_of_call))
#define tb_histogram_record_durations(histogram, text, length, recorded)                           \
  FAILURE(*(recorded) =                                                                            \
              tbf_histogram_record_durations(HANDLE(histogram), text, length, &error_of_call))
#define tb_histogram_len(histogram, count)                                                         \
  FAILURE(*(count) = tbf_histogram_len(HANDLE(histogram), &error_of_call))
#define tb_histogram_is_empty(histogram, empty)                                                    \
  FAILURE(*(empty) = tbf_histogram_is_empty(HANDLE(histogram), &error_of_call))
#define tb_histogram_min(histogram, found, value)                                                  \
  FAILURE(*(found) = tbf_histogram_min(HANDLE(histogram), value, &error_of_call))
#define tb_histogram_max(histogram, found, value)                                                  \
  FAILURE(*(found) = tbf_histogram_max(HANDLE(histogram), value, &error_of_call))
#define tb_histogram_mean(histogram, found, value)                                                 \
  FAILURE(*(found) = tbf_histogram_mean(HANDLE(histogram), value, &error_of_call))
#define tb_histogram_stdev(histogram, found, value)                                                \
  FAILURE(*(found) = tbf_histogram_stdev(HANDLE(histogram), value, &error_of_call))
#define tb_histogram_value_at_quantile(histogram, quantile, found, value)                          \
  FAILURE(*(found) =                                                                               \
              tbf_histogram_value_at_quantile(HANDLE(histogram), quantile, value, &error_of_call))
#define tb_histogram_values_at_quantiles(histogram, quantiles, length, found, values)              \
  FAILURE(*(found) = tbf_histogram_values_at_quantiles(HANDLE(histogram), quantiles, length,       \
                                                       values, &error_of_call))
#define tb_histogram_summary(histogram, found, summary)                                            \
  FAILURE(*(found) = tbf_histogram_summary(HANDLE(histogram), summary, &error_of_call))
#define tb_histogram_tag(histogram, tag)                                                           \
  FAILURE(*(tag) = text_of_string(tbf_histogram_tag(HANDLE(histogram), &error_of_call)))
#define tb_histogram_set_tag(histogram, tag, length)                                               \
  FAILURE(tbf_histogram_set_tag(HANDLE(histogram), tag, &error_of_call))
#define tb_histogram_merge(histogram, other)                                                       \
  FAILURE(tbf_histogram_merge(HANDLE(histogram), HANDLE(other), &error_of_call))
#define tb_histogram_render(histogram, ticks, unit, text)                                          \
  FAILURE(*(text) = text_of_string(                                                                \
              tbf_histogram_render(HANDLE(histogram), ticks, unit, &error_of_call)))
#define tb_histogram_encode(histogram, bytes)                                                      \
  FAILURE((bytes)->buffer = tbf_histogram_encode(HANDLE(histogram), &error_of_call))
#define tb_histogram_decode(data, length, histogram)                                               \
  FAILURE(*(histogram) = POINTER(tbf_histogram_decode(data, length, &error_of_call)))

/* ---- buckets and watchers */

#define tb_histogram_buckets(histogram, scan, buckets)                                             \
  FAILURE(*(buckets) = POINTER(tbf_histogram_buckets(HANDLE(histogram), scan, &error_of_call)))
#define tb_buckets_next(buckets, into, capacity, count)                                            \
  FAILURE(*(count) = tbf_buckets_next(HANDLE(buckets), into, capacity, &error_of_call))
#define tb_buckets_free(buckets) tbf_buckets_free(HANDLE(buckets), NULL)
#define WRONG_FREE(histogram) FAILURE(tbf_buckets_free(HANDLE(histogram), &error_of_call))
#define tb_histogram_for_each_bucket(histogram, scan, visitor, user, stopped)                      \
  FAILURE(*(stopped) = tbf_histogram_for_each_bucket(HANDLE(histogram), scan, visitor, user,       \
                                                     &error_of_call))
#define tb_histogram_watch(histogram, limit, watcher, user, destructor, watch)                     \
  FAILURE(*(watch) = POINTER(tbf_histogram_watch(HANDLE(histogram), limit, watcher, user,          \
                                                 destructor, &error_of_call)))
#define tb_watch_end(watch, ended) FAILURE(*(ended) = tbf_watch_end(HANDLE(watch), &error_of_call))
#define tb_watch_free(watch) tbf_watch_free(HANDLE(watch), NULL)

/* ---- logs */

#define tb_replay_log(path, length, progress, user, replay)                                        \
  tb_replay_log_with_limit(path, length, 0, progress, user, replay)
#define tb_replay_log_with_limit(path, length, memory_limit, progress, user, replay)               \
  FAILURE(*(replay) = POINTER(tbf_replay_log_with_limit(path, length, memory_limit, progress,      \
                                                        user, &error_of_call)))
#define tb_replay_len(replay) tbf_replay_len(HANDLE(replay), NULL)
#define tb_replay_histogram(replay, index, histogram)                                              \
  FAILURE(*(histogram) = POINTER(tbf_replay_histogram(HANDLE(replay), index, &error_of_call)))
#define tb_replay_free(replay) tbf_replay_free(HANDLE(replay), NULL)
#define tb_log_writer_new(path, length, start, writer)                                             \
  FAILURE(*(writer) = POINTER(tbf_log_writer_new(path, length, start, &error_of_call)))
#define tb_log_writer_write(writer, histogram, start, seconds)                                     \
  FAILURE(tbf_log_writer_write(HANDLE(writer), HANDLE(histogram), start, seconds, &error_of_call))
#define tb_log_writer_free(writer) tbf_log_writer_free(HANDLE(writer), NULL)

/* ---- probes and faults */

#define tb_probe_nop tbf_probe_nop
#define tb_probe_add tbf_probe_add
#define tb_probe_half(some, number, found, value)                                                  \
  FAILURE(*(found) = tbf_probe_half(some, number, value, &error_of_call))
#define tb_probe_str_len(text, length, result)                                                     \
  FAILURE(*(result) = tbf_probe_str_len(text, length, &error_of_call))
#define tb_probe_str_chars(text, length, result)                                                   \
  FAILURE(*(result) = tbf_probe_str_chars(text, length, &error_of_call))
#define tb_probe_echo(text, length, result)                                                        \
  FAILURE(*(result) = text_of_buffer(tbf_probe_echo(text, length, &error_of_call)))
#define tb_probe_make_str(n, wide, result)                                                         \
  FAILURE(*(result) = text_of_buffer(tbf_probe_make_str(n, wide, &error_of_call)))
#define tb_probe_bytes_ends(data, length, result)                                                  \
  FAILURE(*(result) = tbf_probe_bytes_ends(data, length, &error_of_call))
#define tb_probe_bytes_sum(data, length, result)                                                   \
  FAILURE(*(result) = tbf_probe_bytes_sum(data, length, &error_of_call))
#define tb_probe_make_bytes(n, result)                                                             \
  FAILURE((result)->buffer = tbf_probe_make_bytes(n, &error_of_call))
#define tb_probe_f64_ends(values, length, result)                                                  \
  FAILURE(*(result) = tbf_probe_f64_ends(values, length, &error_of_call))
#define tb_probe_f64_sum(values, length, result)                                                   \
  FAILURE(*(result) = tbf_probe_f64_sum(values, length, &error_of_call))
#define tb_probe_make_f64(n, result) FAILURE(*(result) = tbf_probe_make_f64(n, &error_of_call))
#define tb_probe_scale_in_place(values, length, factor)                                            \
  FAILURE(tbf_probe_scale_in_place(values, length, factor, &error_of_call))
#define tb_probe_point_in(point, result)                                                           \
  FAILURE(*(result) = tbf_probe_point_in(point, &error_of_call))
#define tb_probe_make_point(n, result) FAILURE(*(result) = tbf_probe_make_point(n, &error_of_call))
#define tb_probe_points_ends(points, length, result)                                               \
  FAILURE(*(result) = tbf_probe_points_ends(points, length, &error_of_call))
#define tb_probe_points_sum(points, length, result)                                                \
  FAILURE(*(result) = tbf_probe_points_sum(points, length, &error_of_call))
#define tb_probe_make_points(n, result)                                                            \
  FAILURE(*(result) = tbf_probe_make_points(n, &error_of_call))
#define tb_probe_shape_in(shape, result)                                                           \
  FAILURE(*(result) = tbf_probe_shape_in(shape, &error_of_call))
#define tb_probe_make_shape(n, result) FAILURE(*(result) = tbf_probe_make_shape(n, &error_of_call))
#define tb_probe_map_sum(entries, length, result)                                                  \
  FAILURE(*(result) = tbf_probe_map_sum(entries, length, &error_of_call))
#define tb_probe_make_map(n, result) FAILURE(*(result) = tbf_probe_make_map(n, &error_of_call))
/* It always fails: there is nothing to move out of the way. */
#define tb_probe_fail(number) (tbf_probe_fail(number, &error_of_call), &error_of_call)
#define tb_probe_record_from_new_thread(histogram, value)                                          \
  FAILURE(tbf_probe_record_from_new_thread(HANDLE(histogram), value, &error_of_call))

/* Functions, since the runner passes them on. */
#define tb_probe_call_back by_tbf_probe_call_back
static inline failure tb_probe_call_back(uint64_t n, tb_probe_callback callback, void *user,
                                         int32_t *stopped, uint64_t *sum) {
  return FAILURE(*stopped = tbf_probe_call_back(n, callback, user, sum, &error_of_call));
}
#define tb_probe_call_back_from_new_thread by_tbf_probe_call_back_from_new_thread
static inline failure tb_probe_call_back_from_new_thread(uint64_t n, tb_probe_callback callback,
                                                         void *user, int32_t *stopped,
                                                         uint64_t *sum) {
  return FAILURE(*stopped =
                     tbf_probe_call_back_from_new_thread(n, callback, user, sum, &error_of_call));
}

#define tb_fault_panic(text, length) FAILURE(tbf_fault_panic(text, length, &error_of_call))
#define tb_fault_panic_while_locked(histogram)                                                     \
  FAILURE(tbf_fault_panic_while_locked(HANDLE(histogram), &error_of_call))
#define tb_fault_panics_when_dropped_new(object)                                                   \
  FAILURE(*(object) = POINTER(tbf_fault_panics_when_dropped_new(&error_of_call)))
#define tb_fault_panics_when_dropped_free(object)                                                  \
  tbf_fault_panics_when_dropped_free(HANDLE(object), NULL)

#endif
