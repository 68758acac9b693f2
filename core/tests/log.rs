//! Interval logs: what other tools write is read, what is no log is said with its line.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow::{Break, Continue};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tollbridge_core::{
    Config, Error, Histogram, LINE_LIMIT, LogWriter, MEMORY_LIMIT, Progress, Scan, TAG_LIMIT,
    replay_log,
};

/// A folder that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("tollbridge-log-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn file(&self, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path("log");
        fs::write(&path, bytes).expect("a file");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

type Replayed = Result<BTreeMap<String, Histogram>, Error>;

fn replay_path(path: &Path) -> Replayed {
    replay_log(path, 0, |_| Continue(()))
}

fn replay_within(bytes: impl AsRef<[u8]>, memory_limit: u64) -> Replayed {
    replay_log(&Scratch::new().file(bytes), memory_limit, |_| Continue(()))
}

fn replay(bytes: impl AsRef<[u8]>) -> Replayed {
    replay_path(&Scratch::new().file(bytes))
}

fn totals(replayed: Replayed) -> Vec<(String, u64)> {
    let by_tag = replayed.expect("a good log");
    let total = |(tag, histogram): (String, Histogram)| {
        assert_eq!(histogram.tag(), tag);
        (tag, histogram.len())
    };
    by_tag.into_iter().map(total).collect()
}

fn total(tag: &str, len: u64) -> (String, u64) {
    (tag.to_owned(), len)
}

fn histogram(lowest: u64, highest: u64, significant_digits: u8, values: &[u64]) -> Histogram {
    let config = Config {
        lowest,
        highest,
        significant_digits,
    };
    let mut histogram = Histogram::new(config).expect("a good configuration");
    histogram.record_all(values).expect("values within range");
    histogram
}

fn interval(encoded: &[u8]) -> String {
    format!("0.127,1.007,2.769,{}", BASE64_STANDARD.encode(encoded))
}

/// A line without tag that holds these values.
fn values(values: &[u64]) -> String {
    interval(&histogram(1, 100_000, 3, values).encode())
}

#[derive(Clone, Copy)]
enum Form {
    V0(u32),
    V1(u32),
    V2,
}

/// The plain encoding of counts of a histogram from 1 to 1000 with 2 digits.
fn plain(form: Form, counts: &[i64]) -> Vec<u8> {
    let mut body = Vec::new();
    for count in counts {
        match form {
            Form::V0(size) | Form::V1(size) => {
                body.extend(&count.to_be_bytes()[8 - size as usize..]);
            }
            Form::V2 => {
                let mut rest = (count << 1 ^ count >> 63) as u64;
                while rest > 0x7f {
                    body.push(rest as u8 | 0x80);
                    rest >>= 7;
                }
                body.push(rest as u8);
            }
        }
    }
    let length = body.len() as u32;
    let mut bytes = Vec::new();
    let mut words = |words: &[u32]| {
        words
            .iter()
            .for_each(|word| bytes.extend(word.to_be_bytes()))
    };
    match form {
        // Cookie, digits, lowest, highest, total.
        Form::V0(size) => words(&[0x1c84_9308 | size << 4, 2, 0, 1, 0, 1000, 0, 0]),
        // Cookie, length, offset, digits, lowest, highest, ratio.
        Form::V1(size) => {
            words(&[
                0x1c84_9301 | size << 4,
                length,
                0,
                2,
                0,
                1,
                0,
                1000,
                0x3ff0_0000,
                0,
            ]);
        }
        Form::V2 => words(&[0x1c84_9313, length, 0, 2, 0, 1, 0, 1000, 0x3ff0_0000, 0]),
    }
    bytes.extend(body);
    bytes
}

fn deflated(plain: &[u8]) -> Vec<u8> {
    let cookie = u32::from_be_bytes([plain[0], plain[1], plain[2], plain[3]]);
    let mut body = ZlibEncoder::new(Vec::new(), Compression::default());
    body.write_all(plain).expect("a Vec takes every write");
    let body = body.finish().expect("a Vec takes every write");
    [
        &(cookie + 1).to_be_bytes(),
        &(body.len() as u32).to_be_bytes(),
        body.as_slice(),
    ]
    .concat()
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(bytes.as_ref())
        .expect("a Vec takes every write");
    encoder.finish().expect("a Vec takes every write")
}

