//! By their symbols, with whatever C can send.

use crate::common::{name, take};
use crate::slice::{Slice, nowhere, odd, slice};
use raw::{Shape, Tagged};
use std::env;
use std::process::Command;
use std::ptr;
use tollbridge_safer_ffi::*;

mod raw {
    use super::*;

    #[repr(C)]
    pub struct Tagged<T>(pub u8, pub T);

    #[repr(C)]
    pub struct Shape {
        pub kind: u32,
        pub radius: f64,
        pub text: Slice<u8>,
    }

    #[allow(improper_ctypes)] // each type has the layout that the header says
    unsafe extern "C" {
        pub fn tbs_probe_half(number: Tagged<u64>, out: *mut Tagged<u64>) -> Failure;
        pub fn tbs_probe_make_str(n: usize, wide: u8, out: *mut Slice<u8>) -> Failure;
        pub fn tbs_probe_scale_in_place(values: Slice<f64>, factor: f64) -> Failure;
        pub fn tbs_shape_free(shape: Shape);
        pub fn tbs_probe_shape_in(shape: Shape, out: *mut f64) -> Failure;
    }
}

/// Each call with one NULL, which the error names.
macro_rules! null_is {
    ($($argument:literal: $call:expr;)*) => {
        $(assert_eq!(take($call).1, concat!($argument, " is NULL"), stringify!($call));)*
    };
}

#[test]
fn every_handle_and_every_output_is_named_when_it_is_null() {
    null_is! {
        "histogram": tbs_fault_panic_while_locked(None);
        "object": tbs_fault_panics_when_dropped_new(None);
        "result": tbs_probe_make_bytes(1, None);
        "result": tbs_probe_make_f64(1, None);
        "result": tbs_probe_make_point(1, None);
        "result": tbs_probe_make_points(1, None);
        "result": tbs_probe_make_shape(1, None);
        "result": tbs_probe_make_map(1, None);
    }
    // SAFETY: every pointer is NULL.
    unsafe {
        null_is! { "histogram": tbs_probe_record_from_new_thread(ptr::null(), 1); }
    }
}

#[test]
fn what_is_refused_is_not_printed() {
    // By a test below, in a process with a stderr of its own.
    let run = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture"])
        .arg("boundary::values_of_no_enum_are_refused")
        .output()
        .expect("it runs");
    assert!(String::from_utf8_lossy(&run.stdout).contains("1 passed"));
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
}

#[test]
fn misaligned_memory_is_read_and_written() {
    let mut room = Vec::new();
    let floats: *mut f64 = odd(&mut room, 2);
    // SAFETY: two are there.
    unsafe {
        for i in 0..2 {
            floats.add(i).write_unaligned(i as f64 + 1.0);
        }
        let scaled = Slice {
            ptr: floats.cast_const(),
            len: 2,
        };
        assert_eq!(name(raw::tbs_probe_scale_in_place(scaled, 2.0)), "");
        assert_eq!([0, 1].map(|i| floats.add(i).read_unaligned()), [2.0, 4.0]);
    }
}

#[test]
fn values_of_no_enum_are_refused() {
    // SAFETY: every pointer is good.
    unsafe {
        let shape = |kind, text| Shape {
            kind,
            radius: 0.0,
            text,
        };
        raw::tbs_shape_free(shape(0, nowhere(0)));
        let error = raw::tbs_probe_shape_in(shape(3, slice(b"x")), &mut 0.0);
        assert_eq!(take(error).1, "shape has no value 3");
        let mut text = nowhere(0);
        let error = raw::tbs_probe_make_str(3, 2, &mut text);
        assert_eq!(take(error).1, "wide has no value 2");
        let mut half = Tagged(0, 0);
        let error = raw::tbs_probe_half(Tagged(2, 84), &mut half);
        assert_eq!(take(error).1, "number has no value 2");
        assert_eq!(name(raw::tbs_probe_half(Tagged(1, 84), &mut half)), "");
        assert_eq!((half.0, half.1), (1, 42));
    }
}
