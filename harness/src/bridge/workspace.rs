//! The project's tree: which hosts and bridges there are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Bridge, Host, Role, find, layers};

/// The project's tree: its root, its hosts and its bridges, both in order of their names.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder that holds `bindings/` and `conformance/`; absolute.
    pub root: PathBuf,
    /// Every folder below `bindings/` that holds a bridge.
    pub hosts: Vec<Host>,
    /// Every `bindings/<host>/<strategy>/bridge.toml` that can be read.
    pub bridges: Vec<Bridge>,
    /// Every one that cannot, or whose host cannot.
    pub broken: Vec<Broken>,
    /// Whether what a command is about is set up and built first.
    pub prepare: bool,
}

/// A bridge whose TOML files say nothing that makes sense. It is missing, and spoils no other.
#[derive(Debug, Clone)]
pub struct Broken {
    /// `host/strategy`.
    pub id: String,
    /// What is wrong, in one line.
    pub why: String,
}

impl Workspace {
    /// Reads the tree at `root`, or at the nearest folder above the current one that looks like it.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn find(root: Option<&Path>) -> Result<Self> {
        let root = match root {
            Some(root) => root
                .canonicalize()
                .with_context(|| format!("--root {}", root.display()))?,
            None => nearest_root(&std::env::current_dir()?)?,
        };
        let mut hosts: BTreeMap<String, Result<Host, String>> = BTreeMap::new();
        let (mut bridges, mut broken) = (Vec::new(), Vec::new());
        for file in find(&root, "bindings/*/*/bridge.toml")? {
            let folder = file.strip_prefix(root.join("bindings")).ok();
            let id = folder.and_then(Path::parent).and_then(Path::to_str);
            let id = id.with_context(|| format!("{}: its path is no text", file.display()))?;
            let host = id.split_once('/').map_or(id, |(host, _)| host);
            let read = || layers::read_host(&root, host).map_err(|error| format!("{error:#}"));
            let host = hosts.entry(host.to_owned()).or_insert_with(read);
            let bridge = match host {
                Ok(_) => Bridge::read(&root, id).map_err(|error| format!("{error:#}")),
                Err(why) => Err(why.clone()),
            };
            match bridge {
                Ok(bridge) => bridges.push(bridge),
                Err(why) => broken.push(Broken { id: id.into(), why }),
            }
        }
        bridges.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            root,
            hosts: hosts.into_values().flatten().collect(),
            bridges,
            broken,
            prepare: false,
        })
    }

    /// The bridges that `selectors` name (`python`, `python/pyo3`, `c/*`); all for none.
    ///
    /// # Errors
    /// When a selector names no bridge, or there is no bridge at all.
    pub fn select(&self, selectors: &[String]) -> Result<Vec<&Bridge>> {
        ensure!(
            !self.bridges.is_empty() || !self.broken.is_empty(),
            "no bridge found: there is no bindings/*/*/bridge.toml below {}",
            self.root.display()
        );
        let patterns = patterns(selectors)?;
        for (selector, pattern) in selectors.iter().zip(&patterns) {
            let mut ids = self.ids();
            if !ids.any(|id| is_named(id, selector, pattern)) {
                let known: Vec<&str> = self.ids().collect();
                bail!(
                    "no bridge is called `{selector}`; known are {}, and a host's name alone stands for all of its bridges",
                    known.join(", ")
                );
            }
        }
        let is_chosen = |bridge: &&Bridge| {
            let mut named = selectors.iter().zip(&patterns);
            selectors.is_empty() || named.any(|(name, pattern)| is_named(&bridge.id, name, pattern))
        };
        let chosen: Vec<&Bridge> = self.bridges.iter().filter(is_chosen).collect();
        ensure!(!chosen.is_empty(), "none of these bridges can be read");
        Ok(chosen)
    }

    /// Whether a selector names a bridge, one that cannot be read included.
    #[must_use]
    pub fn names(&self, selector: &str) -> bool {
        glob::Pattern::new(selector)
            .is_ok_and(|pattern| self.ids().any(|id| is_named(id, selector, &pattern)))
    }

    /// The bridges that cannot be read, by whether `selectors` ask for them; they ask for all where there are none.
    #[must_use]
    pub fn broken_among(&self, selectors: &[String]) -> (Vec<&Broken>, Vec<&Broken>) {
        let patterns = patterns(selectors).unwrap_or_default();
        self.broken.iter().partition(|broken| {
            let mut named = selectors.iter().zip(&patterns);
            selectors.is_empty() || named.any(|(name, pattern)| is_named(&broken.id, name, pattern))
        })
    }

    /// Hosts whose `host.toml` is missing or wrong.
    #[must_use]
    pub fn unread_hosts(&self) -> Vec<&str> {
        let broken = self.broken.iter();
        let hosts = broken.filter_map(|broken| broken.id.split_once('/'));
        let mut unread: Vec<&str> = hosts.map(|(host, _)| host).collect();
        unread.retain(|id| self.hosts.iter().all(|host| host.id != *id));
        unread.dedup();
        unread
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        let broken = self.broken.iter().map(|broken| &*broken.id);
        self.bridges.iter().map(|bridge| &*bridge.id).chain(broken)
    }

    /// The bridge whose times are taken off to give a toll: the library called from Rust.
    #[must_use]
    pub fn baseline(&self) -> Option<&str> {
        let mut baselines = self.bridges.iter().filter(|b| b.role == Role::Baseline);
        Some(&baselines.next()?.id)
    }

    /// The host of a bridge.
    ///
    /// # Panics
    /// Never for a bridge of this workspace.
    #[must_use]
    pub fn host_of(&self, bridge: &Bridge) -> &Host {
        let host = self.hosts.iter().find(|host| host.id == bridge.host());
        host.expect("reading a bridge reads its host")
    }
}

impl Broken {
    /// What is wrong, a line for each reason: a host's file may spoil several bridges.
    #[must_use]
    pub fn lines(broken: &[&Self]) -> Vec<String> {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for broken in broken {
            match reasons.iter_mut().find(|(why, _)| *why == broken.why) {
                Some((_, ids)) => ids.push(&broken.id),
                None => reasons.push((&broken.why, vec![&broken.id])),
            }
        }
        let line = |(why, ids): (&str, Vec<&str>)| format!("{why} (left out: {})", ids.join(", "));
        reasons.into_iter().map(line).collect()
    }
}

fn patterns(selectors: &[String]) -> Result<Vec<glob::Pattern>> {
    let pattern = |selector: &String| {
        glob::Pattern::new(selector).with_context(|| format!("`{selector}` is not a pattern"))
    };
    selectors.iter().map(pattern).collect()
}

/// Whether a selector names a bridge: by its host, or by a pattern of its id.
fn is_named(id: &str, selector: &str, pattern: &glob::Pattern) -> bool {
    let host = id.split_once('/').map(|(host, _)| host);
    host == Some(selector) || pattern.matches(id)
}

fn nearest_root(start: &Path) -> Result<PathBuf> {
    start
        .ancestors()
        .find(|dir| dir.join("conformance").is_dir() && dir.join("Cargo.toml").is_file())
        .map(Path::to_owned)
        .with_context(|| {
            format!(
                "{} is not inside the project; go there, or say --root DIR",
                start.display()
            )
        })
}
