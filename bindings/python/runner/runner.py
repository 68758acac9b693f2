"""The runner of every Python bridge: answers one request a line, as conformance/README.md says.

    runner.py <bridge id> <module>

The strategies have one API, so none needs an adapter. A module without histogram, such as a floor,
is its own probe module.
"""

import gc
import importlib
import os
import platform
import struct
import sys
import sysconfig
import threading
import weakref
from importlib.machinery import ExtensionFileLoader

import hazards
import loops

BRIDGE, MODULE = sys.argv[1:]
tb = importlib.import_module(MODULE)
probe = getattr(tb, "probe", tb)
BaseError = getattr(tb, "TollbridgeError", tb.ProbeError)
LOOPS = loops.entries(tb)
# What a strategy cannot do, by operation: the reason that its bridge.toml explains.
UNSUPPORTED = getattr(tb, "UNSUPPORTED", {})
# Only a bridge that has an error for lone surrogates is sent them.
SURROGATES = "surrogatepass" if hasattr(tb, "InvalidTextError") else "strict"

histograms = {}
cursors = {}
watchers = {}
replays = {}
writers = {}


# ---- the wire


class NotExpressibleError(Exception):
    """Text that no Python `str` can hold, or none that this module has an error for."""


class Request:
    """The tokens of one request, read from the left."""

    def __init__(self, tokens):
        self.tokens = iter(tokens)

    def word(self):
        return next(self.tokens)

    def integer(self):
        return int(self.word())

    def real(self):
        return struct.unpack(">d", bytes.fromhex(self.word()[1:]))[0]

    def bytes(self):
        return bytes.fromhex(self.word()[1:])

    def text(self):
        try:
            return self.bytes().decode("utf-8", SURROGATES)
        except UnicodeDecodeError:
            raise NotExpressibleError from None

    def flag(self):
        return self.word() == "true"

    def list(self, read):
        return [read() for _ in range(self.integer())]

    def option(self, read):
        return read() if self.word() == "some" else None

    def block(self):
        """The requests between the braces that follow, each as its tokens."""
        requests, depth = [[]], 0
        for token in self.tokens:
            depth += (token == "{") - (token == "}")
            if depth == 0:
                break
            if depth == 1 and token == ";":
                requests.append([])
            elif (depth, token) != (1, "{"):
                requests[-1].append(token)
        return requests


RECORDS = {
    "Bucket": ("value", "count", "total"),
    "Summary": ("count", "min", "max", "mean", "stdev", "p50", "p90", "p99", "p999"),
    "Point": ("id", "x", "y", "flags"),
}


class Words(str):
    """Tokens that stand in a reply as they are; any other `str` is text."""

    __slots__ = ()


class Reply(str):
    """A whole reply, where an operation does not just answer a value."""

    __slots__ = ()


def wire(value):
    """A value as tokens: a list is counted, the parts of a tuple just follow each other."""
    if isinstance(value, Words):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "x" + value.encode("utf-8", "surrogatepass").hex()
    if isinstance(value, bytes):
        return "x" + value.hex()
    if isinstance(value, list):
        return " ".join([str(len(value)), *map(wire, value)])
    if type(value).__name__ in RECORDS:
        value = tuple(getattr(value, field) for field in RECORDS[type(value).__name__])
    return " ".join(map(wire, value))


def option(value):
    return Words("none") if value is None else (Words("some"), value)


def reply(tokens):
    """The reply to one request. Nothing that a bridge raises ends the runner."""
    try:
        return answer(Request(tokens))
    except StopIteration:
        return f"malformed {wire('the request ends early')}"
    except Exception as error:  # noqa: BLE001  # No vector expects this: it shows as a wrong answer.
        return f"err 0 {type(error).__name__} message={wire(str(error))}"


def answer(request):
    word = request.word()
    operation = OPERATIONS.get(word)
    if operation is None:
        return "unsupported op"
    if word in UNSUPPORTED:
        return f"unsupported {UNSUPPORTED[word]}"
    try:
        value = operation(request)
    except NotExpressibleError:
        return "unsupported not_expressible"
    except BaseError as error:
        named = error.fields | {"message": str(error)}
        fields = " ".join(f"{name}={wire(value)}" for name, value in named.items())
        return f"err {error.code} {error.name} {fields}"
    if isinstance(value, Reply):
        return value
    return "ok" if value is None else f"ok {wire(value)}"


