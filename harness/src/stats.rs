//! Order statistics over launches, and the bootstrap. All of it is deterministic.

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// Resamples of each bootstrap.
const RESAMPLES: usize = 1000;
/// One seed for every bootstrap: the same samples always give the same interval.
const SEED: u64 = 0x7011_B81D;

/// The middle 95 % of a statistic under resampling of launches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The 2.5 % quantile.
    pub low: f64,
    /// The 97.5 % quantile.
    pub high: f64,
}

/// The `q` quantile of samples in any order, with linear interpolation between neighbours (type 7,
/// as in R and NumPy). `None` when there are none.
pub fn quantile(samples: &[f64], q: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let at = q * last as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// The median of samples in any order.
pub fn median(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.5)
}

/// The figure that is quoted: the lower quartile over launches of each launch's best batch.
pub fn headline(bests: &[f64]) -> Option<f64> {
    quantile(bests, 0.25)
}

/// The interval of `statistic`, which is given one headline for each of `sets`. Every set of
/// per-launch bests is resampled on its own: launches of different bridges are not pairs.
/// `None` when a set is empty.
pub fn bootstrap(sets: &[&[f64]], statistic: impl Fn(&[f64]) -> f64) -> Option<Interval> {
    let mut rng = Rng::with_seed(SEED);
    let mut values = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let mut headlines = Vec::with_capacity(sets.len());
        for set in sets {
            let resampled: Vec<f64> = set.iter().map(|_| set[rng.usize(..set.len())]).collect();
            headlines.push(headline(&resampled)?);
        }
        values.push(statistic(&headlines));
    }
    Some(Interval {
        low: quantile(&values, 0.025)?,
        high: quantile(&values, 0.975)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_known_samples() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[7.0], 0.25), Some(7.0));
        // numpy.quantile([1, 2, 3, 4], [0, .25, .5, 1]) = [1, 1.75, 2.5, 4]
        let samples = [4.0, 2.0, 1.0, 3.0];
        assert_eq!(quantile(&samples, 0.0), Some(1.0));
        assert_eq!(quantile(&samples, 0.25), Some(1.75));
        assert_eq!(median(&samples), Some(2.5));
        assert_eq!(quantile(&samples, 1.0), Some(4.0));
        assert_eq!(headline(&[50.0, 10.0, 20.0, 40.0, 30.0]), Some(20.0));
    }

    #[test]
    fn bootstrap_is_deterministic_and_brackets_the_headline() {
        let bests = [10.0, 10.1, 10.2, 10.4, 12.0];
        let interval = bootstrap(&[&bests], |h| h[0]).unwrap();
        assert_eq!(bootstrap(&[&bests], |h| h[0]), Some(interval));
        assert!(interval.low >= 10.0 && interval.low <= 10.1, "{interval:?}");
        assert!(
            interval.high >= 10.1 && interval.high <= 12.0,
            "{interval:?}"
        );
    }

    #[test]
    fn bootstrap_of_equal_launches_has_no_width() {
        let (a, b) = ([6.0; 5], [3.0; 5]);
        let ratio = bootstrap(&[&a, &b], |h| h[0] / h[1]).unwrap();
        assert_eq!(
            ratio,
            Interval {
                low: 2.0,
                high: 2.0
            }
        );
        assert_eq!(bootstrap(&[&a, &[]], |h| h[0] / h[1]), None);
    }
}
