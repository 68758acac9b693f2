/* Tollbridge: a latency histogram from Rust, as a C library.
 * Written by cbindgen from bindings/c/ffi_support/src: change it there. SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef TOLLBRIDGE_SUPPORT_H
#define TOLLBRIDGE_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Conventions, without exception:
 *
 * - A handle is a number, which is looked up at every call: one that was freed is the error `closed`, one
 *   that stands for something else is `invalid_handle`, and so is nearly every number that no call gave
 *   out. 0 is never a handle.
 * - A result is returned; when the call fails it is 0, NULL or `{0}`. What it writes elsewhere, it
 *   writes on success only. A failure changes nothing.
 * - The last parameter is where the error goes: it is written by every call, code 0 for success, and
 *   need not be initialised. Free what it holds with tbf_error_free before it is written again. Callbacks
 *   may use it, but it must be there until the call returns: not in what a destructor frees. NULL is for
 *   who does not want to know.
 * - Everything else that is NULL but must not be is the error `null_argument`.
 * - An owned thing is freed by the function named beside its type, and by nothing else; `free` of
 *   the C library is never right. Every such function takes NULL, 0 or `{0}`.
 * - What is passed as pointer and length is borrowed for the call. Outputs may not overlap inputs, and
 *   callbacks may not touch either.
 * - A struct that goes in is initialised as a whole, as `{0}` does, also what is said to be ignored.
 * - Text is UTF-8. With a length in bytes it may hold NULs; a `char *` alone ends at the first one.
 * - Enums and booleans that go in are plain integers, and are checked.
 * - Any thread may call anything, at any time. Nothing that takes a handle is a *leaf*: it locks the
 *   map of handles, though for a moment only. What *waits* may wait for another thread's call, what
 *   *calls back* runs your code, with no lock held. Whatever takes a histogram may, at its end, call back
 *   the destructors of its watchers: when another thread has freed the last handle meanwhile.
 * - A panic in Rust becomes the error `panic`. Not caught: a stack overflow, memory that runs out.
 * - No call is a cancellation point, and in a callback there is none: pthread_cancel takes effect at the
 *   thread's next one after the call. To be cancelled asynchronously in here is undefined. When a panic
 *   prints its line, a cancelled thread is stopped there, and the process aborts.
 * - After fork, the child may use everything but the types of which another thread was in a call at that
 *   moment: the lock of their map stays taken, and a call on any handle of them may wait for ever. If
 *   another thread was panicking, a panic does, too. exec is always right. */

/* ffi-support's ExternError. */
typedef struct {
  /* A tbf_code; 0 for success. */
  int32_t code;
  /* NULL for success, else a sentence in English: UTF-8 that ends with a NUL, and in which a NUL stands
   * as \0. */
  char *message;
} tbf_extern_error;

/* ffi-support's ByteBuffer: bytes that the caller owns. Free it with tbf_byte_buffer_free. */
typedef struct {
  /* In bytes. */
  int64_t len;
  /* Do not read it when `len` is 0. */
  uint8_t *data;
} tbf_byte_buffer;


/// The code of the error `probe`, which only tbf_probe_fail gives. Its fields are `number`, what the caller gave,
/// `ratio`, which is not a number, and `text`.
#define TBF_ERR_PROBE 16

