//! Functions that do as little as possible, so that calling one costs the crossing.
//! Those that cannot fail return their result; the others follow the library's conventions.

use super::memory::{boolean, give, take};
use crate::call::{ErrorOut, Uncancelled, call};
use crate::error::{Failure, tbf_error};
use crate::histogram::HISTOGRAMS;
use crate::memory::{
    no_value, null, required, return_by_value, slice, text, writable, write, write_option,
};
use ffi_support::{ByteBuffer, IntoFfi};
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use tollbridge_core::probe::{self, MapSum, Point, Shape};

/// A flat record.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_docs)]
pub struct tbf_point {
    pub id: u64,
    pub x: f64,
    pub y: f64,
    pub flags: u32,
}

/// Records that the caller owns. Free them with tbf_points_free.
#[repr(C)]
pub struct tbf_points {
    /// NULL when empty.
    pub data: *mut tbf_point,
    /// How many.
    pub length: usize,
}

/// Floats that the caller owns: a ByteBuffer is aligned for bytes only. Free them with tbf_f64s_free.
#[repr(C)]
pub struct tbf_f64s {
    /// NULL when empty.
    pub data: *mut f64,
    /// How many.
    pub length: usize,
}

/// What a tbf_shape is: the values of its `kind`.
#[repr(C)]
pub enum tbf_shape_kind {
    /// No payload.
    TBF_SHAPE_DOT = 0,
    /// `radius` is set.
    TBF_SHAPE_CIRCLE = 1,
    /// `text` and `text_length` are set.
    TBF_SHAPE_LABEL = 2,
}

/// A tagged enum with payloads. As an argument its text is borrowed for the call; as a result it is
/// the caller's and freed with tbf_shape_free.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_shape {
    /// A tbf_shape_kind.
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
pub struct tbf_entry {
    /// UTF-8, not NUL-terminated; may be NULL when `key_length` is 0.
    pub key: *const c_char,
    /// In bytes.
    pub key_length: usize,
    #[allow(missing_docs)]
    pub value: u64,
}

/// A map that the caller owns, sorted by key. Free it with tbf_map_free.
#[repr(C)]
pub struct tbf_map {
    /// NULL when empty.
    pub entries: *mut tbf_entry,
    /// How many.
    pub length: usize,
}

/// Gets a number and writes its answer. 0 goes on, anything else stops.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
pub type tbf_probe_callback =
    Option<unsafe extern "C" fn(user: *mut c_void, number: u64, answer: *mut u64) -> i32>;

impl From<Point> for tbf_point {
    fn from(Point { id, x, y, flags }: Point) -> Self {
        Self { id, x, y, flags }
    }
}

impl From<tbf_point> for Point {
    fn from(tbf_point { id, x, y, flags }: tbf_point) -> Self {
        Self { id, x, y, flags }
    }
}

return_by_value!(tbf_point, tbf_points, tbf_f64s, tbf_shape, tbf_map);

/// Does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tbf_probe_nop() {
    probe::nop();
}

/// `a + b` modulo 2^64. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tbf_probe_add(a: u64, b: u64) -> u64 {
    probe::add(a, b)
}

/// Half of an even number. `some` is 1 when there is a number, else 0; 0 is returned, and `*value`
/// stays, when there is none or it is odd; else 1.
///
/// Errors: invalid_enum, null_argument. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_half(
    some: u8,
    number: u64,
    value: Option<&mut MaybeUninit<u64>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let out = required("value", value)?;
        let number = boolean("some", some)?.then_some(number);
        Ok(write_option(probe::half(number), out))
    })
}

/// Length in bytes of UTF-8, which is checked.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_str_len(
    text: *const c_char,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, length, error, probe::str_len) }
}

/// Number of characters. As tbf_probe_str_len.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_str_chars(
    text: *const c_char,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, length, error, probe::str_chars) }
}

