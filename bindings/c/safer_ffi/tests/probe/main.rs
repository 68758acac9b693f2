//! What only tests and timing need: ownership, for Miri to look at, too, and what C can send.
#![cfg(feature = "probe")]

// For Miri the structs that C has would be other types.
#[cfg(not(miri))]
mod boundary;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/sent.rs"]
mod sent;
#[cfg(not(miri))]
#[path = "../common/slice.rs"]
mod slice;

use common::{len, must, name, new, take};
use safer_ffi::layout::CType;
use sent::{record, sent};
use tollbridge_safer_ffi::*;

#[test]
fn what_comes_out_is_the_callers() {
    let map = must(|map| tbs_probe_make_map(2, Some(map)));
    assert_eq!(&*map[1].key, "k000001");
    tbs_map_free(Some(map));
    let shape = must(|shape| tbs_probe_make_shape(2, Some(shape)));
    assert_eq!(&*shape.text, "2");
    let mut shape = sent(shape);
    shape.0.kind = 9.into(); // what C writes there is no leak
    // SAFETY: made above.
    unsafe { tbs_shape_free(shape) };
    let bytes = must(|bytes| tbs_probe_make_bytes(0, Some(bytes)));
    tbs_bytes_free(Some(bytes));
}

#[test]
fn an_option_that_goes_in_may_be_none() {
    let none = Unchecked(CType::zeroed());
    let half = must(|half| tbs_probe_half(none, Some(half)));
    assert_eq!(half.into_rust(), None);
}

#[test]
fn an_errors_fields_live_as_long_as_it_does() {
    let error = tbs_probe_fail(7);
    let details = tbs_error_info(error.as_deref());
    let [number, ratio, text] = details.fields.as_slice() else {
        panic!("three fields");
    };
    assert_eq!((number.name.to_str(), number.number), ("number", 7));
    assert!(ratio.real.is_nan());
    assert_eq!(&*text.text, "café");
    tbs_error_free(error);
}

#[test]
fn a_panic_is_an_error_and_leaves_a_poisoned_histogram() {
    let histogram = new();
    // SAFETY: the text is good.
    let error = unsafe { tbs_fault_panic(sent("oops".into())) };
    assert_eq!(take(error), ("panic".into(), "panic: oops".into()));
    assert_eq!(
        name(tbs_fault_panic_while_locked(Some(&histogram))),
        "panic"
    );
    assert_eq!(record(&histogram, 1), "poisoned");
    tbs_histogram_free(Some(histogram));
    let object = must(|object| tbs_fault_panics_when_dropped_new(Some(object)));
    tbs_fault_panics_when_dropped_free(Some(object));
}

#[test]
fn a_new_thread_records() {
    let histogram = new();
    // SAFETY: a handle.
    let error = unsafe { tbs_probe_record_from_new_thread(&*histogram, 7) };
    assert_eq!((name(error), len(&histogram)), (String::new(), 1));
    tbs_histogram_free(Some(histogram));
}
