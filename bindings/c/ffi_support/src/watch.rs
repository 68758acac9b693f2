//! Watchers: functions that a histogram keeps, and calls from whichever thread records.

use crate::call::{ErrorOut, Uncancelled, call};
use crate::error::tbf_error;
use crate::handles::Handles;
use crate::histogram::HISTOGRAMS;
use crate::memory::null;
use std::ffi::c_void;
use std::ops::ControlFlow;
use tollbridge_core::Watch;

/// What stands for a watcher, and can end it. It keeps neither watcher nor histogram alive.
static WATCHES: Handles<Watch> = Handles::of("watch");

/// Gets a value that was recorded. 0 goes on, anything else ends the watch.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
///
/// It may use the histogram, end its own watch, and free any handle or watch, the handle that is
/// recorded through included. Of what it records itself on this thread no watcher is told.
/// Threads: called on whichever thread records, on several at once when several do; no lock is held.
pub type tbf_watcher = Option<unsafe extern "C" fn(user: *mut c_void, value: u64) -> i32>;

/// Lets go of `user`: no call with it is running or starts any more. May be NULL for nothing to do.
/// It must return, as every callback. It may do what a tbf_watcher may.
/// Threads: called on any thread; no lock is held.
pub type tbf_destructor = Option<unsafe extern "C" fn(user: *mut c_void)>;

// ANCHOR: user
/// What the caller gave us to keep until the last call with it has ended.
struct User {
    data: *mut c_void,
    destructor: tbf_destructor,
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
/// any thread, before the function that records returns: until it answers other than 0, tbf_watch_end
/// is called, or the last handle is freed. When a watcher frees the last handle, the histogram lives
/// until the call that told it of a value returns: what else that call recorded is still told, to this
/// watcher and to the others. tbf_histogram_record_n tells its value once, tbf_histogram_merge nothing.
///
/// Ownership: `user` is the library's until `destructor` is called with it, exactly once: when the watch
/// has ended and the last call with it has returned, on any thread. When this fails, for whatever
/// reason, that was before it returned; only with too_many_handles another thread may still be calling
/// the watcher. The watch is the caller's; free it with tbf_watch_free. Watcher and destructor may be
/// called before it is returned: store it in what `user` points to only where that lives longer.
/// A handle that `user` owns is one of the histogram's: both stay until the watch has ended.
/// NULL: `user` and `destructor` may be NULL.
/// Errors: out_of_range for a limit above the histogram's highest value, poisoned, closed,
/// invalid_handle, null_argument, too_many_handles, which ends the watch.
/// Threads: any; waits. Calls back the destructor when it fails, or when the watch has ended already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_watch(
    histogram: u64,
    limit: u64,
    watcher: tbf_watcher,
    user: *mut c_void,
    destructor: tbf_destructor,
    error: *mut tbf_error,
) -> u64 {
    // From here on it is dropped once, whichever way this ends: on success with the watch.
    let user = User {
        data: user,
        destructor,
    };
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, move || {
        let user = user; // whole, though only a part of it is used
        let watcher = watcher.ok_or_else(|| null("watcher"))?;
        let call = move |value| {
            let _uncancelled = Uncancelled::begin();
            let user = &user;
            // SAFETY: the caller's function, with the arguments it is declared for.
            match unsafe { watcher(user.data, value) } {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        };
        let watch = HISTOGRAMS.get(histogram)?.watch(limit, call)?;
        WATCHES.insert(watch.clone()).inspect_err(|_| {
            watch.unwatch();
        })
    })
}
// ANCHOR_END: watch

/// Ends a watch. Returns 1 when this call did; 0 when it had ended before, by whatever way.
/// A call that another thread is in, or just about to make, may still happen: the destructor is called
/// when none can any more, which may be in here, and no call starts after it.
///
/// It works after every handle was freed, and on a poisoned histogram.
/// Errors: closed, invalid_handle, null_argument. Threads: any; calls back the destructor. The watcher may
/// end its own watch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_watch_end(watch: u64, error: *mut tbf_error) -> u8 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(WATCHES.get(watch)?.unwatch())
    })
}

/// Frees a watch. The watcher goes on: end it before with tbf_watch_end, or let it live as long as its
/// histogram.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle. Threads: any, also while others use it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_watch_free(watch: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || WATCHES.free(watch))
}
