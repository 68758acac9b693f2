"""What is timed, as a Python user writes it: one entry a shape of bench/shapes.toml.

An entry is text, and is expanded into a loop of its own, as timeit does: nothing stands between the
loop and the bridge, and every name is a local variable.
"""

import textwrap
from array import array
from itertools import repeat
from time import perf_counter_ns
from typing import NamedTuple

try:
    import numpy
except ImportError:
    numpy = None


class Entry(NamedTuple):
    """A timed loop in three texts; `n` is the request's size, `calls` how often it calls."""

    setup: str
    expression: str
    check: str


TEMPLATE = """
def timed(module, n, iterations, batches):
    calls = iterations * batches
{setup}
    times = []
    for _ in repeat(None, batches):
        items = {items}
        start = now()
        for item in items:
{expression}
        times.append(now() - start)
    return times, int({check})
"""


def time(module, entry, n, iterations, batches):
    """Nanoseconds of each batch, and the check value."""
    source = TEMPLATE.format(
        setup=textwrap.indent(entry.setup, " " * 4),
        items=FRESH if "item" in entry.expression else "repeat(None, iterations)",
        expression=textwrap.indent(entry.expression, " " * 12),
        check=entry.check,
    )
    names = dict(NAMES)
    exec(source, names)  # noqa: S102  # as timeit does
    return names["timed"](module, n, iterations, batches)


def entries(module):
    """The shapes that a module can be timed with: those whose functions it has."""
    probe = getattr(module, "probe", module)
    chosen = {shape: entry for shape, (name, entry) in PROBES.items() if hasattr(probe, name)}
    if numpy is None:
        chosen.pop("make_f64_array", None)
    return LOOP | chosen | (HISTOGRAM if hasattr(module, "Histogram") else {})


def doubles(values):
    """A contiguous array of f64: NumPy's, or the standard library's where that is missing."""
    return numpy.array(values, dtype="float64") if numpy else array("d", values)


def integers(values):
    """A contiguous array of u64."""
    return numpy.array(values, dtype="uint64") if numpy else array("Q", values)


# What set-ups use besides `module`.
NAMES = {"repeat": repeat, "now": perf_counter_ns, "doubles": doubles, "integers": integers}

# `item` is a string that was never converted before. (Not so for n = 1: CPython keeps one object
# for each character of Latin-1.)
FRESH = "['é' * n for _ in repeat(None, iterations)]"

LOOP = {"empty": Entry("", "result = 1", "result")}


def _probe(name, expression, check="result", setup=""):
    """The entry of a probe, whose name is bound as `from tollbridge.probe import …` would."""
    probe = 'probe = getattr(module, "probe", module)'
    return name, Entry(f"{probe}\n{name} = probe.{name}\n{setup}", expression, check)


ANSWER = """
def answer(number):
    number
    return 1
"""

PROBES = {
    "nop": _probe("nop", "result = nop()", "0 if result is None else 1"),
    "add": _probe("add", "result = add(7, 35)"),
    "half": _probe("half", "result = half(84)"),
    "str_len": _probe("str_len", "result = str_len(text)", setup="text = 'a' * n"),
    "str_len_wide": _probe("str_len", "result = str_len(text)", setup="text = 'é' * n"),
    "str_len_fresh": _probe("str_len", "result = str_len(item)"),
    "make_str": _probe("make_str", "result = make_str(n, False)", "len(result)"),
    "make_str_wide": _probe("make_str", "result = make_str(n, True)", "len(result)"),
    "bytes_ends": _probe("bytes_ends", "result = bytes_ends(data)", setup="data = b'a' * n"),
    "make_bytes": _probe("make_bytes", "result = make_bytes(n)", "len(result)"),
    "f64_ends": _probe(
        "f64_ends", "result = f64_ends(values)", setup="values = doubles([1.0] * n)"
    ),
    "f64_ends_list": _probe("f64_ends", "result = f64_ends(values)", setup="values = [1.0] * n"),
    "make_f64": _probe("make_f64", "result = make_f64(n)", "len(result)"),
    "make_f64_array": _probe("make_f64_array", "result = make_f64_array(n)", "len(result)"),
    "scale_in_place": _probe(
        "scale_in_place",
        "scale_in_place(values, 1.0)",
        "values[-1]",
        setup="values = doubles([1.0] * n)",
    ),
    "point_in": _probe(
        "point_in", "result = point_in(point)", setup="point = probe.Point(3, 0.5, -0.5, 4)"
    ),
    "make_point": _probe("make_point", "result = make_point(42).id"),
    "points_ends": _probe(
        "points_ends",
        "result = points_ends(points)",
        setup="points = [probe.Point(1, 0.5, -0.5, 0) for _ in range(n)]",
    ),
    "make_points": _probe("make_points", "result = make_points(n)", "len(result)"),
    "shape_in": _probe(
        "shape_in", "result = shape_in(shape)", setup="shape = probe.Shape.Circle(2.0)"
    ),
    "make_shape": _probe(
        "make_shape",
        "match make_shape(4):\n    case Circle(radius=radius):\n        result = radius",
        setup="Circle = probe.Shape.Circle",
    ),
    "map_sum": _probe(
        "map_sum",
        "result = map_sum(entries)",
        setup="entries = {f'k{i:06}': 1 for i in range(n)}",
    ),
    "make_map": _probe("make_map", "result = make_map(n)", "len(result)"),
    "fail": _probe(
        "fail",
        "try:\n    fail(7)\nexcept ProbeError as error:\n    result = error.code",
        setup="ProbeError = module.ProbeError",
    ),
    "fail_read": _probe(
        "fail",
        "try:\n    fail(7)\n"
        "except ProbeError as error:\n"
        "    message, result, ratio, text = str(error), error.number, error.ratio, error.text",
        setup="ProbeError = module.ProbeError",
    ),
    "call_back": _probe("call_back", "result = call_back(n, answer)", setup=ANSWER),
    "call_back_from_new_thread": _probe(
        "call_back_from_new_thread", "result = call_back_from_new_thread(1, answer)", setup=ANSWER
    ),
}

