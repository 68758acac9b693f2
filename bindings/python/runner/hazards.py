"""Hazards of conformance/hazards.toml as Python meets them: `hazard <name> h`.

What is missing here cannot be said in Python: bridge.toml tells why.
"""

import contextlib
import ctypes
import gc
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from array import array
from pathlib import Path

MANY = 2_000_000


class MyError(Exception):
    """What callbacks raise here."""


@contextlib.contextmanager
def unraisable():
    """What goes to the hook for exceptions that have no caller, meanwhile."""
    seen, before = [], sys.unraisablehook
    sys.unraisablehook = lambda report: seen.append(report.exc_value)
    try:
        yield seen
    finally:
        sys.unraisablehook = before


@contextlib.contextmanager
def stderr():
    """What is written to the descriptor meanwhile, by whomever; filled in at the end."""
    said, kept = bytearray(), os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            said += file.read()


def on_thread(work, *arguments):
    """Runs `work` on a thread of its own; what it raised is raised here."""
    raised = []

    def run():
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001  # raised again below
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


# ---- panics and callbacks


def panic_in_destructor(tb, _):
    with unraisable() as seen, stderr() as said:
        tb.fault.PanicsWhenDropped()
        gc.collect()
    # By the hook, or by Rust's own line alone.
    return "reported" if seen or b"dropped" in said else "right"


def exception_in_watcher(_, histogram):
    mine = MyError()

    def watcher(_):
        raise mine

    histogram.watch(1, watcher)
    with unraisable() as seen:
        histogram.record(5)
    return "reported" if seen == [mine] else "wrong"


def nonlocal_exit(_, histogram):
    mine = SystemExit(3)

    def visitor(_):
        raise mine

    try:
        histogram.for_each_bucket(visitor)
    except SystemExit as error:
        return "raised" if error is mine else "wrong"
    return "wrong"


def buffer_resized_in_callback(_, histogram):
    values = array("Q", [1, 2, 3])

    def watcher(_):
        with contextlib.suppress(BufferError):  # as long as it is borrowed, Python refuses
            values.extend(range(100_000))

    histogram.watch(1, watcher)
    histogram.record_all(values)


# ---- arguments


def null_with_length(_, histogram):
    histogram.record_all(None)


def misaligned_pointer(_, histogram):
    values = memoryview(bytearray(b"-" + array("Q", [1, 2, 3]).tobytes()))[1:].cast("Q")
    assert ctypes.addressof(ctypes.c_char.from_buffer(values)) % 8 != 0
    histogram.record_all(values)


def length_above_isize_max(_, histogram):
    histogram.record_all(b"-" * 2**63)


def enum_7(_, histogram):
    histogram.buckets(7)


def bool_2(tb, _):
    tb.probe.make_str(3, 2)


# ---- lifetimes


def use_after_close(_, histogram):
    histogram.close()
    histogram.record(1)


def double_close(_, histogram):
    histogram.close()
    histogram.close()


def close_during_call(_, histogram):
    ones = array("Q", [1]) * MANY
    for delay in range(20):
        handle = histogram.clone()
        before = histogram.count
        thread = threading.Thread(target=handle.record_all, args=(ones,))
        thread.start()
        time.sleep(delay / 1000)
        handle.close()
        thread.join()
        # All or nothing: on a slow machine the close may have come first.
        if histogram.count - before not in (0, MANY):
            return "wrong"
    return "right" if histogram.count > 0 else "wrong"


class Cycle:
    """Collected by the collector only."""

    def __init__(self, histogram):
        self.me = self
        self.histogram = histogram


def finalizer_on_another_thread(_, histogram):
    gc.disable()
    for _ in range(1000):
        Cycle(histogram.clone())
    collector = threading.Thread(target=gc.collect)
    collector.start()
    for _ in range(1000):
        histogram.record(1)
    collector.join()
    gc.enable()


# ---- threads and processes


