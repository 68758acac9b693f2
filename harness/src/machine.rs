//! What a run was measured on, and with. Nothing here names the machine or its paths.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use object::Object;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bridge::Host;
use crate::start;

/// The machine, as far as it tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The model's name.
    pub cpu: String,
    /// CPUs this process may use.
    pub cores: usize,
    /// The frequency governor, where there is one to read.
    pub governor: Option<String>,
    /// Mebibytes of memory.
    pub memory_mib: u64,
    /// The kernel's name and release.
    pub kernel: String,
    /// The processor architecture.
    pub arch: String,
    /// The load average of the last minute when the run began.
    pub load: Option<f64>,
}

/// A library file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Relative to the repository, or the bare file name of one outside.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// `build-id:` + hex of an ELF file that has one, else `sha256:` + hex.
    pub identity: String,
}

impl Machine {
    /// Reads what `/proc` and `/sys` say.
    pub fn read() -> Self {
        let field = |file: &str, name: &str| -> Option<String> {
            let text = fs::read_to_string(file).ok()?;
            let line = text.lines().find(|l| l.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_string())
        };
        let memory_kib = field("/proc/meminfo", "MemTotal")
            .and_then(|m| m.split(' ').next()?.parse::<u64>().ok())
            .unwrap_or(0);
        let uname = rustix::system::uname();
        Self {
            cpu: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            governor: first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            memory_mib: memory_kib / 1024,
            kernel: format!(
                "{} {}",
                uname.sysname().to_string_lossy(),
                uname.release().to_string_lossy()
            ),
            arch: std::env::consts::ARCH.into(),
            load: first_line("/proc/loadavg").and_then(|l| l.split(' ').next()?.parse().ok()),
        }
    }
}

fn first_line(file: &str) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.lines().next()?.to_string())
}

/// The commit checked out in `root` and whether tracked files differ from it.
pub fn commit(root: &Path) -> (Option<String>, bool) {
    let git = |args: &[&str]| {
        let output = start::program("git", root).args(args).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_string())
    };
    let dirty = git(&["status", "--porcelain", "--untracked-files=no"]);
    (
        git(&["rev-parse", "HEAD"]),
        dirty.is_some_and(|changes| !changes.is_empty()),
    )
}

/// What these hosts' tools say of their versions, as far as they are there.
pub fn toolchain(hosts: &[Host], root: &Path) -> BTreeMap<String, String> {
    let tools = hosts.iter().flat_map(|host| &host.toolchain);
    tools
        .filter_map(|(tool, line)| {
            let output = start::shell(line, root).stderr(Stdio::null()).output();
            let text = String::from_utf8(output.ok()?.stdout).ok()?;
            Some((tool.clone(), text.lines().next()?.to_string()))
        })
        .collect()
}

/// What identifies the library file at `path`.
pub fn library(path: &Path, root: &Path) -> Result<Library> {
    let bytes =
        fs::read(path).with_context(|| format!("reading the library {}", path.display()))?;
    let build_id = object::File::parse(&*bytes).ok().and_then(|file| {
        file.build_id()
            .ok()
            .flatten()
            .map(|id| format!("build-id:{}", hex(id)))
    });
    let shown = path
        .strip_prefix(root)
        .ok()
        .or_else(|| path.file_name().map(Path::new));
    Ok(Library {
        path: shown.unwrap_or(path).to_string_lossy().into_owned(),
        bytes: bytes.len() as u64,
        identity: build_id.unwrap_or_else(|| format!("sha256:{}", hex(&Sha256::digest(&bytes)))),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_has_a_relative_path_and_an_identity() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = library(&root.join("Cargo.toml"), root).unwrap();
        assert_eq!(text.path, "Cargo.toml");
        assert!(text.identity.starts_with("sha256:"), "{}", text.identity);
        let outside = library(&root.join("Cargo.toml"), Path::new("/nowhere")).unwrap();
        assert_eq!(outside.path, "Cargo.toml");
    }
}
