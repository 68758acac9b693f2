//! What C has for a slice: nothing in it is checked.

use std::ptr;

#[repr(C)]
pub struct Slice<T> {
    pub ptr: *const T,
    pub len: usize,
}

pub fn slice<T>(items: &[T]) -> Slice<T> {
    Slice {
        ptr: items.as_ptr(),
        len: items.len(),
    }
}

pub fn nowhere<T>(len: usize) -> Slice<T> {
    Slice {
        ptr: ptr::null(),
        len,
    }
}

/// Room for `count` items at an address that is odd for them.
pub fn odd<T>(bytes: &mut Vec<u8>, count: usize) -> *mut T {
    bytes.resize((count + 1) * size_of::<T>(), 0);
    let start = bytes.as_mut_ptr();
    let shift = usize::from(start.cast::<T>().is_aligned());
    // SAFETY: there is room for one more.
    unsafe { start.add(shift).cast() }
}
