//! Bridges and hosts, found by their `bridge.toml` and `host.toml`. There is no central list.

mod layers;
mod workspace;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

pub use layers::{Layers, Said};
pub use workspace::{Broken, Workspace};

/// What a bridge is there for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[default]
    /// A binding strategy: answers every vector, or declares why not.
    Bridge,
    /// Rust calling Rust: what a toll is measured against.
    Baseline,
    /// Hand-written code over the host's own C API: some probes only.
    Floor,
    /// The host alone, nothing crossed: some probes only.
    Pure,
}

impl Role {
    /// Whether it may answer `unsupported op` without declaring it: floors and pure hosts have probes only.
    #[must_use]
    pub fn is_partial(self) -> bool {
        matches!(self, Self::Floor | Self::Pure)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bridge => "bridge",
            Self::Baseline => "baseline",
            Self::Floor => "floor",
            Self::Pure => "pure",
        })
    }
}

/// One strategy in one host: what its `bridge.toml` and the layers before it say.
#[derive(Debug, Clone, Default)]
pub struct Bridge {
    /// `host/strategy`, which is also its folder below `bindings/`.
    pub id: String,
    /// The strategy in a few words.
    pub title: String,
    /// What it is there for.
    pub role: Role,
    /// The generator in `bindings/multi/` whose `strategy.toml` is a layer.
    pub from: Option<String>,
    /// The bridge whose library it stands on, when that is another's.
    pub over: Option<String>,
    /// Source files and folders that it takes along besides its own, from the root.
    pub shared: Vec<String>,
    /// Versions of the strategy and its libraries.
    pub versions: BTreeMap<String, String>,
    /// Glob, from the root, of the library file that its runner must have loaded; none for a pure host.
    pub library: Option<String>,
    /// Shell lines that build it, run from the root.
    pub build: Vec<String>,
    /// Environment in which cargo builds its crate alone, as its own build line does.
    pub cargo_env: BTreeMap<String, String>,
    /// The runner's command line, run from the root.
    pub runner: Vec<String>,
    /// Environment of the runner; `${ROOT}` stands for the root.
    pub env: BTreeMap<String, String>,
    /// Shell lines that run its own host tests, from the root.
    pub test: Vec<String>,
    /// Whether it may be pinned to one CPU when timed.
    pub pin: bool,
    /// Whether it is timed in every run, as the baseline is, so that what hosts took can be compared with one thing.
    pub yardstick: bool,
    /// Who frees what.
    pub ownership: String,
    /// What holds for threads.
    pub threads: String,
    /// What is copied and what is borrowed.
    pub copies: String,
    /// What `toll count` holds its shapes to.
    pub claims: BTreeMap<String, Claim>,
    /// Of a floor: shapes in which its C does less than a bridge must, each with what it leaves out. No ratio is
    /// formed with those.
    pub does_less: BTreeMap<String, String>,
    /// What the strategy cannot do.
    pub cannot: Vec<Cannot>,
    /// Hazards that end otherwise than promised.
    pub hazard: Vec<Exception>,
    /// Programs that watch its runner and end it when it does what is undefined.
    pub detector: Vec<Detector>,
    /// Other machines and C libraries that it is built and run for; the first is what the others are compared with.
    pub platform: Vec<Platform>,
    /// Another tool that times some of its calls.
    pub crosscheck: Option<CrossCheck>,
    /// Shell lines that write again what is generated and committed, run from the root.
    pub generate: Vec<String>,
    /// What it ships.
    pub package: Option<Package>,
    /// The project's README shows it by a program.
    pub readme: Option<Readme>,
    /// The workspace's root; absolute.
    pub root: PathBuf,
}

/// What a bridge says of a shape, and counted allocations show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Claim {
    /// Nothing is allocated on either side.
    #[serde(rename = "no allocation")]
    NoAllocation,
    /// What is allocated does not grow with n on either side.
    #[serde(rename = "borrowed")]
    Borrowed,
    /// What is allocated grows with n no more than when Rust calls.
    #[serde(rename = "handed over")]
    HandedOver,
    /// It grows by the data's size, once more than when Rust calls.
    #[serde(rename = "one copy")]
    OneCopy,
    /// It grows by the data's size, twice more than when Rust calls.
    #[serde(rename = "two copies")]
    TwoCopies,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAllocation => "no allocation",
            Self::Borrowed => "borrowed",
            Self::HandedOver => "handed over",
            Self::OneCopy => "one copy",
            Self::TwoCopies => "two copies",
        })
    }
}

/// Something that a strategy cannot do, with what happens instead.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cannot {
    /// The word of `unsupported <reason>`.
    #[serde(skip_deserializing)]
    pub reason: String,
    /// The number of the boundary rule that it breaks (see [`RULES`]), if one.
    #[serde(skip_deserializing)]
    pub rule: Option<usize>,
    /// Why it cannot.
    pub why: String,
    /// What happens instead, and which test shows it.
    pub instead: String,
}

