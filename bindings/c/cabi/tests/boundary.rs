//! The exported functions, called as C calls them. Ordinary tests, and what Miri runs: it sees every
//! wrong pointer, owner and alignment, on both sides of a call.

mod common;

use common::{code, fields, len, must, new, record, take};
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tollbridge::*;

const NULL: i32 = tb_code::TB_ERR_NULL_ARGUMENT as i32;
const LENGTH: i32 = tb_code::TB_ERR_INVALID_LENGTH as i32;

#[test]
fn handles_are_handed_over_and_back() {
    let first = new();
    let second = must(|clone| tb_histogram_clone(Some(&first), Some(clone)));
    assert_eq!(record(&first, 5), 0);
    tb_histogram_free(Some(first));
    assert_eq!(len(&second), 1);
    tb_histogram_free(Some(second));
    tb_histogram_free(None);
}

#[test]
fn null_is_an_error_where_it_is_no_answer() {
    let histogram = new();
    let out = &mut MaybeUninit::uninit();
    // SAFETY: every pointer is NULL or good.
    unsafe {
        assert_eq!(
            take(tb_histogram_record(ptr::null(), 1)),
            (NULL, "histogram is NULL".into())
        );
        assert_eq!(
            code(tb_histogram_record_all(&*histogram, ptr::null(), 1)),
            NULL
        );
        assert_eq!(
            code(tb_histogram_record_all(&*histogram, ptr::null(), 0)),
            0
        );
        assert_eq!(
            code(tb_histogram_set_tag(Some(&histogram), ptr::null(), 1)),
            NULL
        );
        assert_eq!(code(tb_histogram_decode(ptr::null(), 1, Some(out))), NULL);
    }
    assert_eq!(code(tb_histogram_new(None, None)), NULL);
    assert_eq!(code(tb_histogram_len(Some(&histogram), None)), NULL);
    assert_eq!(code(tb_histogram_merge(Some(&histogram), None)), NULL);
    tb_error_info(None, None);
    // SAFETY: NULL.
    unsafe {
        tb_text_free(None);
        tb_bytes_free(None);
    }
    tb_buckets_free(None);
    tb_watch_free(None);
    tb_histogram_free(Some(histogram));
}

#[test]
fn a_length_that_no_memory_has_is_refused_before_it_is_looked_at() {
    let (histogram, value, above) = (new(), 1_u64, isize::MAX as usize);
    // SAFETY: nothing is read.
    unsafe {
        assert_eq!(
            code(tb_histogram_record_all(&*histogram, &value, above / 8 + 1)),
            LENGTH
        );
        assert_eq!(
            code(tb_histogram_record_all(
                &*histogram,
                ptr::null(),
                usize::MAX
            )),
            LENGTH
        );
        assert_eq!(
            code(tb_histogram_set_tag(
                Some(&histogram),
                c"a".as_ptr(),
                above + 1
            )),
            LENGTH
        );
    }
    assert_eq!(len(&histogram), 0);
    tb_histogram_free(Some(histogram));
}

#[test]
fn misaligned_memory_is_read_and_written() {
    let histogram = new();
    let mut bytes = [0_u8; 1 + 3 * 8];
    // Whichever of the first eight addresses is odd for a u64.
    let at = (0..2)
        .find(|at| !bytes[*at..].as_ptr().cast::<u64>().is_aligned())
        .expect("one of two");
    let length = (bytes.len() - at) / 8;
    for item in 0..length {
        bytes[at + 8 * item..][..8].copy_from_slice(&(item as u64 + 1).to_ne_bytes());
    }
    let data = bytes[at..].as_mut_ptr().cast::<u64>();
    // SAFETY: `length` of them are there.
    let error = unsafe { tb_histogram_record_all(&*histogram, data, length) };
    assert_eq!(code(error), 0);
    assert_eq!(len(&histogram), length as u64);

    let scan = tb_scan {
        kind: 0,
        ticks: 0,
        step: 0,
        base: 0.0,
    };
    let cursor = must(|cursor| tb_histogram_buckets(Some(&histogram), Some(&scan), Some(cursor)));
    tb_histogram_free(Some(histogram)); // the cursor outlives it
    let mut room = vec![0_u8; 1 + 3 * size_of::<tb_bucket>()];
    let at = (0..2)
        .find(|at| !room[*at..].as_ptr().cast::<tb_bucket>().is_aligned())
        .expect("one of two");
    let into = room[at..].as_mut_ptr().cast::<tb_bucket>();
    // SAFETY: there is room for two.
    let count = must(|count| unsafe { tb_buckets_next(Some(&cursor), into, 2, Some(count)) });
    assert_eq!(count, 2);
    // SAFETY: both were written.
    let values = [0, 1].map(|i| unsafe { into.add(i).read_unaligned() }.value);
    assert_eq!(values, [1, 2]);
    tb_buckets_free(Some(cursor));
}

