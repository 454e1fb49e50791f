"""A night at the terminal, from decorated code to `clear`: recorded, typed again, compared; and the same from a script.

`python -m tests.cli.test_session` records it anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.support.live import Live, live_orders
from tests.support.places import ROOT
from tests.support.terminal import PATIENCE_S, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply

pytestmark = [
    pytest.mark.emulator,
    pytest.mark.filterwarnings(
        "ignore:This process .* is multi-threaded:DeprecationWarning"
    ),  # pexpect forks
]

RECORDED = Path(__file__).parent / "transcripts" / "session.txt"
TARGET, MESSAGE = "pricing.py:/total = goods/", "goods={goods} percent={percent}"
WRONG = "order-wrong-total"  # of a customer who is charged too little


def events_of(reply: Reply, kind: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in reply.lines if line.startswith('{"hotlog"')]
    return [event for event in events if event["hotlog"] == kind]


def play(terminal: Terminal, orders: Live) -> str:
    """The night: what is typed, and what customers do meanwhile. Returns the transcript."""
    before = orders.invoke(WRONG)
    terminal.enter(f"hotlog add orders '{TARGET}' '{MESSAGE}' --id k3f9 --wait")
    terminal.see("Following")
    during = orders.invoke(WRONG)
    while not terminal.saw("$ ", 5):  # on a busy machine the rule goes in at the next invocation
        during = orders.invoke(WRONG)
    terminal.run("hotlog tail orders --no-follow")
    terminal.run("hotlog ls orders")
    terminal.run("hotlog status orders")
    terminal.run("hotlog edit orders k3f9 --if 'percent > 10' --limit 20")
    selective = orders.invoke(WRONG)
    terminal.run("hotlog show orders k3f9")
    terminal.run("hotlog history orders")
    terminal.run("hotlog clear orders")
    after = orders.invoke(WRONG)

    assert before.raw == during.raw == selective.raw == after.raw
    assert [event["message"] for event in events_of(during, "log")] == ["goods=13392 percent=10"]
    assert events_of(selective, "log") == []
    assert [event["state"] for event in events_of(after, "status")] == ["removed"]
    return terminal.transcript()


class Desk(NamedTuple):
    """A terminal at an account with a function that runs."""

    terminal: Terminal
    orders: Live


@pytest.fixture
def desk(ministack: Ministack, function: type[Function], tmp_path: Path) -> Iterator[Desk]:
    home = tmp_path / "home"
    home.mkdir()
    with live_orders(ministack, function, tmp_path) as orders, Terminal(home, ministack.env()) as terminal:
        yield Desk(terminal, orders)


@pytest.mark.parametrize("function", ["emulator"], indirect=True)
def test_a_night_at_the_terminal_reads_as_it_was_recorded(desk: Desk) -> None:
    transcript = play(desk.terminal, desk.orders)

    assert transcript == RECORDED.read_text()


def test_the_night_takes_less_than_12_commands() -> None:
    recorded = RECORDED.read_text().splitlines()

    assert 0 < sum(line.startswith("$ hotlog ") for line in recorded) < 12
    assert "$ hotlog clear orders" in recorded


def script(aws: Ministack, home: Path, *words: str) -> list[Any]:
    """Run a command as a script does, without a terminal; its data, each line as JSON."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
    ran = subprocess.run(
        [sys.executable, "-m", "hotlog.cli", *words, "--json"],
        cwd=home,
        env={**clean, "HOME": str(home), "PYTHONPATH": str(ROOT), **aws.env()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "\x1b" not in ran.stdout + ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_a_rule_that_is_followed_is_gone_after_ctrl_c(desk: Desk) -> None:
    terminal, orders = desk.terminal, desk.orders
    terminal.enter(f"hotlog add orders '{TARGET}' '{MESSAGE}' --id k3f9 --tail")
    terminal.see("Following")
    orders.invoke(WRONG)
    terminal.see("goods=13392 percent=10")
    terminal.interrupt_until("removed k3f9  pricing.py:30")
    terminal.see("$ ")
    after = orders.invoke(WRONG)

    assert [event["state"] for event in events_of(after, "status")] == ["removed"]
    assert events_of(after, "log") == []
    assert "Traceback" not in terminal.shown()


@contextmanager
def customers(orders: Live) -> Iterator[None]:
    """Somebody orders once a second."""
    closed = threading.Event()

    def order() -> None:
        while not closed.wait(1):
            orders.invoke(WRONG)

    thread = threading.Thread(target=order)
    thread.start()
    try:
        yield
    finally:
        closed.set()
        thread.join()


@pytest.mark.further
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_the_same_night_from_a_script(ministack: Ministack, function: type[Function], tmp_path: Path) -> None:
    with live_orders(ministack, function, tmp_path) as orders:
        before = orders.invoke(WRONG)
        with customers(orders):
            # On a busy machine it is pending first.
            rule, *_, installed = script(ministack, tmp_path, "add", "orders", TARGET, MESSAGE, "--wait")
        name = rule["id"]
        assert installed["definition"] == rule

        [listed] = script(ministack, tmp_path, "ls", "orders")[0]
        assert (listed["function"], listed["rules"]) == ("orders", [rule])
        events = script(ministack, tmp_path, "tail", "orders", "--no-follow")
        assert {event["message"] for event in events if event["hotlog"] == "log"} == {
            "goods=13392 percent=10"
        }
        [standing] = script(ministack, tmp_path, "status", "orders")
        assert [(each["id"], each["state"]) for each in standing["rules"]] == [(name, "installed")]
        [edited] = script(ministack, tmp_path, "edit", "orders", name, "--if", "percent > 10")
        assert script(ministack, tmp_path, "show", "orders", name) == [[edited]]
        assert script(ministack, tmp_path, "clear", "orders") == [[edited]]
        assert orders.invoke(WRONG).raw == before.raw


def record() -> None:
    """Play the night and keep its transcript."""
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import EmulatorFunction

    with (
        tempfile.TemporaryDirectory() as folder,
        Ministack() as aws,
        live_orders(aws, EmulatorFunction, Path(folder)) as orders,
    ):
        home = Path(folder, "home")
        home.mkdir()
        with Terminal(home, aws.env()) as terminal:
            RECORDED.parent.mkdir(exist_ok=True)
            RECORDED.write_text(play(terminal, orders))


if __name__ == "__main__":
    record()
