//! What callbacks may free while they run, for Miri to look at: `cargo miri test -p tollbridge-c-cabi --test callbacks`.
//! What they do is for bindings/c/tests/tests.c.

#[path = "common/user.rs"]
mod user;

use std::mem::MaybeUninit;
use std::thread;
use tollbridge::*;
use user::{free_handle, watched};

/// Any thread may use it.
struct Handle(*const tb_histogram);

// SAFETY: as the header promises.
unsafe impl Send for Handle {}

impl Handle {
    fn record(self, value: u64) -> Option<Box<tb_error>> {
        // SAFETY: a handle that lives when the call begins.
        unsafe { tb_histogram_record(self.0, value) }
    }
}

#[test]
fn a_watcher_may_free_the_handle_that_records() {
    for way in 0..5 {
        let (user, error) = watched(5, Some(free_handle));
        assert!(error.is_none());
        let mut recorded = MaybeUninit::uninit();
        // SAFETY: nothing is freed before the watcher is called, and lengths are as given.
        let error = unsafe {
            let histogram = (*user).histogram;
            match way {
                0 => tb_histogram_record(histogram, 7),
                1 => tb_histogram_record_n(histogram, 7, 3),
                2 => tb_histogram_record_all(histogram, [1, 7].as_ptr(), 2),
                3 => tb_histogram_record_durations(
                    histogram,
                    c"7ns".as_ptr(),
                    3,
                    Some(&mut recorded),
                ),
                _ => {
                    let handle = Handle(histogram);
                    thread::spawn(move || handle.record(7))
                        .join()
                        .expect("no panic")
                }
            }
        };
        assert!(error.is_none());
    }
}

#[test]
fn a_destructor_may_free_the_handle_and_where_the_watch_lies() {
    let (_gone, error) = watched(1001, Some(free_handle));
    assert_eq!(
        tb_error_code(error.as_deref()),
        tb_code::TB_ERR_OUT_OF_RANGE as i32
    );
    tb_error_free(error);
}
