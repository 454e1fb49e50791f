"""Kinds of rules on the command line: what `add` stores for each, what it refuses, and how `tail` shows their events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from hotlog.cli.showing.render import render_event
from hotlog.rules.model import rule_of
from tests.support.cli import hotlog, settle_in

APP = '''\
"""An application."""


def charge(items, user):
    """Charge a user."""
    total = sum(items)
    if total > 100:
        user.warn()
    return total
'''


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    (tmp_path / "app.py").write_text(APP)


def entry() -> dict[str, Any]:
    [found] = json.loads(Path(".hotlog/orders.json").read_text())["rules"]
    assert rule_of(found).id == found["id"]
    return dict(found)


ADDED: list[tuple[list[str], dict[str, object], str]] = [
    (["app:charge", "--call"], {"kind": "call", "at": "app:charge"}, "call"),
    (["app.py:9", "--call"], {"kind": "call", "at": "app.py:4", "text": "def charge(items, user):"}, "call"),
    (
        ["app:charge", "t={total}", "--call", "--if", "@duration_ms > 200"],
        {"kind": "call", "message": "t={total}", "if": "@duration_ms > 200"},
        "call, log t={total}    if @duration_ms > 200",
    ),
    (["--on-error"], {"kind": "error"}, "error"),
    (
        ["app:charge", "--on-error", "--if", "total > 1"],
        {"kind": "error", "at": "app:charge"},
        "error    if total > 1",
    ),
    (["--on-timeout"], {"kind": "timeout"}, "look 500 ms before the time-out"),
    (["--on-timeout", "2s"], {"kind": "timeout", "margin_ms": 2_000}, "look 2000 ms before the time-out"),
    (["app:charge", "--trace", "--limit", "3"], {"kind": "trace", "limit": 3}, "trace"),
    (
        ["app.py:9", "--metric", "Total=total", "--unit", "Count", "--dimension", "n=len(items)"],
        {
            "kind": "metric",
            "metric": "Total",
            "value": "total",
            "unit": "Count",
            "dimensions": {"n": "len(items)"},
        },
        "metric Total=total in Count by n=len(items)",
    ),
    (["app.py:9", "--metric", "Orders"], {"kind": "metric", "metric": "Orders"}, "metric Orders"),
    (
        ["--on-error", "--caught", "--except", "KeyError, app.NotFound"],
        {"kind": "error", "caught": True, "excepted": ["KeyError", "app.NotFound"]},
        "also those that were caught, except KeyError, app.NotFound",
    ),
    (["app.py:9", "t={total}", "--ring", "5"], {"ring": 5, "message": "t={total}"}, "the last 5, on failure"),
]


@pytest.mark.parametrize(("words", "expected", "shown"), ADDED, ids=lambda value: str(value)[:40])
def test_add_stores_and_shows_each_kind(words: list[str], expected: dict[str, object], shown: str) -> None:
    ran = hotlog("add", "orders", *words, "--local")
    assert ran.code == 0, ran.err
    found = entry()
    assert {key: found.get(key) for key in expected} == expected
    assert "snapshot" not in found
    assert shown in ran.err
    assert ("at" in found) is (words[0].startswith("app"))
    listed = hotlog("ls", "orders", "--local")
    assert listed.code == 0, listed.err


REFUSED: list[tuple[list[str], str]] = [
    ([], "Missing argument 'TARGET'"),
    (["app:charge", "--call", "--trace"], "of one kind"),
    (["app:charge", "--unit", "Count"], "belong to --metric"),
    (["app:charge", "--call", "--ring", "3"], "no option of another kind"),
    (["--on-timeout", "soon"], "write 500ms or 2s"),
    (["--call"], "Missing argument 'TARGET'"),
    (["app:charge", "--call", "--caught"], "belong to --on-error"),
    (["--on-error", "--except", "Key Error"], "'excepted' must be a list of exceptions"),
    (["--on-error", "--if", "order == @status"], "joined by `and`"),
    (["app:charge", "--on-error", "--if", "@status == 500"], "without a target"),
    (["app:charge", "--on-timeout", "1s"], "has no target"),
    (["app.py:9", "x={@return}"], "means nothing in a log rule"),
    (["app:charge", "--call", "--if", "@return >"], "--if"),
    (["app:charge", "--trace", "--snapshot"], "does not belong to a trace rule"),
    (["app.py:9", "--metric", "rule=total"], "'metric'"),
    (["app.py:9", "--metric", "T=totl"], "totl"),
    (["app:charge", "--call", "--if", "nobody > 1"], "nobody"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=lambda value: str(value)[:40])
def test_add_refuses_what_makes_no_sense(words: list[str], said: str) -> None:
    ran = hotlog("add", "orders", *words, "--local")
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert not Path(".hotlog/orders.json").exists()


EVENTS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"hotlog": "call", "args": {"n": 1}, "return": 2, "duration_ms": 0.5, "message": "m"},
        ["-> 2", "in 0.5 ms", "m", "n = 1"],
    ),
    ({"hotlog": "call", "args": {}, "error": {"type": "app.No", "message": "x"}}, ["raised app.No: x"]),
    (
        {
            "hotlog": "error",
            "error": {
                "type": "KeyError",
                "message": "'a'",
                "fields": {"order": 7},
                "chain": [{"how": "cause", "type": "ValueError", "message": "b"}],
            },
            "frames": [
                {"at": "app.py:6", "qualname": "charge", "vars": {"total": 3}},
                {"@cut": "items", "@len": 40},
            ],
        },
        [
            "KeyError: 'a'",
            "order = 7",
            "because of ValueError: b",
            "app.py:6 charge",
            "total   = 3",
            "40 in all",
        ],
    ),
    (
        {
            "hotlog": "error",
            "failure": {"how": "batch", "into": "powertools", "id": "m1", "item": 2, "items": 6},
            "error": {"type": "KeyError", "message": "'a'"},
        },
        ["KeyError: 'a'", "caught in powertools; item 2 of 6 failed (message m1)"],
    ),
    (
        {
            "hotlog": "error",
            "failure": {"how": "answered", "status": 502, "into": "flask", "number": 2, "of": 3},
            "error": {"type": "KeyError", "message": "'a'"},
        },
        ["caught in flask; it answered 502; 2 of 3 exceptions before that"],
    ),
    (
        {
            "hotlog": "error",
            "failure": {"how": "answered", "status": 500},
            "response": {"statusCode": 500, "body": "sorry"},
        },
        ["no exception is known", "it answered 500", "sorry"],
    ),
    (
        {
            "hotlog": "timeout",
            "left_ms": 480,
            "late_ms": 300,
            "note": "held",
            "threads": [
                {
                    "thread": "MainThread",
                    "frames": [{"at": "app.py:6", "qualname": "charge", "vars": {"total": 3}}],
                },
                {"task": "Task-1", "frames": []},
            ],
        },
        [
            "480 ms before the time-out",
            "late by 300 ms: held",
            "thread MainThread",
            "total   = 3",
            "task Task-1",
        ],
    ),
    (
        {
            "hotlog": "trace",
            "args": {"n": 1},
            "lines": [
                {"line": 6, "us": 12, "set": {"total": 3}},
                {"line": 9, "us": 1, "unset": ["items"]},
                {"@cut": "items"},
            ],
            "source": {"6": "    total = sum(items)", "9": "    return total"},
            "return": 3,
            "duration_ms": 0.01,
        },
        ["-> 3", "6      12 µs      total = sum(items)", "total = 3", "del items", "… (items)"],
    ),
    (
        {
            "hotlog": "metric",
            "_aws": {
                "Timestamp": 1,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "hotlog",
                        "Dimensions": [["coupon"]],
                        "Metrics": [{"Name": "T", "Unit": "Count"}],
                    }
                ],
            },
            "T": [1, 2],
            "coupon": "X",
        },
        ["T = [1, 2] Count", "coupon='X'"],
    ),
]


@pytest.mark.parametrize(("event", "words"), EVENTS, ids=lambda value: str(value)[:30])
def test_tail_shows_each_kind(event: dict[str, Any], words: list[str]) -> None:
    common = {"rule": "k3f9", "at": "app.py:4", "qualname": "charge", "timestamp": "2026-11-25T19:00:00.000Z"}
    shown = click.unstyle("\n".join(render_event({**common, **event}, 120)))
    assert [word for word in words if word not in shown] == [], shown
    assert "k3f9" in shown
    assert "app.py:4 charge" in shown


@pytest.mark.parametrize("kind", ["call", "error", "timeout", "trace", "metric"])
def test_an_event_that_somebody_else_wrote_ends_no_command(kind: str) -> None:
    strange = [None, "\x1b[2J", [], [1], {}, {"@cut": 1}, [{"frames": 1, "line": [], "vars": 3}]]
    keys = [
        "args",
        "error",
        "frames",
        "threads",
        "lines",
        "source",
        "_aws",
        "left_ms",
        "duration_ms",
        "return",
    ]
    for value in strange:
        shown = render_event({"hotlog": kind, **dict.fromkeys(keys, value)}, 80)
        assert "\x1b[2J" not in "".join(shown)


HOSTILE = "[red]a[/] [link=http://x]\x1b[2J\x1b]0;t\x07\x9b1m\r\nb\u2028\u202e\u2066\u200b\x7f[/nothing]"


def spoilt(value: Any) -> Any:
    """The same shape, with every text and every free name a hostile one."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, list):
        return [spoilt(each) for each in value]
    if isinstance(value, dict):
        more = {HOSTILE: HOSTILE} if value else {}
        return {name: each if name == "hotlog" else spoilt(each) for name, each in value.items()} | more
    return value


