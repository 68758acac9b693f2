//! The histogram in plain Rust: no lock, no handle.

use crate::counts::{Counts, MOST_VALUES, mean, stdev};
use crate::error::invalid;
use crate::scan::{self, Bucket, Buckets, Scan};
use crate::tag::check_tag;
use crate::{Config, Error, codec, duration, render};
use std::fmt;
use std::ops::ControlFlow;

/// The usual figures at one glance, in the values' own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Summary {
    pub count: u64,
    pub min: u64,
    pub max: u64,
    pub mean: f64,
    pub stdev: f64,
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub p999: u64,
}

/// A latency histogram: how often each value occurred, to a fixed number of digits.
///
/// Values are unsigned integers in a unit that the caller chooses
/// ([`record_durations`](Self::record_durations) alone means nanoseconds).
/// An operation that fails changes nothing. Results are exact for the *bucket* a value falls into:
/// the highest value of the bucket stands for all of it, as in the reference implementation.
#[derive(Clone)]
pub struct Histogram {
    counts: Counts,
    tag: String,
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("config", &self.config())
            .field("len", &self.len())
            .field("tag", &self.tag)
            .finish()
    }
}

impl Histogram {
    /// An empty histogram.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] when `config` breaks a rule of [`Config`].
    pub fn new(config: Config) -> Result<Self, Error> {
        config.check()?;
        let Config {
            lowest,
            highest,
            significant_digits,
        } = config;
        let counts =
            Counts::new_with_bounds(lowest, highest, significant_digits).map_err(|_| {
                invalid(
                    "lowest",
                    lowest,
                    "small enough for its digits to fit 63 bits",
                )
            })?;
        Ok(Self::from_counts(counts))
    }

    pub(crate) fn from_counts(counts: Counts) -> Self {
        Self {
            counts,
            tag: String::new(),
        }
    }

    pub(crate) fn into_counts(self) -> Counts {
        self.counts
    }

    /// What it was made with.
    pub fn config(&self) -> Config {
        Config {
            lowest: self.counts.low(),
            highest: self.counts.high(),
            significant_digits: self.counts.sigfig(),
        }
    }

    /// Bytes that its counts take. It neither grows nor shrinks: a host whose collector frees histograms
    /// tells it of them.
    ///
    /// ```
    /// # use tollbridge_core::{Config, Histogram};
    /// let an_hour = Config { significant_digits: 5, ..Config::default() };
    /// assert_eq!(Histogram::new(an_hour)?.memory(), 27_262_976);
    /// # Ok::<(), tollbridge_core::Error>(())
    /// ```
    pub fn memory(&self) -> usize {
        self.counts.distinct_values() * size_of::<u64>()
    }

    /// Records one value.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] above `highest`, [`Error::CountOverflow`] past 2^63 - 1 values.
    #[inline]
    pub fn record(&mut self, value: u64) -> Result<(), Error> {
        self.record_n(value, 1)
    }

    /// Records one value `count` times; 0 times is allowed and changes nothing.
    ///
    /// # Errors
    /// As [`record`](Self::record).
    // Left to itself the compiler inlines it into one caller, and calls it in the others.
    #[inline(always)]
    pub fn record_n(&mut self, value: u64, count: u64) -> Result<(), Error> {
        if value > self.counts.high() {
            return Err(self.out_of_range(value, 0));
        }
        self.check_room(count)?;
        if count == 0 {
            return Ok(());
        }
        self.counts
            .record_n(value, count)
            .map_err(|_| self.out_of_range(value, 0))
    }

    /// Records every value, or none.
    ///
    /// # Errors
    /// As [`record`](Self::record); `index` names the first value that is too high.
    pub fn record_all(&mut self, values: &[u64]) -> Result<(), Error> {
        let highest = self.counts.high();
        // Without an early exit the compiler can look at several values at once.
        if values
            .iter()
            .fold(false, |above, value| above | (*value > highest))
        {
            let index = values
                .iter()
                .position(|value| *value > highest)
                .unwrap_or(0);
            return Err(self.out_of_range(values[index], index));
        }
        self.check_room(values.len() as u64)?;
        for value in values {
            // Cannot fail after the check above; a value up to `highest` always has a bucket.
            self.counts
                .record(*value)
                .map_err(|_| self.out_of_range(*value, 0))?;
        }
        Ok(())
    }

