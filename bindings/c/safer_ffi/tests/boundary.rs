//! The exported functions, called as C calls them: by their symbols, with whatever C can send. A debug
//! build looks at each argument before the function does, and must find nothing to end the process for.

mod common;
#[path = "common/slice.rs"]
mod slice;

use common::{name, take};
use slice::{Slice, nowhere, odd, slice};
use std::env;
use std::ffi::c_void;
use std::process::Command;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use tollbridge_safer_ffi::*;

/// What C has for a slice, a closure, and an option: nothing in them is checked.
mod raw {
    use super::*;

    #[repr(C)]
    pub struct Closure<T> {
        pub env_ptr: *mut c_void,
        pub call: Option<unsafe extern "C" fn(*mut c_void, T) -> i32>,
    }

    #[repr(C)]
    pub struct Shared<T> {
        pub env_ptr: *mut c_void,
        pub call: Option<unsafe extern "C" fn(*mut c_void, T) -> i32>,
        pub release: Option<unsafe extern "C" fn(*mut c_void)>,
        pub retain: Option<unsafe extern "C" fn(*mut c_void)>,
    }

    #[repr(C)]
    pub struct Scan {
        pub kind: u32,
        pub ticks: u32,
        pub step: u64,
        pub base: f64,
    }

    #[allow(improper_ctypes)] // each type has the layout that the header says
    unsafe extern "C" {
        pub fn tbs_histogram_record(histogram: *const tbs_histogram, value: u64) -> Failure;
        pub fn tbs_histogram_record_all(
            histogram: *const tbs_histogram,
            all: Slice<u64>,
        ) -> Failure;
        pub fn tbs_histogram_len(histogram: *const tbs_histogram, out: *mut u64) -> Failure;
        pub fn tbs_histogram_set_tag(histogram: *const tbs_histogram, tag: Slice<u8>) -> Failure;
        pub fn tbs_histogram_decode(data: Slice<u8>, out: *mut *mut tbs_histogram) -> Failure;
        pub fn tbs_histogram_merge(
            into: *const tbs_histogram,
            from: *const tbs_histogram,
        ) -> Failure;
        pub fn tbs_histogram_free(histogram: *mut tbs_histogram);
        pub fn tbs_histogram_buckets(
            histogram: *const tbs_histogram,
            scan: Scan,
            out: *mut *mut tbs_buckets,
        ) -> Failure;
        pub fn tbs_buckets_next(
            buckets: *const tbs_buckets,
            into: Slice<tbs_bucket>,
            count: *mut usize,
        ) -> Failure;
        pub fn tbs_buckets_free(buckets: *mut tbs_buckets);
        pub fn tbs_histogram_for_each_bucket(
            histogram: *const tbs_histogram,
            scan: Scan,
            visitor: Closure<*const tbs_bucket>,
            stopped: *mut i32,
        ) -> Failure;
        pub fn tbs_histogram_watch(
            histogram: *const tbs_histogram,
            limit: u64,
            watcher: Shared<u64>,
            watch: *mut *mut tbs_watch,
        ) -> Failure;
        pub fn tbs_watch_free(watch: *mut tbs_watch);
        pub fn tbs_replay_log(
            path: Slice<u8>,
            progress: *const Closure<*const tbs_progress>,
            out: *mut *mut tbs_replay,
        ) -> Failure;
        pub fn tbs_text_free(text: Slice<u8>);
        pub fn tbs_bytes_free(bytes: Slice<u8>);
    }
}

use raw::{Closure, Scan};

const RECORDED: Scan = Scan {
    kind: 0,
    ticks: 0,
    step: 0,
    base: 0.0,
};

/// As C has it.
fn new() -> *mut tbs_histogram {
    Box::into_raw(common::new().into())
}

fn record(histogram: *const tbs_histogram, value: u64) -> String {
    // SAFETY: NULL or a handle.
    name(unsafe { raw::tbs_histogram_record(histogram, value) })
}

fn len(histogram: *const tbs_histogram) -> u64 {
    // SAFETY: a handle.
    common::len(unsafe { &*histogram })
}

fn free(histogram: *mut tbs_histogram) {
    // SAFETY: a handle that nobody uses any more.
    unsafe { raw::tbs_histogram_free(histogram) };
}

