"""A latency histogram in Rust, carried into Python by PyO3.

>>> from tollbridge import Histogram
>>> with Histogram() as latencies:
...     latencies.record_durations("250us 1.5ms 3s")
...     latencies.value_at_quantile(0.5)
3
1500159
"""

from . import fault, probe
from ._error_classes import (
    ERRORS,
    CancelledError,
    ClosedError,
    CountOverflowError,
    InvalidArgumentError,
    InvalidDurationError,
    InvalidEnumError,
    InvalidLengthError,
    InvalidQuantileError,
    InvalidTagError,
    InvalidTextError,
    IoError,
    MalformedHistogramError,
    MalformedLogError,
    NullArgumentError,
    OutOfRangeError,
    PanicError,
    PoisonedError,
    ProbeError,
    TollbridgeError,
    TooManyError,
)
from ._native import (
    Bucket,
    Buckets,
    Histogram,
    LogWriter,
    Progress,
    Scan,
    Summary,
    Watch,
    __version__,
    _set_errors,
    replay_log,
)

__all__ = [
    "ERRORS",
    "Bucket",
    "Buckets",
    "CancelledError",
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
    "IoError",
    "LogWriter",
    "MalformedHistogramError",
    "MalformedLogError",
    "NullArgumentError",
    "OutOfRangeError",
    "PanicError",
    "PoisonedError",
    "ProbeError",
    "Progress",
    "Scan",
    "Summary",
    "TollbridgeError",
    "TooManyError",
    "Watch",
    "__version__",
    "fault",
    "probe",
    "replay_log",
]

_set_errors(ERRORS)
