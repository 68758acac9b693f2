//! The committed header is what safer_ffi writes from the source, and says what the source says.
//!
//! `TB_BLESS=1 cargo test -p tollbridge-c-safer-ffi --test header` writes it anew; with `--features probe` another,
//! in a folder of its own, that declares what only tests and timing need as well.

use std::path::Path;
use tollbridge_core::Error;

const HEADER: &str = if cfg!(feature = "probe") {
    "include/probe/tollbridge_safer.h"
} else {
    "include/tollbridge_safer.h"
};

fn generate() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let preamble = std::fs::read_to_string(root.join("preamble.h")).expect("it can be read");
    let mut text = Vec::new();
    safer_ffi::headers::builder()
        .with_banner(concat!(
            "/* Tollbridge: a latency histogram from Rust, as a C library.\n",
            " * Written by safer_ffi from bindings/c/safer_ffi/src: change it there.",
            " SPDX-License-Identifier: MIT OR Apache-2.0 */",
        ))
        .with_guard("TOLLBRIDGE_SAFER_H")
        .with_text_after_guard(preamble.trim())
        .to_writer(&mut text)
        .generate()
        .expect("a vector can be written to");
    // safer_ffi has no way to say it.
    String::from_utf8(text)
        .expect("a header is text")
        .replace("\ntbs_error_t *\n", "\nTBS_WARN_UNUSED\ntbs_error_t *\n")
}

#[test]
fn the_committed_header_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(HEADER);
    let generated = generate();
    if std::env::var_os("TB_BLESS").is_some() {
        std::fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{HEADER} is stale: run ./just generate c/safer_ffi"
    );
}

#[test]
fn every_code_of_the_core_is_in_the_header() {
    let header = generate();
    let codes = header.split_once("enum tbs_code {").expect("it is there").1;
    let codes = codes.split_once('}').expect("it ends").0;
    let product: Vec<_> = Error::TABLE.iter().filter(|row| !row.scaffolding).collect();
    for error in &product {
        let line = format!("TBS_CODE_{} = {},", error.name.to_uppercase(), error.code);
        assert!(codes.contains(&line), "{line} is missing");
    }
    let count = codes.matches("TBS_CODE_").count();
    let known = product.len() + 1; // and success
    assert_eq!(
        count, known,
        "the header knows codes that the core does not"
    );
}

#[test]
fn the_soname_and_the_symbol_carry_the_abi_number() {
    let number = tollbridge_safer_ffi::tbs_abi_version();
    assert_eq!(number, tollbridge_safer_ffi::tbs_abi_1);
    assert!(include_str!("../build.rs").contains(&format!("ABI_VERSION: u32 = {number};")));
}
