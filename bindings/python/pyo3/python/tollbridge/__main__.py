"""The command `tollbridge`, or `python -m tollbridge`: what latencies do interval logs hold?"""

import argparse
import io
import json
import os
import re
import shutil
import stat
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from time import monotonic
from typing import Self, TypeAlias

from . import Histogram, IoError, Progress, TollbridgeError, __version__, replay_log

# What values are divided by if they are nanoseconds, as those of most logs are.
UNITS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9}
# How a size may be written.
SIZES = {None: 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
COLUMNS = ("count", "min", "mean", *QUANTILES, "max")

Row: TypeAlias = dict[str, float | None]


def main() -> int:
    """Runs the command; the exit status."""
    options = parse()
    if sys.stdout is None:
        print("tollbridge: standard output is closed", file=sys.stderr)
        return 1
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a tag may not fit the terminal's encoding
    try:
        by_tag = replay_all(options.file, options.memory_limit)
        rows = {tag: figures(histogram, options.unit) for tag, histogram in by_tag.items()}
        total = figures(merged(by_tag.values()), options.unit)
        print(as_json(rows, total) if options.json else as_table(rows, total), flush=True)
    except FileError as error:
        print(f"tollbridge: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever was to read it has left. Nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        # Full or closed. What is left in the buffer cannot be written at exit either.
        print(f"tollbridge: cannot write: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130  # as shells say of SIGINT
    return 0


def parse() -> argparse.Namespace:
    """The command line. A wrong one ends the process with status 2."""
    parser = argparse.ArgumentParser(prog="tollbridge", description="HdrHistogram interval logs.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    replay = commands.add_parser(
        "replay",
        help="print counts and percentiles by tag",
        description="Adds up interval logs, plain or gzip, and prints counts and percentiles by tag.",
        epilog="Exit status: 0, 1 for a file that cannot be read or an output that "
        "cannot be written or is left by its reader, 2 for a wrong command line, "
        "130 after Ctrl-C.",
    )
    replay.add_argument("file", nargs="+", help="several are added up; - is standard input")
    replay.add_argument(
        "--unit",
        type=unit,
        default=1.0,
        help="ns, us, ms or s (the log's values are then taken as nanoseconds), or a number "
        "by which values are divided (default: as they stand in the log)",
    )
    replay.add_argument(
        "--memory-limit",
        type=size,
        default=0,
        metavar="SIZE",
        help="how much memory the sums of a file may take, in bytes or as 512MiB or 2GiB (default: 256MiB)",
    )
    replay.add_argument("--json", action="store_true", help="print JSON, with values unrounded")
    return parser.parse_args()


def unit(text: str) -> float:
    """A unit's name, or a number above 0 by which every value can be divided."""
    try:
        number = UNITS.get(text) or float(text)
    except ValueError:
        number = 0.0
    if not (0 < number < float("inf") and 2**64 / number < float("inf")):
        names = ", ".join(UNITS)
        raise argparse.ArgumentTypeError(f"{text!r} is no unit: use {names}, or a number above 0")
    return number


def size(text: str) -> int:
    """A number of bytes, or of KiB, MiB or GiB."""
    found = re.fullmatch(r"(\d+) ?([KMG]iB)?", text, re.ASCII)
    number = int(found[1]) * SIZES[found[2]] if found else 2**64
    if number >= 2**64:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: use bytes, or as 512MiB or 2GiB")
    return number


class FileError(Exception):
    """A file that cannot be read, by name."""


def replay_all(names: list[str], memory_limit: int) -> dict[str, Histogram]:
    """All files' histograms by tag, those of one tag added up."""
    found: dict[str, list[Histogram]] = {}
    for name in names:
        with Bar(name) as bar, standard_input() if name == "-" else nullcontext(name) as path:
            try:
                histograms = replay_log(
                    path, bar.show if bar.is_wanted else None, memory_limit=memory_limit
                )
            except IoError as error:
                raise FileError(error) from None
            except TollbridgeError as error:
                raise FileError(f"{name}: {error}") from None
        for tag, histogram in histograms.items():
            found.setdefault(tag, []).append(histogram)
    return {tag: merged(found[tag]) for tag in sorted(found)}


def must_be_copied() -> bool:
    """Whether opening standard input anew would fail, or give something else."""
    try:
        mode = os.fstat(0).st_mode
        return stat.S_ISSOCK(mode) or (stat.S_ISREG(mode) and os.lseek(0, 0, os.SEEK_CUR) > 0)
    except OSError:
        return False  # it is closed: who opens it says so


@contextmanager
def standard_input() -> Iterator[str]:
    """A name under which standard input can be opened, to be read from where it is.

    A socket cannot be opened by its name, and a file would be read from its start: these are copied
    into a pipe meanwhile.
    """
    if not must_be_copied():
        yield "/dev/stdin"
        return

    def copy() -> None:
        # Whoever reads the pipe may leave early; what cannot be read ends it.
        with suppress(OSError), open(end, "wb", 0) as pipe, open(0, "rb", 0, closefd=False) as file:
            shutil.copyfileobj(file, pipe)

    start, end = os.pipe()
    threading.Thread(target=copy, daemon=True).start()
    try:
        yield f"/dev/fd/{start}"
    finally:
        os.close(start)


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """The sum of histograms, in one whose range holds them all."""
    parts = list(histograms)
    if not parts:
        return Histogram()
    total = Histogram(
        min(part.lowest for part in parts),
        max(part.highest for part in parts),
        max(part.significant_digits for part in parts),
    )
    for part in parts:
        total.merge(part)
    return total


def figures(histogram: Histogram, divisor: float) -> Row:
    """A row of the table: its columns by name; None in an empty histogram."""
    values = {"min": histogram.min(), "mean": histogram.mean()}
    values |= {name: histogram.value_at_quantile(q) for name, q in QUANTILES.items()}
    values |= {"max": histogram.max()}
    if divisor != 1:
        values = {name: v if v is None else v / divisor for name, v in values.items()}
    return {"count": histogram.count, **values}


def as_json(rows: dict[str, Row], total: Row) -> str:
    """The rows by tag, and their total."""
    return json.dumps({"tags": rows, "total": total}, indent=2, ensure_ascii=False)


def as_table(rows: dict[str, Row], total: Row) -> str:
    """One line a tag, and their total if there are several; numbers to the right."""
    named = [(tag or "(no tag)", row) for tag, row in rows.items()]
    if len(rows) != 1:
        named.append(("total", total))
    cells = [["tag", *COLUMNS]]
    cells += [[name, *(cell(row[column]) for column in COLUMNS)] for name, row in named]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        numbers = (text.rjust(width) for text, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *numbers]))
    return "\n".join(lines)


def cell(value: float | None) -> str:
    """A number as the table shows it."""
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


class Bar:
    """How far a file is, on a terminal's last line; it is wiped at the end."""

    PACE = 0.1  # seconds

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_wanted = sys.stderr.isatty()
        self.drawn = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_wanted:
            self.write("")

    def show(self, progress: Progress) -> None:
        """Draws it, not too often."""
        now = monotonic()
        if now - self.drawn < self.PACE:
            return
        self.drawn = now
        text = f"{self.name}: {progress.intervals} intervals"
        if progress.total:
            share = min(progress.bytes / progress.total, 1.0)
            text = f"{share:4.0%} {text}"
            room = min(self.width() - len(text) - 3, 40)
            if room > 5:
                text = f"[{'#' * round(share * room):<{room}}] {text}"
        self.write(text)

    def width(self) -> int:
        """Columns that can be written to without a new line; a terminal may not know how many."""
        return max((os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1, 1)

    def write(self, text: str) -> None:
        """Replaces the line."""
        width = self.width()
        print(f"\r{text[:width]:<{width}}\r", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
