"""The surface that every Python strategy has: `pytest bindings/python/tests --module tollbridge`."""

import importlib

import pytest


def pytest_addoption(parser):
    parser.addoption("--module", default="tollbridge", help="the strategy's module")


@pytest.fixture(scope="session")
def tb(request):
    return importlib.import_module(request.config.getoption("--module"))


@pytest.fixture(scope="session")
def probe(tb):
    return tb.probe


@pytest.fixture
def histogram(tb):
    """Up to 1000, three digits: each value has a bucket of its own."""
    with tb.Histogram(1, 1000, 3) as histogram:
        yield histogram


@pytest.fixture
def one_to_ten(histogram):
    histogram.record_all(range(1, 11))
    return histogram
