//! The histogram's functions.

use crate::error::Failure;
use crate::guard::{guard, guard_free};
use crate::unchecked::{Unchecked, required};
use safer_ffi::prelude::*;
use tollbridge_core::{Attempt, Config, Error, Locked, Shared};

// ANCHOR: handle
/// A handle to a latency histogram.
///
/// Ownership: the handle is the caller's and freed with tbs_histogram_free. Several handles may
/// stand for one histogram (tbs_histogram_clone), which lives as long as any of them.
/// Threads: any number of threads may use one handle at once; calls wait for each other. Whatever
/// records may call back (tbs_histogram_watch).
/// Using a handle after it was freed, or freeing it twice, is undefined.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_histogram {
    shared: Shared,
}
// ANCHOR_END: handle

/// What a histogram can tell apart. Its memory follows from it: at most 50 MiB.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_config {
    /// The lowest value that can be told from 0, in the values' own unit; from 1 to 2^62 - 1.
    pub lowest: u64,
    /// The highest value that can be recorded; from twice `lowest` to 2^63 - 1.
    pub highest: u64,
    /// Decimal digits to which values are kept apart, from 0 to 5.
    pub significant_digits: u8,
}

/// The usual figures at one glance, in the values' own unit.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_summary {
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

pub(crate) fn handle(histogram: Option<&tbs_histogram>) -> Result<&Shared, Error> {
    Ok(&required("histogram", histogram)?.shared)
}

pub(crate) fn give_handle(shared: Shared, out: Out<'_, repr_c::Box<tbs_histogram>>) {
    out.write(Box::new(tbs_histogram { shared }).into());
}

// ANCHOR: recording
/// Runs `f`, which may record, and then the watchers of what it recorded. They may free the handle:
/// no reference to it is left when they are called.
///
/// # Safety
/// `histogram` is NULL, or a handle that is not freed yet.
unsafe fn recording<T>(
    histogram: *const tbs_histogram,
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
/// Ownership: `*histogram` is the caller's; free it with tbs_histogram_free.
/// Errors: invalid_argument, null_argument. Threads: any.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_new(
    config: tbs_config,
    histogram: Option<Out<'_, repr_c::Box<tbs_histogram>>>,
) -> Failure {
    guard(|| {
        let out = required("histogram", histogram)?;
        let tbs_config {
            lowest,
            highest,
            significant_digits,
        } = config;
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
#[ffi_export]
#[must_use]
pub fn tbs_histogram_clone(
    histogram: Option<&tbs_histogram>,
    clone: Option<Out<'_, repr_c::Box<tbs_histogram>>>,
) -> Failure {
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
#[ffi_export]
pub fn tbs_histogram_free(histogram: Option<repr_c::Box<tbs_histogram>>) {
    guard_free(|| drop(histogram));
}
// ANCHOR_END: free

/// What the histogram was made with.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_config(
    histogram: Option<&tbs_histogram>,
    config: Option<Out<'_, tbs_config>>,
) -> Failure {
    guard(|| {
        let out = required("config", config)?;
        let Config {
            lowest,
            highest,
            significant_digits,
        } = handle(histogram)?.config()?;
        out.write(tbs_config {
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
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_record(histogram: *const tbs_histogram, value: u64) -> Failure {
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
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_record_n(
    histogram: *const tbs_histogram,
    value: u64,
    count: u64,
) -> Failure {
    // SAFETY: the caller's promise above.
    guard(|| unsafe { recording(histogram, |h| h.record_n(value, count)) })
}

/// Records all values, or none when one of them is refused.
///
/// Ownership: `values` is borrowed for the call, and must not change during it.
/// NULL: `values` may be NULL when its length is 0.
/// Errors: out_of_range (`index` says which), count_overflow, poisoned, null_argument, invalid_length.
/// Threads: any; waits, and then calls back watchers, value by value in their order.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_record_all(
    histogram: *const tbs_histogram,
    values: Unchecked<c_slice::Ref<'_, u64>>,
) -> Failure {
    guard(|| {
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let values = unsafe { values.items("values")? };
        // SAFETY: the caller's promise above.
        unsafe { recording(histogram, |h| h.record_all(&values)) }
    })
}

/// Records durations as nanoseconds, or none when one of them is refused: `250us 1.5ms` and so on,
/// with the units ns, us, µs, ms, s, m, h, separated by white space.
///
/// Ownership: `text` is borrowed for the call. It is UTF-8 and needs no NUL.
/// NULL: `text` may be NULL when its length is 0.
/// Errors: invalid_duration, out_of_range, count_overflow, invalid_text, poisoned, null_argument,
/// invalid_length. Threads: any; waits, and then calls back watchers, value by value in their order.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_record_durations(
    histogram: *const tbs_histogram,
    text: Unchecked<str::Ref<'_>>,
    recorded: Option<Out<'_, u64>>,
) -> Failure {
    guard(|| {
        let out = required("recorded", recorded)?;
        // SAFETY: the caller's promise above; the text does not outlive the call.
        let text = unsafe { text.text("text")? };
        // SAFETY: the caller's promise above.
        out.write(unsafe { recording(histogram, |h| h.record_durations(text))? });
        Ok(())
    })
}

/// How many values were recorded.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_len(
    histogram: Option<&tbs_histogram>,
    count: Option<Out<'_, u64>>,
) -> Failure {
    guard(|| {
        let out = required("count", count)?;
        out.write(handle(histogram)?.len()?);
        Ok(())
    })
}

/// Whether no value was recorded.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_is_empty(
    histogram: Option<&tbs_histogram>,
    empty: Option<Out<'_, bool>>,
) -> Failure {
    guard(|| {
        let out = required("empty", empty)?;
        out.write(handle(histogram)?.is_empty()?);
        Ok(())
    })
}

/// The lowest value recorded, the low end of its bucket. None when empty.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_min(
    histogram: Option<&tbs_histogram>,
    value: Option<Out<'_, repr_c::TaggedOption<u64>>>,
) -> Failure {
    optional(histogram, value, Shared::min)
}

/// The highest value recorded, the high end of its bucket. None when empty.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_max(
    histogram: Option<&tbs_histogram>,
    value: Option<Out<'_, repr_c::TaggedOption<u64>>>,
) -> Failure {
    optional(histogram, value, Shared::max)
}

/// The arithmetic mean. None when empty.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_mean(
    histogram: Option<&tbs_histogram>,
    value: Option<Out<'_, repr_c::TaggedOption<f64>>>,
) -> Failure {
    optional(histogram, value, Shared::mean)
}

/// The standard deviation. None when empty.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_stdev(
    histogram: Option<&tbs_histogram>,
    value: Option<Out<'_, repr_c::TaggedOption<f64>>>,
) -> Failure {
    optional(histogram, value, Shared::stdev)
}

/// The value at or below which the share `quantile` (0 to 1) of all values lies.
/// None when empty.
///
/// Errors: invalid_quantile, poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_value_at_quantile(
    histogram: Option<&tbs_histogram>,
    quantile: f64,
    value: Option<Out<'_, repr_c::TaggedOption<u64>>>,
) -> Failure {
    optional(histogram, value, |shared| {
        shared.value_at_quantile(quantile)
    })
}

