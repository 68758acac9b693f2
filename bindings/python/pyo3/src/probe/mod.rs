//! What only tests and timing need: functions that do as little as possible, so that calling one costs
//! the crossing and nothing else, and `fault`. Nothing outside imports from here.

mod fault;

use crate::arguments::{Element, Export, Text, with_bytes, with_values};
use crate::callback;
use crate::fastcall::{Fastcall, definition, number};
use crate::guard::guard;
use crate::histogram::{Histogram, need_numpy};
use crate::owned;
use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyString, PyTuple};
use pyo3::{Borrowed, ffi};
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::ops::ControlFlow;
use std::slice;
use tollbridge_core::probe::{self, MapSum};
use tollbridge_core::{Error, Shared};

/// Puts all of it into the extension module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Point>()?;
    module.add_class::<Shape>()?;
    module.add_class::<fault::PanicsWhenDropped>()?;
    module.add_function(wrap_pyfunction!(bytes_sum, module)?)?;
    module.add_function(wrap_pyfunction!(call_back, module)?)?;
    module.add_function(wrap_pyfunction!(call_back_from_new_thread, module)?)?;
    module.add_function(wrap_pyfunction!(echo, module)?)?;
    module.add_function(wrap_pyfunction!(f64_ends, module)?)?;
    module.add_function(wrap_pyfunction!(f64_sum, module)?)?;
    module.add_function(wrap_pyfunction!(fail, module)?)?;
    module.add_function(wrap_pyfunction!(half, module)?)?;
    module.add_function(wrap_pyfunction!(make_bytes, module)?)?;
    module.add_function(wrap_pyfunction!(make_f64, module)?)?;
    module.add_function(wrap_pyfunction!(make_f64_array, module)?)?;
    module.add_function(wrap_pyfunction!(make_map, module)?)?;
    module.add_function(wrap_pyfunction!(make_point, module)?)?;
    module.add_function(wrap_pyfunction!(make_points, module)?)?;
    module.add_function(wrap_pyfunction!(make_shape, module)?)?;
    module.add_function(wrap_pyfunction!(make_str, module)?)?;
    module.add_function(wrap_pyfunction!(map_sum, module)?)?;
    module.add_function(wrap_pyfunction!(point_in, module)?)?;
    module.add_function(wrap_pyfunction!(points_ends, module)?)?;
    module.add_function(wrap_pyfunction!(points_sum, module)?)?;
    module.add_function(wrap_pyfunction!(record_from_new_thread, module)?)?;
    module.add_function(wrap_pyfunction!(scale_in_place, module)?)?;
    module.add_function(wrap_pyfunction!(shape_in, module)?)?;
    module.add_function(wrap_pyfunction!(str_chars, module)?)?;
    module.add_function(wrap_pyfunction!(fault::panic, module)?)?;
    module.add_function(wrap_pyfunction!(fault::panic_while_locked, module)?)?;
    add_function::<Nop, 0>(module)?;
    add_function::<Add, 2>(module)?;
    add_function::<StrLen, 1>(module)?;
    add_function::<BytesEnds, 1>(module)
}

/// Puts the function into a module.
fn add_function<F: Fastcall<N>, const N: usize>(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let function = definition::<F, N>();
    let name = module.name()?;
    // SAFETY: the definition lives as long as the process; module and name are alive.
    let function = unsafe {
        let function = ffi::PyCFunction_NewEx(function, module.as_ptr(), name.as_ptr());
        Bound::from_owned_ptr_or_err(module.py(), function)?
    };
    module.add(F::NAME, function)
}

/// Nothing.
pub struct Nop;

impl Fastcall<0> for Nop {
    const NAME: &'static CStr = c"nop";
    const DOC: &'static CStr = c"nop()\n--\n\nNothing.";

    #[inline]
    fn call<'py>(
        receiver: Borrowed<'_, 'py, PyAny>,
        []: [Borrowed<'_, 'py, PyAny>; 0],
    ) -> PyResult<Bound<'py, PyAny>> {
        probe::nop();
        Ok(receiver.py().None().into_bound(receiver.py()))
    }
}

