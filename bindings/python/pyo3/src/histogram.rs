//! The histogram's class.

use crate::arguments::{self, Element, Text};
use crate::buckets::{Bucket, Buckets, Scan};
use crate::callback;
use crate::fastcall::{Fastcall, number};
use crate::guard::guard;
use crate::handle::Handle;
use crate::owned;
use crate::watch::Watch;
use crate::weight::{Weight, collect_if_due};
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray2};
use pyo3::Borrowed;
use pyo3::exceptions::{PyImportError, PyModuleNotFoundError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyTuple, PyType};
use std::borrow::Cow;
use std::ffi::CStr;
use tollbridge_core::{self as core, Error, Shared};

/// More values than this are recorded without the GIL: a third of a millisecond of work.
const MANY_VALUES: usize = 1 << 16;

/// More quantiles than this are looked up without the GIL; each takes about two microseconds.
const MANY_QUANTILES: usize = 64;

/// Text of more bytes than this is parsed without the GIL.
const MUCH_TEXT: usize = 1 << 12;

/// A latency histogram: how often each value occurred, to a fixed number of digits.
///
/// Values are integers from 0 to `highest`, in a unit that you choose; `record_durations` alone
/// means nanoseconds. Results are exact for the bucket that a value falls into. An operation that
/// raises has changed nothing.
///
/// Any thread may use it; calls that take long let other Python threads run meanwhile. Memory is
/// freed when every handle (see `clone`) was closed or collected; use `with`, or `close()`.
/// After that every operation but `close`, `closed` and `repr` raises ClosedError. After a panic
/// half-way through a change they raise PoisonedError.
///
/// An integer outside of 0 to 2**64 - 1 is an OverflowError, what is no integer a TypeError.
///
/// Args:
///     lowest: the lowest value that can be told from 0, from 1 to 2**62 - 1.
///     highest: the highest value that can be recorded, from twice the lowest to 2**63 - 1.
///         The default is an hour in nanoseconds.
///     significant_digits: decimal digits to which values are kept apart, from 0 to 5.
///     tag: a name for the log format: at most 4096 bytes of UTF-8 without comma, line end and NUL.
///
/// Raises InvalidArgumentError, and as `tag` does.
#[pyclass(frozen, weakref, module = "tollbridge")]
pub struct Histogram(Handle);

impl Histogram {
    pub fn of(py: Python<'_>, shared: Shared) -> PyResult<Self> {
        Handle::new(py, shared).map(Self)
    }

    pub fn handle(&self) -> &Handle {
        &self.0
    }

    /// Whether walking all counts takes milliseconds, not microseconds.
    fn is_large(&self, py: Python<'_>) -> PyResult<bool> {
        self.0.with(py, |h| Ok(h.config().significant_digits > 3))
    }

    /// Runs a `call` that walks all counts: with the GIL where they are few.
    fn walk<T: Send>(
        &self,
        py: Python<'_>,
        call: impl FnOnce(&mut core::Locked<'_>) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        if self.is_large(py)? {
            self.0.detached(py, |shared| shared.with(call))
        } else {
            self.0.with(py, call)
        }
    }

    /// Runs `call` on values of Python: with the GIL where they are few, else on values of our own.
    fn with_values<T: Element + Send + Sync, R: Send>(
        &self,
        py: Python<'_>,
        values: &Bound<'_, PyAny>,
        few: usize,
        call: impl Fn(&mut core::Locked<'_>, &[T]) -> Result<R, Error> + Send + Sync,
    ) -> PyResult<R> {
        arguments::with_values(values, |values: Cow<'_, [T]>| {
            // Copied even while the GIL is held: NumPy and other extensions write without it, and
            // values that change between the check and the use would break "all or nothing".
            let values = values.into_owned();
            if values.len() <= few {
                let tried = guard(py, || self.0.try_with(py, |h| call(h, &values)))?;
                if let Ok(result) = tried {
                    return Ok(result);
                }
            }
            // Another thread is using the histogram, or it will take long.
            self.0
                .detached(py, |shared| shared.with(|h| call(h, &values)))
        })
    }
}

