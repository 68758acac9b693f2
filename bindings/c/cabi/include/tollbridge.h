/* Tollbridge: a latency histogram from Rust, as a C library.
 * Written by cbindgen from bindings/c/cabi/src: change it there. SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef TOLLBRIDGE_H
#define TOLLBRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Conventions, without exception:
 *
 * - A function that can fail returns an owned `tb_error *`, or NULL for success. Free it with
 *   tb_error_free. Outputs come last and are written on success only; a failure changes nothing.
 * - Everything that is NULL but must not be is the error `null_argument`, outputs included.
 * - An owned thing is freed by the function named beside its type, and by nothing else; `free` of
 *   the C library is never right. Every such function takes NULL.
 * - What is passed as pointer and length is borrowed for the call. Outputs may not overlap inputs, and
 *   callbacks may not touch either.
 * - A struct that goes in is initialised as a whole, as `{0}` does, also what is said to be ignored.
 * - Text is UTF-8 with a length in bytes; it may hold NULs.
 * - Enums and booleans that go in are plain integers, and are checked.
 * - Any thread may call anything, at any time, but for freeing what another is using. A *leaf* does
 *   no more than compute; what *waits* may wait for a lock, and what *calls back* runs your code.
 *   Only a leaf may be bound as Java's `critical`, Go's `nocallback` or .NET's `SuppressGCTransition`.
 * - A panic in Rust becomes the error `panic`. Not caught: a stack overflow, memory that runs out.
 * - No call is a cancellation point, and in a callback there is none: pthread_cancel takes effect at the
 *   thread's next one after the call. To be cancelled asynchronously in here is undefined. When a panic
 *   prints its line, a cancelled thread is stopped there, and the process aborts.
 * - After fork, the child may use everything but what another thread was using at that moment: its lock
 *   stays taken, and a call on it waits for ever. If another thread was panicking, a panic does, too.
 *   exec is always right. */

#if defined(__GNUC__)
#define TB_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define TB_WARN_UNUSED
#endif


/// The stable codes. Treat one you do not know as a failure like any other.
typedef enum {
  /// An argument is outside what its operation allows.
  /// - `argument` (text): The argument's name.
  /// - `value` (text): What it was.
  /// - `rule` (text): What it must be.
  TB_ERR_INVALID_ARGUMENT = 1,
  /// A value is above what the histogram can track.
  /// - `value` (number): The value.
  /// - `highest` (number): The highest that can be recorded.
  /// - `index` (number): Which of the call's values it is, counted from 0.
  TB_ERR_OUT_OF_RANGE = 2,
  /// The histogram's total would pass 2^63 - 1, the most that the file formats can hold.
  /// - `count` (number): How many were to be added.
  /// - `len` (number): How many it holds.
  TB_ERR_COUNT_OVERFLOW = 3,
  /// A quantile is NaN, or not from 0 to 1.
  /// - `quantile` (real): The quantile.
  /// - `index` (number): Which of the call's quantiles it is, counted from 0.
  TB_ERR_INVALID_QUANTILE = 4,
  /// Text that should be a duration is none.
  /// - `line` (number): Counted from 1.
  /// - `column` (number): Counted from 1, in characters.
  /// - `token` (text): What stands there.
  TB_ERR_INVALID_DURATION = 5,
  /// A tag holds a character that the log format cannot.
  /// - `character` (text): The character.
  /// - `offset` (number): How many characters stand before it.
  TB_ERR_INVALID_TAG = 6,
  /// Something would pass a limit. Nothing was done yet.
  /// - `count` (number): What this would take.
  /// - `limit` (number): What is allowed.
  /// - `what` (text): The limit's name: `bucket_limit` of a scan, `memory_limit` of a replay in bytes,
  ///   `tag_limit` and `line_limit` of a log in bytes.
  /// - `advice` (text): What to do.
  TB_ERR_TOO_MANY = 7,
  /// Bytes are not an encoded histogram.
  /// - `reason` (text): What is wrong with them.
  TB_ERR_MALFORMED_HISTOGRAM = 8,
  /// A panic left this histogram half-changed. It answers nothing else any more.
  TB_ERR_POISONED = 9,
  /// A panic inside the library, caught at the boundary.
  /// - `what` (text): What it said.
  TB_ERR_PANIC = 10,
  /// The handle was closed. Managed hosts raise it; no function here does.
  TB_ERR_CLOSED = 11,
  /// Text that came across is not Unicode.
  /// - `offset` (number): How many good characters stand before.
  TB_ERR_INVALID_TEXT = 12,
  /// A pointer is NULL that must not be.
  /// - `argument` (text): The argument's name.
  TB_ERR_NULL_ARGUMENT = 13,
  /// An integer stands for no value of an enum or boolean.
  /// - `argument` (text): The argument's name.
  /// - `value` (number): The integer.
  TB_ERR_INVALID_ENUM = 14,
  /// A length is more than memory can hold.
  /// - `argument` (text): The argument's name.
  /// - `length` (number): The length.
  /// - `limit` (number): The most that is possible.
  TB_ERR_INVALID_LENGTH = 15,
  /// A line of an interval log is none. Nothing of the log was kept.
  /// - `line` (number): Counted from 1.
  /// - `reason` (text): What is wrong with it.
  TB_ERR_MALFORMED_LOG = 17,
  /// A file cannot be used.
  /// - `path` (text): The file.
  /// - `reason` (text): What the operating system says.
  /// - `os_code` (number): The operating system's number (`errno`), or 0.
  TB_ERR_IO = 18,
  /// A callback asked for the end of long work. Nothing of it was kept.
  TB_ERR_CANCELLED = 19,
} tb_code;

