//! Interval logs: reading them with progress and interrupts, writing them.

use crate::arguments::{Number, Real};
use crate::callback::is_stop;
use crate::classes::define_class;
use crate::direct::Of;
use crate::error::Outcome;
use crate::guard::guard;
use crate::gvl::{self, Interrupt, without};
use crate::histogram::Histogram;
use crate::owned;
use magnus::prelude::*;
use magnus::{RHash, RModule, RString, Ruby, Value, function, method};
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tollbridge_core::{self as core, Error, Progress, Shared};

/// A path of what `File.path` has taken: the bytes of a file's name, whatever their encoding.
fn path(name: RString) -> PathBuf {
    // SAFETY: copied before Ruby goes on.
    PathBuf::from(OsStr::from_bytes(unsafe { name.as_slice() }))
}

// ANCHOR: replay
/// Reads a log without the GVL. Before each progress, at least every 50 ms, it takes the GVL, lets
/// Ruby's interrupts in (Ctrl-C, Timeout, Thread#raise, Thread#kill) and calls the block, if any.
fn replay(ruby: &Ruby, name: RString, memory_limit: Number) -> Outcome<RHash> {
    let path = path(name);
    let block_given = ruby.block_given();
    let mut stopped: Option<magnus::Error> = None;
    let tick = |now: Progress| -> Result<bool, magnus::Error> {
        let ruby = gvl::ruby();
        ruby.thread_check_ints()?;
        if !block_given {
            return Ok(false);
        }
        let answer: Value = ruby.yield_value(owned::progress(&ruby, now)?)?;
        Ok(is_stop(&ruby, answer))
    };
    let read = || {
        core::replay_log(&path, memory_limit.0, |now| match gvl::with(|| tick(now)) {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(()),
            Err(raised) => {
                stopped = Some(raised);
                ControlFlow::Break(())
            }
        })
    };
    let result = guard(|| Ok(without(Interrupt::Io, read)?))?;
    if let Some(raised) = stopped {
        return Err(raised.into());
    }
    let histograms = ruby.hash_new();
    for (tag, histogram) in result? {
        histograms.aset(tag, Histogram::of(ruby, Shared::from(histogram)))?;
    }
    Ok(histograms)
}
// ANCHOR_END: replay

/// Locked for moments only, so nobody waits for it with the GVL.
#[derive(Default)]
#[magnus::wrap(class = "Tollbridge::LogWriter", free_immediately, size)]
struct LogWriter(Mutex<Option<Arc<core::LogWriter>>>);

impl LogWriter {
    fn open(&self) -> Result<Arc<core::LogWriter>, Error> {
        self.lock().clone().ok_or(Error::Closed {})
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<core::LogWriter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `initialize` calls.
    fn init(this: Of<Self>, name: RString, start: Real) -> Outcome<()> {
        let path = path(name);
        let create = || core::LogWriter::create(&path, start.0);
        let writer = guard(|| Ok(without(Interrupt::Io, create)??))?;
        *this.lock() = Some(Arc::new(writer));
        Ok(())
    }

    /// What `write` calls.
    fn append(this: Of<Self>, histogram: Of<Histogram>, start: Real, seconds: Real) -> Outcome<()> {
        let writer = this.open()?;
        histogram
            .handle()
            .detached(|shared| writer.write(&shared.snapshot()?, start.0, seconds.0))
    }

    fn close(this: Of<Self>) -> Outcome<()> {
        let taken = this.lock().take();
        // Closing may wait for a disk.
        guard(|| Ok(without(Interrupt::Waits, || drop(taken))?))
    }

    fn is_closed(this: Of<Self>) -> bool {
        this.lock().is_none()
    }
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    module.define_singleton_method("replay", function!(replay, 2))?;
    let class = define_class::<LogWriter>(ruby, module, "LogWriter")?;
    class.define_alloc_func::<LogWriter>();
    class.define_private_method("init", method!(LogWriter::init, 2))?;
    class.define_private_method("append", method!(LogWriter::append, 3))?;
    class.define_method("close", method!(LogWriter::close, 0))?;
    class.define_method("closed?", method!(LogWriter::is_closed, 0))
}
