//! What a bridge says of its shapes, held against what was counted.

use super::committed::{Allocated, Count, Counts};
use crate::bridge::{Bridge, Claim, Role, Workspace};
use crate::document::{Cell, Table};
use crate::shapes::Shapes;

/// Bytes that an item may take more than its own before it counts as another copy: heads and rounding.
const SHARE: f64 = 0.1;

/// What became of the claims of the counted bridges.
#[derive(Debug, Default)]
pub struct Judged {
    /// Those that do not hold, each in a line.
    pub broken: Vec<String>,
    /// How many are about what a call takes more than in Rust, which was not counted.
    pub without_baseline: usize,
}

/// Holds the claims of the counted bridges against what was counted.
#[must_use]
pub fn judged(workspace: &Workspace, shapes: &Shapes, counts: &Counts) -> Judged {
    let is_counted = |bridge: &&Bridge| counts.hosts.iter().any(|h| h.bridge == bridge.id);
    let baseline = workspace.bridges.iter().find(|b| b.role == Role::Baseline);
    let has_baseline = baseline.as_ref().is_some_and(is_counted);
    let mut judged = Judged::default();
    for bridge in workspace.bridges.iter().filter(is_counted) {
        for (shape, claim) in &bridge.claims {
            if is_beside_rust(*claim) && !has_baseline {
                judged.without_baseline += 1;
                continue;
            }
            let result = judge(
                *claim,
                shapes.get(shape).and_then(|s| s.item_bytes),
                &of(counts, &bridge.id, shape),
                &baseline.map_or_else(Vec::new, |b| of(counts, &b.id, shape)),
            );
            if let Err(why) = result {
                judged.broken.push(format!(
                    "{}: bridge.toml claims {shape} = \"{claim}\", but {why}",
                    bridge.id
                ));
            }
        }
    }
    judged
}

/// Whether a claim is about what a call takes more than the same call in Rust.
fn is_beside_rust(claim: Claim) -> bool {
    match claim {
        Claim::NoAllocation | Claim::Borrowed => false,
        Claim::HandedOver | Claim::OneCopy | Claim::TwoCopies => true,
    }
}

/// The claims of a bridge beside the figures that show them.
#[must_use]
pub fn table(bridge: &Bridge, counts: &Counts) -> Table {
    let header = ["shape", "held to", "n", "library's side", "host's side"];
    let mut table = Table::new(header.map(Cell::text));
    for (shape, claim) in &bridge.claims {
        let all = of(counts, &bridge.id, shape);
        let each = |text: &dyn Fn(&Count) -> String| {
            let cells: Vec<String> = all.iter().map(|count| text(count)).collect();
            Cell::text(cells.join(" / "))
        };
        table.rows.push(vec![
            Cell::text(format!("`{shape}`")),
            Cell::text(claim.to_string()),
            each(&|count| match count.n {
                0 => "–".into(),
                n => n.to_string(),
            }),
            each(&|count| side(count.library)),
            each(&|count| side(count.host)),
        ]);
    }
    table
}

/// Allocations and bytes a call, as people read them.
#[must_use]
pub fn side(side: Option<Allocated>) -> String {
    match side {
        None => "–".into(),
        Some(Allocated { allocations, .. }) if allocations < 0.005 => "none".into(),
        Some(Allocated { allocations, bytes }) => format!("{allocations}: {bytes} B"),
    }
}

/// In order of size.
fn of<'a>(counts: &'a Counts, bridge: &str, shape: &str) -> Vec<&'a Count> {
    let rows = counts.counts.iter();
    let mut rows: Vec<&Count> = rows
        .filter(|c| c.bridge == bridge && c.shape == shape)
        .collect();
    rows.sort_by_key(|count| count.n);
    rows
}

/// Why a claim does not hold.
fn judge(
    claim: Claim,
    item_bytes: Option<u64>,
    counts: &[&Count],
    baseline: &[&Count],
) -> Result<(), String> {
    if counts.is_empty() {
        return Err("nothing was counted of it".into());
    }
    if claim == Claim::NoAllocation {
        let allocates = |c: &&&Count| {
            let sides = [c.library, c.host];
            sides.iter().flatten().any(|s| s.allocations >= 0.005)
        };
        return match counts.iter().find(allocates) {
            Some(c) => Err(format!(
                "it allocates: library {}, host {}",
                side(c.library),
                side(c.host)
            )),
            None => Ok(()),
        };
    }
    let Some(growth) = growth(counts, Count::bytes) else {
        return Err("it has one size only, so that no growth shows".into());
    };
    let Some(item) = item_bytes else {
        return Err("bench/shapes.toml does not say its item_bytes".into());
    };
    let item = item as f64;
    let in_rust = growth_or_none(baseline);
    let (copies, allowed) = match claim {
        Claim::NoAllocation => return Ok(()),
        Claim::Borrowed => (growth / item, 0.0),
        Claim::HandedOver => ((growth - in_rust) / item, 0.0),
        Claim::OneCopy => ((growth - in_rust) / item, 1.0),
        Claim::TwoCopies => ((growth - in_rust) / item, 2.0),
    };
    // On either side, and not only together.
    let is_borrowed = claim != Claim::Borrowed
        || [|c: &Count| c.library, |c: &Count| c.host]
            .iter()
            .filter_map(|pick| growth_of_side(counts, *pick))
            .all(|growth| growth / item <= SHARE);
    if is_borrowed && (copies - allowed).abs() <= SHARE {
        return Ok(());
    }
    Err(format!(
        "{growth:.2} bytes are allocated for each of n, {in_rust:.2} when Rust calls, and one takes {item}: {copies:.2} copies"
    ))
}

