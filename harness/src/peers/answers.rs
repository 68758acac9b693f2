//! The data of a run, and whether a line makes of them what the core does.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tollbridge_core::{Config, Histogram, LogWriter, Scan, replay_log};

use crate::timing::Key;
use crate::vectors::unhex;

/// One seed, so that every run has the same numbers.
const SEED: u64 = 0x7011_B81D;
/// Lines of a log.
const INTERVALS: usize = 64;
const TAGS: [&str; 3] = ["", "reads", "writes"];
const CONFIG: Config = Config {
    lowest: 1,
    highest: 3_600_000_000_000,
    significant_digits: 3,
};
const QUANTILE: f64 = 0.99;

/// What a line answered to a job.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whose it is.
    pub line: String,
    /// The job.
    pub job: String,
    /// Whether it is what the core makes of the same data: every count of every bucket, and p99 where that is asked.
    pub agrees: bool,
    /// What it said, in short.
    pub said: String,
    /// What the core says, where they differ.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub core: Option<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.line, self.job, self.said)?;
        match &self.core {
            Some(core) => write!(f, "; the core: {core}"),
            None => Ok(()),
        }
    }
}

/// A histogram's counts, by the highest value of each bucket.
type Counts = Vec<(u64, u64)>;

/// What comes of a job.
#[derive(Debug, PartialEq)]
enum Made {
    Quantile(u64),
    Histograms(BTreeMap<String, Counts>),
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quantile(value) => write!(f, "{value}"),
            Self::Histograms(by_tag) => {
                let all = by_tag.iter().map(|(tag, counts)| {
                    let total: u64 = counts.iter().map(|(_, count)| count).sum();
                    let tag = match tag.as_str() {
                        "" => String::new(),
                        tag => format!("{tag}: "),
                    };
                    format!("{tag}{total} values in {} buckets", counts.len())
                });
                f.write_str(&all.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// A folder with the values and the logs, which is removed when this is dropped.
#[derive(Debug)]
pub struct Data {
    folder: TempDir,
    values: Vec<u64>,
}

impl Data {
    /// Writes as many values as the largest of the jobs wants, one a line, and the logs.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn new(keys: &[Key]) -> Result<Self> {
        let most = keys.iter().map(|(_, n)| *n).max().unwrap_or(1);
        let mut rng = Rng::with_seed(SEED);
        // From a microsecond to a few milliseconds, most of them short: latencies.
        let values: Vec<u64> = (0..most)
            .map(|_| (1000.0 * (12.0 * rng.f64() * rng.f64()).exp2()) as u64)
            .collect();
        let folder = tempfile::Builder::new()
            .prefix("toll-peers-")
            .tempdir()
            .context("a folder for the data")?;
        let lines: String = values.iter().map(|value| format!("{value}\n")).collect();
        fs::write(folder.path().join("values"), lines).context("writing the values")?;
        let data = Self { folder, values };
        data.write_log("plain.hlog", &[""])?;
        data.write_log("tagged.hlog", &TAGS)?;
        Ok(data)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write_log(&self, name: &str, tags: &[&str]) -> Result<()> {
        let writer = LogWriter::create(&self.path().join(name), 1_800_000_000.0)?;
        let each = self.values.len().div_ceil(INTERVALS);
        for (i, values) in self.values.chunks(each).enumerate() {
            let mut histogram = Histogram::new(CONFIG)?;
            histogram.record_all(values)?;
            histogram.set_tag(tags[i % tags.len()])?;
            writer.write(&histogram, i as f64, 1.0)?;
        }
        Ok(())
    }

    /// Compares a reply to `answer` with what the core makes of the data.
    ///
    /// # Errors
    /// When the reply is none, or holds bytes that the core cannot decode.
    pub fn judge(&self, line: &str, job: &str, n: u64, reply: &[String]) -> Result<Answer> {
        let said = made(reply).with_context(|| format!("answer {job} {n}"))?;
        let core = self.by_core(job, n)?;
        let agrees = said == core;
        let told = match (said.to_string(), core.to_string()) {
            // The same in short: the counts lie in other buckets.
            (said, core) if said == core && !agrees => (said + ", in other places", core),
            told => told,
        };
        Ok(Answer {
            line: line.into(),
            job: job.into(),
            agrees,
            said: told.0,
            core: (!agrees).then_some(told.1),
        })
    }

    fn by_core(&self, job: &str, n: u64) -> Result<Made> {
        let values = self
            .values
            .get(..usize::try_from(n)?)
            .context("fewer values than that")?;
        let mut histogram = Histogram::new(CONFIG)?;
        histogram.record_all(values)?;
        let log = match job {
            "p99" => {
                let value = histogram.value_at_quantile(QUANTILE)?;
                return Ok(Made::Quantile(value.context("no values")?));
            }
            "replay" => "plain.hlog",
            "replay_tags" => "tagged.hlog",
            _ => {
                if job == "merge" {
                    histogram.merge_self()?;
                }
                let one = (String::new(), counts(&histogram)?);
                return Ok(Made::Histograms([one].into()));
            }
        };
        let sums = replay_log(&self.path().join(log), 0, |_| ControlFlow::Continue(()))?;
        let by_tag = sums
            .iter()
            .map(|(tag, sum)| Ok((tag.clone(), counts(sum)?)))
            .collect::<Result<_>>()?;
        Ok(Made::Histograms(by_tag))
    }
}

fn counts(histogram: &Histogram) -> Result<Counts> {
    let buckets = histogram.buckets(Scan::Recorded)?;
    Ok(buckets.map(|bucket| (bucket.value, bucket.count)).collect())
}

/// What a reply holds: `ok VALUE`, or `ok K` and K pairs of a tag and an encoded histogram.
fn made(reply: &[String]) -> Result<Made> {
    let shown = || format!("`{:.200}`", reply.join(" "));
    let tokens = match reply.split_first() {
        Some((ok, tokens)) if ok == "ok" => tokens,
        _ => anyhow::bail!("{}", shown()),
    };
    let (first, pairs) = tokens.split_first().with_context(shown)?;
    let first: u64 = first.parse().with_context(shown)?;
    if pairs.is_empty() {
        return Ok(Made::Quantile(first));
    }
    ensure!(pairs.len() as u64 == 2 * first, "{}", shown());
    let bytes = |token: &str| unhex(token.strip_prefix('x')?);
    let mut by_tag = BTreeMap::new();
    for pair in pairs.chunks(2) {
        let tag = bytes(&pair[0]).and_then(|tag| String::from_utf8(tag).ok());
        let histogram = Histogram::decode(&bytes(&pair[1]).with_context(shown)?)
            .context("what it encodes cannot be decoded by the core")?;
        by_tag.insert(tag.with_context(shown)?, counts(&histogram)?);
    }
    Ok(Made::Histograms(by_tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::Shapes;
    use crate::vectors::hex;

    fn data() -> Data {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let jobs = Shapes::read(&root.join("bench/peers/jobs.toml")).unwrap();
        let keys: Vec<Key> = jobs.iter().map(|job| (job, 256)).collect();
        Data::new(&keys).unwrap()
    }

    fn encoded(values: &[u64]) -> String {
        let mut histogram = Histogram::new(CONFIG).unwrap();
        histogram.record_all(values).unwrap();
        format!("x{}", hex(&histogram.encode()))
    }

    #[test]
    fn equal_counts_agree_and_others_are_shown() {
        let data = data();
        let reply = |values: &[u64]| ["ok".into(), "1".into(), "x".into(), encoded(values)];
        let right = data
            .judge("a/b", "record", 256, &reply(&data.values[..256]))
            .unwrap();
        assert!(right.agrees && right.core.is_none(), "{right:?}");
        let wrong = data
            .judge("a/b", "record", 256, &reply(&data.values[..255]))
            .unwrap();
        assert!(!wrong.agrees, "{wrong:?}");
        assert!(wrong.said.starts_with("255 values"), "{wrong}");
        assert!(wrong.core.unwrap().starts_with("256 values"));
        let moved = [data.values[0] * 2; 256];
        let moved = data.judge("a/b", "record", 256, &reply(&moved)).unwrap();
        assert!(!moved.agrees);
    }

    #[test]
    fn tags_are_compared_each() {
        let data = data();
        let Made::Histograms(sums) = data.by_core("replay_tags", 256).unwrap() else {
            panic!("a log has histograms");
        };
        assert_eq!(sums.keys().collect::<Vec<_>>(), TAGS);
        let total: u64 = sums.values().flatten().map(|(_, count)| count).sum();
        assert_eq!(total, 256);
    }

    #[test]
    fn nonsense_is_an_error() {
        for bad in ["", "err no", "ok", "ok x", "ok 2 x x00", "ok 1 x x00"] {
            let reply: Vec<String> = bad.split(' ').map(String::from).collect();
            assert!(made(&reply).is_err(), "{bad} was accepted");
        }
    }
}
