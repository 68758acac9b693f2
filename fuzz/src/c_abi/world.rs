//! All handles and watches there are, each histogram with its model, and what can be done to them.

use super::calls::{self, code, found, len, must};
use super::model::{MOST, Model, code as codes};
use super::watch::{Act, Watch};
use arbitrary::{Arbitrary, Result, Unstructured};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Barrier;
use std::thread;
use tollbridge::*;

const MOST_HANDLES: usize = 6;
const MOST_WATCHES: usize = 6;
/// Counts of the largest histogram that is made: half a MiB.
const MOST_COUNTS: u64 = 1 << 16;
/// The most buckets of a scan.
const BUCKET_LIMIT: u64 = 1 << 20;

#[derive(Default)]
pub struct World {
    /// Each a handle, and which model it stands for.
    handles: Vec<(Box<tb_histogram>, usize)>,
    models: Vec<Model>,
    watches: Vec<Watch>,
}

/// What is done. A call that needs a histogram is left out where there is none.
#[derive(Arbitrary)]
enum Step {
    New,
    Clone,
    Free,
    Record { count: Option<u64> },
    RecordAll { misaligned: bool },
    RecordDurations,
    Figures,
    Quantile(f64),
    Tag,
    Merge,
    Recode,
    Decode,
    Buckets,
    Visit { stop: u8 },
    Render { ticks: u16, unit: f64 },
    Watch { act: Act },
    EndWatch,
    Hostile(u8),
    Threads,
    MergeBothWays,
}

impl World {
    pub fn step(&mut self, input: &mut Unstructured) -> Result<()> {
        let step: Step = input.arbitrary()?;
        match step {
            Step::New => self.new_histogram(input)?,
            Step::Decode => self.decode(input)?,
            Step::Hostile(which) => self.hostile(which),
            Step::EndWatch => {
                if !self.watches.is_empty() {
                    let at = input.choose_index(self.watches.len())?;
                    let mut watch = self.watches.swap_remove(at);
                    watch.end();
                    watch.check();
                }
            }
            _ if self.handles.is_empty() => {}
            step => {
                let at = input.choose_index(self.handles.len())?;
                self.on(at, step, input)?;
            }
        }
        self.watches.iter_mut().for_each(Watch::check);
        Ok(())
    }

    /// Frees everything.
    pub fn end(mut self) {
        while !self.handles.is_empty() {
            self.free(0);
        }
        self.watches.iter_mut().for_each(Watch::check);
        // A watch can be asked to end when its histogram is gone.
        self.watches.iter_mut().for_each(Watch::end);
    }

