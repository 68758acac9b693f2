//! The exported functions, called as C calls them: by their symbols, with whatever C can send. A debug
//! build looks at each argument before the function does, and must find nothing to end the process for.

use safer_ffi::closure::{ArcDynFn1, RefDynFnMut1};
use safer_ffi::prelude::*;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use tollbridge_safer_ffi::*;

/// What C has for a slice, a closure, and an option: nothing in them is checked.
mod raw {
    use super::*;

    #[repr(C)]
    pub struct Slice<T> {
        pub ptr: *const T,
        pub len: usize,
    }

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
    pub struct Tagged<T>(pub u8, pub T);

    #[repr(C)]
    pub struct Scan {
        pub kind: u32,
        pub ticks: u32,
        pub step: u64,
        pub base: f64,
    }

    #[allow(improper_ctypes)] // each type has the layout that the header says
    unsafe extern "C" {
        pub fn tbs_histogram_new(config: tbs_config, out: *mut *mut tbs_histogram) -> Failure;
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
        pub fn tbs_probe_half(number: Tagged<u64>, out: *mut Tagged<u64>) -> Failure;
        pub fn tbs_probe_make_str(n: usize, wide: u8, out: *mut Slice<u8>) -> Failure;
        pub fn tbs_probe_scale_in_place(values: Slice<f64>, factor: f64) -> Failure;
        pub fn tbs_probe_shape_in(shape: Shape, out: *mut f64) -> Failure;
    }

    #[repr(C)]
    pub struct Shape {
        pub kind: u32,
        pub radius: f64,
        pub text: Slice<u8>,
    }
}

use raw::{Closure, Scan, Slice, Tagged};

const RECORDED: Scan = Scan {
    kind: 0,
    ticks: 0,
    step: 0,
    base: 0.0,
};

fn slice<T>(items: &[T]) -> Slice<T> {
    Slice {
        ptr: items.as_ptr(),
        len: items.len(),
    }
}

fn nowhere<T>(len: usize) -> Slice<T> {
    Slice {
        ptr: ptr::null(),
        len,
    }
}

/// The name of an error, empty for none, with its message. Frees it.
fn take(error: Failure) -> (String, String) {
    let details = tbs_error_info(error.as_deref());
    let said = (details.name.to_string(), details.message.to_string());
    tbs_error_free(error);
    said
}

fn name(error: Failure) -> String {
    take(error).0
}

/// What a call that must succeed wrote.
fn must<T>(call: impl FnOnce(*mut T) -> Failure) -> T {
    let mut out = MaybeUninit::uninit();
    assert_eq!(take(call(out.as_mut_ptr())), Default::default());
    // SAFETY: written on success.
    unsafe { out.assume_init() }
}

const CONFIG: tbs_config = tbs_config {
    lowest: 1,
    highest: 1000,
    significant_digits: 1,
};

fn new() -> *mut tbs_histogram {
    // SAFETY: all is as the header asks.
    must(|out| unsafe { raw::tbs_histogram_new(CONFIG, out) })
}

fn record(histogram: *const tbs_histogram, value: u64) -> String {
    // SAFETY: NULL or a handle.
    name(unsafe { raw::tbs_histogram_record(histogram, value) })
}

fn len(histogram: *const tbs_histogram) -> u64 {
    // SAFETY: a handle.
    must(|out| unsafe { raw::tbs_histogram_len(histogram, out) })
}

fn free(histogram: *mut tbs_histogram) {
    // SAFETY: a handle that nobody uses any more.
    unsafe { raw::tbs_histogram_free(histogram) };
}