#[pymethods]
impl Histogram {
    #[new]
    #[pyo3(
        signature = (lowest = 1, highest = 3_600_000_000_000, significant_digits = 3, *, tag = Text("")),
        text_signature = "(lowest=1, highest=3600000000000, significant_digits=3, *, tag='')"
    )]
    fn new(
        py: Python<'_>,
        lowest: u64,
        highest: u64,
        significant_digits: u8,
        tag: Text<'_>,
    ) -> PyResult<Self> {
        let config = core::Config {
            lowest,
            highest,
            significant_digits,
        };
        let histogram = guard(py, || {
            let mut histogram = core::Histogram::new(config)?;
            histogram.set_tag(tag.0)?;
            Ok(histogram)
        })?;
        Self::of(py, histogram.into())
    }

    /// The lowest value that can be told from 0.
    #[getter]
    fn lowest(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |h| Ok(h.config().lowest))
    }

    /// The highest value that can be recorded.
    #[getter]
    fn highest(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |h| Ok(h.config().highest))
    }

    /// Decimal digits to which values are kept apart.
    #[getter]
    fn significant_digits(&self, py: Python<'_>) -> PyResult<u8> {
        self.0.with(py, |h| Ok(h.config().significant_digits))
    }

    /// How many values were recorded. The same as `len()`.
    #[getter]
    fn count(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.with(py, |h| Ok(h.len()))
    }

    /// Whether this handle was closed.
    #[getter]
    fn closed(&self) -> bool {
        self.0.is_closed()
    }

    /// A name for the log format; empty means none.
    ///
    /// Setting it raises InvalidTagError for commas, line ends and NUL, TooManyError above 4096 bytes
    /// of UTF-8, InvalidTextError for a lone surrogate.
    #[getter]
    fn tag(&self, py: Python<'_>) -> PyResult<String> {
        self.0.with(py, |h| Ok(h.tag().to_owned()))
    }

    #[setter]
    fn set_tag(&self, py: Python<'_>, tag: Text<'_>) -> PyResult<()> {
        self.0.with(py, |h| h.set_tag(tag.0))
    }

    /// Records one value `count` times; 0 times changes nothing.
    ///
    /// Raises as `record` does.
    #[pyo3(signature = (value, count, /))]
    fn record_n(&self, py: Python<'_>, value: u64, count: u64) -> PyResult<()> {
        self.0.with(py, |h| h.record_n(value, count))
    }

    /// Records every value, or none.
    ///
    /// A contiguous buffer of unsigned 64-bit integers (a NumPy array, `array.array("Q")`, a
    /// `memoryview`) is copied at once. Of every other iterable each item is converted first.
    ///
    /// Raises as `record` does; OutOfRangeError has the index of the first value that is too high.
    #[pyo3(signature = (values, /))]
    fn record_all(&self, py: Python<'_>, values: &Bound<'_, PyAny>) -> PyResult<()> {
        self.with_values(py, values, MANY_VALUES, |h, v| h.record_all(v))
    }

    /// Records durations as nanoseconds and returns how many there were, or records none.
    ///
    /// `text` holds numbers with a unit (ns, us, µs, ms, s, m, h), separated by white space:
    /// `"250us 1.5ms"`. Nothing is rounded: there is nothing finer than a nanosecond.
    ///
    /// Raises InvalidDurationError with line and column (from 1, in characters), InvalidTextError
    /// for a lone surrogate, and as `record_all` does.
    #[pyo3(signature = (text, /))]
    fn record_durations(&self, py: Python<'_>, text: Text<'_>) -> PyResult<u64> {
        let call = |h: &mut core::Locked<'_>| h.record_durations(text.0);
        if text.0.len() > MUCH_TEXT {
            self.0.detached(py, |shared| shared.with(call))
        } else {
            self.0.with(py, call)
        }
    }

    /// Whether no value was recorded.
    fn is_empty(&self, py: Python<'_>) -> PyResult<bool> {
        self.0.with(py, |h| Ok(h.is_empty()))
    }

    /// The lowest value recorded (the low end of its bucket); None when empty.
    fn min(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        self.0.with(py, |h| Ok(h.min()))
    }

    /// The highest value recorded (the high end of its bucket); None when empty.
    fn max(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        self.0.with(py, |h| Ok(h.max()))
    }

    /// The arithmetic mean, each value taken as the middle of its bucket; None when empty.
    fn mean(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.walk(py, |h| Ok(h.mean()))
    }

    /// The standard deviation of the whole population; None when empty.
    fn stdev(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.walk(py, |h| Ok(h.stdev()))
    }

    /// The value at or below which the share `quantile` of all values lies; None when empty.
    ///
    /// Raises InvalidQuantileError for NaN and what is not from 0 to 1, also when empty.
    #[pyo3(signature = (quantile, /))]
    fn value_at_quantile(&self, py: Python<'_>, quantile: f64) -> PyResult<Option<u64>> {
        self.walk(py, |h| h.value_at_quantile(quantile))
    }

    /// `value_at_quantile` for each of `quantiles`, in their order; None when empty.
    ///
    /// A contiguous buffer of doubles is copied at once, every other iterable item by item.
    ///
    /// Raises InvalidQuantileError with the index of the first bad one.
    #[pyo3(signature = (quantiles, /))]
    fn values_at_quantiles(
        &self,
        py: Python<'_>,
        quantiles: &Bound<'_, PyAny>,
    ) -> PyResult<Option<Vec<u64>>> {
        let few = if self.is_large(py)? {
            0
        } else {
            MANY_QUANTILES
        };
        self.with_values(py, quantiles, few, |h, q| h.values_at_quantiles(q))
    }

    /// The usual figures at one glance; None when empty.
    fn summary(&self, py: Python<'_>) -> PyResult<Option<Summary>> {
        Ok(self.walk(py, |h| Ok(h.summary()))?.map(Summary::from))
    }

    /// The buckets as they are now: a lazy iterator over a copy of the counts.
    ///
    /// Raises InvalidArgumentError for a parameter of `scan` that makes no sense,
    /// TooManyError when it could yield more than 2**20 buckets.
    #[pyo3(signature = (scan = Scan::Recorded {}), text_signature = "($self, scan=...)")]
    fn buckets(&self, py: Python<'_>, scan: Scan) -> PyResult<Buckets> {
        let (buckets, bytes) = self.walk(py, |h| Ok((h.buckets(scan.into())?, h.memory())))?;
        let buckets = Buckets::new(buckets, Weight::of(bytes));
        collect_if_due(py);
        Ok(buckets)
    }

    /// The buckets as a NumPy array of uint64: a row each, with value, count and total.
    ///
    /// The memory is handed over, not copied. Raises as `buckets` does, and ImportError without
    /// NumPy.
    #[pyo3(signature = (scan = Scan::Recorded {}), text_signature = "($self, scan=...)")]
    fn bucket_array<'py>(
        &self,
        py: Python<'py>,
        scan: Scan,
    ) -> PyResult<Bound<'py, PyArray2<u64>>> {
        need_numpy(py)?;
        let cells = self.0.detached(py, |shared| {
            let mut cells = Vec::new();
            for core::Bucket {
                value,
                count,
                total,
            } in shared.buckets(scan.into())?
            {
                cells.extend([value, count, total]);
            }
            Ok(cells)
        })?;
        let rows = Array2::from_shape_vec((cells.len() / 3, 3), cells)
            .map_err(|error| pyo3::exceptions::PySystemError::new_err(error.to_string()))?;
        Ok(rows.into_pyarray(py))
    }

    /// Calls `visitor` with each bucket; True if it saw them all.
    ///
    /// It stops early when the visitor returns False (nothing else that is false) or raises; its
    /// exception comes out as it is. The visitor walks a copy of the counts: it may use this
    /// histogram, and close it. Raises as `buckets` does.
    #[pyo3(signature = (visitor, scan = Scan::Recorded {}), text_signature = "($self, visitor, scan=...)")]
    fn for_each_bucket(
        &self,
        py: Python<'_>,
        visitor: &Bound<'_, PyAny>,
        scan: Scan,
    ) -> PyResult<bool> {
        for bucket in self.walk(py, |h| h.buckets(scan.into()))? {
            let bucket = Bound::new(py, Bucket::from(bucket))?.into_any();
            if callback::is_false(&callback::call(visitor, &bucket)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    // ANCHOR: watch
    /// Calls `callback` with every value that is recorded at or above `limit` from now on, through
    /// any handle.
    ///
    /// It is called on the thread that records, before `record` returns, perhaps on several at once.
    /// `record_n` tells its value once, `merge` tells nothing; of what a watcher records itself nobody is
    /// told. It may use the histogram and close it. What it raises, KeyboardInterrupt too, goes to
    /// `sys.unraisablehook` (as in a weakref's callback): the value is recorded, the watch goes on.
    /// When the interpreter ends it is called no more.
    ///
    /// The watch ends when the callback returns False (nothing else that is false), by
    /// `Watch.unwatch`, or with the last handle; then the callback is let go of. Dropping the Watch
    /// ends nothing. A callback that refers to its own histogram is found by the garbage collector.
    ///
    /// Raises OutOfRangeError for a limit above `highest`.
    #[pyo3(signature = (limit, callback, /))]
    fn watch(&self, py: Python<'_>, limit: u64, callback: &Bound<'_, PyAny>) -> PyResult<Watch> {
        let common = guard(py, || self.0.common(py))?;
        common.get().watch(limit, callback)
    }
    // ANCHOR_END: watch

    /// The percentile distribution as text, in the format of HdrHistogram's own tools.
    ///
    /// `ticks` are the steps in each half of the distance that is left to 1.0; values are divided by
    /// `unit`. Raises InvalidArgumentError for `ticks` not from 1 to 1000, and for a `unit` that is
    /// not finite and above 0.
    #[pyo3(signature = (ticks = 5, unit = 1.0))]
    fn render(&self, py: Python<'_>, ticks: u32, unit: f64) -> PyResult<String> {
        self.0.detached(py, |shared| shared.render(ticks, unit))
    }

    /// Adds every value of `other`, which may be this very histogram. The tag stays.
    ///
    /// Raises OutOfRangeError when `other` holds a value above `highest`, CountOverflowError.
    #[pyo3(signature = (other, /))]
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let other = guard(py, || other.0.common(py))?;
        let other = other.get().shared();
        self.0.detached(py, |shared| shared.merge(other))
    }

    /// The counts in HdrHistogram's V2 encoding with DEFLATE, which other implementations read.
    /// The tag is no part of it.
    fn encode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.detached(py, Shared::encode)?))
    }

    /// A histogram of what `encode` or another implementation wrote, from bytes or a buffer.
    ///
    /// Raises MalformedHistogramError. Hostile bytes cost at most 50 MiB until then, beside a copy of them.
    #[classmethod]
    #[pyo3(signature = (data, /))]
    fn decode(
        _class: &Bound<'_, PyType>,
        py: Python<'_>,
        data: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let data = arguments::steady_bytes(data)?;
        Self::of(py, guard(py, || py.detach(|| Shared::decode(&data)))?)
    }

    /// Another handle to the same histogram, to be closed by itself. `copy.copy` makes an
    /// independent histogram instead.
    fn clone(&self, py: Python<'_>) -> PyResult<Self> {
        self.0.another(py).map(Self)
    }

    /// Closes this handle; what is running on other threads finishes. Closing twice is allowed.
    fn close(&self, py: Python<'_>) {
        self.0.close(py);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.traverse(&visit)
    }

    /// For the garbage collector.
    fn __clear__(&self, py: Python<'_>) {
        self.close(py);
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        // At most 2**63 - 1 values: the same bound as Python's.
        self.0.with(py, |h| Ok(h.len() as usize))
    }

    fn __iter__(&self, py: Python<'_>) -> PyResult<Buckets> {
        self.buckets(py, Scan::Recorded {})
    }

    fn __enter__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        guard(this.py(), || this.get().0.common(this.py()))?;
        Ok(this.clone())
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.close(_exception.py());
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        // Not through `with`: a histogram that is closed or poisoned still prints.
        let look = || {
            self.0.detached(py, |shared| {
                shared.with(|h| Ok((h.config(), h.len(), h.tag().to_owned())))
            })
        };
        match look() {
            Ok((config, count, tag)) => {
                let core::Config {
                    lowest,
                    highest,
                    significant_digits,
                } = config;
                let values = (lowest, highest, significant_digits, tag, count);
                let fields = ["lowest", "highest", "significant_digits", "tag", "count"];
                let shown = owned::repr("Histogram", &fields, &values.into_pyobject(py)?)?;
                Ok(format!("<{shown}>"))
            }
            Err(_) if self.0.is_closed() => Ok("<Histogram, closed>".to_owned()),
            Err(_) => Ok("<Histogram, poisoned>".to_owned()),
        }
    }

    /// Pickles the counts and the tag.
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let restore = py.import("tollbridge._native")?.getattr("_restore")?;
        let (data, tag) = self.0.detached(py, |shared| {
            shared.snapshot().map(|h| (h.encode(), h.tag().to_owned()))
        })?;
        Ok((restore, (PyBytes::new(py, &data), tag))
            .into_pyobject(py)?
            .into_any())
    }

    /// An independent histogram with the same values and tag.
    fn __copy__(&self, py: Python<'_>) -> PyResult<Self> {
        Self::of(py, self.0.detached(py, Shared::snapshot)?.into())
    }

    /// As `copy.copy`.
    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(&self, py: Python<'_>, memo: &Bound<'_, PyDict>) -> PyResult<Self> {
        let _ = memo; // holds no Python object
        self.__copy__(py)
    }
}

