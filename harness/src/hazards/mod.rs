//! `toll hazards`: what goes wrong at a boundary, tried on every bridge in a process of its own.
//!
//! An abort, a hang or a wrong answer is the hazard's outcome, never a failure of this program.

mod catalogue;
mod page;
mod trial;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::bridge::{Bridge, Detector, Workspace};
use crate::hosts::{self, Ready};
use crate::table;
use catalogue::{Catalogue, Hazard};

/// Arguments of `toll hazards`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges (`python`, `python/pyo3`, `c/*`) and hazards by name, in any order; all when none is named.
    pub names: Vec<String>,
    /// Seconds that a runner may take for one reply, or to end, before it counts as hung; five times as many under a detector.
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// A list of rows: bridge, hazard, outcome, ok, promise, why (of a declared exception), detail.
    #[arg(long)]
    pub json: bool,
    /// Write docs/src/hazards.md; outcomes of what is not named stay as they are.
    #[arg(long, conflicts_with = "json")]
    pub write: bool,
    /// Exit code 1 when docs/src/hazards.md is not what --write would write.
    #[arg(long, conflicts_with_all = ["json", "write"])]
    pub check: bool,
}

/// What became of a hazard on a bridge.
#[derive(Debug, Clone, Serialize)]
struct Row<'a> {
    bridge: &'a str,
    hazard: &'a str,
    /// The first word is one of [`catalogue::OUTCOMES`].
    outcome: String,
    /// Whether it is promised, or declared.
    ok: bool,
    promise: &'a str,
    /// Why it is not what is promised, if that is declared.
    why: Option<&'a str>,
    /// What a person would want to know of a bad outcome.
    detail: String,
}

/// The names of all hazards.
///
/// # Errors
/// When `conformance/hazards.toml` is missing or wrong.
pub fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let catalogue = Catalogue::read(workspace)?;
    Ok(catalogue.hazards.into_iter().map(|h| h.name).collect())
}

/// Tries hazards and compares their outcomes with what is promised and declared.
///
/// # Errors
/// When nothing is selected. What a bridge declares wrongly is exit code 1.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let catalogue = Catalogue::read(workspace)?;
    let (hazards, selectors): (Vec<_>, Vec<_>) = args
        .names
        .iter()
        .cloned()
        .partition(|name| catalogue.hazards.iter().any(|h| h.name == *name));
    let mut bridges = workspace.select(&selectors)?;
    // Floors and pure hosts have nothing to misuse.
    bridges.retain(|bridge| !bridge.role.is_partial());
    ensure!(
        !bridges.is_empty(),
        "only bridges and baselines have hazards"
    );
    let Ready { here, skipped } = hosts::ready(workspace, bridges)?;
    let mut jobs: Vec<(&Bridge, &Hazard, Option<&Detector>)> = Vec::new();
    let (mut unwatched, mut wrong) = (0, false);
    for bridge in here {
        // It is this bridge's failure, not the others'.
        if let Err(error) = catalogue.check(bridge).and_then(|()| bridge.is_built()) {
            eprintln!("toll: {error:#}");
            wrong = true;
            continue;
        }
        for hazard in &catalogue.hazards {
            if !hazards.is_empty() && !hazards.contains(&hazard.name) {
                continue;
            }
            let detector = detector(bridge, &hazard.name);
            match detector.and_then(|d| d.needs.as_ref()) {
                Some(need) if !hosts::is_there(need, &workspace.root) => {
                    ensure!(
                        !hosts::in_ci(),
                        "nothing may be skipped where CI=true: {}",
                        hosts::advice(need)
                    );
                    eprintln!(
                        "skipping {} {}: {}",
                        bridge.id,
                        hazard.name,
                        hosts::advice(need)
                    );
                    unwatched += 1;
                }
                _ => jobs.push((bridge, hazard, detector)),
            }
        }
    }
    let started = Instant::now();
    let rows = try_all(&jobs, Duration::from_secs(args.limit));
    if args.json {
        table::print_json(&rows)?;
    } else {
        table::print(summary(&rows))?;
        table::print_line(format_args!(
            "{} ok, {} not, {} skipped, in {:.0} s",
            rows.iter().filter(|row| row.ok).count(),
            rows.iter().filter(|row| !row.ok).count(),
            unwatched + skipped.len() * catalogue.hazards.len(),
            started.elapsed().as_secs_f64()
        ))?;
    }
    if wrong || rows.iter().any(|row| !row.ok) {
        return Ok(ExitCode::FAILURE);
    }
    if args.write || args.check {
        page::generated(workspace, &catalogue, &rows, args.write)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn detector<'a>(bridge: &'a Bridge, hazard: &str) -> Option<&'a Detector> {
    let mut detectors = bridge.detector.iter();
    detectors.find(|detector| detector.watches.iter().any(|name| name == hazard))
}

