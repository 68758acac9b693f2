//! `bench/results/counts.json`: one line for each bridge × shape × size, and what was counted with.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::store::Stored;

/// The format's number, raised when a reader must change.
pub const SCHEMA: u32 = 1;

/// Allocations a call that are no difference, and the share of all: something that happens now and then.
const ALLOCATIONS: (f64, f64) = (0.05, 0.01);
/// Bytes a call that are no difference, and the share of all: as above. A block that grows counts in full, or not at all
/// where malloc had left it that much room: for a short text that depends on the heap. Ruby's `decode` was seen to differ
/// by 64 bytes from run to run; a copy more would be an allocation more, which is told.
const BYTES: (f64, f64) = (96.0, 0.01);
/// Instructions a call that are no difference, and the share of all: code is laid out anew in every build.
const INSTRUCTIONS: (f64, f64) = (3.0, 0.05);

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The first line each compiler gives about its version.
    pub toolchain: BTreeMap<String, String>,
    /// What each runner said of its host.
    pub hosts: Vec<HostVersion>,
    /// In the order of bridges, shapes and sizes.
    pub counts: Vec<Count>,
}

/// A runner's host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostVersion {
    /// The bridge's id.
    pub bridge: String,
    /// Interpreter or compiler, version, flags.
    pub version: String,
}

/// What one call costs that can be counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// The bridge's id.
    pub bridge: String,
    /// The shape's id.
    pub shape: String,
    /// The size; 0 for a shape without.
    pub n: u64,
    /// The calls that were counted, which the next time are as many: numbers that a host keeps ready are small.
    pub calls: u64,
    /// What code of the library asks the allocator for; left out where there is no library.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub library: Option<Allocated>,
    /// What any other code asks for; left out where library and host are one program, which counts as the library.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<Allocated>,
    /// Instructions, where they can be counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instructions: Option<f64>,
}

/// Asked of an allocator, a call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocated {
    /// Allocations.
    pub allocations: f64,
    /// Bytes, as asked for.
    pub bytes: f64,
}

impl Count {
    /// Bytes of both sides together.
    #[must_use]
    pub fn bytes(&self) -> f64 {
        [self.library, self.host]
            .iter()
            .flatten()
            .map(|side| side.bytes)
            .sum()
    }

    fn is_of(&self, other: &Self) -> bool {
        self.bridge == other.bridge && self.shape == other.shape && self.n == other.n
    }

    /// `shape` or `shape:n`, as everywhere.
    fn name(&self) -> String {
        format!(
            "{} {}",
            self.bridge,
            crate::document::figures::case_name(&self.shape, self.n)
        )
    }
}

impl Stored for Counts {
    const FILE: &'static str = "bench/results/counts.json";
    const SCHEMA: u32 = SCHEMA;
    const COMMAND: &'static str = "toll count --write";
}

impl Counts {
    /// The counts of a bridge × shape × size.
    #[must_use]
    pub fn get(&self, bridge: &str, shape: &str, n: u64) -> Option<&Count> {
        self.counts
            .iter()
            .find(|c| c.bridge == bridge && c.shape == shape && c.n == n)
    }

    /// Whether it says anything of a bridge.
    #[must_use]
    pub fn has(&self, bridge: &str) -> bool {
        self.hosts.iter().any(|host| host.bridge == bridge)
    }

    /// Takes over what an older file says of bridges that were not counted now.
    pub fn keep_others(&mut self, old: Self) {
        let counted: Vec<String> = self.hosts.iter().map(|h| h.bridge.clone()).collect();
        let is_other = |bridge: &String| !counted.contains(bridge);
        self.hosts
            .extend(old.hosts.into_iter().filter(|h| is_other(&h.bridge)));
        self.counts
            .extend(old.counts.into_iter().filter(|c| is_other(&c.bridge)));
        self.hosts.sort_by(|a, b| a.bridge.cmp(&b.bridge));
        // Stable: within a bridge, shapes stay in their order.
        self.counts.sort_by(|a, b| a.bridge.cmp(&b.bridge));
    }

    /// Where the counts of now differ from these, in the bridges of both.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Differences {
        let same_compilers = self.toolchain == now.toolchain;
        let mut found = Differences::default();
        for host in &now.hosts {
            if !self.has(&host.bridge) {
                found.without.push(host.bridge.clone());
                continue;
            }
            let known = self.hosts.iter().find(|h| h.bridge == host.bridge);
            let same_host = known == Some(host);
            let of = |counts: &'_ Self| -> Vec<Count> {
                let mine = counts.counts.iter().filter(|c| c.bridge == host.bridge);
                mine.cloned().collect()
            };
            let (before, after) = (of(self), of(now));
            for old in &before {
                if !after.iter().any(|new| new.is_of(old)) {
                    found
                        .failed
                        .push(format!("{}: no longer counted", old.name()));
                }
            }
            for new in &after {
                let Some(old) = before.iter().find(|old| old.is_of(new)) else {
                    found
                        .failed
                        .push(format!("{}: not in the file", new.name()));
                    continue;
                };
                // What two threads ask for depends on which of them runs first.
                let steady = !new.shape.ends_with("_from_new_thread");
                let library = allocated("library", old.library, new.library);
                found.add(steady, new, library);
                let host_side = allocated("host", old.host, new.host);
                found.add(steady && same_host, new, host_side);
                // Where Valgrind is missing, nothing was counted to compare.
                if let (was, Some(is)) = (old.instructions, new.instructions) {
                    let was = was.unwrap_or(0.0);
                    let differ = !close(was, is, INSTRUCTIONS);
                    let text = differ.then(|| format!("{is} instructions, not {was}"));
                    found.add(steady && same_compilers && same_host, new, text);
                }
            }
        }
        found
    }
}