#[test]
fn every_version_of_log_and_encoding() {
    // Values 3 and 300; that is the bucket of 300 and 301.
    let mut counts = vec![0; 279];
    (counts[3], counts[278]) = (5, 70);
    let short: Vec<i64> = vec![-3, 5, -274, 70];
    let heads = [
        "#[Histogram log format version 1.0]\n\"StartTimestamp\",\"EndTimestamp\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        "#[Histogram log format version 1.1]\n#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 08:24:39 PDT 2015]\n",
        "#[Histogram log format version 1.2]\n#[StartTime: 1441812279.474 (seconds since epoch), x]\n#[BaseTime: 0.000 (seconds since epoch)]\n",
        "#[Histogram log format version 1.3]\n\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
    ];
    let words = [Form::V0, Form::V1].map(|form| [2, 4, 8].map(form));
    for form in words.into_iter().flatten().chain([Form::V2]) {
        let plain = plain(form, if let Form::V2 = form { &short } else { &counts });
        for encoded in [deflated(&plain), plain] {
            let decoded = Histogram::decode(&encoded).expect("a good encoding");
            assert_eq!(decoded.len(), 75);
            for head in heads {
                let log = format!("{head}{0}\n{0}\n", interval(&encoded));
                let by_tag = replay(log).expect("a good log");
                let buckets = by_tag[""].buckets(Scan::Recorded).expect("a good scan");
                let found: Vec<_> = buckets.map(|bucket| (bucket.value, bucket.count)).collect();
                assert_eq!(found, [(3, 10), (301, 140)]);
                assert_eq!(by_tag[""].config(), decoded.config());
            }
        }
    }
}

#[test]
fn old_encodings_are_checked_as_the_new_one() {
    let refused = |bytes: &[u8]| match Histogram::decode(bytes) {
        Err(Error::MalformedHistogram { reason }) => reason.into_owned(),
        other => panic!("{other:?}"),
    };
    for (form, most) in [(Form::V0(8), 512), (Form::V1(8), 512)] {
        assert!(Histogram::decode(&plain(form, &vec![1; most])).is_ok());
        let cases = [
            (
                plain(form, &vec![1; most + 1]),
                "it has more than 512 counts",
            ),
            (plain(form, &[1, -1]), "count 1 is -1, which is below 0"),
            (
                plain(form, &[i64::MAX, 1]),
                "its counts are more than 9223372036854775807",
            ),
        ];
        for (bytes, reason) in cases {
            assert_starts(&refused(&bytes), reason);
            assert_starts(&refused(&deflated(&bytes)), reason);
        }
        let mut cut = plain(form, &[1, 2]);
        cut.truncate(cut.len() - 1);
        let reason = if let Form::V0(_) = form {
            "its last count breaks off"
        } else {
            "its length is 16 bytes, but 15 are there"
        };
        assert_starts(&refused(&cut), reason);
        cut.truncate(20);
        assert_eq!(
            refused(&cut),
            "it ends within its header: copy the data whole"
        );
    }
    let cookie =
        |cookie| format!("its cookie is {cookie}, which is none of HdrHistogram V0, V1 or V2");
    assert_starts(&refused(&plain(Form::V1(6), &[1])), &cookie("0x1c849361"));
    assert_starts(&refused(&plain(Form::V0(0), &[])), &cookie("0x1c849308"));
    let mut other_inside = deflated(&plain(Form::V1(8), &[1]));
    other_inside[3] = 0x84;
    assert_starts(&refused(&other_inside), &cookie("0x1c849381"));
    assert_starts(
        &refused(&[0x0c, 0x72, 0x12, 0x4e, 0, 0, 0, 0]),
        "its cookie is 0x0c72124e, a histogram of floats",
    );
}

