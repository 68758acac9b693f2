//! The folders that vectors name: `@data/…` and `@scratch/…`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::vectors::{Expected, Step, hex};

/// A folder to work in, which is removed when this is dropped. Its path stays the same, so that every
/// bridge's messages do.
#[derive(Debug)]
pub struct Scratch {
    parent: TempDir,
}

impl Scratch {
    /// Makes the folder above it.
    ///
    /// # Errors
    /// When that cannot be made.
    pub fn new() -> Result<Self> {
        let parent = tempfile::Builder::new().prefix("toll-").tempdir();
        let parent = parent.context("a folder for what vectors write")?;
        Ok(Self { parent })
    }

    /// The folder, made anew and empty.
    ///
    /// # Errors
    /// When it cannot be emptied or made.
    pub fn empty(&self) -> Result<PathBuf> {
        let dir = self.parent.path().join("scratch");
        if dir.exists() {
            std::fs::remove_dir_all(&dir).with_context(|| dir.display().to_string())?;
        }
        std::fs::create_dir(&dir).with_context(|| dir.display().to_string())?;
        Ok(dir)
    }
}

/// What the two names stand for.
#[derive(Debug, Clone)]
pub struct Places {
    /// `@data`: sample files, which nobody writes to.
    pub data: PathBuf,
    /// `@scratch`.
    pub scratch: PathBuf,
}

impl Places {
    /// `step` with absolute paths, as text tokens.
    #[must_use]
    pub fn put_into(&self, step: &Step) -> Step {
        let mut step = step.clone();
        step.request = self.put_into_tokens(&step.request);
        if let Expected::Reply { tokens, .. } = &mut step.expected {
            *tokens = self.put_into_tokens(tokens);
        }
        step
    }

    /// The same for the tokens of one line.
    #[must_use]
    pub fn put_into_tokens(&self, tokens: &[String]) -> Vec<String> {
        tokens.iter().map(|token| self.put(token)).collect()
    }

    fn put(&self, token: &str) -> String {
        let (key, value) = match token.split_once('=') {
            Some((key, value)) => (format!("{key}="), value),
            None => (String::new(), token),
        };
        let join = |(dir, name): (&Path, &str)| dir.join(name);
        let path = [("@data/", &self.data), ("@scratch/", &self.scratch)]
            .into_iter()
            .find_map(|(prefix, dir)| Some((dir.as_path(), value.strip_prefix(prefix)?)));
        match path.map(join) {
            Some(path) => format!("{key}x{}", hex(path.as_os_str().as_encoded_bytes())),
            None => token.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::parse;

    #[test]
    fn paths_become_text_in_requests_and_replies() {
        let places = Places {
            data: "/d".into(),
            scratch: "/s".into(),
        };
        let text = "vector v\nwhy w\nreplay r @data/a.hlog do 1 { replay q @scratch/b all } => err io path=@data/a.hlog";
        let vectors = parse("f.vec", text).expect("well-formed");
        let step = places.put_into(&vectors[0].steps[0]);
        let (a, b) = (hex(b"/d/a.hlog"), hex(b"/s/b"));
        assert_eq!(
            step.request.join(" "),
            format!("replay r x{a} do 1 {{ replay q x{b} all }}")
        );
        let Expected::Reply { tokens, .. } = step.expected else {
            panic!("it expects a reply");
        };
        assert_eq!(tokens.join(" "), format!("err io path=x{a}"));
    }

    #[test]
    fn scratch_is_empty_each_time_and_gone_at_the_end() {
        let scratch = Scratch::new().expect("a temporary folder");
        let first = scratch.empty().expect("it can be made");
        std::fs::write(first.join("a"), "b").expect("it can be written to");
        let second = scratch.empty().expect("it can be made again");
        assert_eq!(first, second);
        assert_eq!(second.read_dir().expect("it is there").count(), 0);
        drop(scratch);
        assert!(!first.exists());
    }
}
