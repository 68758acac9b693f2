//! What the vectors reach: operations, probes and faults, read out of the tables of `conformance/README.md`; errors,
//! from core's table; and which operation gives which error, from `conformance/errors.toml`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use tollbridge_core::Error;

use crate::bridge::Workspace;
use crate::check;
use crate::vectors::{self, Vector};

/// The chapters of `conformance/README.md` whose tables list requests.
const CHAPTERS: [(&str, &str); 3] = [
    ("Operations", "operation"),
    ("Probes", "probe"),
    ("Faults", "fault"),
];
/// How a request's callback ends: the words by which one operation has several rows.
const MODES: [&str; 4] = ["all", "stop", "raise", "do"];

/// Something that no vector reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Uncovered {
    /// `operation`, `probe`, `fault`, `error`, `operation × error`, or `errors.toml` for a gap in that table.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// An operation and an error that it can give.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// The operation.
    pub operation: String,
    /// The error's name.
    pub error: String,
    /// The vectors that reach it.
    pub vectors: Vec<String>,
}

/// What can be reached, and what is.
#[derive(Debug)]
pub struct Coverage {
    /// What no vector reaches, in order.
    pub uncovered: Vec<Uncovered>,
    /// Every pair of `conformance/errors.toml`.
    pub pairs: Vec<Pair>,
}

/// `conformance/errors.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorsFile {
    /// By operation, the names of the errors it can give.
    operations: BTreeMap<String, Vec<String>>,
    /// Errors that no vector can provoke, and the file of a host test that does.
    host_tests: BTreeMap<String, String>,
}

/// Compares the vectors with everything there is to reach.
///
/// # Errors
/// When a file is missing or wrong.
pub fn measure(workspace: &Workspace) -> Result<Coverage> {
    let file = workspace.root.join("conformance/README.md");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let requests = requests(&text).with_context(|| file.display().to_string())?;
    let file = workspace.root.join("conformance/errors.toml");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let errors: ErrorsFile = toml::from_str(&text).with_context(|| file.display().to_string())?;
    let vectors = check::load_all(workspace)?;
    let mut coverage =
        compare(&requests, &errors, &vectors).with_context(|| file.display().to_string())?;
    for (error, test) in &errors.host_tests {
        let text = std::fs::read_to_string(workspace.root.join(test)).unwrap_or_default();
        if !text.to_lowercase().contains(error) {
            coverage.uncovered.push(Uncovered {
                kind: "error",
                name: format!("{error} is not in {test}, where errors.toml says it is tested"),
            });
        }
    }
    coverage.uncovered.sort();
    Ok(coverage)
}

/// By request (an operation, with its mode if it has several), the kind of its chapter.
fn requests(readme: &str) -> Result<BTreeMap<String, &'static str>> {
    let mut found = BTreeMap::new();
    for (title, kind) in CHAPTERS {
        let chapter = readme
            .split("\n## ")
            .find(|c| c.lines().next() == Some(title));
        let chapter = chapter.with_context(|| format!("there is no chapter `## {title}`"))?;
        let rows = chapter.lines().filter(|line| line.starts_with('|')).skip(2);
        let before = found.len();
        for row in rows {
            let cell = row.split('|').nth(1).unwrap_or_default();
            let mut operation = "";
            // Every other piece stands between backticks.
            for code in cell.split('`').skip(1).step_by(2) {
                let words: Vec<&str> = code.split_whitespace().collect();
                let first = *words
                    .first()
                    .with_context(|| format!("an empty request in {row}"))?;
                // `stop` alone is another mode of the operation before it.
                if !MODES.contains(&first) {
                    operation = first;
                }
                let mode = words.into_iter().find(|word| MODES.contains(word));
                found.insert(request_name(operation, mode), kind);
            }
        }
        ensure!(
            found.len() > before,
            "the table of `## {title}` names no request"
        );
    }
    Ok(found)
}

fn request_name(operation: &str, mode: Option<&str>) -> String {
    mode.map_or(operation.to_owned(), |mode| format!("{operation} {mode}"))
}

