//! The rows of the report: each case with what is derived from it and from its baselines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::bridge::{Role, Workspace};
use crate::results::{BridgeRun, Case, Failure, Results, significant};
use crate::shapes::EMPTY;
use crate::stats::{self, Interval};

/// A toll below this, in ns, is none: compiled loops move by about as much with unrelated code.
pub const NO_TOLL: f64 = 0.5;
/// An interval wider than this share of the figure is flagged …
const WIDE: f64 = 0.10;
/// … and so is a launch that sits higher than this over the median launch, beside a clean canary.
const PLATEAU: f64 = 0.15;
/// Below this difference, in ns, neither is.
const NOISE: f64 = 1.0;

/// One case, as a table or a program wants it. Times are ns a call.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// `host/strategy`.
    pub bridge: String,
    /// The language that calls.
    pub host: String,
    /// What the bridge is there for.
    pub role: Role,
    /// The shape's id.
    pub shape: String,
    /// The size; 0 for a shape without.
    pub n: u64,
    /// The headline.
    pub ns: Option<f64>,
    /// Its interval's lower end.
    pub ns_low: Option<f64>,
    /// Its interval's upper end.
    pub ns_high: Option<f64>,
    /// The median of medians.
    pub ns_median: Option<f64>,
    /// The time of the host's empty loop that is taken off for `toll` and `over_floor`; 0 in
    /// compiled hosts.
    pub empty: f64,
    /// The time over that of the same call in Rust.
    pub toll: Option<f64>,
    /// Times the host's floor, both net of the empty loop.
    pub over_floor: Option<f64>,
    /// Its interval's lower end.
    pub over_floor_low: Option<f64>,
    /// Its interval's upper end.
    pub over_floor_high: Option<f64>,
    /// Whether it cannot be told from the floor: the interval holds 1, or the difference is below [`NO_TOLL`].
    pub like_floor: bool,
    /// What the floor leaves out that a bridge must do, where it does less: it is no measure then.
    pub floor_does_less: Option<String>,
    /// Whether the loop alone would take as long, in a compiled host: the figure is not the price of a call.
    pub is_loop: bool,
    /// Launches that gave a sample.
    pub launches: usize,
    /// `void`, `crashed`, `hung`, `refused`, `wide`, `plateau`, `slow`.
    pub flags: Vec<&'static str>,
    /// The first of those four in words.
    pub failure: Option<String>,
    /// The expression timed.
    pub expression: Option<String>,
}

impl Row {
    /// Whether the figure should not be read without its flags. A slow canary alone does not say so:
    /// where it sang slow throughout, the whole run did, and the interval tells how much that mattered.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.flags.iter().any(|flag| *flag != "slow")
    }
}

/// What hosts and floors declare of their times.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Hosts whose empty loop is taken off.
    loops: BTreeSet<String>,
    /// Shapes in which a host's floor does less than a bridge must, by host: what it leaves out.
    less: BTreeMap<String, BTreeMap<String, String>>,
}

impl Declared {
    /// What the files of this workspace say.
    #[must_use]
    pub fn of(workspace: &Workspace) -> Self {
        let loops = workspace.hosts.iter().filter(|h| h.bench.take_off_loop);
        let floors = workspace.bridges.iter().filter(|b| b.role == Role::Floor);
        Self {
            loops: loops.map(|host| host.id.clone()).collect(),
            less: floors
                .map(|b| (b.host().to_owned(), b.does_less.clone()))
                .collect(),
        }
    }

    /// Whether a host's empty loop is taken off.
    #[must_use]
    pub fn takes_off_loop(&self, host: &str) -> bool {
        self.loops.contains(host)
    }

    fn less(&self, host: &str, shape: &str) -> Option<&String> {
        self.less.get(host)?.get(shape)
    }
}

/// All rows of a run, in its order.
pub fn rows(results: &Results, declared: &Declared) -> Vec<Row> {
    let index = Index::new(results, declared);
    results
        .cases
        .iter()
        .filter_map(|case| Some(index.row(case, results.bridge(&case.bridge)?)))
        .collect()
}

