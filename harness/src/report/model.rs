//! The cost model of a run: what a call and an item cost on every bridge, and from how many items on one way is
//! cheaper than another.

use serde::Serialize;

use crate::bridge::Role;
use crate::document::figures;
use crate::document::{Block, Cell, Table};
use crate::model::{
    BreakEven, Cost, HeldOut, Instead, LINE_END, LINE_LIMIT, Line, NoLine, Point, break_even, share,
};
use crate::results::rows::Declared;
use crate::results::{BridgeRun, Case, Results, significant, words};
use crate::shapes::{EMPTY, Shape, Shapes};
use crate::stats::{self, Interval};
use crate::table::columns;

/// Sizes whose price by the item is quoted: inside the caches, and past most of them.
const EACH_AT: [u64; 2] = [64 << 10, 256 << 10];
/// A shape for one item, and the one that takes or gives many in one call.
const BATCHES: [(&str, &str); 5] = [
    ("record", "record_all"),
    ("record", "record_all_list"),
    ("value_at_quantile", "values_at_quantiles"),
    ("point_in", "points_ends"),
    ("make_point", "make_points"),
];
/// A way to get many items, and another way to get the same.
const WAYS: [(&str, &str); 2] = [
    ("for_each_bucket", "buckets"),
    ("make_f64", "make_f64_array"),
];
/// Cheaper is what takes less than this share of the other's time: lines of equals cross anywhere.
const CLEARLY: f64 = 0.95;
/// A call that takes less than so many times as long as in Rust has a toll that hardly matters.
const HARDLY: f64 = 1.1;

/// The models of a run.
pub struct Models<'a> {
    results: &'a Results,
    shapes: &'a Shapes,
    declared: Declared,
    all: Vec<Model<'a>>,
}

/// What one sized shape costs on one bridge. Times are net of the empty loop where the host is interpreted.
pub struct Model<'a> {
    /// The bridge.
    pub bridge: &'a BridgeRun,
    /// The shape.
    pub shape: &'a Shape,
    /// What was taken off, ns.
    pub empty: f64,
    /// The model.
    pub cost: Cost,
    /// The intervals of the line's prices, of a call and of an item.
    pub intervals: Option<[Interval; 2]>,
}

/// A model as `toll report --model --json` prints it. Times are ns.
#[derive(Serialize)]
struct ModelRow<'a> {
    bridge: &'a str,
    host: &'a str,
    role: Role,
    shape: &'a str,
    empty: f64,
    alpha: Option<f64>,
    alpha_low: Option<f64>,
    alpha_high: Option<f64>,
    beta: Option<f64>,
    beta_low: Option<f64>,
    beta_high: Option<f64>,
    no_line: Option<String>,
    worst_fit: Option<f64>,
    held_out: Vec<HeldOutRow>,
    table: Vec<PointRow>,
    each_64ki: Option<f64>,
    each_256ki: Option<f64>,
    toll_alpha: Option<f64>,
    toll_beta: Option<f64>,
}

#[derive(Serialize)]
struct PointRow {
    n: u64,
    ns: f64,
}

#[derive(Serialize)]
struct HeldOutRow {
    n: u64,
    ns: f64,
    predicted: f64,
    error: f64,
}

/// What the columns of the lines say, for a terminal.
fn legend() -> String {
    format!(
        "worst fit: the line's largest error at a size it was fitted to; held out: its error at a size kept back to \
         check it; no line: an error above {:.0} %; –: nothing to tell, or not measured\n",
        100.0 * LINE_LIMIT
    )
}

/// One comparison of two ways.
#[derive(Serialize)]
struct BreakEvenRow<'a> {
    bridge: &'a str,
    shape: &'a str,
    /// What with.
    kind: Kind,
    instead: &'a str,
    /// The first size at which `shape` is cheaper; null when it is at none.
    from: Option<u64>,
    /// The last size before it is dearer again; null when it stays cheaper up to `up_to`.
    until: Option<u64>,
    up_to: u64,
    /// The time of `instead` over that of `shape`, at `up_to`.
    gain: f64,
}

