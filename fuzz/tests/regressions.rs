//! Every seed, and every input that was once a find, without a fuzzer.

use std::path::Path;
use tollbridge_fuzz::{TARGETS, seeds};

/// One test: the memory that a target takes is counted for the whole process.
#[test]
fn every_target_stands_its_seeds_and_what_was_found() {
    for (name, run) in TARGETS {
        let found = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("regressions")
            .join(name);
        let found = match found.exists() {
            true => seeds::read(&found, "").expect("regressions"),
            false => Vec::new(),
        };
        let seeds = seeds::of(name).expect("seeds");
        for input in [seeds, found, vec![Vec::new()]].concat() {
            run(&input);
        }
    }
}
