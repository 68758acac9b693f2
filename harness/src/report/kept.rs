//! What is said of the runs that are kept: when and on what each was measured, and what they say otherwise than the
//! one shown.

use std::collections::HashMap;

use crate::bridge::Role;
use crate::document::figures::{self, case_name};
use crate::document::{Block, Cell, Table};
use crate::results::Results;
use crate::results::kept::{Kept, Of};
use crate::results::rows::Row;
use crate::stats;

/// So many cases of a bridge that flip are named; the rest is counted.
const NAMED: usize = 6;

/// One sentence on a run, with what ran on these hosts.
pub fn about<'a>(results: &Results, hosts: impl Iterator<Item = &'a str>) -> String {
    let Results {
        machine, settings, ..
    } = results;
    let mut text = format!(
        "Measured on {} on one machine ({}, {} CPUs, {}): the {} profile, {} launches of each bridge{}.",
        results.started.split('T').next().unwrap_or_default(),
        machine.cpu,
        machine.cores,
        machine.kernel,
        settings.profile,
        settings.launches,
        source(results.commit.as_deref(), results.dirty),
    );
    let versions = hosts.filter_map(|host| {
        let mut of_host = results.bridges.iter().filter(|b| b.host == host);
        let first = of_host.clone().find(|b| !b.role.is_partial());
        Some(short(&first.or_else(|| of_host.next())?.host_version))
    });
    let versions: Vec<String> = versions.collect();
    if !versions.is_empty() {
        text += &format!(" Hosts: {}.", versions.join(" · "));
    }
    text
}

/// What a part is of, after the name of its run.
pub fn of(of: &Of) -> String {
    match of {
        Of::Whole => String::new(),
        Of::Headlines => ", hosts side by side".into(),
        Of::Host(host) => format!(", {host}"),
    }
}

/// What a host says of itself without what stands in brackets: dates of builds, and compilers.
fn short(version: &str) -> String {
    let mut depth = 0;
    let kept = version.chars().filter(|c| {
        depth += i32::from("([".contains(*c));
        let keep = depth == 0;
        depth -= i32::from(")]".contains(*c));
        keep
    });
    let kept: String = kept.collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    words.join(" ").replace(" ,", ",")
}

/// What was built.
pub fn source(commit: Option<&str>, dirty: bool) -> String {
    let commit = commit.map(|c| c.chars().take(7).collect::<String>());
    let commit = commit.map_or("no commit".into(), |commit| format!("commit {commit}"));
    let changes = if dirty {
        " with uncommitted changes"
    } else {
        ""
    };
    format!(", {commit}{changes}")
}

/// What the kept runs say otherwise than the one shown; nothing where there is none.
pub fn chapter(shown: &Results, rows: &[Row], kept: &[Kept]) -> Vec<Block> {
    let others: Vec<&Kept> = kept
        .iter()
        .filter(|run| {
            let mut parts = run.parts.iter();
            parts.all(|part| part.results.started != shown.started)
        })
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let header = [
        Cell::text("run"),
        Cell::text("bridge"),
        Cell::figure("cases compared"),
        Cell::figure("its ratio to the floor, over the one here: median"),
        Cell::text("faster than the floor in one run, slower in the other"),
    ];
    let mut table = Table::new(header);
    for run in &others {
        let (results, theirs) = run.merged();
        let index: HashMap<(&str, &str, u64), &Row> = theirs
            .iter()
            .map(|r| ((r.bridge.as_str(), r.shape.as_str(), r.n), r))
            .collect();
        let bridges = results.bridges.iter();
        for bridge in bridges.filter(|b| b.role == Role::Bridge) {
            let of_bridge = rows.iter().filter(|row| row.bridge == bridge.id);
            let both = of_bridge.filter_map(|row| {
                let other = index.get(&(row.bridge.as_str(), row.shape.as_str(), row.n))?;
                Some((row, *other, other.over_floor? / row.over_floor?))
            });
            let both: Vec<(&Row, &Row, f64)> =
                both.filter(|(.., change)| change.is_finite()).collect();
            let changes: Vec<f64> = both.iter().map(|(.., change)| *change).collect();
            let Some(median) = stats::median(&changes) else {
                continue;
            };
            let flips = both
                .iter()
                .filter(|(a, b, _)| matches!((side(a), side(b)), (Some(a), Some(b)) if a != b));
            let flips: Vec<String> = flips
                .map(|(row, ..)| case_name(&row.shape, row.n))
                .collect();
            let flips = match flips.len() {
                0..=NAMED => flips.join(", "),
                more => format!("{} and {} more", flips[..NAMED].join(", "), more - NAMED),
            };
            table.rows.push(vec![
                Cell::text(&run.name).with_small(bridge.host_version.clone()),
                Cell::text(&bridge.id),
                Cell::figure(both.len().to_string()),
                Cell::figure(figures::ratio(median)),
                Cell::text(flips),
            ]);
        }
    }
    let parts = others
        .iter()
        .flat_map(|run| run.parts.iter().map(move |part| (run, part)));
    let about = parts.map(|(run, part)| {
        let about = about(&part.results, std::iter::empty());
        format!("`{}`{}: {about}", run.name, of(&part.of))
    });
    vec![
        Block::Heading(2, "The other runs that are kept".into()),
        Block::List(about.collect()),
        Block::Table(table),
    ]
}

/// Whether it is clearly slower than the floor, or clearly faster; none where that cannot be told.
fn side(row: &Row) -> Option<bool> {
    row.over_floor
        .filter(|_| !row.like_floor && !row.is_loop)
        .map(|ratio| ratio > 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::markdown;
    use crate::results::rows;
    use crate::results::sample;

    #[test]
    fn another_run_is_compared_and_what_flips_is_named() {
        let shown = sample::results();
        let rows = rows::rows(&shown, &sample::declared());
        let alone = chapter(&shown, &rows, &[]);
        assert!(alone.is_empty(), "without kept runs nothing is added");

        let mut other = sample::results();
        other.started = "2026-02-03T04:05:06Z".into();
        other.machine.cpu = "another".into();
        // pyo3's add was 1.6 times the floor's 20 ns, net of the loop; here it is half.
        let pyo3 = |c: &&mut crate::results::Case| c.bridge == "python/pyo3" && c.shape == "add";
        let case = other.cases.iter_mut().find(pyo3).unwrap();
        case.best_ns = vec![20.0; 5];
        case.conclude();
        let kept = [Kept::whole("elsewhere", other, &sample::declared())];
        let blocks = chapter(&shown, &rows, &kept);
        let text = markdown::render("", &blocks);
        assert!(text.contains("`elsewhere`: Measured on 2026-02-03 on one machine (another"));
        let row = text.lines().find(|line| line.contains("| python/pyo3 |"));
        assert!(row.is_some_and(|row| row.ends_with("| add |")), "{text}");
        let same = text.lines().find(|line| line.contains("| c/cabi |"));
        assert!(
            same.is_some_and(|row| row.contains("| 1.00× |  |")),
            "{text}"
        );
    }

    #[test]
    fn versions_are_shortened() {
        let long = "CPython 3.11.7 (main, May  9 2026, 07:35:25) [GCC 12.2.0], no PGO, GIL";
        assert_eq!(short(long), "CPython 3.11.7, no PGO, GIL");
        assert_eq!(
            short(".NET 10.0.12, workstation GC"),
            ".NET 10.0.12, workstation GC"
        );
    }
}