#[test]
fn what_comes_out_is_the_callers_and_may_be_freed_twice() {
    let histogram = new();
    // SAFETY: three bytes.
    let error = unsafe { tb_histogram_set_tag(Some(&histogram), c"a\u{e9}".as_ptr(), 3) };
    assert_eq!(code(error), 0);
    let mut tag = must(|tag| tb_histogram_tag(Some(&histogram), Some(tag)));
    // SAFETY: a NUL follows.
    let with_nul = unsafe { CStr::from_ptr(tag.data) }.to_bytes_with_nul();
    assert_eq!(with_nul.len(), tag.length + 1);
    let mut bytes = must(|bytes| tb_histogram_encode(Some(&histogram), Some(bytes)));
    // SAFETY: so many of them.
    let decoded = must(|out| unsafe { tb_histogram_decode(bytes.data, bytes.length, Some(out)) });
    assert_eq!(len(&decoded), 0);
    tb_histogram_free(Some(decoded));
    let mut empty = tb_bytes {
        data: ptr::null_mut(),
        length: 0,
    };
    for _ in 0..2 {
        // SAFETY: from calls, or zero.
        unsafe {
            tb_text_free(Some(&mut tag));
            tb_bytes_free(Some(&mut bytes));
            tb_bytes_free(Some(&mut empty));
        }
        assert!(tag.data.is_null() && bytes.data.is_null() && empty.data.is_null());
    }
    tb_histogram_free(Some(histogram));
}

#[test]
fn an_errors_fields_live_as_long_as_it_does() {
    let histogram = new();
    let out = &mut MaybeUninit::uninit();
    // SAFETY: as many bytes.
    let error =
        unsafe { tb_histogram_record_durations(&*histogram, c"1s café".as_ptr(), 8, Some(out)) };
    let [line, column, token] = fields(error.as_deref()) else {
        panic!("three fields");
    };
    assert_eq!((line.number, column.number), (1, 4));
    // SAFETY: the error is not freed yet.
    let text = unsafe { std::slice::from_raw_parts(token.text.cast::<u8>(), token.text_length) };
    assert_eq!(text, "café".as_bytes());
    tb_error_free(error);
    let error = tb_histogram_value_at_quantile(
        Some(&histogram),
        f64::NAN,
        Some(&mut MaybeUninit::uninit()),
        Some(&mut MaybeUninit::uninit()),
    );
    assert!(fields(error.as_deref())[0].real.is_nan());
    tb_error_free(error);
    tb_histogram_free(Some(histogram));
}

#[test]
fn text_that_is_none_and_values_of_no_enum_are_refused() {
    let histogram = new();
    // SAFETY: two bytes.
    let error = unsafe { tb_histogram_set_tag(Some(&histogram), c"a\xff".as_ptr(), 2) };
    assert_eq!(take(error), (12, "not Unicode text at character 1".into()));
    let scan = tb_scan {
        kind: 7,
        ticks: 0,
        step: 0,
        base: 0.0,
    };
    let error = tb_histogram_buckets(
        Some(&histogram),
        Some(&scan),
        Some(&mut MaybeUninit::uninit()),
    );
    assert_eq!(code(error), 14);
    tb_histogram_free(Some(histogram));
}

#[test]
fn text_goes_wrong_where_the_standard_library_says() {
    let histogram = new();
    let text = "aé€😀".repeat(15);
    for wrong in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[wrong] = 0xff;
        let whole = str::from_utf8(&bytes).unwrap_err().valid_up_to();
        let message = format!(
            "not Unicode text at character {}",
            text[..whole].chars().count()
        );
        // SAFETY: as many bytes.
        let error = unsafe {
            let mut recorded = MaybeUninit::uninit();
            let (text, length) = (bytes.as_ptr().cast(), bytes.len());
            tb_histogram_record_durations(&*histogram, text, length, Some(&mut recorded))
        };
        assert_eq!(take(error), (12, message));
    }
    tb_histogram_free(Some(histogram));
}

