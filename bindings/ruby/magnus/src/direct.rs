//! What magnus asks Ruby's functions under `rb_protect`, which costs as much as a whole short call.
//!
//! Here it is read from the objects themselves, as the macros of Ruby's headers do. The answer is the
//! same; what is unusual is left to magnus.

use crate::raise::made;
use magnus::prelude::*;
use magnus::rb_sys::{AsRawValue, protect};
use magnus::typed_data::Obj;
use magnus::{DataType, IntoValue, RString, Ruby, TryConvert, TypedData, Value};
use rb_sys::macros::{RB_TYPE_P, RTYPEDDATA_GET_DATA, RTYPEDDATA_P, RTYPEDDATA_TYPE};
use rb_sys::{ruby_coderange_type, ruby_encoding_consts, ruby_value_type};
use std::ops::Deref;
use std::sync::OnceLock;

// ANCHOR: of
/// A Ruby object and the `T` inside it, which magnus would pass as `&T` or `Obj<T>`.
///
/// Only for the stack: the collector sees the object there, and so keeps the `T`.
pub struct Of<T: TypedData> {
    object: Value,
    data: *const T,
}

impl<T: TypedData> TryConvert for Of<T> {
    #[inline]
    fn try_convert(object: Value) -> Result<Self, magnus::Error> {
        Self::plain(object).map_or_else(|| unusual(object), Ok)
    }
}

/// Ruby's own error, with its message.
#[cold]
fn frozen(object: Value) -> magnus::Error {
    // SAFETY: it raises, and nothing is to be dropped there.
    let raised = protect(|| unsafe { rb_sys::rb_error_frozen_object(object.as_raw()) });
    raised.map_or_else(
        |raised| raised,
        |never: rb_sys::VALUE| unreachable!("{never}"),
    )
}

/// As magnus has it, which has an error for most.
#[cold]
fn unusual<T: TypedData>(object: Value) -> Result<Of<T>, magnus::Error> {
    let data = <&T>::try_convert(object).map_err(made)?;
    Ok(Of { object, data })
}

impl<T: TypedData> Of<T> {
    /// Of an object that magnus has made of a `T`.
    #[inline]
    pub fn plain(object: Value) -> Option<Self> {
        let data = inside(object)?;
        Some(Self { object, data })
    }

    /// Of a new object.
    pub fn new(object: Obj<T>) -> Self {
        let data = &raw const *object;
        let object = object.as_value();
        Self { object, data }
    }

    pub fn object(&self) -> Value {
        self.object
    }

    /// What changes the `T` asks first: FrozenError when the object is frozen.
    #[inline]
    pub fn changeable(&self) -> Result<(), magnus::Error> {
        // SAFETY: an object on the heap, which self keeps alive.
        let flags = unsafe { (*(self.object.as_raw() as *const rb_sys::RBasic)).flags };
        match flags & rb_sys::ruby_fl_type::RUBY_FL_FREEZE as u64 {
            0 => Ok(()),
            _ => Err(frozen(self.object)),
        }
    }
}

impl<T: TypedData> Deref for Of<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the object, which is alive while self is on the stack, owns it.
        unsafe { &*self.data }
    }
}

impl<T: TypedData> IntoValue for Of<T> {
    #[inline]
    fn into_value_with(self, _: &Ruby) -> Value {
        self.object
    }
}

/// The `T` in `object`, if it is one that magnus has made of a `T`.
#[inline]
fn inside<T: TypedData>(object: Value) -> Option<*const T> {
    let raw = object.as_raw();
    // DataType is transparent: Ruby is given this very address.
    let data_type: *const DataType = T::data_type();
    // SAFETY: of an object of the right type all of it may be read, and only of that it is.
    unsafe {
        let is = RB_TYPE_P(raw, ruby_value_type::RUBY_T_DATA)
            && RTYPEDDATA_P(raw)
            && RTYPEDDATA_TYPE(raw).cast() == data_type;
        let data = is.then(|| RTYPEDDATA_GET_DATA(raw).cast::<T>().cast_const());
        data.filter(|data| !data.is_null())
    }
}
// ANCHOR_END: of

const VALID: u64 = ruby_coderange_type::RUBY_ENC_CODERANGE_VALID as u64;
const ASCII: u64 = ruby_coderange_type::RUBY_ENC_CODERANGE_7BIT as u64;

/// Whether the String's header says that it is valid UTF-8. If not, it may be so all the same.
#[inline]
pub fn is_known_utf8(string: RString) -> bool {
    let range = flags(string) & (VALID | ASCII); // both mean broken, neither that nobody has looked
    is_utf8(string) && (range == VALID || range == ASCII)
}

/// Whether its encoding is UTF-8, whatever its bytes are.
#[inline]
pub fn is_utf8(string: RString) -> bool {
    // Asked for once: to ask each time takes a tenth of a short call.
    static UTF8: OnceLock<u64> = OnceLock::new();
    // SAFETY: a number that Ruby has.
    let utf8 = UTF8.get_or_init(|| unsafe { rb_sys::rb_utf8_encindex() } as u64);
    encoding(string) == *utf8
}

/// Whether the bytes of a String whose encoding is UTF-8 are that. Where they are, its header says so from now
/// on, as after Ruby's own check.
pub fn scan_utf8(string: RString) -> bool {
    // SAFETY: looked at before Ruby goes on.
    let bytes = unsafe { string.as_slice() };
    let range = if bytes.is_ascii() {
        ASCII
    } else if simdutf8::basic::from_utf8(bytes).is_ok() {
        VALID
    } else {
        return false;
    };
    // SAFETY: every String has a header, also a frozen one, and with the GVL nobody else writes to it.
    unsafe {
        let header = string.as_raw() as *mut rb_sys::RBasic;
        (*header).flags = (*header).flags & !(VALID | ASCII) | range;
    }
    true
}

/// Whether its encoding is ASCII-8BIT.
#[inline]
pub fn is_binary(string: RString) -> bool {
    // SAFETY: a number that Ruby has.
    encoding(string) == unsafe { rb_sys::rb_ascii8bit_encindex() } as u64
}

/// The number of its encoding, if it is one of those that Ruby has built in.
#[inline]
fn encoding(string: RString) -> u64 {
    (flags(string) & ruby_encoding_consts::RUBY_ENCODING_MASK as u64)
        >> ruby_encoding_consts::RUBY_ENCODING_SHIFT as u64
}

#[inline]
fn flags(string: RString) -> u64 {
    // SAFETY: every String has a header, which `string` keeps alive.
    unsafe { (*(string.as_raw() as *const rb_sys::RBasic)).flags }
}
