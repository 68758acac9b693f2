//! A watcher that frees what it belongs to.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use tollbridge::*;

/// What the watcher and its destructor are given.
pub struct User {
    pub histogram: *mut tb_histogram,
    watch: MaybeUninit<Box<tb_watch>>,
    calls: u32,
}

fn made<T>(make: impl FnOnce(&mut MaybeUninit<T>) -> Option<Box<tb_error>>) -> T {
    let mut out = MaybeUninit::uninit();
    assert!(make(&mut out).is_none());
    // SAFETY: written on success.
    unsafe { out.assume_init() }
}

/// A histogram with a watcher that owns all there is.
pub fn watched(limit: u64, watcher: tb_watcher) -> (*mut User, Option<Box<tb_error>>) {
    let config = tb_config {
        lowest: 1,
        highest: 1000,
        significant_digits: 1,
    };
    let histogram = Box::into_raw(made(|out| tb_histogram_new(Some(&config), Some(out))));
    let user = Box::into_raw(Box::new(User {
        histogram,
        watch: MaybeUninit::uninit(),
        calls: 0,
    }));
    // SAFETY: as the header asks.
    let error = unsafe {
        tb_histogram_watch(
            histogram,
            limit,
            watcher,
            user.cast(),
            Some(free_user),
            &raw mut (*user).watch,
        )
    };
    (user, error)
}

/// Frees the handle too, unless the watcher did.
unsafe extern "C" fn free_user(user: *mut c_void) {
    // SAFETY: the last one to use it.
    let user = unsafe { Box::from_raw(user.cast::<User>()) };
    if user.calls == 0 {
        // SAFETY: made by `watched`, and not freed.
        tb_histogram_free(Some(unsafe { Box::from_raw(user.histogram) }));
    }
}

pub unsafe extern "C" fn free_handle(user: *mut c_void, _: u64) -> i32 {
    // SAFETY: the library's own until the destructor runs.
    let user = unsafe { &mut *user.cast::<User>() };
    user.calls += 1;
    // SAFETY: the handle is this one's to free, and the watch was written.
    unsafe {
        tb_histogram_free(Some(Box::from_raw(user.histogram)));
        tb_watch_free(Some(user.watch.assume_init_read()));
    }
    1
}