impl BreakEvenRow<'_> {
    fn sizes(&self) -> String {
        match (self.from, self.until) {
            (None, _) => "never".into(),
            (Some(1), None) => "always".into(),
            (Some(from), None) => format!("from {}", figures::size(from)),
            (Some(from), Some(until)) => {
                format!("{} – {}", figures::size(from), figures::size(until))
            }
        }
    }

    fn gained(&self) -> String {
        let up_to = figures::size(self.up_to);
        match self.gain {
            ..0.995 => format!("{} slower at {up_to}", figures::ratio(1.0 / self.gain)),
            ..1.005 => format!("the same at {up_to}"),
            gain => format!("{} faster at {up_to}", figures::ratio(gain)),
        }
    }

    /// What is compared, whatever the bridge: the host's own code has another name for each.
    fn comparison(&self) -> (Kind, &str, &str) {
        match self.kind {
            Kind::Pure => (self.kind, self.shape, ""),
            _ => (self.kind, self.shape, self.instead),
        }
    }
}

/// What a way is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// As many calls of the shape `instead` as there are items.
    Calls,
    /// One call of the shape `instead`.
    Way,
    /// The same shape in the host's own code, the bridge `instead`.
    Pure,
    /// The same shape in Rust, 10 % dearer.
    Rust,
}

/// What `toll report --model --json` prints.
#[derive(Serialize)]
pub struct Rows<'a> {
    models: Vec<ModelRow<'a>>,
    break_even: Vec<BreakEvenRow<'a>>,
}

impl<'a> Models<'a> {
    /// Models every bridge × sized shape of a run.
    #[must_use]
    pub fn of(results: &'a Results, shapes: &'a Shapes, declared: &Declared) -> Self {
        let mut all = Vec::new();
        for shape in shapes.iter().filter(|s| s.sizes != [0]) {
            let bridges = results.bridges.iter();
            all.extend(bridges.filter_map(|bridge| model(results, declared, bridge, shape)));
        }
        Self {
            results,
            shapes,
            declared: declared.clone(),
            all,
        }
    }

