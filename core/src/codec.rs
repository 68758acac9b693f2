//! HdrHistogram's encodings: V2, and V0 and V1 of old logs; with DEFLATE or plain.
//!
//! `hdrhistogram` writes V2. Its reader knows nothing older and trusts lengths and sums, so reading
//! stands here: in small pieces, with every bound checked before memory is taken.
//! The formats are described by the reference implementation's `AbstractHistogram`, `encodeInto…` and
//! `decodeFrom…`.

use crate::counts::{Counts, MOST_VALUES};
use crate::layout::Layout;
use crate::{Config, Error};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use hdrhistogram::serialization::{Serializer, V2Serializer};
use std::borrow::Cow;

/// The cookies' bits 4 to 7 hold the size of a count.
const SIZE_BITS: u32 = 0xf0;
const V0: u32 = 0x1c84_9308;
const V0_DEFLATED: u32 = 0x1c84_9309;
const V1: u32 = 0x1c84_9301;
const V1_DEFLATED: u32 = 0x1c84_9302;
const V2: u32 = 0x1c84_9303;
const V2_DEFLATED: u32 = 0x1c84_9304;
/// What V2 has for the size of a count, whatever the counts take.
const V2_SIZE: u32 = 0x10;
/// Histograms of floats, which the reference can log too.
const DOUBLES: std::ops::RangeInclusive<u32> = 0x0c72_124e..=0x0c72_124f;
/// Cookie, digits (4 bytes each), lowest, highest, total (8 bytes each).
const V0_HEADER: usize = 32;
/// Cookie, payload length, offset, digits (4 bytes each), lowest, highest, ratio (8 bytes each).
const HEADER: usize = 40;
/// Cookie, length of what follows (4 bytes each).
const DEFLATED_HEADER: usize = 8;
/// What DEFLATE may add to what does not get smaller, and to nothing at all.
const SLACK: usize = 64;
/// The most bytes a count of V2 takes.
const LONGEST_COUNT: u32 = 9;
/// What stands before DEFLATE data in zlib's format.
const ZLIB_HEADER: usize = 2;
/// Bytes that are inflated at a time.
const PIECE: usize = 16 << 10;

fn malformed(reason: impl Into<Cow<'static, str>>) -> Error {
    Error::MalformedHistogram {
        reason: reason.into(),
    }
}

#[cold]
fn wrong_length(length: usize, found: usize) -> Error {
    malformed(format!(
        "its length is {length} bytes, but {found} are there: copy the data whole, and nothing else"
    ))
}

#[cold]
fn unknown_cookie(cookie: u32) -> Error {
    malformed(if DOUBLES.contains(&cookie) {
        format!(
            "its cookie is {cookie:#010x}, a histogram of floats (DoubleHistogram): record whole numbers of a \
             smaller unit instead"
        )
    } else {
        format!(
            "its cookie is {cookie:#010x}, which is none of HdrHistogram V0, V1 or V2: encode it as V2"
        )
    })
}

