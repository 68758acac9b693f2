//! What goes out: packed Strings, and the small records that core hands out, which are Ruby's own Structs
//! (`lib/tollbridge/records.rb` declares them). The collector frees both.

use crate::classes::classes;
use crate::raise::too_large;
use magnus::rb_sys::{AsRawValue, FromRawValue, protect};
use magnus::{IntoValue, RString, Ruby, Value};
use std::ffi::c_long;
use std::mem::MaybeUninit;
use std::ptr;
use tollbridge_core as core;

/// A frozen Struct of a class that has as many members; without its `new`.
macro_rules! record {
    ($ruby:ident, $class:ident, $($field:expr),*) => {{
        let class = $ruby.get_inner(classes($ruby)?.$class);
        let fields = [$($field.into_value_with($ruby)),*];
        // SAFETY: a class made by Struct.new with so many members; the fields are on the stack, where
        // the collector sees them.
        let record = unsafe {
            let mut fields = fields.iter().map(|field| field.as_raw());
            let mut next = || fields.next().unwrap_or(rb_sys::Qnil.into());
            let record = rb_sys::rb_struct_new(
                class.as_raw(),
                $({ let _ = stringify!($field); next() }),*
            );
            rb_sys::rb_obj_freeze(record);
            Value::from_raw(record)
        };
        Ok(record)
    }};
}

pub fn bucket(ruby: &Ruby, bucket: core::Bucket) -> Result<Value, magnus::Error> {
    record!(ruby, bucket, bucket.value, bucket.count, bucket.total)
}

pub fn summary(ruby: &Ruby, s: core::Summary) -> Result<Value, magnus::Error> {
    record!(
        ruby, summary, s.count, s.min, s.max, s.mean, s.stdev, s.p50, s.p90, s.p99, s.p999
    )
}

pub fn progress(ruby: &Ruby, progress: core::Progress) -> Result<Value, magnus::Error> {
    record!(
        ruby,
        progress,
        progress.bytes,
        progress.total,
        progress.intervals
    )
}

/// What a packed String is packed of: in memory it is its bytes.
pub trait Plain: Copy {}
impl Plain for u64 {}

/// More bytes than this may be more than there are, for which Ruby has an exception.
const MANY_BYTES: c_long = 1 << 10;

/// A new binary String of `items`, written where the String keeps them.
pub fn pack<T: Plain>(items: impl ExactSizeIterator<Item = T>) -> Result<RString, magnus::Error> {
    let count = items.len();
    let bytes = count
        .checked_mul(size_of::<T>())
        .and_then(|bytes| c_long::try_from(bytes).ok())
        .ok_or_else(|| too_large(count))?;
    // SAFETY: with the GVL. Ruby leaves the bytes as they are.
    let new = || unsafe { rb_sys::rb_str_new(ptr::null(), bytes) };
    let raw = match bytes {
        // The exception would leave by longjmp; to catch it takes as long as to make a short String.
        MANY_BYTES.. => protect(new)?,
        _ => new(),
    };
    // SAFETY: so many bytes, which nobody else knows yet, and Ruby aligns them; `raw` is on the stack,
    // where the collector sees it.
    let slots = unsafe {
        let start = rb_sys::macros::RSTRING_PTR(raw).cast_mut();
        std::slice::from_raw_parts_mut(start.cast::<MaybeUninit<T>>(), count)
    };
    let mut written = 0;
    for (slot, item) in slots.iter_mut().zip(items) {
        slot.write(item);
        written += 1;
    }
    assert_eq!(written, count, "an iterator knows how long it is");
    // SAFETY: an object of Ruby's.
    match RString::from_value(unsafe { Value::from_raw(raw) }) {
        Some(string) => Ok(string),
        None => unreachable!("rb_str_new makes Strings"),
    }
}