#[test]
fn tags_comments_and_line_ends() {
    let (one, two) = (values(&[1]), values(&[2, 2]));
    let lines = [
        "#[Logged with jHiccup version 2.0.10]",
        "# \u{fffd} anything",
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"",
        &one,
        "",
        "#[StartTime: not a number",
        &format!("Tag=äöü,{two}"),
        &format!("Tag=A=B,{one}"),
        " \t",
        &format!("Tag=,{two}"),
        &format!(
            "  Tag=A=B , 1e3, .5,{}  ",
            one.replacen("0.127,1.007,", "", 1)
        ),
        "\"StartTimestamp\" and all of a second log",
        &format!(
            "1,+2.5,NaN,{}",
            two.rsplit(',')
                .next()
                .expect("a field")
                .trim_end_matches('=')
        ),
    ];
    let expected = [
        total("", 5),
        total("A=B", 1),
        total("A=B ", 1),
        total("äöü", 2),
    ];
    for end in ["\n", "\r\n"] {
        let log = lines.join(end);
        assert_eq!(totals(replay(&log)), expected);
        assert_eq!(totals(replay(log + end)), expected);
    }
    assert_eq!(totals(replay("")), []);
    assert_eq!(totals(replay("#[Histogram log format version 1.3]\n")), []);
    assert_eq!(totals(replay("\n\n\n")), []);
}

#[test]
fn gzip_in_any_number_of_members() {
    let (one, two) = (values(&[1]) + "\n", values(&[2, 2]) + "\n");
    assert_eq!(totals(replay(gzip(&one))), [total("", 1)]);
    let (half, rest) = two.split_at(20);
    let members = [gzip(&one), gzip(half), gzip(""), gzip(rest)].concat();
    assert_eq!(totals(replay(members)), [total("", 3)]);
    assert_eq!(totals(replay(gzip(""))), []);
}

fn malformed(line: u64, reason: &str) -> Replayed {
    let reason = reason.to_owned().into();
    Err(Error::MalformedLog { line, reason })
}

#[track_caller]
fn assert_starts(text: &str, start: &str) {
    assert!(text.starts_with(start), "{text}");
}

#[track_caller]
fn assert_refused(log: impl AsRef<[u8]>, line: u64, reason: &str) {
    match (replay(log), malformed(line, reason)) {
        (
            Err(Error::MalformedLog { line, reason }),
            Err(Error::MalformedLog {
                line: at,
                reason: start,
            }),
        ) => {
            assert_eq!(line, at, "{reason}");
            assert_starts(&reason, &start);
        }
        (found, _) => panic!("{found:?}"),
    }
}

#[test]
fn the_first_bad_line_is_named() {
    let good = values(&[1]);
    let payload = good.rsplit(',').next().expect("a field");
    let fields = "not an interval: start, length, maximum and histogram, separated by commas";
    let floats = BASE64_STANDARD.encode([0x0c, 0x72, 0x12, 0x4f, 0, 0, 0, 0]);
    let cut = BASE64_STANDARD.encode(&histogram(1, 1000, 3, &[1]).encode()[..20]);
    for (bad, reason) in [
        ("hello".to_owned(), fields),
        ("1,2,3".to_owned(), fields),
        ("Tag=x".to_owned(), fields),
        (format!("1,2,3,{payload},5"), fields),
        (format!("1.000 2.000 3.000 {payload}"), fields),
        (
            format!("x,2,3,{payload}"),
            "the start is \"x\", but must be a number",
        ),
        (
            format!("1,,3,{payload}"),
            "the length is \"\", but must be a number",
        ),
        (
            format!("1,2,3ms,{payload}"),
            "the maximum is \"3ms\", but must be a number",
        ),
        (
            format!("Tag=a,1,2,3,={payload}"),
            "the histogram is not base64 (byte 0 of it is '='): copy the line whole",
        ),
        (format!("1,2,3,{payload}*"), "the histogram is not base64 ("),
        (
            "1,2,3,".to_owned(),
            "not an encoded histogram: it ends within its header: copy the data whole",
        ),
        (
            "1,2,3,AAAAAAAA".to_owned(),
            "not an encoded histogram: its cookie is 0x00000000, ",
        ),
        (
            format!("1,2,3,{cut}"),
            "not an encoded histogram: its length is ",
        ),
        (
            format!("1,2,3,{floats}"),
            "not an encoded histogram: its cookie is 0x0c72124f, a histogram of floats",
        ),
        (
            format!("Tag=a\0b,{good}"),
            "a tag cannot hold \"\\0\" (character 1)",
        ),
        (
            "# old line end\r1,2,3,4".to_owned(),
            "a carriage return inside the line",
        ),
    ] {
        assert_refused(&bad, 1, reason);
        assert_refused(format!("#\r\n\r\n{good}\n{bad}\n{bad}\n"), 4, reason);
    }
    let mut bytes = format!("{good}\nTag=").into_bytes();
    bytes.extend(b"\xff,1,2,3,");
    assert_refused(bytes, 2, "the tag is not UTF-8");
}

