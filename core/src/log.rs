//! HdrHistogram's interval logs, version 1.0 to 1.3: one histogram a line, in base64, with a tag or none.
//!
//! The format is described by the reference implementation's `HistogramLogReader` and
//! `HistogramLogWriter`. A line is read into counts at once; nothing of it is kept.

mod source;
mod tally;
mod utf16;
mod writer;

pub use tally::MEMORY_LIMIT;
pub use writer::LogWriter;

use crate::codec::Decoder;
use crate::{Error, Histogram};
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};
use source::Meter;
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use tally::Tallies;

/// How many bytes a line of a log may have: ten times what the largest histograms of real logs take.
pub const LINE_LIMIT: usize = 8 << 20;

/// Bytes of text that are looked at at a time.
const CHUNK: usize = 64 << 10;

/// As lenient as the reference's decoder: padding may be left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How far [`replay_log`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that were read so far; compressed ones when it is compressed.
    pub bytes: u64,
    /// The file's size in bytes; 0 when it has none, as a pipe.
    pub total: u64,
    /// Histograms that were read so far.
    pub intervals: u64,
}

/// Reads a whole interval log and adds its histograms up: one for each tag, "" for lines without.
///
/// The file may be compressed with gzip, and may be a pipe. Versions 1.0 to 1.3 are read, also as other
/// tools than the reference write them: line ends `\n` or `\r\n`, empty lines, no legend, a last line
/// without an end, a byte order mark (UTF-8, or UTF-16 of either order), zeros behind the gzip data. A tag
/// is whatever stands up to the comma, white space too. Comments are skipped, and with them
/// `#[StartTime: …]` and `#[BaseTime: …]`: times and lengths of intervals must be numbers, but change
/// nothing in the sums.
///
/// Histograms with one tag may differ in their [`Config`](crate::Config). The sum gets the most digits
/// among them and reaches as low and as high as any: when they differ, down to a power of two and up to
/// the end of the last bucket range, as the reference's histograms when they resize themselves. It also
/// reaches up to values that were recorded above their histogram's `highest`, which the reference allows.
///
/// `memory_limit` is how many bytes the sums may take together; 0 is [`MEMORY_LIMIT`].
///
/// `progress` is called before the first byte is read, after the last, and at least every 50 ms in
/// between, also when a signal interrupts a read and while a pipe has nothing to say.
///
/// # Errors
/// - [`Error::Io`] when the file cannot be opened or read.
/// - [`Error::MalformedLog`] for the first line that is none of an interval log's, that is longer than
///   [`LINE_LIMIT`] or has a tag longer than [`TAG_LIMIT`](crate::TAG_LIMIT), or at which compressed data is damaged. Its
///   reason names what is wrong, its value, and what to do. [`LogWriter`] writes no such line.
/// - [`Error::CountOverflow`] when the values of a tag are more than 2^63 - 1.
/// - [`Error::TooMany`] when the sums would take more than `memory_limit`, before that memory is taken.
/// - [`Error::Cancelled`] when `progress` breaks.
///
/// Whatever the file holds, this takes less than `memory_limit` and 36 MiB of memory.
pub fn replay_log(
    path: &Path,
    memory_limit: u64,
    progress: impl FnMut(Progress) -> ControlFlow<()>,
) -> Result<BTreeMap<String, Histogram>, Error> {
    let meter = Meter::new(path, progress);
    let mut text = source::text(path, &meter)?;
    let mut reader = Reader {
        meter: &meter,
        number: 1,
        decoder: Decoder::default(),
        encoded: Vec::new(),
        tallies: Tallies::new(memory_limit),
    };
    let mut chunk = vec![0; CHUNK];
    let mut line = Vec::new(); // the part that stood in earlier chunks
    loop {
        let length = text
            .read(&mut chunk)
            .map_err(|error| meter.failure(&error, reader.number))?;
        let Some(mut rest) = chunk.get(..length).filter(|read| !read.is_empty()) else {
            break;
        };
        while let Some(end) = memchr::memchr(b'\n', rest) {
            if line.is_empty() {
                reader.line(&rest[..end])?;
            } else {
                reader.extend(&mut line, &rest[..end])?;
                reader.line(&line)?;
                line.clear();
            }
            rest = &rest[end + 1..];
            reader.number += 1;
        }
        reader.extend(&mut line, rest)?;
        meter.tick()?;
    }
    if !line.is_empty() {
        reader.line(&line)?;
    }
    let histograms = reader.tallies.finish();
    meter.report()?;
    Ok(histograms)
}

