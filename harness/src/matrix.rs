//! `toll matrix`: what each bridge makes of the vectors, and what it cannot keep.
//!
//! `bindings/README.md` is written from it. It holds nothing that varies from machine to machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::bridge::{Bridge, RULES, Role, Workspace};
use crate::check::{self, Checked};
use crate::report::markdown;
use crate::{platforms, table};

/// The generated file.
const FILE: &str = "bindings/README.md";

/// Arguments of `toll matrix`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
    /// A list of rows: bridge, host, strategy, role, passed, failed, unsupported, reasons (vectors by reason).
    #[arg(long)]
    pub json: bool,
    /// Write bindings/README.md.
    #[arg(long, conflicts_with_all = ["bridges", "json"])]
    pub write: bool,
    /// Exit code 1 when bindings/README.md is not what --write would write.
    #[arg(long, conflicts_with_all = ["bridges", "json", "write"])]
    pub check: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    bridge: &'a str,
    host: &'a str,
    strategy: &'a str,
    role: Role,
    passed: usize,
    failed: usize,
    unsupported: usize,
    reasons: BTreeMap<&'a str, usize>,
}

/// Vectors passed, failed and unsupported, as the table's cells show them.
type Counts = [String; 3];

/// Shows the last `toll check`, or writes it down.
///
/// # Errors
/// When a bridge was not checked with the vectors there are now.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let results = check::load_results(workspace)?;
    if args.write || args.check {
        return generated(workspace, &results, args.write);
    }
    let vectors = vector_names(workspace)?;
    let rows = workspace
        .select(&args.bridges)?
        .into_iter()
        .map(|bridge| match fresh(bridge, &results, &vectors) {
            Some(checked) => Ok(Row::new(bridge, checked)),
            None => bail!(not_checked(bridge)),
        })
        .collect::<Result<Vec<Row>>>()?;
    if args.json {
        table::print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = [
        "bridge",
        "role",
        "passed",
        "failed",
        "unsupported",
        "reasons",
    ];
    let mut lines = vec![head.map(String::from).to_vec()];
    lines.extend(rows.iter().map(|row| {
        let reasons: Vec<String> = row
            .reasons
            .iter()
            .map(|(r, n)| format!("{r} {n}"))
            .collect();
        vec![
            row.bridge.to_owned(),
            row.role.to_string(),
            row.passed.to_string(),
            row.failed.to_string(),
            row.unsupported.to_string(),
            reasons.join(", "),
        ]
    }));
    table::print(table::columns(&lines))?;
    Ok(ExitCode::SUCCESS)
}

impl<'a> Row<'a> {
    fn new(bridge: &'a Bridge, checked: &'a Checked) -> Self {
        let reasons = checked.reasons.iter();
        Self {
            bridge: &bridge.id,
            host: bridge.host(),
            strategy: bridge.strategy(),
            role: bridge.role,
            passed: checked.passed,
            failed: checked.failed,
            unsupported: checked.unsupported,
            reasons: reasons.map(|(reason, n)| (reason.as_str(), *n)).collect(),
        }
    }
}

fn generated(workspace: &Workspace, results: &[Checked], write: bool) -> Result<ExitCode> {
    let file = workspace.root.join(FILE);
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    let vectors = vector_names(workspace)?;
    let mut counts = BTreeMap::new();
    for bridge in &workspace.bridges {
        let known = match fresh(bridge, results, &vectors) {
            Some(c) => [c.passed, c.failed, c.unsupported].map(|n| n.to_string()),
            // What another machine wrote down holds for a host that cannot run on this one.
            None if workspace.host_of(bridge).missing(&workspace.root).is_some() => {
                counts_in(&old, bridge).with_context(|| not_checked(bridge))?
            }
            None => bail!(not_checked(bridge)),
        };
        counts.insert(bridge.id.as_str(), known);
    }
    let new = page(workspace, &counts)?;
    if write {
        std::fs::write(&file, new).with_context(|| file.display().to_string())?;
    } else if new != old {
        bail!("{FILE} is stale; run `toll matrix --write` and commit it");
    }
    Ok(ExitCode::SUCCESS)
}

