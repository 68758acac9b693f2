//! Timing: not built yet.

use std::process::ExitCode;

use anyhow::bail;

use crate::bridge::Workspace;

/// Arguments of `toll bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges to time: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
}

/// Times the selected bridges.
///
/// # Errors
/// Always, for now.
pub fn run(_workspace: &Workspace, _args: Args) -> anyhow::Result<ExitCode> {
    bail!("not built yet")
}
