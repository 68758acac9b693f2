//! The handle that bridges carry.

use crate::watch::Watchers;
use crate::{Bucket, Buckets, Config, Error, Histogram, Scan, Summary, duration};
use std::ops::{ControlFlow, Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError, Weak};

/// A histogram that any number of threads may use through any number of handles.
///
/// Cloning makes another handle to the same histogram; the last one dropped frees it, and its watchers.
/// One mutex guards it. It is never held while a visitor, an iterator or a watcher runs: the first
/// two walk a copy of the counts. A panic under the lock leaves the histogram [`Error::Poisoned`]
/// for good, which every operation answers besides the errors named by [`Histogram`]'s of the same name.
#[derive(Debug, Clone)]
pub struct Shared(Arc<State>);

#[derive(Debug)]
struct State {
    histogram: Mutex<Histogram>,
    watchers: Watchers,
}

impl From<Histogram> for Shared {
    fn from(histogram: Histogram) -> Self {
        Self(Arc::new(State {
            histogram: Mutex::new(histogram),
            watchers: Watchers::default(),
        }))
    }
}

/// A histogram under its lock. Watchers are notified of what is recorded through it once it is unlocked.
#[derive(Debug)]
pub struct Locked<'a> {
    histogram: &'a mut Histogram,
    watchers: &'a Watchers,
    pending: Option<Vec<u64>>,
}

impl Deref for Locked<'_> {
    type Target = Histogram;

    fn deref(&self) -> &Histogram {
        self.histogram
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Histogram {
        self.histogram
    }
}

impl<'a> Locked<'a> {
    #[inline]
    fn new(histogram: &'a mut Histogram, watchers: &'a Watchers) -> Self {
        Self {
            histogram,
            watchers,
            pending: None,
        }
    }

    /// See [`Histogram::record`].
    #[inline]
    pub fn record(&mut self, value: u64) -> Result<(), Error> {
        self.record_n(value, 1)
    }

    /// See [`Histogram::record_n`]. Watchers are notified once, unless `count` is 0.
    #[inline]
    pub fn record_n(&mut self, value: u64, count: u64) -> Result<(), Error> {
        self.histogram.record_n(value, count)?;
        if self.watchers.watched(value) && count > 0 {
            self.add_pending(&[value]);
        }
        Ok(())
    }

    /// See [`Histogram::record_all`].
    pub fn record_all(&mut self, values: &[u64]) -> Result<(), Error> {
        self.histogram.record_all(values)?;
        if values.iter().any(|value| self.watchers.watched(*value)) {
            self.add_pending(values);
        }
        Ok(())
    }

    /// See [`Histogram::record_durations`].
    pub fn record_durations(&mut self, text: &str) -> Result<u64, Error> {
        let values = duration::parse(text)?;
        self.record_all(&values)?;
        Ok(values.len() as u64)
    }

    #[cold]
    fn add_pending(&mut self, values: &[u64]) {
        let watched = values.iter().filter(|value| self.watchers.watched(**value));
        self.pending.get_or_insert_default().extend(watched);
    }
}

/// Values that were recorded, of which watchers are still to be notified. Usually none.
#[must_use = "watchers are notified by `notify`"]
#[derive(Debug, Default)]
pub struct Pending(Option<(Arc<State>, Values)>);

#[derive(Debug)]
enum Values {
    One(u64),
    Many(Vec<u64>),
}

impl Pending {
    /// Calls the watchers, on this thread. No lock of the caller's own may be held: they may do anything.
    #[inline(always)] // or nothing at all is written to memory, and read again
    pub fn notify(self) {
        if let Some((state, values)) = self.0 {
            values.notify(&state);
        }
    }
}

impl Values {
    #[cold]
    fn notify(&self, state: &State) {
        match self {
            Self::One(value) => state.watchers.notify(&[*value]),
            Self::Many(values) => state.watchers.notify(values),
        }
    }
}

/// What came of [`Shared::attempt`], or of a [`Shared::try_with`] that did run its closure.
#[derive(Debug)]
pub struct Attempt<T> {
    /// What the closure answered.
    pub result: Result<T, Error>,
    /// What the caller must do next, as soon as it holds no lock of its own.
    pub pending: Pending,
}

/// Stands for a watcher, and can end it. It owns nothing: the histogram may go first, and dropping
/// this ends nothing.
#[derive(Debug, Clone)]
pub struct Watch {
    state: Weak<State>,
    id: u64,
}

