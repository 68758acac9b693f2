"""Python functions that C calls.

One trampoline a type lives as long as the process: C never holds a pointer to anything that could
be collected. What it gets as `user` is a key into a table. Nothing may leave a trampoline but its
answer: an exception is kept, C is told to stop, and it is raised again when C has returned.

One thing ctypes cannot do: a KeyboardInterrupt that arrives just as ctypes enters a trampoline is
raised before its `try`; ctypes prints it, and tells C to go on.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from ._abi import GO_ON, STOP, tb_probe_callback
from ._arguments import u64
from ._errors import failure


class _Call:
    """A call into C that calls back."""

    __slots__ = ("function", "raised")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.raised: BaseException | None = None


_running: dict[int, _Call] = {}
_keys = count(1)


# ANCHOR: call_with
def call_with(function: Callable[..., Any], start: Callable[[int], int | None]) -> None:
    """Runs `start`, which calls C with a key under which a trampoline finds `function`."""
    key = next(_keys)
    call = _running[key] = _Call(function)
    try:
        error = start(key)
    finally:
        del _running[key]
    if error:
        raise failure(error)
    if call.raised is not None:
        try:
            raise call.raised
        finally:
            call.raised = None  # its traceback refers to this frame: no cycle


# ANCHOR_END: call_with


# ANCHOR: trampoline
@tb_probe_callback
def answer_number(key, number, answer):
    """Calls a probe's callback, which stops by returning None."""
    call = _running[key]
    try:
        value = call.function(number)
        if value is None:
            return STOP
        answer[0] = u64(value)
    except BaseException as error:  # noqa: BLE001  # nothing may cross Rust
        call.raised = error
        return STOP
    return GO_ON


# ANCHOR_END: trampoline
