"""The frameworks that people run: each catches the planted error and answers 500, and one command without a target tells the variable.

They are no part of the extra `dev`: `pip install fastapi mangum chalice flask apig-wsgi aws-lambda-powertools`. A test whose framework
is not there is skipped, and says so. Handlers of others are tried where `HOTLOG_TEST_HANDLERS` names a folder of them.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
import json
import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.interpreter.quirks import HAS_MONITORING
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event

# Mangum asks for an event loop as older Pythons had one; the tests turn warnings into errors.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

HANDLERS = "HOTLOG_TEST_HANDLERS"
# What Lambda sets and handlers ask for as they are imported; nobody answers there.
LIKE_LAMBDA = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}

PRICE = """
def price(lines):
    return [line["sku"] * line["quantity"] for line in lines]
"""
FASTAPI = (
    PRICE
    + """
from fastapi import FastAPI, HTTPException
from mangum import Mangum
from pydantic import BaseModel, field_validator

app = FastAPI()

class Order(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def check(cls, value):
        if value < 0:
            raise ValueError("below zero")
        return value

@app.get("/fails")
def fails():
    return price([{"sku": 7}])

@app.get("/fails-later")
async def fails_later():
    return price([{"sku": 7}])

@app.get("/works")
async def works():
    return price([{"sku": 7, "quantity": 2}])

@app.get("/missing")
def missing():
    raise HTTPException(404, "no such order")

@app.get("/invalid")
def invalid(number: int):
    return number

@app.get("/refused")
def refused():
    try:
        Order(number=-1)
    except ValueError as fault:
        raise HTTPException(422, "not so") from fault

handler = Mangum(app, lifespan="off")
"""
)
FLASK = (
    PRICE
    + """
from apig_wsgi import make_lambda_handler
from flask import Flask, abort

app = Flask(__name__)

@app.get("/fails")
def fails():
    return str(price([{"sku": 7}]))

@app.get("/works")
def works():
    return str(price([{"sku": 7, "quantity": 2}]))

@app.get("/missing")
def missing():
    abort(404)

handler = make_lambda_handler(app)
"""
)
CHALICE = (
    PRICE
    + """
from chalice import Chalice, NotFoundError, UnprocessableEntityError

app = Chalice(app_name="orders")

@app.route("/fails")
def fails():
    return price([{"sku": 7}])

@app.route("/works")
def works():
    return price([{"sku": 7, "quantity": 2}])

@app.route("/missing")
def missing():
    raise NotFoundError("no such order")

@app.route("/refused")
def refused():
    raise UnprocessableEntityError("not so")

handler = app
"""
)
RESOLVER = (
    PRICE
    + """
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

app = APIGatewayRestResolver()

@app.get("/fails")
def fails():
    return price([{"sku": 7}])

@app.get("/works")
def works():
    return price([{"sku": 7, "quantity": 2}])

@app.get("/missing")
def missing():
    raise NotFoundError("no such order")

@app.exception_handler(KeyError)
def on_missing_key(fault):
    return Response(status_code=500, content_type="text/plain", body="sorry")

def handler(event, context):
    return app.resolve(event, context)
"""
)
BATCH = (
    PRICE
    + """
import json
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

processor = BatchProcessor(event_type=EventType.SQS)

def take(record):
    return price(json.loads(record["body"])["lines"])

def handler(event, context):
    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
"""
)
STACKS = {
    "fastapi": (FASTAPI, ("fastapi", "mangum")),
    "flask": (FLASK, ("flask", "apig_wsgi")),
    "chalice": (CHALICE, ("chalice",)),
    "resolver": (RESOLVER, ("aws_lambda_powertools",)),
}


class Context:
    """What these frameworks ask of Lambda's context."""

    function_name = "orders"
    function_version = "7"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:orders"
    aws_request_id = "request"
    log_group_name = log_stream_name = "orders"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds that are left."""
        return 3_000


def need(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(
                f"{module} is not installed: pip install fastapi mangum chalice flask apig-wsgi aws-lambda-powertools"
            )


def request(path: str) -> Event:
    """A request of API Gateway's REST API, as the service sends it."""
    return {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {"host": "example"},
        "multiValueHeaders": {"host": ["example"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "r",
            "resourcePath": path,
            "path": path,
            "stage": "prod",
            "httpMethod": "GET",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def message(number: int, body: object) -> Event:
    return {
        "messageId": f"m{number}",
        "receiptHandle": "h",
        "body": json.dumps(body),
        "attributes": {},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:orders",
        "awsRegion": "eu-central-1",
    }


def without_hotlog(probed: Probed, events: list[Event]) -> list[Any]:
    return [answer_of(probed.module.handler, copy.deepcopy(event)) for event in events]


def answer_of(handler: Callable[..., Any], event: Event) -> str:
    return json.dumps(handler(event, Context()), default=str)


def invoke(probed: Probed, event: Event) -> str:
    payload = copy.deepcopy(event)
    answer = probed.invoke(lambda: probed.module.handler(payload, Context()), event=payload)
    return json.dumps(answer, default=str)


def rule(**fields: Any) -> hotlog.Rule:
    return hotlog.Rule(**{"id": "e", "kind": "error", "per_second": None, "limit": None} | fields)


PATHS = ("/fails", "/works", "/missing", "/nowhere")
CASES = [
    *((name, path) for name in STACKS for path in PATHS),
    ("fastapi", "/fails-later"),
    ("fastapi", "/invalid"),
    ("fastapi", "/refused"),
    ("chalice", "/refused"),
]


@pytest.mark.parametrize(("name", "path"), CASES)
def test_the_variable_that_made_a_framework_answer_500_is_told(tmp_path: Path, name: str, path: str) -> None:
    source, modules = STACKS[name]
    need(*modules)
    with Probed(tmp_path, source) as probed:
        [before] = without_hotlog(probed, [request(path)])
        probed.apply(rule())
        assert invoke(probed, request(path)) == before
        errors = probed.said("error")
        if not path.startswith("/fails"):
            assert errors == []
            assert json.loads(before)["statusCode"] < 500
            return
        [error] = errors
        assert error["failure"]["status"] == 500
        if HAS_MONITORING:
            assert error["frames"][0]["vars"] == {"line": {"sku": 7}, "lines": [{"sku": 7}]}
            assert error["failure"]["into"] in {*modules, "anyio", "starlette"}
        else:
            assert "error" not in error
            assert error["response"]["statusCode"] == 500
        probed.apply()
        assert answer_of(probed.module.handler, request(path)) == before


def test_of_a_batch_each_record_that_failed_is_told(tmp_path: Path) -> None:
    need("aws_lambda_powertools")
    bodies = [{"lines": [{"sku": n, "quantity": 1}]} for n in range(6)]
    for number in (1, 4):
        del bodies[number]["lines"][0]["quantity"]
    event = {"Records": [message(number, body) for number, body in enumerate(bodies)]}
    with Probed(tmp_path, BATCH) as probed:
        [before] = without_hotlog(probed, [event])
        probed.apply(rule())
        assert invoke(probed, event) == before
        errors = probed.said("error")
        if not HAS_MONITORING:
            assert [error["failure"]["how"] for error in errors] == ["batch"]
            return
        assert [error["frames"][0]["vars"]["line"] for error in errors] == [{"sku": 1}, {"sku": 4}]
        assert [(each["failure"]["id"], each["failure"]["item"]) for each in errors] == [("m1", 2), ("m4", 5)]


def test_a_batch_that_fails_whole_is_told_with_its_records(tmp_path: Path) -> None:
    need("aws_lambda_powertools")
    event = {"Records": [message(n, {"lines": [{"sku": n}]}) for n in range(2)]}
    with Probed(tmp_path, BATCH) as probed:
        probed.apply(rule())
        fault = probed.invoke(lambda: probed.module.handler(event, Context()), event=event)
        assert type(fault).__name__ == "BatchProcessingError"
        told = [error["error"]["type"].rpartition(".")[2] for error in probed.said("error")]
        assert told == (
            ["KeyError", "KeyError", "BatchProcessingError"] if HAS_MONITORING else ["BatchProcessingError"]
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", STACKS)
def test_a_thousand_answers_below_500_tell_nothing(tmp_path: Path, name: str) -> None:
    source, modules = STACKS[name]
    need(*modules)
    with Probed(tmp_path, source) as probed:
        probed.apply(rule())
        for number in range(1_000):
            invoke(probed, request(("/works", "/missing", "/nowhere", "/refused", "/invalid")[number % 5]))
        assert probed.said("error") == []


def test_handlers_of_others_fail_as_they_do_and_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each folder holds `app.py`, or what `handler.txt` names, and `event.json`; its handler is called with an event that is damaged."""
    place = os.environ.get(HANDLERS, "")
    if not place:
        pytest.skip(f"{HANDLERS} names no folder of handlers")
    folders = sorted(path.parent for path in Path(place).glob("*/event.json"))
    assert folders
    for name, value in LIKE_LAMBDA.items():
        monkeypatch.setenv(name, value)
    told = {}
    for folder in folders:
        name = (
            (folder / "handler.txt").read_text().strip()
            if (folder / "handler.txt").exists()
            else "app.handler"
        )
        told[folder.name] = try_handler(folder, name)
    assert all(told.values()), told


def try_handler(folder: Path, name: str) -> bool:
    """Return whether the failure of a handler is told with variables of its own code (3.11: is told)."""
    module_name, _, function = name.rpartition(".")
    events: list[Event] = []
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        handler = getattr(importlib.import_module(module_name), function)
        payload = json.loads((folder / "event.json").read_text())
        plain = outcome_of(handler, payload)
        with hotlog.Agent(sink=events.append, root=str(folder)) as agent:
            agent.apply([rule()])
            agent.begin(hotlog.events.Invocation(request_id=uuid.uuid4().hex, event=payload))
            try:
                answer = handler(copy.deepcopy(payload), Context())
            except Exception as fault:  # noqa: BLE001  # whatever it raises is what it is tried for
                told: Any = (type(fault).__name__, str(fault))
                agent.error(fault)
            else:
                told = json.dumps(answer, default=str)
                agent.answer(answer)
            agent.end()
        assert told == plain
        errors = [each for each in events if each["hotlog"] == "error"]
        return bool(errors) and (
            not HAS_MONITORING or any("vars" in frame for each in errors for frame in each.get("frames", ()))
        )
    finally:
        sys.path.remove(str(folder))
        for each in set(sys.modules) - before:
            if str(folder) in str(getattr(sys.modules[each], "__file__", "")):
                del sys.modules[each]


def outcome_of(handler: Callable[..., Any], payload: Event) -> object:
    try:
        return answer_of(handler, copy.deepcopy(payload))
    except Exception as fault:  # noqa: BLE001  # as above
        return type(fault).__name__, str(fault)