#[test]
fn null_is_an_error_where_it_is_no_answer() {
    let histogram = new();
    assert_eq!(record(ptr::null(), 1), "null_argument");
    // SAFETY: every pointer is NULL or good.
    unsafe {
        let null = "null_argument";
        assert_eq!(
            take(raw::tbs_histogram_record_all(histogram, nowhere(1))),
            (null.into(), "values is NULL".into())
        );
        assert_eq!(
            name(raw::tbs_histogram_record_all(histogram, nowhere(0))),
            ""
        );
        assert_eq!(
            name(raw::tbs_histogram_set_tag(histogram, nowhere(1))),
            null
        );
        assert_eq!(
            name(raw::tbs_histogram_decode(slice(b"x"), ptr::null_mut())),
            null
        );
        assert_eq!(
            name(raw::tbs_histogram_len(histogram, ptr::null_mut())),
            null
        );
        assert_eq!(name(raw::tbs_histogram_merge(histogram, ptr::null())), null);
        let mut made = ptr::null_mut();
        assert_eq!(name(raw::tbs_histogram_decode(nowhere(1), &mut made)), null);
        raw::tbs_text_free(nowhere(0));
        raw::tbs_bytes_free(nowhere(3));
        raw::tbs_buckets_free(ptr::null_mut());
        raw::tbs_watch_free(ptr::null_mut());
    }
    assert_eq!(
        tbs_error_info(None).message.to_string() + &tbs_error_info(None).name.to_string(),
        ""
    );
    free(histogram);
    free(ptr::null_mut());
}

/// Each call with one NULL, which the error names.
macro_rules! null_is {
    ($($argument:literal: $call:expr;)*) => {
        $(assert_eq!(take($call).1, concat!($argument, " is NULL"), stringify!($call));)*
    };
}

#[test]
fn every_handle_and_every_output_is_named_when_it_is_null() {
    let h = common::new();
    let h = Some(&*h);
    null_is! {
        "histogram": tbs_histogram_clone(None, None);
        "clone": tbs_histogram_clone(h, None);
        "config": tbs_histogram_config(h, None);
        "count": tbs_histogram_len(h, None);
        "empty": tbs_histogram_is_empty(h, None);
        "value": tbs_histogram_min(h, None);
        "value": tbs_histogram_max(h, None);
        "value": tbs_histogram_mean(h, None);
        "value": tbs_histogram_stdev(h, None);
        "value": tbs_histogram_value_at_quantile(h, 0.5, None);
        "summary": tbs_histogram_summary(h, None);
        "tag": tbs_histogram_tag(h, None);
        "other": tbs_histogram_merge(h, None);
        "histogram": tbs_histogram_merge(None, h);
        "text": tbs_histogram_render(h, 1, 1.0, None);
        "bytes": tbs_histogram_encode(h, None);
        "histogram": tbs_replay_histogram(None, 0, None);
        "writer": tbs_log_writer_write(None, h, 0.0, 0.0);
    }
    // SAFETY: every pointer is NULL.
    unsafe {
        null_is! {
            "histogram": tbs_histogram_record(ptr::null(), 1);
            "histogram": tbs_histogram_record_n(ptr::null(), 1, 1);
            "ended": tbs_watch_end(ptr::null(), ptr::null_mut());
            "watch": tbs_watch_end(ptr::null(), &mut false);
        }
    }
}

#[test]
fn a_closure_without_a_function_or_an_environment_is_none() {
    unsafe extern "C" fn go_on<T>(_: *mut c_void, _: T) -> i32 {
        0
    }
    let histogram = new();
    let (mut stopped, mut replay, mut watch) = (0, ptr::null_mut(), ptr::null_mut());
    let here: *mut c_void = (&raw mut stopped).cast();
    let known: [(*mut c_void, Option<_>); 2] = [(here, None), (ptr::null_mut(), Some(()))];
    for (env_ptr, function) in known {
        let visitor = Closure {
            env_ptr,
            call: function.map(|()| go_on as _),
        };
        let progress = Closure {
            env_ptr,
            call: function.map(|()| go_on as _),
        };
        let watcher = raw::Shared {
            env_ptr,
            call: function.map(|()| go_on as _),
            release: None,
            retain: None,
        };
        // SAFETY: every pointer is NULL or good.
        unsafe {
            let error =
                raw::tbs_histogram_for_each_bucket(histogram, RECORDED, visitor, &mut stopped);
            assert_eq!(take(error).1, "visitor is NULL");
            let error = raw::tbs_replay_log(slice(b"/dev/null"), &progress, &mut replay);
            assert_eq!(take(error).1, "progress is NULL");
            let error = raw::tbs_histogram_watch(histogram, 1, watcher, &mut watch);
            assert_eq!(take(error).1, "watcher is NULL");
        }
    }
    free(histogram);
}

