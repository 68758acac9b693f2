//! Core's errors as Python exceptions, and the panic guard.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tollbridge_core::{Error, Field};

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

// ANCHOR: raise
/// The exception for `error`. Its message and fields are made when someone asks for them.
#[cold]
pub fn raise(py: Python<'_>, error: Error) -> PyErr {
    match class(py, error.code()) {
        Ok(class) => PyErr::from_type(class, (ErrorDetail(error),)),
        Err(problem) => problem,
    }
}
// ANCHOR_END: raise

/// The class that `tollbridge/_errors.py` declares for `code`.
fn class<'py>(py: Python<'py>, code: i32) -> PyResult<Bound<'py, PyType>> {
    static CLASSES: PyOnceLock<Vec<(i32, Py<PyType>)>> = PyOnceLock::new();
    let classes = CLASSES.get_or_try_init(py, || {
        let declared = py.import("tollbridge._errors")?.getattr("ERRORS")?;
        let class = |code: i32| Ok((code, declared.get_item(code)?.cast_into()?.unbind()));
        Error::TABLE
            .iter()
            .map(|row| class(row.code))
            .collect::<PyResult<_>>()
    })?;
    match classes.iter().find(|(known, _)| *known == code) {
        Some((_, class)) => Ok(class.bind(py).clone()),
        None => Err(pyo3::exceptions::PySystemError::new_err(format!(
            "no error has code {code}"
        ))),
    }
}

// ANCHOR: detail
/// What an exception carries as its only argument: core's error, unread.
#[pyclass(frozen, module = "tollbridge._native")]
pub struct ErrorDetail(Error);
// ANCHOR_END: detail

#[pymethods]
impl ErrorDetail {
    /// The fields by name, in core's order.
    #[getter]
    fn fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fields = PyDict::new(py);
        for (name, field) in self.0.fields() {
            fields.set_item(name, to_python(py, field)?)?;
        }
        Ok(fields)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    /// As the message would print, so that an exception looks like one with a plain message.
    fn __repr__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyString>> {
        self.0.to_string().into_pyobject(py)?.repr()
    }
}

fn to_python<'py>(py: Python<'py>, field: Field<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match field {
        Field::U64(number) => number.into_pyobject(py)?.into_any(),
        Field::F64(number) => number.into_pyobject(py)?.into_any(),
        Field::Text(text) => text.into_pyobject(py)?.into_any(),
    })
}