pub(crate) fn encode(counts: &Counts) -> Vec<u8> {
    let mut plain = Vec::new();
    // Counts fit an i64 (see MOST_VALUES) and a Vec takes every write.
    if let Err(error) = V2Serializer::new().serialize(counts, &mut plain) {
        unreachable!("encoding into memory: {error:?}");
    }
    let mut bytes = vec![0; DEFLATED_HEADER];
    // Dropped where it stands: as an argument by value it would be freed under a reference (zlib-rs 491).
    let mut deflater = Compress::new(Compression::default(), true);
    loop {
        let read = deflater.total_in() as usize;
        bytes.reserve(plain.len() - read + SLACK);
        match deflater.compress_vec(&plain[read..], &mut bytes, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => break,
            Ok(Status::Ok | Status::BufError) => {} // wants more room
            Err(error) => unreachable!("deflating with the defaults: {error}"),
        }
    }
    let length = (bytes.len() - DEFLATED_HEADER) as u32; // the largest layout takes 54 MiB, plain
    bytes[..4].copy_from_slice(&(V2_DEFLATED | V2_SIZE).to_be_bytes());
    bytes[4..DEFLATED_HEADER].copy_from_slice(&length.to_be_bytes());
    bytes
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Counts, Error> {
    let mut decoder = Decoder::default();
    let mut encoding = decoder.open(bytes)?;
    let Config {
        lowest,
        highest,
        significant_digits,
    } = encoding.config;
    let mut counts = Counts::new_with_bounds(lowest, highest, significant_digits)
        .map_err(|error| malformed(error.to_string()))?; // which `open` has looked at
    let layout = Layout::new(lowest, significant_digits);
    while encoding.read(|index, count| {
        // There is a count for every index that is handed out.
        let _ = counts.record_n(layout.highest_value(index), count);
        Ok(())
    })? {}
    Ok(counts)
}

/// Reads one encoding after the other with the same buffers.
#[derive(Default)]
pub(crate) struct Decoder {
    inflater: Option<Decompress>,
    piece: Vec<u8>,
}

impl Decoder {
    /// Reads the header.
    pub(crate) fn open<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Encoding<'a>, Error> {
        self.piece.resize(PIECE, 0);
        let cookie = word(bytes, 0)?;
        let (version, deflated) = match cookie & !SIZE_BITS {
            V0 => (V0, false),
            V1 => (V1, false),
            V2 => (V2, false),
            V0_DEFLATED => (V0, true),
            V1_DEFLATED => (V1, true),
            V2_DEFLATED => (V2, true),
            _ => return Err(unknown_cookie(cookie)),
        };
        let mut plain = Plain::Bytes(bytes);
        if deflated {
            let length = word(bytes, 4)?;
            let input = &bytes[DEFLATED_HEADER..];
            if length as usize != input.len() {
                return Err(wrong_length(length as usize, input.len()));
            }
            let inflater = self.inflater.get_or_insert_with(|| Decompress::new(true));
            inflater.reset(true);
            plain = Plain::Deflated {
                whole: input,
                input,
                inflater,
            };
        }
        let header = &mut [0; HEADER][..if version == V0 { V0_HEADER } else { HEADER }];
        plain.read_header(header)?;
        let cookie = word(header, 0)?;
        let size = (cookie & SIZE_BITS) >> 4 & 0xe;
        let form = match (version, size) {
            _ if cookie & !SIZE_BITS != version => return Err(unknown_cookie(cookie)),
            (V2, _) => Form::Varints,
            (_, 2 | 4 | 8) => Form::Words { bits: 8 * size },
            _ => return Err(unknown_cookie(cookie)),
        };
        let (config, length) = if version == V0 {
            (config(word(header, 4)?, &header[8..])?, None) // the total is not looked at
        } else {
            let length = word(header, 4)? as usize;
            if let Plain::Bytes(rest) = plain
                && rest.len() != length
            {
                return Err(wrong_length(length, rest.len()));
            }
            let config = config(word(header, 12)?, &header[16..])?;
            check_unscaled(version, header)?;
            (config, Some(length))
        };
        let most = Layout::new(config.lowest, config.significant_digits).counts(config.highest);
        Ok(Encoding {
            config,
            plain,
            piece: &mut self.piece,
            length,
            passed: 0,
            most_zeros: HEADER + LONGEST_COUNT as usize * most,
            walk: Walk {
                form,
                partial: 0,
                used: 0,
                index: 0,
                most,
                total: 0,
            },
        })
    }
}

/// How a count is written.
#[derive(Clone, Copy)]
enum Form {
    /// V0 and V1: big-endian words.
    Words { bits: u32 },
    /// V2: zigzag LEB128 of up to nine bytes; below 0 it is a run of empty buckets.
    Varints,
}

/// An encoding whose header was read.
pub(crate) struct Encoding<'a> {
    pub(crate) config: Config,
    plain: Plain<'a>,
    piece: &'a mut [u8],
    /// How many bytes the counts take, as the header says, and how many were read.
    length: Option<usize>,
    passed: usize,
    /// How many zeros may stand behind the counts: HdrHistogram.NET deflates the whole array that it
    /// wrote them into.
    most_zeros: usize,
    walk: Walk,
}

