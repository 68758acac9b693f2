//! Writing interval logs.

use super::source::io_error;
use super::{BASE64, LINE_LIMIT};
use crate::error::invalid;
use crate::render::decimal;
use crate::{Error, Histogram};
use base64::Engine;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What the reference divides maxima by: nanoseconds become milliseconds.
const MAX_UNIT: f64 = 1e6;

/// Writes an interval log of version 1.3, as the reference implementation does.
///
/// Every interval is one write to the file, so that other programs see whole lines; nothing is buffered.
/// Any thread may write; closing is dropping. Lines go to the file's end, wherever that is by then, so
/// that a file which is rotated meanwhile gets whole lines too; yet a file is for one writer.
#[derive(Debug)]
pub struct LogWriter {
    path: PathBuf,
    file: Mutex<File>,
}

impl LogWriter {
    /// Makes a log, or empties the one that is there, and writes its head. `start` is when the log
    /// begins, in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when `start` is not a finite number from 0, [`Error::Io`].
    pub fn create(path: &Path, start: f64) -> Result<Self, Error> {
        check("start", start)?;
        let writer = Self {
            path: path.to_owned(),
            file: Mutex::new(open(path).map_err(|error| io_error(path, &error))?),
        };
        let start = decimal(start, 3);
        writer.append(&format!(
            "#[Histogram log format version 1.3]\n\
             #[StartTime: {start} (seconds since epoch)]\n\
             #[BaseTime: {start} (seconds since epoch)]\n\
             \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
        ))?;
        Ok(writer)
    }

    /// Appends an interval that began `start` seconds after the log's start and took `seconds`, with
    /// the histogram's tag. The maximum beside it is in millionths of the histogram's unit.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when `start` or `seconds` is not a finite number from 0, [`Error::Io`],
    /// [`Error::TooMany`] for a line above [`LINE_LIMIT`], which [`replay_log`](crate::replay_log) would
    /// refuse: that takes hundreds of thousands of buckets with counts that do not repeat.
    /// When a write fails half-way the file is cut back to whole lines, if it can be.
    pub fn write(&self, histogram: &Histogram, start: f64, seconds: f64) -> Result<(), Error> {
        check("start", start)?;
        check("seconds", seconds)?;
        let mut line = String::new();
        if !histogram.tag().is_empty() {
            line += &format!("Tag={},", histogram.tag());
        }
        let max = histogram.max().unwrap_or(0) as f64 / MAX_UNIT;
        for number in [start, seconds, max] {
            line += &decimal(number + 0.0, 3); // -0.0 is 0.0 then
            line.push(',');
        }
        BASE64.encode_string(histogram.encode(), &mut line);
        if line.len() > LINE_LIMIT {
            return Err(Error::TooMany {
                count: line.len() as u64,
                limit: LINE_LIMIT as u64,
                what: "line_limit".into(),
                advice:
                    "write the histogram of a shorter interval, or with fewer significant digits"
                        .into(),
            });
        }
        line.push('\n');
        self.append(&line)
    }

    fn append(&self, text: &str) -> Result<(), Error> {
        // Poisoned or not: nothing is kept but the file.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let before = file.metadata().map(|metadata| metadata.len());
        file.write_all(text.as_bytes()).map_err(|error| {
            if let Ok(before) = before {
                // A pipe cannot be cut, and what else could fail has just done so.
                let _ = file.set_len(before);
            }
            io_error(&self.path, &error)
        })
    }
}

/// An empty file that is written to at its end.
fn open(path: &Path) -> io::Result<File> {
    let file = File::options().append(true).create(true).open(path)?;
    if file.metadata()?.is_file() {
        file.set_len(0)?;
    }
    Ok(file)
}

fn check(argument: &'static str, value: f64) -> Result<(), Error> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(invalid(argument, value, "a finite number from 0"))
}
