//! `conformance/hazards.toml`: what is tried, and what is promised.

use std::collections::BTreeSet;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;

use crate::bridge::{Bridge, RULES, Workspace};
use crate::vectors::{self, Step};

const FILE: &str = "conformance/hazards.toml";

/// The first words of outcomes, and what they say. All but the last six leave a process that still works.
pub const OUTCOMES: [(&str, &str); 12] = [
    (
        "right",
        "the right answer: what was tried is no hazard here",
    ),
    ("error", "the library's error of that name"),
    (
        "raised",
        "the exception that left the callback comes out of the call, the very same",
    ),
    (
        "reported",
        "the call succeeds, and what went wrong in the callback or destructor goes to the host's hook for it",
    ),
    (
        "exception",
        "the host's own exception of that class, before anything crosses",
    ),
    (
        "leak",
        "what is forgotten is never freed, and no tool tells of it",
    ),
    ("refused", "it cannot be written in this host"),
    (
        "caught",
        "undefined; the detector of that name ends the process and says what it saw",
    ),
    ("crash", "a signal ends the process"),
    ("exit", "the process ends by itself, with that code"),
    ("hang", "no end within the limit"),
    (
        "wrong",
        "another answer than the right one: never promised, never declared",
    ),
];

/// All hazards, in the file's order.
#[derive(Debug)]
pub struct Catalogue {
    pub hazards: Vec<Hazard>,
}

/// One hazard, as requests of the vector language. A histogram `h` is there before the first.
#[derive(Debug)]
pub struct Hazard {
    pub name: String,
    /// What it is there to show.
    pub why: String,
    /// The boundary rule, from 1, if one speaks of it.
    pub rule: Option<usize>,
    /// The outcome on a bridge that declares no other.
    pub promise: String,
    /// How many processes try it, since a race does not go wrong each time.
    pub times: usize,
    /// What makes it ready.
    pub before: Vec<Step>,
    /// The hazard itself: its reply is the outcome.
    pub deed: Step,
    /// What must be so afterwards, if the process lives.
    pub after: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hazard: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    why: String,
    rule: Option<usize>,
    promise: String,
    #[serde(default = "once")]
    times: usize,
    #[serde(default)]
    before: Vec<String>,
    /// `hazard <name> h` when left out.
    deed: Option<String>,
    #[serde(default)]
    after: Vec<String>,
}

fn once() -> usize {
    1
}

impl Catalogue {
    /// Reads the file.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let path = workspace.root.join(FILE);
        let text = std::fs::read_to_string(&path).with_context(|| FILE.to_owned())?;
        let file: File = toml::from_str(&text).with_context(|| FILE.to_owned())?;
        let mut names = BTreeSet::new();
        let mut hazards = Vec::new();
        for entry in file.hazard {
            let context = format!("{FILE}: {}", entry.name);
            ensure!(
                names.insert(entry.name.clone()),
                "{context} stands there twice"
            );
            hazards.push(Hazard::read(entry).context(context)?);
        }
        Ok(Self { hazards })
    }

    /// Whether all that a bridge says of hazards makes sense.
    pub fn check(&self, bridge: &Bridge) -> Result<()> {
        let id = &bridge.id;
        let find = |name: &str| {
            let hazard = self.hazards.iter().find(|hazard| hazard.name == name);
            hazard.with_context(|| format!("{id}: {FILE} knows no hazard `{name}`"))
        };
        for exception in &bridge.hazard {
            let name = &exception.name;
            let hazard = find(name)?;
            check_outcome(&exception.outcome).with_context(|| format!("{id}: {name}"))?;
            ensure!(
                exception.outcome != hazard.promise,
                "{id}: `{}` is promised for `{name}`, and no exception",
                hazard.promise
            );
            ensure!(!exception.why.is_empty(), "{id}: `{name}` needs a `why`");
        }
        for name in bridge.detector.iter().flat_map(|d| &d.watches) {
            find(name)?;
        }
        Ok(())
    }
}

impl Hazard {
    fn read(entry: Entry) -> Result<Self> {
        ensure!(!entry.why.is_empty(), "it needs a `why`");
        ensure!(
            entry
                .rule
                .is_none_or(|rule| (1..=RULES.len()).contains(&rule)),
            "rule must be 1 to {}",
            RULES.len()
        );
        check_outcome(&entry.promise)?;
        ensure!(entry.times > 0, "it is tried once at least");
        let deed = entry
            .deed
            .unwrap_or_else(|| format!("hazard {} h", entry.name));
        let mut deed = steps(&[deed])?;
        Ok(Self {
            before: steps(&entry.before)?,
            deed: deed.pop().context("the deed is no request")?,
            after: steps(&entry.after)?,
            name: entry.name,
            why: entry.why,
            rule: entry.rule,
            promise: entry.promise,
            times: entry.times,
        })
    }
}

/// Requests with the replies they expect, as in a vector.
fn steps(lines: &[String]) -> Result<Vec<Step>> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!("vector hazard\nwhy -\n{}\n", lines.join("\n"));
    // The place would be one in a file that nobody has.
    let vectors = vectors::parse(FILE, &text).map_err(|error| anyhow!("{}", error.what))?;
    Ok(vectors
        .into_iter()
        .flat_map(|vector| vector.steps)
        .collect())
}

fn check_outcome(outcome: &str) -> Result<()> {
    let first = outcome.split(' ').next().unwrap_or_default();
    let known = OUTCOMES.iter().any(|(word, _)| *word == first);
    ensure!(
        known && first != "wrong",
        "`{outcome}` is no outcome to promise; see conformance/README.md"
    );
    Ok(())
}
