"""Interval logs that are read: sums by tag, progress, errors, and Ctrl-C."""

import gzip
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

PATIENCE = 60

HEAD = "#[Histogram log format version 1.3]\n"


@pytest.fixture
def log(tb, tmp_path):
    """A log of three tags with 10, 20 and 30 values in two intervals each."""
    path = tmp_path / "log.hlog"
    with tb.LogWriter(path, 1000.0) as writer:
        for start in (0.0, 1.0):
            for count, tag in ((10, "write"), (20, ""), (30, "read")):
                histogram = tb.Histogram(1, 100_000, 3, tag=tag)
                histogram.record_n(100 * count, count // 2)
                writer.write(histogram, start, 1.0)
    return path


def counts(histograms):
    return {tag: histogram.count for tag, histogram in histograms.items()}


def test_sums_come_by_tag_in_order(tb, log):
    histograms = tb.replay_log(log)
    assert list(counts(histograms).items()) == [("", 20), ("read", 30), ("write", 10)]
    assert all(type(histogram) is tb.Histogram for histogram in histograms.values())
    assert {tag: histogram.tag for tag, histogram in histograms.items()} == {
        tag: tag for tag in histograms
    }
    assert histograms["read"].max() == 3001  # the end of its bucket
    histograms["read"].record(5)


def test_gzip_is_read(tb, log):
    packed = log.with_suffix(".gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert counts(tb.replay_log(packed)) == counts(tb.replay_log(log))


@pytest.mark.parametrize("form", [str, os.fsencode, Path])
def test_a_path_comes_in_every_form(tb, log, form):
    assert len(tb.replay_log(form(log))) == 3
    missing = form(log.with_name("missing"))
    with pytest.raises(tb.IoError) as caught:
        tb.replay_log(missing)
    assert caught.value.filename == os.fspath(missing)


def test_a_name_need_not_be_utf_8(tb, log):
    odd = os.fsencode(log.parent) + b"/odd\xff.hlog"
    log.rename(os.fsdecode(odd))
    assert len(tb.replay_log(odd)) == 3
    assert len(tb.replay_log(os.fsdecode(odd))) == 3
    with pytest.raises(OSError) as caught:
        tb.replay_log(odd + b"2")
    assert caught.value.filename == odd + b"2"


def test_a_missing_file_is_an_os_error(tb, tmp_path):
    missing = str(tmp_path / "missing.hlog")
    with pytest.raises(OSError) as caught:
        tb.replay_log(missing)
    error = caught.value
    assert type(error) is tb.IoError
    assert (error.errno, error.filename) == (2, missing)
    assert error.strerror == os.strerror(2)
    assert error.fields == {"path": missing, "reason": "entity not found", "os_code": 2}
    assert str(error) == f'cannot use "{missing}": entity not found'


@pytest.mark.parametrize(
    ("path", "error"),
    [("a\0b", ValueError), (b"a\0b", ValueError), (5, TypeError), (None, TypeError)],
)
def test_a_path_that_is_none(tb, path, error):
    with pytest.raises(error):
        tb.replay_log(path)
    with pytest.raises(error):
        tb.LogWriter(path)


def test_a_bad_line_is_named(tb, tmp_path):
    path = tmp_path / "bad.hlog"
    path.write_text(HEAD + "nonsense\n")
    with pytest.raises(ValueError) as caught:
        tb.replay_log(path)
    assert type(caught.value) is tb.MalformedLogError
    assert caught.value.line == 2


def test_progress_begins_at_nothing_and_ends_with_everything(tb, log):
    seen, threads = [], set()

    def progress(now):
        seen.append(now)
        threads.add(threading.get_ident())

    tb.replay_log(log, progress)
    size = log.stat().st_size
    assert seen[0] == tb.Progress(0, size, 0)
    assert seen[-1] == tb.Progress(size, size, 6)
    assert tuple(seen[-1]) == (seen[-1].bytes, seen[-1].total, seen[-1].intervals)
    assert seen == sorted(seen, key=lambda now: now.bytes)
    assert threads == {threading.get_ident()}


def test_false_cancels(tb, log):
    seen = []

    def progress(now):
        seen.append(now)
        return False

    with pytest.raises(tb.CancelledError, match="cancelled by the callback"):
        tb.replay_log(log, progress)
    assert len(seen) == 1
    assert tb.replay_log(log, lambda _: 0)


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("at", [1, 2])
def test_what_progress_raises_comes_out_as_it_is(tb, log, kind, at):
    problem, calls = kind("mine"), []

    def progress(now):
        calls.append(now)
        if len(calls) == at:
            raise problem

    with pytest.raises(kind) as caught:
        tb.replay_log(log, progress=progress)
    assert caught.value is problem
    assert len(calls) == at


def test_progress_may_replay_and_write(tb, log):
    inner = []

    def progress(_):
        if not inner:
            inner.append(counts(tb.replay_log(log)))
            with tb.LogWriter(log.with_name("other.hlog")) as writer:
                writer.write(tb.Histogram(), 0.0, 1.0)

    assert counts(tb.replay_log(log, progress)) == inner[0]


def test_several_threads_may_replay(tb, log):
    results = []

    def work():
        results.append(counts(tb.replay_log(log, lambda _: None)))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a deadlock"
    assert results == [{"": 20, "read": 30, "write": 10}] * 4


def test_another_thread_runs_while_a_pipe_has_nothing_to_say(tb, log, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ticks = threading.Event()
    histograms = []

    def progress(now):
        assert now.total == 0
        ticks.set()

    def work():
        histograms.append(tb.replay_log(pipe, progress))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ticks.wait(PATIENCE)
    pipe.write_bytes(log.read_bytes())
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert counts(histograms[0]) == {"": 20, "read": 30, "write": 10}


# ---- Ctrl-C

# A log is made first. `endless` is a pipe that is written to for ever, `silent` one that nobody opens.
PROGRAM = """
import contextlib, gc, os, sys, threading, time
sys.path[:] = {path!r}
import {module} as tb
here = {here!r}
pipe = os.path.join(here, "pipe")
os.mkfifo(pipe)

def feed():
    log = os.path.join(here, "log")
    with tb.LogWriter(log) as writer:
        histogram = tb.Histogram()
        histogram.record_all(range(1, 10**9, 10**5))
        writer.write(histogram, 0.0, 1.0)
    with open(log, "rb") as file:
        head, _, line = file.read().rpartition(b"\\n0.000")
    with contextlib.suppress(BrokenPipeError), open(pipe, "wb", buffering=0) as file:
        file.write(head + b"\\n")
        while True:
            file.write(b"0.000" + line)

if {kind!r} == "endless":
    threading.Thread(target=feed, daemon=True).start()

def progress(now, calls=[]):
    calls.append(now)

def announce():
    time.sleep(0.3)
    print("replaying", flush=True)

threading.Thread(target=announce, daemon=True).start()
try:
    tb.replay_log(pipe, {progress})
except KeyboardInterrupt:
    print("interrupted", flush=True)
    time.sleep(0.2)
    print(sum(isinstance(each, tb.Histogram) for each in gc.get_objects()), flush=True)
"""


@pytest.mark.parametrize("progress", ["progress", "None"])
@pytest.mark.parametrize("kind", ["endless", "silent"])
def test_ctrl_c_ends_a_replay(tb, tmp_path, kind, progress):
    program = textwrap.dedent(PROGRAM).format(
        path=sys.path, module=tb.__name__, here=str(tmp_path), kind=kind, progress=progress
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "replaying\n"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    allowed = {"0", "1"} if kind == "endless" else {"0"}  # what the feeder made
    assert out.split()[0] == "interrupted", err
    assert out.split()[1] in allowed
    assert (process.returncode, err) == (0, "")


def test_a_signal_handler_that_raises_nothing_lets_it_go_on(tb, log):
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append("signal"))
    try:
        first = iter([True])

        def progress(_):
            for _ in first:
                os.kill(os.getpid(), signal.SIGUSR1)

        assert len(tb.replay_log(log, progress)) == 3
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == ["signal"]


def test_the_memory_of_the_sums_has_a_limit(tb, tmp_path):
    histogram = tb.Histogram()
    with tb.LogWriter(tmp_path / "log") as writer:
        for tag in range(300):
            histogram.tag = f"tag {tag}"
            writer.write(histogram, 0, 1)
    assert len(tb.replay_log(tmp_path / "log")) == 300
    assert len(tb.replay_log(tmp_path / "log", memory_limit=2**64 - 1)) == 300
    with pytest.raises(tb.TooManyError) as caught:
        tb.replay_log(tmp_path / "log", memory_limit=2**26)
    assert (caught.value.what, caught.value.limit) == ("memory_limit", 2**26)
    for wrong, kind in ((-1, OverflowError), (2**64, OverflowError), (1.5, TypeError)):
        with pytest.raises(kind):
            tb.replay_log(tmp_path / "log", memory_limit=wrong)
