//! The histogram's functions.

use crate::guard::{guard, guard_free};
use crate::memory::{
    give_bytes, give_text, null, required, slice, tb_bytes, tb_text, text, writable, write,
    write_option,
};
use crate::tb_error;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use tollbridge_core::{Attempt, Config, Error, Locked, Shared};

// ANCHOR: handle
/// A handle to a latency histogram.
///
/// Ownership: the handle is the caller's and freed with tb_histogram_free. Several handles may
/// stand for one histogram (tb_histogram_clone), which lives as long as any of them.
/// Threads: any number of threads may use one handle at once; calls wait for each other. Whatever
/// records may call back (tb_histogram_watch).
/// Using a handle after it was freed, or freeing it twice, is undefined.
pub struct tb_histogram(pub(crate) Shared);
// ANCHOR_END: handle

/// What a histogram can tell apart. Its memory follows from it: at most 50 MiB.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_config {
    /// The lowest value that can be told from 0, in the values' own unit; from 1 to 2^62 - 1.
    pub lowest: u64,
    /// The highest value that can be recorded; from twice `lowest` to 2^63 - 1.
    pub highest: u64,
    /// Decimal digits to which values are kept apart, from 0 to 5.
    pub significant_digits: u8,
}

/// The usual figures at one glance, in the values' own unit.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_summary {
    /// How many values were recorded.
    pub count: u64,
    /// The low end of the lowest value's bucket.
    pub min: u64,
    /// The high end of the highest value's bucket.
    pub max: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation of the whole population.
    pub stdev: f64,
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 99th percentile.
    pub p99: u64,
    /// 99.9th percentile.
    pub p999: u64,
}

pub(crate) fn handle(histogram: Option<&tb_histogram>) -> Result<&Shared, Error> {
    histogram.map(|h| &h.0).ok_or_else(|| null("histogram"))
}

pub(crate) fn give_handle(shared: Shared, out: &mut MaybeUninit<Box<tb_histogram>>) {
    out.write(Box::new(tb_histogram(shared)));
}

// ANCHOR: recording
/// Runs `f`, which may record, and then the watchers of what it recorded. They may free the handle:
/// no reference to it is left when they are called.
///
/// # Safety
/// `histogram` is NULL, or a handle that is not freed yet.
unsafe fn recording<T>(
    histogram: *const tb_histogram,
    f: impl FnOnce(&mut Locked<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    // SAFETY: the caller's promise; the reference ends with the statement.
    let Attempt { result, pending } = handle(unsafe { histogram.as_ref() })?.attempt(f);
    pending.notify();
    result
}
// ANCHOR_END: recording

/// Makes an empty histogram.
///
/// Ownership: `*histogram` is the caller's; free it with tb_histogram_free.
/// Errors: invalid_argument, null_argument. Threads: any.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_new(
    config: Option<&tb_config>,
    histogram: Option<&mut MaybeUninit<Box<tb_histogram>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let tb_config {
            lowest,
            highest,
            significant_digits,
        } = *required("config", config)?;
        let out = required("histogram", histogram)?;
        give_handle(
            Shared::new(Config {
                lowest,
                highest,
                significant_digits,
            })?,
            out,
        );
        Ok(())
    })
}

/// Makes another handle to the same histogram.
///
/// Ownership: `*clone` is the caller's and freed for itself; the histogram lives as long as any handle.
/// Errors: null_argument. Threads: any.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_clone(
    histogram: Option<&tb_histogram>,
    clone: Option<&mut MaybeUninit<Box<tb_histogram>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let shared = handle(histogram)?.clone();
        give_handle(shared, required("clone", clone)?);
        Ok(())
    })
}

// ANCHOR: free
/// Frees a handle, and with the last one the histogram and its watchers, whose destructors are called
/// on this thread unless one of them is being called on another.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very handle; calls
/// back. A callback may free the handle that it is called through.
/// Freeing twice, or using the handle afterwards, is undefined.
#[unsafe(no_mangle)]
pub extern "C" fn tb_histogram_free(histogram: Option<Box<tb_histogram>>) {
    guard_free(|| drop(histogram));
}
// ANCHOR_END: free

/// What the histogram was made with.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_config(
    histogram: Option<&tb_histogram>,
    config: Option<&mut MaybeUninit<tb_config>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("config", config)?;
        let Config {
            lowest,
            highest,
            significant_digits,
        } = handle(histogram)?.config()?;
        out.write(tb_config {
            lowest,
            highest,
            significant_digits,
        });
        Ok(())
    })
}

