//! Ways to walk a histogram's buckets.

use crate::Error;
use crate::counts::Counts;
use crate::error::invalid;
use crate::layout::sub_buckets;
use hdrhistogram::iterators::{HistogramIterator, IterationValue, linear, recorded};
use std::f64::consts::LN_2;
use std::fmt;
use std::iter::Peekable;

/// The most buckets that a scan may yield: 2^20, which is 24 MiB of [`Bucket`]s.
pub const BUCKET_LIMIT: u64 = 1 << 20;

/// The longest step whose iteration cannot overflow a u64.
const LONGEST_STEP: u64 = 1 << 62;

/// With at most 54 halvings of the distance to 1.0 this stays below [`BUCKET_LIMIT`].
const MOST_TICKS: u32 = 1000;

/// Which buckets to walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scan {
    /// Every bucket that holds at least one value.
    Recorded,
    /// Steps of equal width.
    Linear {
        /// Width of a step in the values' unit, from 1 to 2^62.
        step: u64,
    },
    /// Steps that widen by a factor.
    Logarithmic {
        /// Width of the first step in the values' unit, from 1 to 2^62.
        first: u64,
        /// Factor from a step's upper end to the next one's, finite and above 1.
        base: f64,
    },
    /// Steps of equal rank, ever finer towards the maximum.
    Quantiles {
        /// Steps in each half of the distance that is left to 1.0, from 1 to 1000.
        ticks: u32,
    },
}

/// One step of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The highest value of the step, in the values' unit.
    pub value: u64,
    /// How many values were recorded in this step.
    pub count: u64,
    /// How many were recorded up to the end of this step.
    pub total: u64,
}

type Recorded<'a> = HistogramIterator<'a, u64, recorded::Iter>;

/// Each step is its highest value and how many values lie up to there.
///
/// `hdrhistogram`'s own logarithmic and quantile iterators leave out steps that the reference
/// implementation yields, so those two are laid over its recorded buckets.
enum Steps<'a> {
    Recorded(Recorded<'a>, u64),
    Linear(HistogramIterator<'a, u64, linear::Iter<'a, u64>>, u64),
    Logarithmic(Levels<'a>),
    Quantiles(Ranks<'a>),
}

impl<'a> Steps<'a> {
    fn new(counts: &'a Counts, scan: Scan) -> Self {
        match scan {
            Scan::Recorded => Self::Recorded(counts.iter_recorded(), 0),
            Scan::Linear { step } => Self::Linear(counts.iter_linear(step), 0),
            Scan::Logarithmic { first, base } => Self::Logarithmic(Levels {
                counts,
                recorded: counts.iter_recorded().peekable(),
                level: first as f64,
                base,
                total: 0,
                ended: false,
            }),
            Scan::Quantiles { ticks } => Self::Quantiles(Ranks::new(counts, ticks)),
        }
    }

    fn next(&mut self) -> Option<(u64, u64)> {
        let (step, total) = match self {
            Self::Recorded(steps, total) => (steps.next()?, total),
            Self::Linear(steps, total) => (steps.next()?, total),
            Self::Logarithmic(levels) => return levels.next(),
            Self::Quantiles(ranks) => return ranks.next(),
        };
        *total += step.count_since_last_iteration();
        Some((step.value_iterated_to(), *total))
    }
}

/// Steps to levels of value, each `base` times the one before.
struct Levels<'a> {
    counts: &'a Counts,
    recorded: Peekable<Recorded<'a>>,
    level: f64,
    base: f64,
    total: u64,
    ended: bool,
}

impl Levels<'_> {
    fn next(&mut self) -> Option<(u64, u64)> {
        if self.ended {
            return None;
        }
        let value = self.level as u64 - 1; // a level is at least 1, and saturates above 2^64
        let within = |step: &IterationValue<u64>| {
            self.counts.lowest_equivalent(step.value_iterated_to()) <= value
        };
        while let Some(step) = self.recorded.next_if(within) {
            self.total += step.count_at_value();
        }
        self.level *= self.base;
        // As the reference does: on to the end of the bucket in which the last step ended.
        let leaves_bucket =
            value > top(self.counts) || self.level as u64 >= self.counts.next_non_equivalent(value);
        self.ended = leaves_bucket && self.total == self.counts.len();
        Some((value, self.total))
    }
}

/// The highest value that has a bucket: the configured one, rounded up to a power of two.
fn top(counts: &Counts) -> u64 {
    let doublings = counts.low().ilog2() + u32::from(counts.buckets()) - 1;
    let values = u128::from(sub_buckets(counts.sigfig())) << doublings;
    u64::try_from(values - 1).unwrap_or(u64::MAX)
}

/// Steps of rank, in percent as in the reference, so that they round alike.
pub(crate) struct Ranks<'a> {
    recorded: Recorded<'a>,
    len: u64,
    ticks: f64,
    /// Where the last step went, and where the next one goes.
    percent: f64,
    next_percent: f64,
    value: u64,
    total: u64,
    ended: bool,
}