    fn on(&mut self, at: usize, step: Step, input: &mut Unstructured) -> Result<()> {
        let (handle, which) = (&*self.handles[at].0, self.handles[at].1);
        let model = &mut self.models[which];
        let same = |got, wanted| assert_eq!(got, wanted, "code of the error");
        match step {
            Step::Clone => {
                if self.handles.len() < MOST_HANDLES {
                    let clone = must(|clone| tb_histogram_clone(Some(handle), Some(clone)));
                    self.handles.push((clone, which));
                }
            }
            Step::Free => self.free(at),
            Step::Record { count } => {
                let value = value(input, model)?;
                let (got, wanted) = match count {
                    None => (calls::record(handle, value), model.record_n(value, 1)),
                    Some(count) => {
                        let got = calls::record_n(handle, value, count);
                        (got, model.record_n(value, count))
                    }
                };
                same(got, wanted);
                if got == 0 && count != Some(0) {
                    self.told(which, &[value]);
                }
            }
            Step::RecordAll { misaligned } => {
                let values = values(input, model)?;
                let got = code(record_all(handle, &values, misaligned));
                same(got, model.record_all(&values));
                if got == 0 {
                    self.told(which, &values);
                }
            }
            Step::RecordDurations => {
                let text = text(input)?;
                let mut recorded = MaybeUninit::uninit();
                // SAFETY: the text is there.
                let got = code(unsafe {
                    tb_histogram_record_durations(
                        handle,
                        text.as_ptr().cast(),
                        text.len(),
                        Some(&mut recorded),
                    )
                });
                let values = Model::durations(&text);
                same(
                    got,
                    values
                        .as_ref()
                        .map_or_else(|code| *code, |values| model.record_all(values)),
                );
                if let (0, Ok(values)) = (got, values) {
                    // SAFETY: written on success.
                    assert_eq!(unsafe { recorded.assume_init() }, values.len() as u64);
                    self.told(which, &values);
                }
            }
            Step::Figures => figures(handle, model),
            Step::Quantile(quantile) => {
                if !(0.0..=1.0).contains(&quantile) {
                    let (mut found, mut value) = (MaybeUninit::uninit(), MaybeUninit::uninit());
                    let error = tb_histogram_value_at_quantile(
                        Some(handle),
                        quantile,
                        Some(&mut found),
                        Some(&mut value),
                    );
                    same(code(error), codes::INVALID_QUANTILE);
                } else if model.len < 1 << 52 {
                    let got = found(|found, value| {
                        tb_histogram_value_at_quantile(
                            Some(handle),
                            quantile,
                            Some(found),
                            Some(value),
                        )
                    });
                    assert_eq!(got, model.value_at_quantile(quantile));
                }
            }
            Step::Tag => {
                let tag = text(input)?;
                // SAFETY: the text is there.
                let got = code(unsafe {
                    tb_histogram_set_tag(Some(handle), tag.as_ptr().cast(), tag.len())
                });
                same(got, model.set_tag(&tag));
                let tag = calls::take_text(must(|tag| tb_histogram_tag(Some(handle), Some(tag))));
                assert_eq!(tag, model.tag);
            }
            Step::Merge => {
                let (other, other_which) = &self.handles[input.choose_index(self.handles.len())?];
                let got = code(tb_histogram_merge(Some(handle), Some(other)));
                let other = self.models[*other_which].clone();
                if other.is_vague() && got == codes::OUT_OF_RANGE {
                    return Ok(()); // its highest value may be above what there is room for
                }
                same(got, self.models[which].merge(&other));
            }
            Step::Recode => {
                let mut bytes = calls::encode(handle);
                if self.handles.len() < MOST_HANDLES {
                    let copy = calls::decode(&bytes).expect("it wrote this itself");
                    let model = Model {
                        tag: String::new(),
                        ..model.clone()
                    };
                    self.models.push(model);
                    self.handles.push((copy, self.models.len() - 1));
                }
                let at = input.choose_index(bytes.len())?;
                bytes[at] ^= input.arbitrary::<u8>()?;
                decode(&bytes);
            }
            Step::Buckets => buckets(handle, model, scan(input)?, input)?,
            Step::Visit { stop } => self.visit(at, stop),
            Step::Render { ticks, unit } => {
                let ticks = u32::from(ticks % 1024);
                let mut text = MaybeUninit::uninit();
                let got = code(tb_histogram_render(
                    Some(handle),
                    ticks,
                    unit,
                    Some(&mut text),
                ));
                let good = (1..=1000).contains(&ticks) && unit.is_finite() && unit > 0.0;
                same(
                    got,
                    if good {
                        codes::NONE
                    } else {
                        codes::INVALID_ARGUMENT
                    },
                );
                if good {
                    // SAFETY: written on success.
                    let text = calls::take_text(unsafe { text.assume_init() });
                    assert!(text.ends_with("]\n"), "{text}");
                }
            }
            Step::Watch { act } => {
                if self.watches.len() < MOST_WATCHES {
                    let limit = value(input, model)?;
                    let began = Watch::begin(Some(handle), which, limit, act);
                    let wanted = if limit > model.config.highest {
                        codes::OUT_OF_RANGE
                    } else {
                        codes::NONE
                    };
                    same(began.as_ref().err().copied().unwrap_or(codes::NONE), wanted);
                    self.watches.extend(began);
                }
            }
            Step::Threads => self.threads(at, input)?,
            Step::MergeBothWays => merge_both_ways(&calls::encode(handle), model),
            Step::New | Step::Decode | Step::Hostile(_) | Step::EndWatch => {
                unreachable!("need no handle")
            }
        }
        Ok(())
    }

