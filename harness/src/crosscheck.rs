//! `toll bench --cross-check`: other tools time some of the same calls, and must agree.

use anyhow::Result;
use serde::Serialize;

use crate::bridge::Workspace;
use crate::report::document::{Cell, Table};
use crate::report::{figures, markdown};
use crate::results::Results;

/// What counts as agreement, in the report's words.
pub const ERROR: &str = "";

/// One case, timed by `toll` and by another tool. Times are ns a call.
#[derive(Debug, Clone, Serialize)]
pub struct Agreement {
    /// `host/strategy`.
    pub bridge: String,
    /// The shape's id.
    pub shape: String,
    /// The size; 0 for a shape without.
    pub n: u64,
    /// The other tool.
    pub tool: String,
    /// What `toll` measured.
    pub toll_ns: f64,
    /// What the other tool measured.
    pub tool_ns: f64,
    /// The first over the second.
    pub ratio: f64,
    /// Whether they are within the stated error.
    pub agrees: bool,
}

/// x
pub fn run(_: &Workspace, _: &Results) -> Result<Vec<Agreement>> {
    Ok(vec![])
}
/// The rows as a table.
pub fn as_table(agreement: &[Agreement]) -> Table {
    let header = [Cell::text("case"), Cell::text("bridge"), Cell::text("tool")];
    let figures = ["toll", "tool", "ratio"].map(Cell::figure);
    let mut table = Table::new(
        header
            .into_iter()
            .chain(figures)
            .chain([Cell::text("agrees")]),
    );
    for row in agreement {
        table.rows.push(vec![
            Cell::text(figures::case_name(&row.shape, row.n)),
            Cell::text(&row.bridge),
            Cell::text(&row.tool),
            Cell::figure(figures::time(row.toll_ns)),
            Cell::figure(figures::time(row.tool_ns)),
            Cell::figure(figures::ratio(row.ratio)),
            Cell::text(if row.agrees { "yes" } else { "no" }).marked(!row.agrees),
        ]);
    }
    table
}

/// The rows as text; nothing for none.
pub fn table(agreement: &[Agreement]) -> String {
    if agreement.is_empty() {
        String::new()
    } else {
        markdown::table(&as_table(agreement)) + "\n"
    }
}
