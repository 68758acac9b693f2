"""The probes as ordinary Python functions: what a call costs when nothing is crossed.

They check nothing that Python does not check by itself.
"""

import threading
from itertools import cycle, islice
from string import ascii_lowercase
from typing import NamedTuple

MASK = 2**64 - 1


class Point(NamedTuple):
    """A flat record."""

    id: int
    x: float
    y: float
    flags: int


class Shape:
    """A tagged enum: one of its nested classes."""

    class Dot(NamedTuple):
        """Without payload."""

    class Circle(NamedTuple):
        """With a float."""

        radius: float

    class Label(NamedTuple):
        """With text."""

        text: str


class ProbeError(Exception):
    """What `fail` raises."""

    code = 16
    name = "probe"

    def __init__(self, number):
        super().__init__(number)
        self.number, self.ratio, self.text = number, float("nan"), "café"

    def __str__(self):
        return f"probe failed: {self.number} NaN {self.text}"

    @property
    def fields(self):
        """The fields by name."""
        return {"number": self.number, "ratio": self.ratio, "text": self.text}


def nop():
    """Nothing."""


def add(a, b):
    """`a + b` modulo 2**64."""
    return (a + b) & MASK


def half(number):
    """Half of an even number; None for an odd one and for None."""
    return None if number is None or number % 2 else number // 2


def str_len(text):
    """Length in bytes of UTF-8."""
    return len(text.encode())


def str_chars(text):
    """Number of characters."""
    return len(text)


def echo(text):
    """The text itself."""
    return text


def make_str(n, wide):
    """`n` characters: `abc…` repeated, or `é` repeated."""
    if wide:
        return "é" * n
    whole, rest = divmod(n, len(ascii_lowercase))
    return ascii_lowercase * whole + ascii_lowercase[:rest]


def bytes_ends(data):
    """Length + first + last byte; 0 when empty."""
    return len(data) + data[0] + data[-1] if data else 0


def bytes_sum(data):
    """Sum of all bytes."""
    return sum(data)


def make_bytes(n):
    """`n` bytes: 0, 1, … 255, 0, …"""
    return bytes(islice(cycle(range(256)), n))


def f64_ends(values):
    """Length + first + last; 0.0 when empty."""
    return float(len(values) + values[0] + values[-1]) if len(values) else 0.0


def f64_sum(values):
    """Sum in order, from 0.0."""
    total = 0.0
    for value in values:
        total += value
    return float(total)


def make_f64(n):
    """0.0, 1.0, … n - 1."""
    return list(map(float, range(n)))


def scale_in_place(values, factor):
    """Multiplies each value where it stands."""
    for i, value in enumerate(values):
        values[i] = value * factor


def point_in(point):
    """`id + x + y + flags`."""
    return point.id + point.x + point.y + point.flags


def make_point(n):
    """The point `n, n / 2, -1, n & 7`."""
    return Point(n, n * 0.5, -1.0, n & 7)


def points_ends(points):
    """Length + `point_in` of the first + of the last; 0.0 when empty."""
    return len(points) + point_in(points[0]) + point_in(points[-1]) if points else 0.0


def points_sum(points):
    """Sum of `point_in`."""
    return sum(map(point_in, points), 0.0)


def make_points(n):
    """`make_point` of 0 to n - 1."""
    return list(map(make_point, range(n)))


def shape_in(shape):
    """0 for a dot, 3·r·r for a circle, the number of characters of a label."""
    match shape:
        case Shape.Dot():
            return 0.0
        case Shape.Circle(radius):
            return 3.0 * radius * radius
        case Shape.Label(text):
            return float(len(text))


def make_shape(n):
    """By `n % 3`: a dot, a circle of radius n, a label with n in decimal."""
    match n % 3:
        case 0:
            return Shape.Dot()
        case 1:
            return Shape.Circle(float(n))
        case _:
            return Shape.Label(str(n))


def map_sum(entries):
    """Sum of the values (modulo 2**64) and of the keys' lengths in bytes."""
    return (sum(entries.values()) + sum(map(str_len, entries))) & MASK


def make_map(n):
    """`n` entries: `k000000` → 0, `k000001` → 1, …"""
    return {f"k{i:06}": i for i in range(n)}


def fail(n):
    """Always raises ProbeError."""
    raise ProbeError(n)


def call_back(n, callback):
    """Calls `callback` with 0 to n - 1 and sums what it returns; None when it returns None."""
    total = 0
    for number in range(n):
        answer = callback(number)
        if answer is None:
            return None
        total += answer
    return total & MASK


def call_back_from_new_thread(n, callback):
    """`call_back` from a thread that is started for it."""
    result = raised = None

    def run():
        nonlocal result, raised
        try:
            result = call_back(n, callback)
        except BaseException as error:  # noqa: BLE001  # raised again below
            raised = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if raised is not None:
        raise raised
    return result
