"""What only this strategy can get wrong: the declarations, the look-up, the GIL, the end.

Everything else is tested by conformance/vectors and bindings/python/tests.
"""

import copy
import ctypes
import gc
import os
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import tollbridge_ctypes as tb
from tollbridge_ctypes import Histogram, _abi, _callbacks
from tollbridge_ctypes._library import holding_library

HERE = Path(__file__).resolve().parent
INCLUDE = HERE.parents[1] / "c" / "cabi" / "include"
HEADER = INCLUDE / "tollbridge.h"

# A comment, and the function that follows it: its name and its parameters.
FUNCTION = re.compile(r"((?:^///.*\n)+)[^;{}/]*?\b(tb_\w+)\(([^;{}]*)\);", re.MULTILINE)


def functions(header):
    """Name, comment and number of parameters of every function that the header declares."""
    for comment, name, parameters in FUNCTION.findall(header.read_text()):
        yield name, comment, 0 if parameters == "void" else parameters.count(",") + 1


def as_many_arguments(header, abi=_abi, elsewhere=()):
    """Checks each function's declaration; says how many there are."""
    wanted = {name: count for name, _, count in functions(header) if name not in elsewhere}
    declared = {name: getattr(abi, name, None) for name in wanted}
    assert {name: f and len(f.argtypes) for name, f in declared.items()} == wanted
    return len(wanted)


def holds_gil(function):
    """Whether ctypes keeps the GIL while it calls this."""
    return isinstance(function, holding_library._FuncPtr)


def waiting_without_gil(header, abi=_abi):
    """Checks that no function which waits or calls back keeps the GIL; says which do either."""
    marked = {
        name
        for name, comment, _ in functions(header)
        if re.search(r"waits|[Cc]alls\s+back", comment)
    }
    assert not [name for name in marked & vars(abi).keys() if holds_gil(getattr(abi, name))]
    return marked


def compiled(tmp_path, source, *flags):
    """What the C compiler makes of this source."""
    (tmp_path / "source.c").write_text(source)
    made = tmp_path / "made"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, *flags, tmp_path / "source.c", "-o", made], check=True)
    return made


def run(code, **environment):
    """Runs a program that imports the package."""
    environment = os.environ | {"PYTHONPATH": str(HERE)} | environment
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def structures(header, abi=_abi):
    """The header's structures that are declared here; those that it owns all look alike."""
    made = set(re.findall(r"^} (tb_\w+);", header.read_text(), re.MULTILINE))
    return {
        name: each
        for name, each in vars(abi).items()
        if name in made and isinstance(each, type(ctypes.Structure))
    }


def laid_out(tmp_path, header, abi, owned):
    """Checks sizes and offsets against what the C compiler says."""
    declared = structures(header, abi)
    first, second = (name for name, _ in _abi.tb_owned._fields_)
    assert (first, second) == ("data", "length")
    prints = [f'printf("{n} %zu\\n", sizeof({n}));' for n in [*declared, *owned]]
    wanted = [f"{name} {ctypes.sizeof(each)}" for name, each in declared.items()]
    wanted += [f"{name} {ctypes.sizeof(_abi.tb_owned)}" for name in owned]
    for name, each in declared.items():
        for field, _ in each._fields_:
            prints.append(f'printf("{field} %zu\\n", offsetof({name}, {field}));')
            wanted.append(f"{field} {getattr(each, field).offset}")
    source = f'#include <stdio.h>\n#include "{header}"\n'
    # The header refers to a symbol of the library, which is not linked here.
    source += "const uint32_t tb_abi_1 = 1;\nint main(void) {" + "\n".join(prints) + "}"
    program = compiled(tmp_path, source, f"-I{INCLUDE}")
    shown = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == wanted


def test_every_function_of_the_header_is_declared_with_as_many_arguments():
    # In _library.py; not used, since others do the same and more.
    elsewhere = {"tb_abi_version", "tb_histogram_for_each_bucket", "tb_replay_log"}
    assert as_many_arguments(HEADER, elsewhere=elsewhere) > 40


def test_nothing_that_waits_or_calls_back_holds_the_gil():
    assert "tb_histogram_record" in waiting_without_gil(HEADER)


def test_structures_are_laid_out_as_in_the_header(tmp_path):
    assert len(structures(HEADER)) > 5
    laid_out(tmp_path, HEADER, _abi, ("tb_bytes", "tb_text"))


