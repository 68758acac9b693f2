//! Arguments and calls as Rust declares them.

use crate::common::name;
use safer_ffi::layout;
use safer_ffi::prelude::*;
use tollbridge_safer_ffi::*;

/// A good argument, as C sends it. Not an option that is none: its room for a value holds nothing.
pub fn sent<T: ReprC>(value: T) -> Unchecked<T> {
    // SAFETY: in what these tests send, all but padding is initialised.
    Unchecked(unsafe { layout::into_raw(value) })
}

pub fn record(histogram: &tbs_histogram, value: u64) -> String {
    // SAFETY: a handle.
    name(unsafe { tbs_histogram_record(histogram, value) })
}
