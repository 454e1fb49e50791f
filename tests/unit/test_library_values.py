"""Values of libraries show what they hold: pydantic, attrs, SQLAlchemy, numpy, Powertools, Flask, botocore. None is imported for it."""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import io
import json
import subprocess
import time
from typing import Any

import attrs
import botocore.config
import botocore.response
import flask
import httpx2
import jsonschema
import numpy as np
import pydantic
import pytest
import sqlalchemy
import starlette.datastructures
import werkzeug.datastructures
import werkzeug.exceptions
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2, SQSEvent
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError
from dateutil import tz  # type: ignore[import-untyped]
from pydantic_core import TzInfo
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from hotlog.capture.error_text import message_of
from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, render
from hotlog.reading.numbers import number_of
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import REDACTED, Redaction
from tests.engine.tables.aws_events import API_GATEWAY_V2, SQS

READER = Reader(Redaction(Config()), readable=lambda _: True)


HIDDEN_TEXT = "zq7hunterzq"


def shown(value: object) -> Any:
    found = capture(value, READER.for_hit())
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def ask(text: str, value: object) -> Any:
    return evaluate(grammar.parse(text), HitScope({"v": value}), READER.for_hit(10**12))


def say(text: str, value: object) -> str:
    return render(template.parse(text), HitScope({"v": value}), READER.for_hit(10**12))


def test_numbers_and_arrays_of_numpy() -> None:
    for value, text in (
        (np.int64(5), "5"), (np.float32(1.5), "1.5"), (np.bool_(True), "True"), (np.datetime64("2026-01-01"), "2026-01-01"), (np.timedelta64(5, "D"), "5 days"),
        (np.float32(0.1), "0.1"), (np.float16(0.1), "0.1"), (np.bytes_(b"a"), "b'a'"), (np.array(5), "array(5, shape=[], dtype='<i8')"), (np.void(b"ab"), "b'ab'"),
        (np.str_("tea"), "tea"), (np.array([1, 2]), "array([1, 2])"), (np.array([[1.5], [2.5]]), "array([[1.5], [2.5]])"), (np.array(["a"]), "array(['a'])"),
    ):  # fmt: skip
        assert say("{v}", value) == text
    assert [number_of(each) for each in (np.int64(5), np.float64(2.5))] == [5, 2.5]
    assert shown(np.zeros(10_000)) == {"@type": "numpy.ndarray", "shape": [10_000], "dtype": "<f8"}
    assert shown(np.array([object()], dtype=object)) == {
        "@type": "numpy.ndarray",
        "shape": [1],
        "dtype": "|O",
    }
    assert (
        ask("v[1]", np.array([1, 2])),
        ask("sum(v)", np.array([1, 2])),
        say("{v:.2f}", np.float64(2.5)),
    ) == (2, 3, "2.50")


def test_urls_of_pydantic() -> None:
    url = pydantic.TypeAdapter(pydantic.HttpUrl).validate_python("https://ana:hunter2@example.com/a")

    assert say("{v}", url) == "https://ana:@redacted@example.com/a"
    assert say("{v}", pydantic.AnyUrl("s3://orders/a")) == "s3://orders/a"


class Line(pydantic.BaseModel):
    sku: str
    quantity: int


