//! Buckets: pulled through a cursor, or pushed to a visitor.

use crate::call::{ErrorOut, Uncancelled, call};
use crate::error::{Failure, tbf_error};
use crate::handles::Handles;
use crate::histogram::HISTOGRAMS;
use crate::memory::{no_value, null, required, writable, write};
use std::ffi::c_void;
use std::ops::ControlFlow;
use tollbridge_core::{Bucket, Buckets, Scan};

// ANCHOR: cursors
/// Cursors over the buckets of a histogram as it was. A step is short and calls nothing back: so here the
/// map's own lock is the only one.
static CURSORS: Handles<Buckets> = Handles::of("buckets");
// ANCHOR_END: cursors

/// Which buckets to walk: the values of `kind` in a tbf_scan.
#[repr(C)]
pub enum tbf_scan_kind {
    /// Every bucket that holds at least one value.
    TBF_SCAN_RECORDED = 0,
    /// Steps of equal width; `step` is set.
    TBF_SCAN_LINEAR = 1,
    /// Steps that widen by a factor; `step` (the first one) and `base` are set.
    TBF_SCAN_LOGARITHMIC = 2,
    /// Steps of equal rank, ever finer towards the maximum; `ticks` is set.
    TBF_SCAN_QUANTILES = 3,
}

/// A tagged enum in its plainest form: the tag is an integer, which is checked, and a field that
/// its kind does not use is ignored.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_scan {
    /// A tbf_scan_kind.
    pub kind: u32,
    /// Steps in each half of the distance that is left to 1.0, from 1 to 1000.
    pub ticks: u32,
    /// Width of a step, or of the first one, in the values' unit; from 1 to 2^62.
    pub step: u64,
    /// Factor from a step's upper end to the next one's, finite and above 1.
    pub base: f64,
}

/// One step of a scan.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_bucket {
    /// The highest value of the step, in the values' unit.
    pub value: u64,
    /// How many values were recorded in this step.
    pub count: u64,
    /// How many were recorded up to the end of this step.
    pub total: u64,
}

/// Gets one bucket, which is only valid during the call. 0 goes on, anything else stops the walk.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
/// It may use the histogram it walks, and free the handle.
pub type tbf_bucket_visitor =
    Option<unsafe extern "C" fn(user: *mut c_void, bucket: *const tbf_bucket) -> i32>;

impl From<Bucket> for tbf_bucket {
    fn from(
        Bucket {
            value,
            count,
            total,
        }: Bucket,
    ) -> Self {
        Self {
            value,
            count,
            total,
        }
    }
}

// ANCHOR: scan
impl tbf_scan {
    fn check(&self) -> Result<Scan, Failure> {
        Ok(match self.kind {
            0 => Scan::Recorded,
            1 => Scan::Linear { step: self.step },
            2 => Scan::Logarithmic {
                first: self.step,
                base: self.base,
            },
            3 => Scan::Quantiles { ticks: self.ticks },
            kind => return Err(no_value("scan", kind.into())),
        })
    }
}
// ANCHOR_END: scan

/// Makes a cursor over the buckets of a histogram as it is now. It outlives the histogram's changes and
/// its handles. The histogram is locked for a copy of its counts only.
///
/// Ownership: `scan` is borrowed for the call; the cursor is the caller's, free it with
/// tbf_buckets_free. Errors: invalid_argument, too_many, invalid_enum, poisoned, closed,
/// invalid_handle, null_argument, too_many_handles. Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_buckets(
    histogram: u64,
    scan: Option<&tbf_scan>,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let scan = required("scan", scan)?.check()?;
        CURSORS.insert(HISTOGRAMS.get(histogram)?.buckets(scan)?)
    })
}

// ANCHOR: next
/// Writes the next buckets, `capacity` at most, and returns how many they are; 0 at the end.
///
/// Ownership: `into` is the caller's, with room for `capacity`. NULL: allowed when `capacity` is 0.
/// Errors: closed, invalid_handle, null_argument, invalid_length. Threads: any, also at once: each bucket
/// is given out once; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_buckets_next(
    buckets: u64,
    into: *mut tbf_bucket,
    capacity: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        writable("into", into, capacity)?;
        CURSORS.with(buckets, |cursor| {
            let mut written = 0;
            for bucket in cursor.by_ref().take(capacity) {
                // SAFETY: `writable` was asked for `capacity` items, and `written` is below it.
                unsafe { write(&[bucket.into()], into.add(written)) };
                written += 1;
            }
            Ok(written as u64)
        })
    })
}
// ANCHOR_END: next

/// Frees a cursor.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle.
/// Threads: any, also while others use it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_buckets_free(buckets: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || CURSORS.free(buckets))
}

/// Calls `visitor` with each bucket of the histogram as it is now, until it answers other than 0. Returns
/// that answer, or 0 at the end. Calls back on this thread, with no lock held.
///
/// Ownership: `scan` is borrowed for the call; `user` is passed on as it is.
/// Errors: invalid_argument, too_many, invalid_enum, poisoned, closed, invalid_handle, null_argument.
/// Threads: any; waits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_histogram_for_each_bucket(
    histogram: u64,
    scan: Option<&tbf_scan>,
    visitor: tbf_bucket_visitor,
    user: *mut c_void,
    error: *mut tbf_error,
) -> i32 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        let visitor = visitor.ok_or_else(|| null("visitor"))?;
        let scan = required("scan", scan)?.check()?;
        let mut buckets = HISTOGRAMS.get(histogram)?.buckets(scan)?;
        let flow = buckets.try_for_each(|bucket| {
            // SAFETY: the caller's function, with the argument it is declared for.
            match unsafe { visitor(user, &bucket.into()) } {
                0 => ControlFlow::Continue(()),
                stop => ControlFlow::Break(stop),
            }
        });
        Ok(flow.break_value().unwrap_or(0))
    })
}
