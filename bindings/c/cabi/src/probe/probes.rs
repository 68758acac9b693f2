//! Functions that do as little as possible, so that calling one costs the crossing.
//! Those that cannot fail return their result; the others follow the library's conventions.

use super::arguments::boolean;
use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tb_histogram};
use crate::memory::{
    give, give_bytes, give_text, null, required, slice, take, tb_bytes, tb_text, text, writable,
    write, write_option,
};
use crate::tb_error;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::ptr;
use tollbridge_core::Error;
use tollbridge_core::probe::{self, MapSum, Point, Shape};

/// A flat record.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct tb_point {
    pub id: u64,
    pub x: f64,
    pub y: f64,
    pub flags: u32,
}

/// Records that the caller owns. Initialise with `{0}`, free with tb_points_free.
#[repr(C)]
pub struct tb_points {
    /// NULL when empty.
    pub data: *mut tb_point,
    /// How many.
    pub length: usize,
}

/// Floats that the caller owns. Initialise with `{0}`, free with tb_f64s_free.
#[repr(C)]
pub struct tb_f64s {
    /// NULL when empty.
    pub data: *mut f64,
    /// How many.
    pub length: usize,
}

/// What a tb_shape is: the values of its `kind`.
#[repr(C)]
pub enum tb_shape_kind {
    /// No payload.
    TB_SHAPE_DOT = 0,
    /// `radius` is set.
    TB_SHAPE_CIRCLE = 1,
    /// `text` and `text_length` are set.
    TB_SHAPE_LABEL = 2,
}

/// A tagged enum with payloads. As an argument its text is borrowed for the call; as a result it is
/// the caller's and freed with tb_shape_free.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_shape {
    /// A tb_shape_kind.
    pub kind: u32,
    /// Of a circle.
    pub radius: f64,
    /// Of a label: UTF-8; NULL when empty.
    pub text: *const c_char,
    /// In bytes.
    pub text_length: usize,
}

/// One entry of a map.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_entry {
    /// UTF-8, not NUL-terminated; may be NULL when `key_length` is 0.
    pub key: *const c_char,
    /// In bytes.
    pub key_length: usize,
    #[allow(missing_docs)]
    pub value: u64,
}

/// A map that the caller owns, sorted by key. Initialise with `{0}`, free with tb_map_free.
#[repr(C)]
pub struct tb_map {
    /// NULL when empty.
    pub entries: *mut tb_entry,
    /// How many.
    pub length: usize,
}

/// Gets a number and writes its answer. 0 goes on, anything else stops.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
pub type tb_probe_callback =
    Option<unsafe extern "C" fn(user: *mut c_void, number: u64, answer: *mut u64) -> i32>;

impl From<Point> for tb_point {
    fn from(Point { id, x, y, flags }: Point) -> Self {
        Self { id, x, y, flags }
    }
}

impl From<tb_point> for Point {
    fn from(tb_point { id, x, y, flags }: tb_point) -> Self {
        Self { id, x, y, flags }
    }
}

/// Does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tb_probe_nop() {
    probe::nop();
}

/// `a + b` modulo 2^64. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tb_probe_add(a: u64, b: u64) -> u64 {
    probe::add(a, b)
}

/// Half of an even number. `some` is 1 when there is a number, else 0; `*found` is false, and
/// `*value` stays, when there is none or it is odd.
///
/// Errors: invalid_enum, null_argument. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_half(
    some: u8,
    number: u64,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let (found, value) = (required("found", found)?, required("value", value)?);
        let number = boolean("some", some)?.then_some(number);
        write_option(probe::half(number), found, value);
        Ok(())
    })
}

/// Length in bytes of UTF-8, which is checked.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_str_len(
    text: *const c_char,
    length: usize,
    result: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, length, result, probe::str_len) }
}

/// Number of characters. As tb_probe_str_len.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_str_chars(
    text: *const c_char,
    length: usize,
    result: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, length, result, probe::str_chars) }
}

/// A copy of the text.
///
/// Ownership: `text` is borrowed for the call; `*result` is the caller's, free it with tb_text_free.
/// NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_echo(
    text: *const c_char,
    length: usize,
    result: Option<&mut MaybeUninit<tb_text>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, length, result, |text| give_text(probe::echo(text))) }
}

