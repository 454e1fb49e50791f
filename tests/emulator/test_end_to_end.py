"""The main job with real parts: the runtime client of Lambda, rules in Parameter Store over HTTP, the command."""

from __future__ import annotations

import io
import json
import re
import shutil
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.lambda_runtime import LOG_STREAM
from tests.support.live import command
from tests.support.markers import line_of, line_with
from tests.support.parameter_store import Server
from tests.support.places import ROOT, TESTS
from tests.support.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply

    Start = Callable[..., AbstractContextManager[Function]]


ORDERS = ROOT / "examples" / "orders"
FUNCTIONS = TESTS / "support" / "functions"
TOTAL = f"pricing.py:{line_with(ORDERS / 'pricing.py', 'return total')}"
RAISES = f"failing.py:{line_of(FUNCTIONS / 'failing.py', 'raise')}"
WORK = f"several.py:{line_of(FUNCTIONS / 'several.py', 'work')}"
NAME = "orders"
PATIENCE_S = 10  # less than the silence of an ill store, more than a loaded machine takes


def event_of(name: str) -> Any:
    return json.loads((ORDERS / "events" / f"{name}.json").read_text())


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """The example and hotlog, as they would be deployed together."""
    folder = tmp_path / "task"
    shutil.copytree(ORDERS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        ROOT / "hotlog", folder / "hotlog"
    )  # with its bytecode: a busy machine takes long to compile
    for name in ("watched.py", "failing.py", "several.py"):
        shutil.copy(FUNCTIONS / name, folder)
    return folder


@pytest.fixture
def start(function: type[Function], task: Path, tmp_path: Path) -> Start:
    """Starts a handler of the task folder as the function `orders`."""

    def start(handler: str, *env: Mapping[str, str]) -> Function:
        variables = {"AWS_LAMBDA_FUNCTION_NAME": NAME, "ORDERS_DB": str(tmp_path / "orders.db")}
        for more in env:
            variables |= more
        return function(task, handler, env=variables, timeout_s=PATIENCE_S)

    return start


def add(aws: Ministack, target: str, message: str, source: Path = ORDERS) -> str:
    """Add a rule from another process; its id."""
    return command(aws, "add", NAME, target, message, "--source", str(source))


def said(reply: Reply, kind: str) -> list[dict[str, Any]]:
    """The events of this kind among the invocation's log lines."""
    events = [json.loads(line) for line in reply.lines if line.startswith('{"hotlog"')]
    return [event for event in events if event["hotlog"] == kind]


def own_lines(reply: Reply) -> list[str]:
    """What the function itself wrote, its request id and memory addresses aside."""
    lines = [line for line in reply.lines if not line.startswith('{"hotlog"')]
    return [re.sub(r"0x[0-9a-f]+", "0x", line.replace(reply.request_id, "ID")) for line in lines]


def own_answer(reply: Reply) -> bytes:
    """The answer, byte for byte but for the request id, which Lambda puts into error payloads."""
    return reply.raw.replace(reply.request_id.encode(), b"ID")


def test_a_log_line_is_added_to_a_running_function_and_taken_away(start: Start, ministack: Ministack) -> None:
    event = event_of("order-ok")
    with start("app.handler", ministack.env()) as running:
        before = running.invoke(event)
        rule = add(ministack, TOTAL, "total={total}")
        during = running.invoke_until_logged(event)
        command(ministack, "rm", NAME, rule)
        after = running.invoke(event)

    assert before.payload["statusCode"] == 201
    assert before.lines == []

    assert during.raw == before.raw
    [line] = said(during, "log")
    assert {
        name: line[name] for name in ("rule", "at", "message", "request_id", "function", "cold_start")
    } == {
        "rule": rule,
        "at": TOTAL,
        "message": f"total={json.loads(before.payload['body'])['total']}",
        "request_id": during.request_id,
        "function": NAME,
        "cold_start": False,
    }
    assert [(status["rule"], status["state"]) for status in said(during, "status")] == [(rule, "installed")]
    assert own_lines(during) == []

    assert after.raw == before.raw
    assert said(after, "log") == []
    assert own_lines(after) == []


def test_after_removal_nothing_of_the_probe_is_left(start: Start, ministack: Ministack) -> None:
    event = event_of("order-ok")
    clean = {
        "same function": True,
        "same code": True,
        "same bytes": True,
        "traced": False,
        "threads": 1,
        "imported": [],
    }
    with start("watched.handler", ministack.env()) as running:
        running.invoke(event)
        assert running.invoke("look").payload == clean
        rule = add(ministack, TOTAL, "total={total}")
        assert len(said(running.invoke_until_logged(event), "log")) == 1
        assert running.invoke("look").payload == clean | {"same code": False, "same bytes": False}
        command(ministack, "rm", NAME, rule)
        running.invoke(event)
        assert running.invoke("look").payload == clean


