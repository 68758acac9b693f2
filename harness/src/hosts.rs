//! What happens host by host: whether it can run here, and its build, test and lint lines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::bridge::{Bridge, Host, Need, Workspace};
use crate::table;
use crate::{process, start};

/// Bridges, by whether their host can run on this machine.
#[derive(Debug)]
pub struct Ready<'a> {
    /// Those that can.
    pub here: Vec<&'a Bridge>,
    /// Those that need something installed first.
    pub skipped: Vec<&'a Bridge>,
}

/// The bridges that can be run: set up and built first, if that is asked for, and without those whose host cannot run
/// here.
///
/// # Errors
/// As `able`, and when one cannot be built.
pub fn ready<'a>(workspace: &'a Workspace, bridges: Vec<&'a Bridge>) -> Result<Ready<'a>> {
    prepare(workspace, &bridges)?;
    able(workspace, bridges)
}

/// Sets up the hosts of these bridges and builds them, unless that is not asked for. What it says goes to stderr.
///
/// # Errors
/// When a bridge cannot be built; and in CI when a host cannot be set up.
pub fn prepare(workspace: &Workspace, bridges: &[&Bridge]) -> Result<()> {
    if !workspace.prepare {
        return Ok(());
    }
    set_up(workspace, bridges)?;
    let away = |host: &Host| host.missing(&workspace.root).is_some();
    let away: Vec<&str> = hosts_of(workspace, bridges)
        .filter(|host| away(host))
        .map(|host| host.id.as_str())
        .collect();
    let mut lines = Lines::new(workspace, false);
    lines.aside = true;
    for bridge in bridges
        .iter()
        .filter(|bridge| !away.contains(&bridge.host()))
    {
        lines.run(&bridge.id, &bridge.build)?;
    }
    ensure!(lines.failed == 0, "a bridge could not be built");
    Ok(())
}

/// Installs what the hosts of these bridges need, unless that is not asked for.
fn set_up(workspace: &Workspace, bridges: &[&Bridge]) -> Result<()> {
    let hosts: Vec<&str> = hosts_of(workspace, bridges).map(|host| &*host.id).collect();
    install(workspace, "scripts/setup", &hosts)
}

/// Runs a script of the project that installs something, if that is asked for and there is one. What it says goes to
/// stderr.
///
/// # Errors
/// When it fails.
pub(crate) fn install(workspace: &Workspace, script: &str, arguments: &[&str]) -> Result<()> {
    let file = workspace.root.join(script);
    if !workspace.prepare || !file.is_file() {
        return Ok(());
    }
    let mut command = Command::new(file);
    command.args(arguments).current_dir(&workspace.root);
    command.stdin(Stdio::null()).stdout(std::io::stderr());
    let status = command.status().with_context(|| script.to_owned())?;
    ensure!(status.success(), "{script}: {status}");
    Ok(())
}

