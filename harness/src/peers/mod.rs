//! `toll peers`: whole jobs on the core, through each host's best bridge, against HdrHistogram's own ports.
//! `bench/peers/README.md` says what the jobs are and how a line is added.

pub mod answers;
pub mod lines;
pub mod results;
pub mod summary;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::bridge::{Bridge, Workspace};
use crate::hosts;
use crate::machine::{self, Machine};
use crate::pin::Pinned;
use crate::results::Absent;
use crate::runner::{Outcome, Runner};
use crate::shapes::Shapes;
use crate::start;
use crate::store::Stored;
use crate::table;
use crate::timing::plan::{self, Key, Plan, QUICK};
use answers::{Answer, Data};
use lines::{Line, Lines};
use results::{JOBS, Peers, SCHEMA, jobs};

/// What installs the ports.
const SETUP: &str = "scripts/setup-peers";
/// Launches of each line: whole jobs differ by more than a few launches could tell apart.
const LAUNCHES: u32 = 3;
/// At most so many more, of what met a slow machine.
const MORE_LAUNCHES: u32 = 1;

/// Arguments of `toll peers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Lines to time: `python`, `java/*`, `c/cabi`; all when none is named.
    pub lines: Vec<String>,
    /// Time only this job. Repeatable.
    #[arg(long = "job", value_name = "ID")]
    pub jobs: Vec<String>,
    /// Launches of each line.
    #[arg(long, default_value_t = LAUNCHES, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub launches: u32,
    /// Compare the answers, and time nothing. A difference that no line declares is exit code 1.
    #[arg(long, conflicts_with = "save")]
    pub answers: bool,
    /// Seconds that one request may take before it counts as hung.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub limit: u64,
    /// Keep the results as `bench/results/peers.json`, which the report and the guide quote.
    #[arg(long, conflicts_with_all = ["lines", "jobs"])]
    pub save: bool,
    /// Print the results as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Compares the answers of all lines with the core's, times the jobs, and prints both.
///
/// # Errors
/// When an argument is wrong, or nothing could be timed or written. What goes wrong in a line is a result: a
/// difference to be read, or exit code 1 for a job that failed. With `--answers` that is exit code 1 as well, unless the
/// line declares it; a line that needs something installed first is skipped, which is an error where CI=true.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let root = &workspace.root;
    let shapes = jobs(root)?;
    for job in &args.jobs {
        ensure!(shapes.get(job).is_some(), "--job {job}: {JOBS} has none");
    }
    let keys: Vec<Key> = shapes
        .iter()
        .filter(|shape| args.jobs.is_empty() || args.jobs.contains(&shape.id))
        .flat_map(|shape| shape.sizes.iter().map(move |n| (shape, *n)))
        .collect();
    let data = Data::new(&keys)?;
    let lines = Lines::load(workspace)?.select(&args.lines)?;
    let limit = Duration::from_secs(args.limit);
    let bridges: Vec<&Bridge> = lines.all.iter().filter_map(Line::on).collect();
    hosts::prepare(workspace, &bridges)?;
    if let Err(error) = hosts::install(workspace, SETUP, &[]) {
        // What cannot be installed is left out below, with the reason.
        ensure!(!hosts::in_ci(), error);
        eprintln!("{error:#}");
    }

    let mut skipped = Vec::new();
    let mut absent = Vec::new();
    let mut ready: Vec<(&Line, Bridge)> = Vec::new();
    let mut answers = Vec::new();
    for line in &lines.all {
        if let Some(need) = line.missing() {
            skipped.push(Absent {
                bridge: line.id.clone(),
                why: hosts::advice(need),
            });
            continue;
        }
        let started = line
            .started_with(data.path())
            .and_then(|bridge| {
                prepare(line, root)?;
                Ok(bridge)
            })
            .and_then(|bridge| {
                answers.extend(ask(line, &bridge, &keys, &data, limit)?);
                Ok(bridge)
            });
        match started {
            Ok(bridge) => ready.push((line, bridge)),
            Err(error) => absent.push(Absent {
                bridge: line.id.clone(),
                why: format!("{error:#}"),
            }),
        }
    }
    if args.answers {
        return judge(args.json, &lines, &answers, &absent, &skipped);
    }
    absent.extend(skipped);
    ensure!(!ready.is_empty(), "nothing to time: {}", whys(&absent));

    let lines_alone = Workspace {
        root: root.clone(),
        hosts: lines.hosts.clone(),
        bridges: ready.iter().map(|(_, bridge)| bridge.clone()).collect(),
        broken: Vec::new(),
        prepare: false,
    };
    let mut peers = time(&lines_alone, &keys, args)?;
    peers.toolchain = machine::toolchain(&workspace.hosts, root);
    peers.absent.extend(absent);
    peers.answers = answers;
    peers.lines = ready
        .iter()
        .filter_map(|(line, _)| peers.told_of(line))
        .collect();
    if args.save {
        peers.save(root)?;
    }
    show(args.json, &shapes, &peers, workspace.baseline())
}