/// `a + b` modulo 2**64.
pub struct Add;

impl Fastcall<2> for Add {
    const NAME: &'static CStr = c"add";
    const DOC: &'static CStr = c"add(a, b, /)\n--\n\n`a + b` modulo 2**64.";

    #[inline]
    fn call<'py>(
        receiver: Borrowed<'_, 'py, PyAny>,
        [a, b]: [Borrowed<'_, 'py, PyAny>; 2],
    ) -> PyResult<Bound<'py, PyAny>> {
        let sum = probe::add(number(a)?, number(b)?);
        Ok(sum.into_pyobject(receiver.py())?.into_any())
    }
}

/// Length in bytes of UTF-8.
pub struct StrLen;

impl Fastcall<1> for StrLen {
    const NAME: &'static CStr = c"str_len";
    const DOC: &'static CStr = c"str_len(text, /)\n--\n\nLength in bytes of UTF-8.";

    #[inline]
    fn call<'py>(
        receiver: Borrowed<'_, 'py, PyAny>,
        [text]: [Borrowed<'_, 'py, PyAny>; 1],
    ) -> PyResult<Bound<'py, PyAny>> {
        let length = probe::str_len(text.extract::<Text<'_>>()?.0);
        Ok(length.into_pyobject(receiver.py())?.into_any())
    }
}

/// Length + first + last byte; 0 when empty.
pub struct BytesEnds;

impl Fastcall<1> for BytesEnds {
    const NAME: &'static CStr = c"bytes_ends";
    const DOC: &'static CStr =
        c"bytes_ends(data, /)\n--\n\nLength + first + last byte; 0 when empty.";

    #[inline]
    fn call<'py>(
        receiver: Borrowed<'_, 'py, PyAny>,
        [data]: [Borrowed<'_, 'py, PyAny>; 1],
    ) -> PyResult<Bound<'py, PyAny>> {
        let ends = with_bytes(&data, |bytes| Ok(probe::bytes_ends(bytes)))?;
        Ok(ends.into_pyobject(receiver.py())?.into_any())
    }
}

/// Half of an even number; None for an odd one and for None.
#[pyfunction]
#[pyo3(signature = (number, /))]
pub fn half(py: Python<'_>, number: Option<u64>) -> PyResult<Option<u64>> {
    guard(py, || Ok(probe::half(number)))
}

/// Number of characters.
#[pyfunction]
#[pyo3(signature = (text, /))]
pub fn str_chars(py: Python<'_>, text: Text<'_>) -> PyResult<u64> {
    guard(py, || Ok(probe::str_chars(text.0)))
}

/// The text itself, copied.
#[pyfunction]
#[pyo3(signature = (text, /))]
pub fn echo(py: Python<'_>, text: Text<'_>) -> PyResult<String> {
    guard(py, || Ok(probe::echo(text.0)))
}

/// `n` characters: `abc…z` repeated, or `é` repeated when `wide`.
#[pyfunction]
#[pyo3(signature = (n, wide, /))]
pub fn make_str(py: Python<'_>, n: usize, wide: bool) -> PyResult<String> {
    guard(py, || Ok(probe::make_str(n, wide)))
}

