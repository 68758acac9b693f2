//! Ruby's lock, the GVL: let go of and taken again.

use magnus::Ruby;
use std::cell::Cell;
use std::ffi::c_void;

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

/// Ruby, where the caller has it: every function here is called by Ruby.
pub fn ruby() -> Ruby {
    // SAFETY: called on Ruby's threads with the GVL, as everything that takes a `Value` is.
    unsafe { Ruby::get_unchecked() }
}
