"""An error, told: the failing statement first, then the names that it reads; what was shown before is named, not repeated."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hotlog as package
from hotlog.cli.showing.render import render_event
from hotlog.client.agents.event_text import describe_event
from hotlog.client.showing.failure import FailureText, tell_failure
from hotlog.client.showing.lines import plain_text
from hotlog.client.showing.payloads import name_payload
from hotlog.client.showing.statement import read_statement, underline
from tests.support.cli import hotlog, settle_in
from tests.support.places import ROOT
from tests.support.probed import Probed

if TYPE_CHECKING:
    from pathlib import Path

TOLD = """\
HH:MM:SS  RULE  REQUEST  KeyError: 'quantity'  the invocation raised it
  app.py:54 place_order, in a comprehension
      lines = [stock.Line(line["sku"], line["quantity"]) for line in order.get("lines", [])]
                                       ~~~~^^^^^^^^^^^^
      line    = {'sku': 'tea-assam'}
      order   = {'customer': 'dee', 'lines': [{'sku': 'tea-assam'}]}
      also: event
  app.py:46 handler
      return ROUTES[event["routeKey"]](event)
             ~~~~~~~~~~~~~~~~~~~~~~~~~^^^^^^^
      event   = POST /orders, 8 keys
      also: context
  all of it: hotlog show orders --event HANDLE --local
"""


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example, after its request that fails, with a rule for errors."""
    shutil.copytree(ROOT / "examples" / "orders", tmp_path, dirs_exist_ok=True)
    settle_in(tmp_path, monkeypatch)
    assert hotlog("add", "orders", "--on-error", "--local").code == 0
    return tmp_path


def invoke() -> str:
    ran = hotlog(
        "invoke", "app.handler", "--event", "events/order-raises.json", "--function", "orders", "--local"
    )
    return ran.err


def test_the_import_of_a_handler_that_fails_is_told_here_too(orders: Path) -> None:
    (orders / "pricing.py").write_text("LIMITS = {'bulk': 'ten'}\nBULK_FROM = int(LIMITS['bulk'])\n")
    assert "cannot be imported" in invoke()
    told = hotlog("tail", "orders", "--local", "--no-follow").out
    assert "ValueError: invalid literal for int() with base 10: 'ten'  INIT raised it" in told
    assert "pricing.py:2 <module>" in told
    assert "LIMITS  = {'bulk': 'ten'}" in told
    assert "__builtins__" not in told


def without_names(text: str) -> str:
    text = re.sub(r"e1\.orders\.\S+", "HANDLE", text)
    return re.sub(r"^\d\d:\d\d:\d\d  \w+  \w+  ", "HH:MM:SS  RULE  REQUEST  ", text, flags=re.MULTILINE)


def test_the_failing_statement_comes_first(orders: Path) -> None:
    said = without_names(click.unstyle(invoke()))
    assert TOLD in said


def test_all_of_an_event_is_shown_by_its_handle_and_by_its_request(orders: Path) -> None:
    found = re.search(r"hotlog (show orders --event (\S+) --local)", invoke())
    assert found is not None
    whole = hotlog(*found[1].split())
    assert (whole.code, "rawPath = '/orders'" in whole.out) == (0, True), whole.err
    told = json.loads(hotlog(*found[1].split(), "--json").out)
    assert told["error"]["type"] == "KeyError"
    of_request = hotlog("show", "orders", "--event", told["request_id"][:8], "--local")
    assert of_request.out == whole.out
    missing = hotlog("show", "orders", "--event", "0123abcd", "--local")
    assert (missing.code, "is not in the log" in missing.err) == (1, True)
    for words in ([], ["k3f9", "--event", "x"]):
        assert hotlog("show", "orders", *words, "--local").code == 2
    wrong = hotlog("show", "orders", "--event", "e1.x", "--local")
    assert (wrong.code, "bad-handle" in wrong.err) == (1, True) or wrong.code == 2


