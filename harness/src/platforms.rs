//! `toll platforms`: every vector on other machines and C libraries than this one's.
//!
//! A bridge's `bridge.toml` says which platforms it is built for, and how; what came of it is kept in a file
//! `platforms.json` beside it, which the tables in the READMEs are made of.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::bridge::{Bridge, Platform, Workspace};
use crate::check::{self, Checked};
use crate::document::{Cell, DASH, Table};
use crate::hosts;
use crate::{page, store, table};

/// The command that writes a platforms.json.
const WRITES: &str = "just test-platforms --write";

/// Arguments of `toll platforms`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges: `c/cabi`, `c`; all that name platforms when none is named.
    pub bridges: Vec<String>,
    /// Seconds that a runner may take for one reply before it counts as hung: an emulated machine is slow.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// Write what came out into each bridge's platforms.json.
    #[arg(long)]
    pub write: bool,
    /// Exit code 1 when a platforms.json says otherwise.
    #[arg(long, conflicts_with = "write")]
    pub check: bool,
}

/// What came of the vectors on one platform: an entry of `platforms.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ran {
    platform: String,
    passed: usize,
    unsupported: usize,
    failed: usize,
}

/// Builds for each platform of the selected bridges and runs all vectors there.
///
/// # Errors
/// When no selected bridge names a platform, or something that one needs is not on this machine. What goes wrong on
/// a platform is exit code 1, and so is a mistake that was made on purpose and not found.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let mut bridges = workspace.select(&args.bridges)?;
    bridges.retain(|bridge| !bridge.platform.is_empty());
    ensure!(
        !bridges.is_empty(),
        "no selected bridge.toml has a [[platform]]"
    );
    let needs = bridges.iter().flat_map(|bridge| &bridge.platform);
    let scripts: BTreeSet<&str> = needs
        .filter_map(|platform| Some(&*platform.needs.as_ref()?.install))
        .collect();
    for script in scripts {
        hosts::install(workspace, script, &[])?;
    }
    for need in bridges
        .iter()
        .flat_map(|bridge| &bridge.platform)
        .filter_map(|p| p.needs.as_ref())
    {
        ensure!(hosts::is_there(need, &workspace.root), hosts::advice(need));
    }
    let vectors = check::load_all(workspace)?;
    let mut wrong = Vec::new();
    let mut sums = [0; 3];
    for bridge in bridges {
        let there: Vec<Bridge> = bridge
            .platform
            .iter()
            .map(|platform| on(bridge, platform))
            .collect();
        if hosts::build_all(workspace, &there)? != ExitCode::SUCCESS {
            return Ok(ExitCode::FAILURE);
        }
        let rows = check::each(&vectors, &there, Duration::from_secs(args.limit))?;
        let ran: Vec<Ran> = bridge
            .platform
            .iter()
            .zip(&rows)
            .map(|(platform, row)| Ran::new(platform, row))
            .collect();
        show(bridge, &ran, &rows)?;
        let here = judge(bridge, &ran);
        for (platform, row) in bridge.platform.iter().zip(&rows) {
            if platform.mistake.is_none() {
                sums[0] += row.passed;
                sums[1] += row.failures();
                sums[2] += row.unsupported;
            }
        }
        // What is wrong is not written down.
        if args.write && here.is_empty() {
            store::write(&file(bridge), &ran, &workspace.root)?;
        } else if args.check {
            match load(bridge)? {
                Some(before) if before == ran => {}
                None => page::tell(
                    &file(bridge).display().to_string(),
                    &[&*bridge.id],
                    page::GENERATE,
                ),
                Some(_) => wrong.push(format!(
                    "bindings/{}/platforms.json says otherwise; run `{WRITES}`, `toll matrix --write` and `toll report --docs`",
                    bridge.id
                )),
            }
        }
        wrong.extend(here);
    }
    for what in &wrong {
        table::print_line(format_args!("FAIL {what}"))?;
    }
    let [passed, failed, skipped] = sums;
    let failed = failed.max(wrong.len());
    table::print_line(format_args!(
        "{passed} passed, {failed} failed, {skipped} skipped"
    ))?;
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What the last run that was written down found, a row a platform; dashes when none was.
///
/// # Errors
/// When something was written down, and not of a platform that the `bridge.toml` names.
pub fn summary(bridge: &Bridge) -> Result<Table> {
    let figures = ["passed", "unsupported"].map(Cell::figure);
    let mut table = Table::new(
        ["platform", "what it is"]
            .map(Cell::text)
            .into_iter()
            .chain(figures),
    );
    let ran = load(bridge)?;
    for platform in bridge.platform.iter().filter(|p| p.mistake.is_none()) {
        let of_platform = |ran: &Vec<Ran>| ran.iter().position(|r| r.platform == platform.name);
        let figure = |pick: fn(&Ran) -> usize| {
            let Some(ran) = &ran else {
                return Ok(DASH.into());
            };
            let at = of_platform(ran).with_context(|| {
                format!(
                    "{} was not run on {}; run `{WRITES}`",
                    bridge.id, platform.name
                )
            })?;
            anyhow::Ok(pick(&ran[at]).to_string())
        };
        table.rows.push(vec![
            Cell::text(format!("`{}`", platform.name)),
            Cell::text(&platform.what),
            Cell::figure(figure(|ran| ran.passed)?),
            Cell::figure(figure(|ran| ran.unsupported)?),
        ]);
    }
    Ok(table)
}