/// Which type a field of an error has: what its `kind` is.
typedef enum {
  /// `number` is set.
  TB_FIELD_U64 = 1,
  /// `real` is set.
  TB_FIELD_F64 = 2,
  /// `text` and `text_length` are set.
  TB_FIELD_TEXT = 3,
} tb_field_kind;

/// Which buckets to walk: the values of `kind` in a tb_scan.
typedef enum {
  /// Every bucket that holds at least one value.
  TB_SCAN_RECORDED = 0,
  /// Steps of equal width; `step` is set.
  TB_SCAN_LINEAR = 1,
  /// Steps that widen by a factor; `step` (the first one) and `base` are set.
  TB_SCAN_LOGARITHMIC = 2,
  /// Steps of equal rank, ever finer towards the maximum; `ticks` is set.
  TB_SCAN_QUANTILES = 3,
} tb_scan_kind;

/// A cursor over the buckets of a histogram as it was when the cursor was made. It outlives the
/// histogram's changes and its handles.
///
/// Ownership: the caller's; free it with tb_buckets_free.
/// Threads: any number may use one cursor at once; each bucket is given out once.
typedef struct tb_buckets tb_buckets;

/// Why a call failed. A function that can fail returns one of these, owned by the caller, or NULL
/// for success. Nothing is kept per thread.
///
/// Ownership: free it with tb_error_free. Threads: any, one that frees it being the last.
typedef struct tb_error tb_error;

/// A handle to a latency histogram.
///
/// Ownership: the handle is the caller's and freed with tb_histogram_free. Several handles may
/// stand for one histogram (tb_histogram_clone), which lives as long as any of them.
/// Threads: any number of threads may use one handle at once; calls wait for each other. Whatever
/// records may call back (tb_histogram_watch).
/// Using a handle after it was freed, or freeing it twice, is undefined.
typedef struct tb_histogram tb_histogram;

/// An interval log that is being written.
///
/// Ownership: the caller's; free it with tb_log_writer_free, which closes the file.
/// Threads: any number of threads may use one at once; calls wait for each other.
typedef struct tb_log_writer tb_log_writer;

/// The histograms of an interval log, one for each tag, in order of the tags.
///
/// Ownership: the caller's; free it with tb_replay_free.
/// Threads: any number of threads may use one at once.
typedef struct tb_replay tb_replay;

/// Stands for a watcher, and can end it. It keeps neither watcher nor histogram alive.
///
/// Ownership: the caller's; free it with tb_watch_free, which does not end the watch.
/// Threads: any number of threads may use one at once.
typedef struct tb_watch tb_watch;

