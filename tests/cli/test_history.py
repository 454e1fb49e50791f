"""`hotlog history`: who changed which rule when, from the versions of the parameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client.documents.versions import list_versions
from hotlog.rules import document as documents
from hotlog.rules.document import Document
from hotlog.stores import Answer, Version
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import deploy

if TYPE_CHECKING:
    from tests.support.emulators import Ministack

NOW_S = 1_795_000_000.0


def version(
    number: int, *entries: dict[str, Any], paused: bool = False, text: str = "", refresh: object = None
) -> Version:
    document = Document(entries, paused=paused, refresh=refresh)
    answer = Answer(text or documents.dumps(document), number, NOW_S + number)
    return Version(answer, f"arn:aws:sts::1:assumed-role/dev/user-{number}")


def rule(key: str, **fields: Any) -> dict[str, Any]:
    times = {"created": "2036-01-01T00:00:00Z", "expires": "2036-01-01T01:00:00Z"}
    return {"id": key, "at": "app.py:3", "message": "x={x}", **times, **fields}


EXPIRED = {"created": "2020-01-01T00:00:00Z", "expires": "2020-01-01T01:00:00Z"}

STORIES: list[tuple[list[Version], list[list[tuple[str, str]]]]] = [
    ([], []),
    ([version(1, rule("a"))], [[("added", "a")]]),
    ([version(1, rule("a")), version(2)], [[("added", "a")], [("removed", "a")]]),
    ([version(1, rule("a", **EXPIRED)), version(2)], [[("added", "a")], [("expired", "a")]]),
    ([version(1, rule("a")), version(2, rule("a"), paused=True)], [[("added", "a")], [("paused", "")]]),
    ([version(1, paused=True), version(2)], [[("paused", "")], [("resumed", "")]]),
    (
        [version(1, rule("a")), version(2, rule("b"), rule("a", limit=3))],
        [[("added", "a")], [("added", "b"), ("edited", "a")]],
    ),
    ([version(7, rule("a")), version(8, rule("a"))], [[("kept", "a")], []]),
    (
        [version(1, rule("a")), version(2, text="{"), version(3, rule("a"), rule("b"))],
        [[("added", "a")], [("unreadable", "")], [("added", "b")]],
    ),
    ([version(1, {"id": "a"})], [[("added", "a")]]),
    (
        [version(1, rule("a"), refresh=60), version(2, rule("a"), refresh="each"), version(3, rule("a"))],
        [[("added", "a")], [("refresh", "")], [("refresh", "")]],
    ),
]


@pytest.mark.parametrize(("versions", "story"), STORIES)
def test_each_version_says_what_it_did(versions: list[Version], story: list[list[tuple[str, str]]]) -> None:
    found = list(list_versions(versions))

    assert [[(change.what, change.rule) for change in each.changes] for each in found] == story
    assert [each.by for each in found] == [each.user for each in versions]


def test_an_edited_rule_says_which_fields_and_how() -> None:
    before, after = rule("a", limit=10), {**rule("a", **{"if": "x > 1"}), "message": "y"}

    *_, last = list_versions([version(1, before), version(2, after)])

    (change,) = last.changes
    assert change.text == "message: x={x} → y, limit: 10 → default, if: default → x > 1"


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.emulator
def test_the_history_of_a_function_tells_who_did_what(aws: Ministack) -> None:
    ssm = aws.client("ssm")
    story = [
        Document((rule("k3f9"),)),
        Document((rule("k3f9"), rule("zz11", message="\x1b[2J[red]é"))),
        Document((rule("zz11", message="\x1b[2J[red]é"),), paused=True),
    ]
    for document in story:
        ssm.put_parameter(
            Name="/hotlog/orders", Value=documents.dumps(document), Type="String", Overwrite=True
        )

    ran = hotlog("history", "orders")

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[2:3] + line.split()[4:6] for line in lines] == [
        ["v1", "added", "k3f9"],
        ["v2", "added", "zz11"],
        ["v3", "removed", "k3f9"],
        ["v3", "paused"],
    ]
    assert {line.split()[3] for line in lines} == {"root"}, "who wrote it"
    assert r"\x1b[2J[red]é" in lines[1]

    only = hotlog("history", "orders", "--rule", "zz", "--json")
    (one,) = json.loads(only.out)
    assert one["version"] == 2
    assert one["by"].startswith("arn:")
    assert [(change["what"], change["entry"]["message"]) for change in one["changes"]] == [
        ("added", "\x1b[2J[red]é")
    ]

    none = hotlog("history", "stock")
    assert (none.code, none.out) == (1, "")
    assert "there is no function 'stock'" in none.err
    deploy(aws, "stock", {"app.py": "def handler(event, context):\n    return event\n"})
    none = hotlog("history", "stock")
    assert (none.code, none.out, none.err) == (0, "", "There is no history of the rules of stock.\n")


@pytest.mark.emulator
def test_what_many_functions_commands_did_stands_in_the_history_of_each(aws: Ministack) -> None:
    source = {"app.py": "def handler(event, context):\n    total = 1\n    return total\n"}
    for name in ("orders-api", "orders-cart"):
        deploy(aws, name, source)
    did = [
        ("add", "orders-*", "app.py:3", "{total}", "--group", "g", "--id", "k3f9"),
        ("edit", "orders-api", "k3f9", "--limit", "7"),
        ("rotate", "orders-api"),
        ("stop",),
        ("start",),
        ("pause", "orders-*", "--yes"),
        ("resume", "orders-*", "--yes"),
        ("rm", "--group", "g"),
    ]
    said = {words: hotlog(*words) for words in did}
    assert [ran.code for ran in said.values()] == [0] * len(did)
    rotated = said["rotate", "orders-api"].err
    assert "orders-api has key 2 now" in rotated
    assert "proven where they were logged until 15 min from now, and none after" in rotated

    ran = hotlog("history", "orders-api", "--json")
    versions = json.loads(ran.out)
    assert [[(c["what"], c["rule"], c["text"]) for c in each["changes"]] for each in versions] == [
        [("added", "k3f9", "app.py:3  log {total}")],
        [("edited", "k3f9", "limit: default → 7")],
        [("rotated", "", "key 2")],
        [("paused", "", "by hotlog stop")],
        [("resumed", "", "")],
        [("paused", "", "")],
        [("resumed", "", "")],
        [("removed", "k3f9", "app.py:3  log {total}")],
    ]
    assert {each["by"] for each in versions} == {"arn:aws:iam::000000000000:root"}
    assert "nothing changed" not in hotlog("history", "orders-api").out
    assert "key 2" not in hotlog("history", "orders-cart").out


def test_a_file_store_keeps_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)

    ran = hotlog("history", "orders", "--local")

    assert (ran.code, ran.out) == (2, "")
    assert "file:.hotlog keeps no history" in ran.err
    assert "[no-history]" in ran.err
    assert not Path(".hotlog").exists()
