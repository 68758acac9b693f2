//! Hazards that the compiler refuses: what `conformance/hazards.toml` tries on hosts that can say it.
//!
//! Use after close.
//! ```compile_fail,E0382
//! use tollbridge_core::{Config, Shared};
//! let histogram = Shared::new(Config { lowest: 1, highest: 1000, significant_digits: 3 }).unwrap();
//! drop(histogram);
//! histogram.record(5);
//! ```
//! Double close.
//! ```compile_fail,E0382
//! use tollbridge_core::{Config, Shared};
//! let histogram = Shared::new(Config { lowest: 1, highest: 1000, significant_digits: 3 }).unwrap();
//! drop(histogram);
//! drop(histogram);
//! ```
//! Close during a call.
//! ```compile_fail,E0505
//! use tollbridge_core::{Config, Shared};
//! let histogram = Shared::new(Config { lowest: 1, highest: 1000, significant_digits: 3 }).unwrap();
//! std::thread::scope(|scope| {
//!     scope.spawn(|| histogram.record(5));
//!     drop(histogram);
//! });
//! ```
//! A buffer that is changed by a callback of the call that borrows it.
//! ```compile_fail,E0502
//! use tollbridge_core::probe;
//! let mut values = vec![0.5, 1.5];
//! let half = probe::f64_sum(&values) + probe::f64_sum({ let kept = &values; values.clear(); kept });
//! ```
//! A lone surrogate, and bytes that are no UTF-8.
//! ```compile_fail
//! tollbridge_core::probe::str_len("\u{d800}");
//! ```
//! ```compile_fail
//! tollbridge_core::probe::str_len("\xff");
//! ```
//! No memory with a length of 3.
//! ```compile_fail,E0308
//! tollbridge_core::probe::bytes_sum(std::ptr::null());
//! ```
//! A misaligned pointer, and a length that no memory has.
//! ```compile_fail,E0133
//! let bytes = [0u8; 25];
//! let values = std::slice::from_raw_parts(bytes[1..].as_ptr().cast::<u64>(), 3);
//! ```
//! ```compile_fail,E0133
//! let values = std::slice::from_raw_parts([5u64].as_ptr(), usize::MAX);
//! ```
//! A variant and a boolean that there is not.
//! ```compile_fail,E0308
//! use tollbridge_core::{Config, Shared};
//! let histogram = Shared::new(Config { lowest: 1, highest: 1000, significant_digits: 3 }).unwrap();
//! histogram.buckets(7);
//! ```
//! ```compile_fail,E0308
//! tollbridge_core::probe::make_str(3, 2);
//! ```
