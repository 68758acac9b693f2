//! What `toll peers --save` writes: `bench/results/peers.json`. `bench/results/README.md` documents the format.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::document::figures;
use crate::machine::Machine;
use crate::peers::answers::Answer;
use crate::peers::lines::Line;
use crate::results::{Absent, BridgeRun, Case, Settings, words};
use crate::shapes::Shapes;
use crate::stats;
use crate::store::Stored;

/// The format's number, raised when a reader must change.
pub const SCHEMA: u32 = 1;

/// The jobs, below the root.
pub const JOBS: &str = "bench/peers/jobs.toml";

/// The jobs of the project.
///
/// # Errors
/// When their file is missing or wrong.
pub fn jobs(root: &Path) -> Result<Shapes> {
    Shapes::read(&root.join(JOBS))
}

/// One run. Its fields mean what they do in [`Results`](crate::results::Results), with a line where that has a bridge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "as in `Results`")]
pub struct Peers {
    pub schema: u32,
    pub started: String,
    pub seconds: u64,
    pub toll: String,
    pub commit: Option<String>,
    pub dirty: bool,
    pub settings: Settings,
    pub machine: Machine,
    pub toolchain: BTreeMap<String, String>,
    pub absent: Vec<Absent>,
    pub bridges: Vec<BridgeRun>,
    /// What each line is.
    pub lines: Vec<LineRun>,
    /// Whether every line makes the same of the data; asked before anything was timed.
    pub answers: Vec<Answer>,
    pub cases: Vec<Case>,
}

/// What a line is, beside what is told of its process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineRun {
    /// `host/bridge` or `host/port`.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// Whether it is the core by a bridge, and not a port.
    pub core: bool,
    /// Jobs that it has not, and why.
    pub without: BTreeMap<String, String>,
}

impl Stored for Peers {
    const FILE: &'static str = "bench/results/peers.json";
    const SCHEMA: u32 = SCHEMA;
    const COMMAND: &'static str = "toll peers --save";
}

impl Peers {
    /// What is kept of a line that was timed.
    pub(crate) fn told_of(&self, line: &Line) -> Option<LineRun> {
        self.bridges.iter().find(|b| b.id == line.id)?;
        Some(LineRun {
            id: line.id.clone(),
            title: line.title.clone(),
            core: line.bridge.is_some(),
            without: line.without.clone(),
        })
    }

    /// The time of a line's job, ns.
    #[must_use]
    pub fn ns(&self, line: &str, job: &str) -> Option<f64> {
        let mut cases = self.cases.iter();
        let case = cases.find(|case| case.bridge == line && case.shape == job)?;
        Some(case.headline?.ns)
    }

    /// One line's time over another's, as it is written: noise is told from a difference as in
    /// [`report::rows`](crate::results::rows).
    #[must_use]
    pub fn ratio(&self, line: (&str, &str), other: (&str, &str)) -> Option<String> {
        let bests = |(line, job): (&str, &str)| {
            let mut cases = self.cases.iter();
            let case = cases.find(|case| case.bridge == line && case.shape == job)?;
            Some(&*case.best_ns)
        };
        let ratio = self.ns(line.0, line.1)? / self.ns(other.0, other.1)?;
        let interval = stats::bootstrap(&[bests(line)?, bests(other)?], |h| h[0] / h[1])?;
        Some(match interval.low <= 1.0 && interval.high >= 1.0 {
            true => words::LIKE_FLOOR.into(),
            false => figures::ratio(ratio),
        })
    }

    /// Whether a line made something else of the data than the core.
    #[must_use]
    pub fn differs(&self, line: &str, job: &str) -> Option<&Answer> {
        let mut answers = self.answers.iter();
        answers.find(|answer| answer.line == line && answer.job == job && !answer.agrees)
    }
}
