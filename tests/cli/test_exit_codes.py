"""Exit codes: one table of the docs, true of each command. Wrong input never ends in 0."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hotlog.cli.root import COMMANDS
from hotlog.client.pages import read_page
from tests.support.cli import hotlog, settle_in

# What each command gets beside what makes no sense, so that only that is wrong.
WORDS = {
    "add": "orders app.py:2 x",
    "attach": "orders",
    "clear": "orders",
    "completion": "bash",
    "detach": "orders",
    "doctor": "orders",
    "edit": "orders k3f9 --limit 5",
    "explain": "denied",
    "export": "orders",
    "find": "orders handler",
    "gc": "",
    "help": "codes",
    "history": "orders",
    "import": "orders rules.json",
    "invoke": "app.handler",
    "layer": "build",
    "ls": "orders",
    "pause": "orders",
    "policy": "orders",
    "redact": "check rules.json",
    "resume": "orders",
    "rm": "orders k3f9",
    "rotate": "orders",
    "show": "orders k3f9",
    "start": "",
    "status": "orders",
    "stop": "",
    "tail": "orders --no-follow",
    "try": "orders --dry-run",
    "promote": "orders k3f9",
}
FAILS = [
    ("add orders app.py:99 x --local", 1),
    ("add orders gone.py:2 x --local", 1),
    ("add orders app.py:2 {nothing} --local", 2),
    ("add orders app.py:2 x --environments 0 --local", 2),
    ("add orders app.py:2 x --environments  --local", 2),
    ("find orders nothing_like_it --local", 1),
    pytest.param("try orders --local --source .", 1, marks=pytest.mark.process),  # git
    pytest.param("try orders --local", 2, marks=pytest.mark.process),  # git
    pytest.param("try orders --local --source . --since nowhere", 2, marks=pytest.mark.process),  # git
    pytest.param("promote orders zzzz --local", 1, marks=pytest.mark.process),  # git
    pytest.param("promote orders k3f9 --style other --local", 2, marks=pytest.mark.process),  # git
    ("find orders re:( --local", 2),
    ("status typo --local", 1),
    ("show orders zzzz --local", 1),
    ("edit orders zzzz --limit 5 --local", 1),
    ("edit orders k3f9 --local", 2),
    ("edit orders k3f9 --if nothing --local", 2),
    ("rm orders zzzz --local", 1),
    ("rm orders --local", 2),
    ("history orders --local", 2),
    ("export orders zzzz --local", 1),
    ("import orders app.py --local", 2),
    ("import orders gone.json --local", 2),
    ("attach orders --local", 2),
    ("invoke app.fails --local", 1),
    ("invoke gone.handler --local", 2),
    ("invoke app.handler --event {", 2),
    ("help xyzzy", 2),
    ("explain nothing", 2),
    ("ls orders --store s3://b/r", 2),
    ("ls orders --local --store ssm:", 2),
    ("nothing", 2),
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(
        "def handler(event, context):\n    return event\n\n\ndef fails(event, context):\n    raise KeyError\n"
    )
    Path("rules.json").write_text("{}")
    assert hotlog("add", "orders", "app.py:2", "x", "--local", "--id", "k3f9").code == 0


def test_the_table_has_each_command_once() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \|", read_page("exit-codes"), re.MULTILINE)
    assert sorted(rows) == sorted(COMMANDS)
    assert WORDS.keys() <= COMMANDS.keys()


@pytest.mark.parametrize("command", sorted(WORDS))
def test_an_option_that_there_is_not_is_wrong_usage(command: str) -> None:
    ran = hotlog(command, *WORDS[command].split(), "--frobnicate")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(("words", "code"), FAILS)
def test_what_cannot_be_done_never_ends_in_0(words: str, code: int) -> None:
    ran = hotlog(*words.split(" "))
    assert ran.code == code, ran.err
    assert ran.err or ran.out, "it says why"
