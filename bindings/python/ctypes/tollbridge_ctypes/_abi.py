"""The C ABI as tollbridge.h declares it: every structure and function, once.

Functions that may wait for a lock or call back are bound so that ctypes lets go of the GIL for the
call: another thread may need the GIL to finish what is waited for. While the GIL is gone other
threads may change any buffer, so what crosses to such a function is immutable or our own copy.
Leaves only compute: they keep the GIL, which is faster, and may borrow a buffer as it is.
"""

from collections.abc import Callable
from ctypes import (
    CFUNCTYPE,
    POINTER,
    PyDLL,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_size_t,
    c_ssize_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
    sizeof,
)
from operator import itemgetter
from struct import Struct
from typing import Any

from ._library import holding_library, releasing_library

# ---- structures


class tb_error_field(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("kind", c_uint32),
        ("number", c_uint64),
        ("real", c_double),
        ("text", c_void_p),
        ("text_length", c_size_t),
    ]


FIELD_U64, FIELD_F64, FIELD_TEXT = 1, 2, 3


class tb_error_details(Structure):
    _fields_ = [
        ("code", c_int32),
        ("name", c_char_p),
        ("message", c_void_p),
        ("message_length", c_size_t),
        ("fields", POINTER(tb_error_field)),
        ("field_count", c_size_t),
    ]


class tb_owned(Structure):
    """tb_bytes, tb_text: each has a function of its own to free it."""

    _fields_ = [("data", c_void_p), ("length", c_size_t)]


class tb_config(Structure):
    _fields_ = [
        ("lowest", c_uint64),
        ("highest", c_uint64),
        ("significant_digits", c_uint8),
    ]


class tb_summary(Structure):
    _fields_ = [
        ("count", c_uint64),
        ("min", c_uint64),
        ("max", c_uint64),
        ("mean", c_double),
        ("stdev", c_double),
        ("p50", c_uint64),
        ("p90", c_uint64),
        ("p99", c_uint64),
        ("p999", c_uint64),
    ]


class tb_scan(Structure):
    _fields_ = [
        ("kind", c_uint32),
        ("ticks", c_uint32),
        ("step", c_uint64),
        ("base", c_double),
    ]


SCAN_RECORDED, SCAN_LINEAR, SCAN_LOGARITHMIC, SCAN_QUANTILES = range(4)


class tb_bucket(Structure):
    _fields_ = [("value", c_uint64), ("count", c_uint64), ("total", c_uint64)]


class tb_progress(Structure):
    _fields_ = [("bytes", c_uint64), ("total", c_uint64), ("intervals", c_uint64)]


def layout(structure: type[Structure]) -> Struct:
    """The same layout for `struct`, which reads and writes a record at once, not field by field."""
    codes = "".join(kind._type_ for _, kind in structure._fields_).replace("z", "P")
    layout = Struct(f"{codes}0Q")  # ends on the alignment of a u64, as every record here does
    assert layout.size == sizeof(structure)
    return layout


BUCKET = layout(tb_bucket)
SUMMARY = layout(tb_summary)

# ---- how to read a prototype

Error = c_void_p  # an owned tb_error *, or None for success
In = c_void_p  # the address of what is read: bytes, byref(…), an integer, None
Out = c_void_p  # the address of what is written: byref(…), an array, an integer
Memory = POINTER(tb_owned)  # what C handed out, to be freed


class Handle:
    """An Owned, whose pointer is passed."""

    from_param = itemgetter(0)


class Taken:
    """An Owned, whose pointer is taken out, which is how it is freed once."""

    from_param = list.pop


STOP, GO_ON = 1, 0
# C passes `user` on as it is: a reference to an object that is alive until the last of these calls.
tb_progress_visitor = CFUNCTYPE(c_int32, py_object, POINTER(tb_progress))
tb_watcher = CFUNCTYPE(c_int32, py_object, c_uint64)
tb_destructor = CFUNCTYPE(None, py_object)


def _bind(library: Any, prototype: Callable) -> Any:
    *arguments, result = prototype.__annotations__.values()
    function = library[prototype.__name__]
    function.argtypes, function.restype = arguments, result
    return function


# ANCHOR: waits
def leaf(prototype: Callable) -> Any:
    """Binds a function that only computes: called with the GIL held."""
    return _bind(holding_library, prototype)


def waits(prototype: Callable) -> Any:
    """Binds a function that may wait, call back or take long: called without the GIL."""
    return _bind(releasing_library, prototype)


# ANCHOR_END: waits


# ---- tollbridge.h


@leaf
def tb_version() -> c_char_p: ...


VERSION: str = tb_version().decode()


@leaf
def tb_error_code(error: Handle) -> c_int32: ...
@leaf
def tb_error_info(error: Handle, details: Out) -> None: ...
@leaf
def tb_error_free(error: Taken) -> None: ...
@leaf
def tb_bytes_free(owned: Memory) -> None: ...
@leaf
def tb_text_free(owned: Memory) -> None: ...


