"""Functions that do as little as possible, so that calling one costs the crossing alone.

All but the two that call back are leaves: they run with the GIL held and borrow their arguments.
"""

from array import array
from collections.abc import Callable, Iterable
from ctypes import byref, c_bool, c_double, c_int32, c_uint64
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from tollbridge_ctypes._abi import (
    PyByteArray_FromStringAndSize,
    PyBytes_FromStringAndSize,
    PyUnicode_DecodeUTF8,
    finalizer,
    tb_owned,
)
from tollbridge_ctypes._arguments import U32_MAX, integer, u64, utf8
from tollbridge_ctypes._failure import failure
from tollbridge_ctypes._histogram import Histogram
from tollbridge_ctypes._owned import Bytes, Text

from ._abi import (
    ENTRY,
    POINT,
    SHAPE,
    SHAPE_CIRCLE,
    SHAPE_DOT,
    SHAPE_LABEL,
    tb_f64s_free,
    tb_map_free,
    tb_point,
    tb_points_free,
    tb_probe_add,
    tb_probe_bytes_ends,
    tb_probe_bytes_sum,
    tb_probe_call_back,
    tb_probe_call_back_from_new_thread,
    tb_probe_echo,
    tb_probe_f64_ends,
    tb_probe_f64_sum,
    tb_probe_fail,
    tb_probe_half,
    tb_probe_make_bytes,
    tb_probe_make_f64,
    tb_probe_make_map,
    tb_probe_make_point,
    tb_probe_make_points,
    tb_probe_make_shape,
    tb_probe_make_str,
    tb_probe_map_sum,
    tb_probe_nop,
    tb_probe_point_in,
    tb_probe_points_ends,
    tb_probe_points_sum,
    tb_probe_record_from_new_thread,
    tb_probe_scale_in_place,
    tb_probe_shape_in,
    tb_probe_str_chars,
    tb_probe_str_len,
    tb_shape,
    tb_shape_free,
)
from ._arguments import borrowed_bytes, borrowed_doubles, writable_doubles
from ._callbacks import answer_number, call_with

if TYPE_CHECKING:
    from collections.abc import Buffer

    import numpy

__all__ = [
    "Point",
    "Shape",
    "add",
    "bytes_ends",
    "bytes_sum",
    "call_back",
    "call_back_from_new_thread",
    "echo",
    "f64_ends",
    "f64_sum",
    "fail",
    "half",
    "make_bytes",
    "make_f64",
    "make_f64_array",
    "make_map",
    "make_point",
    "make_points",
    "make_shape",
    "make_str",
    "map_sum",
    "nop",
    "point_in",
    "points_ends",
    "points_sum",
    "record_from_new_thread",
    "scale_in_place",
    "shape_in",
    "str_chars",
    "str_len",
]


def nop() -> None:
    """Nothing."""
    tb_probe_nop()


def add(a: int, b: int, /) -> int:
    """`a + b` modulo 2**64."""
    return tb_probe_add(u64(a), u64(b))


def half(number: int | None, /) -> int | None:
    """Half of an even number; None for an odd one and for None."""
    some = number is not None
    found, value = c_bool(), c_uint64()
    if error := tb_probe_half(some, u64(number) if some else 0, byref(found), byref(value)):
        raise failure(error)
    return value.value if found else None


def _number_of_text(function: Callable[..., int | None], text: str) -> int:
    encoded, result = utf8(text), c_uint64()
    if error := function(encoded, len(encoded), byref(result)):
        raise failure(error)
    return result.value


def str_len(text: str, /) -> int:
    """Length in bytes of UTF-8."""
    return _number_of_text(tb_probe_str_len, text)


def str_chars(text: str, /) -> int:
    """Number of characters."""
    return _number_of_text(tb_probe_str_chars, text)


AnyOwned = TypeVar("AnyOwned", bound=tb_owned)


def _made(owned: AnyOwned, make: Callable[..., int | None], *arguments: Any) -> AnyOwned:
    """What a function that hands over memory made, freed with it."""
    if error := make(*arguments, byref(owned)):
        raise failure(error)
    return owned


def _text(make: Callable[..., int | None], *arguments: Any) -> str:
    text = _made(Text(), make, *arguments)
    return PyUnicode_DecodeUTF8(text.data, text.length, None)


def echo(text: str, /) -> str:
    """The text itself, copied."""
    encoded = utf8(text)
    return _text(tb_probe_echo, encoded, len(encoded))


def make_str(n: int, wide: bool, /) -> str:
    """`n` characters: `abc…z` repeated, or `é` repeated when `wide`."""
    if not isinstance(wide, bool):
        raise TypeError(f"a bool is needed, not {type(wide).__name__}")
    return _text(tb_probe_make_str, u64(n), wide)


def _number_of_bytes(function: Callable[..., int | None], data: Any) -> int:
    (borrowed, length), result = borrowed_bytes(data), c_uint64()
    if error := function(borrowed, length, byref(result)):
        raise failure(error)
    return result.value


