"""What people really write: conditions and messages, with the values that they meet, measured by `python -m tests.bench written`.

The engine's tests take the same rows: each condition is false here, true for one value, and holds at the last of many hits.
"""

from __future__ import annotations

from typing import NamedTuple

LITERAL, TWO, OTHER, INVOCATION = "a local and a literal", "two locals", "other", "the invocation"

# What the rows' functions find in their module.
HEAD = """\
import collections
import dataclasses
import datetime
import decimal
import enum
import logging
import types
import uuid

LOG = logging.getLogger("app")
LIMIT = 1_000_000
ALLOWED = frozenset({"alice", "bob"})
ZONE = datetime.timezone.utc


class Named:
    def __init__(self, **fields):
        vars(self).update(fields)


class User(Named):
    kind = "person"


class Order(Named):
    pass


class Line:
    def __init__(self, q, quantity):
        self.q = q
        self.quantity = quantity


class Slotted:
    __slots__ = ("total",)

    def __init__(self, total):
        self.total = total


@dataclasses.dataclass
class Price:
    amount: int
    currency: str = "EUR"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


Point = collections.namedtuple("Point", "x y")
"""


class Condition(NamedTuple):
    """A condition as it is typed.

    Attributes:
        text: the condition.
        values: the variables of the function, as Python source, for which it is false.
        true: those that differ where it is true.
        kind: which goal holds for it.
        typed: what a developer would have typed; empty: the same.
    """

    text: str
    values: dict[str, str]
    true: dict[str, str]
    kind: str = OTHER
    typed: str = ""


_SHOP = {"order": "Order(total=5, user=User(name='alice'), coupon=None)"}
_EVENT = {
    "event": "{'type': 'order', 'a': {'b': 1}, 'items': [1, 2], 'detail': {'status': 'open', 'amount': 7}}"
}
_LINES = {"lines": "[Line(1, 2), Line(3, 4), Line(5, 6)]"}
_SELF = {"self": "Order(lines=[Line(1, 2), Line(3, 4)], total=3)"}