/// Takes a log's lines.
struct Reader<'a, F> {
    meter: &'a Meter<F>,
    /// The line that is being read, from 1.
    number: u64,
    decoder: Decoder,
    /// The histogram of a line without its base64.
    encoded: Vec<u8>,
    tallies: Tallies,
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Reader<'_, F> {
    fn malformed(&self, reason: impl Into<String>) -> Error {
        Error::MalformedLog {
            line: self.number,
            reason: reason.into().into(),
        }
    }

    fn extend(&self, line: &mut Vec<u8>, part: &[u8]) -> Result<(), Error> {
        line.extend_from_slice(part);
        if line.len() > LINE_LIMIT {
            return Err(self.malformed(format!(
                "line_limit is {LINE_LIMIT}, but this line has more bytes: write shorter intervals"
            )));
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Error> {
        // A byte order mark, which a file begins with, and each of several that were put together.
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let line = line.trim_ascii();
        let skipped =
            line.is_empty() || line.starts_with(b"#") || line.starts_with(b"\"StartTimestamp\"");
        if !skipped {
            return self.interval(line);
        }
        // The reference ends lines there, too: what follows could be a histogram.
        if memchr::memchr(b'\r', line).is_some() {
            return Err(
                self.malformed("a carriage return inside the line: end lines with \\n or \\r\\n")
            );
        }
        Ok(())
    }

    fn interval(&mut self, line: &[u8]) -> Result<(), Error> {
        let mut fields = line.split(|byte| *byte == b',').peekable();
        let tag = match fields.peek().and_then(|field| field.strip_prefix(b"Tag=")) {
            Some(tag) => {
                fields.next();
                std::str::from_utf8(tag).map_err(|_| {
                    self.malformed("the tag is not UTF-8: convert the file to UTF-8")
                })?
            }
            None if memchr::memchr(0, line).is_some() => {
                return Err(self.malformed(
                    "a NUL in the line: convert the file to UTF-8 (UTF-16 needs its byte order mark), or decompress it",
                ));
            }
            None => "",
        };
        let fields: Vec<_> = fields.map(<[u8]>::trim_ascii).take(5).collect();
        let [start, length, max, histogram] = fields[..] else {
            return Err(self.malformed(
                "not an interval: start, length, maximum and histogram, separated by commas",
            ));
        };
        for (name, field) in [("start", start), ("length", length), ("maximum", max)] {
            if !is_number(field) {
                let field = String::from_utf8_lossy(&field[..field.len().min(40)]);
                return Err(self.malformed(format!(
                    "the {name} is {field:?}, but must be a number with a decimal point"
                )));
            }
        }
        self.encoded.clear();
        BASE64
            .decode_vec(histogram, &mut self.encoded)
            .map_err(|error| {
                self.malformed(format!(
                    "the histogram is not base64 ({}): copy the line whole",
                    said_of(error)
                ))
            })?;
        let number = self.number;
        let in_line = |error: Error| match error {
            Error::TooMany { ref what, .. } if what == "memory_limit" => error,
            error => Error::MalformedLog {
                line: number,
                reason: error.to_string().into(),
            },
        };
        let mut encoding = self.decoder.open(&self.encoded).map_err(in_line)?;
        let mut sum = self.tallies.begin(tag, &encoding.config).map_err(in_line)?;
        while encoding
            .read(|index, count| sum.add(index, count))
            .map_err(in_line)?
        {
            self.meter.tick()?;
        }
        sum.end()?;
        self.meter.count_interval();
        self.meter.tick() // a line of a few bytes can make its sum anew
    }
}

fn said_of(error: DecodeError) -> String {
    match error {
        DecodeError::InvalidByte(at, byte) => {
            format!("byte {at} of it is {:?}", char::from(byte))
        }
        DecodeError::InvalidLastSymbol(..)
        | DecodeError::InvalidLength(_)
        | DecodeError::InvalidPadding => "it breaks off".to_owned(),
    }
}

fn is_number(field: &[u8]) -> bool {
    std::str::from_utf8(field).is_ok_and(|text| text.parse::<f64>().is_ok())
}