@pytest.mark.parametrize("how", ["decorated", "called"])
def test_a_handler_that_raises_gives_the_same_error_payload(
    start: Start, ministack: Ministack, how: str
) -> None:
    """Without hotlog, with it switched off, with it, and with a probe on the very line that raises."""
    kinds = ["plain", "own", "chained", "exit"]

    def run(**env: str) -> tuple[list[bytes], list[list[str]], list[str]]:
        with start("failing.handler", ministack.env(), env) as running:
            replies = [running.invoke(kind) for kind in kinds]
        assert all(reply.failed for reply in replies)
        messages = [event["message"] for reply in replies for event in said(reply, "log")]
        return [own_answer(reply) for reply in replies], [own_lines(reply) for reply in replies], messages

    answers, lines, _ = bare = run()
    assert b"plain costs 5" in answers[0]
    assert b"failing.py" in answers[0]
    assert b"hotlog" not in b"".join(answers)
    assert "[ERROR] KeyError: 'chained'" in lines[2]
    assert run(HOW=how, HOTLOG="off") == bare
    assert run(HOW=how) == bare
    add(ministack, RAISES, "amount={amount}", source=FUNCTIONS)
    assert run(HOW=how) == (answers, lines, ["amount=5"])


@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_a_module_with_several_wrapped_handlers_logs_each_hit_once(
    start: Start, ministack: Ministack
) -> None:
    add(ministack, WORK, "doubled={doubled}", source=FUNCTIONS)
    with start("several.second", ministack.env()) as running:
        reply = running.invoke(2)
    assert reply.payload == -5
    assert [(event["message"], event["request_id"]) for event in said(reply, "log")] == [
        ("doubled=4", reply.request_id)
    ]
    assert [status["state"] for status in said(reply, "status")] == ["installed"]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server().running() as server:
        yield server


def healthy(server: Server) -> dict[str, str]:
    server.store.put("/hotlog/orders", '{"v": 1, "base": 0, "paused": false, "rules": []}')
    return server.env()


def missing(server: Server) -> dict[str, str]:
    return server.env()


def denied(server: Server) -> dict[str, str]:
    server.denied = {"GetParameter"}
    return server.env()


def throttled(server: Server) -> dict[str, str]:
    server.faults.throttle = 1
    return server.env()


def silent(server: Server) -> dict[str, str]:
    server.faults.silent_before = 1
    return server.env()


def damaged(server: Server) -> dict[str, str]:
    server.store.put("/hotlog/orders", "no document")
    return server.env()


def nobody_there(server: Server) -> dict[str, str]:
    return server.env() | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}


def no_credentials(server: Server) -> dict[str, str]:
    keys = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
    return server.env() | keys | {"HOTLOG_REFRESH_TIMEOUT_MS": "20000"}  # boto3 is loaded, on a busy machine


STORES: list[tuple[Callable[[Server], dict[str, str]], list[str]]] = [
    (healthy, []),
    (missing, []),
    (denied, ["denied"]),
    (throttled, ["throttled"]),
    (silent, ["unreachable"]),
    (nobody_there, ["unreachable"]),
    (damaged, ["document-damaged"]),
    (no_credentials, ["no-credentials"]),
]


@pytest.mark.in_part(3)
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
@pytest.mark.parametrize(("store", "codes"), STORES, ids=[store.__name__ for store, _ in STORES])
def test_whatever_the_store_says_the_function_behaves_as_without_hotlog(
    start: Start, server: Server, store: Callable[[Server], dict[str, str]], codes: list[str]
) -> None:
    events = [event_of(name) for name in ("order-ok", "order-bad-request", "order-raises")]

    def run(env: Mapping[str, str]) -> list[Reply]:
        with start("app.handler", env) as running:
            return [running.invoke(event) for event in events]

    bare = run({"HOTLOG": "off"})
    assert [reply.failed for reply in bare] == [False, False, True]
    assert not any("hotlog" in line for reply in bare for line in reply.lines)
    replies = run(store(server))

    assert [own_answer(reply) for reply in replies] == [own_answer(reply) for reply in bare]
    assert [own_lines(reply) for reply in replies] == [own_lines(reply) for reply in bare]
    assert [event["code"] for reply in replies for event in said(reply, "status")] == codes
    assert [event for reply in replies for event in said(reply, "log")] == []


def test_status_and_tail_read_back_what_the_function_said(start: Start, ministack: Ministack) -> None:
    group = f"/aws/lambda/{NAME}"
    logs = ministack.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=LOG_STREAM)
    deploy(ministack)
    with start("app.handler", ministack.env()) as running:
        hit = add(ministack, TOTAL, "total={total}")
        never = command(ministack, "add", NAME, TOTAL, "--if", "total < 0", "--source", str(ORDERS))
        reply = running.invoke_until_logged(event_of("order-ok"))
    for line in reply.lines:
        logs.put_log_events(
            logGroupName=group,
            logStreamName=LOG_STREAM,
            logEvents=[{"timestamp": int(time.time() * 1_000), "message": line}],
        )

    status = json.loads(command(ministack, "status", NAME, "--json"))
    tail = command(ministack, "tail", NAME, "--no-follow", "--request", reply.request_id[:8], "--rule", hit)

    assert {rule["id"]: rule["verdict"] for rule in status["rules"]} == {
        hit: "live in one environment: reached 1 time, emitted 1",
        never: "live in one environment: reached 1 time, condition never true. `total` was 4650",
    }
    (environment,) = status["rules"][0]["environments"]
    assert environment["backend"] == "recompile"
    assert environment["location"] == TOTAL
    (event,) = said(reply, "log")
    assert f"total={event['message'].removeprefix('total=')}" in tail
    assert f"{hit}  {reply.request_id[:8]}  {TOTAL}" in tail


def deploy(aws: Ministack) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        file.write(ORDERS / "app.py", "app.py")
    aws.client("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/orders",
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
    )
