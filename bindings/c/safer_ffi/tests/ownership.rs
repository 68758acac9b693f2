//! Who owns what, and for how long: for Miri to look at, too (`cargo +nightly miri test -p
//! tollbridge-c-safer-ffi --test ownership`). It calls the functions as Rust declares them: for Miri the
//! structs that C has would be other types.

mod common;
#[path = "common/sent.rs"]
mod sent;

use common::{len, must, name, new};
use safer_ffi::closure::{ArcDynFn1, RefDynFnMut1};
use safer_ffi::prelude::*;
use sent::{record, sent};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tollbridge_safer_ffi::*;

#[test]
fn handles_are_handed_over_and_back() {
    let first = new();
    let second = must(|clone| tbs_histogram_clone(Some(&first), Some(clone)));
    assert_eq!(record(&first, 5), "");
    tbs_histogram_free(Some(first));
    assert_eq!(len(&second), 1);
    tbs_histogram_free(Some(second));
    tbs_histogram_free(None);
}

#[test]
fn what_comes_out_is_the_callers() {
    let histogram = new();
    // SAFETY: the text is good.
    let error = unsafe { tbs_histogram_set_tag(Some(&histogram), sent("é".into())) };
    assert_eq!(name(error), "");
    let tag = must(|tag| tbs_histogram_tag(Some(&histogram), Some(tag)));
    assert_eq!(&*tag, "é");
    let bytes = must(|bytes| tbs_histogram_encode(Some(&histogram), Some(bytes)));
    assert!(!bytes.is_empty());
    tbs_bytes_free(Some(bytes));
    tbs_histogram_free(Some(histogram));
}

#[test]
fn an_errors_fields_live_as_long_as_it_does() {
    let histogram = new();
    // SAFETY: the text is good.
    let error = unsafe {
        let out = &mut MaybeUninit::uninit();
        tbs_histogram_record_durations(&*histogram, sent("1s café".into()), Some(out.into()))
    };
    let details = tbs_error_info(error.as_deref());
    let [line, column, token] = details.fields.as_slice() else {
        panic!("three fields");
    };
    assert_eq!((line.name.to_str(), line.number), ("line", 1));
    assert_eq!((column.number, &*token.text), (4, "café"));
    tbs_error_free(error);
    let out = &mut MaybeUninit::uninit();
    let error = tbs_histogram_value_at_quantile(Some(&histogram), f64::NAN, Some(out.into()));
    assert!(tbs_error_info(error.as_deref()).fields[0].real.is_nan());
    tbs_error_free(error);
    tbs_histogram_free(Some(histogram));
}

#[test]
fn a_visitor_may_free_the_handle_and_stop() {
    let histogram = new();
    (1..=3).for_each(|value| assert_eq!(record(&histogram, value), ""));
    let scan = tbs_scan {
        kind: sent(tbs_scan_kind::Recorded),
        ticks: 0,
        step: 0,
        base: 0.0,
    };
    let handle = ptr::from_ref(&*histogram);
    let mut owned = Some(histogram);
    let mut visit = |bucket: *const tbs_bucket| {
        tbs_histogram_free(owned.take());
        // SAFETY: valid during the call.
        i32::from(unsafe { &*bucket }.value == 2) * 7
    };
    let visitor = RefDynFnMut1::new(&mut visit);
    // SAFETY: the handle lives when the call begins.
    let stopped = must(|stopped| unsafe {
        tbs_histogram_for_each_bucket(handle, scan, sent(visitor), Some(stopped))
    });
    assert_eq!(stopped, 7);
    assert!(owned.is_none());
}

/// Counts ends: of the closure that owns it.
struct End(Arc<AtomicU64>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The sum of the values that watchers got, and how many watchers were released.
#[derive(Default)]
struct Log {
    sum: Arc<AtomicU64>,
    ends: Arc<AtomicU64>,
}

impl Log {
    fn watch(
        &self,
        histogram: *const tbs_histogram,
        limit: u64,
    ) -> Result<repr_c::Box<tbs_watch>, String> {
        let (sum, end) = (Arc::clone(&self.sum), End(Arc::clone(&self.ends)));
        let watcher = ArcDynFn1::new(Arc::new(move |value| {
            let _owned = &end;
            sum.fetch_add(value, Ordering::SeqCst);
            0
        }));
        let mut watch = None;
        let room = ptr::from_mut(&mut watch).cast();
        // SAFETY: NULL or a handle; an optional box is a pointer.
        match name(unsafe { tbs_histogram_watch(histogram, limit, sent(watcher), room) }) {
            name if name.is_empty() => Ok(watch.expect("written on success")),
            name => Err(name),
        }
    }

    fn ends(&self) -> u64 {
        self.ends.load(Ordering::SeqCst)
    }
}

fn end(watch: &tbs_watch) -> bool {
    let mut ended = false;
    // SAFETY: both pointers are good.
    assert_eq!(name(unsafe { tbs_watch_end(watch, &mut ended) }), "");
    ended
}

#[test]
fn a_watcher_is_released_once_whatever_ends_it() {
    let (log, histogram) = (Log::default(), new());
    assert_eq!(
        log.watch(ptr::null(), 0).err().as_deref(),
        Some("null_argument")
    );
    assert_eq!(
        log.watch(&*histogram, 1001).err().as_deref(),
        Some("out_of_range")
    );
    assert_eq!(log.ends(), 2);
    let (one, other) = (log.watch(&*histogram, 10), log.watch(&*histogram, 100));
    let (one, other) = (one.expect("a good limit"), other.expect("a good limit"));
    thread::scope(|scope| {
        for value in [5, 50, 500] {
            let histogram = &*histogram;
            scope.spawn(move || assert_eq!(record(histogram, value), ""));
        }
    });
    assert_eq!(log.sum.load(Ordering::SeqCst), 50 + 2 * 500);
    assert!(end(&one) && !end(&one));
    assert_eq!(log.ends(), 3);
    tbs_histogram_free(Some(histogram));
    assert_eq!(log.ends(), 4);
    assert!(!end(&other));
    tbs_watch_free(Some(one));
    tbs_watch_free(Some(other));
}

#[test]
fn threads_share_a_handle_and_merge_both_ways() {
    let (one, other) = (new(), new());
    assert_eq!((record(&one, 1), record(&other, 2)), Default::default());
    thread::scope(|scope| {
        for (into, from) in [(&*one, &*other), (&*other, &*one)] {
            scope.spawn(move || {
                assert_eq!(name(tbs_histogram_merge(Some(into), Some(from))), "");
                assert_eq!(record(from, 3), "");
            });
        }
    });
    assert!(len(&one) >= 3 && len(&other) >= 3);
    tbs_histogram_free(Some(one));
    tbs_histogram_free(Some(other));
}
