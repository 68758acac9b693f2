//! The strategies of a host side by side, for a terminal and for the guide.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::document::figures::{self, case_name};
use crate::document::{Cell, Table};
use crate::results::{rows::Row, words};
use crate::strategies::results::{Hazards, Strategies, Strategy};
use crate::table::columns;

/// The calls whose times stand in the guide's table, one for each kind of crossing.
const SHAPES: [(&str, u64); 7] = [
    ("add", 0),
    ("record", 0),
    ("str_len", 16),
    ("record_all", 4096),
    ("call_back", 256),
    ("summary", 0),
    ("fail", 0),
];

/// A row of the table: what it says of a strategy.
type Says = (&'static str, fn(&Strategy) -> String);

const SAYS: [Says; 11] = [
    ("vectors: passed, cannot, failed", vectors),
    ("hazards", |s| hazards(s.hazards)),
    ("lines written", written),
    ("lines generated", |s| lines(&s.generated)),
    ("`unsafe`", |s| s.unsafe_blocks.to_string()),
    ("crates besides the core's", crates),
    ("stands on (last release)", uses),
    ("library, stripped", library),
    ("start to first call", |s| format!("{:.0} ms", s.load.ms)),
    ("the host alone", |s| {
        s.load.host_ms.map_or_else(dash, |ms| format!("{ms:.0} ms"))
    }),
    ("clean build", |s| {
        s.build_s
            .map_or_else(dash, |seconds| format!("{seconds:.0} s"))
    }),
];

/// For a terminal: a paragraph a strategy.
#[must_use]
pub fn text(found: &Strategies) -> String {
    let mut text = String::new();
    for strategy in &found.strategies {
        let says = SAYS.iter().map(|(name, says)| (*name, says(strategy)));
        let rows: Vec<Vec<String>> = says
            .filter(|(_, said)| *said != dash())
            .map(|(name, said)| [format!("  {name}"), said].map(|cell| cell.replace('`', "")))
            .map(Vec::from)
            .collect();
        text += &format!("{}\n{}", strategy.bridge, columns(&rows));
    }
    for absent in &found.absent {
        text += &format!("not looked at: {}: {}\n", absent.bridge, absent.why);
    }
    text
}

/// For the guide: the strategies of one host, with times of `rows`, which are of another run. Of those `bridges` that
/// were not looked at yet it has dashes.
///
/// # Errors
/// When the host has no strategy.
pub fn table(found: &Strategies, host: &str, bridges: &[&str], rows: &[Row]) -> Result<Table> {
    let of_host = found.strategies.iter().filter(|s| s.host == host);
    let mut columns: Vec<&str> = of_host.map(|s| s.bridge.as_str()).collect();
    columns.extend(bridges);
    columns.sort_unstable();
    columns.dedup();
    ensure!(!columns.is_empty(), "`{host}` has no strategy");
    let header = columns.iter().map(|id| Cell::figure(format!("`{id}`")));
    let mut table = Table::new([Cell::text("")].into_iter().chain(header));
    let mut push = |name: String, cells: Vec<String>| {
        if cells.iter().any(|cell| *cell != dash()) {
            let cells = cells.into_iter().map(Cell::figure);
            table
                .rows
                .push([Cell::text(name)].into_iter().chain(cells).collect());
        }
    };
    for (shape, n) in SHAPES {
        let time = |id: &&str| {
            let row = rows
                .iter()
                .find(|r| r.bridge == *id && r.shape == shape && r.n == n);
            row.map_or_else(dash, words::outcome)
        };
        push(
            format!("`{}`", case_name(shape, n)),
            columns.iter().map(time).collect(),
        );
    }
    for (name, says) in SAYS {
        let say = |id: &&str| found.of(id).map_or_else(dash, says);
        push(name.into(), columns.iter().map(say).collect());
    }
    Ok(table)
}

/// Whether the guide's table has this time.
#[must_use]
pub fn shows(shape: &str, n: u64) -> bool {
    SHAPES.contains(&(shape, n))
}

fn dash() -> String {
    "–".into()
}

fn vectors(strategy: &Strategy) -> String {
    strategy.vectors.map_or_else(dash, |v| {
        format!("{}, {}, {}", v.passed, v.unsupported, v.failed)
    })
}

fn hazards(hazards: Hazards) -> String {
    let Hazards {
        promised,
        refused,
        undefined,
        leaked,
        at_start,
        fatal,
        told,
        unnoticed,
    } = hazards;
    let exceptions = [
        (refused, "refused by the host"),
        (told, "told in another way"),
        (unnoticed, "not noticed"),
        (undefined, "undefined"),
        (leaked, "leaks"),
        (at_start, "refused at the start"),
        (fatal, "fatal"),
    ];
    let exceptions = exceptions.iter().filter(|(count, _)| *count > 0);
    let exceptions = exceptions.map(|(count, how)| format!("{count} {how}"));
    let all: Vec<String> = std::iter::once(format!("{promised} as promised"))
        .chain(exceptions)
        .collect();
    all.join(", ")
}

fn written(strategy: &Strategy) -> String {
    let mut text = lines(&strategy.written);
    if !strategy.shared.is_empty() {
        text += &format!(", shared: {}", lines(&strategy.shared));
    }
    if let Some(over) = &strategy.over {
        text += &format!(", over `{over}`");
    }
    text
}

fn lines(by_language: &BTreeMap<String, u64>) -> String {
    let lines = by_language.iter();
    let lines: Vec<String> = lines
        .map(|(language, count)| format!("{} {language}", figures::size(*count)))
        .collect();
    match lines.is_empty() {
        true => dash(),
        false => lines.join(", "),
    }
}

fn crates(strategy: &Strategy) -> String {
    strategy.crates.map_or_else(dash, |count| count.to_string())
}

fn uses(strategy: &Strategy) -> String {
    let uses = strategy.uses.iter().map(|used| {
        let last = match (&used.last, &used.released) {
            (Some(last), Some(date)) if last.starts_with(&used.version) => format!(" ({date})"),
            (Some(last), Some(date)) => format!(" ({last}, {date})"),
            _ => String::new(),
        };
        format!("{} {}{last}", used.name, used.version)
    });
    let uses: Vec<String> = uses.collect();
    match uses.is_empty() {
        true => dash(),
        false => uses.join(", "),
    }
}

fn library(strategy: &Strategy) -> String {
    strategy.library.as_ref().map_or_else(dash, |library| {
        let kib = figures::size(library.stripped_bytes.div_ceil(1024));
        format!("{kib} KiB")
    })
}
