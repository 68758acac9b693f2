/* Tollbridge: a latency histogram from Rust, as a C library.
 * Written by cbindgen from bindings/c/cabi/src: change it there. SPDX-License-Identifier: MIT OR Apache-2.0 */

#ifndef TOLLBRIDGE_FAULT_H
#define TOLLBRIDGE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tollbridge.h>

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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus


#endif  /* TOLLBRIDGE_FAULT_H */
