//! What several of these tests need.

use std::mem::MaybeUninit;
use tollbridge_ffi_support::*;

/// What a call returned, and how it failed.
pub fn result<R>(call: impl FnOnce(*mut tbf_error) -> R) -> Result<R, (i32, String)> {
    let mut error = MaybeUninit::uninit(); // the call writes it, whatever comes of it
    let returned = call(error.as_mut_ptr());
    // SAFETY: as above.
    let mut error = unsafe { error.assume_init() };
    let (code, message) = (error.base.get_code().code(), error.base.get_message());
    let failed = (code != 0).then(|| (code, message.as_str().to_owned()));
    for _ in 0..2 {
        tbf_error_free(Some(&mut error)); // twice is allowed
    }
    failed.map_or(Ok(returned), Err)
}

pub fn code<R>(call: impl FnOnce(*mut tbf_error) -> R) -> i32 {
    result(call).err().map_or(0, |(code, _)| code)
}

/// What a call that must succeed returned.
pub fn must<R>(call: impl FnOnce(*mut tbf_error) -> R) -> R {
    result(call).expect("it succeeds")
}

pub fn new() -> u64 {
    let config = tbf_config {
        lowest: 1,
        highest: 1000,
        significant_digits: 1,
    };
    // SAFETY: `result` says where the error goes; so below.
    must(|error| unsafe { tbf_histogram_new(Some(&config), error) })
}

pub fn free(histogram: u64) -> i32 {
    // SAFETY: as in `new`.
    code(|error| unsafe { tbf_histogram_free(histogram, error) })
}

pub fn record(histogram: u64, value: u64) -> i32 {
    // SAFETY: as in `new`.
    code(|error| unsafe { tbf_histogram_record(histogram, value, error) })
}

/// What the error has besides its code and message.
pub fn details(error: &tbf_error) -> tbf_error_details {
    let mut details = MaybeUninit::uninit();
    tbf_error_info(Some(error), Some(&mut details));
    // SAFETY: filled whatever the error.
    unsafe { details.assume_init() }
}
