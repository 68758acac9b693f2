//! Faults on purpose: what tests call to see a bridge's guard at work. Not for use.

use crate::error::Failure;
use crate::guard::{guard, guard_free};
use crate::histogram::{handle, tbs_histogram};
use crate::unchecked::{Unchecked, required};
use safer_ffi::prelude::*;
use tollbridge_core::probe::fault;

/// Panics with this text, which comes back as the error `panic`.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when its length is 0. Threads: any.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_fault_panic(text: Unchecked<str::Ref<'_>>) -> Failure {
    guard(|| {
        // SAFETY: the caller's promise above; the text does not outlive the call.
        fault::panic(unsafe { text.text("text")? });
        Ok(())
    })
}

/// Panics half-way through a change, with the lock held: the error `panic`, and the histogram
/// answers `poisoned` from then on. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_fault_panic_while_locked(histogram: Option<&tbs_histogram>) -> Failure {
    guard(|| fault::panic_while_locked(handle(histogram)?))
}

/// An object whose destructor panics.
///
/// Ownership: the caller's; free it with tbs_fault_panics_when_dropped_free.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_fault_panics_when_dropped {
    _object: fault::PanicsWhenDropped,
}

/// Makes an object whose destructor panics.
///
/// Ownership: `*object` is the caller's. Errors: null_argument. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_fault_panics_when_dropped_new(
    object: Option<Out<'_, repr_c::Box<tbs_fault_panics_when_dropped>>>,
) -> Failure {
    guard(|| {
        let out = required("object", object)?;
        let _object = fault::PanicsWhenDropped::default();
        out.write(Box::new(tbs_fault_panics_when_dropped { _object }).into());
        Ok(())
    })
}

/// Frees the object. Its panic ends here, with a line on stderr: a function that frees has no error
/// to return.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any.
#[ffi_export]
pub fn tbs_fault_panics_when_dropped_free(
    object: Option<repr_c::Box<tbs_fault_panics_when_dropped>>,
) {
    guard_free(|| drop(object));
}
