//! The logs of `conformance/data`, which other implementations wrote, and the one that this one writes.

use std::fs;
use std::ops::ControlFlow::Continue;
use std::path::{Path, PathBuf};
use tollbridge_core::{Config, Error, Histogram, LogWriter, replay_log};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../conformance/data")
        .join(name)
}

fn totals(name: &str) -> Result<Vec<(String, u64)>, Error> {
    let by_tag = replay_log(&sample(name), 0, |_| Continue(()))?;
    Ok(by_tag
        .into_iter()
        .map(|(tag, histogram)| (tag, histogram.len()))
        .collect())
}

#[test]
fn logs_of_every_implementation_have_their_totals() {
    for (name, expected) in [
        (
            "java-tagged.hlog",
            vec![("", 3), ("read", 8), ("write-ä", 16)],
        ),
        (
            "java-tagged.hlog.gz",
            vec![("", 3), ("read", 8), ("write-ä", 16)],
        ),
        ("crlf.hlog", vec![("", 3), ("read", 8), ("write-ä", 16)]),
        ("npm.hlog", vec![("", 3), ("read", 8), ("write-ä", 16)]),
        ("java-plain.hlog", vec![("", 13)]),
        ("pypi.hlog", vec![("", 13)]),
        ("java-mixed.hlog", vec![("", 8)]),
        ("v0.hlog", vec![("", 1_099_511_727_780)]),
        ("v1.hlog", vec![("", 1_099_511_727_780)]),
        (
            "tollbridge.hlog",
            vec![("", 3), ("read", 8), ("write-ä", 16)],
        ),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(tag, len)| (tag.to_owned(), len))
            .collect();
        assert_eq!(totals(name), Ok(expected), "{name}");
    }
}

#[test]
fn broken_logs_are_refused_with_their_line() {
    for (name, line, reason) in [
        ("bad-base64.hlog", 7, "the histogram is not base64"),
        ("bad-number.hlog", 7, "the start is \"0.127s\", but"),
        (
            "bad-fields.hlog",
            8,
            "not an interval: start, length, maximum and histogram, separated by commas",
        ),
        ("bad-tag.hlog", 7, "a tag cannot hold \"\\0\" (character 3)"),
        (
            "bad-text.hlog",
            6,
            "not an interval: start, length, maximum and histogram, separated by commas",
        ),
        (
            "bad-histogram.hlog",
            9,
            "not an encoded histogram: its cookie is ",
        ),
        (
            "truncated.hlog",
            10,
            "not an encoded histogram: its length is ",
        ),
        ("truncated.hlog.gz", 9, "the gzip data breaks off"),
    ] {
        let Err(Error::MalformedLog {
            line: at,
            reason: said,
        }) = totals(name)
        else {
            panic!("{name} is refused");
        };
        assert_eq!(at, line, "{name}");
        assert!(said.starts_with(reason), "{name}: {said}");
    }
}

#[test]
fn the_log_that_this_library_writes_is_the_sample() {
    let histogram = |tag: &str, values: &[u64]| {
        let mut histogram = Histogram::new(Config::default()).expect("a good configuration");
        histogram.set_tag(tag).expect("a good tag");
        histogram.record_all(values).expect("values within range");
        histogram
    };
    let read = histogram("read", &[250_000, 1_500_000, 1_500_000, 3_000_000_000]);
    let mut write = histogram("write-ä", &[42_000; 7]);
    let untagged = histogram("", &[0, 1, 2_769_000]);
    let path = std::env::temp_dir().join(format!("tollbridge-sample-{}.hlog", std::process::id()));
    let writer = LogWriter::create(&path, 1_441_812_279.474).expect("a new log");
    for histogram in [&read, &write, &untagged] {
        writer.write(histogram, 0.127, 1.007).expect("a line");
    }
    writer.write(&read, 1.134, 0.999).expect("a line");
    write.record_n(43_000, 2).expect("values within range");
    writer.write(&write, 1.134, 0.999).expect("a line");
    let written = fs::read_to_string(&path).expect("text");
    fs::remove_file(&path).expect("the file is there");

    let kept = sample("tollbridge.hlog");
    if std::env::var_os("TOLLBRIDGE_UPDATE").is_some() {
        fs::write(&kept, &written).expect("the sample can be written");
    }
    let kept = fs::read_to_string(kept).expect("the sample");
    assert_eq!(written, kept, "run this test with TOLLBRIDGE_UPDATE=1");
}
