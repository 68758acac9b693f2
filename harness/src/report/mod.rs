//! The report: not built yet.

use std::process::ExitCode;

use anyhow::bail;

use crate::bridge::Workspace;

/// Arguments of `toll report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges to show: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
}

/// Writes the report.
///
/// # Errors
/// Always, for now.
pub fn run(_workspace: &Workspace, _args: Args) -> anyhow::Result<ExitCode> {
    bail!("not built yet")
}
