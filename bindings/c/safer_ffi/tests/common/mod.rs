//! What both sets of tests need.

use safer_ffi::prelude::*;
use std::mem::MaybeUninit;
use tollbridge_safer_ffi::*;

/// The name of an error, empty for none, with its message. Frees it.
pub fn take(error: Failure) -> (String, String) {
    let details = tbs_error_info(error.as_deref());
    let said = (details.name.to_string(), details.message.to_string());
    tbs_error_free(error);
    said
}

/// The name alone.
pub fn name(error: Failure) -> String {
    take(error).0
}

/// What a call that must succeed wrote.
pub fn must<T: ReprC>(call: impl FnOnce(Out<'_, T>) -> Failure) -> T {
    let mut out = MaybeUninit::uninit();
    assert_eq!(take(call((&mut out).into())), Default::default());
    // SAFETY: written on success.
    unsafe { out.assume_init() }
}

/// A histogram from 1 to 1000.
pub fn new() -> repr_c::Box<tbs_histogram> {
    let config = tbs_config {
        lowest: 1,
        highest: 1000,
        significant_digits: 1,
    };
    must(|histogram| tbs_histogram_new(config, Some(histogram)))
}

/// How many values were recorded.
pub fn len(histogram: &tbs_histogram) -> u64 {
    must(|count| tbs_histogram_len(Some(histogram), Some(count)))
}