#[test]
fn damaged_gzip_is_named_by_line() {
    // Noise cannot be compressed, so that a cut takes lines away.
    let mut noise = 1_u64;
    let mut log = String::new();
    for _ in 0..2000 {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        log += &format!("#{noise:016x}\n");
    }
    let whole = gzip(&log);
    let refused = |bytes: &[u8]| match replay(bytes) {
        Err(Error::MalformedLog { line, reason }) => (line, reason.into_owned()),
        other => panic!("{other:?}"),
    };
    let (line, reason) = refused(&whole[..whole.len() / 2]);
    assert_starts(&reason, "the gzip data breaks off");
    assert!((900..1100).contains(&line), "{line}");
    assert_eq!(
        refused(&whole[..whole.len() - 1]),
        (2001, "the gzip data breaks off: copy the file whole".into())
    );
    assert_eq!(refused(&whole[..5]).0, 1);
    let damaged = "the gzip data is damaged: copy the file again".to_owned();
    let mut wrong_sum = whole.clone();
    let at = wrong_sum.len() - 5;
    wrong_sum[at] ^= 1;
    assert_eq!(refused(&wrong_sum), (2001, damaged));
    let behind =
        "behind the gzip data stands something else, which begins with the byte 0x6d: cut it off";
    for between in [0, 1, 70_000] {
        let zeros = vec![0; between];
        assert!(replay([&whole[..], &zeros].concat()).is_ok());
        assert_eq!(
            refused(&[&whole[..], &zeros, b"more, which is no gzip"].concat()),
            (2001, behind.into())
        );
    }
    let behind = behind.replace("0x6d", "0x1f");
    assert_eq!(
        refused(&[&whole[..], b"\0", &whole].concat()),
        (2001, behind)
    );
}

#[test]
fn configurations_meet_in_the_finest_that_holds_all() {
    let log = |histograms: &[Histogram]| {
        let lines: Vec<_> = histograms.iter().map(|h| interval(&h.encode())).collect();
        replay(lines.join("\n"))
            .expect("a good log")
            .remove("")
            .expect("a histogram")
    };
    let coarse = histogram(1000, 2_000_000, 1, &[0, 5000, 2_000_000]);
    let fine = histogram(1, 5000, 3, &[1, 2, 4999]);
    for both in [
        [coarse.clone(), fine.clone()],
        [fine.clone(), coarse.clone()],
    ] {
        let sum = log(&both);
        let Config {
            lowest,
            highest,
            significant_digits,
        } = sum.config();
        assert_eq!((lowest, significant_digits), (1, 3));
        assert!((2_000_000..=2_097_151).contains(&highest), "{highest}");
        assert_eq!(sum.len(), 6);
        let buckets: Vec<_> = sum.buckets(Scan::Recorded).expect("a good scan").collect();
        let values: Vec<_> = buckets.iter().map(|bucket| bucket.value).collect();
        // The lowest values of the coarse buckets: 0, 4608 and 1966080.
        assert_eq!(values, [0, 1, 2, 4611, 4999, 1_966_079 + 1024]);
    }
    // One configuration is kept as it is, and a smaller one changes nothing.
    assert_eq!(log(&[fine.clone(), fine.clone()]).config(), fine.config());
    assert_eq!(
        log(&[coarse.clone(), histogram(1000, 2000, 1, &[7])]).config(),
        coarse.config()
    );
    assert_eq!(
        log(std::slice::from_ref(&coarse)).summary(),
        coarse.summary()
    );
}

