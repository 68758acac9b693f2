//! Faults on purpose: what tests call to see a bridge's guard at work. Not for use.

use crate::call::{ErrorOut, call};
use crate::error::tbf_error;
use crate::handles::Handles;
use crate::histogram::HISTOGRAMS;
use crate::memory::text;
use std::ffi::c_char;
use tollbridge_core::probe::fault;

/// Objects whose destructor panics.
static OBJECTS: Handles<fault::PanicsWhenDropped> = Handles::of("object");

/// Panics with this text, which comes back as the error `panic`.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_fault_panic(
    text: *const c_char,
    length: usize,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        // SAFETY: the caller's promise above; the text does not outlive the call.
        fault::panic(unsafe { self::text("text", text, length)? });
        Ok(())
    })
}

/// Panics half-way through a change, with the lock held: the error `panic`, and the histogram
/// answers `poisoned` from then on. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_fault_panic_while_locked(histogram: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(fault::panic_while_locked(&HISTOGRAMS.get(histogram)?)?)
    })
}

/// Makes an object whose destructor panics.
///
/// Ownership: it is the caller's; free it with tbf_fault_panics_when_dropped_free.
/// Errors: too_many_handles. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_fault_panics_when_dropped_new(error: *mut tbf_error) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        OBJECTS.insert(fault::PanicsWhenDropped::default())
    })
}

/// Frees the object, which is gone then. Errors: panic, always; closed, invalid_handle.
/// 0: allowed, does nothing. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_fault_panics_when_dropped_free(object: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || OBJECTS.free(object))
}