SHOP = """
class ClientError(Exception):
    def __init__(self, code):
        super().__init__(f"An error occurred ({code}) when calling the PutItem operation: no")
        self.response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        self.operation_name = "PutItem"

def take(event):
    return put(event, event)

def put(payload, table):
    raise ClientError(payload["code"])

def noted(event):
    fault = ValueError("first line\\nsecond line")
    fault.add_note("while reading row 7")
    raise fault

def chained(event):
    try:
        return event["order"]
    except KeyError as fault:
        raise ValueError("no order") from fault

def number_of(row):
    return int(row)

def grouped(event):
    faults = []
    for row in ("x", "yy"):
        try:
            number_of(row)
        except ValueError as fault:
            fault.add_note(f"row {row!r}")
            faults.append(fault)
    raise ExceptionGroup("rows", faults)

def validated(event):
    import pydantic

    class Order(pydantic.BaseModel):
        id: int
        sku: str

    return Order(**event["order"])
"""
LARGE = {
    "code": "ThrottlingException",
    "order": {"id": "x", "sku": 3},
    "body": "abcdefgh " * 40,
    "n": list(range(50)),
}


def fail(folder: Path, name: str, event: Any) -> package.events.Event:
    with Probed(folder, SHOP) as app:
        app.apply(package.Rule(id="e1kd", kind="error"))
        app.invoke(lambda: getattr(app.module, name)(event), event=event)
        [found] = [each for each in app.events if each["hotlog"] == "error"]
        return json.loads(json.dumps(found).replace(app.sample.name, "app"))  # type: ignore[no-any-return]


def told(event: package.events.Event, width: int = 100) -> list[str]:
    return [click.unstyle(line) for line in render_event(event, width)]


def test_a_payload_that_comes_twice_is_shown_once(tmp_path: Path) -> None:
    lines = told(fail(tmp_path, "take", LARGE))
    assert len([line for line in lines if "abcdefgh" in line]) <= 1
    assert len(lines) <= 14
    [same] = [line.strip() for line in lines if "the same as" in line]
    assert same == "event   = the same as payload above"


def test_of_a_client_error_the_response_is_told(tmp_path: Path) -> None:
    event = fail(tmp_path, "take", LARGE)
    lines = told(event)
    assert "ClientError: An error occurred (ThrottlingException)" in lines[0]
    assert any(line.startswith("    response = {'Error': {'Code': 'ThrottlingException'") for line in lines)
    assert not any("operation_name" in line for line in lines), "the message says it"


def test_the_rest_of_a_message_and_the_notes_stand_below_it(tmp_path: Path) -> None:
    lines = told(fail(tmp_path, "noted", {}))
    assert lines[0].split("  ")[3].startswith("ValueError: first line")
    assert lines[1:3] == ["    second line", "    while reading row 7"]


def test_a_chain_says_where_each_was_raised(tmp_path: Path) -> None:
    lines = told(fail(tmp_path, "chained", {}))
    [at] = [
        n
        for n, line in enumerate(lines)
        if re.fullmatch(r"    because of KeyError: .order.  app.py:\d+ chained", line)
    ]
    assert lines[at + 1].strip() == 'return event["order"]'
    assert lines[at + 2].strip() == "~~~~~^^^^^^^^^"


def test_a_group_is_told_member_by_member(tmp_path: Path) -> None:
    text = "\n".join(told(fail(tmp_path, "grouped", {})))
    assert "ExceptionGroup: rows (2 sub-exceptions)" in text
    for number, row in (("1", "x"), ("2", "yy")):
        assert (
            f"    {number} of 2  ValueError: invalid literal for int() with base 10: '{row}'\n      row '{row}'\n"
            in text
        )
        assert f"          return int(row)\n                 ~~~^^^^^\n          row     = '{row}'\n" in text


def test_a_model_says_which_field_and_why_once(tmp_path: Path) -> None:
    pytest.importorskip("pydantic")
    text = "\n".join(told(fail(tmp_path, "validated", {"order": {"id": "x", "sku": 3}})))
    assert "2 validation errors for Order" in text
    assert text.count("Input should be a valid integer") == 1
    assert text.count("Input should be a valid string") == 1