// ANCHOR: record
/// Records one value.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits, and then calls back watchers.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_record(
    histogram: *const tb_histogram,
    value: u64,
) -> Option<Box<tb_error>> {
    guard(|| {
        // As `recording` does, without the list of values that it keeps for watchers.
        // SAFETY: NULL, or a handle that is not freed yet; the reference ends with the statement.
        let pending = handle(unsafe { histogram.as_ref() })?.record_pending(value)?;
        pending.notify();
        Ok(())
    })
}
// ANCHOR_END: record

/// Records one value `count` times; 0 times is allowed.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits, and then calls back watchers, once for all.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_record_n(
    histogram: *const tb_histogram,
    value: u64,
    count: u64,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above.
    guard(|| unsafe { recording(histogram, |h| h.record_n(value, count)) })
}

/// Records `length` values, or none when one of them is refused.
///
/// Ownership: `values` is borrowed for the call, and must not change during it.
/// NULL: `values` may be NULL when `length` is 0.
/// Errors: out_of_range (`index` says which), count_overflow, poisoned, null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_record_all(
    histogram: *const tb_histogram,
    values: *const u64,
    length: usize,
) -> Option<Box<tb_error>> {
    guard(|| {
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let values = unsafe { slice("values", values, length)? };
        // SAFETY: the caller's promise above.
        unsafe { recording(histogram, |h| h.record_all(&values)) }
    })
}

/// Records durations as nanoseconds, or none when one of them is refused: `250us 1.5ms` and so on,
/// with the units ns, us, µs, ms, s, m, h, separated by white space.
///
/// Ownership: `text` is borrowed for the call. It is UTF-8 of `length` bytes and needs no NUL.
/// NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_duration, out_of_range, count_overflow, invalid_text, poisoned, null_argument,
/// invalid_length. Threads: any; waits, and then calls back watchers, value by value in their order.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_record_durations(
    histogram: *const tb_histogram,
    text: *const c_char,
    length: usize,
    recorded: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("recorded", recorded)?;
        // SAFETY: the caller's promise above; the text does not outlive the call.
        let text = unsafe { self::text("text", text, length)? };
        // SAFETY: the caller's promise above.
        out.write(unsafe { recording(histogram, |h| h.record_durations(text))? });
        Ok(())
    })
}

/// How many values were recorded.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_len(
    histogram: Option<&tb_histogram>,
    count: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("count", count)?;
        out.write(handle(histogram)?.len()?);
        Ok(())
    })
}

/// Whether no value was recorded.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_is_empty(
    histogram: Option<&tb_histogram>,
    empty: Option<&mut MaybeUninit<bool>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("empty", empty)?;
        out.write(handle(histogram)?.is_empty()?);
        Ok(())
    })
}

/// The lowest value recorded, the low end of its bucket. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_min(
    histogram: Option<&tb_histogram>,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    optional(histogram, found, value, Shared::min)
}

/// The highest value recorded, the high end of its bucket. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_max(
    histogram: Option<&tb_histogram>,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    optional(histogram, found, value, Shared::max)
}

/// The arithmetic mean. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_mean(
    histogram: Option<&tb_histogram>,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    optional(histogram, found, value, Shared::mean)
}

/// The standard deviation. Empty: `*found` is false, `*value` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_stdev(
    histogram: Option<&tb_histogram>,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<f64>>,
) -> Option<Box<tb_error>> {
    optional(histogram, found, value, Shared::stdev)
}

/// The value at or below which the share `quantile` (0 to 1) of all values lies.
/// Empty: `*found` is false, `*value` stays.
///
/// Errors: invalid_quantile, poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_value_at_quantile(
    histogram: Option<&tb_histogram>,
    quantile: f64,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<u64>>,
) -> Option<Box<tb_error>> {
    optional(histogram, found, value, |shared| {
        shared.value_at_quantile(quantile)
    })
}

fn optional<T>(
    histogram: Option<&tb_histogram>,
    found: Option<&mut MaybeUninit<bool>>,
    value: Option<&mut MaybeUninit<T>>,
    read: impl FnOnce(&Shared) -> Result<Option<T>, Error>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let (found, value) = (required("found", found)?, required("value", value)?);
        write_option(read(handle(histogram)?)?, found, value);
        Ok(())
    })
}

