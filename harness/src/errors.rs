//! `toll errors`: core's error table, for hosts' tests to compare theirs with.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use tollbridge_core::{Error, FieldKind};

use crate::table;

/// Arguments of `toll errors`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A list of rows: code, name, fields (name, kind: u64, f64 or text).
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Row {
    code: i32,
    name: &'static str,
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    name: &'static str,
    kind: &'static str,
}

/// Prints the table.
///
/// # Errors
/// When it cannot be printed.
pub fn run(args: &Args) -> Result<ExitCode> {
    let field = |&(name, kind): &(&'static str, FieldKind)| Field {
        name,
        kind: match kind {
            FieldKind::U64 => "u64",
            FieldKind::F64 => "f64",
            FieldKind::Text => "text",
        },
    };
    let rows: Vec<Row> = Error::TABLE
        .iter()
        .map(|e| Row {
            code: e.code,
            name: e.name,
            fields: e.fields.iter().map(field).collect(),
        })
        .collect();
    if args.json {
        table::print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let line = |row: &Row| {
        let fields = row.fields.iter().map(|f| format!("{}: {}", f.name, f.kind));
        let fields: Vec<String> = fields.collect();
        vec![row.code.to_string(), row.name.to_owned(), fields.join(", ")]
    };
    table::print(table::columns(&rows.iter().map(line).collect::<Vec<_>>()))?;
    Ok(ExitCode::SUCCESS)
}