@pytest.mark.parametrize("event", [event for event, _ in EVENTS], ids=lambda event: str(event)[:30])
def test_no_text_in_any_place_of_an_event_steers_the_terminal(event: dict[str, Any]) -> None:
    common = {
        name: name + HOSTILE
        for name in ("rule", "at", "qualname", "timestamp", "message", "env", "request_id")
    }
    for shown in render_event(
        common | spoilt(event) | {"vars": {HOSTILE: HOSTILE}, "watch": {HOSTILE: [HOSTILE]}}, 120
    ):
        plain = click.unstyle(shown)
        assert [char for char in plain if not char.isprintable()] == [], plain
    whole = click.unstyle("".join(render_event(common | spoilt(event), 10_000)))
    assert "[red]a[/] [link=http://x]" in whole, "markup is text"


def test_no_text_of_a_stored_rule_steers_the_terminal() -> None:
    """Whoever may write the document writes whatever he likes into it: the commands show it as text."""
    added = hotlog("add", "orders", "app.py:7", "n={items}", "--local")
    assert added.code == 0, added.err
    stored = Path(".hotlog/orders.json")
    document = json.loads(stored.read_text())
    [rule] = document["rules"]
    texts = dict.fromkeys(("note", "group", "by", "message", "if", "in", "text"), HOSTILE)
    kinds: list[dict[str, Any]] = [
        {"kind": "metric", "metric": HOSTILE, "dimensions": {HOSTILE: "x"}},
        {"watch": {HOSTILE: "x"}},
        {"kind": HOSTILE},
    ]
    strange = [{**rule, **texts, "id": f"aaaa{number}", **more} for number, more in enumerate(kinds)]
    strange += [
        {**rule, "id": "bbbb" + HOSTILE},
        {**rule, "id": "cccc", "at": HOSTILE},
        {**rule, "id": "dddd", HOSTILE: HOSTILE},
    ]
    stored.write_text(json.dumps({**document, "rules": [rule, *strange]}))
    for words in (
        ["ls", "orders"],
        ["show", "orders", "aaaa0"],
        ["show", "orders", "bbbb"],
        ["show", "orders", "cccc"],
        ["status", "orders"],
        ["rm", "orders", "bbbb", "--yes"],
    ):
        ran = hotlog(*words, "--local")
        assert [char for char in ran.out + ran.err if char != "\n" and not char.isprintable()] == [], words
    assert "[red]a[/]" in hotlog("ls", "orders", "--local").out
