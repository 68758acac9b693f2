//! How Python's memory and text are borrowed, and when they are copied instead.
//!
//! Everything is borrowed for one call. What a `str` or `bytes` holds never changes, so it may be
//! read with or without the GIL. Other memory may be written by any Python code, and by extensions
//! such as NumPy even without the GIL: it is borrowed only while the GIL is held and no Python code
//! runs, and whoever checks values before using them copies them first, as the histogram does.

use crate::callback;
use crate::error::raise;
use crate::guard::attached;
use pyo3::exceptions::{PyBufferError, PyTypeError, PyUnicodeEncodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use pyo3::{Borrowed, ffi};
use std::borrow::Cow;
use std::ffi::{CStr, c_int};
use std::slice;
use tollbridge_core::Error;

/// Text argument, borrowed: CPython keeps the UTF-8 of a `str` with it once it was asked for.
/// A lone surrogate is `InvalidTextError`, not `UnicodeEncodeError`.
#[derive(Clone, Copy)]
pub struct Text<'a>(pub &'a str);

impl<'a> FromPyObject<'a, '_> for Text<'a> {
    type Error = PyErr;

    #[inline]
    fn extract(object: Borrowed<'a, '_, PyAny>) -> PyResult<Self> {
        let mut length = 0;
        // SAFETY: any object may be asked; what is no `str`, or has no UTF-8, is an error.
        let data = unsafe { ffi::PyUnicode_AsUTF8AndSize(object.as_ptr(), &mut length) };
        if data.is_null() {
            return Err(text_error(object));
        }
        // SAFETY: CPython's own UTF-8, which lives and stays as it is as long as the `str`.
        Ok(Self(unsafe {
            str::from_utf8_unchecked(slice::from_raw_parts(data.cast(), length as usize))
        }))
    }
}

/// Why there is no UTF-8: CPython has raised it.
#[cold]
fn text_error(object: Borrowed<'_, '_, PyAny>) -> PyErr {
    attached(|py| {
        let error = PyErr::fetch(py);
        if !error.is_instance_of::<PyUnicodeEncodeError>(py) {
            return match object.cast::<PyString>() {
                Ok(_) => error,
                Err(wrong_type) => wrong_type.into(),
            };
        }
        let start = error.value(py).getattr("start");
        match start.and_then(|start| start.extract()) {
            Ok(offset) => raise(py, Error::InvalidText { offset }),
            Err(problem) => problem,
        }
    })
}

/// Number types that can be borrowed out of a buffer.
pub trait Element: Copy + for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr> {
    /// The codes of the `struct` module for it, among types of its size.
    const CODES: &'static [u8];
}

impl Element for u64 {
    const CODES: &'static [u8] = b"QLN";
}

impl Element for f64 {
    const CODES: &'static [u8] = b"d";
}

// ANCHOR: values
/// Calls `use_values` with the values of a buffer or iterable.
///
/// A one-dimensional, contiguous, aligned buffer of native `T` is borrowed: `use_values` must run
/// no Python code. Of everything else each item is converted, and the values are owned.
pub fn with_values<T: Element, R>(
    object: &Bound<'_, PyAny>,
    use_values: impl FnOnce(Cow<'_, [T]>) -> PyResult<R>,
) -> PyResult<R> {
    let mut view = ffi::Py_buffer::new();
    if let Some(export) = Export::new(&mut view, object, ffi::PyBUF_RECORDS_RO)?
        && let Some((data, length)) = export.elements::<T>()
    {
        // SAFETY: `elements` checked type, length and alignment. The export keeps the memory in
        // place, and holding the GIL while no Python code runs keeps it unchanged.
        let values = unsafe { slice::from_raw_parts(data, length) };
        return use_values(Cow::Borrowed(values));
    }
    use_values(Cow::Owned(convert(object)?))
}
// ANCHOR_END: values

/// Calls `use_bytes` with the memory of `bytes` or of any other contiguous buffer.
/// Run no Python code in it.
#[inline]
pub fn with_bytes<R>(
    object: &Bound<'_, PyAny>,
    use_bytes: impl FnOnce(&[u8]) -> PyResult<R>,
) -> PyResult<R> {
    match object.cast::<PyBytes>() {
        Ok(bytes) => use_bytes(bytes.as_bytes()),
        Err(_) => with_exported_bytes(object, use_bytes),
    }
}

#[cold]
fn with_exported_bytes<R>(
    object: &Bound<'_, PyAny>,
    use_bytes: impl FnOnce(&[u8]) -> PyResult<R>,
) -> PyResult<R> {
    let mut view = ffi::Py_buffer::new();
    match Export::new(&mut view, object, ffi::PyBUF_SIMPLE)? {
        // SAFETY: as in `with_values`; bytes have no alignment.
        Some(export) => use_bytes(unsafe { export.bytes() }),
        None => Err(PyTypeError::new_err(format!(
            "bytes or a contiguous buffer are needed, not {}",
            object.get_type().name()?,
        ))),
    }
}

/// Bytes that stay as they are without the GIL: `bytes` are borrowed, other buffers copied.
pub fn steady_bytes<'a>(object: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    match object.cast::<PyBytes>() {
        Ok(bytes) => Ok(Cow::Borrowed(bytes.as_bytes())),
        Err(_) => with_bytes(object, |bytes| Ok(Cow::Owned(bytes.to_vec()))),
    }
}

