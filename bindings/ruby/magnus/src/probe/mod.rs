//! The probes: as little as possible behind each crossing.

mod fault;
mod few;

use crate::arguments::{self, Element, Number, Real, Text, narrow};
use crate::callback::{self, dies_later};
use crate::classes::define_class;
use crate::direct::Of;
use crate::error::Outcome;
use crate::guard::guard;
use crate::gvl::{self, Interrupt, without};
use crate::histogram::Histogram;
use crate::owned::{Plain, pack};
use crate::raise::{raise, wrong_type};
use magnus::prelude::*;
use magnus::r_hash::ForEach;
use magnus::rb_sys::AsRawValue;
use magnus::typed_data::Obj;
use magnus::value::{Lazy, Opaque};
use magnus::{RArray, RClass, RHash, RModule, RString, Ruby, TryConvert, Value, function, method};
use std::ops::ControlFlow;
use tollbridge_core::Shared;
use tollbridge_core::probe::{self, MapSum};

impl Plain for u8 {}
impl Plain for f64 {}

fn nop() -> Outcome<()> {
    guard(|| {
        probe::nop();
        Ok(())
    })
}

fn add(a: Number, b: Number) -> Outcome<u64> {
    guard(|| Ok(probe::add(a.0, b.0)))
}

fn half(number: Option<Number>) -> Outcome<Option<u64>> {
    guard(|| Ok(probe::half(number.map(|n| n.0))))
}

fn str_len(text: Value) -> Outcome<u64> {
    let text = Text::new(text)?;
    guard(|| Ok(probe::str_len(text.as_str())))
}

fn str_chars(text: Value) -> Outcome<u64> {
    let text = Text::new(text)?;
    guard(|| Ok(probe::str_chars(text.as_str())))
}

fn echo(ruby: &Ruby, text: Value) -> Outcome<RString> {
    let text = Text::new(text)?;
    Ok(ruby.str_new(&guard(|| Ok(probe::echo(text.as_str())))?))
}

fn make_str(ruby: &Ruby, n: Number, wide: Value) -> Outcome<RString> {
    let n = narrow(n)?;
    let wide = flag(wide)?;
    Ok(ruby.str_new(&guard(|| Ok(probe::make_str(n, wide)))?))
}

/// Only true and false are taken for a boolean.
fn flag(value: Value) -> Result<bool, magnus::Error> {
    match value.as_raw() {
        raw if raw == rb_sys::Qtrue as u64 => Ok(true),
        raw if raw == rb_sys::Qfalse as u64 => Ok(false),
        _ => Err(wrong_type(value, "true or false")),
    }
}

fn bytes(value: Value) -> Result<RString, magnus::Error> {
    RString::from_value(value).ok_or_else(|| wrong_type(value, "a String"))
}

fn bytes_ends(data: Value) -> Outcome<u64> {
    let data = bytes(data)?;
    // SAFETY: borrowed only until Ruby goes on.
    guard(|| Ok(probe::bytes_ends(unsafe { data.as_slice() })))
}

fn bytes_sum(data: Value) -> Outcome<u64> {
    let data = bytes(data)?;
    // SAFETY: borrowed only until Ruby goes on.
    guard(|| Ok(probe::bytes_sum(unsafe { data.as_slice() })))
}

fn make_bytes(n: Number) -> Outcome<RString> {
    let n = narrow(n)?;
    guard(|| Ok(pack(probe::bytes(n))?))
}

/// Calls `f` with doubles: borrowed from a packed String where they are aligned, else copied.
fn with_doubles<T>(values: Value, f: impl Fn(&[f64]) -> T) -> Outcome<T> {
    let Some(string) = RString::from_value(values) else {
        let few = RArray::from_value(values)
            .and_then(|array| few::with_few(array, f64::plain, |few| guard(|| Ok(f(few)))));
        return few.unwrap_or_else(|| {
            let values = arguments::numbers::<f64>(values)?;
            guard(|| Ok(f(&values)))
        });
    };
    let bytes = arguments::packed::<f64>(&string)?;
    // SAFETY: every bit pattern is a double; borrowed only until Ruby goes on.
    match unsafe { bytes.align_to::<f64>() } {
        ([], doubles, []) => guard(|| Ok(f(doubles))),
        // A slice of another String may lie at any address.
        _ => guard(|| Ok(f(&arguments::unpacked::<f64>(bytes)))),
    }
}

