//! What the record types share: how they print.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// `Name(field=value, …)`, each value as Python prints it.
pub fn repr(name: &str, fields: &[&str], values: &Bound<'_, PyTuple>) -> PyResult<String> {
    let mut shown = Vec::with_capacity(fields.len());
    for (field, value) in fields.iter().zip(values) {
        shown.push(format!("{field}={}", value.repr()?));
    }
    Ok(format!("{name}({})", shown.join(", ")))
}
