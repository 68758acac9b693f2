"""Shapes of one Python bridge, timed by pyperf.

    pyperf_bench.py --module tollbridge_ctypes [--case add --case str_len:16] [pyperf's options]

The expressions are those of bindings/python/runner/loops.py; the loop around them, the calibration
and the processes are pyperf's. `toll bench --cross-check` compares the times with its own.
"""

import importlib
import sys
from pathlib import Path

import pyperf

sys.path.insert(0, str(Path(__file__).parents[2] / "bindings/python/runner"))
loops = importlib.import_module("loops")


def main():
    # pyperf starts this file once a process: each must be told what the first was told.
    def pass_on(command, args):
        command += ["--module", args.module]
        for case in args.case:
            command += ["--case", case]

    runner = pyperf.Runner(add_cmdline_args=pass_on)
    runner.argparser.add_argument("--module", required=True)
    runner.argparser.add_argument("--case", action="append", default=[], metavar="SHAPE[:N]")
    args = runner.parse_args()
    module = importlib.import_module(args.module)
    entries = loops.entries(module)
    for case in args.case:
        shape, _, n = case.partition(":")
        if shape in entries:
            entry = entries[shape]
            names = loops.NAMES | {"module": module, "n": int(n or 0)}
            runner.timeit(case, stmt=entry.expression, setup=entry.setup, globals=names)


if __name__ == "__main__":
    main()
