//! What `toll strategies --save` writes: `bench/results/strategies.json`. `bench/results/README.md` documents the format.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::results::{Absent, Vectors};
use crate::store::Stored;

/// The format's number, raised when a reader must change.
pub const SCHEMA: u32 = 2;

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategies {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The commit that was checked out, when there is one.
    pub commit: Option<String>,
    /// Whether tracked files differed from that commit.
    pub dirty: bool,
    /// What the times were measured on.
    pub machine: Machine,
    /// The first line each tool gives about its version.
    pub toolchain: BTreeMap<String, String>,
    /// Bridges that are not built, or whose host cannot run here.
    pub absent: Vec<Absent>,
    /// In the order of their names.
    pub strategies: Vec<Strategy>,
}

/// What one bridge takes beside the time of its calls.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// `host/strategy`.
    pub bridge: String,
    /// The language that calls.
    pub host: String,
    /// Whether it is Rust calling Rust.
    pub baseline: bool,
    /// The bridge whose library it loads, when it has none of its own: that one's lines are needed too.
    pub over: Option<String>,
    /// Lines of its own, by language.
    pub written: BTreeMap<String, u64>,
    /// Lines that it shares with its host's other bridges, by language.
    pub shared: BTreeMap<String, u64>,
    /// Lines that a tool has written and that are committed, by language.
    pub generated: BTreeMap<String, u64>,
    /// `unsafe` blocks in its Rust, or places marked `unsafe` in its C#.
    pub unsafe_blocks: u64,
    /// Crates that it links or builds with and the core does not; none for a bridge that is no crate.
    pub crates: Option<u64>,
    /// The libraries of its strategy.
    pub uses: Vec<Used>,
    /// The last `toll check` of all vectors, if that was of this very library.
    pub vectors: Option<Vectors>,
    /// What becomes of the hazards.
    pub hazards: Hazards,
    /// The file that is loaded.
    pub library: Option<Library>,
    /// Until the first call.
    pub load: Load,
    /// Seconds of a clean build of its crate; none when that was not asked for, or it is no crate.
    pub build_s: Option<f64>,
}

/// A library that a strategy stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// As in `versions` of its bridge.toml.
    pub name: String,
    /// The version used.
    pub version: String,
    /// The last version there was, when the registry was asked.
    pub last: Option<String>,
    /// Its date.
    pub released: Option<String>,
}

/// How many hazards end how.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hazards {
    /// As every bridge promises.
    pub promised: usize,
    /// Cannot be written in this host, or end in the host's own exception.
    pub refused: usize,
    /// Are undefined, and are seen by a detector only.
    pub undefined: usize,
    /// Leak memory, and do nothing that is undefined.
    #[serde(default)]
    pub leaked: usize,
    /// Are refused when the program starts, by the dynamic linker, before it has done anything.
    pub at_start: usize,
    /// End the process in the middle of its work, or never end.
    pub fatal: usize,
    /// End in another error or report of the library's than promised.
    pub told: usize,
    /// Should be refused, and are not noticed.
    pub unnoticed: usize,
}

/// A library file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Its size without its symbol table and debug information, so that all are compared alike.
    pub stripped_bytes: u64,
    /// Its size as it is built.
    pub bytes: u64,
    /// As in other results.
    pub identity: String,
}

/// Milliseconds from the start of a runner to its first call's answer.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// The bridge's.
    pub ms: f64,
    /// Of the host's runner with no library, when there is one.
    pub host_ms: Option<f64>,
}

impl Stored for Strategies {
    const FILE: &'static str = "bench/results/strategies.json";
    const SCHEMA: u32 = SCHEMA;
    const COMMAND: &'static str = "toll strategies --save";
}

impl Strategies {
    /// Puts what was found of some bridges beside what is known of the others.
    ///
    /// # Errors
    /// When that was measured on another machine: a table compares within one.
    pub fn beside(self, known: Self) -> Result<Self> {
        ensure!(
            self.machine.cpu == known.machine.cpu,
            "the others were measured on {}, and this is {}: save all of them here, by `{}` without names",
            known.machine.cpu,
            self.machine.cpu,
            Self::COMMAND
        );
        let looked_at: BTreeSet<String> = self
            .absent
            .iter()
            .map(|absent| &absent.bridge)
            .chain(self.strategies.iter().map(|strategy| &strategy.bridge))
            .cloned()
            .collect();
        let mut all = self;
        let others = known.strategies.into_iter();
        all.strategies
            .extend(others.filter(|other| !looked_at.contains(&other.bridge)));
        all.strategies.sort_by(|a, b| a.bridge.cmp(&b.bridge));
        let others = known.absent.into_iter();
        all.absent
            .extend(others.filter(|other| !looked_at.contains(&other.bridge)));
        Ok(all)
    }

    /// What is known of a bridge.
    #[must_use]
    pub fn of(&self, bridge: &str) -> Option<&Strategy> {
        self.strategies.iter().find(|s| s.bridge == bridge)
    }
}
