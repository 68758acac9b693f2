//! `bench/shapes.toml`: what is timed, and what a timed loop must have computed.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// The empty loop, which is timed in every run so that it can be taken off.
pub const EMPTY: &str = "empty";

/// Every shape of the file, in its order.
#[derive(Debug)]
pub struct Shapes(Vec<Shape>);

/// One thing that is timed.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The word that requests and results use.
    pub id: String,
    /// The report's chapter.
    pub group: String,
    /// One line for the report's reader.
    pub what: String,
    /// How the data is made.
    pub about: Option<String>,
    /// The values of `n`; `[0]` for a shape without sizes.
    pub sizes: Vec<u64>,
    /// Values of `n` that are timed too, so that the cost model can be checked: it is never fitted to them.
    pub held_out: Vec<u64>,
    /// What the check value must be.
    pub check: Check,
    /// What a call's time may be divided by.
    pub unit: Unit,
    /// When it is left out where time is short: never with 0; else the highest first.
    pub rank: usize,
    /// Bytes that one of `n` takes in Rust, where copies of the data can be told by their size.
    pub item_bytes: Option<u64>,
}

/// What the report's "per item" column divides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// The call is the item.
    #[default]
    Call,
    /// `n` items a call.
    N,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    defaults: Defaults,
    #[serde(default)]
    short_of_time: ShortOfTime,
    shape: Vec<RawShape>,
}

/// What to do without where time is short.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShortOfTime {
    /// Shapes that stay; the empty loop does anyway.
    #[serde(default)]
    keep: Vec<String>,
    /// Shapes that go first, in this order. Those in neither list follow, from the file's end on.
    #[serde(default)]
    first: Vec<String>,
}

