//! The histogram's class. `lib/tollbridge/histogram.rb` documents it, and adds what needs no Rust.

use crate::arguments::{self, Number, Real, Text, narrow};
use crate::buckets::{self, Buckets, Snapshot, scan};
use crate::classes::define_class;
use crate::direct::Of;
use crate::error::Outcome;
use crate::guard::guard;
use crate::gvl::{Interrupt, without};
use crate::handle::Handle;
use crate::owned::{self, pack};
use crate::watch::{self, Watch};
use magnus::gc::Marker;
use magnus::prelude::*;
use magnus::scan_args::scan_args;
use magnus::typed_data::Obj;
use magnus::{DataTypeFunctions, RModule, RString, Ruby, TypedData, Value, function, method};
use tollbridge_core::{self as core, Error, Shared};

/// More values than this are recorded without the GVL: a third of a millisecond of work.
const MANY_VALUES: usize = 1 << 16;

/// More quantiles than this are looked up without the GVL; each takes about two microseconds.
const MANY_QUANTILES: usize = 64;

/// Text of more bytes than this is parsed without the GVL.
const MUCH_TEXT: usize = 1 << 12;

/// A handle: closed until `initialize` has run.
#[derive(TypedData, Default)]
#[magnus(class = "Tollbridge::Histogram", mark, free_immediately, size)]
pub struct Histogram(Handle);

impl DataTypeFunctions for Histogram {
    fn mark(&self, marker: &Marker) {
        self.0.mark(marker);
    }
}

impl Histogram {
    /// The object first: what a handle refers to is marked only once the collector knows the handle.
    pub fn of(ruby: &Ruby, shared: Shared) -> Obj<Self> {
        let object = ruby.obj_wrap(Self::default());
        object.0.set(ruby, shared);
        object
    }

    pub fn handle(&self) -> &Handle {
        &self.0
    }

    /// What `initialize` calls, with all that has defaults there.
    fn init(
        ruby: &Ruby,
        this: Of<Self>,
        lowest: Number,
        highest: Number,
        digits: Number,
        tag: Value,
    ) -> Outcome<()> {
        let tag = Text::new(tag)?;
        let config = core::Config {
            lowest: lowest.0,
            highest: highest.0,
            significant_digits: narrow(digits)?,
        };
        let histogram = guard(|| {
            let mut histogram = core::Histogram::new(config)?;
            histogram.set_tag(tag.as_str())?;
            Ok(histogram)
        })?;
        this.0.set(ruby, histogram.into());
        Ok(())
    }

    /// `dup` and `clone`: an independent histogram with the same values and tag.
    fn initialize_copy(ruby: &Ruby, this: Of<Self>, other: Of<Self>) -> Outcome<Of<Self>> {
        let copy = other.0.detached(Shared::snapshot)?;
        this.0.set(ruby, copy.into());
        Ok(this)
    }

    fn share(ruby: &Ruby, this: Of<Self>) -> Outcome<Obj<Self>> {
        Ok(ruby.obj_wrap(Self(this.0.share()?)))
    }

    fn close(this: Of<Self>) {
        this.0.close();
    }

    fn is_closed(this: Of<Self>) -> bool {
        this.0.is_closed()
    }

    fn lowest(this: Of<Self>) -> Outcome<u64> {
        this.0.with(|h| Ok(h.config().lowest))
    }

    fn highest(this: Of<Self>) -> Outcome<u64> {
        this.0.with(|h| Ok(h.config().highest))
    }

    fn significant_digits(this: Of<Self>) -> Outcome<u8> {
        this.0.with(|h| Ok(h.config().significant_digits))
    }

    fn count(this: Of<Self>) -> Outcome<u64> {
        this.0.with(|h| Ok(h.len()))
    }

    fn is_empty(this: Of<Self>) -> Outcome<bool> {
        this.0.with(|h| Ok(h.is_empty()))
    }

    fn tag(ruby: &Ruby, this: Of<Self>) -> Outcome<RString> {
        let tag = this.0.with(|h| Ok(h.tag().to_owned()))?;
        let tag = ruby.str_new(&tag);
        tag.freeze();
        Ok(tag)
    }

    fn set_tag(this: Of<Self>, tag: Value) -> Outcome<()> {
        this.changeable()?;
        let tag = Text::new(tag)?.as_str().to_owned();
        this.0.with(|h| h.set_tag(&tag))
    }

    fn record(this: Of<Self>, value: Number) -> Outcome<Of<Self>> {
        this.changeable()?;
        this.0.with(|h| h.record(value.0))?;
        Ok(this)
    }

