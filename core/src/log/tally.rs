//! The sums of a log's histograms, by tag.

use crate::histogram::{MOST_VALUES, check_tag};
use crate::layout::Layout;
use crate::{Config, Error, Histogram};
use hdrhistogram::Histogram as Counts;
use std::collections::BTreeMap;

/// How many counts the sums of a log may have together, 8 bytes each, with both sizes of one that is
/// growing: 64 MiB, or 240 tags with the default [`Config`]. A tag itself takes as much as 64 counts, and
/// its text.
pub const LOG_LIMIT: u64 = 8 << 20;

/// What a tag takes of [`LOG_LIMIT`] besides counts and text.
const TAG_COUNTS: u64 = 64;

#[derive(Default)]
pub(super) struct Tallies {
    by_tag: BTreeMap<String, Tally>,
    /// Of [`LOG_LIMIT`].
    taken: u64,
}

struct Tally {
    layout: Layout,
    counts: Counts<u64>,
}

impl Tallies {
    /// Makes room for a histogram of this configuration, whose counts come next.
    pub(super) fn begin(&mut self, tag: &str, config: &Config) -> Result<Addition<'_>, Error> {
        if !self.by_tag.contains_key(tag) {
            check_tag(tag)?;
            // Its text stands beside the sum, and in it.
            take(&mut self.taken, TAG_COUNTS + tag.len() as u64 / 4)?;
            let tally = Tally::new(config, &mut self.taken)?;
            self.by_tag.insert(tag.to_owned(), tally);
        }
        let Some(tally) = self.by_tag.get_mut(tag) else {
            unreachable!("it was there or was put there")
        };
        tally.cover(config, &mut self.taken)?;
        Ok(Addition {
            from: Layout::new(config),
            before: tally.counts.len(),
            tally,
            taken: &mut self.taken,
        })
    }

    pub(super) fn finish(self) -> BTreeMap<String, Histogram> {
        let tagged = self.by_tag.into_iter().map(|(tag, tally)| {
            let histogram = Histogram::from_counts(tally.counts).tagged(&tag);
            (tag, histogram)
        });
        tagged.collect()
    }
}

/// A histogram that is being added to a sum.
pub(super) struct Addition<'a> {
    from: Layout,
    before: u64,
    tally: &'a mut Tally,
    taken: &'a mut u64,
}

impl Addition<'_> {
    /// Adds the count that stands at an index of the histogram. In a sum that counts alike, the highest
    /// value of a bucket stands for all of it, as in [`Histogram::decode`], else the lowest one, as in
    /// [`Histogram::merge`].
    #[inline]
    pub(super) fn add(&mut self, index: usize, count: u64) -> Result<(), Error> {
        let value = self.from.lowest_value(index);
        if value > self.tally.counts.high() {
            self.tally.grow(value, self.taken)?;
        }
        let alike = self.from == self.tally.layout;
        let value = if alike {
            self.from.highest_value(index)
        } else {
            value
        };
        self.tally.record(value, count);
        Ok(())
    }

    pub(super) fn end(self) -> Result<(), Error> {
        // Neither sum is above 2^63 - 1, so that together they fit.
        let len = self.tally.counts.len();
        if len > MOST_VALUES {
            return Err(Error::CountOverflow {
                count: len - self.before,
                len: self.before,
            });
        }
        Ok(())
    }
}

impl Tally {
    fn new(config: &Config, taken: &mut u64) -> Result<Self, Error> {
        let layout = Layout::new(config);
        take(taken, layout.counts(config.highest) as u64)?;
        Ok(Self {
            layout,
            counts: Histogram::new(*config)?.into_counts(),
        })
    }

    fn config(&self) -> Config {
        Config {
            lowest: self.counts.low(),
            highest: self.counts.high(),
            significant_digits: self.counts.sigfig(),
        }
    }

    /// Becomes as fine as another configuration, and reaches as low and as high. It goes further than it
    /// must where that costs nothing: else a log whose every histogram reaches a little further than
    /// the one before would make each line a copy.
    fn cover(&mut self, other: &Config, taken: &mut u64) -> Result<(), Error> {
        let mut both = self.config();
        if other.lowest < both.lowest {
            both.lowest = 1 << other.lowest.ilog2();
        }
        both.significant_digits = both.significant_digits.max(other.significant_digits);
        if both != self.config() {
            self.rebuild(&both, taken)?;
        }
        if other.highest > both.highest {
            self.grow(other.highest, taken)?;
        }
        Ok(())
    }

    /// Reaches up to `value`, and on to the end of its buckets.
    #[cold]
    fn grow(&mut self, value: u64, taken: &mut u64) -> Result<(), Error> {
        let last = self.layout.counts(value) - 1;
        let config = Config {
            highest: self.layout.highest_value(last),
            ..self.config()
        };
        self.rebuild(&config, taken)
    }

    fn rebuild(&mut self, config: &Config, taken: &mut u64) -> Result<(), Error> {
        let mut new = Self::new(config, taken)?;
        for step in self.counts.iter_recorded() {
            let lowest = self.counts.lowest_equivalent(step.value_iterated_to());
            new.record(lowest, step.count_at_value());
        }
        *taken -= self.counts.distinct_values() as u64;
        *self = new;
        Ok(())
    }

    #[inline]
    fn record(&mut self, value: u64, count: u64) {
        // There is a count for every value up to the highest.
        let _ = self.counts.record_n(value, count);
    }
}

fn take(taken: &mut u64, count: u64) -> Result<(), Error> {
    *taken += count;
    if *taken > LOG_LIMIT {
        return Err(Error::TooMany {
            count: *taken,
            limit: LOG_LIMIT,
        });
    }
    Ok(())
}
