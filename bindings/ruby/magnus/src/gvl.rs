//! The closable handle, and the rule for two locks.
//!
//! The GVL is never held while waiting for the histogram's lock, and never taken under it:
//! otherwise a thread that has one and a thread that has the other could wait for each other.
//! So a short call *tries* our lock with the GVL held, which nearly always works and costs nothing
//! more; only when another thread holds it (then without the GVL, see below) is the GVL let go of.
//! A long call lets go of the GVL first. Either way no Ruby object is touched under our lock.

use crate::arguments::ruby;
use crate::direct::Of;
use crate::errors::{Outcome, guard};
use crate::watch::{Common, settle};
use magnus::gc::Marker;
use magnus::value::Opaque;
use magnus::{Ruby, TryConvert, Value};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::hint::black_box;
use std::sync::Arc;
use tollbridge_core::{Attempt, Config, Error, Locked, Shared};

thread_local! {
    /// Whether this thread is in `without`.
    static DETACHED: Cell<bool> = const { Cell::new(false) };
}

/// How Ruby ends what waits without the GVL, when the thread is interrupted.
#[derive(Clone, Copy)]
pub enum Interrupt<'a> {
    /// Not at all: it ends soon by itself.
    Waits,
    /// A system call is interrupted, by a signal.
    Io,
    /// By calling this, on another thread and without the GVL.
    Wake(&'a (dyn Fn() + Sync)),
}

// ANCHOR: without
/// Runs `work` without the GVL: other Ruby threads run meanwhile. It must not touch Ruby.
///
/// Ruby's own function would let a pending interrupt (Thread#raise, Timeout, a signal) leave by
/// longjmp, over Rust's frames. This variant comes back instead, and the interrupt becomes an Err.
pub fn without<T>(interrupt: Interrupt<'_>, work: impl FnOnce() -> T) -> Result<T, magnus::Error> {
    struct Call<F, T> {
        work: Option<F>,
        result: Option<std::thread::Result<T>>,
    }
    unsafe extern "C" fn run<F: FnOnce() -> T, T>(call: *mut c_void) -> *mut c_void {
        // SAFETY: what is passed below, alive until this returns.
        let call = unsafe { &mut *call.cast::<Call<F, T>>() };
        let before = DETACHED.replace(true);
        let work = call.work.take();
        // A panic must not cross Ruby's frames: it goes on once they are gone.
        let work = std::panic::AssertUnwindSafe(|| work.map(|work| work()));
        call.result = std::panic::catch_unwind(work).transpose();
        DETACHED.set(before);
        std::ptr::null_mut()
    }
    fn runner<F: FnOnce() -> T, T>(
        _: &Call<F, T>,
    ) -> unsafe extern "C" fn(*mut c_void) -> *mut c_void {
        run::<F, T>
    }
    let mut call = Call {
        work: Some(work),
        result: None,
    };
    unsafe extern "C" fn wake(wake: *mut c_void) {
        // SAFETY: what is passed below, alive as long as Ruby may call this. It must not panic.
        unsafe { (*wake.cast::<&(dyn Fn() + Sync)>())() }
    }
    let mut waker: &(dyn Fn() + Sync) = &|| {};
    let unblock: rb_sys::rb_unblock_function_t = match interrupt {
        Interrupt::Waits => None,
        // SAFETY: Ruby's RUBY_UBF_IO, a number that it knows and never calls.
        Interrupt::Io => unsafe { std::mem::transmute::<isize, rb_sys::rb_unblock_function_t>(-1) },
        Interrupt::Wake(by) => {
            waker = by;
            Some(wake)
        }
    };
    loop {
        let function = runner(&call);
        // SAFETY: the function and its argument fit; this thread has the GVL.
        unsafe {
            let argument = (&raw mut call).cast();
            let waker = (&raw mut waker).cast();
            rb_sys::rb_thread_call_without_gvl2(Some(function), argument, unblock, waker);
        }
        match call.result {
            Some(Ok(result)) => return Ok(result),
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            // An interrupt was pending, and nothing ran.
            None => ruby().thread_check_ints()?,
        }
    }
}
// ANCHOR_END: without

/// Runs `work` with the GVL, on a thread of Ruby's that is in `without`, or that has it.
pub fn with<T>(work: impl FnOnce() -> T) -> T {
    struct Call<F, T> {
        work: Option<F>,
        result: Option<T>,
    }
    unsafe extern "C" fn run<F: FnOnce() -> T, T>(call: *mut c_void) -> *mut c_void {
        // SAFETY: what is passed below, alive until this returns.
        let call = unsafe { &mut *call.cast::<Call<F, T>>() };
        let before = DETACHED.replace(false);
        call.result = call.work.take().map(|work| work());
        DETACHED.set(before);
        std::ptr::null_mut()
    }
    fn runner<F: FnOnce() -> T, T>(
        _: &Call<F, T>,
    ) -> unsafe extern "C" fn(*mut c_void) -> *mut c_void {
        run::<F, T>
    }
    if !DETACHED.get() {
        return work();
    }
    let mut call = Call {
        work: Some(work),
        result: None,
    };
    let function = runner(&call);
    // SAFETY: the function and its argument fit; this thread is Ruby's, and without the GVL.
    unsafe { rb_sys::rb_thread_call_with_gvl(Some(function), (&raw mut call).cast()) };
    match call.result {
        Some(result) => result,
        None => unreachable!("the function has run"),
    }
}

