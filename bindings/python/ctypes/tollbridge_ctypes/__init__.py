"""A latency histogram in Rust, carried into Python by ctypes over the C ABI.

>>> from tollbridge_ctypes import Histogram
>>> with Histogram() as latencies:
...     latencies.record_durations("250us 1.5ms 3s")
...     latencies.value_at_quantile(0.5)
3
1500159
"""

from ._abi import VERSION as __version__
from ._buckets import Bucket, Buckets
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
    TollbridgeError,
    TooManyError,
)
from ._histogram import Histogram
from ._library import library_path
from ._log import LogWriter, Progress, replay_log
from ._scan import Scan
from ._summary import Summary
from ._watch import Watch

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
    "Progress",
    "Scan",
    "Summary",
    "TollbridgeError",
    "TooManyError",
    "Watch",
    "__version__",
    "library_path",
    "replay_log",
]
