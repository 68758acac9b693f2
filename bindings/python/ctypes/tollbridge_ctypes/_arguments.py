"""Python values as C takes them: ctypes wraps and cuts integers silently, so they are checked here.

Errors are Python's own: OverflowError for an integer that does not fit, TypeError for what is none.
"""

from array import array
from collections.abc import Iterable
from ctypes import byref, c_double, c_ubyte
from operator import index
from typing import Any

from ._errors import invalid_text

U8_MAX, U32_MAX, U64_MAX = 2**8 - 1, 2**32 - 1, 2**64 - 1

# The struct codes of a native double and of a native u64, as buffers name them.
_F64 = {"d", "@d", "=d"}
_U64 = {code for code in ("L", "Q") if array(code).itemsize == 8}
_U64 |= {"@" + code for code in _U64} | {"=Q"}


def integer(value: Any, highest: int) -> int:
    """An integer from 0 to `highest`."""
    if type(value) is not int:
        value = index(value)
    if 0 <= value <= highest:
        return value
    if value < 0:
        raise OverflowError("can't convert negative int to unsigned")
    raise OverflowError("int too big to convert")


def u64(value: Any) -> int:
    """An integer of 64 bits; the same as `integer`, for the hottest calls."""
    if type(value) is int and 0 <= value <= U64_MAX:
        return value
    return integer(value, U64_MAX)


def utf8(text: str) -> bytes:
    """Text in UTF-8; a NUL is kept, a lone surrogate raises InvalidTextError."""
    try:
        return str.encode(text)
    except UnicodeEncodeError as error:
        raise invalid_text(error.start) from None


def borrowed_bytes(data: Any) -> tuple[Any, int]:
    """What to pass for a buffer, for as long as the GIL is held, and its length in bytes."""
    if type(data) is bytes:
        return data, len(data)
    view = memoryview(data)
    if view.readonly or not view.c_contiguous:
        copied = view.tobytes()  # ctypes only borrows from writable buffers
        return copied, len(copied)
    return _borrow(view, c_ubyte), view.nbytes


def steady_bytes(data: Any) -> bytes:
    """Bytes that no other thread can change; bytes themselves are not copied."""
    return data if type(data) is bytes else memoryview(data).tobytes()


def borrowed_doubles(values: Any) -> tuple[Any, int]:
    """What to pass for doubles, for as long as the GIL is held, and how many they are."""
    view = _view(values, _F64)
    if view is None:
        values = _convert("d", values)
    elif view.readonly:
        values = array("d", view.tobytes())
    else:
        values = view
    return _borrow(values, c_double), len(values)


def writable_doubles(values: Any) -> tuple[Any, int]:
    """As `borrowed_doubles`, to write through: nothing is converted."""
    view = _view(values, _F64)
    if view is None or view.readonly:
        raise TypeError("a writable, contiguous, one-dimensional buffer of doubles is needed")
    return _borrow(view, c_double), len(view)


def steady_doubles(values: Any) -> bytes:
    """Doubles in memory that no other thread can change."""
    return _steady("d", values, _F64)


def steady_u64s(values: Any) -> bytes:
    """Integers of 64 bits in memory that no other thread can change."""
    return _steady("Q", values, _U64)


def _view(values: Any, formats: set[str]) -> memoryview | None:
    """A view of a contiguous buffer of the right type, None for everything else."""
    if type(values) is list:
        return None
    try:
        view = memoryview(values)
    except TypeError:
        return None
    fits = view.format in formats and view.ndim == 1 and view.c_contiguous
    return view if fits else None


def _convert(code: str, values: Iterable[Any]) -> array:
    # `array` would take the items of a list and the memory of bytes: hence `iter`.
    return array(code, values if type(values) is list else iter(values))


def _steady(code: str, values: Any, formats: set[str]) -> bytes:
    view = _view(values, formats)
    return _convert(code, values).tobytes() if view is None else view.tobytes()


def _borrow(buffer: Any, item: Any) -> Any:
    """A pointer to the first item, which keeps the buffer where it is while the pointer lives."""
    return byref(item.from_buffer(buffer)) if len(buffer) else None
