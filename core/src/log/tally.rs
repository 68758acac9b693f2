//! The sums of a log's histograms, by tag.

use crate::counts::{Counts, MOST_VALUES};
use crate::layout::Layout;
use crate::tag::check_tag;
use crate::{Config, Error, Histogram};
use std::collections::BTreeMap;

/// How many bytes the sums of a log may take where no other limit is given: 256 MiB, or 980 tags with the
/// default [`Config`].
///
/// A sum takes 8 bytes a count, and while it grows both of its sizes; a tag takes 512 bytes, and twice its
/// text.
pub const MEMORY_LIMIT: u64 = 256 << 20;

/// What a count takes.
const COUNT_BYTES: u64 = size_of::<u64>() as u64;
/// What a tag takes besides its counts and its text.
const TAG_BYTES: u64 = 512;

pub(super) struct Tallies {
    by_tag: BTreeMap<String, Tally>,
    memory: Memory,
}

/// The bytes that all sums take.
struct Memory {
    taken: u64,
    limit: u64,
    /// How many tags share them.
    tags: u64,
}

impl Memory {
    fn take(&mut self, bytes: u64) -> Result<(), Error> {
        let count = self.taken.saturating_add(bytes);
        if count > self.limit {
            return Err(Error::TooMany {
                count,
                limit: self.limit,
                what: "memory_limit".into(),
                // More lines may follow: the whole need is not known.
                advice: format!(
                    "the first {} of the log's tags take this much; raise it for all of them, \
                     or write fewer digits",
                    self.tags
                )
                .into(),
            });
        }
        self.taken = count;
        Ok(())
    }
}

struct Tally {
    layout: Layout,
    counts: Counts,
}

impl Tallies {
    /// `memory_limit` is in bytes; 0 is [`MEMORY_LIMIT`].
    pub(super) fn new(memory_limit: u64) -> Self {
        let limit = match memory_limit {
            0 => MEMORY_LIMIT,
            given => given,
        };
        Self {
            by_tag: BTreeMap::new(),
            memory: Memory {
                taken: 0,
                limit,
                tags: 0,
            },
        }
    }

    /// Makes room for a histogram of this configuration, whose counts come next.
    pub(super) fn begin(&mut self, tag: &str, config: &Config) -> Result<Addition<'_>, Error> {
        if !self.by_tag.contains_key(tag) {
            check_tag(tag)?;
            self.memory.tags += 1;
            // Its text stands beside the sum, and in it.
            self.memory.take(TAG_BYTES + 2 * tag.len() as u64)?;
            let tally = Tally::new(config, &mut self.memory)?;
            self.by_tag.insert(tag.to_owned(), tally);
        }
        let Some(tally) = self.by_tag.get_mut(tag) else {
            unreachable!("it was there or was put there")
        };
        tally.cover(config, &mut self.memory)?;
        Ok(Addition {
            from: Layout::new(config.lowest, config.significant_digits),
            before: tally.counts.len(),
            tally,
            memory: &mut self.memory,
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
    memory: &'a mut Memory,
}

impl Addition<'_> {
    /// Adds the count that stands at an index of the histogram. In a sum that counts alike, the highest
    /// value of a bucket stands for all of it, as in [`Histogram::decode`], else the lowest one, as in
    /// [`Histogram::merge`].
    #[inline]
    pub(super) fn add(&mut self, index: usize, count: u64) -> Result<(), Error> {
        let value = self.from.lowest_value(index);
        if value > self.tally.counts.high() {
            self.tally.grow(value, self.memory)?;
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
    fn new(config: &Config, memory: &mut Memory) -> Result<Self, Error> {
        let layout = Layout::new(config.lowest, config.significant_digits);
        memory.take(COUNT_BYTES * layout.counts(config.highest) as u64)?;
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
    fn cover(&mut self, other: &Config, memory: &mut Memory) -> Result<(), Error> {
        let mut both = self.config();
        if other.lowest < both.lowest {
            both.lowest = 1 << other.lowest.ilog2();
        }
        both.significant_digits = both.significant_digits.max(other.significant_digits);
        if both != self.config() {
            self.rebuild(&both, memory)?;
        }
        if other.highest > both.highest {
            self.grow(other.highest, memory)?;
        }
        Ok(())
    }

    /// Reaches up to `value`, and on to the end of its buckets.
    #[cold]
    fn grow(&mut self, value: u64, memory: &mut Memory) -> Result<(), Error> {
        let last = self.layout.counts(value) - 1;
        let config = Config {
            highest: self.layout.highest_value(last),
            ..self.config()
        };
        self.rebuild(&config, memory)
    }

    fn rebuild(&mut self, config: &Config, memory: &mut Memory) -> Result<(), Error> {
        let mut new = Self::new(config, memory)?;
        for step in self.counts.iter_recorded() {
            let lowest = self.counts.lowest_equivalent(step.value_iterated_to());
            new.record(lowest, step.count_at_value());
        }
        memory.taken -= COUNT_BYTES * self.counts.distinct_values() as u64;
        *self = new;
        Ok(())
    }

    #[inline]
    fn record(&mut self, value: u64, count: u64) {
        // There is a count for every value up to the highest.
        let _ = self.counts.record_n(value, count);
    }
}
