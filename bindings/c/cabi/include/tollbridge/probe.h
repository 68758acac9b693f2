/* Tollbridge: a latency histogram from Rust, as a C library.
 * Written by cbindgen from bindings/c/cabi/src: change it there. SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef TOLLBRIDGE_PROBE_H
#define TOLLBRIDGE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tollbridge.h>

/// The code of the error `probe`, which only tb_probe_fail gives. Its fields are `number`, what the caller gave,
/// `ratio`, which is not a number, and `text`.
#define TB_ERR_PROBE 16

/// What a tb_shape is: the values of its `kind`.
typedef enum {
  /// No payload.
  TB_SHAPE_DOT = 0,
  /// `radius` is set.
  TB_SHAPE_CIRCLE = 1,
  /// `text` and `text_length` are set.
  TB_SHAPE_LABEL = 2,
} tb_shape_kind;

/// Floats that the caller owns. Initialise with `{0}`, free with tb_f64s_free.
typedef struct {
  /// NULL when empty.
  double *data;
  /// How many.
  size_t length;
} tb_f64s;

/// A flat record.
typedef struct {
  uint64_t id;
  double x;
  double y;
  uint32_t flags;
} tb_point;

/// Records that the caller owns. Initialise with `{0}`, free with tb_points_free.
typedef struct {
  /// NULL when empty.
  tb_point *data;
  /// How many.
  size_t length;
} tb_points;

/// A tagged enum with payloads. As an argument its text is borrowed for the call; as a result it is
/// the caller's and freed with tb_shape_free.
typedef struct {
  /// A tb_shape_kind.
  uint32_t kind;
  /// Of a circle.
  double radius;
  /// Of a label: UTF-8; NULL when empty.
  const char *text;
  /// In bytes.
  size_t text_length;
} tb_shape;

/// One entry of a map.
typedef struct {
  /// UTF-8, not NUL-terminated; may be NULL when `key_length` is 0.
  const char *key;
  /// In bytes.
  size_t key_length;
  uint64_t value;
} tb_entry;

/// A map that the caller owns, sorted by key. Initialise with `{0}`, free with tb_map_free.
typedef struct {
  /// NULL when empty.
  tb_entry *entries;
  /// How many.
  size_t length;
} tb_map;

/// Gets a number and writes its answer. 0 goes on, anything else stops.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
typedef int32_t (*tb_probe_callback)(void *user, uint64_t number, uint64_t *answer);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// Does nothing. Threads: any. A leaf.
void tb_probe_nop(void);

/// `a + b` modulo 2^64. Threads: any. A leaf.
uint64_t tb_probe_add(uint64_t a, uint64_t b);

/// Half of an even number. `some` is 1 when there is a number, else 0; `*found` is false, and
/// `*value` stays, when there is none or it is odd.
///
/// Errors: invalid_enum, null_argument. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_half(uint8_t some, uint64_t number, bool *found, uint64_t *value);

/// Length in bytes of UTF-8, which is checked.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_str_len(const char *text, size_t length, uint64_t *result);

/// Number of characters. As tb_probe_str_len.
TB_WARN_UNUSED tb_error *tb_probe_str_chars(const char *text, size_t length, uint64_t *result);

/// A copy of the text.
///
/// Ownership: `text` is borrowed for the call; `*result` is the caller's, free it with tb_text_free.
/// NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED
tb_error *tb_probe_echo(const char *text,
                        size_t length,
                        tb_text *result);

/// Text of `n` characters: `abc…` repeated, or `é` repeated when `wide` is 1.
///
/// Ownership: `*result` is the caller's; free it with tb_text_free.
/// Errors: invalid_enum, null_argument. Memory that runs out ends the process.
/// Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_str(size_t n, uint8_t wide, tb_text *result);

/// Length + first + last byte; 0 when empty.
///
/// Ownership: `data` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_bytes_ends(const uint8_t *data, size_t length, uint64_t *result);

/// Sum of all bytes. As tb_probe_bytes_ends.
TB_WARN_UNUSED tb_error *tb_probe_bytes_sum(const uint8_t *data, size_t length, uint64_t *result);

/// `n` bytes: 0, 1, … 255, 0, …
///
/// Ownership: `*result` is the caller's; free it with tb_bytes_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_bytes(size_t n, tb_bytes *result);

/// Length + first + last; 0 when empty.
///
/// Ownership: `values` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_f64_ends(const double *values, size_t length, double *result);

/// Sum in order, from 0. As tb_probe_f64_ends.
TB_WARN_UNUSED tb_error *tb_probe_f64_sum(const double *values, size_t length, double *result);

/// 0, 1, … n - 1.
///
/// Ownership: `*result` is the caller's; free it with tb_f64s_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_f64(size_t n, tb_f64s *result);

/// Frees the memory and sets `*values` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
void tb_f64s_free(tb_f64s *values);

/// Multiplies each value where it stands.
///
/// Ownership: `values` is borrowed for the call, to read and write, and nobody else may touch it
/// meanwhile. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_scale_in_place(double *values, size_t length, double factor);

/// id + x + y + flags.
///
/// Ownership: `point` is borrowed for the call. Errors: null_argument. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_point_in(const tb_point *point, double *result);

/// The point n, n / 2, -1, n & 7. Errors: null_argument. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_point(uint64_t n, tb_point *result);

/// Length + tb_probe_point_in of the first + of the last; 0 when empty.
///
/// Ownership: `points` is borrowed for the call.
/// NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED
tb_error *tb_probe_points_ends(const tb_point *points,
                               size_t length,
                               double *result);

/// Sum of tb_probe_point_in. As tb_probe_points_ends.
TB_WARN_UNUSED tb_error *tb_probe_points_sum(const tb_point *points, size_t length, double *result);

/// tb_probe_make_point of 0 to n - 1.
///
/// Ownership: `*result` is the caller's; free it with tb_points_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_points(size_t n, tb_points *result);

/// Frees the memory and sets `*points` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
void tb_points_free(tb_points *points);

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
///
/// Ownership: `shape` and its text are borrowed for the call.
/// Errors: invalid_enum, invalid_text, null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_shape_in(const tb_shape *shape, double *result);

/// By n modulo 3: a dot, a circle of radius n, a label with n in decimal.
///
/// Ownership: `*result` is the caller's; free it with tb_shape_free.
/// Errors: null_argument. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_shape(uint64_t n, tb_shape *result);

/// Frees what tb_probe_make_shape made and sets `*shape` to `{0}`, a dot.
/// Not for a shape whose text is the caller's own. NULL: allowed, does nothing. Threads: any. A leaf.
void tb_shape_free(tb_shape *shape);

/// Sum of the values (modulo 2^64) and of the keys' lengths in bytes.
///
/// Ownership: `entries` and its keys are borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_map_sum(const tb_entry *entries, size_t length, uint64_t *result);

/// A map of `n` entries: `k000000` to 0, `k000001` to 1, …
///
/// Ownership: `*result` is the caller's; free it with tb_map_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_make_map(size_t n, tb_map *result);

/// Frees the map with its keys and sets `*map` to `{0}`. NULL: allowed, does nothing.
/// Threads: any. A leaf.
void tb_map_free(tb_map *map);

/// Always the error `probe`, with `number`, a ratio of NaN and the text `café`.
///
/// Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_probe_fail(uint64_t number);

/// Calls `callback` with 0 to n - 1 and sums what it answers (modulo 2^64), until it answers other
/// than 0. `*stopped` is that answer, or 0 at the end; `*sum` stays when it was stopped.
/// Calls back on this thread.
///
/// Ownership: `user` is passed on as it is. Errors: null_argument. Threads: any.
TB_WARN_UNUSED
tb_error *tb_probe_call_back(uint64_t n,
                             tb_probe_callback callback,
                             void *user,
                             int32_t *stopped,
                             uint64_t *sum);

/// As tb_probe_call_back, but calls back on a thread that is started for it and has ended when this
/// returns. Errors: null_argument, panic when the system cannot start a thread.
TB_WARN_UNUSED
tb_error *tb_probe_call_back_from_new_thread(uint64_t n,
                                             tb_probe_callback callback,
                                             void *user,
                                             int32_t *stopped,
                                             uint64_t *sum);

/// tb_histogram_record on a thread that is started for it and has ended when this returns, so that
/// watchers are called from a thread that is not the caller's.
///
/// Errors: as tb_histogram_record; panic when the system cannot start a thread.
/// Threads: any; waits for that thread, which waits and calls back.
TB_WARN_UNUSED
tb_error *tb_probe_record_from_new_thread(const tb_histogram *histogram,
                                          uint64_t value);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus


#endif  /* TOLLBRIDGE_PROBE_H */