    /// Tells the model's watches what was recorded.
    fn told(&mut self, which: usize, values: &[u64]) {
        let watches = self.watches.iter_mut().filter(|watch| watch.model == which);
        watches.for_each(|watch| watch.recorded(values));
    }

    fn new_histogram(&mut self, input: &mut Unstructured) -> Result<()> {
        let config = tb_config {
            lowest: number(input)?,
            highest: number(input)?,
            significant_digits: input.int_in_range(0..=6)?,
        };
        let model = Model::new(config);
        if self.handles.len() == MOST_HANDLES
            || model.as_ref().is_some_and(|m| m.size() > MOST_COUNTS)
        {
            return Ok(());
        }
        let mut handle = MaybeUninit::uninit();
        let got = code(tb_histogram_new(Some(&config), Some(&mut handle)));
        assert_eq!(
            got,
            if model.is_some() {
                codes::NONE
            } else {
                codes::INVALID_ARGUMENT
            }
        );
        if let Some(model) = model {
            // SAFETY: written on success.
            let handle: Box<tb_histogram> = unsafe { handle.assume_init() };
            let made = must(|config| tb_histogram_config(Some(&handle), Some(config)));
            assert_eq!(
                (made.lowest, made.highest, made.significant_digits),
                (config.lowest, config.highest, config.significant_digits)
            );
            self.models.push(model);
            self.handles.push((handle, self.models.len() - 1));
        }
        Ok(())
    }

    fn free(&mut self, at: usize) {
        let (handle, which) = self.handles.swap_remove(at);
        tb_histogram_free(Some(handle));
        if self.handles.iter().all(|(_, other)| *other != which) {
            // With the last handle.
            let watches = self.watches.iter_mut().filter(|watch| watch.model == which);
            watches.for_each(|watch| watch.alive = false);
        }
    }

    fn decode(&mut self, input: &mut Unstructured) -> Result<()> {
        let length = input.arbitrary_len::<u8>()?.min(200);
        decode(input.bytes(length)?);
        Ok(())
    }

    /// A visitor that records, and stops after so many buckets.
    fn visit(&mut self, at: usize, stop: u8) {
        let (handle, which) = (&*self.handles[at].0, self.handles[at].1);
        let model = &mut self.models[which];
        let mut visit = Visit {
            handle,
            model: model.clone(),
            told: Vec::new(),
            left: stop,
        };
        let scan = tb_scan {
            kind: 0,
            ticks: 0,
            step: 0,
            base: 0.0,
        };
        let buckets = model.buckets().len();
        // SAFETY: `user` is what the visitor takes it for.
        let stopped = must(|stopped| unsafe {
            tb_histogram_for_each_bucket(
                handle,
                Some(&scan),
                Some(visitor),
                (&raw mut visit).cast(),
                Some(stopped),
            )
        });
        assert_eq!(stopped, i32::from(buckets > usize::from(stop)) * 7);
        let Visit {
            model: after, told, ..
        } = visit;
        *model = after;
        self.told(which, &told);
    }