/// The stable codes; the negative ones are this strategy's own. Treat one you do not know as a
/// failure like any other.
typedef enum {
  /// No call gave out this handle, or it stands for something of another type, or of another copy of the
  /// library.
  TBF_ERR_INVALID_HANDLE = -1000,
  /// There are 32,765 handles of this type, and no more can be made.
  TBF_ERR_TOO_MANY_HANDLES = -2,
  /// An argument is outside what its operation allows.
  /// - `argument` (text): The argument's name.
  /// - `value` (text): What it was.
  /// - `rule` (text): What it must be.
  TBF_ERR_INVALID_ARGUMENT = 1,
  /// A value is above what the histogram can track.
  /// - `value` (number): The value.
  /// - `highest` (number): The highest that can be recorded.
  /// - `index` (number): Which of the call's values it is, counted from 0.
  TBF_ERR_OUT_OF_RANGE = 2,
  /// The histogram's total would pass 2^63 - 1, the most that the file formats can hold.
  /// - `count` (number): How many were to be added.
  /// - `len` (number): How many it holds.
  TBF_ERR_COUNT_OVERFLOW = 3,
  /// A quantile is NaN, or not from 0 to 1.
  /// - `quantile` (real): The quantile.
  /// - `index` (number): Which of the call's quantiles it is, counted from 0.
  TBF_ERR_INVALID_QUANTILE = 4,
  /// Text that should be a duration is none.
  /// - `line` (number): Counted from 1.
  /// - `column` (number): Counted from 1, in characters.
  /// - `token` (text): What stands there.
  TBF_ERR_INVALID_DURATION = 5,
  /// A tag holds a character that the log format cannot.
  /// - `character` (text): The character.
  /// - `offset` (number): How many characters stand before it.
  TBF_ERR_INVALID_TAG = 6,
  /// Something would pass a limit. Nothing was done yet.
  /// - `count` (number): What this would take.
  /// - `limit` (number): What is allowed.
  /// - `what` (text): The limit's name: `bucket_limit` of a scan, `memory_limit` of a replay in bytes,
  ///   `tag_limit` and `line_limit` of a log in bytes.
  /// - `advice` (text): What to do.
  TBF_ERR_TOO_MANY = 7,
  /// Bytes are not an encoded histogram.
  /// - `reason` (text): What is wrong with them.
  TBF_ERR_MALFORMED_HISTOGRAM = 8,
  /// A panic left this histogram half-changed. It answers nothing else any more.
  TBF_ERR_POISONED = 9,
  /// A panic inside the library, caught at the boundary.
  /// - `what` (text): What it said.
  TBF_ERR_PANIC = 10,
  /// The handle was closed.
  TBF_ERR_CLOSED = 11,
  /// Text that came across is not Unicode.
  /// - `offset` (number): How many good characters stand before.
  TBF_ERR_INVALID_TEXT = 12,
  /// A pointer is NULL that must not be.
  /// - `argument` (text): The argument's name.
  TBF_ERR_NULL_ARGUMENT = 13,
  /// An integer stands for no value of an enum or boolean.
  /// - `argument` (text): The argument's name.
  /// - `value` (number): The integer.
  TBF_ERR_INVALID_ENUM = 14,
  /// A length is more than memory can hold.
  /// - `argument` (text): The argument's name.
  /// - `length` (number): The length.
  /// - `limit` (number): The most that is possible.
  TBF_ERR_INVALID_LENGTH = 15,
  /// A line of an interval log is none. Nothing of the log was kept.
  /// - `line` (number): Counted from 1.
  /// - `reason` (text): What is wrong with it.
  TBF_ERR_MALFORMED_LOG = 17,
  /// A file cannot be used.
  /// - `path` (text): The file.
  /// - `reason` (text): What the operating system says.
  /// - `os_code` (number): The operating system's number (`errno`), or 0.
  TBF_ERR_IO = 18,
  /// A callback asked for the end of long work. Nothing of it was kept.
  TBF_ERR_CANCELLED = 19,
} tbf_code;

/// Which type a field of an error has: what its `kind` is.
typedef enum {
  /// `number` is set.
  TBF_FIELD_U64 = 1,
  /// `real` is set.
  TBF_FIELD_F64 = 2,
  /// `text` and `text_length` are set.
  TBF_FIELD_TEXT = 3,
} tbf_field_kind;

/// Which buckets to walk: the values of `kind` in a tbf_scan.
typedef enum {
  /// Every bucket that holds at least one value.
  TBF_SCAN_RECORDED = 0,
  /// Steps of equal width; `step` is set.
  TBF_SCAN_LINEAR = 1,
  /// Steps that widen by a factor; `step` (the first one) and `base` are set.
  TBF_SCAN_LOGARITHMIC = 2,
  /// Steps of equal rank, ever finer towards the maximum; `ticks` is set.
  TBF_SCAN_QUANTILES = 3,
} tbf_scan_kind;

/// What a tbf_shape is: the values of its `kind`.
typedef enum {
  /// No payload.
  TBF_SHAPE_DOT = 0,
  /// `radius` is set.
  TBF_SHAPE_CIRCLE = 1,
  /// `text` and `text_length` are set.
  TBF_SHAPE_LABEL = 2,
} tbf_shape_kind;

/// What tbf_error_info reads. Part of a tbf_error, and freed with it.
typedef struct tbf_details tbf_details;

/// Why a call failed: what ffi-support carries, and beside it a pointer to what it does not, the typed
/// fields, for tbf_error_info. Nothing is kept per thread.
///
/// Ownership: what it holds is the caller's; free it with tbf_error_free.
typedef struct {
  /// Code and message.
  tbf_extern_error base;
  /// NULL for success.
  tbf_details *details;
} tbf_error;

/// One typed field of an error. All pointers live as long as the error.
typedef struct {
  /// NUL-terminated.
  const char *name;
  /// A tbf_field_kind. Ignore a field of a kind you do not know.
  uint32_t kind;
  /// For TBF_FIELD_U64, else 0.
  uint64_t number;
  /// For TBF_FIELD_F64, which may be NaN; else 0.
  double real;
  /// For TBF_FIELD_TEXT: UTF-8 which may hold NULs, and is followed by one; else NULL.
  const char *text;
  /// In bytes.
  size_t text_length;
} tbf_error_field;

