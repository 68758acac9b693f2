//! HdrHistogram's V2 encoding, with DEFLATE or plain.
//!
//! `hdrhistogram` reads and writes it. What stands here keeps hostile bytes from it: lengths that
//! promise more than there is, sums that overflow, zero runs that cannot be negated.
//! The format is described by the reference implementation's `AbstractHistogram.encodeInto…`.

use crate::histogram::{Config, MOST_VALUES, sub_buckets};
use crate::{Error, Histogram};
use flate2::read::ZlibDecoder;
use hdrhistogram::Histogram as Counts;
use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
use std::io::Read;

const COOKIE_COMPRESSED: u32 = 0x1c84_9314;
const COOKIE_PLAIN: u32 = 0x1c84_9313;
/// Cookie, payload length, offset, digits (4 bytes each), lowest, highest, ratio (8 bytes each).
const HEADER: usize = 40;
/// The most bytes a count takes.
const LONGEST_COUNT: usize = 9;

fn malformed(reason: &'static str) -> Error {
    Error::MalformedHistogram {
        reason: reason.into(),
    }
}

pub(crate) fn encode(counts: &Counts<u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    match V2DeflateSerializer::new().serialize(counts, &mut bytes) {
        Ok(_) => bytes,
        // Counts fit an i64 (see MOST_VALUES) and a Vec takes every write.
        Err(error) => unreachable!("encoding into memory: {error:?}"),
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Histogram, Error> {
    match word(bytes, 0)? {
        COOKIE_PLAIN => decode_plain(bytes.to_vec()),
        COOKIE_COMPRESSED => {
            let length = word(bytes, 4)?;
            let deflated = &bytes[8..];
            if length as usize != deflated.len() {
                return Err(malformed("length does not match"));
            }
            decode_plain(inflate(deflated)?)
        }
        _ => Err(malformed("unknown cookie")),
    }
}

/// Inflates the header first, which says how much the rest can be at most.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, Error> {
    let mut reader = ZlibDecoder::new(deflated);
    let mut plain = vec![0; HEADER];
    read(&mut reader, &mut plain)?;
    if word(&plain, 0)? != COOKIE_PLAIN {
        return Err(malformed("unknown cookie"));
    }
    let config = header_config(&plain)?;
    let most = most_counts(&config) * LONGEST_COUNT;
    let length = word(&plain, 4)? as usize;
    if length > most {
        return Err(malformed("too many counts"));
    }
    plain.reserve_exact(length.min(deflated.len().saturating_mul(MOST_INFLATION)));
    let copied = reader
        .by_ref()
        .take(length as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|_| malformed("not DEFLATE data"))?;
    if copied != length || (reader.total_in() as usize) < deflated.len() {
        return Err(malformed("length does not match"));
    }
    Ok(plain)
}

/// DEFLATE cannot do better than about 1 to 1032.
const MOST_INFLATION: usize = 1032;

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> Result<(), Error> {
    reader
        .read_exact(buffer)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => malformed("too short"),
            _ => malformed("not DEFLATE data"),
        })
}

fn decode_plain(mut bytes: Vec<u8>) -> Result<Histogram, Error> {
    if bytes.len() < HEADER {
        return Err(malformed("too short"));
    }
    if word(&bytes, 4)? as usize != bytes.len() - HEADER {
        return Err(malformed("length does not match"));
    }
    let config = header_config(&bytes)?;
    tolerate_javascript(&mut bytes)?;
    check_counts(&bytes[HEADER..], most_counts(&config))?;
    let counts = Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .map_err(|_| malformed("bad configuration"))?;
    Ok(Histogram::from_counts(counts))
}

/// hdr-histogram-js writes normalizingIndexOffset = 1 and the conversion ratio as the integer 1,
/// with counts that are neither shifted nor scaled. Everything else but 0 and 1.0 means that they are.
fn tolerate_javascript(bytes: &mut [u8]) -> Result<(), Error> {
    let (offset, ratio) = (word(bytes, 8)?, long(bytes, 32)?);
    if (offset, ratio) == (1, 1) {
        bytes[8..12].fill(0);
        bytes[32..40].copy_from_slice(&1.0_f64.to_be_bytes());
    } else if (offset, ratio) != (0, 1.0_f64.to_bits()) {
        return Err(malformed("unsupported header field"));
    }
    Ok(())
}

fn header_config(header: &[u8]) -> Result<Config, Error> {
    let config = Config {
        lowest: long(header, 16)?,
        highest: long(header, 24)?,
        significant_digits: word(header, 12)?.try_into().unwrap_or(u8::MAX),
    };
    config.check().map_err(|_| malformed("bad configuration"))?;
    Ok(config)
}

/// The counts array's length: the first bucket is divided into sub-buckets, each further doubling
/// of the range into half as many.
fn most_counts(config: &Config) -> usize {
    let sub_buckets = sub_buckets(config.significant_digits);
    let first_bucket = u128::from(sub_buckets) << config.lowest.ilog2();
    let doublings = (u128::from(config.highest) / first_bucket)
        .checked_ilog2()
        .map_or(0, |n| n + 1);
    (u64::from(doublings) + 2) as usize * (sub_buckets / 2) as usize
}

/// Walks the varints once: they end where the payload ends, their sum fits, their runs are sane.
fn check_counts(mut payload: &[u8], most: usize) -> Result<(), Error> {
    let (mut index, mut total) = (0_usize, 0_u64);
    while !payload.is_empty() {
        let mut value = 0_u64;
        let mut used = 0;
        loop {
            let byte = *payload
                .get(used)
                .ok_or_else(|| malformed("truncated counts"))?;
            used += 1;
            if used == LONGEST_COUNT {
                value |= u64::from(byte) << 56; // the ninth byte holds eight bits
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * (used - 1));
            if byte & 0x80 == 0 {
                break;
            }
        }
        payload = &payload[used..];
        let number = (value >> 1) as i64 ^ -((value & 1) as i64); // zigzag
        if number < 0 {
            let run = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
            index = index.saturating_add(run);
        } else {
            index += 1;
            total = total
                .checked_add(number as u64)
                .filter(|total| *total <= MOST_VALUES)
                .ok_or_else(|| malformed("count overflow"))?;
        }
        if index > most {
            return Err(malformed("too many counts"));
        }
    }
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> Result<u32, Error> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found
        .map(|b| u32::from_be_bytes(*b))
        .ok_or_else(|| malformed("too short"))
}

fn long(bytes: &[u8], at: usize) -> Result<u64, Error> {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found
        .map(|b| u64::from_be_bytes(*b))
        .ok_or_else(|| malformed("too short"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_array_is_as_long_as_it_is_taken_for() {
        for (lowest, highest) in [
            (1, 2),
            (1, 1000),
            (1, 2047),
            (1, 2048),
            (3, 1 << 40),
            (1 << 20, i64::MAX as u64),
        ] {
            for significant_digits in 0..=3 {
                let config = Config {
                    lowest,
                    highest,
                    significant_digits,
                };
                let counts = Counts::<u64>::new_with_bounds(lowest, highest, significant_digits);
                let length = counts.expect("a good configuration").distinct_values();
                assert_eq!(most_counts(&config), length, "{config:?}");
            }
        }
    }
}
