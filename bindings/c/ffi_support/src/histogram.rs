//! The histogram's functions.

use crate::call::{ErrorOut, call};
use crate::error::{Failure, tbf_error};
use crate::handles::Handles;
use crate::memory::{
    c_string, null, required, return_by_value, slice, text, writable, write, write_option,
};
use ffi_support::ByteBuffer;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use tollbridge_core::{Config, Error, Shared};

// ANCHOR: histograms
/// Handles to latency histograms. Several may stand for one (tbf_histogram_clone), which lives as long
/// as any of them.
///
/// The map's own lock could guard a plain `Histogram`; but then one could have only one handle, every
/// call would hold the map's lock to its end, a merge would wait for it while it holds it, and a watcher
/// that opens or frees a handle would wait for ever. So it holds what can be taken out.
pub(crate) static HISTOGRAMS: Handles<Shared> = Handles::of("histogram");
// ANCHOR_END: histograms

/// What a histogram can tell apart. Its memory follows from it: at most 50 MiB.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_config {
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
pub struct tbf_summary {
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

return_by_value!(tbf_config);

/// Makes an empty histogram, and a handle to it.
///
/// Ownership: the handle is the caller's; free it with tbf_histogram_free.
/// Errors: invalid_argument, null_argument, too_many_handles. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_new(
    config: Option<&tbf_config>,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let tbf_config {
            lowest,
            highest,
            significant_digits,
        } = *required("config", config)?;
        HISTOGRAMS.insert(Shared::new(Config {
            lowest,
            highest,
            significant_digits,
        })?)
    })
}

/// Makes another handle to the same histogram.
///
/// Ownership: it is the caller's and freed for itself; the histogram lives as long as any handle.
/// Errors: closed, invalid_handle, null_argument, too_many_handles. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_clone(histogram: u64, error: *mut tbf_error) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        HISTOGRAMS.insert(HISTOGRAMS.get(histogram)?)
    })
}

// ANCHOR: free
/// Frees a handle, and with the last one the histogram and its watchers, whose destructors are called
/// on this thread unless a call through the histogram is running on another: that call finishes first.
///
/// 0: allowed, does nothing. A handle that was freed is the error closed, until its place has been used
/// 32,767 times more. Errors: closed, invalid_handle, panic when a destructor panics.
/// Threads: any, also while others use the very handle; calls back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_free(histogram: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        HISTOGRAMS.free(histogram)
    })
}
// ANCHOR_END: free

/// What the histogram was made with.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_config(histogram: u64, error: *mut tbf_error) -> tbf_config {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let Config {
            lowest,
            highest,
            significant_digits,
        } = HISTOGRAMS.get(histogram)?.config()?;
        Ok(tbf_config {
            lowest,
            highest,
            significant_digits,
        })
    })
}

// ANCHOR: record
/// Records one value.
///
/// Errors: out_of_range, count_overflow, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits, and then calls back watchers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_record(histogram: u64, value: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(HISTOGRAMS.get(histogram)?.record(value)?)
    })
}
// ANCHOR_END: record

/// Records one value `count` times; 0 times is allowed.
///
/// Errors: out_of_range, count_overflow, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits, and then calls back watchers, once for all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_record_n(
    histogram: u64,
    value: u64,
    count: u64,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(HISTOGRAMS.get(histogram)?.record_n(value, count)?)
    })
}

/// Records `length` values, or none when one of them is refused.
///
/// Ownership: `values` is borrowed for the call, and must not change during it.
/// NULL: `values` may be NULL when `length` is 0.
/// Errors: out_of_range (`index` says which), count_overflow, poisoned, closed, invalid_handle,
/// null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_record_all(
    histogram: u64,
    values: *const u64,
    length: usize,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let shared = HISTOGRAMS.get(histogram)?;
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let values = unsafe { slice("values", values, length)? };
        Ok(shared.record_all(&values)?)
    })
}

/// Records durations as nanoseconds, or none when one of them is refused: `250us 1.5ms` and so on,
/// with the units ns, us, µs, ms, s, m, h, separated by white space. Returns how many there were.
///
/// Ownership: `text` is borrowed for the call. It is UTF-8 of `length` bytes and needs no NUL.
/// NULL: `text` may be NULL when `length` is 0.
/// Errors: invalid_duration, out_of_range, count_overflow, invalid_text, poisoned, closed,
/// invalid_handle, null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_record_durations(
    histogram: u64,
    text: *const c_char,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let shared = HISTOGRAMS.get(histogram)?;
        // SAFETY: the caller's promise above; the text does not outlive the call.
        let text = unsafe { self::text("text", text, length)? };
        Ok(shared.record_durations(text)?)
    })
}

/// How many values were recorded.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_len(histogram: u64, error: *mut tbf_error) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(HISTOGRAMS.get(histogram)?.len()?)
    })
}

/// 1 when no value was recorded, else 0.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_is_empty(histogram: u64, error: *mut tbf_error) -> u8 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(HISTOGRAMS.get(histogram)?.is_empty()?)
    })
}

/// The lowest value recorded, the low end of its bucket. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_min(
    histogram: u64,
    value: Option<&mut MaybeUninit<u64>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    unsafe { optional(histogram, value, error, Shared::min) }
}

/// The highest value recorded, the high end of its bucket. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_max(
    histogram: u64,
    value: Option<&mut MaybeUninit<u64>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    unsafe { optional(histogram, value, error, Shared::max) }
}

/// The arithmetic mean. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_mean(
    histogram: u64,
    value: Option<&mut MaybeUninit<f64>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    unsafe { optional(histogram, value, error, Shared::mean) }
}

/// The standard deviation. Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_stdev(
    histogram: u64,
    value: Option<&mut MaybeUninit<f64>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    unsafe { optional(histogram, value, error, Shared::stdev) }
}

