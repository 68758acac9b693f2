//! Generated pages that are committed: written, or compared with what would be written.

use std::borrow::Borrow;
use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result, bail};

use crate::bridge::Workspace;

/// The page as it is; empty where there is none.
pub(crate) fn read(workspace: &Workspace, file: &str) -> Result<String> {
    match fs::read_to_string(workspace.root.join(file)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read.with_context(|| file.to_owned()),
    }
}

/// Writes the page, or fails when it is not what would be written.
pub(crate) fn put(
    workspace: &Workspace,
    file: &str,
    old: &str,
    new: &str,
    write: bool,
    command: &str,
) -> Result<()> {
    // Of one that is only begun the page says nothing yet.
    let lost = workspace
        .broken
        .iter()
        .find(|broken| old.contains(&format!("`{}`", broken.id)));
    if let Some(lost) = lost {
        bail!(
            "{file} would lose what it says of {}, which cannot be read",
            lost.id
        );
    }
    if write {
        fs::write(workspace.root.join(file), new).with_context(|| file.to_owned())?;
    } else if new != old {
        bail!("{file} is stale; run `{command}` and commit it");
    }
    Ok(())
}

/// What brings pages up to date.
pub(crate) const GENERATE: &str = "./just generate NAMES";

/// Says which bridges have no figures in a file yet, and what makes them, of them all or of `NAMES`.
pub(crate) fn tell<S: Borrow<str>>(file: &str, without: &[S], command: &str) {
    if !without.is_empty() {
        let names = without.join(" ");
        let command = command.replace("NAMES", &names);
        eprintln!("{file} has no figures of {names} yet; they are made by: {command}");
    }
}
