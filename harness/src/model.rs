//! What `n` items cost: a line `α + β·n` up to [`LINE_END`], the measured sizes with straight lines between them
//! above, and from how many items on one way is cheaper than another. `bench/METHODOLOGY.md` says why.
//!
//! Nothing here knows where a time comes from: all of it is arithmetic on points.

use std::fmt;

/// The largest size that a line is fitted to: above it caches and allocators bend it.
pub const LINE_END: u64 = 4096;
/// A line that errs by more than this share of a time is not quoted.
pub const LINE_LIMIT: f64 = 0.15;
/// A line goes through any two points, so that two prove nothing.
const FEWEST_SIZES: usize = 3;

/// A measured time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Items.
    pub n: u64,
    /// Time of the call, ns.
    pub ns: f64,
}

/// `alpha + beta·n`, ns. Neither is negative.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The price of the call.
    pub alpha: f64,
    /// The price of an item.
    pub beta: f64,
}

impl Line {
    /// The line whose relative errors have the least sum of squares, so that 10 % off is as bad at 3 ns as at
    /// 3 ms, among those that charge nothing below zero. `None` unless two sizes differ and all times are positive.
    #[must_use]
    pub fn fit(points: &[Point]) -> Option<Self> {
        let first = points.first()?;
        if points.iter().all(|p| p.n == first.n) || points.iter().any(|p| !is_time(p.ns)) {
            return None;
        }
        // Minimises Σ((α + β·n)/ns − 1)²: the normal equations in u = 1/ns and v = n/ns.
        let sum = |term: fn(f64, f64) -> f64| -> f64 {
            let terms = points.iter().map(|p| term(1.0 / p.ns, p.n as f64 / p.ns));
            terms.sum()
        };
        let (u, v) = (sum(|u, _| u), sum(|_, v| v));
        let (uu, uv, vv) = (sum(|u, _| u * u), sum(|u, v| u * v), sum(|_, v| v * v));
        let determinant = uu * vv - uv * uv;
        let free = Self {
            alpha: (u * vv - v * uv) / determinant,
            beta: (uu * v - uv * u) / determinant,
        };
        if free.alpha >= 0.0 && free.beta >= 0.0 {
            return Some(free);
        }
        // The best line without negative prices then lies on a border: a call of one price, or items only.
        let call_only = Self {
            alpha: u / uu,
            beta: 0.0,
        };
        let items_only = Self {
            alpha: 0.0,
            beta: v / vv,
        };
        let squares = |line: &Self| -> f64 {
            let errors = points.iter().map(|p| relative_error(line.at(p.n), p.ns));
            errors.map(|e| e * e).sum()
        };
        if squares(&call_only) <= squares(&items_only) {
            Some(call_only)
        } else {
            Some(items_only)
        }
    }

    /// The time that the line gives for `n` items, ns.
    #[must_use]
    pub fn at(&self, n: u64) -> f64 {
        self.alpha + self.beta * n as f64
    }

    /// The point from which the line is furthest, and by what share of its time.
    fn worst(&self, points: &[Point]) -> Option<(u64, f64)> {
        let errors = points
            .iter()
            .map(|p| (p.n, relative_error(self.at(p.n), p.ns)));
        errors.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    }
}

/// A relative error as people write it: `-48 %`.
#[must_use]
pub fn share(error: f64) -> String {
    // Zero has no sign here.
    format!("{:+.0} %", (100.0 * error).round() + 0.0)
}

/// Linear interpolation between neighbours of `table`, which rises in `n`; `None` outside of it.
#[must_use]
pub fn interpolate(table: &[Point], n: u64) -> Option<f64> {
    let above = table.iter().position(|p| p.n >= n)?;
    if table[above].n == n {
        return Some(table[above].ns);
    }
    let (low, high) = (table[above.checked_sub(1)?], table[above]);
    let share = (n - low.n) as f64 / (high.n - low.n) as f64;
    Some(low.ns + (high.ns - low.ns) * share)
}

