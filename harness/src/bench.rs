//! `toll bench`: times every shape on every bridge. `bench/METHODOLOGY.md` says why it does what it does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bridge::{Bridge, Role, Workspace};
use crate::canary::{self, Canary};
use crate::check::Checked;
use crate::crosscheck::{self, Agreement};
use crate::machine::{self, Machine};
use crate::pin::Pinned;
use crate::results::{
    Absent, BridgeRun, Case, Failure, FailureKind, Library, Results, SCHEMA, Settings, Vectors,
    significant,
};
use crate::runner::{Outcome, Runner};
use crate::shapes::{EMPTY, Shape, Shapes};
use crate::{check, report, stats, table};

/// Bytes that fresh objects may take in a runner, with 64 for each object's head.
const FRESH_BYTES: u64 = 16 << 20;
/// Batches that a launch of a slow case may spend together, ns.
const SLOW_CASE_NS: f64 = 60e6;
/// A batch that warms up is at least so long, ns: short, since compilers count the calls of a loop's function too.
const WARM_BATCH_NS: f64 = 1e5;
/// A batch longer than this is not repeated for a slow canary.
const REPEATABLE_NS: f64 = 20e6;
/// Repeats of one batch, at most.
const REPEATS: u32 = 3;
/// Repeats of a cross-check that did not agree, at most.
const CROSS_CHECK_REPEATS: u32 = 2;

/// Arguments of `toll bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges to time: `python`, `python/pyo3`, `c/*`; all when none is named. The baseline and the
    /// floor of each host are timed with them.
    pub bridges: Vec<String>,
    /// Time only this shape (of `bench/shapes.toml`), at one size or at all of its sizes. Repeatable.
    #[arg(long = "shape", value_name = "ID[:N]")]
    pub shapes: Vec<String>,
    /// Five launches in a few minutes (the default).
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Twenty launches, sizes between, one process for each bridge and shape: an hour.
    #[arg(long)]
    pub full: bool,
    /// Exactly so many launches, instead of the profile's number and more for what was slow.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub launches: Option<u32>,
    /// Seed of the order in which bridges and shapes are timed; the clock's by default.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Seconds that one request may take before it counts as hung.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub limit: u64,
    /// Where to write, instead of `target/toll/bench/<time>` (which `latest` then points to).
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Keep the results, without single batches, too: as `bench/results/runs/<NAME>.json`, or with the name
    /// `reference` as `bench/results/reference.json`, which the documents quote.
    #[arg(long, value_name = "NAME")]
    pub save: Option<String>,
    /// Ask criterion and the hosts' own tools as well, and fail where they tell another time.
    #[arg(long)]
    pub cross_check: bool,
    /// Print the rows of the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How thorough a run is.
#[derive(Clone, Copy)]
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) launches: u32,
    /// At most so many more, of what stood in a slow phase of the machine too often.
    pub(crate) more_launches: u32,
    batches: u32,
    batch_target_ns: f64,
    finer_sizes: bool,
    process_per_shape: bool,
}

pub(crate) const QUICK: Profile = Profile {
    name: "quick",
    launches: 5,
    more_launches: 10,
    batches: 5,
    batch_target_ns: 1.5e6,
    finer_sizes: false,
    process_per_shape: false,
};

const FULL: Profile = Profile {
    name: "full",
    launches: 20,
    more_launches: 20,
    batches: 8,
    batch_target_ns: 2e6,
    finer_sizes: true,
    process_per_shape: true,
};

