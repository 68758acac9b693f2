"""Functions that go wrong on purpose, for tests of what a panic leaves behind."""

from ctypes import c_void_p

from tollbridge_ctypes._abi import finalizer
from tollbridge_ctypes._arguments import utf8
from tollbridge_ctypes._failure import failure
from tollbridge_ctypes._histogram import Histogram
from tollbridge_ctypes._owned import Owned

from ._abi import (
    tb_fault_panic,
    tb_fault_panic_while_locked,
    tb_fault_panics_when_dropped_free,
    tb_fault_panics_when_dropped_new,
)

__all__ = ["PanicsWhenDropped", "panic", "panic_while_locked"]


def panic(text: str, /) -> None:
    """Panics with `text`: raises PanicError."""
    encoded = utf8(text)
    if error := tb_fault_panic(encoded, len(encoded)):
        raise failure(error)


def panic_while_locked(histogram: Histogram, /) -> None:
    """Panics half-way through a change: raises PanicError, and the histogram is poisoned."""
    if error := tb_fault_panic_while_locked(histogram._open()):
        raise failure(error)


class PanicsWhenDropped(Owned):
    """An object whose destructor panics, with `dropped`. The panic ends in C, with a line on stderr."""

    def __init__(self) -> None:
        super().__init__((c_void_p(),))
        if error := tb_fault_panics_when_dropped_new(self.out()):
            raise failure(error)

    __del__ = finalizer(tb_fault_panics_when_dropped_free)
