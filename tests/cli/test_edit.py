"""Changing rules that are stored, and taking them from one function or one night to another."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import Ran, hotlog, settle_in

APP = """\
def charge(items, token):
    total = sum(items)
    return total
"""


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)
    done("add", "orders", "app.py:3", "total={total}", "--if", "total > 100", "--id", "k3f9", "--for", "30m")


def done(*words: str) -> Ran:
    ran = hotlog(*words, "--local")
    assert ran.code == 0, ran.err
    return ran


def entries(function: str = "orders") -> list[dict[str, Any]]:
    return list(json.loads(Path(f".hotlog/{function}.json").read_text())["rules"])


def lives(entry: dict[str, Any]) -> timedelta:
    created, expires = (datetime.fromisoformat(entry[key]) for key in ("created", "expires"))
    return expires - created


EDITS: list[tuple[list[str], dict[str, object]]] = [
    (["--message", "n={len(items)}"], {"message": "n={len(items)}"}),
    (["--if", "total > 500"], {"if": "total > 500"}),
    (["--if", ""], {"if": "absent"}),
    (["--limit", "7", "--rate", "0.5"], {"limit": 7, "per_second": 0.5}),
    (["--limit", "none"], {"limit": None}),
    (["--snapshot", "--stack", "3"], {"snapshot": True, "stack": 3}),
    (["--watch", "n=len(items)"], {"watch": {"n": "len(items)"}}),
    (["--sample", "0"], {"sample": 0.0}),
    (["--note", "why"], {"note": "why"}),
]


@pytest.mark.parametrize(
    ("words", "expected"), EDITS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_edit_changes_what_is_named_and_nothing_else(words: list[str], expected: dict[str, object]) -> None:
    [before] = entries()

    ran = done("edit", "orders", "k3", *words, "--json")

    [after] = entries()
    assert json.loads(ran.out) == after
    assert {key: after.get(key, "absent") for key in expected} == expected
    untouched = before.keys() - expected.keys() - {"in", "by"}
    assert {key: after[key] for key in untouched} == {key: before[key] for key in untouched}


def test_for_lets_a_rule_live_so_long_from_now() -> None:
    path = Path(".hotlog/orders.json")
    old = path.read_text().replace(entries()[0]["created"], "2020-01-01T00:00:00Z")
    path.write_text(old.replace(entries()[0]["expires"], "2099-01-01T00:00:00Z"))
    assert (
        "expires" in hotlog("edit", "orders", "k3f9", "--limit", "7", "--local").err
    )  # stored so, it is an error

    path.write_text(json.dumps({"v": 1, "rules": [{**entries()[0], "expires": "2020-01-01T01:00:00Z"}]}))
    done("edit", "orders", "k3f9", "--for", "2h")

    assert lives(entries()[0]) == timedelta(hours=2)


def test_a_changed_condition_is_checked_and_its_statement_followed_through_the_source() -> None:
    Path("app.py").write_text("# moved\n" + APP)

    ran = done("edit", "orders", "k3f9", "--if", "items and total")

    assert entries()[0]["at"] == "app.py:4"
    assert "+      log total={total}    if items and total" in ran.err


REFUSED = [
    ("edit orders k3f9", 2, "say what to change"),
    ("edit orders k3f9 --if totl", 2, "[unknown-name]"),
    ("edit orders k3f9 --message {token}", 2, "[redacted-name]"),
    ("edit orders k3f9 --for 8d", 2, "at most 7 d"),
    ("edit orders k3f8 --limit 7", 1, "[unknown-rule]"),
    ("edit orders odd --limit 7", 2, "[unknown-field]"),
    ("edit orders app.py:2 --limit 7", 1, "[ambiguous-rule]"),
]


@pytest.mark.parametrize(("words", "code", "says"), REFUSED)
def test_what_cannot_be_changed_is_one_sentence_and_nothing_changed(words: str, code: int, says: str) -> None:
    for name in ("one", "two"):
        done("add", "orders", "app.py:2", "--id", name)
    path = Path(".hotlog/orders.json")
    content = json.loads(path.read_text())
    content["rules"].append({"id": "odd", "at": "app.py:2", "colour": "red"})
    path.write_text(json.dumps(content))

    ran = hotlog(*words.split(), "--local")

    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert json.loads(path.read_text()) == content


# --- export, import --------------------------------------------------------------------------------------------------


def test_rules_go_through_a_file_to_another_function_and_live_from_then_on() -> None:
    done("add", "orders", "app:charge", "--note", "3 a.m.", "--group", "slow", "--id", "zz11")
    Path("book.json").write_text(done("export", "orders").out)
    Path("app.py").write_text("# moved\n" + APP)

    ran = done("import", "stock", "book.json", "--json")

    first, second = entries("stock")
    assert [each["rule"] for each in json.loads(ran.out)] == [first, second]
    assert (first["at"], first["message"], first["if"]) == ("app.py:4", "total={total}", "total > 100")
    assert (second["at"], second["note"], second["group"]) == ("app:charge", "3 a.m.", "slow")
    assert (lives(first), lives(second)) == (timedelta(minutes=30), timedelta(hours=1))


def test_a_file_says_neither_who_nor_when() -> None:
    [rule] = json.loads(done("export", "orders", "k3").out)["rules"]

    assert rule["for_s"] == 1_800
    assert not {"created", "expires", "by"} & rule.keys()
    assert json.loads(done("export", "orders", "--json").out)["rules"] == [rule]


def test_import_replaces_a_rule_of_the_same_id_and_keeps_the_others() -> None:
    Path("book.json").write_text(done("export", "orders").out)
    done("edit", "orders", "k3f9", "--limit", "7")
    done("add", "orders", "app.py:2", "--id", "mine")

    done("import", "orders", "book.json", "--for", "5m", "--group", "g")

    assert [rule["id"] for rule in entries()] == ["k3f9", "mine"]
    assert "limit" not in entries()[0]
    assert (lives(entries()[0]), entries()[0]["group"]) == (timedelta(minutes=5), "g")


def test_a_dry_run_of_an_import_stores_nothing() -> None:
    Path("book.json").write_text(done("export", "orders").out)

    assert "would be added to stock" in done("import", "stock", "book.json", "--dry-run").err
    assert not Path(".hotlog/stock.json").exists()


BAD_FILES = [
    ("{", "[bad-file]", 2),
    ("[]", "[bad-file]", 2),
    ('{"hotlog": "rules", "rules": []}', "[bad-file]", 2),
    ('{"hotlog": "rules", "rules": [{"id": "a", "at": "app.py:3"}]}', "'for_s' must be", 2),
    ('{"hotlog": "rules", "rules": [{"id": "a", "at": "app.py:3", "for_s": 60, "colour": "red"}]}', "[unknown-field]", 2),
    ('{"hotlog": "rules", "rules": [{"id": "a", "at": "app.py:3", "for_s": 60, "text": "gone"}]}', "[source-changed]", 1),
    ('{"hotlog": "rules", "rules": [{"id": "a", "at": "app.py:3", "for_s": 60}, {"at": "no.py:3", "for_s": 60}]}', "[no-such-file]", 1),
    ('{"hotlog": "rules", "rules": [{"id": "a", "at": "app.py:3", "for_s": 999999}]}', "at most 7 d", 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says", "code"), BAD_FILES)
def test_a_file_with_one_fault_adds_no_rule_at_all(text: str, says: str, code: int) -> None:
    Path("book.json").write_text(text)

    ran = hotlog("import", "stock", "book.json", "--local")

    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert not Path(".hotlog/stock.json").exists()
