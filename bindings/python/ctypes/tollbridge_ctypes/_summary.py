"""The usual figures."""

from typing import NamedTuple


class Summary(NamedTuple):
    """The usual figures of a histogram at one glance, in the values' own unit."""

    count: int
    min: int
    max: int
    mean: float
    stdev: float
    p50: int
    p90: int
    p99: int
    p999: int
