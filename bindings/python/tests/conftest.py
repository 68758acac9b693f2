"""The surface that every Python strategy has: `pytest bindings/python/tests --module tollbridge`."""

import importlib
import subprocess
import sys
import textwrap

import pytest


def pytest_addoption(parser):
    parser.addoption("--module", default="tollbridge", help="the strategy's module")
    parser.addoption("--whole", help="a module with what the folder probe/ needs, if it is another")


@pytest.fixture(scope="session")
def tb(request):
    return importlib.import_module(request.config.getoption("--module"))


@pytest.fixture
def histogram(tb):
    """Up to 1000, three digits: each value has a bucket of its own."""
    with tb.Histogram(1, 1000, 3) as histogram:
        yield histogram


@pytest.fixture
def one_to_ten(histogram):
    histogram.record_all(range(1, 11))
    return histogram


@pytest.fixture
def numpy():
    return pytest.importorskip("numpy")


@pytest.fixture
def unraisable(monkeypatch):
    """What goes to sys.unraisablehook: pairs of an exception and what it came from."""
    seen = []

    def hook(args):
        seen.append((args.exc_value, args.object))

    monkeypatch.setattr(sys, "unraisablehook", hook)
    return seen


@pytest.fixture
def run(tb):
    """Runs a program in which the strategy is `tb`; its return code and output."""

    def run(program):
        head = f"import sys; sys.path[:] = {sys.path!r}; import {tb.__name__} as tb\n"
        return subprocess.run(
            [sys.executable, "-c", head + textwrap.dedent(program)],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def switch_often():
    """Lets threads take turns a thousand times more often than usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)
