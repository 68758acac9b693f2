//! `toll bench --cross-check`: other tools time some of the same calls, and must agree.
//!
//! Criterion times Rust and the C ABI from `bench/benches/`; pyperf times every Python bridge from
//! `bench/python/pyperf_bench.py`, benchmark-ips every Ruby bridge from `bench/ruby/ips_bench.rb`, and
//! `bench/dotnet/` every .NET bridge by its Stopwatch. From each the same statistic is taken as from our
//! own launches, so that what is compared is how they measure and not how they summarise.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::bridge::{Bridge, Workspace};
use crate::document::{Cell, Table};
use crate::document::{figures, markdown};
use crate::pin::Pinned;
use crate::results::Results;
use crate::stats;

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

/// What criterion times, by the bridges' ids.
const CRITERION_BRIDGES: [&str; 2] = ["rust/direct", "c/cabi"];
const CRITERION_SHAPES: [&str; 4] = ["nop", "add", "record", "value_at_quantile"];
/// What a host's own tool times in every bridge that has it.
const HOST_CASES: [(&str, u64); 6] = [
    ("nop", 0),
    ("add", 0),
    ("str_len", 16),
    ("bytes_ends", 4096),
    ("record", 0),
    ("value_at_quantile", 0),
];
/// How many processes a host's own tool times a case in.
const PROCESSES: usize = 5;

/// A host's own tool: its name, and what has it time cases of one bridge.
type HostTool = (
    &'static str,
    fn(&Bridge, &[(&str, u64)]) -> Result<BTreeMap<String, f64>>,
);

