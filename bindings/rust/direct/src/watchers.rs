//! The operations on watchers.

use crate::operations::{histogram, names, run_block};
use crate::wire::{Done, Reply, Request, Stop};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tollbridge_core::Watch;

/// What a vector knows of a watcher. The name and the closure share it.
#[derive(Default)]
pub struct Watcher {
    /// None when the histogram refused it.
    watch: OnceLock<Watch>,
    fired: Mutex<Vec<u64>>,
    dropped: AtomicU64,
}

/// What the closure owns: counts its end.
struct Callable {
    watcher: Arc<Watcher>,
    mode: String,
    block: Vec<Vec<String>>,
}

impl Callable {
    fn call(&self, value: u64) -> ControlFlow<()> {
        let fired = &self.watcher.fired;
        fired
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(value);
        match self.mode.as_str() {
            "stop" => return ControlFlow::Break(()),
            // Rust's hook for what nobody catches is the panic hook.
            "raise" => panic!("raised by a watcher"),
            _ => run_block(&self.block),
        };
        ControlFlow::Continue(())
    }
}

impl Drop for Callable {
    fn drop(&mut self) {
        self.watcher.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

pub fn watch(request: &mut Request) -> Done {
    let (name, shared, limit) = (request.word()?, histogram(request)?, request.integer()?);
    let mode = request.word().unwrap_or_default().to_owned();
    let block = match mode.as_str() {
        "do" => request.block()?,
        _ => vec![],
    };
    let watcher = Arc::<Watcher>::default();
    let callable = Callable {
        watcher: Arc::clone(&watcher),
        mode,
        block,
    };
    let watch = shared.watch(limit, move |value| callable.call(value));
    let result = watch.map(|watch| {
        watcher.watch.get_or_init(|| watch);
    });
    names().watchers.insert(name.to_owned(), watcher);
    Ok(result?)
}

/// Of a name that was not given yet there is nothing to end, as for `close`.
pub fn unwatch(request: &mut Request) -> Done {
    let watcher = names().watchers.get(request.word()?).cloned();
    if let Some(watch) = watcher.as_ref().and_then(|watcher| watcher.watch.get()) {
        watch.unwatch();
    }
    Ok(())
}

pub fn fired(request: &mut Request, reply: &mut Reply) -> Done {
    let watcher = find(request)?;
    let mut fired = watcher
        .fired
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    fired.sort_unstable();
    reply.list(&fired, |reply, value| reply.word(value));
    Ok(())
}

pub fn dropped(request: &mut Request, reply: &mut Reply) -> Done {
    reply.word(find(request)?.dropped.load(Ordering::Relaxed));
    Ok(())
}

fn find(request: &mut Request) -> Result<Arc<Watcher>, Stop> {
    let name = request.word()?;
    let watcher = names().watchers.get(name).cloned();
    watcher.ok_or_else(|| Stop::Malformed(format!("no watcher is called {name}")))
}
