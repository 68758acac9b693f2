//! Small records that core hands out: Ruby's own Structs, which `lib/tollbridge/records.rb` declares.

use crate::classes::classes;
use magnus::rb_sys::{AsRawValue, FromRawValue};
use magnus::value::Lazy;
use magnus::{IntoValue, Ruby, Symbol, Value};
use tollbridge_core as core;

static STOP: Lazy<Symbol> = Lazy::new(|ruby| ruby.to_symbol("stop"));

/// Whether a callback's answer is `:stop`, by which callbacks ask to stop.
#[inline]
pub fn is_stop(ruby: &Ruby, answer: Value) -> bool {
    answer.as_raw() == ruby.get_inner(&STOP).as_raw()
}

/// Looks up now what would be looked up when it is first needed, as `classes::define_class` does.
pub fn define(ruby: &Ruby) {
    Lazy::force(&STOP, ruby);
}

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