/// All there is to know of an error, typed fields included. All pointers live as long as the error.
typedef struct {
  /// A tbf_code.
  int32_t code;
  /// The stable name, such as `out_of_range`, NUL-terminated.
  const char *name;
  /// A sentence in English: UTF-8 which may hold NULs, and is followed by one.
  const char *message;
  /// In bytes.
  size_t message_length;
  /// The fields in a stable order; NULL when there are none.
  const tbf_error_field *fields;
  /// How many fields there are.
  size_t field_count;
} tbf_error_details;

/// What a histogram can tell apart. Its memory follows from it: at most 50 MiB.
typedef struct {
  /// The lowest value that can be told from 0, in the values' own unit; from 1 to 2^62 - 1.
  uint64_t lowest;
  /// The highest value that can be recorded; from twice `lowest` to 2^63 - 1.
  uint64_t highest;
  /// Decimal digits to which values are kept apart, from 0 to 5.
  uint8_t significant_digits;
} tbf_config;

/// The usual figures at one glance, in the values' own unit.
typedef struct {
  /// How many values were recorded.
  uint64_t count;
  /// The low end of the lowest value's bucket.
  uint64_t min;
  /// The high end of the highest value's bucket.
  uint64_t max;
  /// Arithmetic mean.
  double mean;
  /// Standard deviation of the whole population.
  double stdev;
  /// Median.
  uint64_t p50;
  /// 90th percentile.
  uint64_t p90;
  /// 99th percentile.
  uint64_t p99;
  /// 99.9th percentile.
  uint64_t p999;
} tbf_summary;

/// A tagged enum in its plainest form: the tag is an integer, which is checked, and a field that
/// its kind does not use is ignored.
typedef struct {
  /// A tbf_scan_kind.
  uint32_t kind;
  /// Steps in each half of the distance that is left to 1.0, from 1 to 1000.
  uint32_t ticks;
  /// Width of a step, or of the first one, in the values' unit; from 1 to 2^62.
  uint64_t step;
  /// Factor from a step's upper end to the next one's, finite and above 1.
  double base;
} tbf_scan;

/// One step of a scan.
typedef struct {
  /// The highest value of the step, in the values' unit.
  uint64_t value;
  /// How many values were recorded in this step.
  uint64_t count;
  /// How many were recorded up to the end of this step.
  uint64_t total;
} tbf_bucket;

/// Gets one bucket, which is only valid during the call. 0 goes on, anything else stops the walk.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
/// It may use the histogram it walks, and free the handle.
typedef int32_t (*tbf_bucket_visitor)(void *user, const tbf_bucket *bucket);

/// Gets a value that was recorded. 0 goes on, anything else ends the watch.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
///
/// It may use the histogram, end its own watch, and free any handle or watch, the handle that is
/// recorded through included. Of what it records itself on this thread no watcher is told.
/// Threads: called on whichever thread records, on several at once when several do; no lock is held.
typedef int32_t (*tbf_watcher)(void *user, uint64_t value);

/// Lets go of `user`: no call with it is running or starts any more. May be NULL for nothing to do.
/// It must return, as every callback. It may do what a tbf_watcher may.
/// Threads: called on any thread; no lock is held.
typedef void (*tbf_destructor)(void *user);

/// How far tbf_replay_log is.
typedef struct {
  /// Bytes of the file that were read so far; compressed ones when it is compressed.
  uint64_t bytes;
  /// The file's size in bytes; 0 when it has none, as a pipe.
  uint64_t total;
  /// Histograms that were read so far.
  uint64_t intervals;
} tbf_progress;

/// Gets how far the work is, which is only valid during the call. 0 goes on, anything else ends it.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
typedef int32_t (*tbf_progress_visitor)(void *user, const tbf_progress *progress);

/// Floats that the caller owns: a ByteBuffer is aligned for bytes only. Free them with tbf_f64s_free.
typedef struct {
  /// NULL when empty.
  double *data;
  /// How many.
  size_t length;
} tbf_f64s;

/// A flat record.
typedef struct {
  uint64_t id;
  double x;
  double y;
  uint32_t flags;
} tbf_point;

/// Records that the caller owns. Free them with tbf_points_free.
typedef struct {
  /// NULL when empty.
  tbf_point *data;
  /// How many.
  size_t length;
} tbf_points;

/// A tagged enum with payloads. As an argument its text is borrowed for the call; as a result it is
/// the caller's and freed with tbf_shape_free.
typedef struct {
  /// A tbf_shape_kind.
  uint32_t kind;
  /// Of a circle.
  double radius;
  /// Of a label: UTF-8; NULL when empty.
  const char *text;
  /// In bytes.
  size_t text_length;
} tbf_shape;

/// One entry of a map.
typedef struct {
  /// UTF-8, not NUL-terminated; may be NULL when `key_length` is 0.
  const char *key;
  /// In bytes.
  size_t key_length;
  uint64_t value;
} tbf_entry;

/// A map that the caller owns, sorted by key. Free it with tbf_map_free.
typedef struct {
  /// NULL when empty.
  tbf_entry *entries;
  /// How many.
  size_t length;
} tbf_map;

