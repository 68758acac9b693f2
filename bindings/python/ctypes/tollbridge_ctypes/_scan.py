"""Which buckets to walk."""

from ctypes import c_double
from dataclasses import dataclass
from typing import Any

from ._abi import SCAN_LINEAR, SCAN_LOGARITHMIC, SCAN_QUANTILES, SCAN_RECORDED, tb_scan
from ._arguments import U32_MAX, integer, u64


class Scan:
    """Which buckets to walk: one of its nested classes. Immutable; `match` reads it."""

    __slots__ = ()
    Recorded: type["Recorded"]
    Linear: type["Linear"]
    Logarithmic: type["Logarithmic"]
    Quantiles: type["Quantiles"]


@dataclass(frozen=True, slots=True)
class Recorded(Scan):
    """Every bucket that holds at least one value."""


@dataclass(frozen=True, slots=True)
class Linear(Scan):
    """Steps of equal width: `step` in the values' unit, from 1 to 2**62."""

    step: int

    def __post_init__(self) -> None:
        """Refuses what does not fit."""
        u64(self.step)


@dataclass(frozen=True, slots=True)
class Logarithmic(Scan):
    """Steps that widen: the first one's width from 1 to 2**62, the factor finite and above 1."""

    first: int
    base: float

    def __post_init__(self) -> None:
        """Refuses what does not fit."""
        u64(self.first)
        c_double(self.base)


@dataclass(frozen=True, slots=True)
class Quantiles(Scan):
    """Steps of equal rank: `ticks` in each half of the distance to 1.0, from 1 to 1000."""

    ticks: int

    def __post_init__(self) -> None:
        """Refuses what does not fit."""
        integer(self.ticks, U32_MAX)


for _kind in (Recorded, Linear, Logarithmic, Quantiles):
    setattr(Scan, _kind.__name__, _kind)
    _kind.__qualname__ = f"Scan.{_kind.__name__}"

RECORDED = Recorded()


def native_scan(scan: Any) -> tb_scan:
    """The scan as C takes it."""
    match scan:
        case Recorded():
            return tb_scan(kind=SCAN_RECORDED)
        case Linear(step):
            return tb_scan(kind=SCAN_LINEAR, step=step)
        case Logarithmic(first, base):
            return tb_scan(kind=SCAN_LOGARITHMIC, step=first, base=base)
        case Quantiles(ticks):
            return tb_scan(kind=SCAN_QUANTILES, ticks=ticks)
    raise TypeError(f"a Scan is needed, not {type(scan).__name__}")
