"""Walking buckets: scans, the iterator, the visitor."""

import copy
import itertools
import pickle

import pytest


def values(buckets):
    return [bucket.value for bucket in buckets]


def test_scans(tb, one_to_ten):
    assert values(one_to_ten.buckets()) == list(range(1, 11))
    assert values(one_to_ten.buckets(tb.Scan.Recorded())) == list(range(1, 11))
    assert values(one_to_ten.buckets(scan=tb.Scan.Linear(step=5))) == [4, 9, 14]
    assert values(one_to_ten.buckets(tb.Scan.Logarithmic(first=2, base=2.0))) == [1, 3, 7, 15]
    assert values(one_to_ten.buckets(tb.Scan.Quantiles(ticks=1)))[:2] == [1, 5]


def test_scans_are_values_that_match(tb):
    match tb.Scan.Logarithmic(2, base=1.5):
        case tb.Scan.Linear():
            pytest.fail("not linear")
        case tb.Scan.Logarithmic(first, base=base):
            assert (first, base) == (2, 1.5)
    assert tb.Scan.Linear(5) == tb.Scan.Linear(step=5)
    assert tb.Scan.Linear(5) != tb.Scan.Linear(6)
    assert tb.Scan.Linear(5) != tb.Scan.Recorded()
    assert isinstance(tb.Scan.Linear(5), tb.Scan)
    assert repr(tb.Scan.Linear(5)) == "Scan.Linear(step=5)"
    assert repr(tb.Scan.Recorded()) == "Scan.Recorded()"
    with pytest.raises(AttributeError):
        tb.Scan.Linear(5).step = 6


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_scans_are_copied_pickled_and_hashed(tb, protocol):
    def all_scans():
        return (
            tb.Scan.Recorded(),
            tb.Scan.Linear(5),
            tb.Scan.Logarithmic(2, base=1.5),
            tb.Scan.Quantiles(5),
        )

    scans = all_scans()
    assert len({*scans, *all_scans()}) == len(scans)
    for scan in scans:
        for made in (
            copy.copy(scan),
            copy.deepcopy(scan),
            pickle.loads(pickle.dumps(scan, protocol)),
        ):
            assert (type(made), made, hash(made)) == (type(scan), scan, hash(scan))


def test_scans_that_make_no_sense(tb, one_to_ten):
    for scan in (tb.Scan.Linear(0), tb.Scan.Logarithmic(1, 1.0), tb.Scan.Quantiles(0)):
        for walk in (one_to_ten.buckets, one_to_ten.bucket_array):
            with pytest.raises(tb.InvalidArgumentError):
                walk(scan)
        with pytest.raises(tb.InvalidArgumentError):
            one_to_ten.for_each_bucket(print, scan)
    with pytest.raises(OverflowError):
        tb.Scan.Linear(-1)
    with pytest.raises(OverflowError):
        tb.Scan.Quantiles(2**32)
    for scan in ("recorded", None, 5, tb.Scan.Recorded):
        with pytest.raises(TypeError):
            one_to_ten.buckets(scan)


def test_a_scan_of_too_many(tb):
    histogram = tb.Histogram()
    histogram.record(3_600_000_000_000)
    with pytest.raises(tb.TooManyError) as caught:
        histogram.buckets(tb.Scan.Linear(1))
    assert caught.value.limit == 2**20
    assert caught.value.count > 2**20


def test_buckets_are_records(tb, one_to_ten):
    bucket = next(one_to_ten.buckets())
    assert isinstance(bucket, tb.Bucket)
    assert (bucket.value, bucket.count, bucket.total) == tuple(bucket) == (1, 1, 1)
    assert repr(bucket) == "Bucket(value=1, count=1, total=1)"
    assert bucket == next(one_to_ten.buckets())
    assert len({bucket, next(one_to_ten.buckets())}) == 1
    match bucket:
        case tb.Bucket(value=value):
            assert value == 1
    with pytest.raises(AttributeError):
        bucket.count = 5


def test_it_is_lazy_and_a_snapshot(one_to_ten):
    buckets = one_to_ten.buckets()
    assert iter(buckets) is buckets
    seen = []
    for bucket in buckets:
        seen.append(bucket.value)
        one_to_ten.record(bucket.value * 10)
    assert seen == list(range(1, 11))
    assert one_to_ten.count == 20
    assert list(buckets) == []


def test_it_outlives_its_histogram(tb):
    histogram = tb.Histogram()
    histogram.record_all([1, 2])
    buckets = histogram.buckets()
    histogram.close()
    del histogram
    assert values(buckets) == [1, 2]


def test_take(one_to_ten):
    buckets = one_to_ten.buckets()
    assert values(buckets.take(3)) == [1, 2, 3]
    assert buckets.take(0) == []
    assert next(buckets).value == 4
    assert values(buckets.take(100)) == [5, 6, 7, 8, 9, 10]
    assert buckets.take(1) == []
    with pytest.raises(OverflowError):
        buckets.take(-1)


def test_it_can_be_closed(tb, one_to_ten):
    with one_to_ten.buckets() as buckets:
        assert next(buckets).value == 1
    buckets.close()
    with pytest.raises(tb.ClosedError):
        next(buckets)
    with pytest.raises(tb.ClosedError):
        buckets.take(1)


def test_the_visitor_sees_them_all(one_to_ten):
    seen = []
    assert one_to_ten.for_each_bucket(seen.append) is True
    assert seen == list(one_to_ten)


@pytest.mark.parametrize("answer", [None, True, 0, "", [], "stop"])
def test_only_false_stops(one_to_ten, answer):
    calls = itertools.count()
    assert one_to_ten.for_each_bucket(lambda _: (next(calls), answer)[1]) is True
    assert next(calls) == 10


def test_false_stops(one_to_ten):
    seen = []

    def visitor(bucket):
        seen.append(bucket.value)
        return bucket.value != 3

    assert one_to_ten.for_each_bucket(visitor) is False
    assert seen == [1, 2, 3]


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_its_exception_comes_out_as_it_is(one_to_ten, kind):
    problem = kind("mine")

    def visitor(_):
        raise problem

    with pytest.raises(kind) as caught:
        one_to_ten.for_each_bucket(visitor)
    assert caught.value is problem
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert caught.traceback[-1].name == "visitor"
    assert one_to_ten.count == 10


def test_the_visitor_may_use_and_close_the_histogram(tb, one_to_ten):
    seen = []

    def visitor(bucket):
        seen.append(bucket.value)
        if bucket.value == 2:
            one_to_ten.record(500)
            one_to_ten.merge(one_to_ten)
            assert one_to_ten.for_each_bucket(lambda _: False) is False
        if bucket.value == 5:
            one_to_ten.close()
            with pytest.raises(tb.ClosedError):
                one_to_ten.record(1)

    assert one_to_ten.for_each_bucket(visitor) is True
    assert seen == list(range(1, 11))
    assert one_to_ten.closed


def test_a_visitor_must_be_callable(one_to_ten):
    with pytest.raises(TypeError):
        one_to_ten.for_each_bucket(None)