    /// The model of this shape on this bridge.
    #[must_use]
    pub fn get(&self, bridge: &str, shape: &str) -> Option<&Model<'a>> {
        let mut all = self.all.iter();
        all.find(|m| m.bridge.id == bridge && m.shape.id == shape)
    }

    /// All of it for a program.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows {
            models: self.all.iter().map(|m| self.model_row(m)).collect(),
            break_even: self.break_evens(),
        }
    }

    /// The lines and the break-even sizes for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.lines();
        let texts = |cells: &Vec<Cell>| cells.iter().map(|cell| cell.text.clone()).collect();
        let lines: Vec<_> = [&lines.header]
            .into_iter()
            .chain(&lines.rows)
            .map(texts)
            .collect();
        let header =
            ["bridge", "shape", "instead of", "is cheaper", "in the end"].map(String::from);
        let mut break_even = vec![header.to_vec()];
        break_even.extend(self.break_evens().into_iter().map(|row| {
            let instead = match row.kind {
                Kind::Calls => format!("n × {}", row.instead),
                Kind::Way | Kind::Pure => row.instead.into(),
                Kind::Rust => format!("{} + 10 %", row.instead),
            };
            vec![
                row.bridge.into(),
                row.shape.into(),
                instead,
                row.sizes(),
                row.gained(),
            ]
        }));
        format!(
            "{}{}\n{}\n{}",
            columns(&lines),
            legend(),
            columns(&break_even),
            self.verdict()
        )
    }

    /// The report's chapter.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let mut blocks = vec![
            Block::Heading(2, "What n items cost".into()),
            Block::Paragraph(format!(
                "A call with n items costs α + β·n up to n = {}, fitted by least relative squares to the time net of \
                 the empty loop where the host is interpreted, and what was measured, joined by straight lines, \
                 above. Where that line errs by more than {:.0} % at a size it was fitted to, or at one that was held \
                 out to check it, there is no line, and the sizes measured are joined instead.",
                figures::size(LINE_END),
                100.0 * LINE_LIMIT
            )),
            Block::Paragraph(self.verdict()),
        ];
        let rows = self.break_evens();
        let mut section = |title: &str, text: &str, table: Option<Table>| {
            if let Some(table) = table {
                blocks.push(Block::Heading(3, title.into()));
                blocks.push(Block::Paragraph(text.into()));
                blocks.push(Block::Table(table));
            }
        };
        section(
            "One call for many",
            &format!(
                "For how many items one call takes less than {:.0} % of the other way's time; below, how they compare at \
                 the largest size measured. The host's own loop around n calls is not counted.",
                100.0 * CLEARLY
            ),
            self.comparison(&rows, &[Kind::Calls, Kind::Way]),
        );
        section(
            "Crossing, or the host's own code",
            "For how many items the bridge is that much cheaper than the same shape as an ordinary function of the host.",
            self.comparison(&rows, &[Kind::Pure]),
        );
        section(
            "Where the toll hardly matters",
            &format!(
                "For how many items a call takes less than {:.0} % longer than in Rust{}.",
                100.0 * (HARDLY - 1.0),
                self.results.baseline_in_brackets()
            ),
            self.comparison(&rows, &[Kind::Rust]),
        );
        blocks.push(Block::Details(
            "Every line, its error, and what an item costs above".into(),
            vec![Block::Table(self.lines())],
        ));
        blocks
    }

    /// How many lines there are, and how well they predict.
    fn verdict(&self) -> String {
        let lines = self.all.iter().filter(|m| m.cost.line.is_ok()).count();
        let of_lines = self.all.iter().filter(|m| m.cost.line.is_ok());
        let errors: Vec<f64> = of_lines
            .flat_map(|m| &m.cost.held_out)
            .filter(|h| h.measured.n <= LINE_END)
            .map(|h| 100.0 * h.error.abs())
            .collect();
        let checked = match (stats::median(&errors), stats::quantile(&errors, 1.0)) {
            (Some(median), Some(worst)) => format!(
                "At the {} sizes held out up to there they are off by {median:.1} % in the median, {worst:.0} % at worst.",
                errors.len()
            ),
            _ => "These results have no held-out sizes, so that no line was checked.".into(),
        };
        let refuted = |m: &&Model| matches!(m.cost.line, Err(NoLine::Mispredicts(..)));
        let refuted = match self.all.iter().filter(refuted).count() {
            0 => String::new(),
            some => {
                format!(" {some} more fit what they were fitted to, but not what was held out.")
            }
        };
        format!(
            "{lines} of {} combinations of a bridge and a shape have a line. {checked}{refuted}",
            self.all.len()
        )
    }

    fn lines(&self) -> Table {
        let header = [
            "call (α)",
            "item (β)",
            "toll, call",
            "toll, item",
            "worst fit",
            "held out",
            "each at 64 Ki",
            "each at 256 Ki",
        ];
        let names = ["bridge", "shape"].map(Cell::text);
        let mut table = Table::new(names.into_iter().chain(header.map(Cell::figure)));
        for model in &self.all {
            let [alpha, beta] = match &model.cost.line {
                Ok(line) => {
                    let ends = |i: &Interval| {
                        format!("{} – {}", figures::each(i.low), figures::each(i.high))
                    };
                    let [alpha, beta] = model
                        .intervals
                        .map_or_else(Default::default, |both| both.map(|i| ends(&i)));
                    [
                        Cell::figure(figures::time(line.alpha)).with_small(alpha),
                        Cell::figure(figures::each(line.beta)).with_small(beta),
                    ]
                }
                Err(why) => [Cell::figure(format!("no line: {why}")), Cell::figure("–")],
            };
            let or_dash = |text: Option<String>| Cell::figure(text.unwrap_or("–".into()));
            let toll = self.toll(model);
            let missed = |h: &HeldOut| h.error.abs() > LINE_LIMIT;
            let held_out: Vec<String> = model
                .cost
                .held_out
                .iter()
                .map(|h| format!("{} at {}", share(h.error), h.measured.n))
                .collect();
            let each = EACH_AT.map(|n| or_dash(model.cost.each_at(n).map(figures::each)));
            let [each_64ki, each_256ki] = each;
            table.rows.push(vec![
                Cell::text(&model.bridge.id),
                Cell::text(&model.shape.id),
                alpha,
                beta,
                or_dash(toll.map(|t| words::toll(t[0]))),
                or_dash(toll.map(|t| {
                    if t[1] > 0.0 {
                        figures::each(t[1])
                    } else {
                        "none".into()
                    }
                })),
                or_dash(model.cost.worst_fit.map(|e| format!("{:.0} %", 100.0 * e))),
                Cell::figure(match &held_out[..] {
                    [] => "–".into(),
                    some => some.join(", "),
                })
                .marked(model.cost.held_out.iter().any(missed)),
                each_64ki,
                each_256ki,
            ]);
        }
        table
    }

    /// By how much a call and an item are dearer than in Rust: a toll is a difference of times, and so is its line.
    /// An item's is none where the intervals overlap.
    fn toll(&self, model: &Model) -> Option<[f64; 2]> {
        if !matches!(model.bridge.role, Role::Bridge | Role::Floor) {
            return None;
        }
        let direct = self.get(self.results.baseline()?, &model.shape.id)?;
        let (own, rust) = (model.cost.line.ok()?, direct.cost.line.ok()?);
        let apart = match (model.intervals, direct.intervals) {
            (Some([_, own]), Some([_, rust])) => own.low > rust.high,
            _ => false,
        };
        let each = if apart { own.beta - rust.beta } else { 0.0 };
        Some([own.alpha - rust.alpha, each])
    }

    fn model_row<'m>(&self, model: &'m Model) -> ModelRow<'m> {
        let line = model.cost.line.ok();
        let [alpha, beta] = model.intervals.map_or([None; 2], |both| both.map(Some));
        let toll = self.toll(model);
        let each = EACH_AT.map(|n| model.cost.each_at(n).map(significant));
        ModelRow {
            bridge: &model.bridge.id,
            host: &model.bridge.host,
            role: model.bridge.role,
            shape: &model.shape.id,
            empty: model.empty,
            alpha: line.map(|l| significant(l.alpha)),
            alpha_low: alpha.map(|i| significant(i.low)),
            alpha_high: alpha.map(|i| significant(i.high)),
            beta: line.map(|l| significant(l.beta)),
            beta_low: beta.map(|i| significant(i.low)),
            beta_high: beta.map(|i| significant(i.high)),
            no_line: model.cost.line.err().map(|why| why.to_string()),
            worst_fit: model.cost.worst_fit.map(significant),
            held_out: model.cost.held_out.iter().map(HeldOutRow::new).collect(),
            table: model.cost.table().iter().map(PointRow::new).collect(),
            each_64ki: each[0],
            each_256ki: each[1],
            toll_alpha: toll.map(|t| significant(t[0])),
            toll_beta: toll.map(|t| significant(t[1])),
        }
    }

    fn break_evens(&self) -> Vec<BreakEvenRow<'_>> {
        let mut rows = Vec::new();
        for bridge in &self.results.bridges {
            if !matches!(bridge.role, Role::Bridge | Role::Baseline) {
                continue;
            }
            let mut add = |kind, instead: &'a str, shape: &'a str, found: Option<BreakEven>| {
                rows.extend(found.map(|found| BreakEvenRow {
                    bridge: &bridge.id,
                    shape,
                    kind,
                    instead,
                    from: found.from,
                    until: found.until,
                    up_to: found.up_to,
                    gain: significant(found.gain),
                }));
            };
            let cost = |bridge: &str, shape: &str| self.get(bridge, shape).map(|m| &m.cost);
            for (one, many) in BATCHES {
                let price = net_case(self.results, &self.declared, bridge, one, 0);
                let found = price.zip(cost(&bridge.id, many)).and_then(|(price, many)| {
                    break_even(many, Instead::CallsOf(price.ns), CLEARLY)
                });
                add(Kind::Calls, one, many, found);
            }
            for (one, other) in WAYS {
                let both = cost(&bridge.id, one).zip(cost(&bridge.id, other));
                let found =
                    both.and_then(|(one, other)| break_even(other, Instead::Call(one), CLEARLY));
                add(Kind::Way, one, other, found);
            }
            if bridge.role != Role::Bridge {
                continue;
            }
            let is_pure = |b: &&BridgeRun| b.host == bridge.host && b.role == Role::Pure;
            let pure = self
                .results
                .bridges
                .iter()
                .find(is_pure)
                .map(|b| b.id.as_str());
            for shape in self.shapes.iter() {
                let Some(own) = cost(&bridge.id, &shape.id) else {
                    continue;
                };
                let against = |rival: &str, factor| {
                    break_even(own, Instead::Call(cost(rival, &shape.id)?), factor)
                };
                if let Some(pure) = pure {
                    add(Kind::Pure, pure, &shape.id, against(pure, CLEARLY));
                }
                if let Some(rust) = self.results.baseline() {
                    add(Kind::Rust, rust, &shape.id, against(rust, HARDLY));
                }
            }
        }
        rows
    }

    /// A row a comparison, a column a bridge; `None` when there is nothing to compare.
    fn comparison(&self, rows: &[BreakEvenRow<'_>], kinds: &[Kind]) -> Option<Table> {
        let rows: Vec<&BreakEvenRow> = rows.iter().filter(|r| kinds.contains(&r.kind)).collect();
        let bridges = self.results.bridges.iter().map(|b| b.id.as_str());
        let bridges: Vec<&str> = bridges
            .filter(|id| rows.iter().any(|r| r.bridge == *id))
            .collect();
        let mut compared = Vec::new();
        for row in &rows {
            if !compared.contains(&row.comparison()) {
                compared.push(row.comparison());
            }
        }
        let header = bridges.iter().map(|id| Cell::figure(*id));
        let mut table = Table::new([Cell::text("")].into_iter().chain(header));
        for comparison in compared {
            let (kind, shape, instead) = comparison;
            let name = match kind {
                Kind::Calls => format!("`{shape}` instead of n × `{instead}`"),
                Kind::Way => format!("`{shape}` instead of `{instead}`"),
                Kind::Pure | Kind::Rust => format!("`{shape}`"),
            };
            let cells = bridges.iter().map(|id| {
                let mut of_bridge = rows.iter().filter(|r| r.bridge == *id);
                let Some(row) = of_bridge.find(|r| r.comparison() == comparison) else {
                    return Cell::figure("–");
                };
                Cell::figure(row.sizes()).with_small(row.gained())
            });
            table
                .rows
                .push([Cell::text(name)].into_iter().chain(cells).collect());
        }
        (!table.rows.is_empty()).then_some(table)
    }
}

