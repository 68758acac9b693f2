"""Rust calls Python: from this thread and from one of its own."""

import threading

import pytest


@pytest.fixture(params=["call_back", "call_back_from_new_thread"])
def call(request, probe):
    return getattr(probe, request.param)


def test_answers_are_summed(call):
    seen = []

    def callback(number):
        seen.append(number)
        return number * 3

    assert call(4, callback) == 0 + 3 + 6 + 9
    assert seen == [0, 1, 2, 3]
    assert call(0, callback) == 0


def test_none_stops(call):
    seen = []

    def callback(number):
        seen.append(number)
        return None if number == 2 else 1

    assert call(10, callback) is None
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("kind", [KeyError, SystemExit])
def test_its_exception_comes_out_as_it_is(call, kind):
    problem = kind("mine")

    def callback(number):
        if number == 1:
            raise problem
        return 1

    with pytest.raises(kind) as caught:
        call(5, callback)
    assert caught.value is problem


@pytest.mark.parametrize(("answer", "kind"), [("text", TypeError), (-1, OverflowError)])
def test_an_answer_must_be_an_integer(call, answer, kind):
    with pytest.raises(kind):
        call(3, lambda _: answer)


def test_the_thread_is_another(probe):
    threads = set()

    def callback(_):
        threads.add(threading.get_ident())
        return 1

    probe.call_back_from_new_thread(3, callback)
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_a_callback_may_call_in(tb, probe, histogram):
    def callback(number):
        histogram.record(number)
        return probe.add(number, probe.call_back(2, lambda inner: inner))

    assert probe.call_back(3, callback) == 0 + 1 + 2 + 3
    assert probe.call_back_from_new_thread(3, callback) == 6
    assert histogram.count == 6
