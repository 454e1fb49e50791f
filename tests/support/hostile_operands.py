"""Operands for compiled conditions and messages: plain ones at random, with secrets among them, and such whose code must not run."""

from __future__ import annotations

import sys
import types
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.bench.rows import HEAD

if TYPE_CHECKING:
    import random

SECRETS = ("opensesame-77", "482913")
APP = types.ModuleType("rows_app")
APP.__file__ = "rows_app.py"
sys.modules[APP.__name__] = APP
exec(HEAD, vars(APP))  # noqa: S102 -- the rows' own classes

ran: list[str] = []


class Caller:
    """A frame whose names the test looks up; only what it asks of one is here."""

    def __init__(self, values: dict[str, object]) -> None:
        self.f_locals = values
        self.f_globals = {**vars(APP), **values}
        self.f_code = (lambda: None).__code__


class Odd(int):
    """A number whose operators are the application's."""

    def _touch(self, *_: object) -> bool:
        ran.append("Odd")
        return True

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _touch
    __mod__ = __and__ = __add__ = __radd__ = __mul__ = __sub__ = __contains__ = _touch

    def __hash__(self) -> int:
        ran.append("Odd.__hash__")
        return 7


class OddText(str):
    """A text whose methods are the application's."""

    __slots__ = ()

    def _touch(self, *_: object) -> Any:
        ran.append("OddText")
        return True

    __eq__ = __ne__ = __contains__ = __len__ = __getitem__ = __iter__ = __bool__ = _touch
    startswith = endswith = lower = upper = split = _touch  # type: ignore[assignment]

    def __hash__(self) -> int:
        ran.append("OddText.__hash__")
        return hash("type")


class Meta(type):
    """A class of classes that has ideas of its own."""

    def _touch(cls, *_: object) -> Any:
        ran.append("Meta")
        return True

    __eq__ = __instancecheck__ = __subclasscheck__ = _touch

    def __hash__(cls) -> int:
        ran.append("Meta.__hash__")
        return 7


def touching(name: str) -> Any:
    def touch(*_: object) -> Any:
        ran.append(name)
        return 0

    return touch


_SPECIAL = [
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__bool__",
    "__len__",
    "__getitem__",
    "__contains__",
    "__iter__",
    "__getattribute__",
    "__getattr__",
    "__add__",
    "__radd__",
    "__mul__",
    "__mod__",
    "__and__",
    "__sub__",
    "__abs__",
    "__round__",
    "__int__",
    "__float__",
    "__str__",
    "__repr__",
    "__index__",
    "__neg__",
    "__format__",
    "get",
]
Hostile: Any = Meta(
    "Hostile", (), {**{name: touching(name) for name in _SPECIAL}, "__hash__": touching("__hash__")}
)
HostileDict: Any = Meta(
    "HostileDict", (dict,), {name: touching(name) for name in _SPECIAL if name not in {"__lt__", "__gt__"}}
)
HostileList: Any = Meta("HostileList", (list,), {name: touching(name) for name in _SPECIAL})


class Computed:
    """Fields that are computed."""

    total = user = lines = coupon = amount = x = year = name = items = q = property(touching("property"))


def hostile_values() -> list[Any]:
    """Values of which nothing may run, and such that hold them."""
    worst = Hostile()
    odd_key = {OddText("type"): 1, "a": worst}
    ran.clear()
    return [
        worst, Odd(5), OddText("bob"), HostileDict(), HostileList(), Computed(), Hostile, odd_key, [worst], (worst, OddText("x")), [Odd(1)],
        {"type": worst, "a": {"b": Odd(1)}, "items": [worst], "detail": worst}, {"a": worst}, {"type": OddText("x")},
        APP.Order(total=Odd(5), user=worst, lines=[worst], coupon=worst, items=HostileList()),
        APP.Order(user=APP.User(name=OddText("bob")), lines=HostileList(), total=worst), [Computed()],
    ]  # fmt: skip


def plain_value(source: random.Random) -> Any:
    """A value at random, of those that people have, with secrets among them."""
    pick = source.choice
    scalars = [
        source.randint(-10, 10), source.randint(-(10**6), 10**6), source.randint(-(10**20), 10**20), source.uniform(-20, 20), float("nan"),
        float("inf"), 1e300, True, False, None, "", "bob", "alice", "eve", "Bob", "x", "/v2/orders", "processing", "ok", "7", "10",
        *SECRETS, 482913, 4111111111111111, "4111 1111 1111 1111", "--password", "token=abcdef123456", Decimal("10.5"), Decimal("NaN"), b"x",
        "text of some length, in which nothing is hidden " * 3,
    ]  # fmt: skip
    scalar = pick(scalars)
    return pick(
        [
            scalar, scalar, scalar, [pick(scalars) for _ in range(source.randint(0, 4))], (pick(scalars), pick(scalars)),
            {pick(["type", "a", "k", "password", "value", 7, "items"]): pick(scalars) for _ in range(source.randint(0, 3))},
            {"type": scalar, "a": {"b": pick(scalars)}, "detail": {"status": scalar, "amount": pick(scalars)}, "items": [scalar]},
            APP.Order(total=scalar, user=APP.User(name=pick(scalars)), coupon=scalar, items=[scalar], lines=[APP.Line(scalar, pick(scalars))]),
            APP.Slotted(scalar), APP.Price(scalar), APP.Point(scalar, 1), [APP.Line(scalar, 1), APP.Line(pick(scalars), 2)], {scalar} if scalar != b"x" else 0,
        ]
    )  # fmt: skip
