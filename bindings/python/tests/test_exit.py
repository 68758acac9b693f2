"""What happens when the interpreter ends, and in one that is not the main one: each in a process."""

import subprocess
import sys
import textwrap

import pytest


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


@pytest.mark.parametrize(
    "call",
    [
        "self.h.record(10**18)",
        "self.h.record('x')",
        "self.h.record_n(10**18, 1)",
        "tb.probe.str_len('\\ud800')",
        "tb.probe.add(1)",
        "tb.probe.bytes_ends(memoryview(b'abcdef')[::2])",
        "self.h.record(1)",
    ],
)
def test_a_finalizer_at_exit_may_call_and_fail(run, call):
    done = run(f"""
        class Span:
            def __init__(self):
                self.h = tb.Histogram()
            def __del__(self):
                try:
                    {call}
                except Exception as error:
                    print(type(error).__name__)
        span = Span()
    """)
    assert done.returncode == 0, done.stderr


def test_a_subinterpreter_works_or_is_refused(run):
    done = run("""
        import _xxsubinterpreters as interpreters
        program = f"import sys; sys.path[:] = {sys.path!r}; import " + tb.__name__ + ''' as tb
        try:
            tb.Histogram().record(2**63)
        except tb.OutOfRangeError:
            print("works")
        '''.replace("        ", "")
        try:
            interpreters.run_string(interpreters.create(), program)
        except interpreters.RunFailedError as error:
            assert "ImportError" in str(error), error
            print("refused")
    """)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"works", "refused"}
