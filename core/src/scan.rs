//! Ways to walk a histogram's buckets.

use crate::Error;
use crate::histogram::invalid;
use hdrhistogram::Histogram as Counts;
use hdrhistogram::iterators::{HistogramIterator, IterationValue, linear, log, quantile, recorded};
use std::fmt;

/// The most buckets that a scan may yield: 2^20, which is 24 MiB of [`Bucket`]s.
pub const BUCKET_LIMIT: u64 = 1 << 20;

/// The longest step whose iteration cannot overflow a u64.
const LONGEST_STEP: u64 = 1 << 62;

/// More ticks than this overflow the iterator's tick count near the last quantiles.
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

enum Steps<'a> {
    Recorded(HistogramIterator<'a, u64, recorded::Iter>),
    Linear(HistogramIterator<'a, u64, linear::Iter<'a, u64>>),
    Logarithmic(HistogramIterator<'a, u64, log::Iter<'a, u64>>),
    Quantiles(HistogramIterator<'a, u64, quantile::Iter<'a, u64>>),
}

impl<'a> Steps<'a> {
    fn new(counts: &'a Counts<u64>, scan: Scan) -> Self {
        match scan {
            Scan::Recorded => Self::Recorded(counts.iter_recorded()),
            Scan::Linear { step } => Self::Linear(counts.iter_linear(step)),
            Scan::Logarithmic { first, base } => Self::Logarithmic(counts.iter_log(first, base)),
            Scan::Quantiles { ticks } => Self::Quantiles(counts.iter_quantiles(ticks)),
        }
    }

    fn next(&mut self) -> Option<IterationValue<u64>> {
        match self {
            Self::Recorded(steps) => steps.next(),
            Self::Linear(steps) => steps.next(),
            Self::Logarithmic(steps) => steps.next(),
            Self::Quantiles(steps) => steps.next(),
        }
    }
}

self_cell::self_cell!(
    struct Walk {
        owner: Counts<u64>,
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
    pub(crate) fn new(counts: Counts<u64>, scan: Scan) -> Self {
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
        let Some(step) = step else {
            self.walk = None; // lets go of the snapshot at the end, not when the iterator is dropped
            return None;
        };
        let count = step.count_since_last_iteration();
        self.total += count; // at most the histogram's own total
        Some(Bucket {
            value: step.value_iterated_to(),
            count,
            total: self.total,
        })
    }
}

impl std::iter::FusedIterator for Buckets {}

/// Refuses parameters that make no sense, and scans that could yield more than [`BUCKET_LIMIT`].
pub(crate) fn check(scan: Scan, counts: &Counts<u64>) -> Result<(), Error> {
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
            let widenings = (max as f64 / first as f64).max(1.0).ln() / base.ln();
            (widenings.ceil() as u64).saturating_add(2)
        }
        Scan::Quantiles { ticks } => match ticks {
            1..=MOST_TICKS => 0, // at most 54 halvings of as many ticks
            _ => return Err(invalid("ticks", ticks, "from 1 to 1000")),
        },
    };
    match count {
        0..=BUCKET_LIMIT => Ok(()),
        _ => Err(Error::TooMany {
            count,
            limit: BUCKET_LIMIT,
        }),
    }
}