/// Sum of all bytes.
#[pyfunction]
#[pyo3(signature = (data, /))]
pub fn bytes_sum(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<u64> {
    with_bytes(data, |bytes| guard(py, || Ok(probe::bytes_sum(bytes))))
}

/// `n` bytes: 0, 1, … 255, 0, …
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_bytes(py: Python<'_>, n: usize) -> PyResult<Bound<'_, PyBytes>> {
    PyBytes::new_with(py, n, |slots| {
        guard(py, || {
            for (slot, byte) in slots.iter_mut().zip(probe::bytes(n)) {
                *slot = byte;
            }
            Ok(())
        })
    })
}

/// Length + first + last; 0.0 when empty.
#[pyfunction]
#[pyo3(signature = (values, /))]
pub fn f64_ends(py: Python<'_>, values: &Bound<'_, PyAny>) -> PyResult<f64> {
    with_values(values, |values| guard(py, || Ok(probe::f64_ends(&values))))
}

/// Sum in order, from 0.0.
#[pyfunction]
#[pyo3(signature = (values, /))]
pub fn f64_sum(py: Python<'_>, values: &Bound<'_, PyAny>) -> PyResult<f64> {
    with_values(values, |values| guard(py, || Ok(probe::f64_sum(&values))))
}

/// 0.0, 1.0, … n - 1, as a list.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_f64(py: Python<'_>, n: usize) -> PyResult<Vec<f64>> {
    guard(py, || Ok(probe::make_f64(n)))
}

/// 0.0, 1.0, … n - 1, as a NumPy array whose memory is handed over.
///
/// Raises ImportError without NumPy.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_f64_array(py: Python<'_>, n: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    need_numpy(py)?;
    Ok(guard(py, || Ok(probe::make_f64(n)))?.into_pyarray(py))
}

/// Calls `change` with the values of a writable buffer, in place.
///
/// # Errors
/// TypeError when it is not a writable, one-dimensional, contiguous, aligned buffer of native `T`.
fn with_values_mut<T: Element, R>(
    object: &Bound<'_, PyAny>,
    change: impl FnOnce(&mut [T]) -> PyResult<R>,
) -> PyResult<R> {
    let mut view = ffi::Py_buffer::new();
    let export = Export::new(&mut view, object, ffi::PyBUF_RECORDS)?;
    match export.as_ref().and_then(|export| export.elements::<T>()) {
        // SAFETY: as in `arguments::with_values`; exported as writable, and nobody else looks meanwhile.
        Some((data, length)) => change(unsafe { slice::from_raw_parts_mut(data, length) }),
        None => Err(PyTypeError::new_err(format!(
            "a writable, contiguous, one-dimensional buffer of native {} is needed, not {}",
            std::any::type_name::<T>(),
            object.get_type().name()?,
        ))),
    }
}

/// Multiplies each double of a writable buffer where it stands.
///
/// Raises TypeError for what is not a writable, contiguous, one-dimensional buffer of doubles.
#[pyfunction]
#[pyo3(signature = (values, factor, /))]
pub fn scale_in_place(py: Python<'_>, values: &Bound<'_, PyAny>, factor: f64) -> PyResult<()> {
    with_values_mut(values, |values| {
        guard(py, || {
            probe::scale_in_place(values, factor);
            Ok(())
        })
    })
}

/// A flat record. Immutable; compares by value, unpacks to its fields in order.
#[pyclass(frozen, eq, get_all, module = "tollbridge.probe")]
#[derive(Clone, Copy, PartialEq)]
pub struct Point {
    /// An unsigned 64-bit integer.
    id: u64,
    /// A float.
    x: f64,
    /// A float.
    y: f64,
    /// An unsigned 32-bit integer.
    flags: u32,
}

impl From<probe::Point> for Point {
    fn from(point: probe::Point) -> Self {
        let probe::Point { id, x, y, flags } = point;
        Self { id, x, y, flags }
    }
}

impl From<Point> for probe::Point {
    fn from(point: Point) -> Self {
        let Point { id, x, y, flags } = point;
        Self { id, x, y, flags }
    }
}

impl Point {
    const FIELDS: [&'static str; 4] = ["id", "x", "y", "flags"];

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.id, self.x, self.y, self.flags).into_pyobject(py)
    }
}

