//! How every program is started: bridges' runners, other tools, shell lines, compilers.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bridge::Bridge;

/// What loaders look through before a program's own libraries.
const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// A program that works in `root`. A path is meant from there; a bare name is looked for.
pub(crate) fn program(name: impl AsRef<OsStr>, root: &Path) -> Command {
    let name = name.as_ref();
    let mut command = match Path::new(name).components().count() > 1 {
        true => Command::new(root.join(name)),
        false => Command::new(name),
    };
    command.current_dir(root);
    // A link to a library in target/release would be loaded before the library that a bridge names.
    if let Some(paths) = std::env::var_os(LIBRARY_PATH) {
        command.env(LIBRARY_PATH, outside(&root.join("target"), &paths));
    }
    command
}

/// A shell that runs a line in `root`.
pub(crate) fn shell(line: &str, root: &Path) -> Command {
    let mut command = program("sh", root);
    command.arg("-c").arg(line);
    command
}

/// A command line in the environment of a bridge's runner.
///
/// # Errors
/// When it is no command line, or a path to what is not built.
pub(crate) fn of(bridge: &Bridge, words: &[String]) -> Result<Command> {
    let root = bridge.root.to_string_lossy();
    let mut words = words.iter().map(|word| word.replace("${ROOT}", &root));
    let name = words
        .next()
        .with_context(|| format!("{}: no program is named", bridge.id))?;
    ensure!(
        !name.contains('/') || bridge.root.join(&name).exists(),
        bridge.not_built(&name)
    );
    let mut command = program(name, &bridge.root);
    let env = bridge
        .env
        .iter()
        .map(|(name, value)| (name, value.replace("${ROOT}", &root)));
    command
        .args(words)
        // Panics are raised on purpose, and fifty threads take seconds to print where they were.
        .env("RUST_BACKTRACE", "0")
        .envs(env);
    Ok(command)
}

/// A search path without what `cargo run` adds to it.
fn outside(target: &Path, paths: &OsStr) -> OsString {
    let kept = std::env::split_paths(paths).filter(|path| !path.starts_with(target));
    // What was taken out of a list can be put into one.
    std::env::join_paths(kept).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_adds_to_a_search_path_is_left_out() {
        let paths = OsStr::new("/here/target/release/deps:/here/target/release:/usr/lib:/here/lib");
        let kept = outside(Path::new("/here/target"), paths);
        assert_eq!(kept, "/usr/lib:/here/lib");
    }

    #[test]
    fn a_path_is_meant_from_the_root_and_a_name_is_looked_for() {
        let program = |name| program(name, Path::new("/here")).get_program().to_owned();
        assert_eq!(program("bin/run"), "/here/bin/run");
        assert_eq!(program("/bin/sh"), "/bin/sh");
        assert_eq!(program("sh"), "sh");
    }

    #[test]
    fn a_bridge_brings_its_environment_and_its_root() {
        let bridge = Bridge {
            root: "/here".into(),
            env: [("LIBRARY".to_owned(), "${ROOT}/l.so".to_owned())].into(),
            ..Bridge::default()
        };
        let words = ["sh", "${ROOT}/run"].map(String::from);
        let command = of(&bridge, &words).unwrap();
        let library = command.get_envs().find(|(name, _)| *name == "LIBRARY");
        assert_eq!(library.unwrap().1, Some(OsStr::new("/here/l.so")));
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["/here/run"]);
        let missing = of(&bridge, &["bin/run".to_owned()])
            .unwrap_err()
            .to_string();
        assert!(missing.contains("bin/run is not there"), "{missing}");
    }
}
