"""Each kind of rule on the example, under Lambda's runtime client: from `add` over the event to `rm`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hotlog.rules.kinds import KINDS
from tests.support import emf
from tests.support.live import command
from tests.support.markers import line_with
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply


ORDERS = ROOT / "examples" / "orders"
NAME = "orders"
TIMEOUT_S = 4


def event_of(name: str, **body: object) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ORDERS / "events" / f"{name}.json").read_text())
    if body:
        event["body"] = json.dumps(body)
    return event


def line(file: str, words: str) -> str:
    return f"{file}:{line_with(ORDERS / file, words)}"


INVOCATIONS_MAX = 20


class Story(NamedTuple):
    """A function that runs, its rules, and what it says of them."""

    running: Function
    aws: Ministack
    database: Path

    def command(self, *words: str) -> str:
        """Run `hotlog WORDS` in a process of its own; what it says on stdout."""
        return command(self.aws, *words)

    def add(self, *words: str) -> str:
        """Add a rule; its id."""
        return self.command("add", NAME, *words, "--source", str(ORDERS))

    def remove(self, rule: str, event: object) -> None:
        """Remove it, and see that an invocation says nothing of it any more."""
        self.command("rm", NAME, rule)
        after = self.running.invoke(event)
        assert [each["state"] for each in self.said(after) if each["hotlog"] == "status"] in ([], ["removed"])
        assert not [each for each in self.said(after) if each["hotlog"] in KINDS]

    def said(self, reply: Reply) -> list[dict[str, Any]]:
        """The events among the invocation's log lines."""
        return [json.loads(line) for line in reply.lines if line.startswith('{"hotlog"')]

    def told(self, rule: str, event: object) -> tuple[dict[str, Any], Reply]:
        """Invoke until the rule is in, which may take a busy machine several; the one event of the rule."""
        for _ in range(INVOCATIONS_MAX):
            reply = self.running.invoke(event)
            found = [each for each in self.said(reply) if each["hotlog"] in KINDS and each["rule"] == rule]
            if found:
                [event_of_rule] = found
                assert event_of_rule["request_id"] == reply.request_id
                return event_of_rule, reply
        raise AssertionError(f"no event of {rule} in {INVOCATIONS_MAX} invocations:\n{self.running.log()}")


@pytest.fixture
def story(function: type[Function], ministack: Ministack, tmp_path: Path) -> Iterator[Story]:
    task = tmp_path / "task"
    shutil.copytree(ORDERS, task, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "hotlog", task / "hotlog"
    )  # with its bytecode: a busy machine takes long to compile
    database = tmp_path / "orders.db"
    variables = {"AWS_LAMBDA_FUNCTION_NAME": NAME, "ORDERS_DB": str(database), **ministack.env()}
    with function(task, "app.handler", env=variables, timeout_s=TIMEOUT_S) as running:
        yield Story(running, ministack, database)


def call(story: Story) -> None:
    order = event_of("order-wrong-total")
    before = story.running.invoke(order)
    rule = story.add("pricing:Cart.discount_percent", "--call", "--if", "@return > 5")
    event, reply = story.told(rule, order)
    assert reply.raw == before.raw
    assert event["args"]["self"]["lines"][0]["quantity"] == 12
    assert event["return"] == 10
    assert event["duration_ms"] >= 0
    story.remove(rule, order)


def has_customer(event: dict[str, Any]) -> bool:
    shown = [frame.get("vars", {}).get("order", {}) for frame in event["frames"]]
    return any(isinstance(order, dict) and order.get("customer") == "dee" for order in shown)


def error(story: Story) -> None:
    bad = event_of("order-raises")
    before = story.running.invoke(bad)
    rule = story.add("--on-error")
    event, reply = story.told(rule, bad)
    for _ in range(3):  # on a busy machine values may take longer than a hit may
        if has_customer(event):
            break
        event, reply = story.told(rule, bad)
    assert reply.raw.replace(reply.request_id.encode(), b"") == before.raw.replace(
        before.request_id.encode(), b""
    )
    assert (event["error"]["type"], event["error"]["message"]) == ("KeyError", "'quantity'")
    assert event["frames"][0]["qualname"].startswith("place_order")
    assert has_customer(event)
    assert "hotlog" not in json.dumps(event["frames"])
    story.remove(rule, bad)