/// One typed field of an error. All pointers live as long as the error.
typedef struct {
  /// NUL-terminated.
  const char *name;
  /// A tb_field_kind. Ignore a field of a kind you do not know.
  uint32_t kind;
  /// For TB_FIELD_U64, else 0.
  uint64_t number;
  /// For TB_FIELD_F64, which may be NaN; else 0.
  double real;
  /// For TB_FIELD_TEXT: UTF-8 which may hold NULs, and is followed by one; else NULL.
  const char *text;
  /// In bytes.
  size_t text_length;
} tb_error_field;

/// All there is to know of an error. All pointers live as long as the error.
typedef struct {
  /// A tb_code.
  int32_t code;
  /// The stable name, such as `out_of_range`, NUL-terminated.
  const char *name;
  /// A sentence in English: UTF-8 which may hold NULs, and is followed by one.
  const char *message;
  /// In bytes.
  size_t message_length;
  /// The fields in a stable order; NULL when there are none.
  const tb_error_field *fields;
  /// How many fields there are.
  size_t field_count;
} tb_error_details;

/// Bytes that the caller owns. Initialise with `{0}`, free with tb_bytes_free.
typedef struct {
  /// NULL when empty.
  uint8_t *data;
  /// In bytes.
  size_t length;
} tb_bytes;

/// UTF-8 text that the caller owns. Initialise with `{0}`, free with tb_text_free.
typedef struct {
  /// Never NULL in a result. A NUL follows the text, which may itself hold NULs: trust the length.
  char *data;
  /// In bytes, without the NUL that follows.
  size_t length;
} tb_text;

/// What a histogram can tell apart. Its memory follows from it: at most 50 MiB.
typedef struct {
  /// The lowest value that can be told from 0, in the values' own unit; from 1 to 2^62 - 1.
  uint64_t lowest;
  /// The highest value that can be recorded; from twice `lowest` to 2^63 - 1.
  uint64_t highest;
  /// Decimal digits to which values are kept apart, from 0 to 5.
  uint8_t significant_digits;
} tb_config;

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
} tb_summary;

/// A tagged enum in its plainest form: the tag is an integer, which is checked, and a field that
/// its kind does not use is ignored.
typedef struct {
  /// A tb_scan_kind.
  uint32_t kind;
  /// Steps in each half of the distance that is left to 1.0, from 1 to 1000.
  uint32_t ticks;
  /// Width of a step, or of the first one, in the values' unit; from 1 to 2^62.
  uint64_t step;
  /// Factor from a step's upper end to the next one's, finite and above 1.
  double base;
} tb_scan;

/// One step of a scan.
typedef struct {
  /// The highest value of the step, in the values' unit.
  uint64_t value;
  /// How many values were recorded in this step.
  uint64_t count;
  /// How many were recorded up to the end of this step.
  uint64_t total;
} tb_bucket;

/// Gets one bucket, which is only valid during the call. 0 goes on, anything else stops the walk.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
/// It may use the histogram it walks, and free the handle.
typedef int32_t (*tb_bucket_visitor)(void *user, const tb_bucket *bucket);

/// Gets a value that was recorded. 0 goes on, anything else ends the watch.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
///
/// It may use the histogram, end its own watch, and free any handle or watch, the handle that is
/// recorded through included. Of what it records itself on this thread no watcher is told.
/// Threads: called on whichever thread records, on several at once when several do; no lock is held.
typedef int32_t (*tb_watcher)(void *user, uint64_t value);

/// Lets go of `user`: no call with it is running or starts any more. May be NULL for nothing to do.
/// It must return, as every callback. It may do what a tb_watcher may.
/// Threads: called on any thread; no lock is held.
typedef void (*tb_destructor)(void *user);

/// How far tb_replay_log is.
typedef struct {
  /// Bytes of the file that were read so far; compressed ones when it is compressed.
  uint64_t bytes;
  /// The file's size in bytes; 0 when it has none, as a pipe.
  uint64_t total;
  /// Histograms that were read so far.
  uint64_t intervals;
} tb_progress;