struct Index<'a> {
    cases: HashMap<(&'a str, &'a str, u64), &'a Case>,
    /// The floor's id, by host.
    floors: HashMap<&'a str, &'a str>,
    /// The pure host's id, by host.
    pures: HashMap<&'a str, &'a str>,
    /// The bridge whose times are taken off to give a toll.
    baseline: Option<&'a str>,
    declared: &'a Declared,
}

impl<'a> Index<'a> {
    fn new(results: &'a Results, declared: &'a Declared) -> Self {
        let of_role = |role| {
            let bridges = results.bridges.iter().filter(move |b| b.role == role);
            bridges.map(|b| (b.host.as_str(), b.id.as_str())).collect()
        };
        Self {
            cases: results
                .cases
                .iter()
                .map(|c| ((c.bridge.as_str(), c.shape.as_str(), c.n), c))
                .collect(),
            floors: of_role(Role::Floor),
            pures: of_role(Role::Pure),
            baseline: results.baseline(),
            declared,
        }
    }

    /// Each launch's best of a case that has a headline and did not fail: what fails divides nobody.
    fn bests(&self, bridge: &str, shape: &str, n: u64) -> Option<&'a [f64]> {
        self.cases
            .get(&(bridge, shape, n))
            .filter(|case| case.headline.is_some() && case.failure.is_none())
            .map(|case| case.best_ns.as_slice())
    }

    fn row(&self, case: &Case, bridge: &BridgeRun) -> Row {
        let headline = case.headline;
        let less = self.declared.less(&bridge.host, &case.shape);
        let over_floor = match less {
            Some(_) => None,
            None => self.over_floor(case, bridge),
        };
        let toll = self.toll(case, bridge);
        Row {
            bridge: case.bridge.clone(),
            host: bridge.host.clone(),
            role: bridge.role,
            shape: case.shape.clone(),
            n: case.n,
            ns: headline.map(|h| h.ns),
            ns_low: headline.map(|h| h.low),
            ns_high: headline.map(|h| h.high),
            ns_median: headline.map(|h| h.median),
            empty: self.empty(bridge).and_then(stats::headline).unwrap_or(0.0),
            toll,
            over_floor: over_floor.map(|(ratio, ..)| ratio),
            over_floor_low: over_floor.map(|(_, i, _)| i.low),
            over_floor_high: over_floor.map(|(_, i, _)| i.high),
            like_floor: over_floor.is_some_and(|(_, i, difference)| {
                (i.low <= 1.0 && i.high >= 1.0) || difference.abs() < NO_TOLL
            }),
            floor_does_less: less.cloned(),
            is_loop: self.is_loop(case, bridge, toll),
            launches: case.best_ns.len(),
            flags: flags(case),
            failure: case.failure.as_ref().map(describe),
            expression: bridge.expressions.get(&case.shape).cloned(),
        }
    }

    /// The empty loop's launches, where it is taken off; `None` where it is not, or was not timed.
    fn empty(&self, bridge: &BridgeRun) -> Option<&'a [f64]> {
        self.declared
            .takes_off_loop(&bridge.host)
            .then(|| self.bests(&bridge.id, EMPTY, 0))
            .flatten()
    }

    /// Only a bridge or a floor has a toll: the others cross nothing.
    fn toll(&self, case: &Case, bridge: &BridgeRun) -> Option<f64> {
        if !matches!(bridge.role, Role::Bridge | Role::Floor) || case.shape == EMPTY {
            return None;
        }
        let empty = match self.declared.takes_off_loop(&bridge.host) {
            true => stats::headline(self.empty(bridge)?)?,
            false => 0.0,
        };
        let direct = stats::headline(self.bests(self.baseline?, &case.shape, case.n)?)?;
        Some(significant(case.headline?.ns - empty - direct))
    }

    /// Whether a loop without the crossing would take as long. An interpreter's loop is taken off, and is no matter.
    fn is_loop(&self, case: &Case, bridge: &BridgeRun, toll: Option<f64>) -> bool {
        let compiled = !self.declared.takes_off_loop(&bridge.host) && case.shape != EMPTY;
        let Some(headline) = case.headline.filter(|_| compiled) else {
            return false;
        };
        let is_near = |id: &str, shape| {
            let other = self.bests(id, shape, case.n).and_then(stats::headline);
            other.is_some_and(|other| headline.ns - other < NO_TOLL)
        };
        let empty = self.bests(&bridge.id, EMPTY, 0).and_then(stats::headline);
        if empty.is_some_and(|empty| headline.ns - empty < NO_TOLL) {
            return true;
        }
        // As fast as an ordinary function of the host, and as one of Rust: neither shows a crossing.
        let pure = self.pures.get(bridge.host.as_str());
        bridge.role != Role::Pure
            && toll.is_some_and(|toll| toll < NO_TOLL)
            && pure.is_some_and(|pure| is_near(pure, &case.shape))
    }

    /// The ratio, its interval, and the difference in ns.
    fn over_floor(&self, case: &Case, bridge: &BridgeRun) -> Option<(f64, Interval, f64)> {
        if case.shape == EMPTY {
            return None;
        }
        let floor = *self.floors.get(bridge.host.as_str())?;
        let ours = self.bests(&case.bridge, &case.shape, case.n)?;
        let theirs = self.bests(floor, &case.shape, case.n)?;
        if case.bridge == floor {
            return Some((
                1.0,
                Interval {
                    low: 1.0,
                    high: 1.0,
                },
                0.0,
            ));
        }
        // Two empty loops of zero where none is taken off: one formula for all hosts.
        let (our_empty, their_empty) = match self.declared.takes_off_loop(&bridge.host) {
            true => (self.empty(bridge)?, self.bests(floor, EMPTY, 0)?),
            false => (&[0.0][..], &[0.0][..]),
        };
        let sets = [ours, our_empty, theirs, their_empty];
        let ratio = |h: &[f64]| (h[0] - h[1]) / (h[2] - h[3]);
        let mut headlines = [0.0; 4];
        for (headline, set) in headlines.iter_mut().zip(sets) {
            *headline = stats::headline(set)?;
        }
        // A floor that costs nothing beside its own loop cannot be a divisor.
        if headlines[2] - headlines[3] < 0.1 {
            return None;
        }
        let Interval { low, high } = stats::bootstrap(&sets, ratio)?;
        let interval = Interval {
            low: significant(low),
            high: significant(high),
        };
        let difference = (headlines[0] - headlines[1]) - (headlines[2] - headlines[3]);
        Some((significant(ratio(&headlines)), interval, difference))
    }
}

