//! `toll say`: one line on one bridge.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};

use crate::bridge::Workspace;
use crate::places::{Places, Scratch};
use crate::runner::{Outcome, Runner};
use crate::table::print_line;
use crate::vectors::{compile, show};

/// Arguments of `toll say`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The bridge: `python/pyo3`.
    pub bridge: String,
    /// Requests as vectors write them, sent one after another to one runner.
    #[arg(required = true)]
    pub lines: Vec<String>,
    /// Seconds that the runner may take for one reply before it is killed.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
}

/// Sends the lines and shows what comes back.
///
/// # Errors
/// When there is no such bridge, its runner does not start, or a line is not well-formed. A runner that crashes
/// or hangs is exit code 1.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let selected = workspace.select(std::slice::from_ref(&args.bridge))?;
    ensure!(
        selected.len() == 1,
        "`{}` is more than one bridge; name one",
        args.bridge
    );
    let scratch = Scratch::new()?;
    let places = Places {
        data: workspace.root.join("conformance/data"),
        scratch: scratch.empty()?,
    };
    let mut requests = Vec::new();
    for line in &args.lines {
        let tokens = compile(line).map_err(|what| anyhow!("`{line}`: {what}"))?;
        requests.push((line, places.put_into_tokens(&tokens).join(" ")));
    }
    let mut runner = Runner::start(selected[0])?;
    for (line, wire) in requests {
        print_line(format_args!("{line}\n  wire   {wire}"))?;
        match runner.ask(&wire, Duration::from_secs(args.limit)) {
            Outcome::Reply(reply) => {
                let (reply, means) = (reply.join(" "), show(&reply));
                print_line(format_args!("  reply  {reply}\n  means  {means}"))?;
            }
            Outcome::Died(how) => {
                print_line(format_args!("  died   {how}"))?;
                return Ok(ExitCode::FAILURE);
            }
            Outcome::Hung => {
                let limit = args.limit;
                print_line(format_args!(
                    "  hung   no reply within {limit} s; it was killed"
                ))?;
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