fn f64_ends(values: Value) -> Outcome<f64> {
    with_doubles(values, probe::f64_ends)
}

fn f64_sum(values: Value) -> Outcome<f64> {
    with_doubles(values, probe::f64_sum)
}

fn make_f64(ruby: &Ruby, n: Number) -> Outcome<RArray> {
    let n = narrow(n)?;
    guard(|| Ok(few::array(ruby, probe::doubles(n))?))
}

fn make_f64_packed(n: Number) -> Outcome<RString> {
    let n = narrow(n)?;
    guard(|| Ok(pack(probe::doubles(n))?))
}

fn scale_in_place(values: Value, factor: Real) -> Outcome<()> {
    let string = bytes(values)?;
    let length = arguments::packed::<f64>(&string)?.len();
    if string.is_frozen() {
        string.modify_expand(0)?; // FrozenError
    }
    // Bytes that are shared with another String become its own first, and what Ruby knows of them is
    // forgotten.
    // SAFETY: a String that is not frozen; nothing is alive here that an exception would skip.
    unsafe { rb_sys::rb_str_modify(string.as_raw()) };
    let doubles = {
        // SAFETY: the String is its own now, so that nobody else sees these bytes; borrowed only until
        // Ruby goes on.
        let bytes = unsafe {
            let start = string.as_slice().as_ptr().cast_mut();
            std::slice::from_raw_parts_mut(start, length)
        };
        // SAFETY: every bit pattern is a double.
        unsafe { bytes.align_to_mut::<f64>() }
    };
    match doubles {
        ([], doubles, []) => guard(|| {
            probe::scale_in_place(doubles, factor.0);
            Ok(())
        }),
        _ => unreachable!("Ruby's own memory is aligned"),
    }
}

/// A flat record, frozen as every Point is.
#[magnus::wrap(
    class = "Tollbridge::Probe::Point",
    free_immediately,
    size,
    frozen_shareable
)]
#[derive(Clone, Copy)]
struct Point(probe::Point);

impl Point {
    fn wrap(ruby: &Ruby, point: probe::Point) -> Obj<Self> {
        let object = ruby.obj_wrap(Self(point));
        object.freeze();
        object
    }

    fn new(ruby: &Ruby, id: Number, x: Real, y: Real, flags: Number) -> Outcome<Obj<Self>> {
        let point = probe::Point {
            id: id.0,
            x: x.0,
            y: y.0,
            flags: narrow(flags)?,
        };
        Ok(Self::wrap(ruby, point))
    }

    fn id(this: Of<Self>) -> u64 {
        this.0.id
    }

    fn x(this: Of<Self>) -> f64 {
        this.0.x
    }

    fn y(this: Of<Self>) -> f64 {
        this.0.y
    }

    fn flags(this: Of<Self>) -> u32 {
        this.0.flags
    }
}

fn point_in(point: Of<Point>) -> Outcome<f64> {
    guard(|| Ok(probe::point_in(&point.0)))
}

fn make_point(ruby: &Ruby, n: Number) -> Outcome<Obj<Point>> {
    guard(|| Ok(Point::wrap(ruby, probe::make_point(n.0))))
}

/// Calls `f` with a contiguous copy of an Array's points.
fn with_points<T>(points: Value, f: impl Fn(&[probe::Point]) -> T) -> Outcome<T> {
    let Some(points) = RArray::from_value(points) else {
        return Err(wrong_type(points, "an Array").into());
    };
    let plain = |point| Some(Of::<Point>::plain(point)?.0);
    let few = few::with_few(points, plain, |few| guard(|| Ok(f(few))));
    if let Some(done) = few {
        return done;
    }
    let mut copied = Vec::with_capacity(points.len());
    // SAFETY: nothing below lets Ruby go on, so the Array stays as it is.
    for point in unsafe { points.as_slice() } {
        copied.push(Of::<Point>::try_convert(*point)?.0);
    }
    guard(|| Ok(f(&copied)))
}

