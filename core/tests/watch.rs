//! Rule 5 of the boundary, on the core itself.

use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;
use tollbridge_core::{Attempt, Config, Error, Shared, Watch};

/// What a watcher was told, and whether its closure was dropped.
#[derive(Clone, Default)]
struct Log {
    values: Arc<Mutex<Vec<u64>>>,
    drops: Arc<AtomicUsize>,
}

struct CountsDrop(Arc<AtomicUsize>);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Log {
    /// A watcher that notes its value and then does `act`.
    fn watcher(
        &self,
        act: impl Fn() -> ControlFlow<()> + Send + Sync + 'static,
    ) -> impl Fn(u64) -> ControlFlow<()> + Send + Sync + 'static {
        let (values, drops) = (self.values.clone(), CountsDrop(self.drops.clone()));
        move |value| {
            let _kept = &drops;
            values.lock().expect("no panic under it").push(value);
            act()
        }
    }

    fn values(&self) -> Vec<u64> {
        self.values.lock().expect("no panic under it").clone()
    }

    fn drops(&self) -> usize {
        self.drops.load(Ordering::SeqCst)
    }
}

fn histogram() -> Shared {
    let config = Config {
        highest: 100_000,
        ..Config::default()
    };
    Shared::new(config).expect("a good configuration")
}

fn on_another_thread(h: &Shared, value: u64) {
    thread::scope(|scope| scope.spawn(|| h.record(value).unwrap()).join().unwrap());
}

/// A histogram, its watch from 1000, and what it says.
fn watched(act: impl Fn() -> ControlFlow<()> + Send + Sync + 'static) -> (Shared, Watch, Log) {
    let (h, log) = (histogram(), Log::default());
    let watch = h.watch(1000, log.watcher(act)).expect("a good limit");
    (h, watch, log)
}

#[test]
fn every_way_to_record_notifies_of_values_from_the_limit_on() {
    let (h, _, log) = watched(|| Continue(()));
    h.record(999).unwrap();
    h.record(1000).unwrap();
    h.record_n(2000, 7).unwrap();
    h.record_n(2000, 0).unwrap();
    h.record_all(&[1, 5000, 3000]).unwrap();
    assert_eq!(h.record_durations("1ns 4us"), Ok(2));
    on_another_thread(&h, 6000);
    assert_eq!(log.values(), [1000, 2000, 5000, 3000, 4000, 6000]);
}

#[test]
fn of_what_was_not_recorded_nobody_is_notified() {
    let (h, _, log) = watched(|| Continue(()));
    h.record(200_000).unwrap_err();
    h.record_all(&[5000, 200_000]).unwrap_err();
    h.merge(&h).unwrap();
    assert_eq!(log.values(), []);
}

#[test]
fn it_ends_once_and_lets_the_closure_go() {
    let (h, watch, log) = watched(|| Continue(()));
    drop(watch.clone()); // a token owns nothing
    h.record(1000).unwrap();
    assert_eq!(log.drops(), 0);
    assert!(watch.unwatch());
    assert!(!watch.unwatch());
    assert_eq!(log.drops(), 1);
    h.record(1000).unwrap();
    assert_eq!(log.values(), [1000]);
}

#[test]
fn the_last_handle_takes_its_watchers_along() {
    let (h, watch, log) = watched(|| Continue(()));
    let other = h.clone();
    drop(h);
    other.record(1000).unwrap();
    assert_eq!((log.values(), log.drops()), (vec![1000], 0));
    drop(other);
    assert_eq!(log.drops(), 1);
    assert!(!watch.unwatch());
}

#[test]
fn a_watch_that_fails_drops_its_closure() {
    let (h, log) = (histogram(), Log::default());
    let error = h.watch(100_001, log.watcher(|| Continue(()))).unwrap_err();
    let expected = Error::OutOfRange {
        value: 100_001,
        highest: 100_000,
        index: 0,
    };
    assert_eq!(error, expected);
    assert_eq!(log.drops(), 1);
    assert!(h.watch(100_000, |_| Continue(())).is_ok());
}

#[test]
fn breaking_ends_the_watch() {
    let (h, watch, log) = watched(|| Break(()));
    h.record_all(&[5000, 6000]).unwrap();
    assert_eq!((log.values(), log.drops()), (vec![5000], 1));
    assert!(!watch.unwatch());
}

