"""Documentation, copies, and letting go of memory."""

import copy
import gc
import pickle

import pytest
from support import references, traced


def test_everything_has_a_docstring(tb):
    for owner in (tb.probe, tb.fault):
        public = getattr(owner, "__all__", vars(owner))
        names = [name for name in public if not name.startswith("_")]
        assert names
        for name in names:
            thing = getattr(owner, name)
            if callable(thing) or isinstance(thing, property):
                assert thing.__doc__, f"{owner.__name__}.{name}"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(probe, protocol):
    point = probe.make_point(3)
    again = pickle.loads(pickle.dumps(point, protocol))
    for made in (again, copy.copy(point), copy.deepcopy(point)):
        assert (type(made), made, hash(made)) == (type(point), point, hash(point))


def test_nothing_holds_on_to_arguments(probe):
    def callback(number):
        if number == 3:
            raise KeyError(number)
        return number

    text, data, values = "é" * 100, bytes(100), [1.0] * 100
    things = [callback, text, data, values, values[0]]
    counts = [references(thing) for thing in things]
    for _ in range(10):
        for call in (probe.call_back, probe.call_back_from_new_thread):
            with pytest.raises(KeyError):
                call(5, callback)
        probe.echo(text)
        probe.bytes_sum(data)
        probe.f64_sum(values)
    gc.collect()
    assert [references(thing) for thing in things] == counts


def test_nothing_holds_on_to_what_was_refused(tb, probe):
    text, strided, number = "é" * 100 + "\ud800", memoryview(bytes(100))[::2], 10**30
    things = [text, strided, number]
    calls = [(probe.str_len, 0), (probe.echo, 0), (probe.bytes_ends, 1), (probe.bytes_sum, 1)]
    calls += [(probe.make_point, 2)]
    counts = [references(thing) for thing in things]
    for call, which in calls:
        with pytest.raises((TypeError, OverflowError, tb.InvalidTextError)):
            call(things[which])
    assert [references(thing) for thing in things] == counts


def test_python_memory_is_let_go_of(tb, probe):
    def work():
        probe.make_points(3)
        probe.make_map(3)
        try:
            probe.fail(1)
        except tb.ProbeError as error:
            assert error.fields

    assert traced(work) < 2000
