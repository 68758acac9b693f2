//! A bridge's runner: a child process that answers one request a line.
//!
//! Whatever it does (crash, hang, talk nonsense) is an [`Outcome`], never a failure of the caller.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::bridge::Bridge;
use crate::{process, start};

/// How long a runner may take to start and say `hello`: a cold virtual machine takes seconds.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long to wait for the end of a process that closed its output, and for its last words.
const END_LIMIT: Duration = Duration::from_secs(2);
/// Lines of stderr that are kept: enough for a sanitizer's whole report.
const STDERR_LINES: usize = 1000;
/// The last of them, which stand in messages.
const STDERR_SHOWN: usize = 20;
/// A longer reply is nonsense; no request asks for so much.
const LONGEST_REPLY: u64 = 64 << 20;

/// What came of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The reply's tokens; at least one, though that may be empty.
    Reply(Vec<String>),
    /// The process ended, or broke the protocol and was killed: how, with the last lines of its stderr.
    Died(String),
    /// No reply within the limit; the process was killed.
    Hung,
}

/// What a runner says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The library file that it loaded, symbolic links followed; none for a pure host.
    pub library: Option<PathBuf>,
    /// Host and versions, for people.
    pub host: String,
}

/// A running runner. Dropping it kills the process.
#[derive(Debug)]
pub struct Runner {
    bridge: Bridge,
    cpu: Option<usize>,
    hello: Hello,
    process: Process,
}

impl Runner {
    /// Starts the bridge's runner and checks what it says of itself.
    ///
    /// # Errors
    /// When it is not built, does not start, or is another bridge or another library than it should be.
    pub fn start(bridge: &Bridge) -> Result<Self> {
        Self::start_on(bridge, None)
    }

    /// [`start`](Self::start) with all of its threads on one CPU, if one is named.
    ///
    /// # Errors
    /// As `start`; or when this process may not use that CPU.
    pub fn start_on(bridge: &Bridge, cpu: Option<usize>) -> Result<Self> {
        // Else a loader would tell what it lacks, in its own words.
        bridge.is_built()?;
        let start = || -> Result<(Process, Hello)> {
            let mut process = Process::start(bridge, cpu)?;
            let hello = check_hello(bridge, process.ask("hello", START_LIMIT))?;
            Ok((process, hello))
        };
        let (process, hello) = start().with_context(|| format!("the runner of {}", bridge.id))?;
        Ok(Self {
            bridge: bridge.clone(),
            cpu,
            hello,
            process,
        })
    }

    /// Kills the process and starts a fresh one.
    ///
    /// # Errors
    /// As [`start`](Self::start); this runner answers [`Outcome::Died`] from then on.
    pub fn restart(&mut self) -> Result<()> {
        self.process.kill();
        *self = Self::start_on(&self.bridge, self.cpu)?;
        Ok(())
    }

    /// Sends one request line and waits for its reply.
    pub fn ask(&mut self, line: &str, limit: Duration) -> Outcome {
        self.process.ask(line, limit)
    }

    /// Whose runner it is.
    #[must_use]
    pub fn bridge(&self) -> &Bridge {
        &self.bridge
    }

    /// What it said of itself at its start.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// Closes its input, and waits for its end; `None` when it does not end within the limit and was killed.
    pub fn end(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.process.requests = None;
        let status = self.process.wait(limit);
        self.process.kill();
        status
    }

    /// How the process ended, once [`ask`](Self::ask) found it [`Outcome::Died`].
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.process.child.try_wait().ok().flatten()
    }

    /// The last lines that the process wrote to stderr; all there will be, once it has ended.
    #[must_use]
    pub fn stderr(&self) -> Vec<String> {
        self.process.stderr_lines()
    }
}

/// The process and the threads that keep its three pipes moving.
#[derive(Debug)]
struct Process {
    child: Child,
    /// None once its input was closed.
    requests: Option<Sender<String>>,
    replies: Receiver<Line>,
    stderr: Arc<Mutex<VecDeque<String>>>,
    stderr_ended: Receiver<()>,
}

