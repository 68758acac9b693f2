//! Scans as Ruby has them, and the lazy walk over a snapshot.

use crate::arguments::{Number, Real, narrow};
use crate::classes::{classes, define_class};
use crate::direct::Of;
use crate::error::{Failure, Outcome};
use crate::guard::guard;
use crate::owned;
use crate::raise::wrong_type;
use crate::weight::Weight;
use magnus::prelude::*;
use magnus::{RArray, RClass, RModule, Ruby, TryConvert, Value, method};
use std::sync::{Mutex, PoisonError};
use tollbridge_core::{self as core, Error, Scan};

// ANCHOR: scan
/// Core's scan of one of Ruby's: the enum's payload is read by name.
pub fn scan(ruby: &Ruby, value: Option<Value>) -> Result<Scan, magnus::Error> {
    let Some(value) = value else {
        return Ok(Scan::Recorded);
    };
    let number = |name: &str| Number::try_convert(value.funcall(name, ())?);
    let classes = classes(ruby)?;
    let is = |class| value.is_kind_of(ruby.get_inner::<RClass>(class));
    if is(classes.recorded) {
        Ok(Scan::Recorded)
    } else if is(classes.linear) {
        let step = number("step")?.0;
        Ok(Scan::Linear { step })
    } else if is(classes.logarithmic) {
        let first = number("first")?.0;
        let base = Real::try_convert(value.funcall("base", ())?)?.0;
        Ok(Scan::Logarithmic { first, base })
    } else if is(classes.quantiles) {
        let ticks = narrow(number("ticks")?)?;
        Ok(Scan::Quantiles { ticks })
    } else {
        Err(wrong_type(value, "a Scan"))
    }
}
// ANCHOR_END: scan

/// A walk over a snapshot. Locked for a step at a time, never while Ruby runs.
#[magnus::wrap(class = "Tollbridge::Buckets", free_immediately, size)]
pub struct Buckets(Mutex<Option<Snapshot>>);

/// A copy of the counts, and what it weighs.
pub struct Snapshot {
    pub buckets: core::Buckets,
    _weight: Weight,
}

impl Snapshot {
    pub fn new(buckets: core::Buckets, config: &core::Config) -> Self {
        Self {
            buckets,
            _weight: Weight::new(config),
        }
    }
}

impl Buckets {
    pub fn new(snapshot: Snapshot) -> Self {
        Self(Mutex::new(Some(snapshot)))
    }

    fn next(&self) -> Result<Option<core::Bucket>, Error> {
        match self.lock().as_mut() {
            Some(snapshot) => Ok(snapshot.buckets.next()),
            None => Err(Error::Closed {}),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ANCHOR: each
    /// Yields what is left. The block may leave in any way; the next walk goes on after its bucket.
    fn each(ruby: &Ruby, this: Of<Self>) -> Outcome<Value> {
        if !ruby.block_given() {
            return Ok(this.object().enumeratorize("each", ()).as_value());
        }
        while let Some(bucket) = guard(|| Ok(this.next()?))? {
            let _: Value = ruby.yield_value(owned::bucket(ruby, bucket)?)?;
        }
        Ok(this.object())
    }
    // ANCHOR_END: each

    fn read(ruby: &Ruby, this: Of<Self>, count: Number) -> Outcome<RArray> {
        let list = ruby.ary_new();
        for _ in 0..count.0 {
            match guard(|| Ok(this.next()?))? {
                Some(bucket) => list.push(owned::bucket(ruby, bucket)?)?,
                None => break,
            }
        }
        if count.0 == 0 {
            this.lock().as_ref().ok_or(Error::Closed {})?;
        }
        Ok(list)
    }

    fn to_a(ruby: &Ruby, this: Of<Self>) -> Outcome<RArray> {
        Self::read(ruby, this, Number(u64::MAX))
    }

    fn close(this: Of<Self>) {
        let taken = this.lock().take();
        drop(taken); // not under the lock
    }

    fn is_closed(this: Of<Self>) -> bool {
        this.lock().is_none()
    }
}

/// Yields every bucket of a snapshot; for `Histogram#each_bucket`.
///
/// An object has the snapshot, not this frame: a Fiber that is never resumed, which `Enumerator#next`
/// leaves behind, drops nothing of its frames, and the collector frees the object.
pub fn yield_each(ruby: &Ruby, snapshot: Snapshot) -> Result<(), Failure> {
    Buckets::each(ruby, Of::new(ruby.obj_wrap(Buckets::new(snapshot))))?;
    Ok(())
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    let class = define_class::<Buckets>(ruby, module, "Buckets")?;
    class.include_module(ruby.module_enumerable())?;
    class.define_method("each", method!(Buckets::each, 0))?;
    class.define_method("read", method!(Buckets::read, 1))?;
    class.define_method("to_a", method!(Buckets::to_a, 0))?;
    class.define_method("close", method!(Buckets::close, 0))?;
    class.define_method("closed?", method!(Buckets::is_closed, 0))
}
