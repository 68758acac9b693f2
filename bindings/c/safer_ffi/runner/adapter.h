/* c/safer_ffi for the runner, which is written in the names of <tollbridge.h>. A macro where a call
 * only looks different, so that loops show what is really called; a union where the runner has
 * other names for the same memory. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include <string.h>
#include <tollbridge_safer.h>

#define BRIDGE "c/safer_ffi"
#define VERSION tbs_version()
#define FUNCTION_OF_LIBRARY tbs_abi_version
#define HAS_HISTOGRAM 1
#define CHECKS_TEXT 1

typedef tbs_error_t *failure;

/* ---- objects, records, enums */

#define tb_error tbs_error_t
#define tb_histogram tbs_histogram_t
#define tb_buckets tbs_buckets_t
#define tb_watch tbs_watch_t
#define tb_replay tbs_replay_t
#define tb_log_writer tbs_log_writer_t
#define tb_fault_panics_when_dropped tbs_fault_panics_when_dropped_t
#define tb_config tbs_config_t
#define tb_summary tbs_summary_t
#define tb_bucket tbs_bucket_t
#define tb_progress tbs_progress_t
#define tb_point tbs_point_t
#define tb_scan tbs_scan_t
#define TB_SCAN_RECORDED TBS_SCAN_KIND_RECORDED
#define TB_SCAN_LINEAR TBS_SCAN_KIND_LINEAR
#define TB_SCAN_LOGARITHMIC TBS_SCAN_KIND_LOGARITHMIC
#define TB_SCAN_QUANTILES TBS_SCAN_KIND_QUANTILES
#define TB_SHAPE_DOT TBS_SHAPE_KIND_DOT
#define TB_SHAPE_CIRCLE TBS_SHAPE_KIND_CIRCLE
#define TB_SHAPE_LABEL TBS_SHAPE_KIND_LABEL
#define TB_FIELD_U64 TBS_FIELD_KIND_U64
#define TB_FIELD_F64 TBS_FIELD_KIND_F64
#define TB_FIELD_TEXT TBS_FIELD_KIND_TEXT
#define TB_ERR_OUT_OF_RANGE TBS_CODE_OUT_OF_RANGE
#define tb_abi_1 tbs_abi_1

/* ---- pointers with a length */

#define TEXT(text, length) ((slice_ref_uint8_t){(const uint8_t *)(text), length})
#define BYTES(data, length) ((slice_ref_uint8_t){data, length})
#define U64S(data, length) ((slice_ref_uint64_t){data, length})
#define F64S(data, length) ((slice_ref_double_t){data, length})

typedef union {
  slice_boxed_uint8_t box;
  struct {
    char *data;
    size_t length;
  };
} tb_text;

typedef union {
  slice_boxed_uint8_t box;
  struct {
    uint8_t *data;
    size_t length;
  };
} tb_bytes;

typedef union {
  slice_boxed_double_t box;
  struct {
    double *data;
    size_t length;
  };
} tb_f64s;

typedef union {
  slice_boxed_tbs_point_t box;
  struct {
    tb_point *data;
    size_t length;
  };
} tb_points;

typedef union {
  tbs_shape_t in;
  tbs_shape_box_t out;
  struct {
    uint32_t kind;
    double radius;
    const char *text;
    size_t text_length;
  };
} tb_shape;

typedef union {
  tbs_entry_t in;
  struct {
    const char *key;
    size_t key_length;
    uint64_t value;
  };
} tb_entry;

typedef union {
  slice_boxed_tbs_entry_box_t box;
  struct {
    tb_entry *entries;
    size_t length;
  };
} tb_map;

/* The runner frees what it has freed already; here that is left to the caller. */
#define FREED(free, owned) (free((owned)->box), (owned)->box.ptr = NULL)
#define tb_text_free(text) FREED(tbs_text_free, text)
#define tb_bytes_free(bytes) FREED(tbs_bytes_free, bytes)
#define tb_f64s_free(values) FREED(tbs_f64s_free, values)
#define tb_points_free(points) FREED(tbs_points_free, points)
#define tb_map_free(map) FREED(tbs_map_free, map)
#define tb_shape_free(shape) tbs_shape_free((shape)->out)

/* ---- errors */

typedef struct {
  const char *name;
  uint32_t kind;
  uint64_t number;
  double real;
  const char *text;
  size_t text_length;
} tb_error_field;
_Static_assert(sizeof(tb_error_field) == sizeof(tbs_error_field_t), "the same memory");

typedef union {
  tbs_error_details_t all;
  struct {
    int32_t code;
    const char *name;
    const char *message;
    size_t message_length;
    const tb_error_field *fields;
    size_t field_count;
  };
} tb_error_details;

#define tb_error_code tbs_error_code
#define tb_error_info(error, details) ((details)->all = tbs_error_info(error))
#define tb_error_free tbs_error_free

/* ---- closures: the runner has functions whose user data may be NULL */

static inline void *environment(void *user) {
  static char none;
  return user ? user : &none;
}

static inline void release_nothing(void *user) { (void)user; }

