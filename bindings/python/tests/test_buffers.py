"""Memory of Python: what is borrowed, what is converted, what is refused."""

import ctypes
import subprocess
import sys
from array import array

import pytest

FOREIGN = ">" if sys.byteorder == "little" else "<"


@pytest.fixture
def numpy():
    return pytest.importorskip("numpy")


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
        range(1, 1),
    ]


@pytest.mark.parametrize("which", range(9))
def test_every_iterable_of_floats(probe, which):
    assert probe.f64_sum(doubles()[which]) == 7.0
    assert probe.f64_ends(doubles()[which]) == 3 + 1.0 + 4.0


def test_nothing_is_something(probe, histogram):
    for empty in ([], (), array("d"), array("Q"), range(0), bytearray()):
        assert probe.f64_ends(empty) == 0.0
        histogram.record_all(empty)
    assert histogram.is_empty()


@pytest.mark.parametrize("value", [5, None, "1.0", ["1.0"], [None]])
def test_what_holds_no_floats_is_refused(probe, value):
    with pytest.raises(TypeError):
        probe.f64_sum(value)


def test_integers_of_every_kind(histogram):
    for values in ([1, 2], (1, 2), iter([1, 2]), range(1, 3), {1, 2}, array("Q", [1, 2])):
        histogram.record_all(values)
    for code in "bBhHiIlLq":
        histogram.record_all(array(code, [1, 2]))
    histogram.record_all(b"\1\2")
    assert [tuple(bucket) for bucket in histogram] == [(1, 16, 16), (2, 16, 32)]


def test_signed_integers_are_not_taken_for_unsigned(histogram):
    with pytest.raises(OverflowError):
        histogram.record_all(array("q", [1, -1]))
    with pytest.raises(TypeError):
        histogram.record_all(array("d", [1.0]))
    assert histogram.is_empty()


def test_all_or_nothing(tb, histogram):
    for values in ([5, 1001, 1002], array("Q", [5, 1001, 1002])):
        with pytest.raises(tb.OutOfRangeError) as caught:
            histogram.record_all(values)
        assert (caught.value.value, caught.value.highest, caught.value.index) == (1001, 1000, 1)
    assert histogram.is_empty()


def test_arrays_of_numpy(numpy, probe, histogram):
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

    integers = numpy.array([1, 2, 4], dtype="uint64")
    histogram.record_all(integers)
    histogram.record_all(integers[::2])
    histogram.record_all(integers.astype(f"{FOREIGN}u8"))
    histogram.record_all(integers.astype("int32"))
    assert [tuple(bucket) for bucket in histogram] == [(1, 4, 4), (2, 3, 7), (4, 4, 11)]
    with pytest.raises(OverflowError):
        histogram.record_all(numpy.array([-1]))
    with pytest.raises(TypeError):
        histogram.record_all(values)


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


def test_a_list_that_shrinks_while_it_is_read(histogram, probe):
    values = []

    class Shrinks:
        def __index__(self):
            values.clear()
            return 5

        def __float__(self):
            values.clear()
            return 5.0

    # All of it as it was, or as far as it still goes.
    values[:] = [Shrinks(), 1, 2]
    histogram.record_all(values)
    assert histogram.count in (1, 3)
    values[:] = [Shrinks(), 1, 2]
    assert probe.f64_sum(values) in (5.0, 8.0)


def test_an_iterator_that_raises_records_nothing(histogram):
    problem = RuntimeError("mine")

    def values():
        yield 1
        raise problem

    with pytest.raises(RuntimeError) as caught:
        histogram.record_all(values())
    assert caught.value is problem
    assert histogram.is_empty()


def test_buffers_are_let_go_of(probe, histogram):
    values, data, integers = array("d", [1.0]), bytearray(b"a"), array("Q", [2000])
    probe.f64_sum(values)
    probe.scale_in_place(values, 2.0)
    probe.bytes_sum(data)
    with pytest.raises(ValueError, match="2000"):
        histogram.record_all(integers)
    with pytest.raises(TypeError):
        probe.f64_sum(data.decode())
    # An exported buffer cannot be resized.
    values.append(1.0)
    data.append(1)
    integers.append(1)


def test_bytes_in_any_buffer(probe):
    for data in (b"ab", bytearray(b"ab"), memoryview(b"xaby")[1:3], array("B", b"ab")):
        assert probe.bytes_sum(data) == 97 + 98
        assert probe.bytes_ends(data) == 2 + 97 + 98
    with pytest.raises(TypeError):
        probe.bytes_sum(memoryview(b"abcd")[::2])


def test_many_values(tb):
    histogram = tb.Histogram(1, 1000, 3)
    many = array("Q", [7]) * 200_000
    histogram.record_all(many)
    histogram.record_all(list(many))
    assert histogram.count == 400_000
    assert histogram.values_at_quantiles([0.5] * 1000) == [7] * 1000


def test_arrays_come_out(numpy, probe, one_to_ten, tb):
    array = probe.make_f64_array(4)
    assert array.dtype == "float64"
    assert array.tolist() == probe.make_f64(4) == [0.0, 1.0, 2.0, 3.0]
    assert array.flags.writeable
    assert probe.make_f64_array(0).tolist() == probe.make_f64(0) == []

    buckets = one_to_ten.bucket_array()
    assert buckets.dtype == "uint64"
    assert [tuple(row) for row in buckets.tolist()] == [tuple(b) for b in one_to_ten]
    assert one_to_ten.bucket_array(tb.Scan.Linear(5)).tolist() == [
        [4, 4, 4],
        [9, 5, 9],
        [14, 1, 10],
    ]
    assert tb.Histogram().bucket_array().shape == (0, 3)


def test_what_ends_the_import_of_numpy_comes_out_as_it_is(tb):
    """In a process of its own, in which NumPy has not been imported."""
    program = f"""
import sys
sys.path[:] = {sys.path!r}
import {tb.__name__} as tb

class Interrupts:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "numpy":
            raise self.problem

for problem in (KeyboardInterrupt(), ImportError("broken"), ModuleNotFoundError("x", name="x")):
    finder = Interrupts()
    finder.problem = problem
    sys.meta_path.insert(0, finder)
    try:
        tb.Histogram().bucket_array()
    except BaseException as error:
        print(type(error).__name__, error is problem or error.__cause__ is problem)
    sys.meta_path.remove(finder)
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    shown = done.stdout.decode().split()
    assert shown[:4] == ["KeyboardInterrupt", "True", "ImportError", "True"]
    assert shown[4] in {"ImportError", "ModuleNotFoundError"}
