//! `toll`: checks every bridge against the conformance vectors, and measures what its crossings cost.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tollbridge_harness::bridge::{Broken, Workspace};
use tollbridge_harness::{
    bench, check, count, errors, generate, hazards, hosts, list, matrix, peers, platforms, report,
    say, strategies,
};

/// Checks every bridge against the conformance vectors, and measures what its crossings cost.
///
/// A bridge is one way for one host language to call the library: `python/pyo3`, `c/cabi`. Most commands take
/// bridges to narrow them: `python` is every bridge of that host, `c/*` a pattern, nothing all of them.
#[derive(Debug, Parser)]
#[command(
    name = "toll",
    version,
    arg_required_else_help = true,
    after_help = "A first walk:
  toll doctor                what can run on this machine
  toll build                 build every bridge that can
  toll check                 all vectors on all of them
  toll bench --quick         what each crossing costs here
  toll say c/cabi 'new h 1 1000 3' 'record h 5' 'len h'"
)]
struct Cli {
    /// The project's root, instead of the nearest folder above this one that looks like it.
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
    /// First set up the hosts of the bridges that the command is about, and build those bridges, as `./just` does.
    #[arg(long, global = true)]
    prepare: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the conformance vectors on every bridge.
    #[command(after_help = "Examples:
  toll check                             everything
  toll check python c/cabi               these bridges
  toll check --only surrogate            the vectors with that in their name
  toll check c/cabi --vectors ~/mine     vectors of your own; conformance/README.md says how they are written

A crash, a hang or a wrong reply fails that vector on that bridge, and the run goes on. Exit code 1 if anything
failed. A run of all vectors is kept in target/toll/check.json, for `toll matrix`.")]
    Check(check::Args),
    /// Try what goes wrong at a boundary, each in a process of its own.
    #[command(after_help = "Examples:
  toll hazards                           every hazard on every bridge
  toll hazards python use-after-close    this one, on Python's bridges
  toll hazards --write                   docs/src/hazards.md, with what happened and why
  toll hazards --check                   exit code 1 when that page says otherwise

conformance/hazards.toml says what is tried and what is promised; a bridge that ends otherwise declares it in its
bridge.toml. Exit code 1 for an outcome that is neither promised nor declared, and for a declared one that no longer
happens.")]
    Hazards(hazards::Args),
    /// Measure what every crossing costs.
    Bench(bench::Args),
    /// Count what every crossing allocates, and its instructions.
    #[command(after_help = "Examples:
  toll count                     everything, as a table
  toll count python/pyo3         one bridge, beside Rust
  toll count --write             bench/results/counts.json, which the report and the READMEs quote
  toll count --check             exit code 1 when that file says otherwise

Counts are the same on every run: allocations and bytes a call on both sides of the crossing, and for C and Rust
instructions, by Valgrind. Exit code 1 too when a call leaks, or a claim of a bridge.toml does not hold.")]
    Count(count::Args),
    /// Time whole jobs on the core against HdrHistogram's own ports.
    #[command(after_help = "Examples:
  toll peers                     every line, in about a minute
  toll peers python --job p99    Python's bridge and Python's port, one job
  toll peers --answers           compare what they answer, time nothing
  toll peers --save              bench/results/peers.json, which the report and the guide quote

bench/peers/README.md says what the jobs are; scripts/setup-peers installs the ports.")]
    Peers(peers::Args),
    /// Show what was measured.
    Report(report::Args),
    /// Show host by host what passed and what cannot be kept.
    #[command(after_help = "Examples:
  toll matrix            the last `toll check`, as a table
  toll matrix --json     the same for a program
  toll matrix --write    bindings/README.md, with who frees what and what cannot be kept
  toll matrix --check    exit code 1 when that file is stale")]
    Matrix(matrix::Args),
    /// Run the vectors on other machines and C libraries, cross-compiled, by an emulator.
    #[command(after_help = "Examples:
  just test-platforms            the same, with what it needs installed first
  toll platforms --write         what came out, into each bridge's platforms.json
  toll platforms --check         exit code 1 when such a file says otherwise

A bridge.toml names its platforms as [[platform]]. As many vectors must pass, and as many be unsupported, as on the
first; a platform with a `mistake` must fail.")]
    Platforms(platforms::Args),
    /// Say what each strategy takes beside its calls: lines, crates, size, load and build time.
    #[command(after_help = "Examples:
  toll strategies                  everything but build times, in seconds
  toll strategies python --build   Python's, with a clean build of each crate
  toll strategies --save           bench/results/strategies.json, which the guide quotes

Lines are counted without blank ones, comments and tests; bench/results/README.md says how each figure is counted.
scripts/releases asks the registries for the last releases.")]
    Strategies(strategies::Args),
    /// List bridges, shapes, errors, or what no vector reaches.
    #[command(after_help = "Examples:
  toll list                every bridge
  toll list --resolved c/cabi    all that its bridge.toml and the layers before it say, with file and line
  toll list --uncovered    operations, probes, faults and errors that no vector reaches; exit code 1 if any
  toll list --shapes       what `toll bench` times
  toll list --errors       which operation gives which error, and the vectors that show it")]
    List(list::Args),
    /// Say something to one bridge and see the wire.
    #[command(after_help = "Examples:
  toll say rust/direct 'add 2 40'
  toll say python/pyo3 'new h 1 1000 3' 'record_all h [1 2 5000]' 'len h'
  toll say c/cabi 'echo \"caf\\u{e9}\\0\"' 'f64_sum [0.5 nan]'")]
    Say(say::Args),
    /// Build every bridge that can be built here.
    #[command(after_help = "Examples:
  toll build             all of them
  toll build python -v   Python's, with the output of what succeeds")]
    Build(hosts::RunArgs),
    /// Run the bridges' and the hosts' own tests.
    #[command(after_help = "Examples:
  toll test              all of them
  toll test c/cabi       only those of that bridge; a host's own run when all of its bridges are selected
  toll test --deep       what the hosts try beside them, by Valgrind for example: minutes")]
    Test(hosts::TestArgs),
    /// Make what the bridges ship: wheels, gems, an installed library.
    #[command(after_help = "Examples:
  toll package               all of them, where each bridge.toml says
  toll package wheel         one, by its name
  toll package python        those of these bridges
  toll package c --to /opt   elsewhere")]
    Package(hosts::PackageArgs),
    /// Write again what is generated and committed: headers, pages, counts, figures in the docs.
    #[command(after_help = "Examples:
  toll generate                  of every bridge
  toll generate python/ctypes    of this one; what is said of others stays as it was

It runs `toll errors --write` and the `generate` lines of each bridge.toml, then check, platforms, matrix, hazards and count with --write, and
report --docs. Times are not measured anew: that is `toll bench --save` and `toll strategies --save`.")]
    Generate(generate::Args),
    /// Check the hosts' sources, or mend them.
    #[command(after_help = "Examples:
  toll lint python
  toll lint --fix        format, and mend what a tool can")]
    Lint(hosts::LintArgs),
    /// Say which hosts can run here, and what to install for the others.
    #[command(after_help = "Example:
  toll doctor --json")]
    Doctor(hosts::DoctorArgs),
    /// Print the library's error table, or write what hosts have of it.
    #[command(after_help = "Examples:
  toll errors            codes, names and fields
  toll errors --json     for a host's test to compare its own table with
  toll errors --write    every host's classes, after a change of core/src/error.rs
  toll errors --check    exit code 1 when one of those files is stale

bindings/<host>/error_classes.toml names a host's files and holds what is its own; harness/README.md says how.")]
    Errors(errors::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    run(cli).unwrap_or_else(|error| {
        eprintln!("toll: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::Errors(args) = &cli.command {
        return errors::run(|| Workspace::find(cli.root.as_deref()), args);
    }
    let mut workspace = Workspace::find(cli.root.as_deref())?;
    workspace.prepare = cli.prepare;
    let (asked_for, others) = workspace.broken_among(&cli.command.bridges(&workspace));
    for line in Broken::lines(&others) {
        eprintln!("toll: warning: {line}");
    }
    let done = cli.command.run(&workspace);
    for line in Broken::lines(&asked_for) {
        eprintln!("toll: {line}");
    }
    match asked_for.is_empty() {
        true => done,
        false => done.map(|_| ExitCode::FAILURE),
    }
}

impl Command {
    /// The bridges that are named; none for all of them.
    fn bridges(&self, workspace: &Workspace) -> Vec<String> {
        match self {
            Self::Check(args) => args.bridges.clone(),
            // Hazards are named beside them.
            Self::Hazards(args) => {
                let names = args.names.iter();
                names
                    .filter(|name| workspace.names(name))
                    .cloned()
                    .collect()
            }
            Self::Bench(args) => args.bridges.clone(),
            Self::Count(args) => args.bridges.clone(),
            Self::Peers(args) => args.lines.clone(),
            Self::Platforms(args) => args.bridges.clone(),
            Self::Strategies(args) => args.bridges.clone(),
            Self::List(args) => args.bridges.clone(),
            Self::Say(args) => vec![args.bridge.clone()],
            Self::Build(args) => args.bridges.clone(),
            Self::Test(args) => args.run.bridges.clone(),
            Self::Generate(args) => args.bridges.clone(),
            Self::Package(args) => args.names.clone(),
            Self::Lint(args) => args.run.bridges.clone(),
            Self::Doctor(args) => args.bridges.clone(),
            Self::Matrix(args) => args.bridges.clone(),
            Self::Report(_) | Self::Errors(_) => Vec::new(),
        }
    }

    fn run(self, workspace: &Workspace) -> anyhow::Result<ExitCode> {
        match self {
            Self::Check(args) => check::run(workspace, &args),
            Self::Hazards(args) => hazards::run(workspace, &args),
            Self::Bench(args) => bench::run(workspace, args),
            Self::Count(args) => count::run(workspace, &args),
            Self::Peers(args) => peers::run(workspace, &args),
            Self::Report(args) => report::run(workspace, args),
            Self::Matrix(args) => matrix::run(workspace, &args),
            Self::Platforms(args) => platforms::run(workspace, &args),
            Self::Strategies(args) => strategies::run(workspace, &args),
            Self::List(args) => list::run(workspace, &args),
            Self::Say(args) => say::run(workspace, &args),
            Self::Build(args) => hosts::build(workspace, &args),
            Self::Test(args) => hosts::test(workspace, &args),
            Self::Package(args) => hosts::package(workspace, &args),
            Self::Generate(args) => generate::run(workspace, &args),
            Self::Lint(args) => hosts::lint(workspace, &args),
            Self::Doctor(args) => hosts::doctor(workspace, &args),
            Self::Errors(args) => errors::run(|| Ok(workspace.clone()), &args),
        }
    }
}
