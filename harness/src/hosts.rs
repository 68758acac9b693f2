//! What happens host by host: whether it can run here, and its build, test and lint lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::bridge::{Bridge, Host, Need, Workspace};
use crate::table;

/// Bridges, by whether their host can run on this machine.
#[derive(Debug)]
pub struct Ready<'a> {
    /// Those that can.
    pub here: Vec<&'a Bridge>,
    /// Those that need something installed first.
    pub skipped: Vec<&'a Bridge>,
}

/// Sets aside the bridges whose host cannot run here, with one line a host on stderr.
///
/// # Errors
/// When one is set aside although the environment says `CI=true`.
pub fn ready<'a>(workspace: &'a Workspace, bridges: Vec<&'a Bridge>) -> Result<Ready<'a>> {
    let mut away = BTreeSet::new();
    for host in hosts_of(workspace, &bridges) {
        if let Some(need) = host.missing(&workspace.root) {
            eprintln!("skipping {}: {}", host.name, advice(need));
            away.insert(host.id.as_str());
        }
    }
    if !away.is_empty() && std::env::var_os("CI").is_some_and(|ci| ci == "true") {
        bail!("nothing may be skipped where CI=true");
    }
    let (skipped, here) = bridges.into_iter().partition(|b| away.contains(b.host()));
    Ok(Ready { here, skipped })
}

impl Host {
    /// The first thing it needs that this machine lacks.
    #[must_use]
    pub fn missing(&self, root: &Path) -> Option<&Need> {
        self.needs.iter().find(|need| !is_there(need, root))
    }
}

/// Arguments of `toll build` and `toll test`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Bridges: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
    /// Show the output of what succeeds, too.
    #[arg(long, short)]
    pub verbose: bool,
}

/// Arguments of `toll lint`.
#[derive(Debug, clap::Args)]
pub struct LintArgs {
    /// What to run, and how.
    #[command(flatten)]
    pub run: RunArgs,
    /// Mend what a tool can mend, instead.
    #[arg(long)]
    pub fix: bool,
}

/// Arguments of `toll doctor`.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Bridges whose hosts to look at: `python`, `c/*`; all when none is named.
    pub bridges: Vec<String>,
    /// A list of rows: host, name, ready, needs (command, install, found).
    #[arg(long)]
    pub json: bool,
}

/// Builds bridges. A line that several of them share runs once.
///
/// # Errors
/// When nothing is selected or a shell cannot be started; a build that fails is exit code 1.
pub fn build(workspace: &Workspace, args: &RunArgs) -> Result<ExitCode> {
    let bridges = workspace.select(&args.bridges)?;
    let Ready { here, skipped } = ready(workspace, bridges)?;
    let mut lines = Lines::new(workspace, args.verbose);
    for bridge in here {
        lines.run(&bridge.id, &bridge.build)?;
    }
    lines.summary("built", skipped.len())
}

/// Runs the bridges' own tests, then those of the hosts whose bridges are all selected.
///
/// # Errors
/// When nothing is selected or a shell cannot be started; a test that fails is exit code 1.
pub fn test(workspace: &Workspace, args: &RunArgs) -> Result<ExitCode> {
    let bridges = workspace.select(&args.bridges)?;
    let Ready { here, skipped } = ready(workspace, bridges)?;
    let mut lines = Lines::new(workspace, args.verbose);
    for bridge in &here {
        lines.run(&bridge.id, &bridge.test)?;
    }
    for host in hosts_of(workspace, &here) {
        let of_host = |bridges: &[&Bridge]| bridges.iter().filter(|b| b.host() == host.id).count();
        if of_host(&here) == of_host(&workspace.bridges.iter().collect::<Vec<_>>()) {
            lines.run(&host.name, &host.test)?;
        }
    }
    lines.summary("passed", skipped.len())
}

/// Checks the sources of the hosts that selected bridges belong to, or mends them.
///
/// # Errors
/// When nothing is selected or a shell cannot be started; a finding is exit code 1.
pub fn lint(workspace: &Workspace, args: &LintArgs) -> Result<ExitCode> {
    let bridges = workspace.select(&args.run.bridges)?;
    let Ready { here, skipped } = ready(workspace, bridges)?;
    let mut lines = Lines::new(workspace, args.run.verbose);
    for host in hosts_of(workspace, &here) {
        lines.run(&host.name, if args.fix { &host.fix } else { &host.lint })?;
    }
    lines.summary("passed", skipped.len())
}

