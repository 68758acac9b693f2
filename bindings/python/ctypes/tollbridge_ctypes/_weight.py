"""What the library's memory weighs, of which Python's garbage collector would not know.

Python frees what nothing refers to at once, by its reference count. Only what is in a cycle (a
histogram whose watcher refers to it) waits for the collector, and that counts objects: 700 new ones
may be 700 histograms of 50 MiB. So live bytes are counted here, and when they have doubled since the
collector last ran, and are not few, it runs. A program that closes its histograms, or keeps all of
them, pays next to nothing.

Owners are held weakly, without callbacks: Python code that runs as an object goes can be where a
Ctrl-C is lost. Those that are gone are swept out at each look.
"""

import gc
from typing import Any
from weakref import ref

# Fewer live bytes than this are nobody's concern.
FEW = 256 << 20

_made: list[ref[Any]] = []
_came = 0  # bytes since the last look, which is due when they are not few
_most = 16  # owners at which it is due, too
_limit = FEW  # live bytes above which the collector runs


def heavy(owner: Any, weight: int) -> None:
    """Counts an owner of as many bytes as long as it lives. The collector may run."""
    global _came
    owner.weight = weight
    _made.append(ref(owner))
    _came += weight
    if _came >= FEW or len(_made) >= _most:
        _look()


def alive() -> list[Any]:
    """All owners that are left."""
    global _made
    before, _made = _made, []
    owners = [owner for each in before if (owner := each()) is not None]
    _made += map(ref, owners)
    return owners


def _look() -> None:
    global _came, _most, _limit
    live = sum(owner.weight for owner in alive())
    limit = _limit
    if live > limit and gc.isenabled():
        found = gc.collect()  # nothing, while a finalizer of another thread's collection runs
        live = sum(owner.weight for owner in alive())
        limit = 2 * live if found else live + FEW
    _came, _most = 0, 2 * len(_made) + 16
    _limit = max(min(limit, 2 * live), FEW)


def weight_of(config: Any) -> int:
    """Bytes of a histogram's counts, which follow from its configuration: it never grows.

    HdrHistogram has a count for each value that is kept apart up to a power of two, then half as many
    each time that the range doubles.
    """
    half = 1 << (2 * 10**config.significant_digits - 1).bit_length() - 1
    unit = config.lowest.bit_length() - 1
    doublings = ((config.highest >> unit) // (2 * half)).bit_length()
    return 8 * half * (2 + doublings)
