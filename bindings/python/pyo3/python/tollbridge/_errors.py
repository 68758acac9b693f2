"""What the exceptions derive from.

They are declared in Python and not in Rust because several have a second base, which lets
`except ValueError` catch them: one class for each of core's error codes, in `_error_classes.py`,
which is generated. Rust finds each by its code in `ERRORS`.
"""

import os
from typing import Any, ClassVar

from ._native import ErrorDetail


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

    # `args` is one ErrorDetail, which makes message and fields when they are asked for, or one Detail,
    # after pickling; or message and fields, when it was raised by Python code.

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    @property
    def fields(self) -> dict[str, int | float | str]:
        """The fields by name, in their stable order."""
        match self.args:
            case (ErrorDetail(fields=fields) | Detail(fields=fields),) | (_, dict() as fields):
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