/// A copy of the text, as bytes: it may hold NULs.
///
/// Ownership: `text` is borrowed for the call; the buffer is the caller's, free it with
/// tbf_byte_buffer_free. NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_echo(
    text: *const c_char,
    length: usize,
    error: *mut tbf_error,
) -> ByteBuffer {
    // SAFETY: the caller's promise above.
    unsafe {
        on_text(text, length, error, |text| {
            ByteBuffer::from_vec(probe::echo(text).into_bytes())
        })
    }
}

/// # Safety
/// Unless NULL, `text` points to `length` bytes that stay as they are during the call; and as [`call`].
unsafe fn on_text<R: IntoFfi>(
    text: *const c_char,
    length: usize,
    error: *mut tbf_error,
    probe: impl FnOnce(&str) -> R,
) -> R::Value {
    // SAFETY: the caller's promise.
    call(unsafe { ErrorOut::at(error) }, || {
        // SAFETY: as above; the text does not outlive the call.
        Ok(probe(unsafe { self::text("text", text, length)? }))
    })
}

/// Text of `n` characters, as bytes: `abc…` repeated, or `é` repeated when `wide` is 1.
///
/// Ownership: the buffer is the caller's; free it with tbf_byte_buffer_free.
/// Errors: invalid_enum. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_str(
    n: usize,
    wide: u8,
    error: *mut tbf_error,
) -> ByteBuffer {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let text = probe::make_str(n, boolean("wide", wide)?);
        Ok(ByteBuffer::from_vec(text.into_bytes()))
    })
}

/// Length + first + last byte; 0 when empty.
///
/// Ownership: `data` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_bytes_ends(
    data: *const u8,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("data", data, length, error, probe::bytes_ends) }
}

/// Sum of all bytes. As tbf_probe_bytes_ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_bytes_sum(
    data: *const u8,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("data", data, length, error, probe::bytes_sum) }
}

/// # Safety
/// Unless NULL, `data` points to `length` items that stay as they are during the call; and as [`call`].
unsafe fn on_slice<T: Copy, R: IntoFfi>(
    argument: &'static str,
    data: *const T,
    length: usize,
    error: *mut tbf_error,
    probe: impl FnOnce(&[T]) -> R,
) -> R::Value {
    // SAFETY: the caller's promise.
    call(unsafe { ErrorOut::at(error) }, || {
        // SAFETY: as above; the slice does not outlive the call.
        Ok(probe(&unsafe { slice(argument, data, length)? }))
    })
}

/// `n` bytes: 0, 1, … 255, 0, …
///
/// Ownership: the buffer is the caller's; free it with tbf_byte_buffer_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_bytes(n: usize, error: *mut tbf_error) -> ByteBuffer {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(ByteBuffer::from_vec(probe::make_bytes(n)))
    })
}

/// Length + first + last; 0 when empty.
///
/// Ownership: `values` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_f64_ends(
    values: *const f64,
    length: usize,
    error: *mut tbf_error,
) -> f64 {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("values", values, length, error, probe::f64_ends) }
}

/// Sum in order, from 0. As tbf_probe_f64_ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_f64_sum(
    values: *const f64,
    length: usize,
    error: *mut tbf_error,
) -> f64 {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("values", values, length, error, probe::f64_sum) }
}

/// 0, 1, … n - 1.
///
/// Ownership: the floats are the caller's; free them with tbf_f64s_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_f64(n: usize, error: *mut tbf_error) -> tbf_f64s {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let (data, length) = give(probe::make_f64(n));
        Ok(tbf_f64s { data, length })
    })
}

/// Frees the memory and sets `*values` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_f64s_free(values: Option<&mut tbf_f64s>) {
    let Some(values) = values else { return };
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    unsafe { take(&mut values.data, &mut values.length) };
}

/// Multiplies each value where it stands.
///
/// Ownership: `values` is borrowed for the call, to read and write, and nobody else may touch it
/// meanwhile. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_scale_in_place(
    values: *mut f64,
    length: usize,
    factor: f64,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
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
pub unsafe extern "C" fn tbf_probe_point_in(
    point: Option<&tbf_point>,
    error: *mut tbf_error,
) -> f64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(probe::point_in(&(*required("point", point)?).into()))
    })
}

