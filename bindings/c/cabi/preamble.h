
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
