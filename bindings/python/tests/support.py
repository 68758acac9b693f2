"""What several of these tests need."""

import gc
import sys
import textwrap
import threading
import tracemalloc

PATIENCE = 60
FOREIGN = ">" if sys.byteorder == "little" else "<"


class Index:
    """An integer by its `__index__` only, as NumPy's scalars are."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def at_once(*works):
    """Runs each in a thread of its own, all at once; what one raises is raised here."""
    start, problems = threading.Barrier(len(works)), []

    def run(work):
        start.wait()
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 (raised again below)
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a deadlock"
    if problems:
        raise problems[0]


def references(thing):
    return sys.getrefcount(thing)


def traced(work):
    """Bytes that Python holds more after `work` was done a thousand times."""
    for _ in range(100):
        work()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(1000):
        work()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def as_finalizer_at_exit(call):
    """A program that makes this call when it ends, in an object's finalizer."""
    return f"""
        class Span:
            def __init__(self):
                self.h = tb.Histogram()
            def __del__(self):
                try:
                    {call}
                except Exception as error:
                    print(type(error).__name__)
        span = Span()
    """


# `busy` is Python code that takes turns with others, so that a thread in it often waits for the GIL when
# the interpreter ends.
BUSY = """
def busy(*_):
    for _ in range(200):
        pass
    return 1
def values():
    for _ in range(10):
        yield busy()
h = tb.Histogram(1, 1000, 3)
"""


def with_daemons(prepare, call, threads):
    """A program whose daemon threads make this call for ever, while the main thread ends."""
    return (
        BUSY
        + prepare
        + textwrap.dedent(f"""
            import threading, time
            def forever():
                while True:
                    {call}
            for _ in range({threads}):
                threading.Thread(target=forever, daemon=True).start()
            time.sleep(0.1)
            print("ends", flush=True)
        """)
    )
