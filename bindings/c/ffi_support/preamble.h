
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
