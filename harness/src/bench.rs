//! `toll bench`: times every shape on every bridge. `bench/METHODOLOGY.md` says why it does what it does.
//!
//! [`run`] is all of it, from the arguments to the report: they become a [plan](crate::timing), which is timed; the
//! results are written, kept if so asked, compared with other tools if so asked, and shown.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::bridge::{Bridge, Role, Workspace};
use crate::crosscheck::{self, Agreement};
use crate::document::figures;
use crate::machine::{self, Machine};
use crate::pin::Pinned;
use crate::results::kept::{self, Keeping};
use crate::results::rows::{self, Declared};
use crate::results::{self, Failure, Results};
use crate::shapes::Shapes;
use crate::timing;
use crate::timing::plan::{self, FULL, Key, Plan, QUICK};
use crate::{hosts, report, table};

/// Within which time a run ends that names nothing.
const WITHIN: Duration = Duration::from_secs(10 * 60);
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
    /// Five launches, as far as there is time for them (the default).
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Twenty launches, sizes between, one process for each bridge and shape: hours.
    #[arg(long)]
    pub full: bool,
    /// Minutes after which it should have ended, or `none`: with fewer launches, then fewer shapes, never fewer bridges.
    /// Ten by default, and none with `--full` or where bridges or shapes are named.
    #[arg(long, value_name = "MINUTES", value_parser = within)]
    pub within: Option<Within>,
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
    /// Time only the shapes of the README's first table, by which hosts are compared.
    #[arg(long, conflicts_with = "shapes")]
    pub headlines: bool,
    /// Keep the results of whole hosts, without single batches, too: each host's part of a run, as
    /// `bench/results/runs/<NAME>/<host>.json`, or with the name `reference`, which the documents quote, as
    /// `bench/results/reference/<host>.json`. What hosts are compared by, of `--headlines` or of all hosts, is a part
    /// of its own. The tree must be clean.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["shapes", "within"])]
    pub save: Option<String>,
    /// Ask criterion and the hosts' own tools as well, and fail where they tell another time.
    #[arg(long)]
    pub cross_check: bool,
    /// Print the rows of the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A time to end within, or as long as it takes.
#[derive(Debug, Clone, Copy)]
pub struct Within(Option<Duration>);

fn within(text: &str) -> Result<Within, String> {
    if text == "none" {
        return Ok(Within(None));
    }
    let minutes = text.parse().ok().filter(|minutes: &f64| *minutes > 0.0);
    let time = minutes.and_then(|minutes| Duration::try_from_secs_f64(60.0 * minutes).ok());
    match time {
        Some(time) => Ok(Within(Some(time))),
        None => Err("a number of minutes, or `none`".into()),
    }
}

