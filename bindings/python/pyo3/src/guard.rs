//! The panic guard that every call into core runs under, and what stands in for PyO3's own.

use crate::error::raise;
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tollbridge_core::Error;

// ANCHOR: guard
/// Runs a call into core: its error, or its panic, becomes an exception.
///
/// PyO3 would turn a panic into `PanicException`, which `except Exception` does not catch.
#[inline]
pub fn guard<T>(py: Python<'_>, call: impl FnOnce() -> Result<T, Error>) -> PyResult<T> {
    // Core keeps its own promise about what a panic leaves behind: `Poisoned`.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(raise(py, error)),
        Err(panic) => Err(raise(py, Error::from_panic(panic))),
    }
}
// ANCHOR_END: guard

/// Counts the thread as attached for `work`, without which PyO3 drops objects later, not at once.
///
/// Only for what CPython has called. While it ends (a `__del__` at exit) PyO3 attaches nobody any
/// more, although the thread holds the GIL all the same.
pub fn attached<R>(work: impl FnOnce(Python<'_>) -> R) -> R {
    let mut work = Some(work);
    let mut result = None;
    let _ = Python::try_attach(|py| result = work.take().map(|work| work(py)));
    match (result, work) {
        (Some(result), _) => result,
        // SAFETY: CPython called us, so the thread holds the GIL.
        (None, Some(work)) => work(unsafe { Python::assume_attached() }),
        (None, None) => unreachable!("the work is done, or still there"),
    }
}
