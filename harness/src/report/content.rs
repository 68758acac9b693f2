//! What the report holds, chapter by chapter.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;

use crate::bridge::Role;
use crate::count::claims;
use crate::count::committed::{Count, Counts};
use crate::crosscheck::{self, Agreement};
use crate::document::figures::{self, case_name};
use crate::document::plot::{self, Dots, Series, Sizes};
use crate::document::{Block, Cell, Plot, Table};
use crate::report::kept;
use crate::report::model::{Model, Models};
use crate::results::kept::Kept;
use crate::results::rows::{self, Declared, NO_TOLL, Row};
use crate::results::{BridgeRun, Results, Vectors, words};
use crate::shapes::{EMPTY, Shape, Shapes, Unit};

/// The report's title.
pub const TITLE: &str = "What each crossing costs";

/// The cases of the tables and plots that come first, one for each kind of crossing.
pub const KEY_CASES: [(&str, u64); 15] = [
    ("nop", 0),
    ("add", 0),
    ("str_len", 16),
    ("make_str", 16),
    ("bytes_ends", 4096),
    ("f64_ends", 4096),
    ("f64_ends_list", 256),
    ("make_point", 0),
    ("fail", 0),
    ("call_back", 256),
    ("record", 0),
    ("record_all", 4096),
    ("value_at_quantile", 0),
    ("for_each_bucket", 256),
    ("summary", 0),
];

/// The run, ready to be shown.
pub struct Content<'a> {
    results: &'a Results,
    shapes: &'a Shapes,
    rows: Vec<Row>,
    models: Models<'a>,
    /// What was counted, if anything was.
    counts: Option<Counts>,
    /// What the kept runs say otherwise.
    kept: Vec<Block>,
    /// Places in `rows`.
    index: HashMap<(&'a str, &'a str, u64), usize>,
}

impl<'a> Content<'a> {
    /// Derives the rows.
    pub fn new(results: &'a Results, shapes: &'a Shapes, declared: &Declared) -> Self {
        Self::with_rows(results, shapes, rows::rows(results, declared), declared)
    }

    /// The same of rows that were derived within the parts of a run.
    pub fn with_rows(
        results: &'a Results,
        shapes: &'a Shapes,
        rows: Vec<Row>,
        declared: &Declared,
    ) -> Self {
        let keys = results
            .cases
            .iter()
            .map(|c| (c.bridge.as_str(), c.shape.as_str(), c.n));
        let index = keys.enumerate().map(|(i, key)| (key, i)).collect();
        Self {
            results,
            shapes,
            rows,
            models: Models::of(results, shapes, declared),
            counts: None,
            kept: Vec::new(),
            index,
        }
    }

    /// The same with counts beside the times.
    #[must_use]
    pub fn with_counts(mut self, counts: Option<Counts>) -> Self {
        self.counts = counts;
        self
    }

    /// The same with a chapter on the runs that are kept, if any is.
    #[must_use]
    pub fn with_kept(mut self, kept: &[Kept]) -> Self {
        self.kept = kept::chapter(self.results, &self.rows, kept);
        self
    }

    /// The whole report.
    pub fn blocks(&self, agreement: &[Agreement]) -> Result<Vec<Block>> {
        let mut blocks = self.introduction();
        blocks.extend(self.headlines()?);
        blocks.extend(how_to_read(words::notes(self.rows.iter())));
        for group in self.groups() {
            blocks.extend(self.chapter(&group)?);
        }
        blocks.extend(self.models.blocks());
        blocks.extend(self.losses());
        blocks.extend(self.kept.iter().cloned());
        blocks.extend(self.anomalies());
        blocks.extend(cross_check(agreement));
        blocks.extend(self.circumstances());
        Ok(blocks)
    }

    fn row(&self, bridge: &str, shape: &str, n: u64) -> Option<&Row> {
        // A case whose bridge is not in the file has no row, so that places may differ.
        self.index
            .get(&(bridge, shape, n))
            .and_then(|i| self.rows.get(*i))
    }

