//! Runs that are kept, below `bench/results`: the reference, from which documents quote, and others, of other machines
//! and runtimes. A run is kept in parts, so that one host can be timed again without the others: a file a host, with
//! the baseline and the yardsticks beside it, and one with the headline shapes of all hosts, timed side by side.
//! A run of everything in one file is a whole, for whatever has no part of its own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::document::figures::case_name;
use crate::results::Results;
use crate::results::rows::{self, Declared, Row};

/// The run from which documents quote unless they name another.
pub const REFERENCE: &str = "reference";
/// Where results are kept, below the root.
const RESULTS: &str = "bench/results";
const RUNS: &str = "bench/results/runs";
/// The name of the part that holds all hosts.
const HEADLINES: &str = "headlines";

/// A run and its name.
#[derive(Debug, Clone)]
pub struct Kept {
    /// That of its file or folder.
    pub name: String,
    /// At least one.
    pub parts: Vec<Part>,
}

/// Some of a run, measured at one go: only within it do times compare.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it is of.
    pub of: Of,
    /// The run.
    pub results: Results,
    /// What is derived from it.
    pub rows: Vec<Row>,
}

/// What a part is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Everything.
    Whole,
    /// The headline shapes, on all hosts.
    Headlines,
    /// A host, by its folder.
    Host(String),
}

impl Part {
    fn new(of: Of, results: Results, declared: &Declared) -> Self {
        Self {
            rows: rows::rows(&results, declared),
            of,
            results,
        }
    }

    /// The row of a bridge and case.
    #[must_use]
    pub fn row(&self, bridge: &str, case: &str) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|r| r.bridge == bridge && case_name(&r.shape, r.n) == case)
    }
}

impl Kept {
    /// A run in one file.
    #[must_use]
    pub fn whole(name: &str, results: Results, declared: &Declared) -> Self {
        Self {
            name: name.into(),
            parts: vec![Part::new(Of::Whole, results, declared)],
        }
    }

    /// The run of this name.
    ///
    /// # Errors
    /// When there is none, or a file of it cannot be read.
    pub fn load(root: &Path, name: &str, declared: &Declared) -> Result<Self> {
        let (whole, folder) = places(root, name);
        let mut parts = Vec::new();
        if whole.exists() {
            parts.push(Part::new(Of::Whole, Results::load(&whole)?, declared));
        }
        for file in below(&folder, "*.json")? {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            let of = match &*stem {
                HEADLINES => Of::Headlines,
                host => Of::Host(host.into()),
            };
            parts.push(Part::new(of, Results::load(&file)?, declared));
        }
        ensure!(
            !parts.is_empty(),
            "no run `{name}` is kept in {RESULTS}; `toll bench --save {name}` keeps one"
        );
        Ok(Self {
            name: name.into(),
            parts,
        })
    }

    /// The runs beside the reference, by name; none where there is no such folder.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn others(root: &Path, declared: &Declared) -> Result<Vec<Self>> {
        let mut names = BTreeSet::new();
        for path in below(&root.join(RUNS), "*")? {
            if path.is_dir() || path.extension().is_some_and(|ext| ext == "json") {
                names.extend(path.file_stem().map(|n| n.to_string_lossy().into_owned()));
            }
        }
        let load = |name: &String| Self::load(root, name, declared);
        names.iter().map(load).collect()
    }

    fn part(&self, of: &Of) -> Option<&Part> {
        self.parts.iter().find(|part| part.of == *of)
    }

    /// The part that says what a bridge takes: that of its host, or what else has it.
    #[must_use]
    pub fn own(&self, bridge: &str) -> Option<&Part> {
        if let Some(part) = self.part(&Of::Host(host(bridge).into())) {
            return Some(part);
        }
        let common = [Of::Whole, Of::Headlines].map(|of| self.part(&of));
        let mut parts = common.into_iter().flatten().chain(&self.parts);
        parts.find(|part| part.results.bridge(bridge).is_some())
    }

    /// The part that has figures of all these bridges and cases, so that they can be compared: a host's where they
    /// are its own and those beside it; of several hosts the headlines.
    #[must_use]
    pub fn together(&self, cases: &[(&str, &str)]) -> Option<&Part> {
        let hosts = cases.iter().map(|(b, _)| Of::Host(host(b).into()));
        let parts = hosts.chain([Of::Headlines, Of::Whole]);
        let has = |part: &&Part| {
            let has_figure = |(bridge, case): &(&str, &str)| {
                part.row(bridge, case).is_some_and(|row| row.ns.is_some())
            };
            cases.iter().all(has_figure)
        };
        parts
            .filter_map(|of| self.part(&of))
            .chain(&self.parts)
            .find(has)
    }

    /// Each bridge as its own part has it, in order of their names: results, and the rows derived within the parts.
    #[must_use]
    pub fn merged(&self) -> (Results, Vec<Row>) {
        let first = &self.parts[0];
        if self.parts.len() == 1 {
            return (first.results.clone(), first.rows.clone());
        }
        let mut merged = first.results.clone();
        (merged.bridges, merged.cases) = (Vec::new(), Vec::new());
        let mut rows = Vec::new();
        let bridges = self.parts.iter().flat_map(|part| &part.results.bridges);
        let ids: BTreeSet<&str> = bridges.map(|bridge| bridge.id.as_str()).collect();
        for id in ids {
            let Some(part) = self.own(id) else { continue };
            let Some(bridge) = part.results.bridge(id) else {
                continue;
            };
            merged.bridges.push(bridge.clone());
            let cases = part.results.cases.iter().filter(|c| c.bridge == id);
            merged.cases.extend(cases.cloned());
            rows.extend(part.rows.iter().filter(|row| row.bridge == id).cloned());
        }
        (merged, rows)
    }
}

