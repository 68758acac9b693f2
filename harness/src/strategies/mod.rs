//! `toll strategies`: what a strategy costs beside the time of its calls, counted from the tree and the build.
//! `bench/results/README.md` says how each figure is counted.

pub mod build;
pub mod page;
pub mod releases;
pub mod results;
pub mod source;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bridge::{Bridge, Role, Workspace};
use crate::check::{self, Checked};
use crate::hosts::{self, Ready};
use crate::results::{Absent, Vectors, significant};
use crate::runner::{Outcome, Runner};
use crate::store::Stored;
use crate::{hazards, machine, start, stats, table};
use results::{Hazards, Library, Load, SCHEMA, Strategies, Strategy};

/// Starts of each runner; their lower quartile is quoted.
const STARTS: u32 = 7;
/// How a program ends that the dynamic linker refuses to start.
const AT_START: &str = "exit 127";
const LIMIT: Duration = Duration::from_secs(30);

/// Arguments of `toll strategies`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
    /// Build each bridge's crate anew, with all it depends on, and time that: minutes.
    #[arg(long)]
    pub build: bool,
    /// Keep the results as `bench/results/strategies.json`, which the guide quotes. Of what is not measured this time
    /// the last build time stays, and all that is said of bridges that are not named.
    #[arg(long)]
    pub save: bool,
    /// Print the results as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Looks at the bridges, and prints what there is to say of each.
