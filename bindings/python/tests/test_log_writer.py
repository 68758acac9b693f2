"""Interval logs that are written."""

import os
import threading
import time

import pytest

PATIENCE = 60


def test_what_is_written_is_read(tb, tmp_path):
    path = tmp_path / "log.hlog"
    histogram = tb.Histogram(1, 1_000_000, 3, tag="checkout")
    histogram.record_all([1, 20, 300_000])
    writer = tb.LogWriter(path, 1500.25)
    writer.write(histogram, 0.5, 1.0)
    writer.write(histogram, 1.5, 1)
    again = tb.replay_log(path)  # nothing is buffered
    assert list(again) == ["checkout"]
    assert again["checkout"].count == 6
    assert "#[StartTime: 1500.250 (seconds since epoch)]" in path.read_text()
    writer.close()


def test_the_start_is_now_if_nothing_is_said(tb, tmp_path):
    path = tmp_path / "log.hlog"
    before = time.time()
    tb.LogWriter(path).close()
    after = time.time()
    line = next(each for each in path.read_text().splitlines() if "StartTime" in each)
    start = float(line.split()[1])
    assert before - 0.001 <= start <= after + 0.001


def test_a_file_that_is_there_is_emptied(tb, tmp_path):
    path = tmp_path / "log.hlog"
    path.write_text("something else\n" * 1000)
    tb.LogWriter(path, 0.0).close()
    assert tb.replay_log(path) == {}


def test_a_closed_writer_says_so(tb, histogram, tmp_path):
    path = tmp_path / "log.hlog"
    with tb.LogWriter(path) as writer:
        assert writer.closed is False
        writer.write(histogram, 0.0, 1.0)
    assert writer.closed is True
    writer.close()
    with pytest.raises(tb.ClosedError):
        writer.write(histogram, 0.0, 1.0)
    with pytest.raises(tb.ClosedError), writer:
        pass
    histogram.close()
    with tb.LogWriter(path) as writer, pytest.raises(tb.ClosedError):
        writer.write(histogram, 0.0, 1.0)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1.0])
def test_times_are_finite_and_from_0(tb, histogram, tmp_path, number):
    path = tmp_path / "log.hlog"
    with pytest.raises(tb.InvalidArgumentError):
        tb.LogWriter(path, number)
    with tb.LogWriter(path) as writer:
        size = path.stat().st_size
        with pytest.raises(tb.InvalidArgumentError):
            writer.write(histogram, number, 1.0)
        with pytest.raises(tb.InvalidArgumentError):
            writer.write(histogram, 0.0, number)
        assert path.stat().st_size == size


def test_a_histogram_is_needed(tb, tmp_path):
    with tb.LogWriter(tmp_path / "log.hlog") as writer, pytest.raises(TypeError):
        writer.write("histogram", 0.0, 1.0)


def test_a_file_that_cannot_be_made(tb, tmp_path):
    with pytest.raises(OSError) as caught:
        tb.LogWriter(tmp_path)
    assert type(caught.value) is tb.IoError
    assert caught.value.errno == 21
    assert caught.value.filename == os.fspath(tmp_path)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk(tb):
    with pytest.raises(OSError) as caught:
        tb.LogWriter("/dev/full")
    assert caught.value.errno == 28


def test_several_threads_may_write(tb, tmp_path):
    path, rounds, works = tmp_path / "log.hlog", 100, 4
    histogram = tb.Histogram(1, 1000, 2)
    histogram.record(5)
    with tb.LogWriter(path) as writer:

        def work():
            for i in range(rounds):
                writer.write(histogram, float(i), 1.0)

        threads = [threading.Thread(target=work, daemon=True) for _ in range(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a deadlock"
    assert tb.replay_log(path)[""].count == rounds * works


def test_closing_while_others_write(tb, tmp_path):
    path = tmp_path / "log.hlog"
    histogram = tb.Histogram(1, 1000, 2)
    histogram.record(5)
    writer = tb.LogWriter(path)
    written = []

    def work():
        count = 0
        try:
            while True:
                writer.write(histogram, 0.0, 1.0)
                count += 1
        except tb.ClosedError:
            written.append(count)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    writer.close()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "a deadlock"
    assert tb.replay_log(path).get("", tb.Histogram()).count == sum(written)
