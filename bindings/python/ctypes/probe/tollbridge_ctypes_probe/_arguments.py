"""Buffers that are borrowed while the GIL is held: only a leaf may do so."""

from ctypes import addressof, alignment, byref, c_double, c_ubyte
from typing import Any

from tollbridge_ctypes._arguments import _F64, _contiguous, _copy, _view


def borrowed_bytes(data: Any) -> tuple[Any, int]:
    """What to pass for a buffer, for as long as the GIL is held, and its length in bytes."""
    if type(data) is bytes:
        return data, len(data)
    view = _contiguous(data)
    # ctypes only borrows from writable buffers.
    return (view.tobytes() if view.readonly else _borrow(view, c_ubyte)), view.nbytes


# ANCHOR: borrowed
def borrowed_doubles(values: Any) -> tuple[Any, int]:
    """What to pass for doubles, for as long as the GIL is held, and how many they are."""
    view = _view(values, _F64)
    if view is not None and not view.readonly:
        return _borrow(view, c_double), len(view)
    copied = _copy("d", values, view)
    return copied, len(copied) // 8


# ANCHOR_END: borrowed


def writable_doubles(values: Any) -> tuple[Any, int]:
    """As `borrowed_doubles`, to write through: nothing is converted."""
    view = _view(values, _F64)
    if view is None or view.readonly:
        raise TypeError("a writable, contiguous, one-dimensional buffer of doubles is needed")
    if len(view) > 0 and addressof(c_double.from_buffer(view)) % alignment(c_double):
        raise TypeError("the buffer is not aligned for doubles")
    return _borrow(view, c_double), len(view)


def _borrow(buffer: Any, item: Any) -> Any:
    """A pointer to the first item, which keeps the buffer where it is while the pointer lives."""
    return byref(item.from_buffer(buffer)) if buffer.nbytes else None
