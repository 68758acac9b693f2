"""Text, bytes and maps: what crosses unchanged, and what is refused."""

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
def test_a_lone_surrogate_is_refused(tb, probe, text, offset):
    calls = [
        lambda: probe.echo(text),
        lambda: probe.str_len(text),
        lambda: probe.map_sum({text: 1}),
        lambda: probe.shape_in(probe.Shape.Label(text)),
    ]
    for call in calls:
        with pytest.raises(tb.InvalidTextError) as caught:
            call()
        assert caught.value.offset == offset


@pytest.mark.parametrize("value", [b"bytes", None, 5, ["list"]])
def test_text_is_a_str(probe, value):
    with pytest.raises(TypeError):
        probe.str_len(value)


def test_a_subclass_of_str_is_text(probe):
    assert probe.echo(type("Text", (str,), {})("é")) == "é"


def test_text_is_made(probe):
    assert probe.make_str(28, False) == "abcdefghijklmnopqrstuvwxyzab"
    assert probe.make_str(3, True) == "ééé"
    assert probe.make_str(0, True) == ""


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