/// Whether Ruby knows this thread, so that it may have the GVL.
pub fn is_rubys_thread() -> bool {
    unsafe extern "C" {
        // Exported, but in no header.
        fn ruby_native_thread_p() -> std::ffi::c_int;
    }
    // SAFETY: may be asked on any thread.
    unsafe { ruby_native_thread_p() != 0 }
}

/// What Ruby's collector is told of a histogram's memory. Otherwise it would see a small object, and
/// let many of them pile up. To be dropped with the GVL, by the collector or not.
pub struct Weight(isize);

impl Weight {
    /// About what the counts take: a bucket for each doubling of the range, in so many parts.
    pub fn new(config: &Config) -> Self {
        let parts = (2 * 10_u64.pow(config.significant_digits.into())).next_power_of_two();
        let doublings = (config.highest / config.lowest / parts).checked_ilog2();
        let counts = (u64::from(doublings.unwrap_or(0)) + 3) * (parts / 2);
        let bytes = counts as isize * size_of::<u64>() as isize;
        // SAFETY: with the GVL, since the caller makes a Ruby object.
        unsafe { rb_sys::rb_gc_adjust_memory_usage(bytes as _) };
        Self(bytes)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        // SAFETY: with the GVL; the collector allows it while it sweeps.
        unsafe { rb_sys::rb_gc_adjust_memory_usage(-self.0 as _) };
    }
}

/// What the handles of a histogram share, and drop with the GVL.
struct Owned {
    shared: Shared,
    _weight: Option<Weight>,
}

impl Owned {
    fn new(shared: Shared) -> Self {
        let weight = shared.config().ok().as_ref().map(Weight::new);
        Self {
            shared,
            _weight: weight,
        }
    }
}

/// What a handle stands for until it is closed.
struct Open {
    histogram: Arc<Owned>,
    common: Opaque<Value>,
}

/// A histogram during a call, which lasts though every handle be closed meanwhile. For the stack: the
/// collector finds there what owns the watchers.
pub struct Held {
    histogram: Arc<Owned>,
    pub common: Of<Common>,
}

impl Held {
    pub fn shared(&self) -> &Shared {
        &self.histogram.shared
    }
}

/// A handle that can be closed, also while other threads use it: what runs already runs to its end.
///
/// Looked at and changed with the GVL only, and never while Ruby code runs, so nothing waits for it.
#[derive(Default)]
pub struct Handle(RefCell<Option<Open>>);

impl Handle {
    /// Takes a histogram in place of what this handle had.
    pub fn set(&self, ruby: &Ruby, shared: Shared) {
        let common = Common::wrap(ruby);
        let histogram = Arc::new(Owned::new(shared));
        self.replace(Some(Open {
            histogram,
            common: common.object().into(),
        }));
        black_box(common.object());
    }

    /// Another handle to the same histogram.
    pub fn share(&self) -> Outcome<Self> {
        let Held { histogram, common } = self.hold()?;
        let common = common.object().into();
        Ok(Self(RefCell::new(Some(Open { histogram, common }))))
    }

    /// Lets go of the histogram, which is freed with its last handle. Closing twice is allowed.
    pub fn close(&self) {
        self.replace(None);
    }

    fn replace(&self, open: Option<Open>) {
        drop(self.0.replace(open)); // which borrows no more: that frees, and takes its time
    }

    pub fn is_closed(&self) -> bool {
        self.0.borrow().is_none()
    }

    pub fn hold(&self) -> Outcome<Held> {
        match &*self.0.borrow() {
            Some(open) => Ok(Held {
                histogram: Arc::clone(&open.histogram),
                common: Of::try_convert(ruby().get_inner(open.common))?,
            }),
            None => Err(Error::Closed {}.into()),
        }
    }

    // ANCHOR: with
    /// A short call: with the GVL, unless another thread is using the histogram.
    ///
    /// `call` may borrow nothing from Ruby: it may run without the GVL.
    #[inline]
    pub fn with<T>(&self, call: impl FnOnce(&mut Locked<'_>) -> Result<T, Error>) -> Outcome<T> {
        guard(|| {
            let borrowed = self.0.borrow();
            let Some(open) = &*borrowed else {
                return Err(Error::Closed {}.into());
            };
            let common = ruby().get_inner(open.common);
            match open.histogram.shared.try_with(call) {
                Ok(Attempt { result, pending }) => {
                    drop(borrowed);
                    pending.notify(); // nothing is locked any more
                    black_box(common); // until here the collector sees what owns the watchers
                    settle()?;
                    Ok(result?)
                }
                Err(call) => {
                    drop(borrowed);
                    self.held(|shared| shared.with(call))
                }
            }
        })
    }
    // ANCHOR_END: with

    /// A long call: without the GVL, from its beginning.
    pub fn detached<T>(&self, call: impl FnOnce(&Shared) -> Result<T, Error>) -> Outcome<T> {
        guard(|| self.held(call))
    }

    fn held<T>(&self, call: impl FnOnce(&Shared) -> Result<T, Error>) -> Outcome<T> {
        let held = self.hold()?;
        let result = without(Interrupt::Waits, || call(held.shared()))?;
        black_box(held.common.object());
        settle()?;
        Ok(result?)
    }

    pub fn mark(&self, marker: &Marker) {
        if let Some(open) = &*self.0.borrow() {
            marker.mark(open.common);
        }
    }
}
