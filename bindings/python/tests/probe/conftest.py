"""Tests of what only tests and timing need; without this folder the others are whole."""

import importlib

import pytest


@pytest.fixture(scope="session")
def tb(request):
    option = request.config.getoption
    return importlib.import_module(option("--whole") or option("--module"))


@pytest.fixture(scope="session")
def probe(tb):
    return tb.probe
