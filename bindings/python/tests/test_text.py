"""Text and bytes: what crosses unchanged, and what is refused."""

import pytest

ODD = ["", "a", "é", "😀", "a\0b", "\uffff", "é" * 5000, "x" * 5000]


@pytest.mark.parametrize("text", ODD)
def test_text_crosses_unchanged(tb, histogram, text):
    """The token that is no duration comes back in the error."""
    if text:
        with pytest.raises(tb.InvalidDurationError) as caught:
            histogram.record_durations(f"1ns {text}")
        assert (caught.value.token, caught.value.column) == (text, 5)
    else:
        assert histogram.record_durations(text) == 0


@pytest.mark.parametrize("text", ["", "a", "é", "😀", "\uffff", "é" * 2048, "x" * 4096])
def test_a_tag_is_kept_as_it_is(tb, histogram, text):
    histogram.tag = text
    assert histogram.tag == tb.Histogram(tag=text).tag == text


@pytest.mark.parametrize(
    ("text", "offset"), [("\ud800", 0), ("é😀\udfff", 2), ("a\ud800\udc00", 1)]
)
def test_a_lone_surrogate_is_refused(tb, histogram, text, offset):
    histogram.tag = "before"

    def set_tag():
        histogram.tag = text

    calls = [
        lambda: histogram.record_durations(text),
        lambda: tb.Histogram(tag=text),
        set_tag,
    ]
    for call in calls:
        with pytest.raises(tb.InvalidTextError) as caught:
            call()
        assert caught.value.offset == offset
    assert histogram.tag == "before"
    assert histogram.is_empty()


@pytest.mark.parametrize("value", [b"bytes", None, 5, ["list"]])
def test_text_is_a_str(histogram, value):
    with pytest.raises(TypeError):
        histogram.record_durations(value)
    with pytest.raises(TypeError):
        histogram.tag = value


def test_a_subclass_of_str_is_text(histogram):
    histogram.tag = type("Text", (str,), {})("é")
    assert (histogram.tag, type(histogram.tag)) == ("é", str)


@pytest.mark.parametrize("character", [",", "\n", "\r", "\0"])
def test_a_tag_that_the_log_format_cannot_hold(tb, histogram, character):
    histogram.tag = "before"
    with pytest.raises(tb.InvalidTagError) as caught:
        histogram.tag = f"é{character}"
    assert (caught.value.character, caught.value.offset) == (character, 1)
    assert histogram.tag == "before"
    histogram.tag = ""
    assert histogram.tag == ""


def test_a_tag_is_no_longer_than_a_line_of_a_log_can_hold(tb, histogram):
    histogram.tag = longest = " \u3000\t" + 4091 * "a"
    with pytest.raises(tb.TooManyError) as caught:
        histogram.tag = longest + "a"
    error = caught.value
    assert (error.what, error.limit, error.count) == ("tag_limit", 4096, 4097)
    assert str(error).endswith(error.advice)
    assert histogram.tag == longest


def test_a_tag_cannot_be_deleted(histogram):
    with pytest.raises((AttributeError, TypeError)):
        del histogram.tag


def test_a_duration_has_a_place(tb, histogram):
    with pytest.raises(tb.InvalidDurationError) as caught:
        histogram.record_durations("1us\n é 5 parsecs")
    error = caught.value
    assert (error.line, error.column, error.token) == (2, 2, "é")
    assert histogram.is_empty()


@pytest.mark.parametrize("value", ["text", 5, None, [1, 2], memoryview(b"abcd")[::2]])
def test_bytes_are_bytes_or_a_contiguous_buffer(tb, value):
    with pytest.raises(TypeError):
        tb.Histogram.decode(value)
