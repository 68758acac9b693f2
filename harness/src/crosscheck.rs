//! `toll bench --cross-check`: other tools time some of the same calls, and must agree.
//!
//! Which tool, and how it is started, a bridge says by its `crosscheck`, most often in its host's `host.toml`. From
//! each the same statistic is taken as from our own launches, so that what is compared is how they measure and not how
//! they summarise.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::bridge::{Bridge, CrossCheck, Workspace};
use crate::document::{Cell, Table};
use crate::document::{figures, markdown};
use crate::pin::Pinned;
use crate::results::Results;
use crate::{start, stats};

/// Times agree when they differ by no more than this share …
const SHARE: f64 = 0.20;
/// … or than this, in ns.
const NANOSECONDS: f64 = 2.0;
/// What counts as agreement, in words.
pub const ERROR: &str = "Two tools agree when they differ by no more than 20 % or 2 ns, whichever is \
    more: a call through a shared library's table costs 1 to 2 ns that criterion's static link does not \
    pay, a compiled loop moves by 0.3 ns with unrelated code, and whole processes differ by up to 10 % \
    with where their memory happens to lie. From either tool the fastest batch of a process is taken, and \
    the lower quartile over processes. A row that disagrees is timed again by both, twice at most, and \
    the faster time of either is kept: what disturbs a run only adds time.";

/// One case, timed by `toll` and by another tool. Times are ns a call.
#[derive(Debug, Clone, Serialize)]
pub struct Agreement {
    /// `host/strategy`.
    pub bridge: String,
    /// The shape's id.
    pub shape: String,
    /// The size; 0 for a shape without.
    pub n: u64,
    /// The other tool.
    pub tool: String,
    /// What `toll` measured.
    pub toll_ns: f64,
    /// What the other tool measured.
    pub tool_ns: f64,
    /// The first over the second.
    pub ratio: f64,
    /// Whether they are within the stated error.
    pub agrees: bool,
}

/// Runs the other tools for the bridges that `results` holds.
///
/// # Errors
/// When a tool is not there, fails, or writes something else than it should.
pub fn run(workspace: &Workspace, results: &Results, pinned: &Pinned) -> Result<Vec<Agreement>> {
    let mut agreement = Vec::new();
    for bridge in &workspace.bridges {
        let Some(other) = &bridge.crosscheck else {
            continue;
        };
        let measured = |case: &String| {
            let (shape, n) = shape_and_size(case).with_context(|| {
                format!(
                    "{}: crosscheck: `{case}` is no shape, and no shape:size",
                    bridge.id
                )
            })?;
            let toll_ns = headline(results, &bridge.id, shape, n);
            Ok(toll_ns.map(|ns| (case.clone(), ns)))
        };
        let cases: Vec<Option<(String, f64)>> =
            other.cases.iter().map(measured).collect::<Result<_>>()?;
        let cases: Vec<(String, f64)> = cases.into_iter().flatten().collect();
        if cases.is_empty() {
            continue;
        }
        // Built by every CPU, run on ours, where the runners ran.
        pinned.undone_for(|| {
            let mut lines = other.build.iter();
            lines.try_for_each(|line| finish(&mut start::shell(line, &bridge.root)).map(drop))
        })?;
        let names = cases.iter().map(|(case, _)| case.clone());
        let times = fastest(bridge, other, names.collect())?;
        for (case, toll_ns) in cases {
            let tool = &other.tool;
            let found = times.get(&case);
            let tool_ns =
                *found.with_context(|| format!("{tool} did not time {} {case}", bridge.id))?;
            if let Some(case) = shape_and_size(&case) {
                agreement.push(compare(&bridge.id, case, tool, toll_ns, tool_ns));
            }
        }
    }
    ensure!(
        !agreement.is_empty(),
        "--cross-check: no other tool times any of these bridges and shapes"
    );
    Ok(agreement)
}

/// The shape and size that a case names: `add`, `str_len:16`.
fn shape_and_size(case: &str) -> Option<(&str, u64)> {
    match case.split_once(':') {
        Some((shape, n)) => Some((shape, n.parse().ok()?)),
        None => Some((case, 0)),
    }
}

fn headline(results: &Results, bridge: &str, shape: &str, n: u64) -> Option<f64> {
    Some(results.case(bridge, shape, n)?.headline?.ns)
}