/// # Safety
/// Unless NULL, `text` points to `length` bytes that stay as they are during the call.
unsafe fn on_text<T>(
    text: *const c_char,
    length: usize,
    result: Option<&mut MaybeUninit<T>>,
    probe: impl FnOnce(&str) -> T,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        // SAFETY: the caller's promise; the text does not outlive the call.
        out.write(probe(unsafe { self::text("text", text, length)? }));
        Ok(())
    })
}

/// Text of `n` characters: `abc…` repeated, or `é` repeated when `wide` is 1.
///
/// Ownership: `*result` is the caller's; free it with tb_text_free.
/// Errors: invalid_enum, null_argument. Memory that runs out ends the process.
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_str(
    n: usize,
    wide: u8,
    result: Option<&mut MaybeUninit<tb_text>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        out.write(give_text(probe::make_str(n, boolean("wide", wide)?)));
        Ok(())
    })
}

/// Length + first + last byte; 0 when empty.
///
/// Ownership: `data` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_bytes_ends(
    data: *const u8,
    length: usize,
    result: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("data", data, length, result, probe::bytes_ends) }
}

/// Sum of all bytes. As tb_probe_bytes_ends.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_bytes_sum(
    data: *const u8,
    length: usize,
    result: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("data", data, length, result, probe::bytes_sum) }
}

/// # Safety
/// Unless NULL, `data` points to `length` items that stay as they are during the call.
unsafe fn on_slice<T: Copy, R>(
    argument: &'static str,
    data: *const T,
    length: usize,
    result: Option<&mut MaybeUninit<R>>,
    probe: impl FnOnce(&[T]) -> R,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        // SAFETY: the caller's promise; the slice does not outlive the call.
        out.write(probe(&unsafe { slice(argument, data, length)? }));
        Ok(())
    })
}

/// `n` bytes: 0, 1, … 255, 0, …
///
/// Ownership: `*result` is the caller's; free it with tb_bytes_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_bytes(
    n: usize,
    result: Option<&mut MaybeUninit<tb_bytes>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        out.write(give_bytes(probe::make_bytes(n)));
        Ok(())
    })
}

/// Length + first + last; 0 when empty.
///
/// Ownership: `values` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_f64_ends(
    values: *const f64,
    length: usize,
    result: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("values", values, length, result, probe::f64_ends) }
}

/// Sum in order, from 0. As tb_probe_f64_ends.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_f64_sum(
    values: *const f64,
    length: usize,
    result: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("values", values, length, result, probe::f64_sum) }
}

/// 0, 1, … n - 1.
///
/// Ownership: `*result` is the caller's; free it with tb_f64s_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_f64(
    n: usize,
    result: Option<&mut MaybeUninit<tb_f64s>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        let (data, length) = give(probe::make_f64(n));
        out.write(tb_f64s { data, length });
        Ok(())
    })
}

/// Frees the memory and sets `*values` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tb_f64s_free(values: Option<&mut tb_f64s>) {
    let Some(values) = values else { return };
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    guard_free(|| unsafe { take(&mut values.data, &mut values.length, 0) });
}

/// Multiplies each value where it stands.
///
/// Ownership: `values` is borrowed for the call, to read and write, and nobody else may touch it
/// meanwhile. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_scale_in_place(
    values: *mut f64,
    length: usize,
    factor: f64,
) -> Option<Box<tb_error>> {
    guard(|| {
        writable("values", values, length)?;
        if length > 0 && values.is_aligned() {
            // SAFETY: not NULL, aligned, within isize::MAX, and the caller's promise.
            let values = unsafe { std::slice::from_raw_parts_mut(values, length) };
            probe::scale_in_place(values, factor);
        } else {
            // SAFETY: as above, but misaligned: a copy is scaled and written back.
            let mut copy = unsafe { slice("values", values.cast_const(), length)? }.into_owned();
            probe::scale_in_place(&mut copy, factor);
            // SAFETY: `writable` was asked, and the copy is elsewhere.
            unsafe { write(&copy, values) };
        }
        Ok(())
    })
}

/// id + x + y + flags.
///
/// Ownership: `point` is borrowed for the call. Errors: null_argument. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_point_in(
    point: Option<&tb_point>,
    result: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::point_in(&(*required("point", point)?).into()));
        Ok(())
    })
}

/// The point n, n / 2, -1, n & 7. Errors: null_argument. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_point(
    n: u64,
    result: Option<&mut MaybeUninit<tb_point>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::make_point(n).into());
        Ok(())
    })
}