#[test]
fn a_configuration_that_makes_no_histogram_is_the_lines_mistake() {
    // By float this is 2^59, for which no digit fits any more.
    let mut bytes = plain(Form::V2, &[1]);
    bytes[12..16].copy_from_slice(&1_u32.to_be_bytes());
    bytes[16..24].copy_from_slice(&((1_u64 << 59) - 1).to_be_bytes());
    bytes[24..32].copy_from_slice(&i64::MAX.to_be_bytes());
    let reason = "not an encoded histogram: lowest is 576460752303423487, but must be small enough for its digits to fit 63 bits";
    assert_refused(interval(&bytes), 1, reason);
}

#[test]
fn values_above_their_highest_are_kept() {
    // The reference records up to the end of the last bucket range, here 1023 with 1000 declared.
    let mut counts = vec![0; 256 + 2 * 128];
    counts[511] = 1;
    let by_tag = replay(interval(&plain(Form::V1(8), &counts))).expect("a good log");
    let sum = &by_tag[""];
    assert_eq!(
        (sum.len(), sum.max(), sum.config().highest),
        (1, Some(1023), 1023)
    );
}

#[test]
fn sums_do_not_wrap() {
    let most = interval(&plain(Form::V1(8), &[0, i64::MAX]));
    let more = interval(&plain(Form::V2, &[0, 3, 4]));
    assert_eq!(totals(replay(&most)), [total("", i64::MAX as u64)]);
    let overflow = Error::CountOverflow {
        count: 7,
        len: i64::MAX as u64,
    };
    assert_eq!(
        replay(format!("{most}\n{more}\n")).expect_err("an overflow"),
        overflow
    );
    let overflow = Error::CountOverflow {
        count: i64::MAX as u64,
        len: i64::MAX as u64,
    };
    assert_eq!(
        replay(format!("{most}\n{most}\n")).expect_err("an overflow"),
        overflow
    );
}

#[test]
fn a_line_that_cannot_be_read_is_not_written() {
    let config = Config {
        significant_digits: 5,
        ..Config::default()
    };
    let mut large = Histogram::new(config).expect("a good configuration");
    let scratch = Scratch::new();
    let path = scratch.0.join("log");
    let writer = LogWriter::create(&path, 0.0).expect("a new log");
    let mut noise = 1_u64;
    let mut written = vec![];
    for step in 0..4 {
        for bucket in 300_000 * step..300_000 * (step + 1) {
            noise = noise
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Each in a bucket of its own, with a count that deflates little.
            let value = (131_072 + bucket % 131_072) << (bucket / 131_072);
            large.record_n(value, noise >> 22).expect("there is room");
        }
        let before = fs::metadata(&path).expect("a file").len();
        match writer.write(&large, 0.0, 1.0) {
            Ok(()) => {
                written.push(true);
                assert!(replay_path(&path).is_ok());
            }
            Err(error) => {
                written.push(false);
                let said = error.to_string();
                assert_starts(&said, "line_limit is 8388608, but this takes ");
                assert_eq!(error.name(), "too_many");
                assert_eq!(fs::metadata(&path).expect("a file").len(), before);
            }
        }
    }
    assert!(
        written.first() == Some(&true) && written.last() == Some(&false),
        "{written:?}"
    );
    assert!(replay_path(&path).is_ok());
}

#[test]
fn three_hundred_tags_are_read() {
    let line = interval(&histogram(1, 3_600_000_000_000, 3, &[1, 3_000_000]).encode());
    let log: String = (0..300).map(|n| format!("Tag=tag {n},{line}\n")).collect();
    assert_eq!(replay(&log).expect("a good log").len(), 300);
    let error = replay_within(&log, 64 << 20).expect_err("less than 300 sums take");
    assert_starts(
        &error.to_string(),
        "memory_limit is 67108864, but this takes 67",
    );
    // 0 is the default.
    assert!(replay_within(&log, 0).is_ok());
}