/// Sets aside the bridges whose host cannot run here, with one line a host on stderr.
///
/// # Errors
/// When one is set aside although the environment says `CI=true`.
fn able<'a>(workspace: &'a Workspace, bridges: Vec<&'a Bridge>) -> Result<Ready<'a>> {
    let mut away = BTreeSet::new();
    for host in hosts_of(workspace, &bridges) {
        if let Some(need) = host.missing(&workspace.root) {
            eprintln!("skipping {}: {}", host.name, advice(need));
            away.insert(host.id.as_str());
        }
    }
    if !away.is_empty() && in_ci() {
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

/// Arguments of `toll test`.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// What to test, and how.
    #[command(flatten)]
    pub run: RunArgs,
    /// What the hosts try beside their tests, instead: it takes minutes, and says itself what it finds.
    #[arg(long)]
    pub deep: bool,
    /// Of that only what `test-all` runs.
    #[arg(long, requires = "deep")]
    pub quick: bool,
}

/// Arguments of `toll package`.
#[derive(Debug, clap::Args)]
pub struct PackageArgs {
    /// Packages by name, or bridges: `python`, `python/pyo3`, `c/*`; all when none is named.
    pub names: Vec<String>,
    /// Where to put them, instead of where each bridge.toml says.
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
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
    set_up(workspace, &bridges)?;
    let Ready { here, skipped } = able(workspace, bridges)?;
    let mut lines = Lines::new(workspace, args.verbose);
    for bridge in here {
        lines.run(&bridge.id, &bridge.build)?;
    }
    lines.summary("built", skipped.len())
}

/// Builds these bridges, whatever their hosts need.
///
/// # Errors
/// When a shell cannot be started; a build that fails is exit code 1.
pub(crate) fn build_all(workspace: &Workspace, bridges: &[Bridge]) -> Result<ExitCode> {
    let mut lines = Lines::new(workspace, false);
    for bridge in bridges {
        lines.run(&bridge.id, &bridge.build)?;
    }
    lines.summary("built", 0)
}

/// Runs the bridges' own tests, then those of the hosts whose bridges are all selected.
///
/// # Errors
/// When nothing is selected or a shell cannot be started; a test that fails is exit code 1.
pub fn test(workspace: &Workspace, args: &TestArgs) -> Result<ExitCode> {
    let bridges = workspace.select(&args.run.bridges)?;
    let Ready { here, skipped } = ready(workspace, bridges)?;
    if args.deep {
        return deep(workspace, &here, skipped.len(), args.quick);
    }
    let mut lines = Lines::new(workspace, args.run.verbose);
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

/// What the hosts of these bridges try that takes minutes.
fn deep(
    workspace: &Workspace,
    bridges: &[&Bridge],
    mut skipped: usize,
    quick: bool,
) -> Result<ExitCode> {
    let mut lines = Lines::new(workspace, true);
    lines.limit = DEEP_LIMIT;
    for host in hosts_of(workspace, bridges) {
        let Some(deep) = &host.deep else { continue };
        match &deep.needs {
            Some(need) if !is_there(need, &workspace.root) => {
                ensure!(
                    !in_ci(),
                    "nothing may be skipped where CI=true: {}",
                    advice(need)
                );
                eprintln!("skipping {}: {}", host.name, advice(need));
                skipped += 1;
            }
            _ => lines.run(&host.name, if quick { &deep.quick } else { &deep.full })?,
        }
    }
    lines.summary("passed", skipped)
}

/// Makes what bridges ship.
///
/// # Errors
/// When nothing is selected or a shell cannot be started; one that cannot be made is exit code 1.
pub fn package(workspace: &Workspace, args: &PackageArgs) -> Result<ExitCode> {
    let package = |bridge: &&Bridge| bridge.package.as_ref().map(|package| package.name.clone());
    let of_name = |name: &String| {
        let mut all = workspace.bridges.iter();
        all.find(|bridge| package(bridge).as_ref() == Some(name))
    };
    let names = args.names.iter();
    let names: Vec<String> = names
        .map(|name| of_name(name).map_or(name, |bridge| &bridge.id).clone())
        .collect();
    let mut bridges = workspace.select(&names)?;
    bridges.retain(|bridge| bridge.package.is_some());
    ensure!(
        !bridges.is_empty(),
        "no bridge.toml of these has a [package]"
    );
    let to = args.to.as_ref().map(std::path::absolute).transpose()?;
    let Ready { here, skipped } = ready(workspace, bridges)?;
    let mut lines = Lines::new(workspace, true);
    let mut made = Vec::new();
    for (bridge, package) in here.iter().filter_map(|b| Some((b, b.package.as_ref()?))) {
        let folder = to
            .clone()
            .unwrap_or_else(|| workspace.root.join(&package.folder));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        lines.env = Some(("TO", folder.clone()));
        // The same line puts something else into another folder.
        lines.done.clear();
        let failed = lines.failed;
        lines.run(&bridge.id, &package.run)?;
        if lines.failed == failed {
            made.push(format!("{}: {}", package.name, folder.display()));
        }
    }
    for line in made {
        table::print_line(line)?;
    }
    lines.summary("done", skipped.len())
}

/// Checks the sources of the hosts that selected bridges belong to, or mends them.
///
/// # Errors
/// When nothing is selected or a shell cannot be started; a finding is exit code 1.
pub fn lint(workspace: &Workspace, args: &LintArgs) -> Result<ExitCode> {
    let bridges = workspace.select(&args.run.bridges)?;
    set_up(workspace, &bridges)?;
    let Ready { here, skipped } = able(workspace, bridges)?;
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
    let mut command = start::shell(&need.command, root);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether the environment says that nothing may be skipped, by `CI=true`.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}

/// How to come by it.
pub(crate) fn advice(need: &Need) -> String {
    format!("`{}` fails here; try: {}", need.command, need.install)
}

/// What a line may take: several times what the slowest does, building everything from nothing.
const LIMIT: Duration = Duration::from_secs(20 * 60);

/// The same of what takes minutes, with a toolchain of the user's or under a tool.
const DEEP_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// Runs shell lines, each once, and reports each in a line.
pub(crate) struct Lines<'a> {
    root: &'a Path,
    verbose: bool,
    /// Whether all that is said goes to stderr: something else is what was asked for.
    aside: bool,
    limit: Duration,
    /// Environment of the lines.
    env: Option<(&'static str, PathBuf)>,
    /// Lines that were run, and whether they passed.
    done: BTreeMap<&'a str, bool>,
    passed: usize,
    failed: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(workspace: &'a Workspace, verbose: bool) -> Self {
        Self {
            root: &workspace.root,
            verbose,
            aside: false,
            limit: LIMIT,
            env: None,
            done: BTreeMap::new(),
            passed: 0,
            failed: 0,
        }
    }

    /// Runs `lines` in order, and stops at the first that fails, since the later ones build on it.
    pub(crate) fn run(&mut self, who: &str, lines: &'a [String]) -> Result<()> {
        for line in lines {
            match self.done.get(line.as_str()) {
                Some(true) => continue,
                Some(false) => break,
                None => {}
            }
            let start = Instant::now();
            // One stream, so that errors stay beside the output they belong to.
            let mut command = start::shell(&format!("exec 2>&1\n{line}"), self.root);
            command.stdin(Stdio::null()).envs(self.env.clone());
            command.stdout(if self.verbose {
                Stdio::inherit()
            } else {
                Stdio::piped()
            });
            let (how, output) = finish(&mut command, self.limit)?;
            let took = seconds(start.elapsed());
            let passed = how.is_some_and(|status| status.success());
            self.done.insert(line, passed);
            if passed {
                self.say(format_args!("ok      {who}: {line} ({took})\n"))?;
                self.passed += 1;
            } else {
                let how = how.map_or("it hung, and was killed".to_owned(), |how| how.to_string());
                self.say(format_args!("FAILED  {who}: {line} ({took}, {how})\n"))?;
                self.say(String::from_utf8_lossy(&output))?;
                self.failed += 1;
                break;
            }
        }
        Ok(())
    }

    /// Whether one of them has.
    pub(crate) fn failed(&self) -> bool {
        self.failed > 0
    }

    fn say(&self, text: impl std::fmt::Display) -> Result<()> {
        match self.aside {
            true => {
                eprint!("{text}");
                Ok(())
            }
            false => table::print(text),
        }
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

/// How it ended and what it printed; None when it had not ended within the limit, and was killed with all that it
/// started.
fn finish(command: &mut Command, limit: Duration) -> Result<(Option<ExitStatus>, Vec<u8>)> {
    let mut child = command.spawn().context("cannot start sh")?;
    let printed = Arc::new(Mutex::new(Vec::new()));
    let (ended, has_ended) = channel();
    if let Some(stdout) = child.stdout.take() {
        let printed = Arc::clone(&printed);
        thread::spawn(move || {
            keep(stdout, &printed);
            drop(ended);
        });
    }
    let how = process::wait(&mut child, limit)?;
    if how.is_none() {
        process::kill_tree(&mut child)?;
    }
    // Bounded, since a process that outlives the line may hold the pipe open.
    let _: Result<(), _> = has_ended.recv_timeout(Duration::from_secs(2));
    let output = std::mem::take(&mut *printed.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((how, output))
}

/// Puts what comes into `kept` as it comes, until the end.
fn keep(mut from: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 4096];
    loop {
        match from.read(&mut chunk) {
            Ok(read @ 1..) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend_from_slice(&chunk[..read]);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::tests::ends;

    fn run(line: &str, limit: Duration) -> (Option<ExitStatus>, String) {
        let mut command = start::shell(line, Path::new("/"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let (how, output) = finish(&mut command, limit).unwrap();
        (how, String::from_utf8(output).unwrap())
    }

    #[test]
    fn a_line_that_ends_says_how_and_what_it_printed() {
        let (how, output) = run("echo said; exit 3", Duration::from_secs(60));
        assert_eq!(how.and_then(|how| how.code()), Some(3));
        assert_eq!(output, "said\n");
    }

    #[test]
    fn a_line_that_hangs_is_killed_with_what_it_started() {
        // A child, one of its own, and one in a process group of its own.
        let line = "echo $$; sh -c 'echo $$; sleep 600 & echo $!; timeout 600 sleep 600 & echo $!; wait'; :";
        // A slow machine may not have started all of them by the first limit.
        let started = [0.2, 2.0, 20.0].into_iter().map(|limit| {
            let (how, output) = run(line, Duration::from_secs_f64(limit));
            assert_eq!(how, None);
            let pids: Vec<i32> = output.lines().map(|pid| pid.parse().unwrap()).collect();
            assert!(pids.iter().all(|pid| ends(*pid)));
            pids.len()
        });
        assert!(started.into_iter().any(|processes| processes == 4));
    }

    #[test]
    fn an_interrupted_read_is_no_end() {
        struct Interrupted(bool, &'static [u8]);
        impl Read for Interrupted {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                self.0 = !self.0;
                if self.0 {
                    return Err(ErrorKind::Interrupted.into());
                }
                self.1.read(&mut into[..1])
            }
        }
        let kept = Mutex::default();
        keep(Interrupted(false, b"all of it"), &kept);
        assert_eq!(kept.into_inner().unwrap(), b"all of it");
    }
}
