"""The order API: an API Gateway event in, a JSON response out.

POST /orders          take an order: {"customer": …, "lines": [{"sku": …, "quantity": …}, …], "coupon": …}
GET  /orders/{id}     read one back
GET  /stock           what is left, line by line
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pricing
import stock
import storage
from problems import Problem, Unknown, Wrong

import hotlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Response = dict[str, Any]

ROUTES: dict[str, Callable[[Mapping[str, Any]], Response]] = {}


def route(
    key: str,
) -> Callable[[Callable[[Mapping[str, Any]], Response]], Callable[[Mapping[str, Any]], Response]]:
    """Register a function for a route key of API Gateway, such as `GET /stock`."""

    def register(
        function: Callable[[Mapping[str, Any]], Response],
    ) -> Callable[[Mapping[str, Any]], Response]:
        ROUTES[key] = function
        return function

    return register


@hotlog.wrap
def handler(event: Mapping[str, Any], context: object) -> Response:
    try:
        return ROUTES[event["routeKey"]](event)
    except Problem as problem:
        return answer(problem.status, {"error": problem.code, "message": str(problem)})


@route("POST /orders")
def place_order(event: Mapping[str, Any]) -> Response:
    order = body_of(event)
    lines = [stock.Line(line["sku"], line["quantity"]) for line in order.get("lines", [])]
    if not lines:
        raise Wrong("an order needs at least one line")
    order_id = storage.id_of(event["requestContext"]["requestId"])
    with storage.connect() as table:
        earlier = storage.load(table, order_id)
        if earlier is not None:
            stock.put_back(table, [stock.Line(**line) for line in earlier["lines"]])
        with stock.reserved(table, lines):
            cart = pricing.Cart(lines, customer=order.get("customer", ""), coupon=order.get("coupon", ""))
            total = cart.total()
            storage.save(table, order_id, cart, total)
        return answer(201, {"id": order_id, "total": total, "lines": len(lines)})


@route("GET /orders/{id}")
def read_order(event: Mapping[str, Any]) -> Response:
    order_id = event["pathParameters"]["id"]
    with storage.connect() as table:
        found = storage.load(table, order_id)
    if found is None:
        raise Unknown(f"there is no order {order_id}")
    return answer(200, found)


@route("GET /stock")
def list_stock(event: Mapping[str, Any]) -> Response:
    with storage.connect() as table:
        return answer(200, {"items": [item._asdict() for item in stock.items(table)]})


def body_of(event: Mapping[str, Any]) -> dict[str, Any]:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    try:
        content = json.loads(text)
    except ValueError as fault:
        raise Wrong("the body is no JSON") from fault
    if not isinstance(content, dict):
        raise Wrong("the body is no JSON object")
    return content


def answer(status: int, content: Mapping[str, Any]) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(content, sort_keys=True),
    }