HOUR = "histogram = module.Histogram(1, 3_600_000_000, 3)"
THOUSAND = f"{HOUR}\nhistogram.record_all(range(1000, 2000))"
DISTINCT = "histogram = module.Histogram(1, 20_000, 4)\nhistogram.record_all(range(n))"

WATCHED = f"{HOUR}\ntold = 0\ndef watcher(value):\n    nonlocal told\n    told += 1"

HISTOGRAM = {
    # The one made last is closed by the next, so that the check can still read it.
    "new_close": Entry(
        "Histogram = module.Histogram\nhistogram = Histogram(1, 1000, 1)",
        "histogram.close(); histogram = Histogram(1, 1000, 1)",
        "histogram.significant_digits",
    ),
    "record": Entry(HOUR, "histogram.record(1234)", "histogram.count"),
    "record_watched": Entry(
        f"{WATCHED}\nhistogram.watch(1000, watcher)", "histogram.record(1234)", "told"
    ),
    "record_below": Entry(
        f"{WATCHED}\nhistogram.watch(2000, watcher)", "histogram.record(1234)", "histogram.count"
    ),
    "record_n": Entry(HOUR, "histogram.record_n(1234, 3)", "histogram.count"),
    "record_all": Entry(
        f"{HOUR}\nvalues = integers([1000 + i % 1000 for i in range(n)])",
        "histogram.record_all(values)",
        "histogram.count",
    ),
    "record_all_list": Entry(
        f"{HOUR}\nvalues = [1000 + i % 1000 for i in range(n)]",
        "histogram.record_all(values)",
        "histogram.count",
    ),
    "record_durations": Entry(
        f"{HOUR}\ntext = ' '.join(['1.5ms'] * n)",
        "histogram.record_durations(text)",
        "histogram.count",
    ),
    "len": Entry(THOUSAND, "result = histogram.count", "result"),
    "value_at_quantile": Entry(THOUSAND, "result = histogram.value_at_quantile(0.99)", "result"),
    "values_at_quantiles": Entry(
        f"{THOUSAND}\nquantiles = [0.99] * n",
        "result = histogram.values_at_quantiles(quantiles)",
        "result[-1]",
    ),
    "summary": Entry(THOUSAND, "result = histogram.summary().count", "result"),
    "buckets": Entry(DISTINCT, "result = list(histogram.buckets())", "len(result)"),
    "buckets_first": Entry(DISTINCT, "result = next(histogram.buckets()).count", "result"),
    "for_each_bucket": Entry(
        f"{DISTINCT}\nseen = 0\ndef visitor(bucket):\n    nonlocal seen\n    seen += 1",
        "histogram.for_each_bucket(visitor)",
        "seen // calls",
    ),
    "tag": Entry(
        f"{THOUSAND}\nhistogram.tag = 'checkout'", "result = histogram.tag", "len(result)"
    ),
    "set_tag": Entry(THOUSAND, "histogram.tag = 'checkout'", "len(histogram.tag)"),
    "merge": Entry(
        f"{THOUSAND}\ntotal = module.Histogram(1, 3_600_000_000, 3)",
        "total.merge(histogram)",
        "total.count",
    ),
    "render": Entry(THOUSAND, "result = histogram.render(5, 1.0)", "result.count('\\n')"),
    "encode": Entry(
        THOUSAND, "result = histogram.encode()", "module.Histogram.decode(result).count"
    ),
    "decode": Entry(
        f"{THOUSAND}\ndata, Histogram = histogram.encode(), module.Histogram\n"
        "result = Histogram.decode(data)",
        "result.close(); result = Histogram.decode(data)",
        "result.count",
    ),
}
