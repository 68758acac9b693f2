//! This thread's own CPU: its canary must run where the pinned runners do.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// This thread on one CPU, and the way back.
#[derive(Debug)]
pub struct Pinned {
    /// The CPU.
    pub cpu: usize,
    before: CpuSet,
}

impl Pinned {
    /// Pins this thread to the last CPU it may use: the first serves most interrupts.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn to_last_cpu() -> Result<Self> {
        let before = sched_getaffinity(None).context("reading the CPUs this process may use")?;
        let last = (0..CpuSet::MAX_CPU).rev().find(|cpu| before.is_set(*cpu));
        let pinned = Self {
            cpu: last.context("this process may use no CPU")?,
            before,
        };
        pinned.pin()?;
        Ok(pinned)
    }

    /// Does something that starts processes, which would inherit this thread's CPU, on all that it
    /// could use before.
    ///
    /// # Errors
    /// Those of `action`, or when the kernel refuses.
    pub fn undone_for<T>(&self, action: impl FnOnce() -> Result<T>) -> Result<T> {
        sched_setaffinity(None, &self.before).context("undoing pinning")?;
        let done = action();
        self.pin()?;
        done
    }

    fn pin(&self) -> Result<()> {
        let mut only = CpuSet::new();
        only.set(self.cpu);
        sched_setaffinity(None, &only).with_context(|| format!("pinning to CPU {}", self.cpu))
    }
}
