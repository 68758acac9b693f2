//! One shape at one size in one runner: warmed up, calibrated, timed, and its answers checked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::results::{Failure, FailureKind};
use crate::runner::{Outcome, Runner};
use crate::shapes::Shape;

/// Bytes that fresh objects may take in a runner, with 64 for each object's head.
const FRESH_BYTES: u64 = 16 << 20;
/// A batch that warms up is at least so long, ns: short, since compilers count the calls of a loop's function too.
const WARM_BATCH_NS: f64 = 1e5;

/// Asks one runner for times of one shape at one size.
pub(crate) struct Clock<'a> {
    pub(crate) runner: &'a mut Runner,
    pub(crate) shape: &'a Shape,
    pub(crate) n: u64,
    pub(crate) limit: Duration,
}

impl Clock<'_> {
    /// The time of one batch, ns, when its check value is right.
    pub(crate) fn time(&mut self, iterations: u64) -> Result<f64, Failure> {
        let request = format!("time {} {} {iterations} 1", self.shape.id, self.n);
        let fail = |kind, detail| Err(Failure { kind, detail });
        let reply = match self.runner.ask(&request, self.limit) {
            Outcome::Reply(reply) => reply,
            Outcome::Died(how) => return fail(FailureKind::Crashed, how),
            Outcome::Hung => {
                return fail(
                    FailureKind::Hung,
                    format!("no reply in {:?}: {request}", self.limit),
                );
            }
        };
        let words: Vec<&str> = reply.iter().map(String::as_str).collect();
        let parsed = match words[..] {
            ["ok", "1", ns, check] => ns.parse::<f64>().ok().zip(check.parse::<i128>().ok()),
            _ => None,
        };
        let expected = self.shape.check.value(self.n, iterations);
        match parsed {
            Some((ns, check)) if check == expected && ns >= 0.0 => Ok(ns),
            Some((_, check)) => fail(
                FailureKind::Void,
                format!("the check value is {check}, not {expected}: {request}"),
            ),
            None => fail(
                FailureKind::Refused,
                format!("{request}: {}", reply.join(" ")),
            ),
        }
    }

    /// Repeats batches for so long, until what is compiled at run time is compiled for good.
    pub(crate) fn warm_up(&mut self, long: Duration) -> Result<(), Failure> {
        let started = Instant::now();
        let mut iterations = 1;
        while started.elapsed() < long {
            if self.time(iterations)? < WARM_BATCH_NS {
                iterations = (2 * iterations).min(self.most_iterations());
            }
        }
        Ok(())
    }

    /// Fresh objects of one batch are made before it.
    fn most_iterations(&self) -> u64 {
        match self.shape.makes_fresh_objects() {
            true => (FRESH_BYTES / (self.n + 64)).max(1),
            false => u64::MAX,
        }
    }

    /// How many calls make a batch of about the target time. The first calls are cold (lazy binding,
    /// imports, caches), so none of them decides.
    pub(crate) fn calibrate(&mut self, target_ns: f64) -> Result<u64, Failure> {
        self.time(1)?;
        self.time(1)?;
        let most = self.most_iterations();
        let mut iterations = 1;
        loop {
            let ns = self.time(iterations)?.max(1.0);
            let wanted = iterations as f64 * target_ns / ns;
            if ns >= target_ns / 2.0 || iterations == most {
                return Ok((wanted as u64).clamp(1, most));
            }
            let next = wanted.min(iterations as f64 * 10.0).ceil() as u64;
            iterations = next.clamp(iterations + 1, most);
        }
    }
}

/// The expressions of a `shapes` reply, by shape.
pub(crate) fn expressions(reply: &[String]) -> Option<BTreeMap<String, String>> {
    let [ok, count, pairs @ ..] = reply else {
        return None;
    };
    let count: usize = count.parse().ok()?;
    if ok != "ok" || pairs.len() != 2 * count {
        return None;
    }
    pairs
        .chunks(2)
        .map(|pair| {
            let bytes = crate::vectors::unhex(pair[1].strip_prefix('x')?)?;
            Some((pair[0].clone(), String::from_utf8(bytes).ok()?))
        })
        .collect()
}

/// The words and integers of a `stats` reply; none when it is something else.
pub(crate) fn counts(reply: &[String]) -> Vec<(String, i64)> {
    let pairs = reply.get(2..).unwrap_or_default().chunks_exact(2);
    pairs
        .filter_map(|pair| Some((pair[0].clone(), pair[1].parse().ok()?)))
        .collect()
}
