//! The closable handle, and the rule for two locks.
//!
//! The GIL is never held while waiting for the histogram's lock, and never taken under it:
//! otherwise a thread that has one and a thread that has the other could wait for each other.
//! So a short call *tries* our lock with the GIL held, which nearly always works and costs nothing
//! more; only when another thread holds it (then without the GIL, see below) is the GIL let go of.
//! A long call lets go of the GIL first. Either way no Python object is touched under our lock.

use crate::guard::guard;
use crate::watch::Common;
use crate::weight::{self, Weight};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use tollbridge_core::{Attempt, Error, Locked, Shared};

/// A handle that can be closed, also while other threads use it: what runs already runs to its end.
///
/// The lock is held for reading during short calls, which neither wait nor run Python code,
/// and for writing only to take the histogram out. So nobody waits for it longer than a short call,
/// and a visitor may close the handle that it was called through. With a GIL nobody waits at all.
pub struct Handle(RwLock<Option<Py<Common>>>);

impl Handle {
    pub fn new(py: Python<'_>, shared: Shared) -> PyResult<Self> {
        let bytes = guard(py, || shared.with(|h| Ok(h.memory())))?; // nobody else has it yet
        let common = Common::new(shared, Weight::of(bytes));
        let made = Self(RwLock::new(Some(Py::new(py, common)?)));
        weight::collect_if_due(py);
        Ok(made)
    }

    /// Another handle to the same histogram.
    pub fn another(&self, py: Python<'_>) -> PyResult<Self> {
        let common = guard(py, || self.common(py))?;
        Ok(Self(RwLock::new(Some(common.unbind()))))
    }

    /// Lets go of the histogram. Closing twice is allowed.
    pub fn close(&self, py: Python<'_>) {
        let taken = self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // Not under the lock: this may free megabytes, and run Python code.
        drop(taken.map(|common| common.into_bound(py)));
    }

    pub fn is_closed(&self) -> bool {
        self.read().is_none()
    }

    /// What all handles have in common. Who holds it keeps the histogram and its watchers.
    pub fn common<'py>(&self, py: Python<'py>) -> Result<Bound<'py, Common>, Error> {
        match self.read().as_ref() {
            Some(common) => Ok(common.bind(py).clone()),
            None => Err(Error::Closed {}),
        }
    }

    // ANCHOR: with
    /// A short call: with the GIL, unless another thread is using the histogram.
    ///
    /// `call` may borrow from Python only what cannot change (`str`, `bytes`).
    #[inline]
    pub fn with<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut Locked<'_>) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        guard(py, || match self.try_with(py, call)? {
            Ok(value) => Ok(value),
            Err(call) => {
                let common = self.common(py)?;
                let shared = common.get().shared();
                py.detach(|| shared.with(call))
            }
        })
    }
    // ANCHOR_END: with

    /// A long call: without the GIL, from its beginning.
    pub fn detached<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&Shared) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        guard(py, || {
            let common = self.common(py)?;
            let shared = common.get().shared();
            py.detach(|| call(shared))
        })
    }

    /// The first half of [`with`](Self::with): gives `call` back when it would have to wait.
    #[inline]
    pub fn try_with<T, F>(&self, py: Python<'_>, call: F) -> Result<Result<T, F>, Error>
    where
        F: FnOnce(&mut Locked<'_>) -> Result<T, Error>,
    {
        let (attempt, common) = match self.read().as_ref() {
            Some(common) => {
                let common = common.bind(py);
                (common.get().shared().try_with(call), common.clone())
            }
            None => return Err(Error::Closed {}),
        };
        match attempt {
            Ok(Attempt { result, pending }) => {
                // Nothing is locked any more: a watcher may close this handle, and the rest of the
                // watchers is still notified, since `common` is kept.
                pending.notify();
                drop(common);
                result.map(Ok)
            }
            Err(call) => Ok(Err(call)),
        }
    }

    /// For the garbage collector. It runs on a thread that has the GIL, so nobody is writing.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&*self.read())
    }

    #[inline]
    fn read(&self) -> RwLockReadGuard<'_, Option<Py<Common>>> {
        // Nothing panics while it is locked for writing.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
