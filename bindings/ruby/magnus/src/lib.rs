//! Tollbridge for Ruby through magnus: the extension `tollbridge/tollbridge_native`.
//!
//! - `error`: core's errors as Ruby exceptions; `raise`: Ruby's own
//! - `guard`: the panic guard that every call runs under
//! - `gvl`: letting go of Ruby's lock; `handle`: the closable handle, and how our lock and Ruby's go together
//! - `direct`: what magnus asks Ruby's functions for, read from the objects themselves
//! - `arguments`: what Ruby's numbers, text and packed Strings become; `owned`: what goes out
//! - `callback`: what blocks answer, and calls from threads that Ruby does not know
//! - `classes`, `weight`: what Ruby's side declares; what the collector is told
//! - `histogram`, `buckets`, `watch`, `log`: the surface
//! - `probe`: what only tests and timing need; nothing else imports from there
//!
//! A block may leave by `break`, `throw` or an exception. magnus catches that where Ruby is called
//! and hands it over as an `Error`, which travels through Rust as any other: destructors run, and
//! only the method's outermost frame, where nothing is left to drop, lets Ruby go on with it.

// What is exported is the function that magnus makes of `init`.
#![allow(missing_docs)]

#[cfg(panic = "abort")]
compile_error!("a panic must unwind to become a PanicError: build with panic = \"unwind\"");

mod arguments;
mod buckets;
mod callback;
mod classes;
mod direct;
mod error;
mod guard;
mod gvl;
mod handle;
mod histogram;
mod log;
mod owned;
mod probe;
mod raise;
mod watch;
mod weight;

use magnus::Ruby;
use magnus::prelude::*;

/// Defines what `lib/tollbridge.rb` completes. Require that instead.
#[magnus::init(name = "tollbridge_native")]
fn init(ruby: &Ruby) -> Result<(), magnus::Error> {
    let module = ruby.define_module("Tollbridge")?;
    module.const_set("VERSION", tollbridge_core::VERSION)?;
    callback::define(ruby);
    classes::define(ruby, module)?;
    error::define(ruby, module)?;
    buckets::define(ruby, module)?;
    histogram::define(ruby, module)?;
    watch::define(ruby, module)?;
    log::define(ruby, module)?;
    probe::define(ruby, module)
}
