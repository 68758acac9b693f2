"""The declarations of what only tests and timing need, and their callbacks."""

import pkgutil
import re
from importlib import import_module

import pytest
import tollbridge_ctypes
from test_ctypes import INCLUDE, as_many_arguments, laid_out, structures, waiting_without_gil
from tollbridge_ctypes import _callbacks
from tollbridge_ctypes_probe import _abi, probe

PROBES = INCLUDE / "tollbridge" / "probe.h"
FAULTS = INCLUDE / "tollbridge" / "fault.h"


def test_the_package_has_none_of_it():
    names = [module.name for module in pkgutil.iter_modules(tollbridge_ctypes.__path__)]
    modules = [import_module(f"tollbridge_ctypes.{name}") for name in names if name[:2] != "__"]
    assert len(modules) > 10
    names += [name for module in [tollbridge_ctypes, *modules] for name in dir(module)]
    assert not [name for name in names if re.search("probe|(?<!de)fault", name, re.IGNORECASE)]


def test_every_function_of_the_headers_is_declared_with_as_many_arguments():
    assert as_many_arguments(PROBES, _abi) > 20
    assert as_many_arguments(FAULTS, _abi) > 1


def test_nothing_that_waits_or_calls_back_holds_the_gil():
    assert "tb_probe_call_back" in waiting_without_gil(PROBES, _abi)
    assert "tb_fault_panic_while_locked" in waiting_without_gil(FAULTS, _abi)


def test_structures_are_laid_out_as_in_the_header(tmp_path):
    assert {"tb_point", "tb_shape", "tb_entry"} == structures(PROBES, _abi).keys()
    laid_out(tmp_path, PROBES, _abi, ("tb_f64s", "tb_points", "tb_map"))


@pytest.mark.parametrize("ends", ["finished", "stopped", "raised"])
def test_nothing_is_left_in_the_table_of_callbacks(ends):
    problem = KeyError()

    def callback(number):
        assert len(_callbacks.running) == 1
        if ends == "raised":
            raise problem
        return number if ends == "finished" else None

    try:
        assert (probe.call_back(3, callback) == 3) == (ends == "finished")
    except KeyError as caught:
        assert caught is problem
    assert not _callbacks.running