impl Encoding<'_> {
    /// Calls `each` with index and count of some buckets that are not empty; false after the last.
    pub(crate) fn read(
        &mut self,
        mut each: impl FnMut(usize, u64) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let read = self.plain.read(self.piece)?;
        if read == 0 {
            self.check_end()?;
            return Ok(false);
        }
        let before = self.passed;
        self.passed += read;
        let counts = match self.length {
            Some(length) => read.min(length.saturating_sub(before)),
            None => read,
        };
        let (counts, behind) = self.piece[..read].split_at(counts);
        if !behind.is_empty() {
            self.check_behind(behind)?;
        }
        let mut walk = self.walk; // a copy stays in registers
        for byte in counts {
            if let Some(number) = walk.push(*byte)
                && let Some((index, count)) = walk.step(number)?
            {
                each(index, count)?;
            }
        }
        self.walk = walk;
        Ok(true)
    }

    fn check_end(&self) -> Result<(), Error> {
        // C up to 0.9.1 counts the header too.
        let with_header = self.passed + HEADER;
        match self.length {
            Some(length) if length > self.passed && length != with_header => {
                Err(wrong_length(length, self.passed))
            }
            _ if self.walk.used > 0 => {
                Err(malformed("its last count breaks off: copy the data whole"))
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn check_behind(&self, bytes: &[u8]) -> Result<(), Error> {
        let length = self.length.unwrap_or(0);
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(malformed(format!(
                "its length is {length} bytes, but what stands behind them is not zero: copy the data whole, \
                 and nothing else"
            )));
        }
        if self.passed - length > self.most_zeros {
            return Err(malformed(format!(
                "its length is {length} bytes, but more than {} zeros stand behind them: cut them off",
                self.most_zeros
            )));
        }
        Ok(())
    }
}

/// A walk through the counts, byte by byte.
#[derive(Clone, Copy)]
struct Walk {
    form: Form,
    /// A number of which `used` bytes were read.
    partial: u64,
    used: u32,
    /// How many buckets were passed, of how many that the configuration has room for.
    index: usize,
    most: usize,
    total: u64,
}

impl Walk {
    /// Takes a byte; the number when it is complete.
    #[inline]
    fn push(&mut self, byte: u8) -> Option<i64> {
        let number = match self.form {
            Form::Varints => {
                let shift = 7 * self.used;
                self.used += 1;
                if self.used < LONGEST_COUNT {
                    self.partial |= u64::from(byte & 0x7f) << shift;
                    if byte & 0x80 != 0 {
                        return None;
                    }
                } else {
                    self.partial |= u64::from(byte) << shift; // the ninth byte holds eight bits
                }
                (self.partial >> 1) as i64 ^ -((self.partial & 1) as i64) // zigzag
            }
            Form::Words { bits } => {
                self.partial = self.partial << 8 | u64::from(byte);
                self.used += 1;
                if 8 * self.used < bits {
                    return None;
                }
                (self.partial << (64 - bits)) as i64 >> (64 - bits) // with its sign
            }
        };
        (self.partial, self.used) = (0, 0);
        Some(number)
    }

    /// Takes a number; index and count when it is a bucket that is not empty.
    #[inline]
    fn step(&mut self, number: i64) -> Result<Option<(usize, u64)>, Error> {
        let buckets = match self.form {
            _ if number >= 0 => 1,
            Form::Varints => usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX),
            Form::Words { .. } => {
                return Err(malformed(format!(
                    "count {} is {number}, which is below 0: the data is damaged",
                    self.index
                )));
            }
        };
        let index = self.index;
        self.index = index.saturating_add(buckets);
        if self.index > self.most {
            return Err(malformed(format!(
                "it has more than {} counts, which its lowest, highest and digits allow: the data is damaged",
                self.most
            )));
        }
        if number <= 0 {
            return Ok(None);
        }
        let count = number as u64;
        self.total += count; // neither is above 2^63 - 1
        if self.total > MOST_VALUES {
            return Err(malformed(format!(
                "its counts are more than {MOST_VALUES} together: record less into one histogram"
            )));
        }
        Ok(Some((index, count)))
    }
}

/// The bytes of a plain encoding, perhaps behind DEFLATE.
enum Plain<'a> {
    Bytes(&'a [u8]),
    Deflated {
        whole: &'a [u8],
        /// What is left of it.
        input: &'a [u8],
        inflater: &'a mut Decompress,
    },
}