class Order(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    id: int
    lines: list[Line]
    password: str = "hunter2"  # noqa: S105 -- made up
    _cache: dict[str, int] = pydantic.PrivateAttr(default_factory=lambda: {"a": 1})


def test_a_model_of_pydantic_shows_extra_and_private_values() -> None:
    order = Order(id=7, lines=[Line(sku="tea", quantity=2)], coupon="X")  # type: ignore[call-arg]
    name = f"{__name__}."

    assert shown(order) == {
        "@type": f"{name}Order", "id": 7, "lines": [{"@type": f"{name}Line", "sku": "tea", "quantity": 2}], "password": "@redacted", "coupon": "X", "_cache": {"a": 1},
    }  # fmt: skip
    assert say("{v}", order.lines[0]) == "Line(sku='tea', quantity=2)"
    assert ask("v.lines[0].quantity", order) == 2


ran: list[str] = []


class OddError(ValueError):
    def __str__(self) -> str:
        ran.append("__str__")
        return "odd"


class Checked(pydantic.BaseModel):
    a: int

    @pydantic.field_validator("a")
    @classmethod
    def check(cls, _value: int) -> int:
        raise OddError


def test_an_error_of_pydantic_says_which_field_and_why_and_never_the_value() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        Line(sku=7, quantity="hunter22")  # type: ignore[arg-type]
    fault = caught.value

    assert [(each["loc"]["@items"], each["type"]) for each in shown(fault)["errors"]] == [
        (["sku"], "string_type"),
        (["quantity"], "int_parsing"),
    ]
    assert "hunter22" not in json.dumps(shown(fault))
    assert message_of(fault, READER.for_hit()).splitlines()[:3] == [
        "2 validation errors for Line", "sku", "  Input should be a valid string [type=string_type]",
    ]  # fmt: skip
    with pytest.raises(pydantic.ValidationError) as caught:
        Checked(a=1)
    ran.clear()
    assert message_of(caught.value, READER.for_hit()) == "1 validation error for Checked"
    assert "errors" not in shown(caught.value)
    assert ran == []


@attrs.define
class Item:
    sku: str
    price: float = attrs.field(alias="p")


def test_a_class_of_attrs() -> None:
    assert say("{v}", Item("tea", 1.5)) == "Item(sku='tea', price=1.5)"


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    orders: Mapped[list[Purchase]] = relationship(back_populates="customer")


class Purchase(Base):
    __tablename__ = "purchase"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sqlalchemy.ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")


def test_rows_and_loaded_collections_of_sqlalchemy() -> None:
    engine = sqlalchemy.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Customer(id=1, name="ana", orders=[Purchase(id=1), Purchase(id=2)]))
        session.commit()
        row = session.execute(sqlalchemy.select(Customer.id, Customer.name)).one()
        customer = session.get_one(Customer, 1)
        loaded = [purchase.id for purchase in customer.orders]
        orders = shown(customer.orders)

        assert say("{v}", row) == "Row(id=1, name='ana')"
        assert (ask("v[1]", row), ask("v.name", row), ask("len(v)", row)) == ("ana", "ana", 2)
        assert loaded == [1, 2]
        assert [each["id"] for each in orders["@items"]] == [1, 2]
        assert "_sa_adapter" not in json.dumps(orders)
    engine.dispose()


def test_events_of_powertools() -> None:
    event = APIGatewayProxyEventV2(API_GATEWAY_V2)
    assert shown(event)["routeKey"] == "POST /orders"
    assert ask("v['requestContext']['http']['method']", event) == "POST"
    assert shown(SQSEvent(SQS))["Records"][9]["messageId"] == SQS["Records"][9]["messageId"]


def test_proxies_of_flask() -> None:
    app = flask.Flask(__name__)
    assert shown(flask.request) == {"@type": "werkzeug.local.LocalProxy"}
    with app.test_request_context("/orders?id=7", method="POST"):
        found = shown(flask.request)
        assert (found["method"], found["path"]) == ("POST", "/orders")
        flask.g.order = 7
        assert shown(flask.g)["order"] == 7


def test_an_error_of_botocore_has_its_response() -> None:
    fault = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "GetItem")
    text = "An error occurred (ThrottlingException) when calling the GetItem operation: slow"

    assert ask("v.response['Error']['Code']", fault) == "ThrottlingException"
    assert ask("'Throttling' in str(v)", fault) is True
    assert ask("v.args[0]", fault) == say("{v}", fault) == text
    assert shown(fault)["response"]["Error"]["Code"] == "ThrottlingException"


def test_an_error_of_sqlalchemy_hides_what_its_statement_names() -> None:
    fault = sqlalchemy.exc.IntegrityError(
        "INSERT INTO u (name, password) VALUES (?, ?)", ("ana", "hunter22"), ValueError("unique")
    )
    assert "hunter22" not in json.dumps(shown(fault))
    assert shown(fault)["orig"] == {"@type": "ValueError", "@args": ["unique"]}


def test_a_statement_of_sqlalchemy_hides_what_it_compares_a_hidden_column_with() -> None:
    users = sqlalchemy.table("users", sqlalchemy.column("id"), sqlalchemy.column("password"))
    wanted = users.c.password == HIDDEN_TEXT
    among = users.c.password.in_([HIDDEN_TEXT])
    changed = users.update().values(password=HIDDEN_TEXT)
    for statement in (wanted, among, users.select().where(wanted), users.delete().where(among), changed):
        for each in (statement, statement.compile(), vars(statement.compile())["binds"]):
            assert HIDDEN_TEXT not in json.dumps(shown(each))
            assert HIDDEN_TEXT not in say("{v}", each)
    assert shown((users.c.id == 7).right)["value"] == 7
    with pytest.raises(Unavailable):
        ask("v.right.value", wanted)
    assert ask("v.right.value", users.c.id == 7) == 7


