//! The timed loops: what a Rust program would write, one entry a shape of bench/shapes.toml.
//!
//! Functions are called through a pointer that the compiler cannot see through, so that none is
//! inlined: this is the baseline of a call, as a library would be called.

use std::hint::black_box as opaque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tollbridge_core::probe::{self, Point, Shape};
use tollbridge_core::{Bucket, Config, Error, Scan, Shared};

/// Nanoseconds of each batch, and the check value.
type Timed = (Vec<u64>, u64);

/// `shape { set-up } { the timed expression, which may set `seen` } { check value }`
macro_rules! shapes {
    ($n:ident $calls:ident $seen:ident; $($shape:ident { $($setup:tt)* } { $($call:tt)* } { $check:expr })*) => {
        /// Every shape with the expression that is timed.
        pub const SHAPES: &[(&str, &str)] = &[$((stringify!($shape), stringify!($($call)*))),*];

        /// None for a shape that is not here.
        pub fn time(shape: &str, $n: usize, iterations: u64, batches: usize) -> Result<Option<Timed>, Error> {
            #[allow(unused_variables)]
            let $calls = iterations * batches as u64;
            #[allow(unused_mut, unused_assignments, unused_variables)]
            let mut $seen = 0_u64;
            let mut spans = Vec::with_capacity(batches);
            $(if shape == stringify!($shape) {
                $($setup)*
                for _ in 0..batches {
                    let start = Instant::now();
                    for _ in 0..iterations {
                        $($call)*
                    }
                    spans.push(start.elapsed().as_nanos() as u64);
                }
                return Ok(Some((spans, $check)));
            })*
            Ok(None)
        }
    };
}

/// A function pointer that the compiler knows nothing about.
macro_rules! call {
    ($function:path as $type:ty) => {
        opaque($function as $type)
    };
}