/// Bytes that each further item takes, between the smallest and the largest size.
fn growth(counts: &[&Count], bytes: impl Fn(&Count) -> f64) -> Option<f64> {
    let (first, last) = (counts.first()?, counts.last()?);
    (first.n < last.n).then(|| (bytes(last) - bytes(first)) / (last.n - first.n) as f64)
}

fn growth_of_side(counts: &[&Count], pick: fn(&Count) -> Option<Allocated>) -> Option<f64> {
    growth(counts, |count| pick(count).map_or(0.0, |side| side.bytes))
}

/// Of the baseline: none where Rust does not have the shape, so that what is handed over counts as a copy.
fn growth_or_none(counts: &[&Count]) -> f64 {
    growth(counts, Count::bytes).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(bytes: [(f64, f64); 2]) -> Vec<Count> {
        let count = |n, (library, host): (f64, f64)| {
            let side = |bytes: f64| {
                Some(Allocated {
                    allocations: f64::from(bytes > 0.0),
                    bytes,
                })
            };
            Count {
                bridge: "x/y".into(),
                shape: "s".into(),
                n,
                calls: 64,
                library: side(library),
                host: side(host),
                instructions: None,
            }
        };
        vec![count(16, bytes[0]), count(4096, bytes[1])]
    }

    /// Which claims hold for these bytes of the library and the host, where Rust itself takes `in_rust` an item.
    fn held(bytes: [(f64, f64); 2], in_rust: f64) -> Vec<Claim> {
        let rows = counts(bytes);
        let baseline = counts([(16.0 * in_rust, 0.0), (4096.0 * in_rust, 0.0)]);
        let all = [
            Claim::NoAllocation,
            Claim::Borrowed,
            Claim::HandedOver,
            Claim::OneCopy,
            Claim::TwoCopies,
        ];
        let holds = |claim: &Claim| {
            let rows: Vec<&Count> = rows.iter().collect();
            let baseline: Vec<&Count> = baseline.iter().collect();
            judge(*claim, Some(8), &rows, &baseline).is_ok()
        };
        all.into_iter().filter(holds).collect()
    }

    #[test]
    fn each_way_across_holds_its_own_claim_only() {
        use Claim::*;
        let of = |n: f64| 8.0 * n;
        assert_eq!(
            held([(0.0, 0.0); 2], 0.0),
            [NoAllocation, Borrowed, HandedOver]
        );
        assert_eq!(held([(0.0, 24.0); 2], 0.0), [Borrowed, HandedOver]);
        assert_eq!(
            held([(of(16.0), 0.0), (of(4096.0), 0.0)], 8.0),
            [HandedOver]
        );
        assert_eq!(held([(0.0, of(16.0)), (0.0, of(4096.0))], 0.0), [OneCopy]);
        let both = [(of(16.0), of(16.0)), (of(4096.0), of(4096.0))];
        assert_eq!(held(both, 8.0), [OneCopy]);
        assert_eq!(held(both, 0.0), [TwoCopies]);
        assert_eq!(held([(0.0, 0.0), (0.0, 8.0 * of(4096.0))], 0.0), []);
        // What one side takes more is not made up for by what the other takes less.
        let swapped = [(0.0, of(4096.0)), (of(4096.0), 0.0)];
        assert_eq!(held(swapped, 0.0), [HandedOver]);
    }

    #[test]
    fn what_cannot_be_told_does_not_hold() {
        let rows = counts([(0.0, 0.0); 2]);
        let one: Vec<&Count> = rows.iter().take(1).collect();
        let both: Vec<&Count> = rows.iter().collect();
        assert!(judge(Claim::Borrowed, Some(8), &[], &[]).is_err());
        assert!(judge(Claim::Borrowed, Some(8), &one, &[]).is_err());
        assert!(judge(Claim::Borrowed, None, &both, &[]).is_err());
        assert!(judge(Claim::NoAllocation, None, &one, &[]).is_ok());
    }
}
