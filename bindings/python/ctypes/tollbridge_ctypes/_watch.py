"""Stored callbacks, of which C keeps the address.

Every reference between Python objects is one that the garbage collector sees: a Histogram refers to
its Handle, all handles of one histogram to its `Watchers`, and these own the callables. C only borrows
what they own: it lets go of each before the last Handle has freed the histogram.
"""

import atexit
import operator
import sys
from collections.abc import Callable
from contextlib import suppress
from ctypes import byref, c_bool
from functools import partial
from itertools import count
from time import monotonic, sleep
from typing import Any, Self

from . import _callbacks
from ._abi import (
    GO_ON,
    STOP,
    finalizer,
    tb_destructor,
    tb_histogram_watch,
    tb_watch_end,
    tb_watch_free,
    tb_watcher,
)
from ._arguments import u64
from ._errors import NativeError
from ._failure import failure
from ._owned import Owned
from ._weight import alive


class Token(Owned):
    """An owned tb_watch, freed when neither the Watch nor the Watchers refer to it."""

    __slots__ = ()

    __del__ = finalizer(tb_watch_free)


class Watchers(dict[int, "Watcher"]):
    """What all handles of one histogram have in common: its watchers by key."""

    __slots__ = ("__weakref__", "weight")


class Watcher(partial[Any]):
    """What C gets as `user`: its Watchers keep it as long as C does.

    Calling it takes it out of them. That is `dict.pop` by `functools.partial`, so that no Python code
    runs as a watch ends, in which a Ctrl-C could be lost.
    """

    function: Callable[[int], object]
    token: Token

    def __new__(cls, home: Watchers, function: Callable[[int], object]) -> Self:
        """A watcher that is in `home`."""
        key = next(_keys)
        watcher = super().__new__(cls, home.pop, key, None)
        watcher.function, watcher.token = function, Token.of()
        home[key] = watcher
        return watcher


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
        token = getattr(self, "_token", None)
        if not token:  # a finalizer of the same garbage came first
            return False
        ended = c_bool()
        if error := tb_watch_end(token, byref(ended)):
            raise failure(error)
        return ended.value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unwatch()


def watch(handle: Any, home: Watchers, limit: Any, function: Any) -> Watch:
    """Watches the histogram of a handle, whose Watchers are `home`."""
    limit = u64(limit)
    if not callable(function):
        raise TypeError(f"a callable is needed, not {type(function).__name__}")
    _callbacks.wait_for_the_end()
    watcher = Watcher(home, function)
    token = watcher.token
    if error := tb_histogram_watch(handle, limit, _tell, watcher, _let_go, token.out()):
        raise failure(error)  # `_let_go` has been called
    return Watch(token)


# ANCHOR: watcher
@tb_watcher
def _tell(watcher, value):
    """Calls a watcher, on whichever thread records."""
    if _callbacks.ending:
        return STOP
    try:
        return STOP if watcher.function(value) is False else GO_ON
    except BaseException as error:  # noqa: BLE001  # who records is not to blame
        _report(error, watcher.function)
        return GO_ON


# The last call of a watcher has ended: it is called itself, by C and not by Python code.
_let_go = tb_destructor(operator.call)
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
    homes = [home for home in alive() if isinstance(home, Watchers)]
    for watcher in [watcher for home in homes for watcher in list(home.values())]:
        if watcher.token and (error := tb_watch_end(watcher.token, byref(c_bool()))):
            NativeError.of(error)  # it was just being made
    late = monotonic() + PATIENCE
    while (any(homes) or _callbacks.running) and monotonic() < late:
        sleep(0.001)
    sleep(0.001)  # for the last one to return


# ANCHOR_END: end
