"""One step of a scan, and the cursor over all of them."""

import sys
from collections.abc import Iterator
from ctypes import byref, c_char, c_size_t
from functools import partial
from itertools import islice
from threading import RLock
from typing import Any, NamedTuple, Self

from ._abi import BUCKET, finalizer, tb_buckets_free, tb_buckets_next, tb_histogram_buckets
from ._arguments import U64_MAX, integer
from ._failure import closed, failure, opened
from ._owned import Owned
from ._scan import native_scan
from ._weight import heavy


class Bucket(NamedTuple):
    """One step of a scan: its highest value, and how many values are in it and up to its end."""

    value: int
    count: int
    total: int


# A Bucket of a tuple, without Python code in between: there can be a million of them.
_bucket_of = partial(tuple.__new__, Bucket)

# How many buckets cross at once.
_CHUNK = 256
_Chunk = c_char * (_CHUNK * BUCKET.size)


class Cursor(Owned):
    """An owned tb_buckets: freed when neither an object nor a running call refers to it."""

    __slots__ = ("__weakref__", "weight")

    __del__ = finalizer(tb_buckets_free)


def open_cursor(histogram: Any, scan: Any) -> Cursor:
    """A cursor over the buckets of a Histogram as they are now."""
    cursor, native = Cursor.of(), native_scan(scan)
    handle = histogram._open()
    if error := tb_histogram_buckets(handle, byref(native), cursor.out()):
        raise failure(error)
    heavy(cursor, handle.watchers.weight)
    return cursor


def pull(cursor: Cursor, into: Any, capacity: int) -> int:
    """Writes the next buckets, `capacity` at most; how many they are."""
    count = c_size_t()
    if error := tb_buckets_next(opened(cursor), into, capacity, byref(count)):
        raise failure(error)
    return count.value


class Buckets:
    """An iterator over a copy of a histogram's counts, which lives without the histogram.

    Any thread may use it; each bucket is given out once. Closing it frees the copy at once.
    """

    __slots__ = ("__weakref__", "_cursor", "_lock", "_ready")

    _cursor: Cursor | None
    _ready: Iterator[Bucket]

    def __new__(cls, *_: object) -> Self:
        """Closed, until it gets a cursor: a subclass may forget to call this class's constructor."""
        buckets = super().__new__(cls)
        buckets._cursor, buckets._ready = None, iter(())
        # A signal handler or finalizer may close it while this very thread pulls.
        buckets._lock = RLock()
        return buckets

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Bucket:
        for bucket in self._ready:
            return bucket
        with self._lock:
            # Another thread may have pulled a chunk meanwhile.
            for bucket in self._ready:
                return bucket
            self._ready = self._pull()
            return next(self._ready)

    def _pull(self) -> Iterator[Bucket]:
        cursor, chunk = self._cursor, _Chunk()
        count = pull(cursor, chunk, _CHUNK)
        if self._cursor is None:  # closed meanwhile
            raise closed()
        return map(_bucket_of, BUCKET.iter_unpack(chunk[: count * BUCKET.size]))

    def take(self, n: int, /) -> list[Bucket]:
        """The next buckets, `n` at most; an empty list at the end."""
        if self._cursor is None:
            raise closed()
        return list(islice(self, min(integer(n, U64_MAX), sys.maxsize)))

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._cursor is None

    def close(self) -> None:
        """Frees the copy; closing twice is allowed. Afterwards every use raises ClosedError."""
        with self._lock:
            self._cursor = None
            self._ready = iter(())

    def __enter__(self) -> Self:
        if self._cursor is None:
            raise closed()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
