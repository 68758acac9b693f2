//! The committed headers are what cbindgen writes from the source, and say what the source says.
//!
//! `TB_BLESS=1 cargo test -p tollbridge-c-cabi --test header` writes them anew.

use cbindgen::{Builder, Config};
use std::path::Path;
use tollbridge_core::Error;

const HEADERS: [(&str, &[&str], &str); 3] = [
    (
        "tollbridge.h",
        &[
            "abi.rs",
            "codes.rs",
            "error.rs",
            "memory.rs",
            "histogram.rs",
            "buckets.rs",
            "watch.rs",
            "replay.rs",
            "log_writer.rs",
        ],
        "",
    ),
    (
        "tollbridge/probe.h",
        &["probe.rs"],
        "#include <tollbridge.h>",
    ),
    (
        "tollbridge/fault.h",
        &["fault.rs"],
        "#include <tollbridge.h>",
    ),
];

fn generate(name: &str, sources: &[&str], include: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let guard = name.replace(['.', '/'], "_").to_uppercase();
    config.include_guard = Some(guard);
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect("it can be read");
    let mut trailer = String::new();
    if include.is_empty() {
        config.after_includes = Some(read("preamble.h"));
        trailer = read("trailer.h");
    } else {
        config.after_includes = Some(format!("\n{include}"));
    }
    let mut builder = Builder::new().with_config(config);
    for source in sources {
        builder = builder.with_src(root.join("src").join(source));
    }
    let mut text = Vec::new();
    builder
        .generate()
        .expect("cbindgen understands the source")
        .write(&mut text);
    let text = String::from_utf8(text).expect("a header is text");
    let (body, end) = text.rsplit_once("#endif").expect("an include guard");
    format!("{body}{trailer}\n#endif{end}")
}

#[test]
fn committed_headers_are_current() {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    for (name, sources, extra) in HEADERS {
        let path = include.join(name);
        let generated = generate(name, sources, extra);
        if std::env::var_os("TB_BLESS").is_some() {
            std::fs::write(&path, &generated).expect("the header can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == generated,
            "{name} is stale: run TB_BLESS=1 cargo test -p tollbridge-c-cabi --test header"
        );
    }
}

#[test]
fn every_code_of_the_core_is_in_the_header() {
    let (name, sources, include) = HEADERS[0];
    let header = generate(name, sources, include);
    for error in Error::TABLE {
        let line = format!("TB_ERR_{} = {},", error.name.to_uppercase(), error.code);
        assert!(header.contains(&line), "{line} is missing");
    }
    let codes = header.matches("TB_ERR_").count();
    assert_eq!(
        codes,
        Error::TABLE.len(),
        "the header knows codes that the core does not"
    );
}

#[test]
fn the_soname_and_the_symbol_carry_the_abi_number() {
    let number = tollbridge::tb_abi_version();
    assert_eq!(number, tollbridge::tb_abi_1);
    assert!(include_str!("../build.rs").contains(&format!("ABI_VERSION: u32 = {number};")));
}