# `i` is the number of the pass, from 0: where it is among the values, all passes have that value.
CONDITIONS = (
    # those of the goals
    Condition("i < 0", {}, {"i": "-1"}, LITERAL),
    Condition("i > 9999999", {}, {"i": "10_000_000"}, LITERAL),
    Condition("i > 99999", {"i": "7"}, {"i": "100_000"}, LITERAL),
    Condition("i > 250000", {"i": "7"}, {"i": "250_001"}, LITERAL),
    Condition("amount > 250000.0", {"amount": "12.5"}, {"amount": "250000.5"}, LITERAL),
    Condition("x > y", {"x": "3", "y": "4"}, {"x": "5"}, TWO),
    Condition("x == y", {"x": "3", "y": "4"}, {"x": "4"}, TWO),
    Condition("x is None", {"x": "3"}, {"x": "None"}, LITERAL),
    Condition("err is not None", {"err": "None"}, {"err": "3"}, LITERAL),
    Condition("not ok", {"ok": "True"}, {"ok": "False"}, LITERAL),
    Condition("ok and i < 0", {"ok": "True"}, {"i": "-1"}, TWO),
    Condition("i < 0 or s < 0", {}, {"i": "-1"}, TWO),
    Condition("user == 'bob'", {"user": "'alice'"}, {"user": "'bob'"}, LITERAL),
    Condition("status != 'ok'", {"status": "'ok'"}, {"status": "'bad'"}, LITERAL),
    Condition("i % 1000 == 5000", {}, {}, OTHER),
    Condition("i in (-1, -2)", {}, {"i": "-2"}, LITERAL),
    Condition("user in ('bob', 'eve')", {"user": "'alice'"}, {"user": "'eve'"}, LITERAL),
    Condition("'z' in user", {"user": "'alice'"}, {"user": "'zoe'"}),
    Condition("user.startswith('b')", {"user": "'alice'"}, {"user": "'bob'"}),
    Condition("user.lower() == 'bob'", {"user": "'Alice'"}, {"user": "'Bob'"}),
    Condition("len(items) > 10", {"items": "[1, 2, 3]"}, {"items": "[0] * 11"}),
    Condition("items[0] == 9", {"items": "[1, 2, 3]"}, {"items": "[9]"}),
    Condition("event['type'] == 'x'", _EVENT, {"event": "{'type': 'x'}"}),
    Condition("event.get('type') == 'x'", _EVENT, {"event": "{'type': 'x'}"}),
    Condition("'k' in event", _EVENT, {"event": "{'k': 1}"}),
    Condition("event['a']['b'] > 3", _EVENT, {"event": "{'a': {'b': 4}}"}),
    Condition("order.total > 100", _SHOP, {"order": "Order(total=101)"}),
    Condition("order.user.name == 'bob'", _SHOP, {"order": "Order(user=User(name='bob'))"}),
    Condition("self.lines[0].quantity > 10", _SELF, {"self": "Order(lines=[Line(1, 11)])"}),
    Condition("isinstance(x, str)", {"x": "3"}, {"x": "'a'"}),
    Condition("price > 10", {"price": "decimal.Decimal('9.5')"}, {"price": "decimal.Decimal('10.5')"}),
    Condition("any(l.q > 9 for l in lines)", _LINES, {"lines": "[Line(1, 2), Line(10, 4)]"}),
    Condition("@request_id == 'abc'", {}, {}, INVOCATION, "REQUEST == 'abc'"),
    Condition("@event['type'] == 'x'", {}, {}, INVOCATION, "EVENT['type'] == 'x'"),
    # neighbours of the same kinds
    Condition("i >= 10_000_000", {}, {"i": "10_000_000"}, LITERAL),
    Condition("0 < x < 3", {"x": "7"}, {"x": "1"}, LITERAL),
    Condition("x != 7", {"x": "7"}, {"x": "8"}, LITERAL),
    Condition("ratio >= 0.5", {"ratio": "0.25"}, {"ratio": "0.5"}, LITERAL),
    Condition("x is True", {"x": "False"}, {"x": "True"}, LITERAL),
    Condition("name", {"name": "''"}, {"name": "'ana'"}, LITERAL),
    Condition("not items", {"items": "[1]"}, {"items": "[]"}, LITERAL),
    Condition("user == 'bob'  ", {"user": "None"}, {"user": "'bob'"}, LITERAL),
    Condition("status == 'processing'", {"status": "'completed'"}, {"status": "'processing'"}, LITERAL),
    Condition("user not in ('alice', 'eve')", {"user": "'alice'"}, {"user": "'bob'"}, LITERAL),
    Condition("code in {404, 500, 503}", {"code": "200"}, {"code": "404"}, LITERAL),
    Condition("x >= y", {"x": "1.5", "y": "2"}, {"x": "2"}, TWO),
    Condition("user == other", {"user": "'alice'", "other": "'bob'"}, {"user": "'bob'"}, TWO),
    Condition("user != other", {"user": "'alice'", "other": "'alice'"}, {"user": "'bob'"}, TWO),
    Condition("ok and not done", {"ok": "True", "done": "True"}, {"done": "False"}, TWO),
    Condition("x > 5 and y > 5", {"x": "7", "y": "3"}, {"y": "6"}, TWO),
    Condition("x + y > 100", {"x": "3", "y": "4"}, {"x": "98"}),
    Condition("x * 2 > y", {"x": "3", "y": "40"}, {"x": "98"}),
    Condition("abs(x - y) > 10", {"x": "3", "y": "4"}, {"x": "98"}),
    Condition("x & 1", {"x": "4"}, {"x": "3"}),
    Condition("x > LIMIT", {"x": "4"}, {"x": "1_000_001"}),
    Condition("user in ALLOWED", {"user": "'eve'"}, {"user": "'bob'"}),
    Condition("user in names", {"user": "'eve'", "names": "['ana', 'bob', 'eva']"}, {"user": "'bob'"}),
    Condition("len(user) > 20", {"user": "'alice'"}, {"user": "'alice' * 5"}),
    Condition("len(event) == 0", _EVENT, {"event": "{}"}),
    Condition("user.endswith('.com')", {"user": "'alice@example.org'"}, {"user": "'x.com'"}),
    Condition("user.upper().startswith('BO')", {"user": "'alice'"}, {"user": "'bob'"}),
    Condition("path.split('/')[1] == 'v2'", {"path": "'/v1/orders'"}, {"path": "'/v2/orders'"}),
    Condition("'timeout' in message", {"message": "'the connection was refused by the peer'"}, {"message": "'a timeout'"}),
    Condition("'error' in body", {"body": "'all is well here. ' * 60"}, {"body": "'error'"}),
    Condition("name[0] == 'b'", {"name": "'alice'"}, {"name": "'bob'"}),
    Condition("name[:2] == 'bo'", {"name": "'alice'"}, {"name": "'bob'"}),
    Condition("items[-1] > 9", {"items": "[1, 2, 3]"}, {"items": "[1, 2, 10]"}),
    Condition("pair[1] == 'x'", {"pair": "(1, 'y')"}, {"pair": "(1, 'x')"}),
    Condition("event['detail']['status'] == 'shipped'", _EVENT, {"event": "{'detail': {'status': 'shipped'}}"}),
    Condition("event.get('detail', {}).get('amount', 0) > 100", _EVENT, {"event": "{'detail': {'amount': 101}}"}),
    Condition("event['items'][0] > 5", _EVENT, {"event": "{'items': [6]}"}),
    Condition("'k' not in event", {"event": "{'k': 1}"}, {"event": "{}"}),
    Condition("counts[key] > 9", {"counts": "{'a': 1}", "key": "'a'"}, {"counts": "{'a': 10}"}),
    Condition("prices[7] > 9", {"prices": "{7: 1}"}, {"prices": "{7: 10}"}),
    Condition("order.coupon is not None", _SHOP, {"order": "Order(coupon=1)"}),
    Condition("order.user.kind == 'robot'", _SHOP, {"order": "Order(user=User(kind='robot'))"}),
    Condition("order.total > 100 and order.user.name == 'bob'", _SHOP, {"order": "Order(total=101, user=User(name='bob'))"}),
    Condition("order.total > x", {**_SHOP, "x": "9"}, {"x": "1"}),
    Condition("slotted.total > 100", {"slotted": "Slotted(5)"}, {"slotted": "Slotted(101)"}),
    Condition("money.amount > 100", {"money": "Price(5)"}, {"money": "Price(101)"}),
    Condition("point.x > 100", {"point": "Point(5, 6)"}, {"point": "Point(101, 6)"}),
    Condition("color.name == 'BLUE'", {"color": "Color.RED"}, {"color": "Color.BLUE"}),
    Condition("when.year > 2030", {"when": "datetime.datetime(2026, 1, 2)"}, {"when": "datetime.datetime(2031, 1, 2)"}),
    Condition("len(order.items) > 10", {"order": "Order(items=[1, 2])"}, {"order": "Order(items=[0] * 11)"}),
    Condition("isinstance(x, (str, bytes))", {"x": "3"}, {"x": "'a'"}),
    Condition("isinstance(x, User)", {"x": "Order()"}, {"x": "User()"}),
    Condition("type(x) is str", {"x": "3"}, {"x": "'a'"}),
    Condition("type(x).__name__ == 'User'", {"x": "Order()"}, {"x": "User()"}),
    Condition("price > limit", {"price": "decimal.Decimal('9.5')", "limit": "decimal.Decimal(10)"}, {"price": "decimal.Decimal('10.5')"}),
    Condition("price * 2 > 100", {"price": "decimal.Decimal('9.5')"}, {"price": "decimal.Decimal('50.5')"}),
    Condition("when > start", {"when": "datetime.date(2026, 1, 1)", "start": "datetime.date(2026, 1, 2)"}, {"when": "datetime.date(2026, 1, 3)"}),
    Condition("all(l.q > 3 for l in lines)", _LINES, {"lines": "[Line(10, 4)]"}),
    Condition("sum(l.q for l in lines) > 100", _LINES, {"lines": "[Line(101, 2)]"}),
    Condition("max(items) > 9", {"items": "[1, 2, 3]"}, {"items": "[10]"}),
    Condition("any(x > 9 for x in items)", {"items": "[1, 2, 3]"}, {"items": "[10]"}),
    Condition("len([l for l in lines if l.q > 9]) > 0", _LINES, {"lines": "[Line(10, 4)]"}),
    Condition("(x or 0) > 9", {"x": "None"}, {"x": "10"}),
    Condition("(x if ok else y) > 9", {"x": "1", "y": "2", "ok": "True"}, {"x": "10"}),
    Condition("int(text) > 9", {"text": "'7'"}, {"text": "'10'"}),
    Condition("str(x) == '10'", {"x": "7"}, {"x": "10"}),
    Condition("round(ratio, 1) == 0.5", {"ratio": "0.25"}, {"ratio": "0.52"}),
    Condition("hasattr(order, 'refund')", _SHOP, {"order": "Order(refund=1)"}),
    Condition("x is None or x > 9", {"x": "7"}, {"x": "10"}, LITERAL),
    Condition("@cold_start", {}, {}, INVOCATION, "COLD"),
    Condition("@request_id == 'abc' and x > 3", {"x": "7"}, {}, INVOCATION, "REQUEST == 'abc' and x > 3"),
    Condition("@event['a']['b'] > 3 or @function == 'other'", {}, {}, INVOCATION, "EVENT['a']['b'] > 3 or FUNCTION == 'other'"),
    # what tutorials of debuggers, issues and run books show
    Condition("len(queue) == 0", {"queue": "[1]"}, {"queue": "[]"}),
    Condition("index == len(items) - 1", {"index": "0", "items": "[1, 2, 3]"}, {"index": "2"}),
    Condition("key not in cache", {"key": "'a'", "cache": "{'a': 1}"}, {"cache": "{}"}),
    Condition("node is None", {"node": "Order()"}, {"node": "None"}, LITERAL),
    Condition("not user", {"user": "'ana'"}, {"user": "''"}, LITERAL),
    Condition("retries >= 3", {"retries": "0"}, {"retries": "3"}, LITERAL),
    Condition("attempt == max_retries", {"attempt": "1", "max_retries": "3"}, {"attempt": "3"}, TWO),
    Condition("elapsed > 1.5", {"elapsed": "0.25"}, {"elapsed": "2.0"}, LITERAL),
    Condition("amount < 0 or amount > 10000", {"amount": "12.5"}, {"amount": "-1.0"}, LITERAL),
    Condition("user_id in (7, 42, 99)", {"user_id": "8"}, {"user_id": "42"}, LITERAL),
    Condition("count > limit and not done", {"count": "1", "limit": "5", "done": "False"}, {"count": "6"}),
    Condition("err is not None and retries > 2", {"err": "None", "retries": "0"}, {"err": "Order()", "retries": "3"}),
    Condition("total != subtotal + tax", {"total": "119", "subtotal": "100", "tax": "19"}, {"tax": "18"}),
    Condition("response.status_code != 200", {"response": "Named(status_code=200)"}, {"response": "Named(status_code=502)"}),
    Condition("response['statusCode'] >= 400", {"response": "{'statusCode': 200}"}, {"response": "{'statusCode': 502}"}),
    Condition("request.method == 'POST'", {"request": "Named(method='GET')"}, {"request": "Named(method='POST')"}),
    Condition("self.state == 'FAILED'", {"self": "Order(state='NEW')"}, {"self": "Order(state='FAILED')"}),
    Condition("self.count > self.most", {"self": "Order(count=1, most=5)"}, {"self": "Order(count=6, most=5)"}),
    Condition("user.id == 42", {"user": "User(id=7)"}, {"user": "User(id=42)"}),
    Condition("not order.lines", {"order": "Order(lines=[1])"}, {"order": "Order(lines=[])"}),
    Condition("order.customer.address.country == 'DE'", {"order": "Order(customer=User(address=Named(country='FR')))"}, {"order": "Order(customer=User(address=Named(country='DE')))"}),
    Condition("record['eventName'] == 'INSERT'", {"record": "{'eventName': 'MODIFY'}"}, {"record": "{'eventName': 'INSERT'}"}),
    Condition("event['Records'][0]['eventSource'] == 'aws:sqs'", {"event": "{'Records': [{'eventSource': 'aws:s3'}]}"}, {"event": "{'Records': [{'eventSource': 'aws:sqs'}]}"}),
    Condition("event.get('httpMethod') == 'POST'", {"event": "{'httpMethod': 'GET', 'path': '/'}"}, {"event": "{'httpMethod': 'POST'}"}),
    Condition("event['requestContext']['http']['method'] == 'POST'", {"event": "{'requestContext': {'http': {'method': 'GET'}}}"}, {"event": "{'requestContext': {'http': {'method': 'POST'}}}"}),
    Condition("headers.get('x-debug') == '1'", {"headers": "{'host': 'a', 'accept': 'b'}"}, {"headers": "{'x-debug': '1'}"}),
    Condition("'error' in response", {"response": "{'statusCode': 200}"}, {"response": "{'error': 1}"}),
    Condition("row['price'] is None", {"row": "{'price': 5}"}, {"row": "{'price': None}"}),
    Condition("row[0] is None", {"row": "(1, 'a', 2.5)"}, {"row": "(None, 'a', 2.5)"}),
    Condition("orders[0]['id'] == 7", {"orders": "[{'id': 1}]"}, {"orders": "[{'id': 7}]"}),
    Condition("name.strip() == ''", {"name": "'ana'"}, {"name": "'  '"}),
    Condition("path.endswith(('.jpg', '.png'))", {"path": "'a.txt'"}, {"path": "'a.png'"}),
    Condition("sku.startswith('A-') and qty > 10", {"sku": "'A-17'", "qty": "3"}, {"qty": "11"}),
    Condition("message.lower().startswith('error')", {"message": "'All is well'"}, {"message": "'ERROR: x'"}),
    Condition("isinstance(payload, dict) and 'id' in payload", {"payload": "{'name': 1}"}, {"payload": "{'id': 1}"}),
    Condition("type(payload) is not dict", {"payload": "{'name': 1}"}, {"payload": "[1]"}),
)  # fmt: skip


