"""Hazards of conformance/hazards.toml as Python meets them: `hazard <name> h`.

What is missing here cannot be said in Python: bridge.toml tells why.
"""

import contextlib
import ctypes
import gc
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from array import array
from pathlib import Path

MANY = 2_000_000
REFUSED = object()  # what cannot be said in this strategy


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


def wrong(*what):
    """The outcome, and what is wrong, for people."""
    print(*what, file=sys.stderr)
    return "wrong"


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


# ---- threads that end early


class Killed(BaseException):
    """What ends a thread from outside."""


def kill(thread):
    """Raises Killed in the thread, as soon as that runs Python code."""
    ident = ctypes.c_ulong(thread.ident)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Killed))


def killed(work):
    """What came of a thread that repeats `work`, when it was ended from outside."""
    ended, late, started = [], threading.Event(), threading.Event()

    def repeat():
        started.set()
        while not late.is_set():
            work()

    def run():
        try:  # a function of its own: a loop's jump back is outside of every `try` around it
            repeat()
        except BaseException as error:  # noqa: BLE001  # which one is the question
            ended.append(type(error))

    thread = threading.Thread(target=run, daemon=True)
    ENDED.append(thread)
    thread.start()
    started.wait()
    time.sleep(random.uniform(0, 0.003))
    kill(thread)
    thread.join(PATIENCE)
    late.set()  # ends one whose end was lost
    thread.join(PATIENCE)
    return ended


def interrupted(work):
    """What came of repeating `work` on this thread, when a signal handler raised."""

    def handler(*_):
        raise Killed

    before = signal.signal(signal.SIGALRM, handler)
    late = time.monotonic() + PATIENCE
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.003))
        while time.monotonic() < late:
            work()
        return []
    except BaseException as error:  # noqa: BLE001  # which one is the question
        return [type(error)]
    finally:
        signal.signal(signal.SIGALRM, before)


PATIENCE = 3.0  # seconds, after which a kill is lost
ENDED = []  # kept: Python code of `threading` runs as a Thread goes, and a kill there is Python's to lose


def end_early(work, times):
    """Ends what repeats `work` as often as that, in turn on a thread and by a signal."""
    work()
    before = resident()
    with unraisable() as lost:
        for i in range(times):
            ended = (killed, interrupted)[i % 2](work)
            if ended != [Killed]:
                return wrong("ended", i, "times, then", ended, lost)
    gc.collect()
    return "right" if resident() - before < 300 * MIB else wrong("memory", resident() - before)


def kill_during_calls(tb, _):
    def work():
        histogram = tb.Histogram(1, 3_600_000_000_000, 4)
        histogram.record(5)
        with contextlib.suppress(tb.OutOfRangeError):
            histogram.record(10**15)
        tb.Histogram.decode(histogram.encode())
        histogram.for_each_bucket(lambda _: None)
        list(histogram)
        histogram.render()
        histogram.close()

    return end_early(work, 100)


def raise_all(tb, histogram):
    """The library's own errors, and Python's for bad arguments."""
    for value in (10**15, -1, 2**64, "5", 1.5, None):
        try:
            histogram.record(value)
        except (tb.OutOfRangeError, OverflowError, TypeError) as error:
            str(error)
    for text in ("5 parsecs", "\ud800", 5):
        try:
            histogram.record_durations(text)
        except (tb.InvalidDurationError, tb.InvalidTextError, TypeError) as error:
            str(error)
    try:
        tb.replay_log("/no/such/file")
    except OSError as error:
        str(error)


def kill_while_raising(tb, histogram):
    return end_early(lambda: raise_all(tb, histogram), 100)


def release(tb, kept):
    """Watches and unwatches, makes and closes."""
    for _ in range(10):
        histogram = tb.Histogram(1, 1000, 3)

        def watcher(_):
            pass

        kept.append(weakref.ref(watcher))
        histogram.watch(1, watcher).unwatch()
        histogram.clone().close()
        histogram.watch(1, watcher)
        with contextlib.suppress(tb.OutOfRangeError):
            histogram.watch(1001, watcher)
        histogram.close()


def kill_while_releasing(tb, _):
    kept = []
    outcome = end_early(lambda: release(tb, kept), 100)
    left = [each for each in kept if each() is not None]
    return wrong(len(left), "callables are left") if left else outcome


