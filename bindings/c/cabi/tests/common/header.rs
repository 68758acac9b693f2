//! Headers: what cbindgen writes from the source, and what is committed.

use cbindgen::{Builder, Config};
use std::path::Path;

/// What makes the header of this name. `include` is what it builds on, if it is not the first.
pub fn generate(name: &str, sources: &[&str], include: &str) -> String {
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

/// Compares; with `TB_BLESS=1` writes.
pub fn is_current(name: &str, sources: &[&str], include: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("include")
        .join(name);
    let generated = generate(name, sources, include);
    if std::env::var_os("TB_BLESS").is_some() {
        std::fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == generated,
        "{name} is stale: run TB_BLESS=1 cargo test -p tollbridge-c-cabi"
    );
}
