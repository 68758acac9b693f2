"""Integers and floats that are no u64, no f64, or only nearly."""

import math

import pytest

OUTSIDE = [-1, 2**64, -(2**64), 2**200]
NO_INTEGER = [1.5, 1.0, "1", None, b"1", [1]]


class Index:
    """An integer by its `__index__` only, as NumPy's scalars are."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.mark.parametrize("value", OUTSIDE)
def test_integers_outside_u64_overflow(histogram, probe, value):
    calls = [
        lambda: histogram.record(value),
        lambda: histogram.record_n(1, value),
        lambda: histogram.record_all([1, value]),
        lambda: probe.add(1, value),
        lambda: probe.half(value),
        lambda: probe.make_point(value),
        lambda: probe.map_sum({"key": value}),
        lambda: probe.Point(value, 0.0, 0.0, 0),
    ]
    for call in calls:
        with pytest.raises(OverflowError):
            call()
    assert histogram.is_empty()


@pytest.mark.parametrize("value", NO_INTEGER)
def test_what_is_no_integer_is_refused(histogram, probe, value):
    calls = [
        lambda: histogram.record(value),
        lambda: histogram.record_all([1, value]),
        lambda: probe.add(1, value),
        lambda: probe.make_point(value),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()
    assert histogram.is_empty()


def test_the_ends_of_u64_cross(probe):
    assert probe.add(2**64 - 1, 0) == 2**64 - 1
    assert probe.add(2**64 - 1, 2) == 1
    assert probe.half(2**64 - 2) == 2**63 - 1
    assert probe.make_point(2**64 - 1).id == 2**64 - 1
    assert probe.Point(2**64 - 1, 0.0, 0.0, 2**32 - 1).flags == 2**32 - 1
    with pytest.raises(OverflowError):
        probe.Point(0, 0.0, 0.0, 2**32)


def test_true_is_an_integer(histogram, probe):
    histogram.record(True)
    assert histogram.min() == 1
    assert probe.add(True, True) == 2


def test_index_is_asked(histogram, probe):
    assert probe.add(Index(7), Index(35)) == 42
    histogram.record(Index(7))
    histogram.record_all([Index(8)])
    assert [bucket.value for bucket in histogram] == [7, 8]
    problem = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        probe.add(1, Index(problem))
    assert caught.value is problem
    with pytest.raises(OverflowError):
        histogram.record(Index(-1))


def test_scalars_of_numpy(histogram, probe):
    numpy = pytest.importorskip("numpy")
    assert probe.add(numpy.uint64(2**64 - 1), numpy.int8(0)) == 2**64 - 1
    histogram.record(numpy.uint64(7))
    assert histogram.value_at_quantile(numpy.float32(0.5)) == 7
    with pytest.raises(OverflowError):
        histogram.record(numpy.int64(-1))
    with pytest.raises(TypeError):
        histogram.record(numpy.float64(7.0))


def test_options(probe):
    assert probe.half(84) == 42
    assert probe.half(0) == 0
    assert probe.half(7) is None
    assert probe.half(None) is None
    with pytest.raises(TypeError):
        probe.half()


def test_integers_are_floats_where_floats_are_wanted(one_to_ten, probe):
    assert one_to_ten.value_at_quantile(1) == 10
    assert probe.f64_sum([1, 2.5]) == 3.5
    with pytest.raises(TypeError):
        one_to_ten.value_at_quantile("0.5")


def test_floats_keep_their_bits(probe):
    assert math.isnan(probe.f64_sum([math.nan]))
    assert probe.f64_sum([math.inf]) == math.inf
    assert math.copysign(1, probe.f64_ends([])) == 1
    assert probe.Point(0, -0.0, 5e-324, 0).y == 5e-324
    assert math.copysign(1, probe.Point(0, -0.0, 0.0, 0).x) == -1


@pytest.mark.parametrize("quantile", [math.nan, -0.1, 1.1, math.inf])
def test_a_quantile_is_from_0_to_1(tb, one_to_ten, quantile):
    with pytest.raises(tb.InvalidQuantileError) as caught:
        one_to_ten.values_at_quantiles([0.5, quantile])
    assert caught.value.index == 1
    assert str(caught.value.quantile) == str(quantile)