/// Length + tb_probe_point_in of the first + of the last; 0 when empty.
///
/// Ownership: `points` is borrowed for the call.
/// NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_points_ends(
    points: *const tb_point,
    length: usize,
    result: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("points", points, length, result, probe::points_ends) }
}

/// Sum of tb_probe_point_in. As tb_probe_points_ends.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_points_sum(
    points: *const tb_point,
    length: usize,
    result: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("points", points, length, result, probe::points_sum) }
}

/// tb_probe_make_point of 0 to n - 1.
///
/// Ownership: `*result` is the caller's; free it with tb_points_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_points(
    n: usize,
    result: Option<&mut MaybeUninit<tb_points>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        let points = probe::make_points(n).into_iter().map(tb_point::from);
        let (data, length) = give(points.collect());
        out.write(tb_points { data, length });
        Ok(())
    })
}

/// Frees the memory and sets `*points` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tb_points_free(points: Option<&mut tb_points>) {
    let Some(points) = points else { return };
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    guard_free(|| unsafe { take(&mut points.data, &mut points.length, 0) });
}

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
///
/// Ownership: `shape` and its text are borrowed for the call.
/// Errors: invalid_enum, invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_shape_in(
    shape: Option<&tb_shape>,
    result: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        let shape = required("shape", shape)?;
        let shape = match shape.kind {
            0 => Shape::Dot,
            1 => Shape::Circle {
                radius: shape.radius,
            },
            2 => {
                // SAFETY: the caller's promise above; the text is copied.
                let text = unsafe { text("text", shape.text, shape.text_length)? };
                Shape::Label {
                    text: text.to_owned(),
                }
            }
            kind => {
                return Err(Error::InvalidEnum {
                    argument: "shape".into(),
                    value: kind.into(),
                });
            }
        };
        out.write(probe::shape_in(&shape));
        Ok(())
    })
}

/// By n modulo 3: a dot, a circle of radius n, a label with n in decimal.
///
/// Ownership: `*result` is the caller's; free it with tb_shape_free.
/// Errors: null_argument. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_shape(
    n: u64,
    result: Option<&mut MaybeUninit<tb_shape>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        let mut shape = tb_shape {
            kind: 0,
            radius: 0.0,
            text: ptr::null(),
            text_length: 0,
        };
        match probe::make_shape(n) {
            Shape::Dot => shape.kind = tb_shape_kind::TB_SHAPE_DOT as u32,
            Shape::Circle { radius } => {
                shape.kind = tb_shape_kind::TB_SHAPE_CIRCLE as u32;
                shape.radius = radius;
            }
            Shape::Label { text } => {
                shape.kind = tb_shape_kind::TB_SHAPE_LABEL as u32;
                let (data, length) = give(text.into_bytes());
                (shape.text, shape.text_length) = (data.cast(), length);
            }
        }
        out.write(shape);
        Ok(())
    })
}

/// Frees what tb_probe_make_shape made and sets `*shape` to `{0}`, a dot.
/// Not for a shape whose text is the caller's own. NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tb_shape_free(shape: Option<&mut tb_shape>) {
    let Some(shape) = shape else { return };
    let mut data = shape.text.cast_mut().cast::<u8>();
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    guard_free(|| unsafe { take(&mut data, &mut shape.text_length, 0) });
    *shape = tb_shape {
        kind: 0,
        radius: 0.0,
        text: ptr::null(),
        text_length: 0,
    };
}

/// Sum of the values (modulo 2^64) and of the keys' lengths in bytes.
///
/// Ownership: `entries` and its keys are borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_map_sum(
    entries: *const tb_entry,
    length: usize,
    result: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        // SAFETY: the caller's promise above; neither slice nor texts outlive the call.
        let entries = unsafe { slice("entries", entries, length)? };
        let mut sum = MapSum::default();
        for entry in entries.iter() {
            // SAFETY: as above.
            let key = unsafe { text("key", entry.key, entry.key_length)? };
            sum.add(key, entry.value);
        }
        out.write(sum.get());
        Ok(())
    })
}

/// A map of `n` entries: `k000000` to 0, `k000001` to 1, …
///
/// Ownership: `*result` is the caller's; free it with tb_map_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_make_map(
    n: usize,
    result: Option<&mut MaybeUninit<tb_map>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("result", result)?;
        let entry = |(key, value): (String, u64)| {
            let (key, key_length) = give(key.into_bytes());
            tb_entry {
                key: key.cast(),
                key_length,
                value,
            }
        };
        let (entries, length) = give(probe::make_map(n).into_iter().map(entry).collect());
        out.write(tb_map { entries, length });
        Ok(())
    })
}

