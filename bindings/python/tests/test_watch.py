"""Stored callbacks: when they are called, what they may do, and that they go."""

import copy
import gc
import sys
import threading
import weakref

import pytest

PATIENCE = 60


class Watcher:
    """A callable that keeps what it was called with; unlike `list.append`, it has weak references."""

    def __init__(self):
        self.seen = []

    def __call__(self, value):
        self.seen.append(value)


def in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "a deadlock"


def test_every_value_from_the_limit_on_is_told_in_order(histogram):
    watcher = Watcher()
    histogram.watch(500, watcher)
    histogram.record(499)
    histogram.record(500)
    histogram.record_n(600, 3)
    histogram.record_n(700, 0)
    histogram.record_all([1000, 1, 501])
    histogram.record_durations("900ns 2ns")
    histogram.merge(histogram)
    assert watcher.seen == [500, 600, 1000, 501, 900]


def test_it_is_called_before_record_returns_on_its_thread(histogram):
    threads = []
    histogram.watch(1, lambda _: threads.append(threading.get_ident()))
    histogram.record(1)
    assert threads == [threading.get_ident()]
    in_thread(lambda: histogram.record(1))
    assert len(set(threads)) == 2


def test_any_handle_tells(histogram):
    watcher = Watcher()
    histogram.clone().watch(5, watcher)
    histogram.record(5)
    copy.copy(histogram).record(5)
    assert watcher.seen == [5]


def test_unwatch_says_whether_it_ended_the_watch(histogram):
    watcher = Watcher()
    watch = histogram.watch(1, watcher)
    assert watch.unwatch() is True
    assert watch.unwatch() is False
    histogram.record(1)
    assert watcher.seen == []
    histogram.close()
    assert watch.unwatch() is False


def test_a_with_block_ends_the_watch(histogram):
    watcher = Watcher()
    with histogram.watch(1, watcher) as watch:
        histogram.record(1)
    histogram.record(2)
    assert watcher.seen == [1]
    assert watch.unwatch() is False


def test_dropping_the_watch_ends_nothing(histogram):
    watcher = Watcher()
    watch = histogram.watch(1, watcher)
    del watch
    gc.collect()
    histogram.record(1)
    assert watcher.seen == [1]


@pytest.mark.parametrize(("answer", "calls"), [(False, 1), (None, 2), (0, 2), (True, 2)])
def test_false_alone_ends_it(histogram, answer, calls):
    seen = []

    def watcher(value):
        seen.append(value)
        return answer

    watch = histogram.watch(1, watcher)
    histogram.record_all([1, 2])
    assert len(seen) == calls
    assert watch.unwatch() is (calls == 2)


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit])
def test_what_it_raises_goes_to_the_hook_and_the_watch_goes_on(histogram, unraisable, kind):
    problem = kind("mine")

    def watcher(_):
        raise problem

    histogram.watch(1, watcher)
    histogram.record(1)
    histogram.record_all([2, 3])
    assert unraisable == [(problem, watcher)] * 3
    assert histogram.count == 3


def test_the_default_hook_names_the_callable(histogram, capsys, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)

    def watcher(_):
        raise KeyError("mine")

    histogram.watch(1, watcher)
    histogram.record(1)
    shown = capsys.readouterr().err
    assert "watcher at 0x" in shown
    assert "KeyError: 'mine'" in shown


def test_a_limit_that_nothing_reaches_is_refused(tb, histogram):
    watcher = Watcher()
    gone = weakref.ref(watcher)
    with pytest.raises(tb.OutOfRangeError) as caught:
        histogram.watch(1001, watcher)
    assert caught.value.fields == {"value": 1001, "highest": 1000, "index": 0}
    del watcher, caught
    assert gone() is None


@pytest.mark.parametrize(("limit", "error"), [("1", TypeError), (-1, OverflowError), (1, None)])
def test_a_refused_watch_keeps_nothing(tb, histogram, limit, error):
    watcher = Watcher()
    gone = weakref.ref(watcher)
    if error is None:
        histogram.close()
    with pytest.raises(error or tb.ClosedError) as caught:
        histogram.watch(limit, watcher)
    del watcher, caught
    assert gone() is None


def test_a_callable_is_needed(histogram):
    with pytest.raises(TypeError):
        histogram.watch(1, 5)


# ---- what a watcher may do


def test_of_what_a_watcher_records_nobody_is_told(histogram):
    seen = []

    def watcher(value):
        seen.append(value)
        histogram.record(value + 1)
        histogram.record_all([value + 2])

    histogram.watch(1, watcher)
    histogram.record(5)
    assert seen == [5]
    assert histogram.count == 3


def test_it_may_end_itself(histogram):
    seen = []
    watch = histogram.watch(1, lambda value: seen.append((value, watch.unwatch())))
    histogram.record_all([5, 6])
    assert seen == [(5, True)]


def test_it_may_watch(histogram):
    seen = []

    def watcher(value):
        histogram.watch(1, lambda value: seen.append(value))
        return False

    histogram.watch(1, watcher)
    histogram.record(5)
    assert seen == []
    histogram.record(6)
    assert seen == [6]


def test_it_may_close_the_last_handle(tb, histogram):
    seen = []

    def watcher(value):
        seen.append(value)
        histogram.close()

    gone = weakref.ref(watcher)
    watch = histogram.watch(1, watcher)
    del watcher
    histogram.record_all([5, 6])  # the running call still tells of all its values
    assert seen == [5, 6]
    assert gone() is None
    assert watch.unwatch() is False
    with pytest.raises(tb.ClosedError):
        histogram.record(1)


