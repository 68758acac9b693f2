//! What must hold for any input: against a plain sorted list as the model, and for hostile bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use tollbridge_core::{BUCKET_LIMIT, Config, Error, Histogram, Scan};

/// Values up to here have a bucket of their own at 4 digits: results are exact.
const EXACT: u64 = 20_000;

fn histogram(values: &[u64]) -> Histogram {
    let config = Config {
        lowest: 1,
        highest: EXACT,
        significant_digits: 4,
    };
    let mut histogram = Histogram::new(config).expect("a good configuration");
    histogram.record_all(values).expect("values within range");
    histogram
}

/// Counts of a histogram, without what does not cross an encoding.
fn counts(histogram: &Histogram) -> Vec<(u64, u64)> {
    let buckets = histogram.buckets(Scan::Recorded).expect("a good scan");
    buckets.map(|bucket| (bucket.value, bucket.count)).collect()
}

fn scans() -> impl Strategy<Value = Scan> {
    prop_oneof![
        Just(Scan::Recorded),
        (1..=1_u64 << 62).prop_map(|step| Scan::Linear { step }),
        (1..=2 * EXACT).prop_map(|step| Scan::Linear { step }),
        (1..=1_u64 << 62, 1.0001..1e300_f64)
            .prop_map(|(first, base)| Scan::Logarithmic { first, base }),
        (1..=100_u64, 1.001..4_f64).prop_map(|(first, base)| Scan::Logarithmic { first, base }),
        (1..=1000_u32).prop_map(|ticks| Scan::Quantiles { ticks }),
    ]
}

proptest! {
    #[test]
    fn figures_are_those_of_the_sorted_values(
        mut values in vec(0..=EXACT, 1..300),
        quantile in 0.0..=1.0_f64,
    ) {
        let histogram = histogram(&values);
        values.sort_unstable();
        let n = values.len();
        prop_assert_eq!(histogram.len(), n as u64);
        prop_assert_eq!(histogram.min(), values.first().copied());
        prop_assert_eq!(histogram.max(), values.last().copied());
        let mean = values.iter().sum::<u64>() as f64 / n as f64;
        prop_assert!((histogram.mean().unwrap_or(f64::NAN) - mean).abs() <= 1e-9 * mean.max(1.0));
        // The smallest value with at least the share `quantile` at or below it.
        let rank = (quantile.next_down().max(0.0) * n as f64).ceil().max(1.0) as usize;
        prop_assert_eq!(histogram.value_at_quantile(quantile), Ok(Some(values[rank - 1])));
        let summary = histogram.summary().expect("it is not empty");
        prop_assert_eq!(Some(summary.p99), histogram.value_at_quantile(0.99)?);
        prop_assert_eq!(Some(summary.stdev), histogram.stdev());
    }

    #[test]
    fn every_scan_accounts_for_every_value(values in vec(0..=EXACT, 0..200), scan in scans()) {
        let histogram = histogram(&values);
        match histogram.buckets(scan) {
            Err(Error::TooMany { count, limit }) => prop_assert!(count > limit),
            buckets => {
                let (mut sum, mut yielded, mut total) = (0, 0, 0);
                for bucket in buckets? {
                    sum += bucket.count;
                    yielded += 1;
                    total = bucket.total;
                    prop_assert_eq!(total, sum);
                    prop_assert!(yielded <= BUCKET_LIMIT);
                }
                prop_assert_eq!(total, values.len() as u64);
            }
        }
    }

    #[test]
    fn a_refused_call_changes_nothing(
        values in vec(0..=EXACT, 0..50),
        mut more in vec(0..=EXACT, 0..50),
        above in EXACT + 1..,
        at in any::<prop::sample::Index>(),
    ) {
        let mut histogram = histogram(&values);
        let before = counts(&histogram);
        let index = at.index(more.len() + 1);
        more.insert(index, above);
        let expected = Error::OutOfRange { value: above, highest: EXACT, index: index as u64 };
        prop_assert_eq!(histogram.record_all(&more), Err(expected));
        prop_assert!(histogram.record_n(1, u64::MAX).is_err());
        prop_assert_eq!(counts(&histogram), before);
    }

    #[test]
    fn an_encoding_keeps_counts_and_configuration(
        values in vec((0..=u64::MAX >> 1, 1..=1_u64 << 40), 0..50),
        lowest in 1..=1000_u64,
        significant_digits in 0..=3_u8, // more digits only add memory
    ) {
        let config = Config { lowest, highest: i64::MAX as u64, significant_digits };
        let mut histogram = Histogram::new(config)?;
        for (value, count) in values {
            histogram.record_n(value, count)?;
        }
        let decoded = Histogram::decode(&histogram.encode())?;
        prop_assert_eq!(decoded.config(), config);
        prop_assert_eq!(counts(&decoded), counts(&histogram));
        prop_assert_eq!(decoded.summary(), histogram.summary());
    }

    #[test]
    fn merging_adds_counts(a in vec(0..=EXACT, 0..100), b in vec(0..=EXACT, 0..100)) {
        let mut merged = histogram(&a);
        merged.merge(&histogram(&b))?;
        prop_assert_eq!(counts(&merged), counts(&histogram(&[a, b].concat())));
    }

    #[test]
    fn merging_into_another_resolution_keeps_the_total(
        values in vec(0..=EXACT, 0..100),
        highest in 2..=2 * EXACT,
        significant_digits in 0..=5_u8,
    ) {
        let other = histogram(&values);
        let mut into = Histogram::new(Config { lowest: 1, highest, significant_digits })?;
        match into.merge(&other) {
            Ok(()) => prop_assert_eq!(into.len(), other.len()),
            Err(error) => {
                prop_assert_eq!(error.code(), 2);
                prop_assert!(into.is_empty());
            }
        }
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Histogram::decode(&bytes);
    }

    #[test]
    fn mutated_encodings_decode_or_are_refused(
        values in vec(0..=EXACT, 0..50),
        plain in any::<bool>(),
        mutations in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = histogram(&values).encode();
        if plain {
            bytes = inflated(&bytes);
        }
        for (at, byte) in mutations {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(decoded) = Histogram::decode(&bytes) {
            prop_assert_eq!(decoded.buckets(Scan::Recorded)?.map(|b| b.count).sum::<u64>(), decoded.len());
            let _ = (decoded.summary(), decoded.encode());
        }
    }

    #[test]
    fn any_text_is_durations_or_is_refused(text in "(([0-9]{0,20}[.]?[0-9]{0,9}(ns|us|µs|ms|s|m|h)?)|.){0,6}") {
        let mut histogram = Histogram::new(Config::default())?;
        match histogram.record_durations(&text) {
            Ok(count) => prop_assert_eq!(count, histogram.len()),
            Err(_) => prop_assert!(histogram.is_empty()),
        }
    }
}

/// The plain V2 encoding inside a compressed one.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    let mut reader = flate2::read::ZlibDecoder::new(&bytes[8..]);
    std::io::Read::read_to_end(&mut reader, &mut plain).expect("our own encoding");
    plain
}
