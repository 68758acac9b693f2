"""Pointers that C gave out for one owner."""

from ctypes import c_void_p
from typing import Any, NoReturn


class Owned(c_void_p):
    """A pointer that is freed with this object, once, and that nobody can copy.

    The collector calls every finalizer of a garbage cycle before it clears anything: one that runs
    after this one still finds the object, but no pointer in it.
    """

    __slots__ = ()

    # What frees it in C. Held by the class, so that it is still there when the interpreter ends.
    _free: Any

    def __del__(self) -> None:
        pointer, self.value = self.value, None
        self._free(pointer)

    def __reduce_ex__(self, _protocol: Any) -> NoReturn:
        raise TypeError(f"cannot copy or pickle {type(self).__name__}: it owns a pointer")
