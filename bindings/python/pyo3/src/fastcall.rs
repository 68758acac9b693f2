//! The shortest way from Python into Rust, for the few functions whose body is shorter than it.
//!
//! `#[pyfunction]` and `#[pymethods]` take keywords and defaults, through one parser for all
//! signatures, and count how deep a thread is in PyO3. This costs about as much as the rest of a
//! small call. What is registered here takes N positional arguments and nothing else, by CPython's
//! METH_FASTCALL, or METH_O for a single one; conversions, errors and the panic guard are the same
//! as everywhere. Compare `probe.add`, which comes this way, with `probe.half`, which does not.

use crate::error::raise;
use crate::guard::attached;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::{Borrowed, ffi};
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use tollbridge_core::Error;

/// A function of N positional arguments, or a method.
pub trait Fastcall<const N: usize> {
    /// What Python calls it, in one word.
    const NAME: &'static CStr;
    /// Its signature, as `name(a, b, /)\n--\n\n`, and its docstring.
    const DOC: &'static CStr;

    /// `receiver` is the method's object, or the function's module.
    fn call<'py>(
        receiver: Borrowed<'_, 'py, PyAny>,
        arguments: [Borrowed<'_, 'py, PyAny>; N],
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// What `extract::<u64>()` gives, without a call where it is an ordinary `int`.
#[inline]
pub fn number(object: Borrowed<'_, '_, PyAny>) -> PyResult<u64> {
    // SAFETY: any object may be asked; what is not an `int` is an error.
    match unsafe { ffi::PyLong_AsUnsignedLongLong(object.as_ptr()) } {
        u64::MAX => unusual_number(object),
        number => Ok(number),
    }
}

/// 2**64 - 1 itself, or an error: out of range, no `int`, or an `int` only by its `__index__`.
#[cold]
fn unusual_number(object: Borrowed<'_, '_, PyAny>) -> PyResult<u64> {
    // SAFETY: clears what the caller may have raised; `extract` raises it again.
    unsafe { ffi::PyErr_Clear() };
    object.extract()
}

/// Puts the method into a class.
pub fn add_method<T: pyo3::PyTypeInfo, F: Fastcall<N>, const N: usize>(
    py: Python<'_>,
) -> PyResult<()> {
    let class = py.get_type::<T>();
    // SAFETY: the definition lives as long as the process, the class is a type.
    // The descriptor lets nothing but an instance of the class through as the receiver.
    let method = unsafe {
        let method = ffi::PyDescr_NewMethod(class.as_ptr().cast(), definition::<F, N>());
        Bound::from_owned_ptr_or_err(py, method)?
    };
    class.setattr(F::NAME, method)
}

/// Leaked: CPython keeps a pointer to it.
pub fn definition<F: Fastcall<N>, const N: usize>() -> *mut ffi::PyMethodDef {
    let (ml_meth, ml_flags) = if N == 1 {
        let only = ffi::PyMethodDefPointer {
            PyCFunction: only::<F, N>,
        };
        (only, ffi::METH_O)
    } else {
        let several = ffi::PyMethodDefPointer {
            PyCFunctionFast: several::<F, N>,
        };
        (several, ffi::METH_FASTCALL)
    };
    Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: F::NAME.as_ptr(),
        ml_meth,
        ml_flags,
        ml_doc: F::DOC.as_ptr(),
    }))
}

/// # Safety
/// Called by CPython as METH_O promises: the thread is attached, both objects are alive until this
/// returns.
unsafe extern "C" fn only<F: Fastcall<N>, const N: usize>(
    receiver: *mut ffi::PyObject,
    argument: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: see above.
    unsafe { call::<F, N>(receiver, Ok(&[argument; N])) }
}

/// # Safety
/// Called by CPython as METH_FASTCALL promises: the thread is attached, `receiver` and the
/// `count` objects at `arguments` are alive until this returns.
unsafe extern "C" fn several<F: Fastcall<N>, const N: usize>(
    receiver: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    let given = if count == N as ffi::Py_ssize_t {
        // SAFETY: see above; a dangling pointer will do for none, for which CPython may pass NULL.
        Ok(unsafe {
            NonNull::new(arguments)
                .map_or(NonNull::dangling(), NonNull::cast)
                .as_ref()
        })
    } else {
        Err(count)
    };
    // SAFETY: see above.
    unsafe { call::<F, N>(receiver, given) }
}

/// Calls the function in the panic guard.
///
/// # Safety
/// The thread is attached; `receiver` and what is `given` are alive until this returns.
#[inline(always)]
unsafe fn call<F: Fastcall<N>, const N: usize>(
    receiver: *mut ffi::PyObject,
    given: Result<&[*mut ffi::PyObject; N], ffi::Py_ssize_t>,
) -> *mut ffi::PyObject {
    // SAFETY: see above.
    let py = unsafe { Python::assume_attached() };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: see above. The lifetime ends with the call.
        let borrow = |object| unsafe { Borrowed::from_ptr(py, object) };
        let result = match given {
            Ok(given) => F::call(borrow(receiver), std::array::from_fn(|i| borrow(given[i]))),
            Err(count) => Err(wrong_count::<F, N>(count)),
        };
        result.map_or_else(restore, Bound::into_ptr)
    }));
    outcome.unwrap_or_else(|panic| restore(raise(py, Error::from_panic(panic))))
}

#[cold]
fn restore(error: PyErr) -> *mut ffi::PyObject {
    attached(|py| error.restore(py));
    ptr::null_mut()
}

#[cold]
fn wrong_count<F: Fastcall<N>, const N: usize>(given: ffi::Py_ssize_t) -> PyErr {
    let name = F::NAME.to_string_lossy();
    PyTypeError::new_err(format!(
        "{name}() takes {N} positional arguments but {given} were given"
    ))
}
