//! Interval logs: reading them with progress and Ctrl-C, writing them.

use crate::callback::{self, call, is_false};
use crate::error::raise;
use crate::guard::guard;
use crate::histogram::Histogram;
use crate::owned;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyTuple};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;
use tollbridge_core::{self as core, Error, Shared};

/// How far `replay_log` is. Immutable; compares by value, unpacks to its fields in order.
#[pyclass(frozen, eq, get_all, module = "tollbridge")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that were read so far; compressed ones when it is compressed.
    bytes: u64,
    /// The file's size in bytes; 0 when it has none, as a pipe.
    total: u64,
    /// Histograms that were read so far.
    intervals: u64,
}

impl From<core::Progress> for Progress {
    fn from(progress: core::Progress) -> Self {
        let core::Progress {
            bytes,
            total,
            intervals,
        } = progress;
        Self {
            bytes,
            total,
            intervals,
        }
    }
}

impl Progress {
    const FIELDS: [&'static str; 3] = ["bytes", "total", "intervals"];

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.bytes, self.total, self.intervals).into_pyobject(py)
    }
}

#[pymethods]
impl Progress {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, Self::FIELDS)
    }

    #[new]
    fn new(bytes: u64, total: u64, intervals: u64) -> Self {
        Self {
            bytes,
            total,
            intervals,
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        owned::repr("Progress", &Self::FIELDS, &self.values(py)?)
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

// ANCHOR: replay
/// Reads a HdrHistogram interval log, plain or compressed with gzip: a histogram for each tag, by
/// tag in alphabetical order, which holds all that was recorded under it. "" is the tag of intervals
/// without one.
///
/// `progress` is called with a Progress before the first byte, after the last, and at least every
/// 50 ms in between, on this thread; other Python threads run meanwhile. When it returns False
/// (nothing else that is false) CancelledError is raised; what it raises comes out as it is. Ctrl-C, or
/// any signal handler that raises, ends the replay as quickly, with or without `progress`, and also
/// while a pipe has nothing to say. Whatever ends it, nothing is kept.
///
/// Raises IoError, an OSError, when the file cannot be read; MalformedLogError with the line;
/// TooManyError when the tags' sums together would take more than `memory_limit` bytes, before that
/// memory is taken; ValueError for a path with a NUL, as `open` does. A `memory_limit` of 0 is 256 MiB,
/// about 980 tags of the default configuration.
#[pyfunction]
#[pyo3(signature = (path, progress = None, *, memory_limit = 0))]
pub fn replay_log<'py>(
    py: Python<'py>,
    path: &Bound<'py, PyAny>,
    progress: Option<Bound<'py, PyAny>>,
    memory_limit: u64,
) -> PyResult<Bound<'py, PyDict>> {
    let file = FileName::of(path)?;
    let progress = progress.map(Bound::unbind);
    let mut stopped = None;
    let tick = |py: Python<'_>, now: core::Progress| {
        py.check_signals()?; // on the main thread; elsewhere Python knows none
        match &progress {
            Some(progress) => {
                let now = Bound::new(py, Progress::from(now))?.into_any();
                call(progress.bind(py), &now).map(|answer| is_false(&answer))
            }
            None => Ok(false),
        }
    };
    let result = guard(py, || {
        Ok(py.detach(|| {
            core::replay_log(&file.path, memory_limit, |now| {
                match Python::try_attach(|py| tick(py, now)) {
                    Some(Ok(false)) => return ControlFlow::Continue(()),
                    Some(Ok(true)) | None => {} // None: the interpreter ends
                    Some(Err(raised)) => stopped = Some(raised),
                }
                ControlFlow::Break(())
            })
        }))
    })?;
    if let Some(raised) = stopped {
        return Err(raised);
    }
    let histograms = PyDict::new(py);
    for (tag, histogram) in result.map_err(|error| file.raise(py, error))? {
        histograms.set_item(tag, Histogram::of(py, Shared::from(histogram))?)?;
    }
    Ok(histograms)
}
// ANCHOR_END: replay

/// A file's name as Python and as Rust have it.
struct FileName<'py> {
    given: Bound<'py, PyAny>,
    path: PathBuf,
}

