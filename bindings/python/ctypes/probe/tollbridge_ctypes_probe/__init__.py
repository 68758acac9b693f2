"""The package `tollbridge_ctypes`, and what only tests and timing need beside it."""

from tollbridge_ctypes import *  # the same surface, with more
from tollbridge_ctypes import __version__

from . import fault, probe
from ._error_classes import ProbeError

__all__ = ["ProbeError", "__version__", "fault", "probe"]