shapes! { n calls seen;
    empty {} { seen = opaque(1); } { seen }
    nop { let nop = call!(probe::nop as fn()); } { nop(); } { 0 }
    add { let add = call!(probe::add as fn(u64, u64) -> u64); } { seen = add(7, 35); } { seen }
    half { let half = call!(probe::half as fn(Option<u64>) -> Option<u64>); }
        { seen = half(Some(84)).unwrap_or(0); } { seen }

    str_len { let (str_len, text) = (call!(probe::str_len as fn(&str) -> u64), "a".repeat(n)); }
        { seen = str_len(&text); } { seen }
    str_len_wide { let (str_len, text) = (call!(probe::str_len as fn(&str) -> u64), "é".repeat(n)); }
        { seen = str_len(&text); } { seen }
    str_len_fresh { let (str_len, text) = (call!(probe::str_len as fn(&str) -> u64), "é".repeat(n)); }
        { seen = str_len(&text); } { seen }
    make_str { let make_str = call!(probe::make_str as fn(usize, bool) -> String); }
        { seen = opaque(make_str(n, false)).len() as u64; } { seen }
    make_str_wide { let make_str = call!(probe::make_str as fn(usize, bool) -> String); }
        { seen = opaque(make_str(n, true)).len() as u64 / 2; } { seen }

    bytes_ends { let (bytes_ends, bytes) = (call!(probe::bytes_ends as fn(&[u8]) -> u64), vec![b'a'; n]); }
        { seen = bytes_ends(&bytes); } { seen }
    make_bytes { let make_bytes = call!(probe::make_bytes as fn(usize) -> Vec<u8>); }
        { seen = opaque(make_bytes(n)).len() as u64; } { seen }

    f64_ends { let (f64_ends, values) = (call!(probe::f64_ends as fn(&[f64]) -> f64), vec![1.0; n]); }
        { seen = f64_ends(&values) as u64; } { seen }
    f64_ends_list { let (f64_ends, values) = (call!(probe::f64_ends as fn(&[f64]) -> f64), vec![1.0; n]); }
        { seen = f64_ends(&values) as u64; } { seen }
    make_f64 { let make_f64 = call!(probe::make_f64 as fn(usize) -> Vec<f64>); }
        { seen = opaque(make_f64(n)).len() as u64; } { seen }
    make_f64_array { let make_f64 = call!(probe::make_f64 as fn(usize) -> Vec<f64>); }
        { seen = opaque(make_f64(n)).len() as u64; } { seen }
    scale_in_place {
        let scale_in_place = call!(probe::scale_in_place as fn(&mut [f64], f64));
        let mut values = vec![1.0; n];
    } { scale_in_place(&mut values, 1.0); } { values.last().map_or(0, |last| *last as u64) }

    point_in {
        let point_in = call!(probe::point_in as fn(&Point) -> f64);
        let point = Point { id: 3, x: 0.5, y: -0.5, flags: 4 };
    } { seen = point_in(&point) as u64; } { seen }
    make_point { let make_point = call!(probe::make_point as fn(u64) -> Point); }
        { seen = make_point(42).id; } { seen }
    points_ends {
        let points_ends = call!(probe::points_ends::<Point> as fn(&[Point]) -> f64);
        let points = vec![Point { id: 1, x: 0.5, y: -0.5, flags: 0 }; n];
    } { seen = points_ends(&points) as u64; } { seen }
    make_points { let make_points = call!(probe::make_points as fn(usize) -> Vec<Point>); }
        { seen = opaque(make_points(n)).len() as u64; } { seen }
    shape_in { let shape_in = call!(probe::shape_in as fn(&Shape) -> f64); }
        { seen = shape_in(&Shape::Circle { radius: 2.0 }) as u64; } { seen }
    make_shape { let make_shape = call!(probe::make_shape as fn(u64) -> Shape); }
        { if let Shape::Circle { radius } = make_shape(4) { seen = radius as u64; } } { seen }
    map_sum {
        let map: std::collections::BTreeMap<_, _> =
            probe::make_map(n).into_keys().map(|key| (key, 1_u64)).collect();
    } { seen = probe::map_sum(opaque(&map).iter().map(|(key, value)| (key, *value))); } { seen }
    make_map { let make_map = call!(probe::make_map as fn(usize) -> std::collections::BTreeMap<String, u64>); }
        { seen = opaque(make_map(n)).len() as u64; } { seen }

    fail { let fail = call!(probe::fail as fn(u64) -> Result<(), Error>); }
        { if let Err(error) = fail(7) { seen = error.code() as u64; } } { seen }
    fail_read { let fail = call!(probe::fail as fn(u64) -> Result<(), Error>); }
        { if let Err(error) = fail(7) {
            opaque(error.to_string());
            if let Error::Probe { number, ratio, text } = error { opaque((ratio, text)); seen = number; }
        } } { seen }
    call_back {}
        { if let ControlFlow::Continue(sum) = probe::call_back(n as u64, |i| {
            opaque(i);
            ControlFlow::<(), _>::Continue(1)
        }) { seen = sum; } } { seen }
    call_back_from_new_thread {}
        { if let ControlFlow::Continue(sum) = probe::call_back_from_new_thread(1, |i| {
            opaque(i);
            ControlFlow::<(), _>::Continue(1)
        }) { seen = sum; } } { seen }

    new_close { let config = Config { lowest: 1, highest: 1000, significant_digits: 1 }; }
        { seen = opaque(Shared::new(config)?).config()?.significant_digits.into(); } { seen }
    record {
        let record = call!(Shared::record as fn(&Shared, u64) -> Result<(), Error>);
        let histogram = empty()?;
    } { record(&histogram, 1234)?; } { histogram.len()? }
    record_watched {
        let record = call!(Shared::record as fn(&Shared, u64) -> Result<(), Error>);
        let (histogram, counter) = watched(1000)?;
    } { record(&histogram, 1234)?; } { counter.load(Ordering::Relaxed) }
    record_below {
        let record = call!(Shared::record as fn(&Shared, u64) -> Result<(), Error>);
        let (histogram, _) = watched(2000)?;
    } { record(&histogram, 1234)?; } { histogram.len()? }
    record_n {
        let record_n = call!(Shared::record_n as fn(&Shared, u64, u64) -> Result<(), Error>);
        let histogram = empty()?;
    } { record_n(&histogram, 1234, 3)?; } { histogram.len()? }
    record_all { let (histogram, values) = (empty()?, thousands(n)); }
        { histogram.record_all(opaque(&values))?; } { histogram.len()? }
    record_all_list { let (histogram, values) = (empty()?, thousands(n)); }
        { histogram.record_all(opaque(&values))?; } { histogram.len()? }
    record_durations { let (histogram, text) = (empty()?, vec!["1.5ms"; n].join(" ")); }
        { histogram.record_durations(opaque(&text))?; } { histogram.len()? }
    len { let (len, histogram) = (call!(Shared::len as fn(&Shared) -> Result<u64, Error>), filled()?); }
        { seen = len(&histogram)?; } { seen }
    value_at_quantile { let histogram = filled()?; }
        { seen = histogram.value_at_quantile(opaque(0.99))?.unwrap_or(0); } { seen }
    values_at_quantiles { let (histogram, quantiles) = (filled()?, vec![0.99; n]); }
        { if let Some(values) = histogram.values_at_quantiles(opaque(&quantiles))? {
            seen = opaque(values)[n - 1];
        } } { seen }
    summary { let histogram = filled()?; }
        { if let Some(summary) = opaque(histogram.summary()?) { seen = summary.count; } } { seen }
    buckets { let histogram = distinct(n)?; }
        { seen = opaque(histogram.buckets(Scan::Recorded)?.collect::<Vec<Bucket>>()).len() as u64; } { seen }
    buckets_first { let histogram = distinct(n)?; }
        { seen = histogram.buckets(Scan::Recorded)?.next().map_or(0, |bucket| bucket.count); } { seen }
    for_each_bucket { let histogram = distinct(n)?; }
        { seen = 0; let _ = histogram.for_each_bucket(Scan::Recorded, |bucket| {
            seen += opaque(bucket).count;
            ControlFlow::<()>::Continue(())
        })?; } { seen }
    tag { let histogram = filled()?; } { seen = opaque(histogram.tag()?).len() as u64; } { seen }
    set_tag { let histogram = filled()?; }
        { histogram.set_tag(opaque("checkout"))?; } { histogram.tag()?.len() as u64 }
    merge { let (histogram, other) = (empty()?, filled()?); }
        { histogram.merge(opaque(&other))?; } { histogram.len()? }
    render { let (histogram, mut text) = (filled()?, String::new()); }
        { text = histogram.render(opaque(5), opaque(1.0))?; } { text.lines().count() as u64 }
    encode { let (histogram, mut encoded) = (filled()?, vec![]); }
        { encoded = histogram.encode()?; } { Shared::decode(&encoded)?.len()? }
    decode { let encoded = filled()?.encode()?; }
        { seen = Shared::decode(opaque(&encoded))?.len()?; } { seen }
}

