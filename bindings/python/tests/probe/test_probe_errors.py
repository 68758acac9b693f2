"""The error that has a field of every type."""

import copy
import pickle

import pytest


@pytest.fixture
def error(tb, probe):
    with pytest.raises(tb.ProbeError) as caught:
        probe.fail(7)
    return caught.value


def test_its_class_has_the_reserved_code(tb):
    assert tb.ERRORS[16] is tb.ProbeError
    assert (tb.ProbeError.code, tb.ProbeError.name) == (16, "probe")
    assert issubclass(tb.ProbeError, tb.TollbridgeError)
    assert not issubclass(tb.ProbeError, (ValueError, OverflowError, OSError))


def test_fields_and_message(error):
    assert (error.code, error.name) == (16, "probe")
    assert list(error.fields) == ["number", "ratio", "text"]
    assert (error.number, error.text) == (7, "café")
    assert error.ratio != error.ratio
    assert str(error) == "probe failed: 7 NaN café"
    assert "probe failed" in repr(error)
    assert not hasattr(error, "invented")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_copy_looks_like_the_original(error, protocol):
    for made in (
        pickle.loads(pickle.dumps(error, protocol)),
        copy.copy(error),
        copy.deepcopy(error),
    ):
        assert (type(made), str(made)) == (type(error), str(error))
        assert (repr(made), made.args) == (repr(error), error.args)
        assert hash(made.args) == hash(error.args)
        assert repr(made.fields) == repr(error.fields)  # a NaN is not equal to itself
        assert pickle.dumps(made, protocol) == pickle.dumps(error, protocol)
        assert made.number == 7