/// Gets how far the work is, which is only valid during the call. 0 goes on, anything else ends it.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
typedef int32_t (*tb_progress_visitor)(void *user, const tb_progress *progress);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// Exists in libraries of ABI 1 only. The header refers to it, so that a program built with that
/// header links with, and starts with, nothing else.
extern const uint32_t tb_abi_1;

/// The number of the ABI, for hosts that look symbols up at run time: compare it with the one you
/// were written for before the first other call, and name both when they differ.
///
/// Threads: any. A leaf.
uint32_t tb_abi_version(void);

/// The library's version, such as `0.1.0`, NUL-terminated.
///
/// Ownership: static memory, never freed. Threads: any. A leaf.
const char *tb_version(void);

/// The error's code, a tb_code; 0 for NULL, which is success.
///
/// Threads: any. A leaf.
int32_t tb_error_code(const tb_error *error);

/// Fills `*details` with all there is to know of the error; message and fields are made on the
/// first call.
///
/// Ownership: the pointers in `*details` belong to the error and live as long.
/// NULL: a NULL error gives code 0 and NULL for the rest; a NULL `details` does nothing.
/// Threads: any, also at once.
void tb_error_info(const tb_error *error, tb_error_details *details);

/// Frees the error and what its details point to.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any. A leaf.
void tb_error_free(tb_error *error);

/// Frees the memory and sets `*bytes` to `{0}`, so that freeing twice is harmless.
///
/// NULL: allowed, does nothing. Threads: any. A leaf.
void tb_bytes_free(tb_bytes *bytes);

/// Frees the memory and sets `*text` to `{0}`, so that freeing twice is harmless.
///
/// NULL: allowed, does nothing. Threads: any. A leaf.
void tb_text_free(tb_text *text);

/// Makes an empty histogram.
///
/// Ownership: `*histogram` is the caller's; free it with tb_histogram_free.
/// Errors: invalid_argument, null_argument. Threads: any.
TB_WARN_UNUSED tb_error *tb_histogram_new(const tb_config *config, tb_histogram **histogram);

/// Makes another handle to the same histogram.
///
/// Ownership: `*clone` is the caller's and freed for itself; the histogram lives as long as any handle.
/// Errors: null_argument. Threads: any.
TB_WARN_UNUSED
tb_error *tb_histogram_clone(const tb_histogram *histogram,
                             tb_histogram **clone);

/// Frees a handle, and with the last one the histogram and its watchers, whose destructors are called
/// on this thread unless one of them is being called on another.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very handle; calls
/// back. A callback may free the handle that it is called through.
/// Freeing twice, or using the handle afterwards, is undefined.
void tb_histogram_free(tb_histogram *histogram);

/// What the histogram was made with.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED tb_error *tb_histogram_config(const tb_histogram *histogram, tb_config *config);

/// Records one value.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits, and then calls back watchers.
TB_WARN_UNUSED tb_error *tb_histogram_record(const tb_histogram *histogram, uint64_t value);

/// Records one value `count` times; 0 times is allowed.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits, and then calls back watchers, once for all.
TB_WARN_UNUSED
tb_error *tb_histogram_record_n(const tb_histogram *histogram,
                                uint64_t value,
                                uint64_t count);

/// Records `length` values, or none when one of them is refused.
///
/// Ownership: `values` is borrowed for the call, and must not change during it.
/// NULL: `values` may be NULL when `length` is 0.
/// Errors: out_of_range (`index` says which), count_overflow, poisoned, null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
TB_WARN_UNUSED
tb_error *tb_histogram_record_all(const tb_histogram *histogram,
                                  const uint64_t *values,
                                  size_t length);

/// Records durations as nanoseconds, or none when one of them is refused: `250us 1.5ms` and so on,
/// with the units ns, us, µs, ms, s, m, h, separated by white space.
///
/// Ownership: `text` is borrowed for the call. It is UTF-8 of `length` bytes and needs no NUL.
/// NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_duration, out_of_range, count_overflow, invalid_text, poisoned, null_argument,
/// invalid_length. Threads: any; waits, and then calls back watchers, value by value in their order.
TB_WARN_UNUSED
tb_error *tb_histogram_record_durations(const tb_histogram *histogram,
                                        const char *text,
                                        size_t length,
                                        uint64_t *recorded);

