//! What crosses as pointer and length: checked before Rust sees a slice, and given back as owned memory.

use crate::guard::guard_free;
use std::borrow::Cow;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;
use tollbridge_core::Error;

/// Bytes that the caller owns. Initialise with `{0}`, free with tb_bytes_free.
#[repr(C)]
pub struct tb_bytes {
    /// NULL when empty.
    pub data: *mut u8,
    /// In bytes.
    pub length: usize,
}

/// UTF-8 text that the caller owns. Initialise with `{0}`, free with tb_text_free.
#[repr(C)]
pub struct tb_text {
    /// Never NULL in a result. A NUL follows the text, which may itself hold NULs: trust the length.
    pub data: *mut c_char,
    /// In bytes, without the NUL that follows.
    pub length: usize,
}

/// Frees the memory and sets `*bytes` to `{0}`, so that freeing twice is harmless.
///
/// NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tb_bytes_free(bytes: Option<&mut tb_bytes>) {
    let Some(bytes) = bytes else { return };
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    guard_free(|| unsafe { take(&mut bytes.data, &mut bytes.length, 0) });
}

/// Frees the memory and sets `*text` to `{0}`, so that freeing twice is harmless.
///
/// NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tb_text_free(text: Option<&mut tb_text>) {
    let Some(text) = text else { return };
    // SAFETY: the pair came from `give_text`, which allocated one byte more, or is zero.
    guard_free(|| unsafe { take(&mut text.data, &mut text.length, 1) });
}

pub(crate) fn give_bytes(bytes: Vec<u8>) -> tb_bytes {
    let (data, length) = give(bytes);
    tb_bytes { data, length }
}

pub(crate) fn give_text(text: String) -> tb_text {
    let mut bytes = text.into_bytes();
    bytes.reserve_exact(1);
    bytes.push(0);
    let (data, length) = give(bytes);
    tb_text {
        data: data.cast(),
        length: length - 1,
    }
}

// ANCHOR: give
/// Hands a vector to C as pointer and length. The pointer is NULL when there is nothing.
pub(crate) fn give<T>(items: Vec<T>) -> (*mut T, usize) {
    let length = items.len();
    if length == 0 {
        return (ptr::null_mut(), 0);
    }
    (Box::into_raw(items.into_boxed_slice()).cast(), length)
}
// ANCHOR_END: give

// ANCHOR: take
/// Takes back what [`give`] handed out and zeroes the pair; `extra` items follow the `length` ones.
///
/// # Safety
/// The pair is from `give` (less `extra`) and was not taken before, or its pointer is NULL.
pub(crate) unsafe fn take<T>(data: &mut *mut T, length: &mut usize, extra: usize) {
    let items = ptr::slice_from_raw_parts_mut(*data, *length + extra);
    *data = ptr::null_mut();
    *length = 0;
    if !items.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(items) });
    }
}
// ANCHOR_END: take

/// A borrowed argument that must not be NULL.
pub(crate) fn required<T>(argument: &'static str, pointer: Option<T>) -> Result<T, Error> {
    pointer.ok_or_else(|| null(argument))
}

pub(crate) fn null(argument: &'static str) -> Error {
    Error::NullArgument {
        argument: argument.into(),
    }
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
) -> Result<Cow<'a, [T]>, Error> {
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

// ANCHOR: text
/// As [`slice`], checked to be UTF-8, and borrowed.
///
/// # Safety
/// As [`slice`].
pub(crate) unsafe fn text<'a>(
    argument: &'static str,
    data: *const c_char,
    length: usize,
) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { bytes(argument, data, length)? };
    simdutf8::compat::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Error::InvalidText {
            offset: valid.chars().count() as u64,
        }
    })
}

/// As [`slice`], without the copy: bytes are always aligned.
///
/// # Safety
/// As [`slice`].
unsafe fn bytes<'a>(
    argument: &'static str,
    data: *const c_char,
    length: usize,
) -> Result<&'a [u8], Error> {
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
) -> Result<&'a Path, Error> {
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
) -> Result<(), Error> {
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

/// Writes an `Option` as a flag and, when there is one, a value.
pub(crate) fn write_option<T>(
    option: Option<T>,
    found: &mut MaybeUninit<bool>,
    value: &mut MaybeUninit<T>,
) {
    found.write(option.is_some());
    if let Some(some) = option {
        value.write(some);
    }
}

fn check_length<T>(argument: &'static str, length: usize) -> Result<(), Error> {
    let limit = isize::MAX as usize / size_of::<T>();
    if length > limit {
        let (length, limit) = (length as u64, limit as u64);
        return Err(Error::InvalidLength {
            argument: argument.into(),
            length,
            limit,
        });
    }
    Ok(())
}
