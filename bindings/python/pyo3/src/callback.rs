//! Calling a Python function from Rust.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

// As in pyo3-ffi, but that a thread may be unwound through it: see `Ended`.
unsafe extern "C-unwind" {
    fn PyObject_CallFunctionObjArgs(callable: *mut ffi::PyObject, ...) -> *mut ffi::PyObject;
    fn PyIter_Next(iterator: *mut ffi::PyObject) -> *mut ffi::PyObject;
    fn PyOS_FSPath(path: *mut ffi::PyObject) -> *mut ffi::PyObject;
    fn PyGC_Collect() -> ffi::Py_ssize_t;
}

// ANCHOR: call
/// `function(argument)`.
///
/// For every function that users hand us, in place of `call1`: a daemon thread that is inside it
/// while the interpreter ends must not take the process with it.
#[inline]
pub fn call<'py>(
    function: &Bound<'py, PyAny>,
    argument: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let ended = Ended;
    // SAFETY: both are alive; a null pointer ends the arguments.
    let result = unsafe {
        let end = std::ptr::null_mut::<ffi::PyObject>();
        PyObject_CallFunctionObjArgs(function.as_ptr(), argument.as_ptr(), end)
    };
    std::mem::forget(ended);
    // SAFETY: a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(function.py(), result) }
}

/// The next item of an iterator of users, which may be a generator: as `call`. None at its end.
pub fn next<'py>(iterator: &Bound<'py, PyIterator>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (py, ended) = (iterator.py(), Ended);
    // SAFETY: an iterator, and alive.
    let item = unsafe { PyIter_Next(iterator.as_ptr()) };
    std::mem::forget(ended);
    // SAFETY: a new reference, or null: with an exception, or at the end.
    match unsafe { Bound::from_owned_ptr_or_opt(py, item) } {
        Some(item) => Ok(Some(item)),
        None => PyErr::take(py).map_or(Ok(None), Err),
    }
}

/// `os.fspath(path)`, which calls the `__fspath__` of a path of users.
pub fn fspath<'py>(path: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let ended = Ended;
    // SAFETY: any object may be asked.
    let name = unsafe { PyOS_FSPath(path.as_ptr()) };
    std::mem::forget(ended);
    // SAFETY: a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(path.py(), name) }
}

/// `gc.collect()`, unless the program has switched the collector off, or another thread is in it.
/// Finalizers run. Whether it found anything.
pub fn collect(_py: Python<'_>) -> bool {
    let ended = Ended;
    // SAFETY: the thread is attached; what finalizers raise goes to the hook.
    let found = unsafe { PyGC_Collect() };
    std::mem::forget(ended);
    found > 0
}

/// Dropped only when the thread is being ended: CPython before 3.14 calls `pthread_exit` in a thread
/// that asks for the GIL while the interpreter ends, and that unwinds the stack. Rust cannot be
/// unwound so, and would abort the process; so the thread stays here for the moment that is left.
/// PyO3 does the same where it takes the GIL itself, and CPython since 3.14.
struct Ended;

impl Drop for Ended {
    #[cold]
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}
// ANCHOR_END: call

/// Whether a callback's answer is `False` itself, by which callbacks ask to stop.
#[inline]
pub fn is_false(answer: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the singleton lives as long as the interpreter.
    answer.as_ptr() == unsafe { ffi::Py_False() }
}
