//! What is fuzzed. Each target is a function of some bytes that panics when a property does not hold,
//! so that it runs under libFuzzer on nightly and as an ordinary test on stable.

pub mod c_abi;
pub mod decode;
pub mod memory;
pub mod record_durations;
pub mod replay_log;
pub mod seeds;
pub mod vectors;

/// A function of the fuzzer's bytes.
pub type Target = fn(&[u8]);

/// Every target with its name.
pub const TARGETS: [(&str, Target); 5] = [
    ("c_abi", c_abi::run),
    ("decode", decode::run),
    ("record_durations", record_durations::run),
    ("replay_log", replay_log::run),
    ("vectors", vectors::run),
];