/// The value at or below which the share `quantile` (0 to 1) of all values lies.
/// Empty: 0 is returned, and `*value` stays; else 1.
///
/// Errors: invalid_quantile, poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_value_at_quantile(
    histogram: u64,
    quantile: f64,
    value: Option<&mut MaybeUninit<u64>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    unsafe {
        optional(histogram, value, error, |shared| {
            shared.value_at_quantile(quantile)
        })
    }
}

// ANCHOR: optional
/// ffi-support makes 0 of a `None`, which is a value too: so the answer is whether there is one.
///
/// # Safety
/// As [`call`].
unsafe fn optional<T>(
    histogram: u64,
    value: Option<&mut MaybeUninit<T>>,
    error: *mut tbf_error,
    read: impl FnOnce(&Shared) -> Result<Option<T>, Error>,
) -> u8 {
    // SAFETY: the caller's promise.
    call(unsafe { ErrorOut::at(error) }, || {
        let out = required("value", value)?;
        Ok(write_option(read(&HISTOGRAMS.get(histogram)?)?, out))
    })
}
// ANCHOR_END: optional

/// The values at `length` quantiles, written to as many `values`. Empty: 0 is returned, and `values`
/// stay; else 1.
///
/// Ownership: `quantiles` is borrowed for the call; `values` is the caller's, with room for `length`.
/// NULL: both may be NULL when `length` is 0.
/// Errors: invalid_quantile (`index` says which), poisoned, closed, invalid_handle, null_argument,
/// invalid_length. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_values_at_quantiles(
    histogram: u64,
    quantiles: *const f64,
    length: usize,
    values: *mut u64,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        writable("values", values, length)?;
        let shared = HISTOGRAMS.get(histogram)?;
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let quantiles = unsafe { slice("quantiles", quantiles, length)? };
        let read = shared.values_at_quantiles(&quantiles)?;
        let found = read.is_some();
        // SAFETY: `writable` was asked, there are `length` of them, and Rust's memory does not overlap.
        unsafe { write(&read.unwrap_or_default(), values) };
        Ok(found)
    })
}

/// The usual figures. Empty: 0 is returned, and `*summary` stays; else 1.
///
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_summary(
    histogram: u64,
    summary: Option<&mut MaybeUninit<tbf_summary>>,
    error: *mut tbf_error,
) -> u8 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let out = required("summary", summary)?;
        let summary = HISTOGRAMS.get(histogram)?.summary()?.map(|s| tbf_summary {
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
        Ok(write_option(summary, out))
    })
}

/// A copy of the tag, empty when there is none. A tag holds no NUL but the one at its end.
///
/// Ownership: the text is the caller's; free it with tbf_string_free.
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_tag(histogram: u64, error: *mut tbf_error) -> *mut c_char {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(HISTOGRAMS.get(histogram)?.tag()?)
    })
}

/// Sets the tag; empty text removes it.
///
/// Ownership: `tag` is borrowed for the call. It is UTF-8 and ends at the first NUL: what stands behind is
/// not seen. Errors: invalid_tag for a comma or a line end, too_many above 4096 bytes, invalid_text,
/// poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_set_tag(
    histogram: u64,
    tag: *const c_char,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let shared = HISTOGRAMS.get(histogram)?;
        // SAFETY: the caller's promise above; the text does not outlive the call.
        let tag = unsafe { c_string("tag", tag)? };
        Ok(shared.set_tag(tag)?)
    })
}

/// Adds every value of `other`, which may be the same histogram: its counts then double.
///
/// Errors: out_of_range, count_overflow, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits for both, in an order that cannot deadlock.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_merge(histogram: u64, other: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let other = other_histogram(other)?;
        Ok(HISTOGRAMS.get(histogram)?.merge(&other)?)
    })
}

/// A handle that the functions call `other`.
fn other_histogram(other: u64) -> Result<Shared, Failure> {
    if other == 0 {
        return Err(null("other"));
    }
    HISTOGRAMS.get(other)
}

/// HdrHistogram's percentile distribution as text, byte for byte as the reference implementation
/// prints it. `ticks`, from 1 to 1000: lines in each half of the distance that is left to 100 %.
/// `unit`, finite and above 0: what values are divided by before they are printed.
///
/// Ownership: the text is the caller's; free it with tbf_string_free.
/// Errors: invalid_argument, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits for a copy of the counts only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_render(
    histogram: u64,
    ticks: u32,
    unit: f64,
    error: *mut tbf_error,
) -> *mut c_char {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(HISTOGRAMS.get(histogram)?.render(ticks, unit)?)
    })
}

/// The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.
///
/// Ownership: the buffer is the caller's; free it with tbf_byte_buffer_free.
/// Errors: poisoned, closed, invalid_handle, null_argument. Threads: any; waits
/// for a copy of the counts only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_encode(histogram: u64, error: *mut tbf_error) -> ByteBuffer {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        Ok(ByteBuffer::from_vec(HISTOGRAMS.get(histogram)?.encode()?))
    })
}

/// Makes a histogram of what tbf_histogram_encode or another HdrHistogram implementation wrote:
/// V2 or the older V0 and V1, plain or with DEFLATE. Hostile bytes cost at most 50 MiB.
///
/// Ownership: `data` is borrowed for the call; the handle is the caller's, free it with
/// tbf_histogram_free. NULL: `data` may be NULL when `length` is 0, which is malformed.
/// Errors: malformed_histogram, null_argument, invalid_length, too_many_handles. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_decode(
    data: *const u8,
    length: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let data = unsafe { slice("data", data, length)? };
        HISTOGRAMS.insert(Shared::decode(&data)?)
    })
}
