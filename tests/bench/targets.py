"""The functions that all tools probe. Of each there are three, from one text: they differ in nothing else.

NAME          the one that is probed
NAME_twin     never touched: what the probed one costs more is what the tool costs
NAME_typed    with the line that a developer would have typed, before the marked one: the floor
"""

from __future__ import annotations

import textwrap
from typing import Any, NamedTuple

HERE = "# <here>"


class Target(NamedTuple):
    """A function, and what is probed in it.

    Attributes:
        name: of the function; its arguments are `n`, how often the marked line runs, and those of `arguments`.
        body: its lines; the probed one is marked.
        typed: what a developer would have typed before the marked line.
        arguments: names of its arguments after `n`.
        condition: of the probe.
        message: what the probe logs.
    """

    name: str
    body: str
    typed: str
    arguments: tuple[str, ...] = ()
    condition: str = ""
    message: str = ""


def _loop(name: str, condition: str, step: str, message: str) -> Target:
    """A hot loop over one local, with a condition."""
    local = message.partition("{")[2].rstrip("}")
    shown = local.replace(".", "_")
    return Target(
        name,
        f"for _ in range(n):\n    {step}  {HERE}",
        f'if {condition}:\n    LOG.info("{shown}=%s", {local})',
        (local.partition(".")[0],),
        condition,
        message,
    )


# What a handler has at hand: the payload, a page of rows, the ids of a batch, an object, some plain values.
_SNAPSHOT = """
    event, rows, ids, customer = EVENT, ROWS, IDS, Customer(7, "Ana Lima", Address("Rua Direita", 12))
    currency, paid, coupon, total = "EUR", False, None, 0.0
    for _ in range(n):
        total += 1.5  # <here>
"""

TARGETS = {
    target.name: target
    for target in (
        _loop("w1_int", "total < 0", "total += 1", "total={total}"),
        _loop("w1_float", "total < 0.0", "total += 1.0", "total={total}"),
        _loop("w1_str", "state == 'failed'", "state = state", "state={state}"),
        _loop("w1_other", "total < 0", "total += 1.0", "total={total}"),
        _loop("w1_attribute", "order.total < 0", "order.total += 1", "total={order.total}"),
        _loop("w1_library", "amount < 0", "amount += ONE", "amount={amount}"),
        Target(
            "w2_body",
            f"a = b = 0  {HERE}\nfor x in range(n):\n    a += x\n    b = a\n    a = b - x",
            'LOG.info("n=%s", n)',
            message="n={n}",
        ),
        Target("w2_other", "a = b = 0\nfor x in range(n):\n    a += x\n    b = a\n    a = b - x", "pass"),
        Target("w2_call", f"return n  {HERE}", 'LOG.info("n=%s", n)', message="n={n}"),
        Target(
            "w3_log",
            f"total = 0\nfor x in range(n):\n    total += x  {HERE}",
            'LOG.info("x=%s total=%s", x, total)',
            message="x={x} total={total}",
        ),
        Target(
            "w4_snapshot",
            textwrap.dedent(_SNAPSHOT).strip(),
            'LOG.info("%s %s", json.dumps(locals(), default=vars), "".join(traceback.format_stack()))',
        ),
        Target(
            "w8_limited",
            f"total = 0\nfor x in range(n):\n    total += x  {HERE}",
            'LOG.info("x=%s total=%s", x, total)',
            message="x={x} total={total}",
        ),
    )
}

_HEAD = '''\
import json
import logging
import traceback
from decimal import Decimal

LOG = logging.getLogger("app")
ONE = Decimal(1)


class Order:
    def __init__(self, total):
        self.total = total
        self.customer = "Ana Lima"
        self.items = []


class Address:
    def __init__(self, street, number):
        self.street = street
        self.number = number


class Customer:
    def __init__(self, number, name, address):
        self.number = number
        self.name = name
        self.address = address


EVENT = {
    "version": "2.0",
    "routeKey": "POST /orders",
    "rawPath": "/orders",
    "rawQueryString": "page=2",
    "headers": {
        "accept": "application/json",
        "content-type": "application/json",
        "host": "example.execute-api.eu-west-1.amazonaws.com",
        "user-agent": "shop/4.2",
        "x-forwarded-proto": "https",
    },
    "requestContext": {
        "apiId": "a1b2c3d4e5",
        "http": {"method": "POST", "path": "/orders", "protocol": "HTTP/1.1"},
        "stage": "$default",
        "timeEpoch": 1700000000000,
    },
    "isBase64Encoded": False,
}
ROWS = [{"sku": f"book-{number}", "price": 12.5, "quantity": number, "gift": False} for number in range(20)]
IDS = list(range(20_931, 21_931))


def below(depth, function, *arguments):
    """As deep in the stack as a handler's helper is."""
    return below(depth - 1, function, *arguments) if depth else function(*arguments)

'''


def source() -> str:
    """The text of the module that holds them all."""
    return _HEAD + "".join(
        _function(target, suffix) for target in TARGETS.values() for suffix in ("", "_twin", "_typed")
    )


def _function(target: Target, suffix: str) -> str:
    lines = []
    for line in target.body.split("\n"):
        plain, mark, _ = line.partition(HERE)
        if mark and suffix == "_typed":
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + typed for typed in target.typed.split("\n")]
        lines.append(f"{plain.rstrip()}  # <{target.name}>" if mark and not suffix else plain.rstrip())
    header = f"\n\ndef {target.name}{suffix}({', '.join(('n', *target.arguments))}):\n"
    return header + textwrap.indent("\n".join(lines), "    ") + "\n"


def line_of(name: str, text: str) -> int:
    """The line, from 1, that is probed in the function of that name."""
    return next(number for number, line in enumerate(text.split("\n"), 1) if line.endswith(f"# <{name}>"))


# --- many functions, to be probed all at once ----------------------------------------------------------------------

MODULES, FUNCTIONS = 10, 100


def many_source() -> str:
    """A module of `FUNCTIONS` functions."""
    return "".join(
        f"def f{number}(x):\n    y = x + {number}\n    if y > 10:\n        y -= 1\n    return y\n\n\n"
        for number in range(FUNCTIONS)
    )


def many_line(number: int) -> int:
    """The line, from 1, of the `return` of the function of that number."""
    return number * 7 + 5


def never(module: Any, name: str) -> tuple[Any, ...]:
    """Arguments with which the condition of that target is never true."""
    return _arguments(module, name, 1, "open")


def thrice(module: Any, name: str) -> tuple[Any, ...]:
    """Arguments with which it is true for the first three times."""
    return _arguments(module, name, -3, "failed")


def _arguments(module: Any, name: str, total: int, state: str) -> tuple[Any, ...]:
    kind = name.partition("_")[2]
    if kind == "attribute":
        return (module.Order(total),)
    if kind == "library":
        return (module.Decimal(total),)
    return {"int": (total,), "float": (float(total),), "other": (float(total),), "str": (state,)}.get(
        kind, ()
    )
