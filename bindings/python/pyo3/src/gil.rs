//! The closable handle, and the rule for two locks.
//!
//! The GIL is never held while waiting for the histogram's lock, and never taken under it:
//! otherwise a thread that has one and a thread that has the other could wait for each other.
//! So a short call *tries* our lock with the GIL held, which nearly always works and costs nothing
//! more; only when another thread holds it (then without the GIL, see below) is the GIL let go of.
//! A long call lets go of the GIL first. Either way no Python object is touched under our lock.

use crate::errors::guard;
use pyo3::prelude::*;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use tollbridge_core::{Attempt, Error, Locked, Shared};

/// A handle that can be closed, also while other threads use it: what runs already runs to its end.
///
/// The lock is held for reading during short calls, which neither wait nor run Python code,
/// and for writing only to take the histogram out. So nobody waits for it longer than a short call,
/// and a visitor may close the handle that it was called through. With a GIL nobody waits at all.
pub struct Handle(RwLock<Option<Shared>>);

impl Handle {
    pub fn new(shared: Shared) -> Self {
        Self(RwLock::new(Some(shared)))
    }

    /// Lets go of the histogram. Closing twice is allowed.
    pub fn close(&self) {
        let taken = self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(taken); // not under the lock: this may free megabytes
    }

    pub fn is_closed(&self) -> bool {
        self.read().is_none()
    }

    /// The histogram itself, which stays alive with what is returned.
    pub fn shared(&self) -> Result<Shared, Error> {
        self.read().clone().ok_or(Error::Closed {})
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
        guard(py, || match self.try_with(call)? {
            Ok(value) => Ok(value),
            Err(call) => {
                let shared = self.shared()?;
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
            let shared = self.shared()?;
            py.detach(|| call(&shared))
        })
    }

    /// The first half of [`with`](Self::with): gives `call` back when it would have to wait.
    #[inline]
    pub fn try_with<T, F>(&self, call: F) -> Result<Result<T, F>, Error>
    where
        F: FnOnce(&mut Locked<'_>) -> Result<T, Error>,
    {
        let attempt = match self.read().as_ref() {
            Some(shared) => shared.try_with(call),
            None => return Err(Error::Closed {}),
        };
        match attempt {
            Ok(Attempt { result, due }) => {
                due.tell(); // nothing is locked any more: a watcher may close this handle
                result.map(Ok)
            }
            Err(call) => Ok(Err(call)),
        }
    }

    #[inline]
    fn read(&self) -> RwLockReadGuard<'_, Option<Shared>> {
        // Nothing panics while it is locked for writing.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