    /// Records durations as nanoseconds and says how many there were, or records none.
    ///
    /// `text` holds numbers with a unit (`ns`, `us`, `µs`, `ms`, `s`, `m`, `h`), separated by white
    /// space: `"250us 1.5ms\n3s"`. Fractions are exact; there is nothing finer than a nanosecond.
    ///
    /// # Errors
    /// [`Error::InvalidDuration`] with line and column, or as [`record_all`](Self::record_all).
    pub fn record_durations(&mut self, text: &str) -> Result<u64, Error> {
        let values = duration::parse(text)?;
        self.record_all(&values)?;
        Ok(values.len() as u64)
    }

    /// How many values were recorded.
    #[inline]
    pub fn len(&self) -> u64 {
        self.counts.len()
    }

    /// Whether no value was recorded.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The lowest value recorded (the low end of its bucket), None when empty.
    pub fn min(&self) -> Option<u64> {
        self.unless_empty(|counts| counts.min())
    }

    /// The highest value recorded (the high end of its bucket), None when empty.
    pub fn max(&self) -> Option<u64> {
        self.unless_empty(|counts| counts.max())
    }

    /// The arithmetic mean, each value taken as the middle of its bucket; None when empty.
    pub fn mean(&self) -> Option<f64> {
        self.unless_empty(mean)
    }

    /// The standard deviation of the whole population, None when empty.
    pub fn stdev(&self) -> Option<f64> {
        self.unless_empty(|counts| stdev(counts, mean(counts)))
    }

    /// The value at or below which the share `quantile` of all values lies; None when empty.
    ///
    /// # Errors
    /// [`Error::InvalidQuantile`] for NaN and what is not from 0 to 1, also when empty.
    pub fn value_at_quantile(&self, quantile: f64) -> Result<Option<u64>, Error> {
        check_quantiles(&[quantile])?;
        Ok(self.unless_empty(|_| self.at_quantile(quantile)))
    }

    /// [`value_at_quantile`](Self::value_at_quantile) for each of `quantiles`, in their order;
    /// None when the histogram is empty.
    ///
    /// # Errors
    /// [`Error::InvalidQuantile`] with the index of the first bad one.
    pub fn values_at_quantiles(&self, quantiles: &[f64]) -> Result<Option<Vec<u64>>, Error> {
        check_quantiles(quantiles)?;
        Ok(self.unless_empty(|_| quantiles.iter().map(|q| self.at_quantile(*q)).collect()))
    }

    /// The usual figures, None when empty.
    pub fn summary(&self) -> Option<Summary> {
        self.unless_empty(|counts| {
            let mean = mean(counts);
            Summary {
                count: counts.len(),
                min: counts.min(),
                max: counts.max(),
                mean,
                stdev: stdev(counts, mean),
                p50: self.at_quantile(0.5),
                p90: self.at_quantile(0.9),
                p99: self.at_quantile(0.99),
                p999: self.at_quantile(0.999),
            }
        })
    }

    /// The buckets as they are now: a lazy iterator over a copy of the counts.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a parameter of `scan` that makes no sense,
    /// [`Error::TooMany`] when it could yield more than [`BUCKET_LIMIT`](crate::BUCKET_LIMIT).
    pub fn buckets(&self, scan: Scan) -> Result<Buckets, Error> {
        scan::check(scan, &self.counts)?;
        Ok(Buckets::new(self.counts.clone(), scan))
    }

