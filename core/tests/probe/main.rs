//! What only tests and timing need: the probes and the faults themselves.
#![cfg(feature = "probe")]

use std::ops::ControlFlow;
use std::panic::catch_unwind;
use tollbridge_core::probe::{self, fault};
use tollbridge_core::{Config, Error, Shared};

#[test]
fn probes_touch_what_they_say() {
    assert_eq!(probe::half(Some(84)), Some(42));
    assert_eq!((probe::half(Some(3)), probe::half(None)), (None, None));
    assert_eq!(probe::make_str(28, false), "abcdefghijklmnopqrstuvwxyzab");
    assert_eq!(probe::make_str(2, true), "éé");
    assert_eq!((probe::bytes_ends(&[]), probe::bytes_ends(&[5])), (0, 11));
    assert_eq!(probe::make_bytes(257)[255..], [255, 0]);
    for n in [0, 1, 26, 27, 256, 700] {
        assert!(probe::bytes(n).eq(probe::make_bytes(n)));
        assert_eq!(probe::make_str(n, false).len(), n);
    }
    assert_eq!(probe::f64_sum(&[]).to_bits(), 0);
    assert_eq!(probe::map_sum(probe::make_map(3)), 3 + 21);
    let stopped = probe::call_back(9, |i| {
        if i == 3 {
            ControlFlow::Break(i)
        } else {
            ControlFlow::Continue(1)
        }
    });
    assert_eq!(stopped, ControlFlow::Break(3));
    let sum = probe::call_back_from_new_thread(4, |i| ControlFlow::<(), _>::Continue(i * 3));
    assert_eq!(sum, ControlFlow::Continue(18));
}

#[test]
fn a_new_thread_records() {
    let h = Shared::new(Config::default()).expect("a good configuration");
    assert_eq!(probe::record_from_new_thread(&h, 5), Ok(()));
    assert_eq!(h.len(), Ok(1));
}

#[test]
fn a_fault_panics_with_its_text_and_poisons() {
    let what = |panics: &dyn Fn()| {
        let panicked = catch_unwind(std::panic::AssertUnwindSafe(panics)).expect_err("it panics");
        Error::from_panic(panicked)
    };
    let panic = |what: &'static str| Error::Panic { what: what.into() };
    assert_eq!(what(&|| fault::panic("a\0é")), panic("a\0é"));
    let dropped = || drop(fault::PanicsWhenDropped::default());
    assert_eq!(what(&dropped), panic("dropped"));
    let h = Shared::new(Config::default()).expect("a good configuration");
    let locked = || fault::panic_while_locked(&h).expect("it panics");
    assert_eq!(what(&locked), panic("half-way"));
    assert_eq!(fault::panic_while_locked(&h), Err(Error::Poisoned {}));
    assert_eq!(h.record(1), Err(Error::Poisoned {}));
}
