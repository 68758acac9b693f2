//! Native memory, of which Python's garbage collector would not know.
//!
//! Python frees what nothing refers to at once, by its reference count. Only what is in a cycle (a
//! histogram whose watcher refers to it) waits for the collector, and that counts objects: 700 new ones
//! may be 700 histograms of 50 MiB. So live bytes are counted here, and when they have doubled since the
//! last look, and are not few, the collector runs. It is then as often as memory grows, not as time
//! goes: a program that closes its histograms, or keeps all of them, pays next to nothing.

use crate::callback;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Fewer live bytes than this are nobody's concern.
const FEW: usize = 256 << 20;

/// Bytes of all histograms and snapshots that Python objects own.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many there may be before the collector runs.
static DUE: AtomicUsize = AtomicUsize::new(FEW);

/// Some bytes, as long as it lives.
pub struct Weight(usize);

impl Weight {
    pub fn of(bytes: usize) -> Self {
        LIVE.fetch_add(bytes, Relaxed);
        Self(bytes)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        let live = LIVE.fetch_sub(self.0, Relaxed) - self.0;
        DUE.fetch_min((2 * live).max(FEW), Relaxed);
    }
}

/// To be called when something heavy was made, a snapshot too, and no lock is held: finalizers may run.
pub fn collect_if_due(py: Python<'_>) {
    if LIVE.load(Relaxed) > DUE.load(Relaxed) {
        let found = callback::collect(py);
        let live = LIVE.load(Relaxed);
        // Nothing is found while a finalizer of another thread's collection runs: then soon again.
        let more = if found { live.max(FEW / 2) } else { FEW };
        DUE.store((live + more).max(FEW), Relaxed);
    }
}
