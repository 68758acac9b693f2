//! What other tools write, and other versions of them: each kind, and what is just beside it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow::Continue;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use tollbridge_core::{Error, Histogram, Scan, replay_log};

const V1: u32 = 0x1c84_9321;
const V2: u32 = 0x1c84_9313;
const ONE: u64 = 1.0_f64.to_bits();

/// Parts of an encoding from 1 to 1000 with 2 digits, which can be wrong.
#[derive(Clone)]
struct Parts {
    cookie: u32,
    offset: i32,
    ratio: u64,
    /// Added to the true length.
    longer: u32,
    counts: Vec<u8>,
    behind: Vec<u8>,
    /// Bytes that are cut off from the DEFLATE data; its last four are the checksum.
    cut: usize,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            cookie: V2,
            offset: 0,
            ratio: ONE,
            longer: 0,
            counts: vec![9, 6], // five empty buckets, then 3
            behind: vec![],
            cut: 0,
        }
    }
}

impl Parts {
    fn plain(&self) -> Vec<u8> {
        [
            &self.cookie.to_be_bytes()[..],
            &(self.counts.len() as u32 + self.longer).to_be_bytes(),
            &self.offset.to_be_bytes(),
            &2_u32.to_be_bytes(),
            &1_u64.to_be_bytes(),
            &1000_u64.to_be_bytes(),
            &self.ratio.to_be_bytes(),
            &self.counts,
            &self.behind,
        ]
        .concat()
    }

    fn deflated(&self) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.plain()).expect("a Vec takes it");
        let mut body = encoder.finish().expect("a Vec takes it");
        body.truncate(body.len() - self.cut);
        let length = body.len() as u32;
        [
            &(self.cookie + 1).to_be_bytes()[..],
            &length.to_be_bytes(),
            &body,
        ]
        .concat()
    }
}

#[track_caller]
fn is_read(bytes: &[u8]) {
    let histogram = Histogram::decode(bytes).expect("a good encoding");
    let buckets = histogram.buckets(Scan::Recorded).expect("a good scan");
    let found: Vec<_> = buckets.map(|bucket| (bucket.value, bucket.count)).collect();
    assert_eq!(found, [(5, 3)]);
}

