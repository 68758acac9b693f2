//! What only probes take and hand over: the histogram answers with the crate's own ByteBuffer.

use crate::error::Failure;
use crate::memory::no_value;
use std::ptr;

/// A boolean arrives as an integer: C can put anything there.
pub(crate) fn boolean(argument: &'static str, value: u8) -> Result<bool, Failure> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(no_value(argument, value.into())),
    }
}

/// Hands a vector to C as pointer and length. The pointer is NULL when there is nothing.
pub(crate) fn give<T>(items: Vec<T>) -> (*mut T, usize) {
    let length = items.len();
    if length == 0 {
        return (ptr::null_mut(), 0);
    }
    (Box::into_raw(items.into_boxed_slice()).cast(), length)
}

/// Takes back what [`give`] handed out and zeroes the pair.
///
/// # Safety
/// The pair is from `give` and was not taken before, or its pointer is NULL.
pub(crate) unsafe fn take<T>(data: &mut *mut T, length: &mut usize) {
    let items = ptr::slice_from_raw_parts_mut(*data, *length);
    *data = ptr::null_mut();
    *length = 0;
    if !items.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(items) });
    }
}
