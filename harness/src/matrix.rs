//! `toll matrix`: what each bridge makes of the vectors, and what it cannot keep.
//!
//! `bindings/README.md` is written from it. It holds nothing that varies from machine to machine.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::bridge::{Bridge, Cannot, Role, Workspace, rule};
use crate::check::{self, Checked};
use crate::document::markdown;
use crate::document::{Cell, DASH, Table};
use crate::{hosts, page, platforms, table};

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
    /// Write bindings/README.md; figures of bridges that are not named stay as they are.
    #[arg(long, conflicts_with = "json")]
    pub write: bool,
    /// Exit code 1 when bindings/README.md is not what --write would write.
    #[arg(long, conflicts_with_all = ["json", "write"])]
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
        return generated(workspace, &results, args);
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

fn generated(workspace: &Workspace, results: &[Checked], args: &Args) -> Result<ExitCode> {
    let old = page::read(workspace, FILE)?;
    let vectors = vector_names(workspace)?;
    let selected = workspace.select(&args.bridges)?;
    let (mut counts, mut without, mut kept) = (BTreeMap::new(), Vec::new(), Vec::new());
    for bridge in &workspace.bridges {
        let before = counts_in(&old, bridge);
        let is_selected = selected.iter().any(|one| one.id == bridge.id);
        let now = fresh(bridge, results, &vectors).filter(|_| is_selected);
        let known = match (now, before) {
            // Nothing was written down that it could be held to.
            (_, Some(before)) if before == none() && args.check => before,
            (Some(c), _) => [c.passed, c.failed, c.unsupported].map(|n| n.to_string()),
            (None, _) if is_selected && must_be_fresh(workspace, bridge, args) => {
                bail!(not_checked(bridge))
            }
            (None, before) => {
                if is_selected {
                    kept.push(bridge.id.as_str());
                }
                before.unwrap_or_else(none)
            }
        };
        if known == none() {
            without.push(bridge.id.as_str());
        }
        counts.insert(bridge.id.as_str(), known);
    }
    if !kept.is_empty() {
        eprintln!(
            "not checked here, and taken as they were: {}",
            kept.join(" ")
        );
    }
    let new = page(workspace, &counts)?;
    page::put(
        workspace,
        FILE,
        &old,
        &new,
        args.write,
        "toll matrix --write",
    )?;
    page::tell(FILE, &without, page::GENERATE);
    Ok(ExitCode::SUCCESS)
}

/// What is named must have been checked, and in CI everything that can run there. Otherwise what was written down
/// before holds.
fn must_be_fresh(workspace: &Workspace, bridge: &Bridge, args: &Args) -> bool {
    (!args.bridges.is_empty() || hosts::in_ci())
        && workspace.host_of(bridge).missing(&workspace.root).is_none()
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
    let bridges = &workspace.bridges;
    let role_and_strategy = ["bridge", "strategy", "role"].map(Cell::text);
    let figures = ["passed", "failed", "unsupported"].map(Cell::figure);
    let header = role_and_strategy.into_iter().chain(figures);
    let mut passed = Table::new(header.chain([Cell::text("who frees what")]));
    let mut kept = Table::new(["bridge", "threads", "copied and borrowed"].map(Cell::text));
    for bridge in bridges {
        let [one, two, three] = counts.get(bridge.id.as_str()).cloned().unwrap_or_else(none);
        passed.rows.push(vec![
            Cell::text(link(bridge)),
            Cell::text(&bridge.title),
            Cell::text(bridge.role.to_string()),
            Cell::figure(one),
            Cell::figure(two),
            Cell::figure(three),
            Cell::text(&bridge.ownership),
        ]);
        kept.rows.push(
            [&link(bridge), &bridge.threads, &bridge.copies]
                .map(Cell::text)
                .into(),
        );
    }
    let mut broken: Vec<(usize, &Bridge, &Cannot)> = Vec::new();
    for bridge in bridges {
        let rules = bridge.cannot.iter();
        broken.extend(rules.map(|cannot| (cannot.rule.unwrap_or(usize::MAX), bridge, cannot)));
    }
    // Stable: within a bridge, in the order of its bridge.toml.
    broken.sort_by_key(|(rule, bridge, _)| (*rule, &bridge.id));
    let mut cannot_be = Table::new(["rule", "bridge", "reason", "why", "instead"].map(Cell::text));
    for (_, bridge, cannot) in broken {
        cannot_be.rows.push(
            [
                rule(cannot.rule),
                link(bridge),
                format!("`{}`", cannot.reason),
                cannot.why.clone(),
                cannot.instead.clone(),
            ]
            .map(Cell::text)
            .into(),
        );
    }
    let [passed, kept, cannot_be] = [passed, kept, cannot_be].map(|table| markdown::table(&table));
    let mut out = format!(
        "<!-- Generated by `toll matrix --write` from every bridge.toml and the last `toll check`. Do not edit. -->\n\n\
         # The bridges\n\n\
         One folder is one bridge: a strategy in a host. All of them run the same vectors of\n\
         [`conformance/`](../conformance/README.md); what a strategy cannot do, it declares.\n\n{passed}\n\
         ## Threads and copies\n\n{kept}\n\
         ## What cannot be kept\n\n\
         The rules are those of the boundary; a reason without a rule is a request that the strategy cannot express.\n\n\
         {cannot_be}"
    );
    for bridge in bridges.iter().filter(|b| !b.platform.is_empty()) {
        out += &format!(
            "\n## {} on other machines and C libraries\n\n\
             The same vectors, cross-compiled, under emulation where the processor is another (`just test-platforms`).\n\n{}",
            link(bridge),
            markdown::table(&platforms::summary(bridge)?)
        );
    }
    Ok(out)
}

/// Of a bridge of which nothing is known yet.
fn none() -> Counts {
    [DASH; 3].map(String::from)
}

fn link(bridge: &Bridge) -> String {
    format!("[`{0}`]({0}/README.md)", bridge.id)
}
