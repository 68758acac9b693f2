//! Functions that do as little as possible, so that calling one costs the crossing.
//! Those that cannot fail return their result; the others follow the library's conventions.

use crate::error::Failure;
use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tbs_histogram};
use crate::unchecked::{Plain, Unchecked, null, required};
use safer_ffi::closure::RefDynFnMut2;
use safer_ffi::layout::CLayoutOf;
use safer_ffi::prelude::*;
use std::ops::ControlFlow;
use tollbridge_core::probe::{self, MapSum, Point, Shape};

/// A flat record.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_point {
    /// Any number.
    pub id: u64,
    /// Any float.
    pub x: f64,
    /// Any float.
    pub y: f64,
    /// Any number.
    pub flags: u32,
}

/// What a shape is.
#[derive_ReprC]
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum tbs_shape_kind {
    /// No payload.
    Dot = 0,
    /// `radius` is set.
    Circle = 1,
    /// `text` is set.
    Label = 2,
}

/// A tagged enum with payloads, as an argument. Fields that the kind does not use are ignored.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_shape<'call> {
    /// Is checked.
    pub kind: Unchecked<tbs_shape_kind>,
    /// Of a circle.
    pub radius: f64,
    /// Of a label: UTF-8, borrowed for the call.
    pub text: Unchecked<str::Ref<'call>>,
}

/// A tagged enum with payloads, as a result. Free it with tbs_shape_free.
#[derive_ReprC]
#[repr(C)]
pub struct tbs_shape_box {
    /// Says which field to read.
    pub kind: tbs_shape_kind,
    /// Of a circle, else 0.
    pub radius: f64,
    /// Of a label: UTF-8; else empty.
    pub text: str::Box,
}

/// One entry of a map, as an argument.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_entry<'call> {
    /// UTF-8, borrowed for the call.
    pub key: Unchecked<str::Ref<'call>>,
    /// Any number.
    pub value: u64,
}

/// One entry of a map, as a result.
#[derive_ReprC]
#[repr(C)]
pub struct tbs_entry_box {
    /// UTF-8.
    pub key: str::Box,
    /// Any number.
    pub value: u64,
}

// SAFETY: a number.
unsafe impl Plain for tbs_shape_kind {
    fn number(raw: &CLayoutOf<Self>) -> u32 {
        raw.discriminant
    }
}

impl From<Point> for tbs_point {
    fn from(Point { id, x, y, flags }: Point) -> Self {
        Self { id, x, y, flags }
    }
}

impl From<tbs_point> for Point {
    fn from(tbs_point { id, x, y, flags }: tbs_point) -> Self {
        Self { id, x, y, flags }
    }
}

/// Does nothing. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_probe_nop() {
    probe::nop();
}

/// `a + b` modulo 2^64. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_probe_add(a: u64, b: u64) -> u64 {
    probe::add(a, b)
}

/// Half of an even number; none when there is no number or it is odd.
///
/// Errors: invalid_enum for a tag that is neither 0 nor 1, null_argument. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_half(
    number: Unchecked<repr_c::TaggedOption<u64>>,
    half: Option<Out<'_, repr_c::TaggedOption<u64>>>,
) -> Failure {
    guard(|| {
        let out = required("half", half)?;
        out.write(probe::half(number.value("number")?.into()).into());
        Ok(())
    })
}

/// Length in bytes of UTF-8, which is checked.
///
/// Ownership: `text` is borrowed for the call. NULL: allowed when the length is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_str_len(
    text: Unchecked<str::Ref<'_>>,
    result: Option<Out<'_, u64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, result, probe::str_len) }
}

/// Number of characters. As tbs_probe_str_len.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_str_chars(
    text: Unchecked<str::Ref<'_>>,
    result: Option<Out<'_, u64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, result, probe::str_chars) }
}

/// A copy of the text.
///
/// Ownership: `text` is borrowed for the call; `*result` is the caller's, free it with tbs_text_free.
/// NULL: `text` may be NULL when the length is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_echo(
    text: Unchecked<str::Ref<'_>>,
    result: Option<Out<'_, str::Box>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_text(text, result, |text| probe::echo(text).into()) }
}