#[pymethods]
impl Point {
    #[classattr]
    fn __match_args__(py: Python<'_>) -> PyResult<Bound<'_, PyTuple>> {
        PyTuple::new(py, Self::FIELDS)
    }

    #[new]
    fn new(id: u64, x: f64, y: f64, flags: u32) -> Self {
        Self { id, x, y, flags }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        owned::repr("Point", &Self::FIELDS, &self.values(py)?)
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

/// `id + x + y + flags`.
#[pyfunction]
#[pyo3(signature = (point, /))]
pub fn point_in(py: Python<'_>, point: &Bound<'_, Point>) -> PyResult<f64> {
    let point = (*point.get()).into();
    guard(py, || Ok(probe::point_in(&point)))
}

/// The point `n, n / 2, -1, n & 7`.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_point(py: Python<'_>, n: u64) -> PyResult<Point> {
    guard(py, || Ok(probe::make_point(n).into()))
}

/// Length + `point_in` of the first + of the last; 0.0 when empty.
#[pyfunction]
#[pyo3(signature = (points, /))]
pub fn points_ends(py: Python<'_>, points: &Bound<'_, PyList>) -> PyResult<f64> {
    let points = copy_points(points)?;
    guard(py, || Ok(probe::points_ends(&points)))
}

/// Sum of `point_in`.
#[pyfunction]
#[pyo3(signature = (points, /))]
pub fn points_sum(py: Python<'_>, points: &Bound<'_, PyList>) -> PyResult<f64> {
    let points = copy_points(points)?;
    guard(py, || Ok(probe::points_sum(&points)))
}

fn copy_points(points: &Bound<'_, PyList>) -> PyResult<Vec<probe::Point>> {
    let mut copied = Vec::with_capacity(points.len());
    for point in points {
        copied.push((*point.cast::<Point>()?.get()).into());
    }
    Ok(copied)
}

/// `make_point` of 0 to n - 1.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_points(py: Python<'_>, n: usize) -> PyResult<Vec<Point>> {
    let points = guard(py, || Ok(probe::make_points(n)))?;
    Ok(points.into_iter().map(Point::from).collect())
}

/// Text that is kept, copied out of a `str`.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedText(pub String);

impl FromPyObject<'_, '_> for OwnedText {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        object
            .extract::<Text<'_>>()
            .map(|text| Self(text.0.to_owned()))
    }
}

impl<'py> IntoPyObject<'py> for OwnedText {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = std::convert::Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        self.0.into_pyobject(py)
    }
}

/// A tagged enum: one of `Shape.Dot()`, `Shape.Circle(radius)`, `Shape.Label(text)`.
///
/// Immutable; compares by value, and `match` reads it.
#[pyclass(frozen, eq, module = "tollbridge.probe")]
#[derive(PartialEq)]
pub enum Shape {
    /// Without payload.
    Dot {},
    /// With a float.
    Circle {
        /// Its radius.
        radius: f64,
    },
    /// With text.
    Label {
        /// Its text.
        text: OwnedText,
    },
}

impl From<probe::Shape> for Shape {
    fn from(shape: probe::Shape) -> Self {
        match shape {
            probe::Shape::Dot => Self::Dot {},
            probe::Shape::Circle { radius } => Self::Circle { radius },
            probe::Shape::Label { text } => Self::Label {
                text: OwnedText(text),
            },
        }
    }
}

impl From<&Shape> for probe::Shape {
    fn from(shape: &Shape) -> Self {
        match shape {
            Shape::Dot {} => Self::Dot,
            Shape::Circle { radius } => Self::Circle { radius: *radius },
            Shape::Label { text } => Self::Label {
                text: text.0.clone(),
            },
        }
    }
}

impl Shape {
    /// The name of its class, its fields, and what they hold.
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<owned::Parts<'py>> {
        Ok(match self {
            Self::Dot {} => ("Dot", &[], PyTuple::empty(py)),
            Self::Circle { radius } => ("Circle", &["radius"], (*radius,).into_pyobject(py)?),
            Self::Label { text } => {
                let values = (text.0.as_str(),).into_pyobject(py)?;
                ("Label", &["text"], values)
            }
        })
    }
}

#[pymethods]
impl Shape {
    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (name, fields, values) = self.parts(py)?;
        owned::repr(&format!("Shape.{name}"), fields, &values)
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

/// 0 for a dot, 3·r·r for a circle, the number of characters of a label.
#[pyfunction]
#[pyo3(signature = (shape, /))]
pub fn shape_in(py: Python<'_>, shape: &Bound<'_, Shape>) -> PyResult<f64> {
    guard(py, || Ok(probe::shape_in(&shape.get().into())))
}

/// By `n % 3`: a dot, a circle of radius n, a label with n in decimal.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_shape(py: Python<'_>, n: u64) -> PyResult<Shape> {
    guard(py, || Ok(probe::make_shape(n).into()))
}

