//! Instructions a call, by Valgrind's callgrind: one process a bridge.
//!
//! A runner ends each reply in one `write`, after which callgrind notes what was executed since the last one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::Slope;
use crate::bridge::{Bridge, Need};
use crate::runner::Runner;
use crate::timing::Clock;

/// What it takes.
pub fn need() -> Need {
    Need {
        command: "valgrind --version".into(),
        install: "scripts/packages valgrind".into(),
    }
}

/// Longer than without Valgrind, which makes programs 50 times slower.
const LIMIT: Duration = Duration::from_secs(120);

/// Instructions of one call, for each of `slopes`.
///
/// # Errors
/// When the runner does not answer, or its notes are not one a request.
pub fn count(bridge: &Bridge, slopes: &[Slope], root: &Path) -> Result<Vec<f64>> {
    let name = bridge.id.replace('/', "-");
    let dir = root.join(format!(
        "target/toll/callgrind-{}-{name}",
        std::process::id()
    ));
    fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    let counted = count_into(bridge, slopes, &dir);
    // Whatever is left of it lies in target/, and does no harm.
    let _ = fs::remove_dir_all(&dir);
    counted
}

fn count_into(bridge: &Bridge, slopes: &[Slope], dir: &Path) -> Result<Vec<f64>> {
    let mut under = bridge.clone();
    let notes = dir.join("notes");
    let valgrind = [
        "valgrind".to_owned(),
        "--quiet".into(),
        "--tool=callgrind".into(),
        "--dump-after=write".into(),
        format!("--callgrind-out-file={}", notes.display()),
    ];
    under.runner = valgrind.into_iter().chain(bridge.runner.clone()).collect();
    let mut runner = Runner::start(&under)?;
    let mut requests = 0;
    for slope in slopes {
        // The first one resolves symbols and fills the allocator's caches. Then each twice: threads take the
        // shorter way more or less often.
        for calls in [slope.few, slope.few, slope.many, slope.few, slope.many] {
            let mut clock = Clock {
                runner: &mut runner,
                shape: slope.shape,
                n: slope.n,
                limit: LIMIT,
            };
            if let Err(failure) = clock.time(calls) {
                bail!(
                    "{} at n = {} under Valgrind: {}",
                    slope.shape.id,
                    slope.n,
                    failure.detail
                );
            }
            requests += 1;
        }
    }
    ensure!(
        runner.end(LIMIT).is_some(),
        "did not end when its input did, under Valgrind"
    );
    // What came before the first of them, `hello` at least, may have taken any number of writes.
    let mut last = 0;
    while note(dir, last + 1).is_file() {
        last += 1;
    }
    ensure!(
        last > requests,
        "{last} notes of callgrind for more than {requests} requests: a reply must be one `write`"
    );
    let first = last - requests + 1;
    slopes
        .iter()
        .enumerate()
        .map(|(i, slope)| {
            let least = |a: usize, b: usize| -> Result<f64> {
                let [a, b] = [a, b].map(|part| instructions(&note(dir, first + 5 * i + part)));
                Ok(a?.min(b?))
            };
            let (few, many) = (least(1, 3)?, least(2, 4)?);
            Ok((many - few) / (slope.many - slope.few) as f64)
        })
        .collect()
}

fn note(dir: &Path, part: usize) -> PathBuf {
    dir.join(format!("notes.{part}"))
}

fn instructions(note: &Path) -> Result<f64> {
    let text = fs::read_to_string(note).with_context(|| note.display().to_string())?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.with_context(|| format!("{} has no `totals:`", note.display()))
}
