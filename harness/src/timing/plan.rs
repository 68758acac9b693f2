//! What a run times, and how thoroughly.

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};

use crate::bridge::{Bridge, Role, Workspace};
use crate::machine::Machine;
use crate::pin::Pinned;
use crate::shapes::{EMPTY, Shape, Shapes};

/// How thorough a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) launches: u32,
    /// As few as this where time is short.
    pub(crate) least_launches: u32,
    /// At most so many more, of what stood in a slow phase of the machine too often.
    pub(crate) more_launches: u32,
    pub(crate) batches: u32,
    pub(crate) batch_target_ns: f64,
    finer_sizes: bool,
    pub(crate) process_per_shape: bool,
}

pub(crate) const QUICK: Profile = Profile {
    name: "quick",
    launches: 5,
    least_launches: 3,
    more_launches: 10,
    batches: 5,
    batch_target_ns: 1.5e6,
    finer_sizes: false,
    process_per_shape: false,
};

pub(crate) const FULL: Profile = Profile {
    name: "full",
    launches: 20,
    least_launches: 3,
    more_launches: 20,
    batches: 8,
    batch_target_ns: 2e6,
    finer_sizes: true,
    process_per_shape: true,
};

impl Profile {
    /// The same with exactly so many launches.
    pub(crate) fn with_launches(mut self, launches: u32) -> Self {
        (self.launches, self.least_launches, self.more_launches) = (launches, launches, 0);
        self
    }
}

/// A shape at a size.
pub(crate) type Key<'a> = (&'a Shape, u64);

/// All that a run needs.
#[derive(Clone)]
pub(crate) struct Plan<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) bridges: Vec<&'a Bridge>,
    pub(crate) keys: Vec<Key<'a>>,
    pub(crate) profile: Profile,
    /// From the start of timing on; none: as long as it takes.
    pub(crate) within: Option<Duration>,
    /// The bridges, as they were named; none for all.
    pub(crate) named: Vec<String>,
    /// Of one request.
    pub(crate) limit: Duration,
    pub(crate) seed: u64,
    pub(crate) machine: Machine,
    pub(crate) pinned: &'a Pinned,
    pub(crate) started: String,
}

/// The present second, as results tell it.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}

/// A seed that differs from run to run.
pub(crate) fn any_seed() -> u64 {
    fastrand::u64(..u64::from(u32::MAX))
}

/// What to time: the shapes named (`add`, `str_len:16`), or all; always with the empty loop.
pub(crate) fn keys<'a>(
    shapes: &'a Shapes,
    named: &[String],
    profile: &Profile,
) -> Result<Vec<Key<'a>>> {
    let sizes = |shape: &Shape| match profile.finer_sizes {
        true => shape.finer_sizes(),
        false => shape.timed_sizes(),
    };
    let mut keys: Vec<Key> = Vec::new();
    if named.is_empty() {
        keys.extend(
            shapes
                .iter()
                .flat_map(|s| sizes(s).into_iter().map(move |n| (s, n))),
        );
    }
    for name in named {
        let (id, size) = match name.split_once(':') {
            Some((id, size)) => (id, Some(size)),
            None => (name.as_str(), None),
        };
        let shape = shapes.get(id).with_context(|| {
            let known: Vec<_> = shapes.iter().map(|s| s.id.as_str()).collect();
            format!(
                "--shape {name}: no such shape; known are {}",
                known.join(", ")
            )
        })?;
        match size {
            None => keys.extend(sizes(shape).into_iter().map(|n| (shape, n))),
            Some(size) => {
                let n = size
                    .parse()
                    .with_context(|| format!("--shape {name}: no size"))?;
                ensure!(
                    shape.sizes != [0] || n == 0,
                    "--shape {name}: {id} has no sizes"
                );
                keys.push((shape, n));
            }
        }
    }
    let empty = shapes
        .get(EMPTY)
        .context("bench/shapes.toml must have the shape `empty`")?;
    keys.push((empty, 0));
    let mut seen = Vec::new();
    keys.retain(|(shape, n)| {
        let new = !seen.contains(&(shape.id.clone(), *n));
        seen.push((shape.id.clone(), *n));
        new
    });
    Ok(keys)
}

/// The chosen bridges, and what they are compared with: ratios are quoted within one run only.
pub(crate) fn with_baselines<'a>(
    workspace: &'a Workspace,
    chosen: &[&'a Bridge],
    with_yardsticks: bool,
) -> Vec<&'a Bridge> {
    let is_chosen = |bridge: &Bridge| chosen.iter().any(|c| c.id == bridge.id);
    let is_compared = |bridge: &Bridge| {
        bridge.role == Role::Baseline
            || bridge.yardstick && with_yardsticks
            || bridge.role == Role::Floor && chosen.iter().any(|c| c.host() == bridge.host())
    };
    workspace
        .bridges
        .iter()
        .filter(|b| is_chosen(b) || is_compared(b))
        .collect()
}