/// Sum of the values (modulo 2**64) and of the keys' lengths in bytes.
#[pyfunction]
#[pyo3(signature = (entries, /))]
pub fn map_sum(entries: &Bound<'_, PyDict>) -> PyResult<u64> {
    // A value's `__index__` may run and change the dict, which must not be walked meanwhile.
    let entries: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)> = entries.iter().collect();
    let mut sum = MapSum::default();
    for (key, value) in &entries {
        sum.add(key.extract::<Text<'_>>()?.0, value.extract::<u64>()?);
    }
    Ok(sum.get())
}

/// `n` entries: `k000000` → 0, `k000001` → 1, …
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn make_map(py: Python<'_>, n: usize) -> PyResult<BTreeMap<String, u64>> {
    guard(py, || Ok(probe::make_map(n)))
}

/// Always raises ProbeError, with `number` n, `ratio` NaN and `text` café.
#[pyfunction]
#[pyo3(signature = (n, /))]
pub fn fail(py: Python<'_>, n: u64) -> PyResult<()> {
    guard(py, || probe::fail(n))
}

// ANCHOR: ask
/// Why a callback stopped: it returned None, or raised.
type Stop = Option<PyErr>;

fn ask(callback: &Bound<'_, PyAny>, number: u64) -> ControlFlow<Stop, u64> {
    let number = match number.into_pyobject(callback.py()) {
        Ok(number) => number.into_any(),
        Err(never) => match never {},
    };
    match callback::call(callback, &number).and_then(|answer| answer.extract::<Option<u64>>()) {
        Ok(Some(answer)) => ControlFlow::Continue(answer),
        Ok(None) => ControlFlow::Break(None),
        Err(raised) => ControlFlow::Break(Some(raised)),
    }
}
// ANCHOR_END: ask

fn outcome(flow: ControlFlow<Stop, u64>) -> PyResult<Option<u64>> {
    match flow {
        ControlFlow::Continue(sum) => Ok(Some(sum)),
        ControlFlow::Break(None) => Ok(None),
        ControlFlow::Break(Some(raised)) => Err(raised),
    }
}

/// Calls `callback` with 0 to n - 1 and sums what it returns (modulo 2**64).
///
/// None when the callback returned None, which stops it. What it raises comes out as it is.
#[pyfunction]
#[pyo3(signature = (n, callback, /))]
pub fn call_back(py: Python<'_>, n: u64, callback: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    outcome(guard(py, || {
        Ok(probe::call_back(n, |number| ask(callback, number)))
    })?)
}

// ANCHOR: new_thread
/// `call_back` from a thread that Rust starts for it.
#[pyfunction]
#[pyo3(signature = (n, callback, /))]
pub fn call_back_from_new_thread(
    py: Python<'_>,
    n: u64,
    callback: Py<PyAny>,
) -> PyResult<Option<u64>> {
    let run = || {
        probe::call_back_from_new_thread(n, |number| {
            // None when the interpreter ends meanwhile.
            Python::try_attach(|py| ask(callback.bind(py), number))
                .unwrap_or(ControlFlow::Break(None))
        })
    };
    // The new thread needs the GIL, so this one must not wait with it.
    outcome(guard(py, || Ok::<_, Error>(py.detach(run)))?)
}
// ANCHOR_END: new_thread

/// Records a value from a thread that Rust starts for it, and waits for its end.
///
/// Raises as `Histogram.record` does.
#[pyfunction]
#[pyo3(signature = (histogram, value, /))]
pub fn record_from_new_thread(
    py: Python<'_>,
    histogram: &Bound<'_, Histogram>,
    value: u64,
) -> PyResult<()> {
    // The new thread needs the GIL if a watcher is told.
    let record = |shared: &Shared| probe::record_from_new_thread(shared, value);
    histogram.get().handle().detached(py, record)
}