/// `Histogram.record`, by the shortest way.
pub struct Record;

impl Fastcall<1> for Record {
    const NAME: &'static CStr = c"record";
    const DOC: &'static CStr = c"record($self, value, /)\n--\n
Records one value.

Raises OutOfRangeError above `highest`, CountOverflowError past 2**63 - 1 values.";

    #[inline]
    fn call<'py>(
        receiver: Borrowed<'_, 'py, PyAny>,
        [value]: [Borrowed<'_, 'py, PyAny>; 1],
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, value) = (receiver.py(), number(value)?);
        receiver
            .cast::<Histogram>()?
            .get()
            .0
            .with(py, |h| h.record(value))?;
        Ok(py.None().into_bound(py))
    }
}

/// What a pickled histogram names as its maker.
#[pyfunction]
#[pyo3(name = "_restore", signature = (data, tag, /))]
pub fn restore(py: Python<'_>, data: &Bound<'_, PyBytes>, tag: Text<'_>) -> PyResult<Histogram> {
    let data = data.as_bytes();
    let shared = guard(py, || {
        py.detach(|| {
            let mut histogram = core::Histogram::decode(data)?;
            histogram.set_tag(tag.0)?;
            Ok(Shared::from(histogram))
        })
    })?;
    Histogram::of(py, shared)
}