impl Model<'_> {
    /// The model's curve for a plot of whole times: the loop that was taken off is put back.
    #[must_use]
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let (Some(first), Some(last)) = (self.cost.table().first(), self.cost.table().last())
        else {
            return Vec::new();
        };
        let mut sizes = vec![first.n];
        while let Some(&n) = sizes.last().filter(|n| **n < last.n) {
            // Steps that look even on a log axis; the sizes measured are among them.
            let step = (n * 5 / 4).max(n + 1);
            let bends = self
                .cost
                .table()
                .iter()
                .map(|p| p.n)
                .filter(|bend| *bend > n);
            sizes.push(bends.chain([step]).min().unwrap_or(step));
        }
        let at = |n: u64| Some((n as f64, self.cost.at(n)? + self.empty));
        sizes.into_iter().filter_map(at).collect()
    }
}

impl PointRow {
    fn new(point: &Point) -> Self {
        Self {
            n: point.n,
            ns: significant(point.ns),
        }
    }
}

impl HeldOutRow {
    fn new(held_out: &HeldOut) -> Self {
        Self {
            n: held_out.measured.n,
            ns: significant(held_out.measured.ns),
            predicted: significant(held_out.predicted),
            error: significant(held_out.error),
        }
    }
}

/// Each launch's best of the empty loop, where it is taken off; one zero where it is not; `None` where it would
/// be and was not timed.
fn empty_loop<'a>(
    results: &'a Results,
    declared: &Declared,
    bridge: &BridgeRun,
) -> Option<&'a [f64]> {
    if !declared.takes_off_loop(&bridge.host) {
        return Some(&[0.0]);
    }
    sound_case(results, bridge, EMPTY, 0).map(|case| case.best_ns.as_slice())
}

