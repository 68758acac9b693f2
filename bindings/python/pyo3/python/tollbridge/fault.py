"""Faults on purpose, for the tests of the boundary. Not for use."""

from ._native import PanicsWhenDropped, panic, panic_while_locked

__all__ = ["PanicsWhenDropped", "panic", "panic_while_locked"]