fn describe(failure: &Failure) -> String {
    format!("{}: {}", failure.kind.word(), failure.detail)
}

fn flags(case: &Case) -> Vec<&'static str> {
    let mut flags: Vec<_> = case.failure.iter().map(|f| f.kind.word()).collect();
    if case
        .headline
        .is_some_and(|h| h.high - h.low > (h.ns * WIDE).max(NOISE))
    {
        flags.push("wide");
    }
    if has_plateau(case) {
        flags.push("plateau");
    }
    if case.slow_launches > 0 && case.slow_launches as usize * 2 >= case.best_ns.len() {
        flags.push("slow");
    }
    flags
}

/// A launch is on a plateau of its own when even its best batch lies well above the median launch
/// although the canary found the machine fast.
fn has_plateau(case: &Case) -> bool {
    let Some(median) = stats::median(&case.best_ns) else {
        return false;
    };
    let limit = median + (median * PLATEAU).max(NOISE);
    let high = case.best_ns.iter().filter(|ns| **ns > limit).count();
    high > case.slow_launches as usize
}

#[cfg(test)]
impl Declared {
    /// That the empty loops of these hosts are taken off.
    pub(crate) fn with_loops_of(hosts: &[&str]) -> Self {
        Self {
            loops: hosts.iter().map(|host| (*host).to_owned()).collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample;

    fn row<'a>(rows: &'a [Row], bridge: &str, shape: &str) -> &'a Row {
        rows.iter()
            .find(|r| r.bridge == bridge && r.shape == shape)
            .unwrap()
    }

    #[test]
    fn toll_and_ratio_are_net_of_the_loop_in_python_only() {
        let rows = rows(&sample::results(), &sample::declared());
        // python: empty 10, floor 30, pyo3 42; c: floor 3, cabi 3.2; rust: 1.5
        let pyo3 = row(&rows, "python/pyo3", "add");
        assert_eq!(pyo3.toll, Some(30.5));
        assert_eq!(pyo3.over_floor, Some(1.6));
        let cabi = row(&rows, "c/cabi", "add");
        assert_eq!(cabi.toll, Some(1.7));
        assert_eq!(cabi.over_floor, Some(1.066_7));
        assert_eq!(row(&rows, "python/floor", "add").over_floor, Some(1.0));
        assert_eq!(row(&rows, "python/pure", "add").toll, None);
        assert_eq!(row(&rows, "rust/direct", "add").over_floor, None);
    }