/// What was made wrong on purpose, and how many vectors found it, a sentence each.
///
/// # Errors
/// As [`summary`].
pub fn mistakes(bridge: &Bridge) -> Result<Vec<String>> {
    let ran = load(bridge)?.unwrap_or_default();
    let of = |platform: &Platform| {
        let mistake = platform.mistake.as_ref()?;
        let ran = ran.iter().find(|ran| ran.platform == platform.name);
        let failed = ran.map_or_else(|| DASH.into(), |ran| ran.failed.to_string());
        Some(format!("{mistake}: {failed} vectors fail."))
    };
    Ok(bridge.platform.iter().filter_map(of).collect())
}

/// The bridge as it is on a platform.
fn on(bridge: &Bridge, platform: &Platform) -> Bridge {
    Bridge {
        library: Some(platform.library.clone()),
        build: platform.build.clone(),
        runner: platform.runner.clone(),
        ..bridge.clone()
    }
}

/// What does not hold: everything passes or is unsupported, as often as on the first platform; a mistake is found.
fn judge(bridge: &Bridge, ran: &[Ran]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (platform, row) in bridge.platform.iter().zip(ran) {
        let name = format!("{} on {}", bridge.id, platform.name);
        match &platform.mistake {
            Some(mistake) if row.failed == 0 || row.passed == 0 => {
                wrong.push(format!(
                    "{name}: some vectors must fail, and not all. {mistake}"
                ));
            }
            Some(_) => {}
            None if row.failed > 0 => wrong.push(format!("{name}: {} failed", row.failed)),
            None if (row.passed, row.unsupported) != (ran[0].passed, ran[0].unsupported) => wrong
                .push(format!(
                    "{name}: {} passed and {} unsupported, where {} has {} and {}",
                    row.passed, row.unsupported, ran[0].platform, ran[0].passed, ran[0].unsupported
                )),
            None => {}
        }
    }
    wrong
}

fn show(bridge: &Bridge, ran: &[Ran], rows: &[Checked]) -> Result<()> {
    for (platform, row) in bridge.platform.iter().zip(rows) {
        if platform.mistake.is_none() && row.failures() > 0 {
            table::print_line(format_args!("on {}:", platform.name))?;
            table::print(check::failures(row))?;
        }
    }
    let lines: Vec<Vec<String>> = ran
        .iter()
        .map(|ran| {
            vec![
                bridge.id.clone(),
                ran.platform.clone(),
                format!("{} passed,", ran.passed),
                format!("{} failed,", ran.failed),
                format!("{} unsupported", ran.unsupported),
            ]
        })
        .collect();
    table::print(table::columns(&lines))
}

impl Ran {
    fn new(platform: &Platform, row: &Checked) -> Self {
        Self {
            platform: platform.name.clone(),
            passed: row.passed,
            unsupported: row.unsupported,
            failed: row.failures(),
        }
    }
}

fn file(bridge: &Bridge) -> PathBuf {
    bridge.dir().join("platforms.json")
}

fn load(bridge: &Bridge) -> Result<Option<Vec<Ran>>> {
    let file = file(bridge);
    store::read(&file, None, WRITES).with_context(|| file.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bridge() -> Bridge {
        let platform = |name: &str, mistake: Option<&str>| Platform {
            name: name.into(),
            what: "a machine".into(),
            needs: None,
            build: Vec::new(),
            runner: vec!["one".into()],
            library: "l".into(),
            mistake: mistake.map(String::from),
        };
        Bridge {
            id: "c/one".into(),
            platform: vec![
                platform("here", None),
                platform("there", None),
                platform("wrong", Some("Two fields swapped")),
            ],
            ..Bridge::default()
        }
    }

    fn judged(counts: [(usize, usize, usize); 3]) -> Vec<String> {
        let bridge = bridge();
        let ran =
            bridge
                .platform
                .iter()
                .zip(counts)
                .map(|(platform, (passed, failed, unsupported))| Ran {
                    platform: platform.name.clone(),
                    passed,
                    unsupported,
                    failed,
                });
        judge(&bridge, &ran.collect::<Vec<_>>())
    }

    #[test]
    fn the_same_everywhere_and_a_mistake_that_is_found_is_right() {
        assert_eq!(
            judged([(9, 0, 1), (9, 0, 1), (7, 2, 1)]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn what_fails_differs_or_is_not_found_is_wrong() {
        assert_eq!(
            judged([(9, 0, 1), (8, 1, 1), (7, 2, 1)]),
            ["c/one on there: 1 failed"]
        );
        assert_eq!(
            judged([(9, 0, 1), (8, 0, 2), (7, 2, 1)]),
            ["c/one on there: 8 passed and 2 unsupported, where here has 9 and 1"]
        );
        for not_found in [(9, 0, 1), (0, 10, 0)] {
            assert_eq!(
                judged([(9, 0, 1), (9, 0, 1), not_found]),
                ["c/one on wrong: some vectors must fail, and not all. Two fields swapped"]
            );
        }
    }
}