/// # Safety
/// Unless NULL, `text` points to as many bytes as it says, which stay as they are during the call.
unsafe fn on_text<T>(
    text: Unchecked<str::Ref<'_>>,
    result: Option<Out<'_, T>>,
    probe: impl FnOnce(&str) -> T,
) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        // SAFETY: the caller's promise; the text does not outlive the call.
        out.write(probe(unsafe { text.text("text")? }));
        Ok(())
    })
}

/// Text of `n` characters: `abc…` repeated, or `é` repeated when `wide` is set.
///
/// Ownership: `*result` is the caller's; free it with tbs_text_free.
/// Errors: invalid_enum, null_argument. Memory that runs out ends the process.
/// Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_str(
    n: usize,
    wide: Unchecked<bool>,
    result: Option<Out<'_, str::Box>>,
) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::make_str(n, wide.value("wide")?).into());
        Ok(())
    })
}

/// Length + first + last byte; 0 when empty.
///
/// Ownership: `data` is borrowed for the call. NULL: allowed when the length is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_bytes_ends(
    data: Unchecked<c_slice::Ref<'_, u8>>,
    result: Option<Out<'_, u64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("data", data, result, probe::bytes_ends) }
}

/// Sum of all bytes. As tbs_probe_bytes_ends.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_bytes_sum(
    data: Unchecked<c_slice::Ref<'_, u8>>,
    result: Option<Out<'_, u64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("data", data, result, probe::bytes_sum) }
}

/// # Safety
/// Unless NULL, `items` points to as many as it says, which stay as they are during the call.
unsafe fn on_slice<T: ReprC + Copy, R>(
    argument: &'static str,
    items: Unchecked<c_slice::Ref<'_, T>>,
    result: Option<Out<'_, R>>,
    probe: impl FnOnce(&[T]) -> R,
) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        // SAFETY: the caller's promise; the slice does not outlive the call.
        out.write(probe(&unsafe { items.items(argument)? }));
        Ok(())
    })
}

/// `n` bytes: 0, 1, … 255, 0, …
///
/// Ownership: `*result` is the caller's; free it with tbs_bytes_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_bytes(n: usize, result: Option<Out<'_, c_slice::Box<u8>>>) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::make_bytes(n).into_boxed_slice().into());
        Ok(())
    })
}

/// Length + first + last; 0 when empty.
///
/// Ownership: `values` is borrowed for the call. NULL: allowed when the length is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_f64_ends(
    values: Unchecked<c_slice::Ref<'_, f64>>,
    result: Option<Out<'_, f64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("values", values, result, probe::f64_ends) }
}

/// Sum in order, from 0. As tbs_probe_f64_ends.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_f64_sum(
    values: Unchecked<c_slice::Ref<'_, f64>>,
    result: Option<Out<'_, f64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("values", values, result, probe::f64_sum) }
}

/// 0, 1, … n - 1.
///
/// Ownership: `*result` is the caller's; free it with tbs_f64s_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_f64(n: usize, result: Option<Out<'_, c_slice::Box<f64>>>) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::make_f64(n).into_boxed_slice().into());
        Ok(())
    })
}

/// Frees what tbs_probe_make_f64 made.
///
/// NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_f64s_free(values: Option<c_slice::Box<f64>>) {
    guard_free(|| drop(values));
}

/// Multiplies each value where it stands.
///
/// Ownership: `values` is borrowed for the call, to read and write, and nobody else may touch it
/// meanwhile. NULL: allowed when the length is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_scale_in_place(
    values: Unchecked<c_slice::Mut<'_, f64>>,
    factor: f64,
) -> Failure {
    // SAFETY: the caller's promise above.
    guard(|| unsafe { values.change("values", |values| probe::scale_in_place(values, factor)) })
}

/// id + x + y + flags.
///
/// Errors: null_argument. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_point_in(point: tbs_point, result: Option<Out<'_, f64>>) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::point_in(&point.into()));
        Ok(())
    })
}

/// The point n, n / 2, -1, n & 7. Errors: null_argument. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_point(n: u64, result: Option<Out<'_, tbs_point>>) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        out.write(probe::make_point(n).into());
        Ok(())
    })
}

