//! Bytes that somebody says are a histogram.

use crate::memory;
use tollbridge_core::{Histogram, Scan};

/// What `Histogram::decode` promises.
const MEBIBYTES: usize = 200;

/// Whatever is accepted is a sound histogram, and what that encodes to decodes to the same.
pub fn run(data: &[u8]) {
    let decoded = match memory::within(MEBIBYTES, || Histogram::decode(data)) {
        Ok(decoded) => decoded,
        Err(error) => return assert_eq!(error.name(), "malformed_histogram", "{error}"),
    };
    sound(&decoded);
    let again = Histogram::decode(&decoded.encode()).expect("it wrote this itself");
    same(&decoded, &again);
}

/// Its parts agree with each other.
pub fn sound(histogram: &Histogram) {
    Histogram::new(histogram.config()).expect("a configuration that could be asked for");
    let (mut total, mut last) = (0, None);
    for bucket in recorded(histogram) {
        total += bucket.1;
        assert!(bucket.1 > 0 && last < Some(bucket.0), "buckets ascend");
        last = Some(bucket.0);
    }
    assert_eq!(total, histogram.len());
    // A sum of logged zeros is 0, though no digit tells that from the end of its bucket.
    assert!(last == histogram.max() || histogram.max() == Some(0));
    assert!(histogram.min() <= last);
    // A rank is a float: further up it may be another's.
    if total < 1 << 52 {
        assert_eq!(histogram.value_at_quantile(1.0), Ok(last));
    }
}

/// They hold the same counts and were made alike.
pub fn same(a: &Histogram, b: &Histogram) {
    assert_eq!(a.config(), b.config());
    assert!(recorded(a).eq(recorded(b)), "counts differ");
}

fn recorded(histogram: &Histogram) -> impl Iterator<Item = (u64, u64)> {
    // More buckets than a scan may yield can be asked for by nobody.
    let buckets = histogram.buckets(Scan::Recorded).into_iter().flatten();
    buckets.map(|bucket| (bucket.value, bucket.count))
}
