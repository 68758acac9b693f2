"""Functions that go wrong on purpose, for tests of what a panic leaves behind."""

from ._abi import tb_fault_panic, tb_fault_panic_while_locked
from ._arguments import utf8
from ._errors import failure
from ._histogram import Histogram

__all__ = ["panic", "panic_while_locked"]


def panic(text: str, /) -> None:
    """Panics with `text`: raises PanicError."""
    encoded = utf8(text)
    if error := tb_fault_panic(encoded, len(encoded)):
        raise failure(error)


def panic_while_locked(histogram: Histogram, /) -> None:
    """Panics half-way through a change: raises PanicError, and the histogram is poisoned."""
    if error := tb_fault_panic_while_locked(histogram._open()):
        raise failure(error)
