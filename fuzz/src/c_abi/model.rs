//! What a histogram must know: a sorted map of what was recorded.

use std::collections::BTreeMap;
use tollbridge::tb_config;
use tollbridge_core::{Error, TAG_LIMIT};

/// The most values that a histogram holds.
pub const MOST: u64 = i64::MAX as u64;

/// The codes of the errors that a call can be known to answer; 0 is none.
pub mod code {
    #![allow(missing_docs)]
    pub const NONE: i32 = 0;
    pub const INVALID_ARGUMENT: i32 = 1;
    pub const OUT_OF_RANGE: i32 = 2;
    pub const COUNT_OVERFLOW: i32 = 3;
    pub const INVALID_QUANTILE: i32 = 4;
    pub const INVALID_TAG: i32 = 6;
    pub const TOO_MANY: i32 = 7;
    pub const MALFORMED_HISTOGRAM: i32 = 8;
    pub const INVALID_TEXT: i32 = 12;
    pub const NULL_ARGUMENT: i32 = 13;
    pub const INVALID_ENUM: i32 = 14;
    pub const INVALID_LENGTH: i32 = 15;
}

/// A histogram as it should be.
#[derive(Clone)]
pub struct Model {
    pub config: tb_config,
    /// How often, by the low end of the bucket.
    pub counts: BTreeMap<u64, u64>,
    pub len: u64,
    pub tag: String,
}

impl Model {
    /// None where the configuration must be refused.
    pub fn new(config: tb_config) -> Option<Self> {
        let tb_config {
            lowest,
            highest,
            significant_digits: digits,
        } = config;
        let good = (1..1 << 62).contains(&lowest)
            && (2 * lowest..=MOST).contains(&highest)
            && digits <= 5
            && lowest.ilog2() + resolution(digits) <= 63;
        good.then(|| Self {
            config,
            counts: BTreeMap::new(),
            len: 0,
            tag: String::new(),
        })
    }

    /// How many counts it has room for.
    pub fn size(&self) -> u64 {
        let resolution = resolution(self.config.significant_digits);
        let first = u128::from(self.unit()) + u128::from(resolution);
        let doublings = (u128::from(self.config.highest) >> first)
            .checked_ilog2()
            .map_or(0, |n| n + 1);
        (u64::from(doublings) + 2) << (resolution - 1)
    }

    /// Values that differ in fewer bits are never told apart.
    fn unit(&self) -> u32 {
        // By float, as the library underneath does: just below a power of two above 2^48 it rounds up.
        (self.config.lowest as f64).log2() as u32
    }

    /// The bucket of a value: its lowest and its highest one.
    pub fn bucket(&self, value: u64) -> (u64, u64) {
        let sub_buckets = resolution(self.config.significant_digits);
        let bits = u64::BITS - value.leading_zeros();
        let width = 1 << bits.saturating_sub(sub_buckets).max(self.unit());
        (value & !(width - 1), value | (width - 1))
    }

    pub fn record_n(&mut self, value: u64, count: u64) -> i32 {
        if value > self.config.highest {
            return code::OUT_OF_RANGE;
        }
        if count > MOST - self.len {
            return code::COUNT_OVERFLOW;
        }
        if count > 0 {
            *self.counts.entry(self.bucket(value).0).or_default() += count;
            self.len += count;
        }
        code::NONE
    }

    pub fn record_all(&mut self, values: &[u64]) -> i32 {
        if values.iter().any(|value| *value > self.config.highest) {
            return code::OUT_OF_RANGE;
        }
        if values.len() as u64 > MOST - self.len {
            return code::COUNT_OVERFLOW;
        }
        values
            .iter()
            .map(|value| self.record_n(*value, 1))
            .max()
            .unwrap_or(code::NONE)
    }

    /// The values of a text, or the code that refuses it.
    pub fn durations(text: &[u8]) -> Result<Vec<u64>, i32> {
        let text = str::from_utf8(text).map_err(|_| code::INVALID_TEXT)?;
        crate::record_durations::parse(text).map_err(|error: Error| error.code())
    }

    pub fn merge(&mut self, other: &Self) -> i32 {
        let last = other.counts.last_key_value();
        if last.is_some_and(|(low, _)| *low > self.config.highest) {
            return code::OUT_OF_RANGE;
        }
        if other.len > MOST - self.len {
            return code::COUNT_OVERFLOW;
        }
        let record = |(low, count): (&u64, &u64)| self.record_n(*low, *count);
        other.counts.iter().map(record).max().unwrap_or(code::NONE)
    }

    /// Whether all it holds is in the first bucket, and that covers more than one value. Then its highest
    /// value is 0 or the end of the bucket, by whether a 0 was all that was recorded, as in the reference.
    pub fn is_vague(&self) -> bool {
        self.unit() > 0 && self.counts.keys().eq(&[0])
    }

    pub fn set_tag(&mut self, tag: &[u8]) -> i32 {
        let Ok(tag) = str::from_utf8(tag) else {
            return code::INVALID_TEXT;
        };
        if tag.len() > TAG_LIMIT {
            return code::TOO_MANY;
        }
        if tag.contains([',', '\n', '\r', '\0']) {
            return code::INVALID_TAG;
        }
        self.tag = tag.to_owned();
        code::NONE
    }

    pub fn min(&self) -> Option<u64> {
        self.counts.first_key_value().map(|(low, _)| *low)
    }

    pub fn max(&self) -> Option<u64> {
        self.counts
            .last_key_value()
            .map(|(low, _)| self.bucket(*low).1)
    }

    /// As the reference defines it. Exact where floats are: below 2^52 values.
    pub fn value_at_quantile(&self, quantile: f64) -> Option<u64> {
        if quantile == 0.0 {
            return self.min();
        }
        let rank = (quantile.next_down().max(0.0) * self.len as f64)
            .ceil()
            .max(1.0) as u64;
        let mut total = 0;
        let reached = self.counts.iter().find(|(_, count)| {
            total += **count;
            total >= rank
        });
        reached.map(|(low, _)| self.bucket(*low).1)
    }

    /// Highest value, count and count so far of each bucket.
    pub fn buckets(&self) -> Vec<(u64, u64, u64)> {
        let mut total = 0;
        let bucket = |(low, count): (&u64, &u64)| {
            total += count;
            (self.bucket(*low).1, *count, total)
        };
        self.counts.iter().map(bucket).collect()
    }
}

/// How many leading bits of a value are kept apart.
fn resolution(digits: u8) -> u32 {
    (2 * 10_u64.pow(u32::from(digits.min(5))))
        .next_power_of_two()
        .ilog2()
}
