"""What a histogram tells, and what it takes."""

import math

import pytest


def test_the_defaults_are_an_hour_of_nanoseconds(tb):
    histogram = tb.Histogram()
    assert (histogram.lowest, histogram.highest) == (1, 3_600_000_000_000)
    assert (histogram.significant_digits, histogram.tag) == (3, "")


def test_it_takes_keywords_and_a_tag(tb):
    histogram = tb.Histogram(lowest=2, highest=1000, significant_digits=2, tag="checkout")
    assert (histogram.lowest, histogram.highest, histogram.significant_digits) == (2, 1000, 2)
    assert histogram.tag == "checkout"


@pytest.mark.parametrize("arguments", [(0, 1000, 3), (10, 19, 3), (1, 1000, 6), (1, 2**63, 3)])
def test_a_bad_configuration_is_named(tb, arguments):
    with pytest.raises(tb.InvalidArgumentError) as caught:
        tb.Histogram(*arguments)
    assert caught.value.argument in {"lowest", "highest", "significant_digits"}


def test_empty(histogram):
    assert len(histogram) == histogram.count == 0
    assert histogram.is_empty()
    assert not histogram
    assert histogram.min() is histogram.max() is histogram.mean() is histogram.stdev() is None
    assert histogram.summary() is histogram.value_at_quantile(0.5) is None
    assert histogram.values_at_quantiles([0.5]) is None
    assert list(histogram) == []


def test_figures(one_to_ten):
    assert len(one_to_ten) == one_to_ten.count == 10
    assert not one_to_ten.is_empty()
    assert one_to_ten
    assert (one_to_ten.min(), one_to_ten.max()) == (1, 10)
    assert one_to_ten.mean() == 5.5
    assert one_to_ten.stdev() == pytest.approx(math.sqrt(8.25))
    assert one_to_ten.value_at_quantile(0.5) == 5
    assert one_to_ten.values_at_quantiles([1.0, 0.0, 0.9]) == [10, 1, 9]
    assert one_to_ten.values_at_quantiles([]) == []


def test_summary_is_a_record(tb, one_to_ten):
    summary = one_to_ten.summary()
    assert isinstance(summary, tb.Summary)
    assert (summary.count, summary.min, summary.max, summary.mean) == (10, 1, 10, 5.5)
    assert (summary.p50, summary.p90, summary.p99, summary.p999) == (5, 9, 10, 10)
    assert summary == one_to_ten.summary()
    assert summary != tb.Histogram().summary()
    count, *_, p999 = summary
    assert (count, p999) == (10, 10)
    assert repr(summary).startswith("Summary(count=10, min=1, max=10, mean=5.5, ")
    with pytest.raises(AttributeError):
        summary.count = 11


def test_a_count_may_pass_what_an_index_can(tb):
    histogram = tb.Histogram()
    histogram.record_n(1, 2**63 - 1)
    assert histogram.count == len(histogram) == 2**63 - 1
    with pytest.raises(tb.CountOverflowError) as caught:
        histogram.record(1)
    assert (caught.value.count, caught.value.len) == (1, 2**63 - 1)


def test_record_n(histogram):
    histogram.record_n(7, 3)
    histogram.record_n(8, 0)
    assert [tuple(bucket) for bucket in histogram] == [(7, 3, 3)]


def test_durations_are_nanoseconds(tb):
    histogram = tb.Histogram()
    assert histogram.record_durations("250us 1.5ms\n3s") == 3
    assert histogram.value_at_quantile(0.5) == 1_500_159
    assert histogram.record_durations("") == 0


def test_merge_adds_and_doubles(tb, one_to_ten):
    other = tb.Histogram(1, 1000, 3)
    other.record_n(5, 2)
    one_to_ten.merge(other)
    assert one_to_ten.count == 12
    one_to_ten.merge(one_to_ten)
    assert one_to_ten.count == 24
    with pytest.raises(TypeError):
        one_to_ten.merge(None)


def test_what_is_encoded_can_be_decoded(tb, one_to_ten):
    data = one_to_ten.encode()
    assert type(data) is bytes
    for same in (data, bytearray(data), memoryview(data)):
        assert list(tb.Histogram.decode(same)) == list(one_to_ten)
    with pytest.raises(TypeError):
        tb.Histogram.decode("text")


def test_equality_is_identity(one_to_ten):
    same = one_to_ten
    assert one_to_ten == same
    assert one_to_ten != one_to_ten.clone()
    assert len({one_to_ten, one_to_ten.clone()}) == 2


@pytest.mark.parametrize("call", ["record", "record_n"])
def test_arguments_are_positional(histogram, call):
    with pytest.raises(TypeError):
        getattr(histogram, call)(value=1)
    with pytest.raises(TypeError):
        getattr(histogram, call)()
    with pytest.raises(TypeError):
        getattr(histogram, call)(1, 2, 3)


def test_an_attribute_cannot_be_invented(histogram):
    with pytest.raises(AttributeError):
        histogram.lowest = 5
    with pytest.raises(AttributeError):
        histogram.invented = 5


def test_everything_has_a_docstring(tb):
    for owner in (tb, tb.Histogram, tb.Buckets):
        public = getattr(owner, "__all__", vars(owner))
        names = [name for name in public if not name.startswith("_")]
        assert names
        for name in names:
            thing = getattr(owner, name)
            if callable(thing) or isinstance(thing, property):
                assert thing.__doc__, f"{owner.__name__}.{name}"