/// A visitor that frees the handle whose histogram it walks.
extern "C" fn frees(user: *mut c_void, bucket: *const tb_bucket) -> i32 {
    // SAFETY: the handle that was passed, as it came out of a box or NULL, and a bucket.
    let (handle, bucket) = unsafe { (&mut *user.cast::<*mut tb_histogram>(), &*bucket) };
    let handle = std::mem::replace(handle, ptr::null_mut());
    // SAFETY: as above.
    tb_histogram_free((!handle.is_null()).then(|| unsafe { Box::from_raw(handle) }));
    i32::from(bucket.value == 2) * 7
}

#[test]
fn a_visitor_may_free_the_handle_and_stop() {
    let histogram = new();
    (1..=3).for_each(|value| assert_eq!(record(&histogram, value), 0));
    let mut handle = Box::into_raw(histogram);
    let scan = tb_scan {
        kind: 0,
        ticks: 0,
        step: 0,
        base: 0.0,
    };
    let user: *mut c_void = (&raw mut handle).cast();
    // SAFETY: the handle lives when the call begins.
    let stopped = must(|stopped| unsafe {
        tb_histogram_for_each_bucket(
            *user.cast::<*mut tb_histogram>(),
            Some(&scan),
            Some(frees),
            user,
            Some(stopped),
        )
    });
    assert_eq!(stopped, 7);
    assert!(handle.is_null());
}

/// Calls and ends of watchers.
#[derive(Default)]
struct Log {
    sum: AtomicUsize,
    ends: AtomicUsize,
}

extern "C" fn adds(user: *mut c_void, value: u64) -> i32 {
    // SAFETY: the log that was passed, which outlives its watches.
    unsafe { &*user.cast::<Log>() }
        .sum
        .fetch_add(value as usize, Ordering::SeqCst);
    0
}

extern "C" fn ends(user: *mut c_void) {
    // SAFETY: as above.
    unsafe { &*user.cast::<Log>() }
        .ends
        .fetch_add(1, Ordering::SeqCst);
}

fn watch(histogram: *const tb_histogram, limit: u64, log: &Log) -> Result<Box<tb_watch>, i32> {
    let mut watch = MaybeUninit::uninit();
    let user = ptr::from_ref(log).cast_mut().cast();
    // SAFETY: the log outlives the watch.
    match code(unsafe {
        tb_histogram_watch(histogram, limit, Some(adds), user, Some(ends), &mut watch)
    }) {
        // SAFETY: written on success.
        0 => Ok(unsafe { watch.assume_init() }),
        code => Err(code),
    }
}

fn end(watch: &tb_watch) -> bool {
    // SAFETY: both pointers are good.
    must(|ended| unsafe { tb_watch_end(watch, ended.as_mut_ptr()) })
}

#[test]
fn a_watchers_destructor_runs_once_whatever_ends_it() {
    let (log, histogram) = (Log::default(), new());
    assert_eq!(watch(ptr::null(), 0, &log).err(), Some(NULL));
    assert_eq!(watch(&*histogram, 1001, &log).err(), Some(2));
    assert_eq!(log.ends.load(Ordering::SeqCst), 2);
    let (one, other) = (watch(&*histogram, 10, &log), watch(&*histogram, 100, &log));
    let (one, other) = (one.expect("a good limit"), other.expect("a good limit"));
    thread::scope(|scope| {
        for value in [5, 50, 500] {
            let histogram = &*histogram;
            scope.spawn(move || assert_eq!(record(histogram, value), 0));
        }
    });
    assert_eq!(log.sum.load(Ordering::SeqCst), 50 + 2 * 500);
    assert!(end(&one) && !end(&one));
    assert_eq!(log.ends.load(Ordering::SeqCst), 3);
    tb_histogram_free(Some(histogram));
    assert_eq!(log.ends.load(Ordering::SeqCst), 4);
    assert!(!end(&other));
    tb_watch_free(Some(one));
    tb_watch_free(Some(other));
}

#[test]
fn threads_share_a_handle_and_merge_both_ways() {
    let (one, other) = (new(), new());
    assert_eq!((record(&one, 1), record(&other, 2)), (0, 0));
    thread::scope(|scope| {
        for (into, from) in [(&*one, &*other), (&*other, &*one)] {
            scope.spawn(move || {
                assert_eq!(code(tb_histogram_merge(Some(into), Some(from))), 0);
                assert_eq!(record(from, 3), 0);
            });
        }
    });
    assert!(len(&one) >= 3 && len(&other) >= 3);
    tb_histogram_free(Some(one));
    tb_histogram_free(Some(other));
}