fn points_ends(points: Value) -> Outcome<f64> {
    with_points(points, probe::points_ends)
}

fn points_sum(points: Value) -> Outcome<f64> {
    with_points(points, probe::points_sum)
}

fn make_points(ruby: &Ruby, n: Number) -> Outcome<RArray> {
    let n = narrow(n)?;
    let points = guard(|| Ok(probe::make_points(n)))?;
    let points = points.into_iter().map(|point| Point::wrap(ruby, point));
    Ok(few::array(ruby, points)?)
}

/// A tagged enum: a class for each variant, all of them Shapes.
#[magnus::wrap(
    class = "Tollbridge::Probe::Shape",
    free_immediately,
    size,
    frozen_shareable
)]
enum Shape {
    Dot,
    Circle(f64),
    Label(String),
}

static DOT: Lazy<RClass> = Lazy::new(|ruby| variant(ruby, "Dot"));
static CIRCLE: Lazy<RClass> = Lazy::new(|ruby| variant(ruby, "Circle"));
static LABEL: Lazy<RClass> = Lazy::new(|ruby| variant(ruby, "Label"));

fn variant(ruby: &Ruby, name: &str) -> RClass {
    let shape = <Shape as magnus::TypedData>::class(ruby);
    shape.const_get(name).unwrap_or(shape)
}

impl Shape {
    /// A frozen object of the variant's own class.
    fn wrap(self, ruby: &Ruby) -> Obj<Self> {
        let class = match self {
            Self::Dot => &DOT,
            Self::Circle(_) => &CIRCLE,
            Self::Label(_) => &LABEL,
        };
        let object = ruby.obj_wrap_as(self, ruby.get_inner(class));
        object.freeze();
        object
    }

    fn new_dot(ruby: &Ruby) -> Obj<Self> {
        Self::Dot.wrap(ruby)
    }

    fn new_circle(ruby: &Ruby, radius: Real) -> Obj<Self> {
        Self::Circle(radius.0).wrap(ruby)
    }

    fn new_label(ruby: &Ruby, text: Value) -> Outcome<Obj<Self>> {
        Ok(Self::Label(Text::new(text)?.as_str().to_owned()).wrap(ruby))
    }

    fn radius(this: Of<Self>) -> Option<f64> {
        match &*this {
            Self::Circle(radius) => Some(*radius),
            _ => None,
        }
    }

    fn text(ruby: &Ruby, this: Of<Self>) -> Option<RString> {
        match &*this {
            Self::Label(text) => Some(ruby.str_new(text)),
            _ => None,
        }
    }
}

impl From<&Shape> for probe::Shape {
    fn from(shape: &Shape) -> Self {
        match shape {
            Shape::Dot => Self::Dot,
            Shape::Circle(radius) => Self::Circle { radius: *radius },
            Shape::Label(text) => Self::Label { text: text.clone() },
        }
    }
}

impl From<probe::Shape> for Shape {
    fn from(shape: probe::Shape) -> Self {
        match shape {
            probe::Shape::Dot => Self::Dot,
            probe::Shape::Circle { radius } => Self::Circle(radius),
            probe::Shape::Label { text } => Self::Label(text),
        }
    }
}

fn shape_in(shape: Of<Shape>) -> Outcome<f64> {
    guard(|| Ok(probe::shape_in(&probe::Shape::from(&*shape))))
}

fn make_shape(ruby: &Ruby, n: Number) -> Outcome<Obj<Shape>> {
    Ok(guard(|| Ok(Shape::from(probe::make_shape(n.0))))?.wrap(ruby))
}

/// Each entry is borrowed where Ruby's walk over its Hash comes by.
fn map_sum(map: RHash) -> Outcome<u64> {
    let mut sum = MapSum::default();
    let mut wrong = None;
    map.foreach(|key: Value, value: Value| {
        let added = guard(|| {
            let key = Text::new(key)?;
            sum.add(key.as_str(), Number::try_convert(value)?.0);
            Ok(())
        });
        Ok(match added {
            Ok(()) => ForEach::Continue,
            Err(failure) => {
                wrong = Some(failure);
                ForEach::Stop
            }
        })
    })?;
    match wrong {
        None => Ok(sum.get()),
        Some(failure) => Err(failure),
    }
}

