//! Faults on purpose: what tests call to see a bridge's guard at work. Not for use.

use crate::guard::{guard, guard_free};
use crate::histogram::{handle, tb_histogram};
use crate::memory::{required, text};
use crate::tb_error;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use tollbridge_core::probe::fault;

/// Panics with this text, which comes back as the error `panic`.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0. Threads: any.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_fault_panic(
    text: *const c_char,
    length: usize,
) -> Option<Box<tb_error>> {
    guard(|| {
        // SAFETY: the caller's promise above; the text does not outlive the call.
        fault::panic(unsafe { self::text("text", text, length)? });
        Ok(())
    })
}

/// Panics half-way through a change, with the lock held: the error `panic`, and the histogram
/// answers `poisoned` from then on. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_fault_panic_while_locked(
    histogram: Option<&tb_histogram>,
) -> Option<Box<tb_error>> {
    guard(|| fault::panic_while_locked(handle(histogram)?))
}

/// An object whose destructor panics.
///
/// Ownership: the caller's; free it with tb_fault_panics_when_dropped_free.
pub struct tb_fault_panics_when_dropped(fault::PanicsWhenDropped);

/// Makes an object whose destructor panics.
///
/// Ownership: `*object` is the caller's. Errors: null_argument. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_fault_panics_when_dropped_new(
    object: Option<&mut MaybeUninit<Box<tb_fault_panics_when_dropped>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("object", object)?;
        out.write(Box::new(tb_fault_panics_when_dropped(
            fault::PanicsWhenDropped::default(),
        )));
        Ok(())
    })
}

/// Frees the object. Its panic ends here, with a line on stderr: a function that frees has no error
/// to return.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn tb_fault_panics_when_dropped_free(
    object: Option<Box<tb_fault_panics_when_dropped>>,
) {
    guard_free(|| drop(object));
}
