
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
