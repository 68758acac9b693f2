//! `toll check`: every vector on every bridge.
//!
//! A crash, a hang or a wrong reply is that bridge's result; the run goes on with a fresh runner.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use crate::bridge::{Bridge, Role, Workspace};
use crate::hosts::{Ready, ready};
use crate::places::{Places, Scratch};
use crate::runner::{Outcome, Runner};
use crate::vectors::{self, Expected, Step, Vector, mismatch, show};
use crate::{machine, store, table};

/// The reason of strategies whose errors carry no fields. It does not end a vector.
const NO_ERROR_FIELDS: &str = "no_error_fields";
/// The reason that floors and pure hosts need not declare: they lack the operation.
const NO_OPERATION: &str = "op";
/// How much of a long request or reply a message shows.
const SHOWN: usize = 600;

/// Arguments of `toll check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bridges to check: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
    /// Vectors of your own, instead of conformance/vectors: a file, or a folder of *.vec files. May be repeated.
    #[arg(long, value_name = "PATH")]
    pub vectors: Vec<PathBuf>,
    /// Only the vectors whose name contains this.
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
    /// Seconds that a runner may take for one reply before it counts as hung.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// Start each runner under this command, such as Valgrind with its options; split at spaces.
    #[arg(long, value_name = "COMMAND")]
    pub under: Option<String>,
    /// A list of rows: bridge, host, strategy, role, passed, failed, unsupported, reasons, problems, vectors.
    #[arg(long)]
    pub json: bool,
}

/// What one bridge made of the vectors: a row of `toll check --json` and of `target/toll/check.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checked {
    /// `host/strategy`.
    pub bridge: String,
    /// The language that calls.
    pub host: String,
    /// The way across.
    pub strategy: String,
    /// What the bridge is there for.
    pub role: Role,
    /// The identity of the library that the runner loaded, as in results: of what this was found out.
    #[serde(default)]
    pub library: Option<String>,
    /// Vectors that came out as written.
    pub passed: usize,
    /// Vectors that did not.
    pub failed: usize,
    /// Vectors that ended in a declared `unsupported`.
    pub unsupported: usize,
    /// How many vectors met each declared reason. With `no_error_fields` a vector still passes.
    pub reasons: BTreeMap<String, usize>,
    /// What is wrong beside single vectors: a runner that does not start, a reason that nothing needs.
    pub problems: Vec<String>,
    /// One entry a vector, in their order.
    pub vectors: Vec<VectorResult>,
}

/// What one bridge made of one vector.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VectorResult {
    /// The vector, as `file/name`.
    pub vector: String,
    /// How it came out.
    pub outcome: Verdict,
    /// The reason, if it is unsupported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The step that failed, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// How a vector came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every reply was the expected one.
    Passed,
    /// One was not, or the runner crashed or hung.
    Failed,
    /// The bridge declares that it cannot.
    Unsupported,
}

/// A step that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What is wrong with it.
    pub what: String,
    /// What the vector is there to catch.
    pub why: String,
    /// `file:line` of the request.
    pub at: String,
    /// The request as the vector writes it.
    pub request: String,
    /// The expected reply as the vector writes it.
    pub wanted: String,
    /// The reply in the same form; how the runner ended, if it did.
    pub got: String,
    /// The request on the wire.
    pub wire: String,
    /// The reply on the wire; empty without one.
    pub wire_reply: String,
}

