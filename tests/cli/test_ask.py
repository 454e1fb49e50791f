"""`hotlog add` without arguments on a terminal: it asks, and takes no wrong answer."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cli import hotlog, settle_in
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings(
        "ignore:This process .* is multi-threaded:DeprecationWarning"
    ),  # pexpect forks
]

APP = """\
def charge(items):
    total = sum(items)
    return total
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    (tmp_path / "app.py").write_text(APP)
    with Terminal(tmp_path, {}) as terminal:
        yield terminal


def rules(folder: Path) -> list[dict[str, Any]]:
    path = folder / ".hotlog" / "orders.json"
    return list(json.loads(path.read_text())["rules"]) if path.exists() else []


@pytest.mark.process
def test_each_answer_is_checked_before_the_next_question(terminal: Terminal, tmp_path: Path) -> None:
    answers = [
        ("Function: ", "or ders"),
        ("Function: ", "orders"),
        ("/TEXT/: ", "ap.py:3"),
        ("/TEXT/: ", "app.py:/return/"),
        ("variables: ", "total={totl}"),
        ("variables: ", "total={total}"),
        ("always: ", "total > 100"),
        ("[1h]: ", "soon"),
        ("[1h]: ", "30m"),
        ("[Y/n]: ", "y"),
    ]
    terminal.enter("hotlog add --local")
    for question, answer in answers:
        terminal.see(question)
        terminal.enter(answer)
    terminal.see("Undo")
    terminal.see("$ ")

    shown = terminal.shown()
    for said in (
        "'or ders' is no function",
        "Did you mean app.py",
        "Did you mean 'total'",
        "'soon' is no duration",
    ):
        assert said in shown
    assert "+      log total={total}    if total > 100" in shown
    [rule] = rules(tmp_path)
    assert (rule["at"], rule["message"], rule["if"]) == ("app.py:3", "total={total}", "total > 100")


@pytest.mark.process
def test_what_was_answered_is_a_command_to_type_the_next_time(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.enter("hotlog add orders --local")
    for question, answer in (
        ("/TEXT/: ", "/var/task/app.py:3"),  # as a traceback has it
        ("variables: ", ""),
        ("always: ", ""),
        ("[1h]: ", "2h"),
    ):
        terminal.see(question)
        terminal.enter(answer)
    terminal.see("[Y/n]: ")
    terminal.enter("n")
    terminal.see("$ ")
    assert rules(tmp_path) == []

    [command] = re.findall(r"^The same as: hotlog (.+)$", terminal.shown(), re.MULTILINE)
    assert command == "add orders /var/task/app.py:3 --for 2h --local"
    assert "note: taking app.py:3" in terminal.shown()
    settle_in(tmp_path, monkeypatch)
    assert hotlog(*command.split()).code == 0


@pytest.mark.process
def test_ctrl_c_at_a_question_stores_nothing(terminal: Terminal, tmp_path: Path) -> None:
    terminal.enter("hotlog add orders --local; echo left with $?")
    terminal.see("/TEXT/: ")
    terminal.interrupt_until("left with 130")

    assert "Traceback" not in terminal.shown()
    assert rules(tmp_path) == []
