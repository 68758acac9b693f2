//! What only tests and timing need: with the feature `probe`, and in no product.

mod arguments;
mod faults;
mod probes;

pub use faults::*;
pub use probes::*;
