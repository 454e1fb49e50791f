"""Several interpreters in one process, as `InterpreterPoolExecutor` makes them: each with memory of its own, from 3.12 on."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from hotlog.interpreter.thread_frames import current_frames
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

APP = """
import sys
import hotlog
from hotlog.config import Config
from hotlog.stores.background import Background
from hotlog.stores.ssm.http_connection import _Dial

def handler(x):
    y = x
    return y

def threads():
    # An interpreter with memory of its own has no daemon threads.
    assert not Background(print, print).start()
    try:
        _Dial(None, 0.0)
    except OSError as error:
        assert "daemon threads" in str(error)
    else:
        raise AssertionError

def probed(x):
    seen = []
    with hotlog.Agent(sink=seen.append, root=sys.path[0], config=Config()) as agent:
        agent.apply([hotlog.Rule(id="a", at="app.py:9", message="{x}")])
        assert agent.status()["a"].state == "installed", agent.status()
        assert handler(x) == x
        agent.settle()
    assert [event["message"] for event in seen if event["hotlog"] == "log"] == [str(x)], seen
"""
# The first interpreter installs while another one runs, which installs, too.
MAIN = """
import os, sys, threading, time
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import app

TEXT = f"import sys; sys.path[:] = {sys.path!r}; import app\\nfor n in range(2):\\n    app.probed(n)\\napp.threads()"
made = [interpreters.create() for _ in range(1)]
faults = []

def run(number):
    faults.append(interpreters.run_string(number, TEXT))

threads = [threading.Thread(target=run, args=(number,)) for number in made]
for thread in threads:
    thread.start()
while any(thread.is_alive() for thread in threads):
    app.probed(7)
    time.sleep(0.01)
if sys.version_info >= (3, 13):  # 3.12.1 waits for ever for the end of one that has imported `threading`
    for number in made:
        interpreters.destroy(number)
app.probed(8)
print(faults, flush=True)
os._exit(0)
"""


def test_each_thread_has_its_innermost_frame() -> None:
    found: list[object] = []
    ready, go = threading.Event(), threading.Event()

    def work() -> None:
        found.append(sys._getframe())
        ready.set()
        go.wait()

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    frames = current_frames()
    go.set()
    thread.join()
    assert frames.pop(threading.get_ident()) is sys._getframe()
    assert any(
        each is found[0]
        for frame in frames.values()
        for each in (frame.f_back, getattr(frame.f_back, "f_back", None))
    )


@pytest.mark.process
@pytest.mark.skipif(sys.version_info < (3, 12), reason="all interpreters of a process share their memory")
def test_a_rule_goes_in_beside_other_interpreters(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]\n{MAIN}"
    ran = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120
    )
    assert (ran.returncode, ran.stdout) == (0, "[None]\n"), ran.stderr