def kill_in_foreign_callback(tb, _):
    def callback(number):
        return sum(range(100)) + number

    return end_early(lambda: tb.probe.call_back_from_new_thread(10, callback), 20)


def at_exit(work):
    """Three threads repeat `work` while the program ends."""

    def forever():
        while True:
            work()

    sys.setswitchinterval(1e-6)  # so that they often wait for the GIL, wherever they are
    for _ in range(3):
        threading.Thread(target=forever, daemon=True).start()
    time.sleep(0.05)


def exit_while_raising(tb, histogram):
    at_exit(lambda: raise_all(tb, histogram))


def exit_while_releasing(tb, _):
    at_exit(lambda: release(tb, []))


def exit_in_foreign_callback(tb, histogram):
    def callback(number):
        return sum(range(100)) + number

    histogram.watch(1, callback)
    at_exit(
        lambda: (
            tb.probe.call_back_from_new_thread(10, callback),
            tb.probe.record_from_new_thread(histogram, 5),
        )
    )


MIB = 2**20


def resident():
    """Bytes of memory that this process has in use."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def exception_before_free(tb, _):
    """A timer's handler raises while a call makes text, bytes, a copy of everything."""
    histogram = tb.Histogram(1, 3_600_000_000_000, 4)
    histogram.record_all(range(1, 3_000_000_000_000, 7_500_001))
    calls = [
        lambda: histogram.render(1000),
        histogram.encode,
        histogram.buckets,
        lambda: tb.Histogram.decode(encoded),
    ]
    encoded = histogram.encode()
    took = []
    for call in calls:
        before = time.perf_counter()
        call()
        took.append(time.perf_counter() - before)

    def handler(*_):
        raise Killed

    kept, before, raised = signal.signal(signal.SIGALRM, handler), resident(), 0
    for i in range(300):
        which = i % len(calls)
        with contextlib.suppress(Killed):
            try:
                # In the middle of the call: it is raised when that returns.
                signal.setitimer(signal.ITIMER_REAL, max(took[which] / 2, 1e-6))
                for _ in range(100):
                    calls[which]()
            except Killed:
                raised += 1
                raise
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, kept)
    assert raised > 250
    gc.collect()
    more = (resident() - before) // MIB
    return "right" if more < 30 else wrong(more, "MiB more than before")


def stack_end_in_callback(_, histogram):
    def down(*_):
        down()

    histogram.record(3)
    try:
        histogram.for_each_bucket(down)
    except RecursionError:
        pass
    else:
        return "wrong"

    watch = histogram.watch(1, down)
    with unraisable() as seen:
        histogram.record(3)
    watch.unwatch()
    if [type(error) for error in seen] != [RecursionError]:
        return wrong("the watcher's:", seen)

    # Where the stack ends in every call of the library in turn, and not in the callback alone.
    told = []

    def note(value):
        told.append(value)

    def deeper(count):
        histogram.record(3)
        histogram.for_each_bucket(note)
        deeper(count + 1)

    histogram.watch(1, note)
    for room in range(40):
        with unraisable() as seen:
            try:
                pad(room, deeper)
            except (RecursionError, ctypes.ArgumentError):  # ctypes' own word, before CPython 3.12
                pass
            else:
                return "wrong"
        if any(type(error) is not RecursionError for error in seen):
            return wrong("reported:", seen)
    told.clear()
    histogram.record(5)
    return "right" if told == [5] else "wrong"


def pad(room, work):
    """Calls `work` as many calls deeper."""
    return pad(room - 1, work) if room else work(0)


# ---- what the collector sees

LARGE = (1, 3_600_000_000_000, 5)  # 27 MB
MOST = 2000 * MIB


def forget(tb, use):
    for i in range(300):
        use(tb.Histogram(*LARGE))
        if i % 5 == 0 and resident() > MOST:
            return wrong("too much memory after", i, "histograms")
    return "right"


def forgotten_handles(tb, _):
    return forget(tb, lambda histogram: histogram.record(5))


def forgotten_cycles(tb, _):
    def use(histogram):
        histogram.watch(1, lambda _: histogram)
        histogram.record(5)

    return forget(tb, use)


