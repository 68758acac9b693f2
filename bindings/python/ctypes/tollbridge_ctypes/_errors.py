"""What the exceptions derive from, and the C error that each owns. `_error_classes.py` is generated."""

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
        return type(self), self.args, self.__getstate__()


class SystemFailure(OSError):
    """What makes an OSError of an error that has the system's number for it.

    A base beside TollbridgeError, which gives it its fields.
    """

    path: str
    reason: str
    os_code: int

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.errno = self.os_code or None
        self.strerror = os.strerror(self.os_code) if self.os_code else self.reason
        self.filename = self.path

    def __getstate__(self) -> dict[str, Any]:
        # OSError keeps the filename outside of __dict__.
        return self.__dict__ | {"filename": self.filename}
