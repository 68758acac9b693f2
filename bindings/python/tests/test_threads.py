"""Many threads, one histogram: nothing is lost, nothing waits for ever."""

import threading
import time
from array import array

import pytest
from support import PATIENCE, at_once

THREADS = 8


pytestmark = pytest.mark.usefixtures("switch_often")


def test_no_count_is_lost(tb):
    histogram = tb.Histogram(1, 1000, 3)
    values = array("Q", range(1, 101))
    rounds = 300

    def work():
        for i in range(rounds):
            histogram.record(1 + i % 1000)
            histogram.record_n(500, 2)
            histogram.record_all(values)
            histogram.record_all([1, 2, 3])
            histogram.record_durations("5ns 6ns")

    at_once(*[work] * THREADS)
    assert histogram.count == THREADS * rounds * (1 + 2 + 100 + 3 + 2)


def test_readers_and_writers(tb):
    histogram = tb.Histogram(1, 1000, 3)
    histogram.record(1)

    def write():
        for i in range(500):
            histogram.record(1 + i)
            histogram.tag = f"tag{i}"

    def read():
        for _ in range(100):
            counts = [bucket.count for bucket in histogram]
            assert sum(counts) <= histogram.count
            assert histogram.summary().count <= histogram.count
            assert histogram.tag[:3] in {"", "tag"}
            tb.Histogram.decode(histogram.encode())
            histogram.for_each_bucket(lambda bucket: bucket.value < 10)

    at_once(write, read, write, read)
    assert histogram.count == 1001


def test_two_that_are_merged_into_each_other(tb):
    # Counts grow without bound, so they are reset by starting anew.
    for _ in range(30):
        one, other = tb.Histogram(1, 1000, 3), tb.Histogram(1, 1000, 3)
        one.record(1)
        other.record(2)

        def forth(one=one, other=other):
            for _ in range(20):
                one.merge(other)

        def back(one=one, other=other):
            for _ in range(20):
                other.merge(one)

        at_once(forth, back)
        assert min(one.count, other.count) > 20


def test_closing_while_others_record(tb):
    for _ in range(50):
        histogram = tb.Histogram(1, 1000, 3)
        watcher = histogram.clone()
        recorded = []

        def record(histogram=histogram, recorded=recorded):
            count = 0
            try:
                while True:
                    histogram.record(5)
                    count += 1
                    histogram.record_all([6, 7])
                    count += 2
            except tb.ClosedError:
                recorded.append(count)

        def close(histogram=histogram):
            time.sleep(0.001)
            histogram.close()

        at_once(record, record, close)
        assert watcher.count == sum(recorded)


def test_one_iterator_for_all(tb):
    histogram = tb.Histogram(1, 1000, 3)
    histogram.record_all(range(1, 1001))
    buckets = histogram.buckets()
    seen = []

    def work():
        seen.extend(bucket.value for bucket in buckets)

    at_once(*[work] * 4)
    assert sorted(seen) == list(range(1, 1001))


def test_other_threads_run_during_long_work(tb):
    """The GIL is let go of: meanwhile another thread gets on."""
    histogram = tb.Histogram(1, 3_600_000_000_000, 5)
    histogram.record_all(range(0, 3_000_000_000, 10_000))
    turns = 0
    done = threading.Event()

    def count():
        nonlocal turns
        while not done.is_set():
            turns += 1
            time.sleep(0)

    counter = threading.Thread(target=count, daemon=True)
    counter.start()
    before = turns
    histogram.encode()
    during = turns - before
    done.set()
    counter.join(PATIENCE)
    assert during > 10
