"""Finds the C library, loads it and makes sure that it speaks the ABI that this package does."""

import ctypes
import os
import sys
from pathlib import Path

# The ABI that `_abi.py` declares.
ABI_VERSION = 1

_SUFFIX, _SONAME = {
    "darwin": (".dylib", "libtollbridge.1.dylib"),
}.get(sys.platform, (".so", "libtollbridge.so.1"))

_HERE = Path(__file__).resolve().parent


def _candidates() -> list[str]:
    """What to load, the first that is there: the environment's choice is the only one if made."""
    chosen = os.environ.get("TOLLBRIDGE_LIBRARY")
    if chosen:
        return [chosen]
    name = f"libtollbridge{_SUFFIX}"
    beside = _HERE / name
    # In the source tree, if the library was installed there.
    built = _HERE.parents[2] / "c" / "build" / "prefix" / "lib" / name
    return [str(file) for file in (beside, built) if file.is_file()] + [_SONAME]


def _load() -> tuple[ctypes.CDLL, ctypes.PyDLL]:
    name = _candidates()[0]
    try:
        return ctypes.CDLL(name), ctypes.PyDLL(name)
    except OSError as error:
        raise ImportError(
            f"cannot load the C library of Tollbridge ({error}); "
            "install it, or set TOLLBRIDGE_LIBRARY to its file"
        ) from error


def _path_of(function: ctypes._CFuncPtr) -> Path:
    """The file that a function was really loaded from, as the dynamic linker tells."""

    class Dl_info(ctypes.Structure):
        _fields_ = [
            ("file", ctypes.c_char_p),
            ("base", ctypes.c_void_p),
            ("symbol", ctypes.c_char_p),
            ("address", ctypes.c_void_p),
        ]

    dladdr = ctypes.CDLL(None).dladdr
    dladdr.argtypes = [ctypes.c_void_p, ctypes.POINTER(Dl_info)]
    info = Dl_info()
    dladdr(ctypes.cast(function, ctypes.c_void_p), ctypes.byref(info))
    return Path(os.fsdecode(info.file))


def _check_abi(library: ctypes.CDLL) -> Path:
    try:
        tb_abi_version = library.tb_abi_version
    except AttributeError:
        raise ImportError(f"{library._name} is no C library of Tollbridge") from None
    tb_abi_version.restype = ctypes.c_uint32
    found = tb_abi_version()
    path = _path_of(tb_abi_version)
    if found != ABI_VERSION:
        raise ImportError(f"{path} has ABI {found}, but this package is for ABI {ABI_VERSION}")
    return path


# One library, two ways to call it: the first lets go of the GIL for the call, the second keeps it.
releasing_library, holding_library = _load()
library_path = _check_abi(releasing_library)