@waits
def tb_histogram_new(config: In, histogram: Out) -> Error: ...
@leaf
def tb_histogram_clone(histogram: Handle, clone: Out) -> Error: ...
@waits
def tb_histogram_free(histogram: Taken) -> None: ...
@waits
def tb_histogram_config(histogram: Handle, config: Out) -> Error: ...
@waits
def tb_histogram_record(histogram: Handle, value: c_uint64) -> Error: ...
@waits
def tb_histogram_record_n(histogram: Handle, value: c_uint64, count: c_uint64) -> Error: ...
@waits
def tb_histogram_record_all(histogram: Handle, values: In, length: c_size_t) -> Error: ...
@waits
def tb_histogram_record_durations(
    histogram: Handle, text: In, length: c_size_t, recorded: Out
) -> Error: ...
@waits
def tb_histogram_len(histogram: Handle, count: Out) -> Error: ...
@waits
def tb_histogram_is_empty(histogram: Handle, empty: Out) -> Error: ...
@waits
def tb_histogram_min(histogram: Handle, found: Out, value: Out) -> Error: ...
@waits
def tb_histogram_max(histogram: Handle, found: Out, value: Out) -> Error: ...
@waits
def tb_histogram_mean(histogram: Handle, found: Out, value: Out) -> Error: ...
@waits
def tb_histogram_stdev(histogram: Handle, found: Out, value: Out) -> Error: ...
@waits
def tb_histogram_value_at_quantile(
    histogram: Handle, quantile: c_double, found: Out, value: Out
) -> Error: ...
@waits
def tb_histogram_values_at_quantiles(
    histogram: Handle, quantiles: In, length: c_size_t, found: Out, values: Out
) -> Error: ...
@waits
def tb_histogram_summary(histogram: Handle, found: Out, summary: Out) -> Error: ...
@waits
def tb_histogram_tag(histogram: Handle, tag: Out) -> Error: ...
@waits
def tb_histogram_set_tag(histogram: Handle, tag: In, length: c_size_t) -> Error: ...
@waits
def tb_histogram_render(histogram: Handle, ticks: c_uint32, unit: c_double, text: Out) -> Error: ...
@waits
def tb_histogram_watch(
    histogram: Handle,
    limit: c_uint64,
    watcher: tb_watcher,
    user: py_object,
    destructor: tb_destructor,
    watch: Out,
) -> Error: ...
@waits
def tb_watch_end(watch: Handle, ended: Out) -> Error: ...
@leaf
def tb_watch_free(watch: Taken) -> None: ...
@waits
def tb_histogram_merge(histogram: Handle, other: Handle) -> Error: ...
@waits
def tb_histogram_encode(histogram: Handle, encoded: Out) -> Error: ...
@waits
def tb_histogram_decode(data: In, length: c_size_t, histogram: Out) -> Error: ...
@waits
def tb_histogram_buckets(histogram: Handle, scan: In, buckets: Out) -> Error: ...
@waits
def tb_buckets_next(buckets: Handle, into: Out, capacity: c_size_t, count: Out) -> Error: ...
@leaf
def tb_buckets_free(buckets: Taken) -> None: ...


@waits
def tb_replay_log_with_limit(
    path: In,
    length: c_size_t,
    memory_limit: c_uint64,
    progress: tb_progress_visitor,
    user: py_object,
    replay: Out,
) -> Error: ...
@leaf
def tb_replay_len(replay: Handle) -> c_size_t: ...
@leaf
def tb_replay_histogram(replay: Handle, index: c_size_t, histogram: Out) -> Error: ...
@waits
def tb_replay_free(replay: Taken) -> None: ...
@waits
def tb_log_writer_new(path: In, length: c_size_t, start: c_double, writer: Out) -> Error: ...
@waits
def tb_log_writer_write(
    writer: Handle, histogram: Handle, start: c_double, seconds: c_double
) -> Error: ...
@waits
def tb_log_writer_free(writer: Taken) -> None: ...


# ---- CPython's own: ctypes.string_at takes no more than 2 GiB, and cannot make text

# Not ctypes.pythonapi, whose functions every other user of ctypes may declare otherwise.
_python = PyDLL(None)


def _python_leaf(prototype: Callable) -> Any:
    return _bind(_python, prototype)


@_python_leaf
def PyBytes_FromStringAndSize(data: c_void_p, length: c_ssize_t) -> py_object: ...
@_python_leaf
def PyByteArray_FromStringAndSize(data: c_void_p, length: c_ssize_t) -> py_object: ...
@_python_leaf
def PyUnicode_DecodeUTF8(data: c_void_p, length: c_ssize_t, errors: c_char_p) -> py_object: ...


@_python_leaf
def PyInstanceMethod_New(function: py_object) -> py_object: ...


def finalizer(free: Any) -> Any:
    """A C function as `__del__`: CPython calls it with the object, and no Python code runs."""
    return PyInstanceMethod_New(free)