/// The point n, n / 2, -1, n & 7. Errors: none. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_point(n: u64, error: *mut tbf_error) -> tbf_point {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(tbf_point::from(probe::make_point(n)))
    })
}

/// Length + tbf_probe_point_in of the first + of the last; 0 when empty.
///
/// Ownership: `points` is borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_points_ends(
    points: *const tbf_point,
    length: usize,
    error: *mut tbf_error,
) -> f64 {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("points", points, length, error, probe::points_ends) }
}

/// Sum of tbf_probe_point_in. As tbf_probe_points_ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_points_sum(
    points: *const tbf_point,
    length: usize,
    error: *mut tbf_error,
) -> f64 {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("points", points, length, error, probe::points_sum) }
}

/// tbf_probe_make_point of 0 to n - 1.
///
/// Ownership: the points are the caller's; free them with tbf_points_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_points(n: usize, error: *mut tbf_error) -> tbf_points {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let points = probe::make_points(n).into_iter().map(tbf_point::from);
        let (data, length) = give(points.collect());
        Ok(tbf_points { data, length })
    })
}

/// Frees the memory and sets `*points` to `{0}`. NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_points_free(points: Option<&mut tbf_points>) {
    let Some(points) = points else { return };
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    unsafe { take(&mut points.data, &mut points.length) };
}

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
///
/// Ownership: `shape` and its text are borrowed for the call.
/// Errors: invalid_enum, invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_shape_in(
    shape: Option<&tbf_shape>,
    error: *mut tbf_error,
) -> f64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
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
            kind => return Err(no_value("shape", kind.into())),
        };
        Ok(probe::shape_in(&shape))
    })
}

/// By n modulo 3: a dot, a circle of radius n, a label with n in decimal.
///
/// Ownership: the shape is the caller's; free it with tbf_shape_free.
/// Errors: none. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_shape(n: u64, error: *mut tbf_error) -> tbf_shape {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let mut shape = tbf_shape::ffi_default();
        match probe::make_shape(n) {
            Shape::Dot => shape.kind = tbf_shape_kind::TBF_SHAPE_DOT as u32,
            Shape::Circle { radius } => {
                shape.kind = tbf_shape_kind::TBF_SHAPE_CIRCLE as u32;
                shape.radius = radius;
            }
            Shape::Label { text } => {
                shape.kind = tbf_shape_kind::TBF_SHAPE_LABEL as u32;
                let (data, length) = give(text.into_bytes());
                (shape.text, shape.text_length) = (data.cast(), length);
            }
        }
        Ok(shape)
    })
}

/// Frees what tbf_probe_make_shape made and sets `*shape` to `{0}`, a dot.
/// Not for a shape whose text is the caller's own. NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_shape_free(shape: Option<&mut tbf_shape>) {
    let Some(shape) = shape else { return };
    let mut data = shape.text.cast_mut().cast::<u8>();
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    unsafe { take(&mut data, &mut shape.text_length) };
    *shape = tbf_shape::ffi_default();
}

/// Sum of the values (modulo 2^64) and of the keys' lengths in bytes.
///
/// Ownership: `entries` and its keys are borrowed for the call. NULL: allowed when `length` is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_map_sum(
    entries: *const tbf_entry,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        // SAFETY: the caller's promise above; neither slice nor texts outlive the call.
        let entries = unsafe { slice("entries", entries, length)? };
        let mut sum = MapSum::default();
        for entry in entries.iter() {
            // SAFETY: as above.
            let key = unsafe { text("key", entry.key, entry.key_length)? };
            sum.add(key, entry.value);
        }
        Ok(sum.get())
    })
}

