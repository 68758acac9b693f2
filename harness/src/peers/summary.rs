//! "Bind Rust, or use the port?": the table, and what it comes to.

use crate::document::figures;
use crate::document::{Block, Cell, Table};
use crate::peers::results::{LineRun, Peers};
use crate::results::words;
use crate::shapes::Shapes;
use crate::table::columns;

/// What must be said beside every figure of these.
pub const LABEL: &str = "The ports are not synchronised: a histogram of theirs belongs to one thread. The core's handle is \
     locked for each call, so that any thread may use it; part of what it costs is that lock.";

/// The title of the chapter.
pub const TITLE: &str = "Bind Rust, or use the port?";

/// For a terminal.
#[must_use]
pub fn text(peers: &Peers, jobs: &Shapes, baseline: Option<&str>) -> String {
    let table = table(peers, jobs, baseline);
    let cell = |cell: &Cell| {
        let text = cell.text.replace('`', "");
        match &cell.small {
            Some(small) => format!("{text} ({small})"),
            None => text,
        }
    };
    let mut rows: Vec<Vec<String>> = vec![
        table
            .header
            .iter()
            .map(|c| c.text.replace('`', ""))
            .collect(),
    ];
    rows.extend(table.rows.iter().map(|row| row.iter().map(cell).collect()));
    let mut text = columns(&rows);
    text += &format!("\n{LABEL}\n\n");
    for answer in verdicts(peers) {
        text += &format!("{}\n", answer.replace('`', ""));
    }
    text
}

/// The chapter of the report.
#[must_use]
pub fn blocks(peers: &Peers, jobs: &Shapes, baseline: Option<&str>) -> Vec<Block> {
    let measure = baseline.map_or(String::new(), |baseline| {
        format!(
            " Below a time: that time ÷ the time of `{baseline}`; `{}` where the difference is noise.",
            words::LIKE_FLOOR
        )
    });
    let mut blocks = vec![
        Block::Heading(2, TITLE.into()),
        Block::Paragraph(format!(
            "Whole jobs, each by the best bridge of its host, and by HdrHistogram's own ports. {LABEL} Every answer was \
             compared with the core's before anything was timed; one that differs is marked.{measure} From a run of its \
             own, of {}: compare within this table only.",
            peers.started.split('T').next().unwrap_or_default()
        )),
        Block::Table(table(peers, jobs, baseline)),
        Block::List(verdicts(peers)),
    ];
    let notes = notes(peers);
    if !notes.is_empty() {
        blocks.push(Block::List(notes));
    }
    blocks
}

/// A row a line, a column a job; below each time, how it compares with the baseline.
#[must_use]
pub fn table(peers: &Peers, jobs: &Shapes, baseline: Option<&str>) -> Table {
    let timed: Vec<&str> = jobs
        .iter()
        .map(|job| job.id.as_str())
        .filter(|job| peers.cases.iter().any(|case| case.shape == *job))
        .collect();
    let header = timed.iter().map(|job| Cell::figure(format!("`{job}`")));
    let mut table = Table::new([Cell::text("line")].into_iter().chain(header));
    for line in &peers.lines {
        let name = Cell::text(format!("`{}`", line.id))
            .with_small(if line.core { "the core" } else { "a port" }.into());
        let cells = timed.iter().map(|job| cell(peers, line, job, baseline));
        table.rows.push([name].into_iter().chain(cells).collect());
    }
    table
}

fn cell(peers: &Peers, line: &LineRun, job: &str, baseline: Option<&str>) -> Cell {
    if line.without.contains_key(job) {
        return Cell::figure("none");
    }
    let Some(ns) = peers.ns(&line.id, job) else {
        return Cell::figure("failed").marked(true);
    };
    let over = baseline
        .filter(|baseline| line.id != *baseline)
        .and_then(|baseline| peers.ratio((&line.id, job), (baseline, job)));
    let differs = peers.differs(&line.id, job).is_some();
    let small: Vec<String> = over
        .into_iter()
        .chain(differs.then(|| "another answer".into()))
        .collect();
    Cell::figure(figures::time(ns))
        .with_small(small.join(" · "))
        .marked(differs)
}