def test_another_abi_is_refused_and_both_numbers_named(tmp_path):
    library = compiled(tmp_path, "unsigned tb_abi_version(void) { return 7; }", "-shared", "-fPIC")
    ended = run("import tollbridge_ctypes", TOLLBRIDGE_LIBRARY=str(library))
    assert "ImportError" in ended.stderr
    assert f"{library} has ABI 7, but this package is for ABI 1" in ended.stderr


def test_what_is_no_library_of_ours_is_an_import_error(tmp_path):
    library = compiled(tmp_path, "int other;", "-shared", "-fPIC")
    ended = run("import tollbridge_ctypes", TOLLBRIDGE_LIBRARY=str(library))
    assert f"ImportError: {library} is no C library of Tollbridge" in ended.stderr
    ended = run("import tollbridge_ctypes", TOLLBRIDGE_LIBRARY=str(tmp_path / "missing.so"))
    assert "ImportError: cannot load the C library of Tollbridge" in ended.stderr


def test_the_end_of_the_interpreter_frees_what_is_left():
    ended = run(
        "import sys, tollbridge_ctypes as t\n"
        "h = t.Histogram(); h.record(1); b = h.buckets(); next(b)\n"
        "try: h.record(10**18)\n"
        "except t.OutOfRangeError as e: error = e\n"
        "sys.modules['kept'] = [h, b, error, h.clone()]\n"
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_running_call_keeps_what_another_thread_closes():
    values = list(range(1, 1000)) * 100
    for _ in range(20):
        histogram = Histogram(1, 1000, 3)
        clone = histogram.clone()
        thread = threading.Thread(target=histogram.record_all, args=(values,))
        thread.start()
        while clone.is_empty() and thread.is_alive():
            pass
        histogram.close()
        thread.join()
        assert clone.count == len(values)


@pytest.mark.parametrize("ends", ["finished", "stopped", "raised"])
def test_nothing_is_left_in_the_table_of_callbacks(tmp_path, ends):
    problem = KeyError()
    tb.LogWriter(tmp_path / "log").close()

    def progress(_):
        assert len(_callbacks.running) == 1
        if ends == "raised":
            raise problem
        return ends == "finished"

    try:
        tb.replay_log(tmp_path / "log", progress)
        assert ends == "finished"
    except tb.CancelledError:
        assert ends == "stopped"
    except KeyError as caught:
        assert caught is problem
    assert not _callbacks.running


@pytest.mark.parametrize("use", ["summary", "unwatch", "buckets", "write"])
def test_a_finalizer_that_comes_second_finds_what_is_gone_closed(tmp_path, use):
    """The collector calls every finalizer of a cycle before it clears anything."""
    outcomes = []

    class Server:
        def __init__(self, histogram):
            self.histogram = histogram
            self.watch = histogram.watch(100, self.slow)
            self.buckets = histogram.buckets()
            self.log = tb.LogWriter(tmp_path / "log")

        def slow(self, value):
            pass

        def __del__(self):
            deeds = {
                "summary": self.histogram.summary,
                "unwatch": self.watch.unwatch,
                "buckets": lambda: list(self.buckets),
                "write": lambda: self.log.write(tb.Histogram(), 0, 1),
            }
            try:
                outcomes.append(deeds[use]())
            except tb.ClosedError:
                outcomes.append("closed")

    histogram = tb.Histogram()
    server = Server(histogram)
    histogram.record(5)
    del histogram, server
    gc.collect()
    assert len(outcomes) == 1


def test_nobody_copies_a_pointer(tmp_path):
    histogram = tb.Histogram()
    watch, log = histogram.watch(5, print), tb.LogWriter(tmp_path / "log")
    for owner in (watch, log, histogram.buckets()):
        with pytest.raises(TypeError):
            copy.deepcopy(owner)
        with pytest.raises(TypeError):
            pickle.dumps(owner)
    log.write(histogram, 0, 1)
    assert watch.unwatch()


@pytest.mark.parametrize("hook", [None, lambda what: 1 / 0])
def test_a_hook_that_fails_ends_no_watch(monkeypatch, hook):
    histogram = tb.Histogram()
    watch = histogram.watch(5, lambda value: 1 / 0)
    monkeypatch.setattr(sys, "unraisablehook", hook)
    histogram.record_all([5, 6, 7])
    assert watch.unwatch()


def test_a_generator_exit_of_progress_comes_out(tmp_path):
    tb.LogWriter(tmp_path / "log").close()

    def progress(_):
        raise GeneratorExit

    with pytest.raises(GeneratorExit):
        tb.replay_log(tmp_path / "log", progress)
