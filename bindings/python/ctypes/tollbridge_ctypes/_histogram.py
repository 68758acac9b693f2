"""The histogram's class."""

from array import array
from collections.abc import Callable, Iterable
from ctypes import byref, c_bool, c_double, c_uint64
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ._abi import (
    SUMMARY,
    PyBytes_FromStringAndSize,
    PyUnicode_DecodeUTF8,
    finalizer,
    tb_config,
    tb_histogram_clone,
    tb_histogram_config,
    tb_histogram_decode,
    tb_histogram_encode,
    tb_histogram_free,
    tb_histogram_is_empty,
    tb_histogram_len,
    tb_histogram_max,
    tb_histogram_mean,
    tb_histogram_merge,
    tb_histogram_min,
    tb_histogram_new,
    tb_histogram_record,
    tb_histogram_record_all,
    tb_histogram_record_durations,
    tb_histogram_record_n,
    tb_histogram_render,
    tb_histogram_set_tag,
    tb_histogram_stdev,
    tb_histogram_summary,
    tb_histogram_tag,
    tb_histogram_value_at_quantile,
    tb_histogram_values_at_quantiles,
    tb_summary,
)
from ._arguments import (
    U8_MAX,
    U32_MAX,
    integer,
    steady_bytes,
    steady_doubles,
    steady_u64s,
    u64,
    utf8,
)
from ._buckets import Bucket, Buckets, open_cursor, pull
from ._error_classes import PoisonedError
from ._failure import closed, failure
from ._owned import Bytes, Owned, Text
from ._scan import RECORDED, Scan
from ._summary import Summary
from ._watch import Watch, Watchers, watch
from ._weight import heavy, weight_of

if TYPE_CHECKING:
    from collections.abc import Buffer

    import numpy


# ANCHOR: handle
class Handle(Owned):
    """An owned tb_histogram: freed when neither a Histogram nor a running call refers to it.

    Python's reference count is the use count: a call holds its arguments, so that closing on
    another thread meanwhile frees nothing that is in use.
    """

    __slots__ = ("watchers",)

    watchers: Watchers

    @classmethod
    def new(cls, watchers: Watchers | None = None) -> Self:
        """A handle that C will write, to a new histogram or to that of `watchers`."""
        handle = cls.of()
        handle.watchers = Watchers() if watchers is None else watchers
        return handle

    __del__ = finalizer(tb_histogram_free)


# ANCHOR_END: handle


