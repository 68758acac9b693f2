//! Faults on purpose, for the tests of every bridge's guard. Not for use.

use crate::{Error, Shared};

/// # Panics
/// Always, with `what` as its text.
pub fn panic(what: &str) {
    std::panic::panic_any(what.to_owned());
}

/// Records a value, then panics under the lock: `shared` is poisoned from then on.
///
/// # Panics
/// Always, with `half-way` (unless `shared` was poisoned before: then that is the error).
pub fn panic_while_locked(shared: &Shared) -> Result<(), Error> {
    shared.with(|h| {
        // Half of a change; whether it fits makes no difference to the other half.
        let _ = h.record(0);
        panic!("half-way")
    })
}

/// An object whose destructor panics, with `dropped`.
#[derive(Debug, Default)]
pub struct PanicsWhenDropped(());

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("dropped");
    }
}