/// A hazard that does not end as `conformance/hazards.toml` promises, with what happens instead.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The hazard.
    #[serde(skip_deserializing)]
    pub name: String,
    /// Its outcome on this bridge.
    pub outcome: String,
    /// Why.
    pub why: String,
}

/// A second way to start a bridge's runner: under a sanitizer, which ends the process at the first mistake.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// One word, which stands in outcomes: `caught valgrind …`.
    #[serde(skip_deserializing)]
    pub name: String,
    /// What must be on the machine, if it may not be there.
    pub needs: Option<Need>,
    /// The command line, run from the root in the bridge's own environment.
    pub runner: Vec<String>,
    /// What it says on stderr of a mistake, and what outcomes call that; the first line with any of them counts.
    pub finds: BTreeMap<String, String>,
    /// The hazards that are run under it.
    pub watches: Vec<String>,
}

/// A machine and C library that a bridge is built for here and run on, by an emulator where it is another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// One word: Rust's name of the target.
    pub name: String,
    /// What it is, for people.
    pub what: String,
    /// What must be on the machine.
    pub needs: Option<Need>,
    /// Shell lines that build it, run from the root.
    #[serde(default)]
    pub build: Vec<String>,
    /// The runner's command line, run from the root.
    pub runner: Vec<String>,
    /// Glob, from the root, of the library file that the runner must have loaded.
    pub library: String,
    /// What is wrong on purpose: some vectors must fail, which shows that they look at it.
    pub mistake: Option<String>,
}

/// Another tool that times some of a bridge's calls, for `toll bench --cross-check`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossCheck {
    /// Its name, for people.
    pub tool: String,
    /// Shell lines that make it ready, run from the root.
    #[serde(default)]
    pub build: Vec<String>,
    /// Its command line, run from the root in the runner's environment, with the cases behind. The last line that it
    /// prints is a JSON object: the ns a call of each case's fastest batch, or a list of those, one for each process.
    pub command: Vec<String>,
    /// How often it is started: 1 where it starts processes itself.
    #[serde(default = "once")]
    pub processes: usize,
    /// What it times: `add`, `str_len:16`.
    pub cases: Vec<String>,
}

/// What a bridge ships, for `toll package`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name, which `toll package` knows beside the bridge's.
    pub name: String,
    /// Where it is put, from the root, unless another place is named.
    pub folder: String,
    /// Shell lines that put it into the folder `$TO`, run from the root.
    pub run: Vec<String>,
}

/// How `scripts/check-readme` runs a program of the project's README.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Readme {
    /// The language that the first such piece of code says it is in.
    pub language: String,
    /// Shell lines, run from the root, with the program in the file `$FILE`, alone in its folder.
    pub run: Vec<String>,
    /// What the last of them must print.
    pub prints: String,
}

fn once() -> usize {
    1
}

/// The boundary rules that every bridge promises or declares broken, from 1.
pub const RULES: [&str; 10] = [
    "errors carry a code, a name, a message and typed fields",
    "no panic crosses",
    "all or nothing",
    "any thread may use any handle",
    "callbacks may stop, raise and re-enter",
    "strings are Unicode text with a length",
    "slices and bytes are borrowed for the call only",
    "after close, an error",
    "version skew is named",
    "finalizers may run anywhere",
];

/// A rule by its number, with what it says; a dash for none.
pub(crate) fn rule(number: Option<usize>) -> String {
    let says = number.and_then(|number| Some((number, RULES.get(number.checked_sub(1)?)?)));
    says.map_or_else(|| "–".into(), |(number, says)| format!("{number}: {says}"))
}

/// A language that calls: the contents of a `host.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name as people write it.
    pub name: String,
    /// What must be on the machine.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Shell lines that test the host as a whole, run from the root.
    #[serde(default)]
    pub test: Vec<String>,
    /// Shell lines that check its sources, run from the root.
    #[serde(default)]
    pub lint: Vec<String>,
    /// Shell lines that mend what `lint` finds, as far as a tool can, run from the root.
    #[serde(default)]
    pub fix: Vec<String>,
    /// What is tried beside its tests, and takes minutes.
    pub deep: Option<Deep>,
    /// How its runners are counted.
    #[serde(default)]
    pub count: Counting,
    /// How its runners are timed.
    #[serde(default)]
    pub bench: Timing,
    /// How lines of its sources are counted, by the language's name.
    #[serde(default)]
    pub language: BTreeMap<String, Language>,
    /// Tools whose versions are recorded with results: a name, and the shell line that prints its version first. What
    /// runs its code says its version itself, through the runner.
    #[serde(default)]
    pub toolchain: BTreeMap<String, String>,
    /// Its folder below `bindings/`.
    #[serde(skip)]
    pub id: String,
}

