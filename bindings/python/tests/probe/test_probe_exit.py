"""What happens in a probe when the interpreter ends."""

import pytest
from support import as_finalizer_at_exit, with_daemons


@pytest.mark.parametrize(
    "call",
    [
        "tb.probe.str_len('\\ud800')",
        "tb.probe.add(1)",
        "tb.probe.bytes_ends(memoryview(b'abcdef')[::2])",
    ],
)
def test_a_finalizer_at_exit_may_call_and_fail(run, call):
    done = run(as_finalizer_at_exit(call))
    assert done.returncode == 0, done.stderr


FOREVER = {
    "rust_thread_tells": "tb.probe.record_from_new_thread(h, 5)",
    "call_back": "tb.probe.call_back(5, busy)",
    "call_back_from_new_thread": "tb.probe.call_back_from_new_thread(5, busy)",
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", FOREVER)
def test_a_daemon_thread_is_inside_while_the_interpreter_ends(run, name, threads):
    prepare = "h.watch(1, busy)\n" if "tell" in name else "h.record(5)\n"
    done = run(with_daemons(prepare, FOREVER[name], threads))
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "ends\n")
