//! Figures inside documents: blocks between `<!-- toll:… -->` and `<!-- /toll -->`, and one picture.
//! `bench/results/README.md` documents what a block may ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::bridge::{Bridge, Workspace};
use crate::count::claims;
use crate::count::committed::{Count, Counts};
use crate::document::figures::{self, case_name};
use crate::document::{Cell, DASH, Table};
use crate::document::{markdown, plot};
use crate::page;
use crate::peers::results::Peers;
use crate::peers::{self, summary};
use crate::platforms;
use crate::report::content::{Content, KEY_CASES};
use crate::report::kept;
use crate::results::kept::{Kept, Of, REFERENCE};
use crate::results::rows::{Declared, Row};
use crate::results::words;
use crate::shapes::Shapes;
use crate::store::Stored;
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

/// A run that blocks may ask for.
struct Run {
    name: String,
    kept: Kept,
    /// Each bridge's, of its own part.
    rows: Vec<Row>,
}

impl Run {
    fn new(kept: Kept) -> Self {
        let (_, rows) = kept.merged();
        Self {
            name: kept.name.clone(),
            rows,
            kept,
        }
    }

    /// How many times as long one takes as the other, timed in one run.
    fn ratio(
        &self,
        (bridge, case): (&str, &str),
        (other, other_case): (&str, &str),
    ) -> Result<f64> {
        // First whether there are figures at all.
        ns(&self.rows, bridge, case)?;
        ns(&self.rows, other, other_case)?;
        let part = self.kept.together(&[(bridge, case), (other, other_case)]);
        let part = part.with_context(|| {
            format!(
                "{bridge} {case} and {other} {other_case} were not timed in one run, and only within one do times \
                 compare; `./just bench-full --headlines --save {}` times the headline shapes of all hosts",
                self.name
            )
        })?;
        Ok(ns(&part.rows, bridge, case)? / ns(&part.rows, other, other_case)?)
    }

    /// The rows of these bridges, case by case, from one part where one has them all.
    fn side_by_side(&self, bridges: &[&str], cases: &[String]) -> Vec<&Row> {
        let mut shown = Vec::new();
        for case in cases {
            let own = bridges
                .iter()
                .filter_map(|bridge| row(&self.rows, bridge, case).ok());
            let own: Vec<&Row> = own.collect();
            let names: Vec<(&str, &str)> = own.iter().map(|r| (&*r.bridge, &**case)).collect();
            match self.kept.together(&names) {
                Some(part) => shown.extend(names.iter().filter_map(|(b, c)| part.row(b, c))),
                None => shown.extend(own),
            }
        }
        shown
    }
}

/// What a block may ask for.
struct Figures {
    /// The reference first.
    runs: Vec<Run>,
    counts: Option<Counts>,
    peers: Option<(Peers, Shapes)>,
    strategies: Option<Strategies>,
    bridges: Vec<Bridge>,
    baseline: Option<String>,
}

/// Rewrites every document, or with `write` unset only says which are stale; exit code 1 then.
///
/// # Errors
/// When a block asks for what the results do not have.
pub fn run(
    workspace: &Workspace,
    reference: Kept,
    shapes: &Shapes,
    write: bool,
) -> Result<ExitCode> {
    let root = &workspace.root;
    let declared = Declared::of(workspace);
    let (results, rows) = reference.merged();
    let kept = Kept::others(root, &declared)?;
    let figures = Figures {
        runs: [reference].into_iter().chain(kept).map(Run::new).collect(),
        counts: Counts::load(root)?,
        peers: match Peers::load(root)? {
            Some(peers) => Some((peers, peers::results::jobs(root)?)),
            None => None,
        },
        strategies: Strategies::load(root)?,
        bridges: workspace.bridges.clone(),
        baseline: workspace.baseline().map(Into::into),
    };
    let mut wanted: Vec<(PathBuf, String)> = Vec::new();
    for path in documents(root)? {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let new = rewrite(&text, &figures).with_context(|| path.display().to_string())?;
        wanted.push((path, new));
    }
    let content = Content::with_rows(&results, shapes, rows, &declared);
    if let Some(picture) = content.toll_plot(PICTURE_WIDTH)? {
        wanted.push((root.join(PICTURE), plot::standalone(&picture.svg)));
    }
    figures.tell();
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

/// A block: what it asks for and what stands in it.
struct Block<'a> {
    before: &'a str,
    head: &'a str,
    request: &'a str,
    inner: &'a str,
    line: usize,
}