/// Length + tbs_probe_point_in of the first + of the last; 0 when empty.
///
/// Ownership: `points` is borrowed for the call.
/// NULL: allowed when the length is 0.
/// Errors: null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_points_ends(
    points: Unchecked<c_slice::Ref<'_, tbs_point>>,
    result: Option<Out<'_, f64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("points", points, result, probe::points_ends) }
}

/// Sum of tbs_probe_point_in. As tbs_probe_points_ends.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_points_sum(
    points: Unchecked<c_slice::Ref<'_, tbs_point>>,
    result: Option<Out<'_, f64>>,
) -> Failure {
    // SAFETY: the caller's promise above.
    unsafe { on_slice("points", points, result, probe::points_sum) }
}

/// tbs_probe_make_point of 0 to n - 1.
///
/// Ownership: `*result` is the caller's; free it with tbs_points_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_points(
    n: usize,
    result: Option<Out<'_, c_slice::Box<tbs_point>>>,
) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        let points = probe::make_points(n).into_iter().map(tbs_point::from);
        out.write(points.collect::<Box<[_]>>().into());
        Ok(())
    })
}

/// Frees what tbs_probe_make_points made.
///
/// NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_points_free(points: Option<c_slice::Box<tbs_point>>) {
    guard_free(|| drop(points));
}

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
///
/// Ownership: the text of `shape` is borrowed for the call.
/// Errors: invalid_enum, invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_shape_in(shape: tbs_shape<'_>, result: Option<Out<'_, f64>>) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        let shape = match shape.kind.value("shape")? {
            tbs_shape_kind::Dot => Shape::Dot,
            tbs_shape_kind::Circle => Shape::Circle {
                radius: shape.radius,
            },
            tbs_shape_kind::Label => Shape::Label {
                // SAFETY: the caller's promise above; the text is copied.
                text: unsafe { shape.text.text("text")? }.to_owned(),
            },
        };
        out.write(probe::shape_in(&shape));
        Ok(())
    })
}

/// By n modulo 3: a dot, a circle of radius n, a label with n in decimal.
///
/// Ownership: `*result` is the caller's; free it with tbs_shape_free.
/// Errors: null_argument. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_shape(n: u64, result: Option<Out<'_, tbs_shape_box>>) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        let (kind, radius, text) = match probe::make_shape(n) {
            Shape::Dot => (tbs_shape_kind::Dot, 0.0, String::new()),
            Shape::Circle { radius } => (tbs_shape_kind::Circle, radius, String::new()),
            Shape::Label { text } => (tbs_shape_kind::Label, 0.0, text),
        };
        out.write(tbs_shape_box {
            kind,
            radius,
            text: text.into(),
        });
        Ok(())
    })
}

/// Frees what tbs_probe_make_shape made, of any kind.
///
/// NULL: allowed as the pointer of its text, does nothing. Freeing twice is undefined. Threads: any.
/// A leaf.
#[ffi_export]
pub unsafe fn tbs_shape_free(shape: Unchecked<tbs_shape_box>) {
    // Only the text is owned, whatever number the kind is by now.
    let text: Unchecked<Option<c_slice::Box<u8>>> = Unchecked(shape.0.text);
    // SAFETY: the caller's promise above.
    guard_free(|| drop(unsafe { text.check() }));
}

/// Sum of the values (modulo 2^64) and of the keys' lengths in bytes.
///
/// Ownership: `entries` and its keys are borrowed for the call. NULL: allowed when the length is 0.
/// Errors: invalid_text, null_argument, invalid_length. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_map_sum(
    entries: Unchecked<c_slice::Ref<'_, tbs_entry<'_>>>,
    result: Option<Out<'_, u64>>,
) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        // SAFETY: the caller's promise above; neither slice nor texts outlive the call.
        let entries = unsafe { entries.items("entries")? };
        let mut sum = MapSum::default();
        for entry in entries.iter() {
            // SAFETY: as above.
            sum.add(unsafe { entry.key.text("key")? }, entry.value);
        }
        out.write(sum.get());
        Ok(())
    })
}

