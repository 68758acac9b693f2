//! Functions that do as little as possible, so that calling one costs the crossing and nothing else.
//!
//! Over sized data the timed ones look at the length and the two ends, O(1), so that a copy shows
//! and a sum does not. Their twins (`…_sum`, `str_chars`) touch every element and prove, outside the
//! clock, that all of it crossed. None of them can fail but [`fail`], and none panics.

pub mod fault;
#[cfg(doctest)]
mod refused;

use crate::{Error, Shared};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::ControlFlow;

/// A flat record.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Point {
    pub id: u64,
    pub x: f64,
    pub y: f64,
    pub flags: u32,
}

impl Point {
    fn sum(&self) -> f64 {
        self.id as f64 + self.x + self.y + f64::from(self.flags)
    }
}

/// A tagged enum: without payload, with a scalar, with text.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Shape {
    Dot,
    Circle { radius: f64 },
    Label { text: String },
}

/// Nothing.
#[inline]
pub fn nop() {}

/// `a + b` modulo 2^64.
#[inline]
pub fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Half of an even number; None for an odd one and for None.
#[inline]
pub fn half(number: Option<u64>) -> Option<u64> {
    number.filter(|n| n % 2 == 0).map(|n| n / 2)
}

/// Length in bytes of UTF-8.
#[inline]
pub fn str_len(text: &str) -> u64 {
    text.len() as u64
}

/// Number of characters.
pub fn str_chars(text: &str) -> u64 {
    text.chars().count() as u64
}

/// The text itself, copied.
pub fn echo(text: &str) -> String {
    text.to_owned()
}

/// `n` characters: `abc…z` repeated, or `é` repeated when `wide`.
pub fn make_str(n: usize, wide: bool) -> String {
    if wide {
        return "é".repeat(n);
    }
    const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(n);
    text.push_str(&ALPHABET[..n.min(ALPHABET.len())]);
    while text.len() < n {
        text.extend_from_within(..text.len().min(n - text.len()));
    }
    text
}

/// Length + first + last byte; 0 when empty.
#[inline]
pub fn bytes_ends(bytes: &[u8]) -> u64 {
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => bytes.len() as u64 + u64::from(*first) + u64::from(*last),
        _ => 0,
    }
}

/// Sum of all bytes.
pub fn bytes_sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|b| u64::from(*b)).sum()
}

/// `n` bytes: 0, 1, … 255, 0, … For a bridge that writes them where its host keeps them.
#[inline]
pub fn bytes(n: usize) -> impl ExactSizeIterator<Item = u8> {
    (0..n).map(|i| i as u8)
}

/// [`bytes`], collected.
pub fn make_bytes(n: usize) -> Vec<u8> {
    let mut made = Vec::with_capacity(n);
    made.extend(bytes(n.min(256)));
    while made.len() < n {
        made.extend_from_within(..made.len().min(n - made.len()));
    }
    made
}

/// Length + first + last; 0.0 when empty.
#[inline]
pub fn f64_ends(values: &[f64]) -> f64 {
    match (values.first(), values.last()) {
        (Some(first), Some(last)) => values.len() as f64 + first + last,
        _ => 0.0,
    }
}

/// Sum in order, from 0.0.
pub fn f64_sum(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, value| sum + value)
}

/// 0.0, 1.0, … n - 1. For a bridge that writes them where its host keeps them.
#[inline]
pub fn doubles(n: usize) -> impl ExactSizeIterator<Item = f64> {
    (0..n).map(|i| i as f64)
}

/// [`doubles`], collected.
pub fn make_f64(n: usize) -> Vec<f64> {
    doubles(n).collect()
}

/// Multiplies each value where it stands.
pub fn scale_in_place(values: &mut [f64], factor: f64) {
    for value in values {
        *value *= factor;
    }
}

/// `id + x + y + flags`.
#[inline]
pub fn point_in(point: &Point) -> f64 {
    point.sum()
}

/// The point `n, n / 2, -1, n & 7`.
#[inline]
pub fn make_point(n: u64) -> Point {
    Point {
        id: n,
        x: n as f64 * 0.5,
        y: -1.0,
        flags: (n & 7) as u32,
    }
}