fn compare(
    requests: &BTreeMap<String, &'static str>,
    errors: &ErrorsFile,
    vectors: &[Vector],
) -> Result<Coverage> {
    let operations: BTreeSet<&str> = requests.keys().map(|r| first_word(r)).collect();
    let known = |error: &str| Error::TABLE.iter().any(|e| e.name == error);
    for (operation, names) in &errors.operations {
        ensure!(
            operations.contains(operation.as_str()),
            "`{operation}` is no operation of conformance/README.md"
        );
        for name in names {
            ensure!(
                known(name),
                "`{name}` of {operation} is no error of core's table"
            );
        }
    }
    if let Some(name) = errors.host_tests.keys().find(|name| !known(name)) {
        bail!("`{name}` of host_tests is no error of core's table");
    }

    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut reached_errors: BTreeSet<&str> = BTreeSet::new();
    let mut reached_pairs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut uncovered = BTreeSet::new();
    for vector in vectors {
        for step in &vector.steps {
            let parts: Vec<&[String]> = step.requests().collect();
            for part in &parts {
                let mode = part
                    .iter()
                    .map(String::as_str)
                    .find(|token| MODES.contains(token));
                reached.insert(part[0].clone());
                reached.insert(request_name(&part[0], mode));
            }
            for error in vectors::error_names(&step.expected) {
                reached_errors.insert(error);
                // An error of a request with a block may come from any of its parts that can give it.
                let can = |part: &&&[String]| {
                    let listed = errors.operations.get(&part[0]);
                    listed.is_some_and(|names| names.iter().any(|name| name == error))
                };
                let able: Vec<_> = parts.iter().filter(can).collect();
                for part in &able {
                    let pair = (part[0].as_str(), error);
                    reached_pairs.entry(pair).or_default().insert(&vector.name);
                }
                if able.is_empty() {
                    uncovered.insert(Uncovered {
                        kind: "errors.toml",
                        name: format!(
                            "does not say that {} can give {error}, as {} expects",
                            parts[0][0], vector.name
                        ),
                    });
                }
            }
        }
    }
    for (request, kind) in requests {
        if !reached.contains(request) {
            uncovered.insert(Uncovered {
                kind,
                name: request.clone(),
            });
        }
    }
    for error in Error::TABLE {
        if !reached_errors.contains(error.name) && !errors.host_tests.contains_key(error.name) {
            uncovered.insert(Uncovered {
                kind: "error",
                name: error.name.to_owned(),
            });
        }
    }
    let mut pairs = Vec::new();
    for (operation, names) in &errors.operations {
        for error in names {
            let by = reached_pairs.get(&(operation.as_str(), error.as_str()));
            if by.is_none() {
                uncovered.insert(Uncovered {
                    kind: "operation × error",
                    name: format!("{operation} × {error}"),
                });
            }
            pairs.push(Pair {
                operation: operation.clone(),
                error: error.clone(),
                vectors: by.into_iter().flatten().map(|&v| v.to_owned()).collect(),
            });
        }
    }
    Ok(Coverage {
        uncovered: uncovered.into_iter().collect(),
        pairs,
    })
}

fn first_word(request: &str) -> &str {
    request.split(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "\n# t\n\n## Operations\n\ntext\n\n| request | reply |\n| --- | --- |\n\
        | `len h` | count |\n| `tag h` / `set_tag h \"<text>\"` | text / |\n\
        | `visit h scan stop <k>` | x |\n\
        \n## Probes\n| request | reply |\n| --- | --- |\n| `call_back <n> all` (`stop`, `raise`) | x |\n\
        ## Faults\n| request |\n| --- |\n| `panic \"<text>\"` |\n";

    fn errors(toml: &str) -> ErrorsFile {
        toml::from_str(toml).expect("well-formed")
    }

    fn names(coverage: &Coverage) -> Vec<String> {
        let pairs = coverage.uncovered.iter();
        pairs.map(|u| format!("{} {}", u.kind, u.name)).collect()
    }

    #[test]
    fn requests_are_read_out_of_the_tables() {
        let requests = requests(README).expect("complete");
        let listed: Vec<String> = requests
            .iter()
            .map(|(r, kind)| format!("{kind} {r}"))
            .collect();
        assert_eq!(
            listed,
            [
                "probe call_back all",
                "probe call_back raise",
                "probe call_back stop",
                "operation len",
                "fault panic",
                "operation set_tag",
                "operation tag",
                "operation visit stop",
            ]
        );
        assert!(super::requests("## Operations\n").is_err());
    }

    #[test]
    fn what_no_vector_reaches_is_named() {
        let requests = BTreeMap::from([
            ("len".into(), "operation"),
            ("visit stop".into(), "operation"),
            ("visit do".into(), "operation"),
            ("nop".into(), "probe"),
        ]);
        let errors = errors(
            "[operations]\nlen = [\"closed\", \"poisoned\"]\nvisit = [\"closed\"]\n[host_tests]\nnull_argument = \"x\"\n",
        );
        let text = "vector a\nwhy b\nvisit h recorded do 1 { len h ; nop } => finished [] : err closed\nnop => err panic";
        let vectors = vectors::parse("f", text).expect("well-formed");
        let names = names(&compare(&requests, &errors, &vectors).expect("consistent"));
        assert!(names.contains(&"operation visit stop".into()), "{names:?}");
        assert!(names.contains(&"operation × error len × poisoned".into()));
        assert!(names.contains(&"error poisoned".into()));
        assert!(
            names
                .contains(&"errors.toml does not say that nop can give panic, as a expects".into())
        );
        for covered in [
            "operation len",
            "operation visit do",
            "probe nop",
            "error closed",
            "error null_argument",
        ] {
            assert!(!names.contains(&covered.into()), "{covered}");
        }
        assert!(!names.iter().any(|n| n.ends_with("× closed")), "{names:?}");
    }

    #[test]
    fn the_table_names_only_what_exists() {
        let requests = BTreeMap::from([("len".into(), "operation")]);
        for toml in [
            "[operations]\nlne = []\n[host_tests]\n",
            "[operations]\nlen = [\"oops\"]\n[host_tests]\n",
            "[operations]\n[host_tests]\noops = \"x\"\n",
        ] {
            assert!(compare(&requests, &errors(toml), &[]).is_err(), "{toml}");
        }
    }
}
