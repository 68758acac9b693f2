//! Watchers: functions that a histogram keeps, and calls from whichever thread records.

use crate::error::Failure;
use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tbs_histogram};
use crate::unchecked::{Unchecked, null};
use safer_ffi::closure::ArcDynFn1;
use safer_ffi::prelude::*;
use std::ops::ControlFlow;
use std::sync::Arc;
use tollbridge_core::Watch;

/// Stands for a watcher, and can end it. It keeps neither watcher nor histogram alive.
///
/// Ownership: the caller's; free it with tbs_watch_free, which does not end the watch.
/// Threads: any number of threads may use one at once.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_watch {
    watch: Watch,
}

/// The caller's closure, neither called nor released while this thread may be cancelled.
struct Watcher(Option<ArcDynFn1<i32, u64>>);

impl Watcher {
    fn call(&self, value: u64) -> ControlFlow<()> {
        let _uncancelled = Uncancelled::begin();
        match self.0.as_ref().map_or(0, |closure| closure.call(value)) {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _uncancelled = Uncancelled::begin();
        drop(self.0.take());
    }
}

// ANCHOR: watch
/// Calls `watcher` with every value recorded at or above `limit` from now on, through any handle and on
/// any thread, before the function that records returns: until it answers other than 0, tbs_watch_end
/// is called, or the last handle is freed. When a watcher frees the last handle, the histogram lives
/// until the call that told it of a value returns: what else that call recorded is still told, to this
/// watcher and to the others. tbs_histogram_record_n tells its value once, tbs_histogram_merge nothing.
///
/// The watcher is called on whichever thread records, on several at once when several do, with no lock
/// held. It must return: leaving it by longjmp, pthread_exit or an exception is undefined. It may use the
/// histogram, end its own watch, and free any handle or watch, the handle that is recorded through
/// included. Of what it records itself on this thread no watcher is told. `release` may do the same.
///
/// Ownership: the watcher is the library's until it calls `release`, exactly once: when the watch has
/// ended and the last call has returned, on any thread. When this fails, for whatever reason, that was
/// before it returned. `*watch` is the caller's; free it with tbs_watch_free. `watch` may lie in what
/// `env_ptr` points to: `release` is not called before `*watch` is written, though the watcher may be.
/// A handle that the watcher owns is one of the histogram's: both stay until the watch has ended.
/// NULL: `retain`, which is not called, may be NULL. A closure whose `env_ptr`, `call` or `release` is
/// NULL is none: the error null_argument, and `release`, if there is one, was called with `env_ptr`.
/// Errors: out_of_range for a limit above the histogram's highest value, poisoned, null_argument.
/// Threads: any; waits. Calls `release` when it fails, or when the watch has ended already.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_watch(
    histogram: *const tbs_histogram,
    limit: u64,
    watcher: Unchecked<ArcDynFn1<i32, u64>>,
    watch: *mut repr_c::Box<tbs_watch>,
) -> Failure {
    // From here on it is dropped once, whichever way this ends: on success with the watch, but not
    // before `*watch` is written, since `release` may free where that is.
    // SAFETY: the closure's functions are the caller's, with the arguments they are declared for.
    let watcher = unsafe { watcher.owned() }.map(|closure| Arc::new(Watcher(Some(closure))));
    guard(|| {
        if watch.is_null() {
            return Err(null("watch"));
        }
        let kept = watcher.clone().ok_or_else(|| null("watcher"))?;
        let call = move |value| kept.call(value);
        // A handle of our own: `release`, which runs in here on failure, may free the caller's.
        // SAFETY: NULL, or a handle that is not freed yet.
        let shared = handle(unsafe { histogram.as_ref() })?.clone();
        let made = Box::new(tbs_watch {
            watch: shared.watch(limit, call)?,
        });
        // SAFETY: the caller's room for a pointer.
        unsafe { watch.write(made.into()) };
        Ok(())
    })
}
// ANCHOR_END: watch

/// Ends a watch. `*ended` is whether this call did; false when it had ended before, by whatever way.
/// A call that another thread is in, or just about to make, may still happen: `release` is called
/// when none can any more, which may be in here, and no call starts after it.
///
/// It works after every handle was freed, and on a poisoned histogram.
/// Errors: null_argument. Threads: any; calls back `release`. The watcher may end its own watch.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_watch_end(watch: *const tbs_watch, ended: *mut bool) -> Failure {
    guard(|| {
        if ended.is_null() {
            return Err(null("ended"));
        }
        // A token of our own: `release` may free the caller's.
        // SAFETY: NULL, or a watch that is not freed yet.
        let token = unsafe { watch.as_ref() }.map(|watch| watch.watch.clone());
        let did = token.ok_or_else(|| null("watch"))?.unwatch();
        // SAFETY: the caller's room for a bool.
        unsafe { ended.write(did) };
        Ok(())
    })
}

/// Frees a watch. The watcher goes on: end it before with tbs_watch_end, or let it live as long as its
/// histogram.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very watch.
/// Freeing twice, or using it afterwards, is undefined. A leaf.
#[ffi_export]
pub fn tbs_watch_free(watch: Option<repr_c::Box<tbs_watch>>) {
    guard_free(|| drop(watch));
}