impl<'a> Ranks<'a> {
    /// `ticks` must have been checked, and there must be a value.
    pub(crate) fn new(counts: &'a Counts, ticks: u32) -> Self {
        Self {
            recorded: counts.iter_recorded(),
            len: counts.len(),
            ticks: f64::from(ticks),
            percent: 0.0,
            next_percent: 0.0,
            value: 0,
            total: 0,
            ended: false,
        }
    }

    /// The rank that the last step went to, in percent.
    pub(crate) fn percent(&self) -> f64 {
        self.percent
    }

    /// The highest value of the step, and how many values lie up to there.
    pub(crate) fn next(&mut self) -> Option<(u64, u64)> {
        if self.total == self.len {
            // The last bucket once more, at 100 percent.
            self.percent = 100.0;
            let ended = std::mem::replace(&mut self.ended, true);
            return (!ended).then_some((self.value, self.total));
        }
        self.percent = self.next_percent;
        while !self.reached() {
            let Some(step) = self.recorded.next() else {
                break;
            };
            self.value = step.value_iterated_to();
            self.total += step.count_at_value();
        }
        let halvings = ((100.0 / (100.0 - self.percent)).ln() / LN_2).floor();
        let next = self.percent + 100.0 / (self.ticks * (halvings + 1.0).exp2());
        // Next to 100 an increment can be too small to change a float.
        self.next_percent = if next > self.percent { next } else { 100.0 };
        Some((self.value, self.total))
    }

    fn reached(&self) -> bool {
        // Past 2^53 values both can round to 100 before the end: then on to the end.
        let percent = 100.0 * self.total as f64 / self.len as f64;
        self.total > 0 && percent >= self.percent && self.percent < 100.0
    }
}

self_cell::self_cell!(
    struct Walk {
        owner: Counts,
        #[not_covariant]
        dependent: Steps,
    }
);

/// The buckets of a histogram as it was when the scan began. Lazy, and independent of it.
pub struct Buckets {
    /// None when there is nothing to walk.
    walk: Option<Walk>,
    total: u64,
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buckets")
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Buckets {
    /// `scan` must have been checked against these counts.
    pub(crate) fn new(counts: Counts, scan: Scan) -> Self {
        let walk =
            (!counts.is_empty()).then(|| Walk::new(counts, |counts| Steps::new(counts, scan)));
        Self { walk, total: 0 }
    }
}

impl Iterator for Buckets {
    type Item = Bucket;

    fn next(&mut self) -> Option<Bucket> {
        let step = self
            .walk
            .as_mut()?
            .with_dependent_mut(|_, steps| steps.next());
        let Some((value, total)) = step else {
            self.walk = None; // lets go of the snapshot at the end, not when the iterator is dropped
            return None;
        };
        let count = total - std::mem::replace(&mut self.total, total);
        Some(Bucket {
            value,
            count,
            total,
        })
    }
}

impl std::iter::FusedIterator for Buckets {}

/// Refuses parameters that make no sense, and scans that could yield more than [`BUCKET_LIMIT`].
pub(crate) fn check(scan: Scan, counts: &Counts) -> Result<(), Error> {
    let steps = |name, step| match step {
        1..=LONGEST_STEP => Ok(()),
        _ => Err(invalid(name, step, "from 1 to 4611686018427387904")),
    };
    let max = counts.max();
    let count = match scan {
        // Counting is only worth its time when there could be too many.
        Scan::Recorded if counts.distinct_values() as u64 <= BUCKET_LIMIT => 0,
        Scan::Recorded => counts.iter_recorded().count() as u64,
        Scan::Linear { step } => {
            steps("step", step)?;
            max / step + 1
        }
        Scan::Logarithmic { first, base } => {
            steps("first", first)?;
            if !(base.is_finite() && base > 1.0) {
                return Err(invalid("base", base, "a finite number above 1"));
            }
            // To the end of the bucket in which the last step ends; near base 1.0 rounding makes
            // steps shorter, by up to a third.
            let end = counts.next_non_equivalent(max.max(first - 1));
            let widenings = (end as f64 / first as f64).max(1.0).ln() / base.ln();
            ((1.5 * widenings).ceil() as u64).saturating_add(2)
        }
        Scan::Quantiles { ticks } => {
            check_ticks(ticks)?;
            0 // at most 54 halvings of as many ticks
        }
    };
    match count {
        0..=BUCKET_LIMIT => Ok(()),
        _ => Err(Error::TooMany {
            count,
            limit: BUCKET_LIMIT,
            what: "bucket_limit".into(),
            advice: "take larger steps or a larger base".into(),
        }),
    }
}

pub(crate) fn check_ticks(ticks: u32) -> Result<(), Error> {
    match ticks {
        1..=MOST_TICKS => Ok(()),
        _ => Err(invalid("ticks", ticks, "from 1 to 1000")),
    }
}
