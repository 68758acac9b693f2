//! Handles: numbers that are looked up, so that a stale one is an error.

use crate::error::Failure;
use crate::memory::null;
use ffi_support::handle_map::MAX_CAPACITY;
use ffi_support::{ConcurrentHandleMap, Handle, HandleError};
use std::sync::{LazyLock, Mutex};
use tollbridge_core::Error;

/// A map never grows to its last entry, and ends its list of free ones with the one before.
const HANDLE_LIMIT: usize = MAX_CAPACITY - 2;

// ANCHOR: handles
/// All handles of one type. The map's lock is held during `with` and for a moment in everything else, and
/// whoever makes or frees a handle of the type waits for it: so nothing that could take long, or call
/// back, is done under it. It is taken out of the map and done then.
pub(crate) struct Handles<T> {
    /// What an argument with such a handle is called.
    argument: &'static str,
    map: LazyLock<ConcurrentHandleMap<T>>,
}

impl<T> Handles<T> {
    pub(crate) const fn of(argument: &'static str) -> Self {
        Self {
            argument,
            map: LazyLock::new(ConcurrentHandleMap::new),
        }
    }

    /// Makes a handle. `ConcurrentHandleMap::insert` panics when the map is full, with the lock held, and
    /// no handle of the type could be used any more: so the map is asked first.
    pub(crate) fn insert(&self, item: T) -> Result<Handle, Failure> {
        let mut map = self.map.map.write().map_err(|_| Error::Poisoned {})?;
        if map.len() >= HANDLE_LIMIT {
            return Err(Failure::TooManyHandles);
        }
        Ok(map.insert(Mutex::new(item)))
    }

    /// What the handle stands for, to be used without a lock of the map.
    #[inline]
    pub(crate) fn get(&self, handle: u64) -> Result<T, Failure>
    where
        T: Clone,
    {
        self.with(handle, |item| Ok(item.clone()))
    }

    /// Runs `f` on what the handle stands for, alone. It must be short, and call nothing back.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        handle: u64,
        f: impl FnOnce(&mut T) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        if handle == 0 {
            return Err(null(self.argument));
        }
        self.map.get_mut_u64(handle, f)
    }

    /// Frees a handle, and drops what it stood for once the map is unlocked.
    ///
    /// Not by `remove`, which drops under the lock what a panic has poisoned.
    pub(crate) fn free(&self, handle: u64) -> Result<(), Failure> {
        match handle {
            0 => Ok(()),
            _ => Ok(self.map.delete_u64(handle)?),
        }
    }
}
// ANCHOR_END: handles

impl From<HandleError> for Failure {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::StaleVersion => Error::Closed {}.into(),
            other => Self::InvalidHandle(other),
        }
    }
}
