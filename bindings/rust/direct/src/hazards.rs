//! Hazards of conformance/hazards.toml as Rust meets them. What is missing here cannot be written in safe Rust:
//! core/src/refused.rs shows what the compiler says to it, or bridge.toml why.

use crate::wire::Stop;
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use tollbridge_core::probe::fault::PanicsWhenDropped;
use tollbridge_core::{Config, Error, Scan, Shared, probe};

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
        "exit-while-raising" => at_exit(&histogram, raise),
        "exit-while-releasing" => at_exit(&histogram, watch_and_release),
        "exit-in-foreign-callback" => at_exit(&histogram, |_| wait_for_callback()),
        "exception-before-free" => exception_before_free(&histogram),
        "stack-end-in-callback" => stack_end_in_callback(&histogram),
        "forgotten-handles" => forgotten_handles(),
        "forgotten-cycles" => forgotten_cycles(),
        "callback-twice" => callback_twice(&histogram),
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

/// Three threads do it again and again, and are still at it when `main` returns.
fn at_exit(
    histogram: &Shared,
    work: impl Fn(&Shared) -> Result<(), Error> + Copy + Send + 'static,
) -> Result<&'static str, Error> {
    let (done, wait) = channel();
    for _ in 0..3 {
        let (histogram, done) = (histogram.clone(), done.clone());
        thread::spawn(move || {
            loop {
                // Only the first of each is waited for.
                let _ = done.send(work(&histogram));
            }
        });
    }
    for _ in 0..3 {
        match wait.recv() {
            Ok(first) => first?,
            Err(_) => return Ok("wrong"),
        }
    }
    Ok("right")
}

fn raise(histogram: &Shared) -> Result<(), Error> {
    match histogram.record(1001) {
        Err(error) if error.to_string().contains("1001") => Ok(()),
        Err(error) => Err(error),
        Ok(()) => Err(Error::Cancelled {}),
    }
}

fn watch_and_release(_: &Shared) -> Result<(), Error> {
    let made = Shared::new(Config::default())?;
    let watch = made.watch(1, |_| ControlFlow::Continue(()))?;
    made.record(5)?;
    watch.unwatch();
    Ok(())
}

fn wait_for_callback() -> Result<(), Error> {
    let _ = probe::call_back_from_new_thread(3, ControlFlow::<(), u64>::Continue);
    Ok(())
}

/// A panic is what ends a call early; what was handed out is dropped on its way.
fn exception_before_free(histogram: &Shared) -> Result<&'static str, Error> {
    histogram.record(5)?;
    let before = resident()?;
    for _ in 0..200 {
        let left = catch_unwind(AssertUnwindSafe(|| {
            let _held = (
                histogram.encode(),
                histogram.render(5, 1.0),
                probe::make_bytes(1 << 20),
            );
            resume_unwind(Box::new("mine"));
        }));
        if left.is_ok() {
            return Ok("wrong");
        }
    }
    Ok(if resident()? < before + (50 << 20) {
        "right"
    } else {
        "wrong"
    })
}

/// What is in use, in bytes.
fn resident() -> Result<u64, Error> {
    let read = |path: &str| std::fs::read_to_string(path);
    let kilobytes = read("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line?.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    kilobytes
        .map(|kilobytes| kilobytes << 10)
        .ok_or_else(|| Error::Io {
            path: "/proc/self/status".into(),
            reason: "no VmRSS".into(),
            os_code: 0,
        })
}

/// Rust has no error for it.
fn stack_end_in_callback(histogram: &Shared) -> Result<&'static str, Error> {
    histogram.record(1)?;
    go_down(histogram)?;
    Ok("right")
}

fn go_down(histogram: &Shared) -> Result<(), Error> {
    let _ = histogram.for_each_bucket(Scan::Recorded, |_| match go_down(histogram) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    })?;
    Ok(())
}

/// 27 MB.
fn heavy() -> Result<Shared, Error> {
    Shared::new(Config {
        lowest: 1,
        highest: 3_600_000_000_000,
        significant_digits: 5,
    })
}

/// Nobody closes them: each goes at the end of its block.
fn forgotten_handles() -> Result<&'static str, Error> {
    for _ in 0..300 {
        let histogram = heavy()?;
        histogram.record(5)?;
        if resident()? > 2 << 30 {
            return Ok("wrong");
        }
    }
    Ok("right")
}

/// The watcher owns a handle, and the histogram the watcher: one is enough for the detector.
fn forgotten_cycles() -> Result<&'static str, Error> {
    let histogram = Shared::new(Config::default())?;
    let itself = histogram.clone();
    let record_again = move |_| match itself.record(1) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    histogram.watch(5, record_again)?;
    histogram.record(5)?;
    Ok("right")
}

fn callback_twice(histogram: &Shared) -> Result<&'static str, Error> {
    let told = Arc::new(AtomicU64::new(0));
    let watch = || {
        let told = Arc::clone(&told);
        histogram.watch(1, move |_| {
            told.fetch_add(1, Ordering::Relaxed);
            ControlFlow::Continue(())
        })
    };
    let watches = [watch()?, watch()?];
    let mut right = true;
    for (owners, watch) in [2, 1].into_iter().zip(watches) {
        histogram.record(5)?;
        right &= watch.unwatch() && Arc::strong_count(&told) == owners;
    }
    histogram.record(5)?;
    Ok(if right && told.load(Ordering::Relaxed) == 3 {
        "right"
    } else {
        "wrong"
    })
}
