//! Arguments as C sent them: asked whether they are valid before they are what they say.

use crate::guard::Uncancelled;
use safer_ffi::closure::{ArcDynFn1, RefDynFnMut1, RefDynFnMut2};
use safer_ffi::layout::{self, CLayoutOf};
use safer_ffi::prelude::*;
use std::borrow::Cow;
use std::mem::transmute;
use std::path::Path;
use tollbridge_core::Error;

// ANCHOR: unchecked
/// A `T` that C sent, and that may be none.
///
/// `#[ffi_export]` takes for granted that an argument is valid: when it is not, a debug build ends the
/// process, and a release build has undefined behaviour. This has the same layout, and the same type in
/// the header, but lets everything in; `ReprC::is_valid` is then asked by `check`, and what C did wrong
/// becomes an error.
#[repr(transparent)]
pub struct Unchecked<T: ReprC>(pub CLayoutOf<T>);

// SAFETY: transparent over the layout that it names, of which every value is allowed.
unsafe impl<T: ReprC> ReprC for Unchecked<T> {
    type CLayout = CLayoutOf<T>;

    fn is_valid(_: &CLayoutOf<T>) -> bool {
        true
    }
}

impl<T: ReprC> Unchecked<T> {
    /// The value, if it is one as far as safer_ffi can tell: pointers that are neither NULL nor
    /// misaligned, tags and discriminants that exist. When a field of a struct is none, safer_ffi prints
    /// that on stderr, and panics where it cannot: so those are asked before.
    ///
    /// # Safety
    /// What the value points to is as `T` says.
    pub(crate) unsafe fn check(self) -> Option<T> {
        // SAFETY: the caller's promise.
        unsafe { layout::from_raw(self.0) }
    }
}
// ANCHOR_END: unchecked

impl<T: ReprC> Clone for Unchecked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ReprC> Copy for Unchecked<T> {}

// ANCHOR: enumerated
impl<T: ReprC> Unchecked<T> {
    /// An enum, a boolean or an option, whose number may be any.
    pub(crate) fn value(self, argument: &'static str) -> Result<T, Error>
    where
        T: Plain,
    {
        let number = T::number(&self.0);
        // SAFETY: such a value points to nothing.
        unsafe { self.check() }.ok_or_else(|| Error::InvalidEnum {
            argument: argument.into(),
            value: number.into(),
        })
    }
}

/// A type whose values or variants are told apart by a number.
///
/// # Safety
/// No value of it points to anything.
pub(crate) unsafe trait Plain: ReprC {
    fn number(raw: &CLayoutOf<Self>) -> u32;
}

// SAFETY: a boolean.
unsafe impl Plain for bool {
    fn number(raw: &CLayoutOf<Self>) -> u32 {
        // SAFETY: the layout of `bool` is a byte, of which safer_ffi shows nothing.
        unsafe { transmute::<CLayoutOf<Self>, u8>(*raw) }.into()
    }
}

// SAFETY: a boolean and a number.
unsafe impl Plain for repr_c::TaggedOption<u64> {
    fn number(raw: &CLayoutOf<Self>) -> u32 {
        bool::number(&raw._0)
    }
}
// ANCHOR_END: enumerated

/// What a `slice_ref_T` or `slice_mut_T` was in C.
pub(crate) struct Parts<T> {
    pub(crate) data: *mut T,
    pub(crate) length: usize,
}

impl<T> Parts<T> {
    /// How many there are: 0, or as many as memory may hold at a pointer that is not NULL.
    fn check(&self, argument: &'static str) -> Result<usize, Error> {
        let limit = isize::MAX as usize / size_of::<T>();
        if self.length > limit {
            return Err(Error::InvalidLength {
                argument: argument.into(),
                length: self.length as u64,
                limit: limit as u64,
            });
        }
        if self.length > 0 && self.data.is_null() {
            return Err(null(argument));
        }
        Ok(self.length)
    }
}

// ANCHOR: slice
impl<'a, T: ReprC + Copy> Unchecked<c_slice::Ref<'a, T>> {
    fn parts(self) -> Parts<T> {
        Parts {
            data: self.0.ptr.cast_mut().cast(),
            length: self.0.len,
        }
    }

