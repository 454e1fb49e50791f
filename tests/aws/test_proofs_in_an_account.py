"""Proofs where everything is real: a function that runs, its log group, its parameter with a history, and who prints what looks like an event."""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.addresses import open_store
from hotlog.client.documents import changes
from hotlog.rules import document as documents
from hotlog.rules.model import Rule
from hotlog.rules.proof import Prover, load_key
from tests.support.cli import hotlog as command
from tests.support.lambda_runtime import LOG_STREAM
from tests.support.live import live_orders
from tests.support.proven import key_of

if TYPE_CHECKING:
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

WRONG = "order-wrong-total"
TOTAL = {"at": "pricing.py:/total = goods/", "message": "goods={goods}", "id": "k3f9"}
GROUP = "/aws/lambda/orders"

pytestmark = pytest.mark.usefixtures("aws")


class Log:
    """The function's log group, where anybody's lines may come to stand."""

    def __init__(self, aws: Ministack) -> None:
        self._logs = aws.client("logs")

    def put(self, *lines: str, stream: str = LOG_STREAM) -> None:
        at_ms = int(time.time() * 1_000)
        self._logs.put_log_events(
            logGroupName=GROUP,
            logStreamName=stream,
            logEvents=[{"timestamp": at_ms, "message": line} for line in lines],
        )

    def lines(self) -> list[str]:
        pages = self._logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP)
        return [each["message"] for page in pages for each in page["events"]]


def verdict(client: hotlog.Client) -> str:
    (rule,) = client.status("orders").rules
    return rule.verdict


def proofs(client: hotlog.Client, **wanted: Any) -> list[str]:
    return [event["proof"] for event in client.events("orders", since_s=600, **wanted).events]


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_only_what_the_function_proves_decides(
    ministack: Ministack, function: type[Function], tmp_path: Path
) -> None:
    with live_orders(ministack, function, tmp_path) as orders:
        client, log = hotlog.Client(), Log(ministack)
        client.change("orders", add=[TOTAL])
        created = client.rules("orders").entries[0]["created"]
        at = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime())}.000Z"
        lie = {"hotlog": "status", "v": 2, "timestamp": at, "rule": "k3f9", "state": "installed", "env": "zz"}
        lie |= {"created": created, "function": "orders", "version": "$LATEST"}
        log.put(json.dumps({**lie, "definition": {"created": created}}))
        assert verdict(client) == "pending: no environment has reported yet"
        assert proofs(client) == ["unproven"]

        orders.invoke(WRONG)
        assert verdict(client) == "live in one environment: reached 1 time, emitted 1"
        own = [line for line in log.lines() if '"proof"' in line]
        assert len(own) == 3

        ministack.client("logs").create_log_stream(logGroupName=GROUP, logStreamName="other")
        log.put(*own)
        log.put(*own, stream="other")
        assert sorted(proofs(client)) == ["proven"] * 3 + ["repeated"] * 3 + ["unproven"] * 4
        assert verdict(client) == "live in one environment: reached 1 time, emitted 1"

        assert client.rotate("orders") == 2
        assert sorted(proofs(client)) == ["proven"] * 3 + ["repeated"] * 3 + ["unproven"] * 4
        orders.invoke(WRONG)
        assert proofs(client, kinds=["log"]).count("proven") == 2

        client.clear("orders")
        orders.invoke(WRONG)
        assert load_key(documents.loads(client.desk.open_store().read("orders").text).key) is not None
        assert "proven" in proofs(client, kinds=["status"])

        ministack.client("ssm").delete_parameter(Name="/hotlog/orders")
        assert set(proofs(client)) == {"unchecked"}


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_no_command_and_no_event_shows_the_key(
    ministack: Ministack, function: type[Function], tmp_path: Path
) -> None:
    with live_orders(ministack, function, tmp_path) as orders:
        client = hotlog.Client()
        client.change("orders", add=[TOTAL])
        stored = client.desk.open_store().read("orders").text
        key = key_of(stored).text
        orders.invoke(WRONG)
        assert key in stored
        said = ""
        for words in (
            "ls", "ls orders", "show orders k3f9", "status orders", "history orders", "export orders", "tail orders --no-follow --all",
            "pause orders", "resume orders", "schema", "rotate orders",
        ):  # fmt: skip
            ran = command(*words.split(), "--json")
            assert ran.code == 0, ran.err
            said += ran.out + ran.err
        Path("rules.json").write_text(command("export", "orders").out)
        assert command("clear", "orders").code == 0
        ran = command("import", "orders", "rules.json")
        assert ran.code == 0, ran.err
        after = key_of(client.desk.open_store().read("orders").text)
        assert after.number == 2
        said += "".join(Log(ministack).lines()) + Path("rules.json").read_text()
        assert key not in said
        assert after.text not in said


def test_of_two_first_writers_the_one_that_was_first_makes_the_key(ministack: Ministack) -> None:
    for turn in range(5):
        name = f"first-{turn}"
        barrier = threading.Barrier(4)

        def write(number: int, name: str = name, barrier: threading.Barrier = barrier) -> None:
            rule = Rule(id=f"r{number}", at="app.py:1", message="x")
            barrier.wait()
            open_store("ssm:/hotlog").update(name, partial(changes.add_rule, rule=rule))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        pages = (
            ministack.client("ssm").get_paginator("get_parameter_history").paginate(Name=f"/hotlog/{name}")
        )
        history = sorted((each["Version"], each["Value"]) for page in pages for each in page["Parameters"])
        document = documents.loads(history[-1][1])
        assert {entry["id"] for entry in document.entries} == {"r0", "r1", "r2", "r3"}
        assert load_key(document.key) == key_of(history[0][1])


def test_each_function_of_a_pattern_has_a_key_of_its_own(ministack: Ministack) -> None:
    store = open_store("ssm:/hotlog")
    rule = Rule(id="a", at="app.py:1", message="x")
    for name in ("orders-eu", "orders-us"):
        store.update(name, partial(changes.add_rule, rule=rule))
    one, other = (key_of(store.read(name).text) for name in ("orders-eu", "orders-us"))
    assert one.secret != other.secret
    line = Prover(one, "s").prove('{"hotlog":"log"')
    assert not Prover(other, "s").proves(line)
