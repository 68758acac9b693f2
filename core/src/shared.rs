//! The handle that bridges carry.

use crate::{Bucket, Buckets, Config, Error, Histogram, Scan, Summary};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

/// A histogram that any number of threads may use through any number of handles.
///
/// Cloning makes another handle to the same histogram; the last one dropped frees it.
/// One mutex guards it. It is never held while a visitor or an iterator runs: both walk a copy of
/// the counts. A panic under the lock leaves the histogram [`Error::Poisoned`] for good,
/// which every operation answers besides the errors named by [`Histogram`]'s of the same name.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<Histogram>>);

impl From<Histogram> for Shared {
    fn from(histogram: Histogram) -> Self {
        Self(Arc::new(Mutex::new(histogram)))
    }
}

impl Shared {
    /// An empty histogram behind a new handle. See [`Histogram::new`].
    pub fn new(config: Config) -> Result<Self, Error> {
        Histogram::new(config).map(Self::from)
    }

    /// Runs `f` on the histogram, alone. It must not call into a host, nor use this handle.
    #[inline]
    pub fn with<T>(&self, f: impl FnOnce(&mut Histogram) -> Result<T, Error>) -> Result<T, Error> {
        f(&mut *self.lock()?)
    }

    // ANCHOR: try_with
    /// [`with`](Self::with) if no other thread holds the lock; else gives `f` back.
    ///
    /// For hosts with a lock of their own (Python's GIL, Ruby's GVL), which must not be held while
    /// waiting for ours: try first, and only when it is taken let go of the host's and use `with`.
    #[inline]
    pub fn try_with<T, F>(&self, f: F) -> Result<Result<T, Error>, F>
    where
        F: FnOnce(&mut Histogram) -> Result<T, Error>,
    {
        match self.0.try_lock() {
            Ok(mut histogram) => Ok(f(&mut histogram)),
            Err(TryLockError::Poisoned(_)) => Ok(Err(Error::Poisoned {})),
            Err(TryLockError::WouldBlock) => Err(f),
        }
    }
    // ANCHOR_END: try_with

    #[inline]
    fn lock(&self) -> Result<MutexGuard<'_, Histogram>, Error> {
        self.0.lock().map_err(|_| Error::Poisoned {})
    }

    /// A copy of the histogram as it is now, for work that should not hold the lock.
    pub fn snapshot(&self) -> Result<Histogram, Error> {
        self.with(|h| Ok(h.clone()))
    }

    /// See [`Histogram::config`].
    pub fn config(&self) -> Result<Config, Error> {
        self.with(|h| Ok(h.config()))
    }

    /// See [`Histogram::record`].
    #[inline]
    pub fn record(&self, value: u64) -> Result<(), Error> {
        self.with(|h| h.record(value))
    }

    /// See [`Histogram::record_n`].
    pub fn record_n(&self, value: u64, count: u64) -> Result<(), Error> {
        self.with(|h| h.record_n(value, count))
    }

    /// See [`Histogram::record_all`].
    pub fn record_all(&self, values: &[u64]) -> Result<(), Error> {
        self.with(|h| h.record_all(values))
    }

    /// See [`Histogram::record_durations`].
    pub fn record_durations(&self, text: &str) -> Result<u64, Error> {
        self.with(|h| h.record_durations(text))
    }

    /// See [`Histogram::len`].
    pub fn len(&self) -> Result<u64, Error> {
        self.with(|h| Ok(h.len()))
    }

    /// See [`Histogram::is_empty`].
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.with(|h| Ok(h.is_empty()))
    }

    /// See [`Histogram::min`].
    pub fn min(&self) -> Result<Option<u64>, Error> {
        self.with(|h| Ok(h.min()))
    }

    /// See [`Histogram::max`].
    pub fn max(&self) -> Result<Option<u64>, Error> {
        self.with(|h| Ok(h.max()))
    }

    /// See [`Histogram::mean`].
    pub fn mean(&self) -> Result<Option<f64>, Error> {
        self.with(|h| Ok(h.mean()))
    }

    /// See [`Histogram::stdev`].
    pub fn stdev(&self) -> Result<Option<f64>, Error> {
        self.with(|h| Ok(h.stdev()))
    }

    /// See [`Histogram::value_at_quantile`].
    pub fn value_at_quantile(&self, quantile: f64) -> Result<Option<u64>, Error> {
        self.with(|h| h.value_at_quantile(quantile))
    }

    /// See [`Histogram::values_at_quantiles`].
    pub fn values_at_quantiles(&self, quantiles: &[f64]) -> Result<Option<Vec<u64>>, Error> {
        self.with(|h| h.values_at_quantiles(quantiles))
    }

    /// See [`Histogram::summary`].
    pub fn summary(&self) -> Result<Option<Summary>, Error> {
        self.with(|h| Ok(h.summary()))
    }

    /// See [`Histogram::buckets`]. The lock is held for the copy only.
    pub fn buckets(&self, scan: Scan) -> Result<Buckets, Error> {
        self.with(|h| h.buckets(scan))
    }

    /// See [`Histogram::for_each_bucket`]. The visitor may use this handle: no lock is held.
    pub fn for_each_bucket<B>(
        &self,
        scan: Scan,
        visitor: impl FnMut(Bucket) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Error> {
        Ok(self.buckets(scan)?.try_for_each(visitor))
    }

    /// A copy of the tag. See [`Histogram::tag`].
    pub fn tag(&self) -> Result<String, Error> {
        self.with(|h| Ok(h.tag().to_owned()))
    }

    /// See [`Histogram::set_tag`].
    pub fn set_tag(&self, tag: &str) -> Result<(), Error> {
        self.with(|h| h.set_tag(tag))
    }

    /// See [`Histogram::merge`]. `other` may be this very histogram, whose counts then double;
    /// two histograms that are merged into each other from two threads do not deadlock.
    pub fn merge(&self, other: &Self) -> Result<(), Error> {
        let (own, others) = (Arc::as_ptr(&self.0), Arc::as_ptr(&other.0));
        if own == others {
            return self.with(Histogram::merge_self);
        }
        // ANCHOR: merge
        // Everyone locks the lower address first.
        let (mut into, from);
        if own < others {
            into = self.lock()?;
            from = other.lock()?;
        } else {
            from = other.lock()?;
            into = self.lock()?;
        }
        into.merge(&from)
        // ANCHOR_END: merge
    }

    /// See [`Histogram::encode`]. The lock is held for a copy of the counts only.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        Ok(self.snapshot()?.encode())
    }

    /// See [`Histogram::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Histogram::decode(bytes).map(Self::from)
    }
}
