//! The exported functions, called as C calls them.

mod common;

use common::{code, details, free, must, new, record, result};
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tollbridge_ffi_support::*;

const CLOSED: i32 = tbf_code::TBF_ERR_CLOSED as i32;
const NULL: i32 = tbf_code::TBF_ERR_NULL_ARGUMENT as i32;
const LENGTH: i32 = tbf_code::TBF_ERR_INVALID_LENGTH as i32;
const INVALID_HANDLE: i32 = tbf_code::TBF_ERR_INVALID_HANDLE as i32;

const RECORDED: tbf_scan = tbf_scan {
    kind: 0,
    ticks: 0,
    step: 0,
    base: 0.0,
};

fn clone(histogram: u64) -> u64 {
    // SAFETY: as in `new`.
    must(|error| unsafe { tbf_histogram_clone(histogram, error) })
}

fn len(histogram: u64) -> u64 {
    // SAFETY: as in `new`.
    must(|error| unsafe { tbf_histogram_len(histogram, error) })
}

#[test]
fn handles_are_handed_over_and_back() {
    let first = new();
    let second = clone(first);
    assert_eq!(record(first, 5), 0);
    assert_eq!(free(first), 0);
    assert_eq!(len(second), 1);
    assert_eq!(free(second), 0);
    assert_eq!(free(0), 0);
}

#[test]
fn a_handle_that_is_none_is_an_error() {
    let (histogram, freed) = (new(), new());
    assert_eq!(free(freed), 0);
    let told = |handle| {
        // SAFETY: as in `new`.
        result(|error| unsafe { tbf_histogram_record(handle, 1, error) })
    };
    let failed = |code, message: &str| Err((code, message.into()));
    assert_eq!(told(freed), failed(CLOSED, "the handle is closed"));
    assert_eq!(free(freed), CLOSED);
    assert_eq!(told(0), failed(NULL, "histogram is NULL"));
    let nonsense = "u64 could not encode a valid Handle";
    assert_eq!(told(7), failed(INVALID_HANDLE, nonsense));
    let another = "Handle is from a different map";
    // SAFETY: as in `new`.
    let wrong = result(|error| unsafe { tbf_buckets_free(histogram, error) });
    assert_eq!(wrong, failed(INVALID_HANDLE, another));
    // SAFETY: as in `new`.
    let merged = result(|error| unsafe { tbf_histogram_merge(histogram, 0, error) });
    assert_eq!(merged, failed(NULL, "other is NULL"));
    assert_eq!(free(histogram), 0);
}

unsafe extern "C" fn stops(_: *mut c_void, _: *const tbf_bucket) -> i32 {
    1
}

/// What functions that use a histogram answer for this handle.
fn codes_of_all_uses(histogram: u64) -> Vec<i32> {
    let scan = Some(&RECORDED);
    let (mut integer, mut float, mut summary) = (
        MaybeUninit::uninit(),
        MaybeUninit::uninit(),
        MaybeUninit::uninit(),
    );
    let log = Log::default();
    let user = ptr::from_ref(&log).cast_mut().cast();
    let other = new();
    // SAFETY: as in `new`; every pointer is good, and nothing is given that would have to be freed.
    let codes = unsafe {
        vec![
            code(|e| tbf_histogram_clone(histogram, e)),
            code(|e| tbf_histogram_config(histogram, e)),
            code(|e| tbf_histogram_record(histogram, 1, e)),
            code(|e| tbf_histogram_record_n(histogram, 1, 2, e)),
            code(|e| tbf_histogram_record_all(histogram, &1, 1, e)),
            code(|e| tbf_histogram_record_durations(histogram, c"1ns".as_ptr(), 3, e)),
            code(|e| tbf_histogram_len(histogram, e)),
            code(|e| tbf_histogram_is_empty(histogram, e)),
            code(|e| tbf_histogram_min(histogram, Some(&mut integer), e)),
            code(|e| tbf_histogram_max(histogram, Some(&mut integer), e)),
            code(|e| tbf_histogram_mean(histogram, Some(&mut float), e)),
            code(|e| tbf_histogram_stdev(histogram, Some(&mut float), e)),
            code(|e| tbf_histogram_value_at_quantile(histogram, 0.5, Some(&mut integer), e)),
            code(|e| {
                tbf_histogram_values_at_quantiles(histogram, &0.5, 1, integer.as_mut_ptr(), e)
            }),
            code(|e| tbf_histogram_summary(histogram, Some(&mut summary), e)),
            code(|e| tbf_histogram_tag(histogram, e)),
            code(|e| tbf_histogram_set_tag(histogram, c"tag".as_ptr(), e)),
            code(|e| tbf_histogram_merge(histogram, other, e)),
            code(|e| tbf_histogram_merge(other, histogram, e)),
            code(|e| tbf_histogram_render(histogram, 5, 1.0, e)),
            code(|e| tbf_histogram_encode(histogram, e)),
            code(|e| tbf_histogram_buckets(histogram, scan, e)),
            code(|e| tbf_histogram_for_each_bucket(histogram, scan, Some(stops), user, e)),
            code(|e| tbf_histogram_watch(histogram, 1, Some(adds), user, Some(ends), e)),
        ]
    };
    assert_eq!(log.ends.load(Ordering::SeqCst), 1);
    assert_eq!(free(other), 0);
    codes
}

