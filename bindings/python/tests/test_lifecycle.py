"""Closing, copying, pickling, and letting go of memory."""

import copy
import gc
import pickle
import subprocess
import sys
import weakref

import pytest
from support import references, traced


def test_after_close_every_operation_says_so(tb, one_to_ten):
    open_one = tb.Histogram()
    one_to_ten.close()
    one_to_ten.close()
    assert one_to_ten.closed
    assert "closed" in repr(one_to_ten)

    def set_tag():
        one_to_ten.tag = "tag"

    calls = [
        lambda: one_to_ten.lowest,
        lambda: one_to_ten.highest,
        lambda: one_to_ten.significant_digits,
        lambda: one_to_ten.count,
        lambda: one_to_ten.tag,
        lambda: len(one_to_ten),
        lambda: bool(one_to_ten),
        lambda: iter(one_to_ten),
        lambda: one_to_ten.record(1),
        lambda: one_to_ten.record_n(1, 1),
        lambda: one_to_ten.record_all([1]),
        lambda: one_to_ten.record_durations("1ns"),
        lambda: one_to_ten.values_at_quantiles([0.5]),
        lambda: one_to_ten.value_at_quantile(0.5),
        lambda: one_to_ten.for_each_bucket(print),
        lambda: one_to_ten.merge(open_one),
        lambda: open_one.merge(one_to_ten),
        lambda: one_to_ten.__enter__(),
        lambda: copy.copy(one_to_ten),
        lambda: copy.deepcopy(one_to_ten),
        lambda: pickle.dumps(one_to_ten),
        set_tag,
    ]
    plain = ["is_empty", "min", "max", "mean", "stdev", "summary", "buckets", "encode", "clone"]
    calls += [getattr(one_to_ten, name) for name in plain]
    for call in calls:
        with pytest.raises(tb.ClosedError) as caught:
            call()
        assert isinstance(caught.value, ValueError)


def test_with_closes_and_lets_exceptions_through(tb):
    problem = KeyError("mine")
    with pytest.raises(KeyError) as caught, tb.Histogram() as histogram:
        assert not histogram.closed
        raise problem
    assert caught.value is problem
    assert histogram.closed


def test_clones_share_and_close_by_themselves(one_to_ten):
    other = one_to_ten.clone()
    other.record(500)
    other.tag = "shared"
    assert one_to_ten.count == 11
    one_to_ten.close()
    assert not other.closed
    assert (other.count, other.tag) == (11, "shared")


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copies_are_independent(one_to_ten, duplicate):
    one_to_ten.tag = "tag"
    other = duplicate(one_to_ten)
    other.record(500)
    assert (one_to_ten.count, other.count, other.tag) == (10, 11, "tag")
    assert other.highest == one_to_ten.highest


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(tb, one_to_ten, protocol):
    def again(thing):
        return pickle.loads(pickle.dumps(thing, protocol))

    one_to_ten.tag = "é"
    other = again(one_to_ten)
    assert list(other) == list(one_to_ten)
    assert (other.tag, other.highest, other.significant_digits) == ("é", 1000, 3)
    records = (
        one_to_ten.summary(),
        next(iter(one_to_ten)),
        tb.Progress(1, 2, 3),
    )
    for record in records:
        for made in (again(record), copy.copy(record), copy.deepcopy(record)):
            assert (type(made), made, hash(made)) == (type(record), record, hash(record))
    with pytest.raises(tb.OutOfRangeError) as caught:
        one_to_ten.record(2000)
    error = again(caught.value)
    assert type(error) is tb.OutOfRangeError
    assert str(error) == str(caught.value)
    assert error.value == 2000


def test_repr_shows_what_it_is(tb):
    shown = repr(tb.Histogram(1, 1000, 2, tag="checkout"))
    for part in ("Histogram", "lowest=1", "highest=1000", "significant_digits=2", "'checkout'"):
        assert part in shown


def test_it_can_be_referred_to_weakly(tb):
    histogram = tb.Histogram()
    reference = weakref.ref(histogram)
    assert reference() is histogram
    del histogram
    gc.collect()
    assert reference() is None