def collected_during_call(tb, _):
    ended = threading.Event()

    def collect():
        while not ended.is_set():
            gc.collect()

    def made():
        histogram = tb.Histogram(1, 1000, 3)
        told = array("Q")
        kept.append(told)
        histogram.watch(1000, lambda value: told.append(value) or histogram)
        return histogram

    kept, values = [], array("Q", [1]) * (MANY // 4) + array("Q", [1000])
    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for _ in range(20):
            made().record_all(values)
            tb.Histogram.decode(made().encode()).merge(made())
            made().for_each_bucket(lambda _: None)
    finally:
        ended.set()
        collector.join()
    return "right" if [each.tolist() for each in kept[::4]] == [[1000]] * 20 else "wrong"


def callback_twice(_, histogram):
    told = []

    def note(value):
        told.append(value)

    gone = weakref.ref(note)
    watches = [histogram.watch(limit, note) for limit in (1, 1)]
    del note
    histogram.record(5)
    ended = [watches[0].unwatch(), watches[0].unwatch()]
    histogram.record(6)
    ended.append(watches[1].unwatch())
    histogram.record(7)
    right = told == [5, 5, 6] and ended == [True, False, True] and gone() is None
    return "right" if right else "wrong"


def never_initialised(tb, histogram):
    """Objects that are made without their constructor, each used and released."""

    def make(kind):
        try:

            class Forgot(kind):
                def __init__(self):
                    pass

        except TypeError:  # final
            return None
        return Forgot()

    made = [make(kind) for kind in (tb.Histogram, tb.LogWriter, tb.Buckets, tb.Watch)]
    if made == [None] * 4:
        return REFUSED
    forgot, writer, buckets, watch = made
    watch.unwatch()
    uses = [
        lambda: next(buckets),
        lambda: buckets.take(1),
        lambda: writer.write(histogram, 0, 1),
        lambda: histogram.merge(forgot),
        lambda: forgot.tag,
        lambda: forgot.__reduce__(),
        lambda: forgot.__enter__(),
    ]
    for use in uses:
        try:
            use()
        except tb.ClosedError:
            pass
        else:
            return "wrong"
    for each in made:
        repr(each)
    for each in (forgot, writer, buckets):
        if not each.closed:
            return "wrong"
        each.close()
    return forgot.record(1)


USED = """
h = tb.Histogram()
h.watch(1, lambda value: None)
h.record(5)
tb.probe.record_from_new_thread(h, 5)
tb.probe.call_back_from_new_thread(3, lambda number: number)
try: h.record(10**18)
except tb.OutOfRangeError: pass
try: tb.fault.panic("boom")
except tb.PanicError: pass
"""


def null_dereference(tb, _):
    """In a process that has used the library, and in one that never loaded it."""
    load = f"import sys; sys.path[:] = {sys.path!r}; import {tb.__name__} as tb\n{USED}"
    fall = "\nimport ctypes; ctypes.memset(0, 0, 1)"
    ends = []
    for program in (load + fall, fall, load):
        done = subprocess.run(
            [sys.executable, "-c", program], stderr=subprocess.DEVNULL, check=False
        )
        ends.append(done.returncode)
    return "right" if ends == [-signal.SIGSEGV, -signal.SIGSEGV, 0] else wrong(ends)


# ---- more than one library


def load(name, path, **more):
    specification = importlib.util.spec_from_file_location(name, path, **more)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


def two_copies(tb, histogram):
    """What users have, under another name, over a copy of the library's file."""
    product = sys.modules[tb.Histogram.__module__.partition(".")[0]]
    folder = Path(product.__file__).parent
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
    "kill-during-calls": kill_during_calls,
    "kill-while-raising": kill_while_raising,
    "kill-while-releasing": kill_while_releasing,
    "kill-in-foreign-callback": kill_in_foreign_callback,
    "exit-while-raising": exit_while_raising,
    "exit-while-releasing": exit_while_releasing,
    "exit-in-foreign-callback": exit_in_foreign_callback,
    "exception-before-free": exception_before_free,
    "stack-end-in-callback": stack_end_in_callback,
    "forgotten-handles": forgotten_handles,
    "forgotten-cycles": forgotten_cycles,
    "collected-during-call": collected_during_call,
    "callback-twice": callback_twice,
    "never-initialised": never_initialised,
    "null-dereference": null_dereference,
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
        outcome = hazard(tb, histogram)
        return None if outcome is REFUSED else outcome or "right"
    except tb.TollbridgeError:
        raise
    except Exception as error:  # noqa: BLE001  # whichever the host has for it is what is asked
        return f"exception {type(error).__name__}"