fn make_map(ruby: &Ruby, n: Number) -> Outcome<RHash> {
    let n = narrow(n)?;
    let map = ruby.hash_new();
    for (key, value) in guard(|| Ok(probe::make_map(n)))? {
        let key = ruby.str_new(&key);
        key.freeze(); // or the Hash makes a copy that is
        // SAFETY: a Hash that nobody else knows, and frozen text as its key: nothing of Ruby's own runs,
        // so nothing raises.
        unsafe {
            rb_sys::rb_hash_aset(map.as_raw(), key.as_raw(), ruby.into_value(value).as_raw())
        };
    }
    Ok(map)
}

fn fail(n: Number) -> Outcome<()> {
    guard(|| Ok(probe::fail(n.0)?))
}

// ANCHOR: ask
/// Why a callback stopped: it answered `:stop`, or Ruby wants to go on elsewhere.
type Stop = Option<magnus::Error>;

fn answer(ruby: &Ruby, given: Result<Value, magnus::Error>) -> ControlFlow<Stop, u64> {
    match given {
        Ok(answer) if callback::is_stop(ruby, answer) => ControlFlow::Break(None),
        Ok(answer) => match Number::try_convert(answer) {
            Ok(answer) => ControlFlow::Continue(answer.0),
            Err(raised) => ControlFlow::Break(Some(raised)),
        },
        Err(raised) => ControlFlow::Break(Some(raised)),
    }
}

fn outcome(flow: ControlFlow<Stop, u64>) -> Outcome<Option<u64>> {
    match flow {
        ControlFlow::Continue(sum) => Ok(Some(sum)),
        ControlFlow::Break(None) => Ok(None),
        ControlFlow::Break(Some(raised)) => Err(raised.into()),
    }
}

fn call_back(ruby: &Ruby, n: Number) -> Outcome<Option<u64>> {
    need_block(ruby)?;
    outcome(guard(|| {
        let ask = |number| answer(ruby, ruby.yield_value(number));
        Ok(probe::call_back(n.0, ask))
    })?)
}
// ANCHOR_END: ask

fn need_block(ruby: &Ruby) -> Result<(), magnus::Error> {
    match ruby.block_given() {
        true => Ok(()),
        false => Err(raise(
            ruby.exception_local_jump_error(),
            "no block given (yield)",
        )),
    }
}

// ANCHOR: new_thread
/// The new thread is none of Ruby's: it has one of Ruby's call the block, while this one waits without
/// the GVL. An exception comes out here; `break` and `throw` find their frames on another thread, and
/// become the exceptions that Ruby has for that.
fn call_back_from_new_thread(ruby: &Ruby, n: Number) -> Outcome<Option<u64>> {
    let block = ruby.block_proc()?;
    let kept = Opaque::from(block);
    callback::prepare()?;
    let run = || {
        probe::call_back_from_new_thread(n.0, |number| {
            let called = callback::on_rubys_thread(|| {
                let ruby = gvl::ruby();
                let given = ruby.get_inner(kept).call((number,));
                Sent(answer(
                    &ruby,
                    given.map_err(|raised| survive(&ruby, raised)),
                ))
            });
            // None when Ruby ends meanwhile.
            called.unwrap_or(Sent(ControlFlow::Break(None))).map_break()
        })
    };
    let flow = guard(|| Ok(without(Interrupt::Waits, run)?))?;
    let _ = block; // until here the collector sees it on the stack
    outcome(match flow {
        ControlFlow::Continue(sum) => ControlFlow::Continue(sum),
        ControlFlow::Break(stop) => ControlFlow::Break(stop.0),
    })
}
// ANCHOR_END: new_thread

/// A thread that is killed in a block it runs for another dies alone: the other gets an exception.
fn survive(ruby: &Ruby, raised: magnus::Error) -> magnus::Error {
    match dies_later(raised) {
        Ok(()) => {
            let error = ruby.exception_thread_error();
            raise(error, "the thread that called the block was killed")
        }
        Err(raised) => raised,
    }
}

