"""Rules behind a statement: as if typed on a new line after it, in the same block."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.code.names_in_scope import scope_at
from hotlog.config import Config
from hotlog.errors import LocationError, RuleError
from hotlog.probes.backends import choose_backends
from hotlog.probes.registry import Registry, WantedProbes
from hotlog.source.statements import Source
from tests.oracle.behind import typed_behind
from tests.oracle.compare import GONE, report
from tests.oracle.live import BACKENDS, load, markers, probe, source_of
from tests.oracle.modules import EVERY, FAST

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType, ModuleType

    from hotlog.events import Event
    from tests.oracle.modules import Entry

# A function `f` of one argument, the marked statement, what `f` is called with, and what is seen of the names.
SHAPES: dict[str, tuple[str, list[Any], list[tuple[object, ...]]]] = {
    "what it assigned": ("def f(a):\n    b = a * 2  # <- b\n    return b", [3], [(6,)]),
    "the last of a body": ("def f(a):\n    for each in a:\n        b = each  # <- b\n    return a", [[1, 2]], [(1,), (2,)]),
    "a loop, once": ("def f(a):\n    n = 0\n    for each in a:  # <- n\n        n += each\n    return n", [[1, 2]], [(3,)]),
    "a loop that breaks": ("def f(a):\n    for each in a:  # <- each\n        if each: break\n    return 0", [[0, 5, 6]], [(5,)]),
    "not where it returns": ("def f(a):\n    if a:  # <- a\n        return 1\n    return 2", [1, 0], [(0,)]),
    "not where it raises": (
        "def f(a):\n    try:\n        b = 1 // a  # <- b\n    except ZeroDivisionError:\n        b = None\n    return b",
        [0, 1],
        [(1,)],
    ),
    "a try, also where it was caught": (
        "def f(a):\n    b = 0\n    try:  # <- b\n        b = 1 // a\n    except ZeroDivisionError:\n        b = None\n    return b",
        [0, 1],
        [(None,), (1,)],
    ),
    "the last of a function": ("def f(a):\n    a.append(1)  # <- a", [[]], [([1],)]),
    "the last of an if": ("def f(a):\n    if a:\n        b = a  # <- b\n    else:\n        b = 0\n    return b", [1, 0], [(1,)]),
    "the last of a finally": (
        "def f(a):\n    try:\n        if a: return 1\n    finally:\n        b = a  # <- b\n    return 0",
        [1, 0],
        [(1,), (0,)],
    ),
    "all of a line": ("def f(a):\n    b = 1; b = 2  # <- b\n    return b", [0], [(2,)]),
    "a statement of several lines": ("def f(a):\n    b = [  # <- b\n        a,\n    ]\n    return b", [1], [([1],)]),
    "past a declaration": ("X = 0\ndef f(a):\n    b = a  # <- b\n    global X\n    X = b\n    return b", [4], [(4,)]),
    "an import": ("def f(a):\n    import math  # <- a\n    return math.pi > a", [3], [(3,)]),
    "a definition": ("def f(a):\n    def g():  # <- a\n        return a\n    return g()", [3], [(3,)]),
    "a with": (
        "import contextlib\ndef f(a):\n    with contextlib.suppress(KeyError):  # <- a\n        a['x']\n    return 1",
        [{}, {"x": 1}],
        [({},), ({"x": 1},)],
    ),
    "a match": ("def f(a):\n    match a:  # <- b\n        case 1:\n            b = 1\n        case _:\n            b = 2\n    return b", [1, 5], [(1,), (2,)]),
}  # fmt: skip
ENDS = {
    "not where it raises",
    "the last of a body",
    "the last of a function",
    "the last of an if",
    "the last of a finally",
}


def behind(module: ModuleType, hits: list[tuple[object, ...]], backend: str) -> tuple[Registry, Any]:
    """Put a probe behind each marked line of a module."""
    source = source_of(module)
    probes = [probe(source, marker, hits) for marker in markers(source.data.decode())]
    placed = tuple(each._replace(place=source.behind(each.place)) for each in probes)
    registry = Registry(choose_backends(backend))
    outcomes = registry.set([WantedProbes(module, source, placed)])
    return registry, next(iter(outcomes.values()))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SHAPES)
def test_it_fires_where_the_statement_has_ended(name: str, backend: str, tmp_path: Path) -> None:
    text, arguments, wanted = SHAPES[name]
    module = load(tmp_path, text)
    before = module.f.__code__
    hits: list[tuple[object, ...]] = []
    plain = [module.f(type(each)(each) if isinstance(each, list) else each) for each in arguments]
    registry, outcome = behind(module, hits, backend)
    try:
        if backend != "recompile" and name in ENDS:
            assert outcome.fault.code == "after-not-here"
            return
        assert outcome.fault is None
        assert [module.f(each) for each in arguments] == plain
        assert hits == wanted
    finally:
        registry.close()
    assert module.f.__code__ is before


@pytest.mark.process
@pytest.mark.parametrize("entry", FAST[:3], ids=lambda entry: entry.name)
def test_probes_behind_statements_see_what_typed_calls_see(entry: Entry) -> None:
    found = report(entry, typed=typed_behind)
    assert found is not None
    assert found.differences == ()
    assert found.hits > 0
    assert found.left.keys() <= {GONE}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["", "splice", "monitor"])
def test_every_module_of_the_list_behind(backend: str) -> None:
    entries = EVERY if not backend else FAST
    found = [each for entry in entries if (each := report(entry, backend, typed_behind)) is not None]
    assert {each.name: each.differences for each in found if each.differences} == {}
    assert sum(each.hits for each in found) > 0


def lines_of(function: Any, argument: object) -> list[int]:
    """The line events of a call."""
    seen: list[int] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_name == "f" and event == "line":
            seen.append(frame.f_lineno)
        return trace

    sys.settrace(trace)
    try:
        function(argument)
    finally:
        sys.settrace(None)
    return seen


@pytest.mark.parametrize(
    "name", ["what it assigned", "a loop, once", "the last of a body", "an import", "a with"]
)
def test_a_tracer_sees_the_same_lines(name: str, tmp_path: Path) -> None:
    text, [argument, *_], _ = SHAPES[name]
    module = load(tmp_path, text)
    before = lines_of(module.f, argument)
    registry, outcome = behind(module, [], "")
    try:
        assert outcome.fault is None
        assert lines_of(module.f, argument) == before
    finally:
        registry.close()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def f(a):\n    return a", 1),  # a `def` of the module
        ("def f(a):\n    if a:\n        return 1\n    elif a is None:\n        a = 2\n    return a", 4),
    ],
)
def test_where_no_line_can_be_typed(text: str, line: int) -> None:
    source = Source(text.encode(), "app.py")
    with pytest.raises(LocationError, match="No probe can go after") as caught:
        source.behind(source.place(line))
    assert caught.value.code == "after-not-here"


def test_what_a_statement_assigns_has_a_value_behind_it() -> None:
    source = Source(b"def f(a):\n    b = [\n        a,\n    ]\n    c = 1\n    return c", "app.py")
    place = source.place(2)
    assert scope_at(source, source.spot(place)).later == {"b": 2, "c": 5}
    after = source.spot(source.behind(place))
    assert scope_at(source, after).later == {"c": 5}
    assert source.bound.among({"a", "b", "c"}, after) == {"a", "b"}


def test_a_rule_fires_behind_its_statement(tmp_path: Path) -> None:
    module = load(tmp_path, "def f(a):\n    b = a + 1\n    return b\n")
    events: list[Event] = []
    rules = [
        hotlog.Rule(id="p", at=f"{module.__name__}.py:3", message="before {b}", expires=None),
        hotlog.Rule(id="q", at=f"{module.__name__}.py:2", message="after {b}", after=True, text="b = a + 1", expires=None),
    ]  # fmt: skip
    with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
        agent.apply(rules)
        assert module.f(1) == 2
        found = agent.status()
    logged = [each for each in events if each["hotlog"] == "log"]
    assert [each["message"] for each in logged] == ["before 2", "after 2"]  # one place: the rules' order
    assert logged[1]["at"] == f"{module.__name__}.py:2"
    assert found["q"].state == "installed"


def test_a_frame_that_runs_already_is_told_of(tmp_path: Path) -> None:
    text = "def f(a):\n    for each in a:\n        yield each\n        b = each\n        del b\n"
    for line, told in (
        (4, "1 frame that runs already is monitored"),
        (5, "not reached (line 5 ends its block"),
    ):
        module = load(tmp_path, text)
        running = module.f([1, 2])
        next(running)
        events: list[Event] = []
        rule = hotlog.Rule(
            id="q", at=f"{module.__name__}.py:{line}", message="{each}", after=True, expires=None
        )
        with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
            agent.apply([rule])
            assert told in agent.status()["q"].reason
            assert list(running) == [2]
            assert list(module.f([3])) == [3]
        seen = [each["message"] for each in events if each["hotlog"] == "log"]
        assert seen == (["1", "2", "3"] if line == 4 else ["3"])


def test_only_a_rule_of_a_statement_has_an_after() -> None:
    with pytest.raises(RuleError, match="'after' is for statements"):
        hotlog.Rule(at="app:f", kind="call", after=True)
