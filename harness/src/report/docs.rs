//! Figures inside documents: blocks between `<!-- toll:… -->` and `<!-- /toll -->`, and one picture.
//! `bench/results/README.md` documents what a block may ask for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::bridge::{Bridge, Workspace};
use crate::count::claims;
use crate::count::committed::{Count, Counts};
use crate::peers::results::Peers;
use crate::peers::{self, summary};
use crate::report::content::{Content, KEY_CASES};
use crate::report::document::{Cell, Table};
use crate::report::figures::{self, case_name};
use crate::report::rows::{self, Row};
use crate::report::{markdown, plot};
use crate::results::Results;
use crate::shapes::Shapes;
use crate::strategies::{self, results::Strategies};
use crate::table::print_line;

const OPEN: &str = "<!-- toll:";
const OPEN_END: &str = "-->";
const CLOSE: &str = "<!-- /toll -->";
/// Documents that may hold blocks.
const DOCUMENTS: [&str; 3] = ["README.md", "docs/**/*.md", "bindings/**/README.md"];
/// The picture of all tolls, and its width in the units of its text.
const PICTURE: &str = "docs/img/tolls.svg";
const PICTURE_WIDTH: u32 = 680;

/// What is wrong where no job was timed.
const NO_PEERS: &str = "run `toll peers --save` first";

/// What a block may ask for.
struct Figures {
    rows: Vec<Row>,
    counts: Option<Counts>,
    peers: Option<(Peers, Shapes)>,
    strategies: Option<Strategies>,
    bridges: Vec<Bridge>,
}

