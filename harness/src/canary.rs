//! The canary: a fixed piece of work that tells how fast this CPU is right now.

use std::hint::black_box;
use std::time::Instant;

/// A batch beside a canary slower than the best by more than this factor is suspect.
pub const LIMIT: f64 = 1.1;

/// Remembers the best time seen.
pub struct Canary {
    best: f64,
}

impl Canary {
    /// Measures until the best time is known.
    #[must_use]
    pub fn warmed_up() -> Self {
        let mut canary = Self {
            best: f64::INFINITY,
        };
        for _ in 0..100 {
            canary.sing();
        }
        canary
    }

    /// Measures once: the best of three songs of some 10 µs, so that one interrupt does not
    /// count and a slow phase does. In ns.
    pub fn sing(&mut self) -> f64 {
        let ns = (0..3).map(|_| song()).fold(f64::INFINITY, f64::min);
        self.best = self.best.min(ns);
        ns
    }

    /// Whether a canary of `ns` is slow.
    #[must_use]
    pub fn is_slow(&self, ns: f64) -> bool {
        ns > self.best * LIMIT
    }

    /// The best time seen, ns.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.best
    }
}

/// Eight independent chains with loads: bound by throughput, because a chain bound by latency does
/// not notice a busy sibling thread.
fn song() -> f64 {
    let words = [1u64, 2, 3, 4, 5, 6, 7, 8];
    let mut sums = [0u64; 8];
    let start = Instant::now();
    for i in 0..3000u64 {
        let words = black_box(&words);
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = sum.rotate_left(5) ^ word.wrapping_add(i);
        }
    }
    black_box(sums);
    start.elapsed().as_nanos() as f64
}