    fn introduction(&self) -> Vec<Block> {
        let Results {
            machine,
            settings,
            started,
            deadline,
            ..
        } = self.results;
        let mut blocks = vec![
            Block::Paragraph(
                "One small Rust library is carried into other languages by several binding strategies. \
                 This page says what a call across each of these bridges costs, measured on one machine in \
                 one run."
                    .into(),
            ),
            Block::Paragraph(format!(
                "{}, {} CPUs, {}; {} profile, {} launches of each bridge, {}.",
                machine.cpu,
                machine.cores,
                machine.kernel,
                settings.profile,
                settings.launches,
                started.replace('T', " ").replace('Z', " UTC"),
            )),
        ];
        let told = deadline.iter().flat_map(|deadline| deadline.told(settings));
        blocks.extend(told.map(Block::Paragraph));
        blocks
    }

    /// Hosts in the order of their bridges, each with its bridges before its floor and its pure code.
    fn hosts(&self) -> Vec<(&str, Vec<&str>)> {
        let mut hosts: Vec<(&str, Vec<(Role, &str)>)> = Vec::new();
        for bridge in &self.results.bridges {
            let one = (bridge.role, bridge.id.as_str());
            match hosts.iter_mut().find(|(host, _)| *host == bridge.host) {
                Some((_, bridges)) => bridges.push(one),
                None => hosts.push((&bridge.host, vec![one])),
            }
        }
        let order = |role| match role {
            Role::Bridge | Role::Baseline => 0,
            Role::Floor => 1,
            Role::Pure => 2,
        };
        let sorted = hosts.into_iter().map(|(host, mut bridges)| {
            bridges.sort_by_key(|(role, _)| order(*role));
            (host, bridges.into_iter().map(|(_, id)| id).collect())
        });
        sorted.collect()
    }

    fn headlines(&self) -> Result<Vec<Block>> {
        let mut blocks = vec![
            Block::Heading(2, "The tolls".into()),
            Block::Paragraph(format!(
                "Time of one call. Below it: the toll, which is that time less the empty loop (in \
                 interpreters) and less the same call in Rust{}; and times the host's floor, the same call \
                 in hand-written C over the host's own API.",
                self.results.baseline_in_brackets()
            )),
        ];
        let mut plots: Vec<Plot> = self.toll_plot(plot::WIDTH)?.into_iter().collect();
        for (host, _) in self.hosts() {
            plots.extend(self.floor_plot(host)?);
        }
        blocks.push(Block::Plots(plots));
        let hosts = self.hosts();
        let is_alone = hosts.len() == 1;
        for (host, mut columns) in hosts {
            // The baseline stands in every table.
            if let Some(baseline) = self.results.baseline() {
                if columns == [baseline] && !is_alone {
                    continue;
                }
                if !columns.contains(&baseline) {
                    columns.push(baseline);
                }
            }
            blocks.push(Block::Heading(3, host.into()));
            let header = columns.iter().map(|id| self.bridge_cell(id));
            let mut table = Table::new([Cell::text("shape")].into_iter().chain(header));
            for (shape, n) in [(EMPTY, 0)].into_iter().chain(KEY_CASES) {
                let cells: Vec<Cell> = columns
                    .iter()
                    .map(|id| self.headline_cell(self.row(id, shape, n)))
                    .collect();
                if cells.iter().any(|cell| cell.text != "–") {
                    let name = Cell::text(format!("`{}`", case_name(shape, n)));
                    table.rows.push([name].into_iter().chain(cells).collect());
                }
            }
            blocks.push(Block::Table(table));
        }
        Ok(blocks)
    }

