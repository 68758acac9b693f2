//! What goes wrong on purpose, so that tests can see what becomes of it.

use crate::arguments::Text;
use crate::classes::define_class;
use crate::direct::Of;
use crate::error::Outcome;
use crate::guard::guard;
use crate::histogram::Histogram;
use magnus::prelude::*;
use magnus::{RModule, Ruby, Value, function};
use tollbridge_core::probe::fault;

fn panic(what: Value) -> Outcome<()> {
    let what = Text::new(what)?;
    guard(|| {
        fault::panic(what.as_str());
        Ok(())
    })
}

fn panic_while_locked(histogram: Of<Histogram>) -> Outcome<()> {
    histogram.handle().detached(fault::panic_while_locked)
}

/// An object whose destructor panics. `Drop` is the place of the guard: Ruby's collector calls it.
#[magnus::wrap(class = "Tollbridge::Fault::PanicsWhenDropped", free_immediately)]
struct PanicsWhenDropped(Option<fault::PanicsWhenDropped>);

impl PanicsWhenDropped {
    fn new() -> Self {
        Self(Some(fault::PanicsWhenDropped::default()))
    }
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        let inner = self.0.take();
        let dropping = std::panic::AssertUnwindSafe(|| drop(inner));
        // Nobody is there to raise it for: the hook has printed it.
        drop(std::panic::catch_unwind(dropping));
    }
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    let fault = module.define_module("Fault")?;
    fault.define_module_function("panic", function!(panic, 1))?;
    fault.define_module_function("panic_while_locked", function!(panic_while_locked, 1))?;
    let class = define_class::<PanicsWhenDropped>(ruby, fault, "PanicsWhenDropped")?;
    class.define_singleton_method("new", function!(PanicsWhenDropped::new, 0))?;
    Ok(())
}