#[track_caller]
fn is_refused(bytes: &[u8], start: &str) {
    match Histogram::decode(bytes) {
        Err(Error::MalformedHistogram { reason }) => assert!(reason.starts_with(start), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn offsets_and_ratios() {
    for offset in [0, 1, -1, 3072, i32::MIN, i32::MAX] {
        for ratio in [ONE, 1] {
            let parts = Parts {
                offset,
                ratio,
                ..Parts::default()
            };
            is_read(&parts.plain());
            is_read(&parts.deflated());
            // V1 shifts its counts by it.
            let counts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3].to_vec();
            let parts = Parts {
                cookie: V1,
                counts,
                ..parts
            };
            if offset == 0 {
                is_read(&parts.plain());
                is_read(&parts.deflated());
            } else {
                let reason = format!("its normalizing offset is {offset}, by which");
                is_refused(&parts.plain(), &reason);
                is_refused(&parts.deflated(), &reason);
            }
        }
    }
    for (ratio, said) in [
        (2.5_f64.to_bits(), "2.5"),
        (0, "0.0"),
        (2, "1e-323"),
        (f64::NAN.to_bits(), "NaN"),
    ] {
        let parts = Parts {
            ratio,
            ..Parts::default()
        };
        is_refused(
            &parts.deflated(),
            &format!("its conversion ratio is {said}"),
        );
    }
}

#[test]
fn no_checksum_and_zeros_behind_the_counts() {
    for zeros in [0, 1, 40, 4096] {
        for (cut, reason) in [
            (4, ""),
            (0, ""),
            (1, "its DEFLATE data"),
            (3, "its DEFLATE data"),
            (5, "its DEFLATE data"),
        ] {
            let parts = Parts {
                cut,
                behind: vec![0; zeros],
                ..Parts::default()
            };
            let encoded = parts.deflated();
            if reason.is_empty() {
                is_read(&encoded);
            } else {
                is_refused(&encoded, reason);
            }
        }
        // Something stands behind them.
        let mut behind = vec![0; zeros];
        behind.push(1);
        for cut in [0, 4] {
            let parts = Parts {
                cut,
                behind: behind.clone(),
                ..Parts::default()
            };
            is_refused(&parts.deflated(), "its length is 2 bytes, but");
        }
    }
    // Plain data has no end of its own: nothing stands behind it.
    let parts = Parts {
        behind: vec![0],
        ..Parts::default()
    };
    is_refused(&parts.plain(), "its length is 2 bytes, but 3 are there");
    // As many zeros as the array of counts has room for, at nine bytes each.
    let parts = Parts {
        behind: vec![0; 1 << 20],
        ..Parts::default()
    };
    is_refused(&parts.deflated(), "its length is 2 bytes, but");
    // A checksum that is there must be right.
    let mut wrong = Parts::default().deflated();
    let last = wrong.len() - 1;
    wrong[last] ^= 1;
    is_refused(&wrong, "its DEFLATE data");
}

#[test]
fn a_length_that_includes_the_header() {
    for longer in [1, 8, 39, 40, 41, 48, 80] {
        let parts = Parts {
            longer,
            ..Parts::default()
        };
        if longer == 40 {
            is_read(&parts.deflated());
        } else {
            let reason = format!("its length is {} bytes, but 2 are there", 2 + longer);
            is_refused(&parts.deflated(), &reason);
        }
        is_refused(&parts.plain(), "its length is");
    }
}

#[test]
fn the_files_of_other_tools() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/data");
    let decode = |name: &str| {
        let hex = fs::read_to_string(data.join(name)).expect("a sample");
        let digits: Vec<_> = hex.trim().chars().collect();
        let byte = |pair: &[char]| {
            u8::from_str_radix(&pair.iter().collect::<String>(), 16).expect("hex digits")
        };
        let bytes: Vec<_> = digits.chunks(2).map(byte).collect();
        Histogram::decode(&bytes).expect("a good encoding")
    };
    let figures = |h: &Histogram| {
        (
            h.len(),
            h.value_at_quantile(0.5).expect("a quantile"),
            h.max(),
        )
    };
    assert_eq!(
        figures(&decode("net-counts.hex")),
        (3, Some(700), Some(70015))
    );
    assert_eq!(figures(&decode("c-0.9.hex")), (4, Some(700), Some(70015)));
    assert_eq!(
        figures(&decode("java-shifted.hex")),
        (904, Some(36_383), Some(39_999))
    );
}

type Replayed = Result<BTreeMap<String, Histogram>, Error>;

fn replay(bytes: impl AsRef<[u8]>) -> Replayed {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("tollbridge-other-{}-{next}.hlog", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::write(&path, bytes).expect("a file");
    let replayed = replay_log(&path, 0, |_| Continue(()));
    fs::remove_file(&path).expect("the file is there");
    replayed
}

#[track_caller]
fn totals(replayed: Replayed) -> Vec<(String, u64)> {
    let by_tag = replayed.expect("a good log");
    by_tag
        .into_iter()
        .map(|(tag, histogram)| (tag, histogram.len()))
        .collect()
}

fn total(tag: &str, len: u64) -> (String, u64) {
    (tag.to_owned(), len)
}

#[track_caller]
fn log_is_refused(log: impl AsRef<[u8]>, line: u64, start: &str) {
    match replay(log) {
        Err(Error::MalformedLog { line: at, reason }) => {
            assert!(reason.starts_with(start), "{reason}");
            assert_eq!(at, line, "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

/// A log with tags of every width in UTF-16, longer than what is converted at a time.
fn log() -> (String, Vec<(String, u64)>) {
    let histogram = BASE64_STANDARD.encode(Parts::default().deflated());
    let mut log = String::from("#[Histogram log format version 1.3]\r\n# \u{fffd}\r\n");
    for n in 0..400 {
        for tag in ["", "Tag=a,", "Tag=größe,", "Tag=\u{a0} x ,", "Tag=😀,"] {
            log += &format!("{tag}{n}.5,1.0,0.005,{histogram}\n");
        }
    }
    let tags = ["", "a", "größe", "\u{a0} x ", "😀"];
    let mut expected: Vec<_> = tags.iter().map(|tag| total(tag, 1200)).collect();
    expected.sort();
    (log, expected)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a Vec takes it");
    encoder.finish().expect("a Vec takes it")
}

#[test]
fn byte_order_marks() {
    let (log, expected) = log();
    let marked = format!("\u{feff}{log}");
    let little: Vec<_> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<_> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
    // Put together by `cat`, each with its own.
    let twice = marked.repeat(2).into_bytes();
    let doubled: Vec<_> = expected
        .iter()
        .map(|(tag, len)| total(tag, 2 * len))
        .collect();
    for (bytes, expected) in [
        (marked.as_bytes(), &expected),
        (&little, &expected),
        (&big, &expected),
        (&twice, &doubled),
    ] {
        assert_eq!(&totals(replay(bytes)), expected);
        assert_eq!(&totals(replay(gzip(bytes))), expected);
        let padded = [gzip(bytes), vec![0; 512]].concat();
        assert_eq!(&totals(replay(padded)), expected);
    }
    for mark in [&b"\xff\xfe"[..], b"\xfe\xff", b"\xef\xbb\xbf"] {
        assert_eq!(totals(replay(mark)), []);
    }
}

#[test]
fn damaged_utf16() {
    let units = |text: &str| -> Vec<u8> {
        format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    let mut odd = units("#\n#\n#");
    odd.push(0);
    log_is_refused(&odd, 3, "the UTF-16 text ends within a character");
    let mut lone = units("#\n#");
    lone.extend([0x00, 0xdc, b'#', 0]);
    log_is_refused(&lone, 2, "the UTF-16 text has a lone surrogate 0xdc00");
    let mut half = units("#\n#");
    half.extend([0x00, 0xd8]);
    log_is_refused(&half, 2, "the UTF-16 text ends within a character");
    let unmarked = &units("0.5,1.0,0.005,HISTF\n")[2..];
    log_is_refused(unmarked, 1, "a NUL in the line: convert the file to UTF-8");
}
