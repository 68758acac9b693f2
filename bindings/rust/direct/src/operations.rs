//! The operations of conformance/README.md, on the core itself.

use crate::watchers::Watcher;
use crate::wire::{Done, Reply, Request, Stop, line};
use crate::{logs, watchers};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use tollbridge_core::probe::{self, Point, Shape, fault};
use tollbridge_core::{Buckets, Config, Error, LogWriter, Shared, VERSION};

const BRIDGE: &str = "rust/direct";

/// What the vector has made, by name. None is a handle that was closed.
#[derive(Default)]
pub struct Names {
    histograms: HashMap<String, Option<Shared>>,
    cursors: HashMap<String, Option<Buckets>>,
    pub watchers: HashMap<String, Arc<Watcher>>,
    pub replays: HashMap<String, HashMap<String, Shared>>,
    pub writers: HashMap<String, Option<Arc<LogWriter>>>,
}

static NAMES: LazyLock<Mutex<Names>> = LazyLock::new(Mutex::default);

pub fn names() -> MutexGuard<'static, Names> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn put(name: &str, histogram: Shared) {
    names().histograms.insert(name.to_owned(), Some(histogram));
}

/// A handle of this thread's own. In Rust a closed one cannot be named: it has been moved.
pub fn histogram(request: &mut Request) -> Result<Shared, Stop> {
    let name = request.word()?;
    match names().histograms.get(name) {
        Some(Some(histogram)) => Ok(histogram.clone()),
        Some(None) => Err(Stop::Unsupported("use_after_close")),
        None => Err(Stop::Malformed(format!("no histogram is called {name}"))),
    }
}

/// Runs one operation and says what to send.
pub fn reply(tokens: &[String]) -> String {
    let run = || {
        let (mut request, mut reply) = (Request::new(tokens), Reply::default());
        run(&mut request, &mut reply).map(|()| reply)
    };
    // Rust's callers see a panic; the bridges make it an error. The baseline shows the same.
    let caught = catch_unwind(AssertUnwindSafe(run));
    line(caught.unwrap_or_else(|panic| Err(Error::from_panic(panic).into())))
}

/// The last reply of a block, or the first that failed.
pub fn run_block(operations: &[Vec<String>]) -> String {
    let mut last = String::from("ok");
    for operation in operations {
        last = reply(operation);
        if !last.starts_with("ok") {
            break;
        }
    }
    last
}

