//! What a histogram is made with.

use crate::Error;
use crate::error::invalid;
use crate::layout::{sub_buckets, unit};

/// Twice as much would be above the highest `highest`.
const HIGHEST_LOWEST: u64 = (1 << 62) - 1;

/// What a histogram can tell apart. Its memory follows from it: about
/// 8 bytes × 10^digits × log2(highest / lowest), at most 50 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The lowest value that can be told from 0, in the values' own unit; from 1 to 2^62 - 1.
    pub lowest: u64,
    /// The highest value that can be recorded; from twice `lowest` to 2^63 - 1.
    pub highest: u64,
    /// Decimal digits to which values are kept apart, from 0 to 5.
    pub significant_digits: u8,
}

impl Default for Config {
    /// 1 to 3,600,000,000,000 (an hour in nanoseconds), 3 digits.
    fn default() -> Self {
        Self {
            lowest: 1,
            highest: 3_600_000_000_000,
            significant_digits: 3,
        }
    }
}

impl Config {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self {
            lowest,
            highest,
            significant_digits,
        } = *self;
        if !(1..=HIGHEST_LOWEST).contains(&lowest) {
            return Err(invalid("lowest", lowest, "from 1 to 4611686018427387903"));
        }
        if !(2 * lowest..=i64::MAX as u64).contains(&highest) {
            return Err(invalid(
                "highest",
                highest,
                "from twice the lowest to 9223372036854775807",
            ));
        }
        if significant_digits > 5 {
            return Err(invalid(
                "significant_digits",
                significant_digits,
                "from 0 to 5",
            ));
        }
        let resolution = sub_buckets(significant_digits);
        if unit(lowest) + resolution.ilog2() > 63 {
            return Err(invalid(
                "lowest",
                lowest,
                "small enough for its digits to fit 63 bits",
            ));
        }
        Ok(())
    }
}