/// The blocks of a text, and what follows the last. Fenced code is left alone, so that a block can be shown.
fn blocks(text: &str) -> Result<(Vec<Block<'_>>, &str)> {
    let mut found = Vec::new();
    let (mut from, mut search) = (0, 0);
    while let Some(start) = text[search..].find(OPEN).map(|at| search + at) {
        let is_fence = |l: &&str| l.trim_start().starts_with("```");
        if text[..start].lines().filter(is_fence).count() % 2 == 1 {
            search = start + OPEN.len();
            continue;
        }
        let line = text[..start].lines().count();
        let block = &text[start..];
        let end = block
            .find(OPEN_END)
            .with_context(|| format!("line {line}: no `{OPEN_END}`"))?;
        let head = &block[..end + OPEN_END.len()];
        let close = block
            .find(CLOSE)
            .with_context(|| format!("line {line}: no `{CLOSE}` after {head}"))?;
        let inner = &block[head.len()..close];
        ensure!(
            !inner.contains(OPEN),
            "line {line}: {head} is not closed before the next block"
        );
        found.push(Block {
            before: &text[from..start],
            head,
            request: block[OPEN.len()..end].trim(),
            inner,
            line,
        });
        (from, search) = (start + close + CLOSE.len(), start + close + CLOSE.len());
    }
    Ok((found, &text[from..]))
}

/// The text with every block's content replaced.
fn rewrite(text: &str, figures: &Figures) -> Result<String> {
    let (blocks, rest) = blocks(text)?;
    let mut quoted = Quoted::default();
    for block in &blocks {
        let where_it_is = || format!("line {}: {}", block.line, block.head);
        quoted
            .add(block.request, figures)
            .with_context(where_it_is)?;
    }
    ensure!(
        !quoted.has_times() || blocks.iter().any(|block| block.request == "run"),
        "it quotes times and does not say of which run: add `<!-- toll:run -->` and `{CLOSE}`"
    );
    let mut new = String::new();
    for block in &blocks {
        let where_it_is = || format!("line {}: {}", block.line, block.head);
        let content = content(block, figures, &quoted).with_context(where_it_is)?;
        let line_before = block.before.rsplit('\n').next().unwrap_or_default();
        let is_first =
            line_before.trim().is_empty() && (block.before.contains('\n') || new.is_empty());
        ensure!(
            content.contains('\n') && !block.request.starts_with("claim ") || !is_first,
            "line {}: {} begins its line, which Markdown then takes for HTML: put a word before it",
            block.line,
            block.head
        );
        new += &format!("{}{}{content}{CLOSE}", block.before, block.head);
    }
    Ok(new + rest)
}

/// Of which runs and hosts a page quotes times.
#[derive(Default)]
struct Quoted {
    /// Run → hosts.
    hosts: BTreeMap<String, BTreeSet<String>>,
    peers: bool,
    strategies: bool,
}

impl Quoted {
    fn has_times(&self) -> bool {
        !self.hosts.is_empty() || self.peers || self.strategies
    }

