//! A file that somebody says is an interval log.

use crate::{decode, memory};
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow::{Break, Continue};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use tollbridge_core::{Error, LogWriter, replay_log};

/// What its sums may take, and with that what `replay_log` promises.
const MEMORY_LIMIT: u64 = 64 << 20;
const MEBIBYTES: usize = 100;

/// Whatever is accepted is sound, and a log written of it replays to the same.
pub fn run(data: &[u8]) {
    let log = Memory::new(data);
    let (mut last, mut calls) = (None, 0);
    let result = memory::within(MEBIBYTES, || {
        replay_log(&log.path, MEMORY_LIMIT, |progress| {
            assert!(
                last.is_some() || progress.bytes == 0,
                "begins before the first byte"
            );
            assert!(last.is_none_or(|(bytes, intervals)| {
                bytes <= progress.bytes && intervals <= progress.intervals
            }));
            assert_eq!(progress.total, data.len() as u64);
            last = Some((progress.bytes, progress.intervals));
            calls += 1;
            Continue(())
        })
    });
    assert!(calls > 0, "it says how far it is at least once");
    let cancelled = replay_log(&log.path, MEMORY_LIMIT, |_| Break(()));
    assert!(matches!(cancelled, Err(Error::Cancelled { .. })));
    let histograms = match result {
        Ok(histograms) => histograms,
        Err(error) => {
            let expected = ["malformed_log", "count_overflow", "too_many"];
            return assert!(expected.contains(&error.name()), "{error}");
        }
    };
    assert_eq!(last.map(|(bytes, _)| bytes), Some(data.len() as u64));

    let copy = Memory::new(b"");
    let writer = LogWriter::create(&copy.path, 0.0).expect("memory can be written to");
    for (tag, histogram) in &histograms {
        assert_eq!(tag, histogram.tag());
        decode::sound(histogram);
        writer
            .write(histogram, 0.5, 1.0)
            .expect("memory can be written to");
    }
    let again =
        replay_log(&copy.path, MEMORY_LIMIT, |_| Continue(())).expect("it wrote this itself");
    assert!(again.keys().eq(histograms.keys()));
    for (tag, histogram) in &histograms {
        decode::same(histogram, &again[tag]);
    }
}

/// A file that is nowhere on a disk, and has a path all the same.
struct Memory {
    path: PathBuf,
    _file: File,
}

impl Memory {
    fn new(contents: &[u8]) -> Self {
        let mut file = File::from(memfd_create(c"log", MemfdFlags::CLOEXEC).expect("memory"));
        file.write_all(contents).expect("memory can be written to");
        Self {
            path: format!("/proc/self/fd/{}", file.as_raw_fd()).into(),
            _file: file,
        }
    }
}
