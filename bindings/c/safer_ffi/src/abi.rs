//! Which library this is.

use safer_ffi::prelude::*;
use std::ffi::CStr;

/// Raised only when a program built for the old one would break. build.rs puts it into the soname.
const ABI_VERSION: u32 = 1;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version without NUL"),
    };

/// Exists in libraries of ABI 1 only. safer_ffi exports functions and constants but no statics, so this
/// one is written by hand, and so is its declaration (preamble.h).
#[unsafe(no_mangle)]
pub static tbs_abi_1: u32 = ABI_VERSION;

/// The number of the ABI, for hosts that look symbols up at run time: compare it with the one you
/// were written for before the first other call, and name both when they differ.
///
/// Threads: any. A leaf.
#[ffi_export]
pub fn tbs_abi_version() -> u32 {
    ABI_VERSION
}

/// The library's version, such as `0.1.0`, NUL-terminated.
///
/// Ownership: static memory, never freed. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_version() -> char_p::Ref<'static> {
    VERSION.into()
}
