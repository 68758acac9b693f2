//! What only tests and timing need: with the feature `probe`, and in no product.

mod faults;
mod memory;
mod probes;

pub use faults::*;
pub use probes::*;
