"""Integers and floats that are no u64, no f64, or only nearly."""

import math

import pytest
from support import Index

OUTSIDE = [-1, 2**64, -(2**64), 2**200]
NO_INTEGER = [1.5, 1.0, "1", None, b"1", [1]]


@pytest.mark.parametrize("value", OUTSIDE)
def test_integers_outside_u64_overflow(histogram, value):
    calls = [
        lambda: histogram.record(value),
        lambda: histogram.record_n(1, value),
        lambda: histogram.record_all([1, value]),
        lambda: histogram.watch(value, print),
    ]
    for call in calls:
        with pytest.raises(OverflowError):
            call()
    assert histogram.is_empty()


@pytest.mark.parametrize("value", NO_INTEGER)
def test_what_is_no_integer_is_refused(histogram, value):
    calls = [
        lambda: histogram.record(value),
        lambda: histogram.record_all([1, value]),
        lambda: histogram.record_n(1, value),
        lambda: histogram.watch(value, print),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()
    assert histogram.is_empty()


def test_the_end_of_u64_crosses(tb, histogram):
    """In, and out of the error."""
    for call in (histogram.record, lambda value: histogram.record_all([value])):
        with pytest.raises(tb.OutOfRangeError) as caught:
            call(2**64 - 1)
        assert caught.value.value == 2**64 - 1


def test_true_is_an_integer(histogram):
    histogram.record(True)
    assert histogram.min() == 1


def test_index_is_asked(histogram):
    histogram.record(Index(7))
    histogram.record_all([Index(8)])
    assert [bucket.value for bucket in histogram] == [7, 8]
    problem = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        histogram.record(Index(problem))
    assert caught.value is problem
    with pytest.raises(OverflowError):
        histogram.record(Index(-1))


def test_scalars_of_numpy(tb, histogram, numpy):
    with pytest.raises(tb.OutOfRangeError) as caught:
        histogram.record(numpy.uint64(2**64 - 1))
    assert caught.value.value == 2**64 - 1
    histogram.record(numpy.int8(7))
    histogram.record(numpy.uint64(7))
    assert histogram.value_at_quantile(numpy.float32(0.5)) == 7
    with pytest.raises(OverflowError):
        histogram.record(numpy.int64(-1))
    with pytest.raises(TypeError):
        histogram.record(numpy.float64(7.0))


def test_integers_are_floats_where_floats_are_wanted(one_to_ten):
    assert one_to_ten.value_at_quantile(1) == 10
    assert one_to_ten.values_at_quantiles([1, 0.5]) == [10, 5]
    with pytest.raises(TypeError):
        one_to_ten.value_at_quantile("0.5")


@pytest.mark.parametrize(
    "quantile", [math.nan, -0.1, 1.1, math.inf, -math.inf, -5e-324, math.nextafter(1, 2)]
)
def test_a_quantile_is_from_0_to_1(tb, one_to_ten, quantile):
    with pytest.raises(tb.InvalidQuantileError) as caught:
        one_to_ten.values_at_quantiles([0.5, quantile])
    assert caught.value.index == 1
    assert str(caught.value.quantile) == str(quantile)
