//! `bench/strategies/releases.toml`: when a strategy's libraries were last released. `scripts/releases` renews it.

use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use crate::bridge::{self, Bridge};
use crate::strategies::results::Used;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    release: Vec<Release>,
}

/// What a registry said.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// As in `versions` of a bridge.toml.
    pub name: String,
    /// Where it was asked.
    pub registry: String,
    /// Its name there.
    pub package: String,
    /// The last version, once it was asked.
    pub version: Option<String>,
    /// When that was released.
    pub date: Option<String>,
    /// When it was asked.
    pub asked: Option<String>,
}

/// Reads the table; empty where there is none.
///
/// # Errors
/// When it is wrong.
pub fn load(root: &Path) -> Result<Vec<Release>> {
    let path = root.join("bench/strategies/releases.toml");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let file: File = bridge::read_toml(&path)?;
    Ok(file.release)
}

/// The libraries of a bridge's strategy, with what is known of them.
#[must_use]
pub fn of(bridge: &Bridge, releases: &[Release]) -> Vec<Used> {
    let used = bridge.versions.iter().map(|(name, version)| {
        let known = releases.iter().find(|release| release.name == *name);
        Used {
            name: name.clone(),
            version: version.clone(),
            last: known.and_then(|release| release.version.clone()),
            released: known.and_then(|release| release.date.clone()),
        }
    });
    used.collect()
}
