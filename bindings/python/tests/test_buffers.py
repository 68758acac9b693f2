"""Memory of Python: what is borrowed, what is converted, what is refused."""

import ctypes
import subprocess
import sys
from array import array

import pytest
from support import FOREIGN


def quantiles():
    """The same three doubles in every way that Python has."""
    values = [0.25, 0.5, 1.0]
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
def test_every_iterable_of_floats(one_to_ten, which):
    assert one_to_ten.values_at_quantiles(quantiles()[which]) == [3, 5, 10]


def test_nothing_is_something(one_to_ten):
    for empty in ([], (), array("d"), array("Q"), range(0), bytearray()):
        assert one_to_ten.values_at_quantiles(empty) == []
        one_to_ten.record_all(empty)
    assert one_to_ten.count == 10


@pytest.mark.parametrize("value", [5, None, "1.0", ["1.0"], [None]])
def test_what_holds_no_floats_is_refused(one_to_ten, value):
    with pytest.raises(TypeError):
        one_to_ten.values_at_quantiles(value)


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


def test_arrays_of_numpy(numpy, histogram):
    values = numpy.array([0.25, 0.5, 1.0])
    histogram.record_all(range(1, 11))
    at = histogram.values_at_quantiles
    assert at(values) == [3, 5, 10]
    assert at(values[::2]) == [3, 10]
    assert at(values[::-1]) == [10, 5, 3]
    assert at(values.astype("float32")) == [3, 5, 10]
    assert at(values.astype("int64")) == [1, 1, 10]
    assert at(values.astype(f"{FOREIGN}f8")) == [3, 5, 10]
    assert at(numpy.array([0.5])[::-1]) == [5]
    frozen = values.copy()
    frozen.flags.writeable = False
    assert at(frozen) == [3, 5, 10]


def test_integers_of_numpy(numpy, histogram):
    integers = numpy.array([1, 2, 4], dtype="uint64")
    histogram.record_all(integers)
    histogram.record_all(integers[::2])
    histogram.record_all(integers.astype(f"{FOREIGN}u8"))
    histogram.record_all(integers.astype("int32"))
    assert [tuple(bucket) for bucket in histogram] == [(1, 4, 4), (2, 3, 7), (4, 4, 11)]
    with pytest.raises(OverflowError):
        histogram.record_all(numpy.array([-1]))
    with pytest.raises(TypeError):
        histogram.record_all(numpy.array([1.0, 2.0, 4.0]))


def test_misaligned_memory_is_copied(numpy, one_to_ten):
    memory = b"\0" + array("d", [0.25, 1.0]).tobytes()
    misaligned = numpy.frombuffer(memory, "float64", offset=1)
    assert not misaligned.flags.aligned
    assert one_to_ten.values_at_quantiles(misaligned) == [3, 10]
    memory = b"\0" + array("Q", [11, 12]).tobytes()
    one_to_ten.record_all(numpy.frombuffer(memory, "uint64", offset=1))
    assert (one_to_ten.count, one_to_ten.max()) == (12, 12)


def test_more_or_fewer_dimensions_are_refused(numpy, one_to_ten):
    for values in (numpy.ones((2, 3)), numpy.array(1.0)):
        with pytest.raises(TypeError):
            one_to_ten.values_at_quantiles(values)
        with pytest.raises(TypeError):
            one_to_ten.record_all(values.astype("uint64"))
    assert one_to_ten.count == 10


def test_a_list_that_shrinks_while_it_is_read(histogram):
    values = []

    class Shrinks:
        def __index__(self):
            values.clear()
            return 5

        def __float__(self):
            values.clear()
            return 0.5

    # All of it as it was, or as far as it still goes.
    values[:] = [Shrinks(), 1, 2]
    histogram.record_all(values)
    assert histogram.count in (1, 3)
    values[:] = [Shrinks(), 1, 1]
    assert len(histogram.values_at_quantiles(values)) in (1, 3)


def test_an_iterator_that_raises_records_nothing(histogram):
    problem = RuntimeError("mine")

    def values():
        yield 1
        raise problem

    with pytest.raises(RuntimeError) as caught:
        histogram.record_all(values())
    assert caught.value is problem
    assert histogram.is_empty()


def test_buffers_are_let_go_of(tb, one_to_ten):
    values, data, integers = array("d", [1.0]), bytearray(b"a"), array("Q", [2000])
    one_to_ten.values_at_quantiles(values)
    with pytest.raises(tb.MalformedHistogramError):
        tb.Histogram.decode(data)
    with pytest.raises(ValueError, match="2000"):
        one_to_ten.record_all(integers)
    with pytest.raises(TypeError):
        one_to_ten.values_at_quantiles(data.decode())
    # An exported buffer cannot be resized.
    values.append(1.0)
    data.append(1)
    integers.append(1)


def test_bytes_in_any_buffer(tb, one_to_ten):
    data = one_to_ten.encode()
    inside = memoryview(b"x" + data + b"y")[1:-1]
    for same in (data, bytearray(data), inside, array("B", data)):
        assert list(tb.Histogram.decode(same)) == list(one_to_ten)


def test_many_values(tb):
    histogram = tb.Histogram(1, 1000, 3)
    many = array("Q", [7]) * 200_000
    histogram.record_all(many)
    histogram.record_all(list(many))
    assert histogram.count == 400_000
    assert histogram.values_at_quantiles([0.5] * 1000) == [7] * 1000


def test_arrays_come_out(numpy, one_to_ten, tb):
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