/// Where counts differ from the committed ones.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Bridges of which nothing is committed.
    pub without: Vec<String>,
    /// What must not differ.
    pub failed: Vec<String>,
    /// What may: another compiler or interpreter was counted, or threads took turns in another way.
    pub told: Vec<String>,
}

impl Differences {
    fn add(&mut self, must_hold: bool, count: &Count, text: Option<String>) {
        let list = match must_hold {
            true => &mut self.failed,
            false => &mut self.told,
        };
        list.extend(text.map(|text| format!("{}: {text}", count.name())));
    }
}

fn allocated(side: &str, was: Option<Allocated>, is: Option<Allocated>) -> Option<String> {
    let same = match (was, is) {
        (Some(was), Some(is)) => {
            close(was.allocations, is.allocations, ALLOCATIONS) && close(was.bytes, is.bytes, BYTES)
        }
        (was, is) => was == is,
    };
    let text = |side: Option<Allocated>| match side {
        Some(a) => format!("{} allocations and {} bytes", a.allocations, a.bytes),
        None => "nothing counted".into(),
    };
    (!same).then(|| format!("{side} side: {}, not {}", text(is), text(was)))
}

fn close(was: f64, is: f64, (absolute, share): (f64, f64)) -> bool {
    (was - is).abs() <= absolute.max(share * was.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(allocations: f64, bytes: f64, instructions: f64) -> Counts {
        Counts {
            schema: SCHEMA,
            toolchain: BTreeMap::from([("cc".into(), "cc 1".into())]),
            hosts: vec![HostVersion {
                bridge: "x/y".into(),
                version: "x 1".into(),
            }],
            counts: vec![Count {
                bridge: "x/y".into(),
                shape: "add".into(),
                n: 0,
                calls: 64,
                library: Some(Allocated { allocations, bytes }),
                host: Some(Allocated { allocations, bytes }),
                instructions: Some(instructions),
            }],
        }
    }

    #[test]
    fn small_differences_are_none() {
        let was = counts(1.0, 10_000.0, 1000.0);
        let same = was.differences(&counts(1.01, 10_090.0, 1049.0));
        assert_eq!(same, Differences::default());
    }

    #[test]
    fn each_difference_is_told_with_both_figures() {
        let was = counts(1.0, 16.0, 1000.0);
        let found = was.differences(&counts(2.0, 48.0, 1051.0));
        let side = |side| {
            format!(
                "x/y add: {side} side: 2 allocations and 48 bytes, not 1 allocations and 16 bytes"
            )
        };
        let instructions = "x/y add: 1051 instructions, not 1000".to_owned();
        assert_eq!(found.failed, [side("library"), side("host"), instructions]);
        assert!(found.told.is_empty());
    }

    #[test]
    fn other_compilers_and_hosts_are_told_and_do_not_fail() {
        let was = counts(1.0, 16.0, 1000.0);
        let mut now = counts(1.0, 16.0, 2000.0);
        now.toolchain.insert("cc".into(), "cc 2".into());
        let found = was.differences(&now);
        assert_eq!((found.failed.len(), found.told.len()), (0, 1), "{found:?}");
        let mut now = counts(2.0, 16.0, 1000.0);
        now.hosts[0].version = "x 2".into();
        let found = was.differences(&now);
        assert_eq!((found.failed.len(), found.told.len()), (1, 1), "{found:?}");
    }

    #[test]
    fn what_differs_in_calls_from_a_new_thread_is_told_and_does_not_fail() {
        let on_thread = |mut counts: Counts| {
            counts.counts[0].shape = "call_back_from_new_thread".into();
            counts
        };
        let was = on_thread(counts(1.0, 16.0, 1000.0));
        let found = was.differences(&on_thread(counts(2.0, 48.0, 2000.0)));
        assert_eq!((found.failed.len(), found.told.len()), (0, 3), "{found:?}");
        let none = Counts {
            counts: Vec::new(),
            ..was.clone()
        };
        // That it is counted at all must hold.
        assert_eq!(was.differences(&none).failed.len(), 1);
    }

    #[test]
    fn a_row_too_many_or_too_few_fails() {
        let was = counts(1.0, 16.0, 1000.0);
        let mut now = was.clone();
        now.counts[0].n = 16;
        let found = was.differences(&now);
        assert_eq!(
            found.failed,
            ["x/y add: no longer counted", "x/y add:16: not in the file"]
        );
    }

    #[test]
    fn bridges_that_were_not_counted_are_kept() {
        let old = counts(1.0, 16.0, 1000.0);
        let mut new = old.clone();
        new.hosts[0].bridge = "a/b".into();
        new.counts[0].bridge = "a/b".into();
        assert_eq!(old.differences(&new).without, ["a/b"]);
        new.keep_others(old.clone());
        let ids: Vec<&str> = new.counts.iter().map(|c| c.bridge.as_str()).collect();
        assert_eq!(ids, ["a/b", "x/y"]);
        assert_eq!(new.differences(&old), Differences::default());
    }
}
