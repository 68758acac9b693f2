"""PyPI's `hdrhistogram` behind the wire of conformance/README.md, like Reference.java.

It has more than is offered here, but means something else by it: see README.md.
"""

import base64
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter
from vectors import float_token, float_value

Tokens = list[str]
LOGS: dict[str, HistogramLogWriter] = {}


class Unsupported(Exception):
    """An operation that this port does not have."""


def decode(token: str) -> HdrHistogram:
    """A histogram from a token of bytes."""
    return HdrHistogram.decode(base64.b64encode(bytes.fromhex(token[1:])))


def record(histogram: HdrHistogram, value: str, count: str = "1") -> None:
    """Records; the port answers False where it refuses."""
    if not histogram.record_value(int(value), int(count)):
        raise ValueError(f"{value} is out of range")


def read(operation: str, h: HdrHistogram, rest: Tokens) -> Tokens:
    """The answer of an operation that changes nothing."""
    options = {
        "min": lambda: str(h.get_min_value()),
        "max": lambda: str(h.get_max_value()),
        "mean": lambda: float_token(h.get_mean_value()),
        "stdev": lambda: float_token(h.get_stddev()),
    }
    if operation in options:
        return ["some", options[operation]()] if h.total_count else ["none"]
    if operation == "config":
        config = (h.lowest_trackable_value, h.highest_trackable_value, h.significant_figures)
        return [str(part) for part in config]
    if operation == "len":
        return [str(h.total_count)]
    if operation == "is_empty":
        return ["false" if h.total_count else "true"]
    if operation == "encode":
        return ["x" + base64.b64decode(h.encode()).hex()]
    if operation == "buckets" and rest == ["recorded"]:
        items: Tokens = []
        total = 0
        for step in h.get_recorded_iterator():
            count = step.count_added_in_this_iter_step
            total += count
            items += [str(step.value_iterated_to), str(count), str(total)]
        return [str(len(items) // 3), *items]
    raise Unsupported(operation)


def create_log(path: str, start: str) -> HistogramLogWriter:
    """A log with its head; `output_start_time` of the port fails, whatever it is given."""
    # Closed by the port's own `close`.
    writer = HistogramLogWriter(open(bytes.fromhex(path[1:]), "w", encoding="utf-8"))  # noqa: SIM115
    writer.output_log_format_version()
    writer.output_base_time(float_value(start) * 1000)
    writer.output_legend()
    return writer


def call(histograms: dict[str, HdrHistogram], operation: str, rest: Tokens) -> Tokens:
    """Does one request."""
    match operation, rest:
        case "log_create", [name, path, start]:
            LOGS[name] = create_log(path, start)
        case "log_write", [name, histogram, start, seconds]:
            begin, length = float_value(start), float_value(seconds)
            LOGS[name].output_interval_histogram(histograms[histogram], begin, begin + length)
        case "log_close", [name]:
            LOGS.pop(name).close()
        case "reset", []:
            histograms.clear()
        case "new", [name, lowest, highest, digits]:
            histograms[name] = HdrHistogram(int(lowest), int(highest), int(digits))
        case "clone", [name, copy]:
            histograms[copy] = histograms[name]
        case "record" | "record_n", [name, value, *count]:
            record(histograms[name], value, *count)
        case "record_all", [name, _, *values]:
            for value in values:
                record(histograms[name], value)
        case "merge", [into, other]:
            other = decode(read("encode", histograms[other], [])[0])
            histograms[into].add(other)
        case "decode", [name, encoded]:
            histograms[name] = decode(encoded)
        case "recode", [name, copy]:
            histograms[copy] = decode(read("encode", histograms[name], [])[0])
        case "replay" | "replayed", _:  # its reader knows no tags
            raise Unsupported(operation)
        case _, [name, *rest]:
            return read(operation, histograms[name], rest)
    return []


def main() -> None:
    """Answers a line a request."""
    histograms: dict[str, HdrHistogram] = {}
    for line in sys.stdin:
        operation, *rest = line.split()
        try:
            reply = " ".join(["ok", *call(histograms, operation, rest)])
        except Unsupported as error:
            reply = f"unsupported {error}"
        except Exception as error:  # noqa: BLE001  # whatever it raises, it refused
            reply = f"refused {error!r}".replace("\n", " ")
        print(reply, flush=True)


if __name__ == "__main__":
    main()