#[test]
fn a_handle_that_is_none_is_an_error_everywhere() {
    let (freed, walked) = (new(), new());
    assert_eq!(free(freed), 0);
    // SAFETY: as in `new`.
    let cursor = must(|e| unsafe { tbf_histogram_buckets(walked, Some(&RECORDED), e) });
    let all = |handle, expected| {
        let codes = codes_of_all_uses(handle);
        assert!(codes.iter().all(|code| *code == expected), "{codes:?}");
    };
    all(0, NULL);
    all(freed, CLOSED);
    all(cursor, INVALID_HANDLE);
    // SAFETY: as in `new`.
    assert_eq!(code(|e| unsafe { tbf_buckets_free(cursor, e) }), 0);
    assert_eq!(free(walked), 0);
}

#[test]
fn null_is_an_error_where_it_is_no_answer() {
    let histogram = new();
    // SAFETY: every pointer is NULL or good.
    unsafe {
        assert_eq!(code(|e| tbf_histogram_new(None, e)), NULL);
        assert_eq!(
            code(|e| tbf_histogram_record_all(histogram, ptr::null(), 1, e)),
            NULL
        );
        assert_eq!(
            code(|e| tbf_histogram_record_all(histogram, ptr::null(), 0, e)),
            0
        );
        assert_eq!(
            code(|e| tbf_histogram_set_tag(histogram, ptr::null(), e)),
            NULL
        );
        assert_eq!(code(|e| tbf_histogram_decode(ptr::null(), 1, e)), NULL);
        assert_eq!(code(|e| tbf_histogram_min(histogram, None, e)), NULL);
        // Who does not want to know of an error gets none, and nothing leaks.
        tbf_histogram_record(histogram, 5, ptr::null_mut());
        tbf_histogram_record(histogram, 1001, ptr::null_mut());
        tbf_string_free(ptr::null_mut());
        tbf_byte_buffer_free(Default::default());
    }
    tbf_error_info(None, None);
    tbf_error_free(None);
    assert_eq!(len(histogram), 1);
    assert_eq!(free(histogram), 0);
}

#[test]
fn a_length_that_no_memory_has_is_refused_before_it_is_looked_at() {
    let (histogram, value, above) = (new(), 1_u64, isize::MAX as usize);
    // SAFETY: nothing is read.
    unsafe {
        assert_eq!(
            code(|e| tbf_histogram_record_all(histogram, &value, above / 8 + 1, e)),
            LENGTH
        );
        assert_eq!(
            code(|e| tbf_histogram_record_durations(histogram, c"a".as_ptr(), above + 1, e)),
            LENGTH
        );
    }
    assert_eq!(len(histogram), 0);
    assert_eq!(free(histogram), 0);
}

/// Where in `bytes` a `T` would be misaligned.
fn odd<T>(bytes: &[u8]) -> usize {
    let aligned = |at: &usize| bytes[*at..].as_ptr().cast::<T>().is_aligned();
    (0..2).find(|at| !aligned(at)).expect("one of two")
}

#[test]
fn misaligned_memory_is_read_and_written() {
    let histogram = new();
    let mut bytes = [0_u8; 1 + 3 * 8];
    let at = odd::<u64>(&bytes);
    for (item, bytes) in bytes[at..].chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&(item as u64 + 1).to_ne_bytes());
    }
    let length = (bytes.len() - at) / 8;
    let data = bytes[at..].as_ptr().cast();
    // SAFETY: `length` of them are there.
    must(|e| unsafe { tbf_histogram_record_all(histogram, data, length, e) });
    assert_eq!(len(histogram), length as u64);

    // SAFETY: as in `new`.
    let cursor = must(|e| unsafe { tbf_histogram_buckets(histogram, Some(&RECORDED), e) });
    assert_eq!(free(histogram), 0); // the cursor outlives it
    let mut room = vec![0_u8; 1 + 3 * size_of::<tbf_bucket>()];
    let at = odd::<tbf_bucket>(&room);
    let into = room[at..].as_mut_ptr().cast::<tbf_bucket>();
    // SAFETY: there is room for two.
    assert_eq!(must(|e| unsafe { tbf_buckets_next(cursor, into, 2, e) }), 2);
    // SAFETY: both were written.
    let values = [0, 1].map(|i| unsafe { into.add(i).read_unaligned() }.value);
    assert_eq!(values, [1, 2]);
    // SAFETY: as in `new`.
    assert_eq!(code(|e| unsafe { tbf_buckets_free(cursor, e) }), 0);
}