def test_terminal_and_agents_show_the_same_values(tmp_path: Path) -> None:
    event = fail(tmp_path, "grouped", {})
    assert [line.strip() for line in told(event)[1:] if " = " in line] == [
        plain_text(line).strip() for line in FailureText(event, 100).lines() if " = " in plain_text(line)
    ]
    wide = {
        re.sub(r" +", " ", line.strip()) for line in told(event, 200) if " = " in line and "also" not in line
    }
    assert wide <= {re.sub(r" +", " ", line.strip()) for line in tell_failure(event, 200)}
    assert any("return int(row)" in line for line in describe_event(event, "e1.x"))


STATEMENTS: list[tuple[str, list[int] | None, tuple[str, ...], str]] = [
    ('total = a + event["b"]["c"]', [12, 22], ("event", "a"), "            ~~~~~^^^^^"),
    ("x = a / b", [4, 9], ("a", "b"), "    ~~^~~"),
    ("elif a.b(c):", [5, 11], ("a", "c"), "     ~~~^^^"),
    ("except Wrong as x:", [7, 12], ("Wrong",), "       ^^^^^"),
    ("with open(path) as file:", [5, 15], ("open", "path"), "     ~~~~^^^^^^"),
    ("return a(", None, ("return", "a"), ""),
    ("del a[b]", [4, 8], ("a", "b"), "    ~^^^"),
]


@pytest.mark.parametrize(("text", "mark", "names", "marks"), STATEMENTS, ids=lambda value: str(value)[:20])
def test_the_names_of_the_failing_part_come_first(
    text: str, mark: list[int] | None, names: tuple[str, ...], marks: str
) -> None:
    found = read_statement({"text": text, "mark": mark})
    assert found.names == names
    assert underline(found) == ((text, marks) if marks else (text,))


PAYLOADS: list[tuple[dict[str, Any], str]] = [
    ({"httpMethod": "GET", "path": "/a", "resource": "/{x}"}, "GET /a"),
    ({"requestContext": {"connectionId": "x", "routeKey": "$connect"}}, "WebSocket $connect"),
    ({"Records": [{"eventSource": "aws:sqs"}, {"@cut": "items", "@len": 10}]}, "SQS batch of 10"),
    (
        {
            "Records": [
                {
                    "eventSource": "aws:s3",
                    "eventName": "ObjectCreated:Put",
                    "s3": {"bucket": {"name": "b"}, "object": {"key": "k"}},
                }
            ]
        },
        "S3 ObjectCreated:Put b/k",
    ),
    ({"Records": [{"eventSource": "aws:dynamodb"}] * 3}, "DynamoDB stream batch of 3"),
    ({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}, ""),
    ({"detail-type": "Placed", "source": "shop", "detail": {}}, "EventBridge Placed from shop"),
    ({"triggerSource": "PreSignUp_SignUp", "userPoolId": "p"}, "Cognito PreSignUp_SignUp"),
    ({"info": {"fieldName": "f", "parentTypeName": "Query"}}, "AppSync Query.f"),
    ({"awslogs": {"data": "x"}}, "CloudWatch Logs batch"),
    ({"deliveryStreamArn": "a", "records": [{}]}, "Firehose batch of 1"),
    ({"Records": [{"cf": {"request": {"method": "GET", "uri": "/x"}}}]}, "CloudFront GET /x"),
    ({"a": 1}, ""),
]


@pytest.mark.parametrize(("payload", "words"), PAYLOADS, ids=lambda value: str(value)[:30])
def test_known_payloads_have_a_name(payload: dict[str, Any], words: str) -> None:
    assert name_payload(payload) == words


keys = st.sampled_from(
    ["error", "frames", "members", "chain", "text", "mark", "vars", "notes", "fields", "type", "message", "at", "qualname", "Records"]
)  # fmt: skip
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=20) | st.lists(st.integers(0, 9), max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(keys, anything, max_size=6), st.integers(1, 120))
@settings(max_examples=200, deadline=None)
def test_whatever_an_event_holds_is_told_and_steers_no_terminal(event: dict[str, Any], width: int) -> None:
    for line in (*told({"hotlog": "error", **event}, width), *tell_failure(event, width)):
        assert line.isprintable()
    name_payload(event)
    underline(read_statement(event))
