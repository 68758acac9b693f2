"""A latency histogram in Rust, carried into Python by PyO3.

>>> from tollbridge import Histogram
>>> with Histogram() as latencies:
...     latencies.record_durations("250us 1.5ms 3s")
...     latencies.value_at_quantile(0.5)
3
1500159
"""

from . import fault, probe
from ._errors import (
    ERRORS,
    ClosedError,
    CountOverflowError,
    InvalidArgumentError,
    InvalidDurationError,
    InvalidEnumError,
    InvalidLengthError,
    InvalidQuantileError,
    InvalidTagError,
    InvalidTextError,
    MalformedHistogramError,
    NullArgumentError,
    OutOfRangeError,
    PanicError,
    PoisonedError,
    ProbeError,
    TollbridgeError,
    TooManyError,
)
from ._native import Bucket, Buckets, Histogram, Scan, Summary, __version__

__all__ = [
    "ERRORS",
    "Bucket",
    "Buckets",
    "ClosedError",
    "CountOverflowError",
    "Histogram",
    "InvalidArgumentError",
    "InvalidDurationError",
    "InvalidEnumError",
    "InvalidLengthError",
    "InvalidQuantileError",
    "InvalidTagError",
    "InvalidTextError",
    "MalformedHistogramError",
    "NullArgumentError",
    "OutOfRangeError",
    "PanicError",
    "PoisonedError",
    "ProbeError",
    "Scan",
    "Summary",
    "TollbridgeError",
    "TooManyError",
    "__version__",
    "fault",
    "probe",
]
