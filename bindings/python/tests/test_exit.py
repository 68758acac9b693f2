"""What happens when the interpreter ends, and in one that is not the main one: each in a process."""

import signal

import pytest
from support import as_finalizer_at_exit, with_daemons


@pytest.mark.parametrize(
    "call",
    [
        "self.h.record(10**18)",
        "self.h.record('x')",
        "self.h.record_n(10**18, 1)",
        "self.h.record_durations('\\ud800')",
        "self.h.record_n(1)",
        "tb.Histogram.decode(memoryview(b'abcdef')[::2])",
        "self.h.record(1)",
    ],
)
def test_a_finalizer_at_exit_may_call_and_fail(run, call):
    done = run(as_finalizer_at_exit(call))
    assert done.returncode == 0, done.stderr


def test_a_finalizer_at_exit_gets_this_librarys_own_errors(run):
    """The first error of the process, when nothing can be imported any more."""
    done = run("""
        class Span:
            def __init__(self):
                self.h = tb.Histogram()
                self.h.close()
            def __del__(self):
                for attempt in (lambda: self.h.record(1), lambda: tb.replay_log(b"/no/such")):
                    try:
                        attempt()
                    except BaseException as error:
                        print(type(error).__name__, str(error)[:13])
        sys.modules["kept"] = Span()  # which goes after everything else
    """)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n")[0].startswith("ClosedError"), done.stdout
    assert done.stdout.split("\n")[1].startswith("IoError"), done.stdout


def test_a_subinterpreter_works_or_is_refused(run):
    done = run("""
        try:
            import _interpreters as interpreters  # since 3.13
        except ImportError:
            import _xxsubinterpreters as interpreters
        program = f"import sys; sys.path[:] = {sys.path!r}; import " + tb.__name__ + ''' as tb
        try:
            tb.Histogram().record(2**63)
        except tb.OutOfRangeError:
            print("works")
        '''.replace("        ", "")
        try:
            failed = interpreters.run_string(interpreters.create(), program)
            failed = failed and failed.formatted
        except getattr(interpreters, "RunFailedError", ()) as error:  # before 3.13
            failed = str(error)
        if failed:
            assert "ImportError" in failed, failed
            print("refused")
    """)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {"works", "refused"}


# What a daemon thread does for ever, while the main thread ends.
FOREVER = {
    "record": "h.record(5)",
    "record_and_tell": "h.record(5)",
    "record_all_and_tell": "h.record_all([5, 6, 7])",
    "iterate": "h.record_all(values())",
    "visit": "h.for_each_bucket(busy)",
    "replay": "tb.replay_log(log, busy)",
    "write": "writer.write(h, 0.0, 1.0)",
    "encode": "h.encode()",
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", FOREVER)
def test_a_daemon_thread_is_inside_while_the_interpreter_ends(run, tmp_path, name, threads):
    log = f"""
log = {str(tmp_path / "log.hlog")!r}
writer = tb.LogWriter(log)
writer.write(h, 0.0, 1.0)
"""
    prepare = "h.watch(1, busy)\n" if "tell" in name else "h.record(5)\n"
    prepare += log if name in {"replay", "write"} else ""
    done = run(with_daemons(prepare, FOREVER[name], threads))
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "ends\n")


def test_a_watcher_that_waits_does_not_hold_up_the_end(run):
    done = run("""
        import threading
        inside = threading.Event()
        def watcher(_):
            inside.set()
            threading.Event().wait()
        h = tb.Histogram(1, 1000, 3)
        h.watch(1, watcher)
        threading.Thread(target=h.record, args=(5,), daemon=True).start()
        inside.wait()
        print("ends", flush=True)
    """)
    assert (done.returncode, done.stdout) == (0, "ends\n"), done.stderr


def test_a_watcher_that_never_ends(tb, run):
    done = run("""
        import threading
        inside = threading.Event()
        def watcher(_):
            inside.set()
            while True:
                pass
        h = tb.Histogram(1, 1000, 3)
        h.watch(1, watcher)
        threading.Thread(target=h.record, args=(5,), daemon=True).start()
        inside.wait()
        print("ends", flush=True)
    """)
    # A thread cannot be unwound through C, and ctypes has no way to hold it there: see its README.
    ends = {0, -signal.SIGABRT} if tb.__name__ == "tollbridge_ctypes" else {0}
    assert done.returncode in ends, done.stderr
    assert done.stdout == "ends\n"


def test_what_is_left_at_exit_is_let_go_of(run):
    done = run("""
        h = tb.Histogram(1, 1000, 3)
        h.watch(1, lambda value: h.record(value))
        watch = h.watch(1, print)
        writer = tb.LogWriter("/dev/null")
        sys.modules["kept"] = [h, watch, writer]
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_finalizer_at_exit_may_record_above_a_limit(run):
    done = run("""
        class Span:
            def __init__(self):
                self.h = tb.Histogram()
                self.h.watch(1, self.told)
            def told(self, value):
                pass
            def __del__(self):
                self.h.record(5)
                self.h.record_n(5, 1)
                print(self.h.count)
        span = Span()
        sys.modules["kept"] = span
    """)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
