"""The vectors on a Python bridge under Valgrind: nothing that touches our library may go wrong.

    valgrind.py python/pyo3 [ARGUMENTS OF toll check]

CPython, NumPy and the dynamic linker have findings of their own; only those count whose stack, or whose
memory's history, leads through our library. Values that were never initialised are not looked for:
CPython 3.11 makes them when it reads integers, and they spread to all it computes. The same library's are
looked for under the C runner. That what counts is seen, a seeded bug proves each time.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[3]
TOLL = ROOT / "target/release/toll"
PYTHON = ROOT / ".tools/venv/bin/python"
VALGRIND = [
    "valgrind",
    "--xml=yes",
    "--leak-check=full",
    "--show-leak-kinds=definite",
    "--errors-for-leak-kinds=definite",
    "--undef-value-errors=no",
    "--num-callers=40",
    f"--suppressions={Path(__file__).with_suffix('.supp')}",
]
# C reads one item more than there are, whichever bridge is looked at.
C_LIBRARY = ROOT / "bindings/c/build/prefix/lib/libtollbridge.so"
SEEDED = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
libc = ctypes.CDLL(None)
libc.calloc.restype = ctypes.c_void_p
lowest_highest_digits = (ctypes.c_uint64 * 3)(1, 1000, 3)
h = ctypes.c_void_p()
library.tb_histogram_new(lowest_highest_digits, ctypes.byref(h))
library.tb_histogram_record_all.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
library.tb_histogram_record_all(h, libc.calloc(3, 8), 4)
"""


def under_valgrind(command: list[str], xml: Path) -> list[str]:
    """What to put before `command` so that Valgrind sees every allocation, and writes to `xml`."""
    environment = ["env", "PYTHONMALLOC=malloc"]
    return [*environment, *VALGRIND, f"--xml-file={xml}", *command]


def library(bridge: str) -> set[Path]:
    """The files that the bridge says its runner has loaded."""
    listed = subprocess.run([TOLL, "list", bridge, "--json"], check=True, stdout=subprocess.PIPE)
    (row,) = json.loads(listed.stdout)
    return {file.resolve() for file in ROOT.glob(row["library"])}


def ours(xml: Path, libraries: set[Path]) -> list[str]:
    """The findings that lead through our library, for people."""
    found = []
    for error in ElementTree.parse(xml).getroot().iter("error"):
        objects = {Path(frame.text).resolve() for frame in error.iter("obj") if frame.text}
        if objects & libraries:
            what = error.findtext("what") or error.findtext("xwhat/text")
            frames = (f.findtext("fn") or f.findtext("obj") or "?" for f in error.iter("frame"))
            found.append("\n    ".join([str(what), *frames]))
    return found


def main(bridge: str, arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        seeded, checked = Path(folder, "seeded.xml"), Path(folder, "checked.xml")
        program = [str(PYTHON), "-c", SEEDED, str(C_LIBRARY)]
        subprocess.run(under_valgrind(program, seeded), check=True)
        if not any("Invalid read" in finding for finding in ours(seeded, {C_LIBRARY.resolve()})):
            print("the seeded bug was not seen")
            return 1

        # A hundred times slower at worst.
        command = [str(TOLL), "check", bridge, "--limit", "300", *arguments]
        command += ["--under", " ".join(under_valgrind([], checked))]
        result = subprocess.run(command, check=False)
        findings = ours(checked, library(bridge))
        for finding in findings:
            print(finding)
        print(f"{bridge}: {len(findings)} findings of Valgrind in our library")
        return 1 if findings or result.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
