//! Watchers: callbacks that a histogram keeps, and calls from whichever thread records.

use std::cell::Cell;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// Whether this thread is inside a watcher: what that records, nobody is told.
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

pub(crate) type Call = Box<dyn Fn(u64) -> ControlFlow<()> + Send + Sync>;

struct Watcher {
    id: u64,
    limit: u64,
    ended: AtomicBool,
    call: Call,
}

/// The watchers of one histogram. They have a lock of their own, which is held neither while a
/// watcher is called nor while one is dropped, so that a poisoned histogram can still let them go.
pub(crate) struct Watchers {
    /// The lowest limit of all, which no value reaches when there is none: all that recording looks at.
    lowest: AtomicU64,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    /// Replaced as a whole: whoever calls them walks the list of the moment.
    watchers: Arc<[Arc<Watcher>]>,
    last_id: u64,
}

impl Default for Watchers {
    fn default() -> Self {
        Self {
            lowest: AtomicU64::new(u64::MAX),
            list: Mutex::default(),
        }
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.list().watchers.len();
        f.debug_struct("Watchers").field("count", &count).finish()
    }
}

impl Watchers {
    fn list(&self) -> MutexGuard<'_, List> {
        // Nothing panics under this lock.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody must be told of `value`. Values are at most 2^63 - 1.
    #[inline]
    pub(crate) fn heed(&self, value: u64) -> bool {
        value >= self.lowest.load(Ordering::Relaxed) && !is_calling()
    }

    pub(crate) fn add(&self, limit: u64, call: Call) -> u64 {
        let mut list = self.list();
        list.last_id += 1;
        let watcher = Arc::new(Watcher {
            id: list.last_id,
            limit,
            ended: AtomicBool::new(false),
            call,
        });
        let all = list.watchers.iter().cloned().chain([watcher]).collect();
        self.replace(&mut list, all);
        list.last_id
    }

    /// Whether this call ended it. The last call in flight, or about to be, drops the closure.
    pub(crate) fn end(&self, id: u64) -> bool {
        let old = {
            let mut list = self.list();
            let Some(watcher) = list.watchers.iter().find(|watcher| watcher.id == id) else {
                return false;
            };
            watcher.ended.store(true, Ordering::Release);
            let others = list.watchers.iter().filter(|watcher| watcher.id != id);
            let others = others.cloned().collect();
            self.replace(&mut list, others)
        };
        drop(old); // and with it, perhaps, the closure: not under the lock
        true
    }

    fn replace(&self, list: &mut List, all: Arc<[Arc<Watcher>]>) -> Arc<[Arc<Watcher>]> {
        let lowest = all.iter().map(|watcher| watcher.limit).min();
        self.lowest
            .store(lowest.unwrap_or(u64::MAX), Ordering::Relaxed);
        std::mem::replace(&mut list.watchers, all)
    }

    // ANCHOR: tell
    /// Calls every watcher whose limit a value reaches, in the order of the values.
    pub(crate) fn tell(&self, values: &[u64]) {
        let watchers = Arc::clone(&self.list().watchers);
        let _calling = Calling::begin();
        for value in values {
            for watcher in watchers.iter().filter(|watcher| *value >= watcher.limit) {
                if !watcher.ended.load(Ordering::Acquire) && watcher.call(*value).is_break() {
                    self.end(watcher.id);
                }
            }
        }
    }
    // ANCHOR_END: tell
}

impl Watcher {
    /// A panic has been reported by the hook. The value is recorded, so it is no error of `record`.
    fn call(&self, value: u64) -> ControlFlow<()> {
        catch_unwind(AssertUnwindSafe(|| (self.call)(value))).unwrap_or_else(|payload| {
            std::mem::forget(payload); // to drop what nobody knows could panic again
            ControlFlow::Continue(())
        })
    }
}

/// In a shared library to find a thread's own variable is a call, which is not to be made for every record.
#[cold]
#[inline(never)]
fn is_calling() -> bool {
    CALLING.get()
}

/// While it lives, this thread is inside a watcher; then it is whatever it was before.
struct Calling {
    before: bool,
}

impl Calling {
    fn begin() -> Self {
        Self {
            before: CALLING.replace(true),
        }
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        CALLING.set(self.before);
    }
}
