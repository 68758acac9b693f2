"""The command `python -m tollbridge`, which only the wheel has."""

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

PATIENCE = 60


@pytest.fixture
def command(tb):
    """The command line up to its arguments."""
    if importlib.util.find_spec(f"{tb.__name__}.__main__") is None:
        pytest.skip("this strategy has no command")
    return [sys.executable, "-m", tb.__name__]


@pytest.fixture
def environment():
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def run(command, environment):
    def run(*arguments, **options):
        return subprocess.run(
            [*command, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            **options,
        )

    return run


def write(tb, path, **tags):
    with tb.LogWriter(path, 1000.0) as writer:
        for tag, values in tags.items():
            histogram = tb.Histogram(1, 10_000_000, 3, tag=tag.strip("_"))
            histogram.record_all(values)
            writer.write(histogram, 0.0, 1.0)
    return path


@pytest.fixture
def log(tb, tmp_path):
    return write(tb, tmp_path / "one.hlog", read=[1000, 2000], _=[500])


def test_a_table_by_tag(run, log):
    done = run("replay", log)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "tag       count   min      mean   p50   p90   p99  p99.9   max\n"
        "(no tag)      1   500   500.000   500   500   500    500   500\n"
        "read          2  1000  1500.000  1000  2000  2000   2000  2000\n"
        "total         3   500  1166.667  1000  2000  2000   2000  2000\n"
    )


def test_one_tag_needs_no_total(tb, run, tmp_path):
    done = run("replay", write(tb, tmp_path / "log", read=[5]))
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["tag", "read"]


def test_an_empty_log_has_a_total(tb, run, tmp_path):
    done = run("replay", write(tb, tmp_path / "log"), "--unit", "ms")
    assert [line.split() for line in done.stdout.splitlines()][1] == ["total", "0"] + ["-"] * 7


def test_several_files_are_added_up(tb, run, log, tmp_path):
    other = write(tb, tmp_path / "other.hlog", read=[3000], write=[7])
    rows = json.loads(run("replay", "--json", log, other).stdout)
    assert {tag: row["count"] for tag, row in rows["tags"].items()} == {
        "": 1,
        "read": 3,
        "write": 1,
    }
    assert list(rows["tags"]) == ["", "read", "write"]
    assert rows["total"]["count"] == 5
    assert rows["total"]["min"] == 7


@pytest.mark.parametrize(
    ("unit", "divisor"), [("us", 1000), ("µs", 1000), ("ns", 1), ("2.5", 2.5), ("s", 1e9)]
)
def test_values_are_divided_by_the_unit(run, log, unit, divisor):
    plain = json.loads(run("replay", "--json", log).stdout)
    divided = json.loads(run("replay", "--json", "--unit", unit, log).stdout)
    for name, value in plain["total"].items():
        assert divided["total"][name] == (value if name == "count" else value / divisor)


def test_standard_input(run, log):
    with log.open("rb") as file:
        assert run("replay", "-", stdin=file).stdout == run("replay", log).stdout


def test_standard_input_is_read_from_where_it_is(run, log, tmp_path):
    behind = tmp_path / "behind"
    behind.write_bytes(b"read by somebody else\n" + log.read_bytes())
    with behind.open("rb", 0) as file:
        file.readline()
        assert run("replay", "-", stdin=file).stdout == run("replay", log).stdout


@pytest.mark.parametrize("text", [None, b"nonsense\n" * 100_000])
def test_standard_input_may_be_a_socket(run, log, text):
    ours, theirs = socket.socketpair()
    data = text or log.read_bytes()

    def send():
        with ours, contextlib.suppress(BrokenPipeError, ConnectionResetError):
            ours.sendall(data)

    sender = threading.Thread(target=send)
    sender.start()
    with theirs:
        done = run("replay", "-", stdin=theirs)
    sender.join()
    if text is None:
        assert done.stdout == run("replay", log).stdout
    else:
        assert (done.returncode, done.stderr[:21]) == (1, "tollbridge: -: line 1")


def test_a_file_that_cannot_be_read(run, log, tmp_path):
    missing = tmp_path / "missing"
    done = run("replay", log, missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'tollbridge: cannot use "{missing}": entity not found\n'


def test_a_line_that_is_none(run, tmp_path):
    bad = tmp_path / "bad"
    bad.write_text("nonsense\n")
    done = run("replay", bad)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"tollbridge: {bad}: line 1: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["replay"],
        ["replay", "--unit", "0", "x"],
        ["replay", "--unit", "1e-300", "x"],
        ["other"],
    ],
)
def test_a_wrong_command_line(run, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage:" in done.stderr


def test_a_reader_that_leaves(command, environment, log):
    with subprocess.Popen(
        [*command, "replay", log], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_an_output_that_is_full(command, environment, log):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*command, "replay", log],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "tollbridge: cannot write: No space left on device\n"


def test_a_tag_that_the_output_cannot_show(tb, command, environment, tmp_path):
    done = subprocess.run(
        [*command, "replay", write(tb, tmp_path / "log", é=[5])],
        env=environment | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\xe9" in done.stdout


def test_ctrl_c(command, environment, tmp_path):
    pipe, terminal = tmp_path / "pipe", os.openpty()
    os.mkfifo(pipe)
    with subprocess.Popen(
        [*command, "replay", pipe], env=environment, stdout=subprocess.PIPE, stderr=terminal[1]
    ) as process:
        try:
            # The bar shows that it replays.
            shown = os.read(terminal[0], 1000)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    os.close(terminal[1])
    assert b"0 intervals" in shown
    assert (process.returncode, out) == (130, b"")
    os.close(terminal[0])


def test_the_bar_is_wiped(command, environment, log):
    main, other = os.openpty()
    done = subprocess.run(
        [*command, "replay", log],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=other,
        timeout=PATIENCE,
        check=False,
    )
    shown = os.read(main, 10_000).decode()
    os.close(main)
    os.close(other)
    assert done.returncode == 0
    assert "0%" in shown
    assert "\n" not in shown
    assert shown.split("\r")[-2].strip() == ""


def test_the_memory_of_the_sums_has_a_limit(run, tb, tmp_path):
    histogram = tb.Histogram()
    with tb.LogWriter(tmp_path / "log") as writer:
        for tag in range(300):
            histogram.tag = f"tag {tag}"
            writer.write(histogram, 0, 1)
    assert len(json.loads(run("replay", "--json", tmp_path / "log").stdout)["tags"]) == 300
    refused = run("replay", "--memory-limit", 2**26, tmp_path / "log")
    assert refused.returncode == 1
    assert "memory_limit is 67108864, but this takes 67" in refused.stderr
    for enough in (2**27, "128MiB", "131072 KiB"):
        assert run("replay", "--memory-limit", enough, tmp_path / "log").returncode == 0
    for wrong in ("-1", 2**64, "1k"):
        assert run("replay", "--memory-limit", wrong, tmp_path / "log").returncode == 2
