//! What `toll bench` writes and `toll report` reads. `bench/results/README.md` documents the format.

pub mod kept;
pub mod rows;
#[cfg(test)]
pub mod sample;
pub mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::bridge::Role;
use crate::machine::{Library, Machine};
use crate::stats::{self, Interval};
use crate::store;

/// The format's number, raised when a reader must change.
pub const SCHEMA: u32 = 1;

/// Where runs are written, below the root.
const RUNS: &str = "target/toll/bench";
/// The results' file name.
pub const FILE: &str = "result.json";

/// The folder of a run that began then.
#[must_use]
pub fn folder(root: &Path, started: &str) -> PathBuf {
    root.join(RUNS).join(started.replace(':', ""))
}

/// The results of the latest run that was written into a [`folder`].
#[must_use]
pub fn latest(root: &Path) -> PathBuf {
    root.join(RUNS).join("latest").join(FILE)
}

/// Makes a folder the latest.
///
/// # Errors
/// When the link to it cannot be made.
pub fn point_latest_to(folder: &Path) -> Result<()> {
    let (Some(runs), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Ok(());
    };
    let latest = runs.join("latest");
    if latest.symlink_metadata().is_ok() {
        std::fs::remove_file(&latest).with_context(|| format!("replacing {}", latest.display()))?;
    }
    std::os::unix::fs::symlink(name, &latest)
        .with_context(|| format!("linking {}", latest.display()))
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When the run began, RFC 3339, UTC.
    pub started: String,
    /// How long it took.
    pub seconds: u64,
    /// The version of `toll`.
    pub toll: String,
    /// The commit that was checked out, when there is one.
    pub commit: Option<String>,
    /// Whether tracked files differed from that commit.
    pub dirty: bool,
    /// How it was measured.
    pub settings: Settings,
    /// The deadline that it had, and what that cost; none where it had as long as it took.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deadline: Option<Deadline>,
    /// What it was measured on.
    pub machine: Machine,
    /// The first line each tool gives about its version.
    pub toolchain: BTreeMap<String, String>,
    /// The canary's best time in this run, ns.
    pub canary_best_ns: f64,
    /// Bridges that could not be started.
    pub absent: Vec<Absent>,
    /// Every bridge that was started.
    pub bridges: Vec<BridgeRun>,
    /// Every bridge × shape × size that was tried.
    pub cases: Vec<Case>,
}

/// How a run measures.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `quick` or `full`.
    pub profile: String,
    /// Launches of each bridge.
    pub launches: u32,
    /// Batches of a case in each launch; fewer where one call takes long.
    pub batches: u32,
    /// The time a batch was calibrated for, ns.
    pub batch_target_ns: f64,
    /// A canary slower than the best by more than this factor marks a batch.
    pub canary_limit: f64,
    /// The seed of the order of bridges and cases.
    pub seed: u64,
    /// The CPU that `toll` and pinned runners ran on.
    pub cpu: usize,
}

/// What a run did without to end in time. It did without no bridge.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Seconds that it had.
    pub seconds: u64,
    /// Seconds that it took longer, since what is never left out took so long.
    pub over: u64,
    /// Launches that it would have made of everything; [`Settings::launches`] says how many it made.
    pub launches: u32,
    /// Shapes that were not timed.
    pub left_out: Vec<String>,
    /// The bridges, as they were named; none for all.
    pub named: Vec<String>,
}

impl Deadline {
    /// What it cost, and what would time the rest; nothing where it cost nothing.
    #[must_use]
    pub fn told(&self, settings: &Settings) -> Vec<String> {
        let within = match self.seconds {
            seconds if seconds >= 60 && seconds.is_multiple_of(60) => {
                format!("{} min", seconds / 60)
            }
            seconds => format!("{seconds} s"),
        };
        let recipe = match settings.profile.as_str() {
            "full" => "bench-full",
            _ => "bench",
        };
        let command = |options: &str| {
            let named: String = self.named.iter().map(|name| format!(" {name}")).collect();
            format!("`./just {recipe}{named}{options}`")
        };
        let mut told = Vec::new();
        if self.over > 0 {
            told.push(format!(
                "It took {} s more than {within}: neither a bridge nor a shape of the README is left out.",
                self.over
            ));
        }
        if !self.left_out.is_empty() {
            let options: String = self
                .left_out
                .iter()
                .map(|id| format!(" --shape {id}"))
                .collect();
            told.push(format!(
                "Left out, to end within {within}: {} shapes ({}). {} times them.",
                self.left_out.len(),
                self.left_out.join(", "),
                command(&options)
            ));
        }
        if settings.launches < self.launches {
            told.push(format!(
                "{} launches of {}, to end within {within}. {} takes as long as it takes.",
                settings.launches,
                self.launches,
                command(" --within none")
            ));
        }
        told
    }
}

/// A bridge that could not be started.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// `host/strategy`.
    pub bridge: String,
    /// Why, and what to do.
    pub why: String,
}

/// One bridge in a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BridgeRun {
    /// `host/strategy`.
    pub id: String,
    /// The language that calls.
    pub host: String,
    /// What it is there for.
    pub role: Role,
    /// What the runner said of its host: interpreter or compiler, version, flags.
    pub host_version: String,
    /// Versions of the strategy, from `bridge.toml`.
    pub versions: BTreeMap<String, String>,
    /// The library file it loaded, when it loaded one.
    pub library: Option<Library>,
    /// What the last `toll check` of all vectors said of this very library; none when there was none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub vectors: Option<Vectors>,
    /// Whether it was pinned to [`Settings::cpu`].
    pub pinned: bool,
    /// Processes started: one a launch, and one more after each crash or hang.
    pub processes: u32,
    /// What the host counted in the processes of the last launch: collections, for example.
    pub stats: BTreeMap<String, i64>,
    /// The expression timed, by shape. A shape that is not here was not offered.
    pub expressions: BTreeMap<String, String>,
}

