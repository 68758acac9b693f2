//! Core's errors as Python exceptions.

use crate::callback;
use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use tollbridge_core::{Error, Field};

// ANCHOR: raise
/// The exception for `error`. Its message and fields are made when someone asks for them.
#[cold]
pub fn raise(py: Python<'_>, error: Error) -> PyErr {
    let is_io = matches!(error, Error::Io { .. });
    match class(py, error.code()) {
        Ok(class) if is_io => made(&class, ErrorDetail(error)).unwrap_or_else(|problem| problem),
        Ok(class) => PyErr::from_type(class, (ErrorDetail(error),)),
        Err(problem) => problem,
    }
}
// ANCHOR_END: raise

/// An exception whose constructor is Python code: called here, and not by CPython when it is raised,
/// since Rust's frames would then be in the way of a thread that ends.
fn made(class: &Bound<'_, PyType>, detail: ErrorDetail) -> PyResult<PyErr> {
    let detail = Bound::new(class.py(), detail)?;
    let error = callback::call(class.as_any(), detail.as_any())?;
    Ok(PyErr::from_value(error))
}

/// The classes that `tollbridge/_error_classes.py` declares, by code.
static CLASSES: PyOnceLock<Vec<(i32, Py<PyType>)>> = PyOnceLock::new();

/// Takes them when `tollbridge` is imported: at the first error could be too late, when the
/// interpreter ends and imports nothing any more.
#[pyfunction]
#[pyo3(name = "_set_errors", signature = (errors, /))]
pub fn set_errors(py: Python<'_>, errors: &Bound<'_, PyDict>) -> PyResult<()> {
    let class = |code: i32| match errors.get_item(code)? {
        Some(class) => Ok((code, class.cast_into()?.unbind())),
        None => Err(PySystemError::new_err(format!("no error has code {code}"))),
    };
    let classes = Error::TABLE.iter().map(|row| class(row.code));
    let classes = classes.collect::<PyResult<_>>()?;
    let _ = CLASSES.set(py, classes); // they stay those of the first import
    Ok(())
}

fn class<'py>(py: Python<'py>, code: i32) -> PyResult<Bound<'py, PyType>> {
    let classes = CLASSES.get(py).map_or(&[][..], Vec::as_slice);
    match classes.iter().find(|(known, _)| *known == code) {
        Some((_, class)) => Ok(class.bind(py).clone()),
        None => Err(PySystemError::new_err("import tollbridge, not its parts")),
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

    /// Two are equal whose messages are: a copy of an exception has equal `args`.
    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(other.str()? == self.0.to_string().as_str())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.0.to_string().into_pyobject(py)?.hash()
    }

    /// Goes to other processes and back as a `Detail` of `tollbridge/_errors.py`.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let detail = py.import("tollbridge._errors")?.getattr("Detail")?;
        (detail, (self.0.to_string(), self.fields(py)?)).into_pyobject(py)
    }
}

fn to_python<'py>(py: Python<'py>, field: Field<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match field {
        Field::U64(number) => number.into_pyobject(py)?.into_any(),
        Field::F64(number) => number.into_pyobject(py)?.into_any(),
        Field::Text(text) => text.into_pyobject(py)?.into_any(),
    })
}
