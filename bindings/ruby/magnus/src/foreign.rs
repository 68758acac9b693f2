//! Calls from threads that Ruby does not know.
//!
//! They can never have the GVL. A Ruby thread of our own, made when it is first needed, makes the call
//! for them while they wait. It needs a Ruby thread that is not busy: whoever waits for such a thread
//! has let go of the GVL (see `gvl`), so the two do not wait for each other.

use crate::gvl::{self, Interrupt};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

type Job = Box<dyn FnOnce() + Send>;

/// Where the thread takes its jobs from, and the process that it lives in: a fork has no such thread.
static THREAD: Mutex<Option<(u32, Sender<Job>)>> = Mutex::new(None);

/// Makes the thread, if there is none. Called with the GVL, by what lets a foreign thread record.
pub fn prepare() {
    let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if matches!(*thread, Some((of, _)) if of == process) {
        return;
    }
    let (sender, receiver) = channel();
    *thread = Some((process, sender));
    drop(thread); // to make a thread may run the collector, which may run anything
    crate::arguments::ruby().thread_create_from_fn(move |_| serve(&receiver));
}

/// Runs jobs with the GVL, and waits for them without. An interrupt ends it: Ruby is ending.
fn serve(jobs: &Receiver<Job>) {
    loop {
        // It looks up now and then, so that Ruby can end it.
        let next = gvl::without(Interrupt::Waits, || {
            jobs.recv_timeout(Duration::from_millis(100))
        });
        match next {
            Ok(Ok(job)) => job(),
            Ok(Err(RecvTimeoutError::Timeout)) => {}
            Ok(Err(RecvTimeoutError::Disconnected)) | Err(_) => return,
        }
    }
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
