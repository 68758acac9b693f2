//! What blocks may answer and do, and calls of them from threads that Ruby does not know.
//!
//! Such a thread can never have the GVL. A Ruby thread of our own, made when it is first needed, makes the call
//! for it while it waits. It needs a Ruby thread that is not busy: whoever waits for such a thread
//! has let go of the GVL (see `gvl`), so the two do not wait for each other.

use crate::gvl::{self, Interrupt, ruby};
use crate::raise::raise;
use magnus::error::{ErrorType, Tag};
use magnus::rb_sys::{AsRawValue, protect};
use magnus::value::Lazy;
use magnus::{Ruby, Symbol, Value};
use std::cell::Cell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

static STOP: Lazy<Symbol> = Lazy::new(|ruby| ruby.to_symbol("stop"));

/// Whether a callback's answer is `:stop`, by which callbacks ask to stop.
#[inline]
pub fn is_stop(ruby: &Ruby, answer: Value) -> bool {
    answer.as_raw() == ruby.get_inner(&STOP).as_raw()
}

/// Looks up now what would be looked up when it is first needed, as `classes::define_class` does.
pub fn define(ruby: &Ruby) {
    Lazy::force(&STOP, ruby);
}

thread_local! {
    /// How this thread goes on that was killed inside a watcher.
    static KILLED: Cell<Option<magnus::Error>> = const { Cell::new(None) };
}

/// Lets a thread die that was killed inside a watcher, once the value is recorded and Rust's frames are
/// gone. To be killed is what Ruby does to every thread when it ends.
#[inline]
pub fn settle() -> Result<(), magnus::Error> {
    KILLED.take().map_or(Ok(()), Err)
}

/// Keeps for `settle` what kills this thread; gives back what is anything else.
pub fn dies_later(raised: magnus::Error) -> Result<(), magnus::Error> {
    match raised.error_type() {
        ErrorType::Jump(Tag::Fatal) => {
            KILLED.set(Some(raised));
            Ok(())
        }
        _ => Err(raised),
    }
}

/// Whether this thread was killed inside a watcher, and is to die as soon as it can.
pub fn is_killed() -> bool {
    let killed = KILLED.take();
    let is = killed.is_some();
    KILLED.set(killed);
    is
}

type Job = Box<dyn FnOnce() + Send>;

/// Where the thread takes its jobs from, and the process that it lives in: a fork has no such thread.
static THREAD: Mutex<Option<(u32, Sender<Job>)>> = Mutex::new(None);

thread_local! {
    /// Whether this is the thread, and runs a job.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Makes the thread, if there is none or it was killed. Called with the GVL, by what lets a foreign
/// thread record. ThreadError where the system has no more threads, and in a job, which would wait for
/// the thread that it is run by.
pub fn prepare() -> Result<(), magnus::Error> {
    if BUSY.get() {
        let why = "a block that runs for a thread which is none of Ruby's cannot wait for another";
        let error = ruby().exception_thread_error();
        return Err(raise(error, why));
    }
    let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some((of, sender)) = &*thread
        && *of == process
        && sender.send(Box::new(|| {})).is_ok()
    {
        return Ok(()); // it takes jobs
    }
    let (sender, receiver) = channel::<Job>();
    let waker = Mutex::new(sender.clone());
    *thread = Some((process, sender));
    drop(thread); // to make a thread may run the collector, which may run anything
    let made = protect(|| {
        let serve = move |_: &Ruby| serve(&receiver, &waker);
        ruby().thread_create_from_fn(serve).as_raw()
    });
    if made.is_err() {
        *THREAD.lock().unwrap_or_else(PoisonError::into_inner) = None; // the next call tries again
    }
    made.map(drop)
}

/// Runs jobs with the GVL, and waits for them without, until it is interrupted: Ruby ends.
fn serve(jobs: &Receiver<Job>, waker: &Mutex<Sender<Job>>) -> Result<(), magnus::Error> {
    let wake = || {
        let waker = waker.lock().unwrap_or_else(PoisonError::into_inner);
        drop(waker.send(Box::new(|| {}))); // a job like any other, so that the wait ends
    };
    while let Ok(job) = gvl::without(Interrupt::Wake(&wake), || jobs.recv())? {
        BUSY.set(true);
        job();
        BUSY.set(false);
        settle()?; // a watcher may have been killed
        ruby().thread_check_ints()?;
    }
    Ok(())
}

/// Has `work` done on a thread of Ruby's, and waits for it. None when there is no such thread: nothing
/// was prepared, or Ruby ends.
pub fn on_rubys_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    let (answer, answered) = channel();
    let job: Box<dyn FnOnce() + Send + '_> = Box::new(move || drop(answer.send(work())));
    // SAFETY: this waits below until the job has run or was dropped, so what it borrows lives on.
    let job = unsafe { std::mem::transmute::<Box<dyn FnOnce() + Send + '_>, Job>(job) };
    let sender = {
        let thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().map(|(_, sender)| sender.clone())
    };
    if let Some(sender) = sender {
        drop(sender.send(job)); // what cannot be sent is dropped
    }
    answered.recv().ok()
}
