//! Watchers that keep what they were told.

use super::calls::{code, must};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use tollbridge::*;

/// What a watcher does beside noting its value.
#[derive(Clone, Copy, PartialEq, Eq, arbitrary::Arbitrary)]
pub enum Act {
    GoOn,
    /// Answers that it wants no more.
    Stop,
    /// Ends its own watch by its token, in the middle of the call.
    EndItself,
}

/// A watch, and what must have become of it.
pub struct Watch {
    state: Arc<State>,
    pub model: usize,
    pub limit: u64,
    pub act: Act,
    pub alive: bool,
    expected: Vec<u64>,
}

struct State {
    act: Act,
    told: Mutex<Vec<u64>>,
    dropped: AtomicUsize,
    token: OnceLock<Box<tb_watch>>,
}

impl Drop for State {
    fn drop(&mut self) {
        tb_watch_free(self.token.take());
    }
}

extern "C" fn watcher(user: *mut c_void, value: u64) -> i32 {
    // SAFETY: what `user` stands for lives until the destructor was called.
    let state = unsafe { &*user.cast::<State>() };
    state
        .told
        .lock()
        .expect("nothing panics under it")
        .push(value);
    if state.act == Act::EndItself {
        state.end();
    }
    i32::from(state.act == Act::Stop)
}

extern "C" fn destructor(user: *mut c_void) {
    // SAFETY: given away once in `begin`, and the destructor runs once.
    let state = unsafe { Arc::from_raw(user.cast::<State>()) };
    state.dropped.fetch_add(1, SeqCst);
}

impl State {
    fn end(&self) -> bool {
        let token = self.token.get().expect("set before anything is recorded");
        // SAFETY: both pointers are good.
        must(|ended| unsafe { tb_watch_end(&raw const **token, ended.as_mut_ptr()) })
    }
}

impl Watch {
    /// The code of the error, having seen to it that the destructor ran, where it is not `expected` to work.
    pub fn begin(
        histogram: Option<&tb_histogram>,
        model: usize,
        limit: u64,
        act: Act,
    ) -> Result<Self, i32> {
        let state = Arc::new(State {
            act,
            told: Mutex::default(),
            dropped: AtomicUsize::new(0),
            token: OnceLock::new(),
        });
        let histogram = histogram.map_or(ptr::null(), ptr::from_ref);
        let user = Arc::into_raw(Arc::clone(&state)).cast_mut().cast();
        let mut token = std::mem::MaybeUninit::uninit();
        // SAFETY: `user` is one more count of the state, which the destructor takes back.
        let error = unsafe {
            tb_histogram_watch(
                histogram,
                limit,
                Some(watcher),
                user,
                Some(destructor),
                &raw mut token,
            )
        };
        match code(error) {
            // SAFETY: written on success.
            0 => state
                .token
                .set(unsafe { token.assume_init() })
                .unwrap_or_else(|_| unreachable!()),
            code => {
                assert_eq!(
                    state.dropped.load(SeqCst),
                    1,
                    "the destructor when it fails"
                );
                return Err(code);
            }
        }
        Ok(Self {
            state,
            model,
            limit,
            act,
            alive: true,
            expected: Vec::new(),
        })
    }

    /// What was recorded, in order.
    pub fn recorded(&mut self, values: &[u64]) {
        for value in values.iter().filter(|value| **value >= self.limit) {
            if self.alive {
                self.expected.push(*value);
                self.alive = self.act == Act::GoOn;
            }
        }
    }

    pub fn end(&mut self) {
        assert_eq!(self.state.end(), self.alive);
        self.alive = false;
    }

    /// It was told what it had to be, and let go of when its time had come.
    pub fn check(&mut self) {
        let mut told = self.state.told.lock().expect("nothing panics under it");
        // Which thread came first is not known.
        told.sort_unstable();
        self.expected.sort_unstable();
        assert_eq!(*told, self.expected);
        assert_eq!(self.state.dropped.load(SeqCst), usize::from(!self.alive));
    }
}