fn run(request: &mut Request, reply: &mut Reply) -> Done {
    match request.word()? {
        "hello" => {
            reply.text(BRIDGE);
            let library = std::env::current_exe().unwrap_or_default();
            reply.text(&library.to_string_lossy());
            reply.text(&format!("tollbridge-core {VERSION}"));
        }
        "reset" => {
            // Closures are dropped with their histograms, not under the lock.
            let made = std::mem::take(&mut *names());
            drop(made);
        }
        "shapes" => reply.list(crate::loops::SHAPES, |reply, (shape, expression)| {
            reply.word(shape);
            reply.text(expression);
        }),
        "time" => time(request, reply)?,
        "stats" => reply.word(0),

        "new" => {
            let name = request.word()?;
            let (lowest, highest) = (request.integer()?, request.integer()?);
            let config = Config {
                lowest,
                highest,
                significant_digits: request.integer()?,
            };
            put(name, Shared::new(config)?);
        }
        "config" => {
            let Config {
                lowest,
                highest,
                significant_digits,
            } = histogram(request)?.config()?;
            reply.word(format_args!("{lowest} {highest} {significant_digits}"));
        }
        "clone" => {
            let clone = histogram(request)?;
            put(request.word()?, clone);
        }
        "close" => {
            let name = request.word()?.to_owned();
            // A watcher may be dropped with its histogram: not under the lock.
            let closed = names().histograms.insert(name, None);
            drop(closed);
        }
        "record" => histogram(request)?.record(request.integer()?)?,
        "record_n" => histogram(request)?.record_n(request.integer()?, request.integer()?)?,
        "record_all" => {
            histogram(request)?.record_all(&request.list(|request| request.integer())?)?;
        }
        "record_durations" => {
            reply.word(histogram(request)?.record_durations(&request.text()?)?);
        }
        "len" => reply.word(histogram(request)?.len()?),
        "is_empty" => reply.word(histogram(request)?.is_empty()?),
        "min" => reply.option(histogram(request)?.min()?, Reply::word),
        "max" => reply.option(histogram(request)?.max()?, Reply::word),
        "mean" => reply.option(histogram(request)?.mean()?, Reply::float),
        "stdev" => reply.option(histogram(request)?.stdev()?, Reply::float),
        "value_at_quantile" => {
            reply.option(
                histogram(request)?.value_at_quantile(request.float()?)?,
                Reply::word,
            );
        }
        "values_at_quantiles" => {
            let shared = histogram(request)?;
            let values = shared.values_at_quantiles(&request.list(Request::float)?)?;
            reply.option(values, |reply, values| {
                reply.list(&values, |r, v| r.word(v))
            });
        }
        "summary" => reply.option(histogram(request)?.summary()?, |reply, s| {
            reply.word(format_args!("{} {} {}", s.count, s.min, s.max));
            reply.float(s.mean);
            reply.float(s.stdev);
            reply.word(format_args!("{} {} {} {}", s.p50, s.p90, s.p99, s.p999));
        }),
        "buckets" => {
            let buckets: Vec<_> = histogram(request)?.buckets(request.scan()?)?.collect();
            reply.buckets(&buckets);
        }
        "open" => {
            let name = request.word()?;
            let cursor = histogram(request)?.buckets(request.scan()?)?;
            names().cursors.insert(name.to_owned(), Some(cursor));
        }
        "next" => {
            let (name, capacity) = (request.word()?, request.integer()?);
            match names().cursors.get_mut(name) {
                Some(Some(cursor)) => reply.buckets(&cursor.take(capacity).collect::<Vec<_>>()),
                Some(None) => return Err(Stop::Unsupported("use_after_close")),
                None => return Err(Stop::Malformed(format!("no cursor is called {name}"))),
            }
        }
        "close_cursor" => {
            names().cursors.insert(request.word()?.to_owned(), None);
        }
        "visit" => visit(request, reply)?,
        "tag" => reply.text(&histogram(request)?.tag()?),
        "set_tag" => histogram(request)?.set_tag(&request.text()?)?,
        "merge" => histogram(request)?.merge(&histogram(request)?)?,
        "encode" => reply.bytes(&histogram(request)?.encode()?),
        "decode" => {
            let name = request.word()?;
            put(name, Shared::decode(&request.bytes()?)?);
        }
        "recode" => {
            let encoded = histogram(request)?.encode()?;
            put(request.word()?, Shared::decode(&encoded)?);
        }
        "render" => {
            let shared = histogram(request)?;
            reply.text(&shared.render(request.integer()?, request.float()?)?);
        }
        "watch" => watchers::watch(request)?,
        "unwatch" => watchers::unwatch(request)?,
        "fired" => watchers::fired(request, reply)?,
        "dropped" => watchers::dropped(request, reply)?,
        "record_from_new_thread" => {
            probe::record_from_new_thread(&histogram(request)?, request.integer()?)?;
        }
        "replay" => logs::replay(request, reply)?,
        "replayed" => logs::replayed(request)?,
        "log_create" => logs::create(request)?,
        "log_write" => logs::write(request)?,
        "log_close" => logs::close(request)?,
        "par" => run_in_parallel(request)?,

        "nop" => probe::nop(),
        "add" => reply.word(probe::add(request.integer()?, request.integer()?)),
        "half" => {
            let number = match request.word()? {
                "none" => None,
                _ => Some(request.integer()?),
            };
            reply.option(probe::half(number), Reply::word);
        }
        "str_len" => reply.word(probe::str_len(&request.text()?)),
        "str_chars" => reply.word(probe::str_chars(&request.text()?)),
        "echo" => reply.text(&probe::echo(&request.text()?)),
        "make_str" => reply.text(&probe::make_str(request.integer()?, request.boolean()?)),
        "bytes_ends" => reply.word(probe::bytes_ends(&request.bytes()?)),
        "bytes_sum" => reply.word(probe::bytes_sum(&request.bytes()?)),
        "make_bytes" => reply.bytes(&probe::make_bytes(request.integer()?)),
        "f64_ends" => reply.float(probe::f64_ends(&request.list(Request::float)?)),
        "f64_sum" => reply.float(probe::f64_sum(&request.list(Request::float)?)),
        "make_f64" => {
            reply.list(&probe::make_f64(request.integer()?), |reply, value| {
                reply.float(*value)
            });
        }
        "scale_in_place" => {
            let mut values = request.list(Request::float)?;
            probe::scale_in_place(&mut values, request.float()?);
            reply.list(&values, |reply, value| reply.float(*value));
        }
        "point_in" => reply.float(probe::point_in(&read_point(request)?)),
        "make_point" => write_point(reply, &probe::make_point(request.integer()?)),
        "points_ends" => reply.float(probe::points_ends(&request.list(read_point)?)),
        "points_sum" => reply.float(probe::points_sum(&request.list(read_point)?)),
        "make_points" => reply.list(&probe::make_points(request.integer()?), write_point),
        "shape_in" => {
            let shape = match request.word()? {
                "dot" => Shape::Dot,
                "circle" => Shape::Circle {
                    radius: request.float()?,
                },
                _ => Shape::Label {
                    text: request.text()?,
                },
            };
            reply.float(probe::shape_in(&shape));
        }
        "make_shape" => match probe::make_shape(request.integer()?) {
            Shape::Dot => reply.word("dot"),
            Shape::Circle { radius } => {
                reply.word("circle");
                reply.float(radius);
            }
            Shape::Label { text } => {
                reply.word("label");
                reply.text(&text);
            }
        },
        "map_sum" => {
            let entry = |request: &mut Request| Ok((request.text()?, request.integer()?));
            reply.word(probe::map_sum(request.list(entry)?));
        }
        "make_map" => {
            let map: Vec<_> = probe::make_map(request.integer()?).into_iter().collect();
            reply.list(&map, |reply, (key, value)| {
                reply.text(key);
                reply.word(value);
            });
        }
        "fail" => probe::fail(request.integer()?)?,
        "call_back" => {
            let (n, answer) = callback(request)?;
            write_flow(reply, probe::call_back(n, answer));
        }
        "call_back_from_new_thread" => {
            let (n, answer) = callback(request)?;
            write_flow(reply, probe::call_back_from_new_thread(n, answer));
        }
        "panic" => fault::panic(&request.text()?),
        "panic_while_locked" => fault::panic_while_locked(&histogram(request)?)?,
        "hazard" => {
            let name = request.word()?;
            reply.word(crate::hazards::run(name, histogram(request)?)?);
        }
        _ => return Err(Stop::Unsupported("op")),
    }
    Ok(())
}