    fn add(&mut self, request: &str, figures: &Figures) -> Result<()> {
        let (words, run) = figures.words_and_run(request)?;
        let host = |bridge: &str| bridge.split('/').next().unwrap_or_default().to_owned();
        let hosts: Vec<String> = match words[..] {
            ["ns" | "floor", bridge, _] | ["beyond" | "below", _, bridge] => vec![host(bridge)],
            ["ratio", one, _, "/", other, _] => vec![host(one), host(other)],
            ["table", ref options @ ..] => {
                let all = figures.timed_in(run);
                let (_, bridges) = cases_and_bridges(options, all.into_iter())?;
                bridges.into_iter().map(host).collect()
            }
            ["strategies", of] => {
                self.strategies = true;
                vec![of.to_owned()]
            }
            ["peers", ..] => {
                self.peers = true;
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.hosts
            .entry(run.name.clone())
            .or_default()
            .extend(hosts);
        Ok(())
    }

    /// What was measured when, on what, and how: a line for each source.
    fn sentences(&self, figures: &Figures) -> String {
        let mut lines = Vec::new();
        for run in &figures.runs {
            if let Some(hosts) = self.hosts.get(&run.name) {
                lines.extend(sources(run, hosts));
            }
        }
        if let Some((peers, _)) = figures.peers.as_ref().filter(|_| self.peers) {
            lines.push(format!(
                "The whole jobs are of a run of their own, on {}, {} launches of each line{}.",
                peers.started.split('T').next().unwrap_or_default(),
                peers.settings.launches,
                kept::source(peers.commit.as_deref(), peers.dirty),
            ));
        }
        lines.join("\n")
    }
}

/// When and on what these hosts were timed: a line for each part of a run that tells of them.
fn sources(run: &Run, hosts: &BTreeSet<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for part in &run.kept.parts {
        let is_own = |host: &&String| {
            let mut bridges = part.results.bridges.iter().filter(|b| b.host == **host);
            bridges.any(|b| run.kept.own(&b.id).is_some_and(|own| own.of == part.of))
        };
        let own: Vec<&str> = hosts.iter().filter(is_own).map(String::as_str).collect();
        let is_shown = match &part.of {
            Of::Headlines => hosts.len() > 1,
            _ => !own.is_empty(),
        };
        if is_shown {
            let about = kept::about(&part.results, own.into_iter());
            let name = match run.name == REFERENCE {
                true => String::new(),
                false => format!("`{}`", run.name),
            };
            let source = format!("{name}{}", kept::of(&part.of));
            lines.push(match source.trim_start_matches(", ") {
                "" => about,
                source => format!("{source}: {about}"),
            });
        }
    }
    lines
}

impl Figures {
    /// A request's words, and the run that it names by `run=NAME`: the reference unless it names one.
    fn words_and_run<'a>(&self, request: &'a str) -> Result<(Vec<&'a str>, &Run)> {
        let mut words: Vec<&str> = request.split_whitespace().collect();
        let named = words.iter().position(|word| word.starts_with("run="));
        let name = named.map_or(REFERENCE, |at| &words.remove(at)["run=".len()..]);
        let run = self.runs.iter().find(|run| run.name == name);
        let run = run.with_context(|| format!("no run `{name}` is kept in bench/results/runs"))?;
        Ok((words, run))
    }

    /// The bridges of a run, and after those of the reference the ones that were not timed yet.
    fn timed_in<'a>(&'a self, run: &'a Run) -> Vec<&'a str> {
        let mut all: Vec<&str> = run.rows.iter().map(|row| row.bridge.as_str()).collect();
        if run.name == REFERENCE {
            let bridges = self.bridges.iter().map(|bridge| bridge.id.as_str());
            all.extend(bridges);
        }
        all
    }

    /// Whether a bridge of the tree has no times at all, so that dashes stand for them.
    fn is_untimed(&self, bridge: &str, run: &Run) -> bool {
        run.name == REFERENCE
            && self.bridges.iter().any(|known| known.id == bridge)
            && run.rows.iter().all(|row| row.bridge != bridge)
    }

    /// Says what is not measured yet, and how that is done.
    fn tell(&self) {
        let without = |has: &dyn Fn(&Bridge) -> bool| -> Vec<&str> {
            let lacking = self.bridges.iter().filter(|bridge| !has(bridge));
            lacking.map(|bridge| bridge.id.as_str()).collect()
        };
        let untimed = without(&|bridge| !self.is_untimed(&bridge.id, &self.runs[0]));
        if !untimed.is_empty() {
            // A host's part is timed as a whole.
            let hosts: BTreeSet<&str> = untimed
                .iter()
                .filter_map(|id| id.split('/').next())
                .collect();
            let hosts = hosts.into_iter().collect::<Vec<_>>().join(" ");
            let names = untimed.join(" ");
            eprintln!(
                "bench/results has no times of {names} yet; they are made by: ./just bench-full {hosts} --save reference"
            );
        }
        if let Some(counts) = &self.counts {
            let uncounted = without(&|bridge| counts.has(&bridge.id));
            page::tell(Counts::FILE, &uncounted, page::GENERATE);
        }
        if let Some(strategies) = &self.strategies {
            let unknown = without(&|b| b.role.is_partial() || strategies.of(&b.id).is_some());
            page::tell(Strategies::FILE, &unknown, "./just strategies --save NAMES");
        }
    }

    fn peers_ns(&self, line: &str, job: &str) -> Result<f64> {
        let (peers, _) = self.peers.as_ref().context(NO_PEERS)?;
        let ns = peers.ns(line, job);
        ns.with_context(|| format!("the results have no {line} {job}"))
    }
}

fn content(block: &Block<'_>, figures: &Figures, quoted: &Quoted) -> Result<String> {
    let Figures { counts, .. } = figures;
    let (words, run) = figures.words_and_run(block.request)?;
    let rows = &run.rows;
    match words[..] {
        ["run"] => Ok(format!("\n{}\n", quoted.sentences(figures))),
        ["claim", ref claim @ ..] => {
            let is_named = block.request.contains(" run=");
            let runs = figures
                .runs
                .iter()
                .filter(|one| !is_named || one.name == run.name);
            hold(claim, figures, runs)?;
            Ok(block.inner.into())
        }
        ["ns" | "floor", bridge, _]
        | ["beyond" | "below", _, bridge]
        | ["ratio", bridge, _, "/", _, _]
        | ["ratio", _, _, "/", bridge, _]
            if figures.is_untimed(bridge, run) =>
        {
            Ok(match words[0] {
                "beyond" | "below" => format!("\n{DASH}\n"),
                _ => DASH.into(),
            })
        }
        ["ns", bridge, case] => {
            ns(rows, bridge, case)?;
            Ok(words::outcome(row(rows, bridge, case)?))
        }
        ["ratio", bridge, case, "/", over, over_case] => Ok(figures::ratio(
            run.ratio((bridge, case), (over, over_case))?,
        )),
        ["floor", bridge, case] => {
            let row = row(rows, bridge, case)?;
            if let Some(what) = &row.floor_does_less {
                bail!(
                    "the floor of {} is no measure for {case}: it {what}",
                    row.host
                );
            }
            words::over_floor(row).with_context(|| format!("{bridge} {case} has no floor"))
        }
        ["beyond", limit, bridge] => beyond(rows, limit, bridge, true),
        ["below", limit, bridge] => beyond(rows, limit, bridge, false),
        ["table", ref options @ ..] => {
            let all = figures.timed_in(run);
            let (cases, bridges) = cases_and_bridges(options, all.into_iter())?;
            let shown = run.side_by_side(&bridges, &cases);
            let table = table(&cases, &bridges, |bridge, case| {
                let is_this = |r: &&&Row| r.bridge == bridge && case_name(&r.shape, r.n) == case;
                let row = shown.iter().find(is_this)?;
                let ratio = words::over_floor(row);
                let ratio = ratio.map_or(String::new(), |ratio| format!(" ({ratio})"));
                Some(words::outcome(row) + &ratio)
            })?;
            Ok(table + &list(&words::notes(shown.into_iter()), "\n"))
        }
        ["counts", ref options @ ..] => {
            let counts = counts.as_ref().context("nothing was counted yet")?;
            let all = counts.counts.iter().map(|count| &count.bridge);
            let all = all.chain(figures.bridges.iter().map(|bridge| &bridge.id));
            let (cases, bridges) = cases_and_bridges(options, all.map(String::as_str))?;
            table(&cases, &bridges, |bridge, case| {
                let of_case = |c: &&Count| c.bridge == bridge && case_name(&c.shape, c.n) == case;
                counts.counts.iter().find(of_case).map(bytes)
            })
        }
        ["peers"] => {
            let (peers, jobs) = figures.peers.as_ref().context(NO_PEERS)?;
            let table = markdown::table(&summary::table(peers, jobs, figures.baseline.as_deref()));
            Ok(format!(
                "\n{table}{}",
                list(&summary::verdicts(peers), "\n")
            ))
        }
        ["peers", "ns", line, job] => Ok(figures::time(figures.peers_ns(line, job)?)),
        ["strategies", host] => {
            let strategies = figures.strategies.as_ref();
            let strategies = strategies.context("run `toll strategies --save` first")?;
            let bridges = figures.bridges.iter();
            let bridges = bridges.filter(|b| b.host() == host && !b.role.is_partial());
            let bridges: Vec<&str> = bridges.map(|bridge| bridge.id.as_str()).collect();
            let table = strategies::page::table(strategies, host, &bridges, rows)?;
            let shown = rows.iter().filter(|row| {
                let is_strategy = !row.role.is_partial() && row.host == host;
                is_strategy && strategies::page::shows(&row.shape, row.n)
            });
            // The table has no ratio, so that only what concerns a time is said.
            let notes = words::notes(shown).into_iter();
            let notes: Vec<String> = notes.filter(|n| n.starts_with(words::LOOP)).collect();
            Ok(format!(
                "\n{}{}",
                markdown::table(&table),
                list(&notes, "\n")
            ))
        }
        ["platforms", bridge] => {
            let mut bridges = figures.bridges.iter();
            let bridge = bridges.find(|b| b.id == bridge).context("no such bridge")?;
            ensure!(
                !bridge.platform.is_empty(),
                "its bridge.toml names no [[platform]]"
            );
            let table = markdown::table(&platforms::summary(bridge)?);
            let mistakes = platforms::mistakes(bridge)?;
            Ok(format!("\n{table}{}", list(&mistakes, "\n")))
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
            "run, ns, ratio, floor, beyond, below, table, counts, claim, claims, platforms, peers or strategies, with what they \
             need; see bench/results/README.md"
        ),
    }
}

/// Holds a sentence to the figures of every kept run that has them: a quotient, `A CASE / B CASE LEAST..MOST`, or
/// `floor A CASE LEAST..MOST`, or `peers LINE JOB / LINE JOB LEAST..MOST`. Either end may be left out.
fn hold<'a>(claim: &[&str], figures: &Figures, runs: impl Iterator<Item = &'a Run>) -> Result<()> {
    let (what, range) = match claim {
        [what @ .., range] => (what, range),
        [] => bail!("what is claimed?"),
    };
    let (least, most) = range
        .split_once("..")
        .with_context(|| format!("`{range}` is no range `LEAST..MOST`"))?;
    let end = |text: &str, open: f64| match text {
        "" => Ok(open),
        number => number
            .parse()
            .with_context(|| format!("`{number}` is no number")),
    };
    let (least, most) = (end(least, f64::NEG_INFINITY)?, end(most, f64::INFINITY)?);
    let is_in = |value: f64, run: &str| {
        ensure!(
            (least..=most).contains(&value),
            "{run} contradicts it: {} is {}, and not in {range}",
            what.join(" "),
            figures::ratio(value)
        );
        Ok(())
    };
    if let ["peers", line, job, "/", other, other_job] = what {
        let ratio = figures.peers_ns(line, job)? / figures.peers_ns(other, other_job)?;
        return is_in(ratio, "peers.json");
    }
    let mut held = 0;
    for run in runs {
        let value = match what {
            ["floor", bridge, case] => {
                row(&run.rows, bridge, case).and_then(|r| r.over_floor.context("no floor"))
            }
            [bridge, case, "/", other, other_case] => {
                run.ratio((bridge, case), (other, other_case))
            }
            _ => bail!("A CASE / B CASE, floor A CASE, or peers LINE JOB / LINE JOB"),
        };
        match value {
            Ok(value) => {
                is_in(value, &run.name)?;
                held += 1;
            }
            // Not every machine has every host.
            Err(error) if run.name == REFERENCE => return Err(error),
            Err(_) => {}
        }
    }
    ensure!(held > 0, "no run has what is claimed");
    Ok(())
}

