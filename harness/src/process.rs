//! Waiting for a child process, and ending it with all that it started.

use std::fs;
use std::io;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How often it is asked whether it has ended.
const STEP: Duration = Duration::from_millis(2);

/// How the child ended; none when it has not within the limit.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait()? {
            None if Instant::now() < deadline => thread::sleep(STEP),
            how => return Ok(how),
        }
    }
}

/// Ends a child that has not ended, with its children and theirs.
///
/// They are found by their parents. A process group would not hold those that make one themselves, as `timeout`
/// does, and would be out of reach of the terminal's Ctrl-C.
pub(crate) fn kill_tree(child: &mut Child) -> io::Result<()> {
    let mut tree = vec![Pid::from_child(child)];
    let mut looked_at = 0;
    while let Some(&parent) = tree.get(looked_at) {
        // Stopped, it starts no more of them meanwhile. One that has ended has none, and no signal reaches it.
        let _ = kill_process(parent, Signal::STOP);
        tree.extend(children(parent)?);
        looked_at += 1;
    }
    for pid in tree {
        let _ = kill_process(pid, Signal::KILL);
    }
    child.wait().map(drop)
}

fn children(parent: Pid) -> io::Result<Vec<Pid>> {
    let processes = fs::read_dir("/proc")?.flatten();
    Ok(processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw)
        .filter(|pid| stat(*pid).is_some_and(|(_, of)| of == parent.as_raw_pid()))
        .collect())
}

/// Whether it waits for something, a next request perhaps, and does not run or wait for a CPU.
pub(crate) fn is_asleep(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.and_then(stat).is_some_and(|(state, _)| state == 'S')
}

/// A process's state and its parent, from `pid (name) state parent …`; none when there is no such process.
fn stat(pid: Pid) -> Option<(char, i32)> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // Its name may hold anything, parentheses and bytes that are no text too.
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let mut fields = str::from_utf8(&text[end + 1..]).ok()?.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// Whether it has ended, or does within ten seconds; nobody may have asked how, yet.
    pub(crate) fn ends(pid: i32) -> bool {
        let pid = Pid::from_raw(pid).unwrap();
        let ended = || stat(pid).is_none_or(|(state, _)| state == 'Z');
        (0..1000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            ended()
        })
    }

    #[test]
    fn a_child_is_waited_for() {
        let mut child = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
        let how = wait(&mut child, Duration::from_secs(60)).unwrap().unwrap();
        assert_eq!(how.code(), Some(3));
    }

    #[test]
    fn a_child_that_does_not_end_is_waited_for_until_the_limit() {
        let mut cat = Command::new("cat");
        let mut child = cat.stdin(Stdio::piped()).spawn().unwrap();
        let how = wait(&mut child, Duration::from_millis(50)).unwrap();
        assert_eq!(how, None);
        kill_tree(&mut child).unwrap();
    }

    #[test]
    fn a_process_is_known_by_its_parent() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let of = stat(pid).unwrap().1;
        assert_eq!(of.cast_unsigned(), std::process::id());
        assert!((0..1000).any(|_| {
            thread::sleep(Duration::from_millis(10));
            is_asleep(child.id())
        }));
        let me = Pid::from_raw(of).unwrap();
        assert!(children(me).unwrap().contains(&pid));
        kill_tree(&mut child).unwrap();
        assert_eq!(stat(pid), None);
    }
}
