"""What goes wrong at the command line ends at once, in one sentence and with the exit code of its kind."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hotlog.cli.adding.ask import _with_pasted_lines
from hotlog.client import desk_limits
from hotlog.client.code.pattern_search import search_pattern
from hotlog.errors import RuleError
from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT

APP = "def charge(total):\n    twice = total * 2\n    return twice\n"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)


@pytest.mark.parametrize(
    "words",
    [["pause"], ["resume"], ["clear"], ["ls"], ["status"], ["export"], ["show"], ["rm"]],
    ids=" ".join,
)
def test_a_function_that_nobody_knows_is_refused(words: list[str]) -> None:
    assert hotlog("add", "app", "app.py:3", "{twice}", "--local").code == 0
    name, *_ = words
    ran = hotlog(name, "typo", *(["x"] if name in {"show", "rm"} else []), "--local")
    assert (ran.code, ran.out) == (1, "")
    assert "[unknown-function]" in ran.err or "[unknown-rule]" in ran.err
    assert sorted(path.name for path in Path(".hotlog").glob("*.json")) == ["app.json"]


@pytest.mark.parametrize("name", ["pause", "resume", "clear", "ls", "export"])
def test_a_function_that_had_rules_is_known(name: str) -> None:
    assert hotlog("add", "app", "app.py:3", "{twice}", "--local").code == 0
    assert hotlog("clear", "app", "--local").code == 0
    assert hotlog(name, "app", "--local").code == 0


@pytest.mark.process
def test_a_pattern_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_limits, "PATTERN_MAX_S", 1)
    Path("app.py").write_text(APP + f"x = '{'a' * 60}!'\n")
    start_s = time.monotonic()
    ran = hotlog("find", "app", "re:(a+)+$", "--local")
    assert ran.code == 2
    assert "(a+)+ is not done" not in ran.out
    assert "is not done after 1 s" in ran.err
    assert "[bad-query]" in ran.err
    assert time.monotonic() - start_s < 5


@pytest.mark.process
def test_a_pattern_finds_what_it_found() -> None:
    files = [b"one\ntwo two\n\nthree\n", b"", b"two\n"]
    assert search_pattern("two", files, 9) == [(0, 2), (2, 1)]
    assert search_pattern("^t", files, 2) == [(0, 2), (0, 4)]
    with pytest.raises(RuleError, match="no regular expression"):
        search_pattern("(", files, 9)
    ran = hotlog("find", "app", "re:tw.ce", "--local")
    assert (ran.code, ran.out.splitlines()[0].split()[0]) == (0, "app.py:2")


@pytest.mark.process
def test_a_reader_that_leaves_ends_a_command_as_it_ends_others() -> None:
    assert hotlog("add", "app", "app.py:3", "{twice}", "--local").code == 0
    command = f"{sys.executable} -m hotlog.cli ls --local; echo $? >&2"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        ["/bin/sh", "-c", command], stdout=write, stderr=subprocess.PIPE, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    os.close(write)
    assert done.stderr.split() == ["141"]


@pytest.mark.parametrize(("setting", "forms"), [("fil:x", "file:DIR"), ("sm:y", "ssm:[/PREFIX]")])
def test_a_store_that_is_none_names_the_schemes(setting: str, forms: str) -> None:
    ran = hotlog("ls", "--store", setting)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert forms in ran.err
    assert "[bad-store]" in ran.err


def test_a_traceback_that_is_pasted_at_a_prompt_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b'  File "/var/task/app.py", line 3, in charge\n    return twice\nKeyError\n')
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        taken = _with_pasted_lines("Traceback (most recent call last):")
        assert _with_pasted_lines("app.py:3") == "app.py:3"
    os.close(ours)
    assert taken.splitlines() == [
        "Traceback (most recent call last):", '  File "/var/task/app.py", line 3, in charge', "    return twice", "KeyError",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [["show", "x:9"], ["rm", "x:9"], ["edit", "x:9", "--limit", "3"], ["export", "x:9"]],
    ids=" ".join,
)
def test_a_rule_of_a_function_that_nobody_knows_names_the_function(words: list[str]) -> None:
    assert hotlog("add", "app", "app.py:3", "{twice}", "--local").code == 0
    verb, *rest = words
    ran = hotlog(verb, "ap", *rest, "--local")
    assert (ran.code, ran.out) == (1, "")
    assert "'ap' has never had rules" in ran.err
    assert "app" in ran.err
    assert "[unknown-function]" in ran.err
    assert "[unknown-rule]" in hotlog(verb, "app", *rest, "--local").err


def test_a_group_is_removed_past_a_damaged_document() -> None:
    for name in ("cart", "stock"):
        assert hotlog("add", name, "app.py:3", "{twice}", "--group", "g", "--local").code == 0
    Path(".hotlog/broken.json").write_text("{")
    ran = hotlog("rm", "--group", "g", "--local")
    assert (ran.code, ran.err.count("removed ")) == (0, 2)
    assert "broken may have rules of the group left" in ran.err
    ran = hotlog("rm", "--group", "g", "--local")  # nothing is left that can be read
    assert ran.code == 1
    assert "[unknown-rule]" not in ran.err


@pytest.mark.parametrize("verb", ["add", "edit"])
def test_a_rule_of_a_paused_function_is_said_to_start_with_the_others(verb: str) -> None:
    first = hotlog("add", "app", "app.py:3", "{twice}", "--id", "one", "--local")
    assert "live at the next invocation" in first.err
    assert hotlog("pause", "app", "--local").code == 0
    words = ["app", "app.py:2", "{total}"] if verb == "add" else ["app", "one", "--limit", "3"]
    ran = hotlog(verb, *words, "--local")
    assert "at the next invocation" not in ran.err
    assert "live once the rules of the function, which are paused, are switched on" in " ".join(
        ran.err.split()
    )


def test_a_dry_run_says_what_the_change_itself_would() -> None:
    assert hotlog("add", "app", "app.py:3", "{twice}", "--id", "one", "--local").code == 0
    ran = hotlog("add", "app", "app.py:2", "{total}", "--dry-run", "--local")
    assert "live at the next invocation" in ran.err
    assert "Nothing is stored." in ran.err
    assert "Undo:" not in ran.err
    ran = hotlog("add", "app", "app.py:2", "{total}", "--id", "one", "--dry-run", "--local")
    assert ran.code == 1
    assert "[duplicate-id]" in ran.err
    assert hotlog("pause", "app", "--local").code == 0
    ran = hotlog("add", "app", "app.py:2", "{total}", "--dry-run", "--local")
    assert "live once the rules of the function, which are paused" in ran.err
    assert "the rules of app are paused" in ran.err
    Path("rules.json").write_text(hotlog("export", "app", "--local").out)
    ran = hotlog("import", "app", "rules.json", "--dry-run", "--local")
    assert (ran.code, "which are paused" in ran.err) == (0, True), ran.err
    Path(".hotlog/app.json").write_text("{")
    ran = hotlog("add", "app", "app.py:2", "{total}", "--dry-run", "--local")
    assert "[document-damaged]" in ran.err


@pytest.mark.parametrize("how", ["--wait", "--tail"])
def test_nobody_waits_for_a_rule_that_no_environment_will_install(how: str) -> None:
    assert hotlog("add", "app", "app.py:3", "{twice}", "--id", "one", "--local").code == 0
    assert hotlog("pause", "app", "--local").code == 0
    start_s = time.monotonic()
    ran = hotlog("add", "app", "app.py:2", "{total}", "--id", "two", how, "--local")
    assert ran.code == 1
    assert "[paused]" in ran.err
    assert "Go on with: hotlog resume app --local" in ran.err
    assert time.monotonic() - start_s < 10
    assert ("two" in hotlog("ls", "app", "--local").out) is (
        how == "--wait"
    )  # as it stays, or goes, on any other end