fn compare(
    bridge: &str,
    (shape, n): (&str, u64),
    tool: &str,
    toll_ns: f64,
    tool_ns: f64,
) -> Agreement {
    Agreement {
        bridge: bridge.into(),
        shape: shape.into(),
        n,
        tool: tool.into(),
        toll_ns,
        tool_ns,
        ratio: toll_ns / tool_ns,
        agrees: agree(toll_ns, tool_ns),
    }
}

fn agree(one: f64, other: f64) -> bool {
    (one - other).abs() <= (SHARE * one.min(other)).max(NANOSECONDS)
}

impl Agreement {
    /// Whether both rows are of one bridge, shape and size.
    #[must_use]
    pub fn is_same_case(&self, other: &Self) -> bool {
        self.bridge == other.bridge && self.shape == other.shape && self.n == other.n
    }

    /// Takes from a repetition whatever was faster, on either side: what disturbs a run only adds time.
    pub fn keep_faster(&mut self, again: &Self) {
        self.toll_ns = self.toll_ns.min(again.toll_ns);
        self.tool_ns = self.tool_ns.min(again.tool_ns);
        self.ratio = self.toll_ns / self.tool_ns;
        self.agrees = agree(self.toll_ns, self.tool_ns);
    }
}

/// Runs a tool to its end, and answers what it printed; it is shown only when it fails.
fn finish(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// What a tool says of a case: its fastest batch, or those of the processes that it started.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fastest {
    One(f64),
    Each(Vec<f64>),
}

/// The lower quartile over processes of each one's fastest batch, ns a call, by case.
fn fastest(
    bridge: &Bridge,
    other: &CrossCheck,
    cases: Vec<String>,
) -> Result<BTreeMap<String, f64>> {
    let words = [&other.command[..], &cases].concat();
    let mut bests: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..other.processes {
        let printed = finish(&mut start::of(bridge, &words)?)?;
        let printed = String::from_utf8_lossy(&printed);
        let last = printed.trim_end().lines().next_back().unwrap_or_default();
        let found: BTreeMap<String, Fastest> = serde_json::from_str(last).with_context(|| {
            format!(
                "{}: {} must print its times as JSON, and printed: {last:.200}",
                bridge.id, other.tool
            )
        })?;
        for (case, ns) in found {
            bests.entry(case).or_default().extend(match ns {
                Fastest::One(ns) => vec![ns],
                Fastest::Each(ns) => ns,
            });
        }
    }
    Ok(bests
        .into_iter()
        .filter_map(|(case, bests)| Some((case, stats::headline(&bests)?)))
        .collect())
}

/// The rows as a table.
pub fn as_table(agreement: &[Agreement]) -> Table {
    let header = [Cell::text("case"), Cell::text("bridge"), Cell::text("tool")];
    let figures = ["toll", "tool", "ratio"].map(Cell::figure);
    let mut table = Table::new(
        header
            .into_iter()
            .chain(figures)
            .chain([Cell::text("agrees")]),
    );
    for row in agreement {
        table.rows.push(vec![
            Cell::text(figures::case_name(&row.shape, row.n)),
            Cell::text(&row.bridge),
            Cell::text(&row.tool),
            Cell::figure(figures::time(row.toll_ns)),
            Cell::figure(figures::time(row.tool_ns)),
            Cell::figure(figures::ratio(row.ratio)),
            Cell::text(if row.agrees { "yes" } else { "no" }).marked(!row.agrees),
        ]);
    }
    table
}

/// The rows as text; nothing for none.
pub fn table(agreement: &[Agreement]) -> String {
    if agreement.is_empty() {
        String::new()
    } else {
        markdown::table(&as_table(agreement)) + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_relative_or_absolute() {
        let agrees = |toll, tool| compare("a/b", ("add", 0), "tool", toll, tool).agrees;
        assert!(agrees(3.4, 1.5) && agrees(1.5, 3.4), "less than 2 ns apart");
        assert!(!agrees(3.6, 1.5));
        assert!(agrees(119.0, 100.0) && agrees(100.0, 119.0));
        assert!(!agrees(121.0, 100.0) && !agrees(100.0, 121.0));
    }

    #[test]
    fn a_case_is_a_shape_with_or_without_a_size() {
        assert_eq!(shape_and_size("add"), Some(("add", 0)));
        assert_eq!(shape_and_size("str_len:16"), Some(("str_len", 16)));
        assert_eq!(shape_and_size("str_len:x"), None);
    }
}
