"""What is raised while hotlog works in a hit ends there, whoever raises it; what is delivered meanwhile arrives."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.stores.memory import MemoryStore
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

APP = """\
def add(a, b):
    total = a + b
    return total


def fail(a):
    raise ValueError("the application's own")
"""

HOOKED = """
import sys, traceback
import app, hotlog
RULES = {
    "log": hotlog.Rule(id="r", at="app.py:3", message="{total}", snapshot=True, stack=3),
    "condition": hotlog.Rule(id="r", at="app.py:3", message="{total}", condition="str(total) == '3'"),
    "call": hotlog.Rule(id="r", kind="call", at="app:add"),
    "trace": hotlog.Rule(id="r", kind="trace", at="app:add"),
    "error": hotlog.Rule(id="r", kind="error", at="app:fail"),
}
agent = hotlog.Agent(sink=lambda event: None)
agent.apply([RULES[sys.argv[1]]])
armed = False
KIND = {"RuntimeError": RuntimeError, "SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt}[sys.argv[2]]

def hook(event, args):
    if armed and event in ("sys._getframe", "object.__getattr__", "builtins.id", "sys.settrace", "sys.setprofile",
                           "sys.monitoring.register_callback", "open", "compile", "import", "marshal.loads"):
        raise KIND("not allowed here: " + event)

sys.addaudithook(hook)
for _ in range(3):
    armed = True
    try:
        done = app.fail(1) if sys.argv[1] == "error" else app.add(1, 2)
    except ValueError as fault:
        armed = False
        done = [fault.args[0], fault.__context__, [frame.name for frame in traceback.extract_tb(fault.__traceback__)]]
    finally:
        armed = False
    assert done in (3, ["the application's own", None, ["<module>", "fail"]]), done
print("well")
"""


@pytest.mark.parametrize("kind", ["RuntimeError", "SystemExit", "KeyboardInterrupt"])
@pytest.mark.parametrize("rule", ["log", "condition", "call", "trace", "error"])
@pytest.mark.process
def test_what_an_audit_hook_raises_in_a_hit_is_none_of_the_handlers(
    tmp_path: Path, rule: str, kind: str
) -> None:
    (tmp_path / "app.py").write_text(APP)
    done = subprocess.run(
        [sys.executable, "-c", HOOKED, rule, kind],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "well", done.stderr


def deep(depth: int, act: Any) -> Any:
    return act() if depth == 0 else deep(depth - 1, act)


@pytest.mark.parametrize("rule", [{}, {"snapshot": True}, {"kind": "call"}, {"kind": "trace"}])
def test_near_the_end_of_the_stack_the_application_fails_as_without_hotlog(
    tmp_path: Path, rule: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each depth: where the call works without hotlog it works with it, or fails as deep calls do, without a context."""
    name = f"near_{abs(hash(str(rule)))}"
    (tmp_path / f"{name}.py").write_text(APP)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__(name)
    at = f"{name}:add" if "kind" in rule else f"{name}.py:3"
    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path)) as agent:
        agent.apply(
            [
                hotlog.Rule(
                    id="r",
                    at=at,
                    per_second=None,
                    limit=None,
                    **{"message": "{total}", **rule} if "kind" not in rule else rule,
                )
            ]
        )
        assert agent.status()["r"].state == "installed", agent.status()
        worked = 0
        room = sys.getrecursionlimit()
        for depth in range(room - 150, room):
            fault: BaseException | None = None
            try:
                assert deep(depth, lambda: module.add(1, 2)) == 3
                worked += 1
            except RecursionError as raised:
                fault = raised
            if fault is not None:
                assert fault.__context__ is None
                at_tb, names = fault.__traceback__, []
                while at_tb is not None:
                    names.append(at_tb.tb_frame.f_code.co_filename)
                    at_tb = at_tb.tb_next
                assert not [each for each in names if "/hotlog/" in each and "tests" not in each]
        assert worked > 50
        assert module.add(1, 2) == 3


def test_stacklevel_leads_past_hotlog(caplog: pytest.LogCaptureFixture) -> None:
    def handler(event: object, context: object) -> str:
        warnings.warn("old", DeprecationWarning, stacklevel=2)
        logging.getLogger("app").warning("who", stacklevel=2)
        return "done"

    def runtime(called: Any) -> tuple[str, int]:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            assert called({}, None) == "done"
        return seen[0].filename, seen[0].lineno

    bare, bare_record = runtime(handler), caplog.records[-1]
    wrapped = hotlog.wrap(handler, store=MemoryStore(), sink=lambda _: None)
    assert wrapped is not handler
    assert runtime(wrapped) == bare
    record = caplog.records[-1]
    assert (record.pathname, record.lineno, record.funcName) == (
        bare_record.pathname, bare_record.lineno, bare_record.funcName,
    )  # fmt: skip
    assert bare[0] == __file__


def test_a_copy_without_the_desk_names_no_client(tmp_path: Path) -> None:
    """As in the layer: who looks at everything in `sys.modules` finds nothing that cannot be had."""
    for folder, _, files in os.walk(ROOT / "hotlog"):
        if os.sep + "cli" in folder or os.sep + "client" in folder or "__pycache__" in folder:
            continue
        below = tmp_path / "hotlog" / os.path.relpath(folder, ROOT / "hotlog")
        below.mkdir(parents=True, exist_ok=True)
        for file in files:
            (below / file).write_bytes(
                (ROOT / "hotlog" / os.path.relpath(folder, ROOT / "hotlog") / file).read_bytes()
            )
    program = (
        "import inspect, hotlog; members = dict(inspect.getmembers(hotlog)); "
        "print('Client' in members, hasattr(hotlog, 'Client'), 'wrap' in members)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "False False True", done.stderr


test_a_copy_without_the_desk_names_no_client = pytest.mark.process(
    test_a_copy_without_the_desk_names_no_client
)
