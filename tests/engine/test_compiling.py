"""What hotlog parses, it parses beside threads that parse, too; and it leaves the collector as it was."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings

import pytest

from hotlog.interpreter.compiling import ignore_compile_warnings, parse_expression, parse_module

PARSERS = """
import ast, faulthandler, gc, sys, threading, time
from hotlog.interpreter.compiling import parse_module

def callback(*_):
    for _ in range(50):
        pass

def repeat():
    while time.monotonic() < until_s and not faults:
        try:
            PARSE(text)
        except BaseException as fault:
            faults.append(repr(fault))

faulthandler.dump_traceback_later(60, exit=True)
faults = []
text = "\\n".join(f"def f{i}(a, b):\\n    return [a + b * {i}, (a, {{b: -a}})]" for i in range(60))
gc.callbacks.append(callback)
gc.set_threshold(20)
sys.setswitchinterval(1e-6)
until_s = time.monotonic() + 1
threads = [threading.Thread(target=repeat) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(faults[:1], gc.isenabled())
"""


@pytest.mark.process
def test_threads_that_parse_at_once_all_get_their_tree() -> None:
    """With `ast.parse` instead, 3.11.7 raises a SystemError within 0.1 s: the depth of one tree is counted in the other."""
    program = PARSERS.replace("PARSE", "parse_module")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == "[] True\n", done.stderr


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_as_it_was_also_after_a_fault(was_on: bool) -> None:
    try:
        if not was_on:
            gc.disable()
        parse_expression("a + 1")
        assert gc.isenabled() is was_on
        for wrong in ("a +", "\0", "(" * 500, b"# coding: none\n"):
            with pytest.raises((SyntaxError, ValueError, MemoryError, RecursionError)):
                parse_module(wrong)
            assert gc.isenabled() is was_on
    finally:
        gc.enable()


def test_no_filter_of_ours_stays_where_a_copy_of_the_list_was_begun_meanwhile() -> None:
    """As another thread does that enters `catch_warnings` while a file is compiled, and leaves it later."""
    before = list(warnings.filters)
    meanwhile = warnings.catch_warnings()
    with ignore_compile_warnings("app.py"):
        assert list(warnings.filters) != before
        meanwhile.__enter__()
    inside = list(warnings.filters)
    meanwhile.__exit__(None, None, None)
    assert (inside, list(warnings.filters)) == (before, before)
