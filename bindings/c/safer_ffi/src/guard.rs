//! The one way from a result to C: no panic gets past it.

use crate::error::{Failure, tbs_error};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tollbridge_core::Error;

// ANCHOR: guard
/// Runs `f`. Its error, or its panic as the error `panic`, becomes an owned `tbs_error`.
///
/// `#[ffi_export]` ends the process when a panic reaches it; so none may. Asserting unwind safety is
/// right here: what a panic could leave half-changed is behind a lock that it poisons.
#[inline(always)]
pub(crate) fn guard(f: impl FnOnce() -> Result<(), Error>) -> Failure {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(tbs_error::new(error)),
        Err(panic) => Some(tbs_error::new(Error::from_panic(panic))),
    }
}
// ANCHOR_END: guard

/// For what has no error to return: a destructor's panic ends here.
pub(crate) fn guard_free(f: impl FnOnce()) {
    // Nothing more can be done for an object that is gone; the panic's line stands on stderr.
    // As an error, since a payload that nobody knows could panic again when it is dropped.
    let _ = catch_unwind(AssertUnwindSafe(f)).map_err(Error::from_panic);
}