/// Gets a number and writes its answer. 0 goes on, anything else stops.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
typedef int32_t (*tbf_probe_callback)(void *user, uint64_t number, uint64_t *answer);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// Exists in libraries of ABI 1 only. The header refers to it, so that a program built with that
/// header links with, and starts with, nothing else.
extern const uint32_t tbf_abi_1;

/// The number of the ABI, for hosts that look symbols up at run time: compare it with the one you
/// were written for before the first other call, and name both when they differ.
///
/// Threads: any. A leaf.
uint32_t tbf_abi_version(void);

/// The library's version, such as `0.1.0`, NUL-terminated.
///
/// Ownership: static memory, never freed. Threads: any. A leaf.
const char *tbf_version(void);

/// Fills `*details` with all there is to know of the error, the message with its length: what an error
/// has besides code and message is made on the first call.
///
/// Ownership: the pointers in `*details` belong to the error, and live until it is freed.
/// NULL: an error that is NULL, or says success, gives code 0 and NULL for the rest; a NULL `details`
/// does nothing. Threads: any, also at once.
void tbf_error_info(const tbf_error *error,
                    tbf_error_details *details);

/// Frees what the error holds and sets `*error` to `{0}`, so that freeing twice is harmless.
///
/// NULL: allowed, does nothing. Threads: any. A leaf.
void tbf_error_free(tbf_error *error);

/// Makes an empty histogram, and a handle to it.
///
/// Ownership: the handle is the caller's; free it with tbf_histogram_free.
/// Errors: invalid_argument, null_argument, too_many_handles. Threads: any.
uint64_t tbf_histogram_new(const tbf_config *config, tbf_error *error);

/// Makes another handle to the same histogram.
///
/// Ownership: it is the caller's and freed for itself; the histogram lives as long as any handle.
/// Errors: closed, invalid_handle, null_argument, too_many_handles. Threads: any.
uint64_t tbf_histogram_clone(uint64_t histogram, tbf_error *error);

/// Frees a handle, and with the last one the histogram and its watchers, whose destructors are called
/// on this thread unless a call through the histogram is running on another: that call finishes first.
///
/// 0: allowed, does nothing. A handle that was freed is the error closed, until its place has been used
/// 32,767 times more. Errors: closed, invalid_handle, panic when a destructor panics.
/// Threads: any, also while others use the very handle; calls back.
void tbf_histogram_free(uint64_t histogram,
                        tbf_error *error);

/// What the histogram was made with.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
tbf_config tbf_histogram_config(uint64_t histogram, tbf_error *error);

/// Records one value.
///
/// Errors: out_of_range, count_overflow, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits, and then calls back watchers.
void tbf_histogram_record(uint64_t histogram, uint64_t value, tbf_error *error);

/// Records one value `count` times; 0 times is allowed.
///
/// Errors: out_of_range, count_overflow, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits, and then calls back watchers, once for all.
void tbf_histogram_record_n(uint64_t histogram, uint64_t value, uint64_t count, tbf_error *error);

/// Records `length` values, or none when one of them is refused.
///
/// Ownership: `values` is borrowed for the call, and must not change during it.
/// NULL: `values` may be NULL when `length` is 0.
/// Errors: out_of_range (`index` says which), count_overflow, poisoned, closed, invalid_handle,
/// null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
void tbf_histogram_record_all(uint64_t histogram,
                              const uint64_t *values,
                              size_t length,
                              tbf_error *error);

/// Records durations as nanoseconds, or none when one of them is refused: `250us 1.5ms` and so on,
/// with the units ns, us, µs, ms, s, m, h, separated by white space. Returns how many there were.
///
/// Ownership: `text` is borrowed for the call. It is UTF-8 of `length` bytes and needs no NUL.
/// NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_duration, out_of_range, count_overflow, invalid_text, poisoned, closed,
/// invalid_handle, null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
uint64_t tbf_histogram_record_durations(uint64_t histogram,
                                        const char *text,
                                        size_t length,
                                        tbf_error *error);

/// How many values were recorded.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint64_t tbf_histogram_len(uint64_t histogram, tbf_error *error);

/// 1 when no value was recorded, else 0.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_is_empty(uint64_t histogram, tbf_error *error);

/// The lowest value recorded, the low end of its bucket. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_min(uint64_t histogram,
                          uint64_t *value,
                          tbf_error *error);

/// The highest value recorded, the high end of its bucket. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_max(uint64_t histogram,
                          uint64_t *value,
                          tbf_error *error);

/// The arithmetic mean. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_mean(uint64_t histogram, double *value, tbf_error *error);

/// The standard deviation. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_stdev(uint64_t histogram, double *value, tbf_error *error);

/// The value at or below which the share `quantile` (0 to 1) of all values lies.
/// Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: invalid_quantile, poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_value_at_quantile(uint64_t histogram,
                                        double quantile,
                                        uint64_t *value,
                                        tbf_error *error);

