//! `toll errors`: core's error table, and the hosts' classes that are generated from it.

mod classes;

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use tollbridge_core::{Error, ErrorInfo, FieldInfo, FieldKind};

use crate::bridge::Workspace;
use crate::table;

/// Arguments of `toll errors`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A list of rows: code, name, doc, scaffolding, fields (name, kind: u64, f64 or text, doc).
    #[arg(long)]
    pub json: bool,
    /// Write the classes of every host that has an error_classes.toml.
    #[arg(long, conflicts_with = "json")]
    pub write: bool,
    /// Exit code 1 when a file is not what --write would write.
    #[arg(long, conflicts_with_all = ["json", "write"])]
    pub check: bool,
}

/// An error of core's table. Templates see the same.
#[derive(Debug, Serialize)]
struct Row {
    code: i32,
    name: &'static str,
    doc: String,
    scaffolding: bool,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    name: &'static str,
    kind: &'static str,
    doc: String,
}

impl From<&ErrorInfo> for Row {
    fn from(error: &ErrorInfo) -> Self {
        Self {
            code: error.code,
            name: error.name,
            doc: error.documentation(),
            scaffolding: error.scaffolding,
            fields: error.fields.iter().map(Field::from).collect(),
        }
    }
}

impl From<&FieldInfo> for Field {
    fn from(field: &FieldInfo) -> Self {
        Self {
            name: field.name,
            kind: match field.kind {
                FieldKind::U64 => "u64",
                FieldKind::F64 => "f64",
                FieldKind::Text => "text",
            },
            doc: field.documentation(),
        }
    }
}

/// Prints the table, or writes or checks what is generated from it.
///
/// # Errors
/// When it cannot be printed or written, when a host's `error_classes.toml` or template is wrong, and when a
/// file that is checked is stale.
pub fn run(workspace: impl FnOnce() -> Result<Workspace>, args: &Args) -> Result<ExitCode> {
    let rows: Vec<Row> = Error::TABLE.iter().map(Row::from).collect();
    if args.write {
        classes::write(&workspace()?.root, &rows)?;
    } else if args.check {
        classes::check(&workspace()?.root, &rows)?;
    } else if args.json {
        table::print_json(&rows)?;
    } else {
        let line = |row: &Row| {
            let fields = row.fields.iter().map(|f| format!("{}: {}", f.name, f.kind));
            let fields: Vec<String> = fields.collect();
            vec![row.code.to_string(), row.name.to_owned(), fields.join(", ")]
        };
        table::print(table::columns(&rows.iter().map(line).collect::<Vec<_>>()))?;
    }
    Ok(ExitCode::SUCCESS)
}
