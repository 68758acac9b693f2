//! The one way from a result to C: no panic gets past it.

use crate::error::{Details, Failure, tbf_error};
use ffi_support::{ExternError, IntoFfi, call_with_result};
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tollbridge_core::Error;

/// Where the error of a call goes: written once, at its end, since what is called back may use it too.
pub(crate) struct ErrorOut(*mut tbf_error);

impl ErrorOut {
    /// # Safety
    /// `error` is NULL, or there is room for an error until the call ends.
    #[inline(always)]
    pub(crate) unsafe fn at(error: *mut tbf_error) -> Self {
        Self(error)
    }

    #[inline(always)]
    fn write(self, raised: tbf_error) {
        if self.0.is_null() {
            raised.release();
        } else {
            // SAFETY: as promised. What was there before is the caller's to free.
            unsafe { self.0.write(raised) };
        }
    }
}

// ANCHOR: call
/// Runs `f`, writes its error, or its panic as the error `panic`, to `error`, and gives its result to C.
///
/// `call_with_result` catches panics too; but it puts their text into a C string outside its net, and
/// a NUL in it would be a second panic, which ends the process. So they are caught before, and keep
/// their own code. Asserting unwind safety is right here: what a panic could leave half-changed is
/// behind a lock that it poisons.
#[inline(always)]
pub(crate) fn call<R: IntoFfi>(
    error: ErrorOut,
    f: impl FnOnce() -> Result<R, Failure>,
) -> R::Value {
    let mut raised = tbf_error::default();
    let details = &mut raised.details;
    let value = call_with_result(
        &mut raised.base,
        AssertUnwindSafe(|| {
            catch_unwind(AssertUnwindSafe(f))
                .unwrap_or_else(|panic| Err(Error::from_panic(panic).into()))
                .map_err(|failure| -> ExternError {
                    let base = failure.extern_error();
                    *details = Some(Details::new(failure));
                    base
                })
        }),
    );
    error.write(raised);
    value
}
// ANCHOR_END: call

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
