//! What crosses as pointer and length, or as a C string: checked before Rust sees it, and given back as
//! owned memory.

use crate::error::Failure;
use ffi_support::FfiStr;
use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;
use tollbridge_core::Error;

// ANCHOR: by_value
/// Lets records be results: as themselves, all zero when the call fails.
macro_rules! return_by_value {
    ($($record:ty),*) => {$(
        // SAFETY: the default is a value of the type, and safe to give away.
        unsafe impl ffi_support::IntoFfi for $record {
            type Value = Self;

            fn ffi_default() -> Self {
                // SAFETY: numbers and pointers only, all of which may be zero.
                unsafe { std::mem::zeroed() }
            }

            fn into_ffi_value(self) -> Self {
                self
            }
        }
    )*};
}
pub(crate) use return_by_value;
// ANCHOR_END: by_value

/// A borrowed argument that must not be NULL.
pub(crate) fn required<T>(argument: &'static str, pointer: Option<T>) -> Result<T, Failure> {
    pointer.ok_or_else(|| null(argument))
}

pub(crate) fn null(argument: &'static str) -> Failure {
    let argument = argument.into();
    Error::NullArgument { argument }.into()
}

pub(crate) fn no_value(argument: &'static str, value: u64) -> Failure {
    let argument = argument.into();
    Error::InvalidEnum { argument, value }.into()
}

// ANCHOR: slice
/// NULL, alignment and length, in the order in which they must be known before a slice may exist.
/// Misaligned items are copied; NULL with length 0 is empty.
///
/// # Safety
/// Unless NULL, `data` points to `length` initialised items that nobody writes to during `'a`.
pub(crate) unsafe fn slice<'a, T: Copy>(
    argument: &'static str,
    data: *const T,
    length: usize,
) -> Result<Cow<'a, [T]>, Failure> {
    check_length::<T>(argument, length)?;
    if length == 0 {
        return Ok(Cow::Borrowed(&[]));
    }
    if data.is_null() {
        return Err(null(argument));
    }
    if !data.is_aligned() {
        // SAFETY: `length` items are readable; read_unaligned asks for no more.
        let item = |i| unsafe { data.add(i).read_unaligned() };
        return Ok(Cow::Owned((0..length).map(item).collect()));
    }
    // SAFETY: not NULL, aligned, within isize::MAX, and the caller's promise.
    Ok(Cow::Borrowed(unsafe {
        std::slice::from_raw_parts(data, length)
    }))
}
// ANCHOR_END: slice

// ANCHOR: c_string
/// Text that ends with a NUL, by ffi-support's own type. That has one answer for NULL and for what is
/// not UTF-8: so the one is asked before, and where the other is bad is looked up afterwards.
///
/// # Safety
/// Unless NULL, `text` ends with a NUL, and nobody writes to it during `'a`.
pub(crate) unsafe fn c_string<'a>(
    argument: &'static str,
    text: *const c_char,
) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(null(argument));
    }
    // SAFETY: the caller's promise.
    if let Some(text) = unsafe { FfiStr::from_raw(text) }.as_opt_str() {
        return Ok(text);
    }
    // SAFETY: as above.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str()
        .map_err(|error| invalid_text(text.to_bytes(), error.valid_up_to()))
}
// ANCHOR_END: c_string

// ANCHOR: text
/// As [`slice`], checked to be UTF-8, and borrowed.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn text<'a>(
    argument: &'static str,
    data: *const c_char,
    length: usize,
) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(argument, data, length)? };
    simdutf8::compat::from_utf8(bytes).map_err(|error| invalid_text(bytes, error.valid_up_to()))
}

fn invalid_text(bytes: &[u8], valid: usize) -> Failure {
    let valid = String::from_utf8_lossy(&bytes[..valid]);
    let offset = valid.chars().count() as u64;
    Error::InvalidText { offset }.into()
}

/// As [`slice`], without the copy: bytes are always aligned.
///
/// # Safety
/// As [`slice`].
unsafe fn bytes<'a>(
    argument: &'static str,
    data: *const c_char,
    length: usize,
) -> Result<&'a [u8], Failure> {
    check_length::<u8>(argument, length)?;
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(null(argument));
    }
    // SAFETY: not NULL, within isize::MAX, and the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}
// ANCHOR_END: text

/// A file's name: bytes as Unix has them, which are not checked; text elsewhere.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn path<'a>(
    argument: &'static str,
    data: *const c_char,
    length: usize,
) -> Result<&'a Path, Failure> {
    #[cfg(unix)]
    // SAFETY: the caller's promise.
    let name = std::os::unix::ffi::OsStrExt::from_bytes(unsafe { bytes(argument, data, length)? });
    #[cfg(not(unix))]
    // SAFETY: the caller's promise.
    let name = std::ffi::OsStr::new(unsafe { text(argument, data, length)? });
    Ok(Path::new::<std::ffi::OsStr>(name))
}

/// Checks where `length` items will be written, before anything is changed.
pub(crate) fn writable<T>(
    argument: &'static str,
    data: *mut T,
    length: usize,
) -> Result<(), Failure> {
    check_length::<T>(argument, length)?;
    if length > 0 && data.is_null() {
        Err(null(argument))
    } else {
        Ok(())
    }
}

/// Writes items where [`writable`] was asked; the memory may be misaligned and uninitialised.
///
/// # Safety
/// `data` has room for `items`, which do not overlap it.
pub(crate) unsafe fn write<T: Copy>(items: &[T], data: *mut T) {
    let size = size_of_val(items);
    if size > 0 {
        // SAFETY: the caller's promise; bytes have no alignment.
        unsafe { ptr::copy_nonoverlapping(items.as_ptr().cast::<u8>(), data.cast::<u8>(), size) };
    }
}

/// Writes an `Option`: the value where there is one, and the answer whether there is.
pub(crate) fn write_option<T>(option: Option<T>, value: &mut MaybeUninit<T>) -> bool {
    option.map(|some| value.write(some)).is_some()
}

fn check_length<T>(argument: &'static str, length: usize) -> Result<(), Failure> {
    let limit = isize::MAX as usize / size_of::<T>();
    if length > limit {
        let (argument, length, limit) = (argument.into(), length as u64, limit as u64);
        return Err(Error::InvalidLength {
            argument,
            length,
            limit,
        }
        .into());
    }
    Ok(())
}
