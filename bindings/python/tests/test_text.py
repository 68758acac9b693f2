"""Text and bytes: what crosses unchanged, and what is refused."""

import pytest

ODD = ["", "a", "é", "😀", "a\0b", "\uffff", "é" * 5000, "x" * 5000]


@pytest.mark.parametrize("text", ODD)
def test_text_crosses_unchanged(probe, text):
    assert probe.echo(text) == text
    assert probe.str_chars(text) == len(text)
    assert probe.str_len(text) == len(text.encode())
    assert probe.shape_in(probe.Shape.Label(text)) == len(text)
    assert probe.Shape.Label(text).text == text


@pytest.mark.parametrize(
    ("text", "offset"), [("\ud800", 0), ("é😀\udfff", 2), ("a\ud800\udc00", 1)]
)
def test_a_lone_surrogate_is_refused(tb, probe, histogram, text, offset):
    histogram.tag = "before"

    def set_tag():
        histogram.tag = text

    calls = [
        lambda: probe.echo(text),
        lambda: probe.str_len(text),
        lambda: probe.map_sum({text: 1}),
        lambda: probe.shape_in(probe.Shape.Label(text)),
        lambda: histogram.record_durations(text),
        lambda: tb.Histogram(tag=text),
        lambda: tb.fault.panic(text),
        set_tag,
    ]
    for call in calls:
        with pytest.raises(tb.InvalidTextError) as caught:
            call()
        assert caught.value.offset == offset
    assert histogram.tag == "before"


@pytest.mark.parametrize("value", [b"bytes", None, 5, ["list"]])
def test_text_is_a_str(probe, histogram, value):
    with pytest.raises(TypeError):
        probe.str_len(value)
    with pytest.raises(TypeError):
        histogram.record_durations(value)
    with pytest.raises(TypeError):
        histogram.tag = value


def test_a_subclass_of_str_is_text(probe):
    assert probe.echo(type("Text", (str,), {})("é")) == "é"


def test_text_is_made(probe):
    assert probe.make_str(28, False) == "abcdefghijklmnopqrstuvwxyzab"
    assert probe.make_str(3, True) == "ééé"
    assert probe.make_str(0, True) == ""


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


def test_bytes(probe):
    data = bytes(range(256)) * 2
    assert probe.bytes_sum(data) == sum(data)
    assert probe.bytes_ends(data) == 512 + 0 + 255
    assert probe.bytes_ends(b"") == probe.bytes_sum(b"") == 0
    assert probe.make_bytes(257) == bytes(range(256)) + b"\0"
    assert type(probe.make_bytes(0)) is bytes


@pytest.mark.parametrize("value", ["text", 5, None, [1, 2]])
def test_bytes_are_bytes_or_a_buffer(probe, value):
    with pytest.raises(TypeError):
        probe.bytes_sum(value)


def test_maps(probe):
    assert probe.map_sum({"é": 1, "ab": 2}) == 1 + 2 + 2 + 2
    assert probe.map_sum({}) == 0
    assert probe.make_map(3) == {"k000000": 0, "k000001": 1, "k000002": 2}
    with pytest.raises(TypeError):
        probe.map_sum({1: 1})
    with pytest.raises(TypeError):
        probe.map_sum([("a", 1)])


def test_a_map_that_changes_while_it_is_read(probe):
    entries = {}

    class Value:
        def __index__(self):
            entries.clear()
            return 5

    entries.update(a=Value(), b=Value())
    assert probe.map_sum(entries) == 5 + 5 + 1 + 1
