//! `toll`: checks every bridge against the conformance vectors, and measures what its crossings cost.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tollbridge_harness::bridge::Workspace;
use tollbridge_harness::{bench, report};

/// Checks every bridge against the conformance vectors, and measures what its crossings cost.
#[derive(Debug, Parser)]
#[command(name = "toll", version, arg_required_else_help = true)]
struct Cli {
    /// The project's root, instead of the nearest folder above this one that looks like it.
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Time every shape on every bridge.
    Bench(bench::Args),
    /// Show what was measured.
    Report(report::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let run = || {
        let workspace = Workspace::find(cli.root.as_deref())?;
        match cli.command {
            Command::Bench(args) => bench::run(&workspace, args),
            Command::Report(args) => report::run(&workspace, args),
        }
    };
    run().unwrap_or_else(|error: anyhow::Error| {
        eprintln!("toll: {error:#}");
        ExitCode::FAILURE
    })
}