def test_errors_of_werkzeug_and_jsonschema_say_what_str_says() -> None:
    assert message_of(werkzeug.exceptions.NotFound("no order 7"), READER.for_hit()) == (
        "404 Not Found: no order 7"
    )
    assert message_of(werkzeug.exceptions.Forbidden(), READER.for_hit()) == str(
        werkzeug.exceptions.Forbidden()
    )
    with pytest.raises(jsonschema.ValidationError) as caught:
        jsonschema.validate({"a": "x"}, {"properties": {"a": {"type": "integer"}}})
    assert message_of(caught.value, READER.for_hit()) == "'x' is not of type 'integer'"


def test_an_error_of_pydantic_about_no_field_has_no_empty_line() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(int).validate_python("x")
    assert "\n\n" not in message_of(caught.value, READER.for_hit())


HEADERS = {"accept": "text/plain", "authorization": "abc-plain-777", "cookie": "sid=abcdefgh"}
HIDDEN = {"accept": "text/plain", "authorization": REDACTED, "cookie": REDACTED}


@pytest.mark.parametrize(
    "headers",
    [
        httpx2.Headers(HEADERS),
        starlette.datastructures.Headers(HEADERS),
        starlette.datastructures.MutableHeaders(HEADERS),
        werkzeug.datastructures.Headers(HEADERS),
    ],
    ids=lambda value: f"{type(value).__module__}.{type(value).__name__}",
)
def test_headers_read_as_names_and_values(headers: object) -> None:
    found = shown(headers)
    del found["@type"]

    assert found == HIDDEN
    assert ask("v['accept']", headers) == "text/plain"
    with pytest.raises(Unavailable):
        ask("v[1]", headers)


def test_what_the_sdk_gives_and_takes() -> None:
    assert shown(Binary(b"abc"))["value"] == {"@type": "bytes", "@len": 3, "@value": "abc"}
    assert shown(Key("id").eq(7)) == {"@type": "boto3.dynamodb.conditions.Equals", "id": 7}
    assert shown(Key("password").eq("hunter2")) == {
        "@type": "boto3.dynamodb.conditions.Equals",
        "password": REDACTED,
    }
    both = shown(Key("id").between(1, 9) & Attr("state").exists())
    assert both["@items"] == [
        {"@type": "boto3.dynamodb.conditions.Between", "id": [1, 9]},
        {"@type": "boto3.dynamodb.conditions.AttributeExists", "state": []},
    ]
    config = botocore.config.Config(
        region_name="eu-west-1", proxies={"https": "http://ana:hunter2hunter2@proxy:80"}
    )
    found = shown(config)
    assert found["region_name"] == "eu-west-1"
    assert "hunter2" not in json.dumps(found)
    body = botocore.response.StreamingBody(io.BytesIO(b"abc"), 3)
    assert shown(body) == {
        "@type": "botocore.response.StreamingBody", "_amount_read": 0, "_content_length": 3,
    }  # fmt: skip
    assert body.read() == b"abc"  # nobody has read it


def test_the_state_of_an_application_and_a_mapped_row() -> None:
    state = starlette.datastructures.State({"user": 7, "password": "hunter2"})
    assert shown(state) == {"@type": "starlette.datastructures.State", "user": 7, "password": REDACTED}
    assert ask("v.user", state) == 7
    with sqlalchemy.create_engine("sqlite://").connect() as connection:
        row = connection.execute(sqlalchemy.text("select 1 as id, 'tea' as name")).mappings().one()
    assert shown(row) == {"@type": "sqlalchemy.engine.row.RowMapping", "id": 1, "name": "tea"}
    assert (ask("v['name']", row), ask("len(v)", row), ask("list(v)", row)) == ("tea", 2, ["id", "name"])


def test_a_variable_of_the_context_is_hidden_by_its_name() -> None:
    trace, token = contextvars.ContextVar[str]("trace"), contextvars.ContextVar[str]("auth_token")
    trace.set("t-1")
    token.set("hunter2")
    assert shown(trace) == {"@type": "_contextvars.ContextVar", "name": "trace", "value": "t-1"}
    assert shown(token) == {"@type": "_contextvars.ContextVar", "name": "auth_token", "value": REDACTED}


