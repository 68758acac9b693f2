//! A bridge's crate: what it depends on, and how long it takes to build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::bridge::{self, Bridge};
use crate::start;

/// What every bridge has anyway.
const CORE: &str = "tollbridge-core";

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
}

/// The crate in a bridge's folder.
pub struct Crate {
    name: String,
    env: BTreeMap<String, String>,
}

impl Crate {
    /// None for a bridge that is no crate.
    ///
    /// # Errors
    /// When its manifest is wrong.
    pub fn of(bridge: &Bridge) -> Result<Option<Self>> {
        let path = bridge.dir().join("Cargo.toml");
        if !path.exists() {
            return Ok(None);
        }
        let manifest: Manifest = bridge::read_toml(&path)?;
        Ok(Some(Self {
            name: manifest.package.name,
            env: bridge.cargo_env.clone(),
        }))
    }

    /// How many crates it links or builds with, that the core does not.
    ///
    /// # Errors
    /// When cargo cannot tell.
    pub fn beyond_core(&self, root: &Path) -> Result<u64> {
        let of_core = self.tree(root, CORE)?;
        let own = self.tree(root, &self.name)?;
        Ok(own.difference(&of_core).count() as u64)
    }

    /// Seconds of a release build with all it depends on into an empty folder. What must be downloaded is, before.
    ///
    /// # Errors
    /// When it does not build.
    pub fn clean_build(&self, root: &Path) -> Result<f64> {
        let folder = tempfile::tempdir().context("a folder to build in")?;
        self.cargo(root, &["fetch", "--quiet", "--locked"])?;
        let clock = Instant::now();
        let target = folder.path().to_string_lossy();
        let build = [
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            &self.name,
        ];
        self.cargo(root, &[&build[..], &["--target-dir", &target]].concat())?;
        Ok(clock.elapsed().as_secs_f64())
    }

    /// Name and version of everything below a crate, but crates of this project.
    fn tree(&self, root: &Path, name: &str) -> Result<BTreeSet<String>> {
        let arguments = [
            "tree",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--package",
            name,
        ];
        let lines = self.cargo(root, &[&arguments[..], &["--format", "{p}"]].concat())?;
        Ok(lines
            .lines()
            .map(|line| line.trim_end_matches(" (*)").to_owned())
            .filter(|line| !line.contains("(/") && !line.is_empty())
            .map(|line| line.trim_end_matches(" (proc-macro)").to_owned())
            .collect())
    }

    fn cargo(&self, root: &Path, arguments: &[&str]) -> Result<String> {
        let output = start::program("cargo", root)
            .args(arguments)
            .envs(&self.env)
            .stdin(Stdio::null())
            .output()
            .context("cannot start cargo")?;
        ensure!(
            output.status.success(),
            "cargo {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    }
}