class Message(NamedTuple):
    """A message as it is typed.

    Attributes:
        text: the message; as an f-string it is what a developer would have typed.
        values: the variables of the function, as Python source.
    """

    text: str
    values: dict[str, str]


MESSAGES = (
    Message("i={i} s={s}", {}),
    Message("n={len(items)}", {"items": "[1, 2, 3]"}),
    Message("total={order.total}", _SHOP),
    Message("type={event['type']}", _EVENT),
    Message("type={event.get('type')}", _EVENT),
    Message("user={order.user.name} total={order.total}", _SHOP),
    Message("items={items}", {"items": "[1, 2, 3]"}),
    Message("tags={tags}", {"tags": "['new', 'paid', 'gift']"}),
    Message("detail={event['detail']}", _EVENT),
    Message("order={order}", _SHOP),
    Message("price={money}", {"money": "Price(5)"}),
    Message("when={when}", {"when": "datetime.datetime(2026, 1, 2, 3, 4, 5)"}),
    Message("when={when}", {"when": "datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=ZONE)"}),
    Message("day={day}", {"day": "datetime.date(2026, 1, 2)"}),
    Message("took={took}", {"took": "datetime.timedelta(seconds=90)"}),
    Message("price={price}", {"price": "decimal.Decimal('12.50')"}),
    Message("id={key}", {"key": "uuid.UUID(int=2**127 + 12345)"}),
    Message("body={body}", {"body": "'the customer asked for another colour. ' * 12 + 'thank you.'"}),
    Message("name={name}", {"name": "'Ana Lima'"}),
    Message("ratio={ratio:.2f}", {"ratio": "0.12345"}),
    Message("total={x + y}", {"x": "3", "y": "4"}),
    Message("first={items[0]} last={items[-1]}", {"items": "[1, 2, 3]"}),
    Message("user={user!r}", {"user": "'alice'"}),
    Message("who={user.upper()}", {"user": "'alice'"}),
    Message("pair={pair}", {"pair": "(1, 'x')"}),
    Message("ids={ids}", {"ids": "{1, 2}"}),
    Message("color={color}", {"color": "Color.RED"}),
    Message("big={big}", {"big": "20_931_000_000"}),
)  # fmt: skip
