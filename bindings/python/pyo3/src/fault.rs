//! Faults on purpose, for the tests of the guard.

use crate::buffer::Text;
use crate::errors::guard;
use crate::histogram::Histogram;
use pyo3::prelude::*;
use tollbridge_core::fault;

/// Panics inside the library. Raises PanicError with `what` as its text.
#[pyfunction]
#[pyo3(signature = (what, /))]
pub fn panic(py: Python<'_>, what: Text<'_>) -> PyResult<()> {
    guard(py, || {
        fault::panic(what.0);
        Ok(())
    })
}

/// Panics half-way through a change: raises PanicError, and poisons `histogram` for good.
#[pyfunction]
#[pyo3(signature = (histogram, /))]
pub fn panic_while_locked(py: Python<'_>, histogram: &Bound<'_, Histogram>) -> PyResult<()> {
    guard(py, || {
        let shared = histogram.get().shared()?;
        py.detach(|| fault::panic_while_locked(&shared))
    })
}
