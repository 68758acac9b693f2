/* Tollbridge: a latency histogram from Rust, as a C library.
 * Written by safer_ffi from bindings/c/safer_ffi/src: change it there. SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef TOLLBRIDGE_SAFER_H
#define TOLLBRIDGE_SAFER_H

/* Conventions, without exception:
 *
 * - A function that can fail returns an owned `tbs_error_t *`, or NULL for success. Free it with
 *   tbs_error_free. Outputs come last and are written on success only; a failure changes nothing.
 * - Everything that is NULL but must not be is the error `null_argument`, outputs included.
 * - An owned thing is freed by the function named beside its type, and by nothing else; `free` of
 *   the C library is never right. Every such function takes NULL, one that takes a slice as its `ptr`.
 * - What is passed as pointer and length is borrowed for the call; the pointer may be NULL when the
 *   length is 0, whatever safer_ffi's own comments on slices say below. Outputs may not overlap inputs,
 *   and callbacks may not touch either.
 * - A struct that goes in is initialised as a whole, as `{0}` does, also what is said to be ignored.
 * - Text is UTF-8 with a length in bytes; it may hold NULs.
 * - Enums that go in are plain integers; they, booleans and the tags of options are checked.
 * - An option is a `Tuple2_bool_T`: `_0` says whether there is a value, `_1` is the value. In one that
 *   comes out without a value, `_1` is not set.
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
#define TBS_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define TBS_WARN_UNUSED
#endif

/* Refers to a symbol that only libraries of ABI 1 have: a program built with this header links with,
 * and starts with, nothing else. */
#include <stdint.h>
#ifdef __cplusplus
extern "C"
#else
extern
#endif
const uint32_t tbs_abi_1;
#if defined(__GNUC__)
__attribute__((used)) static const uint32_t *const tbs_abi_required = &tbs_abi_1;
#endif