    /// Calls `visitor` with each bucket until it breaks; what it breaks with comes back.
    ///
    /// # Errors
    /// As [`buckets`](Self::buckets).
    pub fn for_each_bucket<B>(
        &self,
        scan: Scan,
        visitor: impl FnMut(Bucket) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Error> {
        Ok(self.buckets(scan)?.try_for_each(visitor))
    }

    /// The tag: a name for the log format, empty at first.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// Sets the tag; empty text removes it.
    ///
    /// # Errors
    /// [`Error::InvalidTag`] for what a line of an interval log cannot hold: commas, line ends, NUL.
    /// [`Error::TooMany`] above [`TAG_LIMIT`](crate::TAG_LIMIT) bytes. White space is kept as it is; the
    /// reference's reader alone does not read tags with spaces.
    pub fn set_tag(&mut self, tag: &str) -> Result<(), Error> {
        check_tag(tag)?;
        tag.clone_into(&mut self.tag);
        Ok(())
    }

    /// With a tag that was checked.
    pub(crate) fn tagged(mut self, tag: &str) -> Self {
        tag.clone_into(&mut self.tag);
        self
    }

    /// Adds every value of `other`. The tag stays.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] when `other` holds a value above `highest`, [`Error::CountOverflow`].
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let max = other.counts.max();
        if other.counts.lowest_equivalent(max) > self.counts.high() {
            return Err(self.out_of_range(max, 0));
        }
        self.check_room(other.len())?;
        self.counts
            .add(&other.counts)
            .map_err(|_| self.out_of_range(max, 0))
    }

    /// Adds every value to itself: each count doubles.
    ///
    /// # Errors
    /// [`Error::CountOverflow`].
    pub fn merge_self(&mut self) -> Result<(), Error> {
        let copy = self.clone();
        self.merge(&copy)
    }

    /// The counts in HdrHistogram's V2 encoding with DEFLATE, which other implementations read.
    /// The tag is no part of it.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&self.counts)
    }

    /// HdrHistogram's percentile distribution as text: value, rank, how many lie up to there, in
    /// `ticks` steps for each half of the distance that is left to 1.0. Values are divided by `unit`:
    /// 1e6 shows nanoseconds as milliseconds.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for `ticks` that are not from 1 to 1000, and for a `unit` that is not
    /// a finite number above 0.
    pub fn render(&self, ticks: u32, unit: f64) -> Result<String, Error> {
        render::render(&self.counts, ticks, unit)
    }

    /// Reads what [`encode`](Self::encode) or another implementation wrote: V2, or
    /// V0 and V1 of old logs; plain or with DEFLATE.
    ///
    /// # Errors
    /// [`Error::MalformedHistogram`]. Hostile bytes cost at most the 50 MiB of the largest histogram.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        codec::decode(bytes).map(Self::from_counts)
    }

    #[inline]
    fn unless_empty<T>(&self, f: impl FnOnce(&Counts) -> T) -> Option<T> {
        (!self.is_empty()).then(|| f(&self.counts))
    }

    /// The rank is computed from the next lower float, as the reference does, so that 0.07 of
    /// 100 values is the 7th although `0.07 * 100.0` is above 7.
    fn at_quantile(&self, quantile: f64) -> u64 {
        let rounded = match quantile {
            0.0 => 0.0, // which alone answers the low end of its bucket
            _ => quantile.next_down().max(f64::MIN_POSITIVE),
        };
        let value = self.counts.value_at_quantile(rounded);
        // Past 2^53 values the rank can round to above the total, for which there is no bucket.
        if value < self.counts.min() {
            self.counts.max()
        } else {
            value
        }
    }

    #[inline]
    fn check_room(&self, count: u64) -> Result<(), Error> {
        if count > MOST_VALUES - self.len() {
            return Err(Error::CountOverflow {
                count,
                len: self.len(),
            });
        }
        Ok(())
    }

    #[cold]
    fn out_of_range(&self, value: u64, index: usize) -> Error {
        Error::OutOfRange {
            value,
            highest: self.counts.high(),
            index: index as u64,
        }
    }
}

fn check_quantiles(quantiles: &[f64]) -> Result<(), Error> {
    match quantiles.iter().position(|q| !(0.0..=1.0).contains(q)) {
        Some(index) => Err(Error::InvalidQuantile {
            quantile: quantiles[index],
            index: index as u64,
        }),
        None => Ok(()),
    }
}
