"""The jobs in Python: on PyPI's `hdrhistogram`, or on the core.

    jobs.py <line id> port | jobs.py <line id> <module of a bridge>

README.md of the folder above says what is asked and answered.
"""

import base64
import importlib
import importlib.metadata
import os
import platform
import sys
from array import array
from pathlib import Path
from time import perf_counter_ns

LINE, KIND = sys.argv[1:]
DATA = Path(os.environ["TOLL_PEERS"])
HIGHEST = 3_600_000_000_000


def numbers(n):
    """The first n values."""
    lines = (DATA / "values").read_text().split("\n", n)
    return [int(line) for line in lines[:n]]


class Core:
    """A bridge: its module's names are those of every Python bridge."""

    def __init__(self):
        self.tb = importlib.import_module(KIND)
        self.version = ""

    def new(self):
        return self.tb.Histogram(lowest=1, highest=HIGHEST, significant_digits=3)

    def record(self, n):
        h, values = self.new(), numbers(n)
        record = h.record

        def job():
            for value in values:
                record(value)

        return job, lambda: h.count, lambda: h

    def record_all(self, n):
        h, values = self.new(), array("Q", numbers(n))
        return lambda: h.record_all(values), lambda: h.count, lambda: h

    def filled(self, n):
        h = self.new()
        h.record_all(array("Q", numbers(n)))
        return h

    def p99(self, n):
        h = self.filled(n)
        first = h.value_at_quantile(0.99)
        job = lambda: h.value_at_quantile(0.99)
        return job, lambda: int(job() == first), lambda: first

    def encode(self, n):
        h = self.filled(n)
        return h.encode, lambda: self.tb.Histogram.decode(h.encode()).count, lambda: h

    def decode(self, n):
        data = self.filled(n).encode()
        decode = self.tb.Histogram.decode
        return lambda: decode(data), lambda: decode(data).count, lambda: decode(data)

    def merge(self, n):
        into, other = self.filled(n), self.filled(n)
        return lambda: into.merge(other), lambda: into.count, lambda: into

    def replay(self, _n, name="plain.hlog"):
        replay, path = self.tb.replay_log, DATA / name
        total = lambda: sum(h.count for h in replay(path).values())
        return lambda: replay(path), total, lambda: replay(path)

    def replay_tags(self, n):
        return self.replay(n, "tagged.hlog")

    @staticmethod
    def bytes_of(h):
        return h.encode()


class Port:
    """PyPI's `hdrhistogram`: it has no bulk record, and its log reader knows no tags."""

    def __init__(self):
        from hdrh.histogram import HdrHistogram
        from hdrh.log import HistogramLogReader

        self.histogram, self.reader = HdrHistogram, HistogramLogReader
        self.version = " hdrhistogram " + importlib.metadata.version("hdrhistogram")

    def new(self):
        return self.histogram(1, HIGHEST, 3)

    def record(self, n):
        h, values = self.new(), numbers(n)
        record = h.record_value

        def job():
            for value in values:
                record(value)

        return job, h.get_total_count, lambda: h

    def filled(self, n):
        h = self.new()
        for value in numbers(n):
            h.record_value(value)
        return h

    def p99(self, n):
        h = self.filled(n)
        first = h.get_value_at_percentile(99)
        job = lambda: h.get_value_at_percentile(99)
        return job, lambda: int(job() == first), lambda: first

    def encode(self, n):
        h = self.filled(n)
        count = lambda: self.decoded(h.encode()).get_total_count()
        return h.encode, count, lambda: h

    def decoded(self, data):
        return self.histogram.decode(data)

    def decode(self, n):
        data = self.filled(n).encode()
        job = lambda: self.decoded(data)
        return job, lambda: job().get_total_count(), job

    def merge(self, n):
        into, other = self.filled(n), self.filled(n)
        return lambda: into.add(other), into.get_total_count, lambda: into

    def replay(self, _n):
        path = str(DATA / "plain.hlog")

        def job():
            total = self.new()
            reader = self.reader(path, total)
            while reader.add_next_interval_histogram(total):
                pass
            reader.close()
            return {"": total}

        return job, lambda: job()[""].get_total_count(), job

    @staticmethod
    def bytes_of(h):
        return base64.b64decode(h.encode())


JOBS = ("record", "record_all", "p99", "encode", "decode", "merge", "replay", "replay_tags")
side = Port() if KIND == "port" else Core()


def hexed(data):
    return "x" + data.hex()


def library():
    """The bridge's library as the kernel knows it."""
    if KIND == "port":
        return ""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = {line.split()[-1] for line in maps if "tollbridge" in line and ".so" in line}
    return min(paths, default="")


def timed(name, n, iterations, batches):
    job, check, _ = getattr(side, name)(n)
    times = []
    for _ in range(batches):
        rounds = range(iterations)
        start = perf_counter_ns()
        for _ in rounds:
            job()
        times.append(perf_counter_ns() - start)
    return [len(times), *times, check()]


def answer(name, n):
    job, _, answer = getattr(side, name)(n)
    if name.startswith("record") or name == "merge":
        job()
    found = answer()
    if name == "p99":
        return [found]
    tags = found if isinstance(found, dict) else {"": found}
    pairs = [(hexed(tag.encode()), hexed(side.bytes_of(h))) for tag, h in tags.items()]
    return [len(pairs), *(token for pair in pairs for token in pair)]


def reply(request):
    match request.split():
        case ["hello"]:
            host = f"{platform.python_implementation()} {platform.python_version()}{side.version}"
            return [hexed(text.encode()) for text in (LINE, library(), host)]
        case ["shapes"]:
            mine = [name for name in JOBS if hasattr(side, name)]
            return [len(mine), *(f"{name} x" for name in mine)]
        case ["time", name, n, iterations, batches]:
            return timed(name, int(n), int(iterations), int(batches))
        case ["answer", name, n]:
            return answer(name, int(n))
        case ["stats"]:
            return [0]
    raise ValueError(request)


for line in sys.stdin:
    try:
        print("ok", *reply(line), flush=True)
    except Exception as error:  # noqa: BLE001 -- whatever it is, `toll` shows it
        print("err", repr(error).replace("\n", " "), flush=True)