    fn record_n(this: Of<Self>, value: Number, count: Number) -> Outcome<Of<Self>> {
        this.changeable()?;
        this.0.with(|h| h.record_n(value.0, count.0))?;
        Ok(this)
    }

    /// Values of our own, since a String may change while the GVL is let go of.
    fn record_all(this: Of<Self>, values: Value) -> Outcome<Of<Self>> {
        this.changeable()?;
        let values = arguments::numbers::<u64>(values)?;
        if values.len() <= MANY_VALUES {
            this.0.with(|h| h.record_all(&values))?;
        } else {
            this.0.detached(|shared| shared.record_all(&values))?;
        }
        Ok(this)
    }

    fn record_durations(this: Of<Self>, text: Value) -> Outcome<u64> {
        this.changeable()?;
        let text = Text::new(text)?.as_str().to_owned();
        if text.len() > MUCH_TEXT {
            this.0.detached(|shared| shared.record_durations(&text))
        } else {
            this.0.with(|h| h.record_durations(&text))
        }
    }

    fn min(this: Of<Self>) -> Outcome<Option<u64>> {
        this.0.with(|h| Ok(h.min()))
    }

    fn max(this: Of<Self>) -> Outcome<Option<u64>> {
        this.0.with(|h| Ok(h.max()))
    }

    /// Runs a `call` that walks all counts: with the GVL where they are few, in microseconds.
    fn walk<T>(&self, call: impl Fn(&core::Histogram) -> Result<T, Error>) -> Outcome<T> {
        let digits = self.0.with(|h| Ok(h.config().significant_digits))?;
        if digits > 3 {
            self.0.detached(|shared| shared.with(|h| call(h)))
        } else {
            self.0.with(|h| call(h))
        }
    }

    fn mean(this: Of<Self>) -> Outcome<Option<f64>> {
        this.walk(|h| Ok(h.mean()))
    }

    fn stdev(this: Of<Self>) -> Outcome<Option<f64>> {
        this.walk(|h| Ok(h.stdev()))
    }

    fn value_at_quantile(this: Of<Self>, quantile: Real) -> Outcome<Option<u64>> {
        this.walk(|h| h.value_at_quantile(quantile.0))
    }

    /// Packed or as an Array, which `histogram.rb` chooses.
    fn values_at_quantiles(
        ruby: &Ruby,
        this: Of<Self>,
        quantiles: Value,
        packed: bool,
    ) -> Outcome<Option<Value>> {
        let quantiles = arguments::numbers::<f64>(quantiles)?;
        let values = if quantiles.len() <= MANY_QUANTILES {
            this.walk(|h| h.values_at_quantiles(&quantiles))
        } else {
            this.0
                .detached(|shared| shared.values_at_quantiles(&quantiles))
        }?;
        Ok(match values {
            Some(values) if packed => Some(pack(values.into_iter())?.as_value()),
            Some(values) => Some(ruby.ary_from_iter(values).as_value()),
            None => None,
        })
    }

    fn summary(ruby: &Ruby, this: Of<Self>) -> Outcome<Option<Value>> {
        let summary = this.walk(|h| Ok(h.summary()))?;
        Ok(summary
            .map(|summary| owned::summary(ruby, summary))
            .transpose()?)
    }

    fn snapshot(ruby: &Ruby, this: &Self, arguments: &[Value]) -> Outcome<Snapshot> {
        let arguments = scan_args::<(), (Option<Value>,), (), (), (), ()>(arguments)?;
        let scan = scan(ruby, arguments.optional.0)?;
        let (buckets, config) = this.walk(|h| Ok((h.buckets(scan)?, h.config())))?;
        Ok(Snapshot::new(buckets, &config))
    }

    fn buckets(ruby: &Ruby, this: Of<Self>, arguments: &[Value]) -> Outcome<Buckets> {
        Self::snapshot(ruby, &this, arguments).map(Buckets::new)
    }

    // ANCHOR: each_bucket
    /// The block may do anything: what it walks is a copy, and no lock is held.
    fn each_bucket(ruby: &Ruby, this: Of<Self>, arguments: &[Value]) -> Outcome<Value> {
        if !ruby.block_given() {
            return Ok(this
                .object()
                .enumeratorize("each_bucket", arguments)
                .as_value());
        }
        buckets::yield_each(ruby, Self::snapshot(ruby, &this, arguments)?)?;
        Ok(this.object())
    }
    // ANCHOR_END: each_bucket

