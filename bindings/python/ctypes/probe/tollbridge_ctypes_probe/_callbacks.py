"""A function that C calls during a call, by a trampoline that lives as long as the process."""

from collections.abc import Callable
from typing import Any

from tollbridge_ctypes import _callbacks
from tollbridge_ctypes._abi import GO_ON, STOP
from tollbridge_ctypes._arguments import u64
from tollbridge_ctypes._callbacks import begun
from tollbridge_ctypes._failure import failure

from ._abi import tb_probe_callback


def call_with(function: Callable[..., Any], start: Callable[[int], int | None]) -> None:
    """Runs `start`, which calls C with a key under which a trampoline finds `function`."""
    running_call = begun(function)
    with running_call:
        error = start(running_call.key)
        if error:
            raise failure(error)


# ANCHOR: trampoline
@tb_probe_callback
def answer_number(key, number, answer):
    """Calls a probe's callback, which stops by returning None."""
    call = _callbacks.running[key]
    try:
        value = None if _callbacks.ending else call.function(number)
        if value is None:
            return STOP
        answer[0] = u64(value)
    except BaseException as error:  # noqa: BLE001  # nothing may cross Rust
        call.raised = error
        return STOP
    return GO_ON


# ANCHOR_END: trampoline
