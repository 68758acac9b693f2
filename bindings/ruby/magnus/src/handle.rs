//! The closable handle, and the rule for two locks.
//!
//! The GVL is never held while waiting for the histogram's lock, and never taken under it:
//! otherwise a thread that has one and a thread that has the other could wait for each other.
//! So a short call *tries* our lock with the GVL held, which nearly always works and costs nothing
//! more; only when another thread holds it (then without the GVL, see below) is the GVL let go of.
//! A long call lets go of the GVL first. Either way no Ruby object is touched under our lock.

use crate::callback::settle;
use crate::direct::Of;
use crate::error::Outcome;
use crate::guard::guard;
use crate::gvl::{Interrupt, ruby, without};
use crate::watch::Common;
use crate::weight::Weight;
use magnus::gc::Marker;
use magnus::value::Opaque;
use magnus::{Ruby, TryConvert, Value};
use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use tollbridge_core::{Attempt, Error, Locked, Shared};

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
