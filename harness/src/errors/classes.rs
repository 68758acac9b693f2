//! The classes, enums and signatures that say core's error table in a host's language.
//!
//! `bindings/<host>/error_classes.toml` names the files and holds what is the host's own; the templates beside it
//! say how they look. Neither a host nor a language is known here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::{Deserialize, Serialize};
use toml::Table;

use super::Row;

/// What a host has of its own.
#[derive(Deserialize)]
struct Host {
    file: Vec<File>,
    /// By the error's name: what its templates see beside core's row.
    #[serde(default)]
    errors: BTreeMap<String, Table>,
    /// Whatever else its templates want to know.
    #[serde(flatten)]
    other: Table,
}

/// A file to be written.
#[derive(Deserialize, Serialize)]
struct File {
    /// Below the host's folder, as is the template.
    path: PathBuf,
    template: PathBuf,
    /// Whatever else its template wants to know.
    #[serde(flatten)]
    other: Table,
}

/// A row of core's table with what the host says of it.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    row: &'a Row,
    #[serde(flatten)]
    own: Option<&'a Table>,
}

/// What a template sees.
#[derive(Serialize)]
struct Seen<'a> {
    errors: &'a [Said<'a>],
    file: &'a File,
    host: &'a Table,
}

/// Writes every host's files, and names those that changed.
pub(super) fn write(root: &Path, rows: &[Row]) -> Result<()> {
    for (path, text) in generated(root, rows)? {
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        crate::table::print(format!("wrote {}\n", below(root, &path)))?;
    }
    Ok(())
}

/// Refuses a file that is not what [`write`] would write.
pub(super) fn check(root: &Path, rows: &[Row]) -> Result<()> {
    let stale: Vec<String> = generated(root, rows)?
        .into_iter()
        .filter(|(path, text)| !fs::read_to_string(path).is_ok_and(|old| old == *text))
        .map(|(path, _)| below(root, &path))
        .collect();
    if !stale.is_empty() {
        bail!(
            "stale: {}; run `toll errors --write` and commit what it writes",
            stale.join(", ")
        );
    }
    Ok(())
}

fn below(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Every file with what it should hold.
fn generated(root: &Path, rows: &[Row]) -> Result<Vec<(PathBuf, String)>> {
    let pattern = root.join("bindings/*/error_classes.toml");
    let pattern = pattern.to_str().context("the root's path is not UTF-8")?;
    let mut files = Vec::new();
    for path in glob::glob(pattern)? {
        let path = path?;
        files.extend(of_host(&path, rows).with_context(|| below(root, &path))?);
    }
    Ok(files)
}

fn of_host(path: &Path, rows: &[Row]) -> Result<Vec<(PathBuf, String)>> {
    let folder = path.parent().unwrap_or(path);
    let host: Host = toml::from_str(&fs::read_to_string(path)?)?;
    let mut templates = Vec::new();
    for file in &host.file {
        let template = folder.join(&file.template);
        let text =
            fs::read_to_string(&template).with_context(|| file.template.display().to_string())?;
        for key in file.other.keys() {
            ensure!(
                text.contains(key.as_str()),
                "`{key}` of {} does not stand in its template",
                file.path.display()
            );
        }
        templates.push(text);
    }
    for (name, own) in &host.errors {
        ensure!(
            rows.iter().any(|row| row.name == name),
            "[errors.{name}]: no error has this name"
        );
        for key in own.keys() {
            ensure!(
                templates.iter().any(|text| text.contains(key.as_str())),
                "`{key}` of [errors.{name}] stands in no template"
            );
        }
    }
    let errors: Vec<Said> = rows
        .iter()
        .map(|row| Said {
            row,
            own: host.errors.get(row.name),
        })
        .collect();
    let environment = environment()?;
    let files = host.file.iter().zip(&templates);
    files
        .map(|(file, template)| {
            let seen = Seen {
                errors: &errors,
                file,
                host: &host.other,
            };
            let name = file.template.display().to_string();
            let text = environment.render_named_str(&name, template, Serde(seen))?;
            Ok((folder.join(&file.path), text))
        })
        .collect()
}

/// Templates are Jinja's, with three filters of our own.
fn environment() -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    syntax.lstrip_blocks(true);
    syntax.trim_blocks(true);
    environment.set_syntax(syntax.build()?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.add_filter("camel", camel);
    environment.add_filter("wrap", wrap);
    environment.add_filter("code", code);
    Ok(environment)
}

/// `out_of_range` as `OutOfRange`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    name.split('_').map(word).collect()
}

/// Breaks text into lines of at most `width` characters. Each but the first begins with `prefix`, which stands
/// before the first in the template.
fn wrap(text: &str, prefix: &str, width: usize) -> String {
    let room = width.saturating_sub(prefix.chars().count());
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() {
                if line.chars().count() + 1 + word.chars().count() > room {
                    lines.push(std::mem::take(&mut line));
                } else {
                    line.push(' ');
                }
            }
            line += word;
        }
        lines.push(line);
    }
    let mut out = lines.remove(0);
    for line in lines {
        out += "\n";
        out += format!("{prefix}{line}").trim_end();
    }
    out
}

/// What stands between backticks, between two other texts.
fn code(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, mark) in parts.zip([open, close].iter().cycle()) {
        out += mark;
        out += part;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_camels() {
        assert_eq!(camel("out_of_range"), "OutOfRange");
        assert_eq!(camel("io"), "Io");
    }

    #[test]
    fn text_is_wrapped_under_its_prefix() {
        assert_eq!(wrap("one", "# ", 80), "one");
        assert_eq!(wrap("one two three", "# ", 9), "one two\n# three");
        assert_eq!(wrap("one two\n\nthree", "# ", 9), "one two\n#\n# three");
        assert_eq!(wrap("longer-than-that a", "# ", 9), "longer-than-that\n# a");
    }

    #[test]
    fn code_is_marked() {
        assert_eq!(code("no", "<", ">"), "no");
        assert_eq!(
            code("`a` and `b`.", "<c>", "</c>"),
            "<c>a</c> and <c>b</c>."
        );
    }
}