/// Times the selected bridges, writes results and report, and prints where they are.
///
/// # Errors
/// When an argument is wrong, or nothing could be timed or written. What goes wrong in a runner is a
/// result, and makes the exit code 1.
pub fn run(workspace: &Workspace, args: Args) -> Result<ExitCode> {
    let shapes = Shapes::load(&workspace.root)?;
    let mut profile = if args.full { FULL } else { QUICK };
    if let Some(launches) = args.launches {
        (profile.launches, profile.more_launches) = (launches, 0);
    }
    let keys = keys(&shapes, &args.shapes, &profile)?;
    let bridges = with_baselines(workspace, workspace.select(&args.bridges)?);
    if let Some(name) = &args.save {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        ensure!(
            name.chars().all(plain),
            "--save {name}: letters, digits, `-`, `_` and `.` only"
        );
    }

    let started = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let seed = args
        .seed
        .unwrap_or_else(|| fastrand::u64(..u64::from(u32::MAX)));
    // Before pinning, which would leave one CPU to count.
    let machine = Machine::read();
    let pinned = Pinned::to_last_cpu()?;
    let plan = Plan {
        workspace,
        machine,
        profile,
        limit: Duration::from_secs(args.limit),
        pinned: &pinned,
        started: &started,
        seed,
    };
    let results = plan.time(&bridges, &keys)?;

    let out = match &args.out {
        Some(out) => out.clone(),
        None => workspace.root.join(RUNS).join(started.replace(':', "")),
    };
    fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    results.save(&out.join(RESULT), &workspace.root)?;
    if let Some(name) = &args.save {
        report::kept::save(&results, name, &workspace.root)?;
    }
    if args.out.is_none() {
        point_latest_to(&out)?;
    }

    let agreement = match args.cross_check {
        true => plan.cross_check(&results, &bridges, &keys)?,
        false => Vec::new(),
    };
    let beside = report::Beside::load(workspace)?;
    report::write(&results, &shapes, beside, &agreement, &out)?;
    let disagreements = agreement.iter().filter(|row| !row.agrees).count();
    if args.json {
        match args.cross_check {
            true => table::print_json(&agreement)?,
            false => table::print_json(&report::rows::rows(
                &results,
                &report::rows::DoesLess::of(&workspace.bridges),
            ))?,
        }
    } else {
        table::print(crosscheck::table(&agreement))?;
        table::print_line(summary(&results))?;
        table::print_line(format_args!("report: {}", out.join(report::PAGE).display()))?;
    }
    let failed = results.cases.iter().any(|c| c.failure.is_some()) || !results.absent.is_empty();
    Ok(if failed || disagreements > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Where runs are kept, below the root.
const RUNS: &str = "target/toll/bench";
/// The results' file name.
const RESULT: &str = "result.json";

/// The results of the latest run that had no `--out`.
pub fn latest(root: &Path) -> PathBuf {
    root.join(RUNS).join("latest").join(RESULT)
}

fn point_latest_to(out: &Path) -> Result<()> {
    let (Some(runs), Some(name)) = (out.parent(), out.file_name()) else {
        return Ok(());
    };
    let latest = runs.join("latest");
    if latest.symlink_metadata().is_ok() {
        fs::remove_file(&latest).with_context(|| format!("replacing {}", latest.display()))?;
    }
    std::os::unix::fs::symlink(name, &latest)
        .with_context(|| format!("linking {}", latest.display()))
}

fn summary(results: &Results) -> String {
    let mut text = format!(
        "{} bridges, {} cases, {} launches, {} s",
        results.bridges.len(),
        results.cases.len(),
        results.settings.launches,
        results.seconds
    );
    for absent in &results.absent {
        text += &format!("\nnot timed: {}: {}", absent.bridge, absent.why);
    }
    for case in &results.cases {
        if let Some(Failure { kind, detail }) = &case.failure {
            let name = report::figures::case_name(&case.shape, case.n);
            text += &format!("\n{}: {} {name}: {detail}", kind.word(), case.bridge);
        }
    }
    text
}

/// A shape at a size.
pub(crate) type Key<'a> = (&'a Shape, u64);

/// What to time: the shapes named, or all; always with the empty loop.
fn keys<'a>(shapes: &'a Shapes, named: &[String], profile: &Profile) -> Result<Vec<Key<'a>>> {
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
fn with_baselines<'a>(workspace: &'a Workspace, chosen: Vec<&'a Bridge>) -> Vec<&'a Bridge> {
    let is_chosen = |bridge: &Bridge| chosen.iter().any(|c| c.id == bridge.id);
    let is_compared = |bridge: &Bridge| {
        bridge.id == report::rows::BASELINE
            || bridge.role == Role::Floor && chosen.iter().any(|c| c.host() == bridge.host())
    };
    workspace
        .bridges
        .iter()
        .filter(|b| is_chosen(b) || is_compared(b))
        .collect()
}

/// All that a run needs but what to time.
pub(crate) struct Plan<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) machine: Machine,
    pub(crate) profile: Profile,
    pub(crate) limit: Duration,
    pub(crate) pinned: &'a Pinned,
    pub(crate) started: &'a str,
    pub(crate) seed: u64,
}

