"""One table has the fields of events: what is emitted, what is read and what the reference says are compared with it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import events
from hotlog.events import COMMON, HEAD, IDENTITY, PARTS, TOLD, Invocation
from hotlog.events import FIELDS as OWN_FIELDS
from hotlog.hits.outcomes import OUTCOMES
from hotlog.interpreter.quirks import HAS_MONITORING
from hotlog.rules.kinds import KINDS
from tests.engine.test_ceilings import APP, RULES, STUCK_S, rule_of
from tests.support.places import ROOT
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event

FIELDS = {**{name: kind.event for name, kind in KINDS.items()}, **OWN_FIELDS}
# Words that the query language of CloudWatch Logs Insights takes for its own where a field may stand.
OPERATOR = "in"
OF_INSIGHTS = {OPERATOR, "and", "as", "asc", "by", "desc", "like", "not", "or"}
READERS = (
    "cli/showing/parts.py",
    "cli/showing/render.py",
    *(f"cli/kinds/{name}.py" for name in KINDS),
    "client/diagnosis/environment_reports.py",
    "client/showing/failure.py",
    "client/events/event_stream.py",
    "cli/adding/waiting.py",
)
# What a reader asks for that is no field of an event: the keys of marks, metrics and stored rules, and a mark in a cursor.
OF_OTHERS = {"@cut", "@len", "CloudWatchMetrics", "Dimensions", "Metrics", "Name", "Unit", "|", "created"}
MARKS = {"@cut", "@len"}
OF_CROSSINGS = {"into", "id", "item", "items", "number", "of"}
SHOWS = {"message": "{item}", "watch": {"w": "item"}}
EXTRA: dict[str, dict[str, Any]] = {
    "log": SHOWS | {"stack": 2},
    "ring": SHOWS,
    "snapshot": SHOWS,
    "call": SHOWS | {"snapshot": True, "stack": 1},
    "error": {"message": "m", "watch": {"w": "1"}},
    "error of a function": {"message": "m", "watch": {"w": "item"}},
    "timeout": {"message": "m", "watch": {"w": "1"}},
    "trace": {},
    "record": {},
    "metric": {"dimensions": {"D": "item"}},
}
LATER = """
import concurrent.futures

def answer(item):
    passing = item
    kept = item + 1
    del passing
    return kept

def give(item):
    got = yield item
    return got

class Refused(Exception):
    def __init__(self, why):
        super().__init__(why)
        self.hint = 3

def apart(call):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(call).exception()

def answers(answer, times):
    for _ in range(times):
        apart(chained)
    return answer

def chained():
    try:
        raise KeyError("k")
    except KeyError as fault:
        fault.add_note("n")
        raise Refused("v") from fault

def spin(times):
    for each in range(times):
        last = each
    raise Refused(last)

def grouped():
    member = Refused("m")
    member.add_note("n")
    group = ExceptionGroup("g", [ExceptionGroup("h", [member])])
    group.exceptions[0].add_note("n")
    group.add_note("n")
    raise group
"""


def names_of(event: Event) -> set[str]:
    """The fields of an event between what all have."""
    return event.keys() - set(COMMON)


def parts_in(holder: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Name and keys of each part of an event, however deep; not of captured values."""
    if isinstance(holder, list):
        for each in holder:
            yield from parts_in(each, name)
    elif isinstance(holder, dict):
        if name:
            yield name, set(holder)
        for key, value in holder.items():
            if key in PARTS:
                yield from parts_in(value, key)


def every_event(folder: Path) -> list[Event]:
    """What each kind of rule emits, and each state of one."""
    found: list[Event] = []
    for number, kind in enumerate(RULES):
        inner = folder / str(number)
        inner.mkdir()
        with Probed(inner, APP + LATER) as app:
            app.apply(rule_of(app, kind, **EXTRA[kind]))
            app.invoke(partial(app.module.shop, 1, STUCK_S), timeout_s=STUCK_S, event={})
            app.agent.apply([])
            found += app.events
    inner = folder / "more"
    inner.mkdir()
    with Probed(inner, APP + LATER) as app:
        app.apply(
            hotlog.Rule(kind="call", id="c1", at=app.at("answer")),
            hotlog.Rule(kind="trace", id="t1", at=app.at("answer")),
            hotlog.Rule(kind="call", id="c2", at=app.at("give")),
            hotlog.Rule(kind="error", id="e1", per_second=None),
            hotlog.Rule(
                id="w1",
                at=app.at("answer"),
                condition="item < 0",
                created=(now := datetime.now(UTC)),
                expires=now + timedelta(hours=1),
            ),
        )

        def both() -> None:
            app.module.answer(1)
            list(app.module.give(1))
            app.module.chained()

        app.invoke(both, event={})
        app.invoke(app.module.grouped)
        failed = {"batchItemFailures": [{"itemIdentifier": "m"}]}
        app.invoke(lambda: {"statusCode": 500})
        app.invoke(lambda: app.module.answers({"statusCode": 500}, 2))
        app.invoke(lambda: app.module.answers(failed, 1), event={"Records": [{"messageId": "m"}]})
        app.agent.apply([hotlog.Rule(id="bad", at="nothing.py:1", text="x")])
        app.invoke(lambda: None)
        found += app.events
    inner = folder / "recordings"
    inner.mkdir()
    with Probed(inner, APP + LATER) as app:
        app.apply(hotlog.Rule(kind="record", id="w", keep="failed"))
        app.invoke(partial(app.module.answer, 1), event={})
        app.invoke(partial(app.module.spin, 20_000), event={})
        found += app.events
    inner = folder / "suspects"
    inner.mkdir()
    with Probed(inner, APP + LATER) as app:
        app.agent.apply([hotlog.Rule(kind="suspects", id="s")])
        app.invoke(partial(app.module.answer, 1), event={})
        app.agent.apply([])
        found += app.events
    return found


