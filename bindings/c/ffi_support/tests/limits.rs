//! What ffi-support does by itself, and this bridge works around: README.md says how.

use ffi_support::handle_map::MAX_CAPACITY;
use ffi_support::{ConcurrentHandleMap, ExternError, FfiStr, HandleError, IntoFfi};
use ffi_support::{call_with_output, rust_string_to_c};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

fn panics<R>(f: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(f)).is_err()
}

#[test]
fn one_answer_for_null_and_for_what_is_not_utf8() {
    // SAFETY: NULL, and a C string.
    let (null, bad) =
        unsafe { [ptr::null(), c"\xff".as_ptr()].map(|p| FfiStr::from_raw(p)) }.into();
    assert_eq!((null.as_opt_str(), bad.as_opt_str()), (None, None));
    assert!(panics(|| bad.as_str()));
    assert_eq!(
        bad.into_string(),
        "\u{fffd}",
        "replaced, and nobody is told"
    );
}

#[test]
fn a_nul_is_a_panic_also_where_none_is_caught() {
    assert!(panics(|| rust_string_to_c("a\0b")));
    let caught: Box<dyn Any + Send> = Box::new(String::from("a\0b"));
    assert!(
        panics(|| ExternError::from(caught)),
        "call_with_result does this outside its catch_unwind, and C is the caller"
    );
}

#[test]
fn no_value_is_zero() {
    assert_eq!(None::<u64>.into_ffi_value(), Some(0_u64).into_ffi_value());
}

#[test]
fn a_panic_leaves_a_handle_that_panics() {
    let map = ConcurrentHandleMap::new();
    let handle = map.insert(1).into_u64();
    for _ in 0..2 {
        let mut error = ExternError::default();
        map.call_with_output(&mut error, handle, |value| assert_eq!(*value, 2));
        assert_eq!(error.get_code(), ffi_support::ErrorCode::PANIC);
        // SAFETY: its message is used by nobody else.
        unsafe { error.manually_release() };
    }
    assert!(map.map.read().is_ok(), "the others may still be used");
}

#[test]
fn what_is_called_back_cannot_make_or_free_a_handle() {
    let map = ConcurrentHandleMap::new();
    let handle = map.insert(1);
    let locked = map.get::<_, HandleError, _>(handle, |_| Ok(map.map.try_write().is_err()));
    assert_eq!(locked, Ok(true), "insert and delete would wait for ever");
}

#[test]
fn one_handle_too_many_is_the_end_of_all() {
    let map = ConcurrentHandleMap::new();
    let first = map.insert(()).into_u64();
    let mut error = ExternError::default();
    let mut made = 0;
    while error.get_code().is_success() {
        made += 1;
        call_with_output(&mut error, AssertUnwindSafe(|| map.insert(())));
    }
    assert_eq!(made, MAX_CAPACITY - 2);
    assert!(panics(
        || map.get_u64::<_, HandleError, _>(first, |()| Ok(()))
    ));
    // SAFETY: its message is used by nobody else.
    unsafe { error.manually_release() };
}

#[test]
fn a_stale_handle_comes_back_when_its_place_was_used_32767_times_more() {
    let map = ConcurrentHandleMap::new();
    let stale = map.insert(0);
    assert_eq!(map.delete(stale), Ok(()));
    for used in 1..32_767 {
        let handle = map.insert(used);
        let read = map.get::<_, HandleError, _>(stale, |value| Ok(*value));
        assert_eq!(read, Err(HandleError::StaleVersion));
        assert_eq!(map.delete(handle), Ok(()));
    }
    assert_eq!(map.insert(32_767), stale);
}