fn set_tag(histogram: u64, tag: &CStr) -> Result<(), (i32, String)> {
    // SAFETY: as in `new`; the tag is a C string.
    result(|e| unsafe { tbf_histogram_set_tag(histogram, tag.as_ptr(), e) })
}

fn tag(histogram: u64) -> String {
    // SAFETY: as in `new`; the text is ours.
    unsafe {
        let text = must(|e| tbf_histogram_tag(histogram, e));
        let tag = CStr::from_ptr(text).to_string_lossy().into();
        tbf_string_free(text);
        tag
    }
}

#[test]
fn a_tag_ends_at_its_first_nul() {
    let histogram = new();
    let with_nul = b"caf\xc3\xa9\0, not seen\0";
    let tag_of_c = CStr::from_bytes_until_nul(with_nul).expect("there is one");
    assert_eq!(set_tag(histogram, tag_of_c), Ok(()));
    assert_eq!(tag(histogram), "café");
    assert_eq!(
        set_tag(histogram, c"\xc3\xa9\xff"),
        Err((12, "not Unicode text at character 1".into()))
    );
    assert_eq!(tag(histogram), "café");
    assert_eq!(free(histogram), 0);
}

#[test]
fn an_errors_fields_are_asked_for() {
    let histogram = new();
    let mut error = tbf_error::default();
    assert_eq!(details(&error).code, 0);
    // SAFETY: as many bytes; the error is not freed before the end.
    let fields = unsafe {
        tbf_histogram_record_durations(histogram, c"1s café".as_ptr(), 8, &mut error);
        let details = details(&error);
        assert_eq!(CStr::from_ptr(details.name), c"invalid_duration");
        std::slice::from_raw_parts(details.fields, details.field_count)
    };
    assert_eq!((fields[0].number, fields[1].number), (1, 4));
    // SAFETY: as above.
    let text =
        unsafe { std::slice::from_raw_parts(fields[2].text.cast::<u8>(), fields[2].text_length) };
    assert_eq!(text, "café".as_bytes());
    tbf_error_free(Some(&mut error));
    // SAFETY: as above.
    let quantile = unsafe {
        tbf_histogram_value_at_quantile(
            histogram,
            f64::NAN,
            Some(&mut MaybeUninit::uninit()),
            &mut error,
        );
        *details(&error).fields
    };
    assert!(quantile.real.is_nan());
    tbf_error_free(Some(&mut error));
    assert_eq!(free(histogram), 0);
}

#[test]
fn values_of_no_enum_are_refused() {
    let histogram = new();
    let scan = tbf_scan {
        kind: 7,
        ..RECORDED
    };
    // SAFETY: as in `new`.
    unsafe {
        assert_eq!(
            code(|e| tbf_histogram_buckets(histogram, Some(&scan), e)),
            14
        );
    }
    assert_eq!(free(histogram), 0);
}

/// What a visitor is given. All calls leave their errors in one place, as a program may.
struct Visit {
    histogram: u64,
    error: *mut tbf_error,
}

/// Locks the map in every way there is, and frees the handle whose histogram it walks.
unsafe extern "C" fn uses_handles(user: *mut c_void, bucket: *const tbf_bucket) -> i32 {
    // SAFETY: what was passed.
    unsafe {
        let Visit { histogram, error } = *user.cast::<Visit>();
        let another = tbf_histogram_clone(histogram, error);
        tbf_error_free(error.as_mut());
        tbf_histogram_record(another, 9, error);
        tbf_error_free(error.as_mut());
        tbf_histogram_free(another, error);
        tbf_histogram_free(histogram, error);
        tbf_error_free(error.as_mut());
        i32::from((*bucket).value == 2) * 7
    }
}

#[test]
fn a_visitor_may_make_and_free_handles_and_stop() {
    let histogram = new();
    (1..=3).for_each(|value| assert_eq!(record(histogram, value), 0));
    let kept = clone(histogram);
    let stopped = must(|error| {
        let mut visit = Visit { histogram, error };
        let user = (&raw mut visit).cast();
        // SAFETY: the error may be written in between: the call writes it at its end only.
        unsafe {
            tbf_histogram_for_each_bucket(
                histogram,
                Some(&RECORDED),
                Some(uses_handles),
                user,
                error,
            )
        }
    });
    assert_eq!(stopped, 7);
    assert_eq!((free(histogram), len(kept), free(kept)), (CLOSED, 4, 0));
}

