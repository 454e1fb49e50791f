"""The commands on a file store: what they print, where, and what they leave behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hotlog.cli.listing import list_commands
from hotlog.cli.root import COMMANDS
from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT

APP = '''\
"""An application."""


def charge(items, user):
    """Charge a user."""
    # what it costs
    total = sum(
        item.price
        for item in items
    )
    if total > 100:
        user.warn()
    return total
'''


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    (tmp_path / "app.py").write_text(APP)


def line_of(marker: str) -> int:
    return next(number for number, line in enumerate(APP.splitlines(), 1) if marker in line)


def entries(function: str = "orders") -> list[dict[str, Any]]:
    content: dict[str, Any] = json.loads(Path(f".hotlog/{function}.json").read_text())
    return list(content["rules"])


# --- add -----------------------------------------------------------------------------------------------------------

ADDED: list[tuple[list[str], dict[str, object]]] = [
    (
        ["app.py:13", "total={total}"],
        {"at": "app.py:13", "text": "return total", "message": "total={total}"},
    ),
    (["app.py:13"], {"at": "app.py:13", "text": "return total", "snapshot": True}),
    (["app.py:13", "x", "--snapshot"], {"message": "x", "snapshot": True}),
    (["app.py:6"], {"at": "app.py:6", "text": "total = sum("}),
    (["app.py:9"], {"at": "app.py:9", "text": "total = sum("}),
    (["app:charge"], {"at": "app:charge", "text": "def charge(items, user):"}),
    (["app.py:/return tot/"], {"at": "app.py:13", "text": "return total"}),
    (["./app.py:13"], {"at": "app.py:13"}),
    (["app.py:13", "x", "--if", "total > 100"], {"if": "total > 100"}),
    (
        ["app.py:13", "--watch", "n=len(items)", "--watch", "u=user.id"],
        {"watch": {"n": "len(items)", "u": "user.id"}},
    ),
    (["app.py:13", "--stack", "3"], {"stack": 3}),
    (["app.py:13", "x", "--limit", "7", "--rate", "0.5"], {"limit": 7, "per_second": 0.5}),
    (["app.py:13", "x", "--limit", "none", "--rate", "none"], {"limit": None, "per_second": None}),
    (["app.py:13", "x", "--sample", "0.25"], {"sample": 0.25}),
    (
        ["app.py:13", "--id", "mine", "--note", "why", "--group", "g"],
        {"id": "mine", "note": "why", "group": "g"},
    ),
    (["app.py:13", "--properties"], {"properties": True}),
]


@pytest.mark.parametrize(
    ("words", "expected"), ADDED, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_add_stores_what_was_asked_for_and_prints_it_as_json(
    words: list[str], expected: dict[str, object]
) -> None:
    ran = hotlog("add", "orders", *words, "--local", "--json")

    assert ran.code == 0, ran.err
    [entry] = entries()
    assert json.loads(ran.out) == entry
    assert {key: entry[key] for key in expected} == expected


def test_a_rule_lives_an_hour_unless_told_otherwise() -> None:
    for words, lives in (
        ([], timedelta(hours=1)),
        (["--for", "2h"], timedelta(hours=2)),
        (["--for", "90"], timedelta(seconds=90)),
    ):
        entry = json.loads(hotlog("add", "orders", "app.py:13", *words, "--local", "--json").out)

        created, expires = (datetime.fromisoformat(entry[key]) for key in ("created", "expires"))
        assert expires - created == lives
        assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)


def test_add_shows_the_statement_where_the_probe_goes_and_why_it_slid() -> None:
    ran = hotlog("add", "orders", "app.py:6", "n={len(items)}", "--if", "items", "--id", "k3f9", "--local")

    shown = ran.err.splitlines()
    mark = next(number for number, line in enumerate(shown) if "+" in line)
    assert shown[mark].strip() == "+      log n={len(items)}    if items"
    assert shown[mark - 1].strip() == "6      # what it costs"
    assert shown[mark + 1].strip() == "7      total = sum("
    assert shown[mark].index("log") == shown[mark + 1].index("total")  # indented like the statement
    assert "line 6 is a comment: the probe goes before line 7" in ran.err


def test_the_probe_at_a_function_is_shown_below_its_docstring() -> None:
    shown = hotlog("add", "orders", "app:charge", "hello", "--local").err.splitlines()

    mark = next(number for number, line in enumerate(shown) if "+" in line)
    assert shown[mark + 1].strip() == "7      total = sum("


def test_add_says_how_long_how_much_and_how_to_take_it_out_again() -> None:
    ran = hotlog("add", "orders", "app.py:13", "x", "--id", "k3f9", "--limit", "50", "--for", "2h", "--local")

    assert "rule k3f9 on orders, live at the next invocation, until " in ran.err
    assert re.search(r"until (\d{4}-\d\d-\d\d )?\d\d:\d\d \(2 h\)", ran.err)
    assert "at most 50 lines from each environment, 5 a second." in ran.err
    [remove] = re.findall(r"Undo: hotlog (.*)", ran.err)
    assert hotlog(*shlex.split(remove)).code == 0
    assert entries() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "at most 100 lines from each environment, 5 a second."),
        (["--snapshot"], "at most 10 events from each environment, 1 a second."),
        (
            ["--limit", "none", "--rate", "2", "--for", "60s"],
            "at most 120 lines from each environment, 2 a second.",
        ),
        (
            ["--limit", "500", "--rate", "1", "--for", "60s"],
            "at most 60 lines from each environment, 1 a second.",
        ),
        (["--limit", "none", "--rate", "none"], "no limit"),
    ],
)
def test_the_worst_case_is_the_tighter_of_the_limits(words: list[str], said: str) -> None:
    assert said in hotlog("add", "orders", "app.py:13", "x", *words, "--local", "--dry-run").err


def test_in_a_pipe_stdout_is_the_id_alone() -> None:
    ran = hotlog("add", "orders", "app.py:13", "--id", "k3f9", "--local")

    assert ran.out == "k3f9\n"


def test_a_dry_run_stores_nothing() -> None:
    ran = hotlog("add", "orders", "app.py:13", "--local", "--dry-run", "--json")

    assert ran.code == 0
    assert json.loads(ran.out)["at"] == "app.py:13"
    assert not Path(".hotlog").exists()


def test_source_names_another_directory() -> None:
    Path("src/shop").mkdir(parents=True)
    Path("src/shop/cart.py").write_text("class Cart:\n    def total(self):\n        return 1\n")

    ran = hotlog("add", "orders", "shop.cart:Cart.total", "--source", "src", "--local", "--json")

    assert json.loads(ran.out)["at"] == "shop.cart:Cart.total"


def test_add_warns_where_the_rules_are_paused() -> None:
    hotlog("add", "orders", "app.py:13", "--local")
    hotlog("pause", "orders", "--local")

    ran = hotlog("add", "orders", "app.py:7", "--local")

    assert ran.code == 0
    assert "paused" in ran.err
    assert "hotlog resume orders --local" in ran.err


# --- ls, show ------------------------------------------------------------------------------------------------------


def test_ls_shows_a_rule_on_one_line_of_a_pipe() -> None:
    condition = "total > 100 and " * 10 + "user.id == 7"
    hotlog("add", "orders", "app.py:13", "total={total}", "--if", condition, "--id", "k3f9", "--local")

    ran = hotlog("ls", "orders", "--local")

    head, row = ran.out.splitlines()
    assert head.split() == ["ID", "TARGET", "WHAT", "IF", "AGE", "EXPIRES", "STATE", "BY"]
    assert row.startswith("k3f9  app.py:13  log total={total}  total > 100 and")
    assert re.search(r"  \d+s   (59m|1h)  +active  \S+@\S+$", row)


def test_ls_without_a_function_lists_those_that_have_rules() -> None:
    hotlog("add", "orders", "app.py:13", "--local")
    hotlog("add", "stock", "app.py:7", "--local")
    hotlog("clear", "stock", "--local")

    everything = json.loads(hotlog("ls", "--local", "--json").out)

    assert [found["function"] for found in everything] == ["orders"]
    assert hotlog("ls", "--local").out.splitlines()[1].startswith("orders")


def test_ls_of_nothing_says_so_and_is_no_failure() -> None:
    ran = hotlog("ls", "--local")

    assert (ran.code, ran.out) == (0, "")
    assert "no rules for any function in file:.hotlog" in ran.err.lower()


def test_ls_shows_a_rule_that_cannot_be_read_next_to_one_that_can() -> None:
    hotlog("add", "orders", "app.py:13", "--id", "good", "--local")
    path = Path(".hotlog/orders.json")
    content = json.loads(path.read_text())
    content["rules"].append({"id": "odd", "at": "app.py:7", "colour": "red"})
    path.write_text(json.dumps(content))

    found = json.loads(hotlog("ls", "orders", "--local", "--json").out)[0]
    table = hotlog("ls", "orders", "--local").out

    assert [rule["id"] for rule in found["rules"]] == ["good", "odd"]
    assert found["faults"]["odd"]["code"] == "unknown-field"
    assert "good" in table
    assert "colour" in table
    assert hotlog("rm", "orders", "odd", "--local").code == 0


def test_ls_marks_what_has_expired() -> None:
    entry = {
        "id": "old1",
        "at": "app.py:13",
        "snapshot": True,
        "created": "2020-01-01T00:00:00Z",
        "expires": "2020-01-01T01:00:00Z",
    }
    Path(".hotlog").mkdir()
    Path(".hotlog/orders.json").write_text(json.dumps({"v": 1, "rules": [entry]}))

    assert "expired" in hotlog("ls", "orders", "--local").out


def test_ls_says_which_rules_are_active() -> None:
    hotlog("add", "orders", "app.py:13", "--local")

    assert " active " in hotlog("ls", "--all", "--local").out
    hotlog("pause", "orders", "--local")
    assert " paused " in hotlog("ls", "--all", "--local").out
    assert hotlog("ls", "orders", "--all", "--local").code == 2


@pytest.mark.parametrize("name", ["k3f9", "k3", "app.py:13"])
def test_show_prints_the_whole_rule(name: str) -> None:
    hotlog("add", "orders", "app.py:13", "x={total}", "--id", "k3f9", "--note", "3 a.m.", "--local")

    shown = hotlog("show", "orders", name, "--local").out

    assert re.search(r"^note +3 a\.m\.$", shown, re.MULTILINE)
    assert re.search(r"^limit +100 per environment$", shown, re.MULTILINE)
    assert json.loads(hotlog("show", "orders", name, "--local", "--json").out) == entries()


# --- rm, clear, pause ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["abcd"], ["abxy", "zz11"]),
        (["abc"], ["abxy", "zz11"]),
        (["app.py:13"], ["zz11"]),
        (["abcd", "zz11"], ["abxy"]),
        (["--group", "night"], ["abcd"]),
    ],
)
def test_rm_takes_ids_prefixes_targets_and_groups(words: list[str], left: list[str]) -> None:
    for name, target, group in (
        ("abcd", "app.py:13", "day"),
        ("abxy", "app.py:13", "night"),
        ("zz11", "app.py:7", "night"),
    ):
        hotlog("add", "orders", target, "--id", name, "--group", group, "--local")

    ran = hotlog("rm", "orders", *words, "--local", "--json")

    assert ran.code == 0
    assert [entry["id"] for entry in entries()] == left
    assert sorted([entry["id"] for entry in json.loads(ran.out)] + left) == ["abcd", "abxy", "zz11"]


def test_a_group_goes_from_all_functions_past_a_document_that_cannot_be_read() -> None:
    for function in ("orders", "stock"):
        hotlog("add", function, "app.py:13", "--group", "night", "--local")
    Path(".hotlog/damaged.json").write_text("{")

    ran = hotlog("rm", "--group", "night", "--local")

    assert ran.code == 0
    assert ran.err.count("removed ") == 2
    assert "damaged may have rules of the group left" in ran.err
    assert Path(".hotlog/damaged.json").read_text() == "{"


def test_clear_leaves_no_rule() -> None:
    hotlog("add", "orders", "app.py:13", "--id", "one", "--local")
    hotlog("add", "orders", "app.py:7", "--id", "two", "--local")

    ran = hotlog("clear", "orders", "--local")

    assert entries() == []
    assert "removed one" in ran.err
    assert "removed two" in ran.err


def test_pause_and_resume_keep_the_rules() -> None:
    hotlog("add", "orders", "app.py:13", "--local")
    before = entries()

    for word, paused in (("pause", True), ("pause", True), ("resume", False)):
        assert json.loads(hotlog(word, "orders", "--local", "--json").out) == {
            "function": "orders",
            "paused": paused,
        }
        assert entries() == before
        assert json.loads(hotlog("ls", "orders", "--local", "--json").out)[0]["paused"] is paused


# --- every command -------------------------------------------------------------------------------------------------


# These read no store and ask no AWS.
ALONE = {
    "hotlog help",
    "hotlog explain",
    "hotlog schema",
    "hotlog completion",
    "hotlog layer build",
    "hotlog queries",
    "hotlog approve",
    "hotlog skill install",
}
NO_JSON = {
    "hotlog completion",
    "hotlog dap",
    "hotlog editor",
    "hotlog mcp",
    "hotlog ui",
}  # a script, files, a page; protocols of their own


@pytest.mark.parametrize("command", list_commands())
def test_every_command_explains_itself(command: str) -> None:
    whole = "--help-all" if command == "hotlog add" else "--help"
    ran = hotlog(*command.split()[1:], whole)

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: {command} ")
    for word in ("Examples:", command, *(["--json"] if command not in NO_JSON else [])):
        assert word in ran.out
    for option in ("--local", "--store", "--region", "--profile", "--fields"):
        if option == "--fields" and command in NO_JSON:
            continue
        assert (f" {option} " in ran.out) is (command not in ALONE)
    assert max(map(len, ran.out.splitlines())) <= 100


def test_the_help_of_all_lists_each_command_with_its_own_first_line() -> None:
    out = hotlog("--help").out

    for command, (_, summary) in COMMANDS.items():
        assert f"  {command} " in out
        assert summary in out


def test_hotlog_alone_explains_itself_and_is_wrong_usage() -> None:
    ran = hotlog()

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == hotlog("--help").out


def test_what_is_stored_cannot_steer_the_terminal() -> None:
    hotlog("add", "orders", "app.py:13", "--note", "\x1b[2J\u202egone", "--group", "\x07", "--local")

    for ran in (hotlog("show", "orders", "app.py:13", "--local"), hotlog("ls", "orders", "--local")):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", ran.out + ran.err)


def shell(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a fresh process, on a terminal where `script` says so."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    return subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, env=variables, check=False
    )


HOTLOG = f"{shlex.quote(sys.executable)} -m hotlog.cli"


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "unloaded"),
    [
        ("--help", ["boto3", "botocore", "rich", "hotlog.source", "hotlog.stores", "hotlog.local"]),
        ("add --help", ["boto3", "botocore", "rich", "hotlog.source", "hotlog.stores", "hotlog.local"]),
        ("add --help", ["hotlog.cli.showing.parts", "hotlog.client.events", "dataclasses"]),
        ("ls --local", ["boto3", "botocore", "rich", "hotlog.local", "hotlog.agent.agent"]),
        ("rm orders nothing --local", ["boto3", "botocore", "rich", "hotlog.local", "hotlog.agent.agent"]),
    ],
)
def test_a_fresh_process_loads_only_what_its_command_needs(words: str, unloaded: list[str]) -> None:
    code = (
        "import sys; from hotlog.cli import main; main(sys.argv[1:]); "
        f"print(sorted(set(sys.modules) & set({unloaded!r})))"
    )

    ran = shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {words}")

    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr


@pytest.mark.process
def test_a_reader_that_goes_away_is_no_traceback() -> None:
    for number in range(30):
        hotlog("add", "orders", "app.py:13", "--id", f"rule{number}", "--note", "x" * 1_000, "--local")

    ran = shell(f"{HOTLOG} ls --local --json | head -c 10")

    assert "Traceback" not in ran.stderr
    assert "BrokenPipe" not in ran.stderr


@pytest.mark.process
def test_colour_is_for_terminals_that_want_it() -> None:
    words = f"{HOTLOG} add orders app.py:13 --local --dry-run"
    terminal = (
        f"{shlex.quote(sys.executable)} -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))' {words}"
    )

    assert "\x1b[" in shell(terminal, TERM="xterm").stdout
    assert "\x1b[" not in shell(terminal, TERM="xterm", NO_COLOR="1").stdout
    assert "\x1b[" not in shell(terminal, TERM="dumb").stdout
    assert "\x1b[" not in shell(f"{words} 2>&1", TERM="xterm").stdout
