//! Names the shared library after its ABI, so that the loader finds the right one.

/// The same number as `ABI_VERSION` in src/abi.rs; a test compares the two.
const ABI_VERSION: u32 = 1;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!(
            "cargo:rustc-cdylib-link-arg=-Wl,-soname,libtollbridge_ffi_support.so.{ABI_VERSION}"
        );
    }
}