#[test]
fn limits_come_before_memory_is_gone() {
    let comment = vec![b'#'; LINE_LIMIT];
    assert_eq!(totals(replay(&comment)), []);
    let long = [comment.as_slice(), b"#"].concat();
    let reason = format!("line_limit is {LINE_LIMIT}, but this line has more bytes");
    assert_refused([b"\n".as_slice(), &long].concat(), 2, &reason);
    assert_refused([long.as_slice(), b"\n"].concat(), 1, &reason);
    assert_refused(gzip(vec![0; LINE_LIMIT + 1]), 1, &reason);

    let limit = 64 << 20;
    assert!(limit < MEMORY_LIMIT);
    let too_many = |log: String| match replay_within(log, limit) {
        Err(error @ Error::TooMany { .. }) => {
            let said = error.to_string();
            assert!(said.starts_with("memory_limit is 67108864, but"), "{said}");
        }
        other => panic!("{:?}", other.map(|by_tag| by_tag.len())),
    };
    let tiny = interval(&histogram(1, 2, 0, &[1]).encode());
    too_many((0..200_000).map(|n| format!("Tag={n},{tiny}\n")).collect());
    let tag = "t".repeat(TAG_LIMIT - 5);
    too_many(
        (0..17_000)
            .map(|n| format!("Tag={tag}{n:05},{tiny}\n"))
            .collect(),
    );
    let reason = format!("tag_limit is {TAG_LIMIT}, but this takes {}", TAG_LIMIT + 1);
    assert_refused(format!("Tag={tag}123456,{tiny}\n"), 1, &reason);
    let huge = interval(&histogram(1, i64::MAX as u64, 5, &[1]).encode());
    assert_eq!(totals(replay(&huge)), [total("", 1)]);
    too_many(format!("{huge}\nTag=other,{huge}\n"));
    // Each a little higher than the one before: no copy a line.
    let before = Instant::now();
    let growing = |n: u64| {
        let mut bytes = plain(Form::V2, &[0, 1]);
        bytes[12..16].copy_from_slice(&4_u32.to_be_bytes());
        bytes[24..32].copy_from_slice(&((1 << 62) + n).to_be_bytes());
        interval(&bytes) + "\n"
    };
    let log: String = (0..20_000).map(growing).collect();
    assert_eq!(totals(replay(log)), [total("", 20_000)]);
    assert!(before.elapsed() < Duration::from_secs(60));
}

#[test]
fn progress_begins_at_nothing_and_ends_at_all() {
    let log = (values(&[1]) + "\n").repeat(1000);
    for bytes in [log.clone().into_bytes(), gzip(&log)] {
        let scratch = Scratch::new();
        let mut calls = Vec::new();
        let progress = |progress: Progress| {
            calls.push(progress);
            Continue(())
        };
        replay_log(&scratch.file(&bytes), 0, progress).expect("a good log");
        let total = bytes.len() as u64;
        assert_eq!(
            calls.first(),
            Some(&Progress {
                bytes: 0,
                total,
                intervals: 0
            })
        );
        assert_eq!(
            calls.last(),
            Some(&Progress {
                bytes: total,
                total,
                intervals: 1000
            })
        );
        assert!(calls.is_sorted_by_key(|progress| progress.bytes));
    }
}

#[test]
#[cfg(unix)]
fn progress_is_told_within_a_line() {
    use rustix::time::{ClockId, clock_gettime};
    // What this thread has computed: a busy machine that holds it up makes no gap.
    let computed = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("no year");
    // A line of a few hundred kilobytes that inflates to most of what a histogram can be, many times.
    let mut plain = plain(Form::V1(8), &vec![0; 500_000]);
    plain[12..16].copy_from_slice(&5_u32.to_be_bytes());
    plain[24..32].copy_from_slice(&i64::MAX.to_be_bytes());
    let log = (interval(&deflated(&plain)) + "\n").repeat(10);
    let scratch = Scratch::new();
    let mut last = computed();
    let mut gaps = Vec::new();
    replay_log(&scratch.file(log), 0, |_| {
        let now = computed();
        gaps.push(now - last);
        last = now;
        Continue(())
    })
    .expect("a good log");
    gaps.sort();
    // Most: in the first, the system hands out memory.
    assert!(
        gaps[gaps.len() * 9 / 10] < Duration::from_millis(50),
        "{gaps:?}"
    );
}