#[test]
fn a_watcher_that_is_none_is_released_as_any_that_is_refused() {
    static RELEASED: AtomicU64 = AtomicU64::new(0);
    unsafe extern "C" fn go_on(_: *mut c_void, _: u64) -> i32 {
        0
    }
    unsafe extern "C" fn release(_: *mut c_void) {
        RELEASED.fetch_add(1, Ordering::SeqCst);
    }
    let (histogram, mut watch) = (new(), ptr::null_mut());
    let out: *mut *mut tbs_watch = &mut watch;
    let here = out.cast();
    let refused = [
        (here, None, out, "watcher is NULL"),
        (ptr::null_mut(), Some(go_on as _), out, "watcher is NULL"),
        (here, None, ptr::null_mut(), "watch is NULL"),
        (here, Some(go_on as _), ptr::null_mut(), "watch is NULL"),
    ];
    for (count, (env_ptr, call, out, why)) in (1..).zip(refused) {
        let watcher = raw::Shared {
            env_ptr,
            call,
            release: Some(release),
            retain: None,
        };
        // SAFETY: every pointer is NULL or good.
        let error = unsafe { raw::tbs_histogram_watch(histogram, 1, watcher, out) };
        assert_eq!(take(error), ("null_argument".into(), why.into()));
        assert_eq!(RELEASED.load(Ordering::SeqCst), count);
    }
    free(histogram);
}

#[test]
fn what_is_refused_is_not_printed() {
    // By tests above, in a process with a stderr of its own.
    let run = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture"])
        .args([
            "a_closure_without_a_function_or_an_environment_is_none",
            "a_watcher_that_is_none_is_released_as_any_that_is_refused",
            "null_is_an_error_where_it_is_no_answer",
            "text_that_is_none_and_values_of_no_enum_are_refused",
        ])
        .output()
        .expect("it runs");
    assert!(String::from_utf8_lossy(&run.stdout).contains("4 passed"));
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
}

#[test]
fn a_length_that_no_memory_has_is_refused_before_it_is_looked_at() {
    let (histogram, value, above) = (new(), 1_u64, isize::MAX as usize);
    let refused = [
        Slice {
            ptr: &value,
            len: above / 8 + 1,
        },
        nowhere(usize::MAX),
    ];
    for values in refused {
        // SAFETY: nothing is read.
        let error = unsafe { raw::tbs_histogram_record_all(histogram, values) };
        assert_eq!(name(error), "invalid_length");
    }
    let tag = Slice {
        ptr: ptr::from_ref(&value).cast(),
        len: above + 1,
    };
    // SAFETY: as above.
    let error = unsafe { raw::tbs_histogram_set_tag(histogram, tag) };
    assert_eq!(name(error), "invalid_length");
    assert_eq!(len(histogram), 0);
    free(histogram);
}

#[test]
fn misaligned_memory_is_read_and_written() {
    let histogram = new();
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let values: *mut u64 = odd(&mut one, 3);
    let into: *mut tbs_bucket = odd(&mut two, 2);
    // SAFETY: so many are there, and what is made is freed.
    unsafe {
        for i in 0..3 {
            values.add(i).write_unaligned(i as u64 + 1);
        }
        let values = Slice {
            ptr: values.cast_const(),
            len: 3,
        };
        assert_eq!(name(raw::tbs_histogram_record_all(histogram, values)), "");
        assert_eq!(len(histogram), 3);

        let mut cursor = ptr::null_mut();
        let error = raw::tbs_histogram_buckets(histogram, RECORDED, &mut cursor);
        assert_eq!(name(error), "");
        free(histogram); // the cursor outlives it
        let room = Slice {
            ptr: into.cast_const(),
            len: 2,
        };
        let mut count = 0;
        assert_eq!(name(raw::tbs_buckets_next(cursor, room, &mut count)), "");
        assert_eq!(count, 2);
        let read = [0, 1].map(|i| into.add(i).read_unaligned().value);
        assert_eq!(read, [1, 2]);
        raw::tbs_buckets_free(cursor);
    }
}

#[test]
fn text_that_is_none_and_values_of_no_enum_are_refused() {
    let histogram = new();
    // SAFETY: every pointer is good.
    unsafe {
        let error = raw::tbs_histogram_set_tag(histogram, slice(b"a\xff"));
        let said = "not Unicode text at character 1";
        assert_eq!(take(error), ("invalid_text".into(), said.into()));

        let scan = Scan {
            kind: 7,
            ..RECORDED
        };
        let error = raw::tbs_histogram_buckets(histogram, scan, &mut ptr::null_mut());
        assert_eq!(take(error).1, "scan has no value 7");
    }
    free(histogram);
}