/// Rust's way to leave a visitor early with an error is to break with it.
enum Left {
    Stopped,
    Raised,
}

fn visit(request: &mut Request, reply: &mut Reply) -> Done {
    let (shared, scan, mode) = (histogram(request)?, request.scan()?, request.word()?);
    let at: usize = if mode == "all" {
        usize::MAX
    } else {
        request.integer()?
    };
    let block = if mode == "do" {
        request.block()?
    } else {
        vec![]
    };
    let (mut seen, mut nested) = (vec![], None);
    let flow = shared.for_each_bucket(scan, |bucket| {
        seen.push(bucket);
        match mode {
            _ if seen.len() != at => {}
            "stop" => return ControlFlow::Break(Left::Stopped),
            "raise" => return ControlFlow::Break(Left::Raised),
            _ => nested = Some(run_block(&block)),
        }
        ControlFlow::Continue(())
    })?;
    reply.word(match flow {
        ControlFlow::Continue(()) => "finished",
        ControlFlow::Break(Left::Stopped) => "stopped",
        ControlFlow::Break(Left::Raised) => "raised",
    });
    reply.buckets(&seen);
    if let Some(nested) = nested {
        reply.word(format_args!(": {nested}"));
    }
    Ok(())
}

type Answer = Box<dyn FnMut(u64) -> ControlFlow<Left, u64> + Send>;

fn callback(request: &mut Request) -> Result<(u64, Answer), Stop> {
    let (n, mode) = (request.integer()?, request.word()?.to_owned());
    let at: u64 = if mode == "all" {
        u64::MAX
    } else {
        request.integer()?
    };
    let answer = move |number: u64| match mode.as_str() {
        "stop" if number + 1 == at => ControlFlow::Break(Left::Stopped),
        "raise" if number + 1 == at => ControlFlow::Break(Left::Raised),
        _ => ControlFlow::Continue(number * 3),
    };
    Ok((n, Box::new(answer)))
}

fn write_flow(reply: &mut Reply, flow: ControlFlow<Left, u64>) {
    match flow {
        ControlFlow::Continue(sum) => reply.word(format_args!("finished {sum}")),
        ControlFlow::Break(Left::Stopped) => reply.word("stopped"),
        ControlFlow::Break(Left::Raised) => reply.word("raised"),
    }
}

fn run_in_parallel(request: &mut Request) -> Done {
    let (times, operations): (u64, _) = (request.integer()?, request.block()?);
    let failed = Mutex::new(None);
    std::thread::scope(|scope| {
        for operation in &operations {
            scope.spawn(|| {
                for _ in 0..times {
                    let line = reply(operation);
                    if !line.starts_with("ok") {
                        let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
                        first.get_or_insert(line);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(()), |line| Err(Stop::Nested(line)))
}

fn time(request: &mut Request, reply: &mut Reply) -> Done {
    let (shape, n) = (request.word()?, request.integer()?);
    let timed = crate::loops::time(shape, n, request.integer()?, request.integer()?)?;
    let (spans, check) = timed.ok_or(Stop::Unsupported("shape"))?;
    reply.list(&spans, |reply, span| reply.word(span));
    reply.word(check);
    Ok(())
}

fn read_point(request: &mut Request) -> Result<Point, Stop> {
    let (id, x, y) = (request.integer()?, request.float()?, request.float()?);
    Ok(Point {
        id,
        x,
        y,
        flags: request.integer()?,
    })
}

fn write_point(reply: &mut Reply, point: &Point) {
    reply.word(point.id);
    reply.float(point.x);
    reply.float(point.y);
    reply.word(point.flags);
}