fn host(bridge: &str) -> &str {
    bridge.split('/').next().unwrap_or_default()
}

/// The file of a whole run of this name, and the folder of its parts.
fn places(root: &Path, name: &str) -> (PathBuf, PathBuf) {
    let folder = if name == REFERENCE { RESULTS } else { RUNS };
    let folder = root.join(folder);
    (folder.join(format!("{name}.json")), folder.join(name))
}

fn below(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let escaped = glob::Pattern::escape(&folder.to_string_lossy());
    let found = glob::glob(&format!("{escaped}/{pattern}"))?;
    found.map(|path| Ok(path?)).collect()
}

/// How a run is kept.
#[derive(Debug)]
pub struct Keeping<'a> {
    /// Under which name.
    pub name: &'a str,
    /// The hosts that were asked for: each makes a part.
    pub hosts: BTreeSet<&'a str>,
    /// The bridges that stand in every part: the baseline and the yardsticks.
    pub beside: Vec<&'a str>,
    /// Whether these are all hosts, which then stand side by side in a part of their own.
    pub all_hosts: bool,
    /// The shapes that all hosts are compared by.
    pub headlines: Vec<&'a str>,
    /// Whether these alone were timed: no host's part is made then.
    pub headlines_alone: bool,
}

impl Keeping<'_> {
    /// Writes the parts that this run has, without single batches; other parts stay. Answers the files.
    ///
    /// # Errors
    /// When the tree has changes that no commit has, or a file cannot be written.
    pub fn save(&self, results: &Results, root: &Path) -> Result<Vec<PathBuf>> {
        ensure!(!results.dirty, CHANGED);
        let small = results.without_raw();
        let mut parts: Vec<(&str, Results)> = Vec::new();
        if self.all_hosts {
            let mut all = small.clone();
            let is_headline = |shape: &str| self.headlines.contains(&shape);
            all.cases.retain(|case| is_headline(&case.shape));
            parts.push((HEADLINES, all));
        }
        for host in self.hosts.iter().filter(|_| !self.headlines_alone) {
            let mut part = small.clone();
            part.bridges
                .retain(|b| b.host == *host || self.beside.contains(&&*b.id));
            let timed = &part.bridges;
            part.cases
                .retain(|case| timed.iter().any(|b| b.id == case.bridge));
            parts.push((host, part));
        }
        let (_, folder) = places(root, self.name);
        let mut written = Vec::new();
        for (part, results) in parts {
            let file = folder.join(format!("{part}.json"));
            results.save(&file, root)?;
            written.push(file);
        }
        Ok(written)
    }
}