/// Length + [`point_in`] of the first + of the last; 0.0 when empty. Of any record that is a point,
/// so that a host's own array of records need not be copied.
#[inline]
pub fn points_ends<P: Copy + Into<Point>>(points: &[P]) -> f64 {
    match (points.first(), points.last()) {
        (Some(&first), Some(&last)) => points.len() as f64 + first.into().sum() + last.into().sum(),
        _ => 0.0,
    }
}

/// Sum of [`point_in`].
pub fn points_sum<P: Copy + Into<Point>>(points: &[P]) -> f64 {
    points
        .iter()
        .fold(0.0, |sum, &point| sum + point.into().sum())
}

/// [`make_point`] of 0 to n - 1.
pub fn make_points(n: usize) -> Vec<Point> {
    (0..n as u64).map(make_point).collect()
}

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
pub fn shape_in(shape: &Shape) -> f64 {
    match shape {
        Shape::Dot => 0.0,
        Shape::Circle { radius } => 3.0 * radius * radius,
        Shape::Label { text } => str_chars(text) as f64,
    }
}

/// By `n % 3`: a dot, a circle of radius n, a label with n in decimal.
pub fn make_shape(n: u64) -> Shape {
    match n % 3 {
        0 => Shape::Dot,
        1 => Shape::Circle { radius: n as f64 },
        _ => Shape::Label {
            text: n.to_string(),
        },
    }
}

/// Sum of the values (modulo 2^64) and of the keys' lengths in bytes.
pub fn map_sum<K: AsRef<str>>(entries: impl IntoIterator<Item = (K, u64)>) -> u64 {
    let mut sum = MapSum::default();
    for (key, value) in entries {
        sum.add(key.as_ref(), value);
    }
    sum.get()
}

/// [`map_sum`] of entries that come one by one, where a host walks its map itself.
#[derive(Debug, Default)]
pub struct MapSum(u64);

impl MapSum {
    /// Adds an entry.
    #[inline]
    pub fn add(&mut self, key: &str, value: u64) {
        let sum = self.0.wrapping_add(value);
        self.0 = sum.wrapping_add(key.len() as u64);
    }

    /// The sum so far.
    #[inline]
    pub fn get(&self) -> u64 {
        self.0
    }
}

/// `n` entries: `k000000` → 0, `k000001` → 1, …
pub fn make_map(n: usize) -> BTreeMap<String, u64> {
    let entry = |i| {
        let mut key = String::with_capacity(7); // format! would begin with less, and grow
        let _ = write!(key, "k{i:06}"); // a String takes everything
        (key, i)
    };
    (0..n as u64).map(entry).collect()
}

/// Always [`Error::Probe`] with `number`, NaN and `café`.
#[inline]
pub fn fail(number: u64) -> Result<(), Error> {
    Err(Error::Probe {
        number,
        ratio: f64::NAN,
        text: "café".into(),
    })
}

/// Calls `f` with 0 to n - 1 and sums what it answers (modulo 2^64), until it breaks.
pub fn call_back<B>(n: u64, mut f: impl FnMut(u64) -> ControlFlow<B, u64>) -> ControlFlow<B, u64> {
    (0..n).try_fold(0_u64, |sum, i| {
        ControlFlow::Continue(sum.wrapping_add(f(i)?))
    })
}

/// [`call_back`] from a thread that is started for it and has ended when this returns.
///
/// # Panics
/// With `f`'s own panic, or when the system cannot start a thread.
pub fn call_back_from_new_thread<B: Send>(
    n: u64,
    f: impl FnMut(u64) -> ControlFlow<B, u64> + Send,
) -> ControlFlow<B, u64> {
    std::thread::scope(|scope| match scope.spawn(|| call_back(n, f)).join() {
        Ok(flow) => flow,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// [`Shared::record`] from a thread that is started for it and has ended when this returns: so that a
/// watcher is called from a thread that is not the host's.
///
/// # Panics
/// When the system cannot start a thread.
pub fn record_from_new_thread(shared: &Shared, value: u64) -> Result<(), Error> {
    std::thread::scope(|scope| match scope.spawn(|| shared.record(value)).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