impl Watch {
    /// Ends the watch; false if it had ended before, by whatever way. A call that another thread
    /// is in, or just about to make, may still happen; the last of them drops the closure, and none
    /// starts after that.
    pub fn unwatch(&self) -> bool {
        let state = self.state.upgrade();
        state.is_some_and(|state| state.watchers.end(self.id))
    }
}

impl Shared {
    /// An empty histogram behind a new handle. See [`Histogram::new`].
    pub fn new(config: Config) -> Result<Self, Error> {
        Histogram::new(config).map(Self::from)
    }

    /// Runs `f` on the histogram, alone. It must not call into a host, nor use this handle.
    #[inline]
    pub fn with<T>(&self, f: impl FnOnce(&mut Locked<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let Attempt { result, pending } = self.attempt(f);
        pending.notify();
        result
    }

    /// [`with`](Self::with), but the watchers are left to the caller: for who has only borrowed this
    /// handle, which a watcher may drop. See [`Attempt::pending`].
    #[inline]
    pub fn attempt<T>(&self, f: impl FnOnce(&mut Locked<'_>) -> Result<T, Error>) -> Attempt<T> {
        match self.lock() {
            Ok(histogram) => self.run(histogram, f),
            Err(poisoned) => Attempt {
                result: Err(poisoned),
                pending: Pending::default(),
            },
        }
    }

    // ANCHOR: try_with
    /// [`with`](Self::with) if no other thread holds the lock; else gives `f` back.
    ///
    /// For hosts with a lock of their own (Python's GIL, Ruby's GVL), which must not be held while
    /// waiting for ours: try first, and only when it is taken let go of the host's and use `with`.
    /// Watchers are left to the caller, who may hold a lock that they need: see [`Attempt::pending`].
    #[inline]
    pub fn try_with<T, F>(&self, f: F) -> Result<Attempt<T>, F>
    where
        F: FnOnce(&mut Locked<'_>) -> Result<T, Error>,
    {
        match self.0.histogram.try_lock() {
            Ok(histogram) => Ok(self.run(histogram, f)),
            Err(TryLockError::Poisoned(_)) => Ok(Attempt {
                result: Err(Error::Poisoned {}),
                pending: Pending::default(),
            }),
            Err(TryLockError::WouldBlock) => Err(f),
        }
    }
    // ANCHOR_END: try_with

    #[inline]
    fn run<T>(
        &self,
        mut histogram: MutexGuard<'_, Histogram>,
        f: impl FnOnce(&mut Locked<'_>) -> Result<T, Error>,
    ) -> Attempt<T> {
        let mut locked = Locked::new(&mut histogram, &self.0.watchers);
        let result = f(&mut locked);
        let pending = |values| (Arc::clone(&self.0), Values::Many(values));
        Attempt {
            result,
            pending: Pending(locked.pending.map(pending)),
        }
    }

    /// [`with`](Self::with) for what only reads.
    #[inline]
    fn read<T>(&self, f: impl FnOnce(&Histogram) -> Result<T, Error>) -> Result<T, Error> {
        f(&*self.lock()?)
    }

    #[inline]
    fn lock(&self) -> Result<MutexGuard<'_, Histogram>, Error> {
        self.0.histogram.lock().map_err(|_| Error::Poisoned {})
    }

    // ANCHOR: watch
    /// Calls `watcher` with every value recorded at or above `limit` from now on, through any handle,
    /// until it breaks, [`Watch::unwatch`] is called, or the last handle goes. When a watcher drops the last
    /// handle, the histogram lives until the call that notified it returns: of what else that call
    /// recorded this watcher and the others are still notified.
    ///
    /// It runs on the recording thread, before `record` returns, with no lock held; several threads may
    /// call it at once. It may use this histogram, end its watch and drop the handle; of what it records
    /// itself on that thread no watcher is notified. [`record_n`](Self::record_n) notifies once;
    /// `merge` never does. A panic in it ends at the caller of the watcher: the value is recorded.
    /// The closure is dropped exactly once, when the last call has ended, also when this fails. One that owns
    /// a handle to this histogram keeps it, and itself, until the watch ends.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a limit above `highest`, which no value could reach.
    pub fn watch(
        &self,
        limit: u64,
        watcher: impl Fn(u64) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Result<Watch, Error> {
        let highest = self.config()?.highest;
        if limit > highest {
            return Err(Error::OutOfRange {
                value: limit,
                highest,
                index: 0,
            });
        }
        Ok(Watch {
            id: self.0.watchers.add(limit, Box::new(watcher)),
            state: Arc::downgrade(&self.0),
        })
    }
    // ANCHOR_END: watch

    /// A copy of the histogram as it is now, for work that should not hold the lock.
    pub fn snapshot(&self) -> Result<Histogram, Error> {
        self.read(|h| Ok(h.clone()))
    }

    /// See [`Histogram::config`].
    pub fn config(&self) -> Result<Config, Error> {
        self.read(|h| Ok(h.config()))
    }

    /// See [`Histogram::record`].
    #[inline]
    pub fn record(&self, value: u64) -> Result<(), Error> {
        // As `with` does, without the list of values that it keeps for watchers.
        self.lock()?.record(value)?;
        if self.0.watchers.watched(value) {
            self.0.watchers.notify(&[value]);
        }
        Ok(())
    }

    /// [`record`](Self::record), but the watchers are left to the caller, as by [`attempt`](Self::attempt).
    #[inline]
    pub fn record_pending(&self, value: u64) -> Result<Pending, Error> {
        self.lock()?.record(value)?;
        let pending = || (Arc::clone(&self.0), Values::One(value));
        Ok(Pending(self.0.watchers.watched(value).then(pending)))
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
        self.read(|h| Ok(h.len()))
    }

    /// See [`Histogram::is_empty`].
    pub fn is_empty(&self) -> Result<bool, Error> {
        self.read(|h| Ok(h.is_empty()))
    }

    /// See [`Histogram::min`].
    pub fn min(&self) -> Result<Option<u64>, Error> {
        self.read(|h| Ok(h.min()))
    }

    /// See [`Histogram::max`].
    pub fn max(&self) -> Result<Option<u64>, Error> {
        self.read(|h| Ok(h.max()))
    }

    /// See [`Histogram::mean`].
    pub fn mean(&self) -> Result<Option<f64>, Error> {
        self.read(|h| Ok(h.mean()))
    }

    /// See [`Histogram::stdev`].
    pub fn stdev(&self) -> Result<Option<f64>, Error> {
        self.read(|h| Ok(h.stdev()))
    }

    /// See [`Histogram::value_at_quantile`].
    pub fn value_at_quantile(&self, quantile: f64) -> Result<Option<u64>, Error> {
        self.read(|h| h.value_at_quantile(quantile))
    }

    /// See [`Histogram::values_at_quantiles`].
    pub fn values_at_quantiles(&self, quantiles: &[f64]) -> Result<Option<Vec<u64>>, Error> {
        self.read(|h| h.values_at_quantiles(quantiles))
    }

    /// See [`Histogram::summary`].
    pub fn summary(&self) -> Result<Option<Summary>, Error> {
        self.read(|h| Ok(h.summary()))
    }

    /// See [`Histogram::buckets`]. The lock is held for the copy only.
    pub fn buckets(&self, scan: Scan) -> Result<Buckets, Error> {
        self.read(|h| h.buckets(scan))
    }

    /// See [`Histogram::for_each_bucket`]. The visitor may use this handle: no lock is held.
    pub fn for_each_bucket<B>(
        &self,
        scan: Scan,
        visitor: impl FnMut(Bucket) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Error> {
        Ok(self.buckets(scan)?.try_for_each(visitor))
    }

    // ANCHOR: tag
    /// A copy of the tag. See [`Histogram::tag`].
    pub fn tag(&self) -> Result<String, Error> {
        self.read(|h| Ok(h.tag().to_owned()))
    }
    // ANCHOR_END: tag

    /// See [`Histogram::set_tag`].
    pub fn set_tag(&self, tag: &str) -> Result<(), Error> {
        self.with(|h| h.set_tag(tag))
    }

    /// See [`Histogram::merge`]. `other` may be this very histogram, whose counts then double;
    /// two histograms that are merged into each other from two threads do not deadlock.
    pub fn merge(&self, other: &Self) -> Result<(), Error> {
        let (own, others) = (Arc::as_ptr(&self.0), Arc::as_ptr(&other.0));
        if own == others {
            return self.with(|h| h.merge_self());
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

    /// See [`Histogram::render`]. The lock is held for a copy of the counts only.
    pub fn render(&self, ticks: u32, unit: f64) -> Result<String, Error> {
        self.snapshot()?.render(ticks, unit)
    }

    /// See [`Histogram::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Histogram::decode(bytes).map(Self::from)
    }
}
