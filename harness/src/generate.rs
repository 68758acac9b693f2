//! `toll generate`: everything that is generated and committed, for some bridges or all.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::bridge::{Bridge, Workspace};
use crate::hosts::{self, Lines, Ready};
use crate::{errors, table};

/// Arguments of `toll generate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
}

/// Writes the error classes of all hosts and what the bridges generate, then every page and figure that is made of what they do; what is said of others
/// stays.
///
/// # Errors
/// When nothing is selected, or `toll` cannot be started again. The first step that fails is exit code 1.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    // Hosts' error classes are sources of what is built.
    let of_core = errors::Args {
        json: false,
        write: true,
        check: false,
    };
    errors::run(|| Ok(workspace.clone()), &of_core)?;
    let Ready { here, .. } = hosts::ready(workspace, workspace.select(&args.bridges)?)?;
    ensure!(
        !here.is_empty(),
        "no selected bridge can run here; `toll doctor` says what to install"
    );
    let mut lines = Lines::new(workspace, false);
    for bridge in &here {
        lines.run(&bridge.id, &bridge.generate)?;
    }
    if lines.failed() {
        return Ok(ExitCode::FAILURE);
    }
    for step in steps(&here) {
        table::print_line(format_args!("\n==> toll {}", step.join(" ")))?;
        let mut toll = Command::new(std::env::current_exe().context("where toll is")?);
        toll.arg("--root").arg(&workspace.root).args(&step);
        // What is left to set up and build: emulators and cross compilers, and the baseline.
        if workspace.prepare && [PLATFORMS, COUNT].contains(&&*step[0]) {
            toll.arg("--prepare");
        }
        let status = toll.status().context("starting toll again")?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

const PLATFORMS: &str = "platforms";
const COUNT: &str = "count";

/// The commands, each of which needs what those before it wrote.
fn steps(bridges: &[&Bridge]) -> Vec<Vec<String>> {
    let that = |is: fn(&Bridge) -> bool| {
        let chosen = bridges.iter().filter(|bridge| is(bridge));
        chosen.map(|bridge| bridge.id.clone()).collect::<Vec<_>>()
    };
    let all = || that(|_| true);
    let steps: [(&[&str], Vec<String>); 5] = [
        (&["check"], all()),
        (&[PLATFORMS, "--write"], that(|b| !b.platform.is_empty())),
        (&["matrix", "--write"], all()),
        (&["hazards", "--write"], that(|b| !b.role.is_partial())),
        (&[COUNT, "--write"], all()),
    ];
    let of_bridges = steps
        .into_iter()
        .filter(|(_, bridges)| !bridges.is_empty())
        .map(|(command, bridges)| {
            let command = command.iter().map(|word| (*word).to_owned());
            command.chain(bridges).collect()
        });
    let docs = ["report", "--docs"].map(String::from).to_vec();
    of_bridges.chain([docs]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::Role;

    #[test]
    fn each_step_is_of_the_bridges_that_have_it() {
        let bridge = |id: &str, role| Bridge {
            id: id.into(),
            role,
            ..Bridge::default()
        };
        let [one, floor] =
            [("x/one", Role::Bridge), ("x/floor", Role::Floor)].map(|(id, role)| bridge(id, role));
        let lines = |bridges: &[&Bridge]| -> Vec<String> {
            steps(bridges).iter().map(|step| step.join(" ")).collect()
        };
        assert_eq!(
            lines(&[&one, &floor]),
            [
                "check x/one x/floor",
                "matrix --write x/one x/floor",
                "hazards --write x/one",
                "count --write x/one x/floor",
                "report --docs"
            ]
        );
        assert!(
            !lines(&[&floor])
                .iter()
                .any(|line| line.starts_with("hazards"))
        );
    }
}
