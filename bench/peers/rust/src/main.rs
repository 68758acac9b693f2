//! The jobs in Rust, on the core: `tollbridge-bench-peers LINE`. README.md of bench/peers says what is asked and answered.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tollbridge_core::{Config, Histogram, Shared, replay_log};

const JOBS: [&str; 8] = [
    "record",
    "record_all",
    "p99",
    "encode",
    "decode",
    "merge",
    "replay",
    "replay_tags",
];

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let line = env::args().nth(1).ok_or("the line's id is missing")?;
    for request in io::stdin().lock().lines() {
        let request = request?;
        let tokens: Vec<&str> = request.split(' ').collect();
        match reply(&line, &tokens) {
            Ok(reply) => println!("ok {reply}"),
            Err(error) => println!("err {error}"),
        }
    }
    Ok(())
}

fn reply(line: &str, request: &[&str]) -> Outcome<String> {
    match *request {
        ["hello"] => {
            let program = env::current_exe()?;
            let texts = [line, &program.to_string_lossy(), "Rust"];
            Ok(texts.map(|text| hex(text.as_bytes())).join(" "))
        }
        ["shapes"] => Ok(format!("{} {} x", JOBS.len(), JOBS.join(" x "))),
        ["stats"] => Ok("0".into()),
        ["time", job, n, iterations, batches] => time(
            &Work::new(job, n.parse()?)?,
            iterations.parse()?,
            batches.parse()?,
        ),
        ["answer", job, n] => Work::new(job, n.parse()?)?.answer(),
        _ => Err(format!("unknown request {}", request.join(" ")).into()),
    }
}

fn time(work: &Work, iterations: u64, batches: u32) -> Outcome<String> {
    let mut reply = batches.to_string();
    for _ in 0..batches {
        let start = Instant::now();
        for _ in 0..iterations {
            work.run()?;
        }
        reply += &format!(" {}", start.elapsed().as_nanos());
    }
    Ok(format!("{reply} {}", work.check()?))
}

/// A job and what it works on.
struct Work {
    job: String,
    values: Vec<u64>,
    /// Empty for a job that records, else of `values`.
    histogram: Shared,
    /// Of `values`.
    other: Shared,
    encoded: Vec<u8>,
    log: PathBuf,
}

impl Work {
    fn new(job: &str, n: usize) -> Outcome<Self> {
        let data = PathBuf::from(env::var("TOLL_PEERS")?);
        let values: Vec<u64> = fs::read_to_string(data.join("values"))?
            .lines()
            .take(n)
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let (histogram, other) = (create()?, create()?);
        other.record_all(&values)?;
        if !job.starts_with("record") {
            histogram.record_all(&values)?;
        }
        let log = if job == "replay" {
            "plain.hlog"
        } else {
            "tagged.hlog"
        };
        Ok(Self {
            job: job.into(),
            encoded: other.encode()?,
            values,
            histogram,
            other,
            log: data.join(log),
        })
    }

    fn run(&self) -> Outcome<()> {
        match self.job.as_str() {
            "record" => {
                for value in &self.values {
                    self.histogram.record(*value)?;
                }
            }
            "record_all" => self.histogram.record_all(&self.values)?,
            "p99" => drop(black_box(self.histogram.value_at_quantile(0.99)?)),
            "encode" => drop(black_box(self.histogram.encode()?)),
            "decode" => drop(black_box(Shared::decode(&self.encoded)?)),
            "merge" => self.histogram.merge(&self.other)?,
            _ => drop(black_box(replay(&self.log)?)),
        }
        Ok(())
    }

    fn check(&self) -> Outcome<u64> {
        Ok(match self.job.as_str() {
            "p99" => 1,
            "encode" => Shared::decode(&self.histogram.encode()?)?.len()?,
            "decode" => Shared::decode(&self.encoded)?.len()?,
            "replay" | "replay_tags" => replay(&self.log)?.values().map(Histogram::len).sum(),
            _ => self.histogram.len()?,
        })
    }

    fn answer(&self) -> Outcome<String> {
        let one = |bytes: &[u8]| format!("1 x {}", hex(bytes));
        Ok(match self.job.as_str() {
            "p99" => self
                .histogram
                .value_at_quantile(0.99)?
                .ok_or("it is empty")?
                .to_string(),
            "encode" => one(&self.histogram.encode()?),
            "decode" => one(&Shared::decode(&self.encoded)?.encode()?),
            "replay" | "replay_tags" => {
                let sums = replay(&self.log)?;
                let pairs = sums
                    .iter()
                    .map(|(tag, sum)| format!(" {} {}", hex(tag.as_bytes()), hex(&sum.encode())));
                format!("{}{}", sums.len(), pairs.collect::<String>())
            }
            _ => {
                self.run()?;
                one(&self.histogram.encode()?)
            }
        })
    }
}

fn create() -> Outcome<Shared> {
    Ok(Shared::new(Config {
        lowest: 1,
        highest: 3_600_000_000_000,
        significant_digits: 3,
    })?)
}

fn replay(log: &Path) -> Outcome<BTreeMap<String, Histogram>> {
    Ok(replay_log(log, 0, |_| ControlFlow::Continue(()))?)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold("x".into(), |text, byte| format!("{text}{byte:02x}"))
}
