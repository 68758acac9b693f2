//! Tollbridge's core as a C library through safer_ffi.
//!
//! What the signatures say, in every function:
//! - `Option<&T>` and `Option<Out<T>>` are pointers that may be NULL; where NULL is no answer it is the
//!   error `null_argument`. Memory to write to need not be initialised.
//! - `repr_c::Box`, `c_slice::Box` and `str::Box` pass ownership: as a result to the caller, as an
//!   argument back to us. `c_slice::Ref`, `c_slice::Mut` and `str::Ref` are borrowed for the call.
//! - `Unchecked<T>` is a `T` that C sent and nobody has looked at yet.
//! - `Failure` is an owned error, or NULL for success.
//! - A handle is only ever borrowed as `&T`: what changes sits behind a lock. Where host code runs that
//!   may free it, it is a raw pointer, and no reference to it is left when host code is called.
//!
//! `include/tollbridge_safer.h` is written from this source by safer_ffi; its comments are the header's.
#![allow(non_camel_case_types)] // the names are C's
#![allow(clippy::missing_safety_doc)] // the comments are for C, where each call is on trust

#[cfg(panic = "abort")]
compile_error!("panics become errors at this boundary, which `panic = \"abort\"` makes impossible");

// Any thread may use any handle: C is not asked whether it may, so the compiler is asked here.
const _: () = {
    const fn any_thread<T: Send + Sync>() {}
    any_thread::<tbs_histogram>();
    any_thread::<tbs_buckets>();
    any_thread::<tbs_watch>();
    any_thread::<tbs_replay>();
    any_thread::<tbs_log_writer>();
    any_thread::<tbs_error>();
};

mod abi;
mod buckets;
mod codes;
mod error;
mod guard;
mod histogram;
mod log_writer;
#[cfg(feature = "probe")]
mod probe;
mod replay;
mod unchecked;
mod watch;

pub use abi::*;
pub use buckets::*;
pub use codes::*;
pub use error::*;
pub use histogram::*;
pub use log_writer::*;
#[cfg(feature = "probe")]
pub use probe::*;
pub use replay::*;
pub use unchecked::Unchecked;
pub use watch::*;
