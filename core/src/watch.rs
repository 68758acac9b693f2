//! Watchers: callbacks that a histogram keeps, and calls from whichever thread records.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// Whether this thread is inside a watcher: of what that records nobody is notified.
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
    /// By ascending id. Changed in place unless somebody calls them, who walks the list of the moment:
    /// then a copy takes its place.
    watchers: Arc<Vec<Arc<Watcher>>>,
    /// How many have each limit.
    limits: BTreeMap<u64, usize>,
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

    /// Whether somebody must be notified of `value`. Values are at most 2^63 - 1.
    #[inline]
    pub(crate) fn watched(&self, value: u64) -> bool {
        value >= self.lowest.load(Ordering::Relaxed) && !is_calling()
    }

    pub(crate) fn add(&self, limit: u64, call: Call) -> u64 {
        let mut list = self.list();
        list.last_id += 1;
        let id = list.last_id;
        Arc::make_mut(&mut list.watchers).push(Arc::new(Watcher {
            id,
            limit,
            ended: AtomicBool::new(false),
            call,
        }));
        *list.limits.entry(limit).or_default() += 1;
        self.set_lowest(&list);
        id
    }

    /// Whether this call ended it. The last call in flight, or about to be, drops the closure.
    pub(crate) fn end(&self, id: u64) -> bool {
        let ended = {
            let mut list = self.list();
            let Ok(index) = list
                .watchers
                .binary_search_by_key(&id, |watcher| watcher.id)
            else {
                return false;
            };
            let watcher = Arc::make_mut(&mut list.watchers).remove(index);
            watcher.ended.store(true, Ordering::Release);
            if let Entry::Occupied(mut same) = list.limits.entry(watcher.limit) {
                *same.get_mut() -= 1;
                if *same.get() == 0 {
                    same.remove();
                }
            }
            self.set_lowest(&list);
            watcher
        };
        drop(ended); // and with it, perhaps, the closure: not under the lock
        true
    }

    fn set_lowest(&self, list: &List) {
        let lowest = list.limits.keys().next().copied();
        self.lowest
            .store(lowest.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    // ANCHOR: notify
    /// Calls every watcher whose limit a value reaches, in the order of the values.
    pub(crate) fn notify(&self, values: &[u64]) {
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
    // ANCHOR_END: notify
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