def test_the_collector_knows_what_snapshots_weigh(tb):
    histogram = tb.Histogram(1, 3_600_000_000_000, 5)  # 27 MB
    histogram.record(1)

    class Node:
        def __init__(self):
            self.itself = self
            self.buckets = iter(histogram.buckets())

    gc.collect()
    before = gc.get_threshold()
    gc.set_threshold(1_000_000)  # not for the number of objects
    try:
        nodes = [weakref.ref(Node()) for _ in range(30)]
    finally:
        gc.set_threshold(*before)
    left = [node for node in nodes if node() is not None]
    gc.collect()
    assert 0 < len(left) < len(nodes)


def test_nothing_holds_on_to_arguments(tb, one_to_ten):
    def visitor(bucket):
        return bucket.value < 5

    def raises(bucket):
        if bucket.value == 3:
            raise KeyError(bucket)

    text, data, values = "1ns " * 100, one_to_ten.encode(), [1.0] * 100
    things = [visitor, raises, text, data, values, values[0]]
    counts = [references(thing) for thing in things]
    for _ in range(10):
        one_to_ten.for_each_bucket(visitor)
        with pytest.raises(KeyError):
            one_to_ten.for_each_bucket(raises)
        one_to_ten.record_durations(text)
        tb.Histogram.decode(data)
        one_to_ten.values_at_quantiles(values)
    gc.collect()
    assert [references(thing) for thing in things] == counts


def test_nothing_holds_on_to_what_was_refused(tb, histogram):
    text, strided, number = "é" * 100 + "\ud800", memoryview(bytes(100))[::2], 10**30
    things = [text, strided, number]
    calls = [(histogram.record_durations, 0), (tb.Histogram.decode, 1)]
    calls += [(histogram.record, 2), (histogram.values_at_quantiles, 2)]
    counts = [references(thing) for thing in things]
    for call, which in calls:
        with pytest.raises((TypeError, OverflowError, tb.InvalidTextError)):
            call(things[which])
    assert [references(thing) for thing in things] == counts


def test_python_memory_is_let_go_of(tb, one_to_ten):
    def work():
        list(one_to_ten)
        one_to_ten.summary()
        one_to_ten.clone().close()
        one_to_ten.for_each_bucket(lambda _: None)
        tb.Histogram.decode(one_to_ten.encode())
        one_to_ten.values_at_quantiles([0.5, 1.0])
        try:
            one_to_ten.record(2000)
        except tb.OutOfRangeError as error:
            assert error.fields

    assert traced(work) < 2000


def resident():
    """Kilobytes of memory that this process has in use."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_native_memory_is_let_go_of(tb):
    def work():
        # About 2 MiB each: 400 of them would show.
        histogram = tb.Histogram(1, 3_600_000_000_000, 4)
        histogram.record(5)
        next(histogram.buckets())
        copy.copy(histogram)
        histogram.close()

    for _ in range(50):
        work()
    before = resident()
    for _ in range(100):
        work()
    assert resident() - before < 50_000


USES = """
import gc

class Server:
    def __init__(self):
        self.h = tb.Histogram()
        self.h.record(5)
        self.watch = self.h.watch(100, self.slow)
        self.buckets = self.h.buckets()
        self.log = tb.LogWriter("/dev/null")
        try:
            self.h.record(10**18)
        except tb.OutOfRangeError as error:
            self.error = error
            self.error.mine = self
        self.mine = self

    def slow(self, value):
        pass

    def __del__(self):
        {use}
        print("done")

made = [Server() for _ in range(20)]
del made
gc.collect()
"""


@pytest.mark.parametrize(
    "use",
    [
        "self.h.summary(), self.h.record(200)",
        "self.h.record(200), self.watch.unwatch()",
        "next(self.buckets)",
        "self.log.write(self.h, 0.0, 1.0)",
        "str(self.error), self.error.highest",
        "made.append(self) if 'made' in globals() else globals().update(made=[self])",
    ],
)
def test_a_finalizer_may_use_what_goes_with_it(tb, use):
    head = f"import sys; sys.path[:] = {sys.path!r}; import {tb.__name__} as tb\n"
    program = head + USES.replace("{use}", f"try: {use}\n        except tb.ClosedError: pass")
    program += "globals().pop('made', None)\ngc.collect()\n"
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.count("done") == 20


@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_what_owns_something_else_has_no_copies(tb, one_to_ten, duplicate, tmp_path):
    things = [one_to_ten.buckets(), one_to_ten.watch(1, print), tb.LogWriter(tmp_path / "log")]
    for thing in things:
        with pytest.raises(TypeError):
            duplicate(thing)
