//! Hazards of conformance/hazards.toml as Rust meets them. What is missing here cannot be written in safe Rust:
//! core/src/refused.rs shows what the compiler says to it, or bridge.toml why.

use crate::wire::Stop;
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use tollbridge_core::fault::PanicsWhenDropped;
use tollbridge_core::{Error, Scan, Shared};

/// Does what should not be done, and says what came of it; `right` where nothing did.
pub fn run(name: &str, histogram: Shared) -> Result<&'static str, Stop> {
    let outcome = match name {
        "panic-in-destructor" => panic_in_destructor(),
        "exception-in-watcher" => exception_in_watcher(&histogram),
        "nonlocal-exit" => nonlocal_exit(&histogram),
        "finalizer-on-another-thread" => finalizer_on_another_thread(&histogram),
        "thread-exit" => thread_exit(&histogram),
        "small-stack" => small_stack(histogram),
        "callback-at-exit" => visit_at_exit(histogram, |_| ()),
        "callback-never-ends" => visit_at_exit(histogram, use_for_ever),
        _ => return Err(Stop::Unsupported("op")),
    };
    outcome.map_err(Stop::Failed)
}

/// It leaves `drop` like any other panic; the runner catches it as it does every one.
fn panic_in_destructor() -> Result<&'static str, Error> {
    drop(PanicsWhenDropped::default());
    Ok("right")
}

/// Rust's hook for what nobody catches is the panic hook.
fn exception_in_watcher(histogram: &Shared) -> Result<&'static str, Error> {
    static SEEN: AtomicBool = AtomicBool::new(false);
    histogram.watch(1, |_| panic!("in a watcher"))?;
    let before = take_hook();
    set_hook(Box::new(|_| SEEN.store(true, Ordering::Relaxed)));
    let recorded = histogram.record(5);
    set_hook(before);
    recorded?;
    Ok(if SEEN.load(Ordering::Relaxed) {
        "reported"
    } else {
        "wrong"
    })
}

/// Unwinding is the only way out of a closure but returning.
fn nonlocal_exit(histogram: &Shared) -> Result<&'static str, Error> {
    let leave = || {
        histogram.for_each_bucket(Scan::Recorded, |_| -> ControlFlow<()> {
            resume_unwind(Box::new("mine"));
        })
    };
    let left: Result<_, Box<dyn Any + Send>> = catch_unwind(AssertUnwindSafe(leave));
    match left {
        Err(payload) if payload.downcast_ref() == Some(&"mine") => Ok("raised"),
        _ => Ok("wrong"),
    }
}

fn finalizer_on_another_thread(histogram: &Shared) -> Result<&'static str, Error> {
    let handles = vec![histogram.clone(); 1000];
    thread::scope(|scope| {
        scope.spawn(|| drop(handles));
        (0..1000).try_for_each(|_| histogram.record(1))
    })?;
    Ok("right")
}

/// Records when it is dropped.
struct Last(Shared);

impl Drop for Last {
    fn drop(&mut self) {
        // What it failed with would show in the count.
        let _ = self.0.record(1);
    }
}

fn thread_exit(histogram: &Shared) -> Result<&'static str, Error> {
    thread_local!(static LAST: std::cell::OnceCell<Last> = const { std::cell::OnceCell::new() });
    for _ in 0..100 {
        let last = Last(histogram.clone());
        let ended = thread::spawn(|| LAST.with(|slot| slot.set(last).is_ok())).join();
        if !matches!(ended, Ok(true)) {
            return Ok("wrong");
        }
    }
    Ok("right")
}

fn small_stack(histogram: Shared) -> Result<&'static str, Error> {
    let work = move || {
        histogram.record(5)?;
        histogram.merge(&histogram)?;
        let go_on = |_| ControlFlow::<()>::Continue(());
        let walked = histogram.for_each_bucket(Scan::Recorded, go_on)?;
        let rendered = histogram.render(5, 1.0)?;
        let encoded = histogram.encode()?;
        let failed = histogram.record(1001);
        let failed = failed.is_err_and(|error| error.to_string().contains("1001"));
        Ok(walked.is_continue() && !rendered.is_empty() && !encoded.is_empty() && failed)
    };
    let started = thread::Builder::new().stack_size(64 * 1024).spawn(work);
    match started.map(thread::JoinHandle::join) {
        Ok(Ok(right)) => right.map(|right| if right { "right" } else { "wrong" }),
        _ => Ok("wrong"),
    }
}

/// Visits for ever on another thread, which is still at it when `main` returns.
fn visit_at_exit(
    histogram: Shared,
    visitor: impl Fn(&Shared) + Send + 'static,
) -> Result<&'static str, Error> {
    histogram.record(1)?;
    let (inside, wait) = channel();
    thread::spawn(move || {
        loop {
            let _ = histogram.for_each_bucket(Scan::Recorded, |_| {
                // Only the first is waited for.
                let _ = inside.send(());
                visitor(&histogram);
                ControlFlow::<()>::Continue(())
            });
        }
    });
    Ok(if wait.recv().is_ok() {
        "right"
    } else {
        "wrong"
    })
}

fn use_for_ever(histogram: &Shared) {
    loop {
        let _ = histogram.record(1);
        thread::sleep(Duration::from_millis(1));
    }
}