def fork_while_locked(_, histogram):
    ones = array("Q", [1]) * (4 * MANY)
    for _ in range(20):
        thread = threading.Thread(target=histogram.record_all, args=(ones,))
        thread.start()
        time.sleep(0.01)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(1)
            histogram.record(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        thread.join()
        if os.WIFSIGNALED(status):
            return "hang" if os.WTERMSIG(status) == signal.SIGALRM else "crash"
    return "right"


class Last:
    """Records when the thread that it is kept by ends."""

    def __init__(self, histogram):
        self.histogram = histogram

    def __del__(self):
        self.histogram.record(1)


def thread_exit(_, histogram):
    kept = threading.local()
    for _ in range(100):
        on_thread(lambda: setattr(kept, "last", Last(histogram)))
    gc.collect()


def small_stack(tb, histogram):
    def work():
        histogram.record(5)
        histogram.merge(histogram)
        assert histogram.for_each_bucket(lambda _: True)
        assert histogram.render()
        assert histogram.encode()
        try:
            histogram.record(1001)
        except tb.OutOfRangeError as error:
            assert error.value == 1001

    before = threading.stack_size(64 * 1024)
    try:
        on_thread(work)
    finally:
        threading.stack_size(before)


def call_back_at_exit(histogram, callback):
    """Daemon threads are inside a visitor and a watcher while the interpreter ends."""
    inside = threading.Barrier(3)

    def first(_):
        inside.wait()

    def visit():
        histogram.for_each_bucket(first)
        while True:
            histogram.for_each_bucket(callback)

    def record():
        inside.wait()
        while True:
            histogram.record(1)

    histogram.record(1)
    histogram.watch(1, callback)
    for work in (visit, record):
        threading.Thread(target=work, daemon=True).start()
    inside.wait()
    time.sleep(0.05)


def callback_at_exit(_, histogram):
    call_back_at_exit(histogram, lambda _: None)


def callback_never_ends(_, histogram):
    def stay(_):
        while True:
            time.sleep(0.001)

    call_back_at_exit(histogram, stay)


# ---- more than one library


def load(name, path, **more):
    specification = importlib.util.spec_from_file_location(name, path, **more)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def two_copies(tb, histogram):
    """The package under another name, over a copy of the library's file."""
    folder = Path(tb.__file__).parent
    with tempfile.TemporaryDirectory() as scratch:
        copied = shutil.copytree(folder, Path(scratch) / "copied")
        if hasattr(tb, "library_path"):
            library = shutil.copy(tb.library_path, scratch)
            os.environ["TOLLBRIDGE_LIBRARY"] = str(library)
        copy = load("copied", copied / "__init__.py", submodule_search_locations=[str(copied)])
        histogram.merge(copy.Histogram())


def abi_skew(tb, _):
    with tempfile.TemporaryDirectory() as scratch:
        library = f"{scratch}/libtollbridge.so"
        source = "unsigned tb_abi_version(void) { return 2; }"
        compile_it = ["cc", "-shared", "-fPIC", "-xc", "-", "-o", library]
        subprocess.run(compile_it, input=source.encode(), check=True)
        ended = subprocess.run(
            [sys.executable, "-c", f"import {tb.__name__}"],
            env=os.environ | {"TOLLBRIDGE_LIBRARY": library},
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        last = ended.stderr.splitlines()[-1]
        named = "ABI 2" in last and "ABI 1" in last
        return f"exception {last.split(':')[0]}" if named else "wrong"


HAZARDS = {
    "panic-in-destructor": panic_in_destructor,
    "exception-in-watcher": exception_in_watcher,
    "nonlocal-exit": nonlocal_exit,
    "buffer-resized-in-callback": buffer_resized_in_callback,
    "null-with-length": null_with_length,
    "misaligned-pointer": misaligned_pointer,
    "length-above-isize-max": length_above_isize_max,
    "enum-7": enum_7,
    "bool-2": bool_2,
    "use-after-close": use_after_close,
    "double-close": double_close,
    "close-during-call": close_during_call,
    "finalizer-on-another-thread": finalizer_on_another_thread,
    "fork-while-locked": fork_while_locked,
    "thread-exit": thread_exit,
    "small-stack": small_stack,
    "callback-at-exit": callback_at_exit,
    "callback-never-ends": callback_never_ends,
    "two-copies": two_copies,
    "abi-skew": abi_skew,
}


def run(tb, name, histogram):
    """Does what should not be done and says what came of it; None where it cannot be said.

    The library's own errors are the caller's to report.
    """
    hazard = HAZARDS.get(name)
    if hazard is None or (hazard is abi_skew and not hasattr(tb, "library_path")):
        return None
    try:
        return hazard(tb, histogram) or "right"
    except tb.TollbridgeError:
        raise
    except Exception as error:  # noqa: BLE001  # whichever the host has for it is what is asked
        return f"exception {type(error).__name__}"