def timeout(story: Story) -> None:
    order = event_of("order-ok")
    story.running.invoke(order)
    rule = story.add("--on-timeout", "1s")
    story.running.invoke(order)
    with sqlite3.connect(story.database, isolation_level=None) as somebody:
        somebody.execute("BEGIN EXCLUSIVE")
        event, reply = story.told(rule, order)
        somebody.execute("ROLLBACK")
    somebody.close()
    assert reply.failed
    assert event["at"] == line("storage.py", "table.executescript(SCHEMA)")
    assert 0 < event["left_ms"] <= 1_000
    frames = [frame["qualname"] for frame in event["threads"][0]["frames"] if "vars" in frame]
    assert frames[:1] == ["connect"]
    assert frames[-1] == "handler"
    story.remove(rule, order)


def trace(story: Story) -> None:
    order = event_of("order-wrong-total")
    story.running.invoke(order)
    rule = story.add("pricing:Cart.total", "--trace")
    event, _ = story.told(rule, order)
    words = ["goods = sum", "percent = self", "total = goods", "total += shipping", "return total"]
    lines = [int(line("pricing.py", each).partition(":")[2]) for each in words]
    assert [entry["line"] for entry in event["lines"]] == lines
    changed = {name: value for entry in event["lines"] for name, value in entry.get("set", {}).items()}
    assert changed["percent"] == 10
    assert event["return"] == changed["total"] == 12_053
    assert event["source"][str(lines[4])].strip() == "return total"
    assert not [each for each in story.said(story.running.invoke(order)) if each["hotlog"] == "trace"]
    story.remove(rule, order)


def metric(story: Story) -> None:
    order = event_of("order-wrong-total")
    story.running.invoke(order)
    rule = story.add(
        line("pricing.py", "return total"),
        "--metric", "OrderTotal=total", "--unit", "None", "--dimension", "bulk='yes' if percent else 'no'",
    )  # fmt: skip
    event, _ = story.told(rule, order)
    emf.check(event)
    assert (event["OrderTotal"], event["bulk"], event["function"]) == (12_053, "yes", NAME)
    story.remove(rule, order)


def ring(story: Story) -> None:
    good = event_of("order-ok")
    lines = [{"sku": "tea-assam", "quantity": 1}, {"sku": "cup-glass", "quantity": "2"}]
    bad = event_of("order-ok", customer="eve", lines=lines)
    story.running.invoke(good)
    rule = story.add("stock.py:/price_of(line.sku)/", "reserving {line.sku}", "--ring", "3")
    assert not [each for each in story.said(story.running.invoke(good)) if each["hotlog"] == "log"]
    event, reply = story.told(rule, bad)
    assert reply.failed
    assert event["message"] == "reserving tea-assam"
    story.remove(rule, good)


def group(story: Story) -> None:
    strange = event_of("order-ok")
    strange["headers"]["x-debug"] = "1"
    story.running.invoke(strange)
    only = "@event['headers'].get('x-debug') == '1'"
    first = story.add("app:place_order", "in", "--if", only, "--group", "strange")
    second = story.add("pricing:Cart.total", "priced", "--group", "strange")
    for _ in range(INVOCATIONS_MAX):  # a busy machine takes several for two rules
        said = [each for each in story.said(story.running.invoke(strange)) if each["hotlog"] == "log"]
        if len(said) > 1:
            break
    assert [(each["rule"], each["message"]) for each in said] == [(first, "in"), (second, "priced")]
    assert len({each["request_id"] for each in said}) == 1
    ordinary = story.said(story.running.invoke(event_of("order-ok")))
    assert not [each for each in ordinary if each["hotlog"] == "log"]
    story.command("rm", NAME, "--group", "strange")
    assert not [each for each in story.said(story.running.invoke(strange)) if each["hotlog"] == "log"]


STORIES: list[Callable[[Story], None]] = [call, error, timeout, trace, metric, ring, group]


@pytest.mark.in_part(2)
@pytest.mark.parametrize("function", ["emulator"], indirect=True)
@pytest.mark.parametrize("tell", STORIES, ids=lambda tell: tell.__name__)
def test_from_add_to_rm(story: Story, tell: Callable[[Story], None]) -> None:
    tell(story)
