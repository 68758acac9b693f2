"""Memory of Python: what is borrowed, what is converted, what is refused."""

import ctypes
from array import array

import pytest
from support import FOREIGN


def doubles():
    """The same three doubles in every way that Python has."""
    values = [1.0, 2.0, 4.0]
    return [
        values,
        tuple(values),
        iter(values),
        (value for value in values),
        array("d", values),
        memoryview(array("d", values)),
        array("f", values),
        (ctypes.c_double * 3)(*values),
        dict.fromkeys(values),
    ]


@pytest.mark.parametrize("which", range(9))
def test_every_iterable_of_floats(probe, which):
    assert probe.f64_sum(doubles()[which]) == 7.0
    assert probe.f64_ends(doubles()[which]) == 3 + 1.0 + 4.0


def test_nothing_is_something(probe):
    for empty in ([], (), array("d"), array("Q"), range(0), bytearray()):
        assert probe.f64_ends(empty) == 0.0


@pytest.mark.parametrize("value", [5, None, "1.0", ["1.0"], [None]])
def test_what_holds_no_floats_is_refused(probe, value):
    with pytest.raises(TypeError):
        probe.f64_sum(value)


def test_arrays_of_numpy(numpy, probe):
    values = numpy.array([1.0, 2.0, 4.0])
    assert probe.f64_sum(values) == 7.0
    assert probe.f64_sum(values[::2]) == 5.0
    assert probe.f64_sum(values[::-1]) == 7.0
    assert probe.f64_sum(values.astype("float32")) == 7.0
    assert probe.f64_sum(values.astype("int64")) == 7.0
    assert probe.f64_sum(values.astype(f"{FOREIGN}f8")) == 7.0
    assert probe.f64_sum(numpy.array([3.0])[::-1]) == 3.0
    frozen = values.copy()
    frozen.flags.writeable = False
    assert probe.f64_sum(frozen) == 7.0


def test_misaligned_memory_is_copied(numpy, probe):
    misaligned = numpy.frombuffer(b"\0" + array("d", [1.0, 2.0]).tobytes(), "float64", offset=1)
    assert not misaligned.flags.aligned
    assert probe.f64_sum(misaligned) == 3.0
    writable = bytearray(17)
    with pytest.raises(TypeError):
        probe.scale_in_place(numpy.frombuffer(writable, "float64", offset=1), 2.0)


def test_more_or_fewer_dimensions_are_refused(numpy, probe):
    for values in (numpy.ones((2, 3)), numpy.array(1.0)):
        with pytest.raises(TypeError):
            probe.f64_sum(values)
        with pytest.raises(TypeError):
            probe.scale_in_place(values, 2.0)


def test_scale_in_place(probe):
    for values in (array("d", [1.0, 2.0]), (ctypes.c_double * 2)(1.0, 2.0)):
        assert probe.scale_in_place(values, 3.0) is None
        assert list(values) == [3.0, 6.0]
    probe.scale_in_place(array("d"), 3.0)


@pytest.mark.parametrize(
    "values",
    [
        [1.0],
        (1.0,),
        bytes(8),
        bytearray(8),
        array("f", [1.0]),
        array("Q", [1]),
        memoryview(array("d", [1.0])).toreadonly(),
        memoryview(array("d", [1.0, 2.0, 3.0]))[::2],
    ],
)
def test_scale_in_place_needs_a_writable_buffer_of_doubles(probe, values):
    before = list(values)
    with pytest.raises(TypeError):
        probe.scale_in_place(values, 3.0)
    assert list(values) == before


def test_scale_in_place_refuses_a_foreign_byte_order(numpy, probe):
    for values in (numpy.ones(2, f"{FOREIGN}f8"), numpy.ones(4)[::2]):
        with pytest.raises(TypeError):
            probe.scale_in_place(values, 3.0)
        assert list(values) == [1.0, 1.0]


def test_a_list_that_shrinks_while_it_is_read(probe):
    values = []

    class Shrinks:
        def __float__(self):
            values.clear()
            return 5.0

    # All of it as it was, or as far as it still goes.
    values[:] = [Shrinks(), 1, 2]
    assert probe.f64_sum(values) in (5.0, 8.0)


def test_buffers_are_let_go_of(probe):
    values, data = array("d", [1.0]), bytearray(b"a")
    probe.f64_sum(values)
    probe.scale_in_place(values, 2.0)
    probe.bytes_sum(data)
    with pytest.raises(TypeError):
        probe.f64_sum(data.decode())
    # An exported buffer cannot be resized.
    values.append(1.0)
    data.append(1)


def test_bytes_in_any_buffer(probe):
    for data in (b"ab", bytearray(b"ab"), memoryview(b"xaby")[1:3], array("B", b"ab")):
        assert probe.bytes_sum(data) == 97 + 98
        assert probe.bytes_ends(data) == 2 + 97 + 98
    with pytest.raises(TypeError):
        probe.bytes_sum(memoryview(b"abcd")[::2])


@pytest.mark.usefixtures("numpy")
def test_arrays_come_out(probe):
    array = probe.make_f64_array(4)
    assert array.dtype == "float64"
    assert array.tolist() == probe.make_f64(4) == [0.0, 1.0, 2.0, 3.0]
    assert array.flags.writeable
    assert probe.make_f64_array(0).tolist() == probe.make_f64(0) == []
