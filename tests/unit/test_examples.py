"""The order API answers the same whenever it is asked, and has the one bug that the story needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ORDERS = ROOT / "examples" / "orders"

# Asks a fresh process: the example's modules have names that an application's own may have too.
ASK = """
import json, sys
import app
for event in json.load(sys.stdin):
    try:
        answer = app.handler(event, None)
    except Exception as fault:
        answer = type(fault).__name__
    print(json.dumps(answer))
"""


def ask(database: Path, *events: dict[str, Any]) -> list[Any]:
    paths = os.pathsep.join((str(ORDERS), str(ORDERS.parents[1])))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps(events),
        capture_output=True,
        text=True,
        check=True,
        env={**kept, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "ORDERS_DB": str(database)},
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def event(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((ORDERS / "events" / f"{name}.json").read_text())
    return content


@pytest.mark.process
@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("order-ok", 201, {"id": "ded509f1", "lines": 2, "total": 4_650}),
        ("order-wrong-total", 201, {"id": "bfa6ff60", "lines": 1, "total": 12_053}),
        ("order-bad-request", 400, {"error": "bad-request", "message": "an order needs at least one line"}),
    ],
)
def test_each_event_has_its_answer(tmp_path: Path, name: str, status: int, body: dict[str, Any]) -> None:
    [answer] = ask(tmp_path / "orders.db", event(name))
    assert (answer["statusCode"], json.loads(answer["body"])) == (status, body)


@pytest.mark.process
def test_one_event_makes_the_handler_raise(tmp_path: Path) -> None:
    assert ask(tmp_path / "orders.db", event("order-raises")) == ["KeyError"]


@pytest.mark.process
@pytest.mark.parametrize("processes", [1, 2])
def test_the_same_event_has_the_same_answer_however_often_it_is_sent(tmp_path: Path, processes: int) -> None:
    answers = [
        answer
        for _ in range(processes)
        for answer in ask(tmp_path / "orders.db", *[event("order-wrong-total")] * 60)
    ]
    assert answers == answers[:1] * len(answers)


@pytest.mark.process
def test_a_request_that_is_sent_again_takes_its_lines_from_the_shelf_once(tmp_path: Path) -> None:
    *_, shelf = ask(tmp_path / "orders.db", *[event("order-wrong-total")] * 3, event("stock"))
    left = {item["sku"]: item["left"] for item in json.loads(shelf["body"])["items"]}
    assert left == {"cup-glass": 500, "pot-cast-iron": 500, "tea-assam": 500, "tea-sencha": 488}


@pytest.mark.process
def test_an_order_that_cannot_be_changed_stays_as_it_was(tmp_path: Path) -> None:
    again = event("order-wrong-total")
    again["body"] = json.dumps({"lines": [{"sku": "tea-sencha", "quantity": 501}]})
    _, refused, shelf = ask(tmp_path / "orders.db", event("order-wrong-total"), again, event("stock"))
    assert refused["statusCode"] == 409
    assert json.loads(shelf["body"])["items"][-1] == {"sku": "tea-sencha", "price": 1_240, "left": 488}


def test_only_the_handlers_module_knows_hotlog() -> None:
    assert [path.name for path in sorted(ORDERS.glob("*.py")) if "hotlog" in path.read_text()] == ["app.py"]


@pytest.mark.process
def test_the_notebook_of_the_client_runs_as_it_stands() -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "examples" / "client" / "notebook.py"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "PYTHONPATH": str(ROOT)},
        timeout=120,
    )
    assert "logged: goods=13392 percent=10" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "rules left: 0"