impl<'a> Plan<'a> {
    pub(crate) fn time(&self, bridges: &[&'a Bridge], keys: &[Key<'a>]) -> Result<Results> {
        let bench = Bench {
            workspace: self.workspace,
            // Results of another version say nothing.
            checked: check::load_results(self.workspace).unwrap_or_default(),
            machine: self.machine.clone(),
            profile: self.profile,
            limit: self.limit,
            pinned: self.pinned,
            rng: Rng::with_seed(self.seed),
            canary: Canary::warmed_up(),
            repeats_left: 0,
            bridges: Vec::new(),
            absent: Vec::new(),
            cases: Vec::new(),
        };
        bench.run(bridges, keys, self.started, self.seed)
    }

    /// Asks the other tools. Where they disagree, both are asked again: one of them may have met a
    /// slow phase of the machine.
    fn cross_check(
        &self,
        results: &Results,
        bridges: &[&'a Bridge],
        keys: &[Key<'a>],
    ) -> Result<Vec<Agreement>> {
        let mut rows = crosscheck::run(self.workspace, results, self.pinned)?;
        for _ in 0..CROSS_CHECK_REPEATS {
            let open: Vec<&Agreement> = rows.iter().filter(|row| !row.agrees).collect();
            if open.is_empty() {
                break;
            }
            let is_open = |key: &Key| open.iter().any(|r| r.shape == key.0.id && r.n == key.1);
            let bridges: Vec<_> = bridges
                .iter()
                .copied()
                .filter(|b| open.iter().any(|r| r.bridge == b.id))
                .collect();
            let keys: Vec<Key> = keys.iter().copied().filter(is_open).collect();
            let again = self.time(&bridges, &keys)?;
            for row in crosscheck::run(self.workspace, &again, self.pinned)? {
                if let Some(first) = rows.iter_mut().find(|first| first.is_same_case(&row)) {
                    first.keep_faster(&row);
                }
            }
        }
        Ok(rows)
    }
}

/// A run under way.
struct Bench<'a> {
    workspace: &'a Workspace,
    /// What the last `toll check` said.
    checked: Vec<Checked>,
    machine: Machine,
    profile: Profile,
    limit: Duration,
    pinned: &'a Pinned,
    rng: Rng,
    canary: Canary,
    /// A machine that stays slow must not make the run endless.
    repeats_left: u32,
    bridges: Vec<(&'a Bridge, BridgeRun)>,
    absent: Vec<Absent>,
    cases: Vec<Timed<'a>>,
}

/// A case and what is timed in it.
struct Timed<'a> {
    bridge: usize,
    shape: &'a Shape,
    case: Case,
}

impl Timed<'_> {
    fn is(&self, (shape, n): &Key) -> bool {
        self.shape.id == shape.id && self.case.n == *n
    }
}

