"""The exceptions: one class for each of core's error codes. A test compares them with its table."""

import os
from ctypes import byref
from functools import cached_property
from typing import Any, ClassVar

from ._abi import (
    FIELD_F64,
    FIELD_TEXT,
    FIELD_U64,
    PyUnicode_DecodeUTF8,
    finalizer,
    tb_error_code,
    tb_error_details,
    tb_error_free,
    tb_error_info,
)
from ._owned import Owned


class NativeError(Owned):
    """An owned tb_error, which is freed with this object and read when someone asks for it."""

    @cached_property
    def details(self) -> tuple[str, str, dict[str, int | float | str]]:
        """Its name, message and fields."""
        if not self:  # a finalizer of the same garbage came first
            return "closed", "the error is gone", {}
        read = tb_error_details()
        tb_error_info(self, byref(read))
        fields = {}
        for i in range(read.field_count):
            field = read.fields[i]
            if field.kind == FIELD_U64:
                value = field.number
            elif field.kind == FIELD_F64:
                value = field.real
            elif field.kind == FIELD_TEXT:
                value = PyUnicode_DecodeUTF8(field.text, field.text_length, None)
            else:
                continue  # of a kind that a later library may have
            fields[field.name.decode()] = value
        message = PyUnicode_DecodeUTF8(read.message, read.message_length, None)
        return read.name.decode(), message, fields

    @property
    def fields(self) -> dict[str, int | float | str]:
        """Its fields."""
        return self.details[2]

    def __str__(self) -> str:
        return self.details[1]

    def __repr__(self) -> str:
        return repr(self.details[1])

    def __eq__(self, other: object) -> bool:
        return self.details[1] == str(other)

    def __hash__(self) -> int:
        return hash(self.details[1])

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        return Detail, self.details[1:]

    __del__ = finalizer(tb_error_free)


def attribute(name: str) -> property:
    """A field as an attribute; None when the error was raised by hand without it.

    Not `__getattr__`: Python and C code ask an exception for attributes that it has not (`__notes__`
    is one), and Python code that runs there can be where a Ctrl-C arrives, and is lost.
    """

    def get(error: "TollbridgeError") -> Any:
        if name not in error.__dict__:
            error.__dict__[name] = error.fields.get(name)
        return error.__dict__[name]

    def change(error: "TollbridgeError", value: Any) -> None:
        error.__dict__[name] = value

    return property(get, change)