    /// Length and NULL are errors; misaligned items are copied; NULL with length 0 is empty.
    ///
    /// # Safety
    /// Unless the pointer is NULL, it points to as many valid items as the length says, which nobody
    /// writes to during `'a`.
    pub(crate) unsafe fn items(self, argument: &'static str) -> Result<Cow<'a, [T]>, Error> {
        let parts = self.parts();
        let length = parts.check(argument)?;
        if length == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if !parts.data.is_aligned() {
            // SAFETY: so many items are readable; read_unaligned asks for no more.
            let item = |i| unsafe { parts.data.add(i).read_unaligned() };
            return Ok(Cow::Owned((0..length).map(item).collect()));
        }
        // SAFETY: as above, and aligned, within isize::MAX, not NULL.
        Ok(Cow::Borrowed(unsafe {
            std::slice::from_raw_parts(parts.data, length)
        }))
    }
}
// ANCHOR_END: slice

impl<'a> Unchecked<c_slice::Ref<'a, u8>> {
    /// As `items`, without the copy: bytes are always aligned.
    ///
    /// # Safety
    /// As `items`.
    pub(crate) unsafe fn bytes(self, argument: &'static str) -> Result<&'a [u8], Error> {
        let parts = self.parts();
        match parts.check(argument)? {
            0 => Ok(&[]),
            // SAFETY: not NULL, within isize::MAX, and the caller's promise.
            length => Ok(unsafe { std::slice::from_raw_parts(parts.data, length) }),
        }
    }

    /// A file's name: bytes as Unix has them, which are not checked; text elsewhere.
    ///
    /// # Safety
    /// As `items`.
    pub(crate) unsafe fn path(self, argument: &'static str) -> Result<&'a Path, Error> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.bytes(argument)? };
        #[cfg(unix)]
        let name = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
        #[cfg(not(unix))]
        let name = std::ffi::OsStr::new(utf8(bytes)?);
        Ok(Path::new::<std::ffi::OsStr>(name))
    }
}

// ANCHOR: text
impl<'a> Unchecked<str::Ref<'a>> {
    /// As a slice of bytes, and checked to be UTF-8: `str::Ref` takes that for granted.
    ///
    /// # Safety
    /// As `items`.
    pub(crate) unsafe fn text(self, argument: &'static str) -> Result<&'a str, Error> {
        let bytes: Unchecked<c_slice::Ref<'a, u8>> = Unchecked(self.0);
        // SAFETY: the caller's promise.
        utf8(unsafe { bytes.bytes(argument)? })
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Error> {
    simdutf8::compat::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Error::InvalidText {
            offset: valid.chars().count() as u64,
        }
    })
}
// ANCHOR_END: text

// ANCHOR: room
impl<'a, T: ReprC + Copy> Unchecked<c_slice::Mut<'a, T>> {
    /// Memory that the caller has, to be written to; it may be misaligned and uninitialised.
    pub(crate) fn room(self, argument: &'static str) -> Result<Room<T>, Error> {
        let parts = Parts {
            data: self.0.ptr.cast(),
            length: self.0.len,
        };
        parts.check(argument)?;
        Ok(Room(parts))
    }
}

/// Where items go that the caller has memory for.
pub(crate) struct Room<T>(pub(crate) Parts<T>);

impl<T: Copy> Room<T> {
    /// For how many there is room.
    pub(crate) fn len(&self) -> usize {
        self.0.length
    }

    /// Writes an item.
    ///
    /// # Safety
    /// The memory is there, as many as was said, and `index` is below that.
    pub(crate) unsafe fn write(&self, index: usize, item: T) {
        // SAFETY: the caller's promise.
        unsafe { self.0.data.add(index).write_unaligned(item) };
    }
}
// ANCHOR_END: room

// ANCHOR: closure
/// What C has for a closure: an environment and functions, none of which may be NULL.
pub(crate) trait Closure: ReprC {
    fn lacks_something(raw: &CLayoutOf<Self>) -> bool;
}

impl<Ret: ReprC, A: ReprC> Closure for RefDynFnMut1<'_, Ret, A> {
    fn lacks_something(raw: &CLayoutOf<Self>) -> bool {
        raw.env_ptr.is_null() || raw.call.is_none()
    }
}

impl<Ret: ReprC, A: ReprC, B: ReprC> Closure for RefDynFnMut2<'_, Ret, A, B> {
    fn lacks_something(raw: &CLayoutOf<Self>) -> bool {
        raw.env_ptr.is_null() || raw.call.is_none()
    }
}

impl<Ret: ReprC, A: ReprC> Closure for ArcDynFn1<Ret, A> {
    fn lacks_something(raw: &CLayoutOf<Self>) -> bool {
        raw.env_ptr.is_null() || raw.call.is_none() || raw.release.is_none()
    }
}

impl<T: ReprC> Unchecked<T> {
    /// The closure, unless it lacks something.
    ///
    /// # Safety
    /// Its functions are as they are declared.
    pub(crate) unsafe fn closure(self) -> Option<T>
    where
        T: Closure,
    {
        if T::lacks_something(&self.0) {
            return None;
        }
        // SAFETY: the caller's promise.
        unsafe { self.check() }
    }
}

impl<Ret: ReprC, A: ReprC> Unchecked<ArcDynFn1<Ret, A>> {
    /// As `closure`, of one that is ours from here on: when it lacks something it is released at once,
    /// so that what it owns ends whatever C sent.
    ///
    /// # Safety
    /// As `closure`, and nobody has asked for it before.
    pub(crate) unsafe fn owned(self) -> Option<ArcDynFn1<Ret, A>> {
        // SAFETY: the caller's promise.
        let closure = unsafe { self.closure() };
        if let (None, Some(release)) = (&closure, self.0.release) {
            let _uncancelled = Uncancelled::begin();
            // SAFETY: the caller's function, with the argument it was given for, and once.
            unsafe { release(self.0.env_ptr) };
        }
        closure
    }
}
// ANCHOR_END: closure

/// An argument that must not be NULL.
pub(crate) fn required<T>(argument: &'static str, pointer: Option<T>) -> Result<T, Error> {
    pointer.ok_or_else(|| null(argument))
}

pub(crate) fn null(argument: &'static str) -> Error {
    Error::NullArgument {
        argument: argument.into(),
    }
}
