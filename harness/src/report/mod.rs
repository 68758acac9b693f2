//! `toll report`: what was measured, as a page, as Markdown, as JSON, and inside the documents.

pub mod content;
pub mod docs;
pub mod kept;
pub mod model;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::bridge::Workspace;
use crate::count::committed::Counts;
use crate::crosscheck::Agreement;
use crate::document::{html, markdown};
use crate::peers::results::Peers;
use crate::peers::{self, summary};
use crate::results::kept::{Kept, REFERENCE};
use crate::results::rows::{self, Declared};
use crate::results::{self, Results};
use crate::shapes::Shapes;
use crate::store::Stored;
use crate::table;
use content::{Content, TITLE};
use model::Models;

/// The page's file name.
pub const PAGE: &str = "report.html";

/// Arguments of `toll report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The results to show, instead of those of the latest run.
    #[arg(long = "in", value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Where to write `report.html` and `report.md`, instead of beside the results.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON row for each bridge, shape and size instead.
    #[arg(long)]
    pub json: bool,
    /// Print what a call and an item cost, and from how many items on one way is cheaper than another; with
    /// `--json` for a program.
    #[arg(long, conflicts_with_all = ["out", "docs", "check_docs"])]
    pub model: bool,
    /// Rewrite the figures in README.md, docs/ and bindings/ from the reference in `bench/results`, and from the kept
    /// runs that a block names.
    #[arg(long, conflicts_with_all = ["json", "out"])]
    pub docs: bool,
    /// Fail when `--docs` would change anything, or when a kept run contradicts a sentence.
    #[arg(long, conflicts_with_all = ["json", "out", "docs"])]
    pub check_docs: bool,
}

/// Shows a run.
///
/// # Errors
/// When there are no results, or nothing can be written.
pub fn run(workspace: &Workspace, args: Args) -> Result<ExitCode> {
    let root = &workspace.root;
    let shapes = Shapes::load(root)?;
    let declared = Declared::of(workspace);
    if args.docs || args.check_docs {
        let reference = match &args.input {
            Some(input) => Kept::whole(REFERENCE, Results::load(input)?, &declared),
            None => Kept::load(root, REFERENCE, &declared)?,
        };
        return docs::run(workspace, reference, &shapes, args.docs);
    }
    let input = args.input.unwrap_or_else(|| results::latest(root));
    let results = Results::load(&input)?;
    if args.model {
        let models = Models::of(&results, &shapes, &declared);
        match args.json {
            true => table::print_json(&models.rows())?,
            false => table::print(models.text())?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    if args.json {
        table::print_json(&rows::rows(&results, &declared))?;
        return Ok(ExitCode::SUCCESS);
    }
    let out = match args.out {
        Some(out) => out,
        None => input.parent().map(Path::to_owned).unwrap_or_default(),
    };
    write(&results, &shapes, Beside::load(workspace)?, &[], &out)?;
    table::print_line(format_args!("report: {}", out.join(PAGE).display()))?;
    Ok(ExitCode::SUCCESS)
}

/// What is committed beside the times, as far as it is there.
pub struct Beside {
    /// What calls allocate.
    pub counts: Option<Counts>,
    /// Whole jobs against ports.
    pub peers: Option<Peers>,
    /// The jobs' order.
    jobs: Option<Shapes>,
    /// What hosts and floors say of their times.
    declared: Declared,
    /// The bridge that whole jobs are compared with.
    baseline: Option<String>,
    /// The runs that are kept, of other machines and runtimes.
    kept: Vec<Kept>,
}

impl Beside {
    /// Reads `bench/results/`.
    ///
    /// # Errors
    /// When a file is there and wrong.
    pub fn load(workspace: &Workspace) -> Result<Self> {
        let root = &workspace.root;
        let declared = Declared::of(workspace);
        let peers = Peers::load(root)?;
        Ok(Self {
            counts: Counts::load(root)?,
            jobs: peers
                .as_ref()
                .map(|_| peers::results::jobs(root))
                .transpose()?,
            peers,
            kept: Kept::others(root, &declared)?,
            declared,
            baseline: workspace.baseline().map(Into::into),
        })
    }
}

/// Writes the page and its Markdown twin into `out`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(
    results: &Results,
    shapes: &Shapes,
    beside: Beside,
    agreement: &[Agreement],
    out: &Path,
) -> Result<()> {
    let mut blocks = Content::new(results, shapes, &beside.declared)
        .with_counts(beside.counts)
        .with_kept(&beside.kept)
        .blocks(agreement)?;
    if let Some((peers, jobs)) = beside.peers.as_ref().zip(beside.jobs.as_ref()) {
        blocks.extend(summary::blocks(peers, jobs, beside.baseline.as_deref()));
    }
    let write = |name: &str, text: String| {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
    };
    fs::create_dir_all(out).with_context(|| format!("creating {}", out.display()))?;
    write(PAGE, html::render(TITLE, &blocks))?;
    write("report.md", markdown::render(TITLE, &blocks))
}