class Histogram:
    """A latency histogram: how often each value occurred, to a fixed number of digits.

    Values are integers from 0 to `highest`, in a unit that you choose; `record_durations` alone
    means nanoseconds. Results are exact for the bucket that a value falls into. An operation that
    raises has changed nothing.

    Any thread may use it; every call lets other Python threads run. Memory is freed when every
    handle (see `clone`) was closed or collected; use `with`, or `close()`. After that every
    operation but `close`, `closed` and `repr` raises ClosedError. After a panic half-way through
    a change they raise PoisonedError.

    Integers must be from 0 to 2**64 - 1 (OverflowError) and integers (TypeError).

    Args:
        lowest: the lowest value that can be told from 0, from 1 to 2**62 - 1.
        highest: the highest value that can be recorded, from twice the lowest to 2**63 - 1.
            The default is an hour in nanoseconds.
        significant_digits: decimal digits to which values are kept apart, from 0 to 5.
        tag: a name for the log format: at most 4096 bytes of UTF-8 without comma, line end and NUL.

    Raises InvalidArgumentError, and as `tag` does.
    """

    __slots__ = ("__weakref__", "_handle")

    _handle: Handle | None

    def __init__(
        self,
        lowest: int = 1,
        highest: int = 3_600_000_000_000,
        significant_digits: int = 3,
        *,
        tag: str = "",
    ) -> None:
        config = tb_config(u64(lowest), u64(highest), integer(significant_digits, U8_MAX))
        handle = Handle.new()
        if error := tb_histogram_new(byref(config), handle.out()):
            raise failure(error)
        heavy(handle.watchers, weight_of(config))
        self._handle = handle
        if tag != "":
            self.tag = tag

    @classmethod
    def _of(cls, handle: Handle) -> Self:
        histogram = cls.__new__(cls)
        histogram._handle = handle
        return histogram

    @classmethod
    def _made(cls, handle: Handle) -> Self:
        """The same of a new histogram."""
        histogram = cls._of(handle)
        heavy(handle.watchers, weight_of(histogram._config()))
        return histogram

    def _open(self) -> Handle:
        try:
            handle = self._handle
        except AttributeError:  # a subclass that does not call this class's constructor
            handle = None
        if not handle:
            raise closed()
        return handle

    def _config(self) -> tb_config:
        config = tb_config()
        if error := tb_histogram_config(self._open(), byref(config)):
            raise failure(error)
        return config

    def _option(self, function: Callable[..., int | None], value: Any) -> Any:
        """What a function that answers `found` and a value found, or None."""
        found = c_bool()
        if error := function(self._open(), byref(found), byref(value)):
            raise failure(error)
        return value.value if found else None

    @property
    def lowest(self) -> int:
        """The lowest value that can be told from 0."""
        return self._config().lowest

    @property
    def highest(self) -> int:
        """The highest value that can be recorded."""
        return self._config().highest

    @property
    def significant_digits(self) -> int:
        """Decimal digits to which values are kept apart."""
        return self._config().significant_digits

    @property
    def count(self) -> int:
        """How many values were recorded. The same as `len()`."""
        count = c_uint64()
        if error := tb_histogram_len(self._open(), byref(count)):
            raise failure(error)
        return count.value

    @property
    def closed(self) -> bool:
        """Whether this handle was closed."""
        return getattr(self, "_handle", None) is None

    @property
    def tag(self) -> str:
        """A name for the log format; empty means none.

        Setting it raises InvalidTagError for commas, line ends and NUL, TooManyError above 4096
        bytes of UTF-8, InvalidTextError for a lone surrogate.
        """
        tag = Text()
        if error := tb_histogram_tag(self._open(), byref(tag)):
            raise failure(error)
        return PyUnicode_DecodeUTF8(tag.data, tag.length, None)

    @tag.setter
    def tag(self, tag: str) -> None:
        text = utf8(tag)
        if error := tb_histogram_set_tag(self._open(), text, len(text)):
            raise failure(error)

    def record(self, value: int, /) -> None:
        """Records one value.

        Raises OutOfRangeError above `highest`, CountOverflowError past 2**63 - 1 values.
        """
        if error := tb_histogram_record(self._open(), u64(value)):
            raise failure(error)

    def record_n(self, value: int, count: int, /) -> None:
        """Records one value `count` times; 0 times changes nothing.

        Raises as `record` does.
        """
        if error := tb_histogram_record_n(self._open(), u64(value), u64(count)):
            raise failure(error)

    def record_all(self, values: "Buffer | Iterable[int]", /) -> None:
        """Records every value, or none.

        A contiguous buffer of unsigned 64-bit integers (a NumPy array, `array.array("Q")`, a
        `memoryview`) is copied as a whole. Of every other iterable each item is converted first.

        Raises as `record` does; OutOfRangeError has the index of the first value that is too high.
        """
        handle, copied = self._open(), steady_u64s(values)
        if error := tb_histogram_record_all(handle, copied, len(copied) // 8):
            raise failure(error)

    def record_durations(self, text: str, /) -> int:
        """Records durations as nanoseconds and returns how many there were, or records none.

        `text` holds numbers with a unit (ns, us, µs, ms, s, m, h), separated by white space:
        `"250us 1.5ms"`. Nothing is rounded: there is nothing finer than a nanosecond.

        Raises InvalidDurationError with line and column (from 1, in characters), InvalidTextError
        for a lone surrogate, and as `record_all` does.
        """
        encoded, recorded = utf8(text), c_uint64()
        if error := tb_histogram_record_durations(
            self._open(), encoded, len(encoded), byref(recorded)
        ):
            raise failure(error)
        return recorded.value

    def is_empty(self) -> bool:
        """Whether no value was recorded."""
        empty = c_bool()
        if error := tb_histogram_is_empty(self._open(), byref(empty)):
            raise failure(error)
        return empty.value

    def min(self) -> int | None:
        """The lowest value recorded (the low end of its bucket); None when empty."""
        return self._option(tb_histogram_min, c_uint64())

    def max(self) -> int | None:
        """The highest value recorded (the high end of its bucket); None when empty."""
        return self._option(tb_histogram_max, c_uint64())

    def mean(self) -> float | None:
        """The arithmetic mean, each value taken as the middle of its bucket; None when empty."""
        return self._option(tb_histogram_mean, c_double())

    def stdev(self) -> float | None:
        """The standard deviation of the whole population; None when empty."""
        return self._option(tb_histogram_stdev, c_double())

    def value_at_quantile(self, quantile: float, /) -> int | None:
        """The value at or below which the share `quantile` of all values lies; None when empty.

        Raises InvalidQuantileError for NaN and what is not from 0 to 1, also when empty.
        """
        found, value = c_bool(), c_uint64()
        if error := tb_histogram_value_at_quantile(
            self._open(), c_double(quantile), byref(found), byref(value)
        ):
            raise failure(error)
        return value.value if found else None

    def values_at_quantiles(self, quantiles: "Buffer | Iterable[float]", /) -> list[int] | None:
        """`value_at_quantile` for each of `quantiles`, in their order; None when empty.

        A contiguous buffer of doubles is copied as a whole, every other iterable item by item.

        Raises InvalidQuantileError with the index of the first bad one.
        """
        handle, copied = self._open(), steady_doubles(quantiles)
        values, found = array("Q", bytes(len(copied))), c_bool()
        address, length = values.buffer_info()
        if error := tb_histogram_values_at_quantiles(handle, copied, length, byref(found), address):
            raise failure(error)
        return values.tolist() if found else None

    def summary(self) -> Summary | None:
        """The usual figures at one glance; None when empty."""
        found, summary = c_bool(), tb_summary()
        if error := tb_histogram_summary(self._open(), byref(found), byref(summary)):
            raise failure(error)
        return Summary._make(SUMMARY.unpack_from(summary)) if found else None

    def buckets(self, scan: Scan = RECORDED) -> Buckets:
        """The buckets as they are now: a lazy iterator over a copy of the counts.

        Raises InvalidArgumentError for a parameter of `scan` that makes no sense,
        TooManyError when it could yield more than 2**20 buckets.
        """
        return Buckets(open_cursor(self, scan))

    def bucket_array(self, scan: Scan = RECORDED) -> "numpy.ndarray":
        """The buckets as a NumPy array of uint64: a row each, with value, count and total.

        The library writes into the array's own memory. Raises as `buckets` does, and ImportError
        without NumPy.
        """
        import numpy

        cursor = open_cursor(self, scan)
        rows = numpy.empty((256, 3), numpy.uint64)
        filled = 0
        while count := pull(cursor, rows[filled:].ctypes.data, len(rows) - filled):
            filled += count
            if filled == len(rows):
                rows.resize((2 * filled, 3), refcheck=False)  # nobody else has seen it
        rows.resize((filled, 3), refcheck=False)
        return rows

    def for_each_bucket(self, visitor: Callable[[Bucket], object], scan: Scan = RECORDED) -> bool:
        """Calls `visitor` with each bucket; True if it saw them all.

        It stops early when the visitor returns False (nothing else that is false) or raises; its
        exception comes out as it is. The visitor walks a copy of the counts: it may use this
        histogram, and close it. Raises as `buckets` does.
        """
        # Not by tb_histogram_for_each_bucket: a KeyboardInterrupt that arrives as ctypes enters a
        # callback is lost, and so is that call.
        for bucket in self.buckets(scan):
            if visitor(bucket) is False:
                return False
        return True

    # ANCHOR: watch
    def watch(self, limit: int, callback: Callable[[int], object], /) -> Watch:
        """Calls `callback` with every value that is recorded at or above `limit` from now on,
        through any handle.

        It is called on the thread that records, before `record` returns, perhaps on several at once.
        `record_n` tells its value once, `merge` tells nothing; of what a watcher records itself
        nobody is told. It may use the histogram and close it. What it raises, KeyboardInterrupt
        too, goes to `sys.unraisablehook` (as in a weakref's callback): the value is recorded, the
        watch goes on. When the interpreter ends it is called no more.

        The watch ends when the callback returns False (nothing else that is false), by
        `Watch.unwatch`, or with the last handle; then the callback is let go of. Dropping the Watch
        ends nothing. A callback that refers to its own histogram is found by the garbage collector.

        Raises OutOfRangeError for a limit above `highest`.
        """
        handle = self._open()
        return watch(handle, handle.watchers, limit, callback)

    # ANCHOR_END: watch

    def render(self, ticks: int = 5, unit: float = 1.0) -> str:
        """The percentile distribution as text, in the format of HdrHistogram's own tools.

        `ticks` are the steps in each half of the distance that is left to 1.0; values are divided
        by `unit`. Raises InvalidArgumentError for `ticks` not from 1 to 1000, and for a `unit` that
        is not finite and above 0.
        """
        text = Text()
        if error := tb_histogram_render(
            self._open(), integer(ticks, U32_MAX), c_double(unit), byref(text)
        ):
            raise failure(error)
        return PyUnicode_DecodeUTF8(text.data, text.length, None)

    def merge(self, other: "Histogram", /) -> None:
        """Adds every value of `other`, which may be this very histogram. The tag stays.

        Raises OutOfRangeError when `other` holds a value above `highest`, CountOverflowError.
        """
        if not isinstance(other, Histogram):
            raise TypeError(f"a Histogram is needed, not {type(other).__name__}")
        if error := tb_histogram_merge(self._open(), other._open()):
            raise failure(error)

    # ANCHOR: encode
    def encode(self) -> bytes:
        """The counts in HdrHistogram's V2 encoding with DEFLATE, which other implementations read.

        The tag is no part of it.
        """
        encoded = Bytes()
        if error := tb_histogram_encode(self._open(), byref(encoded)):
            raise failure(error)
        return PyBytes_FromStringAndSize(encoded.data, encoded.length)

    # ANCHOR_END: encode

    @classmethod
    def decode(cls, data: "Buffer", /) -> Self:
        """A histogram of what `encode` or another implementation wrote, from bytes or a buffer.

        Raises MalformedHistogramError. Hostile bytes cost at most 50 MiB until then, beside a copy of them.
        """
        steady, handle = steady_bytes(data), Handle.new()
        if error := tb_histogram_decode(steady, len(steady), handle.out()):
            raise failure(error)
        return cls._made(handle)

    def clone(self) -> Self:
        """Another handle to the same histogram, to be closed by itself.

        `copy.copy` makes an independent histogram instead.
        """
        handle = self._open()
        clone = Handle.new(handle.watchers)
        if error := tb_histogram_clone(handle, clone.out()):
            raise failure(error)
        return self._of(clone)

    def close(self) -> None:
        """Closes this handle; what is running on other threads finishes first.

        Closing twice is allowed.
        """
        self._handle = None

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Buckets:
        return self.buckets()

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return "<Histogram, closed>"
        try:
            config = self._config()
            fields = {name: getattr(config, name) for name, _ in config._fields_}
            fields |= {"tag": self.tag, "count": self.count}
        except PoisonedError:
            return "<Histogram, poisoned>"
        shown = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        return f"<Histogram({shown})>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.encode(), self.tag)

    def __copy__(self) -> Self:
        return _restore(type(self), self.encode(), self.tag)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self.__copy__()


AnyHistogram = TypeVar("AnyHistogram", bound=Histogram)


def _restore(cls: type[AnyHistogram], data: bytes, tag: str) -> AnyHistogram:
    histogram = cls.decode(data)
    histogram.tag = tag
    return histogram