typedef void (*destructor)(void *user);
static inline destructor release_of(destructor given) { return given ? given : release_nothing; }

typedef int32_t (*tb_bucket_visitor)(void *user, const tb_bucket *bucket);
#define VISITOR(function, user)                                                                    \
  ((RefDynFnMut1_int32_tbs_bucket_const_ptr_t){environment(user), function})
#define PROGRESS(function, user)                                                                   \
  (&(RefDynFnMut1_int32_tbs_progress_const_ptr_t){environment(user), function})
#define WATCHER(function, user, destructor)                                                        \
  ((ArcDynFn1_int32_uint64_t){user, function, destructor, NULL})
typedef int32_t (*tb_probe_callback)(void *user, uint64_t number, uint64_t *answer);
#define CALLBACK(function, user)                                                                   \
  ((RefDynFnMut2_int32_uint64_uint64_ptr_t){environment(user), function})

/* ---- the histogram */

#define tb_histogram_new(config, histogram) tbs_histogram_new(*(config), histogram)
#define tb_histogram_clone tbs_histogram_clone
#define tb_histogram_free tbs_histogram_free
#define tb_histogram_config tbs_histogram_config
#define tb_histogram_record tbs_histogram_record
#define tb_histogram_record_n tbs_histogram_record_n
#define tb_histogram_record_all(histogram, values, length)                                         \
  tbs_histogram_record_all(histogram, U64S(values, length))
#define tb_histogram_record_durations(histogram, text, length, recorded)                           \
  tbs_histogram_record_durations(histogram, TEXT(text, length), recorded)
#define tb_histogram_len tbs_histogram_len
#define tb_histogram_is_empty tbs_histogram_is_empty
#define tb_histogram_tag(histogram, tag) tbs_histogram_tag(histogram, &(tag)->box)
#define tb_histogram_set_tag(histogram, tag, length)                                               \
  tbs_histogram_set_tag(histogram, TEXT(tag, length))
#define tb_histogram_merge tbs_histogram_merge
#define tb_histogram_render(histogram, ticks, unit, text)                                          \
  tbs_histogram_render(histogram, ticks, unit, &(text)->box)
#define tb_histogram_encode(histogram, bytes) tbs_histogram_encode(histogram, &(bytes)->box)
#define tb_histogram_decode(data, length, histogram)                                               \
  tbs_histogram_decode(BYTES(data, length), histogram)
#define tb_histogram_buckets(histogram, scan, buckets)                                             \
  tbs_histogram_buckets(histogram, *(scan), buckets)
#define tb_buckets_next(buckets, into, capacity, count)                                            \
  tbs_buckets_next(buckets, ((slice_mut_tbs_bucket_t){into, capacity}), count)
#define tb_buckets_free tbs_buckets_free
#define tb_histogram_for_each_bucket(histogram, scan, visitor, user, stopped)                      \
  tbs_histogram_for_each_bucket(histogram, *(scan), VISITOR(visitor, user), stopped)
#define tb_histogram_watch(histogram, limit, watcher, user, destructor, watch)                     \
  tbs_histogram_watch(histogram, limit, WATCHER(watcher, user, release_of(destructor)), watch)
#define tb_watch_end tbs_watch_end
#define tb_watch_free tbs_watch_free

/* The runner takes an option apart, and has memory for the values. */
#define OPTION(function, option, type)                                                             \
  static inline failure found_by_##function(const tb_histogram *histogram, bool *found,            \
                                            type *value) {                                         \
    option result;                                                                                 \
    failure error = function(histogram, &result);                                                  \
    if (!error && (*found = result._0)) *value = result._1;                                        \
    return error;                                                                                  \
  }
OPTION(tbs_histogram_min, Tuple2_bool_uint64_t, uint64_t)
OPTION(tbs_histogram_max, Tuple2_bool_uint64_t, uint64_t)
OPTION(tbs_histogram_mean, Tuple2_bool_double_t, double)
OPTION(tbs_histogram_stdev, Tuple2_bool_double_t, double)
OPTION(tbs_histogram_summary, Tuple2_bool_tbs_summary_t, tb_summary)
#define tb_histogram_min found_by_tbs_histogram_min
#define tb_histogram_max found_by_tbs_histogram_max
#define tb_histogram_mean found_by_tbs_histogram_mean
#define tb_histogram_stdev found_by_tbs_histogram_stdev
#define tb_histogram_summary found_by_tbs_histogram_summary

#define tb_histogram_value_at_quantile found_by_tbs_histogram_value_at_quantile
static inline failure tb_histogram_value_at_quantile(const tb_histogram *histogram, double quantile,
                                                     bool *found, uint64_t *value) {
  Tuple2_bool_uint64_t result;
  failure error = tbs_histogram_value_at_quantile(histogram, quantile, &result);
  if (!error && (*found = result._0)) *value = result._1;
  return error;
}

