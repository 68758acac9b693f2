"""Faults on purpose, for the tests of the boundary. Not for use."""

from ._native import panic, panic_while_locked

__all__ = ["panic", "panic_while_locked"]
