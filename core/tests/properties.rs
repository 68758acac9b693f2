//! What must hold for any input: against a plain sorted list as the model, and for hostile bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;
use std::path::PathBuf;
use tollbridge_core::{
    BUCKET_LIMIT, Config, Error, Histogram, LogWriter, Scan, TAG_LIMIT, replay_log,
};

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
            Err(Error::TooMany { count, limit, .. }) => prop_assert!(count > limit),
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

/// A file's name; proptest runs the cases of a test one after the other.
fn log_path(test: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tollbridge-{test}-{}.hlog", std::process::id()))
}

/// What a log of these bytes is. The file is gone afterwards.
fn replay(test: &str, bytes: &[u8]) -> Result<BTreeMap<String, Histogram>, Error> {
    let path = log_path(test);
    std::fs::write(&path, bytes).expect("a file");
    let replayed = replay_log(&path, 0, |_| Continue(()));
    std::fs::remove_file(&path).expect("the file is there");
    replayed
}

proptest! {
    #[test]
    fn any_bytes_are_a_log_or_are_refused(bytes in vec(any::<u8>(), 0..300), gzip in any::<bool>()) {
        let start: &[u8] = if gzip { &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] } else { b"" };
        match replay("any-bytes", &[start, &bytes].concat()) {
            Ok(_) | Err(Error::MalformedLog { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn any_line_is_an_interval_or_is_refused(
        lines in vec("(Tag=[a-c,=]{0,3})?([0-9.eE+-]{0,4},){0,4}(HISTFAAAA)?[A-Za-z0-9+/]{0,40}={0,2}\\r?", 1..5),
    ) {
        match replay("any-line", lines.join("\n").as_bytes()) {
            Ok(by_tag) => prop_assert!(by_tag.is_empty()),
            Err(Error::MalformedLog { line, .. }) => {
                prop_assert!((1..=lines.len() as u64).contains(&line));
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn what_is_logged_is_replayed(
        intervals in vec((0..3_usize, vec(0..=EXACT, 0..20), 0.0..1e9_f64), 0..6),
        start in 0.0..1e12_f64,
        gzip in any::<bool>(),
    ) {
        let path = log_path("round-trip");
        let writer = LogWriter::create(&path, start)?;
        let mut expected = BTreeMap::new();
        for (tag, values, time) in intervals {
            let mut interval = histogram(&values);
            interval.set_tag(["", "a", "b"][tag])?;
            writer.write(&interval, time, time / 2.0)?;
            let sum = expected.entry(interval.tag().to_owned()).or_insert_with(|| histogram(&[]));
            sum.merge(&interval)?;
        }
        let mut bytes = std::fs::read(&path)?;
        if gzip {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, &bytes)?;
            bytes = encoder.finish()?;
        }
        std::fs::remove_file(&path)?;
        let replayed = replay("round-trip", &bytes)?;
        prop_assert!(replayed.keys().eq(expected.keys()));
        for (tag, sum) in replayed {
            prop_assert_eq!(sum.tag(), &tag);
            prop_assert_eq!(sum.config(), expected[&tag].config());
            prop_assert_eq!(counts(&sum), counts(&expected[&tag]));
        }
    }

    #[test]
    fn mutated_logs_are_replayed_or_refused(
        values in vec(0..=EXACT, 0..20),
        gzip in any::<bool>(),
        mutations in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let path = log_path("mutated");
        LogWriter::create(&path, 0.0)?.write(&histogram(&values), 0.0, 1.0)?;
        let mut bytes = std::fs::read(&path)?;
        if gzip {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, &bytes)?;
            bytes = encoder.finish()?;
        }
        for (at, byte) in mutations {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        match replay("mutated", &bytes) {
            Ok(_) | Err(Error::MalformedLog { .. } | Error::TooMany { .. }) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn intervals_of_any_configurations_add_up(
        intervals in vec((1..5000_u64, 1..1_u64 << 40, 0..=3_u8, vec(0..1_u64 << 41, 0..10)), 1..6),
    ) {
        let path = log_path("configurations");
        let writer = LogWriter::create(&path, 0.0)?;
        let (mut len, mut max, mut lowest, mut digits) = (0, None, u64::MAX, 0);
        for (least, above, significant_digits, values) in intervals {
            let config = Config { lowest: least, highest: 2 * least + above, significant_digits };
            let mut interval = Histogram::new(config)?;
            for value in values.iter().filter(|value| **value <= config.highest) {
                interval.record(*value)?;
                len += 1;
                max = max.max(Some(*value));
            }
            lowest = lowest.min(least);
            digits = digits.max(significant_digits);
            writer.write(&interval, 0.0, 1.0)?;
        }
        let by_tag = replay_log(&path, 0, |_| Continue(()))?;
        std::fs::remove_file(&path)?;
        let sum = &by_tag[""];
        prop_assert_eq!((sum.len(), sum.config().significant_digits), (len, digits));
        prop_assert!((lowest / 2 + 1..=lowest).contains(&sum.config().lowest));
        // Nothing is above the highest, and no value has moved below its half.
        prop_assert!(sum.max() >= max.map(|max| max / 2));
        prop_assert!(sum.max().is_none_or(|max| max / 2 <= sum.config().highest));
    }
}

/// Tags of every kind and length, also those that a line cannot hold.
fn tags() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,6}",
        vec(any::<char>(), 0..6).prop_map(String::from_iter),
        "[\t \u{a0}\u{85}\u{2028}\u{feff}=#\"a]{0,6}",
        (
            0..=TAG_LIMIT + 2,
            prop_oneof![Just('a'), Just('é'), Just('😀')]
        )
            .prop_map(|(length, c)| std::iter::repeat_n(c, length / c.len_utf8() + 1).collect()),
    ]
}

fn configs() -> impl Strategy<Value = Config> {
    (0..40_u32, 1..63_u32, 0..=5_u8, any::<u64>()).prop_map(
        |(low, up, significant_digits, noise)| {
            let lowest = (1 << low) + noise % (1 << low);
            let highest = lowest.saturating_mul(1 << up).saturating_add(noise % 1000);
            Config {
                lowest,
                highest: highest.min(i64::MAX as u64),
                significant_digits,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_written_is_read(
        intervals in vec((tags(), configs(), vec((any::<u64>(), 1..1_u64 << 50), 0..20), 0.0..f64::MAX), 1..4),
        start in 0.0..f64::MAX,
    ) {
        let path = log_path("anything");
        let writer = LogWriter::create(&path, start)?;
        let mut expected: BTreeMap<String, Vec<Histogram>> = BTreeMap::new();
        for (tag, config, values, time) in intervals {
            let Ok(mut interval) = Histogram::new(config) else { continue };
            for (value, count) in values {
                interval.record_n(value % (config.highest + 1), count)?;
            }
            if let Err(error) = interval.set_tag(&tag) {
                let limits = tag.len() > TAG_LIMIT || tag.contains([',', '\n', '\r', '\0']);
                prop_assert!(limits, "{error}");
            }
            writer.write(&interval, time, start)?;
            expected.entry(interval.tag().to_owned()).or_default().push(interval);
        }
        let by_tag = replay_log(&path, 1 << 30, |_| Continue(()))?;
        std::fs::remove_file(&path)?;
        prop_assert!(by_tag.keys().eq(expected.keys()));
        for (tag, intervals) in expected {
            let sum = &by_tag[&tag];
            prop_assert_eq!(sum.tag(), &tag);
            prop_assert_eq!(sum.len(), intervals.iter().map(Histogram::len).sum::<u64>());
            if let [only] = &intervals[..] {
                prop_assert_eq!(counts(sum), counts(only));
                prop_assert_eq!(sum.config(), only.config());
            }
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