/// A map of `n` entries: `k000000` to 0, `k000001` to 1, …
///
/// Ownership: the map is the caller's; free it with tbf_map_free.
/// Errors: none. Memory that runs out ends the process. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_make_map(n: usize, error: *mut tbf_error) -> tbf_map {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let entry = |(key, value): (String, u64)| {
            let (key, key_length) = give(key.into_bytes());
            tbf_entry {
                key: key.cast(),
                key_length,
                value,
            }
        };
        let (entries, length) = give(probe::make_map(n).into_iter().map(entry).collect());
        Ok(tbf_map { entries, length })
    })
}

/// Frees the map with its keys and sets `*map` to `{0}`. NULL: allowed, does nothing.
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_map_free(map: Option<&mut tbf_map>) {
    let Some(map) = map else { return };
    for i in 0..map.length {
        // SAFETY: the map came from tbf_probe_make_map, or is zero and has no entries.
        let entry = unsafe { &mut *map.entries.add(i) };
        let mut key = entry.key.cast_mut().cast::<u8>();
        // SAFETY: each key came from `give`.
        unsafe { take(&mut key, &mut entry.key_length) };
    }
    // SAFETY: the pair came from `give`, or is zero; it is zero afterwards.
    unsafe { take(&mut map.entries, &mut map.length) };
}

/// The code of the error `probe`, which only tbf_probe_fail gives. Its fields are `number`, what the caller gave,
/// `ratio`, which is not a number, and `text`.
pub const TBF_ERR_PROBE: i32 = 16;

/// Always the error `probe`, with `number`, a ratio of NaN and the text `café`.
///
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_fail(number: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || Ok(probe::fail(number)?))
}

/// Calls `callback` with 0 to n - 1 and sums what it answers (modulo 2^64), until it answers other
/// than 0. Returns that answer, or 0 at the end; `*sum` stays when it was stopped.
/// Calls back on this thread.
///
/// Ownership: `user` is passed on as it is. Errors: null_argument. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_call_back(
    n: u64,
    callback: tbf_probe_callback,
    user: *mut c_void,
    sum: Option<&mut MaybeUninit<u64>>,
    error: *mut tbf_error,
) -> i32 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        let callback = Callback::new(callback, user)?;
        let sum = required("sum", sum)?;
        Ok(write_flow(
            probe::call_back(n, |number| callback.call(number)),
            sum,
        ))
    })
}

/// As tbf_probe_call_back, but calls back on a thread that is started for it and has ended when this
/// returns. Errors: null_argument, panic when the system cannot start a thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_call_back_from_new_thread(
    n: u64,
    callback: tbf_probe_callback,
    user: *mut c_void,
    sum: Option<&mut MaybeUninit<u64>>,
    error: *mut tbf_error,
) -> i32 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        let callback = Callback::new(callback, user)?;
        let sum = required("sum", sum)?;
        let flow = probe::call_back_from_new_thread(n, move |number| callback.call(number));
        Ok(write_flow(flow, sum))
    })
}

/// tbf_histogram_record on a thread that is started for it and has ended when this returns, so that
/// watchers are called from a thread that is not the caller's.
///
/// Errors: as tbf_histogram_record; panic when the system cannot start a thread.
/// Threads: any; waits for that thread, which waits and calls back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_probe_record_from_new_thread(
    histogram: u64,
    value: u64,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        Ok(probe::record_from_new_thread(
            &HISTOGRAMS.get(histogram)?,
            value,
        )?)
    })
}

/// A C function with the argument it was registered with.
struct Callback {
    function: unsafe extern "C" fn(*mut c_void, u64, *mut u64) -> i32,
    user: *mut c_void,
}

// SAFETY: the caller of tbf_probe_call_back_from_new_thread said that `user` may go to its thread.
unsafe impl Send for Callback {}

impl Callback {
    fn new(function: tbf_probe_callback, user: *mut c_void) -> Result<Self, Failure> {
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

/// What stopped it, or 0 at the end, where there is a sum.
fn write_flow(flow: ControlFlow<i32, u64>, sum: &mut MaybeUninit<u64>) -> i32 {
    match flow {
        ControlFlow::Continue(total) => {
            sum.write(total);
            0
        }
        ControlFlow::Break(stop) => stop,
    }
}
