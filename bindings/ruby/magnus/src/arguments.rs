//! What Ruby's numbers, text and packed Strings become. Nothing is converted silently.

use crate::direct;
use crate::error::{Failure, Outcome};
use crate::gvl::ruby;
use crate::raise::{raise, too_large, wrong_type};
use magnus::encoding::{Coderange, EncodingCapable};
use magnus::prelude::*;
use magnus::{Fixnum, Float, Integer, RArray, RString, Ruby, TryConvert, Value};
use tollbridge_core::Error;

/// A 64-bit integer that is not negative: RangeError beyond, TypeError for what is no Integer.
///
/// magnus' own `u64` would take 1.5 for 1.
pub struct Number(pub u64);

impl TryConvert for Number {
    #[inline]
    fn try_convert(value: Value) -> Result<Self, magnus::Error> {
        match Fixnum::from_value(value).map(|small| u64::try_from(small.to_i64())) {
            Some(Ok(number)) => Ok(Self(number)),
            _ => unusual_number(value).map(Self),
        }
    }
}

#[cold]
fn unusual_number(value: Value) -> Result<u64, magnus::Error> {
    let ruby = Ruby::get_with(value);
    let Some(integer) = Integer::from_value(value) else {
        return Err(wrong_type(value, "an Integer"));
    };
    match integer.to_u64() {
        Err(raised) if raised.is_kind_of(ruby.exception_range_error()) => {}
        number_or_interrupt => return number_or_interrupt,
    }
    // By its own `to_s`, out of which an interrupt comes: what formats a Value hides that.
    let digits: String = integer.funcall("to_s", ())?;
    let message = format!("{digits} is not from 0 to 2**64 - 1");
    Err(raise(ruby.exception_range_error(), message))
}

/// An integer that fits `T`, as RangeError says otherwise.
pub fn narrow<T: TryFrom<u64>>(number: Number) -> Result<T, magnus::Error> {
    T::try_from(number.0).map_err(|_| too_large(number.0))
}

/// A number as a double: any Numeric, by its `to_f` where it is no Float; no text, no nil.
pub struct Real(pub f64);

impl TryConvert for Real {
    #[inline]
    fn try_convert(value: Value) -> Result<Self, magnus::Error> {
        match Float::from_value(value) {
            Some(float) => Ok(Self(float.to_f64())),
            None if value.is_kind_of(Ruby::get_with(value).class_numeric()) => {
                value.funcall("to_f", ()).map(Self)
            }
            None => Err(wrong_type(value, "a number")),
        }
    }
}

// ANCHOR: text
/// Text whose bytes are UTF-8: the String itself, or a new one where it has another encoding.
///
/// Ruby remembers of a String whether its bytes fit its encoding, so nothing is read twice. What it does not
/// know yet of UTF-8 it is told here: its own check takes 25 times as long.
pub struct Text(RString);

impl Text {
    #[inline]
    pub fn new(value: Value) -> Outcome<Self> {
        match RString::from_value(value) {
            Some(text) if direct::is_known_utf8(text) => Ok(Self(text)),
            Some(text) => Self::scanned(text),
            None => Err(wrong_type(value, "a String").into()),
        }
    }

    #[inline(never)]
    fn scanned(text: RString) -> Outcome<Self> {
        if !text.is_utf8_compatible_encoding() {
            return Self::transcoded(text);
        }
        let fits = if direct::is_utf8(text) {
            direct::scan_utf8(text)
        } else {
            text.enc_coderange_scan() != Coderange::Broken
        };
        match fits {
            true => Ok(Self(text)),
            // SAFETY: copied into a number before Ruby goes on.
            false => Err(invalid(unsafe { text.as_slice() })),
        }
    }

    #[cold]
    fn transcoded(text: RString) -> Outcome<Self> {
        let ruby = Ruby::get_with(text);
        if text.enc_get() == ruby.ascii8bit_encindex() {
            // Bytes, which are no text unless they are ASCII.
            // SAFETY: looked at before Ruby goes on.
            return match unsafe { text.as_slice() } {
                bytes if bytes.is_ascii() => Ok(Self(text)),
                bytes => {
                    let offset = bytes.iter().take_while(|byte| byte.is_ascii()).count();
                    Err(Error::InvalidText {
                        offset: offset as u64,
                    }
                    .into())
                }
            };
        }
        match text.funcall::<_, _, RString>("encode", (ruby.utf8_encoding(),)) {
            Ok(text) => Ok(Self(text)),
            Err(raised) => {
                not_text(raised)?;
                // How much of it is text: Ruby's own answer, in its own encoding.
                let length: u64 = text.funcall("length", ())?;
                let mut offset = 0;
                while offset < length {
                    let part: RString = text.funcall("[]", (0, offset + 1))?;
                    if let Err(raised) = part.funcall::<_, _, RString>("encode", ("UTF-8",)) {
                        not_text(raised)?;
                        break;
                    }
                    offset += 1;
                }
                Err(Error::InvalidText { offset }.into())
            }
        }
    }

