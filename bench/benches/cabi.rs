//! Shapes of `c/cabi`, timed by criterion: the C functions called from Rust, linked statically.

use std::hint::black_box;
use std::mem::MaybeUninit;

use criterion::{Criterion, criterion_group, criterion_main};
use tollbridge::{
    tb_config, tb_error, tb_histogram, tb_histogram_new, tb_histogram_record,
    tb_histogram_record_n, tb_histogram_value_at_quantile, tb_probe_add, tb_probe_nop,
};
use tollbridge_bench::{HOUR, thousand};

fn histogram(values: &[u64]) -> Box<tb_histogram> {
    let (lowest, highest, significant_digits) = HOUR;
    let config = tb_config {
        lowest,
        highest,
        significant_digits,
    };
    let mut histogram = MaybeUninit::uninit();
    let error = tb_histogram_new(Some(&config), Some(&mut histogram));
    assert!(error.is_none(), "the configuration is valid");
    // SAFETY: written on success.
    let histogram = unsafe { histogram.assume_init() };
    for value in values {
        // SAFETY: a handle that is not freed.
        let error = unsafe { tb_histogram_record_n(&raw const *histogram, *value, 1) };
        assert!(error.is_none());
    }
    histogram
}

fn shapes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("c/cabi");

    let nop = black_box(tb_probe_nop as extern "C" fn());
    group.bench_function("nop", |b| b.iter(|| nop()));

    let add = black_box(tb_probe_add as extern "C" fn(u64, u64) -> u64);
    group.bench_function("add", |b| b.iter(|| add(7, 35)));

    type Record = unsafe extern "C" fn(*const tb_histogram, u64) -> Option<Box<tb_error>>;
    let record = black_box(tb_histogram_record as Record);
    let empty = histogram(&[]);
    group.bench_function("record", |b| {
        // SAFETY: a handle that is not freed.
        b.iter(|| unsafe { record(&raw const *empty, 1234) }.is_none());
    });

    let filled = histogram(&thousand());
    group.bench_function("value_at_quantile", |b| {
        b.iter(|| {
            let (mut found, mut value) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            let quantile = black_box(0.99);
            let error = tb_histogram_value_at_quantile(
                Some(&filled),
                quantile,
                Some(&mut found),
                Some(&mut value),
            );
            (error.is_none(), found, value)
        });
    });
    group.finish();
}

criterion_group!(benches, shapes);
criterion_main!(benches);