fn empty() -> Result<Shared, Error> {
    Shared::new(Config {
        lowest: 1,
        highest: 3_600_000_000,
        significant_digits: 3,
    })
}

/// With a watcher that counts its calls. Only one thread records, so that a load and a store will do, as in C.
fn watched(limit: u64) -> Result<(Shared, Arc<AtomicU64>), Error> {
    let (histogram, counter) = (empty()?, Arc::new(AtomicU64::new(0)));
    let calls = Arc::clone(&counter);
    histogram.watch(limit, move |value| {
        opaque(value);
        calls.store(calls.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        ControlFlow::Continue(())
    })?;
    Ok((histogram, counter))
}

fn thousands(n: usize) -> Vec<u64> {
    (0..n as u64).map(|i| 1000 + i % 1000).collect()
}

fn filled() -> Result<Shared, Error> {
    let histogram = empty()?;
    histogram.record_all(&thousands(1000))?;
    histogram.set_tag("checkout")?;
    Ok(histogram)
}

fn distinct(n: usize) -> Result<Shared, Error> {
    let config = Config {
        lowest: 1,
        highest: 20_000,
        significant_digits: 4,
    };
    let histogram = Shared::new(config)?;
    histogram.record_all(&(0..n as u64).collect::<Vec<_>>())?;
    Ok(histogram)
}
