//! One hazard on one bridge: a fresh process, and what became of it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Result;

use super::catalogue::{Hazard, OUTCOMES};
use crate::bridge::{Bridge, Detector};
use crate::runner::{Outcome, Runner, signal_name};
use crate::vectors::{self, Step, mismatch, show};

/// An outcome, with what a person would want to know of it.
pub struct Tried {
    pub outcome: String,
    pub detail: String,
}

/// How many times as long everything takes under a detector, at the least.
const SLOWER: u32 = 5;

/// Tries it. Under a detector the limit is that much longer.
///
/// # Errors
/// When the runner does not start, or cannot make ready what the hazard needs.
pub fn run(
    bridge: &Bridge,
    hazard: &Hazard,
    detector: Option<&Detector>,
    limit: Duration,
) -> Result<Tried> {
    let mut bridge = bridge.clone();
    let mut limit = limit;
    if let Some(detector) = detector {
        bridge.runner.clone_from(&detector.runner);
        limit *= SLOWER;
    }
    let mut process = Process {
        runner: Runner::start(&bridge)?,
        limit,
    };
    let (Ok(tried) | Err(tried)) = process.try_on(hazard);
    let Process { mut runner, .. } = process;
    // A detector may speak at the end of a process that answered everything.
    if let Some((detector, finding)) = detector.and_then(|d| Some((d, finding(d, &mut runner)?))) {
        return Ok(Tried {
            outcome: format!("caught {} {finding}", detector.name),
            detail: runner.stderr().join("\n"),
        });
    }
    Ok(tried)
}

/// What the detector found, if it is why the process ended.
fn finding<'a>(detector: &'a Detector, runner: &mut Runner) -> Option<&'a str> {
    if runner.status().is_none_or(|status| status.success()) {
        return None;
    }
    let stderr = runner.stderr();
    stderr.iter().find_map(|line| {
        let mut finds = detector.finds.iter();
        finds.find_map(|(says, name)| line.contains(says).then_some(name.as_str()))
    })
}

/// The outcome that the reply to the deed is.
fn read(deed: &Step, reply: &[String]) -> Tried {
    let wrong = mismatch(&deed.expected, reply);
    let outcome = match (reply[0].as_str(), reply.get(1..).unwrap_or_default()) {
        ("unsupported", _) => "refused".into(),
        // Another error than the expected one is its own outcome, the expected one with other fields is not.
        ("err", [_, name, ..])
            if wrong.is_none() || !vectors::error_names(&deed.expected).any(|n| n == name) =>
        {
            format!("error {name}")
        }
        // What a `hazard` request answers is the outcome, any other request's answer is compared.
        ("ok", []) if is_hazard(deed) => "right".into(),
        ("ok", words) if is_hazard(deed) => words.join(" "),
        ("ok", [word, ..]) if wrong.is_none() && is_outcome(word) => word.clone(),
        ("ok", _) if wrong.is_none() => "right".into(),
        _ => "wrong".into(),
    };
    let replied = format!("{}\n  replied {}", deed.human, show(reply));
    Tried {
        outcome,
        detail: wrong.map_or(replied.clone(), |what| format!("{replied}\n  {what}")),
    }
}

fn is_hazard(deed: &Step) -> bool {
    deed.request[0] == "hazard"
}

fn is_outcome(word: &str) -> bool {
    OUTCOMES.iter().any(|(known, _)| *known == word)
}

/// The runner that a hazard is tried on.
struct Process {
    runner: Runner,
    limit: Duration,
}

impl Process {
    /// What came of it; an error where it went no further.
    fn try_on(&mut self, hazard: &Hazard) -> Result<Tried, Tried> {
        self.expect("new h 1 1000 3", "ok")?;
        for step in &hazard.before {
            self.check(step)?;
        }
        let reply = self.ask(&hazard.deed.request.join(" "))?;
        let tried = read(&hazard.deed, &reply);
        // What was refused has changed nothing.
        let after = if tried.outcome == "refused" {
            &[][..]
        } else {
            &hazard.after
        };
        for step in after {
            self.check(step)?;
        }
        // The process still works.
        self.expect("new proof 1 1000 3", "ok")?;
        self.expect("record proof 5", "ok")?;
        self.expect("len proof", "ok 1")?;
        self.expect("reset", "ok")?;
        match self.runner.end(self.limit) {
            Some(status) if status.success() => Ok(tried),
            status => Err(self.ended(status, "at its end")),
        }
    }

    fn check(&mut self, step: &Step) -> Result<(), Tried> {
        let reply = self.ask(&step.request.join(" "))?;
        match mismatch(&step.expected, &reply) {
            None => Ok(()),
            Some(what) => Err(Tried {
                outcome: "wrong".into(),
                detail: format!("{}\n  replied {}\n  {what}", step.human, show(&reply)),
            }),
        }
    }

    /// Asks what must be answered just so.
    fn expect(&mut self, request: &str, wanted: &str) -> Result<(), Tried> {
        let reply = self.ask(request)?.join(" ");
        if reply == wanted {
            return Ok(());
        }
        Err(Tried {
            outcome: "wrong".into(),
            detail: format!("{request}\n  replied {reply} instead of {wanted}"),
        })
    }

    fn ask(&mut self, request: &str) -> Result<Vec<String>, Tried> {
        match self.runner.ask(request, self.limit) {
            Outcome::Reply(reply) => Ok(reply),
            Outcome::Hung => Err(self.ended(None, request)),
            Outcome::Died(_) => {
                let status = self.runner.status();
                Err(self.ended(status, request))
            }
        }
    }

    /// The outcome that the end of the process is; none for one that was killed after the limit.
    fn ended(&self, status: Option<ExitStatus>, at: &str) -> Tried {
        let outcome = match status.map(|status| (status.code(), status.signal())) {
            None => "hang".into(),
            Some((Some(code), _)) => format!("exit {code}"),
            Some((None, signal)) => {
                let signal = signal.unwrap_or_default();
                signal_name(signal)
                    .map_or(format!("crash {signal}"), |name| format!("crash {name}"))
            }
        };
        Tried {
            outcome,
            detail: format!("{at}\n{}", self.runner.stderr().join("\n")),
        }
    }
}