/// The values at `length` quantiles, written to as many `values`. Empty: 0 is returned, and `values`
/// stay; else 1.
///
/// Ownership: `quantiles` is borrowed for the call; `values` is the caller's, with room for `length`.
/// NULL: both may be NULL when `length` is 0.
/// Errors: invalid_quantile (`index` says which), poisoned, closed, invalid_handle, null_argument,
/// invalid_length. Threads: any; waits.
uint8_t tbf_histogram_values_at_quantiles(uint64_t histogram,
                                          const double *quantiles,
                                          size_t length,
                                          uint64_t *values,
                                          tbf_error *error);

/// The usual figures. Empty: 0 is returned, and `*summary` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
uint8_t tbf_histogram_summary(uint64_t histogram, tbf_summary *summary, tbf_error *error);

/// A copy of the tag, empty when there is none. A tag holds no NUL but the one at its end.
///
/// Ownership: the text is the caller's; free it with tbf_string_free.
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
char *tbf_histogram_tag(uint64_t histogram, tbf_error *error);

/// Sets the tag; empty text removes it.
///
/// Ownership: `tag` is borrowed for the call. It is UTF-8 and ends at the first NUL: what stands behind is
/// not seen. Errors: invalid_tag for a comma or a line end, too_many above 4096 bytes, invalid_text,
/// poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits.
void tbf_histogram_set_tag(uint64_t histogram,
                           const char *tag,
                           tbf_error *error);

/// Adds every value of `other`, which may be the same histogram: its counts then double.
///
/// Errors: out_of_range, count_overflow, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits for both, in an order that cannot deadlock.
void tbf_histogram_merge(uint64_t histogram, uint64_t other, tbf_error *error);

/// HdrHistogram's percentile distribution as text, byte for byte as the reference implementation
/// prints it. `ticks`, from 1 to 1000: lines in each half of the distance that is left to 100 %.
/// `unit`, finite and above 0: what values are divided by before they are printed.
///
/// Ownership: the text is the caller's; free it with tbf_string_free.
/// Errors: invalid_argument, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits for a copy of the counts only.
char *tbf_histogram_render(uint64_t histogram, uint32_t ticks, double unit, tbf_error *error);

/// The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.
///
/// Ownership: the buffer is the caller's; free it with tbf_byte_buffer_free.
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits
/// for a copy of the counts only.
tbf_byte_buffer tbf_histogram_encode(uint64_t histogram, tbf_error *error);

/// Makes a histogram of what tbf_histogram_encode or another HdrHistogram implementation wrote:
/// V2 or the older V0 and V1, plain or with DEFLATE. Hostile bytes cost at most 50 MiB.
///
/// Ownership: `data` is borrowed for the call; the handle is the caller's, free it with
/// tbf_histogram_free. NULL: `data` may be NULL when `length` is 0, which is malformed.
/// Errors: malformed_histogram, null_argument, invalid_length, too_many_handles. Threads: any.
uint64_t tbf_histogram_decode(const uint8_t *data, size_t length, tbf_error *error);

/// Makes a cursor over the buckets of a histogram as it is now. It outlives the histogram's changes and
/// its handles. The histogram is locked for a copy of its counts only.
///
/// Ownership: `scan` is borrowed for the call; the cursor is the caller's, free it with
/// tbf_buckets_free. Errors: invalid_argument, too_many, invalid_enum, poisoned, closed,
/// invalid_handle, null_argument, too_many_handles. Threads: any; waits.
uint64_t tbf_histogram_buckets(uint64_t histogram,
                               const tbf_scan *scan,
                               tbf_error *error);

/// Writes the next buckets, `capacity` at most, and returns how many they are; 0 at the end.
///
/// Ownership: `into` is the caller's, with room for `capacity`. NULL: allowed when `capacity` is 0.
/// Errors: closed, invalid_handle, null_argument, invalid_length. Threads: any, also at once: each bucket
/// is given out once; waits.
uint64_t tbf_buckets_next(uint64_t buckets,
                          tbf_bucket *into,
                          size_t capacity,
                          tbf_error *error);

/// Frees a cursor.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle.
/// Threads: any, also while others use it.
void tbf_buckets_free(uint64_t buckets, tbf_error *error);

/// Calls `visitor` with each bucket of the histogram as it is now, until it answers other than 0. Returns
/// that answer, or 0 at the end. Calls back on this thread, with no lock held.
///
/// Ownership: `scan` is borrowed for the call; `user` is passed on as it is.
/// Errors: invalid_argument, too_many, invalid_enum, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits.
int32_t tbf_histogram_for_each_bucket(uint64_t histogram,
                                      const tbf_scan *scan,
                                      tbf_bucket_visitor visitor,
                                      void *user,
                                      tbf_error *error);

