//! Which library this is.

use std::ffi::{CStr, c_char};

/// Raised only when a program built for the old one would break. build.rs puts it into the soname.
const ABI_VERSION: u32 = 1;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version without NUL"),
    };

// ANCHOR: abi
/// Exists in libraries of ABI 1 only. The header refers to it, so that a program built with that
/// header links with, and starts with, nothing else.
#[unsafe(no_mangle)]
pub static tbf_abi_1: u32 = ABI_VERSION;

/// The number of the ABI, for hosts that look symbols up at run time: compare it with the one you
/// were written for before the first other call, and name both when they differ.
///
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tbf_abi_version() -> u32 {
    ABI_VERSION
}
// ANCHOR_END: abi

/// The library's version, such as `0.1.0`, NUL-terminated.
///
/// Ownership: static memory, never freed. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tbf_version() -> *const c_char {
    VERSION.as_ptr()
}
