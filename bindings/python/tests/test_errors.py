"""One class a code, and fields of the right type."""

import copy
import json
import math
import pickle
import subprocess
from pathlib import Path
from typing import get_type_hints

import pytest

ROOT = Path(__file__).resolve().parents[3]

ROWS = {
    1: ("invalid_argument", ValueError),
    2: ("out_of_range", ValueError),
    3: ("count_overflow", OverflowError),
    4: ("invalid_quantile", ValueError),
    5: ("invalid_duration", ValueError),
    6: ("invalid_tag", ValueError),
    7: ("too_many", ValueError),
    8: ("malformed_histogram", ValueError),
    9: ("poisoned", None),
    10: ("panic", None),
    11: ("closed", ValueError),
    12: ("invalid_text", ValueError),
    13: ("null_argument", None),
    14: ("invalid_enum", None),
    15: ("invalid_length", None),
    17: ("malformed_log", ValueError),
    18: ("io", OSError),
    19: ("cancelled", None),
}
# For what these tests alone raise.
RESERVED = {16}


def test_every_code_has_a_class(tb):
    assert sorted(tb.ERRORS.keys() - RESERVED) == sorted(ROWS)
    for code, (name, second) in ROWS.items():
        error = tb.ERRORS[code]
        assert (error.code, error.name) == (code, name)
        words = name.split("_") + ["error"]
        assert error.__name__ == "".join(word.capitalize() for word in words)
        assert getattr(tb, error.__name__) is error
        assert issubclass(error, tb.TollbridgeError)
        for other in (ValueError, OverflowError, OSError):
            assert issubclass(error, other) == (other is second)


def test_fields_and_message(tb, histogram):
    with pytest.raises(tb.InvalidDurationError) as caught:
        histogram.record_durations("1ns\n2ns café")
    error = caught.value
    assert (error.code, error.name) == (5, "invalid_duration")
    assert list(error.fields) == ["line", "column", "token"]
    assert (error.line, error.column, error.token) == (2, 5, "café")
    assert "café" in str(error)
    assert str(error) in repr(error)
    assert not hasattr(error, "invented")


def test_an_out_of_range_value_is_told(tb, histogram):
    with pytest.raises(ValueError, match="1001") as caught:
        histogram.record(1001)
    assert type(caught.value) is tb.OutOfRangeError
    assert caught.value.fields == {"value": 1001, "highest": 1000, "index": 0}
    assert str(caught.value) == "value 1001 (item 0) is above the highest trackable value 1000"
    assert histogram.is_empty()


@pytest.mark.parametrize("data", [b"", b"nonsense", bytes(1000)])
def test_hostile_bytes(tb, data):
    with pytest.raises(tb.MalformedHistogramError) as caught:
        tb.Histogram.decode(data)
    assert caught.value.reason


def test_an_error_can_be_raised_by_hand(tb):
    with pytest.raises(tb.ClosedError, match="by hand") as caught:
        raise tb.ClosedError("by hand", {})
    assert caught.value.fields == {}


def test_a_class_of_a_users_own_has_the_fields_of_its_base(tb):
    class TooSlowError(tb.OutOfRangeError):
        pass

    assert TooSlowError("too slow", {"value": 5}).value == 5
    assert TooSlowError("too slow").highest is None


@pytest.mark.parametrize("arguments", [(), ("m",), ("m", None), ("m", {})])
def test_an_error_made_by_hand_lacks_fields(tb, arguments):
    for kind in (tb.TollbridgeError, *tb.ERRORS.values()):
        error = kind(*arguments)
        assert str(error) == "".join(arguments[:1])
        assert error.fields == {}
        assert all(getattr(error, field) is None for field in kind.field_names)
        assert not hasattr(error, "invented")


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))]
)
@pytest.mark.parametrize("given", ["/no/such", b"/no/such"])
def test_a_copy_keeps_the_filename(tb, copied, given):
    with pytest.raises(OSError, match="no/such") as caught:
        tb.replay_log(given)
    error = copied(caught.value)
    assert type(error) is tb.IoError
    assert (error.filename, error.errno) == (given, 2)
    assert error.fields == caught.value.fields


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_copy_looks_like_the_original(tb, histogram, protocol):
    def attempts():
        yield lambda: histogram.value_at_quantile(math.nan)
        yield lambda: histogram.record(1001)
        yield lambda: tb.replay_log("/no/such")
        yield lambda: tb.Histogram(0)

    for attempt in attempts():
        with pytest.raises(tb.TollbridgeError) as caught:
            attempt()
        error = caught.value
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


def test_nobody_is_asked_for_what_an_error_has_not(tb):
    """Python code that ran there could be where a Ctrl-C is lost: CPython asks for `__notes__`."""
    for error in (tb.TollbridgeError, *tb.ERRORS.values()):
        assert not hasattr(error, "__getattr__")


@pytest.fixture(scope="session")
def table():
    """Core's own table of errors."""
    command = ["cargo", "run", "--quiet", "--release", "--package", "tollbridge-harness", "--"]
    told = subprocess.run(
        [*command, "errors", "--json"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    return json.loads(told.stdout)


def test_the_table_is_cores(tb, table):
    """Names of the fields and their annotations, which type checkers read, against core's table."""
    types = {"u64": int, "f64": float, "text": str}
    assert sum(len(row["fields"]) for row in table) > len(table)
    assert {row["code"] for row in table if row["scaffolding"]} == RESERVED
    assert {row["code"] for row in table} == tb.ERRORS.keys() | RESERVED
    for row in table:
        if row["code"] not in tb.ERRORS:
            continue
        error = tb.ERRORS[row["code"]]
        assert error.name == row["name"]
        assert list(error.field_names) == [field["name"] for field in row["fields"]]
        hints = get_type_hints(error)
        for field in row["fields"]:
            assert hints[field["name"]] is types[field["kind"]]