/// Calls `watcher` with every value recorded at or above `limit` from now on, through any handle and on
/// any thread, before the function that records returns: until it answers other than 0, tbf_watch_end
/// is called, or the last handle is freed. When a watcher frees the last handle, the histogram lives
/// until the call that told it of a value returns: what else that call recorded is still told, to this
/// watcher and to the others. tbf_histogram_record_n tells its value once, tbf_histogram_merge nothing.
///
/// Ownership: `user` is the library's until `destructor` is called with it, exactly once: when the watch
/// has ended and the last call with it has returned, on any thread. When this fails, for whatever
/// reason, that was before it returned; only with too_many_handles another thread may still be calling
/// the watcher. The watch is the caller's; free it with tbf_watch_free. Watcher and destructor may be
/// called before it is returned: store it in what `user` points to only where that lives longer.
/// A handle that `user` owns is one of the histogram's: both stay until the watch has ended.
/// NULL: `user` and `destructor` may be NULL.
/// Errors: out_of_range for a limit above the histogram's highest value, poisoned, closed,
/// invalid_handle, null_argument, too_many_handles, which ends the watch.
/// Threads: any; waits. Calls back the destructor when it fails, or when the watch has ended already.
uint64_t tbf_histogram_watch(uint64_t histogram,
                             uint64_t limit,
                             tbf_watcher watcher,
                             void *user,
                             tbf_destructor destructor,
                             tbf_error *error);

/// Ends a watch. Returns 1 when this call did; 0 when it had ended before, by whatever way.
/// A call that another thread is in, or just about to make, may still happen: the destructor is called
/// when none can any more, which may be in here, and no call starts after it.
///
/// It works after every handle was freed, and on a poisoned histogram.
/// Errors: closed, invalid_handle, null_argument. Threads: any; calls back the destructor. The watcher may
/// end its own watch.
uint8_t tbf_watch_end(uint64_t watch,
                      tbf_error *error);

/// Frees a watch. The watcher goes on: end it before with tbf_watch_end, or let it live as long as its
/// histogram.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle. Threads: any, also while others use it.
void tbf_watch_free(uint64_t watch,
                    tbf_error *error);

/// Reads an interval log of HdrHistogram, version 1.0 to 1.3, plain or with gzip, and adds its
/// histograms up by tag. The sums may take 256 MiB of memory; tbf_replay_log_with_limit can say otherwise.
///
/// `progress` is called before the first byte, after the last, and at least every 50 ms in between,
/// also while a pipe has nothing to say and when a signal interrupts a read.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `user` is passed on as it is. The replay is the caller's; free it with
/// tbf_replay_free. NULL: `progress` may be NULL; `path` when `length` is 0, which names no file.
/// Errors: io, malformed_log, count_overflow, too_many, cancelled when `progress` answers other than 0,
/// null_argument, invalid_length, too_many_handles.
/// Threads: any; calls back on this thread, with no lock held.
uint64_t tbf_replay_log(const char *path,
                        size_t length,
                        tbf_progress_visitor progress,
                        void *user,
                        tbf_error *error);

/// As tbf_replay_log, with another limit to the memory of the sums.
///
/// `memory_limit` is in bytes; 0 is 256 MiB. Besides that the call takes at most 36 MiB, whatever the
/// file holds. A log whose sums would take more is refused with too_many before that memory is taken.
///
/// Ownership, NULL, errors and threads are those of tbf_replay_log: it calls back.
uint64_t tbf_replay_log_with_limit(const char *path,
                                   size_t length,
                                   uint64_t memory_limit,
                                   tbf_progress_visitor progress,
                                   void *user,
                                   tbf_error *error);

/// How many tags there are.
///
/// Errors: closed, invalid_handle, null_argument. Threads: any.
uint64_t tbf_replay_len(uint64_t replay, tbf_error *error);

/// Makes a handle to the histogram of one tag, which tbf_histogram_tag tells: all lines without a tag
/// have the empty one. Handles made for one index stand for the same histogram, which outlives the replay.
///
/// Ownership: the handle is the caller's; free it with tbf_histogram_free.
/// Errors: invalid_argument for an index that is not below tbf_replay_len, closed, invalid_handle,
/// null_argument, too_many_handles. Threads: any.
uint64_t tbf_replay_histogram(uint64_t replay,
                              size_t index,
                              tbf_error *error);

/// Frees a replay. Histograms that were taken out of it stay.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle. Threads: any, also while others use it;
/// calls back the destructors of watchers on histograms that have no other handle.
void tbf_replay_free(uint64_t replay,
                     tbf_error *error);

/// Makes an interval log of version 1.3, or empties the file that is there, and writes its head.
/// `start` is when the log begins, in seconds since the Unix epoch.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. The writer is the caller's; free it with tbf_log_writer_free.
/// NULL: `path` may be NULL when `length` is 0, which names no file.
/// Errors: invalid_argument unless `start` is finite and from 0, io, null_argument, invalid_length,
/// too_many_handles. Threads: any; waits for the system, and where `path` is a pipe for its reader.
uint64_t tbf_log_writer_new(const char *path,
                            size_t length,
                            double start,
                            tbf_error *error);

