//! Walking a histogram's buckets.

use crate::guard::guard;
use crate::owned;
use crate::weight::Weight;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tollbridge_core::{self as core, Error};

/// Which buckets to walk: one of `Scan.Recorded()`, `Scan.Linear(step)`,
/// `Scan.Logarithmic(first, base)`, `Scan.Quantiles(ticks)`.
///
/// Parameters are checked when the scan is used. Scans are immutable values: they compare equal by
/// what they hold, and `match` reads them.
#[pyclass(frozen, eq, from_py_object, module = "tollbridge")]
#[derive(Clone, Copy, PartialEq)]
pub enum Scan {
    /// Every bucket that holds at least one value.
    Recorded {},
    /// Steps of equal width `step`, in the values' unit, from 1 to 2**62.
    Linear {
        /// Width of a step in the values' unit.
        step: u64,
    },
    /// Steps that widen by the factor `base` (above 1) from a `first` width, from 1 to 2**62.
    Logarithmic {
        /// Width of the first step in the values' unit.
        first: u64,
        /// Factor from a step's upper end to the next one's.
        base: f64,
    },
    /// Steps of equal rank, ever finer towards the maximum.
    Quantiles {
        /// Steps in each half of the distance that is left to 1.0, from 1 to 1000.
        ticks: u32,
    },
}

impl From<Scan> for core::Scan {
    fn from(scan: Scan) -> Self {
        match scan {
            Scan::Recorded {} => Self::Recorded,
            Scan::Linear { step } => Self::Linear { step },
            Scan::Logarithmic { first, base } => Self::Logarithmic { first, base },
            Scan::Quantiles { ticks } => Self::Quantiles { ticks },
        }
    }
}

impl Scan {
    /// The name of its class, its fields, and what they hold.
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<owned::Parts<'py>> {
        Ok(match *self {
            Self::Recorded {} => ("Recorded", &[], PyTuple::empty(py)),
            Self::Linear { step } => ("Linear", &["step"], (step,).into_pyobject(py)?),
            Self::Logarithmic { first, base } => {
                let values = (first, base).into_pyobject(py)?;
                ("Logarithmic", &["first", "base"], values)
            }
            Self::Quantiles { ticks } => ("Quantiles", &["ticks"], (ticks,).into_pyobject(py)?),
        })
    }
}

#[pymethods]
impl Scan {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (name, fields, values) = self.parts(py)?;
        owned::repr(&format!("Scan.{name}"), fields, &values)
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        let (name, _, values) = self.parts(py)?;
        (name, values).into_pyobject(py)?.hash()
    }

    /// For copies and every protocol of pickle.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        owned::reduce::<Self>(self.parts(py)?)
    }
}

/// One step of a scan. Immutable; compares by value, unpacks to `value, count, total`.
#[pyclass(frozen, eq, get_all, module = "tollbridge")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// The highest value of the step, in the values' unit.
    value: u64,
    /// How many values were recorded in this step.
    count: u64,
    /// How many were recorded up to the end of this step.
    total: u64,
}

impl From<core::Bucket> for Bucket {
    fn from(bucket: core::Bucket) -> Self {
        let core::Bucket {
            value,
            count,
            total,
        } = bucket;
        Self {
            value,
            count,
            total,
        }
    }
}

impl Bucket {
    const FIELDS: [&'static str; 3] = ["value", "count", "total"];

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.value, self.count, self.total).into_pyobject(py)
    }
}

#[pymethods]
impl Bucket {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, Self::FIELDS)
    }

    #[new]
    fn new(value: u64, count: u64, total: u64) -> Self {
        Self {
            value,
            count,
            total,
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        owned::repr("Bucket", &Self::FIELDS, &self.values(py)?)
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.values(py)?.try_iter()
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.values(py)?.hash()
    }

    /// For copies and every protocol of pickle.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (py.get_type::<Self>(), self.values(py)?).into_pyobject(py)
    }
}

/// The buckets of a histogram as it was when `buckets()` was called, made one at a time.
///
/// An iterator that needs the histogram no more: recording goes on, closing it does no harm.
/// It holds a copy of all counts until it is closed or collected; it is a context manager that
/// closes itself. Any thread may use it; each bucket goes to one of them.
#[pyclass(frozen, module = "tollbridge")]
pub struct Buckets(Mutex<Option<Snapshot>>);

/// A copy of all counts, and what it weighs.
type Snapshot = (core::Buckets, Weight);

impl Buckets {
    pub fn new(buckets: core::Buckets, weight: Weight) -> Self {
        Self(Mutex::new(Some((buckets, weight))))
    }

    /// Never held while Python code runs, so nobody waits for it with the GIL.
    fn lock(&self) -> MutexGuard<'_, Option<Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn walk<T>(&self, py: Python<'_>, step: impl FnOnce(&mut core::Buckets) -> T) -> PyResult<T> {
        guard(py, || {
            let mut open = self.lock();
            let (buckets, _) = open.as_mut().ok_or(Error::Closed {})?;
            Ok(step(buckets))
        })
    }
}

#[pymethods]
impl Buckets {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Bucket>> {
        Ok(self.walk(py, Iterator::next)?.map(Bucket::from))
    }

    /// The next at most `count` buckets as a list, which is empty at the end.
    ///
    /// Raises ClosedError after `close()`.
    #[pyo3(signature = (count, /))]
    fn take(&self, py: Python<'_>, count: usize) -> PyResult<Vec<Bucket>> {
        self.walk(py, |buckets| {
            buckets.by_ref().take(count).map(Bucket::from).collect()
        })
    }

    /// Lets go of the copied counts. Closing twice is allowed.
    fn close(&self) {
        let taken = self.lock().take();
        drop(taken); // not under the lock
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close();
    }
}
