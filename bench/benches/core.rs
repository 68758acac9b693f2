//! Shapes of `rust/direct`, timed by criterion: the same calls through pointers that the compiler cannot
//! see through, so that nothing is inlined.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use tollbridge_bench::{HOUR, thousand};
use tollbridge_core::{Config, Error, Shared, probe};

fn histogram(values: &[u64]) -> Result<Shared, Error> {
    let (lowest, highest, significant_digits) = HOUR;
    let histogram = Shared::new(Config {
        lowest,
        highest,
        significant_digits,
    })?;
    histogram.record_all(values)?;
    Ok(histogram)
}

fn shapes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rust/direct");

    let nop = black_box(probe::nop as fn());
    group.bench_function("nop", |b| b.iter(nop));

    let add = black_box(probe::add as fn(u64, u64) -> u64);
    group.bench_function("add", |b| b.iter(|| add(7, 35)));

    let record = black_box(Shared::record as fn(&Shared, u64) -> Result<(), Error>);
    let empty = histogram(&[]).expect("a valid configuration");
    group.bench_function("record", |b| b.iter(|| record(&empty, 1234).is_ok()));

    let filled = histogram(&thousand()).expect("values in range");
    group.bench_function("value_at_quantile", |b| {
        b.iter(|| filled.value_at_quantile(black_box(0.99)).is_ok());
    });
    group.finish();
}

criterion_group!(benches, shapes);
criterion_main!(benches);
