//! What only tests and timing need: the exported probes and faults, called as C calls them, and their headers.
#![cfg(feature = "probe")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/header.rs"]
mod header;
#[path = "../common/user.rs"]
mod user;

use common::{code, fields, len, must, new, record, take};
use std::mem::MaybeUninit;
use tollbridge::*;
use user::{free_handle, watched};

#[test]
#[cfg_attr(miri, ignore = "reads files, which Miri keeps from it")]
fn committed_headers_are_current() {
    let include = "#include <tollbridge.h>";
    header::is_current("tollbridge/probe.h", &["probe/probes.rs"], include);
    header::is_current("tollbridge/fault.h", &["probe/faults.rs"], include);
}

#[test]
fn what_comes_out_is_the_callers_and_may_be_freed_twice() {
    let mut empty = must(|bytes| tb_probe_make_bytes(0, Some(bytes)));
    let mut bytes = must(|bytes| tb_probe_make_bytes(3, Some(bytes)));
    // SAFETY: three of them.
    let made = unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) };
    assert_eq!(made, [0, 1, 2]);
    let mut map = must(|map| tb_probe_make_map(2, Some(map)));
    let mut shape = must(|shape| tb_probe_make_shape(2, Some(shape)));
    for _ in 0..2 {
        // SAFETY: from calls, or zero.
        unsafe {
            tb_bytes_free(Some(&mut bytes));
            tb_bytes_free(Some(&mut empty));
            tb_map_free(Some(&mut map));
            tb_shape_free(Some(&mut shape));
        }
        assert!(bytes.data.is_null() && empty.data.is_null());
    }
}

#[test]
fn an_errors_fields_live_as_long_as_it_does() {
    let error = tb_probe_fail(7);
    let [number, ratio, text] = fields(error.as_deref()) else {
        panic!("three fields");
    };
    assert_eq!(number.number, 7);
    assert!(ratio.real.is_nan());
    // SAFETY: the error is not freed yet.
    let text = unsafe { std::slice::from_raw_parts(text.text.cast::<u8>(), text.text_length) };
    assert_eq!(text, "café".as_bytes());
    tb_error_free(error);
}

#[test]
fn text_that_is_none_is_refused() {
    // SAFETY: two bytes.
    let error = unsafe {
        let mut length = MaybeUninit::uninit();
        tb_probe_str_len(c"a\xff".as_ptr(), 2, Some(&mut length))
    };
    assert_eq!(take(error), (12, "not Unicode text at character 1".into()));
}

#[test]
fn a_panic_is_an_error_and_leaves_a_poisoned_histogram() {
    let histogram = new();
    // SAFETY: four bytes.
    let error = unsafe { tb_fault_panic(c"oops".as_ptr(), 4) };
    assert_eq!(take(error), (10, "panic: oops".into()));
    assert_eq!(code(tb_fault_panic_while_locked(Some(&histogram))), 10);
    assert_eq!(record(&histogram, 1), 9);
    tb_histogram_free(Some(histogram));
    let object = must(|object| tb_fault_panics_when_dropped_new(Some(object)));
    tb_fault_panics_when_dropped_free(Some(object));
}

#[test]
fn a_watcher_may_free_the_handle_that_records_elsewhere() {
    let (user, error) = watched(5, Some(free_handle));
    assert!(error.is_none());
    // SAFETY: nothing is freed before the watcher is called.
    let error = unsafe { tb_probe_record_from_new_thread((*user).histogram, 7) };
    assert!(error.is_none());
}

#[test]
fn a_new_thread_records() {
    let histogram = new();
    // SAFETY: a handle.
    let error = unsafe { tb_probe_record_from_new_thread(&*histogram, 7) };
    assert_eq!((code(error), len(&histogram)), (0, 1));
    tb_histogram_free(Some(histogram));
}