/// Builds a line's program where that is needed.
fn prepare(line: &Line, root: &Path) -> Result<()> {
    for build in &line.build {
        let output = start::shell(&format!("exec 2>&1\n{build}"), root)
            .stdin(Stdio::null())
            .output()
            .context("cannot start sh")?;
        ensure!(
            output.status.success(),
            "{build}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ok(())
}

/// What a line answers to every job that it has.
fn ask(
    line: &Line,
    bridge: &Bridge,
    keys: &[Key],
    data: &Data,
    limit: Duration,
) -> Result<Vec<Answer>> {
    let mut runner = Runner::start(bridge)?;
    let offered = match runner.ask("shapes", limit) {
        Outcome::Reply(reply) => crate::timing::clock::expressions(&reply).context("`shapes`")?,
        other => anyhow::bail!("`shapes`: {other:?}"),
    };
    let mut answers = Vec::new();
    for (job, n) in keys {
        match (offered.contains_key(&job.id), line.without.get(&job.id)) {
            (true, None) => {}
            (false, Some(_)) => continue,
            (true, Some(_)) => anyhow::bail!(
                "{}: it has the job, of which `without` says otherwise",
                job.id
            ),
            (false, None) => anyhow::bail!("{}: no such job, and no reason in `without`", job.id),
        }
        let reply = match runner.ask(&format!("answer {} {n}", job.id), limit) {
            Outcome::Reply(reply) => reply,
            other => anyhow::bail!("answer {} {n}: {other:?}", job.id),
        };
        answers.push(data.judge(&line.id, &job.id, *n, &reply)?);
    }
    Ok(answers)
}

fn time(workspace: &Workspace, keys: &[Key], args: &Args) -> Result<Peers> {
    // Before pinning, which would leave one CPU to count.
    let machine = Machine::read();
    let pinned = Pinned::to_last_cpu()?;
    let mut profile = QUICK;
    (profile.launches, profile.more_launches) = (args.launches, MORE_LAUNCHES);
    let plan = Plan {
        workspace,
        bridges: workspace.bridges.iter().collect(),
        keys: keys.to_vec(),
        profile,
        within: None,
        named: Vec::new(),
        limit: Duration::from_secs(args.limit),
        seed: plan::any_seed(),
        machine,
        pinned: &pinned,
        started: plan::now(),
    };
    let run = crate::timing::time(&plan)?.without_raw();
    Ok(Peers {
        schema: SCHEMA,
        started: run.started,
        seconds: run.seconds,
        toll: run.toll,
        commit: run.commit,
        dirty: run.dirty,
        settings: run.settings,
        machine: run.machine,
        toolchain: run.toolchain,
        absent: run.absent,
        bridges: run.bridges,
        lines: Vec::new(),
        answers: Vec::new(),
        cases: run.cases,
    })
}

fn show(json: bool, jobs: &Shapes, peers: &Peers, baseline: Option<&str>) -> Result<ExitCode> {
    if json {
        table::print_json(peers)?;
    } else {
        table::print(summary::text(peers, jobs, baseline))?;
        for answer in peers.answers.iter().filter(|answer| !answer.agrees) {
            table::print_line(format_args!("differs: {answer}"))?;
        }
        for Absent { bridge, why } in &peers.absent {
            table::print_line(format_args!("not timed: {bridge}: {why}"))?;
        }
    }
    Ok(
        match peers.cases.iter().any(|case| case.failure.is_some()) {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        },
    )
}

/// Whether every line answers what the core does, but where it says that it does not.
fn judge(
    json: bool,
    lines: &Lines,
    answers: &[Answer],
    absent: &[Absent],
    skipped: &[Absent],
) -> Result<ExitCode> {
    for Absent { bridge, why } in skipped {
        eprintln!("skipping {bridge}: {why}");
    }
    let mut failed: Vec<String> = absent
        .iter()
        .map(|Absent { bridge, why }| format!("{bridge}: {why}"))
        .collect();
    let mut declared = Vec::new();
    for answer in answers {
        let line = lines.all.iter().find(|line| line.id == answer.line);
        let why = line.and_then(|line| line.differs.get(&answer.job));
        match (answer.agrees, why) {
            (true, None) => {}
            (true, Some(_)) => failed.push(format!(
                "{answer}; so does the core: `differs` says otherwise"
            )),
            (false, None) => failed.push(answer.to_string()),
            (false, Some(why)) => declared.push(format!("{answer}: {why}")),
        }
    }
    if json {
        table::print_json(&answers)?;
    } else {
        for answer in declared {
            table::print_line(format_args!("differs: {answer}"))?;
        }
    }
    for failed in &failed {
        eprintln!("FAILED  {failed}");
    }
    if !json {
        table::print_line(format_args!(
            "{} answers compared, {} failed, {} skipped",
            answers.len(),
            failed.len(),
            skipped.len()
        ))?;
    }
    ensure!(
        skipped.is_empty() || !hosts::in_ci(),
        "nothing may be skipped where CI=true"
    );
    Ok(match failed.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn whys(absent: &[Absent]) -> String {
    let whys: BTreeMap<&str, &str> = absent
        .iter()
        .map(|a| (a.bridge.as_str(), a.why.as_str()))
        .collect();
    let whys: Vec<String> = whys
        .iter()
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    whys.join("; ")
}
