"""Python functions that C calls.

One trampoline a type lives as long as the process: C never holds a pointer to anything that could
be collected. What it gets as `user` is a key into a table. Nothing may leave a trampoline but its
answer: an exception is kept, C is told to stop, and it is raised again when C has returned.

One thing ctypes cannot do: a KeyboardInterrupt that arrives just as ctypes enters a trampoline is
raised before its `try`; ctypes prints it, and what C takes for the answer is chance: the call may
stop there, a watch may end. `_log` shows a way around it, for callbacks that are called one at a time.
"""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from ._abi import GO_ON, STOP


class Call:
    """A call into C that calls back."""

    __slots__ = ("function", "raised")

    def __init__(self, function: Callable[..., Any] | None) -> None:
        self.function = function
        self.raised: BaseException | None = None

    def answer(self, argument: object) -> int:
        """What the function says to C. What it raises is kept, and means to stop."""
        try:
            return STOP if self.function(argument) is False else GO_ON
        except BaseException as error:  # noqa: BLE001  # nothing may cross Rust
            self.raised = error
            return STOP


running: dict[int, Call] = {}
_keys = count(1)

# Whether the interpreter ends: see `_watch._end_all`.
ending = False


def wait_for_the_end() -> None:
    """Lets no thread begin to call back while the interpreter ends, but the one that ends it."""
    if ending and threading.current_thread() is not threading.main_thread():
        threading.Event().wait()  # for ever, as CPython 3.14 does when a thread asks for the GIL


# ANCHOR: begun
class begun:  # a context manager
    """A call that is running inside the block. What its callback raised is raised at the end."""

    __slots__ = ("call", "key")

    def __init__(self, function: Callable[..., Any] | None) -> None:
        wait_for_the_end()
        self.key, self.call = next(_keys), Call(function)

    def __enter__(self) -> Call:
        running[self.key] = self.call
        return self.call

    def __exit__(self, *_: object) -> None:
        del running[self.key]
        wait_for_the_end()  # nobody is told what came of a call that was cut short by it
        if self.call.raised is not None:
            try:
                raise self.call.raised
            finally:
                self.call.raised = None  # its traceback refers to this frame: no cycle


# ANCHOR_END: begun
