//! Faults on purpose, for the tests of the guard.

use crate::arguments::Text;
use crate::guard::guard;
use crate::histogram::Histogram;
use pyo3::prelude::*;
use tollbridge_core::probe::fault;

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
    histogram
        .get()
        .handle()
        .detached(py, fault::panic_while_locked)
}

/// An object whose destructor panics, with `dropped`. PyO3 catches it: it goes to
/// `sys.unraisablehook`, as an exception in `__del__` would.
#[pyclass(frozen, module = "tollbridge.fault")]
#[derive(Default)]
pub struct PanicsWhenDropped {
    _inner: fault::PanicsWhenDropped,
}

#[pymethods]
impl PanicsWhenDropped {
    #[new]
    fn new() -> Self {
        Self::default()
    }
}