impl ShortOfTime {
    /// Gives the shapes their ranks.
    fn rank(&self, shapes: &mut [Shape]) -> Result<()> {
        let lists = [&self.keep, &self.first];
        for (i, id) in lists.into_iter().flatten().enumerate() {
            ensure!(
                shapes.iter().any(|shape| shape.id == *id),
                "short_of_time: there is no shape `{id}`"
            );
            ensure!(
                !lists.into_iter().flatten().take(i).any(|one| one == id),
                "short_of_time: `{id}` is there twice"
            );
        }
        let is_kept = |shape: &Shape| shape.id == EMPTY || self.keep.contains(&shape.id);
        let place = |shape: &Shape| self.first.iter().rev().position(|id| *id == shape.id);
        let mut rank = 0;
        for shape in shapes
            .iter_mut()
            .filter(|s| !is_kept(s) && place(s).is_none())
        {
            rank += 1;
            shape.rank = rank;
        }
        for shape in shapes {
            if let Some(place) = place(shape) {
                shape.rank = rank + 1 + place;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    sizes: Vec<u64>,
    #[serde(default)]
    held_out: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShape {
    id: String,
    group: String,
    what: String,
    about: Option<String>,
    sizes: Option<RawSizes>,
    held_out: Option<Vec<u64>>,
    check: String,
    #[serde(default)]
    unit: Unit,
    item_bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawSizes {
    Named(String),
    Listed(Vec<u64>),
}

impl Shapes {
    /// Reads `bench/shapes.toml` below `root`.
    pub fn load(root: &Path) -> Result<Self> {
        Self::read(&root.join("bench/shapes.toml"))
    }

    /// Reads another file of the same format.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text)?;
        let mut shapes: Vec<Shape> = Vec::new();
        for raw in file.shape {
            ensure!(
                shapes.iter().all(|s| s.id != raw.id),
                "shape `{}` is there twice",
                raw.id
            );
            let sizes = match raw.sizes {
                None => vec![0],
                Some(RawSizes::Listed(sizes)) => sizes,
                Some(RawSizes::Named(name)) if name == "default" => file.defaults.sizes.clone(),
                Some(RawSizes::Named(name)) => {
                    bail!(
                        "shape `{}`: sizes is \"default\" or a list, not \"{name}\"",
                        raw.id
                    )
                }
            };
            ensure!(
                !sizes.is_empty() && sizes.is_sorted_by(|a, b| a < b),
                "shape `{}`: sizes must rise",
                raw.id
            );
            let is_between =
                |n: &u64| sizes[0] < *n && Some(n) < sizes.last() && !sizes.contains(n);
            let held_out = match raw.held_out {
                Some(held_out) => held_out,
                None => {
                    let fitting = file.defaults.held_out.iter().filter(|n| is_between(n));
                    fitting.copied().collect()
                }
            };
            ensure!(
                held_out.iter().all(is_between) && held_out.is_sorted_by(|a, b| a < b),
                "shape `{}`: held_out must rise, between the sizes and beside them",
                raw.id
            );
            let check = Check::parse(&raw.check)
                .with_context(|| format!("shape `{}`: check = \"{}\"", raw.id, raw.check))?;
            shapes.push(Shape {
                id: raw.id,
                group: raw.group,
                what: raw.what,
                about: raw.about,
                sizes,
                held_out,
                check,
                unit: raw.unit,
                rank: 0,
                item_bytes: raw.item_bytes,
            });
        }
        file.short_of_time.rank(&mut shapes)?;
        Ok(Self(shapes))
    }

    /// The shape with this id.
    pub fn get(&self, id: &str) -> Option<&Shape> {
        self.0.iter().find(|s| s.id == id)
    }

    /// All shapes, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = &Shape> {
        self.0.iter()
    }
}

impl Shape {
    /// The sizes and those held out, rising.
    pub fn timed_sizes(&self) -> Vec<u64> {
        rising(self.sizes.iter().chain(&self.held_out).copied())
    }

    /// The timed sizes with the geometric middles of the sizes put between, where neighbours lie 8 times or more
    /// apart.
    pub fn finer_sizes(&self) -> Vec<u64> {
        let is_wide = |pair: &&[u64]| pair[0] > 0 && pair[1] / pair[0] >= 8;
        let pairs = self.sizes.windows(2).filter(is_wide);
        let middles = pairs.map(|pair| (pair[0] * pair[1]).isqrt());
        rising(self.timed_sizes().into_iter().chain(middles))
    }

    /// Whether one object a call is made outside the clock, so that iterations take up memory.
    pub fn makes_fresh_objects(&self) -> bool {
        self.id.ends_with("_fresh")
    }
}

fn rising(sizes: impl Iterator<Item = u64>) -> Vec<u64> {
    BTreeSet::from_iter(sizes).into_iter().collect()
}

/// A check expression: terms joined by `+`, each of factors joined by `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check(Vec<Vec<Factor>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Factor {
    Integer(i128),
    N,
    Calls,
}

impl Check {
    fn parse(text: &str) -> Result<Self> {
        text.split('+')
            .map(|term| {
                term.split('*')
                    .map(|word| Factor::parse(word.trim()))
                    .collect()
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// The value for this size after so many calls. It wraps like no real request could.
    pub fn value(&self, n: u64, calls: u64) -> i128 {
        let factor = |f: &Factor| match f {
            Factor::Integer(i) => *i,
            Factor::N => n.into(),
            Factor::Calls => calls.into(),
        };
        self.0
            .iter()
            .map(|term| term.iter().map(factor).fold(1, i128::wrapping_mul))
            .fold(0, i128::wrapping_add)
    }
}

impl Factor {
    fn parse(word: &str) -> Result<Self> {
        Ok(match word {
            "n" => Self::N,
            "calls" => Self::Calls,
            _ => Self::Integer(
                word.parse()
                    .with_context(|| format!("`{word}` is no integer, `n` or `calls`"))?,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_expressions() {
        let value = |text: &str, n, calls| Check::parse(text).unwrap().value(n, calls);
        assert_eq!(value("42", 7, 9), 42);
        assert_eq!(value("-3", 7, 9), -3);
        assert_eq!(value("n + 194", 16, 1), 210);
        assert_eq!(value("2*n", 16, 1), 32);
        assert_eq!(value("n*calls + 2 * calls + -1", 10, 100), 1199);
        for bad in ["", "n +", "m", "2n", "1.5", "(n)"] {
            assert!(Check::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn reads_strictly() {
        let file = |shape: &str| {
            Shapes::parse(&format!("[defaults]\nsizes = [1, 16]\n[[shape]]\n{shape}"))
        };
        let good = "id = 'a'\ngroup = 'g'\nwhat = 'w'\ncheck = 'n'\n";
        assert_eq!(file(good).unwrap().get("a").unwrap().sizes, [0]);
        let sized = file(&format!("{good}sizes = 'default'\nunit = 'n'")).unwrap();
        assert_eq!(sized.get("a").unwrap().sizes, [1, 16]);
        assert_eq!(sized.get("a").unwrap().unit, Unit::N);
        for bad in [
            "sizes = 'some'",
            "sizes = [2, 1]",
            "sizes = []",
            "unit = 'm'",
            "extra = 1",
            "held_out = [4]",
            "sizes = [1, 16]\nheld_out = [16]",
            "sizes = [1, 16]\nheld_out = [32]",
            "sizes = [1, 16]\nheld_out = [8, 4]",
        ] {
            assert!(file(&format!("{good}{bad}")).is_err(), "{bad} was accepted");
        }
        assert!(
            file(&format!("{good}[[shape]]\n{good}")).is_err(),
            "a double was accepted"
        );
    }

    #[test]
    fn finer_sizes_fill_wide_gaps_only() {
        let text = "[defaults]\nsizes = [1, 16, 256, 1024]\n[[shape]]\nid = 'a'\ngroup = 'g'\n\
                    what = 'w'\ncheck = '1'\nsizes = 'default'";
        let shapes = Shapes::parse(text).unwrap();
        assert_eq!(
            shapes.get("a").unwrap().finer_sizes(),
            [1, 4, 16, 64, 256, 1024]
        );
    }

    #[test]
    fn held_out_sizes_are_timed_too() {
        let shape = |lines: &str| {
            let text = format!(
                "[defaults]\nsizes = [1, 16, 4096]\nheld_out = [8, 1024]\n[[shape]]\nid = 'a'\ngroup = 'g'\n\
                 what = 'w'\ncheck = '1'\n{lines}"
            );
            Shapes::parse(&text).unwrap().get("a").unwrap().clone()
        };
        assert_eq!(shape("").timed_sizes(), [0]);
        assert_eq!(
            shape("sizes = 'default'").timed_sizes(),
            [1, 8, 16, 1024, 4096]
        );
        assert_eq!(shape("sizes = [1, 16]").held_out, [8]);
        assert_eq!(
            shape("sizes = [1, 16]\nheld_out = []").timed_sizes(),
            [1, 16]
        );
        let finer = shape("sizes = 'default'\nheld_out = [256]").finer_sizes();
        assert_eq!(finer, [1, 4, 16, 256, 4096]);
    }

    #[test]
    fn what_goes_where_time_is_short_is_ranked() {
        let shape =
            |id: &str| format!("[[shape]]\nid = '{id}'\ngroup = 'g'\nwhat = 'w'\ncheck = '1'\n");
        let file = |lists: &str| {
            let shapes: String = ["empty", "a", "b", "c", "d", "e"].map(shape).concat();
            Shapes::parse(&format!(
                "[short_of_time]\n{lists}\n[defaults]\nsizes = [1]\n{shapes}"
            ))
        };
        let going = |lists: &str| {
            let shapes = file(lists).unwrap();
            let mut going: Vec<&Shape> = shapes.iter().filter(|shape| shape.rank > 0).collect();
            going.sort_by_key(|shape| std::cmp::Reverse(shape.rank));
            going
                .into_iter()
                .map(|shape| shape.id.as_str())
                .collect::<String>()
        };
        assert_eq!(
            going(""),
            "edcba",
            "the last first, and the empty loop never"
        );
        assert_eq!(going("keep = ['d']\nfirst = ['b', 'c']"), "bcea");
        for bad in [
            "keep = ['f']",
            "first = ['a', 'a']",
            "keep = ['a']\nfirst = ['a']",
        ] {
            assert!(file(bad).is_err(), "{bad} was accepted");
        }
    }

    #[test]
    fn the_readmes_shapes_are_always_timed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let shapes = Shapes::load(&root).unwrap();
        let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
        let (_, table) = readme.split_once("<!-- toll:table shapes=").unwrap();
        let (cases, _) = table.split_once(' ').unwrap();
        for case in cases.split(',') {
            let id = case.split(':').next().unwrap_or_default();
            assert_eq!(shapes.get(id).unwrap().rank, 0, "{id}");
        }
    }

    #[test]
    fn the_projects_own_file_is_good() {
        let shapes = Shapes::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
        assert!(shapes.get(EMPTY).is_some());
    }
}
