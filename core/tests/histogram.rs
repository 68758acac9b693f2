//! Boundaries and what goes wrong, one by one.

use std::ops::ControlFlow;
use std::thread;
use tollbridge_core::{BUCKET_LIMIT, Config, Error, Histogram, Scan, Shared, TAG_LIMIT};

fn shared(highest: u64) -> Shared {
    let config = Config {
        lowest: 1,
        highest,
        significant_digits: 3,
    };
    Shared::new(config).expect("a good configuration")
}

fn refused(argument: &'static str, value: &'static str, rule: &'static str) -> Error {
    Error::InvalidArgument {
        argument: argument.into(),
        value: value.into(),
        rule: rule.into(),
    }
}

#[test]
fn configurations_at_their_limits() {
    let new = |lowest, highest, significant_digits| {
        Histogram::new(Config {
            lowest,
            highest,
            significant_digits,
        })
        .map(|_| ())
    };
    let top = i64::MAX as u64;
    let highest_rule = "from twice the lowest to 9223372036854775807";
    assert_eq!(new(1, 2, 0), Ok(()));
    assert_eq!(new(1, top, 5), Ok(()));
    let lowest_rule = "from 1 to 4611686018427387903";
    assert_eq!(new((1 << 62) - 1, top, 0), Ok(()));
    assert_eq!(
        new(1 << 62, top, 0),
        Err(refused("lowest", "4611686018427387904", lowest_rule))
    );
    assert_eq!(new(1 << 61, 1 << 62, 0), Ok(()));
    assert_eq!(new(0, 10, 3), Err(refused("lowest", "0", lowest_rule)));
    assert_eq!(new(6, 11, 3), Err(refused("highest", "11", highest_rule)));
    assert_eq!(
        new(1, top + 1, 3),
        Err(refused("highest", "9223372036854775808", highest_rule))
    );
    assert_eq!(
        new(1, 10, 6),
        Err(refused("significant_digits", "6", "from 0 to 5"))
    );
    let rule = "small enough for its digits to fit 63 bits";
    assert_eq!(
        new(1 << 50, top, 5),
        Err(refused("lowest", "1125899906842624", rule))
    );
}

#[test]
fn totals_never_saturate() {
    let mut histogram = Histogram::new(Config::default()).expect("the default");
    let most = i64::MAX as u64;
    assert_eq!(histogram.record_n(7, most), Ok(()));
    let full = Error::CountOverflow {
        count: 1,
        len: most,
    };
    assert_eq!(histogram.record(7), Err(full.clone()));
    assert_eq!(histogram.record_all(&[7]), Err(full));
    assert_eq!(
        histogram.merge_self(),
        Err(Error::CountOverflow {
            count: most,
            len: most
        })
    );
    assert_eq!(histogram.record_n(7, 0), Ok(()));
    assert_eq!(histogram.value_at_quantile(1.0), Ok(Some(7)));
    assert_eq!(histogram.value_at_quantile(0.999_999), Ok(Some(7)));
    let decoded = Histogram::decode(&histogram.encode()).expect("its own encoding");
    assert_eq!(decoded.len(), most);
}

#[test]
fn nothing_recorded_is_nothing_changed() {
    let mut histogram = Histogram::new(Config::default()).expect("the default");
    assert_eq!(histogram.record_n(5, 0), Ok(()));
    assert_eq!(
        (histogram.len(), histogram.min(), histogram.max()),
        (0, None, None)
    );
    assert_eq!(histogram.value_at_quantile(0.5), Ok(None));
    let error = histogram
        .value_at_quantile(f64::NAN)
        .expect_err("NaN is no quantile");
    assert_eq!(error.name(), "invalid_quantile");
    assert_eq!(
        histogram
            .buckets(Scan::Recorded)
            .expect("a good scan")
            .count(),
        0
    );
}

#[test]
fn ranks_are_not_pushed_up_by_rounding() {
    let mut histogram = Histogram::new(Config::default()).expect("the default");
    histogram
        .record_all(&(1..=100).collect::<Vec<_>>())
        .expect("small values");
    // 0.07 * 100.0 is above 7: the rounding that the reference works around.
    assert_eq!(histogram.value_at_quantile(0.07), Ok(Some(7)));
    assert_eq!(histogram.value_at_quantile(0.0), Ok(Some(1)));
    assert_eq!(histogram.value_at_quantile(1.0), Ok(Some(100)));
}