    /// A bridge's name, marked when it fails vectors: what is wrong may well be fast.
    fn bridge_cell(&self, id: &str) -> Cell {
        let vectors = self.results.bridge(id).and_then(|b| b.vectors);
        let failed = vectors.map_or(0, |v| v.failed);
        let small = match failed {
            0 => String::new(),
            failed => format!("toll check: {failed} failed"),
        };
        Cell::figure(id).with_small(small).marked(failed > 0)
    }

    fn headline_cell(&self, row: Option<&Row>) -> Cell {
        let Some(row) = row else {
            return Cell::figure("–");
        };
        let toll = row.toll.map(|toll| format!("toll {}", words::toll(toll)));
        let ratio = words::over_floor(row);
        let small: Vec<String> = [toll, ratio].into_iter().flatten().collect();
        Cell::figure(words::outcome(row))
            .with_small(small.join(" · "))
            .marked(row.is_doubtful())
    }

    /// The tolls of all bridges at the key cases, in one picture.
    pub fn toll_plot(&self, width: u32) -> Result<Option<Plot>> {
        let toll = |row: &Row| row.toll.map(|toll| toll.max(NO_TOLL));
        let title = format!("Toll of a call; at the line, {NO_TOLL} ns or none");
        self.dots(title, width, NO_TOLL, plot::short_time, toll)
    }

    /// The ratios of a host's bridges over its floor at the key cases.
    fn floor_plot(&self, host: &str) -> Result<Option<Plot>> {
        let ratio = |row: &Row| {
            let counts = row.host == host && row.role != Role::Floor;
            let ratio = row
                .over_floor
                .filter(|ratio| counts && !row.is_loop && *ratio > 0.0);
            // What cannot be told from the floor is drawn as the floor.
            ratio.map(|ratio| if row.like_floor { 1.0 } else { ratio })
        };
        let is_floor = |b: &&BridgeRun| b.host == host && b.role == Role::Floor;
        let Some(floor) = self.results.bridges.iter().find(is_floor) else {
            return Ok(None);
        };
        let title = format!("{host}: times {}", floor.id);
        self.dots(title, plot::WIDTH, 1.0, |ratio| format!("{ratio}×"), ratio)
    }

    fn dots(
        &self,
        title: String,
        width: u32,
        line: f64,
        format: fn(f64) -> String,
        value: impl Fn(&Row) -> Option<f64>,
    ) -> Result<Option<Plot>> {
        let cases: Vec<(&str, u64)> = KEY_CASES
            .into_iter()
            .filter(|(shape, n)| {
                let mut rows = self.rows.iter().filter(|r| r.shape == *shape && r.n == *n);
                rows.any(|row| value(row).is_some())
            })
            .collect();
        let mut series = Vec::new();
        for (index, bridge) in self.results.bridges.iter().enumerate() {
            let at = |(i, (shape, n)): (usize, &(&str, u64))| {
                let value = self.row(&bridge.id, shape, *n).and_then(&value)?;
                Some((value, plot::row(i)))
            };
            let points: Vec<(f64, f64)> = cases.iter().enumerate().filter_map(at).collect();
            if !points.is_empty() {
                series.push(Series {
                    index,
                    name: bridge.id.clone(),
                    points,
                });
            }
        }
        if series.is_empty() {
            return Ok(None);
        }
        let labels: Vec<String> = cases
            .iter()
            .map(|(shape, n)| case_name(shape, *n))
            .collect();
        let dots = Dots {
            width,
            title: &title,
            labels: &labels,
            series: &series,
            line,
            format,
        };
        Ok(Some(Plot {
            svg: dots.draw()?,
            title,
            legend: Vec::new(),
        }))
    }

