"""What a wheel for every CPython (abi3) costs, compared with one for this version.

    .tools/venv/bin/python bench/python/abi3.py

Builds both, times a few shapes in turn in one process each, and prints ratios: above 1, abi3 is
slower. It decides a question of bindings/python/pyo3/README.md; the report has the figures.
"""

import json
import subprocess
import sys
import timeit
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / "target/abi3"
FEATURES = {"version": [], "abi3": ["--features", "abi3"]}
ROUNDS = 10

SHAPES = {
    "empty": "result = 1",
    "nop": "probe.nop()",
    "add": "probe.add(7, 35)",
    "half": "probe.half(84)",
    "str_len": "probe.str_len(text)",
    "bytes_ends": "probe.bytes_ends(data)",
    "f64_ends, array": "probe.f64_ends(doubles)",
    "f64_ends, list of 1000": "probe.f64_ends(floats)",
    "make_f64, 1000": "probe.make_f64(1000)",
    "make_point": "probe.make_point(42).id",
    "call_back, 1000": "probe.call_back(1000, answer)",
    "record": "histogram.record(1234)",
    "summary": "histogram.summary()",
}


def build(kind):
    """The folder of an importable package."""
    wheels = WHEELS / kind
    command = [ROOT / ".tools/venv/bin/maturin", "build", "--release", "--out", wheels]
    command += ["--manifest-path", ROOT / "bindings/python/pyo3/Cargo.toml"]
    command += ["--interpreter", sys.executable, *FEATURES[kind]]
    subprocess.run(command, check=True, capture_output=True)
    newest = max(wheels.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime)
    folder = wheels / "unpacked"
    with zipfile.ZipFile(newest) as wheel:
        wheel.extractall(folder)
    return folder


def measure(folder):
    """Nanoseconds of a call of each shape, the best of a few."""
    sys.path.insert(0, str(folder))
    import array

    import tollbridge

    names = {
        "probe": tollbridge.probe,
        "histogram": tollbridge.Histogram(1, 3_600_000_000, 3),
        "text": "a" * 16,
        "data": b"a" * 16,
        "floats": [1.0] * 1000,
        "doubles": array.array("d", [1.0] * 1000),
        "answer": lambda _: 1,
    }
    times = {}
    for shape, expression in SHAPES.items():
        timer = timeit.Timer(expression, globals=names)
        timer.timeit(1000 if "1000" not in shape else 10)
        calls = max(1, timer.autorange()[0] // 20)
        times[shape] = min(timer.repeat(20, calls)) / calls * 1e9
    return times


def main():
    folders = {kind: build(kind) for kind in FEATURES}
    best = {kind: {} for kind in FEATURES}
    for _ in range(ROUNDS):
        for kind, folder in folders.items():
            command = [sys.executable, __file__, folder]
            times = json.loads(subprocess.check_output(command))
            best[kind] = {s: min(t, best[kind].get(s, t)) for s, t in times.items()}
    empty = {kind: best[kind].pop("empty") for kind in FEATURES}
    for shape, time in best["version"].items():
        ratio = (best["abi3"][shape] - empty["abi3"]) / (time - empty["version"])
        print(f"{shape:24} {ratio:5.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