/// Why results are not kept.
pub const CHANGED: &str = "--save keeps results of a clean tree, and files that git knows have changed: commit them first";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample;

    /// A run of which the given host's bridges took so many times as long.
    fn slower(host: &str, times: f64) -> Results {
        let mut results = sample::results();
        for case in &mut results.cases {
            if case.bridge.starts_with(host) {
                case.best_ns.iter_mut().for_each(|ns| *ns *= times);
                case.conclude();
            }
        }
        results
    }

    fn keeping<'a>(hosts: &[&'a str]) -> Keeping<'a> {
        Keeping {
            name: "here",
            hosts: hosts.iter().copied().collect(),
            beside: vec!["rust/direct", "c/cabi"],
            all_hosts: hosts.len() == 3,
            headlines: vec!["empty", "add"],
            headlines_alone: false,
        }
    }

    #[test]
    fn a_hosts_part_is_replaced_and_the_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let declared = sample::declared();
        let all = keeping(&["c", "python", "rust"]);
        assert_eq!(all.save(&sample::results(), root).unwrap().len(), 4);
        let c = root.join("bench/results/runs/here/c.json");
        let before = std::fs::read(&c).unwrap();
        let one = keeping(&["python"]).save(&slower("", 2.0), root).unwrap();
        assert_eq!(one, [root.join("bench/results/runs/here/python.json")]);
        assert_eq!(std::fs::read(&c).unwrap(), before);

        let kept = Kept::load(root, "here", &declared).unwrap();
        let (merged, rows) = kept.merged();
        assert_eq!(merged.bridges.len(), 6);
        let row = |bridge: &str| {
            let mut rows = rows.iter();
            rows.find(|r| r.bridge == bridge && r.shape == "add")
                .unwrap()
        };
        assert_eq!(row("c/cabi").ns, Some(3.2));
        // The toll is net of a baseline and a loop that were measured with it.
        assert_eq!(row("python/pyo3").ns, Some(84.0));
        assert_eq!(row("python/pyo3").toll, Some(61.0));
        let others = Kept::others(root, &declared).unwrap();
        assert_eq!(others.len(), 1);
        assert_eq!(others[0].name, "here");
    }

    #[test]
    fn times_are_compared_within_one_part() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        keeping(&["c", "python", "rust"])
            .save(&sample::results(), root)
            .unwrap();
        keeping(&["python"]).save(&slower("", 2.0), root).unwrap();
        let kept = Kept::load(root, "here", &sample::declared()).unwrap();
        let of = |cases: &[(&str, &str)]| kept.together(cases).map(|part| part.of.clone());
        let python = || Some(Of::Host("python".into()));
        assert_eq!(
            of(&[("python/pyo3", "add"), ("python/floor", "add")]),
            python()
        );
        let beside = [("python/pyo3", "add"), ("rust/direct", "add")];
        assert_eq!(of(&beside), python());
        let hosts = [("c/floor", "add"), ("python/pyo3", "add")];
        assert_eq!(of(&hosts), Some(Of::Headlines));
        // Of two hosts, and not among the headline shapes.
        let apart = [("c/floor", "str_len:16"), ("python/pyo3", "str_len:16")];
        assert_eq!(of(&apart), None);
    }

    #[test]
    fn a_whole_run_stands_in_for_what_has_no_part() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let (whole, _) = places(root, "here");
        std::fs::create_dir_all(whole.parent().unwrap()).unwrap();
        sample::results().save(&whole, root).unwrap();
        let declared = sample::declared();
        let alone = Kept::load(root, "here", &declared).unwrap();
        assert_eq!(alone.merged().1.len(), alone.parts[0].rows.len());
        keeping(&["python"]).save(&slower("", 2.0), root).unwrap();
        let kept = Kept::load(root, "here", &declared).unwrap();
        assert_eq!(kept.own("c/floor").unwrap().of, Of::Whole);
        assert_eq!(
            kept.own("python/pyo3").unwrap().of,
            Of::Host("python".into())
        );
        assert_eq!(kept.merged().1.len(), alone.merged().1.len());
        let said = format!("{:#}", Kept::load(root, "there", &declared).unwrap_err());
        assert!(said.contains("--save there"), "{said}");
    }

    #[test]
    fn headlines_alone_touch_no_hosts_part_and_a_changed_tree_none() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let mut alone = keeping(&["c", "python", "rust"]);
        alone.headlines_alone = true;
        let written = alone.save(&sample::results(), root).unwrap();
        assert_eq!(
            written,
            [root.join("bench/results/runs/here/headlines.json")]
        );
        let mut dirty = sample::results();
        dirty.dirty = true;
        assert!(keeping(&["c"]).save(&dirty, root).is_err());
    }

    #[test]
    fn the_reference_stands_by_itself() {
        let (file, folder) = places(Path::new("/r"), REFERENCE);
        assert_eq!(file, Path::new("/r/bench/results/reference.json"));
        assert_eq!(folder, Path::new("/r/bench/results/reference"));
        let (file, _) = places(Path::new("/r"), "dotnet10");
        assert_eq!(file, Path::new("/r/bench/results/runs/dotnet10.json"));
    }
}
