//! Watchers: Python functions that are called with what is recorded.
//!
//! Who owns what, so that the garbage collector sees every reference between Python objects:
//!
//! - Each `Histogram` is a handle, and refers to the one `Common` of its histogram.
//! - `Common` owns the callables, by number.
//! - The closure that core keeps finds its callable weakly, by that number, and takes it out of
//!   `Common` when core drops it: core does so exactly once, when the last call has ended.

use crate::callback::{call, is_false};
use crate::guard::guard;
use crate::weight::Weight;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tollbridge_core::{self as core, Shared};

/// What all handles of one histogram have in common. Never seen by users.
#[pyclass(frozen, module = "tollbridge._native")]
pub struct Common {
    // Dropped first: then the closures that go with the histogram find nothing to do.
    callables: Arc<Callables>,
    shared: Shared,
    _weight: Weight,
}

impl Common {
    pub fn new(shared: Shared, weight: Weight) -> Self {
        Self {
            callables: Arc::default(),
            shared,
            _weight: weight,
        }
    }

    #[inline]
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// See `Histogram.watch`.
    pub fn watch(&self, limit: u64, callable: &Bound<'_, PyAny>) -> PyResult<Watch> {
        let py = callable.py();
        if !callable.is_callable() {
            let name = callable.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "a callable is needed, not {name}"
            )));
        }
        let watcher = Watcher {
            number: self.callables.add(callable.clone().unbind()),
            callables: Arc::downgrade(&self.callables),
        };
        let watching = || self.shared.watch(limit, move |value| watcher.call(value));
        guard(py, || py.detach(watching)).map(Watch)
    }
}

#[pymethods]
impl Common {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.callables
            .lock()
            .by_number
            .values()
            .try_for_each(|callable| visit.call(callable))
    }

    fn __clear__(&self) {
        let taken = std::mem::take(&mut self.callables.lock().by_number);
        drop(taken); // not under the lock: this runs Python code
    }
}

/// The callables of a histogram's watchers. Locked only with the GIL, and never while Python runs.
#[derive(Default)]
struct Callables(Mutex<Numbered>);

#[derive(Default)]
struct Numbered {
    last: u64,
    by_number: BTreeMap<u64, Py<PyAny>>,
}

impl Callables {
    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, callable: Py<PyAny>) -> u64 {
        let mut numbered = self.lock();
        numbered.last += 1;
        let number = numbered.last;
        numbered.by_number.insert(number, callable);
        number
    }

    fn get<'py>(&self, py: Python<'py>, number: u64) -> Option<Bound<'py, PyAny>> {
        let numbered = self.lock();
        let callable = numbered.by_number.get(&number)?;
        Some(callable.bind(py).clone())
    }
}

/// What core keeps in place of the callable.
struct Watcher {
    callables: Weak<Callables>,
    number: u64,
}

impl Watcher {
    // ANCHOR: watcher
    /// Runs on the thread that records, with or without the GIL, and with no lock of ours held.
    fn call(&self, value: u64) -> ControlFlow<()> {
        attach(|py| {
            let found = self
                .callables
                .upgrade()
                .and_then(|c| c.get(py, self.number));
            let Some(callable) = found else {
                return ControlFlow::Break(()); // the garbage collector took it
            };
            let value = match value.into_pyobject(py) {
                Ok(value) => value.into_any(),
                Err(never) => match never {},
            };
            match call(&callable, &value) {
                Ok(answer) if is_false(&answer) => ControlFlow::Break(()),
                Ok(_) => ControlFlow::Continue(()),
                Err(raised) => {
                    // Who records is not to blame for it.
                    raised.write_unraisable(py, Some(&callable));
                    ControlFlow::Continue(())
                }
            }
        })
        .unwrap_or(ControlFlow::Continue(()))
    }
    // ANCHOR_END: watcher
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if self.callables.strong_count() == 0 {
            return; // they went with the histogram
        }
        attach(|py| {
            let callables = self.callables.upgrade()?;
            let taken = callables.lock().by_number.remove(&self.number);
            drop(taken.map(|callable| callable.into_bound(py))); // not under the lock
            Some(())
        });
    }
}

/// Runs `work` with the GIL, on any thread; not at all once the interpreter ends, when nobody can
/// have it any more but the thread that ends it.
fn attach<R>(work: impl FnOnce(Python<'_>) -> R) -> Option<R> {
    // SAFETY: may be asked at any time. PyO3 asks it only where a thread has no GIL yet.
    if unsafe { ffi::Py_IsInitialized() } == 0 {
        return None;
    }
    Python::try_attach(work)
}

/// Stands for a watcher, and can end it. It keeps nothing alive, and dropping it ends nothing.
///
/// `with histogram.watch(…):` ends the watch at the end of the block.
#[pyclass(frozen, weakref, module = "tollbridge")]
pub struct Watch(core::Watch);

#[pymethods]
impl Watch {
    /// Ends the watch; whether this call did: False if it had ended before, by whatever way.
    ///
    /// It may be called from anywhere, also inside the watcher, and when the histogram is closed or
    /// poisoned. No call begins afterwards; one that runs on another thread ends later, and the callable
    /// is let go of when the last has ended.
    fn unwatch(&self) -> bool {
        self.0.unwatch()
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.unwatch();
    }
}