#[derive(Debug)]
enum Line {
    Whole(String),
    TooLong,
}

impl Process {
    fn start(bridge: &Bridge, cpu: Option<usize>) -> Result<Self> {
        let mut command = start::of(bridge, &bridge.runner)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn_on(&mut command, cpu)
            .with_context(|| format!("cannot start {}", bridge.runner.join(" ")))?;

        // A runner that stops reading must not stop us from counting its time: writing has its own thread.
        let (requests, to_send) = channel::<String>();
        if let Some(mut stdin) = child.stdin.take() {
            thread::spawn(move || {
                for line in to_send {
                    let sent = stdin
                        .write_all(line.as_bytes())
                        .and_then(|()| stdin.flush());
                    if sent.is_err() {
                        break;
                    }
                }
            });
        }
        // Bounded: a runner that floods is held up, not stored.
        let (to_read, replies) = sync_channel(16);
        if let Some(stdout) = child.stdout.take() {
            let mut stdout = BufReader::new(stdout);
            thread::spawn(move || {
                while let Some(line) = read_line(&mut stdout) {
                    if to_read.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        let (ended, stderr_ended) = channel();
        if let Some(pipe) = child.stderr.take() {
            let stderr = Arc::clone(&stderr);
            let mut pipe = BufReader::new(pipe);
            thread::spawn(move || {
                while let Some(line) = read_line(&mut pipe) {
                    let Line::Whole(line) = line else { continue };
                    let mut kept = stderr.lock().unwrap_or_else(PoisonError::into_inner);
                    if kept.len() == STDERR_LINES {
                        kept.pop_front();
                    }
                    kept.push_back(line);
                }
                drop(ended);
            });
        }
        Ok(Self {
            child,
            requests: Some(requests),
            replies,
            stderr,
            stderr_ended,
        })
    }

    fn ask(&mut self, line: &str, limit: Duration) -> Outcome {
        if let Ok(extra) = self.replies.try_recv() {
            let what = match extra {
                Line::Whole(line) => format!("sent a line that nobody asked for: {line:.200}"),
                Line::TooLong => "sent an endless line".into(),
            };
            return self.broken(&what);
        }
        // A closed channel means a dead process, which the next line notices too.
        if let Some(requests) = &self.requests {
            let _ = requests.send(format!("{line}\n"));
        }
        match self.replies.recv_timeout(limit) {
            Ok(Line::Whole(reply)) => Outcome::Reply(reply.split(' ').map(String::from).collect()),
            Ok(Line::TooLong) => self.broken("sent an endless line"),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                Outcome::Hung
            }
            Err(RecvTimeoutError::Disconnected) => {
                let how = match self.wait(END_LIMIT) {
                    Some(status) => describe(status),
                    None => "closed its output but did not end".into(),
                };
                self.kill();
                Outcome::Died(self.with_stderr(&how))
            }
        }
    }

    fn broken(&mut self, what: &str) -> Outcome {
        self.kill();
        Outcome::Died(self.with_stderr(what))
    }

    /// SIGKILL, since a runner stuck in a callback ignores anything less. Harmless to a dead process.
    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        process::wait(&mut self.child, limit).ok().flatten()
    }

    /// `what`, and below it the last lines of stderr.
    fn with_stderr(&self, what: &str) -> String {
        let lines = self.stderr_lines();
        lines[lines.len().saturating_sub(STDERR_SHOWN)..]
            .iter()
            .fold(what.to_owned(), |text, line| text + "\n  stderr: " + line)
    }

    fn stderr_lines(&self) -> Vec<String> {
        // Bounded, since a grandchild may hold the pipe open.
        let _ = self.stderr_ended.recv_timeout(END_LIMIT);
        let lines = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the command on one CPU. A child inherits the affinity of the thread that starts it, so that not even
/// its first thread ever runs elsewhere; setting it afterwards would miss threads that already exist.
fn spawn_on(command: &mut Command, cpu: Option<usize>) -> Result<Child> {
    let Some(cpu) = cpu else {
        return Ok(command.spawn()?);
    };
    let before = sched_getaffinity(None).context("cannot read the CPUs this process may use")?;
    ensure!(
        cpu < CpuSet::MAX_CPU && before.is_set(cpu),
        "this process may not use CPU {cpu}"
    );
    let mut only = CpuSet::new();
    only.set(cpu);
    sched_setaffinity(None, &only).with_context(|| format!("cannot pin to CPU {cpu}"))?;
    let child = command.spawn();
    sched_setaffinity(None, &before).context("cannot undo pinning")?;
    Ok(child?)
}

fn check_hello(bridge: &Bridge, outcome: Outcome) -> Result<Hello> {
    let reply = match outcome {
        Outcome::Reply(reply) => reply,
        Outcome::Died(how) => bail!("{how}"),
        Outcome::Hung => bail!("did not answer `hello` within {START_LIMIT:?}"),
    };
    let text = |token: &String| {
        let bytes = crate::vectors::unhex(token.strip_prefix('x')?)?;
        String::from_utf8(bytes).ok()
    };
    let texts: Option<Vec<String>> = match reply.split_first() {
        Some((ok, texts)) if ok == "ok" && texts.len() == 3 => texts.iter().map(text).collect(),
        _ => None,
    };
    let Some([id, library, host]) = texts.and_then(|t| <[String; 3]>::try_from(t).ok()) else {
        bail!(
            "`hello` must be answered by `ok` and three texts (id, library, host), not by `{}`",
            reply.join(" ")
        );
    };
    ensure!(
        id == bridge.id,
        "says that it is `{id}`, not `{}`",
        bridge.id
    );
    let expected = bridge.libraries()?;
    if expected.is_empty() {
        ensure!(
            library.is_empty(),
            "loaded {library}, but bridge.toml names no library"
        );
        return Ok(Hello {
            library: None,
            host,
        });
    }
    let loaded = bridge.root.join(&library);
    let loaded = loaded
        .canonicalize()
        .with_context(|| format!("says that it loaded `{library}`, which is not there"))?;
    ensure!(
        expected.contains(&loaded),
        "loaded {}, but bridge.toml says library = \"{}\"",
        loaded.display(),
        bridge.library.as_deref().unwrap_or_default()
    );
    Ok(Hello {
        library: Some(loaded),
        host,
    })
}

/// One line without its end; `None` at the end of input.
fn read_line(from: &mut impl BufRead) -> Option<Line> {
    let mut line = Vec::new();
    let read = from
        .by_ref()
        .take(LONGEST_REPLY)
        .read_until(b'\n', &mut line)
        .ok()?;
    if line.last() == Some(&b'\n') {
        line.pop();
    } else if read as u64 == LONGEST_REPLY {
        return Some(Line::TooLong);
    }
    (read > 0).then(|| Line::Whole(String::from_utf8_lossy(&line).into_owned()))
}

/// How a process ended, in words.
fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("was ended by {name}"),
            None => format!("was ended by signal {signal}"),
        },
        (None, None) => format!("ended ({status})"),
    }
}

/// The signals that faults at a boundary end in.
pub(crate) fn signal_name(number: i32) -> Option<&'static str> {
    use rustix::process::Signal;
    Some(match Signal::from_named_raw(number)? {
        Signal::ABORT => "SIGABRT",
        Signal::ALARM => "SIGALRM",
        Signal::BUS => "SIGBUS",
        Signal::FPE => "SIGFPE",
        Signal::ILL => "SIGILL",
        Signal::KILL => "SIGKILL",
        Signal::SEGV => "SIGSEGV",
        Signal::TERM => "SIGTERM",
        Signal::TRAP => "SIGTRAP",
        _ => return None,
    })
}