/// Appends an interval that began `start` seconds after the log's start and took `seconds`, with the
/// histogram's tag. It is in the file when this returns; a line that fails half-way is taken back.
/// Writing raises what the system raises: SIGPIPE for a pipe without a reader, SIGXFSZ at a limit of the
/// file's size. Only a process that ignores those signals gets the error `io` instead.
///
/// Errors: invalid_argument unless both times are finite and from 0, too_many for a line above 8 MiB,
/// which would not be read, io, poisoned, closed,
/// invalid_handle, null_argument. Threads: any; waits, for the histogram
/// only until its counts are copied.
void tbf_log_writer_write(uint64_t writer,
                          uint64_t histogram,
                          double start,
                          double seconds,
                          tbf_error *error);

/// Frees the writer, and closes the file: at once, or when the last call with it has ended.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle.
/// Threads: any, also while others use it.
void tbf_log_writer_free(uint64_t writer, tbf_error *error);

/// Panics with this text, which comes back as the error `panic`.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0. Threads: any.
void tbf_fault_panic(const char *text, size_t length, tbf_error *error);

/// Panics half-way through a change, with the lock held: the error `panic`, and the histogram
/// answers `poisoned` from then on. Threads: any; waits.
void tbf_fault_panic_while_locked(uint64_t histogram, tbf_error *error);

/// Makes an object whose destructor panics.
///
/// Ownership: it is the caller's; free it with tbf_fault_panics_when_dropped_free.
/// Errors: too_many_handles. Threads: any.
uint64_t tbf_fault_panics_when_dropped_new(tbf_error *error);

/// Frees the object, which is gone then. Errors: panic, always; closed, invalid_handle.
/// 0: allowed, does nothing. Threads: any.
void tbf_fault_panics_when_dropped_free(uint64_t object, tbf_error *error);

/// Does nothing. Threads: any. A leaf.
void tbf_probe_nop(void);

/// `a + b` modulo 2^64. Threads: any. A leaf.
uint64_t tbf_probe_add(uint64_t a, uint64_t b);

/// Half of an even number. `some` is 1 when there is a number, else 0; 0 is returned, and `*value`
/// stays, when there is none or it is odd; else 1.
///
/// Errors: invalid_enum, null_argument. Threads: any. A leaf.
uint8_t tbf_probe_half(uint8_t some, uint64_t number, uint64_t *value, tbf_error *error);

/// Length in bytes of UTF-8, which is checked.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
uint64_t tbf_probe_str_len(const char *text, size_t length, tbf_error *error);

/// Number of characters. As tbf_probe_str_len.
uint64_t tbf_probe_str_chars(const char *text, size_t length, tbf_error *error);

/// A copy of the text, as bytes: it may hold NULs.
///
/// Ownership: `text` is borrowed for the call; the buffer is the caller's, free it with
/// tbf_byte_buffer_free. NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
tbf_byte_buffer tbf_probe_echo(const char *text, size_t length, tbf_error *error);

/// Text of `n` characters, as bytes: `abc…` repeated, or `é` repeated when `wide` is 1.
///
/// Ownership: the buffer is the caller's; free it with tbf_byte_buffer_free.
/// Errors: invalid_enum. Memory that runs out ends the process. Threads: any. A leaf.
tbf_byte_buffer tbf_probe_make_str(size_t n, uint8_t wide, tbf_error *error);

/// Length + first + last byte; 0 when empty.
///
/// Ownership: `data` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
uint64_t tbf_probe_bytes_ends(const uint8_t *data, size_t length, tbf_error *error);

/// Sum of all bytes. As tbf_probe_bytes_ends.
uint64_t tbf_probe_bytes_sum(const uint8_t *data, size_t length, tbf_error *error);

/// `n` bytes: 0, 1, … 255, 0, …
///
/// Ownership: the buffer is the caller's; free it with tbf_byte_buffer_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
tbf_byte_buffer tbf_probe_make_bytes(size_t n, tbf_error *error);

/// Length + first + last; 0 when empty.
///
/// Ownership: `values` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
double tbf_probe_f64_ends(const double *values, size_t length, tbf_error *error);

/// Sum in order, from 0. As tbf_probe_f64_ends.
double tbf_probe_f64_sum(const double *values, size_t length, tbf_error *error);

/// 0, 1, … n - 1.
///
/// Ownership: the floats are the caller's; free them with tbf_f64s_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
tbf_f64s tbf_probe_make_f64(size_t n, tbf_error *error);

/// Frees the memory and sets `*values` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
void tbf_f64s_free(tbf_f64s *values);