/// How many values were recorded.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED tb_error *tb_histogram_len(const tb_histogram *histogram, uint64_t *count);

/// Whether no value was recorded.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED tb_error *tb_histogram_is_empty(const tb_histogram *histogram, bool *empty);

/// The lowest value recorded, the low end of its bucket. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_min(const tb_histogram *histogram,
                           bool *found,
                           uint64_t *value);

/// The highest value recorded, the high end of its bucket. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_max(const tb_histogram *histogram,
                           bool *found,
                           uint64_t *value);

/// The arithmetic mean. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_mean(const tb_histogram *histogram,
                            bool *found,
                            double *value);

/// The standard deviation. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_stdev(const tb_histogram *histogram,
                             bool *found,
                             double *value);

/// The value at or below which the share `quantile` (0 to 1) of all values lies.
/// Empty: `*found` is false, `*value` stays.
///
/// Errors: invalid_quantile, poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_value_at_quantile(const tb_histogram *histogram,
                                         double quantile,
                                         bool *found,
                                         uint64_t *value);

/// The values at `length` quantiles, written to as many `values`. Empty: `*found` is false, `values` stay.
///
/// Ownership: `quantiles` is borrowed for the call; `values` is the caller's, with room for `length`.
/// NULL: both may be NULL when `length` is 0.
/// Errors: invalid_quantile (`index` says which), poisoned, null_argument, invalid_length.
/// Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_values_at_quantiles(const tb_histogram *histogram,
                                           const double *quantiles,
                                           size_t length,
                                           bool *found,
                                           uint64_t *values);

/// The usual figures. Empty: `*found` is false, `*summary` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_summary(const tb_histogram *histogram,
                               bool *found,
                               tb_summary *summary);

/// A copy of the tag, empty when there is none.
///
/// Ownership: `*tag` is the caller's; free it with tb_text_free.
/// Errors: poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED tb_error *tb_histogram_tag(const tb_histogram *histogram, tb_text *tag);

/// Sets the tag; empty text removes it.
///
/// Ownership: `tag` is borrowed for the call. It is UTF-8 of `length` bytes and needs no NUL.
/// NULL: `tag` may be NULL when `length` is 0.
/// Errors: invalid_tag for a comma, a line end or NUL, too_many above 4096 bytes, invalid_text, poisoned,
/// null_argument, invalid_length. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_set_tag(const tb_histogram *histogram,
                               const char *tag,
                               size_t length);

/// Adds every value of `other`, which may be the same histogram: its counts then double.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits for both, in an order that cannot deadlock.
TB_WARN_UNUSED
tb_error *tb_histogram_merge(const tb_histogram *histogram,
                             const tb_histogram *other);

/// HdrHistogram's percentile distribution as text, byte for byte as the reference implementation
/// prints it. `ticks`, from 1 to 1000: lines in each half of the distance that is left to 100 %.
/// `unit`, finite and above 0: what values are divided by before they are printed.
///
/// Ownership: `*text` is the caller's; free it with tb_text_free.
/// Errors: invalid_argument, poisoned, null_argument.
/// Threads: any; waits for a copy of the counts only.
TB_WARN_UNUSED
tb_error *tb_histogram_render(const tb_histogram *histogram,
                              uint32_t ticks,
                              double unit,
                              tb_text *text);

/// The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.
///
/// Ownership: `*bytes` is the caller's; free it with tb_bytes_free.
/// Errors: poisoned, null_argument. Threads: any; waits for a copy of the counts only.
TB_WARN_UNUSED tb_error *tb_histogram_encode(const tb_histogram *histogram, tb_bytes *bytes);

