//! The lines of the comparison: `bench/peers/*/lines.toml`. There is no central list.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::bridge::{self, Bridge, Host, Need, Role, Timing, Workspace};
use crate::hosts;

/// Where the data of a run are, for a line's program.
const DATA: &str = "TOLL_PEERS";

/// Every line, and its host.
#[derive(Debug)]
pub struct Lines {
    /// In order of their names.
    pub all: Vec<Line>,
    /// As far as timing needs them.
    pub hosts: Vec<Host>,
}

/// One way to do the jobs: a bridge over the core, or a port of HdrHistogram.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// `host/bridge` or `host/port`.
    pub id: String,
    /// What it is, for the report.
    pub title: String,
    /// The bridge that carries the core; none for a port.
    pub bridge: Option<String>,
    /// Versions of a port; a bridge's stand in its bridge.toml.
    #[serde(default)]
    pub versions: BTreeMap<String, String>,
    /// What must be on the machine.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// Shell lines that build its program, from the root; they run each time.
    #[serde(default)]
    pub build: Vec<String>,
    /// Its program, run from the root.
    pub runner: Vec<String>,
    /// The file that holds the core, where that is not the bridge's library.
    pub library: Option<String>,
    /// Jobs that it has not, and why.
    #[serde(default)]
    pub without: BTreeMap<String, String>,
    /// Jobs to which it answers otherwise than the core, and why.
    #[serde(default)]
    pub differs: BTreeMap<String, String>,
    /// The bridge itself, when there is one in the tree.
    #[serde(skip)]
    on: Option<Bridge>,
    #[serde(skip)]
    root: std::path::PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The host's name as people write it.
    name: String,
    /// As in a host.toml.
    #[serde(default)]
    bench: Timing,
    line: Vec<Line>,
}

impl Lines {
    /// Reads every file.
    ///
    /// # Errors
    /// When one is wrong, or there is none.
    pub fn load(workspace: &Workspace) -> Result<Self> {
        let root = &workspace.root;
        let (mut all, mut hosts) = (Vec::new(), Vec::new());
        for path in bridge::find(root, "bench/peers/*/lines.toml")? {
            let file: File = bridge::read_toml(&path)?;
            for mut line in file.line {
                let (host, _) = line.id.split_once('/').with_context(|| {
                    format!("{}: id = \"{}\" is no host/name", path.display(), line.id)
                })?;
                ensure!(
                    !line.runner.is_empty(),
                    "{}: runner must name a program",
                    path.display()
                );
                hosts.push(Host {
                    name: file.name.clone(),
                    bench: file.bench.clone(),
                    id: host.to_owned(),
                    ..Host::default()
                });
                let on = |id: &String| workspace.bridges.iter().find(|b| b.id == *id).cloned();
                line.on = line.bridge.as_ref().and_then(on);
                line.root.clone_from(root);
                all.push(line);
            }
        }
        ensure!(
            !all.is_empty(),
            "there is no bench/peers/*/lines.toml below {}",
            root.display()
        );
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self { all, hosts })
    }

    /// The lines that `selectors` name; all for none.
    ///
    /// # Errors
    /// When a selector names no line.
    pub fn select(mut self, selectors: &[String]) -> Result<Self> {
        let mut chosen = vec![selectors.is_empty(); self.all.len()];
        for selector in selectors {
            let pattern = glob::Pattern::new(selector)
                .with_context(|| format!("`{selector}` is not a pattern"))?;
            let mut found = false;
            for (chosen, line) in chosen.iter_mut().zip(&self.all) {
                if line.host() == selector || pattern.matches(&line.id) {
                    (*chosen, found) = (true, true);
                }
            }
            ensure!(found, "no line is called `{selector}`");
        }
        let mut chosen = chosen.into_iter();
        self.all.retain(|_| chosen.next().unwrap_or_default());
        Ok(self)
    }
}

impl Line {
    /// The part of its id before the slash.
    #[must_use]
    pub fn host(&self) -> &str {
        self.id.split_once('/').map_or("", |(host, _)| host)
    }

    /// The bridge that it stands on, when that is in the tree.
    #[must_use]
    pub fn on(&self) -> Option<&Bridge> {
        self.on.as_ref()
    }

    /// The first thing it needs that this machine lacks.
    #[must_use]
    pub fn missing(&self) -> Option<&Need> {
        let mut needs = self.needs.iter();
        needs.find(|need| !hosts::is_there(need, &self.root))
    }

    /// Its program as `toll bench` starts one, with the data's folder in its environment.
    ///
    /// # Errors
    /// When it is on a bridge that is not in the tree.
    pub fn started_with(&self, data: &Path) -> Result<Bridge> {
        let mut env = BTreeMap::new();
        let mut library = None;
        if let Some(id) = &self.bridge {
            let bridge = self
                .on
                .as_ref()
                .with_context(|| format!("there is no bridge {id}"))?;
            env.clone_from(&bridge.env);
            library = self.library.clone().or_else(|| bridge.library.clone());
        }
        env.insert(DATA.into(), data.to_string_lossy().into_owned());
        Ok(Bridge {
            id: self.id.clone(),
            title: self.title.clone(),
            role: match self.bridge {
                Some(_) => Role::Bridge,
                None => Role::Pure,
            },
            versions: self.versions(),
            library,
            build: self.build.clone(),
            runner: self.runner.clone(),
            env,
            pin: true,
            root: self.root.clone(),
            ..Bridge::default()
        })
    }

    /// Its own versions, or those of its bridge.
    fn versions(&self) -> BTreeMap<String, String> {
        match &self.on {
            Some(bridge) => bridge.versions.clone(),
            None => self.versions.clone(),
        }
    }
}