/// Says which hosts can run here, and what to install for the others.
///
/// # Errors
/// When nothing is selected.
pub fn doctor(workspace: &Workspace, args: &DoctorArgs) -> Result<ExitCode> {
    let bridges = workspace.select(&args.bridges)?;
    let rows: Vec<HostRow> = hosts_of(workspace, &bridges)
        .map(|host| {
            let need = |need| NeedRow {
                need,
                found: is_there(need, &workspace.root),
            };
            let needs: Vec<NeedRow> = host.needs.iter().map(need).collect();
            HostRow {
                host: &host.id,
                name: &host.name,
                ready: needs.iter().all(|n| n.found),
                needs,
            }
        })
        .collect();
    if args.json {
        table::print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let lacking = row.needs.iter().filter(|n| !n.found);
            let advice: Vec<String> = lacking.map(|n| advice(n.need)).collect();
            let state = if row.ready {
                "can run here".into()
            } else {
                advice.join("; ")
            };
            vec![row.name.to_owned(), state]
        })
        .collect();
    table::print(table::columns(&lines))?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct HostRow<'a> {
    host: &'a str,
    name: &'a str,
    ready: bool,
    needs: Vec<NeedRow<'a>>,
}

#[derive(Serialize)]
struct NeedRow<'a> {
    #[serde(flatten)]
    need: &'a Need,
    found: bool,
}

fn hosts_of<'a>(workspace: &'a Workspace, bridges: &[&Bridge]) -> impl Iterator<Item = &'a Host> {
    let ids: BTreeSet<&str> = bridges.iter().map(|b| b.host()).collect();
    let chosen = move |host: &&Host| ids.contains(host.id.as_str());
    // Collected, so that nothing of `bridges` stays borrowed.
    workspace
        .hosts
        .iter()
        .filter(chosen)
        .collect::<Vec<_>>()
        .into_iter()
}

/// Whether what a host needs is on this machine.
pub(crate) fn is_there(need: &Need, root: &Path) -> bool {
    let mut command = shell(&need.command, root);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// How to come by it.
pub(crate) fn advice(need: &Need) -> String {
    format!("`{}` fails here; try: {}", need.command, need.install)
}

/// A shell that runs a line in `root`.
pub(crate) fn shell(line: &str, root: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).current_dir(root);
    command
}

/// What a line may take: several times what the slowest does, building everything from nothing.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// Runs shell lines, each once, and reports each in a line.
struct Lines<'a> {
    root: &'a Path,
    verbose: bool,
    /// Lines that were run, and whether they passed.
    done: BTreeMap<&'a str, bool>,
    passed: usize,
    failed: usize,
}

impl<'a> Lines<'a> {
    fn new(workspace: &'a Workspace, verbose: bool) -> Self {
        Self {
            root: &workspace.root,
            verbose,
            done: BTreeMap::new(),
            passed: 0,
            failed: 0,
        }
    }

    /// Runs `lines` in order, and stops at the first that fails, since the later ones build on it.
    fn run(&mut self, who: &str, lines: &'a [String]) -> Result<()> {
        for line in lines {
            match self.done.get(line.as_str()) {
                Some(true) => continue,
                Some(false) => break,
                None => {}
            }
            let start = Instant::now();
            // One stream, so that errors stay beside the output they belong to.
            let mut command = shell(&format!("exec 2>&1\n{line}"), self.root);
            command.stdin(Stdio::null());
            command.stdout(if self.verbose {
                Stdio::inherit()
            } else {
                Stdio::piped()
            });
            let (how, output) = finish(&mut command)?;
            let took = seconds(start.elapsed());
            let passed = how.is_some_and(|status| status.success());
            self.done.insert(line, passed);
            if passed {
                table::print_line(format_args!("ok      {who}: {line} ({took})"))?;
                self.passed += 1;
            } else {
                let how = how.map_or("it hung, and was killed".to_owned(), |how| how.to_string());
                table::print_line(format_args!("FAILED  {who}: {line} ({took}, {how})"))?;
                table::print(String::from_utf8_lossy(&output))?;
                self.failed += 1;
                break;
            }
        }
        Ok(())
    }

    fn summary(&self, passed: &str, skipped: usize) -> Result<ExitCode> {
        table::print_line(format_args!(
            "{} {passed}, {} failed, {skipped} skipped",
            self.passed, self.failed
        ))?;
        Ok(if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// How it ended and what it printed; None when it was killed, since it had not ended after `LIMIT`.
fn finish(command: &mut Command) -> Result<(Option<ExitStatus>, Vec<u8>)> {
    let mut child = command.spawn().context("cannot start sh")?;
    let printed = Arc::new(Mutex::new(Vec::new()));
    let (ended, has_ended) = channel();
    if let Some(mut stdout) = child.stdout.take() {
        let printed = Arc::clone(&printed);
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = stdout.read(&mut chunk) {
                let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
                printed.extend_from_slice(&chunk[..read]);
            }
            drop(ended);
        });
    }
    let deadline = Instant::now() + LIMIT;
    let how = loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            None => {
                child.kill()?;
                child.wait()?;
                break None;
            }
            how => break how,
        }
    };
    // Bounded, since a grandchild may hold the pipe open.
    let _: Result<(), _> = has_ended.recv_timeout(Duration::from_secs(2));
    let output = std::mem::take(&mut *printed.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((how, output))
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