fn host_tool(host: &str) -> Option<HostTool> {
    match host {
        "python" => Some(("pyperf", run_pyperf)),
        "ruby" => Some(("benchmark-ips", run_ips)),
        "dotnet" => Some(("Stopwatch", run_stopwatch)),
        _ => None,
    }
}

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
    let timed = |bridge: &str| results.bridge(bridge).is_some();
    if CRITERION_BRIDGES.into_iter().any(timed) {
        run_criterion(&workspace.root, pinned)?;
        for bridge in CRITERION_BRIDGES {
            for shape in CRITERION_SHAPES {
                if let Some(toll_ns) = headline(results, bridge, shape, 0) {
                    let tool_ns = criterion_time(&workspace.root, bridge, shape)?;
                    agreement.push(compare(bridge, (shape, 0), "criterion", toll_ns, tool_ns));
                }
            }
        }
    }
    for bridge in workspace.bridges.iter().filter(|b| timed(&b.id)) {
        let Some((tool, run)) = host_tool(bridge.host()) else {
            continue;
        };
        let measured =
            |(shape, n): &(&str, u64)| headline(results, &bridge.id, shape, *n).is_some();
        let cases: Vec<(&str, u64)> = HOST_CASES.into_iter().filter(measured).collect();
        if cases.is_empty() {
            continue;
        }
        let times = run(bridge, &cases)?;
        for case in cases {
            let name = figures::case_name(case.0, case.1);
            let found = times.get(&name);
            let tool_ns =
                *found.with_context(|| format!("{tool} did not time {} {name}", bridge.id))?;
            if let Some(toll_ns) = headline(results, &bridge.id, case.0, case.1) {
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

fn run_criterion(root: &Path, pinned: &Pinned) -> Result<()> {
    let cargo = |args: &[&str]| {
        let mut command = Command::new("cargo");
        command
            .current_dir(root)
            .args(["bench", "--quiet", "-p", "tollbridge-bench"])
            .args(args);
        command
    };
    // Built by every CPU, run on ours, where the runners ran.
    pinned.undone_for(|| finish(&mut cargo(&["--no-run"])))?;
    let quick = ["--noplot", "--warm-up-time", "1", "--measurement-time", "2"];
    finish(&mut cargo(
        &[&["--bench", "core", "--bench", "cabi", "--"][..], &quick].concat(),
    ))?;
    Ok(())
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

/// Criterion's samples: calls and ns of each batch.
#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

/// The fastest batch of criterion's one process, ns a call.
fn criterion_time(root: &Path, bridge: &str, shape: &str) -> Result<f64> {
    let folder = bridge.replace('/', "_");
    let path = root.join(format!("target/criterion/{folder}/{shape}/new/sample.json"));
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let sample: Sample = serde_json::from_str(&text).context(path.display().to_string())?;
    let calls = sample
        .times
        .iter()
        .zip(&sample.iters)
        .map(|(ns, calls)| ns / calls);
    calls
        .min_by(f64::total_cmp)
        .with_context(|| format!("{}: no sample", path.display()))
}

/// Has pyperf time cases of one bridge, in the interpreter and environment of its runner.
fn run_pyperf(bridge: &Bridge, cases: &[(&str, u64)]) -> Result<BTreeMap<String, f64>> {
    let (Some(python), Some(module)) = (bridge.runner.first(), bridge.runner.last()) else {
        anyhow::bail!("{}: no runner", bridge.id);
    };
    let output = bridge.root.join("target/toll/pyperf.json");
    fs::create_dir_all(bridge.root.join("target/toll"))?;
    // It refuses to replace a file.
    let _ = fs::remove_file(&output);
    // A path is meant from the root, as in `bridge.toml`; a bare name is looked for.
    let python = if python.contains('/') {
        bridge.root.join(python)
    } else {
        python.into()
    };
    let mut command = Command::new(python);
    command
        .current_dir(&bridge.root)
        .arg("bench/python/pyperf_bench.py");
    set_environment(&mut command, bridge);
    let names: Vec<&str> = bridge.env.keys().map(String::as_str).collect();
    if !names.is_empty() {
        command.arg("--inherit-environ").arg(names.join(","));
    }
    command.args(["--module", module]);
    for (shape, n) in cases {
        command.arg("--case").arg(figures::case_name(shape, *n));
    }
    command.args([
        "--quiet",
        "--processes",
        &PROCESSES.to_string(),
        "--values",
        "5",
        "--min-time",
        "0.005",
        "-o",
    ]);
    finish(command.arg(&output)).context("pyperf; install it with `pip install pyperf`")?;
    let text =
        fs::read_to_string(&output).with_context(|| format!("reading {}", output.display()))?;
    let suite: Suite = serde_json::from_str(&text).context(output.display().to_string())?;
    let names = cases.iter().map(|(shape, n)| figures::case_name(shape, *n));
    Ok(names
        .filter_map(|name| Some((name.clone(), suite.time(&name)?)))
        .collect())
}

/// Has benchmark-ips time cases of one bridge, in the interpreter and environment of its runner.
fn run_ips(bridge: &Bridge, cases: &[(&str, u64)]) -> Result<BTreeMap<String, f64>> {
    let [ruby, .., library, module] = &bridge.runner[..] else {
        anyhow::bail!("{}: no runner", bridge.id);
    };
    let mut command = Command::new(ruby);
    command.args(["bench/ruby/ips_bench.rb", library, module]);
    fastest_of_processes(bridge, command, cases)
}

/// Has a program of `bench/dotnet` time cases of one bridge, whose library it is compiled with.
fn run_stopwatch(bridge: &Bridge, cases: &[(&str, u64)]) -> Result<BTreeMap<String, f64>> {
    let dotnet = bridge.root.join("scripts/dotnet");
    let strategy = bridge.strategy();
    let mut build = Command::new(&dotnet);
    build
        .current_dir(&bridge.root)
        .args(["build", "bench/dotnet/Bench.csproj", "-nologo"])
        .args(["-c", "Release", &format!("-p:Bridge={strategy}")]);
    finish(&mut build)?;
    let mut command = Command::new(dotnet);
    command.arg(format!("bindings/dotnet/build/bench-{strategy}/bench.dll"));
    fastest_of_processes(bridge, command, cases)
}

/// The lower quartile over processes of what each prints: a JSON object with the ns a call of each
/// case's fastest batch. The command lacks the cases' names.
fn fastest_of_processes(
    bridge: &Bridge,
    mut command: Command,
    cases: &[(&str, u64)],
) -> Result<BTreeMap<String, f64>> {
    command
        .current_dir(&bridge.root)
        .args(cases.iter().map(|(shape, n)| figures::case_name(shape, *n)));
    set_environment(&mut command, bridge);
    let mut bests: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..PROCESSES {
        let output = finish(&mut command)?;
        let fastest: BTreeMap<String, f64> =
            serde_json::from_slice(&output).with_context(|| format!("what {command:?} printed"))?;
        for (name, ns) in fastest {
            bests.entry(name).or_default().push(ns);
        }
    }
    Ok(bests
        .into_iter()
        .filter_map(|(name, bests)| Some((name, stats::headline(&bests)?)))
        .collect())
}

/// The environment of a bridge's runner.
fn set_environment(command: &mut Command, bridge: &Bridge) {
    let root = bridge.root.to_string_lossy();
    for (name, value) in &bridge.env {
        command.env(name, value.replace("${ROOT}", &root));
    }
}

/// What pyperf writes, as far as it is needed here.
#[derive(Deserialize)]
struct Suite {
    benchmarks: Vec<Benchmark>,
    /// What all benchmarks share, which for one alone is its name too.
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Benchmark {
    metadata: Option<Metadata>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Metadata {
    name: Option<String>,
}

/// One process; one that only calibrates has no values.
#[derive(Deserialize)]
struct Run {
    #[serde(default)]
    values: Vec<f64>,
}

impl Suite {
    /// The lower quartile over processes of each one's fastest batch, ns a call.
    fn time(&self, name: &str) -> Option<f64> {
        let is_named = |b: &&Benchmark| {
            let own = b.metadata.as_ref().and_then(|m| m.name.as_ref());
            own.or(self.metadata.name.as_ref())
                .is_some_and(|n| n == name)
        };
        let runs = &self.benchmarks.iter().find(is_named)?.runs;
        let bests: Vec<f64> = runs
            .iter()
            .filter_map(|r| r.values.iter().copied().min_by(f64::total_cmp))
            .collect();
        Some(stats::headline(&bests)? * 1e9)
    }
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
    fn pyperf_output_is_read() {
        let text = r#"{"version": "1.0", "metadata": {"unit": "second"}, "benchmarks": [
            {"metadata": {"name": "add"}, "runs": [{"warmups": [[1, 5e-8]]},
             {"values": [5e-8, 4e-8]}, {"values": [6e-8, 7e-8]}]}]}"#;
        let suite: Suite = serde_json::from_str(text).unwrap();
        assert_eq!(suite.time("add"), Some(45.0));
        assert_eq!(suite.time("nop"), None);
    }
}
