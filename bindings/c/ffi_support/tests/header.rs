//! The committed header is what cbindgen writes from the source, and says what the source says.
//!
//! `TB_BLESS=1 cargo test -p tollbridge-c-ffi-support --test header` writes it anew; with `--features probe` another,
//! in a folder of its own, that declares what only tests and timing need as well.

use cbindgen::{Builder, Config};
use ffi_support::{ByteBuffer, ExternError};
use std::mem::{align_of, offset_of, size_of};
use std::path::{Path, PathBuf};
use tollbridge_core::Error;
use tollbridge_ffi_support::tbf_error;

/// The order of what every program needs. What else exports something comes behind.
const SOURCES: [&str; 8] = [
    "abi.rs",
    "codes.rs",
    "error.rs",
    "histogram.rs",
    "buckets.rs",
    "watch.rs",
    "replay.rs",
    "log_writer.rs",
];

const HEADER: &str = if cfg!(feature = "probe") {
    "include/probe/tollbridge_support.h"
} else {
    "include/tollbridge_support.h"
};

fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = SOURCES.map(|file| folder.join(file)).to_vec();
    let apart = cfg!(feature = "probe").then(|| folder.join("probe/"));
    for folder in [Some(folder), apart].into_iter().flatten() {
        let mut others: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("the sources")
            .map(|entry| entry.expect("an entry").path())
            .filter(|file| !sources.contains(file) && exports(file))
            .collect();
        others.sort();
        sources.append(&mut others);
    }
    sources
}

fn exports(file: &Path) -> bool {
    std::fs::read_to_string(file).is_ok_and(|text| text.contains("#[unsafe(no_mangle)]"))
}

fn generate() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| std::fs::read_to_string(root.join(file)).expect("it can be read");
    let mut config = Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    config.after_includes = Some(read("preamble.h"));
    let mut builder = Builder::new().with_config(config);
    for source in sources() {
        builder = builder.with_src(source);
    }
    let mut text = Vec::new();
    builder
        .generate()
        .expect("cbindgen understands the source")
        .write(&mut text);
    let text = String::from_utf8(text).expect("a header is text");
    let (body, end) = text.rsplit_once("#endif").expect("an include guard");
    format!("{body}{}\n#endif{end}", read("trailer.h").trim_start())
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
        "{HEADER} is stale: run ./just generate c/ffi_support"
    );
}

/// Which preamble.h declares by hand.
#[test]
fn ffi_supports_types_are_what_the_header_says() {
    #[repr(C)]
    struct Pair<A, B>(A, B);
    assert_eq!(size_of::<ExternError>(), size_of::<Pair<i32, *mut u8>>());
    assert_eq!(align_of::<ExternError>(), align_of::<*mut u8>());
    assert_eq!(size_of::<ByteBuffer>(), size_of::<Pair<i64, *mut u8>>());
    assert_eq!(offset_of!(tbf_error, base), 0);
    // SAFETY: as large, and initialised; the numbers are looked at only.
    let (code, len) = unsafe {
        let error: Pair<i32, *mut u8> = std::mem::transmute(ExternError::success());
        let buffer: Pair<i64, *mut u8> = std::mem::transmute(ByteBuffer::from_vec(vec![7, 8]));
        let bytes = std::slice::from_raw_parts_mut(buffer.1, 2);
        assert_eq!(*bytes, [7, 8]);
        drop(Box::from_raw(bytes));
        assert!(error.1.is_null());
        (error.0, buffer.0)
    };
    assert_eq!((code, len), (0, 2));
}

#[test]
fn every_code_of_the_core_is_in_the_header() {
    let header = generate();
    let product: Vec<_> = Error::TABLE.iter().filter(|row| !row.scaffolding).collect();
    for error in &product {
        let line = format!("TBF_ERR_{} = {},", error.name.to_uppercase(), error.code);
        assert!(header.contains(&line), "{line} is missing");
    }
    let own = 2;
    assert_eq!(
        header.matches("  TBF_ERR_").count(),
        product.len() + own,
        "the header knows codes that the core does not"
    );
}

#[test]
fn the_soname_and_the_symbol_carry_the_abi_number() {
    let number = tollbridge_ffi_support::tbf_abi_version();
    assert_eq!(number, tollbridge_ffi_support::tbf_abi_1);
    assert!(include_str!("../build.rs").contains(&format!("ABI_VERSION: u32 = {number};")));
}