#[test]
fn a_break_cancels_at_any_call() {
    let log = (values(&[1, 2, 3]) + "\n").repeat(20_000);
    let scratch = Scratch::new();
    let path = scratch.file(&log);
    let count = |stop: usize| {
        let mut calls = 0;
        let replayed = replay_log(&path, 0, |progress| {
            calls += 1;
            if calls == stop
                || stop == usize::MAX
                    && progress.bytes == progress.total
                    && progress.intervals == 20_000
            {
                return Break(());
            }
            std::thread::sleep(Duration::from_micros(10));
            Continue(())
        });
        (replayed.map(|by_tag| by_tag.len()), calls)
    };
    let (replayed, calls) = count(0);
    assert_eq!(replayed, Ok(1));
    assert!(calls > 2, "{calls}");
    assert_eq!(count(1), (Err(Error::Cancelled {}), 1));
    assert_eq!(count(2), (Err(Error::Cancelled {}), 2));
    assert_eq!(count(usize::MAX).0, Err(Error::Cancelled {}));
}

#[test]
fn files_that_cannot_be_read() {
    let scratch = Scratch::new();
    let missing = scratch.path("missing");
    let io = |path: &Path, reason: &'static str, os_code| Error::Io {
        path: path.display().to_string().into(),
        reason: reason.into(),
        os_code,
    };
    let mut calls = 0;
    let refused = replay_log(&missing, 0, |_| {
        calls += 1;
        Continue(())
    });
    assert_eq!(
        refused.expect_err("no file"),
        io(&missing, "entity not found", 2)
    );
    assert_eq!(calls, 0);
    assert_eq!(
        replay_path(&scratch.0).expect_err("a folder"),
        io(&scratch.0, "is a directory", 21)
    );
    let Err(refused) = LogWriter::create(&scratch.0, 0.0) else {
        panic!("a folder became a log")
    };
    assert_eq!(refused, io(&scratch.0, "is a directory", 21));
}

#[cfg(unix)]
mod pipes {
    use super::*;
    use std::process::Command;
    use std::thread;

    fn pipe(scratch: &Scratch) -> PathBuf {
        let path = scratch.path("pipe");
        let made = Command::new("mkfifo")
            .arg(&path)
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
        path
    }

    fn write(path: &Path, parts: Vec<String>) -> thread::JoinHandle<()> {
        let path = path.to_owned();
        thread::spawn(move || {
            let mut pipe = fs::OpenOptions::new()
                .write(true)
                .open(path)
                .expect("the pipe");
            for part in parts {
                pipe.write_all(part.as_bytes()).expect("a reader");
                thread::sleep(Duration::from_millis(120));
            }
        })
    }

    #[test]
    fn a_pipe_is_read_to_its_end_however_slowly_it_comes() {
        let line = values(&[1]) + "\n";
        let (half, rest) = line.split_at(30);
        for parts in [vec![], vec!["#"], vec![half, rest, half, rest, "#"]] {
            let scratch = Scratch::new();
            let path = pipe(&scratch);
            let intervals = parts.len() as u64 / 2;
            let writer = write(&path, parts.into_iter().map(str::to_owned).collect());
            let mut last = None;
            let by_tag = replay_log(&path, 0, |progress| {
                last = Some(progress);
                Continue(())
            });
            writer.join().expect("the writer ends");
            assert_eq!(by_tag.expect("a good log").len(), intervals.min(1) as usize);
            let last = last.expect("progress");
            assert_eq!((last.total, last.intervals), (0, intervals));
        }
    }

    #[test]
    fn a_pipe_that_says_nothing_can_be_cancelled() {
        let scratch = Scratch::new();
        let path = pipe(&scratch);
        let stop_at = |stop| {
            let mut calls = 0;
            let before = Instant::now();
            let replayed = replay_log(&path, 0, |_| {
                calls += 1;
                if calls < stop {
                    Continue(())
                } else {
                    Break(())
                }
            });
            assert_eq!(replayed.expect_err("a break"), Error::Cancelled {});
            before.elapsed()
        };
        let nobody_writes = stop_at(10);
        assert!(nobody_writes < Duration::from_secs(2), "{nobody_writes:?}");
        let writer = write(&path, vec!["#".to_owned()]);
        stop_at(4);
        writer.join().expect("the writer ends");
    }

