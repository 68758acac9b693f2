//! Buckets: pulled through a cursor, or pushed to a visitor.

use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tb_histogram};
use crate::memory::{null, required, writable, write};
use crate::tb_error;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::sync::Mutex;
use tollbridge_core::{Bucket, Buckets, Error, Scan};

/// Which buckets to walk: the values of `kind` in a tb_scan.
#[repr(C)]
pub enum tb_scan_kind {
    /// Every bucket that holds at least one value.
    TB_SCAN_RECORDED = 0,
    /// Steps of equal width; `step` is set.
    TB_SCAN_LINEAR = 1,
    /// Steps that widen by a factor; `step` (the first one) and `base` are set.
    TB_SCAN_LOGARITHMIC = 2,
    /// Steps of equal rank, ever finer towards the maximum; `ticks` is set.
    TB_SCAN_QUANTILES = 3,
}

/// A tagged enum in its plainest form: the tag is an integer, which is checked, and a field that
/// its kind does not use is ignored.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_scan {
    /// A tb_scan_kind.
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
pub struct tb_bucket {
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
/// Ownership: the caller's; free it with tb_buckets_free.
/// Threads: any number may use one cursor at once; each bucket is given out once.
pub struct tb_buckets(Mutex<Buckets>);

/// Gets one bucket, which is only valid during the call. 0 goes on, anything else stops the walk.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
/// It may use the histogram it walks, and free the handle.
pub type tb_bucket_visitor =
    Option<unsafe extern "C" fn(user: *mut c_void, bucket: *const tb_bucket) -> i32>;

impl From<Bucket> for tb_bucket {
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
impl tb_scan {
    fn check(&self) -> Result<Scan, Error> {
        Ok(match self.kind {
            0 => Scan::Recorded,
            1 => Scan::Linear { step: self.step },
            2 => Scan::Logarithmic {
                first: self.step,
                base: self.base,
            },
            3 => Scan::Quantiles { ticks: self.ticks },
            kind => {
                return Err(Error::InvalidEnum {
                    argument: "scan".into(),
                    value: kind.into(),
                });
            }
        })
    }
}
// ANCHOR_END: scan

/// Makes a cursor. The histogram is locked for a copy of its counts only.
///
/// Ownership: `scan` is borrowed for the call; `*buckets` is the caller's, free it with
/// tb_buckets_free. Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument.
/// Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_histogram_buckets(
    histogram: Option<&tb_histogram>,
    scan: Option<&tb_scan>,
    buckets: Option<&mut MaybeUninit<Box<tb_buckets>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("buckets", buckets)?;
        let scan = required("scan", scan)?.check()?;
        let cursor = handle(histogram)?.buckets(scan)?;
        out.write(Box::new(tb_buckets(Mutex::new(cursor))));
        Ok(())
    })
}

/// Writes the next buckets, `capacity` at most, and how many they are; 0 at the end.
///
/// Ownership: `into` is the caller's, with room for `capacity`. NULL: allowed when `capacity` is 0.
/// Errors: null_argument, invalid_length, poisoned. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_buckets_next(
    buckets: Option<&tb_buckets>,
    into: *mut tb_bucket,
    capacity: usize,
    count: Option<&mut MaybeUninit<usize>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("count", count)?;
        writable("into", into, capacity)?;
        let mut cursor = required("buckets", buckets)?
            .0
            .lock()
            .map_err(|_| Error::Poisoned {})?;
        let mut written = 0;
        for bucket in cursor.by_ref().take(capacity) {
            // SAFETY: `writable` was asked for `capacity` items, and `written` is below it.
            unsafe { write(&[bucket.into()], into.add(written)) };
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
#[unsafe(no_mangle)]
pub extern "C" fn tb_buckets_free(buckets: Option<Box<tb_buckets>>) {
    guard_free(|| drop(buckets));
}

/// Calls `visitor` with each bucket of the histogram as it is now, until it answers other than 0.
/// `*stopped` is that answer, or 0 at the end. Calls back on this thread, with no lock held.
///
/// Ownership: `scan` is borrowed for the call; `user` is passed on as it is.
/// Errors: invalid_argument, too_many, invalid_enum, poisoned, null_argument. Threads: any; waits.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_histogram_for_each_bucket(
    histogram: *const tb_histogram,
    scan: Option<&tb_scan>,
    visitor: tb_bucket_visitor,
    user: *mut c_void,
    stopped: Option<&mut MaybeUninit<i32>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let out = required("stopped", stopped)?;
        let visitor = visitor.ok_or_else(|| null("visitor"))?;
        let scan = required("scan", scan)?.check()?;
        // No reference to the handle outlives this line: the visitor may free it.
        // SAFETY: NULL, or a handle that is not freed yet.
        let mut buckets = handle(unsafe { histogram.as_ref() })?.buckets(scan)?;
        let flow = buckets.try_for_each(|bucket| {
            // SAFETY: the caller's function, with the argument it is declared for.
            match unsafe { visitor(user, &bucket.into()) } {
                0 => ControlFlow::Continue(()),
                stop => ControlFlow::Break(stop),
            }
        });
        out.write(flow.break_value().unwrap_or(0));
        Ok(())
    })
}