#[test]
fn scans_are_refused_before_they_cost_anything() {
    let mut histogram = Histogram::new(Config {
        lowest: 1,
        highest: i64::MAX as u64,
        significant_digits: 2,
    })
    .expect("a good configuration");
    histogram.record(1_000_000_000).expect("in range");
    let scan = |scan| {
        histogram
            .buckets(scan)
            .map(Iterator::count)
            .map_err(|e| e.name())
    };
    assert_eq!(scan(Scan::Linear { step: 1 }), Err("too_many"));
    assert!(scan(Scan::Linear { step: 1000 }).is_ok_and(|n| n as u64 <= BUCKET_LIMIT));
    assert_eq!(scan(Scan::Linear { step: 0 }), Err("invalid_argument"));
    assert_eq!(scan(Scan::Linear { step: 1 << 62 }), Ok(1));
    assert_eq!(
        scan(Scan::Linear {
            step: (1 << 62) + 1
        }),
        Err("invalid_argument")
    );
    let log = |first, base| Scan::Logarithmic { first, base };
    assert_eq!(scan(log(1, 1.0 + f64::EPSILON)), Err("too_many"));
    for base in [1.0, 0.5, f64::NAN, f64::INFINITY] {
        assert_eq!(scan(log(1, base)), Err("invalid_argument"), "{base}");
    }
    // Every step lies in the last bucket, which is wide.
    assert_eq!(
        scan(log((1 << 40) + 1, 1.0 + f64::EPSILON)),
        Err("too_many")
    );
    assert!(scan(log(1 << 62, f64::MAX)).is_ok());
    assert!(scan(Scan::Quantiles { ticks: 1000 }).is_ok());
    assert_eq!(
        scan(Scan::Quantiles { ticks: 1001 }),
        Err("invalid_argument")
    );
}

#[test]
fn quantile_scans_survive_the_largest_counts() {
    let mut histogram = Histogram::new(Config::default()).expect("the default");
    histogram.record_n(1, i64::MAX as u64 - 1).expect("room");
    histogram.record(1000).expect("room");
    let buckets = histogram
        .buckets(Scan::Quantiles { ticks: 1000 })
        .expect("a good scan");
    assert!(buckets.count() as u64 <= BUCKET_LIMIT);
}

#[test]
fn merging_what_straddles_the_highest() {
    let coarse = Config {
        lowest: 1,
        highest: 1000,
        significant_digits: 1,
    };
    let mut a = Histogram::new(coarse).expect("a good configuration");
    let mut b = a.clone();
    b.record(1000).expect("in range");
    assert!(b.max() > Some(1000), "its bucket reaches above");
    assert_eq!(a.merge(&b), Ok(()));
    assert_eq!(a.len(), 1);
    let mut fine = Histogram::new(Config {
        significant_digits: 3,
        highest: 500,
        ..coarse
    })
    .expect("a good configuration");
    let expected = Error::OutOfRange {
        value: b.max().unwrap_or(0),
        highest: 500,
        index: 0,
    };
    assert_eq!(fine.merge(&b), Err(expected));
}

#[test]
fn a_visitor_may_use_what_it_walks() {
    let h = shared(1000);
    h.record_all(&[1, 2, 3]).expect("in range");
    let mut seen = 0;
    let flow = h.for_each_bucket(Scan::Recorded, |bucket| {
        seen += 1;
        h.record(bucket.value + 100).expect("no lock is held");
        h.merge(&h).expect("no lock is held");
        if seen == 2 {
            ControlFlow::Break("enough")
        } else {
            ControlFlow::Continue(())
        }
    });
    assert_eq!(flow, Ok(ControlFlow::Break("enough")));
    assert_eq!(h.len(), Ok(18));
}