class Detail:
    """The message and fields of an error that was copied from elsewhere: all of its `args`."""

    __slots__ = ("fields", "message")

    def __init__(self, message: str, fields: dict[str, int | float | str]) -> None:
        self.message = message
        self.fields = fields

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return repr(self.message)

    def __eq__(self, other: object) -> bool:
        return self.message == str(other)

    def __hash__(self) -> int:
        return hash(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        return Detail, (self.message, self.fields)


class TollbridgeError(Exception):
    """What every error of this library derives from. Whatever raised it has changed nothing.

    `code` and `name` are stable; `str()` gives the message, and each field, of which `field_names`
    has the names in their stable order, is an attribute: None when it was raised by hand without
    the field.
    """

    code: ClassVar[int] = 0
    name: ClassVar[str] = ""
    field_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        for name in cls.__dict__.get("field_names", ()):
            setattr(cls, name, attribute(name))

    # `args` is one NativeError, which makes message and fields when they are asked for, or one Detail,
    # after pickling; or message and fields, when it was raised by Python code.

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    @property
    def fields(self) -> dict[str, int | float | str]:
        """The fields by name, in their stable order."""
        match self.args:
            case (NativeError(fields=fields) | Detail(fields=fields),) | (_, dict() as fields):
                return dict(fields)
        return {}

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__ or None


class InvalidArgumentError(TollbridgeError, ValueError):
    """An argument is outside what its operation allows."""

    code = 1
    name = "invalid_argument"
    field_names = ("argument", "value", "rule")
    argument: str
    value: str
    rule: str


class OutOfRangeError(TollbridgeError, ValueError):
    """A value is above what the histogram can track. `index` counts the call's values from 0."""

    code = 2
    name = "out_of_range"
    field_names = ("value", "highest", "index")
    value: int
    highest: int
    index: int


class CountOverflowError(TollbridgeError, OverflowError):
    """The histogram's total would pass 2**63 - 1, the most that the file formats can hold."""

    code = 3
    name = "count_overflow"
    field_names = ("count", "len")
    count: int
    len: int


class InvalidQuantileError(TollbridgeError, ValueError):
    """A quantile is NaN or not from 0 to 1."""

    code = 4
    name = "invalid_quantile"
    field_names = ("quantile", "index")
    quantile: float
    index: int


class InvalidDurationError(TollbridgeError, ValueError):
    """Text is no duration. `line` and `column` count from 1, the column in characters."""

    code = 5
    name = "invalid_duration"
    field_names = ("line", "column", "token")
    line: int
    column: int
    token: str


class InvalidTagError(TollbridgeError, ValueError):
    """A tag holds what the log format cannot. `offset` counts characters from 0."""

    code = 6
    name = "invalid_tag"
    field_names = ("character", "offset")
    character: str
    offset: int


class TooManyError(TollbridgeError, ValueError):
    """Something would pass a limit; nothing was done yet.

    `what` names the limit: `bucket_limit` of a scan, `memory_limit` of a replay in bytes,
    `tag_limit` and `line_limit` of a log in bytes. `limit` is its value, `count` what this would
    take, and `advice` says what to do.
    """

    code = 7
    name = "too_many"
    field_names = ("count", "limit", "what", "advice")
    count: int
    limit: int
    what: str
    advice: str


class MalformedHistogramError(TollbridgeError, ValueError):
    """Bytes are no encoded histogram."""

    code = 8
    name = "malformed_histogram"
    field_names = ("reason",)
    reason: str


class PoisonedError(TollbridgeError):
    """A panic left this histogram half-changed; it answers nothing else any more."""

    code = 9
    name = "poisoned"


class PanicError(TollbridgeError):
    """A panic inside the library, caught at the boundary."""

    code = 10
    name = "panic"
    field_names = ("what",)
    what: str


class ClosedError(TollbridgeError, ValueError):
    """The handle was closed."""

    code = 11
    name = "closed"


class InvalidTextError(TollbridgeError, ValueError):
    """Text is not Unicode: it has a lone surrogate. `offset` counts characters from 0."""

    code = 12
    name = "invalid_text"
    field_names = ("offset",)
    offset: int


class NullArgumentError(TollbridgeError):
    """A pointer is NULL that must not be. A mistake of this package, if it is ever seen."""

    code = 13
    name = "null_argument"
    field_names = ("argument",)
    argument: str


class InvalidEnumError(TollbridgeError):
    """An integer stands for no value of an enum. A mistake of this package, if it is ever seen."""

    code = 14
    name = "invalid_enum"
    field_names = ("argument", "value")
    argument: str
    value: int


class InvalidLengthError(TollbridgeError):
    """A length is more than memory can hold."""

    code = 15
    name = "invalid_length"
    field_names = ("argument", "length", "limit")
    argument: str
    length: int
    limit: int


class ProbeError(TollbridgeError):
    """What `probe.fail` raises, with a field of every type."""

    code = 16
    name = "probe"
    field_names = ("number", "ratio", "text")
    number: int
    ratio: float
    text: str


class MalformedLogError(TollbridgeError, ValueError):
    """A line of an interval log is none. Lines count from 1."""

    code = 17
    name = "malformed_log"
    field_names = ("line", "reason")
    line: int
    reason: str


class IoError(TollbridgeError, OSError):
    """A file cannot be used. An OSError too, with its `errno`, `strerror` and `filename`.

    `filename` is what the operation was given, as for `open`; `path` is its readable text.
    `except OSError` catches it, `except FileNotFoundError` and its like do not: ask `errno`.
    """

    code = 18
    name = "io"
    field_names = ("path", "reason", "os_code")
    path: str
    reason: str
    os_code: int

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.errno = self.os_code or None
        self.strerror = os.strerror(self.os_code) if self.os_code else self.reason
        self.filename = self.path

    def __reduce__(self) -> tuple[Any, ...]:
        # OSError keeps the filename outside of __dict__.
        return type(self), self.args, self.__dict__ | {"filename": self.filename}


class CancelledError(TollbridgeError):
    """A progress callback asked for the end by returning False."""

    code = 19
    name = "cancelled"


ERRORS: dict[int, type[TollbridgeError]] = {
    each.code: each for each in TollbridgeError.__subclasses__()
}


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
