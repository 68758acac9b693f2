//! `toll list`: bridges, shapes, errors by operation, and what no vector reaches.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use toml::Value;

use crate::bridge::{Bridge, Layers, Readme, Role, Said, Workspace};
use crate::coverage;
use crate::shapes::Shapes;
use crate::table;

/// Arguments of `toll list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
    /// Instead: all that the TOML files say of each bridge, layer over layer, and where each line stands.
    #[arg(long)]
    pub resolved: bool,
    /// Instead: every operation, probe, fault and error that no vector reaches. Exit code 1 if there is one.
    #[arg(long, conflicts_with_all = ["bridges", "resolved"])]
    pub uncovered: bool,
    /// Instead: what is timed.
    #[arg(long, conflicts_with_all = ["bridges", "resolved", "uncovered"])]
    pub shapes: bool,
    /// Instead: which operation gives which error, and the vectors that show it.
    #[arg(long, conflicts_with_all = ["bridges", "resolved", "uncovered", "shapes"])]
    pub errors: bool,
    /// A list of rows. Bridges: bridge, host, strategy, role, title, library. Resolved: bridge, key, value, place. Uncovered: kind, name. Shapes: shape,
    /// group, what, sizes. Errors: operation, error, vectors.
    #[arg(long)]
    pub json: bool,
}

/// Prints what is asked for.
///
/// # Errors
/// When a selector names nothing, or a file is missing or wrong.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    if args.uncovered {
        return uncovered(workspace, args.json);
    }
    if args.shapes {
        let shapes = Shapes::load(&workspace.root)?;
        let rows: Vec<ShapeRow> = shapes.iter().map(ShapeRow::new).collect();
        return print(&rows, args.json, |row| {
            vec![
                row.shape.to_owned(),
                row.group.to_owned(),
                row.what.to_owned(),
            ]
        });
    }
    if args.errors {
        let rows = coverage::measure(workspace)?.pairs;
        return print(&rows, args.json, |row| {
            vec![
                row.operation.clone(),
                row.error.clone(),
                row.vectors.join(", "),
            ]
        });
    }
    let bridges = workspace.select(&args.bridges)?;
    if args.resolved {
        return resolved(&bridges, args.json);
    }
    let rows: Vec<BridgeRow> = bridges.into_iter().map(BridgeRow::new).collect();
    print(&rows, args.json, |row| {
        vec![
            row.bridge.to_owned(),
            row.role.to_string(),
            row.title.to_owned(),
        ]
    })
}

fn resolved(bridges: &[&Bridge], json: bool) -> Result<ExitCode> {
    let mut rows = Vec::new();
    let mut text = String::new();
    for bridge in bridges {
        let layers = bridge.layers()?;
        text += &format!("# {}\n{}\n", bridge.id, toml_of(&layers));
        rows.extend(layers.rows().iter().map(|(key, said)| SaidRow {
            bridge: &bridge.id,
            key: dotted(key),
            value: said.value.clone(),
            place: said.place.clone(),
        }));
    }
    match json {
        true => table::print_json(&rows)?,
        false => table::print(text.trim_end().to_owned() + "\n")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What is said of a bridge, as one file would say it.
fn toml_of(layers: &Layers) -> String {
    let (mut lines, mut tables) = (String::new(), String::new());
    for (key, Said { value, place, .. }) in layers.rows() {
        match value {
            Value::Table(table) => {
                tables += &format!("\n[{}]  # {place}\n", dotted(key));
                for (name, value) in table {
                    tables += &format!("{} = {value}\n", dotted(&[name.into()]));
                }
            }
            value => lines += &format!("{} = {value}  # {place}\n", dotted(key)),
        }
    }
    lines + &tables
}

/// A key as it stands in TOML.
fn dotted(key: &[String]) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let part = |part: &String| match !part.is_empty() && part.chars().all(is_bare) {
        true => part.clone(),
        false => Value::from(part.as_str()).to_string(),
    };
    key.iter().map(part).collect::<Vec<_>>().join(".")
}

fn uncovered(workspace: &Workspace, json: bool) -> Result<ExitCode> {
    let rows = coverage::measure(workspace)?.uncovered;
    print(&rows, json, |row| {
        vec![row.kind.to_owned(), row.name.clone()]
    })?;
    if rows.is_empty() && !json {
        table::print_line("every operation, probe, fault and error is reached by a vector")?;
    }
    Ok(if rows.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print<T: Serialize>(
    rows: &[T],
    json: bool,
    line: impl Fn(&T) -> Vec<String>,
) -> Result<ExitCode> {
    if json {
        table::print_json(&rows)?;
    } else {
        table::print(table::columns(&rows.iter().map(line).collect::<Vec<_>>()))?;
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct SaidRow<'a> {
    bridge: &'a str,
    key: String,
    value: Value,
    place: String,
}

#[derive(Serialize)]
struct BridgeRow<'a> {
    bridge: &'a str,
    host: &'a str,
    strategy: &'a str,
    role: Role,
    title: &'a str,
    library: Option<&'a str>,
    readme: Option<&'a Readme>,
}

impl<'a> BridgeRow<'a> {
    fn new(bridge: &'a Bridge) -> Self {
        Self {
            bridge: &bridge.id,
            host: bridge.host(),
            strategy: bridge.strategy(),
            role: bridge.role,
            title: &bridge.title,
            library: bridge.library.as_deref(),
            readme: bridge.readme.as_ref(),
        }
    }
}

#[derive(Serialize)]
struct ShapeRow<'a> {
    shape: &'a str,
    group: &'a str,
    what: &'a str,
    sizes: &'a [u64],
}

impl<'a> ShapeRow<'a> {
    fn new(shape: &'a crate::shapes::Shape) -> Self {
        Self {
            shape: &shape.id,
            group: &shape.group,
            what: &shape.what,
            sizes: &shape.sizes,
        }
    }
}