    /// What must be refused whatever there is.
    fn hostile(&self, which: u8) {
        let handle = self.handles.first().map(|(handle, _)| &**handle);
        let pointer = handle.map_or(ptr::null(), ptr::from_ref);
        let null = codes::NULL_ARGUMENT;
        let most = isize::MAX as usize;
        let number = 7_u64;
        let (mut u64s, mut bools) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        // SAFETY: every pointer is NULL or good for what its length may be read as.
        let (error, wanted) = unsafe {
            match which % 14 {
                0 => (tb_histogram_record(ptr::null(), 1), null),
                1 => (tb_histogram_len(handle, None), null),
                2 => (tb_histogram_new(None, None), null),
                3 => (tb_histogram_merge(handle, None), null),
                4 => (tb_histogram_record_all(pointer, ptr::null(), 1), null),
                5 => (
                    tb_histogram_record_all(pointer, &number, most / 8 + 1),
                    codes::INVALID_LENGTH,
                ),
                6 => (
                    tb_histogram_record_all(pointer, ptr::null(), usize::MAX),
                    codes::INVALID_LENGTH,
                ),
                7 => (tb_histogram_set_tag(handle, ptr::null(), 3), null),
                8 => (
                    tb_histogram_set_tag(handle, c"a".as_ptr(), most + 1),
                    codes::INVALID_LENGTH,
                ),
                9 => (
                    tb_histogram_max(None, Some(&mut bools), Some(&mut u64s)),
                    null,
                ),
                10 => (tb_histogram_encode(handle, None), null),
                11 => (tb_buckets_next(None, ptr::null_mut(), 1, None), null),
                12 => (
                    tb_histogram_record_durations(pointer, ptr::null(), 0, None),
                    null,
                ),
                _ => {
                    tb_histogram_free(None);
                    tb_buckets_free(None);
                    tb_watch_free(None);
                    tb_error_free(None);
                    tb_text_free(None);
                    tb_bytes_free(None);
                    // Its destructor runs all the same.
                    assert_eq!(Watch::begin(None, 0, 0, Act::GoOn).err(), Some(null));
                    return;
                }
            }
        };
        assert_eq!(code(error), wanted);
    }

    /// Several threads at once on one histogram, and what they must have done together.
    fn threads(&mut self, at: usize, input: &mut Unstructured) -> Result<()> {
        let which = self.handles[at].1;
        let mine = |watch: &&mut Watch| watch.model == which && watch.alive;
        // What ends itself may be called once by each thread before it has ended.
        if self
            .watches
            .iter_mut()
            .filter(mine)
            .any(|watch| watch.act != Act::GoOn)
            || self.models[which].len > MOST >> 1
        {
            return Ok(());
        }
        let model = &self.models[which];
        let plans = (0..input.int_in_range(2..=3)?).map(|_| plan(input, model));
        let plans = plans.collect::<Result<Vec<Vec<Job>>>>()?;
        let handle = &*self.handles[at].0;
        let before = model.len;
        at_once(&plans, |plan| {
            plan.iter().for_each(|job| job.run(handle, model, before));
        });
        for job in plans.iter().flatten() {
            if let Job::Record(values) = job
                && self.models[which].record_all(values) == codes::NONE
            {
                self.told(which, values);
            }
        }
        figures(&self.handles[at].0, &self.models[which]);
        Ok(())
    }
}

/// What a thread does. Each has one right answer, whatever the others do.
enum Job {
    Record(Vec<u64>),
    Len,
    Recode,
    Buckets,
    CloneAndFree,
    WatchAndEnd(u64),
}

fn plan(input: &mut Unstructured, model: &Model) -> Result<Vec<Job>> {
    let job = |_| {
        Ok(match input.int_in_range(0..=7)? {
            0 => Job::Len,
            1 => Job::Recode,
            2 => Job::Buckets,
            3 => Job::CloneAndFree,
            4 => Job::WatchAndEnd(value(input, model)?.min(model.config.highest)),
            _ => Job::Record(values(input, model)?),
        })
    };
    (0..8).map(job).collect()
}

impl Job {
    fn run(&self, handle: &tb_histogram, model: &Model, before: u64) {
        match self {
            Self::Record(values) => {
                let wanted = model.clone().record_all(values);
                assert_eq!(
                    code(record_all(handle, values, values.len() % 2 == 0)),
                    wanted
                );
            }
            Self::Len => assert!(len(handle) >= before),
            Self::Recode => {
                let copy = calls::decode(&calls::encode(handle)).expect("it wrote this itself");
                assert!(len(&copy) >= before);
                tb_histogram_free(Some(copy));
            }
            Self::Buckets => {
                let scan = tb_scan {
                    kind: 0,
                    ticks: 0,
                    step: 0,
                    base: 0.0,
                };
                let buckets = calls::buckets(handle, scan, 16, usize::MAX).expect("a good scan");
                let total = buckets.iter().map(|(_, count, _)| count).sum::<u64>();
                assert!(total >= before, "a snapshot is never half of a call");
            }
            Self::CloneAndFree => {
                let clone = must(|clone| tb_histogram_clone(Some(handle), Some(clone)));
                tb_histogram_free(Some(clone));
            }
            Self::WatchAndEnd(limit) => {
                let mut watch =
                    Watch::begin(Some(handle), 0, *limit, Act::GoOn).expect("a good limit");
                watch.end();
            }
        }
    }
}