@pytest.mark.process
def test_a_process_that_has_ended() -> None:
    with subprocess.Popen(["/bin/true", "--password", "hunter2"]) as process:
        process.wait()
    assert shown(process) == {
        "@type": "subprocess.Popen", "args": ["/bin/true", "--password", REDACTED], "pid": process.pid, "returncode": 0,
    }  # fmt: skip
    assert ask("v.returncode", process) == 0


def test_a_task_that_is_done() -> None:
    async def pay() -> int:
        return 7

    async def begin() -> asyncio.Task[int]:
        task = asyncio.ensure_future(pay())
        await task
        return task

    found = shown(asyncio.run(begin()))
    assert (found["_state"], found["_result"], found["_exception"]) == ("FINISHED", 7, None)


def test_a_record_has_no_length_and_is_not_iterated() -> None:
    """What Python says of them: their parts are attributes, or, of a stream, its lines."""
    values: tuple[object, ...] = (io.BytesIO(b"a"), subprocess.CompletedProcess(["a"], 0), asyncio.Event())
    for value in values:
        for text in ("len(v)", "list(v)", "v[0]"):
            with pytest.raises(Unavailable):
                ask(text, value)


class Logged(pydantic.BaseModel):
    at: dt.datetime


FIXED = [
    (dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=tz.tzutc()), "2026-01-02T03:04:05.000678+00:00"),
    (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=tz.tzoffset("X", -5400)), "2026-01-02T03:04:05-01:30"),
    (Logged.model_validate({"at": "2026-01-02T03:04:05+02:00"}).at, "2026-01-02T03:04:05+02:00"),
    (Logged.model_validate({"at": "2026-01-02T03:04:05Z"}).at, "2026-01-02T03:04:05+00:00"),
    (dt.time(3, 4, tzinfo=tz.tzutc()), "03:04:00+00:00"),
]


@pytest.mark.parametrize(("value", "text"), FIXED)
def test_a_time_in_a_librarys_zone_of_one_offset_has_it(value: Any, text: str) -> None:
    assert say("{v}", value) == say("{v.isoformat()}", value) == ask("v.isoformat()", value) == text
    assert shown(value)["@value"] == value.isoformat() == text
    assert "tzinfo" not in shown(value)
    assert say("{v:%H:%M %z %Z}", value).startswith(f"{value:%H:%M %z} ")
    if isinstance(value, dt.datetime):
        assert ask("v.timestamp()", value) == value.timestamp()
        scope = HitScope({"v": value, "now": dt.datetime.now(dt.UTC)})
        assert evaluate(grammar.parse("now > v"), scope, READER.for_hit()) is True
        passed = evaluate(grammar.parse("(now - v).days"), scope, READER.for_hit())
        assert type(passed) is int
        assert passed >= 0


def test_a_time_in_the_zone_of_the_machine_has_its_offset_where_that_never_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, offset in (("UTC", "+00:00"), ("UTC-2", "+02:00"), ("CET-1CEST", None)):
        monkeypatch.setenv("TZ", name)
        time.tzset()
        value = dt.datetime(2026, 7, 2, 3, 4, 5, 6, tzinfo=tz.tzlocal())
        told = shown(value)
        assert told["@value"] == "2026-07-02T03:04:05.000006" + (offset or "")
        assert told.get("tzinfo") == (None if offset else "dateutil.tz.tz.tzlocal")
    monkeypatch.undo()
    time.tzset()


class OwnZone(tz.tzutc):  # type: ignore[misc]
    def utcoffset(self, _: object) -> dt.timedelta:
        raise AssertionError


def test_no_code_of_a_time_zone_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> dt.timedelta:
        raise AssertionError

    own = dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=OwnZone())
    for name in ("utcoffset", "tzname", "dst", "__eq__", "__repr__"):
        monkeypatch.setattr(tz.tzutc, name, run)
    assert say("{v}", FIXED[0][0]) == FIXED[0][1]
    assert shown(own) == {
        "@type": "datetime.datetime",
        "@value": "2026-01-02T03:04:05.000678",
        "tzinfo": "tests.unit.test_library_values.OwnZone",
    }
    with pytest.raises(Unavailable, match="time zone"):
        ask("v.isoformat()", own)
    value = FIXED[2][0]
    taken = TzInfo.utcoffset
    TzInfo.utcoffset = run  # type: ignore[method-assign,assignment]
    try:
        assert shown(value)["tzinfo"] == "pydantic_core._pydantic_core.TzInfo"
    finally:
        TzInfo.utcoffset = taken  # type: ignore[method-assign]