/// Times the selected bridges, writes results and report, and prints where they are.
///
/// # Errors
/// When an argument is wrong, or nothing could be timed or written. What goes wrong in a runner is a
/// result, and makes the exit code 1.
pub fn run(workspace: &Workspace, args: Args) -> Result<ExitCode> {
    let root = &workspace.root;
    let shapes = Shapes::load(root)?;
    let mut profile = if args.full { FULL } else { QUICK };
    if let Some(launches) = args.launches {
        profile = profile.with_launches(launches);
    }
    let names_nothing = args.bridges.is_empty() && args.shapes.is_empty() && args.save.is_none();
    let within = match args.within {
        Some(Within(within)) => within,
        None => (names_nothing && !args.full).then_some(WITHIN),
    };
    let chosen = workspace.select(&args.bridges)?;
    let headlines = shapes.iter().filter(|shape| shape.rank == 0);
    let headlines: Vec<&str> = headlines.map(|shape| shape.id.as_str()).collect();
    let named: Vec<String> = match args.headlines {
        true => headlines.iter().map(|id| (*id).into()).collect(),
        false => args.shapes.clone(),
    };
    let keeping = match &args.save {
        Some(name) => Some(keeping(
            name,
            workspace,
            &chosen,
            headlines,
            args.headlines,
        )?),
        None => None,
    };
    let bridges = plan::with_baselines(workspace, &chosen, keeping.is_some());
    hosts::prepare(workspace, &bridges)?;
    // Before pinning, which would leave one CPU to count.
    let machine = Machine::read();
    let pinned = Pinned::to_last_cpu()?;
    let plan = Plan {
        workspace,
        bridges,
        keys: plan::keys(&shapes, &named, &profile)?,
        profile,
        within,
        named: args.bridges.clone(),
        limit: Duration::from_secs(args.limit),
        seed: args.seed.unwrap_or_else(plan::any_seed),
        machine,
        pinned: &pinned,
        started: plan::now(),
    };
    let results = timing::time(&plan)?;

    let out = match &args.out {
        Some(out) => out.clone(),
        None => results::folder(root, &plan.started),
    };
    fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    results.save(&out.join(results::FILE), root)?;
    if args.out.is_none() {
        results::point_latest_to(&out)?;
    }

    let agreement = match args.cross_check {
        true => cross_check(&plan, &results)?,
        false => Vec::new(),
    };
    let beside = report::Beside::load(workspace)?;
    report::write(&results, &shapes, beside, &agreement, &out)?;
    if args.json && args.cross_check {
        table::print_json(&agreement)?;
    } else if args.json {
        let declared = Declared::of(workspace);
        table::print_json(&rows::rows(&results, &declared))?;
    } else {
        table::print(crosscheck::table(&agreement))?;
        table::print_line(summary(&results))?;
        table::print_line(format_args!("report: {}", out.join(report::PAGE).display()))?;
    }
    // At the end: what was measured is not lost when it cannot be kept.
    if let Some(keeping) = keeping {
        for file in keeping.save(&results, root)? {
            let shown = file.strip_prefix(root).unwrap_or(&file).display();
            eprintln!("kept: {shown}");
        }
    }
    let failed = results.cases.iter().any(|c| c.failure.is_some()) || !results.absent.is_empty();
    let disagrees = agreement.iter().any(|row| !row.agrees);
    Ok(match failed || disagrees {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// What `--save` keeps, which is decided before anything is timed.
fn keeping<'a>(
    name: &'a str,
    workspace: &'a Workspace,
    chosen: &[&'a Bridge],
    headlines: Vec<&'a str>,
    headlines_alone: bool,
) -> Result<Keeping<'a>> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    ensure!(
        name.chars().all(plain),
        "--save {name}: letters, digits, `-`, `_` and `.` only"
    );
    let (_, dirty) = machine::commit(&workspace.root);
    ensure!(!dirty, kept::CHANGED);
    let hosts: BTreeSet<&str> = chosen.iter().map(|bridge| bridge.host()).collect();
    for bridge in &workspace.bridges {
        ensure!(
            !hosts.contains(bridge.host()) || chosen.iter().any(|c| c.id == bridge.id),
            "--save keeps the whole part of a host, which has {} too: name {}, and not one of its bridges",
            bridge.id,
            bridge.host()
        );
    }
    let all_hosts = chosen.len() == workspace.bridges.len();
    ensure!(
        all_hosts || !headlines_alone,
        "--save keeps the headline shapes of all hosts, timed in one run: name no bridge with --headlines"
    );
    let all = workspace.bridges.iter();
    let beside = all.filter(|b| b.yardstick || b.role == Role::Baseline);
    Ok(Keeping {
        name,
        hosts,
        beside: beside.map(|bridge| bridge.id.as_str()).collect(),
        all_hosts,
        headlines,
        headlines_alone,
    })
}

fn summary(results: &Results) -> String {
    let mut text = format!(
        "{} bridges, {} cases, {} launches, {} s",
        results.bridges.len(),
        results.cases.len(),
        results.settings.launches,
        results.seconds
    );
    if let Some(deadline) = &results.deadline {
        for line in deadline.told(&results.settings) {
            text += &format!("\n{line}");
        }
    }
    for absent in &results.absent {
        text += &format!("\nnot timed: {}: {}", absent.bridge, absent.why);
    }
    for case in &results.cases {
        if let Some(Failure { kind, detail }) = &case.failure {
            let name = figures::case_name(&case.shape, case.n);
            text += &format!("\n{}: {} {name}: {detail}", kind.word(), case.bridge);
        }
    }
    text
}

/// Asks the other tools. Where they disagree, both are asked again: one of them may have met a
/// slow phase of the machine.
fn cross_check(plan: &Plan, results: &Results) -> Result<Vec<Agreement>> {
    let mut rows = crosscheck::run(plan.workspace, results, plan.pinned)?;
    for _ in 0..CROSS_CHECK_REPEATS {
        let open: Vec<&Agreement> = rows.iter().filter(|row| !row.agrees).collect();
        if open.is_empty() {
            break;
        }
        let is_open = |key: &Key| open.iter().any(|r| r.shape == key.0.id && r.n == key.1);
        let mut again = plan.clone();
        again
            .bridges
            .retain(|b| open.iter().any(|r| r.bridge == b.id));
        again.keys.retain(is_open);
        let again = timing::time(&again)?;
        for row in crosscheck::run(plan.workspace, &again, plan.pinned)? {
            if let Some(first) = rows.iter_mut().find(|first| first.is_same_case(&row)) {
                first.keep_faster(&row);
            }
        }
    }
    Ok(rows)
}