/// Tries all of them, as many at once as there are CPUs; rows in the order of `jobs`.
fn try_all<'a>(
    jobs: &[(&'a Bridge, &'a Hazard, Option<&Detector>)],
    limit: Duration,
) -> Vec<Row<'a>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&(bridge, hazard, detector)) = jobs.get(i) else {
                        return;
                    };
                    let row = try_one(bridge, hazard, detector, limit);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((i, row));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, row)| row).collect()
}

/// Tries one as often as it says, each time in a new process. What goes wrong once is the outcome.
fn try_one<'a>(
    bridge: &'a Bridge,
    hazard: &'a Hazard,
    detector: Option<&Detector>,
    limit: Duration,
) -> Row<'a> {
    let mut times = hazard.times;
    loop {
        // A runner that does not start is this bridge's failure, not the others'.
        let tried =
            trial::run(bridge, hazard, detector, limit).unwrap_or_else(|error| trial::Tried {
                outcome: "not started".into(),
                detail: format!("{error:#}"),
            });
        times -= 1;
        let kept = tried.outcome == hazard.promise;
        if times == 0 || !kept {
            return judge(bridge, hazard, tried);
        }
    }
}

fn judge<'a>(bridge: &'a Bridge, hazard: &'a Hazard, tried: trial::Tried) -> Row<'a> {
    let declared = bridge.hazard.iter().find(|e| e.name == hazard.name);
    let ok = match declared {
        Some(exception) => tried.outcome == exception.outcome,
        None => tried.outcome == hazard.promise,
    };
    let detail = match declared {
        Some(exception) if !ok && tried.outcome == hazard.promise => format!(
            "kept after all: take `{}` out where `toll list --resolved {}` says that it is declared as `{}`",
            hazard.name, bridge.id, exception.outcome
        ),
        Some(exception) if !ok => format!("declared is `{}`\n{}", exception.outcome, tried.detail),
        None if !ok => format!("promised is `{}`\n{}", hazard.promise, tried.detail),
        _ => tried.detail,
    };
    Row {
        bridge: &bridge.id,
        hazard: &hazard.name,
        outcome: tried.outcome,
        ok,
        promise: &hazard.promise,
        why: declared.map(|exception| exception.why.as_str()),
        detail,
    }
}

/// What failed, then a line a hazard and bridge.
fn summary(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows.iter().filter(|row| !row.ok) {
        out += &format!("FAIL {} {}: {}\n", row.bridge, row.hazard, row.outcome);
        for line in row.detail.lines() {
            out += &format!("  {line}\n");
        }
        out.push('\n');
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let how = match (row.ok, row.why) {
                (false, _) => "FAIL",
                (true, None) => "promised",
                (true, Some(_)) => "declared",
            };
            let cells = [row.bridge, row.hazard, &row.outcome, how];
            cells.map(String::from).to_vec()
        })
        .collect();
    out + &table::columns(&lines)
}
