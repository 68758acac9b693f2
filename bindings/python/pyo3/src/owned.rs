//! What the record types and enums share: how they print and how they are copied.

use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// `Name(field=value, …)`, each value as Python prints it.
pub fn repr(name: &str, fields: &[&str], values: &Bound<'_, PyTuple>) -> PyResult<String> {
    let mut shown = Vec::with_capacity(fields.len());
    for (field, value) in fields.iter().zip(values) {
        shown.push(format!("{field}={}", value.repr()?));
    }
    Ok(format!("{name}({})", shown.join(", ")))
}

/// A variant of an enum: the name of its class, its fields, and what they hold.
pub type Parts<'py> = (&'static str, &'static [&'static str], Bound<'py, PyTuple>);

/// What `copy` and `pickle` make a variant of the enum `T` of: its class is found through `T`, since
/// PyO3 gives it a name of its own.
pub fn reduce<'py, T: PyTypeInfo>((name, _, values): Parts<'py>) -> PyResult<Bound<'py, PyTuple>> {
    let py = values.py();
    let make = py.import("tollbridge._native")?.getattr("_variant")?;
    (make, (py.get_type::<T>(), name, values)).into_pyobject(py)
}

/// The variant `name` of the enum `of`.
#[pyfunction]
#[pyo3(name = "_variant", signature = (of, name, values, /))]
pub fn variant<'py>(
    of: &Bound<'py, PyType>,
    name: &str,
    values: Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    of.getattr(name)?.call1(values)
}