/// Why no line is quoted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoLine {
    /// Fewer than three sizes up to [`LINE_END`].
    TooFewSizes,
    /// A time is not above zero: the loop around the call took as long.
    NoTime,
    /// The line that fits best is off by this share of the time of a size it was fitted to.
    Misfits(u64, f64),
    /// It fits, but is off by this share at a size that was held out.
    Mispredicts(u64, f64),
}

impl fmt::Display for NoLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewSizes => write!(f, "fewer than {FEWEST_SIZES} sizes"),
            Self::NoTime => write!(f, "no time above the loop's"),
            Self::Misfits(n, error) => write!(f, "{} at {n}", share(*error)),
            Self::Mispredicts(n, error) => write!(f, "{} at {n}, held out", share(*error)),
        }
    }
}

/// A prediction for a size that nothing was fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// What was measured.
    pub measured: Point,
    /// What the model says, ns.
    pub predicted: f64,
    /// By what share of the measured time that is too much.
    pub error: f64,
}

/// What `n` items cost, as far as it was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// The line up to [`LINE_END`], or why there is none.
    pub line: Result<Line, NoLine>,
    /// The furthest that the best line is off at a size it was fitted to, as a share of its time.
    pub worst_fit: Option<f64>,
    /// How well the model predicts what it has not seen.
    pub held_out: Vec<HeldOut>,
    /// Every measured size but those held out, rising.
    table: Vec<Point>,
}

impl Cost {
    /// The model of these points, in any order; `held_out` are only used to reject it.
    #[must_use]
    pub fn of(mut points: Vec<Point>, held_out: &[Point]) -> Self {
        points.sort_by_key(|p| p.n);
        let fitted: Vec<Point> = up_to_line_end(&points);
        let best = Line::fit(&fitted);
        let worst = best.as_ref().and_then(|line| line.worst(&fitted));
        let held_out: Vec<Point> = held_out.iter().copied().filter(|p| is_time(p.ns)).collect();
        let line = match (best, worst) {
            _ if fitted.len() < FEWEST_SIZES => Err(NoLine::TooFewSizes),
            (Some(_), Some((n, error))) if error.abs() > LINE_LIMIT => {
                Err(NoLine::Misfits(n, error))
            }
            (Some(line), _) => match line.worst(&up_to_line_end(&held_out)) {
                Some((n, error)) if error.abs() > LINE_LIMIT => Err(NoLine::Mispredicts(n, error)),
                _ => Ok(line),
            },
            (None, _) => Err(NoLine::NoTime),
        };
        let mut cost = Self {
            line,
            worst_fit: worst.map(|(_, error)| error.abs()),
            held_out: Vec::new(),
            table: points,
        };
        let check = |measured: Point| {
            let predicted = cost.at(measured.n)?;
            Some(HeldOut {
                measured,
                predicted,
                error: relative_error(predicted, measured.ns),
            })
        };
        cost.held_out = held_out.into_iter().filter_map(check).collect();
        cost
    }

    /// The time of a call with `n` items, ns: by the line where it holds, else between the measured sizes. `None`
    /// outside of them: nothing is extrapolated.
    #[must_use]
    pub fn at(&self, n: u64) -> Option<f64> {
        let between = interpolate(&self.table, n)?;
        match self.line {
            Ok(line) if n <= LINE_END => Some(line.at(n)),
            _ => Some(between),
        }
    }

    /// The measured time by the item at `n`, ns.
    #[must_use]
    pub fn each_at(&self, n: u64) -> Option<f64> {
        let point = self.table.iter().find(|p| p.n == n)?;
        Some(point.ns / n as f64)
    }

    /// Every measured size but those held out, rising.
    #[must_use]
    pub fn table(&self) -> &[Point] {
        &self.table
    }

    /// Sizes between which [`at`](Self::at) is one straight line.
    fn bends(&self) -> impl Iterator<Item = u64> {
        // The line ends with a step down or up to the table.
        let step = [LINE_END, LINE_END + 1];
        let sizes = self.table.iter().map(|p| p.n);
        sizes.chain(step)
    }
}