/// Every case of a bridge that takes more than `limit` times what the host's floor takes, net of the empty loop; or
/// less than that. What cannot be told from the floor is neither.
fn beyond(rows: &[Row], limit: &str, bridge: &str, more: bool) -> Result<String> {
    let limit: f64 = limit.parse().context("the limit is a number")?;
    let compared: Vec<(&Row, f64)> = rows
        .iter()
        .filter(|row| row.bridge == bridge)
        .filter_map(|row| Some((row, row.over_floor?)))
        .collect();
    ensure!(!compared.is_empty(), "{bridge} has no floor");
    let counts = |row: &Row, ratio: f64| {
        !row.like_floor && !row.is_loop && if more { ratio > limit } else { ratio < limit }
    };
    let header = ["sizes", "from", "to"].map(Cell::figure);
    let mut table = Table::new([Cell::text("shape")].into_iter().chain(header));
    let mut shapes: Vec<&str> = compared.iter().map(|(row, _)| row.shape.as_str()).collect();
    shapes.dedup();
    let mut found = 0;
    for shape in shapes {
        let of_shape = compared.iter().filter(|(row, _)| row.shape == shape);
        let over: Vec<_> = of_shape
            .filter(|(row, ratio)| counts(row, *ratio))
            .collect();
        let ratios = over.iter().map(|(_, ratio)| *ratio);
        let Some(least) = ratios.clone().reduce(f64::min) else {
            continue;
        };
        let most = ratios.fold(least, f64::max);
        let size = |n: u64| if n == 0 { "–".into() } else { n.to_string() };
        let sizes: Vec<String> = over.iter().map(|(row, _)| size(row.n)).collect();
        found += over.len();
        table.rows.push(vec![
            Cell::text(format!("`{shape}`")),
            Cell::figure(sizes.join(", ")),
            Cell::figure(figures::ratio(least)),
            Cell::figure(figures::ratio(most)),
        ]);
    }
    let all = compared.len();
    let than = if more { "more" } else { "less" };
    let of_bridge = rows.iter().filter(|row| row.bridge == bridge);
    Ok(format!(
        "\n{found} of {all} cases take {than} than {limit} times the floor's time:\n\n{}{}",
        markdown::table(&table),
        list(&words::notes(of_bridge), "\n")
    ))
}