/// NumPy, or advice. rust-numpy would panic without it.
pub fn need_numpy(py: Python<'_>) -> PyResult<()> {
    static FOUND: pyo3::sync::PyOnceLock<()> = pyo3::sync::PyOnceLock::new();
    let advise = |error: PyErr| {
        // Whatever else ends the import, Ctrl-C for one, is no matter of what is installed.
        if !error.is_instance_of::<PyModuleNotFoundError>(py) {
            return error;
        }
        let advised = PyImportError::new_err("arrays need NumPy: pip install numpy");
        advised.set_cause(py, Some(error));
        advised
    };
    let import = || py.import("numpy").map(drop).map_err(advise);
    FOUND.get_or_try_init(py, import).copied()
}

/// The usual figures of a histogram at one glance, in the values' own unit.
///
/// Immutable; compares by value, unpacks to its fields in order.
#[pyclass(frozen, eq, get_all, module = "tollbridge")]
#[derive(Clone, Copy, PartialEq)]
pub struct Summary {
    /// How many values were recorded.
    count: u64,
    /// The lowest of them.
    min: u64,
    /// The highest of them.
    max: u64,
    /// Their arithmetic mean.
    mean: f64,
    /// The standard deviation of the whole population.
    stdev: f64,
    /// The median.
    p50: u64,
    /// The value at quantile 0.9.
    p90: u64,
    /// The value at quantile 0.99.
    p99: u64,
    /// The value at quantile 0.999.
    p999: u64,
}

impl From<core::Summary> for Summary {
    fn from(summary: core::Summary) -> Self {
        let core::Summary {
            count,
            min,
            max,
            mean,
            stdev,
            p50,
            p90,
            p99,
            p999,
        } = summary;
        Self {
            count,
            min,
            max,
            mean,
            stdev,
            p50,
            p90,
            p99,
            p999,
        }
    }
}

impl Summary {
    const FIELDS: [&'static str; 9] = [
        "count", "min", "max", "mean", "stdev", "p50", "p90", "p99", "p999",
    ];

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let Self {
            count,
            min,
            max,
            mean,
            stdev,
            p50,
            p90,
            p99,
            p999,
        } = *self;
        (count, min, max, mean, stdev, p50, p90, p99, p999).into_pyobject(py)
    }
}

#[pymethods]
impl Summary {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, Self::FIELDS)
    }

    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        count: u64,
        min: u64,
        max: u64,
        mean: f64,
        stdev: f64,
        p50: u64,
        p90: u64,
        p99: u64,
        p999: u64,
    ) -> Self {
        Self {
            count,
            min,
            max,
            mean,
            stdev,
            p50,
            p90,
            p99,
            p999,
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        owned::repr("Summary", &Self::FIELDS, &self.values(py)?)
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
