//! Watchers: functions that a histogram keeps, and calls from whichever thread records.

use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tb_histogram};
use crate::memory::null;
use crate::tb_error;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::sync::Arc;
use tollbridge_core::Watch;

/// Stands for a watcher, and can end it. It keeps neither watcher nor histogram alive.
///
/// Ownership: the caller's; free it with tb_watch_free, which does not end the watch.
/// Threads: any number of threads may use one at once.
pub struct tb_watch(Watch);

/// Gets a value that was recorded. 0 goes on, anything else ends the watch.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
///
/// It may use the histogram, end its own watch, and free any handle or watch, the handle that is
/// recorded through included. Of what it records itself on this thread no watcher is told.
/// Threads: called on whichever thread records, on several at once when several do; no lock is held.
pub type tb_watcher = Option<unsafe extern "C" fn(user: *mut c_void, value: u64) -> i32>;

/// Lets go of `user`: no call with it is running or starts any more. May be NULL for nothing to do.
/// It must return, as every callback. It may do what a tb_watcher may.
/// Threads: called on any thread; no lock is held.
pub type tb_destructor = Option<unsafe extern "C" fn(user: *mut c_void)>;

// ANCHOR: user
/// What the caller gave us to keep until the last call with it has ended.
struct User {
    data: *mut c_void,
    destructor: tb_destructor,
}

// SAFETY: the header says that watcher and destructor may be called with `user` on any thread, and the
// watcher on several at once; Rust itself never looks at what the pointer points to.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(destructor) = self.destructor {
            let _uncancelled = Uncancelled::begin();
            // SAFETY: the caller's function, with the argument it was given for, and once.
            unsafe { destructor(self.data) };
        }
    }
}
// ANCHOR_END: user

// ANCHOR: watch
/// Calls `watcher` with every value recorded at or above `limit` from now on, through any handle and on
/// any thread, before the function that records returns: until it answers other than 0, tb_watch_end
/// is called, or the last handle is freed. When a watcher frees the last handle, the histogram lives
/// until the call that told it of a value returns: what else that call recorded is still told, to this
/// watcher and to the others. tb_histogram_record_n tells its value once, tb_histogram_merge nothing.
///
/// Ownership: `user` is the library's until `destructor` is called with it, exactly once: when the watch
/// has ended and the last call with it has returned, on any thread. When this fails, for whatever
/// reason, that was before it returned. `*watch` is the caller's; free it with tb_watch_free. `watch`
/// may lie in what `user` points to: the destructor is not called before `*watch` is written, though the
/// watcher may be.
/// A handle that `user` owns is one of the histogram's: both stay until the watch has ended.
/// NULL: `user` and `destructor` may be NULL.
/// Errors: out_of_range for a limit above the histogram's highest value, poisoned, null_argument.
/// Threads: any; waits. Calls back the destructor when it fails, or when the watch has ended already.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_watch(
    histogram: *const tb_histogram,
    limit: u64,
    watcher: tb_watcher,
    user: *mut c_void,
    destructor: tb_destructor,
    watch: *mut MaybeUninit<Box<tb_watch>>,
) -> Option<Box<tb_error>> {
    // From here on it is dropped once, whichever way this ends: on success with the watch, but not
    // before `*watch` is written, since the destructor may free where that is.
    let user = Arc::new(User {
        data: user,
        destructor,
    });
    guard(|| {
        if watch.is_null() {
            return Err(null("watch"));
        }
        let watcher = watcher.ok_or_else(|| null("watcher"))?;
        let kept = Arc::clone(&user);
        let call = move |value| {
            let _uncancelled = Uncancelled::begin();
            // SAFETY: the caller's function, with the arguments it is declared for.
            match unsafe { watcher(kept.data, value) } {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        };
        // A handle of our own: the destructor, which runs in here on failure, may free the caller's.
        // SAFETY: NULL, or a handle that is not freed yet.
        let shared = handle(unsafe { histogram.as_ref() })?.clone();
        let made = Box::new(tb_watch(shared.watch(limit, call)?));
        // SAFETY: the caller's room for a pointer.
        unsafe { watch.write(MaybeUninit::new(made)) };
        Ok(())
    })
}
// ANCHOR_END: watch

/// Ends a watch. `*ended` is whether this call did; false when it had ended before, by whatever way.
/// A call that another thread is in, or just about to make, may still happen: the destructor is called
/// when none can any more, which may be in here, and no call starts after it.
///
/// It works after every handle was freed, and on a poisoned histogram.
/// Errors: null_argument. Threads: any; calls back the destructor. The watcher may end its own watch.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_watch_end(
    watch: *const tb_watch,
    ended: *mut bool,
) -> Option<Box<tb_error>> {
    guard(|| {
        if ended.is_null() {
            return Err(null("ended"));
        }
        // A token of our own: the destructor may free the caller's.
        // SAFETY: NULL, or a watch that is not freed yet.
        let token = unsafe { watch.as_ref() }.map(|watch| watch.0.clone());
        let did = token.ok_or_else(|| null("watch"))?.unwatch();
        // SAFETY: the caller's room for a bool.
        unsafe { ended.write(did) };
        Ok(())
    })
}

/// Frees a watch. The watcher goes on: end it before with tb_watch_end, or let it live as long as its
/// histogram.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very watch.
/// Freeing twice, or using it afterwards, is undefined. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tb_watch_free(watch: Option<Box<tb_watch>>) {
    guard_free(|| drop(watch));
}