/// Runs each job on a thread of its own, all from one moment on.
fn at_once<T: Sync>(jobs: &[T], run: impl Fn(&T) + Sync) {
    let begin = Barrier::new(jobs.len());
    thread::scope(|scope| {
        let start = |job| {
            let (begin, run) = (&begin, &run);
            scope.spawn(move || {
                begin.wait();
                run(job);
            })
        };
        let threads: Vec<_> = jobs.iter().map(start).collect();
        // The scope alone would not wait for what a thread lets go of at its very end.
        for thread in threads {
            thread.join().expect("no thread panics");
        }
    });
}

/// Two copies, merged into each other from two threads: neither waits for ever.
fn merge_both_ways(encoded: &[u8], model: &Model) {
    if model.len > MOST >> 8 {
        return;
    }
    let pair = [(); 2].map(|()| calls::decode(encoded).expect("it wrote this itself"));
    at_once(&[(0, 1), (1, 0)], |(into, from)| {
        for _ in 0..3 {
            let error = tb_histogram_merge(Some(&pair[*into]), Some(&pair[*from]));
            assert_eq!(code(error), 0);
        }
    });
    for histogram in pair {
        assert!(len(&histogram) >= 4 * model.len);
        tb_histogram_free(Some(histogram));
    }
}

/// A visitor's state.
struct Visit<'a> {
    handle: &'a tb_histogram,
    model: Model,
    told: Vec<u64>,
    left: u8,
}

extern "C" fn visitor(user: *mut c_void, bucket: *const tb_bucket) -> i32 {
    // SAFETY: the state that was passed, which nobody else uses meanwhile, and a bucket.
    let (visit, bucket) = unsafe { (&mut *user.cast::<Visit>(), &*bucket) };
    assert!(bucket.count > 0 && bucket.total >= bucket.count);
    if visit.left == 0 {
        return 7;
    }
    visit.left -= 1;
    let wanted = visit.model.record_n(1, 1);
    assert_eq!(calls::record(visit.handle, 1), wanted);
    if wanted == codes::NONE {
        visit.told.push(1);
    }
    0
}

/// All that is read in one piece.
fn figures(handle: &tb_histogram, model: &Model) {
    assert_eq!(len(handle), model.len);
    assert_eq!(
        must(|empty| tb_histogram_is_empty(Some(handle), Some(empty))),
        model.len == 0
    );
    let min = found(|found, value| tb_histogram_min(Some(handle), Some(found), Some(value)));
    let max = found(|found, value| tb_histogram_max(Some(handle), Some(found), Some(value)));
    assert_eq!(min, model.min());
    assert!(max == model.max() || model.is_vague() && max == Some(0));
    let mean = found(|found, value| tb_histogram_mean(Some(handle), Some(found), Some(value)));
    let stdev = found(|found, value| tb_histogram_stdev(Some(handle), Some(found), Some(value)));
    let summary =
        found(|found, value| tb_histogram_summary(Some(handle), Some(found), Some(value)));
    assert_eq!(summary.is_some(), model.len > 0);
    if let Some(summary) = summary {
        assert_eq!(
            (summary.count, Some(summary.min), Some(summary.max)),
            (model.len, min, max)
        );
        assert_eq!((Some(summary.mean), Some(summary.stdev)), (mean, stdev));
        let middles =
            model.min().unwrap_or(0) as f64 * 0.999..=model.max().unwrap_or(0) as f64 * 1.001;
        assert!(middles.contains(&summary.mean));
    }
    let scan = tb_scan {
        kind: 0,
        ticks: 0,
        step: 0,
        base: 0.0,
    };
    assert_eq!(
        calls::buckets(handle, scan, 64, usize::MAX),
        Ok(model.buckets())
    );
}