    /// The chapters, in the order of the shapes; the loop itself stands in the first tables.
    fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = Vec::new();
        for shape in self.measured_shapes().filter(|s| s.id != EMPTY) {
            if !groups.contains(&shape.group) {
                groups.push(shape.group.clone());
            }
        }
        groups
    }

    fn measured_shapes(&self) -> impl Iterator<Item = &Shape> {
        let measured: BTreeSet<&str> = self
            .results
            .cases
            .iter()
            .map(|c| c.shape.as_str())
            .collect();
        self.shapes
            .iter()
            .filter(move |shape| measured.contains(shape.id.as_str()))
    }

    fn chapter(&self, group: &str) -> Result<Vec<Block>> {
        let shapes: Vec<&Shape> = self
            .measured_shapes()
            .filter(|s| s.group == group)
            .collect();
        let (plain, sized): (Vec<&Shape>, Vec<&Shape>) =
            shapes.iter().copied().partition(|shape| shape.sizes == [0]);
        let mut blocks = vec![Block::Heading(2, capitalised(group))];
        if !plain.is_empty() {
            let about = plain
                .iter()
                .map(|shape| format!("`{}`: {}", shape.id, sentence(shape)));
            blocks.push(Block::List(about.collect()));
            blocks.push(Block::Table(self.plain_table(&plain)));
        }
        for shape in sized {
            blocks.push(Block::Heading(3, format!("`{}`", shape.id)));
            blocks.push(Block::Paragraph(sentence(shape)));
            let sizes = self.measured_sizes(shape);
            let plot = if sizes.len() > 1 {
                Some(self.size_plot(shape)?)
            } else {
                None
            };
            blocks.push(Block::Illustrated(self.sized_table(shape, &sizes), plot));
        }
        let all = Block::Table(self.every_figure(&shapes));
        blocks.push(Block::Details(
            "Every figure: interval, median, toll, floor, flags".into(),
            vec![all],
        ));
        if let Some(counts) = &self.counts {
            let counted = Block::Table(self.counted(counts, &shapes));
            blocks.push(Block::Details(
                "Counted beside the time: allocations, bytes, instructions a call".into(),
                vec![counted],
            ));
        }
        let expressions = Block::Table(self.expressions(&shapes));
        blocks.push(Block::Details(
            "The expressions timed".into(),
            vec![expressions],
        ));
        Ok(blocks)
    }

    fn measured_sizes(&self, shape: &Shape) -> Vec<u64> {
        let sizes: BTreeSet<u64> = self
            .results
            .cases
            .iter()
            .filter(|c| c.shape == shape.id)
            .map(|c| c.n)
            .collect();
        sizes.into_iter().collect()
    }

    /// A row a bridge, a column a shape.
    fn plain_table(&self, shapes: &[&Shape]) -> Table {
        let header = shapes
            .iter()
            .map(|shape| Cell::figure(format!("`{}`", shape.id)));
        let mut table = Table::new([Cell::text("bridge")].into_iter().chain(header));
        for bridge in &self.results.bridges {
            let cells = shapes
                .iter()
                .map(|s| self.headline_cell(self.row(&bridge.id, &s.id, 0)));
            table
                .rows
                .push([Cell::text(&bridge.id)].into_iter().chain(cells).collect());
        }
        table
    }

    /// A row a bridge, a column a size.
    fn sized_table(&self, shape: &Shape, sizes: &[u64]) -> Table {
        let header = sizes
            .iter()
            .map(|n| Cell::figure(format!("n = {}", figures::size(*n))));
        let mut table = Table::new([Cell::text("bridge")].into_iter().chain(header));
        for bridge in &self.results.bridges {
            let cells: Vec<Cell> = sizes
                .iter()
                .map(|n| self.sized_cell(self.row(&bridge.id, &shape.id, *n), shape.unit))
                .collect();
            if cells.iter().any(|cell| cell.text != "–") {
                table
                    .rows
                    .push([Cell::text(&bridge.id)].into_iter().chain(cells).collect());
            }
        }
        table
    }

    fn sized_cell(&self, row: Option<&Row>, unit: Unit) -> Cell {
        let Some(row) = row else {
            return Cell::figure("–");
        };
        let ratio = words::over_floor(row);
        let each = row.ns.filter(|_| unit == Unit::N && row.n > 1);
        let each = each.map(|ns| format!("{} each", figures::time(ns / row.n as f64)));
        let small: Vec<String> = [ratio, each].into_iter().flatten().collect();
        Cell::figure(words::outcome(row))
            .with_small(small.join(" · "))
            .marked(row.is_doubtful())
    }

    fn size_plot(&self, shape: &Shape) -> Result<Plot> {
        let mut bridges = Vec::new();
        let mut legend = Vec::new();
        for (index, bridge) in self.results.bridges.iter().enumerate() {
            let rows = self
                .rows
                .iter()
                .filter(|r| r.bridge == bridge.id && r.shape == shape.id);
            let mut points: Vec<(f64, f64)> =
                rows.filter_map(|r| Some((r.n as f64, r.ns?))).collect();
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            if points.is_empty() {
                continue;
            }
            let model = self.models.get(&bridge.id, &shape.id);
            let has_line = model.is_some_and(|m| m.cost.line.is_ok());
            let name = match has_line {
                true => bridge.id.clone(),
                false => format!("{} (no line)", bridge.id),
            };
            legend.push((plot::swatch(index)?, name));
            let is_held_out = |(n, _): &&(f64, f64)| shape.held_out.contains(&(*n as u64));
            bridges.push(Sizes {
                held_out: points.iter().filter(is_held_out).copied().collect(),
                curve: model.map(Model::curve).unwrap_or_default(),
                has_line,
                measured: Series {
                    index,
                    name: bridge.id.clone(),
                    points,
                },
            });
        }
        if bridges.iter().any(|one| !one.held_out.is_empty()) {
            legend.push((plot::ring_swatch()?, "held out, not fitted".into()));
        }
        let title = format!("{}: time of a call against n", shape.id);
        Ok(Plot {
            svg: plot::time_against_size(&bridges, &title)?,
            title,
            legend,
        })
    }

    fn every_figure(&self, shapes: &[&Shape]) -> Table {
        let columns = [
            "ns", "interval", "median", "toll", "× floor", "interval", "launches",
        ];
        let header = [Cell::text("case"), Cell::text("bridge")]
            .into_iter()
            .chain(columns.map(Cell::figure))
            .chain([Cell::text("flags")]);
        let mut table = Table::new(header);
        for shape in shapes {
            let mut rows: Vec<&Row> = self.rows.iter().filter(|r| r.shape == shape.id).collect();
            rows.sort_by_key(|r| r.n);
            for row in rows {
                let ends = |low: Option<f64>, high| low.zip(high);
                let or_dash = |text: Option<String>| Cell::figure(text.unwrap_or("–".into()));
                let interval = ends(row.ns_low, row.ns_high).map(|(l, h)| figures::interval(l, h));
                let over = ends(row.over_floor_low, row.over_floor_high);
                let over =
                    over.map(|(l, h)| format!("{}–{}", figures::ratio(l), figures::ratio(h)));
                table.rows.push(vec![
                    Cell::text(case_name(&row.shape, row.n)),
                    Cell::text(&row.bridge),
                    or_dash(row.ns.map(figures::time)),
                    or_dash(interval),
                    or_dash(row.ns_median.map(figures::time)),
                    or_dash(row.toll.map(words::toll)),
                    or_dash(row.over_floor.map(figures::ratio)),
                    or_dash(over),
                    Cell::figure(row.launches.to_string()),
                    Cell::text(row.flags.join(", ")).marked(row.is_doubtful()),
                ]);
            }
        }
        table
    }

    /// Counts hold for any machine: they are those of the committed file, which CI compares.
    fn counted(&self, counts: &Counts, shapes: &[&Shape]) -> Table {
        let columns = ["ns", "library's side", "host's side", "instructions"];
        let header = [Cell::text("case"), Cell::text("bridge")]
            .into_iter()
            .chain(columns.map(Cell::figure));
        let mut table = Table::new(header);
        for shape in shapes {
            let of_shape = counts.counts.iter().filter(|c| c.shape == shape.id);
            let is_timed = |c: &&Count| self.results.bridge(&c.bridge).is_some();
            let mut rows: Vec<&Count> = of_shape.filter(is_timed).collect();
            rows.sort_by_key(|count| count.n);
            for count in rows {
                let ns = self.row(&count.bridge, &count.shape, count.n);
                table.rows.push(vec![
                    Cell::text(case_name(&count.shape, count.n)),
                    Cell::text(&count.bridge),
                    Cell::figure(ns.map_or("–".into(), words::outcome)),
                    Cell::figure(claims::side(count.library)),
                    Cell::figure(claims::side(count.host)),
                    Cell::figure(count.instructions.map_or("–".into(), |i| i.to_string())),
                ]);
            }
        }
        table
    }

    fn expressions(&self, shapes: &[&Shape]) -> Table {
        let mut table = Table::new(["shape", "bridge", "expression"].map(Cell::text));
        for shape in shapes {
            for bridge in &self.results.bridges {
                if let Some(expression) = bridge.expressions.get(&shape.id) {
                    let code = format!("`{}`", expression.replace('`', "'"));
                    table.rows.push(vec![
                        Cell::text(&shape.id),
                        Cell::text(&bridge.id),
                        Cell::text(code),
                    ]);
                }
            }
        }
        table
    }

    /// Where the host's own code beats a bridge: nobody should cross for those.
    fn losses(&self) -> Vec<Block> {
        let mut blocks = vec![Block::Heading(2, "Where the host alone is faster".into())];
        for (host, bridges) in self.hosts() {
            let is = |id: &&&str, role| self.results.bridge(id).is_some_and(|b| b.role == role);
            let Some(pure) = bridges.iter().find(|id| is(id, Role::Pure)) else {
                continue;
            };
            let rivals: Vec<&str> = bridges
                .iter()
                .filter(|id| is(id, Role::Bridge))
                .copied()
                .collect();
            let header = [Cell::text("case"), Cell::figure(*pure)];
            let header = header
                .into_iter()
                .chain(rivals.iter().map(|id| Cell::figure(*id)));
            let mut table = Table::new(header);
            for row in self
                .rows
                .iter()
                .filter(|r| r.bridge == **pure && r.shape != EMPTY)
            {
                let Some(own) = row.ns else { continue };
                // A difference that loops have too is no loss.
                let lost = |r: &&Row| r.ns.is_some_and(|ns| ns - own >= NO_TOLL);
                let against: Vec<Option<&Row>> = rivals
                    .iter()
                    .map(|id| self.row(id, &row.shape, row.n))
                    .collect();
                if !against.iter().flatten().any(lost) {
                    continue;
                }
                let cells = against.iter().map(|rival| match rival {
                    Some(r) => Cell::figure(words::outcome(r))
                        .with_small(r.ns.map_or(String::new(), |ns| figures::ratio(ns / own)))
                        .marked(lost(r)),
                    None => Cell::figure("–"),
                });
                let head = [
                    Cell::text(case_name(&row.shape, row.n)),
                    Cell::figure(figures::time(own)),
                ];
                table.rows.push(head.into_iter().chain(cells).collect());
            }
            if !table.rows.is_empty() {
                blocks.push(Block::Paragraph(format!(
                    "{host}: every case in which a bridge is slower than `{pure}`, an ordinary function of \
                     the host; below each time, how many times slower. Marked: the losses."
                )));
                blocks.push(Block::Table(table));
            }
        }
        if blocks.len() == 1 {
            blocks.push(Block::Paragraph(
                "No case, or no pure host in this run.".into(),
            ));
        }
        blocks
    }

    fn anomalies(&self) -> Vec<Block> {
        let mut blocks = vec![Block::Heading(2, "What went wrong, or is uncertain".into())];
        let mut points: Vec<String> = Vec::new();
        for absent in &self.results.absent {
            points.push(format!("`{}` was not timed: {}", absent.bridge, absent.why));
        }
        for row in &self.rows {
            if let Some(failure) = &row.failure {
                points.push(format!(
                    "`{}` {}: {failure}",
                    row.bridge,
                    case_name(&row.shape, row.n)
                ));
            }
        }
        for bridge in &self.results.bridges {
            if let Some(Vectors { failed: 1.., .. }) = bridge.vectors {
                points.push(format!(
                    "`{}` failed `toll check`: what answers wrongly may well be fast.",
                    bridge.id
                ));
            }
        }
        if points.is_empty() {
            points.push("No wrong check value, crash or hang.".into());
        }
        let unchecked = self.results.bridges.iter().filter(|b| b.vectors.is_none());
        let unchecked: Vec<String> = unchecked.map(|b| format!("`{}`", b.id)).collect();
        if !unchecked.is_empty() {
            points.push(format!(
                "No `toll check` of all vectors is on record for the builds timed of {}.",
                unchecked.join(", ")
            ));
        }
        blocks.push(Block::List(points));
        let meanings = [
            (
                "wide",
                "the interval is wider than 10 % of the figure, and than 1 ns",
            ),
            (
                "plateau",
                "a launch lies 15 % over the median launch although the canary sang in time",
            ),
            (
                "slow",
                "in half of the launches or more even the best batch stood beside a slow canary",
            ),
        ];
        let header = ["flag", "what it means", "cases", "of which"].map(Cell::text);
        let mut table = Table::new(header);
        for (flag, meaning) in meanings {
            let flagged: Vec<String> = self
                .rows
                .iter()
                .filter(|r| r.flags.contains(&flag))
                .map(|r| format!("{} {}", r.bridge, case_name(&r.shape, r.n)))
                .collect();
            // A page of names helps nobody; each stands in its chapter too.
            let shown = match flagged.len() {
                0..=12 => flagged.join(", "),
                more => format!("{} and {} more", flagged[..12].join(", "), more - 12),
            };
            table.rows.push(vec![
                Cell::text(flag),
                Cell::text(meaning),
                Cell::text(format!("{} of {}", flagged.len(), self.rows.len())),
                Cell::text(shown),
            ]);
        }
        blocks.push(Block::Table(table));
        blocks
    }

    fn circumstances(&self) -> Vec<Block> {
        let r = self.results;
        let commit = r.commit.as_deref().unwrap_or("none");
        let mut facts = vec![
            (
                "CPU",
                format!(
                    "{} ({}), {} usable",
                    r.machine.cpu, r.machine.arch, r.machine.cores
                ),
            ),
            ("memory", format!("{} MiB", r.machine.memory_mib)),
            ("kernel", r.machine.kernel.clone()),
            (
                "governor",
                r.machine.governor.clone().unwrap_or("not readable".into()),
            ),
            (
                "load when it began",
                r.machine.load.map_or("unknown".into(), |l| l.to_string()),
            ),
            ("best canary", figures::time(r.canary_best_ns)),
            ("pinned to CPU", r.settings.cpu.to_string()),
            ("toll", r.toll.clone()),
            (
                "commit",
                format!("{commit}{}", if r.dirty { ", with changes" } else { "" }),
            ),
            ("order's seed", r.settings.seed.to_string()),
            (
                "batches a launch",
                format!(
                    "{} of {}",
                    r.settings.batches,
                    figures::time(r.settings.batch_target_ns)
                ),
            ),
            ("duration", format!("{} s", r.seconds)),
        ];
        facts.extend(
            r.toolchain
                .iter()
                .map(|(tool, version)| (tool.as_str(), version.clone())),
        );
        let mut machine = Table::new(["", "recorded"].map(Cell::text));
        machine.rows = facts
            .into_iter()
            .map(|(name, fact)| vec![Cell::text(name), Cell::text(fact)])
            .collect();

        let header = [
            "bridge",
            "host",
            "strategy",
            "library",
            "vectors",
            "pinned",
            "processes",
            "host's counts",
        ];
        let mut bridges = Table::new(header.map(Cell::text));
        for bridge in &r.bridges {
            let pairs = |pairs: Vec<String>| Cell::text(pairs.join(", "));
            let library = match &bridge.library {
                Some(library) => Cell::text(format!("`{}`", library.path)).with_small(format!(
                    "{} KiB, {}",
                    library.bytes.div_ceil(1024),
                    library.identity
                )),
                None => Cell::text("none"),
            };
            bridges.rows.push(vec![
                Cell::text(&bridge.id),
                Cell::text(&bridge.host_version),
                pairs(
                    bridge
                        .versions
                        .iter()
                        .map(|(name, v)| format!("{name} {v}"))
                        .collect(),
                ),
                library,
                vectors_cell(bridge.vectors),
                Cell::text(if bridge.pinned { "yes" } else { "no" }),
                Cell::figure(bridge.processes.to_string()),
                pairs(
                    bridge
                        .stats
                        .iter()
                        .map(|(name, count)| format!("{name} {count}"))
                        .collect(),
                ),
            ]);
        }
        vec![
            Block::Heading(2, "Machine and versions".into()),
            Block::Table(machine),
            Block::Table(bridges),
        ]
    }
}

