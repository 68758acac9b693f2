//! What Ruby's collector is told of memory that it does not see.

use tollbridge_core::Config;

/// A histogram's memory, which the collector is told of. Otherwise it would see a small object, and
/// let many of them pile up. To be dropped with the GVL, by the collector or not.
pub struct Weight(isize);

impl Weight {
    /// About what the counts take: a bucket for each doubling of the range, in so many parts.
    pub fn new(config: &Config) -> Self {
        let parts = (2 * 10_u64.pow(config.significant_digits.into())).next_power_of_two();
        let doublings = (config.highest / config.lowest / parts).checked_ilog2();
        let counts = (u64::from(doublings.unwrap_or(0)) + 3) * (parts / 2);
        let bytes = counts as isize * size_of::<u64>() as isize;
        // SAFETY: with the GVL, since the caller makes a Ruby object.
        unsafe { rb_sys::rb_gc_adjust_memory_usage(bytes as _) };
        Self(bytes)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        // SAFETY: with the GVL; the collector allows it while it sweeps.
        unsafe { rb_sys::rb_gc_adjust_memory_usage(-self.0 as _) };
    }
}
