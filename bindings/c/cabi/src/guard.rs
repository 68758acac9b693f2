//! The one way from a result to C: no panic gets past it.

use crate::tb_error;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tollbridge_core::Error;

// ANCHOR: guard
/// Runs `f`. Its error, or its panic as the error `panic`, becomes an owned `tb_error`.
///
/// Asserting unwind safety is right here: what a panic could leave half-changed is behind a lock
/// that it poisons.
#[inline(always)]
pub(crate) fn guard(f: impl FnOnce() -> Result<(), Error>) -> Option<Box<tb_error>> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(tb_error::new(error)),
        Err(panic) => Some(tb_error::new(Error::from_panic(panic))),
    }
}
// ANCHOR_END: guard

// ANCHOR: guard_free
/// For what has no error to return: a destructor's panic ends here.
pub(crate) fn guard_free(f: impl FnOnce()) {
    // Nothing more can be done for an object that is gone; the panic's line stands on stderr.
    // As an error, since a payload that nobody knows could panic again when it is dropped.
    let _ = catch_unwind(AssertUnwindSafe(f)).map_err(Error::from_panic);
}
// ANCHOR_END: guard_free

// ANCHOR: uncancelled
/// While it lives, this thread is not cancelled: `pthread_cancel` takes effect at the thread's next
/// cancellation point after that. Otherwise a thread that reads, writes or waits in here, or in a callback,
/// would be unwound from there, and a process whose Rust frames are unwound like that is aborted.
///
/// For every function that does any of these; what only computes, or waits for a lock, is no
/// cancellation point, and pays nothing.
pub(crate) struct Uncancelled {
    before: c_int,
}

impl Uncancelled {
    pub(crate) fn begin() -> Self {
        let mut before = 0;
        // SAFETY: a state that there is, and room for another.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
        Self { before }
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: the state that it was, and room for another.
        unsafe { pthread_setcancelstate(self.before, &mut self.before) };
    }
}

/// As glibc and musl number it.
const PTHREAD_CANCEL_DISABLE: c_int = 1;

#[cfg(all(target_os = "linux", not(miri)))]
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// Where nobody tried to cancel threads. Miri has none.
#[cfg(any(not(target_os = "linux"), miri))]
unsafe fn pthread_setcancelstate(_: c_int, _: *mut c_int) -> c_int {
    0
}
// ANCHOR_END: uncancelled