def bytes_ends(data: "Buffer", /) -> int:
    """Length + first + last byte; 0 when empty."""
    return _number_of_bytes(tb_probe_bytes_ends, data)


def bytes_sum(data: "Buffer", /) -> int:
    """Sum of all bytes."""
    return _number_of_bytes(tb_probe_bytes_sum, data)


def make_bytes(n: int, /) -> bytes:
    """`n` bytes: 0, 1, … 255, 0, …"""
    owned = _made(Bytes(), tb_probe_make_bytes, u64(n))
    return PyBytes_FromStringAndSize(owned.data, owned.length)


def _number_of_doubles(function: Callable[..., int | None], values: Any) -> float:
    (borrowed, length), result = borrowed_doubles(values), c_double()
    if error := function(borrowed, length, byref(result)):
        raise failure(error)
    return result.value


def f64_ends(values: "Buffer | Iterable[float]", /) -> float:
    """Length + first + last; 0.0 when empty."""
    return _number_of_doubles(tb_probe_f64_ends, values)


def f64_sum(values: "Buffer | Iterable[float]", /) -> float:
    """Sum in order, from 0.0."""
    return _number_of_doubles(tb_probe_f64_sum, values)


class Doubles(tb_owned):
    """Doubles that C hands out, freed with this object."""

    __del__ = finalizer(tb_f64s_free)


def _doubles(n: int) -> bytearray:
    owned = _made(Doubles(), tb_probe_make_f64, u64(n))
    return PyByteArray_FromStringAndSize(owned.data, 8 * owned.length)


def make_f64(n: int, /) -> list[float]:
    """0.0, 1.0, … n - 1, as a list."""
    return memoryview(_doubles(n)).cast("d").tolist()


def make_f64_array(n: int, /) -> "numpy.ndarray":
    """0.0, 1.0, … n - 1, as a NumPy array of its own memory.

    Raises ImportError without NumPy.
    """
    import numpy

    return numpy.frombuffer(_doubles(n), numpy.float64)


def scale_in_place(values: "Buffer", factor: float, /) -> None:
    """Multiplies each double of a writable buffer where it stands.

    Raises TypeError for what is not a writable, contiguous, one-dimensional buffer of doubles.
    """
    borrowed, length = writable_doubles(values)
    if error := tb_probe_scale_in_place(borrowed, length, c_double(factor)):
        raise failure(error)


class _Fields(NamedTuple):
    id: int
    x: float
    y: float
    flags: int


class Point(_Fields):
    """A flat record: integers of 64 and 32 bits, and two floats. Immutable."""

    __slots__ = ()

    def __new__(cls, id: int, x: float, y: float, flags: int) -> Self:
        """A point of values that fit."""
        fields = u64(id), c_double(x).value, c_double(y).value, integer(flags, U32_MAX)
        return tuple.__new__(cls, fields)


# A Point of a tuple that fits, without Python code in between.
_point_of = partial(tuple.__new__, Point)


def _packed_points(points: Iterable[Any]) -> bytes:
    points = list(points)
    for kind in set(map(type, points)):
        if not issubclass(kind, Point):
            raise TypeError(f"a Point is needed, not {kind.__name__}")
    return b"".join([POINT.pack(*point) for point in points])


def point_in(point: Point, /) -> float:
    """`id + x + y + flags`."""
    packed, result = _packed_points((point,)), c_double()
    if error := tb_probe_point_in(packed, byref(result)):
        raise failure(error)
    return result.value


def make_point(n: int, /) -> Point:
    """The point `n, n / 2, -1, n & 7`."""
    point = tb_point()
    if error := tb_probe_make_point(u64(n), byref(point)):
        raise failure(error)
    return _point_of(POINT.unpack_from(point))


