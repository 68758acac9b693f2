//! Tollbridge for Ruby through magnus: the extension `tollbridge/tollbridge_native`.
//!
//! - `errors`: core's errors as Ruby exceptions, and the panic guard that every call runs under
//! - `direct`: what magnus asks Ruby's functions for, read from the objects themselves
//! - `arguments`: what Ruby's numbers, text and packed strings become
//! - `gvl`: the closable handle, and how our lock and Ruby's go together
//! - `foreign`: calls from threads that Ruby does not know
//! - `histogram`, `buckets`, `watch`, `log`, `probe`, `fault`: the surface
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
mod classes;
mod direct;
mod errors;
mod fault;
mod foreign;
mod gvl;
mod histogram;
mod log;
mod probe;
mod records;
mod watch;

use magnus::Ruby;
use magnus::prelude::*;

/// Defines what `lib/tollbridge.rb` completes. Require that instead.
#[magnus::init(name = "tollbridge_native")]
fn init(ruby: &Ruby) -> Result<(), magnus::Error> {
    let module = ruby.define_module("Tollbridge")?;
    module.const_set("VERSION", tollbridge_core::VERSION)?;
    records::define(ruby);
    classes::define(ruby, module)?;
    errors::define(ruby, module)?;
    buckets::define(ruby, module)?;
    histogram::define(ruby, module)?;
    watch::define(ruby, module)?;
    log::define(ruby, module)?;
    probe::define(ruby, module)?;
    fault::define(ruby, module)
}