/// For each line over the core: where it wins and where it loses.
#[must_use]
pub fn verdicts(peers: &Peers) -> Vec<String> {
    let over_core = peers.lines.iter().filter(|line| line.core);
    over_core
        .filter_map(|line| {
            let host = |id: &str| id.split('/').next().unwrap_or_default().to_owned();
            let ports = || peers.lines.iter().filter(|other| !other.core);
            let own: Vec<&LineRun> = ports().filter(|p| host(&p.id) == host(&line.id)).collect();
            let (against, whom) = match own.as_slice() {
                [] => (ports().collect(), "the fastest port of any host".to_owned()),
                [port] => (own.clone(), format!("`{}`", port.id)),
                _ => (own.clone(), "the fastest port of its host".to_owned()),
            };
            verdict(peers, line, &against, &whom)
        })
        .collect()
}

fn verdict(peers: &Peers, line: &LineRun, ports: &[&LineRun], whom: &str) -> Option<String> {
    let (mut wins, mut loses, mut same) = (Vec::new(), Vec::new(), Vec::new());
    let mut jobs: Vec<&str> = Vec::new();
    for case in peers.cases.iter().filter(|case| case.bridge == line.id) {
        if !jobs.contains(&case.shape.as_str()) {
            jobs.push(&case.shape);
        }
    }
    for job in jobs {
        let mine = peers.ns(&line.id, job)?;
        let theirs = ports.iter().filter_map(|port| {
            // No bulk call: one call a value does that job.
            let job = match port.without.contains_key(job) && job == "record_all" {
                true => "record",
                false => job,
            };
            Some((peers.ns(&port.id, job)?, port.id.as_str(), job))
        });
        let Some((ns, port, its_job)) = theirs.min_by(|a, b| a.0.total_cmp(&b.0)) else {
            continue;
        };
        let (ours, theirs) = ((&*line.id, job), (port, its_job));
        if peers.ratio(ours, theirs).as_deref() == Some(words::LIKE_FLOOR) {
            same.push(format!("`{job}`"));
        } else if mine <= ns {
            wins.push(format!("`{job}` {}", figures::ratio(ns / mine)));
        } else {
            loses.push(format!("`{job}` {}", figures::ratio(mine / ns)));
        }
    }
    if wins.is_empty() && loses.is_empty() && same.is_empty() {
        return None;
    }
    let same = match same.is_empty() {
        true => String::new(),
        false => format!("; no different at {}", same.join(", ")),
    };
    let list = |jobs: Vec<String>| match jobs.len() {
        0 => "nothing".to_owned(),
        _ => jobs.join(", "),
    };
    Some(format!(
        "`{}` against {whom}: faster at {}; slower at {}{same}.",
        line.id,
        list(wins),
        list(loses)
    ))
}

/// A compiler's whole output belongs on a terminal.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// What lines lack, and what they answer differently.
fn notes(peers: &Peers) -> Vec<String> {
    let lacks = peers.lines.iter().flat_map(|line| {
        let without = line.without.iter();
        without.map(move |(job, why)| format!("`{}` has no `{job}`: {why}", line.id))
    });
    let differences = peers
        .answers
        .iter()
        .filter(|answer| !answer.agrees)
        .map(|a| {
            let core = a.core.as_deref().unwrap_or_default();
            format!(
                "`{}` answers `{}` with {}; the core with {core}.",
                a.line, a.job, a.said
            )
        });
    let absent = peers
        .absent
        .iter()
        .map(|a| format!("`{}` was not timed: {}", a.bridge, first_line(&a.why)));
    lacks.chain(differences).chain(absent).collect()
}