/// How lines of a language are counted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Language {
    /// What names of its files end in, without the dot.
    pub extensions: Vec<String>,
    /// What a comment begins with that ends with its line.
    pub line: String,
    /// What a comment of several lines begins and ends with.
    pub block: Option<[String; 2]>,
    /// The line from which on a file has nothing but its tests.
    pub tests: Option<String>,
    /// Code that counts as unsafe, word by word.
    #[serde(rename = "unsafe")]
    pub unsafe_code: Option<String>,
}

/// What is tried beside a host's tests, and takes minutes: by Valgrind, or with another toolchain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deep {
    /// What must be on the machine, if it may not be there.
    pub needs: Option<Need>,
    /// Shell lines, run from the root.
    pub full: Vec<String>,
    /// Those that run with everything else, in `test-all`.
    #[serde(default)]
    pub quick: Vec<String>,
}

/// How a host's runners are counted.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// Environment that makes it ask the C allocator for everything, and always the same.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Whether its instructions can be counted: not where an interpreter or a JIT compiler runs.
    #[serde(default)]
    pub instructions: bool,
}

/// How a host's runners are timed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// Environment in which what is timed is what the runner does, and not what its host does beside it.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Seconds that a process runs each shape before anything is timed: where a compiler works at run time.
    #[serde(default)]
    pub warm_up: f64,
    /// Whether the empty loop is taken off what is derived from a time: an interpreter's costs as much as a call does; a
    /// compiled one moves by 0.3 ns with unrelated code, so taking it off would add more error than it removes.
    #[serde(default)]
    pub take_off_loop: bool,
}

/// Something a host needs on the machine.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// A shell line that succeeds where it is there.
    pub command: String,
    /// What to run where it is not.
    pub install: String,
}

impl Bridge {
    /// The part of its id before the slash.
    #[must_use]
    pub fn host(&self) -> &str {
        self.id.split_once('/').map_or("", |(host, _)| host)
    }

    /// The part of its id after the slash.
    #[must_use]
    pub fn strategy(&self) -> &str {
        self.id.split_once('/').map_or("", |(_, strategy)| strategy)
    }

    /// Its folder; absolute.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        self.root.join("bindings").join(&self.id)
    }

    fn read(root: &Path, id: &str) -> Result<Self> {
        Layers::read(root, id)?.bridge(root)
    }

    /// What each layer says of it.
    ///
    /// # Errors
    /// When a file can no longer be read.
    pub fn layers(&self) -> Result<Layers> {
        Layers::read(&self.root, &self.id)
    }

    /// What to do about a file that its build makes and that is not there.
    pub(crate) fn not_built(&self, file: &str) -> String {
        format!("not built: ./just build {} ({file} is not there)", self.id)
    }

    /// Whether its library and every file of the tree that its runner's command line names are there.
    ///
    /// # Errors
    /// When one is not: it is not built.
    pub(crate) fn is_built(&self) -> Result<()> {
        self.libraries()?;
        let is_in_tree = |word: &&String| {
            let (folder, _) = word.split_once('/').unwrap_or_default();
            // A list of files would be no file.
            !folder.is_empty() && !word.contains(':') && self.root.join(folder).is_dir()
        };
        let program = self.runner.first().filter(|word| word.contains('/'));
        let mut files = program
            .into_iter()
            .chain(self.runner.iter().skip(1).filter(is_in_tree));
        match files.find(|file| !self.root.join(file).exists()) {
            Some(file) => bail!(self.not_built(file)),
            None => Ok(()),
        }
    }

    /// The files that its `library` glob matches now, symbolic links followed; empty for a pure host.
    ///
    /// # Errors
    /// When nothing matches: it is not built.
    pub fn libraries(&self) -> Result<Vec<PathBuf>> {
        let Some(library) = &self.library else {
            return Ok(Vec::new());
        };
        let found = find(&self.root, library)?;
        ensure!(!found.is_empty(), self.not_built(library));
        found
            .iter()
            .map(|file| file.canonicalize().context(file.display().to_string()))
            .collect()
    }
}

/// Files below `root` that match a glob, in order of their names. The root itself may hold any character.
pub(crate) fn find(root: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let root = glob::Pattern::escape(&root.to_string_lossy());
    let pattern = format!("{root}/{pattern}");
    let found = glob::glob(&pattern).with_context(|| format!("`{pattern}` is not a glob"))?;
    found.map(|file| Ok(file?)).collect()
}

/// Reads a TOML file strictly; errors name file, line and key.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    toml::from_str(&text).with_context(|| file.display().to_string())
}
