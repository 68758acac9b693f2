"""Tests of what only tests and timing need; without this folder the others are whole."""

import pytest


@pytest.fixture(scope="session")
def probe(tb):
    return tb.probe