/// Makes a histogram of what tb_histogram_encode or another HdrHistogram implementation wrote:
/// V2 or the older V0 and V1, plain or with DEFLATE. Hostile bytes cost at most 50 MiB.
///
/// Ownership: `data` is borrowed for the call; `*histogram` is the caller's, free it with
/// tb_histogram_free. NULL: `data` may be NULL when `length` is 0, which is malformed.
/// Errors: malformed_histogram, null_argument, invalid_length. Threads: any.
TB_WARN_UNUSED
tb_error *tb_histogram_decode(const uint8_t *data,
                              size_t length,
                              tb_histogram **histogram);

/// Makes a cursor. The histogram is locked for a copy of its counts only.
///
/// Ownership: `scan` is borrowed for the call; `*buckets` is the caller's, free it with
/// tb_buckets_free. Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument.
/// Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_buckets(const tb_histogram *histogram,
                               const tb_scan *scan,
                               tb_buckets **buckets);

/// Writes the next buckets, `capacity` at most, and how many they are; 0 at the end.
///
/// Ownership: `into` is the caller's, with room for `capacity`. NULL: allowed when `capacity` is 0.
/// Errors: null_argument, invalid_length, poisoned. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_buckets_next(const tb_buckets *buckets,
                          tb_bucket *into,
                          size_t capacity,
                          size_t *count);

/// Frees a cursor.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very cursor.
/// Freeing twice, or using it afterwards, is undefined.
void tb_buckets_free(tb_buckets *buckets);

/// Calls `visitor` with each bucket of the histogram as it is now, until it answers other than 0.
/// `*stopped` is that answer, or 0 at the end. Calls back on this thread, with no lock held.
///
/// Ownership: `scan` is borrowed for the call; `user` is passed on as it is.
/// Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument. Threads: any; waits.
TB_WARN_UNUSED
tb_error *tb_histogram_for_each_bucket(const tb_histogram *histogram,
                                       const tb_scan *scan,
                                       tb_bucket_visitor visitor,
                                       void *user,
                                       int32_t *stopped);

/// Calls `watcher` with every value recorded at or above `limit` from now on, through any handle and on
/// any thread, before the function that records returns: until it answers other than 0, tb_watch_end
/// is called, or the last handle is freed. When a watcher frees the last handle, the histogram lives
/// until the call that told it of a value returns: what else that call recorded is still told, to this
/// watcher and to the others. tb_histogram_record_n tells its value once, tb_histogram_merge nothing.
///
/// Ownership: `user` is the library's until `destructor` is called with it, exactly once: when the watch
/// has ended and the last call with it has returned, on any thread. When this fails, for whatever
/// reason, that was before it returned. `*watch` is the caller's; free it with tb_watch_free. `watch`
/// may lie in what `user` points to: the destructor is not called before `*watch` is written, though the
/// watcher may be.
/// A handle that `user` owns is one of the histogram's: both stay until the watch has ended.
/// NULL: `user` and `destructor` may be NULL.
/// Errors: out_of_range for a limit above the histogram's highest value, poisoned, null_argument.
/// Threads: any; waits. Calls back the destructor when it fails, or when the watch has ended already.
TB_WARN_UNUSED
tb_error *tb_histogram_watch(const tb_histogram *histogram,
                             uint64_t limit,
                             tb_watcher watcher,
                             void *user,
                             tb_destructor destructor,
                             tb_watch **watch);

/// Ends a watch. `*ended` is whether this call did; false when it had ended before, by whatever way.
/// A call that another thread is in, or just about to make, may still happen: the destructor is called
/// when none can any more, which may be in here, and no call starts after it.
///
/// It works after every handle was freed, and on a poisoned histogram.
/// Errors: null_argument. Threads: any; calls back the destructor. The watcher may end its own watch.
TB_WARN_UNUSED
tb_error *tb_watch_end(const tb_watch *watch,
                       bool *ended);

/// Frees a watch. The watcher goes on: end it before with tb_watch_end, or let it live as long as its
/// histogram.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very watch.
/// Freeing twice, or using it afterwards, is undefined. A leaf.
void tb_watch_free(tb_watch *watch);