/// At which sizes one way is cheaper than another, as far as both were measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakEven {
    /// The first size at which it is cheaper, if it is at any.
    pub from: Option<u64>,
    /// The last size before it is dearer again, if it is.
    pub until: Option<u64>,
    /// The largest size compared.
    pub up_to: u64,
    /// The other way's time over its own, there.
    pub gain: f64,
}

/// What a way across is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Instead<'a> {
    /// As many calls as there are items, each at this price, ns.
    CallsOf(f64),
    /// One call at this cost.
    Call(&'a Cost),
}

impl Instead<'_> {
    fn at(&self, n: u64) -> Option<f64> {
        match self {
            Self::CallsOf(ns) => Some(ns * n as f64),
            Self::Call(cost) => cost.at(n),
        }
    }
}

/// Compares two ways: cheaper is what costs less than `factor` times the other. `None` when no size was measured of
/// both, or a time is not above zero.
#[must_use]
pub fn break_even(cost: &Cost, instead: Instead, factor: f64) -> Option<BreakEven> {
    let mut bends: Vec<u64> = cost.bends().collect();
    if let Instead::Call(other) = instead {
        bends.extend(other.bends());
    }
    bends.sort_unstable();
    bends.dedup();
    let both = |n: u64| cost.at(n).zip(instead.at(n));
    bends.retain(|n| both(*n).is_some());
    let is_cheaper = |n: &u64| both(*n).is_some_and(|(own, other)| own < factor * other);

    let up_to = *bends.last()?;
    let (own, other) = both(up_to)?;
    if !is_time(own) || !is_time(other) {
        return None;
    }
    // Both are straight from one bend to the next, so that they cross at most once in between.
    let cheaper = bends.iter().position(is_cheaper);
    let dearer = cheaper.and_then(|first| {
        let again = bends[first..].iter().position(|n| !is_cheaper(n));
        again.map(|after| first + after)
    });
    let first_after = |bend: usize, holds: &dyn Fn(&u64) -> bool| match bend {
        0 => bends[0],
        _ => first_in(bends[bend - 1], bends[bend], holds),
    };
    Some(BreakEven {
        from: cheaper.map(|bend| first_after(bend, &is_cheaper)),
        until: dearer.map(|bend| first_after(bend, &|n| !is_cheaper(n)) - 1),
        up_to,
        gain: other / own,
    })
}

