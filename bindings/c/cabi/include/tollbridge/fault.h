/* Tollbridge: a latency histogram from Rust, as a C library.
 * Written by cbindgen from bindings/c/cabi/src: change it there. SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef TOLLBRIDGE_FAULT_H
#define TOLLBRIDGE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tollbridge.h>

/// An object whose destructor panics.
///
/// Ownership: the caller's; free it with tb_fault_panics_when_dropped_free.
typedef struct tb_fault_panics_when_dropped tb_fault_panics_when_dropped;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/// Panics with this text, which comes back as the error `panic`.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0. Threads: any.
TB_WARN_UNUSED tb_error *tb_fault_panic(const char *text, size_t length);

/// Panics half-way through a change, with the lock held: the error `panic`, and the histogram
/// answers `poisoned` from then on. Threads: any; waits.
TB_WARN_UNUSED tb_error *tb_fault_panic_while_locked(const tb_histogram *histogram);

/// Makes an object whose destructor panics.
///
/// Ownership: `*object` is the caller's. Errors: null_argument. Threads: any. A leaf.
TB_WARN_UNUSED tb_error *tb_fault_panics_when_dropped_new(tb_fault_panics_when_dropped **object);

/// Frees the object. Its panic ends here, with a line on stderr: a function that frees has no error
/// to return.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any.
void tb_fault_panics_when_dropped_free(tb_fault_panics_when_dropped *object);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus


#endif  /* TOLLBRIDGE_FAULT_H */