    fn bucket_data(ruby: &Ruby, this: Of<Self>, arguments: &[Value]) -> Outcome<RString> {
        let numbers: Vec<u64> = Self::snapshot(ruby, &this, arguments)?
            .buckets
            .flat_map(|bucket| [bucket.value, bucket.count, bucket.total])
            .collect();
        Ok(pack(numbers.into_iter())?)
    }

    fn watch(this: Of<Self>, limit: Number, block: Value) -> Outcome<Watch> {
        this.changeable()?;
        let held = this.0.hold()?;
        watch::watch(held.shared(), &held.common, limit, block)
    }

    fn render(ruby: &Ruby, this: Of<Self>, ticks: Number, unit: Real) -> Outcome<RString> {
        let ticks = narrow(ticks)?;
        let text = this.0.detached(|shared| shared.render(ticks, unit.0))?;
        Ok(ruby.str_new(&text))
    }

    fn merge(this: Of<Self>, other: Of<Self>) -> Outcome<Of<Self>> {
        this.changeable()?;
        let other = other.0.hold()?;
        this.0.detached(|shared| shared.merge(other.shared()))?;
        Ok(this)
    }

    fn encode(ruby: &Ruby, this: Of<Self>) -> Outcome<RString> {
        Ok(ruby.str_from_slice(&this.0.detached(Shared::encode)?))
    }

    fn decode(ruby: &Ruby, data: RString) -> Outcome<Obj<Self>> {
        // SAFETY: copied before Ruby goes on: the String may change while the GVL is let go of.
        let data = unsafe { data.as_slice() }.to_vec();
        let shared = guard(|| Ok(without(Interrupt::Waits, || Shared::decode(&data))??))?;
        Ok(Self::of(ruby, shared))
    }

    /// Which of `h`'s figures `inspect` shows; nil when there are none to see.
    fn inspection(this: Of<Self>) -> Outcome<(u64, u64, u8, String, u64)> {
        this.0.with(|h| {
            let core::Config {
                lowest,
                highest,
                significant_digits,
            } = h.config();
            Ok((
                lowest,
                highest,
                significant_digits,
                h.tag().to_owned(),
                h.len(),
            ))
        })
    }
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    let class = define_class::<Histogram>(ruby, module, "Histogram")?;
    class.define_alloc_func::<Histogram>();
    class.define_singleton_method("decode", function!(Histogram::decode, 1))?;
    class.define_private_method("init", method!(Histogram::init, 4))?;
    class.define_private_method("initialize_copy", method!(Histogram::initialize_copy, 1))?;
    class.define_private_method("inspection", method!(Histogram::inspection, 0))?;
    class.define_private_method("start_watch", method!(Histogram::watch, 2))?;
    class.define_private_method("render_text", method!(Histogram::render, 2))?;
    class.define_private_method("look_up", method!(Histogram::values_at_quantiles, 2))?;
    class.define_method("share", method!(Histogram::share, 0))?;
    class.define_method("close", method!(Histogram::close, 0))?;
    class.define_method("closed?", method!(Histogram::is_closed, 0))?;
    class.define_method("lowest", method!(Histogram::lowest, 0))?;
    class.define_method("highest", method!(Histogram::highest, 0))?;
    class.define_method(
        "significant_digits",
        method!(Histogram::significant_digits, 0),
    )?;
    class.define_method("count", method!(Histogram::count, 0))?;
    class.define_method("empty?", method!(Histogram::is_empty, 0))?;
    class.define_method("tag", method!(Histogram::tag, 0))?;
    class.define_method("tag=", method!(Histogram::set_tag, 1))?;
    class.define_method("record", method!(Histogram::record, 1))?;
    class.define_method("record_n", method!(Histogram::record_n, 2))?;
    class.define_method("record_all", method!(Histogram::record_all, 1))?;
    class.define_method("record_durations", method!(Histogram::record_durations, 1))?;
    class.define_method("min", method!(Histogram::min, 0))?;
    class.define_method("max", method!(Histogram::max, 0))?;
    class.define_method("mean", method!(Histogram::mean, 0))?;
    class.define_method("stdev", method!(Histogram::stdev, 0))?;
    class.define_method(
        "value_at_quantile",
        method!(Histogram::value_at_quantile, 1),
    )?;
    class.define_method("summary", method!(Histogram::summary, 0))?;
    class.define_method("buckets", method!(Histogram::buckets, -1))?;
    class.define_method("each_bucket", method!(Histogram::each_bucket, -1))?;
    class.define_method("bucket_data", method!(Histogram::bucket_data, -1))?;
    class.define_method("merge", method!(Histogram::merge, 1))?;
    class.define_method("encode", method!(Histogram::encode, 0))
}