/// The first size above `low` for which `holds`, which it does not at `low`, does at `high`, and changes once.
fn first_in(mut low: u64, mut high: u64, holds: impl Fn(&u64) -> bool) -> u64 {
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(&middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn up_to_line_end(points: &[Point]) -> Vec<Point> {
    points.iter().copied().filter(|p| p.n <= LINE_END).collect()
}

fn is_time(ns: f64) -> bool {
    ns.is_finite() && ns > 0.0
}

fn relative_error(predicted: f64, measured: f64) -> f64 {
    predicted / measured - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(pairs: &[(u64, f64)]) -> Vec<Point> {
        pairs.iter().map(|&(n, ns)| Point { n, ns }).collect()
    }

    fn on_line(alpha: f64, beta: f64, sizes: &[u64]) -> Vec<Point> {
        let ns = |n: u64| alpha + beta * n as f64;
        sizes.iter().map(|&n| Point { n, ns: ns(n) }).collect()
    }

    fn assert_near(actual: f64, expected: f64) {
        let close = (actual - expected).abs() <= 1e-9 * expected.abs().max(1.0);
        assert!(close, "{actual} is not {expected}");
    }

    #[test]
    fn an_exact_line_is_recovered() {
        for (alpha, beta) in [(40.0, 2.5), (3.2, 0.0), (0.0, 7.0), (1e6, 1e-3)] {
            let line = Line::fit(&on_line(alpha, beta, &[1, 16, 256, 4096])).unwrap();
            assert_near(line.alpha, alpha);
            assert_near(line.beta, beta);
        }
    }

    #[test]
    fn errors_count_by_their_share_of_the_time() {
        // 10 % more at 4096 alone. Least squares in ns would have it pull α to 40.
        let mut bent = on_line(50.0, 1.0, &[1, 16, 256, 4096]);
        bent[3].ns *= 1.1;
        let line = Line::fit(&bent).unwrap();
        // numpy.linalg.lstsq of the rows [1/ns, n/ns] on ones
        assert_near(line.alpha, 49.419_607_496_603_81);
        assert_near(line.beta, 1.054_738_861_890_343_7);
        // The same in other units: a million times the time, the same shares.
        let slow: Vec<Point> = bent
            .iter()
            .map(|p| Point {
                n: p.n,
                ns: 1e6 * p.ns,
            })
            .collect();
        assert_near(Line::fit(&slow).unwrap().alpha, 1e6 * line.alpha);
    }

    #[test]
    fn prices_below_zero_are_not_fitted() {
        let falling =
            Line::fit(&points(&[(1, 10.0), (16, 10.0), (256, 9.0), (4096, 9.0)])).unwrap();
        assert_eq!(falling.beta, 0.0);
        // The constant of least relative squares: Σ(1/ns) / Σ(1/ns²).
        assert_near(
            falling.alpha,
            0.422_222_222_222_222_2 / 0.044_691_358_024_691_36,
        );
        let steep = Line::fit(&points(&[(1, 0.5), (10, 10.0), (100, 100.0)])).unwrap();
        assert_eq!(steep.alpha, 0.0);
        // The line through zero of least relative squares: Σ(n/ns) / Σ(n²/ns²).
        assert_near(steep.beta, (2.0 + 1.0 + 1.0) / (4.0 + 1.0 + 1.0));
    }

    #[test]
    fn what_has_no_line_says_why() {
        let line = |pairs: &[(u64, f64)]| Cost::of(points(pairs), &[]).line;
        assert_eq!(line(&[]), Err(NoLine::TooFewSizes));
        assert_eq!(line(&[(1, 5.0)]), Err(NoLine::TooFewSizes));
        assert_eq!(line(&[(1, 5.0), (16, 9.0)]), Err(NoLine::TooFewSizes));
        let two_and_one_above = [(1, 5.0), (16, 9.0), (65_536, 1e6)];
        assert_eq!(line(&two_and_one_above), Err(NoLine::TooFewSizes));
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let zero = [(1, bad), (16, 9.0), (256, 90.0)];
            assert_eq!(line(&zero), Err(NoLine::NoTime), "{bad}");
        }
        // A step: 7 ns up to 16, twice that from 256 on.
        let step = line(&[(1, 7.0), (16, 7.0), (256, 14.0), (4096, 14.0)]);
        assert!(matches!(step, Err(NoLine::Misfits(256, error)) if error < -0.15));
        assert_eq!(NoLine::Misfits(256, -0.476).to_string(), "-48 % at 256");
        assert_eq!(share(-0.001), "+0 %");
    }

    #[test]
    fn held_out_sizes_are_predicted_and_never_fitted() {
        let seen = || on_line(40.0, 2.0, &[1, 16, 256, 4096]);
        let hidden = points(&[(1024, 2_200.0)]);
        let cost = Cost::of(seen(), &hidden);
        let without = Cost::of(seen(), &[]);
        assert_eq!(cost.line, without.line);
        assert_eq!(cost.table(), without.table());
        assert_eq!(cost.at(1024), without.at(1024));
        let [check] = cost.held_out[..] else {
            panic!("{:?}", cost.held_out)
        };
        assert_near(check.predicted, 2_088.0);
        assert_near(check.error, 2_088.0 / 2_200.0 - 1.0);

        let missed = Cost::of(seen(), &points(&[(1024, 3_000.0)]));
        assert!(matches!(missed.line, Err(NoLine::Mispredicts(1024, error)) if error < -0.3));
        // Then the sizes measured are joined, and what was held out is not among them.
        assert_near(missed.at(1024).unwrap(), 2_088.0);
        assert!(
            Cost::of(seen(), &points(&[(1024, 0.0)]))
                .held_out
                .is_empty()
        );
    }

    #[test]
    fn above_the_line_sizes_are_joined() {
        let mut all = on_line(100.0, 1.0, &[1, 16, 256, 4096]);
        all.extend(points(&[(65_536, 655_360.0), (262_144, 5_242_880.0)]));
        all.reverse();
        let cost = Cost::of(all, &points(&[(131_072, 2_000_000.0)]));
        assert_near(cost.at(4096).unwrap(), 4_196.0);
        assert_near(cost.at(65_536).unwrap(), 655_360.0);
        let third = 655_360.0 + (5_242_880.0 - 655_360.0) / 3.0;
        assert_near(cost.at(131_072).unwrap(), third);
        assert_near(cost.held_out[0].error, third / 2_000_000.0 - 1.0);
        assert!(cost.line.is_ok(), "sizes above the line do not judge it");
        assert_near(cost.each_at(65_536).unwrap(), 10.0);
        assert_near(cost.each_at(262_144).unwrap(), 20.0);
        assert_eq!(cost.each_at(131_072), None);
        assert_eq!(cost.at(0), None);
        assert_eq!(cost.at(262_145), None);
    }

    #[test]
    fn interpolation_stays_inside_the_table() {
        let table = points(&[(4, 10.0), (8, 30.0), (16, 30.0)]);
        let at = |n| interpolate(&table, n);
        assert_eq!(at(4), Some(10.0));
        assert_eq!(at(5), Some(15.0));
        assert_eq!(at(12), Some(30.0));
        assert_eq!(at(16), Some(30.0));
        assert_eq!((at(3), at(17)), (None, None));
        assert_eq!(interpolate(&[], 1), None);
    }

    #[test]
    fn break_even_sizes() {
        let sizes = [1, 16, 256, 4096];
        let batch = Cost::of(on_line(100.0, 2.0, &sizes), &[]);
        let against = |ns| break_even(&batch, Instead::CallsOf(ns), 1.0).unwrap();
        // 100 + 2n < 12.5n from n = 100/10.5 on.
        let broken = against(12.5);
        assert_eq!(
            (broken.from, broken.until, broken.up_to),
            (Some(10), None, 4096)
        );
        assert_near(broken.gain, 12.5 * 4096.0 / 8_292.0);
        assert_eq!(against(103.0).from, Some(1));
        assert_eq!(against(2.0).from, None);
        assert!(against(2.0).gain < 1.0);
        // 100 + 2n < 0.8 × 12.5n from n = 100/8 on.
        let clearly = break_even(&batch, Instead::CallsOf(12.5), 0.8).unwrap();
        assert_eq!((clearly.from, clearly.gain), (Some(13), broken.gain));
    }

    #[test]
    fn break_even_of_two_lines() {
        let sizes = [1, 16, 256, 4096];
        let batch = Cost::of(on_line(101.0, 2.0, &sizes), &[]);
        let other = Cost::of(on_line(0.5, 3.0, &sizes), &[]);
        // 101 + 2n < 0.5 + 3n from n = 100.5 on, and the other way round below.
        let one = break_even(&batch, Instead::Call(&other), 1.0).unwrap();
        assert_eq!((one.from, one.until), (Some(101), None));
        let two = break_even(&other, Instead::Call(&batch), 1.0).unwrap();
        assert_eq!((two.from, two.until), (Some(1), Some(100)));
        let nothing = Cost::of(vec![], &[]);
        assert_eq!(break_even(&batch, Instead::Call(&nothing), 1.0), None);
    }

    #[test]
    fn what_was_won_can_be_lost_past_the_caches() {
        let mut all = on_line(91.0, 1.0, &[1, 16, 256, 4096]);
        all.extend(points(&[(65_536, 1_000_000.0), (262_144, 1_000_000.0)]));
        let cost = Cost::of(all, &[]);
        let broken = break_even(&cost, Instead::CallsOf(10.0), 1.0).unwrap();
        // 91 + n < 10n from n = 11 on; from 4096 to 65 536 the time rises to 15 an item.
        assert_eq!((broken.from, broken.up_to), (Some(11), 262_144));
        let until = broken.until.unwrap();
        assert!(cost.at(until).unwrap() < 10.0 * until as f64);
        assert!(cost.at(until + 1).unwrap() >= 10.0 * (until + 1) as f64);
    }
}