#[test]
fn buckets_outlive_their_histogram() {
    let h = shared(1000);
    h.record_all(&[1, 2]).expect("in range");
    let mut buckets = h.buckets(Scan::Recorded).expect("a good scan");
    h.record(3).expect("in range");
    drop(h);
    assert_eq!(
        buckets.by_ref().map(|b| b.value).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(buckets.next(), None);
}

#[test]
fn a_panic_under_the_lock_poisons_for_good() {
    let (h, other) = (shared(1000), shared(1000));
    let clone = h.clone();
    let panics = |h: &Shared| h.with(|_| -> Result<(), Error> { panic!("half-way") });
    let panicked = std::panic::catch_unwind(|| panics(&clone));
    let what = panicked.map_err(Error::from_panic).expect_err("it panics");
    assert_eq!(
        what,
        Error::Panic {
            what: "half-way".into()
        }
    );
    assert_eq!(h.record(1), Err(Error::Poisoned {}));
    assert_eq!(other.merge(&h), Err(Error::Poisoned {}));
    assert_eq!(
        h.try_with(|h| Ok(h.len())).ok().map(|a| a.result),
        Some(Err(Error::Poisoned {}))
    );
    assert_eq!(panics(&h), Err(Error::Poisoned {}));
    assert_eq!(other.len(), Ok(0));
}

#[test]
fn threads_lose_nothing_and_do_not_deadlock() {
    let (a, b) = (shared(1000), shared(1000));
    b.record(1).expect("in range");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..2000).for_each(|i| a.record(i % 1000).expect("in range")));
            scope.spawn(|| b.with(|h| h.record_n(2, 0)).and(b.merge(&shared(10))));
        }
    });
    assert_eq!(a.len(), Ok(8000));
    thread::scope(|scope| {
        let both = [(&a, &b), (&b, &a)];
        for (into, from) in both {
            scope.spawn(move || (0..10).for_each(|_| into.merge(from).expect("room")));
        }
    });
}

#[test]
fn a_held_lock_gives_the_work_back() {
    let h = shared(1000);
    let inner = h.clone();
    let refused = h.with(|_| Ok(inner.try_with(|h| h.record(1)).is_err()));
    assert_eq!(refused, Ok(true));
    let attempt = h.try_with(|h| h.record(1)).ok();
    assert_eq!(attempt.map(|a| a.result), Some(Ok(())));
}

#[test]
fn tags_hold_what_a_log_line_can() {
    let h = shared(1000);
    for (tag, character, offset) in [
        ("a,b", ",", 1),
        ("é,b", ",", 1),
        ("\n", "\n", 0),
        ("a b\r", "\r", 3),
        ("ab\0", "\0", 2),
    ] {
        let error = Error::InvalidTag {
            character: character.into(),
            offset,
        };
        assert_eq!(h.set_tag(tag), Err(error), "{tag:?}");
    }
    let long = "é".repeat(TAG_LIMIT / 2);
    for tag in [" a b ", "a\tb", "\u{a0}", "\u{2028}", &long] {
        assert_eq!(h.set_tag(tag), Ok(()));
        assert_eq!(h.tag().as_deref(), Ok(tag));
    }
    let error = h.set_tag(&(long.clone() + "b")).expect_err("a byte more");
    let said = "tag_limit is 4096, but this takes 4097: take a shorter tag, in UTF-8";
    assert_eq!(error.to_string(), said);
    assert_eq!(h.tag().as_deref(), Ok(long.as_str()));
    assert_eq!(h.set_tag("Ünï-😀"), Ok(()));
    assert_eq!(h.tag().as_deref(), Ok("Ünï-😀"));
    assert_eq!(h.set_tag(""), Ok(()));
    assert_eq!(h.tag().as_deref(), Ok(""));
}

#[test]
fn a_first_bucket_of_many_values_decodes_to_its_end() {
    let config = Config {
        lowest: 1 << 15,
        highest: 1 << 20,
        significant_digits: 1,
    };
    let mut h = Histogram::new(config).expect("a good configuration");
    h.record(5).unwrap();
    let end = Some((1 << 15) - 1);
    let decoded = Histogram::decode(&h.encode()).unwrap();
    assert_eq!((h.max(), decoded.max()), (end, end));
}
