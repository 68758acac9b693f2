"""Panics are errors, and one that leaves a histogram half-changed poisons it."""

import weakref

import pytest


@pytest.mark.parametrize("text", ["boom", "", "é\0"])
def test_a_panic_is_an_error(tb, text):
    with pytest.raises(tb.PanicError) as caught:
        tb.fault.panic(text)
    assert isinstance(caught.value, Exception)
    assert caught.value.what == text


def test_a_panic_half_way_poisons(tb, one_to_ten):
    other = one_to_ten.clone()
    with pytest.raises(tb.PanicError) as caught:
        tb.fault.panic_while_locked(one_to_ten)
    assert caught.value.what == "half-way"
    for poisoned in (one_to_ten, other):
        for call in (poisoned.summary, poisoned.encode, poisoned.buckets):
            with pytest.raises(tb.PoisonedError):
                call()
        for call in (poisoned.record, poisoned.value_at_quantile):
            with pytest.raises(tb.PoisonedError):
                call(1)
        with pytest.raises(tb.PoisonedError):
            poisoned.record_all([1])
        assert "poisoned" in repr(poisoned)
        poisoned.close()
        assert poisoned.closed


@pytest.mark.parametrize(
    ("text", "offset"), [("\ud800", 0), ("é😀\udfff", 2), ("a\ud800\udc00", 1)]
)
def test_what_is_no_text_does_not_get_so_far(tb, text, offset):
    with pytest.raises(tb.InvalidTextError) as caught:
        tb.fault.panic(text)
    assert caught.value.offset == offset


def test_after_close_the_error_is_that(tb, histogram):
    histogram.close()
    with pytest.raises(tb.ClosedError):
        tb.fault.panic_while_locked(histogram)


def test_a_poisoned_histogram_has_no_watchers_but_lets_them_go(tb, histogram):
    class Watcher:
        def __call__(self, value):
            pass

    watcher = Watcher()
    gone = weakref.ref(watcher)
    watch = histogram.watch(1, watcher)
    with pytest.raises(tb.PanicError):
        tb.fault.panic_while_locked(histogram)
    with pytest.raises(tb.PoisonedError):
        histogram.watch(1, watcher)
    del watcher
    assert watch.unwatch() is True
    assert gone() is None