/// Rewrites every document, or with `write` unset only says which are stale; exit code 1 then.
///
/// # Errors
/// When a block asks for what the results do not have.
pub fn run(
    workspace: &Workspace,
    results: &Results,
    shapes: &Shapes,
    write: bool,
) -> Result<ExitCode> {
    let root = &workspace.root;
    let figures = Figures {
        rows: rows::rows(results),
        counts: Counts::load(root)?,
        peers: match Peers::load(root)? {
            Some(peers) => Some((peers, peers::jobs(root)?)),
            None => None,
        },
        strategies: Strategies::load(root)?,
        bridges: workspace.bridges.clone(),
    };
    let mut wanted: Vec<(PathBuf, String)> = Vec::new();
    for path in documents(root)? {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let new = rewrite(&text, &figures).with_context(|| path.display().to_string())?;
        wanted.push((path, new));
    }
    let content = Content::new(results, shapes);
    if let Some(picture) = content.toll_plot(PICTURE_WIDTH)? {
        wanted.push((root.join(PICTURE), plot::standalone(&picture.svg)));
    }
    let mut stale = 0;
    for (path, new) in wanted {
        let old = fs::read_to_string(&path).unwrap_or_default();
        if old == new {
            continue;
        }
        let shown = path.strip_prefix(root).unwrap_or(&path).display();
        if write {
            fs::create_dir_all(path.parent().unwrap_or(root))?;
            fs::write(&path, new).with_context(|| format!("writing {shown}"))?;
            print_line(format_args!("rewrote {shown}"))?;
        } else {
            print_line(format_args!("stale: {shown}; run `toll report --docs`"))?;
            stale += 1;
        }
    }
    Ok(if stale > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let escaped = glob::Pattern::escape(&root.to_string_lossy());
    let mut found = Vec::new();
    for pattern in DOCUMENTS {
        for path in glob::glob(&format!("{escaped}/{pattern}"))? {
            let path = path?;
            // What tools unpack or build below bindings/ is not ours.
            let hidden =
                |part: &str| part.starts_with('.') || part == "target" || part == "node_modules";
            let below = path.strip_prefix(root).unwrap_or(&path);
            if !below.iter().any(|part| hidden(&part.to_string_lossy())) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The text with every block's content replaced. Fenced code is left alone, so that a block can be shown.
fn rewrite(text: &str, figures: &Figures) -> Result<String> {
    let mut new = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let (before, block) = rest.split_at(start);
        new += before;
        let fences = |text: &str| {
            text.lines()
                .filter(|l| l.trim_start().starts_with("```"))
                .count()
        };
        if fences(&new) % 2 == 1 {
            let (marker, after) = block.split_at(OPEN.len());
            new += marker;
            rest = after;
            continue;
        }
        let line = new.lines().count();
        let end = block
            .find(OPEN_END)
            .with_context(|| format!("line {line}: no `{OPEN_END}`"))?;
        let head = &block[..end + OPEN_END.len()];
        let close = block
            .find(CLOSE)
            .with_context(|| format!("line {line}: no `{CLOSE}` after {head}"))?;
        ensure!(
            !block[head.len()..close].contains(OPEN),
            "line {line}: {head} is not closed before the next block"
        );
        let request = block[OPEN.len()..end].trim();
        let content = content(request, figures).with_context(|| format!("line {line}: {head}"))?;
        new += &format!("{head}{content}{CLOSE}");
        rest = &block[close + CLOSE.len()..];
    }
    Ok(new + rest)
}

fn content(request: &str, figures: &Figures) -> Result<String> {
    let Figures { rows, counts, .. } = figures;
    let words: Vec<&str> = request.split_whitespace().collect();
    match words[..] {
        ["ns", bridge, case] => Ok(figures::time(ns(rows, bridge, case)?)),
        ["ratio", bridge, case, "/", over, over_case] => Ok(figures::ratio(
            ns(rows, bridge, case)? / ns(rows, over, over_case)?,
        )),
        ["floor", bridge, case] => {
            let ratio = row(rows, bridge, case)?.over_floor;
            Ok(figures::ratio(ratio.with_context(|| {
                format!("{bridge} {case} has no floor")
            })?))
        }
        ["beyond", limit, bridge] => beyond(rows, limit, bridge),
        ["table", ref options @ ..] => {
            let bridges = rows.iter().map(|row| row.bridge.as_str());
            table(options, bridges, |bridge, case| {
                let row = row(rows, bridge, case).ok()?;
                let ratio = row.over_floor.filter(|ratio| *ratio != 1.0);
                let ratio = ratio.map_or(String::new(), |r| format!(" ({})", figures::ratio(r)));
                Some(figures::outcome(row) + &ratio)
            })
        }
        ["counts", ref options @ ..] => {
            let counts = counts.as_ref().context("nothing was counted yet")?;
            let bridges = counts.counts.iter().map(|count| count.bridge.as_str());
            table(options, bridges, |bridge, case| {
                let of_case = |c: &&Count| c.bridge == bridge && case_name(&c.shape, c.n) == case;
                counts.counts.iter().find(of_case).map(bytes)
            })
        }
        ["peers"] => {
            let (peers, jobs) = figures.peers.as_ref().context(NO_PEERS)?;
            let table = markdown::table(&summary::table(peers, jobs));
            Ok(format!("\n{table}\n{}", list(&summary::verdicts(peers))))
        }
        ["peers", "ns", line, job] => {
            let (peers, _) = figures.peers.as_ref().context(NO_PEERS)?;
            let ns = peers.ns(line, job);
            let ns = ns.with_context(|| format!("the results have no {line} {job}"))?;
            Ok(figures::time(ns))
        }
        ["strategies", host] => {
            let strategies = figures.strategies.as_ref();
            let strategies = strategies.context("run `toll strategies --save` first")?;
            let table = strategies::page::table(strategies, host, rows)?;
            Ok(format!("\n{}", markdown::table(&table)))
        }
        ["claims", bridge] => {
            let counts = counts.as_ref().context("nothing was counted yet")?;
            let mut bridges = figures.bridges.iter();
            let bridge = bridges.find(|b| b.id == bridge).context("no such bridge")?;
            ensure!(
                !bridge.claims.is_empty(),
                "its bridge.toml makes no [claims]"
            );
            let table = claims::table(bridge, counts);
            Ok(format!("\n{}", markdown::table(&table)))
        }
        _ => bail!(
            "ns, ratio, floor, beyond, table, counts, claims, peers or strategies, with what they need; see bench/results/README.md"
        ),
    }
}

/// Every case of a bridge that takes more than `limit` times what the host's floor takes, net of the empty loop.
fn beyond(rows: &[Row], limit: &str, bridge: &str) -> Result<String> {
    let limit: f64 = limit.parse().context("the limit is a number")?;
    let compared: Vec<(&Row, f64)> = rows
        .iter()
        .filter(|row| row.bridge == bridge)
        .filter_map(|row| Some((row, row.over_floor?)))
        .collect();
    ensure!(!compared.is_empty(), "{bridge} has no floor");
    let header = ["sizes", "from", "to"].map(Cell::figure);
    let mut table = Table::new([Cell::text("shape")].into_iter().chain(header));
    let mut shapes: Vec<&str> = compared.iter().map(|(row, _)| row.shape.as_str()).collect();
    shapes.dedup();
    let mut found = 0;
    for shape in shapes {
        let of_shape = compared.iter().filter(|(row, _)| row.shape == shape);
        let over: Vec<_> = of_shape.filter(|(_, ratio)| *ratio > limit).collect();
        let ratios = over.iter().map(|(_, ratio)| *ratio);
        let Some(least) = ratios.clone().reduce(f64::min) else {
            continue;
        };
        let most = ratios.fold(least, f64::max);
        let sizes: Vec<String> = over.iter().map(|(row, _)| row.n.to_string()).collect();
        found += over.len();
        table.rows.push(vec![
            Cell::text(format!("`{shape}`")),
            Cell::figure(sizes.join(", ")),
            Cell::figure(figures::ratio(least)),
            Cell::figure(figures::ratio(most)),
        ]);
    }
    let all = compared.len();
    Ok(format!(
        "\n{found} of {all} cases take more than {limit} times the floor's time:\n\n{}",
        markdown::table(&table)
    ))
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| format!("- {item}\n")).collect()
}

/// Bytes that a call allocates: the library's and the host's, or of both where they are one.
fn bytes(count: &Count) -> String {
    let sides = [count.library, count.host];
    let sides = sides.iter().flatten();
    let sides: Vec<String> = sides.map(|side| figures::size(side.bytes as u64)).collect();
    format!("{} B", sides.join(" + "))
}

/// `cell` of each case and bridge that `options` name.
fn table<'a>(
    options: &[&str],
    all: impl Iterator<Item = &'a str> + Clone,
    cell: impl Fn(&str, &str) -> Option<String>,
) -> Result<String> {
    let mut cases: Vec<String> = KEY_CASES
        .iter()
        .map(|(shape, n)| case_name(shape, *n))
        .collect();
    let mut patterns = vec![glob::Pattern::new("*")?];
    for option in options {
        match option.split_once('=') {
            Some(("shapes", list)) => cases = list.split(',').map(String::from).collect(),
            Some(("bridges", list)) => {
                patterns = list
                    .split(',')
                    .map(glob::Pattern::new)
                    .collect::<Result<_, _>>()?;
            }
            _ => bail!("`{option}`: shapes=… or bridges=…"),
        }
    }
    // In the order in which the block names them.
    let mut bridges: Vec<&str> = Vec::new();
    for pattern in &patterns {
        for bridge in all.clone().filter(|bridge| pattern.matches(bridge)) {
            if !bridges.contains(&bridge) {
                bridges.push(bridge);
            }
        }
    }
    ensure!(!bridges.is_empty(), "no bridge of these results matches");
    let header = bridges.iter().map(|bridge| Cell::figure(*bridge));
    let mut table = Table::new([Cell::text("shape")].into_iter().chain(header));
    for case in &cases {
        let cells: Vec<Option<String>> = bridges.iter().map(|bridge| cell(bridge, case)).collect();
        ensure!(
            cells.iter().any(Option::is_some),
            "the results have no `{case}`"
        );
        let cells = cells
            .into_iter()
            .map(|text| Cell::figure(text.unwrap_or_else(|| "–".into())));
        let name = Cell::text(format!("`{case}`"));
        table.rows.push([name].into_iter().chain(cells).collect());
    }
    Ok(format!("\n{}", markdown::table(&table)))
}

fn row<'a>(rows: &'a [Row], bridge: &str, case: &str) -> Result<&'a Row> {
    let found = rows
        .iter()
        .find(|r| r.bridge == bridge && case_name(&r.shape, r.n) == case);
    found.with_context(|| format!("the results have no {bridge} {case}"))
}