/// How many vectors came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vectors {
    /// As written.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
    /// The bridge declares that it cannot.
    pub unsupported: usize,
}

/// One bridge × shape × size.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The bridge's id.
    pub bridge: String,
    /// The shape's id.
    pub shape: String,
    /// The size; 0 for a shape without.
    pub n: u64,
    /// Calls a batch.
    pub iterations: u64,
    /// The figures quoted; none when no launch gave a sample.
    pub headline: Option<Headline>,
    /// Each launch's best batch, ns a call.
    pub best_ns: Vec<f64>,
    /// Each launch's median batch, ns a call.
    pub median_ns: Vec<f64>,
    /// Launches whose best batch stood beside a slow canary.
    pub slow_launches: u32,
    /// Every batch; left out of committed files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub raw: Option<Raw>,
    /// What went wrong, if anything did: the case is not tried again after that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failure: Option<Failure>,
}

/// The figures quoted of a case, ns a call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headline {
    /// The lower quartile over launches of each launch's best batch.
    pub ns: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// The median over launches of each launch's median batch.
    pub median: f64,
}

/// Batches, one list a launch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    /// ns of the whole batch.
    pub batch_ns: Vec<Vec<f64>>,
    /// The slower of the canaries before and after it, ns.
    pub canary_ns: Vec<Vec<f64>>,
}

/// Why a case has no figure, or fewer launches than the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// In words.
    pub detail: String,
}

/// What can happen to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The check value was wrong.
    Void,
    /// The runner ended.
    Crashed,
    /// The runner did not answer in time.
    Hung,
    /// The runner answered with an error, or with something that is no answer.
    Refused,
}

impl FailureKind {
    /// The word used in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Void => "void",
            Self::Crashed => "crashed",
            Self::Hung => "hung",
            Self::Refused => "refused",
        }
    }
}

impl Case {
    /// A case of which nothing is known yet.
    pub fn new(bridge: &str, shape: &str, n: u64) -> Self {
        Self {
            bridge: bridge.into(),
            shape: shape.into(),
            n,
            iterations: 0,
            headline: None,
            best_ns: Vec::new(),
            median_ns: Vec::new(),
            slow_launches: 0,
            raw: Some(Raw::default()),
            failure: None,
        }
    }

    /// Computes the headline from the launches.
    pub fn conclude(&mut self) {
        self.headline = self.figures();
    }

    fn figures(&self) -> Option<Headline> {
        let ns = stats::headline(&self.best_ns)?;
        let Interval { low, high } = stats::bootstrap(&[&self.best_ns], |h| h[0])?;
        Some(Headline {
            ns: significant(ns),
            low: significant(low),
            high: significant(high),
            median: significant(stats::median(&self.median_ns)?),
        })
    }
}

impl Results {
    /// Reads a file that [`Results::save`] wrote.
    pub fn load(path: &Path) -> Result<Self> {
        let shown = || path.display().to_string();
        let found = store::read(path, Some(SCHEMA), "toll bench").with_context(shown)?;
        found.with_context(|| {
            format!(
                "there is no {}; `toll bench` writes one, and `--in bench/results/reference.json` shows the \
                 committed one",
                path.display()
            )
        })
    }

    /// Writes the file, with `root` taken out of whatever text a runner gave.
    pub fn save(&self, path: &Path, root: &Path) -> Result<()> {
        store::write(path, self, root)
    }

    /// The same without the single batches: small enough to commit.
    pub fn without_raw(&self) -> Self {
        let mut small = self.clone();
        for case in &mut small.cases {
            case.raw = None;
        }
        small
    }

    /// The case of this bridge, shape and size.
    pub fn case(&self, bridge: &str, shape: &str, n: u64) -> Option<&Case> {
        self.cases
            .iter()
            .find(|c| c.bridge == bridge && c.shape == shape && c.n == n)
    }

    /// The bridge whose times are taken off to give a toll, if it ran.
    pub fn baseline(&self) -> Option<&str> {
        let mut baselines = self.bridges.iter().filter(|b| b.role == Role::Baseline);
        Some(&baselines.next()?.id)
    }

    /// The baseline's name as it stands after words; nothing where it did not run.
    pub fn baseline_in_brackets(&self) -> String {
        self.baseline()
            .map_or_else(String::new, |id| format!(" (`{id}`)"))
    }

    /// The bridge with this id.
    pub fn bridge(&self, id: &str) -> Option<&BridgeRun> {
        self.bridges.iter().find(|b| b.id == id)
    }
}

/// Five significant digits: more than any of these clocks can tell, and short in a file.
pub fn significant(ns: f64) -> f64 {
    // A number written in exponent form reads back.
    format!("{ns:.4e}").parse().unwrap_or(ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits() {
        assert_eq!(significant(0.0), 0.0);
        assert_eq!(significant(1.234_567), 1.234_6);
        assert_eq!(significant(123_456.0), 123_460.0);
    }

    #[test]
    fn conclude_computes_the_headline() {
        let mut case = Case::new("x/y", "add", 0);
        case.conclude();
        assert_eq!(case.headline, None);
        case.best_ns = vec![5.0, 1.0, 3.0, 2.0, 4.0];
        case.median_ns = vec![6.0, 2.0, 4.0, 3.0, 5.0];
        case.conclude();
        let headline = case.headline.unwrap();
        assert_eq!((headline.ns, headline.median), (2.0, 4.0));
        assert!(headline.low < headline.ns && headline.ns < headline.high);
    }
}