///
/// # Errors
/// When nothing is selected, or a file of the tree cannot be read. A bridge that is not built is left out, with a line
/// that says so.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let root = &workspace.root;
    let mut bridges = workspace.select(&args.bridges)?;
    bridges.retain(|bridge| !bridge.role.is_partial());
    ensure!(
        !bridges.is_empty(),
        "floors and pure hosts are no strategies"
    );
    // Lines of their languages would be missing anywhere.
    let unread = workspace.unread_hosts();
    ensure!(
        unread.is_empty() || !args.save,
        "nothing is kept while the host.toml of {} is wrong: it names languages whose lines are counted",
        unread.join(", ")
    );
    // A start is compared with that of the host alone.
    let alone = workspace.bridges.iter().filter(|bridge| {
        bridge.role == Role::Pure && bridges.iter().any(|one| one.host() == bridge.host())
    });
    hosts::prepare(workspace, &alone.collect::<Vec<_>>())?;
    let Ready { here, skipped } = hosts::ready(workspace, bridges)?;
    let known = Strategies::load(root)?;
    let surveyor = Surveyor {
        workspace,
        checked: check::load_results(workspace).unwrap_or_default(),
        hazards: hazards::names(workspace)?,
        releases: releases::load(root)?,
        build: args.build,
    };
    let (mut strategies, mut absent) = (Vec::new(), Vec::new());
    for bridge in here {
        match surveyor.survey(bridge) {
            Ok(mut strategy) => {
                if let (None, Some(known)) = (strategy.build_s, &known) {
                    strategy.build_s = known.of(&bridge.id).and_then(|last| last.build_s);
                }
                strategies.push(strategy);
            }
            Err(error) => absent.push(Absent {
                bridge: bridge.id.clone(),
                why: format!("{error:#}"),
            }),
        }
    }
    absent.extend(skipped.iter().map(|bridge| Absent {
        bridge: bridge.id.clone(),
        why: "its host cannot run here".into(),
    }));
    let (commit, dirty) = machine::commit(root);
    let mut found = Strategies {
        schema: SCHEMA,
        commit,
        dirty,
        machine: machine::Machine::read(),
        toolchain: machine::toolchain(&workspace.hosts, root),
        absent,
        strategies,
    };
    if args.save {
        if let Some(known) = known.filter(|_| !args.bridges.is_empty()) {
            found = found.beside(known)?;
        }
        found.save(root)?;
    }
    match args.json {
        true => table::print_json(&found)?,
        false => table::print(page::text(&found))?,
    }
    Ok(match found.strategies.is_empty() {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// What every bridge is looked at with.
struct Surveyor<'a> {
    workspace: &'a Workspace,
    checked: Vec<Checked>,
    hazards: Vec<String>,
    releases: Vec<releases::Release>,
    build: bool,
}

impl Surveyor<'_> {
    fn survey(&self, bridge: &Bridge) -> Result<Strategy> {
        let root = &self.workspace.root;
        let baseline = bridge.role == Role::Baseline;
        // All that a baseline has is its runner.
        let sources = match baseline {
            true => source::Sources::default(),
            false => source::Sources::of(bridge, &self.workspace.hosts)?,
        };
        let krate = build::Crate::of(bridge)?;
        let libraries = bridge.libraries()?;
        let library = libraries
            .first()
            .map(|path| -> Result<Library> {
                Ok(Library {
                    stripped_bytes: stripped(path, root)?,
                    bytes: size(path)?,
                    identity: machine::library(path, root)?.identity,
                })
            })
            .transpose()?;
        Ok(Strategy {
            bridge: bridge.id.clone(),
            host: bridge.host().into(),
            baseline,
            over: self.over(bridge, library.as_ref())?,
            written: sources.written,
            shared: sources.shared,
            generated: sources.generated,
            unsafe_blocks: sources.unsafe_blocks,
            crates: krate
                .as_ref()
                .map(|krate| krate.beyond_core(root))
                .transpose()?,
            uses: releases::of(bridge, &self.releases),
            vectors: self.vectors(bridge, library.as_ref()),
            hazards: self.hazards(bridge),
            library,
            load: self.load(bridge)?,
            build_s: match (krate, self.build) {
                (Some(krate), true) => Some(significant(krate.clean_build(root)?)),
                _ => None,
            },
        })
    }

    /// The bridge whose library this one loads, as it says. It is that one or a copy of it, if that one is built.
    fn over(&self, bridge: &Bridge, library: Option<&Library>) -> Result<Option<String>> {
        let Some(id) = &bridge.over else {
            return Ok(None);
        };
        let mut others = self.workspace.bridges.iter();
        let other = others.find(|other| other.id == *id);
        let files = other.and_then(|other| other.libraries().ok());
        for file in files.unwrap_or_default() {
            let identity = machine::library(&file, &self.workspace.root)?.identity;
            ensure!(
                library.is_some_and(|library| library.identity == identity),
                "over = \"{id}\", but its library is not that one's: build both, `./just build {} {id}`",
                bridge.id
            );
        }
        Ok(Some(id.clone()))
    }

    /// What the last `toll check` said of this very library.
    fn vectors(&self, bridge: &Bridge, library: Option<&Library>) -> Option<Vectors> {
        let identity = library.map(|library| &library.identity);
        let mut rows = self.checked.iter();
        let row = rows.find(|row| row.bridge == bridge.id && row.library.as_ref() == identity)?;
        Some(Vectors {
            passed: row.passed,
            failed: row.failures(),
            unsupported: row.unsupported,
        })
    }

    /// What it declares; `toll hazards` holds it to that.
    fn hazards(&self, bridge: &Bridge) -> Hazards {
        let first = |outcome: &str, words: &[&str]| {
            words.contains(&outcome.split(' ').next().unwrap_or_default())
        };
        let with = |is: &dyn Fn(&str) -> bool| {
            let outcomes = bridge.hazard.iter().map(|exception| &*exception.outcome);
            outcomes.filter(|outcome| is(outcome)).count()
        };
        let declared = |words: &[&str]| with(&|outcome| first(outcome, words));
        // `leak`, and what a detector calls so.
        let leaks = |outcome: &str| outcome.split(' ').next_back() == Some("leak");
        Hazards {
            promised: self.hazards.len().saturating_sub(bridge.hazard.len()),
            refused: declared(&["refused", "exception"]),
            undefined: with(&|outcome| first(outcome, &["caught"]) && !leaks(outcome)),
            leaked: with(&leaks),
            // 127 is what the dynamic linker ends with when it cannot start a program.
            at_start: with(&|outcome| outcome == AT_START),
            fatal: with(&|outcome| {
                outcome != AT_START && first(outcome, &["crash", "exit", "hang"])
            }),
            told: declared(&["error", "raised", "reported"]),
            unnoticed: declared(&["right"]),
        }
    }

    /// From the start of its runner to its first call's answer, and the same of the host alone.
    fn load(&self, bridge: &Bridge) -> Result<Load> {
        let mut of_host = self.workspace.bridges.iter();
        let pure = of_host.find(|b| b.host() == bridge.host() && b.role == Role::Pure);
        let (mut own, mut alone) = (Vec::new(), Vec::new());
        // In turns, so that both meet the same machine.
        for _ in 0..STARTS {
            own.push(first_call(bridge)?);
            if let Some(Ok(ms)) = pure.map(first_call) {
                alone.push(ms);
            }
        }
        Ok(Load {
            ms: significant(stats::headline(&own).context("it was never started")?),
            host_ms: stats::headline(&alone).map(significant),
        })
    }
}

fn size(path: &Path) -> Result<u64> {
    let file = fs::metadata(path).with_context(|| path.display().to_string())?;
    Ok(file.len())
}

/// A library's size once it is stripped, as it would be shipped.
fn stripped(path: &Path, root: &Path) -> Result<u64> {
    let copy = tempfile::NamedTempFile::new()?;
    let mut strip = start::program("strip", root);
    strip.arg("-o").arg(copy.path()).arg(path);
    let done = strip
        .status()
        .context("running `strip`: install binutils")?;
    ensure!(done.success(), "strip cannot read {}", path.display());
    size(copy.path())
}

/// Milliseconds.
fn first_call(bridge: &Bridge) -> Result<f64> {
    let clock = Instant::now();
    let mut runner = Runner::start(bridge)?;
    match runner.ask("nop", LIMIT) {
        Outcome::Reply(reply) if reply[0] == "ok" => Ok(clock.elapsed().as_secs_f64() * 1e3),
        other => anyhow::bail!("{}: `nop`: {other:?}", bridge.id),
    }
}