impl<'py> FileName<'py> {
    /// Of a `str`, `bytes` or `os.PathLike`, as `open` takes it: names need not be UTF-8.
    fn of(path: &Bound<'py, PyAny>) -> PyResult<Self> {
        let given = callback::fspath(path)?;
        let path: PathBuf = match given.cast::<PyBytes>() {
            Ok(bytes) => fsdecode(bytes)?.extract()?,
            Err(_) => given.extract()?,
        };
        if path.as_os_str().as_encoded_bytes().contains(&0) {
            return Err(PyValueError::new_err("embedded null byte"));
        }
        Ok(Self { given, path })
    }

    /// The exception for `error`, which names the file as it was given.
    fn raise(&self, py: Python<'py>, error: Error) -> PyErr {
        let is_io = matches!(error, Error::Io { .. });
        let raised = raise(py, error);
        if is_io && let Err(problem) = raised.value(py).setattr("filename", &self.given) {
            return problem;
        }
        raised
    }
}

/// `os.fsdecode` of `bytes`.
fn fsdecode<'py>(name: &Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
    let bytes = name.as_bytes();
    // SAFETY: the memory of `bytes`; a new reference, or null with an exception.
    unsafe {
        let decoded =
            ffi::PyUnicode_DecodeFSDefaultAndSize(bytes.as_ptr().cast(), bytes.len() as isize);
        Bound::from_owned_ptr_or_err(name.py(), decoded)
    }
}

/// Writes a HdrHistogram interval log of version 1.3, as the reference implementation does.
///
/// The file is made, or emptied, at once. Every interval is one write to it, so that others see whole
/// lines; nothing is buffered. Any thread may write; other Python threads run meanwhile. It is a
/// context manager that closes itself; after `close` writing raises ClosedError. Opening or writing a
/// pipe waits for the system, and Ctrl-C is seen only afterwards.
///
/// Args:
///     path: the file's name: `str`, `bytes` or `os.PathLike`.
///     start: when the log begins, in seconds since the Unix epoch; None is now.
///
/// Raises IoError, an OSError; InvalidArgumentError when `start` is not a finite number from 0; ValueError
/// for a path with a NUL.
#[pyclass(frozen, weakref, module = "tollbridge")]
pub struct LogWriter {
    // Locked for moments only, so nobody waits for it with the GIL.
    writer: RwLock<Option<Arc<core::LogWriter>>>,
}

impl LogWriter {
    fn open(&self) -> Result<Arc<core::LogWriter>, Error> {
        let writer = self.writer.read().unwrap_or_else(PoisonError::into_inner);
        writer.clone().ok_or(Error::Closed {})
    }
}

#[pymethods]
impl LogWriter {
    #[new]
    #[pyo3(signature = (path, start = None))]
    fn new<'py>(py: Python<'py>, path: &Bound<'py, PyAny>, start: Option<f64>) -> PyResult<Self> {
        let file = FileName::of(path)?;
        let start = start.unwrap_or_else(|| {
            let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            since_epoch.map_or(0.0, |since| since.as_secs_f64())
        });
        let made = guard(py, || {
            Ok(py.detach(|| core::LogWriter::create(&file.path, start)))
        })?;
        let writer = made.map_err(|error| file.raise(py, error))?;
        Ok(Self {
            writer: RwLock::new(Some(Arc::new(writer))),
        })
    }

    /// Appends an interval that began `start` seconds after the log's start and took `seconds`, under
    /// the histogram's tag.
    ///
    /// Raises InvalidArgumentError when one of them is not a finite number from 0, IoError, ClosedError;
    /// TooManyError for a line above 8 MiB, which `replay_log` would refuse.
    #[pyo3(signature = (histogram, start, seconds, /))]
    fn write(
        &self,
        py: Python<'_>,
        histogram: &Bound<'_, Histogram>,
        start: f64,
        seconds: f64,
    ) -> PyResult<()> {
        let writer = guard(py, || self.open())?;
        histogram.get().handle().detached(py, |shared| {
            writer.write(&shared.snapshot()?, start, seconds)
        })
    }

    /// Whether it was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.open().is_err()
    }

    /// Closes the file; what is being written on other threads is written. Closing twice is allowed.
    fn close(&self, py: Python<'_>) {
        let taken = self
            .writer
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        py.detach(|| drop(taken)); // closing may wait for a disk
    }

    fn __enter__(this: &Bound<'_, Self>) -> PyResult<Py<Self>> {
        guard(this.py(), || this.get().open())?;
        Ok(this.clone().unbind())
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close(_exception.py());
    }
}
