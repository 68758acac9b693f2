"""Stored callbacks: C keeps a key in place of the callable, and finds that by it.

Every reference between Python objects is one that the garbage collector sees: a Histogram refers to
its Handle, all handles of one histogram to its `Watchers`, and these own the callables. The table by
which the trampolines find them is weak.
"""

import atexit
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import byref, c_bool, c_void_p
from itertools import count
from time import monotonic, sleep
from typing import Any, NamedTuple, Self
from weakref import WeakValueDictionary

from . import _callbacks
from ._abi import (
    GO_ON,
    STOP,
    tb_destructor,
    tb_histogram_watch,
    tb_watch_end,
    tb_watch_free,
    tb_watcher,
)
from ._arguments import u64
from ._errors import NativeError, failure
from ._owned import Owned


class Token(Owned):
    """An owned tb_watch, freed when neither the Watch nor the Watchers refer to it."""

    _free = tb_watch_free


class Watcher(NamedTuple):
    """A callable, and what ends its watch."""

    function: Callable[[int], object]
    token: Token


class Watchers(dict[int, Watcher]):
    """What all handles of one histogram have in common: its watchers by key."""

    __slots__ = ("__weakref__",)


_homes: WeakValueDictionary[int, Watchers] = WeakValueDictionary()
_keys = count(1)


class Watch:
    """Stands for a watcher, and can end it. It keeps nothing alive; dropping it ends nothing.

    `with histogram.watch(…):` ends the watch at the end of the block.
    """

    __slots__ = ("__weakref__", "_token")

    def __init__(self, token: Token) -> None:
        self._token = token

    def unwatch(self) -> bool:
        """Ends the watch; whether this call did: False if it had ended before, by whatever way.

        It may be called from anywhere, also inside the watcher, and when the histogram is closed or
        poisoned. No call begins afterwards; one that runs on another thread ends later, and the
        callable is let go of when the last has ended.
        """
        if not self._token:  # a finalizer of the same garbage came first
            return False
        ended = c_bool()
        if error := tb_watch_end(self._token, byref(ended)):
            raise failure(error)
        return ended.value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unwatch()


def watch(handle: c_void_p, home: Watchers, limit: Any, function: Any) -> Watch:
    """Watches the histogram of a handle, whose Watchers are `home`."""
    limit = u64(limit)
    if not callable(function):
        raise TypeError(f"a callable is needed, not {type(function).__name__}")
    _callbacks.wait_for_the_end()
    key, token = next(_keys), Token()
    home[key] = Watcher(function, token)
    _homes[key] = home
    if error := tb_histogram_watch(handle, limit, _tell, key, _let_go, byref(token)):
        raise failure(error)  # `_let_go` has been called
    return Watch(token)


# ANCHOR: watcher
@tb_watcher
def _tell(key, value):
    """Calls a watcher, on whichever thread records."""
    watcher = _homes.get(key, {}).get(key)
    if watcher is None or _callbacks.ending:
        return STOP
    try:
        return STOP if watcher.function(value) is False else GO_ON
    except BaseException as error:  # noqa: BLE001  # who records is not to blame
        _report(error, watcher.function)
        return GO_ON


@tb_destructor
def _let_go(key):
    """The last call of a watcher has ended. There is none to let go of if the collector has it."""
    _homes.pop(key, {}).pop(key, None)


# ANCHOR_END: watcher

# What sys.unraisablehook takes. It has no public name.
_UnraisableHookArgs: Any = next(
    each for each in tuple.__subclasses__() if each.__name__ == "UnraisableHookArgs"
)


def _report(error: BaseException, source: object) -> None:
    """Tells the hook, and where that fails, Python's own. Nothing leaves this."""
    for hook in (getattr(sys, "unraisablehook", None), sys.__unraisablehook__):
        with suppress(BaseException):
            what = (type(error), error, error.__traceback__, None, source)
            hook(_UnraisableHookArgs(what))
            return


# How long the end of the interpreter waits for callbacks that run on other threads, in seconds.
PATIENCE = 1.0


# ANCHOR: end
@atexit.register
def _end_all() -> None:
    """No callback begins from now on, and those that run are waited for.

    Before 3.14 CPython ends a daemon thread that asks for the GIL after this by unwinding its stack,
    and C functions that call back cannot be unwound: the process would abort.
    """
    _callbacks.ending = True
    for key, home in list(_homes.items()):
        watcher = home.get(key)
        if watcher and (error := tb_watch_end(watcher.token, byref(c_bool()))):
            NativeError(error)  # it was just being made
    late = monotonic() + PATIENCE
    while (_homes or _callbacks.running) and monotonic() < late:
        sleep(0.001)
    sleep(0.001)  # for the last one to return


# ANCHOR_END: end