    #[test]
    fn a_full_disk_is_an_error_of_the_writer() {
        let full = Path::new("/dev/full");
        if full.exists() {
            let Err(error) = LogWriter::create(full, 0.0) else {
                panic!("a full disk took a log")
            };
            assert!(matches!(error, Error::Io { os_code: 28, .. }), "{error:?}");
        }
    }
}

#[test]
fn what_is_written_is_read() {
    let scratch = Scratch::new();
    let path = scratch.path("written");
    fs::write(&path, "what was there before").expect("a file");
    let writer = LogWriter::create(&path, 1_441_812_279.474_5).expect("a new log");
    let mut tagged = histogram(1, 3_600_000_000_000, 3, &[1_000_499, 2_769_000]);
    tagged.set_tag("A").expect("a good tag");
    let untagged = histogram(1, 100_000, 2, &[7; 9]);
    writer.write(&tagged, 0.0005, 1.0).expect("a line");
    writer.write(&untagged, 1.0, 0.25).expect("a line");
    writer
        .write(
            &Histogram::new(Config::default()).expect("a histogram"),
            1e3,
            0.0,
        )
        .expect("a line");
    writer.write(&tagged, 2.0, 1.0).expect("a line");

    let text = fs::read_to_string(&path).expect("text");
    let starts = [
        "#[Histogram log format version 1.3]",
        "#[StartTime: 1441812279.475 (seconds since epoch)]",
        "#[BaseTime: 1441812279.475 (seconds since epoch)]",
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"",
        "Tag=A,0.001,1.000,2.771,HISTFAAA",
        "1.000,0.250,0.000,HISTFAAA",
        "1000.000,0.000,0.000,HISTFAAA",
        "Tag=A,2.000,1.000,2.771,HISTFAAA",
    ];
    assert_eq!(text.lines().count(), starts.len());
    for (line, start) in text.lines().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(text.ends_with('\n'));

    let by_tag = replay_path(&path).expect("a good log");
    assert_eq!(by_tag.len(), 2);
    let mut twice = tagged.clone();
    twice.merge(&tagged).expect("the same configuration");
    assert_eq!(by_tag["A"].summary(), twice.summary());
    assert_eq!(by_tag[""].len(), 9);
}

#[test]
fn a_writer_takes_numbers_from_0_only() {
    let scratch = Scratch::new();
    let path = scratch.path("written");
    let refused = |argument: &'static str, value: f64| Error::InvalidArgument {
        argument: argument.into(),
        value: value.to_string().into(),
        rule: "a finite number from 0".into(),
    };
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let Err(error) = LogWriter::create(&path, bad) else {
            panic!("{bad} was taken")
        };
        assert_eq!(error, refused("start", bad));
        assert!(!path.exists());
    }
    let writer = LogWriter::create(&path, 0.0).expect("a new log");
    let before = fs::read(&path).expect("a file");
    let histogram = histogram(1, 1000, 3, &[1]);
    for bad in [-1e-9, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(
            writer.write(&histogram, bad, 0.0),
            Err(refused("start", bad))
        );
        assert_eq!(
            writer.write(&histogram, 0.0, bad),
            Err(refused("seconds", bad))
        );
    }
    assert_eq!(fs::read(&path).expect("a file"), before);
}

#[test]
fn threads_write_whole_lines() {
    let scratch = Scratch::new();
    let path = scratch.path("written");
    let writer = LogWriter::create(&path, 0.0).expect("a new log");
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let writer = &writer;
            scope.spawn(move || {
                let mut histogram = histogram(1, 1000, 3, &[thread]);
                histogram
                    .set_tag(&format!("thread-{thread}"))
                    .expect("a good tag");
                for _ in 0..100 {
                    writer.write(&histogram, 0.0, 0.0).expect("a line");
                }
            });
        }
    });
    let expected: Vec<_> = (0..4)
        .map(|thread| total(&format!("thread-{thread}"), 100))
        .collect();
    assert_eq!(totals(replay_path(&path)), expected);
}