#ifdef __cplusplus
extern "C" {
#endif


#include <stddef.h>
#include <stdint.h>

/** \brief
 *  The number of the ABI, for hosts that look symbols up at run time: compare it with the one you
 *  were written for before the first other call, and name both when they differ.
 *
 *  Threads: any. A leaf.
 */
uint32_t
tbs_abi_version (void);

/** \brief
 *  A cursor over the buckets of a histogram as it was when the cursor was made. It outlives the
 *  histogram's changes and its handles.
 *
 *  Ownership: the caller's; free it with tbs_buckets_free.
 *  Threads: any number may use one cursor at once; each bucket is given out once.
 */
typedef struct tbs_buckets tbs_buckets_t;

/** \brief
 *  Frees a cursor.
 *
 *  NULL: allowed, does nothing. Threads: any, but no other thread may be using this very cursor.
 *  Freeing twice, or using it afterwards, is undefined.
 */
void
tbs_buckets_free (
    tbs_buckets_t * buckets);

/** \brief
 *  One step of a scan.
 */
typedef struct tbs_bucket {
    /** \brief
     *  The highest value of the step, in the values' unit.
     */
    uint64_t value;

    /** \brief
     *  How many values were recorded in this step.
     */
    uint64_t count;

    /** \brief
     *  How many were recorded up to the end of this step.
     */
    uint64_t total;
} tbs_bucket_t;

/** \brief
 *  `&'lt mut [T]` but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_mut_tbs_bucket {
    /** \brief
     *  Pointer to the first element (if any).
     */
    tbs_bucket_t * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_mut_tbs_bucket_t;

/** \brief
 *  Why a call failed. A function that can fail returns one of these, owned by the caller, or NULL
 *  for success. Nothing is kept per thread.
 *
 *  Ownership: free it with tbs_error_free. Threads: any, one that frees it being the last.
 */
typedef struct tbs_error tbs_error_t;

/** \brief
 *  Writes the next buckets, as many as `into` has room for, and how many they are; 0 at the end.
 *
 *  Ownership: `into` is the caller's. NULL: allowed when its length is 0.
 *  Errors: null_argument, invalid_length, poisoned. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_buckets_next (
    tbs_buckets_t const * buckets,
    slice_mut_tbs_bucket_t into,
    size_t * count);

/** \brief
 *  [`Box`][`rust::Box`]`<[T]>` (fat pointer to a slice),
 *  but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_boxed_uint8 {
    /** \brief
     *  Pointer to the first element (if any).
     */
    uint8_t * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_boxed_uint8_t;

/** \brief
 *  Frees bytes that a function gave.
 *
 *  NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
 */
void
tbs_bytes_free (
    slice_boxed_uint8_t bytes);

/** \brief
 *  The stable codes. Treat one you do not know as a failure like any other.
 */
/** \remark Has the same ABI as `int32_t` **/
#ifdef DOXYGEN
typedef
#endif
enum tbs_code {
    /** \brief
     *  Success: what tbs_error_code answers for NULL.
     */
    TBS_CODE_OK = 0,
    /** \brief
     *  An argument is outside what its operation allows.
     *  - `argument` (text): The argument's name.
     *  - `value` (text): What it was.
     *  - `rule` (text): What it must be.
     */
    TBS_CODE_INVALID_ARGUMENT = 1,
    /** \brief
     *  A value is above what the histogram can track.
     *  - `value` (number): The value.
     *  - `highest` (number): The highest that can be recorded.
     *  - `index` (number): Which of the call's values it is, counted from 0.
     */
    TBS_CODE_OUT_OF_RANGE = 2,
    /** \brief
     *  The histogram's total would pass 2^63 - 1, the most that the file formats can hold.
     *  - `count` (number): How many were to be added.
     *  - `len` (number): How many it holds.
     */
    TBS_CODE_COUNT_OVERFLOW = 3,
    /** \brief
     *  A quantile is NaN, or not from 0 to 1.
     *  - `quantile` (real): The quantile.
     *  - `index` (number): Which of the call's quantiles it is, counted from 0.
     */
    TBS_CODE_INVALID_QUANTILE = 4,
    /** \brief
     *  Text that should be a duration is none.
     *  - `line` (number): Counted from 1.
     *  - `column` (number): Counted from 1, in characters.
     *  - `token` (text): What stands there.
     */
    TBS_CODE_INVALID_DURATION = 5,
    /** \brief
     *  A tag holds a character that the log format cannot.
     *  - `character` (text): The character.
     *  - `offset` (number): How many characters stand before it.
     */
    TBS_CODE_INVALID_TAG = 6,
    /** \brief
     *  Something would pass a limit. Nothing was done yet.
     *  - `count` (number): What this would take.
     *  - `limit` (number): What is allowed.
     *  - `what` (text): The limit's name: `bucket_limit` of a scan, `memory_limit` of a replay in bytes,
     *  `tag_limit` and `line_limit` of a log in bytes.
     *  - `advice` (text): What to do.
     */
    TBS_CODE_TOO_MANY = 7,
    /** \brief
     *  Bytes are not an encoded histogram.
     *  - `reason` (text): What is wrong with them.
     */
    TBS_CODE_MALFORMED_HISTOGRAM = 8,
    /** \brief
     *  A panic left this histogram half-changed. It answers nothing else any more.
     */
    TBS_CODE_POISONED = 9,
    /** \brief
     *  A panic inside the library, caught at the boundary.
     *  - `what` (text): What it said.
     */
    TBS_CODE_PANIC = 10,
    /** \brief
     *  The handle was closed. Managed hosts raise it; no function here does.
     */
    TBS_CODE_CLOSED = 11,
    /** \brief
     *  Text that came across is not Unicode.
     *  - `offset` (number): How many good characters stand before.
     */
    TBS_CODE_INVALID_TEXT = 12,
    /** \brief
     *  A pointer is NULL that must not be.
     *  - `argument` (text): The argument's name.
     */
    TBS_CODE_NULL_ARGUMENT = 13,
    /** \brief
     *  An integer stands for no value of an enum or boolean.
     *  - `argument` (text): The argument's name.
     *  - `value` (number): The integer.
     */
    TBS_CODE_INVALID_ENUM = 14,
    /** \brief
     *  A length is more than memory can hold.
     *  - `argument` (text): The argument's name.
     *  - `length` (number): The length.
     *  - `limit` (number): The most that is possible.
     */
    TBS_CODE_INVALID_LENGTH = 15,
    /** \brief
     *  A line of an interval log is none. Nothing of the log was kept.
     *  - `line` (number): Counted from 1.
     *  - `reason` (text): What is wrong with it.
     */
    TBS_CODE_MALFORMED_LOG = 17,
    /** \brief
     *  A file cannot be used.
     *  - `path` (text): The file.
     *  - `reason` (text): What the operating system says.
     *  - `os_code` (number): The operating system's number (`errno`), or 0.
     */
    TBS_CODE_IO = 18,
    /** \brief
     *  A callback asked for the end of long work. Nothing of it was kept.
     */
    TBS_CODE_CANCELLED = 19,
}
#ifndef DOXYGEN
; typedef int32_t
#endif
tbs_code_t;

/** \brief
 *  The error's code, a tbs_code; 0 for NULL, which is success.
 *
 *  Threads: any. A leaf.
 */
tbs_code_t
tbs_error_code (
    tbs_error_t const * error);

/** \brief
 *  Frees the error and what its details point to.
 *
 *  NULL: allowed, does nothing. Freeing twice is undefined. Threads: any. A leaf.
 */
void
tbs_error_free (
    tbs_error_t * error);

/** \brief
 *  `&'lt [T]` but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_ref_uint8 {
    /** \brief
     *  Pointer to the first element (if any).
     */
    uint8_t const * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_ref_uint8_t;

/** \brief
 *  Which type a field of an error has.
 */
/** \remark Has the same ABI as `uint32_t` **/
#ifdef DOXYGEN
typedef
#endif
enum tbs_field_kind {
    /** \brief
     *  `number` is set.
     */
    TBS_FIELD_KIND_U64 = 1,
    /** \brief
     *  `real` is set.
     */
    TBS_FIELD_KIND_F64 = 2,
    /** \brief
     *  `text` is set.
     */
    TBS_FIELD_KIND_TEXT = 3,
}
#ifndef DOXYGEN
; typedef uint32_t
#endif
tbs_field_kind_t;

/** \brief
 *  One typed field of an error. All pointers live as long as the error.
 */
typedef struct tbs_error_field {
    /** \brief
     *  NUL-terminated.
     */
    char const * name;

    /** \brief
     *  Ignore a field of a kind you do not know.
     */
    tbs_field_kind_t kind;

    /** \brief
     *  Of the kind U64, else 0.
     */
    uint64_t number;

    /** \brief
     *  Of the kind F64, which may be NaN; else 0.
     */
    double real;

    /** \brief
     *  Of the kind Text: UTF-8 which may hold NULs; else empty.
     */
    slice_ref_uint8_t text;
} tbs_error_field_t;

/** \brief
 *  `&'lt [T]` but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_ref_tbs_error_field {
    /** \brief
     *  Pointer to the first element (if any).
     */
    tbs_error_field_t const * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_ref_tbs_error_field_t;

/** \brief
 *  All there is to know of an error. All pointers live as long as the error; none is NULL.
 */
typedef struct tbs_error_details {
    /** \brief
     *  As tbs_error_code.
     */
    tbs_code_t code;

    /** \brief
     *  The stable name, such as `out_of_range`, NUL-terminated; empty for success.
     */
    char const * name;

    /** \brief
     *  A sentence in English: UTF-8 which may hold NULs, and is followed by one.
     */
    slice_ref_uint8_t message;

    /** \brief
     *  The fields in a stable order.
     */
    slice_ref_tbs_error_field_t fields;
} tbs_error_details_t;

/** \brief
 *  All there is to know of the error; message and fields are made on the first call.
 *
 *  Ownership: what the result points to belongs to the error and lives as long.
 *  NULL: gives code 0 and empty texts. Threads: any, also at once.
 */
tbs_error_details_t
tbs_error_info (
    tbs_error_t const * error);

/** \brief
 *  A handle to a latency histogram.
 *
 *  Ownership: the handle is the caller's and freed with tbs_histogram_free. Several handles may
 *  stand for one histogram (tbs_histogram_clone), which lives as long as any of them.
 *  Threads: any number of threads may use one handle at once; calls wait for each other. Whatever
 *  records may call back (tbs_histogram_watch).
 *  Using a handle after it was freed, or freeing it twice, is undefined.
 */
typedef struct tbs_histogram tbs_histogram_t;

/** \brief
 *  Which buckets to walk: what the `kind` of a tbs_scan may be.
 */
/** \remark Has the same ABI as `uint32_t` **/
#ifdef DOXYGEN
typedef
#endif
enum tbs_scan_kind {
    /** \brief
     *  Every bucket that holds at least one value.
     */
    TBS_SCAN_KIND_RECORDED = 0,
    /** \brief
     *  Steps of equal width; `step` is set.
     */
    TBS_SCAN_KIND_LINEAR = 1,
    /** \brief
     *  Steps that widen by a factor; `step` (the first one) and `base` are set.
     */
    TBS_SCAN_KIND_LOGARITHMIC = 2,
    /** \brief
     *  Steps of equal rank, ever finer towards the maximum; `ticks` is set.
     */
    TBS_SCAN_KIND_QUANTILES = 3,
}
#ifndef DOXYGEN
; typedef uint32_t
#endif
tbs_scan_kind_t;

/** \brief
 *  A tagged enum, which safer_ffi does not derive: the tag, and beside it every kind's fields, of which
 *  those that the kind does not use are ignored.
 */
typedef struct tbs_scan {
    /** \brief
     *  Is checked.
     */
    tbs_scan_kind_t kind;

    /** \brief
     *  Steps in each half of the distance that is left to 1.0, from 1 to 1000.
     */
    uint32_t ticks;

    /** \brief
     *  Width of a step, or of the first one, in the values' unit; from 1 to 2^62.
     */
    uint64_t step;

    /** \brief
     *  Factor from a step's upper end to the next one's, finite and above 1.
     */
    double base;
} tbs_scan_t;

/** \brief
 *  Makes a cursor. The histogram is locked for a copy of its counts only.
 *
 *  Ownership: `*buckets` is the caller's, free it with tbs_buckets_free.
 *  Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_buckets (
    tbs_histogram_t const * histogram,
    tbs_scan_t scan,
    tbs_buckets_t * * buckets);

/** \brief
 *  Makes another handle to the same histogram.
 *
 *  Ownership: `*clone` is the caller's and freed for itself; the histogram lives as long as any handle.
 *  Errors: null_argument. Threads: any.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_clone (
    tbs_histogram_t const * histogram,
    tbs_histogram_t * * clone);

/** \brief
 *  What a histogram can tell apart. Its memory follows from it: at most 50 MiB.
 */
typedef struct tbs_config {
    /** \brief
     *  The lowest value that can be told from 0, in the values' own unit; from 1 to 2^62 - 1.
     */
    uint64_t lowest;

    /** \brief
     *  The highest value that can be recorded; from twice `lowest` to 2^63 - 1.
     */
    uint64_t highest;

    /** \brief
     *  Decimal digits to which values are kept apart, from 0 to 5.
     */
    uint8_t significant_digits;
} tbs_config_t;

/** \brief
 *  What the histogram was made with.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_config (
    tbs_histogram_t const * histogram,
    tbs_config_t * config);

/** \brief
 *  Makes a histogram of what tbs_histogram_encode or another HdrHistogram implementation wrote:
 *  V2 or the older V0 and V1, plain or with DEFLATE. Hostile bytes cost at most 50 MiB.
 *
 *  Ownership: `data` is borrowed for the call; `*histogram` is the caller's, free it with
 *  tbs_histogram_free. NULL: `data` may be NULL when its length is 0, which is malformed.
 *  Errors: malformed_histogram, null_argument, invalid_length. Threads: any.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_decode (
    slice_ref_uint8_t data,
    tbs_histogram_t * * histogram);

/** \brief
 *  The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.
 *
 *  Ownership: `*bytes` is the caller's; free it with tbs_bytes_free.
 *  Errors: poisoned, null_argument. Threads: any; waits for a copy of the counts only.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_encode (
    tbs_histogram_t const * histogram,
    slice_boxed_uint8_t * bytes);

/** \brief
 *  `&'lt mut (dyn 'lt + Send + FnMut(A1) -> Ret)`
 */
typedef struct RefDynFnMut1_int32_tbs_bucket_const_ptr {
    /** <No documentation available> */
    void * env_ptr;

    /** <No documentation available> */
    int32_t (*call)(void *, tbs_bucket_t const *);
} RefDynFnMut1_int32_tbs_bucket_const_ptr_t;

/** \brief
 *  Calls `visitor` with each bucket of the histogram as it is now, until it answers other than 0.
 *  `*stopped` is that answer, or 0 at the end. Calls back on this thread, with no lock held.
 *
 *  The visitor gets one bucket, which is only valid during the call. It must return: leaving it by
 *  longjmp, pthread_exit or an exception is undefined. It may use the histogram it walks, and free the handle.
 *
 *  Ownership: `visitor` is borrowed for the call. NULL: neither of its pointers may be NULL.
 *  Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_for_each_bucket (
    tbs_histogram_t const * histogram,
    tbs_scan_t scan,
    RefDynFnMut1_int32_tbs_bucket_const_ptr_t visitor,
    int32_t * stopped);

/** \brief
 *  Frees a handle, and with the last one the histogram and its watchers, whose destructors are called
 *  on this thread unless one of them is being called on another.
 *
 *  NULL: allowed, does nothing. Threads: any, but no other thread may be using this very handle; calls
 *  back. A callback may free the handle that it is called through.
 *  Freeing twice, or using the handle afterwards, is undefined.
 */
void
tbs_histogram_free (
    tbs_histogram_t * histogram);


#include <stdbool.h>

/** \brief
 *  Whether no value was recorded.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_is_empty (
    tbs_histogram_t const * histogram,
    bool * empty);

/** \brief
 *  How many values were recorded.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_len (
    tbs_histogram_t const * histogram,
    uint64_t * count);

/** \brief
 *  Simplified for lighter documentation, but the actual impls
 *  range from `Tuple1` up to `Tuple6`.
 */
typedef struct Tuple2_bool_uint64 {
    /** <No documentation available> */
    bool _0;

    /** <No documentation available> */
    uint64_t _1;
} Tuple2_bool_uint64_t;

/** \brief
 *  The highest value recorded, the high end of its bucket. None when empty.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_max (
    tbs_histogram_t const * histogram,
    Tuple2_bool_uint64_t * value);

/** \brief
 *  Simplified for lighter documentation, but the actual impls
 *  range from `Tuple1` up to `Tuple6`.
 */
typedef struct Tuple2_bool_double {
    /** <No documentation available> */
    bool _0;

    /** <No documentation available> */
    double _1;
} Tuple2_bool_double_t;

/** \brief
 *  The arithmetic mean. None when empty.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_mean (
    tbs_histogram_t const * histogram,
    Tuple2_bool_double_t * value);

/** \brief
 *  Adds every value of `other`, which may be the same histogram: its counts then double.
 *
 *  Errors: out_of_range, count_overflow, poisoned, null_argument.
 *  Threads: any; waits for both, in an order that cannot deadlock.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_merge (
    tbs_histogram_t const * histogram,
    tbs_histogram_t const * other);

/** \brief
 *  The lowest value recorded, the low end of its bucket. None when empty.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_min (
    tbs_histogram_t const * histogram,
    Tuple2_bool_uint64_t * value);

/** \brief
 *  Makes an empty histogram.
 *
 *  Ownership: `*histogram` is the caller's; free it with tbs_histogram_free.
 *  Errors: invalid_argument, null_argument. Threads: any.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_new (
    tbs_config_t config,
    tbs_histogram_t * * histogram);

/** \brief
 *  Records one value.
 *
 *  Errors: out_of_range, count_overflow, poisoned, null_argument.
 *  Threads: any; waits, and then calls back watchers.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_record (
    tbs_histogram_t const * histogram,
    uint64_t value);

/** \brief
 *  `&'lt [T]` but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_ref_uint64 {
    /** \brief
     *  Pointer to the first element (if any).
     */
    uint64_t const * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_ref_uint64_t;

/** \brief
 *  Records all values, or none when one of them is refused.
 *
 *  Ownership: `values` is borrowed for the call, and must not change during it.
 *  NULL: `values` may be NULL when its length is 0.
 *  Errors: out_of_range (`index` says which), count_overflow, poisoned, null_argument, invalid_length.
 *  Threads: any; waits, and then calls back watchers, value by value in their order.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_record_all (
    tbs_histogram_t const * histogram,
    slice_ref_uint64_t values);

/** \brief
 *  Records durations as nanoseconds, or none when one of them is refused: `250us 1.5ms` and so on,
 *  with the units ns, us, µs, ms, s, m, h, separated by white space.
 *
 *  Ownership: `text` is borrowed for the call. It is UTF-8 and needs no NUL.
 *  NULL: `text` may be NULL when its length is 0.
 *  Errors: invalid_duration, out_of_range, count_overflow, invalid_text, poisoned, null_argument,
 *  invalid_length. Threads: any; waits, and then calls back watchers, value by value in their order.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_record_durations (
    tbs_histogram_t const * histogram,
    slice_ref_uint8_t text,
    uint64_t * recorded);

/** \brief
 *  Records one value `count` times; 0 times is allowed.
 *
 *  Errors: out_of_range, count_overflow, poisoned, null_argument.
 *  Threads: any; waits, and then calls back watchers, once for all.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_record_n (
    tbs_histogram_t const * histogram,
    uint64_t value,
    uint64_t count);

/** \brief
 *  HdrHistogram's percentile distribution as text, byte for byte as the reference implementation
 *  prints it. `ticks`, from 1 to 1000: lines in each half of the distance that is left to 100 %.
 *  `unit`, finite and above 0: what values are divided by before they are printed.
 *
 *  Ownership: `*text` is the caller's; free it with tbs_text_free.
 *  Errors: invalid_argument, poisoned, null_argument.
 *  Threads: any; waits for a copy of the counts only.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_render (
    tbs_histogram_t const * histogram,
    uint32_t ticks,
    double unit,
    slice_boxed_uint8_t * text);

/** \brief
 *  Sets the tag; empty text removes it.
 *
 *  Ownership: `tag` is borrowed for the call. It is UTF-8 and needs no NUL.
 *  NULL: `tag` may be NULL when its length is 0.
 *  Errors: invalid_tag for a comma, a line end or NUL, too_many above 4096 bytes, invalid_text, poisoned,
 *  null_argument, invalid_length. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_set_tag (
    tbs_histogram_t const * histogram,
    slice_ref_uint8_t tag);

/** \brief
 *  The standard deviation. None when empty.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_stdev (
    tbs_histogram_t const * histogram,
    Tuple2_bool_double_t * value);

/** \brief
 *  The usual figures at one glance, in the values' own unit.
 */
typedef struct tbs_summary {
    /** \brief
     *  How many values were recorded.
     */
    uint64_t count;

    /** \brief
     *  The low end of the lowest value's bucket.
     */
    uint64_t min;

    /** \brief
     *  The high end of the highest value's bucket.
     */
    uint64_t max;

    /** \brief
     *  Arithmetic mean.
     */
    double mean;

    /** \brief
     *  Standard deviation of the whole population.
     */
    double stdev;

    /** \brief
     *  Median.
     */
    uint64_t p50;

    /** \brief
     *  90th percentile.
     */
    uint64_t p90;

    /** \brief
     *  99th percentile.
     */
    uint64_t p99;

    /** \brief
     *  99.9th percentile.
     */
    uint64_t p999;
} tbs_summary_t;

/** \brief
 *  Simplified for lighter documentation, but the actual impls
 *  range from `Tuple1` up to `Tuple6`.
 */
typedef struct Tuple2_bool_tbs_summary {
    /** <No documentation available> */
    bool _0;

    /** <No documentation available> */
    tbs_summary_t _1;
} Tuple2_bool_tbs_summary_t;

/** \brief
 *  The usual figures. None when empty.
 *
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_summary (
    tbs_histogram_t const * histogram,
    Tuple2_bool_tbs_summary_t * summary);

/** \brief
 *  A copy of the tag, empty when there is none.
 *
 *  Ownership: `*tag` is the caller's; free it with tbs_text_free.
 *  Errors: poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_tag (
    tbs_histogram_t const * histogram,
    slice_boxed_uint8_t * tag);

/** \brief
 *  The value at or below which the share `quantile` (0 to 1) of all values lies.
 *  None when empty.
 *
 *  Errors: invalid_quantile, poisoned, null_argument. Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_value_at_quantile (
    tbs_histogram_t const * histogram,
    double quantile,
    Tuple2_bool_uint64_t * value);

/** \brief
 *  `&'lt [T]` but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_ref_double {
    /** \brief
     *  Pointer to the first element (if any).
     */
    double const * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_ref_double_t;

/** \brief
 *  [`Box`][`rust::Box`]`<[T]>` (fat pointer to a slice),
 *  but with a guaranteed `#[repr(C)]` layout.
 *
 *  # C layout (for some given type T)
 *
 *  ```c
 *  typedef struct {
 *  // Cannot be NULL
 *  T * ptr;
 *  size_t len;
 *  } slice_T;
 *  ```
 *
 *  # Nullable pointer?
 *
 *  If you want to support the above typedef, but where the `ptr` field is
 *  allowed to be `NULL` (with the contents of `len` then being undefined)
 *  use the `Option< slice_ptr<_> >` type.
 */
typedef struct slice_boxed_uint64 {
    /** \brief
     *  Pointer to the first element (if any).
     */
    uint64_t * ptr;

    /** \brief
     *  Element count
     */
    size_t len;
} slice_boxed_uint64_t;

/** \brief
 *  Simplified for lighter documentation, but the actual impls
 *  range from `Tuple1` up to `Tuple6`.
 */
typedef struct Tuple2_bool_slice_boxed_uint64 {
    /** <No documentation available> */
    bool _0;

    /** <No documentation available> */
    slice_boxed_uint64_t _1;
} Tuple2_bool_slice_boxed_uint64_t;

/** \brief
 *  The values at as many quantiles, in their order. None when empty.
 *
 *  Ownership: `quantiles` is borrowed for the call; the `*values` are the caller's, free them with
 *  tbs_u64s_free. NULL: `quantiles` may be NULL when its length is 0.
 *  Errors: invalid_quantile (`index` says which), poisoned, null_argument, invalid_length.
 *  Threads: any; waits.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_values_at_quantiles (
    tbs_histogram_t const * histogram,
    slice_ref_double_t quantiles,
    Tuple2_bool_slice_boxed_uint64_t * values);

/** \brief
 *  `Arc<dyn Send + Sync + Fn(A1) -> Ret>`
 */
typedef struct ArcDynFn1_int32_uint64 {
    /** <No documentation available> */
    void * env_ptr;

    /** <No documentation available> */
    int32_t (*call)(void *, uint64_t);

    /** <No documentation available> */
    void (*release)(void *);

    /** <No documentation available> */
    void (*retain)(void *);
} ArcDynFn1_int32_uint64_t;

/** \brief
 *  Stands for a watcher, and can end it. It keeps neither watcher nor histogram alive.
 *
 *  Ownership: the caller's; free it with tbs_watch_free, which does not end the watch.
 *  Threads: any number of threads may use one at once.
 */
typedef struct tbs_watch tbs_watch_t;

/** \brief
 *  Calls `watcher` with every value recorded at or above `limit` from now on, through any handle and on
 *  any thread, before the function that records returns: until it answers other than 0, tbs_watch_end
 *  is called, or the last handle is freed. When a watcher frees the last handle, the histogram lives
 *  until the call that told it of a value returns: what else that call recorded is still told, to this
 *  watcher and to the others. tbs_histogram_record_n tells its value once, tbs_histogram_merge nothing.
 *
 *  The watcher is called on whichever thread records, on several at once when several do, with no lock
 *  held. It must return: leaving it by longjmp, pthread_exit or an exception is undefined. It may use the
 *  histogram, end its own watch, and free any handle or watch, the handle that is recorded through
 *  included. Of what it records itself on this thread no watcher is told. `release` may do the same.
 *
 *  Ownership: the watcher is the library's until it calls `release`, exactly once: when the watch has
 *  ended and the last call has returned, on any thread. When this fails, for whatever reason, that was
 *  before it returned. `*watch` is the caller's; free it with tbs_watch_free. `watch` may lie in what
 *  `env_ptr` points to: `release` is not called before `*watch` is written, though the watcher may be.
 *  A handle that the watcher owns is one of the histogram's: both stay until the watch has ended.
 *  NULL: `retain`, which is not called, may be NULL. A closure whose `env_ptr`, `call` or `release` is
 *  NULL is none: the error null_argument, and `release`, if there is one, was called with `env_ptr`.
 *  Errors: out_of_range for a limit above the histogram's highest value, poisoned, null_argument.
 *  Threads: any; waits. Calls `release` when it fails, or when the watch has ended already.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_histogram_watch (
    tbs_histogram_t const * histogram,
    uint64_t limit,
    ArcDynFn1_int32_uint64_t watcher,
    tbs_watch_t * * watch);

/** \brief
 *  An interval log that is being written.
 *
 *  Ownership: the caller's; free it with tbs_log_writer_free, which closes the file.
 *  Threads: any number of threads may use one at once; calls wait for each other.
 */
typedef struct tbs_log_writer tbs_log_writer_t;

/** \brief
 *  Closes the file and frees the writer.
 *
 *  NULL: allowed, does nothing. Threads: any, but no other thread may be using this very writer.
 *  Freeing twice, or using it afterwards, is undefined.
 */
void
tbs_log_writer_free (
    tbs_log_writer_t * writer);

/** \brief
 *  Makes an interval log of version 1.3, or empties the file that is there, and writes its head.
 *  `start` is when the log begins, in seconds since the Unix epoch.
 *
 *  Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
 *  nor NUL-terminated. `*writer` is the caller's; free it with tbs_log_writer_free.
 *  NULL: `path` may be NULL when its length is 0, which names no file.
 *  Errors: invalid_argument unless `start` is finite and from 0, io, null_argument, invalid_length.
 *  Threads: any; waits for the system, and where `path` is a pipe for its reader.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_log_writer_new (
    slice_ref_uint8_t path,
    double start,
    tbs_log_writer_t * * writer);

/** \brief
 *  Appends an interval that began `start` seconds after the log's start and took `seconds`, with the
 *  histogram's tag. It is in the file when this returns; a line that fails half-way is taken back.
 *  Writing raises what the system raises: SIGPIPE for a pipe without a reader, SIGXFSZ at a limit of the
 *  file's size. Only a process that ignores those signals gets the error `io` instead.
 *
 *  Errors: invalid_argument unless both times are finite and from 0, too_many for a line above 8 MiB,
 *  which would not be read, io, poisoned, null_argument.
 *  Threads: any; waits, for the histogram only until its counts are copied.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_log_writer_write (
    tbs_log_writer_t const * writer,
    tbs_histogram_t const * histogram,
    double start,
    double seconds);

/** \brief
 *  The histograms of an interval log, one for each tag, in order of the tags.
 *
 *  Ownership: the caller's; free it with tbs_replay_free.
 *  Threads: any number of threads may use one at once.
 */
typedef struct tbs_replay tbs_replay_t;

/** \brief
 *  Frees a replay. Histograms that were taken out of it stay.
 *
 *  NULL: allowed, does nothing. Threads: any, but no other thread may be using this very replay; calls
 *  back the destructors of watchers on histograms that have no other handle.
 *  Freeing twice, or using it afterwards, is undefined.
 */
void
tbs_replay_free (
    tbs_replay_t * replay);

/** \brief
 *  Makes a handle to the histogram of one tag, which tbs_histogram_tag tells: all lines without a tag
 *  have the empty one. Handles made for one index stand for the same histogram, which outlives the replay.
 *
 *  Ownership: `*histogram` is the caller's; free it with tbs_histogram_free.
 *  Errors: invalid_argument for an index that is not below tbs_replay_len, null_argument. Threads: any.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_replay_histogram (
    tbs_replay_t const * replay,
    size_t index,
    tbs_histogram_t * * histogram);

/** \brief
 *  How many tags there are; 0 for NULL.
 *
 *  Threads: any. A leaf.
 */
size_t
tbs_replay_len (
    tbs_replay_t const * replay);

/** \brief
 *  How far tbs_replay_log is.
 */
typedef struct tbs_progress {
    /** \brief
     *  Bytes of the file that were read so far; compressed ones when it is compressed.
     */
    uint64_t bytes;

    /** \brief
     *  The file's size in bytes; 0 when it has none, as a pipe.
     */
    uint64_t total;

    /** \brief
     *  Histograms that were read so far.
     */
    uint64_t intervals;
} tbs_progress_t;

/** \brief
 *  `&'lt mut (dyn 'lt + Send + FnMut(A1) -> Ret)`
 */
typedef struct RefDynFnMut1_int32_tbs_progress_const_ptr {
    /** <No documentation available> */
    void * env_ptr;

    /** <No documentation available> */
    int32_t (*call)(void *, tbs_progress_t const *);
} RefDynFnMut1_int32_tbs_progress_const_ptr_t;

/** \brief
 *  Reads an interval log of HdrHistogram, version 1.0 to 1.3, plain or with gzip, and adds its
 *  histograms up by tag. The sums may take 256 MiB of memory; tbs_replay_log_with_limit can say otherwise.
 *
 *  `progress` is called before the first byte, after the last, and at least every 50 ms in between,
 *  also while a pipe has nothing to say and when a signal interrupts a read. It gets how far the work
 *  is, which is only valid during the call. 0 goes on, anything else ends it. It must return: leaving it
 *  by longjmp, pthread_exit or an exception is undefined. NULL for none: a pointer to a closure may be
 *  NULL, a closure may not.
 *
 *  Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
 *  nor NUL-terminated. So is `progress`. `*replay` is the caller's; free it with tbs_replay_free.
 *  NULL: `progress` may be NULL; `path` when its length is 0, which names no file.
 *  Errors: io, malformed_log, count_overflow, too_many, cancelled when `progress` answers other than 0,
 *  null_argument, invalid_length. Threads: any; calls back on this thread, with no lock held.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_replay_log (
    slice_ref_uint8_t path,
    RefDynFnMut1_int32_tbs_progress_const_ptr_t const * progress,
    tbs_replay_t * * replay);

/** \brief
 *  As tbs_replay_log, with another limit to the memory of the sums.
 *
 *  `memory_limit` is in bytes; 0 is 256 MiB. Besides that the call takes at most 36 MiB, whatever the
 *  file holds. A log whose sums would take more is refused with too_many before that memory is taken.
 *
 *  Ownership, NULL, errors and threads are those of tbs_replay_log: it calls back.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_replay_log_with_limit (
    slice_ref_uint8_t path,
    uint64_t memory_limit,
    RefDynFnMut1_int32_tbs_progress_const_ptr_t const * progress,
    tbs_replay_t * * replay);

/** \brief
 *  Frees UTF-8 text that a function gave.
 *
 *  NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
 */
void
tbs_text_free (
    slice_boxed_uint8_t text);

/** \brief
 *  Frees what tbs_histogram_values_at_quantiles gave.
 *
 *  NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
 */
void
tbs_u64s_free (
    slice_boxed_uint64_t values);

/** \brief
 *  The library's version, such as `0.1.0`, NUL-terminated.
 *
 *  Ownership: static memory, never freed. Threads: any. A leaf.
 */
char const *
tbs_version (void);

/** \brief
 *  Ends a watch. `*ended` is whether this call did; false when it had ended before, by whatever way.
 *  A call that another thread is in, or just about to make, may still happen: `release` is called
 *  when none can any more, which may be in here, and no call starts after it.
 *
 *  It works after every handle was freed, and on a poisoned histogram.
 *  Errors: null_argument. Threads: any; calls back `release`. The watcher may end its own watch.
 */
TBS_WARN_UNUSED
tbs_error_t *
tbs_watch_end (
    tbs_watch_t const * watch,
    bool * ended);

/** \brief
 *  Frees a watch. The watcher goes on: end it before with tbs_watch_end, or let it live as long as its
 *  histogram.
 *
 *  NULL: allowed, does nothing. Threads: any, but no other thread may be using this very watch.
 *  Freeing twice, or using it afterwards, is undefined. A leaf.
 */
void
tbs_watch_free (
    tbs_watch_t * watch);


#ifdef __cplusplus
} /* extern \"C\" */
#endif

#endif /* TOLLBRIDGE_SAFER_H */
