//! Tollbridge's core as a C library, written by hand in the manner of the Nomicon.
//!
//! What the signatures say, in every function:
//! - `Option<&T>` and `Option<&mut MaybeUninit<T>>` are pointers that may be NULL; where NULL is no
//!   answer it is the error `null_argument`. Memory to write to need not be initialised.
//! - `Option<Box<T>>` passes ownership: as a result to the caller, as an argument back to us.
//! - A result of `Option<Box<tb_error>>` is an owned error, or NULL for success.
//! - A handle is only ever borrowed as `&T`: what changes sits behind a lock. Where host code runs that
//!   may free it, it is a raw pointer, and no reference to it is left when host code is called.
//!
//! The headers in `include/` are written from this source by cbindgen; its comments are theirs.
#![allow(non_camel_case_types)] // the names are C's
#![allow(clippy::missing_safety_doc)] // the comments are for C, where each call is on trust

#[cfg(panic = "abort")]
compile_error!("panics become errors at this boundary, which `panic = \"abort\"` makes impossible");

// Any thread may use any handle: C is not asked whether it may, so the compiler is asked here.
const _: () = {
    const fn any_thread<T: Send + Sync>() {}
    any_thread::<tb_histogram>();
    any_thread::<tb_buckets>();
    any_thread::<tb_watch>();
    any_thread::<tb_replay>();
    any_thread::<tb_log_writer>();
    any_thread::<tb_error>();
};

mod abi;
mod buckets;
mod codes;
mod error;
mod guard;
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
pub use error::*;
pub use histogram::*;
pub use log_writer::*;
pub use memory::{tb_bytes, tb_bytes_free, tb_text, tb_text_free};
#[cfg(feature = "probe")]
pub use probe::*;
pub use replay::*;
pub use watch::*;