impl Plain<'_> {
    /// Reads some bytes, none at the end.
    fn read(&mut self, piece: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Bytes(bytes) => {
                let (now, later) = bytes.split_at(piece.len().min(bytes.len()));
                piece[..now.len()].copy_from_slice(now);
                *bytes = later;
                Ok(now.len())
            }
            Self::Deflated {
                whole,
                input,
                inflater,
            } => {
                let (read, written) = (inflater.total_in(), inflater.total_out());
                let status = inflater
                    .decompress(input, piece, FlushDecompress::None)
                    .map_err(|_| not_deflate())?;
                *input = &input[(inflater.total_in() - read) as usize..];
                let length = (inflater.total_out() - written) as usize;
                if status == Status::StreamEnd {
                    if !input.is_empty() {
                        return Err(wrong_length(whole.len() - input.len(), whole.len()));
                    }
                    *self = Self::Bytes(&[]);
                } else if length == 0 {
                    if !input.is_empty() || !ends_without_sum(whole, piece) {
                        return Err(not_deflate());
                    }
                    *self = Self::Bytes(&[]);
                }
                Ok(length)
            }
        }
    }

    fn read_header(&mut self, header: &mut [u8]) -> Result<(), Error> {
        let mut filled = 0;
        while filled < header.len() {
            match self.read(&mut header[filled..])? {
                0 => return Err(too_short()),
                length => filled += length,
            }
        }
        Ok(())
    }
}

/// Whether zlib's Adler-32 is all that is missing, which HdrHistogram.NET leaves out.
#[cold]
fn ends_without_sum(zlib: &[u8], piece: &mut [u8]) -> bool {
    let Some(mut input) = zlib.get(ZLIB_HEADER..) else {
        return false;
    };
    let mut inflater = Decompress::new(false);
    loop {
        let before = (inflater.total_in(), inflater.total_out());
        let status = inflater.decompress(input, piece, FlushDecompress::None);
        input = &input[(inflater.total_in() - before.0) as usize..];
        match status {
            Ok(Status::StreamEnd) => return input.is_empty(),
            Ok(_) if (inflater.total_in(), inflater.total_out()) != before => {}
            _ => return false,
        }
    }
}

#[cold]
fn not_deflate() -> Error {
    malformed("its DEFLATE data is damaged or breaks off: copy the data whole")
}

#[cold]
fn too_short() -> Error {
    malformed("it ends within its header: copy the data whole")
}

fn config(digits: u32, bounds: &[u8]) -> Result<Config, Error> {
    let config = Config {
        lowest: long(bounds, 0)?,
        highest: long(bounds, 8)?,
        significant_digits: digits.try_into().unwrap_or(u8::MAX),
    };
    config.check().map_err(|error| {
        malformed(format!(
            "{error}: such a histogram cannot be held; record into one that can, and encode that"
        ))
    })?;
    Ok(config)
}

/// In V2 the counts stand where they do without an offset: Java writes one of a shifted histogram, and
/// others write 1 always. Some write the ratio as the integer 1.
fn check_unscaled(version: u32, header: &[u8]) -> Result<(), Error> {
    let (offset, ratio) = (word(header, 8)? as i32, long(header, 32)?);
    if version == V1 && offset != 0 {
        return Err(malformed(format!(
            "its normalizing offset is {offset}, by which the counts of V1 are shifted: encode it as V2"
        )));
    }
    if ratio != 1 && ratio != 1.0_f64.to_bits() {
        return Err(malformed(format!(
            "its conversion ratio is {:?}, so its values are not whole numbers: encode it with a ratio of 1",
            f64::from_bits(ratio)
        )));
    }
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> Result<u32, Error> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.map(|b| u32::from_be_bytes(*b)).ok_or_else(too_short)
}

fn long(bytes: &[u8], at: usize) -> Result<u64, Error> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.map(|b| u64::from_be_bytes(*b)).ok_or_else(too_short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Histogram;

    /// Small enough for Miri, which sees what the crates under this one do with memory.
    #[test]
    fn what_is_encoded_is_decoded() {
        let config = Config {
            lowest: 1,
            highest: 1000,
            significant_digits: 1,
        };
        let mut histogram = Histogram::new(config).unwrap();
        for value in (0..1000).step_by(9) {
            histogram.record(value).unwrap();
        }
        let bytes = histogram.encode();
        assert_eq!(encode(&decode(&bytes).unwrap()), bytes);
        assert!(decode(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes minutes")]
    fn what_does_not_get_smaller_is_encoded() {
        let mut histogram = Histogram::new(Config::default()).unwrap();
        assert_eq!(decode(&histogram.encode()).unwrap().len(), 0);
        let mut state = 1_u64;
        for _ in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005) + 1;
            let _ = histogram.record_n(state % 1_000_000_000, state >> 20);
        }
        let decoded = decode(&histogram.encode()).unwrap();
        assert_eq!(decoded.len(), histogram.len());
    }
}
