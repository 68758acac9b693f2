//! What several of these tests need.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use tollbridge::*;

/// The code of an error, 0 for none, with its message. Frees it.
pub fn take(error: Option<Box<tb_error>>) -> (i32, String) {
    let mut details = MaybeUninit::uninit();
    tb_error_info(error.as_deref(), Some(&mut details));
    // SAFETY: filled whatever the error.
    let details = unsafe { details.assume_init() };
    assert_eq!(details.code, tb_error_code(error.as_deref()));
    let message = match details.message.is_null() {
        true => String::new(),
        // SAFETY: NUL-terminated, and as long-lived as the error.
        false => unsafe { CStr::from_ptr(details.message) }
            .to_string_lossy()
            .into(),
    };
    assert_eq!(message.len(), details.message_length);
    tb_error_free(error);
    (details.code, message)
}

pub fn code(error: Option<Box<tb_error>>) -> i32 {
    take(error).0
}

/// What a call that must succeed wrote.
pub fn must<T>(call: impl FnOnce(&mut MaybeUninit<T>) -> Option<Box<tb_error>>) -> T {
    let mut out = MaybeUninit::uninit();
    assert_eq!(take(call(&mut out)), (0, String::new()));
    // SAFETY: written on success.
    unsafe { out.assume_init() }
}

pub fn new() -> Box<tb_histogram> {
    let config = tb_config {
        lowest: 1,
        highest: 1000,
        significant_digits: 1,
    };
    must(|histogram| tb_histogram_new(Some(&config), Some(histogram)))
}

pub fn record(histogram: &tb_histogram, value: u64) -> i32 {
    // SAFETY: a handle.
    code(unsafe { tb_histogram_record(histogram, value) })
}

pub fn len(histogram: &tb_histogram) -> u64 {
    must(|count| tb_histogram_len(Some(histogram), Some(count)))
}

/// What the error has besides its code and message; it must not be freed before.
pub fn fields(error: Option<&tb_error>) -> &[tb_error_field] {
    let mut details = MaybeUninit::uninit();
    tb_error_info(error, Some(&mut details));
    // SAFETY: filled, and as long-lived as the error.
    unsafe {
        let details = details.assume_init();
        std::slice::from_raw_parts(details.fields, details.field_count)
    }
}