/// Checks the selected bridges.
///
/// # Errors
/// When nothing is selected, a file of vectors is wrong, or a host is missing in CI. What a bridge does wrong
/// is exit code 1.
pub fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let mut selected = workspace.select(&args.bridges)?;
    // Messages are compared with the first bridge's, which had better be Rust's own.
    selected.sort_by_key(|bridge| bridge.role != Role::Baseline);
    let vectors = load(workspace, args)?;
    let all_ran = args.vectors.is_empty() && args.only.is_none();
    let under: Vec<String> = args
        .under
        .iter()
        .flat_map(|words| words.split(' '))
        .filter(|word| !word.is_empty())
        .map(String::from)
        .collect();
    let Ready { here, skipped } = ready(workspace, selected)?;
    ensure!(
        !here.is_empty(),
        "no selected bridge can run here; `toll doctor` says what to install"
    );

    let mut checker = Checker {
        vectors: &vectors,
        limit: Duration::from_secs(args.limit),
        all_ran,
        messages: HashMap::new(),
        scratch: Scratch::new()?,
        progress: progress(vectors.len() * here.len()),
    };
    let mut rows = Vec::new();
    for bridge in here {
        let mut bridge = bridge.clone();
        bridge.runner.splice(0..0, under.iter().cloned());
        let row = checker.check(&bridge);
        if !args.json {
            checker.progress.suspend(|| table::print(failures(&row)))?;
        }
        rows.push(row);
    }
    checker.progress.finish_and_clear();
    // What a tool finds is no result of the bridge by itself.
    if all_ran && under.is_empty() {
        save(workspace, &rows)?;
    }

    let sum = |count: fn(&Checked) -> usize| rows.iter().map(count).sum::<usize>();
    let failed = sum(Checked::failures);
    if args.json {
        table::print_json(&rows)?;
    } else {
        let lines: Vec<Vec<String>> = rows.iter().map(summary).collect();
        table::print(table::columns(&lines))?;
        table::print_line(format_args!(
            "{} passed, {failed} failed, {} skipped",
            sum(|row| row.passed),
            sum(|row| row.unsupported) + skipped.len() * vectors.len()
        ))?;
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs vectors on each of these bridges; messages are compared with the first one's.
///
/// # Errors
/// When there is no place for what vectors write.
pub(crate) fn each(
    vectors: &[Vector],
    bridges: &[Bridge],
    limit: Duration,
) -> Result<Vec<Checked>> {
    let mut checker = Checker {
        vectors,
        limit,
        all_ran: true,
        messages: HashMap::new(),
        scratch: Scratch::new()?,
        progress: progress(vectors.len() * bridges.len()),
    };
    let rows = bridges.iter().map(|bridge| checker.check(bridge)).collect();
    checker.progress.finish_and_clear();
    Ok(rows)
}

/// The vectors of `conformance/vectors`, in order of their files, each named `file/name`.
///
/// # Errors
/// When there are none, or a file is wrong.
pub fn load_all(workspace: &Workspace) -> Result<Vec<Vector>> {
    load_from(workspace, &[workspace.root.join("conformance/vectors")])
}

/// What the last `toll check` of all vectors left behind, for every bridge that ever ran here.
///
/// # Errors
/// When the file is not one that `toll check` wrote.
pub fn load_results(workspace: &Workspace) -> Result<Vec<Checked>> {
    let file = results_file(workspace);
    let found = store::read(&file, None, "toll check");
    Ok(found
        .with_context(|| file.display().to_string())?
        .unwrap_or_default())
}

fn results_file(workspace: &Workspace) -> PathBuf {
    workspace.root.join("target/toll/check.json")
}

/// Adds `rows` to the results of earlier runs, replacing those of the same bridges.
fn save(workspace: &Workspace, rows: &[Checked]) -> Result<()> {
    // Results that cannot be read are replaced.
    let mut all = load_results(workspace).unwrap_or_default();
    all.retain(|old| {
        let known = workspace.bridges.iter().any(|b| b.id == old.bridge);
        known && rows.iter().all(|row| row.bridge != old.bridge)
    });
    all.extend_from_slice(rows);
    all.sort_by(|a, b| a.bridge.cmp(&b.bridge));
    store::write(&results_file(workspace), &all, &workspace.root)
}

fn load(workspace: &Workspace, args: &Args) -> Result<Vec<Vector>> {
    let mut vectors = match &args.vectors[..] {
        [] => load_all(workspace)?,
        places => load_from(workspace, places)?,
    };
    if let Some(only) = &args.only {
        vectors.retain(|v| v.name.contains(only.as_str()));
        ensure!(!vectors.is_empty(), "no vector's name contains `{only}`");
    }
    Ok(vectors)
}

/// A folder's *.vec files, in order.
fn files_in(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(dir).with_context(|| dir.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if file.extension().is_some_and(|e| e == "vec") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The vectors of folders and single files.
fn load_from(workspace: &Workspace, places: &[PathBuf]) -> Result<Vec<Vector>> {
    let mut vectors: Vec<Vector> = Vec::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for place in places {
        let (dir, files) = match place.is_file() {
            true => (place.parent().unwrap_or(place), vec![place.clone()]),
            false => (place.as_path(), files_in(place)?),
        };
        let beside = dir.join("../data");
        let data = match beside.is_dir() {
            true => beside.canonicalize()?,
            false => workspace.root.join("conformance/data"),
        };
        ensure!(!files.is_empty(), "{} holds no *.vec file", dir.display());
        for file in files {
            let text =
                std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            let name = file.strip_prefix(&workspace.root).unwrap_or(&file);
            let group = file.file_stem().unwrap_or_default().to_string_lossy();
            for mut vector in vectors::parse(&name.to_string_lossy(), &text)? {
                vector.name = format!("{group}/{}", vector.name);
                vector.data.clone_from(&data);
                vectors.push(vector);
            }
        }
    }
    for vector in &vectors {
        if let Some(other) = names.insert(vector.name.clone(), vector.file.clone()) {
            anyhow::bail!(
                "vector {} stands in {other} and in {}",
                vector.name,
                vector.file
            );
        }
    }
    ensure!(
        !vectors.is_empty(),
        "there are no vectors in {}",
        list(places)
    );
    Ok(vectors)
}

fn list(dirs: &[impl AsRef<Path>]) -> String {
    let dirs: Vec<String> = dirs
        .iter()
        .map(|d| d.as_ref().display().to_string())
        .collect();
    dirs.join(", ")
}

struct Checker<'a> {
    vectors: &'a [Vector],
    limit: Duration,
    /// Whether a reason that was not met is a reason that nothing needs.
    all_ran: bool,
    /// By vector and line, the first bridge that answered with messages, and these.
    messages: HashMap<(&'a str, usize), (String, Vec<String>)>,
    /// Where vectors may write.
    scratch: Scratch,
    progress: ProgressBar,
}

/// What a bridge made of a step.
enum Stepped {
    Right,
    /// Right, but for a declared reason.
    RightBut(&'static str),
    Unsupported(String),
    Wrong {
        what: String,
        reply: Vec<String>,
    },
    /// Crashed or hung: how.
    Gone(String),
}

impl<'a> Checker<'a> {
    fn check(&mut self, bridge: &Bridge) -> Checked {
        self.progress.set_message(bridge.id.clone());
        let mut row = Checked {
            bridge: bridge.id.clone(),
            host: bridge.host().to_owned(),
            strategy: bridge.strategy().to_owned(),
            role: bridge.role,
            library: None,
            passed: 0,
            failed: 0,
            unsupported: 0,
            reasons: BTreeMap::new(),
            problems: Vec::new(),
            vectors: Vec::new(),
        };
        let mut runner: Option<Runner> = None;
        for vector in self.vectors {
            if runner.is_none() && row.problems.is_empty() {
                match Runner::start(bridge) {
                    Ok(started) => {
                        row.library = identity(&started);
                        runner = Some(started);
                    }
                    Err(error) => row.problems.push(format!("{error:#}")),
                }
            }
            let (result, met) = self.run_vector(vector, &mut runner);
            for reason in met {
                *row.reasons.entry(reason).or_default() += 1;
            }
            match result.outcome {
                Verdict::Passed => row.passed += 1,
                Verdict::Failed => row.failed += 1,
                Verdict::Unsupported => row.unsupported += 1,
            }
            row.vectors.push(result);
            self.progress.inc(1);
        }
        // What goes wrong at exit, or is only counted there, is a result too.
        if let Some(problem) = runner.and_then(|runner| self.end(runner)) {
            row.problems.push(problem);
        }
        if self.all_ran && row.passed == 0 && row.problems.is_empty() {
            row.problems.push("not one vector passed".into());
        }
        // A failed vector may be the one that needs the reason.
        if self.all_ran && row.failed == 0 {
            for cannot in &bridge.cannot {
                if !row.reasons.contains_key(&cannot.reason) {
                    row.problems.push(format!(
                        "no vector needs the reason `{}` any more; take it out where `toll list --resolved {}` says that it stands",
                        cannot.reason, bridge.id
                    ));
                }
            }
        }
        row
    }

    /// Runs a vector and lets go of what it made; also the reasons it met. A runner that cannot go on is taken away;
    /// where there is none, the vector has failed.
    fn run_vector(
        &mut self,
        vector: &'a Vector,
        slot: &mut Option<Runner>,
    ) -> (VectorResult, BTreeSet<String>) {
        let mut met = BTreeSet::new();
        let Some(runner) = slot else {
            return (VectorResult::new(vector, Verdict::Failed), met);
        };
        let mut result = VectorResult::new(vector, Verdict::Passed);
        let places = match self.scratch.empty() {
            Ok(scratch) => Places {
                data: vector.data.clone(),
                scratch,
            },
            Err(error) => {
                let (step, what) = (&vector.steps[0], format!("{error:#}"));
                let failure = Failure::new(vector, step, what, String::new(), String::new());
                result.fail(failure);
                return (result, met);
            }
        };
        for step in &vector.steps {
            let step = &places.put_into(step);
            let reply = runner.ask(&step.request.join(" "), self.limit);
            match self.judge(runner.bridge(), vector, step, reply) {
                Stepped::Right => {}
                Stepped::RightBut(reason) => {
                    met.insert(reason.to_owned());
                }
                Stepped::Unsupported(reason) => {
                    met.insert(reason.clone());
                    result.outcome = Verdict::Unsupported;
                    result.reason = Some(reason);
                    break;
                }
                Stepped::Wrong { what, reply } => {
                    result.fail(Failure::new(
                        vector,
                        step,
                        what,
                        written(&reply),
                        reply.join(" "),
                    ));
                    break;
                }
                Stepped::Gone(how) => {
                    result.fail(Failure::new(
                        vector,
                        step,
                        "the runner ended".into(),
                        how,
                        String::new(),
                    ));
                    *slot = None;
                    return (result, met);
                }
            }
        }
        // Part of the vector: a crash while its objects are let go is this vector's crash.
        let (got, wire) = match runner.ask("reset", self.limit) {
            Outcome::Reply(reply) if reply == ["ok"] => return (result, met),
            Outcome::Reply(reply) => (written(&reply), reply.join(" ")),
            Outcome::Died(how) => (how, String::new()),
            Outcome::Hung => (self.hung(), String::new()),
        };
        // Dead, or out of step: the next reply may be to an older request.
        *slot = None;
        if result.failure.is_none() {
            let last = &vector.steps[vector.steps.len() - 1];
            let mut failure = Failure::new(
                vector,
                last,
                "letting go of its objects failed".into(),
                got,
                wire,
            );
            failure.request = "reset".into();
            failure.wire = "reset".into();
            failure.wanted = "ok".into();
            result.fail(failure);
        }
        (result, met)
    }

    fn judge(
        &mut self,
        bridge: &Bridge,
        vector: &'a Vector,
        step: &Step,
        outcome: Outcome,
    ) -> Stepped {
        let reply = match outcome {
            Outcome::Reply(reply) => reply,
            Outcome::Died(how) => return Stepped::Gone(how),
            Outcome::Hung => return Stepped::Gone(self.hung()),
        };
        if let Some(reason) = unsupported(&reply) {
            return match judge_unsupported(bridge, reason) {
                Ok(()) => Stepped::Unsupported(reason.join(" ")),
                Err(what) => Stepped::Wrong { what, reply },
            };
        }
        if !matches!(reply[0].as_str(), "ok" | "err") {
            let what = "the runner could not read the request, or its reply is none".into();
            return Stepped::Wrong { what, reply };
        }
        let mut verdict = Stepped::Right;
        if let Some(what) = mismatch(&step.expected, &reply) {
            let declared = bridge.cannot.iter().any(|c| c.reason == NO_ERROR_FIELDS);
            if !declared || !vectors::matches_without_fields(&step.expected, &reply) {
                return Stepped::Wrong { what, reply };
            }
            verdict = Stepped::RightBut(NO_ERROR_FIELDS);
        }
        let messages: Vec<String> = vectors::messages(&reply).map(String::from).collect();
        if messages.is_empty() {
            return if reply[0] == "err" {
                Stepped::Wrong {
                    what: "an error ends with its message".into(),
                    reply,
                }
            } else {
                verdict
            };
        }
        if step.expected == Expected::Any {
            return verdict;
        }
        let first = self
            .messages
            .entry((&vector.name, step.line))
            .or_insert_with(|| (bridge.id.clone(), messages.clone()));
        if first.1 == messages {
            return verdict;
        }
        let what = format!("{} says {}", first.0, show(&first.1));
        Stepped::Wrong { what, reply }
    }

    /// Lets the runner end by itself; what was wrong with how it did.
    fn end(&self, mut runner: Runner) -> Option<String> {
        let how = match runner.end(self.limit) {
            Some(status) if status.success() => return None,
            Some(status) => status.to_string(),
            None => format!("not within {:?}; it was killed", self.limit),
        };
        let stderr = runner.stderr().join("\n  stderr: ");
        Some(format!(
            "the runner did not end well at the end of its input: {how}\n  stderr: {stderr}"
        ))
    }

    fn hung(&self) -> String {
        format!("no reply within {:?}; it was killed", self.limit)
    }
}

/// What follows `unsupported` in a reply that says so, be it of an operation inside a visitor, after the colon.
fn unsupported(reply: &[String]) -> Option<&[String]> {
    let mut parts = reply.split(|token| token == ":");
    parts.find_map(|part| match part.split_first() {
        Some((word, reason)) if word == "unsupported" => Some(reason),
        _ => None,
    })
}

/// Whether a bridge may answer `unsupported` with these words; if not, why.
fn judge_unsupported(bridge: &Bridge, reason: &[String]) -> Result<(), String> {
    let [reason] = reason else {
        return Err("`unsupported` is followed by one word".into());
    };
    if bridge.cannot.iter().any(|c| c.reason == *reason)
        || reason == NO_OPERATION && bridge.role.is_partial()
    {
        return Ok(());
    }
    Err(match reason.as_str() {
        NO_OPERATION => "the runner does not know this operation".into(),
        _ => format!(
            "bindings/{}/bridge.toml does not declare it: it has no [cannot.{reason}.rule-1] with the rule's number, or no-rule",
            bridge.id
        ),
    })
}

/// Of the library that a runner loaded, if it did.
fn identity(runner: &Runner) -> Option<String> {
    let path = runner.hello().library.as_deref()?;
    // The root only shortens its path, which is not kept.
    let library = machine::library(path, Path::new("")).ok()?;
    Some(library.identity)
}

impl Checked {
    /// What counts against it: failed vectors, or else what is wrong beside them.
    pub fn failures(&self) -> usize {
        match self.failed {
            0 => self.problems.len(),
            failed => failed,
        }
    }
}

impl VectorResult {
    fn new(vector: &Vector, outcome: Verdict) -> Self {
        Self {
            vector: vector.name.clone(),
            outcome,
            reason: None,
            failure: None,
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.outcome = Verdict::Failed;
        self.reason = None;
        self.failure = Some(failure);
    }
}

impl Failure {
    fn new(vector: &Vector, step: &Step, what: String, got: String, wire_reply: String) -> Self {
        let wanted = match &step.expected {
            Expected::Any => "any",
            Expected::Reply { human, .. } => human,
        };
        Self {
            what,
            why: vector.why.clone(),
            at: format!("{}:{}", vector.file, step.line),
            request: step.human.clone(),
            wanted: wanted.to_owned(),
            got,
            wire: step.request.join(" "),
            wire_reply,
        }
    }
}

/// A reply as a vector would write it: without its `ok`, unless that is all.
fn written(reply: &[String]) -> String {
    match reply {
        [ok, rest @ ..] if ok == "ok" && !rest.is_empty() => show(rest),
        _ => show(reply),
    }
}

/// What is wrong with a bridge, for people.
pub(crate) fn failures(row: &Checked) -> String {
    let mut out = String::new();
    for problem in &row.problems {
        out += &format!("FAIL {}: {problem}\n\n", row.bridge);
    }
    for result in &row.vectors {
        let Some(failure) = &result.failure else {
            continue;
        };
        let what = shortened(&failure.what);
        out += &format!("FAIL {} {}: {what}\n", row.bridge, result.vector);
        for (label, text) in [
            ("why", &failure.why),
            ("at", &failure.at),
            ("request", &failure.request),
            ("wanted", &failure.wanted),
            ("got", &failure.got),
            ("wire", &failure.wire),
            ("reply", &failure.wire_reply),
        ] {
            if !text.is_empty() {
                out += &format!("  {label:8} {}\n", shortened(text));
            }
        }
        out.push('\n');
    }
    out
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

fn summary(row: &Checked) -> Vec<String> {
    let reasons: Vec<String> = row
        .reasons
        .iter()
        .map(|(r, n)| format!("{r} {n}"))
        .collect();
    let reasons = match &reasons[..] {
        [] => String::new(),
        some => format!("({})", some.join(", ")),
    };
    vec![
        row.bridge.clone(),
        format!("{} passed,", row.passed),
        format!("{} failed,", row.failures()),
        format!("{} unsupported", row.unsupported),
        reasons,
    ]
}

/// A bar on stderr, if that is a terminal.
fn progress(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
