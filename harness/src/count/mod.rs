//! `toll count`: what a crossing allocates on both sides, and how many instructions it takes. Counted, not timed:
//! every run says the same, so that a committed file and the claims of the bridges can be held to it.
//!
//! A runner is asked to time a shape with few and with many iterations. The difference of the counts over that of
//! the iterations is what a call costs: set-up, request and reply cancel.

mod allocations;
pub mod claims;
pub mod committed;
mod instructions;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::bridge::{Bridge, Role, Workspace};
use crate::hosts::{self, Ready};
use crate::machine;
use crate::page;
use crate::results::Failure;
use crate::runner::{Outcome, Runner};
use crate::shapes::{Shape, Shapes};
use crate::store::Stored;
use crate::table;
use crate::timing::{Clock, clock};
use allocations::{Allocations, Counted, Counter, Sides};
use committed::{Allocated, Count, Counts, HostVersion, SCHEMA};

/// Below the root.
const FILE: &str = Counts::FILE;
/// Of the sizes of a shape, the smallest and the largest of these are counted.
const SIZES: std::ops::RangeInclusive<u64> = 16..=4096;
/// How long the calls between few and many iterations may take, ns, and how many they may be.
const BUDGET_NS: f64 = 4e6;
const CALLS: [u64; 3] = [1024, 64, 8];
/// Bytes a call that may stay alive.
const LEAK: f64 = 1.0;
/// What stays alive is looked at again over so many requests, with so many times the calls, then with more:
/// a leak grows from request to request, and what a garbage collector has not got to comes and goes.
const LEAK_REQUESTS: usize = 8;
const LEAK_CALLS: [u64; 3] = [4, 16, 64];
/// The limit of one request.
const LIMIT: Duration = Duration::from_secs(30);

/// Arguments of `toll count`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges: `python`, `python/pyo3`, `c/*`; all when none is named. The baseline is counted with them.
    pub bridges: Vec<String>,
    /// A list of rows: bridge, shape, n, library and host (allocations and bytes a call), instructions.
    #[arg(long)]
    pub json: bool,
    /// Write bench/results/counts.json; what it says of bridges that are not named stays as it is.
    #[arg(long, conflicts_with = "json")]
    pub write: bool,
    /// Exit code 1 when bench/results/counts.json says otherwise.
    #[arg(long, conflicts_with_all = ["json", "write"])]
    pub check: bool,
}

/// A shape at a size, and the two numbers of iterations whose difference is counted.
#[derive(Debug, Clone, Copy)]
struct Slope<'a> {
    shape: &'a Shape,
    n: u64,
    few: u64,
    many: u64,
}

/// What became of a bridge.
struct Bridged {
    host: HostVersion,
    counts: Vec<Count>,
    problems: Vec<String>,
}