#define tb_histogram_values_at_quantiles copied_from_tbs_histogram_values_at_quantiles
static inline failure tb_histogram_values_at_quantiles(const tb_histogram *histogram,
                                                       const double *quantiles, size_t length,
                                                       bool *found, uint64_t *values) {
  Tuple2_bool_slice_boxed_uint64_t result;
  failure error = tbs_histogram_values_at_quantiles(histogram, F64S(quantiles, length), &result);
  if (error || !(*found = result._0)) return error;
  if (length > 0) memcpy(values, result._1.ptr, length * sizeof *values);
  tbs_u64s_free(result._1);
  return NULL;
}

/* ---- logs */

#define tb_replay_log(path, length, progress, user, replay)                                        \
  tb_replay_log_with_limit(path, length, 0, progress, user, replay)
#define tb_replay_log_with_limit(path, length, memory_limit, progress, user, replay)               \
  tbs_replay_log_with_limit(TEXT(path, length), memory_limit, PROGRESS(progress, user), replay)
#define tb_replay_len tbs_replay_len
#define tb_replay_histogram tbs_replay_histogram
#define tb_replay_free tbs_replay_free
#define tb_log_writer_new(path, length, start, writer)                                             \
  tbs_log_writer_new(TEXT(path, length), start, writer)
#define tb_log_writer_write tbs_log_writer_write
#define tb_log_writer_free tbs_log_writer_free

/* ---- probes and faults */

#define tb_probe_nop tbs_probe_nop
#define tb_probe_add tbs_probe_add
#define tb_probe_half found_by_tbs_probe_half
static inline failure tb_probe_half(bool some, uint64_t number, bool *found, uint64_t *value) {
  Tuple2_bool_uint64_t result;
  failure error = tbs_probe_half((Tuple2_bool_uint64_t){some, number}, &result);
  if (!error && (*found = result._0)) *value = result._1;
  return error;
}
#define tb_probe_str_len(text, length, result) tbs_probe_str_len(TEXT(text, length), result)
#define tb_probe_str_chars(text, length, result) tbs_probe_str_chars(TEXT(text, length), result)
#define tb_probe_echo(text, length, result) tbs_probe_echo(TEXT(text, length), &(result)->box)
#define tb_probe_make_str(n, wide, result) tbs_probe_make_str(n, wide, &(result)->box)
#define tb_probe_bytes_ends(data, length, result) tbs_probe_bytes_ends(BYTES(data, length), result)
#define tb_probe_bytes_sum(data, length, result) tbs_probe_bytes_sum(BYTES(data, length), result)
#define tb_probe_make_bytes(n, result) tbs_probe_make_bytes(n, &(result)->box)
#define tb_probe_f64_ends(values, length, result) tbs_probe_f64_ends(F64S(values, length), result)
#define tb_probe_f64_sum(values, length, result) tbs_probe_f64_sum(F64S(values, length), result)
#define tb_probe_make_f64(n, result) tbs_probe_make_f64(n, &(result)->box)
#define tb_probe_scale_in_place(values, length, factor)                                            \
  tbs_probe_scale_in_place(((slice_mut_double_t){values, length}), factor)
#define tb_probe_point_in(point, result) tbs_probe_point_in(*(point), result)
#define tb_probe_make_point tbs_probe_make_point
#define tb_probe_points_ends(points, length, result)                                               \
  tbs_probe_points_ends(((slice_ref_tbs_point_t){points, length}), result)
#define tb_probe_points_sum(points, length, result)                                                \
  tbs_probe_points_sum(((slice_ref_tbs_point_t){points, length}), result)
#define tb_probe_make_points(n, result) tbs_probe_make_points(n, &(result)->box)
#define tb_probe_shape_in(shape, result) tbs_probe_shape_in((shape)->in, result)
#define tb_probe_make_shape(n, result) tbs_probe_make_shape(n, &(result)->out)
#define tb_probe_map_sum(entries, length, result)                                                  \
  tbs_probe_map_sum(((slice_ref_tbs_entry_t){&(entries)->in, length}), result)
#define tb_probe_make_map(n, result) tbs_probe_make_map(n, &(result)->box)
#define tb_probe_fail tbs_probe_fail
#define tb_probe_record_from_new_thread tbs_probe_record_from_new_thread

#define tb_probe_call_back by_closure_tbs_probe_call_back
static inline failure tb_probe_call_back(uint64_t n, tb_probe_callback callback, void *user,
                                         int32_t *stopped, uint64_t *sum) {
  return tbs_probe_call_back(n, CALLBACK(callback, user), stopped, sum);
}
#define tb_probe_call_back_from_new_thread by_closure_tbs_probe_call_back_from_new_thread
static inline failure tb_probe_call_back_from_new_thread(uint64_t n, tb_probe_callback callback,
                                                         void *user, int32_t *stopped,
                                                         uint64_t *sum) {
  return tbs_probe_call_back_from_new_thread(n, CALLBACK(callback, user), stopped, sum);
}

#define tb_fault_panic(text, length) tbs_fault_panic(TEXT(text, length))
#define tb_fault_panic_while_locked tbs_fault_panic_while_locked
#define tb_fault_panics_when_dropped_new tbs_fault_panics_when_dropped_new
#define tb_fault_panics_when_dropped_free tbs_fault_panics_when_dropped_free

#endif