def run(requests):
    """Answers requests in turn; the reply to the last, or to the first that failed."""
    for tokens in requests:
        last = reply(tokens)
        if not last.startswith("ok"):
            break
    return last


# ---- about the runner


def hello(_):
    native = getattr(tb, "_native", tb)
    if hasattr(tb, "library_path"):
        library = str(tb.library_path)
    elif isinstance(native.__loader__, ExtensionFileLoader):
        library = native.__file__
    else:
        library = ""
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    host = [f"{platform.python_implementation()} {sys.version}".replace("\n", " ")]
    host.append("PGO" if "--enable-optimizations" in options else "no PGO")
    host.append("free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "GIL")
    host.append("debug" if hasattr(sys, "gettotalrefcount") else "release")
    host.append(f"numpy {loops.numpy.__version__}" if loops.numpy else "no numpy")
    return BRIDGE, library, ", ".join(host)


def reset(_):
    for names in (histograms, cursors, watchers, replays, writers):
        names.clear()


def shapes(_):
    return [(Words(shape), entry.expression) for shape, entry in LOOPS.items()]


def time(q):
    entry = LOOPS.get(q.word())
    if entry is None:
        return Reply("unsupported shape")
    timed = loops.time(tb, entry, n=q.integer(), iterations=q.integer(), batches=q.integer())
    # Under `toll count`: what then still lives has leaked.
    if "TOLL_COUNTS" in os.environ:
        gc.collect()
    return timed


def stats(_):
    return [(Words("collections"), sum(each["collections"] for each in gc.get_stats()))]


# ---- operations


def h(q):
    """The histogram that the request names next."""
    return histograms[q.word()]


def scan(q):
    match q.word():
        case "recorded":
            return tb.Scan.Recorded()
        case "linear":
            return tb.Scan.Linear(step=q.integer())
        case "logarithmic":
            return tb.Scan.Logarithmic(first=q.integer(), base=q.real())
        case "quantiles":
            return tb.Scan.Quantiles(ticks=q.integer())


def new(q):
    name = q.word()
    histograms[name] = tb.Histogram(q.integer(), q.integer(), q.integer())


def clone(q):
    original, name = h(q), q.word()
    histograms[name] = original.clone()


def decode(q):
    name = q.word()
    histograms[name] = tb.Histogram.decode(q.bytes())


def recode(q):
    original, name = h(q), q.word()
    histograms[name] = tb.Histogram.decode(original.encode())


def config(q):
    histogram = h(q)
    return histogram.lowest, histogram.highest, histogram.significant_digits


def open_cursor(q):
    name, histogram = q.word(), h(q)
    cursors[name] = histogram.buckets(scan(q))


class VisitorError(Exception):
    """What a visitor or callback of a vector raises."""


def unraisable(report):
    """A watcher's exception arrives here as it should; all others are printed."""
    if not isinstance(report.exc_value, VisitorError):
        sys.__unraisablehook__(report)


sys.unraisablehook = unraisable


def visit(q):
    histogram, which, mode = h(q), scan(q), q.word()
    at = None if mode == "all" else q.integer()
    block = q.block() if mode == "do" else []
    seen, mine, nested = [], VisitorError(), ()

    def visitor(bucket):
        nonlocal nested
        seen.append(bucket)
        if len(seen) != at:
            return None
        if mode == "raise":
            raise mine
        if mode == "do":
            nested = (Words(":"), Words(run(block)))
        return mode != "stop"

    try:
        end = "finished" if histogram.for_each_bucket(visitor, which) else "stopped"
    except VisitorError as error:
        end = "raised" if error is mine else "another_raised"
    return (Words(end), seen, *nested)


class Watcher:
    """What a vector knows of a watcher."""

    def __init__(self):
        self.values = []
        self.watch = None  # until it is given
        self.dropped = 0

    def callback(self, mode, block):
        """The callable, of which nothing is kept here: it counts when it goes."""

        def callback(value):
            self.values.append(value)
            if mode == "raise":
                raise VisitorError
            if mode == "do":
                run(block)
            return mode != "stop"

        def drop():
            self.dropped += 1

        weakref.finalize(callback, drop)
        return callback


def watch(q):
    name, histogram, limit = q.word(), h(q), q.integer()
    mode = next(q.tokens, "all")
    watcher = watchers[name] = Watcher()
    callback = watcher.callback(mode, q.block() if mode == "do" else [])
    watcher.watch = histogram.watch(limit, callback)


def unwatch(q):
    watcher = watchers.get(q.word())
    if watcher is not None and watcher.watch is not None:
        watcher.watch.unwatch()


def dropped(q):
    gc.collect()
    return watchers[q.word()].dropped


def replay(q):
    name, path, mode, options = q.word(), q.text(), q.word(), {}
    if mode == "memory_limit":
        options["memory_limit"], mode = q.integer(), q.word()
    at = None if mode == "all" else q.integer()
    block = q.block() if mode == "do" else []
    calls, mine, nested = 0, VisitorError(), ()

    def progress(_):
        nonlocal calls, nested
        calls += 1
        if calls != at:
            return None
        if mode == "raise":
            raise mine
        if mode == "do":
            nested = (Words(":"), Words(run(block)))
        return mode != "stop"

    try:
        found = replays[name] = tb.replay_log(path, progress, **options)
    except VisitorError as error:
        return Words("raised" if error is mine else "another_raised")
    counts = [(tag, histogram.count) for tag, histogram in found.items()]
    return (Words("finished"), counts, *nested)


def replayed(q):
    found, tag, name = replays[q.word()], q.text(), q.word()
    histograms[name] = found[tag].clone()


def log_create(q):
    name, path, start = q.word(), q.text(), q.real()
    writers[name] = tb.LogWriter(path, start)


def log_write(q):
    writer, histogram = writers[q.word()], h(q)
    writer.write(histogram, q.real(), q.real())


def call_back(function, q):
    n, mode = q.integer(), q.word()
    at = None if mode == "all" else q.integer()
    mine = VisitorError()

    def callback(number):
        if number + 1 != at:
            return number * 3
        if mode == "raise":
            raise mine
        return None

    try:
        total = function(n, callback)
    except VisitorError as error:
        return Words("raised" if error is mine else "another_raised")
    return Words("stopped") if total is None else (Words("finished"), total)


def par(q):
    times, blocks = q.integer(), q.block()
    start = threading.Barrier(len(blocks))
    failed = []

    def repeat(tokens):
        try:
            start.wait()
            for _ in range(times):
                last = reply(tokens)
                if not last.startswith("ok"):
                    failed.append(last)
        except BaseException as error:  # noqa: BLE001  # a thread that dies must not look like one that ended
            failed.append(f"err 0 {type(error).__name__} message=x")

    threads = [threading.Thread(target=repeat, args=(tokens,)) for tokens in blocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Reply(failed[0] if failed else "ok")


def set_tag(q):
    histogram = h(q)
    histogram.tag = q.text()


def scale_in_place(q):
    values = loops.doubles(q.list(q.real))
    probe.scale_in_place(values, q.real())
    return values.tolist()


def point(q):
    return probe.Point(q.integer(), q.real(), q.real(), q.integer())


def shape_in(q):
    match q.word():
        case "dot":
            return probe.shape_in(probe.Shape.Dot())
        case "circle":
            return probe.shape_in(probe.Shape.Circle(q.real()))
        case "label":
            return probe.shape_in(probe.Shape.Label(q.text()))


def make_shape(q):
    match probe.make_shape(q.integer()):
        case probe.Shape.Dot():
            return Words("dot")
        case probe.Shape.Circle(radius=radius):
            return Words("circle"), radius
        case probe.Shape.Label(text=text):
            return Words("label"), text


RUNNER = {
    "hello": hello,
    "reset": reset,
    "shapes": shapes,
    "time": time,
    "stats": stats,
    "par": par,
}

HISTOGRAM = {
    "new": new,
    "config": config,
    "clone": clone,
    "close": lambda q: h(q).close(),
    "record": lambda q: h(q).record(q.integer()),
    "record_n": lambda q: h(q).record_n(q.integer(), q.integer()),
    "record_all": lambda q: h(q).record_all(q.list(q.integer)),
    "record_durations": lambda q: h(q).record_durations(q.text()),
    "len": lambda q: h(q).count,
    "is_empty": lambda q: h(q).is_empty(),
    "min": lambda q: option(h(q).min()),
    "max": lambda q: option(h(q).max()),
    "mean": lambda q: option(h(q).mean()),
    "stdev": lambda q: option(h(q).stdev()),
    "value_at_quantile": lambda q: option(h(q).value_at_quantile(q.real())),
    "values_at_quantiles": lambda q: option(h(q).values_at_quantiles(q.list(q.real))),
    "summary": lambda q: option(h(q).summary()),
    "buckets": lambda q: list(h(q).buckets(scan(q))),
    "open": open_cursor,
    "next": lambda q: cursors[q.word()].take(q.integer()),
    "close_cursor": lambda q: cursors[q.word()].close(),
    "visit": visit,
    "watch": watch,
    "unwatch": unwatch,
    "fired": lambda q: sorted(watchers[q.word()].values),
    "dropped": dropped,
    "record_from_new_thread": lambda q: probe.record_from_new_thread(h(q), q.integer()),
    "render": lambda q: h(q).render(q.integer(), q.real()),
    "replay": replay,
    "replayed": replayed,
    "log_create": log_create,
    "log_write": log_write,
    "log_close": lambda q: writers[q.word()].close(),
    "tag": lambda q: h(q).tag,
    "set_tag": set_tag,
    "merge": lambda q: h(q).merge(h(q)),
    "encode": lambda q: h(q).encode(),
    "decode": decode,
    "recode": recode,
}

PROBES = {
    "nop": lambda q: probe.nop(),
    "add": lambda q: probe.add(q.integer(), q.integer()),
    "str_len": lambda q: probe.str_len(q.text()),
    "str_chars": lambda q: probe.str_chars(q.text()),
    "echo": lambda q: probe.echo(q.text()),
    "make_str": lambda q: probe.make_str(q.integer(), q.flag()),
    "bytes_ends": lambda q: probe.bytes_ends(q.bytes()),
    "bytes_sum": lambda q: probe.bytes_sum(q.bytes()),
    "make_bytes": lambda q: probe.make_bytes(q.integer()),
    "f64_ends": lambda q: probe.f64_ends(q.list(q.real)),
    "f64_sum": lambda q: probe.f64_sum(loops.doubles(q.list(q.real))),
    "make_f64": lambda q: probe.make_f64(q.integer()),
    "scale_in_place": scale_in_place,
    "point_in": lambda q: probe.point_in(point(q)),
    "make_point": lambda q: probe.make_point(q.integer()),
    "points_ends": lambda q: probe.points_ends(q.list(lambda: point(q))),
    "points_sum": lambda q: probe.points_sum(q.list(lambda: point(q))),
    "make_points": lambda q: probe.make_points(q.integer()),
    "shape_in": shape_in,
    "make_shape": make_shape,
    "half": lambda q: option(probe.half(q.option(q.integer))),
    "map_sum": lambda q: probe.map_sum(dict(q.list(lambda: (q.text(), q.integer())))),
    "make_map": lambda q: sorted(probe.make_map(q.integer()).items()),
    "fail": lambda q: probe.fail(q.integer()),
    "call_back": lambda q: call_back(probe.call_back, q),
    "call_back_from_new_thread": lambda q: call_back(probe.call_back_from_new_thread, q),
}


def hazard(q):
    outcome = hazards.run(tb, q.word(), h(q))
    return Reply("unsupported op") if outcome is None else Words(outcome)


FAULTS = {
    "hazard": hazard,
    "panic": lambda q: tb.fault.panic(q.text()),
    "panic_while_locked": lambda q: tb.fault.panic_while_locked(h(q)),
}

OPERATIONS = RUNNER | {name: do for name, do in PROBES.items() if hasattr(probe, name)}
if hasattr(tb, "Histogram"):
    OPERATIONS |= HISTOGRAM | FAULTS


def main():
    # What a library prints must not spoil the replies: they go to a descriptor of their own.
    with os.fdopen(os.dup(1), "w", encoding="ascii", newline="\n") as replies:
        os.dup2(2, 1)
        for line in sys.stdin:
            print(reply(line.split()), file=replies, flush=True)


if __name__ == "__main__":
    main()