/// Counts, and compares with what is committed and claimed.
///
/// # Errors
/// When nothing is selected, or a tool that counting needs is missing.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let started = Instant::now();
    let shapes = Shapes::load(&workspace.root)?;
    let chosen = workspace.select(&args.bridges)?;
    let with_baseline = workspace.bridges.iter().filter(|bridge| {
        bridge.role == Role::Baseline || chosen.iter().any(|chosen| chosen.id == bridge.id)
    });
    let Ready { here, skipped } = hosts::ready(workspace, with_baseline.collect())?;
    let is_chosen = |bridge: &str| chosen.iter().any(|chosen| chosen.id == bridge);
    let with_instructions = |bridge: &&Bridge| workspace.host_of(bridge).count.instructions;
    let with_instructions: Vec<&str> = here
        .iter()
        .filter(|bridge| with_instructions(bridge))
        .map(|bridge| bridge.id.as_str())
        .collect();
    // The baseline alone is counted for what the claims need.
    let needed = with_instructions.iter().any(|bridge| is_chosen(bridge));
    let with_instructions = !with_instructions.is_empty() && has_valgrind(workspace, args, needed)?;
    let counter = Counter::build(&workspace.root)?;
    let committed = Counts::load(&workspace.root)?;
    ensure!(
        committed.is_some() || !args.check,
        "there is no {FILE}; run `toll count --write`"
    );

    let counting = Run {
        workspace,
        shapes: &shapes,
        counter: &counter,
        with_instructions,
        committed: committed.as_ref(),
    };
    let mut problems = Vec::new();
    let mut now = Counts {
        schema: SCHEMA,
        toolchain: machine::toolchain(&workspace.hosts, &workspace.root),
        hosts: Vec::new(),
        counts: Vec::new(),
    };
    for (bridge, bridged) in here.iter().zip(counting.all(&here)) {
        match bridged {
            Ok(bridged) => {
                now.hosts.push(bridged.host);
                now.counts.extend(bridged.counts);
                problems.extend(bridged.problems);
            }
            Err(error) => problems.push(format!("{}: {error:#}", bridge.id)),
        }
    }
    let judged = claims::judged(workspace, &shapes, &now);
    problems.extend(judged.broken);
    if judged.without_baseline > 0 {
        let baseline = workspace
            .baseline()
            .map(|id| format!(": ./just build {id}"));
        eprintln!(
            "{} claims are not looked at: they need the baseline's counts{}",
            judged.without_baseline,
            baseline.unwrap_or_default()
        );
    }
    if let Some(committed) = committed.as_ref().filter(|_| args.check) {
        let found = committed.differences(&now);
        for line in found.told {
            table::print_line(format_args!("another compiler or interpreter: {line}"))?;
        }
        problems.extend(found.failed);
        page::tell(FILE, &found.without, page::GENERATE);
    }

    if args.json {
        table::print_json(&now.counts)?;
    } else if !args.check && !args.write {
        table::print(columns(&now.counts))?;
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    if args.write {
        ensure!(
            problems.is_empty(),
            "{FILE} is not written while something is wrong"
        );
        if let Some(old) = committed {
            let known = |bridge: &str| workspace.bridges.iter().any(|b| b.id == bridge);
            // The rows of what is not named stay, of the baseline too.
            let stays = |bridge: &str| !is_chosen(bridge) && old.has(bridge);
            now.hosts.retain(|host| !stays(&host.bridge));
            now.counts.retain(|count| !stays(&count.bridge));
            now.keep_others(Counts {
                hosts: old.hosts.into_iter().filter(|h| known(&h.bridge)).collect(),
                counts: old
                    .counts
                    .into_iter()
                    .filter(|c| known(&c.bridge))
                    .collect(),
                ..old
            });
        }
        now.save(&workspace.root)?;
    }
    if !args.json {
        table::print_line(format_args!(
            "{} counted, {} wrong, {} bridges skipped, in {:.0} s",
            now.counts.len(),
            problems.len(),
            skipped.len(),
            started.elapsed().as_secs_f64()
        ))?;
        if args.check && !problems.is_empty() {
            table::print_line(
                "if it is meant to be so: `toll count --write` and `toll report --docs`",
            )?;
        }
    }
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn has_valgrind(workspace: &Workspace, args: &Args, needed: bool) -> Result<bool> {
    let need = instructions::need();
    if hosts::is_there(&need, &workspace.root) {
        return Ok(true);
    }
    if !needed {
        return Ok(false);
    }
    let advice = hosts::advice(&need);
    if args.write {
        bail!("the file holds instructions, too: {advice}");
    }
    if hosts::in_ci() {
        bail!("nothing may be skipped where CI=true: {advice}");
    }
    eprintln!("no instructions are counted: {advice}");
    Ok(false)
}

fn columns(counts: &[Count]) -> String {
    let head = ["bridge", "shape", "n", "library", "host", "instructions"];
    let mut lines = vec![head.map(String::from).to_vec()];
    lines.extend(counts.iter().map(|count| {
        vec![
            count.bridge.clone(),
            count.shape.clone(),
            count.n.to_string(),
            claims::side(count.library),
            claims::side(count.host),
            count
                .instructions
                .map_or_else(String::new, |i| i.to_string()),
        ]
    }));
    table::columns(&lines)
}

/// A run under way.
struct Run<'a> {
    workspace: &'a Workspace,
    shapes: &'a Shapes,
    counter: &'a Counter,
    with_instructions: bool,
    committed: Option<&'a Counts>,
}

impl Run<'_> {
    /// All bridges, as many at once as there are CPUs; in their order.
    fn all(&self, bridges: &[&Bridge]) -> Vec<Result<Bridged>> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(BTreeMap::new());
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some(bridge) = bridges.get(i) else {
                            return;
                        };
                        let bridged = self.one(bridge);
                        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                        done.insert(i, bridged);
                    }
                });
            }
        });
        let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.into_values().collect()
    }

    fn one(&self, bridge: &Bridge) -> Result<Bridged> {
        let how = &self.workspace.host_of(bridge).count;
        let mut bridge = bridge.clone();
        bridge.env.extend(how.env.clone());
        let mut counted = self.counter.start(&bridge)?;
        let offered = match counted.runner.ask("shapes", LIMIT) {
            Outcome::Reply(reply) => clock::expressions(&reply)
                .with_context(|| format!("`shapes`: {}", reply.join(" ")))?,
            other => bail!("`shapes`: {other:?}"),
        };
        let version = counted.runner.hello().host.clone();
        let mut bridged = Bridged {
            host: HostVersion {
                bridge: bridge.id.clone(),
                version: version.replace(&*self.workspace.root.to_string_lossy(), "."),
            },
            counts: Vec::new(),
            problems: Vec::new(),
        };
        let mut slopes = Vec::new();
        let is_offered = |shape: &&Shape| offered.contains_key(&shape.id);
        for shape in self.shapes.iter().filter(is_offered) {
            for n in sizes(shape) {
                let known = self.committed.and_then(|c| c.get(&bridge.id, &shape.id, n));
                let chosen = Slope::choose(&mut counted.runner, shape, n, known);
                let slope = match chosen {
                    Ok(slope) => counted.slope(&slope)?.map(|allocated| (slope, allocated)),
                    Err(failure) => Err(failure),
                };
                match slope {
                    Ok((slope, allocated)) => {
                        if let Some(leak) = leak(&mut counted, &slope, &allocated)? {
                            bridged.problems.push(format!(
                                "{} {} at n = {n}: {leak:.1} bytes a call are never freed",
                                bridge.id, shape.id
                            ));
                        }
                        let count = count(&bridge.id, &slope, counted.sides, &allocated);
                        bridged.counts.push(count);
                        slopes.push(slope);
                    }
                    Err(Failure { kind, detail }) => {
                        bridged.problems.push(format!(
                            "{} {} at n = {n}: {}: {detail}",
                            bridge.id,
                            shape.id,
                            kind.word()
                        ));
                        counted = self.counter.start(&bridge)?;
                    }
                }
            }
        }
        // One runner at a time.
        drop(counted);
        if self.with_instructions && how.instructions {
            match instructions::count(&bridge, &slopes, &self.workspace.root) {
                Ok(all) => {
                    for (count, instructions) in bridged.counts.iter_mut().zip(all) {
                        count.instructions = Some(instructions.round());
                    }
                }
                Err(error) => bridged.problems.push(format!("{}: {error:#}", bridge.id)),
            }
        }
        Ok(bridged)
    }
}

