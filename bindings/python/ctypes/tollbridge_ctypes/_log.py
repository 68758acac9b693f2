"""Interval logs: reading them with progress and Ctrl-C, writing them."""

import operator
import os
import time
from collections.abc import Callable, Generator
from ctypes import c_double, py_object
from typing import Any, NamedTuple, Self

from . import _callbacks
from ._abi import (
    GO_ON,
    STOP,
    finalizer,
    tb_log_writer_free,
    tb_log_writer_new,
    tb_log_writer_write,
    tb_progress_visitor,
    tb_replay_free,
    tb_replay_histogram,
    tb_replay_len,
    tb_replay_log_with_limit,
)
from ._arguments import u64
from ._error_classes import IoError
from ._errors import TollbridgeError
from ._failure import failure, opened
from ._histogram import Handle, Histogram
from ._owned import Owned


class Progress(NamedTuple):
    """How far `replay_log` is: bytes of the file, its size (0 if it has none), histograms read."""

    bytes: int
    total: int
    intervals: int


class Replay(Owned):
    """An owned tb_replay, freed with this object."""

    __del__ = finalizer(tb_replay_free)


# ANCHOR: progress
# C passes a bound `send` as `user`, and this calls it with the progress. No Python code lies between C
# and the generator, and that waits inside its `try`: a KeyboardInterrupt that has arrived while C was
# running, and is raised as soon as Python code runs, is caught. ctypes would print and forget it if
# it left a trampoline.
_send = tb_progress_visitor(operator.call)


def _ticks(call: _callbacks.Call) -> Generator[int, Any, None]:
    """Answers C's calls: gets a pointer to the progress, yields whether to stop."""
    answer = GO_ON
    try:
        while True:
            now = (yield answer).contents
            if _callbacks.ending:
                answer = STOP
            elif call.function is not None:
                answer = call.answer(Progress(now.bytes, now.total, now.intervals))
    except GeneratorExit:
        raise
    except BaseException as error:  # noqa: BLE001  # nothing may cross Rust
        call.raised = error
    yield STOP


# ANCHOR_END: progress


def replay_log(
    path: "str | bytes | os.PathLike[Any]",
    progress: Callable[[Progress], object] | None = None,
    *,
    memory_limit: int = 0,
) -> dict[str, Histogram]:
    """Reads a HdrHistogram interval log, plain or compressed with gzip.

    The result is a histogram for each tag, by tag in alphabetical order, which holds all that was
    recorded under it. "" is the tag of intervals without one.

    `progress` is called with a Progress before the first byte, after the last, and at least every
    50 ms in between, on this thread; other Python threads run meanwhile. When it returns False
    (nothing else that is false) CancelledError is raised; what it raises comes out as it is.
    Ctrl-C, or any signal handler that raises, ends the replay as quickly, with or without
    `progress`, and also while a pipe has nothing to say. Whatever ends it, nothing is kept.

    Raises IoError, an OSError, when the file cannot be read; MalformedLogError with the line;
    TooManyError when the tags' sums together would take more than `memory_limit` bytes, before that
    memory is taken; ValueError for a path with a NUL, as `open` does. A `memory_limit` of 0 is
    256 MiB, about 980 tags of the default configuration.
    """
    given, name = _file_name(path)
    limit = u64(memory_limit)
    replay = Replay.of()
    with _callbacks.begun(progress) as call:
        ticks = _ticks(call)
        next(ticks)
        user = py_object(ticks.send)
        error = tb_replay_log_with_limit(name, len(name), limit, _send, user, replay.out())
        problem = _failure(error, given) if error else None
    if problem is not None:
        raise problem
    histograms = {}
    for index in range(tb_replay_len(replay)):
        handle = Handle.new()
        if error := tb_replay_histogram(replay, index, handle.out()):
            raise failure(error)
        histogram = Histogram._made(handle)
        histograms[histogram.tag] = histogram
    return histograms


def _file_name(path: Any) -> tuple[str | bytes, bytes]:
    """A file's name as it was given, and as C takes it. `open` refuses a NUL in the same words."""
    given = os.fspath(path)
    name = os.fsencode(given)
    if b"\0" in name:
        raise ValueError("embedded null byte")
    return given, name


def _failure(error: int, given: str | bytes) -> TollbridgeError:
    """The exception for an owned tb_error, which names the file as it was given."""
    problem = failure(error)
    if isinstance(problem, IoError):
        problem.filename = given
    return problem


class Writer(Owned):
    """An owned tb_log_writer: closed when neither a LogWriter nor a running call refers to it."""

    __del__ = finalizer(tb_log_writer_free)


class LogWriter:
    """Writes a HdrHistogram interval log of version 1.3, as the reference implementation does.

    The file is made, or emptied, at once. Every interval is one write to it, so that others see
    whole lines; nothing is buffered. Any thread may write; other Python threads run meanwhile. It
    is a context manager that closes itself; after `close` writing raises ClosedError. Opening
    or writing a pipe waits for the system, and Ctrl-C is seen only afterwards.

    Args:
        path: the file's name: `str`, `bytes` or `os.PathLike`.
        start: when the log begins, in seconds since the Unix epoch; None is now.

    Raises IoError, an OSError; InvalidArgumentError when `start` is not a finite number from 0;
    ValueError for a path with a NUL.
    """

    __slots__ = ("__weakref__", "_writer")

    _writer: Writer | None

    def __init__(self, path: "str | bytes | os.PathLike[Any]", start: float | None = None) -> None:
        given, name = _file_name(path)
        begin = c_double(time.time() if start is None else start)
        writer = Writer.of()
        if error := tb_log_writer_new(name, len(name), begin, writer.out()):
            raise _failure(error, given)
        self._writer = writer

    def _open(self) -> Writer:
        return opened(getattr(self, "_writer", None))

    def write(self, histogram: Histogram, start: float, seconds: float, /) -> None:
        """Appends an interval that began `start` seconds after the log's start and took `seconds`,
        under the histogram's tag.

        Raises InvalidArgumentError when one of them is not a finite number from 0, IoError, ClosedError;
        TooManyError for a line above 8 MiB, which `replay_log` would refuse.
        """
        if not isinstance(histogram, Histogram):
            raise TypeError(f"a Histogram is needed, not {type(histogram).__name__}")
        if error := tb_log_writer_write(
            self._open(), histogram._open(), c_double(start), c_double(seconds)
        ):
            raise failure(error)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return getattr(self, "_writer", None) is None

    def close(self) -> None:
        """Closes the file; what is being written on other threads is written.

        Closing twice is allowed.
        """
        self._writer = None

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