/// Frees the map with its keys and sets `*map` to `{0}`. NULL: allowed, does nothing.
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tb_map_free(map: Option<&mut tb_map>) {
    let Some(map) = map else { return };
    guard_free(|| {
        for i in 0..map.length {
            // SAFETY: the map came from tb_probe_make_map, or is zero and has no entries.
            let entry = unsafe { &mut *map.entries.add(i) };
            let mut key = entry.key.cast_mut().cast::<u8>();
            // SAFETY: each key came from `give`.
            unsafe { take(&mut key, &mut entry.key_length, 0) };
        }
        // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
        unsafe { take(&mut map.entries, &mut map.length, 0) };
    });
}

/// The code of the error `probe`, which only tb_probe_fail gives. Its fields are `number`, what the caller gave,
/// `ratio`, which is not a number, and `text`.
pub const TB_ERR_PROBE: i32 = 16;

/// Always the error `probe`, with `number`, a ratio of NaN and the text `café`.
///
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_probe_fail(number: u64) -> Option<Box<tb_error>> {
    guard(|| probe::fail(number))
}

/// Calls `callback` with 0 to n - 1 and sums what it answers (modulo 2^64), until it answers other
/// than 0. `*stopped` is that answer, or 0 at the end; `*sum` stays when it was stopped.
/// Calls back on this thread.
///
/// Ownership: `user` is passed on as it is. Errors: null_argument. Threads: any.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_call_back(
    n: u64,
    callback: tb_probe_callback,
    user: *mut c_void,
    stopped: Option<&mut MaybeUninit<i32>>,
    sum: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let callback = Callback::new(callback, user)?;
        let (stopped, sum) = (required("stopped", stopped)?, required("sum", sum)?);
        write_flow(
            probe::call_back(n, |number| callback.call(number)),
            stopped,
            sum,
        );
        Ok(())
    })
}

/// As tb_probe_call_back, but calls back on a thread that is started for it and has ended when this
/// returns. Errors: null_argument, panic when the system cannot start a thread.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_call_back_from_new_thread(
    n: u64,
    callback: tb_probe_callback,
    user: *mut c_void,
    stopped: Option<&mut MaybeUninit<i32>>,
    sum: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let callback = Callback::new(callback, user)?;
        let (stopped, sum) = (required("stopped", stopped)?, required("sum", sum)?);
        let flow = probe::call_back_from_new_thread(n, move |number| callback.call(number));
        write_flow(flow, stopped, sum);
        Ok(())
    })
}

/// tb_histogram_record on a thread that is started for it and has ended when this returns, so that
/// watchers are called from a thread that is not the caller's.
///
/// Errors: as tb_histogram_record; panic when the system cannot start a thread.
/// Threads: any; waits for that thread, which waits and calls back.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_probe_record_from_new_thread(
    histogram: *const tb_histogram,
    value: u64,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        // A handle of our own: a watcher may free the caller's.
        // SAFETY: NULL, or a handle that is not freed yet.
        let shared = handle(unsafe { histogram.as_ref() })?.clone();
        probe::record_from_new_thread(&shared, value)
    })
}

/// A C function with the argument it was registered with.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void, u64, *mut u64) -> i32,
    user: *mut c_void,
}

// SAFETY: the caller of tb_probe_call_back_from_new_thread said that `user` may go to its thread.
unsafe impl Send for Callback {}

impl Callback {
    fn new(function: tb_probe_callback, user: *mut c_void) -> Result<Self, Error> {
        Ok(Self {
            function: function.ok_or_else(|| null("callback"))?,
            user,
        })
    }

    fn call(&self, number: u64) -> ControlFlow<i32, u64> {
        let mut answer = 0;
        // SAFETY: the caller's function, with the arguments it is declared for.
        match unsafe { (self.function)(self.user, number, &mut answer) } {
            0 => ControlFlow::Continue(answer),
            stop => ControlFlow::Break(stop),
        }
    }
}

fn write_flow(
    flow: ControlFlow<i32, u64>,
    stopped: &mut MaybeUninit<i32>,
    sum: &mut MaybeUninit<u64>,
) {
    match flow {
        ControlFlow::Continue(total) => {
            stopped.write(0);
            sum.write(total);
        }
        ControlFlow::Break(stop) => {
            stopped.write(stop);
        }
    }
}