#[test]
fn handles_are_handed_over_and_back() {
    let mut out = MaybeUninit::<repr_c::Box<tbs_histogram>>::uninit();
    assert!(tbs_histogram_new(CONFIG, Some((&mut out).into())).is_none());
    // SAFETY: written on success.
    let first = unsafe { out.assume_init() };
    let mut out = MaybeUninit::<repr_c::Box<tbs_histogram>>::uninit();
    assert!(tbs_histogram_clone(Some(&first), Some((&mut out).into())).is_none());
    // SAFETY: as above.
    let second = unsafe { out.assume_init() };
    assert_eq!(record(&*first, 5), "");
    tbs_histogram_free(Some(first));
    assert_eq!(len(&*second), 1);
    tbs_histogram_free(Some(second));
    tbs_histogram_free(None);
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
        assert_eq!(name(raw::tbs_histogram_new(CONFIG, ptr::null_mut())), null);
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

/// Room for `count` items at an address that is odd for them.
fn odd<T>(bytes: &mut Vec<u8>, count: usize) -> *mut T {
    bytes.resize((count + 1) * size_of::<T>(), 0);
    let start = bytes.as_mut_ptr();
    let shift = usize::from(start.cast::<T>().is_aligned());
    // SAFETY: there is room for one more.
    unsafe { start.add(shift).cast() }
}

#[test]
fn misaligned_memory_is_read_and_written() {
    let histogram = new();
    let (mut one, mut two, mut three) = (Vec::new(), Vec::new(), Vec::new());
    let values: *mut u64 = odd(&mut one, 3);
    let floats: *mut f64 = odd(&mut two, 2);
    let into: *mut tbs_bucket = odd(&mut three, 2);
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

        for i in 0..2 {
            floats.add(i).write_unaligned(i as f64 + 1.0);
        }
        let scaled = Slice {
            ptr: floats.cast_const(),
            len: 2,
        };
        assert_eq!(name(raw::tbs_probe_scale_in_place(scaled, 2.0)), "");
        assert_eq!([0, 1].map(|i| floats.add(i).read_unaligned()), [2.0, 4.0]);

        let cursor = must(|out| raw::tbs_histogram_buckets(histogram, RECORDED, out));
        free(histogram); // the cursor outlives it
        let room = Slice {
            ptr: into.cast_const(),
            len: 2,
        };
        assert_eq!(must(|count| raw::tbs_buckets_next(cursor, room, count)), 2);
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
        let shape = raw::Shape {
            kind: 3,
            radius: 0.0,
            text: nowhere(0),
        };
        let error = raw::tbs_probe_shape_in(shape, &mut 0.0);
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
    free(histogram);
}

#[test]
fn what_comes_out_is_the_callers() {
    let mut map = MaybeUninit::<c_slice::Box<tbs_entry_box>>::uninit();
    assert!(tbs_probe_make_map(2, Some((&mut map).into())).is_none());
    // SAFETY: written on success.
    let map = unsafe { map.assume_init() };
    assert_eq!(&*map[1].key, "k000001");
    tbs_map_free(Some(map));
    let mut shape = MaybeUninit::<tbs_shape_box>::uninit();
    assert!(tbs_probe_make_shape(2, Some((&mut shape).into())).is_none());
    // SAFETY: as above.
    let shape = unsafe { shape.assume_init() };
    assert_eq!(&*shape.text, "2");
    tbs_shape_free(shape);
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
    // SAFETY: text and handle are good.
    unsafe {
        let error = tbs_fault_panic(str::Ref::from("oops").into());
        assert_eq!(take(error), ("panic".into(), "panic: oops".into()));
        assert_eq!(
            name(tbs_fault_panic_while_locked(histogram.as_ref())),
            "panic"
        );
    }
    assert_eq!(record(histogram, 1), "poisoned");
    free(histogram);
    let mut object = MaybeUninit::<repr_c::Box<tbs_fault_panics_when_dropped>>::uninit();
    assert!(tbs_fault_panics_when_dropped_new(Some((&mut object).into())).is_none());
    // SAFETY: written on success.
    tbs_fault_panics_when_dropped_free(Some(unsafe { object.assume_init() }));
}

/// What a visitor may free.
struct Handle(*mut tbs_histogram);

// SAFETY: a handle may be used on any thread.
unsafe impl Send for Handle {}

#[test]
fn a_visitor_may_free_the_handle_and_stop() {
    let mut handle = Handle(new());
    (1..=3).for_each(|value| assert_eq!(record(handle.0, value), ""));
    let scan: tbs_scan = tbs_scan {
        kind: tbs_scan_kind::Recorded.into(),
        ticks: 0,
        step: 0,
        base: 0.0,
    };
    let histogram = handle.0;
    let mut visit = |bucket: *const tbs_bucket| {
        let handle = &mut handle;
        free(std::mem::replace(&mut handle.0, ptr::null_mut()));
        // SAFETY: valid during the call.
        i32::from(unsafe { &*bucket }.value == 2) * 7
    };
    let mut stopped = MaybeUninit::<i32>::uninit();
    let visitor = RefDynFnMut1::new(&mut visit);
    // SAFETY: the handle lives when the call begins.
    let error = unsafe {
        tbs_histogram_for_each_bucket(histogram, scan, visitor.into(), Some((&mut stopped).into()))
    };
    assert!(error.is_none());
    // SAFETY: written on success.
    assert_eq!(unsafe { stopped.assume_init() }, 7);
    assert!(handle.0.is_null());
}

/// Counts ends: of the closure that owns it.
struct End(Arc<AtomicU64>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn watch(
    histogram: *const tbs_histogram,
    limit: u64,
    (sum, ends): &(Arc<AtomicU64>, Arc<AtomicU64>),
) -> Result<repr_c::Box<tbs_watch>, String> {
    let (sum, end) = (Arc::clone(sum), End(Arc::clone(ends)));
    let watcher = ArcDynFn1::new(Arc::new(move |value| {
        let _owned = &end;
        sum.fetch_add(value, Ordering::SeqCst);
        0
    }));
    let mut watch = MaybeUninit::uninit();
    // SAFETY: NULL or a handle, and room for a watch.
    match name(unsafe { tbs_histogram_watch(histogram, limit, watcher.into(), watch.as_mut_ptr()) })
    {
        // SAFETY: written on success.
        none if none.is_empty() => Ok(unsafe { watch.assume_init() }),
        name => Err(name),
    }
}

fn end(watch: &tbs_watch) -> bool {
    // SAFETY: both pointers are good.
    must(|ended| unsafe { tbs_watch_end(watch, ended) })
}

#[test]
fn a_watcher_is_released_once_whatever_ends_it() {
    let log = (Arc::default(), Arc::default());
    let histogram = new();
    assert_eq!(
        watch(ptr::null(), 0, &log).err().as_deref(),
        Some("null_argument")
    );
    assert_eq!(
        watch(histogram, 1001, &log).err().as_deref(),
        Some("out_of_range")
    );
    assert_eq!(log.1.load(Ordering::SeqCst), 2);
    let (one, other) = (watch(histogram, 10, &log), watch(histogram, 100, &log));
    let (one, other) = (one.expect("a good limit"), other.expect("a good limit"));
    thread::scope(|scope| {
        for value in [5, 50, 500] {
            let handle = Handle(histogram);
            scope.spawn(move || {
                let handle = handle;
                assert_eq!(record(handle.0, value), "");
            });
        }
    });
    assert_eq!(log.0.load(Ordering::SeqCst), 50 + 2 * 500);
    assert!(end(&one) && !end(&one));
    assert_eq!(log.1.load(Ordering::SeqCst), 3);
    free(histogram);
    assert_eq!(log.1.load(Ordering::SeqCst), 4);
    assert!(!end(&other));
    tbs_watch_free(Some(one));
    tbs_watch_free(Some(other));
}

#[test]
fn threads_share_a_handle_and_merge_both_ways() {
    let (one, other) = (new(), new());
    assert_eq!((record(one, 1), record(other, 2)), Default::default());
    thread::scope(|scope| {
        for (into, from) in [(one, other), (other, one)] {
            let handles = (Handle(into), Handle(from));
            scope.spawn(move || {
                let (into, from) = handles;
                // SAFETY: both handles live on.
                let error = unsafe { raw::tbs_histogram_merge(into.0, from.0) };
                assert_eq!(name(error), "");
                assert_eq!(record(from.0, 3), "");
            });
        }
    });
    assert!(len(one) >= 3 && len(other) >= 3);
    free(one);
    free(other);
}
