"""Values of libraries show what they hold: pydantic, attrs, SQLAlchemy, numpy, Powertools, Flask, botocore. None is imported for it."""

from __future__ import annotations

import json
from typing import Any

import attrs
import flask
import jsonschema
import numpy as np
import pydantic
import pytest
import sqlalchemy
import werkzeug.exceptions
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2, SQSEvent
from botocore.exceptions import ClientError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from hotlog.capture.error_text import message_of
from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, render
from hotlog.reading.numbers import number_of
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import Redaction
from tests.engine.tables.aws_events import API_GATEWAY_V2, SQS

READER = Reader(Redaction(Config()), readable=lambda _: True)


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
