//! Tollbridge's core as a C library on Mozilla's `ffi-support`.
//!
//! What the signatures say, in every function:
//! - A `u64` named after a type is a handle: an entry of the map that src/handles.rs keeps for that type.
//! - The last parameter is where the error goes. It is a raw pointer, written once, at the end: what is
//!   called back may use the same memory.
//! - What [`ffi_support::IntoFfi`] makes of the result is returned; its default when the call fails.
//! - `Option<&T>` and `Option<&mut MaybeUninit<T>>` are pointers that may be NULL; where NULL is no
//!   answer it is the error `null_argument`. Memory to write to need not be initialised.
//!
//! The header in `include/` is written from this source by cbindgen; its comments are its own.
#![allow(non_camel_case_types)] // the names are C's
#![allow(clippy::missing_safety_doc)] // the comments are for C, where each call is on trust

#[cfg(panic = "abort")]
compile_error!("panics become errors at this boundary, which `panic = \"abort\"` makes impossible");

// Any thread may use any handle, and read any error: C is not asked whether it may, so the compiler is
// asked. What handles stand for lies in statics, which it lets nothing else into; errors are left.
const _: () = {
    const fn any_thread<T: Send + Sync>() {}
    any_thread::<tbf_details>();
};

mod abi;
mod buckets;
mod call;
mod codes;
mod destructors;
mod error;
mod handles;
mod histogram;
mod log_writer;
mod memory;
#[cfg(feature = "probe")]
mod probe;
mod replay;
mod watch;

pub use abi::*;
pub use buckets::*;
pub use codes::*;
pub use destructors::*;
pub use error::{
    tbf_details, tbf_error, tbf_error_details, tbf_error_field, tbf_error_free, tbf_error_info,
    tbf_field_kind,
};
pub use histogram::*;
pub use log_writer::*;
#[cfg(feature = "probe")]
pub use probe::*;
pub use replay::*;
pub use watch::*;
