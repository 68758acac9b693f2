"""Integers and floats that are no u64, no f64, or only nearly."""

import math

import pytest
from support import Index
from test_numbers import NO_INTEGER, OUTSIDE


@pytest.mark.parametrize("value", OUTSIDE)
def test_integers_outside_u64_overflow(probe, value):
    calls = [
        lambda: probe.add(1, value),
        lambda: probe.half(value),
        lambda: probe.make_point(value),
        lambda: probe.map_sum({"key": value}),
        lambda: probe.Point(value, 0.0, 0.0, 0),
    ]
    for call in calls:
        with pytest.raises(OverflowError):
            call()


@pytest.mark.parametrize("value", NO_INTEGER)
def test_what_is_no_integer_is_refused(probe, value):
    for call in (lambda: probe.add(1, value), lambda: probe.make_point(value)):
        with pytest.raises(TypeError):
            call()


def test_the_ends_of_u64_cross(probe):
    assert probe.add(2**64 - 1, 0) == 2**64 - 1
    assert probe.add(2**64 - 1, 2) == 1
    assert probe.half(2**64 - 2) == 2**63 - 1
    assert probe.make_point(2**64 - 1).id == 2**64 - 1
    assert probe.Point(2**64 - 1, 0.0, 0.0, 2**32 - 1).flags == 2**32 - 1
    with pytest.raises(OverflowError):
        probe.Point(0, 0.0, 0.0, 2**32)


def test_true_is_an_integer(probe):
    assert probe.add(True, True) == 2


def test_index_is_asked(probe):
    assert probe.add(Index(7), Index(35)) == 42
    problem = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        probe.add(1, Index(problem))
    assert caught.value is problem


def test_scalars_of_numpy(numpy, probe):
    assert probe.add(numpy.uint64(2**64 - 1), numpy.int8(0)) == 2**64 - 1


def test_options(probe):
    assert probe.half(84) == 42
    assert probe.half(0) == 0
    assert probe.half(7) is None
    assert probe.half(None) is None
    with pytest.raises(TypeError):
        probe.half()


def test_integers_are_floats_where_floats_are_wanted(probe):
    assert probe.f64_sum([1, 2.5]) == 3.5


def test_floats_keep_their_bits(probe):
    assert math.isnan(probe.f64_sum([math.nan]))
    assert probe.f64_sum([math.inf]) == math.inf
    assert math.copysign(1, probe.f64_ends([])) == 1
    assert probe.Point(0, -0.0, 5e-324, 0).y == 5e-324
    assert math.copysign(1, probe.Point(0, -0.0, 0.0, 0).x) == -1
