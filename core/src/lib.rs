//! The library that Tollbridge carries into other languages: a latency histogram.
//!
//! It wraps the crate [`hdrhistogram`] and knows nothing of FFI, handles or hosts.
//!
//! - [`Histogram`] is plain Rust: `&mut self` to change, no lock.
//! - [`Shared`] is the handle that bridges carry: cheap to clone, usable from any thread.
//! - [`Error`] is every way to fail, with a stable code, name and typed fields.
//!
//! The feature `probe` adds functions that do as little as possible, or go wrong on purpose, so that a
//! crossing can be measured and tested by itself. No product switches it on.
//!
//! ```
//! use tollbridge_core::{Config, Histogram};
//!
//! let mut latencies = Histogram::new(Config::default())?;
//! latencies.record_durations("250us 1.5ms\n3s")?;
//! assert_eq!(latencies.len(), 3);
//! assert_eq!(latencies.value_at_quantile(0.5)?, Some(1_500_159)); // 1.5 ms, to three digits
//! # Ok::<(), tollbridge_core::Error>(())
//! ```
#![forbid(unsafe_code)]

mod codec;
mod config;
mod counts;
mod duration;
mod error;
mod histogram;
mod layout;
mod log;
#[cfg(feature = "probe")]
pub mod probe;
mod render;
mod scan;
mod shared;
mod tag;
mod watch;

pub use config::Config;
pub use error::{Error, ErrorInfo, Field, FieldInfo, FieldKind};
pub use histogram::{Histogram, Summary};
pub use log::{LINE_LIMIT, LogWriter, MEMORY_LIMIT, Progress, replay_log};
pub use scan::{BUCKET_LIMIT, Bucket, Buckets, Scan};
pub use shared::{Attempt, Locked, Pending, Shared, Watch};
pub use tag::TAG_LIMIT;

/// The version of this library.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