/// Calls and ends of watchers.
#[derive(Default)]
struct Log {
    sum: AtomicUsize,
    ends: AtomicUsize,
    /// What a watcher frees, or 0.
    frees: u64,
}

unsafe extern "C" fn adds(user: *mut c_void, value: u64) -> i32 {
    // SAFETY: the log that was passed, which outlives its watches.
    let log = unsafe { &*user.cast::<Log>() };
    log.sum.fetch_add(value as usize, Ordering::SeqCst);
    // SAFETY: as in `new`.
    unsafe { tbf_histogram_free(log.frees, ptr::null_mut()) };
    0
}

unsafe extern "C" fn ends(user: *mut c_void) {
    // SAFETY: as above.
    let log = unsafe { &*user.cast::<Log>() };
    log.ends.fetch_add(1, Ordering::SeqCst);
    // The map of watches, and of histograms, can be locked here.
    assert_eq!(free(new()), 0);
}

fn watch(histogram: u64, limit: u64, log: &Log) -> Result<u64, i32> {
    let user = ptr::from_ref(log).cast_mut().cast();
    // SAFETY: the log outlives the watch.
    let made =
        |e| unsafe { tbf_histogram_watch(histogram, limit, Some(adds), user, Some(ends), e) };
    result(made).map_err(|(code, _)| code)
}

fn end(watch: u64) -> bool {
    // SAFETY: as in `new`.
    must(|e| unsafe { tbf_watch_end(watch, e) }) == 1
}

#[test]
fn a_watchers_destructor_runs_once_whatever_ends_it() {
    let (log, histogram) = (Log::default(), new());
    assert_eq!(watch(0, 0, &log), Err(NULL));
    assert_eq!(watch(histogram, 1001, &log), Err(2));
    assert_eq!(log.ends.load(Ordering::SeqCst), 2);
    let one = watch(histogram, 10, &log).expect("a good limit");
    let other = watch(histogram, 100, &log).expect("a good limit");
    thread::scope(|scope| {
        for value in [5, 50, 500] {
            scope.spawn(move || assert_eq!(record(histogram, value), 0));
        }
    });
    assert_eq!(log.sum.load(Ordering::SeqCst), 50 + 2 * 500);
    assert!(end(one) && !end(one));
    assert_eq!(log.ends.load(Ordering::SeqCst), 3);
    assert_eq!(free(histogram), 0);
    assert_eq!(log.ends.load(Ordering::SeqCst), 4);
    assert!(!end(other));
    // SAFETY: as in `new`.
    let free_watch = |watch| code(|e| unsafe { tbf_watch_free(watch, e) });
    assert_eq!((free_watch(one), free_watch(one)), (0, CLOSED));
    assert_eq!(free_watch(other), 0);
}

#[test]
fn a_watcher_may_free_the_last_handle_that_records() {
    let histogram = new();
    let log = Log {
        frees: histogram,
        ..Log::default()
    };
    let watch = watch(histogram, 5, &log).expect("a good limit");
    let values = [6, 7];
    // SAFETY: two values.
    must(|e| unsafe { tbf_histogram_record_all(histogram, values.as_ptr(), 2, e) });
    assert_eq!(log.sum.load(Ordering::SeqCst), 13);
    assert_eq!(log.ends.load(Ordering::SeqCst), 1);
    assert_eq!(record(histogram, 6), CLOSED);
    // SAFETY: as in `new`.
    assert_eq!(code(|e| unsafe { tbf_watch_free(watch, e) }), 0);
}

#[test]
fn threads_share_a_handle_and_merge_both_ways() {
    let (one, other) = (new(), new());
    assert_eq!((record(one, 1), record(other, 2)), (0, 0));
    thread::scope(|scope| {
        for (into, from) in [(one, other), (other, one)] {
            scope.spawn(move || {
                // SAFETY: as in `new`.
                must(|e| unsafe { tbf_histogram_merge(into, from, e) });
                assert_eq!(record(from, 3), 0);
            });
        }
    });
    assert!(len(one) >= 3 && len(other) >= 3);
    assert_eq!((free(one), free(other)), (0, 0));
}

#[test]
fn a_handle_may_be_freed_while_others_use_it() {
    for _ in 0..100 {
        let histogram = new();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(move || while record(histogram, 1) != CLOSED {});
            }
            scope.spawn(move || assert_eq!(free(histogram), 0));
        });
    }
}
