"""Shapes of one Python bridge, timed by pyperf.

    pyperf_bench.py --module tollbridge_ctypes [pyperf's options] add str_len:16 ...

The expressions are those of bindings/python/runner/loops.py; the loop around them, the calibration
and the processes are pyperf's. The last line that it prints is a JSON object: the ns a call of each case's
fastest batch, a list with one for each process. `toll bench --cross-check` compares the times with its own.
"""

import importlib
import json
import sys
import tempfile
from pathlib import Path

import pyperf

sys.path.insert(0, str(Path(__file__).parents[2] / "bindings/python/runner"))
loops = importlib.import_module("loops")


def main():
    # pyperf starts this file once a process: each must be told what the first was told.
    def pass_on(command, args):
        command += ["--module", args.module, *args.cases]

    runner = pyperf.Runner(add_cmdline_args=pass_on)
    runner.argparser.add_argument("--module", required=True)
    runner.argparser.add_argument("cases", nargs="*", metavar="SHAPE[:N]")
    args = runner.parse_args()
    module = importlib.import_module(args.module)
    entries = loops.entries(module)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder, "pyperf.json")
        if not args.worker:
            args.append = str(kept)
        for case in args.cases:
            shape, _, n = case.partition(":")
            if shape in entries:
                entry = entries[shape]
                names = loops.NAMES | {"module": module, "n": int(n or 0)}
                runner.timeit(case, stmt=entry.expression, setup=entry.setup, globals=names)
        if kept.exists():
            print(json.dumps(fastest(pyperf.BenchmarkSuite.load(str(kept)))))


def fastest(suite):
    # A process that only calibrates has no values.
    return {
        timed.get_name(): [min(run.values) * 1e9 for run in timed.get_runs() if run.values]
        for timed in suite.get_benchmarks()
    }


if __name__ == "__main__":
    main()