fn not_checked(bridge: &Bridge) -> String {
    format!(
        "{0} was not checked with the vectors there are now; run: toll check {0}",
        bridge.id
    )
}

fn vector_names(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let vectors = check::load_all(workspace)?;
    Ok(vectors.into_iter().map(|v| v.name).collect())
}

/// The bridge's results, if they are of just these vectors.
fn fresh<'a>(
    bridge: &Bridge,
    results: &'a [Checked],
    vectors: &BTreeSet<String>,
) -> Option<&'a Checked> {
    let checked = results.iter().find(|checked| checked.bridge == bridge.id)?;
    let same = checked.vectors.len() == vectors.len()
        && checked.vectors.iter().all(|v| vectors.contains(&v.vector));
    same.then_some(checked)
}

/// What the table of an older file says of a bridge.
fn counts_in(old: &str, bridge: &Bridge) -> Option<Counts> {
    let line = old
        .lines()
        .find(|line| line.starts_with(&format!("| {} |", link(bridge))))?;
    let cells: Vec<&str> = line.split(" | ").collect();
    let [_, _, _, passed, failed, unsupported, ..] = cells[..] else {
        return None;
    };
    Some([passed, failed, unsupported].map(String::from))
}

fn page(workspace: &Workspace, counts: &BTreeMap<&str, Counts>) -> Result<String> {
    let mut out = String::from(
        "<!-- Generated by `toll matrix --write` from every bridge.toml and the last `toll check`. Do not edit. -->\n\n\
         # The bridges\n\n\
         One folder is one bridge: a strategy in a host. All of them run the same vectors of\n\
         [`conformance/`](../conformance/README.md); what a strategy cannot do, it declares.\n\n\
         | bridge | strategy | role | passed | failed | unsupported | who frees what |\n\
         | --- | --- | --- | ---: | ---: | ---: | --- |\n",
    );
    for bridge in &workspace.bridges {
        let counts = counts
            .get(bridge.id.as_str())
            .map_or(String::new(), |c| c.join(" | "));
        line(
            &mut out,
            &[
                &link(bridge),
                &cell(&bridge.title),
                &bridge.role.to_string(),
                &counts,
                &cell(&bridge.ownership),
            ],
        );
    }
    out.push_str(
        "\n## Threads and copies\n\n| bridge | threads | copied and borrowed |\n| --- | --- | --- |\n",
    );
    for bridge in &workspace.bridges {
        line(
            &mut out,
            &[&link(bridge), &cell(&bridge.threads), &cell(&bridge.copies)],
        );
    }
    out.push_str(
        "\n## What cannot be kept\n\n\
         The rules are those of the boundary; a reason without a rule is a request that the strategy cannot express.\n\n\
         | rule | bridge | reason | why | instead |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut broken: Vec<(usize, &Bridge, usize)> = Vec::new();
    for bridge in &workspace.bridges {
        let rules = bridge.cannot.iter().enumerate();
        broken.extend(rules.map(|(i, c)| (c.rule.unwrap_or(usize::MAX), bridge, i)));
    }
    broken.sort_by_key(|&(rule, bridge, i)| (rule, &bridge.id, i));
    for (_, bridge, i) in broken {
        let cannot = &bridge.cannot[i];
        let rule = cannot
            .rule
            .and_then(|rule| Some(format!("{rule}: {}", RULES.get(rule - 1)?)));
        line(
            &mut out,
            &[
                rule.as_deref().unwrap_or("–"),
                &link(bridge),
                &format!("`{}`", cannot.reason),
                &cell(&cannot.why),
                &cell(&cannot.instead),
            ],
        );
    }
    for bridge in workspace.bridges.iter().filter(|b| !b.platform.is_empty()) {
        let _ = write!(
            out,
            "\n## {} on other machines and C libraries\n\n\
             The same vectors, cross-compiled, under emulation where the processor is another (`just test-platforms`).\n\n{}",
            link(bridge),
            markdown::table(&platforms::summary(bridge)?)
        );
    }
    Ok(out)
}

fn line(out: &mut String, cells: &[&str]) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn link(bridge: &Bridge) -> String {
    format!("[`{0}`]({0}/README.md)", bridge.id)
}

/// Text that stays inside its cell.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}