/// A list, after `before` unless it is empty.
fn list(items: &[String], before: &str) -> String {
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    match items.is_empty() {
        true => items,
        false => format!("{before}{items}"),
    }
}

/// Bytes that a call allocates: the library's and the host's, or of both where they are one.
fn bytes(count: &Count) -> String {
    let sides = [count.library, count.host];
    let sides = sides.iter().flatten();
    let sides: Vec<String> = sides.map(|side| figures::size(side.bytes as u64)).collect();
    format!("{} B", sides.join(" + "))
}

/// The cases and bridges that `options` name.
fn cases_and_bridges<'a>(
    options: &[&str],
    all: impl Iterator<Item = &'a str> + Clone,
) -> Result<(Vec<String>, Vec<&'a str>)> {
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
            _ => bail!("`{option}`: shapes=…, bridges=… or run=…"),
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
    Ok((cases, bridges))
}

/// `cell` of each case and bridge.
fn table(
    cases: &[String],
    bridges: &[&str],
    cell: impl Fn(&str, &str) -> Option<String>,
) -> Result<String> {
    let header = bridges.iter().map(|bridge| Cell::figure(*bridge));
    let mut table = Table::new([Cell::text("shape")].into_iter().chain(header));
    for case in cases {
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
    use crate::results::sample;

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
        let declared = sample::declared();
        let mut other = sample::results();
        other.started = "2026-02-03T04:05:06Z".into();
        let pyo3 = |c: &&mut crate::results::Case| c.bridge == "python/pyo3" && c.shape == "add";
        let case = other.cases.iter_mut().find(pyo3).context("no case")?;
        case.best_ns = vec![84.0; 5];
        case.conclude();
        let figures = Figures {
            runs: vec![
                Run::new(Kept::whole(REFERENCE, sample::results(), &declared)),
                Run::new(Kept::whole("elsewhere", other, &declared)),
            ],
            counts: Some(counts),
            peers: None,
            strategies: None,
            bridges: vec![Bridge {
                id: "python/new".into(),
                ..Bridge::default()
            }],
            baseline: None,
        };
        rewrite(text, &figures)
    }

    const RUN: &str = "<!-- toll:run -->\nMeasured on 2026-01-02 on one machine (test, 2 CPUs, Linux): the quick profile, \
                       5 launches of each bridge, no commit. Hosts: test · test.\n<!-- /toll -->\n";

    /// Everything after the sentence on the run, which every page has.
    fn rewritten_after_run(text: &str) -> Result<String> {
        let text = format!("<!-- toll:run --><!-- /toll -->\n{text}");
        let new = rewritten(&text)?;
        let (_, after) = new.split_once("<!-- /toll -->\n").context("no run")?;
        Ok(after.to_owned())
    }

    #[test]
    fn figures_are_replaced_and_the_rest_is_kept() {
        let text = "<!-- toll:run -->?<!-- /toll -->\n\
                    It takes <!-- toll:ns python/pyo3 add -->old<!-- /toll -->, that is\n\
                    now <!-- toll:ratio python/pyo3 str_len:16 / c/cabi add --><!-- /toll --> or \
                    <!-- toll:floor python/pyo3 add -->?<!-- /toll -->.\n";
        let new = rewritten(text).unwrap();
        assert_eq!(
            new,
            RUN.to_owned()
                + "It takes <!-- toll:ns python/pyo3 add -->42.0 ns<!-- /toll -->, that is\n\
             now <!-- toll:ratio python/pyo3 str_len:16 / c/cabi add -->26.2×<!-- /toll --> or \
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
        let new = rewritten_after_run(text).unwrap();
        let expected = "| shape | python/pyo3 | c/floor | c/cabi |\n\
                        | --- | ---: | ---: | ---: |\n\
                        | `add` | 42.0 ns (1.60×) | 3.0 ns | 3.2 ns (≈1×) |\n";
        assert!(new.contains(expected), "{new}");
        assert_eq!(rewritten_after_run(&new).unwrap(), new);
    }

    #[test]
    fn what_is_beyond_the_floor_is_listed() {
        let text = "<!-- toll:beyond 1.25 python/pyo3 -->\n<!-- /toll -->";
        let new = rewritten_after_run(text).unwrap();
        assert!(new.contains("take more than 1.25 times"), "{new}");
        assert!(new.contains("| `add` |"), "{new}");
        let none = rewritten_after_run(&text.replace("1.25", "9")).unwrap();
        assert!(none.contains("\n0 of "), "{none}");
        assert!(!none.contains("`add`"), "{none}");
        // 3.2 against 3.0 ns is noise, also where the limit is 1.
        let noise = rewritten_after_run("<!-- toll:beyond 1 c/cabi --><!-- /toll -->").unwrap();
        assert!(!noise.contains("`add`"), "{noise}");
        let below = rewritten_after_run("<!-- toll:below 9 python/pyo3 --><!-- /toll -->").unwrap();
        assert!(below.contains("take less than 9 times"), "{below}");
        assert!(below.contains("| `add` |"), "{below}");
    }

    #[test]
    fn a_figure_does_not_begin_its_line() {
        let figure = "<!-- toll:ns c/cabi add --><!-- /toll -->";
        for bad in [
            figure.to_owned(),
            format!("  {figure}"),
            format!("{figure} {figure}"),
        ] {
            let error = rewritten_after_run(&bad).unwrap_err();
            assert!(
                format!("{error:#}").contains("begins its line"),
                "{error:#}"
            );
        }
        rewritten_after_run(&format!("so {figure} {figure}\n| {figure} |")).unwrap();
    }

    #[test]
    fn a_block_may_name_a_kept_run() {
        let text = "<!-- toll:run --><!-- /toll -->\n\
                    It is <!-- toll:ns python/pyo3 add run=elsewhere --><!-- /toll --> and \
                    <!-- toll:ns c/cabi add --><!-- /toll -->";
        let new = rewritten(text).unwrap();
        assert!(new.contains("84.0 ns<!-- /toll --> and"), "{new}");
        assert!(new.contains("3.2 ns<!-- /toll -->"), "{new}");
        assert!(new.contains("\nMeasured on 2026-01-02 "), "{new}");
        assert!(
            new.contains("\n`elsewhere`: Measured on 2026-02-03 "),
            "{new}"
        );
        let unknown = text.replace("elsewhere", "nowhere");
        let error = rewritten(&unknown).unwrap_err();
        assert!(
            format!("{error:#}").contains("no run `nowhere`"),
            "{error:#}"
        );
    }

    #[test]
    fn a_page_that_quotes_times_says_of_which_run() {
        let error = rewritten("<!-- toll:ns c/cabi add --><!-- /toll -->").unwrap_err();
        assert!(format!("{error:#}").contains("of which run"), "{error:#}");
        rewritten("<!-- toll:counts shapes=make_str:4096 --><!-- /toll -->").unwrap();
    }

    #[test]
    fn a_claim_is_held_to_every_kept_run() {
        let claim =
            |what: &str| rewritten(&format!("It is <!-- toll:claim {what} -->so<!-- /toll -->"));
        let kept = claim("python/pyo3 add / c/cabi add 13..27").unwrap();
        assert!(kept.ends_with("-->so<!-- /toll -->"), "{kept}");
        claim("floor c/cabi add ..1.1").unwrap();
        // True of the reference, and not of the other run.
        claim("python/pyo3 add / c/cabi add ..14 run=reference").unwrap();
        let error = claim("python/pyo3 add / c/cabi add ..14").unwrap_err();
        assert!(
            format!("{error:#}").contains("elsewhere contradicts"),
            "{error:#}"
        );
        for bad in [
            "python/pyo3 add / c/cabi add 14..",
            "floor python/pyo3 nothing ..2",
            "python/pyo3 add 1..2",
            "floor c/cabi add 2",
            "floor c/cabi add a..b",
            "",
        ] {
            assert!(claim(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn counted_bytes_are_told_by_side() {
        let text = "<!-- toll:counts shapes=make_str:4096 -->\n<!-- /toll -->";
        let new = rewritten(text).unwrap();
        let row = "| `make_str:4096` | 4\u{202f}096 B | 4\u{202f}096 + 49 B | – |\n";
        assert!(new.contains(row), "{new}");
        assert_eq!(rewritten(&new).unwrap(), new);
    }

    #[test]
    fn a_bridge_without_figures_has_dashes() {
        let text = "It takes <!-- toll:ns python/new add -->42 ns<!-- /toll -->, \
                    <!-- toll:floor python/new add --><!-- /toll -->, \
                    <!-- toll:ratio python/pyo3 add / python/new add --><!-- /toll -->\n\
                    <!-- toll:table shapes=add bridges=python/pyo3,python/new -->\n<!-- /toll -->\n\
                    <!-- toll:below 1 python/new -->\n<!-- /toll -->";
        let new = rewritten_after_run(text).unwrap();
        assert_eq!(new.matches("-->–<!-- /toll -->").count(), 3, "{new}");
        assert!(
            new.contains("| shape | python/pyo3 | python/new |\n"),
            "{new}"
        );
        assert!(new.contains("| `add` | 42.0 ns (1.60×) | – |\n"), "{new}");
        assert!(new.ends_with("-->\n–\n<!-- /toll -->"), "{new}");
        // Of a kept run that had other bridges nothing is missing.
        let other = text.replace(" -->", " run=elsewhere -->");
        assert!(rewritten_after_run(&other).is_err());
        // What is timed, but not at this, is a mistake.
        assert!(rewritten_after_run(&text.replace("python/new add", "python/pyo3 ad")).is_err());
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