#[test]
fn inside_itself_it_may_end_record_and_drop_the_handle() {
    let handle = Arc::new(Mutex::new(Some(histogram())));
    let watch = Arc::new(OnceLock::<Watch>::new());
    let log = Log::default();
    let act = {
        let (handle, watch) = (handle.clone(), watch.clone());
        move || {
            let h = handle.lock().unwrap().take();
            h.as_ref().unwrap().record(7000).unwrap();
            assert!(watch.get().unwrap().unwatch());
            drop(h);
            Continue(())
        }
    };
    let h = handle.lock().unwrap().clone().unwrap();
    watch.set(h.watch(1000, log.watcher(act)).unwrap()).unwrap();
    h.record_all(&[5000, 6000]).unwrap();
    assert_eq!((log.values(), log.drops()), (vec![5000], 1));
    assert_eq!(h.len(), Ok(3));
}

#[test]
fn no_watcher_is_told_of_what_a_watcher_records() {
    let (other, _, others) = watched(|| Continue(()));
    let (h, log) = (histogram(), Log::default());
    let recorded = h.clone();
    let act = move || {
        recorded.record(8000).unwrap();
        other.record(9000).unwrap();
        // Another thread's records are told of, also while this one waits for it.
        on_another_thread(&other, 10_000);
        Continue(())
    };
    h.watch(1000, log.watcher(act)).unwrap();
    h.record(5000).unwrap();
    assert_eq!((log.values(), others.values()), (vec![5000], vec![10_000]));
    h.record(6000).unwrap();
    assert_eq!(log.values(), [5000, 6000]);
}

#[test]
fn a_watcher_may_record_in_every_way_and_is_told_of_none() {
    let (h, log) = (histogram(), Log::default());
    let recorded = h.clone();
    let act = move || {
        recorded.record_all(&[1, 1]).unwrap();
        recorded.record_durations("1ns 9us").unwrap();
        recorded.record_n(7000, 2).unwrap();
        recorded.record_all(&[8000]).unwrap();
        recorded.record(9000).unwrap();
        Continue(())
    };
    h.watch(1000, log.watcher(act)).unwrap();
    h.record_all(&[5000, 6000]).unwrap();
    assert_eq!(log.values(), [5000, 6000]);
}

#[test]
fn a_panic_in_a_watcher_is_no_error_of_record() {
    let (h, watch, log) = watched(|| panic!("a watcher's own"));
    h.record(5000).unwrap();
    h.record(6000).unwrap();
    assert_eq!((log.values(), h.len()), (vec![5000, 6000], Ok(2)));
    assert!(watch.unwatch());
    assert_eq!(log.drops(), 1);
}

#[test]
fn a_poisoned_histogram_still_lets_its_watchers_go() {
    let (h, watch, log) = watched(|| Continue(()));
    let panics = || h.with(|_| -> Result<(), Error> { panic!("half-way") });
    std::panic::catch_unwind(panics).unwrap_err();
    assert_eq!(
        h.watch(1, |_| Continue(())).unwrap_err(),
        Error::Poisoned {}
    );
    assert!(watch.unwatch());
    assert_eq!(log.drops(), 1);
}

#[test]
fn try_with_leaves_the_notifying_to_the_caller() {
    let (h, _, log) = watched(|| Continue(()));
    let Ok(Attempt { result, pending }) = h.try_with(|h| h.record(5000)) else {
        panic!("nobody holds the lock");
    };
    assert_eq!((result, log.values()), (Ok(()), vec![]));
    pending.notify();
    assert_eq!(log.values(), [5000]);
}

#[test]
fn a_call_in_flight_outlives_unwatch_and_drops_the_closure_last() {
    let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let wait = {
        let (begun, go_on) = (begun.clone(), go_on.clone());
        move || {
            begun.wait();
            go_on.wait();
            Continue(())
        }
    };
    let (h, watch, log) = watched(wait);
    std::thread::scope(|scope| {
        scope.spawn(|| h.record_all(&[5000, 6000]).unwrap());
        begun.wait();
        assert!(watch.unwatch());
        assert_eq!(log.drops(), 0);
        go_on.wait();
    });
    assert_eq!((log.values(), log.drops()), (vec![5000], 1));
}

#[test]
fn no_call_starts_after_the_closure_was_dropped() {
    let rounds = if cfg!(miri) { 20 } else { 500 };
    for _ in 0..rounds {
        let (h, ended) = (histogram(), Arc::new(AtomicBool::new(false)));
        struct Ends(Arc<AtomicBool>);
        impl Drop for Ends {
            fn drop(&mut self) {
                assert!(!self.0.swap(true, Ordering::SeqCst), "dropped twice");
            }
        }
        let ends = Ends(ended.clone());
        let watch = h.watch(1, move |_| {
            assert!(!ends.0.load(Ordering::SeqCst), "called after the end");
            Continue(())
        });
        let watch = watch.unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (1..20).for_each(|value| h.record(value).unwrap()));
            }
            scope.spawn(|| watch.unwatch());
        });
        assert!(ended.load(Ordering::SeqCst));
    }
}