/// The sizes of a shape that are counted.
fn sizes(shape: &Shape) -> Vec<u64> {
    if shape.sizes == [0] {
        return vec![0];
    }
    let within = || shape.sizes.iter().copied().filter(|n| SIZES.contains(n));
    let mut sizes: Vec<u64> = within().min().into_iter().chain(within().max()).collect();
    sizes.dedup();
    sizes
}

impl<'a> Slope<'a> {
    /// As many calls as fit the budget, or as are known. The runner does the same either way: how often a table
    /// has grown before tells when it grows next.
    fn choose(
        runner: &mut Runner,
        shape: &'a Shape,
        n: u64,
        known: Option<&Count>,
    ) -> Result<Self, Failure> {
        let mut clock = Clock {
            runner,
            shape,
            n,
            limit: LIMIT,
        };
        // A cold call takes longer than the next.
        clock.time(1)?;
        let ns = clock.time(4)? / 4.0;
        let fits = |calls: &u64| *calls as f64 * ns <= BUDGET_NS;
        let chosen = CALLS.into_iter().find(fits).unwrap_or(CALLS[2]);
        let calls = known.map_or(chosen, |count| count.calls);
        Ok(Self {
            shape,
            n,
            few: calls / 2,
            many: calls / 2 + calls,
        })
    }
}

/// Bytes a call that stay alive however often they are counted.
fn leak(counted: &mut Counted, slope: &Slope, first: &Allocations) -> Result<Option<f64>> {
    let mut least = first.live;
    for times in LEAK_CALLS {
        if least <= LEAK {
            return Ok(None);
        }
        let calls = times * (slope.many - slope.few);
        match counted.living(slope, calls, LEAK_REQUESTS)? {
            Ok(living) => least = least.min(growth(&living) / calls as f64),
            Err(Failure { detail, .. }) => bail!("counted again: {detail}"),
        }
    }
    Ok((least > LEAK).then_some(least))
}

/// By how much the live bytes grow from one request to the next. The least of each half is taken: garbage that waits
/// for its collector at some of the requests does not count.
fn growth(living: &[i64]) -> f64 {
    let (early, late) = living.split_at(living.len() / 2);
    let least = |half: &[i64]| half.iter().min().map_or(0.0, |least| *least as f64);
    (least(late) - least(early)) / early.len() as f64
}

fn count(bridge: &str, slope: &Slope, sides: Sides, allocated: &Allocations) -> Count {
    let side = |(allocations, bytes): (f64, f64)| Allocated {
        allocations: hundredths(allocations),
        bytes: bytes.round() + 0.0,
    };
    let both = (
        allocated.library.0 + allocated.host.0,
        allocated.library.1 + allocated.host.1,
    );
    let (library, host) = match sides {
        Sides::Apart => (Some(side(allocated.library)), Some(side(allocated.host))),
        Sides::OneProgram => (Some(side(both)), None),
        Sides::HostOnly => (None, Some(side(both))),
    };
    Count {
        bridge: bridge.into(),
        shape: slope.shape.id.clone(),
        n: slope.n,
        calls: slope.many - slope.few,
        library,
        host,
        instructions: None,
    }
}

/// To two digits; and no minus before zero.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::growth;

    #[test]
    fn a_leak_grows_and_garbage_comes_and_goes() {
        assert_eq!(growth(&[0, 10, 20, 30, 40, 50, 60, 70]), 10.0);
        assert_eq!(
            growth(&[0, 900, 20, 30, 900, 50, 900, 70]),
            12.5,
            "garbage hides little"
        );
        assert_eq!(growth(&[0, 0, 900, 0, 900, 900, 0, 900]), 0.0);
        assert_eq!(
            growth(&[900, 900, 900, 0, 0, 0, 0, 0]),
            0.0,
            "freed at last"
        );
    }
}