/// Multiplies each value where it stands.
///
/// Ownership: `values` is borrowed for the call, to read and write, and nobody else may touch it
/// meanwhile. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
void tbf_probe_scale_in_place(double *values, size_t length, double factor, tbf_error *error);

/// id + x + y + flags.
///
/// Ownership: `point` is borrowed for the call. Errors: null_argument. Threads: any. A leaf.
double tbf_probe_point_in(const tbf_point *point, tbf_error *error);

/// The point n, n / 2, -1, n & 7. Errors: none. Threads: any. A leaf.
tbf_point tbf_probe_make_point(uint64_t n, tbf_error *error);

/// Length + tbf_probe_point_in of the first + of the last; 0 when empty.
///
/// Ownership: `points` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
double tbf_probe_points_ends(const tbf_point *points, size_t length, tbf_error *error);

/// Sum of tbf_probe_point_in. As tbf_probe_points_ends.
double tbf_probe_points_sum(const tbf_point *points, size_t length, tbf_error *error);

/// tbf_probe_make_point of 0 to n - 1.
///
/// Ownership: the points are the caller's; free them with tbf_points_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
tbf_points tbf_probe_make_points(size_t n, tbf_error *error);

/// Frees the memory and sets `*points` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
void tbf_points_free(tbf_points *points);

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
///
/// Ownership: `shape` and its text are borrowed for the call.
/// Errors: invalid_enum, invalid_text, null_argument, invalid_length. Threads: any. A leaf.
double tbf_probe_shape_in(const tbf_shape *shape, tbf_error *error);

/// By n modulo 3: a dot, a circle of radius n, a label with n in decimal.
///
/// Ownership: the shape is the caller's; free it with tbf_shape_free.
/// Errors: none. Threads: any. A leaf.
tbf_shape tbf_probe_make_shape(uint64_t n, tbf_error *error);

/// Frees what tbf_probe_make_shape made and sets `*shape` to `{0}`, a dot.
/// Not for a shape whose text is the caller's own. NULL: allowed, does nothing. Threads: any. A leaf.
void tbf_shape_free(tbf_shape *shape);

/// Sum of the values (modulo 2^64) and of the keys' lengths in bytes.
///
/// Ownership: `entries` and its keys are borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
uint64_t tbf_probe_map_sum(const tbf_entry *entries, size_t length, tbf_error *error);

/// A map of `n` entries: `k000000` to 0, `k000001` to 1, …
///
/// Ownership: the map is the caller's; free it with tbf_map_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
tbf_map tbf_probe_make_map(size_t n, tbf_error *error);

/// Frees the map with its keys and sets `*map` to `{0}`. NULL: allowed, does nothing.
/// Threads: any. A leaf.
void tbf_map_free(tbf_map *map);

/// Always the error `probe`, with `number`, a ratio of NaN and the text `café`.
///
/// Threads: any. A leaf.
void tbf_probe_fail(uint64_t number, tbf_error *error);

/// Calls `callback` with 0 to n - 1 and sums what it answers (modulo 2^64), until it answers other
/// than 0. Returns that answer, or 0 at the end; `*sum` stays when it was stopped.
/// Calls back on this thread.
///
/// Ownership: `user` is passed on as it is. Errors: null_argument. Threads: any.
int32_t tbf_probe_call_back(uint64_t n,
                            tbf_probe_callback callback,
                            void *user,
                            uint64_t *sum,
                            tbf_error *error);

/// As tbf_probe_call_back, but calls back on a thread that is started for it and has ended when this
/// returns. Errors: null_argument, panic when the system cannot start a thread.
int32_t tbf_probe_call_back_from_new_thread(uint64_t n,
                                            tbf_probe_callback callback,
                                            void *user,
                                            uint64_t *sum,
                                            tbf_error *error);

/// tbf_histogram_record on a thread that is started for it and has ended when this returns, so that
/// watchers are called from a thread that is not the caller's.
///
/// Errors: as tbf_histogram_record; panic when the system cannot start a thread.
/// Threads: any; waits for that thread, which waits and calls back.
void tbf_probe_record_from_new_thread(uint64_t histogram, uint64_t value, tbf_error *error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* What ffi-support's macros define, where cbindgen does not look. */
#ifdef __cplusplus
extern "C" {
#endif

/// Frees text that came as a `char *`.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any. A leaf.
void tbf_string_free(char *text);

/// Frees a buffer; `{0}` is allowed. It goes by value: freeing a copy, too, is undefined.
///
/// Threads: any. A leaf.
void tbf_byte_buffer_free(tbf_byte_buffer buffer);

#ifdef __cplusplus
}
#endif

/* Refers to a symbol that only libraries of ABI 1 have: a program built with this header links with,
 * and starts with, nothing else. */
#if defined(__GNUC__)
__attribute__((used)) static const uint32_t *const tbf_abi_required = &tbf_abi_1;
#endif

#endif  /* TOLLBRIDGE_SUPPORT_H */
