//! The committed header is what cbindgen writes from the source, and says what the source says.
//!
//! `TB_BLESS=1 cargo test -p tollbridge-c-cabi` writes it and the others anew.

#[path = "common/header.rs"]
mod header;

use header::{generate, is_current};
use tollbridge_core::Error;

const NAME: &str = "tollbridge.h";
const SOURCES: [&str; 9] = [
    "abi.rs",
    "codes.rs",
    "error.rs",
    "memory.rs",
    "histogram.rs",
    "buckets.rs",
    "watch.rs",
    "replay.rs",
    "log_writer.rs",
];

#[test]
fn the_committed_header_is_current() {
    is_current(NAME, &SOURCES, "");
}

#[test]
fn every_code_of_the_core_is_in_the_header() {
    let header = generate(NAME, &SOURCES, "");
    let product: Vec<_> = Error::TABLE.iter().filter(|row| !row.scaffolding).collect();
    for error in &product {
        let line = format!("TB_ERR_{} = {},", error.name.to_uppercase(), error.code);
        assert!(header.contains(&line), "{line} is missing");
    }
    let codes = header.matches("TB_ERR_").count();
    assert_eq!(
        codes,
        product.len(),
        "the header knows codes that the core does not"
    );
}

#[test]
fn the_soname_and_the_symbol_carry_the_abi_number() {
    let number = tollbridge::tb_abi_version();
    assert_eq!(number, tollbridge::tb_abi_1);
    assert!(include_str!("../build.rs").contains(&format!("ABI_VERSION: u32 = {number};")));
}