def _number_of_points(function: Callable[..., int | None], points: Iterable[Point]) -> float:
    packed, result = _packed_points(points), c_double()
    if error := function(packed, len(packed) // POINT.size, byref(result)):
        raise failure(error)
    return result.value


def points_ends(points: list[Point], /) -> float:
    """Length + `point_in` of the first + of the last; 0.0 when empty."""
    return _number_of_points(tb_probe_points_ends, points)


def points_sum(points: list[Point], /) -> float:
    """Sum of `point_in`."""
    return _number_of_points(tb_probe_points_sum, points)


class Points(tb_owned):
    """Points that C hands out, freed with this object."""

    __del__ = finalizer(tb_points_free)


def make_points(n: int, /) -> list[Point]:
    """`make_point` of 0 to n - 1."""
    owned = _made(Points(), tb_probe_make_points, u64(n))
    packed = PyBytes_FromStringAndSize(owned.data, owned.length * POINT.size)
    return list(map(_point_of, POINT.iter_unpack(packed)))


class Shape:
    """A tagged enum: one of its nested classes. Immutable; `match` reads it."""

    __slots__ = ()
    Dot: type["Dot"]
    Circle: type["Circle"]
    Label: type["Label"]


@dataclass(frozen=True, slots=True)
class Dot(Shape):
    """Without payload."""


@dataclass(frozen=True, slots=True)
class Circle(Shape):
    """With a float."""

    radius: float

    def __post_init__(self) -> None:
        """Refuses what is no float."""
        c_double(self.radius)


@dataclass(frozen=True, slots=True)
class Label(Shape):
    """With text."""

    text: str

    def __post_init__(self) -> None:
        """Refuses what is no text."""
        utf8(self.text)


for _kind in (Dot, Circle, Label):
    setattr(Shape, _kind.__name__, _kind)
    _kind.__qualname__ = f"Shape.{_kind.__name__}"


def shape_in(shape: Shape, /) -> float:
    """0 for a dot, 3·r·r for a circle, the number of characters of a label."""
    match shape:
        case Dot():
            native = tb_shape(SHAPE_DOT)
        case Circle(radius):
            native = tb_shape(SHAPE_CIRCLE, radius)
        case Label(label):
            text = utf8(label)
            native = tb_shape(SHAPE_LABEL, 0.0, text, len(text))
        case _:
            raise TypeError(f"a Shape is needed, not {type(shape).__name__}")
    result = c_double()
    if error := tb_probe_shape_in(byref(native), byref(result)):
        raise failure(error)
    return result.value


class NativeShape(tb_shape):
    """A shape that C hands out, freed with this object."""

    __del__ = finalizer(tb_shape_free)


def make_shape(n: int, /) -> Shape:
    """By `n % 3`: a dot, a circle of radius n, a label with n in decimal."""
    native = NativeShape()
    if error := tb_probe_make_shape(u64(n), byref(native)):
        raise failure(error)
    kind, radius, text, length = SHAPE.unpack_from(native)
    if kind == SHAPE_DOT:
        return Dot()
    if kind == SHAPE_CIRCLE:
        return Circle(radius)
    return Label(PyUnicode_DecodeUTF8(text, length, None))


def map_sum(entries: dict[str, int], /) -> int:
    """Sum of the values (modulo 2**64) and of the keys' lengths in bytes."""
    if not isinstance(entries, dict):
        raise TypeError(f"a dict is needed, not {type(entries).__name__}")
    keys = [utf8(key) for key in entries]
    # One piece of memory for all keys: they are borrowed by address, so it must stay where it is.
    memory = array("B", b"".join(keys))
    starts = accumulate(map(len, keys), initial=memory.buffer_info()[0])
    values = map(u64, list(entries.values()))
    rows = zip(starts, map(len, keys), values, strict=False)
    packed, result = b"".join([ENTRY.pack(*row) for row in rows]), c_uint64()
    if error := tb_probe_map_sum(packed, len(keys), byref(result)):
        raise failure(error)
    return result.value


class Map(tb_owned):
    """Keys and values that C hands out, freed with this object."""

    __del__ = finalizer(tb_map_free)


def make_map(n: int, /) -> dict[str, int]:
    """`n` entries: `k000000` → 0, `k000001` → 1, …"""
    owned = _made(Map(), tb_probe_make_map, u64(n))
    packed = PyBytes_FromStringAndSize(owned.data, owned.length * ENTRY.size)
    rows = ENTRY.iter_unpack(packed)
    return {PyUnicode_DecodeUTF8(key, length, None): value for key, length, value in rows}


def fail(n: int, /) -> None:
    """Always raises ProbeError, with `number` n, `ratio` NaN and `text` café."""
    if error := tb_probe_fail(u64(n)):
        raise failure(error)


def _call_back(
    function: Callable[..., int | None], n: int, callback: Callable[[int], int | None]
) -> int | None:
    number, stopped, total = u64(n), c_int32(), c_uint64()
    call_with(
        callback,
        lambda key: function(number, answer_number, key, byref(stopped), byref(total)),
    )
    return None if stopped else total.value


def call_back(n: int, callback: Callable[[int], int | None], /) -> int | None:
    """Calls `callback` with 0 to n - 1 and sums what it returns (modulo 2**64).

    None when the callback returned None, which stops it. What it raises comes out as it is.
    """
    return _call_back(tb_probe_call_back, n, callback)


def call_back_from_new_thread(n: int, callback: Callable[[int], int | None], /) -> int | None:
    """`call_back` from a thread that Rust starts for it."""
    return _call_back(tb_probe_call_back_from_new_thread, n, callback)


def record_from_new_thread(histogram: Histogram, value: int, /) -> None:
    """Records a value from a thread that Rust starts for it, and waits for its end.

    Raises as `Histogram.record` does.
    """
    if error := tb_probe_record_from_new_thread(histogram._open(), u64(value)):
        raise failure(error)