impl<'a> Bench<'a> {
    fn run(
        mut self,
        bridges: &[&'a Bridge],
        keys: &[Key<'a>],
        started: &str,
        seed: u64,
    ) -> Result<Results> {
        let clock = Instant::now();
        for bridge in bridges {
            if let Err(error) = self.survey(bridge, keys) {
                self.absent.push(Absent {
                    bridge: bridge.id.clone(),
                    why: format!("{error:#}"),
                });
            }
        }
        ensure!(
            !self.cases.is_empty(),
            "nothing to time: {}",
            self.absent
                .iter()
                .map(|a| a.why.as_str())
                .collect::<Vec<_>>()
                .join("; ")
        );
        self.repeats_left = self.cases.len() as u32 * self.profile.launches * self.profile.batches;
        let bar = progress_bar(self.cases.len() as u64 * u64::from(self.profile.launches));
        for launch in 0..self.profile.launches {
            let last = launch + 1 == self.profile.launches;
            for mut group in self.groups(keys) {
                self.rng.shuffle(&mut group);
                self.time_group(&group, last, &bar);
            }
        }
        for _ in 0..self.profile.more_launches {
            let unsure = self.unsure(keys);
            if unsure.is_empty() {
                break;
            }
            let cases = |key: &Key| self.cases.iter().filter(|timed| timed.is(key)).count() as u64;
            bar.inc_length(unsure.iter().map(cases).sum());
            for mut group in self.groups(&unsure) {
                self.rng.shuffle(&mut group);
                self.time_group(&group, false, &bar);
            }
        }
        bar.finish_and_clear();

        for timed in &mut self.cases {
            timed.case.conclude();
        }
        let (commit, dirty) = machine::commit(&self.workspace.root);
        Ok(Results {
            schema: SCHEMA,
            started: started.into(),
            seconds: clock.elapsed().as_secs(),
            toll: env!("CARGO_PKG_VERSION").into(),
            commit,
            dirty,
            settings: Settings {
                profile: self.profile.name.into(),
                launches: self.profile.launches,
                batches: self.profile.batches,
                batch_target_ns: self.profile.batch_target_ns,
                canary_limit: canary::LIMIT,
                seed,
                cpu: self.pinned.cpu,
            },
            machine: self.machine,
            toolchain: machine::toolchain(),
            canary_best_ns: self.canary.best(),
            absent: self.absent,
            bridges: self.bridges.into_iter().map(|(_, run)| run).collect(),
            cases: self.cases.into_iter().map(|timed| timed.case).collect(),
        })
    }

    /// Starts a bridge once to learn what it is and what it can time.
    fn survey(&mut self, bridge: &'a Bridge, keys: &[Key<'a>]) -> Result<()> {
        let mut runner = self.start(bridge)?;
        let expressions = match runner.ask("shapes", self.limit) {
            Outcome::Reply(reply) => expressions(&reply)
                .with_context(|| format!("{}: `shapes`: {}", bridge.id, reply.join(" ")))?,
            other => anyhow::bail!("{}: `shapes`: {other:?}", bridge.id),
        };
        let library = runner.hello().library.as_deref();
        let library = library
            .map(|path| machine::library(path, &self.workspace.root))
            .transpose()?;
        let run = BridgeRun {
            id: bridge.id.clone(),
            host: bridge.host().into(),
            role: bridge.role,
            host_version: runner.hello().host.clone(),
            versions: bridge.versions.clone(),
            vectors: self.vectors(&bridge.id, library.as_ref()),
            library,
            pinned: bridge.pin,
            processes: 0,
            stats: BTreeMap::new(),
            expressions,
        };
        for (shape, n) in keys {
            if run.expressions.contains_key(&shape.id) {
                let case = Case::new(&bridge.id, &shape.id, *n);
                self.cases.push(Timed {
                    bridge: self.bridges.len(),
                    shape,
                    case,
                });
            }
        }
        self.bridges.push((bridge, run));
        Ok(())
    }

    /// What was last found out about this library; a row about an earlier build says nothing.
    fn vectors(&self, bridge: &str, library: Option<&Library>) -> Option<Vectors> {
        let identity = library.map(|library| &library.identity);
        let mut rows = self.checked.iter();
        let row = rows.find(|row| row.bridge == bridge && row.library.as_ref() == identity)?;
        Some(Vectors {
            passed: row.passed,
            failed: row.failures(),
            unsupported: row.unsupported,
        })
    }

    /// Starts a runner where its `pin` says, in its host's environment for timing.
    fn start(&self, bridge: &Bridge) -> Result<Runner> {
        let env = &self.workspace.host_of(bridge).bench.env;
        let mut bridge = bridge.clone();
        bridge.env.extend(env.clone());
        match bridge.pin {
            true => Runner::start_on(&bridge, Some(self.pinned.cpu)),
            false => self.pinned.undone_for(|| Runner::start(&bridge)),
        }
    }

    /// Keys of which some bridge was timed in a slow phase more than half the time, so that its
    /// lower quartile may be slow too. All bridges are timed again, to keep them side by side.
    fn unsure<'k>(&self, keys: &[Key<'k>]) -> Vec<Key<'k>> {
        let is_unsure = |key: &&Key| {
            let mut timed = self.cases.iter().filter(|timed| timed.is(key));
            timed.any(|Timed { case, .. }| 2 * case.slow_launches as usize > case.best_ns.len())
        };
        keys.iter().filter(is_unsure).copied().collect()
    }

    /// Keys that share their processes, in random order.
    fn groups<'k>(&mut self, keys: &[Key<'k>]) -> Vec<Vec<Key<'k>>> {
        if !self.profile.process_per_shape {
            return vec![keys.to_vec()];
        }
        let mut groups: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
        for key in keys {
            groups.entry(&key.0.id).or_default().push(*key);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        self.rng.shuffle(&mut groups);
        groups
    }

    /// One launch of a group's keys, bridges in random order at each key.
    fn time_group(&mut self, group: &[Key], last: bool, bar: &ProgressBar) {
        let mut slots: Vec<Slot> = self.bridges.iter().map(|_| Slot::default()).collect();
        for (shape, n) in group {
            let mut order: Vec<usize> = (0..self.cases.len())
                .filter(|i| self.cases[*i].is(&(shape, *n)))
                .collect();
            self.rng.shuffle(&mut order);
            for index in order {
                let Timed {
                    bridge,
                    shape,
                    ref case,
                } = self.cases[index];
                bar.set_message(format!("{} {}", case.bridge, case.shape));
                // Not again: a hang costs its time limit each time.
                if case.failure.is_none() {
                    let outcome = self.launch(&mut slots[bridge], bridge, shape, index);
                    self.cases[index].case.failure = outcome.err();
                }
                bar.inc(1);
            }
        }
        if last {
            for (slot, (_, run)) in slots.iter_mut().zip(&mut self.bridges) {
                if let Some(Outcome::Reply(reply)) =
                    slot.runner.as_mut().map(|r| r.ask("stats", self.limit))
                {
                    for (word, count) in counts(&reply) {
                        *run.stats.entry(word).or_default() += count;
                    }
                }
            }
        }
    }

    /// One launch of one case. A runner that ended is taken out of its slot.
    fn launch(
        &mut self,
        slot: &mut Slot,
        bridge: usize,
        shape: &Shape,
        index: usize,
    ) -> Result<(), Failure> {
        let runner = match &mut slot.runner {
            Some(runner) => runner,
            None => {
                let crashed = |e| Failure {
                    kind: FailureKind::Crashed,
                    detail: format!("{e:#}"),
                };
                self.bridges[bridge].1.processes += 1;
                let runner = self.start(self.bridges[bridge].0).map_err(crashed)?;
                slot.runner.insert(runner)
            }
        };
        let n = self.cases[index].case.n;
        let mut clock = Clock {
            runner,
            shape,
            n,
            limit: self.limit,
        };
        let host = self.workspace.host_of(self.bridges[bridge].0);
        let warm = match slot.warm.insert(shape.id.clone()) {
            true => clock.warm_up(Duration::from_secs_f64(host.bench.warm_up)),
            false => Ok(()),
        };
        let iterations = warm.and_then(|()| match self.cases[index].case.iterations {
            0 => clock.calibrate(self.profile.batch_target_ns),
            known => Ok(known),
        });
        let timed = iterations.and_then(|iterations| {
            self.cases[index].case.iterations = iterations;
            self.time_batches(&mut clock, iterations)
        });
        match timed {
            Ok(batches) => {
                self.cases[index].case.add_launch(&batches, &self.canary);
                Ok(())
            }
            Err(failure) => {
                if matches!(failure.kind, FailureKind::Crashed | FailureKind::Hung) {
                    *slot = Slot::default();
                }
                Err(failure)
            }
        }
    }

    /// A discarded batch to warm up, then those that count, each between two canaries.
    fn time_batches(&mut self, clock: &mut Clock, iterations: u64) -> Result<Vec<Batch>, Failure> {
        let warm = clock.time(iterations)?;
        let affordable = (SLOW_CASE_NS / warm.max(1.0)) as u32;
        let mut batches = Vec::new();
        for _ in 0..self.profile.batches.min(affordable).max(2) {
            let mut repeats = 0;
            let batch = loop {
                let before = self.canary.sing();
                let ns = clock.time(iterations)?;
                let canary = before.max(self.canary.sing());
                let again = self.canary.is_slow(canary)
                    && ns < REPEATABLE_NS
                    && repeats < REPEATS
                    && self.repeats_left > 0;
                if !again {
                    break Batch { ns, canary };
                }
                repeats += 1;
                self.repeats_left -= 1;
            };
            batches.push(batch);
        }
        Ok(batches)
    }
}