/// What one of Ruby's threads answers to one that is none: carried, not looked at, until it is back.
struct Sent<T>(T);

// SAFETY: between Ruby's threads it passes through one that only hands it on.
unsafe impl<T> Send for Sent<T> {}

impl Sent<ControlFlow<Stop, u64>> {
    fn map_break(self) -> ControlFlow<Sent<Stop>, u64> {
        match self.0 {
            ControlFlow::Continue(sum) => ControlFlow::Continue(sum),
            ControlFlow::Break(stop) => ControlFlow::Break(Sent(stop)),
        }
    }
}

fn record_from_new_thread(histogram: Of<Histogram>, value: Number) -> Outcome<()> {
    callback::prepare()?;
    // Its watchers need a thread of Ruby's, and that one the GVL.
    let record = |shared: &Shared| probe::record_from_new_thread(shared, value.0);
    histogram.handle().detached(record)
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    let probe = module.define_module("Probe")?;
    probe.define_module_function("nop", function!(nop, 0))?;
    probe.define_module_function("add", function!(add, 2))?;
    probe.define_module_function("half", function!(half, 1))?;
    probe.define_module_function("str_len", function!(str_len, 1))?;
    probe.define_module_function("str_chars", function!(str_chars, 1))?;
    probe.define_module_function("echo", function!(echo, 1))?;
    probe.define_module_function("make_str", function!(make_str, 2))?;
    probe.define_module_function("bytes_ends", function!(bytes_ends, 1))?;
    probe.define_module_function("bytes_sum", function!(bytes_sum, 1))?;
    probe.define_module_function("make_bytes", function!(make_bytes, 1))?;
    probe.define_module_function("f64_ends", function!(f64_ends, 1))?;
    probe.define_module_function("f64_sum", function!(f64_sum, 1))?;
    probe.define_module_function("make_f64", function!(make_f64, 1))?;
    probe.define_module_function("make_f64_packed", function!(make_f64_packed, 1))?;
    probe.define_module_function("scale_in_place", function!(scale_in_place, 2))?;
    probe.define_module_function("point_in", function!(point_in, 1))?;
    probe.define_module_function("make_point", function!(make_point, 1))?;
    probe.define_module_function("points_ends", function!(points_ends, 1))?;
    probe.define_module_function("points_sum", function!(points_sum, 1))?;
    probe.define_module_function("make_points", function!(make_points, 1))?;
    probe.define_module_function("shape_in", function!(shape_in, 1))?;
    probe.define_module_function("make_shape", function!(make_shape, 1))?;
    probe.define_module_function("map_sum", function!(map_sum, 1))?;
    probe.define_module_function("make_map", function!(make_map, 1))?;
    probe.define_module_function("fail", function!(fail, 1))?;
    probe.define_module_function("call_back", function!(call_back, 1))?;
    probe.define_module_function(
        "call_back_from_new_thread",
        function!(call_back_from_new_thread, 1),
    )?;
    probe.define_module_function(
        "record_from_new_thread",
        function!(record_from_new_thread, 2),
    )?;

    let point = define_class::<Point>(ruby, probe, "Point")?;
    point.define_singleton_method("new", function!(Point::new, 4))?;
    point.define_method("id", method!(Point::id, 0))?;
    point.define_method("x", method!(Point::x, 0))?;
    point.define_method("y", method!(Point::y, 0))?;
    point.define_method("flags", method!(Point::flags, 0))?;

    let shape = define_class::<Shape>(ruby, probe, "Shape")?;
    let dot = shape.define_class("Dot", shape)?;
    dot.define_singleton_method("new", function!(Shape::new_dot, 0))?;
    let circle = shape.define_class("Circle", shape)?;
    circle.define_singleton_method("new", function!(Shape::new_circle, 1))?;
    circle.define_method("radius", method!(Shape::radius, 0))?;
    let label = shape.define_class("Label", shape)?;
    label.define_singleton_method("new", function!(Shape::new_label, 1))?;
    label.define_method("text", method!(Shape::text, 0))?;
    for class in [&DOT, &CIRCLE, &LABEL] {
        Lazy::force(class, ruby); // now, as `define_class` does
    }
    fault::define(ruby, module)
}