fn optional<T>(
    histogram: Option<&tbs_histogram>,
    value: Option<Out<'_, repr_c::TaggedOption<T>>>,
    read: impl FnOnce(&Shared) -> Result<Option<T>, Error>,
) -> Failure {
    guard(|| {
        let out = required("value", value)?;
        out.write(read(handle(histogram)?)?.into());
        Ok(())
    })
}

/// The values at as many quantiles, in their order. None when empty.
///
/// Ownership: `quantiles` is borrowed for the call; the `*values` are the caller's, free them with
/// tbs_u64s_free. NULL: `quantiles` may be NULL when its length is 0.
/// Errors: invalid_quantile (`index` says which), poisoned, null_argument, invalid_length.
/// Threads: any; waits.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_values_at_quantiles(
    histogram: Option<&tbs_histogram>,
    quantiles: Unchecked<c_slice::Ref<'_, f64>>,
    values: Option<Out<'_, repr_c::TaggedOption<c_slice::Box<u64>>>>,
) -> Failure {
    guard(|| {
        let out = required("values", values)?;
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let quantiles = unsafe { quantiles.items("quantiles")? };
        let values = handle(histogram)?.values_at_quantiles(&quantiles)?;
        out.write(values.map(|all| all.into_boxed_slice().into()).into());
        Ok(())
    })
}

/// Frees what tbs_histogram_values_at_quantiles gave.
///
/// NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_u64s_free(values: Option<c_slice::Box<u64>>) {
    guard_free(|| drop(values));
}