    /// Borrowed for as long as Ruby does not go on: no other thread changes it, nothing collects it.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: `new` has found it to be valid UTF-8, and self is on the stack, where the collector
        // sees it.
        unsafe { std::str::from_utf8_unchecked(self.0.as_slice()) }
    }
}

/// Whether an encoding cannot say it. What else was raised goes on: it may be an interrupt.
fn not_text(raised: magnus::Error) -> Result<(), magnus::Error> {
    match raised.is_kind_of(ruby().exception_encoding_error()) {
        true => Ok(()),
        false => Err(raised),
    }
}

/// The error for bytes that are no UTF-8.
#[cold]
fn invalid(bytes: &[u8]) -> Failure {
    let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let text = std::str::from_utf8(&bytes[..valid]).unwrap_or_default();
    let offset = text.chars().count() as u64;
    Error::InvalidText { offset }.into()
}
// ANCHOR_END: text

/// A type of which a packed String holds many.
pub trait Element: Copy {
    /// How `Array#pack` is told of it.
    const DIRECTIVE: &'static str;
    fn from_bytes(bytes: [u8; 8]) -> Self;
    /// What needs no Ruby to be converted.
    fn plain(value: Value) -> Option<Self>;
    fn convert(value: Value) -> Result<Self, magnus::Error>;
}

impl Element for u64 {
    const DIRECTIVE: &'static str = "Q*";
    fn from_bytes(bytes: [u8; 8]) -> Self {
        Self::from_ne_bytes(bytes)
    }
    fn plain(value: Value) -> Option<Self> {
        u64::try_from(Fixnum::from_value(value)?.to_i64()).ok()
    }
    fn convert(value: Value) -> Result<Self, magnus::Error> {
        Number::try_convert(value).map(|number| number.0)
    }
}

impl Element for f64 {
    const DIRECTIVE: &'static str = "D*";
    fn from_bytes(bytes: [u8; 8]) -> Self {
        Self::from_ne_bytes(bytes)
    }
    fn plain(value: Value) -> Option<Self> {
        Float::from_value(value).map(Float::to_f64)
    }
    fn convert(value: Value) -> Result<Self, magnus::Error> {
        Real::try_convert(value).map(|number| number.0)
    }
}

/// The bytes of a packed String of `T`.
#[inline]
pub fn packed<T: Element>(string: &RString) -> Result<&[u8], magnus::Error> {
    let problem = |what: String| Err(raise(ruby().exception_arg_error(), what));
    if !direct::is_binary(*string) {
        let advice = format!(
            "numbers are packed in a binary String (pack({:?}))",
            T::DIRECTIVE
        );
        return problem(advice);
    }
    // SAFETY: the caller keeps the String, and copies or reads before Ruby goes on.
    match unsafe { string.as_slice() } {
        bytes if bytes.len() % 8 == 0 => Ok(bytes),
        bytes => problem(format!("{} bytes are not whole numbers of 8", bytes.len())),
    }
}

/// Numbers of our own, from an Array, a packed String, or whatever has `each`.
pub fn numbers<T: Element>(value: Value) -> Result<Vec<T>, magnus::Error> {
    if let Some(string) = RString::from_value(value) {
        return Ok(unpacked(packed::<T>(&string)?));
    }
    if let Some(array) = RArray::from_value(value) {
        return items(array);
    }
    if value.respond_to("each", false)? && value.respond_to("to_a", false)? {
        return items(value.funcall("to_a", ())?);
    }
    Err(wrong_type(value, "an Array or a packed String"))
}

/// The Array may shrink or move while an item's `to_f` runs: it is looked at anew each time.
fn items<T: Element>(array: RArray) -> Result<Vec<T>, magnus::Error> {
    let mut numbers = Vec::with_capacity(array.len());
    while numbers.len() < array.len() {
        // SAFETY: what `plain` takes runs no Ruby, so the Array stays as it is.
        let rest = unsafe { &array.as_slice()[numbers.len()..] };
        numbers.extend(rest.iter().map_while(|item| T::plain(*item)));
        if numbers.len() < array.len() {
            numbers.push(T::convert(array.entry(numbers.len() as isize)?)?);
        }
    }
    Ok(numbers)
}

pub fn unpacked<T: Element>(bytes: &[u8]) -> Vec<T> {
    // A String may be a slice of another, so its numbers may lie at any address.
    let (whole, _) = bytes.as_chunks::<8>();
    whole.iter().map(|number| T::from_bytes(*number)).collect()
}
