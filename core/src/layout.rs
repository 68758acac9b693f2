//! Which index of the counts array stands for which values, as the format defines it.
//!
//! The first bucket is divided into sub-buckets, each further doubling of the range into half as many.
//! `hdrhistogram` counts alike, but keeps its indices to itself.

/// What the indices mean. They are the same for every highest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    unit: u32,
    /// A bucket is divided into 2^half parts, the first one into twice as many.
    half: u32,
}

/// An index of the first bucket covers 2^unit values. By float, as `hdrhistogram` has it: that matters
/// just below a power of two above 2^48.
pub(crate) fn unit(lowest: u64) -> u32 {
    (lowest as f64).log2().floor() as u32
}

/// Into how many equal parts the first bucket is divided to keep this many digits apart.
pub(crate) fn sub_buckets(significant_digits: u8) -> u64 {
    (2 * 10_u64.pow(u32::from(significant_digits))).next_power_of_two()
}

impl Layout {
    pub(crate) fn new(lowest: u64, significant_digits: u8) -> Self {
        Self {
            unit: unit(lowest),
            half: sub_buckets(significant_digits).ilog2() - 1,
        }
    }

    /// How many counts reach up to `highest`.
    pub(crate) fn counts(self, highest: u64) -> usize {
        let first_bucket = 1_u128 << (self.unit + self.half + 1);
        let doublings = (u128::from(highest) / first_bucket)
            .checked_ilog2()
            .map_or(0, |n| n + 1);
        (doublings as usize + 2) << self.half
    }

    /// The lowest value that is counted at an index below [`counts`](Self::counts).
    pub(crate) fn lowest_value(self, index: usize) -> u64 {
        let bucket = (index >> self.half).saturating_sub(1);
        let part = index - (bucket << self.half);
        (part as u64) << (bucket as u32 + self.unit)
    }

    /// The highest value that is counted at an index below [`counts`](Self::counts).
    pub(crate) fn highest_value(self, index: usize) -> u64 {
        self.lowest_value(index + 1) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Counts;

    #[test]
    #[cfg_attr(miri, ignore = "arithmetic only, which takes minutes")]
    fn indices_are_those_of_the_counts() {
        for (lowest, highest) in [
            (1, 2),
            (1, 1000),
            (1, 2047),
            (1, 2048),
            (3, 1 << 40),
            (1 << 20, i64::MAX as u64),
            ((1 << 50) - 1, i64::MAX as u64),
        ] {
            for significant_digits in 0..=3 {
                let config = (lowest, highest, significant_digits);
                let layout = Layout::new(lowest, significant_digits);
                let counts = Counts::new_with_bounds(lowest, highest, significant_digits)
                    .expect("a good configuration");
                assert_eq!(
                    layout.counts(highest),
                    counts.distinct_values(),
                    "{config:?}"
                );
                for (index, step) in counts.iter_all().enumerate() {
                    let value = step.value_iterated_to();
                    assert_eq!(layout.highest_value(index), value, "{config:?}");
                    let lowest = counts.lowest_equivalent(value);
                    assert_eq!(layout.lowest_value(index), lowest, "{config:?}");
                }
            }
        }
    }
}
