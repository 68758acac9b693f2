"""What C gave out for one owner: pointers, and memory that a structure describes.

CPython calls what frees it by itself, with no Python code in between (see `finalizer`). An exception
that comes from outside, a Ctrl-C for one, is raised where Python code runs: in a `__del__` written in
Python it would be lost, and the memory with it.
"""

from ctypes import byref, c_void_p
from typing import Any, NoReturn, Self

from ._abi import finalizer, tb_bytes_free, tb_owned, tb_text_free


class Owned(list[c_void_p]):
    """A pointer that is freed with this object, once, and that nobody can copy.

    It is a list because `list.pop` gives the pointer and forgets it in one step. The collector calls
    every finalizer of a garbage cycle before it clears anything: one that runs after this one's
    still finds the object, but no pointer in it.

    A class of its own for each type of C has `__del__ = finalizer(tb_…_free)`, and no constructor in
    Python, which could be left half-way.
    """

    __slots__ = ()

    @classmethod
    def of(cls, pointer: int | None = None) -> Self:
        """An owner of a pointer, or of none that C will write."""
        return cls((c_void_p(pointer),))

    def out(self) -> Any:
        """Where C writes the pointer."""
        return byref(self[0])

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError(f"cannot copy or pickle {type(self).__name__}: it owns a pointer")


class Bytes(tb_owned):
    """Bytes that C hands out, freed with this object."""

    __del__ = finalizer(tb_bytes_free)


class Text(tb_owned):
    """Text that C hands out, freed with this object."""

    __del__ = finalizer(tb_text_free)
