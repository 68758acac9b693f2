//! How far a run is: a bar on a terminal, elsewhere a line a minute.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(60);

/// Tells on stderr how far a run is.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    lines: Lines,
    done: u64,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            bar: stderr().is_terminal().then(bar),
            lines: Lines::default(),
            done: 0,
        }
    }

    /// Where it stands at this time: what comes now, how many cases are left with it, and how many seconds.
    pub(super) fn tell(&mut self, now: Duration, what: &str, to_come: u64, left: f64) {
        let left = minutes(left);
        let length = self.done + to_come;
        match &self.bar {
            Some(bar) => {
                bar.set_length(length);
                bar.set_position(self.done);
                bar.set_message(format!("{left} left  {what}"));
            }
            None if self.lines.is_due(now) => {
                let minute = now.as_secs() / 60;
                let done = self.done;
                eprintln!("toll: {minute} min: {done} of {length} done, {left} left; {what}");
            }
            None => {}
        }
    }

    /// One case more was timed.
    pub(super) fn advance(&mut self) {
        self.done += 1;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}");
    let bar = ProgressBar::new(0);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// `40 s`, `7 min`.
fn minutes(seconds: f64) -> String {
    match seconds {
        ..99.5 => format!("{seconds:.0} s"),
        _ => format!("{:.0} min", seconds / 60.0),
    }
}

/// When the next line is due.
#[derive(Default)]
struct Lines {
    last: Duration,
}

impl Lines {
    fn is_due(&mut self, now: Duration) -> bool {
        let due = now >= self.last + EVERY;
        if due {
            self.last = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute() {
        let mut lines = Lines::default();
        let due = (0..600).filter(|s| lines.is_due(Duration::from_secs(*s)));
        assert_eq!(due.collect::<Vec<_>>().len(), 9);
        // A request that took three minutes owes one line, not three.
        assert!(lines.is_due(Duration::from_secs(720)));
        assert!(!lines.is_due(Duration::from_secs(721)));
    }

    #[test]
    fn time_left_is_told_roughly() {
        assert_eq!([0.4, 59.6, 150.0].map(minutes), ["0 s", "60 s", "2 min"]);
    }
}