def test_the_collector_may_run_inside(histogram):
    seen = []

    def watcher(value):
        gc.collect()
        seen.append(value)

    histogram.watch(1, watcher)
    histogram.record_all([1, 2])
    in_thread(lambda: histogram.record(3))
    assert seen == [1, 2, 3]


# ---- threads


def test_contended_records_are_all_told(histogram):
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    seen, rounds, works = [], 300, 6
    histogram.watch(500, seen.append)

    def work():
        for i in range(rounds):
            histogram.record(400 + i)
            histogram.record_all([500, 1])

    threads = [threading.Thread(target=work, daemon=True) for _ in range(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a deadlock"
    sys.setswitchinterval(before)
    assert len(seen) == works * (rounds - 100 + rounds)


def test_watching_and_unwatching_while_others_record(histogram):
    stop, calls, kept = threading.Event(), [], []

    def record():
        while not stop.is_set():
            histogram.record(900)
            histogram.record_all([901, 902])

    def change():
        for _ in range(300):
            watcher = Watcher()
            kept.append(weakref.ref(watcher))
            watch = histogram.watch(900, watcher)
            histogram.record(900)
            calls.append(len(watcher.seen))
            watch.unwatch()

    recorders = [threading.Thread(target=record, daemon=True) for _ in range(3)]
    for thread in recorders:
        thread.start()
    in_thread(change)
    stop.set()
    for thread in recorders:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a deadlock"
    assert min(calls) > 0
    assert [each for each in kept if each() is not None] == []


# ---- and then they go


def test_the_callable_goes_with_the_watch(histogram):
    watcher = Watcher()
    gone = weakref.ref(watcher)
    watch = histogram.watch(1, watcher)
    del watcher
    assert gone() is not None
    watch.unwatch()
    assert gone() is None


def test_the_callable_goes_when_it_ends_itself(histogram):
    def watcher(_):
        return False

    gone = weakref.ref(watcher)
    histogram.watch(1, watcher)
    del watcher
    histogram.record(1)
    assert gone() is None


@pytest.mark.parametrize("end", ["close", "collect"])
def test_the_callable_goes_with_the_last_handle(tb, end):
    histogram, watcher = tb.Histogram(1, 1000, 3), Watcher()
    gone, clone = weakref.ref(watcher), histogram.clone()
    watch = histogram.watch(1, watcher)
    del watcher
    histogram.close()
    clone.record(1)
    assert gone().seen == [1]
    if end == "close":
        clone.close()
    else:
        del clone
    assert gone() is None
    assert watch.unwatch() is False


def test_the_callable_goes_when_the_last_call_in_flight_ends(histogram):
    inside, leave = threading.Event(), threading.Event()

    def watcher(_):
        inside.set()
        assert leave.wait(PATIENCE)

    gone = weakref.ref(watcher)
    watch = histogram.watch(1, watcher)
    del watcher
    thread = threading.Thread(target=histogram.record, args=(5,), daemon=True)
    thread.start()
    assert inside.wait(PATIENCE)
    assert watch.unwatch() is True
    histogram.record(6)  # is not told
    assert gone() is not None
    leave.set()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "a deadlock"
    assert gone() is None


def test_its_finalizer_may_use_the_histogram(histogram):
    class Last(Watcher):
        def __del__(self):
            histogram.record(77)

    watch = histogram.watch(1, Last())
    watch.unwatch()
    assert histogram.count == 1


def cycle_by_closure(histogram):
    def watcher(_):
        return histogram

    histogram.watch(1, watcher)
    return watcher


def cycle_by_method(histogram):
    class Holder:
        def __init__(self):
            self.histogram = histogram
            self.watch = histogram.watch(1, self.method)

        def method(self, _):
            pass

    return Holder()


def cycle_by_clone(histogram):
    clone = histogram.clone()

    def watcher(_):
        return clone, histogram

    histogram.watch(1, watcher)
    clone.watch(1, watcher)
    return watcher


@pytest.mark.parametrize("make", [cycle_by_closure, cycle_by_method, cycle_by_clone])
def test_a_callable_that_refers_to_its_histogram_is_collected(tb, make):
    gc.collect()
    histogram = tb.Histogram(1, 1000, 3)
    gone = [weakref.ref(histogram), weakref.ref(make(histogram))]
    gc.collect()
    assert None not in [each() for each in gone]
    histogram.record(5)
    del histogram
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_two_histograms_whose_watchers_refer_to_each_other_are_collected(tb):
    one, other = tb.Histogram(1, 1000, 3), tb.Histogram(1, 1000, 3)
    one.watch(1, other.record)
    other.watch(1, one.record)
    one.record(5)  # of what a watcher records nobody is told
    assert (one.count, other.count) == (1, 1)
    gone = [weakref.ref(one), weakref.ref(other)]
    del one, other
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_what_the_collector_took_is_called_no_more(tb):
    histogram, seen = tb.Histogram(1, 1000, 3), []
    outside = histogram.clone()

    class Holder:
        def method(self, value):
            seen.append(value)

    histogram.watch(1, Holder().method)
    del histogram
    gc.collect()
    outside.record(1)  # a handle is left: so is the watch
    assert seen == [1]