fn ns(rows: &[Row], bridge: &str, case: &str) -> Result<f64> {
    row(rows, bridge, case)?
        .ns
        .with_context(|| format!("{bridge} {case} has no figure"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::count::committed::{Allocated, SCHEMA};
    use crate::report::sample;

    fn rewritten(text: &str) -> Result<String> {
        let count = |bridge: &str, library, host| Count {
            bridge: bridge.into(),
            shape: "make_str".into(),
            n: 4096,
            calls: 64,
            library,
            host,
            instructions: None,
        };
        let side = |bytes| {
            Some(Allocated {
                allocations: 1.0,
                bytes,
            })
        };
        let counts = Counts {
            schema: SCHEMA,
            toolchain: BTreeMap::new(),
            hosts: Vec::new(),
            counts: vec![
                count("rust/direct", side(4096.0), None),
                count("python/pyo3", side(4096.0), side(49.0)),
            ],
        };
        let figures = Figures {
            rows: rows::rows(&sample::results()),
            counts: Some(counts),
            peers: None,
            strategies: None,
            bridges: Vec::new(),
        };
        rewrite(text, &figures)
    }

    #[test]
    fn figures_are_replaced_and_the_rest_is_kept() {
        let text = "It takes <!-- toll:ns python/pyo3 add -->old<!-- /toll -->, that is\n\
                    <!-- toll:ratio python/pyo3 str_len:16 / c/cabi add --><!-- /toll --> or \
                    <!-- toll:floor python/pyo3 add -->?<!-- /toll -->.\n";
        let new = rewritten(text).unwrap();
        assert_eq!(
            new,
            "It takes <!-- toll:ns python/pyo3 add -->42.0 ns<!-- /toll -->, that is\n\
             <!-- toll:ratio python/pyo3 str_len:16 / c/cabi add -->26.2×<!-- /toll --> or \
             <!-- toll:floor python/pyo3 add -->1.60×<!-- /toll -->.\n"
        );
        assert_eq!(
            rewritten(&new).unwrap(),
            new,
            "a second time changes nothing"
        );
    }

    #[test]
    fn a_table_lists_bridges_in_the_order_asked_for() {
        let text =
            "<!-- toll:table shapes=add,str_len:16 bridges=python/pyo3,c/* -->\n<!-- /toll -->";
        let new = rewritten(text).unwrap();
        let expected = "| shape | python/pyo3 | c/floor | c/cabi |\n\
                        | --- | ---: | ---: | ---: |\n\
                        | `add` | 42.0 ns (1.60×) | 3.0 ns | 3.2 ns (1.07×) |\n";
        assert!(new.contains(expected), "{new}");
        assert_eq!(rewritten(&new).unwrap(), new);
    }

    #[test]
    fn what_is_beyond_the_floor_is_listed() {
        let text = "<!-- toll:beyond 1.25 python/pyo3 -->\n<!-- /toll -->";
        let new = rewritten(text).unwrap();
        assert!(new.contains("take more than 1.25 times"), "{new}");
        assert!(new.contains("| `add` |"), "{new}");
        let none = rewritten(&text.replace("1.25", "9")).unwrap();
        assert!(none.contains("\n0 of "), "{none}");
        assert!(!none.contains("`add`"), "{none}");
    }

    #[test]
    fn counted_bytes_are_told_by_side() {
        let text = "<!-- toll:counts shapes=make_str:4096 -->\n<!-- /toll -->";
        let new = rewritten(text).unwrap();
        let row = "| `make_str:4096` | 4\u{202f}096 B | 4\u{202f}096 + 49 B |\n";
        assert!(new.contains(row), "{new}");
        assert_eq!(rewritten(&new).unwrap(), new);
    }

    #[test]
    fn a_block_that_cannot_be_filled_is_an_error() {
        for bad in [
            "<!-- toll:ns python/pyo3 nothing --><!-- /toll -->",
            "<!-- toll:ns python/pyo3 add -->",
            "<!-- toll:ns a b --> <!-- toll:ns a b --><!-- /toll -->",
            "<!-- toll:what --><!-- /toll -->",
            "<!-- toll:table bridges=x/* --><!-- /toll -->",
            "<!-- toll:counts shapes=add --><!-- /toll -->",
            "<!-- toll:beyond 1.25 x/y --><!-- /toll -->",
            "<!-- toll:beyond much python/pyo3 --><!-- /toll -->",
        ] {
            assert!(rewritten(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn fenced_blocks_are_examples() {
        let text = "```\n<!-- toll:ns python/pyo3 add -->44 ns<!-- /toll -->\n```\n";
        assert_eq!(rewritten(text).unwrap(), text);
    }
}
