"""Python values as C takes them: ctypes wraps and cuts integers silently, so they are checked here.

Errors are Python's own: OverflowError for an integer that does not fit, TypeError for what is none.
"""

import sys
from array import array
from operator import index
from struct import error as StructError
from struct import pack
from typing import Any

from ._failure import invalid_text

U8_MAX, U32_MAX, U64_MAX = 2**8 - 1, 2**32 - 1, 2**64 - 1

# How buffers name a native double and a native integer of 64 bits, whose size is checked besides.
_NATIVE = ("", "@", "=", "<" if sys.byteorder == "little" else ">")
_F64 = {order + "d" for order in _NATIVE}
_U64 = {order + code for order in _NATIVE for code in "LQ"}


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


def steady_bytes(data: Any) -> bytes:
    """Bytes that no other thread can change; bytes themselves are not copied."""
    return data if type(data) is bytes else _contiguous(data).tobytes()


# ANCHOR: steady
def steady_doubles(values: Any) -> bytes:
    """Doubles in memory that no other thread can change."""
    return _copy("d", values, _view(values, _F64))


# ANCHOR_END: steady


def steady_u64s(values: Any) -> bytes:
    """Integers of 64 bits in memory that no other thread can change."""
    return _copy("Q", values, _view(values, _U64))


def _contiguous(data: Any) -> memoryview:
    view = memoryview(data)
    if not view.c_contiguous:
        raise TypeError("a contiguous buffer is needed")
    return view


def _view(values: Any, formats: set[str]) -> memoryview | None:
    """A view of a contiguous buffer of the right type, None for everything else."""
    if type(values) is list:
        return None
    try:
        view = memoryview(values)
    except TypeError:
        return None
    if view.format in formats and view.itemsize == 8 and view.ndim == 1 and view.c_contiguous:
        return view
    return None


def _copy(code: str, values: Any, view: memoryview | None) -> bytes:
    """The values in memory of our own: those of a view as they are, all others item by item."""
    if view is not None:
        return view.tobytes()
    if type(values) is list:
        try:
            return pack(f"{len(values)}{code}", *values)
        except StructError:
            pass  # `array` is slower, but says what is wrong in Python's own words
    return array(code, iter(values)).tobytes()