/// The values at `length` quantiles, written to as many `values`. Empty: `*found` is false, `values` stay.
///
/// Ownership: `quantiles` is borrowed for the call; `values` is the caller's, with room for `length`.
/// NULL: both may be NULL when `length` is 0.
/// Errors: invalid_quantile (`index` says which), poisoned, null_argument, invalid_length.
/// Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_values_at_quantiles(
    histogram: Option<&tb_histogram>,
    quantiles: *const f64,
    length: usize,
    found: Option<&mut MaybeUninit<bool>>,
    values: *mut u64,
) -> Option<Box<tb_error>> {
    guard(|| {
        let found = required("found", found)?;
        writable("values", values, length)?;
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let quantiles = unsafe { slice("quantiles", quantiles, length)? };
        let read = handle(histogram)?.values_at_quantiles(&quantiles)?;
        found.write(read.is_some());
        // SAFETY: `writable` was asked, there are `length` of them, and Rust's memory does not overlap.
        unsafe { write(&read.unwrap_or_default(), values) };
        Ok(())
    })
}

/// The usual figures. Empty: `*found` is false, `*summary` stays.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_summary(
    histogram: Option<&tb_histogram>,
    found: Option<&mut MaybeUninit<bool>>,
    summary: Option<&mut MaybeUninit<tb_summary>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let (found, out) = (required("found", found)?, required("summary", summary)?);
        let summary = handle(histogram)?.summary()?.map(|s| tb_summary {
            count: s.count,
            min: s.min,
            max: s.max,
            mean: s.mean,
            stdev: s.stdev,
            p50: s.p50,
            p90: s.p90,
            p99: s.p99,
            p999: s.p999,
        });
        write_option(summary, found, out);
        Ok(())
    })
}

/// A copy of the tag, empty when there is none.
///
/// Ownership: `*tag` is the caller's; free it with tb_text_free.
/// Errors: poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_tag(
    histogram: Option<&tb_histogram>,
    tag: Option<&mut MaybeUninit<tb_text>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("tag", tag)?;
        out.write(give_text(handle(histogram)?.tag()?));
        Ok(())
    })
}

/// Sets the tag; empty text removes it.
///
/// Ownership: `tag` is borrowed for the call. It is UTF-8 of `length` bytes and needs no NUL.
/// NULL: `tag` may be NULL when `length` is 0.
/// Errors: invalid_tag for a comma, a line end or NUL, too_many above 4096 bytes, invalid_text, poisoned,
/// null_argument, invalid_length. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_set_tag(
    histogram: Option<&tb_histogram>,
    tag: *const c_char,
    length: usize,
) -> Option<Box<tb_error>> {
    guard(|| {
        // SAFETY: the caller's promise above; the text does not outlive the call.
        let tag = unsafe { text("tag", tag, length)? };
        handle(histogram)?.set_tag(tag)
    })
}

/// Adds every value of `other`, which may be the same histogram: its counts then double.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits for both, in an order that cannot deadlock.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_merge(
    histogram: Option<&tb_histogram>,
    other: Option<&tb_histogram>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let other = &required("other", other)?.0;
        handle(histogram)?.merge(other)
    })
}

/// HdrHistogram's percentile distribution as text, byte for byte as the reference implementation
/// prints it. `ticks`, from 1 to 1000: lines in each half of the distance that is left to 100 %.
/// `unit`, finite and above 0: what values are divided by before they are printed.
///
/// Ownership: `*text` is the caller's; free it with tb_text_free.
/// Errors: invalid_argument, poisoned, null_argument.
/// Threads: any; waits for a copy of the counts only.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_render(
    histogram: Option<&tb_histogram>,
    ticks: u32,
    unit: f64,
    text: Option<&mut MaybeUninit<tb_text>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("text", text)?;
        out.write(give_text(handle(histogram)?.render(ticks, unit)?));
        Ok(())
    })
}

/// The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.
///
/// Ownership: `*bytes` is the caller's; free it with tb_bytes_free.
/// Errors: poisoned, null_argument. Threads: any; waits for a copy of the counts only.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_encode(
    histogram: Option<&tb_histogram>,
    bytes: Option<&mut MaybeUninit<tb_bytes>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("bytes", bytes)?;
        out.write(give_bytes(handle(histogram)?.encode()?));
        Ok(())
    })
}

/// Makes a histogram of what tb_histogram_encode or another HdrHistogram implementation wrote:
/// V2 or the older V0 and V1, plain or with DEFLATE. Hostile bytes cost at most 50 MiB.
///
/// Ownership: `data` is borrowed for the call; `*histogram` is the caller's, free it with
/// tb_histogram_free. NULL: `data` may be NULL when `length` is 0, which is malformed.
/// Errors: malformed_histogram, null_argument, invalid_length. Threads: any.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_decode(
    data: *const u8,
    length: usize,
    histogram: Option<&mut MaybeUninit<Box<tb_histogram>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("histogram", histogram)?;
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let data = unsafe { slice("data", data, length)? };
        give_handle(Shared::decode(&data)?, out);
        Ok(())
    })
}