/// The usual figures. None when empty.
///
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_summary(
    histogram: Option<&tbs_histogram>,
    summary: Option<Out<'_, repr_c::TaggedOption<tbs_summary>>>,
) -> Failure {
    guard(|| {
        let out = required("summary", summary)?;
        let summary = handle(histogram)?.summary()?.map(|s| tbs_summary {
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
        out.write(summary.into());
        Ok(())
    })
}

/// A copy of the tag, empty when there is none.
///
/// Ownership: `*tag` is the caller's; free it with tbs_text_free.
/// Errors: poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_tag(
    histogram: Option<&tbs_histogram>,
    tag: Option<Out<'_, str::Box>>,
) -> Failure {
    guard(|| {
        let out = required("tag", tag)?;
        out.write(handle(histogram)?.tag()?.into());
        Ok(())
    })
}

/// Sets the tag; empty text removes it.
///
/// Ownership: `tag` is borrowed for the call. It is UTF-8 and needs no NUL.
/// NULL: `tag` may be NULL when its length is 0.
/// Errors: invalid_tag for a comma, a line end or NUL, too_many above 4096 bytes, invalid_text, poisoned,
/// null_argument, invalid_length. Threads: any; waits.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_set_tag(
    histogram: Option<&tbs_histogram>,
    tag: Unchecked<str::Ref<'_>>,
) -> Failure {
    guard(|| {
        // SAFETY: the caller's promise above; the text does not outlive the call.
        let tag = unsafe { tag.text("tag")? };
        handle(histogram)?.set_tag(tag)
    })
}

/// Adds every value of `other`, which may be the same histogram: its counts then double.
///
/// Errors: out_of_range, count_overflow, poisoned, null_argument.
/// Threads: any; waits for both, in an order that cannot deadlock.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_merge(
    histogram: Option<&tbs_histogram>,
    other: Option<&tbs_histogram>,
) -> Failure {
    guard(|| {
        let other = &required("other", other)?.shared;
        handle(histogram)?.merge(other)
    })
}

/// HdrHistogram's percentile distribution as text, byte for byte as the reference implementation
/// prints it. `ticks`, from 1 to 1000: lines in each half of the distance that is left to 100 %.
/// `unit`, finite and above 0: what values are divided by before they are printed.
///
/// Ownership: `*text` is the caller's; free it with tbs_text_free.
/// Errors: invalid_argument, poisoned, null_argument.
/// Threads: any; waits for a copy of the counts only.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_render(
    histogram: Option<&tbs_histogram>,
    ticks: u32,
    unit: f64,
    text: Option<Out<'_, str::Box>>,
) -> Failure {
    guard(|| {
        let out = required("text", text)?;
        out.write(handle(histogram)?.render(ticks, unit)?.into());
        Ok(())
    })
}

/// The counts in HdrHistogram's V2 encoding with DEFLATE. The tag is no part of it.
///
/// Ownership: `*bytes` is the caller's; free it with tbs_bytes_free.
/// Errors: poisoned, null_argument. Threads: any; waits for a copy of the counts only.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_encode(
    histogram: Option<&tbs_histogram>,
    bytes: Option<Out<'_, c_slice::Box<u8>>>,
) -> Failure {
    guard(|| {
        let out = required("bytes", bytes)?;
        out.write(handle(histogram)?.encode()?.into_boxed_slice().into());
        Ok(())
    })
}

/// Makes a histogram of what tbs_histogram_encode or another HdrHistogram implementation wrote:
/// V2 or the older V0 and V1, plain or with DEFLATE. Hostile bytes cost at most 50 MiB.
///
/// Ownership: `data` is borrowed for the call; `*histogram` is the caller's, free it with
/// tbs_histogram_free. NULL: `data` may be NULL when its length is 0, which is malformed.
/// Errors: malformed_histogram, null_argument, invalid_length. Threads: any.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_decode(
    data: Unchecked<c_slice::Ref<'_, u8>>,
    histogram: Option<Out<'_, repr_c::Box<tbs_histogram>>>,
) -> Failure {
    guard(|| {
        let out = required("histogram", histogram)?;
        // SAFETY: the caller's promise above; the slice does not outlive the call.
        let data = unsafe { data.bytes("data")? };
        give_handle(Shared::decode(data)?, out);
        Ok(())
    })
}

// Text too goes back as bytes: only of slices does safer_ffi know that NULL is none.
/// Frees UTF-8 text that a function gave.
///
/// NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_text_free(text: Option<c_slice::Box<u8>>) {
    guard_free(|| drop(text));
}

/// Frees bytes that a function gave.
///
/// NULL: allowed as the pointer, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_bytes_free(bytes: Option<c_slice::Box<u8>>) {
    guard_free(|| drop(bytes));
}
