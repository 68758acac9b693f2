//! What a runner asks its allocator for, by the side of the crossing that asked.
//!
//! `count/count.c` is preloaded into the runner. It counts into a file, which is read here between requests.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Slope;
use crate::bridge::Bridge;
use crate::process;
use crate::results::Failure;
use crate::runner::{Outcome, Runner};
use crate::shapes::EMPTY;
use crate::start;
use crate::timing::Clock;

const SOURCE: &str = include_str!("../../count/count.c");
/// Words of its `struct counts` and `struct reading`, and how many of these there are: of the first, and of the last.
const WORDS: usize = FIRST_READING + 2 * READINGS * READING_WORDS;
const READING_WORDS: usize = 6;
const READINGS: usize = 32;
/// Places in it.
const DEVICE: usize = 0;
const INODE: usize = 1;
const ASKED: usize = 2;
const ANSWERED: usize = 3;
const PLACE: usize = 4;
const NOW: usize = 5;
const READ: usize = 10;
const FIRST_READING: usize = 11;
/// Its `enum place`.
const SHARED_OBJECT: u64 = 1;
const PROGRAM: u64 = 2;

/// Where the clock does not tell the loop's ends: counts that stood still for so long are final.
const STILL: Duration = Duration::from_micros(200);
/// A runner that is awake for so long is not about to free a reply.
const AWAKE: Duration = Duration::from_secs(1);
/// Each request is sent so often, and the least taken: what happens now and then is left out.
const REPEATS: usize = 2;

/// The compiled counter, in a folder of its own that goes when this is dropped.
pub struct Counter {
    dir: PathBuf,
}

/// The two sides of a crossing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// The library is a file of its own.
    Apart,
    /// The library is linked into the program.
    OneProgram,
    /// There is no library.
    HostOnly,
}

/// A runner with the counter in it.
pub struct Counted {
    /// The runner.
    pub runner: Runner,
    /// What its counts can tell apart.
    pub sides: Sides,
    file: File,
}

/// Calls and bytes of the host, of the library, and the bytes that live.
type Total = [i64; LIVE + 1];
const LIVE: usize = 4;

/// What one call allocates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allocations {
    /// Allocations and bytes on the host's side.
    pub host: (f64, f64),
    /// Allocations and bytes on the library's side.
    pub library: (f64, f64),
    /// Bytes that nobody has freed.
    pub live: f64,
}