/// A bridge's process, started when it is first needed, and the shapes that it is warm for.
#[derive(Default)]
struct Slot {
    runner: Option<Runner>,
    warm: BTreeSet<String>,
}

fn progress_bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {eta} left  {msg}");
    let bar = ProgressBar::new(length);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// One batch: the time of all its calls, and the slower of its two canaries, in ns.
struct Batch {
    ns: f64,
    canary: f64,
}

impl Case {
    fn add_launch(&mut self, batches: &[Batch], canary: &Canary) {
        let calls = self.iterations as f64;
        let Some(best) = batches.iter().min_by(|a, b| a.ns.total_cmp(&b.ns)) else {
            return;
        };
        let times: Vec<f64> = batches.iter().map(|b| b.ns).collect();
        let Some(median) = stats::median(&times) else {
            return;
        };
        self.best_ns.push(significant(best.ns / calls));
        self.median_ns.push(significant(median / calls));
        self.slow_launches += u32::from(canary.is_slow(best.canary));
        if let Some(raw) = &mut self.raw {
            raw.batch_ns.push(times);
            raw.canary_ns
                .push(batches.iter().map(|b| b.canary).collect());
        }
    }
}

/// Asks one runner for times of one shape at one size.
pub(crate) struct Clock<'a> {
    pub(crate) runner: &'a mut Runner,
    pub(crate) shape: &'a Shape,
    pub(crate) n: u64,
    pub(crate) limit: Duration,
}

