"""What is raised while hotlog works in a hit ends there, whoever raises it; what is delivered meanwhile arrives."""

from __future__ import annotations

import importlib
import inspect
import logging
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.stores.memory import MemoryStore
from tests.support.processes import run_python

APP = """\
import itertools


class Square:
    def __init__(self):
        self.n = 4.0


class Circle(object):
    def __init__(self):
        self.n = 0.0


SHAPES, turns = (Square(), Circle()), itertools.count()


def add(a, b):
    total = a + b
    shape = SHAPES[next(turns) % 2]
    return total


def fail(a):
    raise ValueError("the application's own")
"""

HOOKED = """
import sys, traceback
import app, hotlog
RULES = {
    "log": hotlog.Rule(id="r", at="app.py:20", message="{total}", snapshot=True, stack=3),
    "condition": hotlog.Rule(id="r", at="app.py:20", message="{total}", condition="str(total) == '3'"),
    "call": hotlog.Rule(id="r", kind="call", at="app:add"),
    "trace": hotlog.Rule(id="r", kind="trace", at="app:add"),
    "error": hotlog.Rule(id="r", kind="error", at="app:fail"),
}
agent = hotlog.Agent(sink=lambda event: None)
EVENTS = ("sys._getframe", "object.__getattr__", "builtins.id", "sys.settrace", "sys.setprofile",
          "sys.monitoring.register_callback", "open", "compile", "import", "marshal.loads")
armed = ()
KIND = {"RuntimeError": RuntimeError, "SystemExit": SystemExit, "KeyboardInterrupt": KeyboardInterrupt}[sys.argv[2]]

def hook(event, args):
    if event in armed:
        raise KIND("not allowed here: " + event)

sys.addaudithook(hook)
for denied in (EVENTS, *((event,) for event in EVENTS)) * 2:
    agent.apply([])
    agent.apply([RULES[sys.argv[1]]])
    assert agent.status()["r"].state == "installed"
    armed = denied
    try:
        done = app.fail(1) if sys.argv[1] == "error" else app.add(1, 2)
    except ValueError as fault:
        armed = ()
        done = [fault.args[0], fault.__context__, [frame.name for frame in traceback.extract_tb(fault.__traceback__)]]
    finally:
        armed = ()
    assert done in (3, ["the application's own", None, ["<module>", "fail"]]), done
agent.close()
if sys.version_info >= (3, 12):
    assert [sys.monitoring.get_tool(number) for number in range(6)] == [None] * 6, "no id is lost"
print("well")
"""


@pytest.mark.in_part(4)
@pytest.mark.parametrize("kind", ["RuntimeError", "SystemExit", "KeyboardInterrupt"])
@pytest.mark.parametrize("rule", ["log", "condition", "call", "trace", "error"])
@pytest.mark.process
def test_what_an_audit_hook_raises_in_a_hit_is_none_of_the_handlers(
    tmp_path: Path, rule: str, kind: str
) -> None:
    (tmp_path / "app.py").write_text(APP)
    done = run_python("-c", HOOKED, rule, kind, folder=tmp_path)
    assert done.stdout.strip() == "well", done.stderr


ENCODED = """\
import base64, binascii, gzip, zlib

def refuse(*_):
    raise RuntimeError("not this one")

def hide(secret):
    plain = base64.b64encode(b"order 17 of the customer in Bern").decode()
    word = base64.b64encode(b"password=" + secret.encode()).decode()
    packed = base64.b64encode(gzip.compress(b"password=" + secret.encode())).decode()
    kept = binascii.a2b_base64, zlib.decompressobj
    binascii.a2b_base64 = zlib.decompressobj = refuse
    try:
        return plain, word, packed  # <-
    finally:
        binascii.a2b_base64, zlib.decompressobj = kept
"""


def test_what_is_encoded_is_looked_through_by_what_was_there_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "encoded.py").write_text(ENCODED)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__("encoded")
    events: list[Any] = []
    with hotlog.Agent(sink=events.append, root=str(tmp_path)) as agent:
        agent.apply([hotlog.Rule(id="r", at="encoded.py:13", message="{plain} {word} {packed}")])
        plain, word, packed = module.hide("correct horse battery staple")
        assert agent.status()["r"].code == ""
    [event] = [event for event in events if event["hotlog"] == "log"]
    assert plain in event["message"]
    assert word not in event["message"]
    assert packed not in event["message"]


def deep(depth: int, act: Any) -> Any:
    return act() if depth == 0 else deep(depth - 1, act)


NEAR: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({}, "splice"),
    ({}, "monitor"),
    ({"condition": "total > 3"}, ""),
    ({"condition": "shape.n == 4"}, ""),
    ({"condition": "str(total) == '4'"}, ""),
    ({"snapshot": True}, ""),
    ({"kind": "call"}, ""),
    ({"kind": "error"}, ""),
    ({"kind": "trace"}, ""),
]


@pytest.mark.parametrize(("rule", "backend"), NEAR)
def test_near_the_end_of_the_stack_the_application_fails_as_without_hotlog(
    tmp_path: Path, rule: dict[str, Any], backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each depth: where the call works without hotlog it works with it, or fails as deep calls do, without a context."""
    name = f"near_{abs(hash(str((rule, backend))))}"
    (tmp_path / f"{name}.py").write_text(APP)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = __import__(name)
    at = f"{name}:add" if "kind" in rule else f"{name}.py:20"
    with hotlog.Agent(sink=lambda _: None, root=str(tmp_path), config=Config(backend=backend)) as agent:
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


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("has_desk", [False, True])
def test_a_copy_without_the_desk_does_not_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_desk: bool, archived: bool
) -> None:
    """As in the layer: who looks at everything in `sys.modules` finds nothing that cannot be had."""
    (tmp_path / "copied").mkdir()
    shutil.copy(hotlog.__file__, tmp_path / "copied")
    if has_desk:
        (tmp_path / "copied" / "client").mkdir()
        (tmp_path / "copied" / "client" / "__init__.py").write_text("")
    place = tmp_path
    if archived:
        place = Path(shutil.make_archive(str(tmp_path / "archive"), "zip", tmp_path, "copied"))
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.delitem(sys.modules, "copied", raising=False)
    module = importlib.import_module("copied")
    assert str(place) in str(module.__file__)
    assert ("Client" in dir(module)) is has_desk
    if not has_desk:
        members = dict(inspect.getmembers(module))
        assert "Client" not in members
        assert members["wrap"] is hotlog.wrap
        with pytest.raises(AttributeError, match="Client"):
            _ = module.Client
