//! The panic guard that every call into core runs under.

use crate::error::{Failure, Outcome};
use crate::gvl::ruby;
use crate::raise::raise;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tollbridge_core::Error;

// ANCHOR: guard
/// Runs a call into core: its panic becomes an error.
///
/// magnus would turn a panic into `fatal`, which no `rescue` catches.
///
/// Where the stack is nearly full it does not run: Ruby would find the end in Rust's frames, and jump over
/// them. Ruby code that it calls back has a `protect` below it.
#[inline]
pub fn guard<T>(call: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    // SAFETY: asked on a thread of Ruby's.
    if unsafe { rb_sys::ruby_stack_check() } != 0 {
        return Err(stack_ends());
    }
    // Core keeps its own promise about what a panic leaves behind: `Poisoned`.
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(Error::from_panic(panic).into()))
}
// ANCHOR_END: guard

#[cold]
fn stack_ends() -> Failure {
    raise(ruby().exception_sys_stack_error(), "stack level too deep").into()
}