fn buckets(
    handle: &tb_histogram,
    model: &Model,
    scan: tb_scan,
    input: &mut Unstructured,
) -> Result<()> {
    let step = (1..=1 << 62).contains(&scan.step);
    let invalid = match scan.kind {
        0 => false,
        1 => !step,
        2 => !step || !scan.base.is_finite() || scan.base <= 1.0,
        3 => !(1..=1000).contains(&scan.ticks),
        _ => {
            assert_eq!(
                calls::buckets(handle, scan, 1, 1).err(),
                Some(codes::INVALID_ENUM)
            );
            return Ok(());
        }
    };
    let capacity = input.int_in_range(1..=100)?;
    match calls::buckets(handle, scan, capacity, 1000) {
        Err(codes::INVALID_ARGUMENT) => assert!(invalid),
        Err(codes::TOO_MANY) => {
            let linear = model.max().unwrap_or(0).checked_div(scan.step).unwrap_or(0);
            assert!(scan.kind == 2 || scan.kind == 1 && linear + 1 > BUCKET_LIMIT);
        }
        Err(code) => panic!("error {code}"),
        Ok(buckets) => {
            assert!(!invalid);
            let mut sum = 0;
            for (_, count, total) in &buckets {
                sum += count;
                assert_eq!(sum, *total);
            }
            assert!(buckets.len() >= 1000 || sum == model.len);
        }
    }
    Ok(())
}

/// Bytes that are nobody's histogram: what comes of them is sound enough to be used.
fn decode(bytes: &[u8]) {
    match calls::decode(bytes) {
        Ok(histogram) => {
            len(&histogram);
            tb_histogram_free(Some(histogram));
        }
        Err(code) => assert_eq!(code, codes::MALFORMED_HISTOGRAM),
    }
}

fn record_all(handle: &tb_histogram, values: &[u64], misaligned: bool) -> Option<Box<tb_error>> {
    if !misaligned {
        // SAFETY: the values are there.
        return unsafe { tb_histogram_record_all(handle, values.as_ptr(), values.len()) };
    }
    let mut bytes = vec![0_u8];
    bytes.extend(values.iter().flat_map(|value| value.to_ne_bytes()));
    // An allocation is aligned, so this is not.
    let data = bytes[1..].as_ptr().cast::<u64>();
    // SAFETY: as many values are there.
    unsafe { tb_histogram_record_all(handle, data, values.len()) }
}

/// Of any size, each size as likely as any other.
fn number(input: &mut Unstructured) -> Result<u64> {
    let number: u64 = input.arbitrary()?;
    Ok(number >> input.int_in_range(0..=63_u32)?)
}

/// A value that is mostly one that can be recorded.
fn value(input: &mut Unstructured, model: &Model) -> Result<u64> {
    let number = number(input)?;
    Ok(match input.int_in_range(0..=7)? {
        0 => number,
        1 => model.config.highest,
        2 => model.config.highest + 1,
        _ => number % (model.config.highest + 1),
    })
}

fn values(input: &mut Unstructured, model: &Model) -> Result<Vec<u64>> {
    (0..input.int_in_range(0..=8)?)
        .map(|_| value(input, model))
        .collect()
}

/// Text that may be none.
fn text(input: &mut Unstructured) -> Result<Vec<u8>> {
    Ok(match input.int_in_range(0..=3)? {
        0 => format!("{}ns {}us", number(input)?, number(input)? >> 8).into(),
        1 => <&str>::arbitrary(input)?.into(),
        _ => {
            let length = input.arbitrary_len::<u8>()?.min(40);
            input.bytes(length)?.to_vec()
        }
    })
}

fn scan(input: &mut Unstructured) -> Result<tb_scan> {
    Ok(tb_scan {
        kind: input.int_in_range(0..=4)?,
        ticks: u32::from(input.arbitrary::<u16>()? % 1024),
        step: number(input)?,
        base: if input.ratio(3, 4)? {
            1.5 + f64::from(input.arbitrary::<u8>()?)
        } else {
            input.arbitrary()?
        },
    })
}
