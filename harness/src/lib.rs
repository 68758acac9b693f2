//! The `toll` command's parts: finding bridges, talking to their runners, checking, measuring.
//!
//! It knows no bridge and no operation by name: bridges are found by their `bridge.toml`, vectors carry
//! their types in their literals.

#![forbid(unsafe_code)]
// `table::print` writes instead: it does not panic when the reader has gone.
#![deny(clippy::print_stdout)]

pub mod bench;
pub mod bridge;
pub mod canary;
pub mod check;
pub mod count;
pub mod coverage;
pub mod crosscheck;
pub mod document;
pub mod errors;
pub mod generate;
pub mod hazards;
pub mod hosts;
pub mod list;
pub mod machine;
pub mod matrix;
pub mod model;
mod page;
pub mod peers;
pub mod pin;
pub mod places;
pub mod platforms;
mod process;
pub mod report;
pub mod results;
pub mod runner;
pub mod say;
pub mod shapes;
mod start;
pub mod stats;
pub mod store;
pub mod strategies;
pub mod table;
pub mod timing;
pub mod vectors;
