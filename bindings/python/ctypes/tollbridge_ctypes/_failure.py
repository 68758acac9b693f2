"""The exceptions that calls raise: those of C's errors, and those that need no call."""

from typing import Any

from ._abi import tb_error_code
from ._error_classes import ERRORS, ClosedError, InvalidTextError
from ._errors import NativeError, TollbridgeError


# ANCHOR: failure
def failure(error: int) -> TollbridgeError:
    """The exception for an owned tb_error, which it takes over."""
    native = NativeError.of(error)
    code = tb_error_code(native)
    if code in ERRORS:
        return ERRORS[code](native)
    unknown = TollbridgeError(native)  # a later library may have more
    unknown.code, unknown.name = code, native.details[0]
    unknown.__dict__.update(native.fields)
    return unknown


# ANCHOR_END: failure


def closed() -> ClosedError:
    """What using a closed handle raises."""
    return ClosedError("the handle is closed", {})


def opened(owner: Any) -> Any:
    """An owner, unless it has let go of its pointer: it was closed, or is garbage already."""
    if not owner:
        raise closed()
    return owner


def invalid_text(offset: int) -> InvalidTextError:
    """What text with a lone surrogate raises."""
    return InvalidTextError(f"not Unicode text at character {offset}", {"offset": offset})