/// Item by item. An item's own `__index__` or `__float__` may run, and may change the list.
fn convert<T: Element>(object: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    let mut values = Vec::new();
    if let Ok(list) = object.cast::<PyList>() {
        values.reserve(list.len());
        for item in list {
            values.push(item.extract()?);
        }
    } else {
        let iterator = object.try_iter()?;
        while let Some(item) = callback::next(&iterator)? {
            values.push(item.extract()?);
        }
    }
    Ok(values)
}

/// Ok when the pending error says that a buffer cannot be exported in the way that was asked for.
#[cold]
fn refusal() -> PyResult<()> {
    attached(|py| {
        let error = PyErr::fetch(py);
        let refused =
            error.is_instance_of::<PyBufferError>(py) || error.is_instance_of::<PyValueError>(py); // NumPy's
        if refused { Ok(()) } else { Err(error) }
    })
}

/// A buffer that its owner has exported, and cannot resize or free until this is dropped.
///
/// Its `Py_buffer` is borrowed, and so stays where it is: an exporter may point into it.
pub struct Export<'a>(&'a mut ffi::Py_buffer);

impl<'a> Export<'a> {
    /// None for an object without a buffer, or whose buffer does not satisfy `flags`.
    pub fn new(
        view: &'a mut ffi::Py_buffer,
        object: &Bound<'_, PyAny>,
        flags: c_int,
    ) -> PyResult<Option<Self>> {
        // SAFETY: any object may be asked.
        if unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) } == 0 {
            return Ok(None);
        }
        // SAFETY: `view` is ours to fill, and does not move before it is released.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), view, flags) } == 0 {
            return Ok(Some(Self(view)));
        }
        refusal().map(|()| None)
    }

    /// Where its elements are, and how many, if they can be read and written as `T`.
    pub fn elements<T: Element>(&self) -> Option<(*mut T, usize)> {
        let view = &*self.0;
        if view.ndim != 1 || view.itemsize != size_of::<T>() as isize || view.format.is_null() {
            return None;
        }
        // SAFETY: a format that is not NULL is a C string.
        let format = unsafe { CStr::from_ptr(view.format) }.to_bytes();
        // Not PyO3's own test: 0.30.1 takes `>` for the native order of a little-endian machine.
        let native = if cfg!(target_endian = "little") {
            b'<'
        } else {
            b'>'
        };
        let code = match format {
            [code] | [b'@' | b'=', code] => code,
            [order, code] if *order == native => code,
            _ => return None,
        };
        // NULL strides mean contiguous: ctypes gives them although PyBUF_STRIDES asks for strides.
        // SAFETY: with one dimension there is one stride.
        let contiguous = view.strides.is_null() || unsafe { *view.strides } == view.itemsize;
        let data = view.buf.cast::<T>();
        let length = usize::try_from(view.len).ok()? / size_of::<T>();
        let readable = T::CODES.contains(code) && (contiguous || length < 2);
        match length {
            _ if !readable => None,
            0 => Some((std::ptr::dangling_mut(), 0)),
            _ => (!data.is_null() && data.is_aligned()).then_some((data, length)),
        }
    }

    /// # Safety
    /// Exported with PyBUF_SIMPLE, and nobody writes to it while the slice is used.
    unsafe fn bytes(&self) -> &[u8] {
        match usize::try_from(self.0.len) {
            // SAFETY: the exporter promises `len` bytes at `buf`.
            Ok(length) if length > 0 => unsafe {
                slice::from_raw_parts(self.0.buf.cast_const().cast(), length)
            },
            _ => &[],
        }
    }
}

impl Drop for Export<'_> {
    fn drop(&mut self) {
        // SAFETY: filled by PyObject_GetBuffer, released once, with the GIL held: an export never
        // leaves the call that made it.
        unsafe { ffi::PyBuffer_Release(self.0) };
    }
}