/// A case with a headline that did not fail: what fails is no price.
fn sound_case<'a>(
    results: &'a Results,
    bridge: &BridgeRun,
    shape: &str,
    n: u64,
) -> Option<&'a Case> {
    let case = results.case(&bridge.id, shape, n)?;
    (case.headline.is_some() && case.failure.is_none()).then_some(case)
}

/// The headline net of the empty loop.
fn net_case(
    results: &Results,
    declared: &Declared,
    bridge: &BridgeRun,
    shape: &str,
    n: u64,
) -> Option<Point> {
    let headline = sound_case(results, bridge, shape, n)?.headline?;
    let empty = stats::headline(empty_loop(results, declared, bridge)?)?;
    Some(Point {
        n,
        ns: headline.ns - empty,
    })
}

fn model<'a>(
    results: &'a Results,
    declared: &Declared,
    bridge: &'a BridgeRun,
    shape: &'a Shape,
) -> Option<Model<'a>> {
    let empty = empty_loop(results, declared, bridge)?;
    let cases = results.cases.iter();
    let sizes = cases
        .filter(|c| c.bridge == bridge.id && c.shape == shape.id)
        .map(|c| c.n);
    let (held_out, seen): (Vec<Point>, Vec<Point>) = sizes
        .filter_map(|n| net_case(results, declared, bridge, &shape.id, n))
        .partition(|p| shape.held_out.contains(&p.n));
    if seen.is_empty() {
        return None;
    }
    let fitted: Vec<u64> = seen
        .iter()
        .map(|p| p.n)
        .filter(|n| *n <= LINE_END)
        .collect();
    let cost = Cost::of(seen, &held_out);
    let intervals = cost
        .line
        .ok()
        .and_then(|_| intervals(results, bridge, shape, empty, &fitted));
    Some(Model {
        bridge,
        shape,
        empty: stats::headline(empty)?,
        cost,
        intervals,
    })
}

/// The intervals of α and β when the launches of every size, and of the empty loop, are resampled.
fn intervals(
    results: &Results,
    bridge: &BridgeRun,
    shape: &Shape,
    empty: &[f64],
    fitted: &[u64],
) -> Option<[Interval; 2]> {
    let mut sets = vec![empty];
    for n in fitted {
        sets.push(&sound_case(results, bridge, &shape.id, *n)?.best_ns);
    }
    let price = |of: fn(Line) -> f64| {
        let interval = stats::bootstrap(&sets, |headlines| {
            let net = headlines[1..].iter().map(|ns| ns - headlines[0]);
            let points: Vec<Point> = fitted
                .iter()
                .zip(net)
                .map(|(&n, ns)| Point { n, ns })
                .collect();
            // A resample without a line has no end: the interval is then not finite, and left out.
            Line::fit(&points).map_or(f64::INFINITY, of)
        })?;
        interval.high.is_finite().then_some(interval)
    };
    Some([price(|line| line.alpha)?, price(|line| line.beta)?])
}