@pytest.mark.long
def test_events_have_the_fields_of_the_table_and_no_others(tmp_path: Path) -> None:
    seen: dict[str, set[str]] = {}
    parts: dict[str, set[str]] = {}
    for event in every_event(tmp_path):
        assert list(event)[: len(HEAD)] == list(HEAD)
        assert event["v"] == events.VERSION
        seen.setdefault(event["hotlog"], set()).update(names_of(event))
        for name, keys in parts_in({key: event[key] for key in names_of(event) & PARTS.keys()}):
            parts.setdefault(name, set()).update(keys - MARKS)
    assert seen.keys() == FIELDS.keys() == {*KINDS, "status", "counts"}
    named_by_the_rule = {"M", "D", "function"}
    # A look in time is not late, a trace ends, and every sink takes what it is given: tests of their own bring these about.
    rare = {"timeout": {"late_ms", "note"}, "trace": {"cut"}, "status": {"lost"}}
    rare["call"] = set() if HAS_MONITORING else {"suspended_ms"}
    for kind, fields in FIELDS.items():
        expected = {*OUTCOMES, *fields} if kind == "counts" else set(fields)
        assert seen[kind] - named_by_the_rule <= expected, kind
        if kind != "counts":
            assert expected - seen[kind] <= rare.get(kind, set()), kind
    of_ways = {"reached", "ways"}  # which of them there are depends on the ways that were gone
    assert parts.keys() | of_ways == PARTS.keys()
    for name, fields in PARTS.items():
        if name in of_ways:
            assert parts.get(name, set()) <= set(fields), name
            continue
        assert parts[name] <= set(fields), name
        missing = {"task", "vars" if name == "chain" else "task", *(() if HAS_MONITORING else OF_CROSSINGS)}
        assert set(fields) - parts[name] <= missing, name


def test_events_end_with_what_is_known_of_the_invocation() -> None:
    everything = Invocation("r", "f", "7", "e", True, "t", 1.0, {}, "x", True, "s", "1-x", "a", "c")
    assert set(events.fields_of(everything)) == set(IDENTITY)


def test_a_status_tells_what_the_table_says() -> None:
    assert set(TOLD) == {*events.Status._fields} - {"hits"}


def test_no_field_is_a_word_of_the_query_language() -> None:
    every = {*COMMON, *OUTCOMES}.union(*FIELDS.values(), *PARTS.values())
    assert not every & OF_INSIGHTS


def test_no_metric_is_called_as_a_field() -> None:
    for name in {*COMMON, *FIELDS["metric"]}:
        with pytest.raises(hotlog.HotlogError, match="none of the fields of an event"):
            hotlog.Rule(kind="metric", at="app.py:1", metric=name)


def asked_for(path: str) -> set[str]:
    """The names that a reader of events asks for: `event["x"]`, `"x" in event`, `.get("x")`, `text(event, "x")` and the like."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / "hotlog" / path).read_text())):
        asked: list[ast.expr] = []
        if "given" in {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}:
            continue  # options of a command
        if isinstance(node, ast.Subscript):
            asked = [node.slice]
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            asked = [node.left]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith(".get"):
                asked = node.args[:1]
            elif called in {"text", "_text", "values", "object_in", "list_in"}:
                asked = node.args[1:]
        found |= {
            each.value for each in asked if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
    return found


@pytest.mark.parametrize("reader", READERS)
def test_readers_ask_for_fields_of_the_table(reader: str) -> None:
    known = {*COMMON, *OUTCOMES}.union(*FIELDS.values(), *PARTS.values())
    asked = asked_for(reader)
    assert asked
    assert asked - known - OF_OTHERS == set()


def test_the_reference_describes_each_field() -> None:
    page = (ROOT / "hotlog" / "docs" / "events.md").read_text()
    everywhere = re.findall(r"^\| `(\w+)` \| [^|`]*[^|]*\|$", page.partition("## By kind")[0], re.MULTILINE)
    assert sorted(everywhere) == sorted(COMMON)
    described: dict[str, list[str]] = {}
    for holder, field in re.findall(
        r"^\| `(\w+)` \| `(\w+)` \|", page.partition("## By kind")[2], re.MULTILINE
    ):
        described.setdefault(holder, []).append(field)
    # `error` is a kind and a field: its rows come one after the other.
    both = {kind: [*fields, *PARTS.get(kind, ())] for kind, fields in FIELDS.items() if fields}
    assert described == {**{name: list(fields) for name, fields in PARTS.items()}, **both}
    assert f"This page describes version {events.VERSION}." in page
    counted = page.partition("kind `counts` holds")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", counted) == list(OUTCOMES)