    #[test]
    fn noise_is_told_from_a_difference() {
        let rows_now = rows(&sample::results(), &sample::declared());
        // 3.2 against 3.0 ns: less than loops move by themselves.
        assert!(row(&rows_now, "c/cabi", "add").like_floor);
        assert!(!row(&rows_now, "python/pyo3", "add").like_floor);

        // 31 against 30 ns is more than that; but launches that differ by more cannot tell.
        let mut results = sample::results();
        let is_add = |c: &&mut Case| c.bridge == "python/pyo3" && c.shape == "add";
        let case = results.cases.iter_mut().find(is_add).unwrap();
        case.best_ns = vec![31.0; 5];
        case.conclude();
        let steady = rows(&results, &sample::declared());
        assert!(!row(&steady, "python/pyo3", "add").like_floor);
        let case = results.cases.iter_mut().find(is_add).unwrap();
        case.best_ns = vec![28.0, 31.0, 34.0, 29.0, 32.0];
        case.conclude();
        let noisy = rows(&results, &sample::declared());
        assert!(row(&noisy, "python/pyo3", "add").like_floor);
    }

    #[test]
    fn a_floor_that_does_less_is_no_measure() {
        let shapes = BTreeMap::from([("str_len".to_owned(), "trusts its text".to_owned())]);
        let mut declared = sample::declared();
        declared.less.insert("c".to_owned(), shapes);
        let rows = rows(&sample::results(), &declared);
        let str_len = row(&rows, "c/cabi", "str_len");
        assert_eq!(str_len.over_floor, None);
        assert_eq!(str_len.floor_does_less.as_deref(), Some("trusts its text"));
        assert!(row(&rows, "c/cabi", "add").over_floor.is_some());
        assert!(row(&rows, "python/pyo3", "str_len").over_floor.is_some());
        let notes = crate::results::words::notes(rows.iter());
        assert_eq!(
            notes,
            ["No ratio for `str_len` (c): the floor trusts its text."]
        );
    }

    #[test]
    fn a_loop_is_not_the_price_of_a_call() {
        let mut results = sample::results();
        // A compiled host whose own function is as fast as its call of C, and as Rust's.
        for bridge in &mut results.bridges {
            bridge.host = match bridge.id.as_str() {
                "python/pyo3" | "python/pure" | "python/floor" => "compiled".into(),
                _ => bridge.host.clone(),
            };
        }
        let mut set = |id: &str, ns: f64| {
            let is_add = |c: &&mut Case| c.bridge == id && c.shape == "add";
            let case = results.cases.iter_mut().find(is_add).unwrap();
            case.best_ns = vec![ns; 5];
            case.conclude();
        };
        set("python/pyo3", 1.7);
        set("python/pure", 1.6);
        set("python/floor", 2.0);
        let rows = rows(&results, &sample::declared());
        let add = row(&rows, "python/pyo3", "add");
        assert!(add.is_loop, "rust/direct takes 1.5");
        assert_eq!(crate::results::words::over_floor(add), None);
        assert_eq!(crate::results::words::outcome(add), "1.7 ns ≈ loop");
        assert!(!row(&rows, "c/cabi", "add").is_loop, "it crosses");
        assert!(!row(&rows, "rust/direct", "add").is_loop);
    }

    #[test]
    fn flags_tell_what_happened() {
        let mut case = Case::new("x/y", "add", 0);
        case.best_ns = vec![100.0, 101.0, 100.0, 102.0, 130.0];
        case.median_ns = case.best_ns.clone();
        case.conclude();
        assert_eq!(flags(&case), ["plateau"]);
        case.slow_launches = 1;
        assert!(flags(&case).is_empty(), "the canary explains it");
        case.slow_launches = 3;
        case.best_ns = vec![100.0, 130.0, 160.0, 190.0, 220.0];
        case.conclude();
        assert_eq!(flags(&case), ["wide", "slow"]);
    }
}
