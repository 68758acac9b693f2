//! How a row is told: what stands beside its time, and what its readers must know.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::Role;
use crate::document::figures::{ratio, time};
use crate::results::rows::{NO_TOLL, Row};

/// What stands beside the time of a bridge that cannot be told from its floor.
pub const LIKE_FLOOR: &str = "≈1×";
/// What stands beside a time that a loop without the crossing takes too.
pub const LOOP: &str = "≈ loop";

/// How a row compares with its host's floor; none for the floor itself, and where there is nothing to compare with.
pub fn over_floor(row: &Row) -> Option<String> {
    let over_floor = row
        .over_floor
        .filter(|_| row.role != Role::Floor && !row.is_loop)?;
    Some(match row.like_floor {
        true => LIKE_FLOOR.into(),
        false => ratio(over_floor),
    })
}

/// What a reader of these rows must know, a sentence each.
pub fn notes<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<String> {
    let mut is_loop = false;
    // Host and what its floor leaves out → shapes.
    let mut less: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for row in rows {
        is_loop |= row.is_loop;
        if let Some(what) = &row.floor_does_less {
            let shapes = less.entry((row.host.as_str(), what.as_str())).or_default();
            shapes.insert(&row.shape);
        }
    }
    // What several floors leave out is one sentence.
    let mut hosts: BTreeMap<(&str, &BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    for (&(host, what), shapes) in &less {
        hosts.entry((what, shapes)).or_default().push(host);
    }
    let mut notes = Vec::new();
    if is_loop {
        notes.push(format!(
            "{LOOP}: a loop without the crossing takes as long. It is not the price of a call."
        ));
    }
    for ((what, shapes), hosts) in hosts {
        let shapes: Vec<String> = shapes.iter().map(|shape| format!("`{shape}`")).collect();
        notes.push(format!(
            "No ratio for {} ({}): the floor {what}.",
            shapes.join(", "),
            hosts.join(", ")
        ));
    }
    notes
}

/// A toll, or `none` where it is too small to tell.
pub fn toll(toll: f64) -> String {
    if toll < NO_TOLL {
        "none".into()
    } else {
        time(toll)
    }
}

/// The headline, or what happened instead.
pub fn outcome(row: &Row) -> String {
    match (row.ns, row.flags.first()) {
        (_, Some(failure)) if row.failure.is_some() => (*failure).into(),
        (Some(ns), _) if row.is_loop => format!("{} {LOOP}", time(ns)),
        (Some(ns), _) => time(ns),
        (None, _) => "–".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toll_too_small_to_tell_is_none() {
        assert_eq!(toll(0.49), "none");
        assert_eq!(toll(-3.0), "none");
        assert_eq!(toll(44.1), "44.1 ns");
    }
}
