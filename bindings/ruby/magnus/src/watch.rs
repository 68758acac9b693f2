//! Watchers: blocks that are called with what is recorded.
//!
//! Who owns what, so that the garbage collector sees every reference between Ruby objects:
//!
//! - Each `Histogram` is a handle: it owns a share of core's histogram, and refers to the one `Common`
//!   that all its handles have.
//! - `Common` owns the blocks, by number.
//! - The closure that core keeps finds its block weakly, by that number, and takes it out of
//!   `Common` when core drops it: core does so exactly once, when the last call has ended.
//!
//! So a block that refers to its own histogram is a cycle among Ruby objects, and is collected.

use crate::arguments::Number;
use crate::callback::{self, dies_later};
use crate::classes::define_class;
use crate::direct::Of;
use crate::error::Outcome;
use crate::guard::guard;
use crate::gvl::{self, Interrupt};
use crate::raise::wrong_type;
use magnus::error::ErrorType;
use magnus::gc::Marker;
use magnus::prelude::*;
use magnus::value::Opaque;
use magnus::{DataTypeFunctions, RModule, Ruby, TypedData, Value, method};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tollbridge_core::{self as core, Shared};

/// Owns the blocks of a histogram's watchers; all its handles refer to it. Never seen by users.
#[derive(TypedData, Default)]
#[magnus(class = "Tollbridge::Common", mark, free_immediately, size)]
pub struct Common(Arc<Blocks>);

impl DataTypeFunctions for Common {
    fn mark(&self, marker: &Marker) {
        for block in self.0.lock().by_number.values() {
            marker.mark(*block);
        }
    }
}

impl Common {
    pub fn wrap(ruby: &Ruby) -> Of<Self> {
        Of::new(ruby.obj_wrap(Self::default()))
    }
}

/// See `Histogram#watch`.
pub fn watch(shared: &Shared, common: &Common, limit: Number, block: Value) -> Outcome<Watch> {
    if !block.respond_to("call", false)? {
        return Err(wrong_type(block, "a block, or what responds to call,").into());
    }
    let blocks = &common.0;
    let watcher = Watcher {
        number: blocks.add(block.into()),
        blocks: Arc::downgrade(blocks),
    };
    let watching = || shared.watch(limit.0, move |value| watcher.call(value));
    guard(|| Ok(Watch(gvl::without(Interrupt::Waits, watching)??)))
}

/// The blocks of a histogram's watchers. Locked for moments, in which nobody waits for the GVL and
/// nothing is allocated by Ruby, whose collector locks it to mark them.
#[derive(Default)]
struct Blocks(Mutex<Numbered>);

#[derive(Default)]
struct Numbered {
    last: u64,
    by_number: BTreeMap<u64, Opaque<Value>>,
}

impl Blocks {
    fn lock(&self) -> MutexGuard<'_, Numbered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, block: Opaque<Value>) -> u64 {
        let mut numbered = self.lock();
        numbered.last += 1;
        let number = numbered.last;
        numbered.by_number.insert(number, block);
        number
    }
}

/// What core keeps in place of the block.
struct Watcher {
    blocks: Weak<Blocks>,
    number: u64,
}

impl Watcher {
    // ANCHOR: watcher
    /// Runs on the thread that records, with or without the GVL, and with no lock of ours held.
    fn call(&self, value: u64) -> ControlFlow<()> {
        if gvl::is_rubys_thread() {
            gvl::with(|| self.call_ruby(value))
        } else {
            // Ruby runs on its own threads alone: one of them calls the block, this one waits.
            callback::on_rubys_thread(|| self.call_ruby(value)).unwrap_or(ControlFlow::Continue(()))
        }
    }

    fn call_ruby(&self, value: u64) -> ControlFlow<()> {
        if callback::is_killed() {
            return ControlFlow::Continue(()); // this thread runs no block any more
        }
        let ruby = gvl::ruby();
        let found = self.blocks.upgrade();
        let found = found.and_then(|blocks| blocks.lock().by_number.get(&self.number).copied());
        let Some(block) = found else {
            return ControlFlow::Break(()); // the collector took it
        };
        // SAFETY: only what `$!` is; it stays on the stack, where the collector sees it.
        let before = unsafe { rb_sys::rb_errinfo() };
        match ruby
            .get_inner(block)
            .funcall::<_, _, Value>("call", (value,))
        {
            Ok(answer) if callback::is_stop(&ruby, answer) => ControlFlow::Break(()),
            Ok(_) => ControlFlow::Continue(()),
            Err(raised) => {
                if let Err(raised) = dies_later(raised) {
                    end_jump(&raised, before);
                    // Who records is not to blame for it, nor is a hook that raises told of itself.
                    if let Err(raised) = report(&ruby, &raised).or_else(dies_later) {
                        end_jump(&raised, before);
                    }
                }
                ControlFlow::Continue(())
            }
        }
    }
    // ANCHOR_END: watcher
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // No Ruby is needed for it: the collector finds the block when nothing else has it.
        if let Some(blocks) = self.blocks.upgrade() {
            blocks.lock().by_number.remove(&self.number);
        }
    }
}

/// A jump that ends here has left its target as `$!`, which is no exception: to restore that after the
/// next one would fail, by a longjmp over Rust's frames. So `$!` becomes what it was `before`.
fn end_jump(raised: &magnus::Error, before: rb_sys::VALUE) {
    if matches!(raised.error_type(), ErrorType::Jump(_)) {
        // SAFETY: an exception or nil, which was there before.
        unsafe { rb_sys::rb_set_errinfo(before) };
    }
}

/// Hands what a watcher raised to `Tollbridge.report_exception`.
///
/// `throw` and `break` out of a watcher end its call in the same way: the frames that they are meant for are
/// not the recorder's to leave. Ruby has no exception for them, so they are named.
fn report(ruby: &Ruby, raised: &magnus::Error) -> Result<(), magnus::Error> {
    let module: RModule = ruby.class_object().const_get("Tollbridge")?;
    let _: Value = match raised.value() {
        Some(exception) => module.funcall("report_exception", (exception,))?,
        None => module.funcall("report_exception", (raised.to_string(),))?,
    };
    Ok(())
}

/// Stands for a watcher, and can end it. It keeps nothing alive, and dropping it ends nothing.
#[magnus::wrap(class = "Tollbridge::Watch", free_immediately, size)]
pub struct Watch(core::Watch);

impl Watch {
    fn unwatch(this: Of<Self>) -> bool {
        this.0.unwatch()
    }
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    define_class::<Common>(ruby, module, "Common")?;
    let watch = define_class::<Watch>(ruby, module, "Watch")?;
    watch.define_method("unwatch", method!(Watch::unwatch, 0))
}