/// A map of `n` entries: `k000000` to 0, `k000001` to 1, … sorted by key.
///
/// Ownership: `*result` is the caller's; free it with tbs_map_free.
/// Errors: null_argument. Memory that runs out ends the process. Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_make_map(
    n: usize,
    result: Option<Out<'_, c_slice::Box<tbs_entry_box>>>,
) -> Failure {
    guard(|| {
        let out = required("result", result)?;
        let entry = |(key, value): (String, u64)| tbs_entry_box {
            key: key.into(),
            value,
        };
        let entries = probe::make_map(n).into_iter().map(entry);
        out.write(entries.collect::<Box<[_]>>().into());
        Ok(())
    })
}

/// Frees what tbs_probe_make_map made, with its keys.
///
/// NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_map_free(map: Option<c_slice::Box<tbs_entry_box>>) {
    guard_free(|| drop(map));
}

/// The code of the error `probe`, which only tbs_probe_fail gives. Its fields are `number`, what the caller gave,
/// `ratio`, which is not a number, and `text`.
#[ffi_export]
pub const TBS_CODE_PROBE: i32 = 16;

/// Always the error `probe`, with `number`, a ratio of NaN and the text `café`.
///
/// Threads: any. A leaf.
#[ffi_export]
#[must_use]
pub fn tbs_probe_fail(number: u64) -> Failure {
    guard(|| probe::fail(number))
}

/// Calls `callback` with 0 to n - 1 and room for an answer, and sums the answers (modulo 2^64), until it
/// returns other than 0. `*stopped` is that, or 0 at the end; `*sum` stays when it was stopped.
/// Calls back on this thread. The callback must return: leaving it by longjmp, pthread_exit or an
/// exception is undefined.
///
/// Ownership: `callback` is borrowed for the call. NULL: neither of its pointers may be NULL.
/// Errors: null_argument. Threads: any.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_call_back(
    n: u64,
    callback: Unchecked<RefDynFnMut2<'_, i32, u64, *mut u64>>,
    stopped: Option<Out<'_, i32>>,
    sum: Option<Out<'_, u64>>,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        // SAFETY: the caller's function, with the arguments it is declared for.
        let mut callback = unsafe { callback.closure() }.ok_or_else(|| null("callback"))?;
        let (stopped, sum) = (required("stopped", stopped)?, required("sum", sum)?);
        let flow = probe::call_back(n, |number| answer(&mut callback, number));
        write_flow(flow, stopped, sum);
        Ok(())
    })
}

/// As tbs_probe_call_back, but calls back on a thread that is started for it and has ended when this
/// returns. Errors: null_argument, panic when the system cannot start a thread.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_call_back_from_new_thread(
    n: u64,
    callback: Unchecked<RefDynFnMut2<'_, i32, u64, *mut u64>>,
    stopped: Option<Out<'_, i32>>,
    sum: Option<Out<'_, u64>>,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        // SAFETY: the caller's function, with the arguments it is declared for.
        let mut callback = unsafe { callback.closure() }.ok_or_else(|| null("callback"))?;
        let (stopped, sum) = (required("stopped", stopped)?, required("sum", sum)?);
        let flow = probe::call_back_from_new_thread(n, move |number| answer(&mut callback, number));
        write_flow(flow, stopped, sum);
        Ok(())
    })
}

/// tbs_histogram_record on a thread that is started for it and has ended when this returns, so that
/// watchers are called from a thread that is not the caller's.
///
/// Errors: as tbs_histogram_record; panic when the system cannot start a thread.
/// Threads: any; waits for that thread, which waits and calls back.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_probe_record_from_new_thread(
    histogram: *const tbs_histogram,
    value: u64,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        // A handle of our own: a watcher may free the caller's.
        // SAFETY: NULL, or a handle that is not freed yet.
        let shared = handle(unsafe { histogram.as_ref() })?.clone();
        probe::record_from_new_thread(&shared, value)
    })
}

fn answer(
    callback: &mut RefDynFnMut2<'_, i32, u64, *mut u64>,
    number: u64,
) -> ControlFlow<i32, u64> {
    let mut answer = 0;
    match callback.call(number, &mut answer) {
        0 => ControlFlow::Continue(answer),
        stop => ControlFlow::Break(stop),
    }
}

fn write_flow(flow: ControlFlow<i32, u64>, stopped: Out<'_, i32>, sum: Out<'_, u64>) {
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
