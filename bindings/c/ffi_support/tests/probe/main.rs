//! What only tests and timing need: the exported probes and faults, called as C calls them.
#![cfg(feature = "probe")]

#[path = "../common/mod.rs"]
mod common;

use common::{code, details, free, must, new, record, result};
use std::ffi::CStr;
use tollbridge_ffi_support::*;

const CLOSED: i32 = tbf_code::TBF_ERR_CLOSED as i32;
const PANIC: i32 = tbf_code::TBF_ERR_PANIC as i32;

#[test]
fn a_handle_that_is_none_is_an_error() {
    let (freed, null) = (new(), tbf_code::TBF_ERR_NULL_ARGUMENT as i32);
    assert_eq!(free(freed), 0);
    // SAFETY: as in `new`.
    let object = must(|e| unsafe { tbf_fault_panics_when_dropped_new(e) });
    let another = tbf_code::TBF_ERR_INVALID_HANDLE as i32;
    for (handle, expected) in [(0, null), (freed, CLOSED), (object, another)] {
        // SAFETY: as in `new`.
        let codes = unsafe {
            [
                code(|e| tbf_probe_record_from_new_thread(handle, 1, e)),
                code(|e| tbf_fault_panic_while_locked(handle, e)),
            ]
        };
        assert_eq!(codes, [expected; 2]);
    }
    // SAFETY: as in `new`.
    let last = code(|e| unsafe { tbf_fault_panics_when_dropped_free(object, e) });
    assert_eq!(last, PANIC);
}

/// There is an error to return; and the map is not locked meanwhile.
#[test]
fn a_destructors_panic_is_an_error_and_the_object_is_gone() {
    // SAFETY: as in `new`.
    let new = || must(|error| unsafe { tbf_fault_panics_when_dropped_new(error) });
    // SAFETY: as in `new`.
    let free = |object| code(|error| unsafe { tbf_fault_panics_when_dropped_free(object, error) });
    let (one, other) = (new(), new());
    assert_eq!((free(one), free(one), free(other)), (PANIC, CLOSED, PANIC));
}

#[test]
fn what_is_no_length_and_no_boolean_is_refused() {
    let above = isize::MAX as usize + 1;
    // SAFETY: nothing is read.
    let length = result(|e| unsafe { tbf_probe_str_len(c"a".as_ptr(), above, e) });
    let (length, _) = length.expect_err("there is no such length");
    assert_eq!(length, tbf_code::TBF_ERR_INVALID_LENGTH as i32);
    // SAFETY: as in `new`.
    let wide = code(|e| unsafe { tbf_byte_buffer_free(tbf_probe_make_str(3, 2, e)) });
    assert_eq!(wide, tbf_code::TBF_ERR_INVALID_ENUM as i32);
}

#[test]
fn an_errors_fields_are_asked_for() {
    let mut error = tbf_error::default();
    assert_eq!(details(&error).code, 0);
    // SAFETY: as in `new`; the error is not freed before the end.
    let fields = unsafe {
        tbf_probe_fail(7, &mut error);
        let details = details(&error);
        assert_eq!(CStr::from_ptr(details.name), c"probe");
        std::slice::from_raw_parts(details.fields, details.field_count)
    };
    assert_eq!(fields[0].number, 7);
    assert!(fields[1].real.is_nan());
    // SAFETY: as above.
    let text =
        unsafe { std::slice::from_raw_parts(fields[2].text.cast::<u8>(), fields[2].text_length) };
    assert_eq!(text, "café".as_bytes());
    tbf_error_free(Some(&mut error));
}

#[test]
fn a_nul_in_a_message_is_escaped_in_the_c_string_and_kept_in_the_details() {
    let mut error = tbf_error::default();
    // SAFETY: three bytes; the error is not freed before the end.
    let message = unsafe {
        tbf_fault_panic(b"a\0b".as_ptr().cast(), 3, &mut error);
        let details = details(&error);
        std::slice::from_raw_parts(details.message.cast::<u8>(), details.message_length)
    };
    assert_eq!(error.base.get_code().code(), PANIC);
    assert_eq!(error.base.get_message().as_str(), "panic: a\\0b");
    assert_eq!(message, b"panic: a\0b");
    tbf_error_free(Some(&mut error));
}

#[test]
fn a_panic_is_an_error_and_leaves_a_poisoned_histogram() {
    let (histogram, other) = (new(), new());
    // SAFETY: as in `new`.
    let panicked = code(|e| unsafe { tbf_fault_panic_while_locked(histogram, e) });
    assert_eq!(panicked, PANIC);
    assert_eq!(
        record(histogram, 1),
        tbf_code::TBF_ERR_POISONED as i32,
        "ffi-support's own lock would answer with another panic"
    );
    assert_eq!((record(other, 1), free(histogram), free(other)), (0, 0, 0));
}
