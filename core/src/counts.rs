//! `hdrhistogram`'s counts, and what is computed from them alone.

/// How often each value occurred.
pub(crate) type Counts = hdrhistogram::Histogram<u64>;

/// The most values a histogram holds: the V2 encoding and the interval log store counts as i64.
pub(crate) const MOST_VALUES: u64 = i64::MAX as u64;

/// As the reference sums it up: `hdrhistogram` divides each term by the total, which rounds otherwise.
pub(crate) fn mean(counts: &Counts) -> f64 {
    let sum = counts.iter_recorded().fold(0.0, |sum, step| {
        let middle = counts.median_equivalent(step.value_iterated_to());
        sum + middle as f64 * step.count_at_value() as f64
    });
    sum / counts.len() as f64
}

pub(crate) fn stdev(counts: &Counts, mean: f64) -> f64 {
    let sum = counts.iter_recorded().fold(0.0, |sum, step| {
        let middle = counts.median_equivalent(step.value_iterated_to());
        let deviation = middle as f64 - mean;
        sum + deviation * deviation * step.count_at_value() as f64
    });
    (sum / counts.len() as f64).sqrt()
}