impl Clock<'_> {
    /// The time of one batch, ns, when its check value is right.
    pub(crate) fn time(&mut self, iterations: u64) -> Result<f64, Failure> {
        let request = format!("time {} {} {iterations} 1", self.shape.id, self.n);
        let fail = |kind, detail| Err(Failure { kind, detail });
        let reply = match self.runner.ask(&request, self.limit) {
            Outcome::Reply(reply) => reply,
            Outcome::Died(how) => return fail(FailureKind::Crashed, how),
            Outcome::Hung => {
                return fail(
                    FailureKind::Hung,
                    format!("no reply in {:?}: {request}", self.limit),
                );
            }
        };
        let words: Vec<&str> = reply.iter().map(String::as_str).collect();
        let parsed = match words[..] {
            ["ok", "1", ns, check] => ns.parse::<f64>().ok().zip(check.parse::<i128>().ok()),
            _ => None,
        };
        let expected = self.shape.check.value(self.n, iterations);
        match parsed {
            Some((ns, check)) if check == expected && ns >= 0.0 => Ok(ns),
            Some((_, check)) => fail(
                FailureKind::Void,
                format!("the check value is {check}, not {expected}: {request}"),
            ),
            None => fail(
                FailureKind::Refused,
                format!("{request}: {}", reply.join(" ")),
            ),
        }
    }

    /// Repeats batches for so long, until what is compiled at run time is compiled for good.
    fn warm_up(&mut self, long: Duration) -> Result<(), Failure> {
        let started = Instant::now();
        let mut iterations = 1;
        while started.elapsed() < long {
            if self.time(iterations)? < WARM_BATCH_NS {
                iterations = (2 * iterations).min(self.most_iterations());
            }
        }
        Ok(())
    }

    /// Fresh objects of one batch are made before it.
    fn most_iterations(&self) -> u64 {
        match self.shape.makes_fresh_objects() {
            true => (FRESH_BYTES / (self.n + 64)).max(1),
            false => u64::MAX,
        }
    }

    /// How many calls make a batch of about the target time. The first calls are cold (lazy binding,
    /// imports, caches), so none of them decides.
    fn calibrate(&mut self, target_ns: f64) -> Result<u64, Failure> {
        self.time(1)?;
        self.time(1)?;
        let most = self.most_iterations();
        let mut iterations = 1;
        loop {
            let ns = self.time(iterations)?.max(1.0);
            let wanted = iterations as f64 * target_ns / ns;
            if ns >= target_ns / 2.0 || iterations == most {
                return Ok((wanted as u64).clamp(1, most));
            }
            let next = wanted.min(iterations as f64 * 10.0).ceil() as u64;
            iterations = next.clamp(iterations + 1, most);
        }
    }
}

/// The expressions of a `shapes` reply, by shape.
pub(crate) fn expressions(reply: &[String]) -> Option<BTreeMap<String, String>> {
    let [ok, count, pairs @ ..] = reply else {
        return None;
    };
    let count: usize = count.parse().ok()?;
    if ok != "ok" || pairs.len() != 2 * count {
        return None;
    }
    pairs
        .chunks(2)
        .map(|pair| {
            let bytes = crate::vectors::unhex(pair[1].strip_prefix('x')?)?;
            Some((pair[0].clone(), String::from_utf8(bytes).ok()?))
        })
        .collect()
}

/// The words and integers of a `stats` reply; none when it is something else.
fn counts(reply: &[String]) -> Vec<(String, i64)> {
    let pairs = reply.get(2..).unwrap_or_default().chunks_exact(2);
    pairs
        .filter_map(|pair| Some((pair[0].clone(), pair[1].parse().ok()?)))
        .collect()
}
