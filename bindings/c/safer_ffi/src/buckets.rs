//! Buckets: pulled through a cursor, or pushed to a visitor.

use crate::error::Failure;
use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tbs_histogram};
use crate::unchecked::{Plain, Unchecked, null, required};
use safer_ffi::closure::RefDynFnMut1;
use safer_ffi::layout::CLayoutOf;
use safer_ffi::prelude::*;
use std::ops::ControlFlow;
use std::sync::Mutex;
use tollbridge_core::{Bucket, Buckets, Error, Scan};

// ANCHOR: scan
/// Which buckets to walk: what the `kind` of a tbs_scan may be.
#[derive_ReprC]
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum tbs_scan_kind {
    /// Every bucket that holds at least one value.
    Recorded = 0,
    /// Steps of equal width; `step` is set.
    Linear = 1,
    /// Steps that widen by a factor; `step` (the first one) and `base` are set.
    Logarithmic = 2,
    /// Steps of equal rank, ever finer towards the maximum; `ticks` is set.
    Quantiles = 3,
}

/// A tagged enum, which safer_ffi does not derive: the tag, and beside it every kind's fields, of which
/// those that the kind does not use are ignored.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_scan {
    /// Is checked.
    pub kind: Unchecked<tbs_scan_kind>,
    /// Steps in each half of the distance that is left to 1.0, from 1 to 1000.
    pub ticks: u32,
    /// Width of a step, or of the first one, in the values' unit; from 1 to 2^62.
    pub step: u64,
    /// Factor from a step's upper end to the next one's, finite and above 1.
    pub base: f64,
}

impl tbs_scan {
    fn check(self) -> Result<Scan, Error> {
        Ok(match self.kind.value("scan")? {
            tbs_scan_kind::Recorded => Scan::Recorded,
            tbs_scan_kind::Linear => Scan::Linear { step: self.step },
            tbs_scan_kind::Logarithmic => Scan::Logarithmic {
                first: self.step,
                base: self.base,
            },
            tbs_scan_kind::Quantiles => Scan::Quantiles { ticks: self.ticks },
        })
    }
}

// SAFETY: a number.
unsafe impl Plain for tbs_scan_kind {
    fn number(raw: &CLayoutOf<Self>) -> u32 {
        raw.discriminant
    }
}
// ANCHOR_END: scan

/// One step of a scan.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_bucket {
    /// The highest value of the step, in the values' unit.
    pub value: u64,
    /// How many values were recorded in this step.
    pub count: u64,
    /// How many were recorded up to the end of this step.
    pub total: u64,
}

/// A cursor over the buckets of a histogram as it was when the cursor was made. It outlives the
/// histogram's changes and its handles.
///
/// Ownership: the caller's; free it with tbs_buckets_free.
/// Threads: any number may use one cursor at once; each bucket is given out once.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_buckets {
    cursor: Mutex<Buckets>,
}

impl From<Bucket> for tbs_bucket {
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

/// Makes a cursor. The histogram is locked for a copy of its counts only.
///
/// Ownership: `*buckets` is the caller's, free it with tbs_buckets_free.
/// Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub fn tbs_histogram_buckets(
    histogram: Option<&tbs_histogram>,
    scan: tbs_scan,
    buckets: Option<Out<'_, repr_c::Box<tbs_buckets>>>,
) -> Failure {
    guard(|| {
        let out = required("buckets", buckets)?;
        let scan = scan.check()?;
        let cursor = Mutex::new(handle(histogram)?.buckets(scan)?);
        out.write(Box::new(tbs_buckets { cursor }).into());
        Ok(())
    })
}

/// Writes the next buckets, as many as `into` has room for, and how many they are; 0 at the end.
///
/// Ownership: `into` is the caller's. NULL: allowed when its length is 0.
/// Errors: null_argument, invalid_length, poisoned. Threads: any; waits.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_buckets_next(
    buckets: Option<&tbs_buckets>,
    into: Unchecked<c_slice::Mut<'_, tbs_bucket>>,
    count: Option<Out<'_, usize>>,
) -> Failure {
    guard(|| {
        let out = required("count", count)?;
        let into = into.room("into")?;
        let mut cursor = required("buckets", buckets)?
            .cursor
            .lock()
            .map_err(|_| Error::Poisoned {})?;
        let mut written = 0;
        for bucket in cursor.by_ref().take(into.len()) {
            // SAFETY: the caller's promise above, and `written` is below the length.
            unsafe { into.write(written, bucket.into()) };
            written += 1;
        }
        out.write(written);
        Ok(())
    })
}

/// Frees a cursor.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very cursor.
/// Freeing twice, or using it afterwards, is undefined.
#[ffi_export]
pub fn tbs_buckets_free(buckets: Option<repr_c::Box<tbs_buckets>>) {
    guard_free(|| drop(buckets));
}

// ANCHOR: visit
/// Calls `visitor` with each bucket of the histogram as it is now, until it answers other than 0.
/// `*stopped` is that answer, or 0 at the end. Calls back on this thread, with no lock held.
///
/// The visitor gets one bucket, which is only valid during the call. It must return: leaving it by
/// longjmp, pthread_exit or an exception is undefined. It may use the histogram it walks, and free the handle.
///
/// Ownership: `visitor` is borrowed for the call. NULL: neither of its pointers may be NULL.
/// Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument. Threads: any; waits.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_histogram_for_each_bucket(
    histogram: *const tbs_histogram,
    scan: tbs_scan,
    visitor: Unchecked<RefDynFnMut1<'_, i32, *const tbs_bucket>>,
    stopped: Option<Out<'_, i32>>,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let out = required("stopped", stopped)?;
        // SAFETY: the caller's function, with the argument it is declared for.
        let mut visitor = unsafe { visitor.closure() }.ok_or_else(|| null("visitor"))?;
        let scan = scan.check()?;
        // No reference to the handle outlives this line: the visitor may free it.
        // SAFETY: NULL, or a handle that is not freed yet.
        let mut buckets = handle(unsafe { histogram.as_ref() })?.buckets(scan)?;
        let flow = buckets.try_for_each(|bucket| match visitor.call(&bucket.into()) {
            0 => ControlFlow::Continue(()),
            stop => ControlFlow::Break(stop),
        });
        out.write(flow.break_value().unwrap_or(0));
        Ok(())
    })
}
// ANCHOR_END: visit
