"""Threads that Rust starts."""

import threading

import pytest
from support import at_once


def test_one_tells_too(probe, histogram):
    threads = set()
    histogram.watch(1, lambda _: threads.add(threading.get_ident()))
    probe.record_from_new_thread(histogram, 7)
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    assert histogram.count == 1


def test_what_is_raised_on_one_goes_to_the_hook(probe, histogram, unraisable):
    problem = KeyError("mine")

    def watcher(_):
        raise problem

    histogram.watch(1, watcher)
    probe.record_from_new_thread(histogram, 7)
    assert unraisable == [(problem, watcher)]


@pytest.mark.usefixtures("switch_often")
def test_a_callback_from_another_thread_while_this_one_holds_on(tb, probe):
    histogram = tb.Histogram(1, 1000, 3)

    def callback(number):
        histogram.record(number)
        return 1

    def work():
        for _ in range(20):
            assert probe.call_back_from_new_thread(10, callback) == 10

    at_once(*[work] * 4)
    assert histogram.count == 4 * 20 * 10