fn vectors_cell(vectors: Option<Vectors>) -> Cell {
    let Some(Vectors {
        passed,
        failed,
        unsupported,
    }) = vectors
    else {
        return Cell::text("not checked");
    };
    Cell::text(format!("{passed} passed, {failed} failed"))
        .with_small(format!("{unsupported} unsupported"))
        .marked(failed > 0)
}

fn sentence(shape: &Shape) -> String {
    let what = capitalised(&shape.what);
    match &shape.about {
        Some(about) => format!("{what}. Data: {about}."),
        None => format!("{what}."),
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(rest).collect()
    })
}

fn how_to_read(notes: Vec<String>) -> Vec<Block> {
    let mut points = vec![
            "A figure is the lower quartile, over launches, of each launch's best batch. Its interval comes \
             from resampling the launches; with few of them it is rough."
                .into(),
            format!(
                "A toll under {} ns reads `none`: compiled loops move by about as much with unrelated code.",
                NO_TOLL
            ),
            "In interpreters the empty loop, the first row, is taken off before a toll or a ratio is formed; \
             the times themselves include it."
                .into(),
            format!(
                "Times the floor: under it stands the same shape in plain C over the host's own API. That is a yardstick \
                 and no limit: a ratio below 1 says that this C does the work in a slower way. `{}` says that the \
                 difference is noise: the ratio's interval holds 1, or it is less than {NO_TOLL} ns.",
                words::LIKE_FLOOR
            ),
            "In the plots against n a curve is the cost model, explained under “What n items cost”; a thin one has \
             no line and joins what was measured."
                .into(),
            "Ratios compare within this run only. There is no score over unlike shapes.".into(),
            "A gap (–) is something that bridge does not offer. Marked figures carry a flag, explained \
             under “What went wrong, or is uncertain”."
                .into(),
            "`bench/METHODOLOGY.md` says how it was measured, `bench/BIAS.md` what the choice of shapes \
             favours."
                .into(),
    ];
    points.extend(notes);
    vec![
        Block::Heading(2, "How to read this".into()),
        Block::List(points),
    ]
}

fn cross_check(agreement: &[Agreement]) -> Vec<Block> {
    if agreement.is_empty() {
        return Vec::new();
    }
    vec![
        Block::Heading(2, "Cross-check".into()),
        Block::Paragraph(crosscheck::ERROR.into()),
        Block::Table(crosscheck::as_table(agreement)),
    ]
}