/// Reads an interval log of HdrHistogram, version 1.0 to 1.3, plain or with gzip, and adds its
/// histograms up by tag. The sums may take 256 MiB of memory; tb_replay_log_with_limit can say otherwise.
///
/// `progress` is called before the first byte, after the last, and at least every 50 ms in between,
/// also while a pipe has nothing to say and when a signal interrupts a read.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `user` is passed on as it is. `*replay` is the caller's; free it with
/// tb_replay_free. NULL: `progress` may be NULL; `path` when `length` is 0, which names no file.
/// Errors: io, malformed_log, count_overflow, too_many, cancelled when `progress` answers other than 0,
/// null_argument, invalid_length. Threads: any; calls back on this thread, with no lock held.
TB_WARN_UNUSED
tb_error *tb_replay_log(const char *path,
                        size_t length,
                        tb_progress_visitor progress,
                        void *user,
                        tb_replay **replay);

/// As tb_replay_log, with another limit to the memory of the sums.
///
/// `memory_limit` is in bytes; 0 is 256 MiB. Besides that the call takes at most 36 MiB, whatever the
/// file holds. A log whose sums would take more is refused with too_many before that memory is taken.
///
/// Ownership, NULL, errors and threads are those of tb_replay_log: it calls back.
TB_WARN_UNUSED
tb_error *tb_replay_log_with_limit(const char *path,
                                   size_t length,
                                   uint64_t memory_limit,
                                   tb_progress_visitor progress,
                                   void *user,
                                   tb_replay **replay);

/// How many tags there are; 0 for NULL.
///
/// Threads: any. A leaf.
size_t tb_replay_len(const tb_replay *replay);

/// Makes a handle to the histogram of one tag, which tb_histogram_tag tells: all lines without a tag
/// have the empty one. Handles made for one index stand for the same histogram, which outlives the replay.
///
/// Ownership: `*histogram` is the caller's; free it with tb_histogram_free.
/// Errors: invalid_argument for an index that is not below tb_replay_len, null_argument. Threads: any.
TB_WARN_UNUSED
tb_error *tb_replay_histogram(const tb_replay *replay,
                              size_t index,
                              tb_histogram **histogram);

/// Frees a replay. Histograms that were taken out of it stay.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very replay; calls
/// back the destructors of watchers on histograms that have no other handle.
/// Freeing twice, or using it afterwards, is undefined.
void tb_replay_free(tb_replay *replay);

/// Makes an interval log of version 1.3, or empties the file that is there, and writes its head.
/// `start` is when the log begins, in seconds since the Unix epoch.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `*writer` is the caller's; free it with tb_log_writer_free.
/// NULL: `path` may be NULL when `length` is 0, which names no file.
/// Errors: invalid_argument unless `start` is finite and from 0, io, null_argument, invalid_length.
/// Threads: any; waits for the system, and where `path` is a pipe for its reader.
TB_WARN_UNUSED
tb_error *tb_log_writer_new(const char *path,
                            size_t length,
                            double start,
                            tb_log_writer **writer);

/// Appends an interval that began `start` seconds after the log's start and took `seconds`, with the
/// histogram's tag. It is in the file when this returns; a line that fails half-way is taken back.
/// Writing raises what the system raises: SIGPIPE for a pipe without a reader, SIGXFSZ at a limit of the
/// file's size. Only a process that ignores those signals gets the error `io` instead.
///
/// Errors: invalid_argument unless both times are finite and from 0, too_many for a line above 8 MiB,
/// which would not be read, io, poisoned, null_argument.
/// Threads: any; waits, for the histogram only until its counts are copied.
TB_WARN_UNUSED
tb_error *tb_log_writer_write(const tb_log_writer *writer,
                              const tb_histogram *histogram,
                              double start,
                              double seconds);

/// Closes the file and frees the writer.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very writer.
/// Freeing twice, or using it afterwards, is undefined.
void tb_log_writer_free(tb_log_writer *writer);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

/* Refers to a symbol that only libraries of ABI 1 have: a program built with this header links with,
 * and starts with, nothing else. */
#if defined(__GNUC__)
__attribute__((used)) static const uint32_t *const tb_abi_required = &tb_abi_1;
#endif

#endif  /* TOLLBRIDGE_H */