impl Counter {
    /// Compiles the counter into `target/toll`.
    ///
    /// # Errors
    /// When there is no C compiler, or the project's path cannot stand in LD_PRELOAD.
    pub fn build(root: &Path) -> Result<Self> {
        let dir = root.join(format!("target/toll/count-{}", std::process::id()));
        ensure!(
            !dir.to_string_lossy().contains([' ', ':']),
            "{}: LD_PRELOAD cannot hold a path with a space or a colon",
            dir.display()
        );
        fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
        let counter = Self { dir };
        let source = counter.dir.join("count.c");
        fs::write(&source, SOURCE).with_context(|| format!("writing {}", source.display()))?;
        // The counter's own compiler, whatever the hosts are.
        let name = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut cc = start::program(&name, root);
        cc.args(["-std=c11", "-O2", "-fPIC", "-shared", "-pthread", "-o"])
            .arg(counter.library())
            .arg(&source);
        let output = cc.output().with_context(|| {
            format!(
                "counting needs a C compiler, and there is no {}; install cc, or name yours by CC",
                name.display()
            )
        })?;
        ensure!(
            output.status.success(),
            "{} cannot compile the counter:\n{}",
            name.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(counter)
    }

    fn library(&self) -> PathBuf {
        self.dir.join("count.so")
    }

    /// Starts a bridge's runner with the counter in it, and tells it which file is the library.
    ///
    /// # Errors
    /// When the runner does not start, or the counter does not find the library that it says it loaded.
    pub fn start(&self, bridge: &Bridge) -> Result<Counted> {
        let path = self.dir.join(bridge.id.replace('/', "-"));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .with_context(|| format!("creating {}", path.display()))?;
        file.set_len((WORDS * size_of::<u64>()) as u64)?;
        let mut bridge = bridge.clone();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        bridge
            .env
            .insert("LD_PRELOAD".into(), text(&self.library()));
        bridge.env.insert("TOLL_COUNTS".into(), text(&path));
        let mut counted = Counted {
            runner: Runner::start(&bridge)?,
            sides: Sides::HostOnly,
            file,
        };
        if let Some(library) = counted.runner.hello().library.clone() {
            counted.sides = counted.find(&library)?;
        }
        Ok(counted)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        // Whatever is left of it lies in target/, and does no harm.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

impl Counted {
    fn find(&mut self, library: &Path) -> Result<Sides> {
        let metadata = library.metadata()?;
        self.put(DEVICE, metadata.dev())?;
        self.put(INODE, metadata.ino())?;
        // Last: it looks when this changes, as soon as somebody allocates or reads the clock.
        self.put(ASKED, 1)?;
        let request = format!("time {EMPTY} 0 1 1");
        if !matches!(self.runner.ask(&request, super::LIMIT), Outcome::Reply(_)) {
            bail!("the runner ended at `{request}`");
        }
        let words = self.read()?;
        ensure!(
            words[ANSWERED] == 1,
            "the counter is not at work: the runner must keep LD_PRELOAD, and use glibc's allocator"
        );
        match words[PLACE] {
            SHARED_OBJECT => Ok(Sides::Apart),
            PROGRAM => Ok(Sides::OneProgram),
            _ => bail!(
                "the runner has not loaded {}, which `hello` names",
                library.display()
            ),
        }
    }

    fn put(&self, place: usize, value: u64) -> Result<()> {
        let at = (place * size_of::<u64>()) as u64;
        Ok(self.file.write_all_at(&value.to_ne_bytes(), at)?)
    }

    fn read(&self) -> Result<[u64; WORDS]> {
        let mut bytes = [0; WORDS * size_of::<u64>()];
        self.file.read_exact_at(&mut bytes, 0)?;
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
        Ok(words)
    }

    /// The counts, once they stand still and the runner waits for a request: it frees its reply after it was read here,
    /// and later than soon where the machine is busy.
    fn read_still(&self) -> Result<[u64; WORDS]> {
        let started = Instant::now();
        let mut before = self.read()?;
        loop {
            thread::sleep(STILL);
            let is_waiting = process::is_asleep(self.runner.pid()) || started.elapsed() > AWAKE;
            let now = self.read()?;
            if is_waiting && now == before {
                return Ok(now);
            }
            before = now;
        }
    }

    /// What so many calls allocate.
    fn request(&mut self, of: &Slope, calls: u64) -> Result<Result<Request, Failure>> {
        let before = self.read_still()?;
        self.put(READ, 0)?;
        let mut clock = Clock {
            runner: &mut self.runner,
            shape: of.shape,
            n: of.n,
            limit: super::LIMIT,
        };
        let took = match clock.time(calls) {
            Ok(took) => took as u64,
            Err(failure) => return Ok(Err(failure)),
        };
        let after = self.read_still()?;
        let (readings, _) = after[FIRST_READING..].as_chunks::<READING_WORDS>();
        // What is left of earlier requests lies further apart.
        let readings = &readings[..readings.len().min(after[READ] as usize)];
        let ends = readings.iter().take(READINGS).find_map(|start| {
            let took_so_long = |end: &&[u64; READING_WORDS]| end[0].wrapping_sub(start[0]) == took;
            Some((start, readings.iter().find(took_so_long)?))
        });
        Ok(Ok(Request {
            whole: difference(&before[NOW..], &after[NOW..]),
            looped: ends.map(|(start, end)| difference(&start[1..], &end[1..])),
        }))
    }

    /// What one call allocates.
    ///
    /// # Errors
    /// [`Failure`] when the runner does not answer, or with a wrong check value.
    pub fn slope(&mut self, of: &Slope) -> Result<Result<Allocations, Failure>> {
        let mut whole = [NOTHING_YET; 2];
        let mut looped = Some([NOTHING_YET; 2]);
        // The first round warms up.
        for round in 0..=REPEATS {
            for (i, calls) in [of.few, of.many].into_iter().enumerate() {
                let request = match self.request(of, calls)? {
                    Ok(request) => request,
                    Err(failure) => return Ok(Err(failure)),
                };
                if round > 0 {
                    lower(&mut whole[i], request.whole);
                    // The same for few and many, or set-up would not cancel.
                    looped = looped.zip(request.looped).map(|(mut looped, total)| {
                        lower(&mut looped[i], total);
                        looped
                    });
                }
            }
        }
        let calls = (of.many - of.few) as f64;
        let each = |[few, many]: [Total; 2], i: usize| (many[i] - few[i]) as f64 / calls;
        let counted = looped.unwrap_or(whole);
        Ok(Ok(Allocations {
            host: (each(counted, 0), each(counted, 1)),
            library: (each(counted, 2), each(counted, 3)),
            // What the loop leaves may be freed at its end.
            live: each(counted, LIVE).min(each(whole, LIVE)),
        }))
    }

    /// The bytes that live after each of so many requests, all alike. The first is no more than a warm-up.
    ///
    /// # Errors
    /// [`Failure`] when the runner does not answer, or with a wrong check value.
    pub fn living(
        &mut self,
        of: &Slope,
        calls: u64,
        requests: usize,
    ) -> Result<Result<Vec<i64>, Failure>> {
        let mut living = Vec::new();
        for _ in 0..=requests {
            if let Err(failure) = self.request(of, calls)? {
                return Ok(Err(failure));
            }
            living.push(self.read_still()?[NOW + LIVE] as i64);
        }
        Ok(Ok(living.split_off(1)))
    }
}

/// What a request allocated.
struct Request {
    /// From its arrival until its reply was freed.
    whole: Total,
    /// Between the two times when the runner read the clock around its loop, if these are among the times known.
    looped: Option<Total>,
}

/// More than anything.
const NOTHING_YET: Total = [i64::MAX; LIVE + 1];

fn lower(least: &mut Total, total: Total) {
    for (least, count) in least.iter_mut().zip(total) {
        *least = (*least).min(count);
    }
}

/// Between two places that each begin with a total. Live bytes may shrink.
fn difference(before: &[u64], after: &[u64]) -> Total {
    let mut total = [0; LIVE + 1];
    for ((count, after), before) in total.iter_mut().zip(after).zip(before) {
        *count = after.wrapping_sub(*before) as i64;
    }
    total
}
