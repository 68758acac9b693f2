//! What is printed: tables for people on a terminal, and JSON.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use anyhow::Context;

/// Rows in aligned columns, two spaces between; the last column may be as long as it likes.
#[must_use]
pub fn columns(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (i, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(i) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths);
        let line: Vec<String> = cells
            .map(|(cell, &width)| format!("{cell:width$}"))
            .collect();
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// Prints text. Who reads it may stop when they like (`| head`): the command goes on, and its exit code still
/// tells what came of it. A signal would end it there, but would have it die of a runner's closed pipe as well.
///
/// # Errors
/// When it cannot be written for another reason: a full disk.
pub fn print(text: impl Display) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("writing to stdout")
        }
        _ => Ok(()),
    }
}

/// Prints text and ends the line, as [`print()`].
///
/// # Errors
/// As `print`.
pub fn print_line(text: impl Display) -> anyhow::Result<()> {
    print(format_args!("{text}\n"))
}

/// Prints rows as a JSON list.
///
/// # Errors
/// As [`print()`], or when a row cannot be written as JSON.
pub fn print_json(rows: &impl serde::Serialize) -> anyhow::Result<()> {
    print_line(serde_json::to_string_pretty(rows)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = [
            vec!["é".into(), "b".into()],
            vec!["ccc".into(), String::new()],
        ];
        assert_eq!(columns(&rows), "é    b\nccc\n");
    }
}
