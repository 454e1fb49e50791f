"""Hostile values: whatever is captured or evaluated, no code of theirs runs, it stays small and fast, and it is JSON."""

# ruff: noqa: ICN001, N818, PLW0108, SIM905, S105 -- tables of words; secrets made up for the tests; Python as the oracle; odd letters on purpose

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import json
import pathlib
import re
import socket
import sys
import threading
import time
import types
import unittest.mock
import uuid
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from hotlog import limits
from hotlog.capture.snapshot import capture, capture_vars
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = str(pathlib.Path(__file__).parent)
READER = Reader(Redaction(Config()), readable=lambda path: path.startswith(HERE))

ran: list[str] = []


def tell(what: str) -> Callable[..., Any]:
    """A method that must never be called."""

    def method(*_args: object, **_options: object) -> Any:
        ran.append(what)
        raise RuntimeError(f"user code ran: {what}")

    return method


METHODS = """
    __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __len__ __iter__ __next__ __bool__ __repr__ __str__ __format__ __bytes__
    __getattr__ __dir__ __sizeof__ __contains__ __getitem__ __missing__ __reversed__ __add__ __radd__ __sub__ __rsub__
    __mul__ __rmul__ __truediv__ __rtruediv__ __mod__ __rmod__ __pow__ __rpow__ __and__ __rand__ __or__ __ror__ __neg__ __pos__
    __abs__ __invert__ __round__ __int__ __float__ __complex__ __index__ __call__ __enter__ __exit__ __fspath__ __length_hint__
    __reduce_ex__ __copy__ __deepcopy__ keys values items get upper split startswith isoformat total_seconds join count index
    copy weekday bit_length is_integer hex decode
""".split()


def tattling(*bases: type, meta: type = type, **more: object) -> type:
    """A class all of whose methods tell."""
    names = {name: tell(name) for name in METHODS} | {"lazy": property(tell("property"))} | more
    made: type = meta("Tattling", bases, names)
    return made


class TattlingMeta(type):
    """A metaclass with ideas of its own about everything."""

    armed = False

    def __getattribute__(cls, name: str) -> Any:
        if TattlingMeta.armed:
            ran.append(f"metaclass {name}")
        return super().__getattribute__(name)


for _name in "__eq__ __hash__ __repr__ __len__ __iter__ __bool__ __getitem__ __contains__ __or__".split():
    setattr(TattlingMeta, _name, tell(f"metaclass {_name}"))
for _name in "__instancecheck__ __subclasscheck__".split():
    setattr(TattlingMeta, _name, tell(f"metaclass {_name}"))


class Descriptor:
    def __get__(self, instance: object, owner: object = None) -> Any:
        if instance is not None:
            tell("descriptor")()
        return self


class DataDescriptor(Descriptor):
    def __set__(self, instance: object, value: object) -> None: ...


class Lying:
    """Says that it is an int, with a dict and a module of its own making."""

    def __init__(self) -> None:
        self.__dict__.update(x=1)

    __class__ = property(tell("__class__"))


class LyingDict:
    __dict__ = property(tell("__dict__"))


class LyingName:
    """Its class says it is one of the builtins."""


LyingName.__module__ = "builtins"
LyingName.__qualname__ = "int"


class LyingDate:
    year = property(tell("year"))


class LyingDeque:
    __len__ = __iter__ = __getitem__ = tell("deque")


LyingDeque.__module__ = "collections"
LyingDeque.__qualname__ = "deque"


LyingDate.__module__ = "datetime"
LyingDate.__qualname__ = "datetime"


class Asking:
    def __getattribute__(self, name: str) -> Any:
        ran.append(f"__getattribute__ {name}")
        return object.__getattribute__(self, name)


class AskingAll(Asking):
    __getattr__ = tell("__getattr__")


def sleep(*_args: object) -> Any:
    time.sleep(30)


class Sleeping:
    __len__ = __iter__ = __bool__ = __eq__ = __repr__ = __getattr__ = __hash__ = sleep


class Endless:
    def __iter__(self) -> Iterator[int]:
        ran.append("endless")
        while True:
            yield 1

    def __getattr__(self, name: str) -> Endless:
        ran.append(name)
        return Endless()


class Slotted:
    __slots__ = ("__weakref__", "unset", "x")

    def __init__(self) -> None:
        self.x = 1


class Cached:
    @functools.cached_property
    def x(self) -> int:
        ran.append("cached_property")
        return 1


class Key(str):
    """A text key with an `__eq__` and the hash of the plain text: a lookup of the plain text would call it."""

    armed = False
    __slots__ = ()

    def __hash__(self) -> int:
        if Key.armed:
            ran.append("key hash")
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        if Key.armed:
            ran.append("key eq")
        return str.__eq__(self, other)


def with_key_in_dict() -> object:
    made = Descriptorless()
    made.__dict__[Key("x")] = 1
    return made


class Descriptorless:
    """Nothing special."""


KEPT = Descriptorless()


class DictOfItsOwn(dict):  # type: ignore[type-arg]
    __getitem__ = __iter__ = items = keys = get = __len__ = __contains__ = tell("instance dict")


def with_other_dict() -> object:
    made = Descriptorless()
    made.__dict__ = DictOfItsOwn(x=1)
    return made


class Zone(datetime.tzinfo):
    utcoffset = dst = tzname = tell("time zone")
    __repr__ = __eq__ = __hash__ = tell("time zone")


class Colour(enum.Enum):
    RED = "r"

    @property
    def value(self) -> Any:
        return tell("enum value")()

    __str__ = __repr__ = __format__ = __hash__ = tell("enum")


class Level(enum.IntEnum):
    HIGH = 3


class Broken(Exception):
    __str__ = __repr__ = tell("exception text")
    args = property(tell("args"))
    __cause__ = property(tell("cause"))


def chained() -> Exception:
    first, second = ValueError("first"), KeyError("second")
    first.__context__ = second
    second.__context__ = first  # the interpreter cuts such cycles only when it raises
    return first


class QuerySet:
    """Lazy as Django's: everything but `__dict__` asks the database."""

    def __init__(self) -> None:
        self._result_cache = None
        self.query = "SELECT 1"

    __iter__ = __len__ = __bool__ = __getitem__ = __repr__ = __or__ = count = tell("query")


class LazySettings:
    def __init__(self) -> None:
        self.__dict__["_wrapped"] = None

    __getattr__ = tell("settings")


class LocalProxy:
    """As werkzeug's."""

    __slots__ = ("__wrapped",)

    def __init__(self) -> None:
        object.__setattr__(self, "_LocalProxy__wrapped", 3)

    __getattr__ = __repr__ = __bool__ = __eq__ = __hash__ = __call__ = tell("proxy")
    __class__ = property(tell("proxy class"))


class LazyModule(types.ModuleType):
    __getattr__ = tell("module")


def misnamed() -> object:
    made = type("Misnamed", (), {})
    made.__module__, made.__qualname__ = "\ud800", "\udfff" * 1_000
    return made()


def deep(depth: int = 10_000) -> list[Any]:
    made: list[Any] = []
    for _ in range(depth):
        made = [made]
    return made


def deep_dict(depth: int = 10_000) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(depth):
        made = {"x": made}
    return made


def deep_object(depth: int = 10_000) -> object:
    made: Any = None
    for _ in range(depth):
        outer = Descriptorless()
        outer.__dict__["x"] = made
        made = outer
    return made


def cyclic_list() -> list[Any]:
    made: list[Any] = [1]
    made.append(made)
    return made


def cyclic_dict() -> dict[str, Any]:
    made: dict[str, Any] = {}
    made["x"] = [made]
    return made


def cyclic_object() -> object:
    made = Descriptorless()
    made.__dict__["x"] = made
    return made


def running_generator() -> Iterator[int]:
    yield 1
    ran.append("generator")
    yield 2


async def a_coroutine() -> None:
    ran.append("coroutine")


def closed(made: Any) -> Any:
    made.close()
    return made


def wide_object() -> object:
    made = Descriptorless()
    made.__dict__.update((f"field_{number}", "x" * 1_000) for number in range(1_000))
    return made


def tree(width: int, depth: int) -> Any:
    return [tree(width, depth - 1) for _ in range(width)] if depth else "leaf" * 100


class Named(NamedTuple):
    x: int
    secret: str


@dataclasses.dataclass
class Data:
    x: int
    token: str = "hunter2"


NASTY: dict[str, Callable[[], Any]] = {
    "every method tells": tattling(),
    "every method tells, slots": tattling(__slots__=("x",)),
    "metaclass": lambda: tattling(meta=TattlingMeta)(),
    "class with a metaclass": lambda: tattling(meta=TattlingMeta),
    "plain class": lambda: tattling(),
    "__getattribute__": Asking,
    "__getattribute__ and __getattr__": AskingAll,
    "lying class": Lying,
    "lying dict": LyingDict,
    "lying name": LyingName,
    "lying date": LyingDate,
    "lying deque": LyingDeque,
    "names of lone surrogates": misnamed,
    "sleeping": Sleeping,
    "endless": Endless,
    "unset slots": Slotted,
    "descriptor": type("D", (), {"x": Descriptor()}),
    "data descriptor": type("D", (), {"x": DataDescriptor()}),
    "cached property": Cached,
    "str subclass": lambda: tattling(str)("x"),
    "int subclass": lambda: tattling(int)(3),
    "float subclass": lambda: tattling(float)(3),
    "bytes subclass": lambda: tattling(bytes)(b"x"),
    "tuple subclass": lambda: tattling(tuple)((1, 2)),
    "list subclass": lambda: tattling(list)((1, 2)),
    "dict subclass": lambda: tattling(dict)(x=1),
    "set subclass": lambda: tattling(set)((1, 2)),
    "frozenset subclass": lambda: tattling(frozenset)((1, 2)),
    "complex subclass": lambda: tattling(complex)(3),
    "bytearray subclass": lambda: tattling(bytearray)(b"x"),
    "deque subclass": lambda: tattling(collections.deque)((1, 2)),
    "OrderedDict": lambda: collections.OrderedDict(x=1),
    "date subclass": lambda: tattling(datetime.date)(2026, 1, 1),
    "datetime subclass": lambda: tattling(datetime.datetime)(2026, 1, 1),
    "timedelta subclass": lambda: tattling(datetime.timedelta)(1),
    "Decimal subclass": lambda: tattling(decimal.Decimal)("1.5"),
    "Fraction subclass": lambda: tattling(fractions.Fraction)(1, 2),
    "exception subclass": lambda: tattling(ValueError)("x"),
    "exception with properties": lambda: Broken("x"),
    "exceptions in a circle": chained,
    "exception group": lambda: ExceptionGroup("many", [ValueError(n) for n in range(100)]),
    "user time zone": lambda: datetime.datetime(2026, 1, 1, tzinfo=Zone()),
    "user time zone in time": lambda: datetime.time(1, tzinfo=Zone()),
    "defaultdict": lambda: collections.defaultdict(tell("factory"), a=1),
    "Counter": lambda: collections.Counter("aab"),
    "ChainMap": lambda: collections.ChainMap(tattling(dict)(x=1)),
    "UserDict": lambda: collections.UserDict(x=1),
    "dict with nasty keys": lambda: {Key("x"): 1, "y": 2},
    "dict with nasty values": lambda: {"x": tattling()()},
    "dict with object keys": lambda: {Descriptorless(): 1, (1, Descriptorless()): 2},
    "list of nasty": lambda: [tattling()() for _ in range(200)],
    "tuple of nasty": lambda: (tattling()(), TattlingMeta("M", (), {})),
    "set of nasty": lambda: {Descriptorless() for _ in range(200)},
    "nasty key in instance dict": with_key_in_dict,
    "nasty key in class": lambda: type("K", (), {Key("x"): 1})(),
    "other instance dict": with_other_dict,
    "Enum": lambda: Colour.RED,
    "Enum class": lambda: Colour,
    "Mock": unittest.mock.Mock,
    "MagicMock": unittest.mock.MagicMock,
    "Mock with spec": lambda: unittest.mock.Mock(spec=Data),
    "query set": QuerySet,
    "lazy settings": LazySettings,
    "local proxy": LocalProxy,
    "weak proxy": lambda: weakref.proxy(KEPT),
    "lazy module": lambda: LazyModule("lazy"),
    "10,000 deep list": deep,
    "10,000 deep dict": deep_dict,
    "10,000 deep object": deep_object,
    "cyclic list": cyclic_list,
    "cyclic dict": cyclic_dict,
    "cyclic object": cyclic_object,
    "100 MB of bytes": lambda: bytes(100_000_000),
    "100 MB of text": lambda: "x" * 100_000_000,
    "10,000,000 items": lambda: [0] * 10_000_000,
    "1,000,000 keys": lambda: dict.fromkeys(range(1_000_000)),
    "a range without end": lambda: range(10**30),
    "a number of 300,000 digits": lambda: 1 << 1_000_000,
    "a decimal of 100,000 digits": lambda: decimal.Decimal("1" * 100_000),
    "a decimal with a huge exponent": lambda: decimal.Decimal("1e999999"),
    "wide and deep": lambda: tree(20, 4),
    "1,000 long fields": wide_object,
    "generator": running_generator,
    "closed generator": lambda: closed(running_generator()),
    "closed coroutine": lambda: closed(a_coroutine()),
    "partial": lambda: functools.partial(tell("partial"), 1),
    "lambda": lambda: lambda: ran.append("lambda"),
    "bound method": lambda: tattling()().upper,
    "file": lambda: io.StringIO("text"),
    "socket": lambda: closed(socket.socket()),
    "lock": threading.Lock,
    "event loop policy": asyncio.Event,
    "frame": lambda: sys._getframe(),
    "released memoryview": lambda: _released(),
    "lone surrogates": lambda: "\ud800 \udfff",
    "control characters": lambda: "\x00\x1b[31m\u2028\r\n",
    "not a number": lambda: [float("nan"), float("inf"), -float("inf")],
    "namespace": lambda: types.SimpleNamespace(x=tattling()()),
    "mapping proxy": lambda: types.MappingProxyType(tattling(dict)(x=1)),
    "module": lambda: sys,
    "path of nasty text": lambda: pathlib.PurePosixPath(tattling_text()),
}


def tattling_text() -> str:
    class Text(str):
        __slots__ = ()
        __repr__ = __format__ = tell("path text")

    return Text("a/b")


def _released() -> memoryview:
    view = memoryview(b"x")
    view.release()
    return view


EXPRESSIONS = """
    v.x | v.lazy | v.x.y | v._result_cache | v[0] | v['x'] | v[0:1] | v == 1 | 1 == v | v != 'x' | v == v | v in [1] | [1] == [v] | 1 in v | 'x' in v | len(v)
    not v | v and 1 | 1 if v else 2 | [i for i in v] | [a for a, b in v] | v + 1 | 1 + v | v + v | -v | ~v | v * 2 | v % 2 | v ** 2 | v << 1 | v < 1 | v > v
    str(v) | repr(v) | int(v) | float(v) | bool(v) | abs(v) | round(v) | isinstance(v, int) | hasattr(v, 'x') | hasattr(v, 'nope')
    v.items() | v.get('x') | v.keys() | v.upper() | v.isoformat() | v.count(1) | {v: 1} | {v} | [v] | sum(v) | sorted(v) | max(v) | any(v) | all(v) | list(v)
    set(v) | dict(v) | tuple(v) | v is None | v is v | type(v) | type(v).__name__ | ','.join(v) | {'a': v}['a'] | [x for x in [v] if x] | max([v, v]) | v & v
    sorted([v, v]) | v == [1] | {1: v} == {1: v} | v.year | v.name | v.value | v.args | 'x'.startswith(v) | (1, 2)[v] | [1][v:] | 1 < v < 3 | v in {1: 2}
""".replace("\n", "|")
PARSED = [grammar.parse(text.strip()) for text in EXPRESSIONS.split("|") if text.strip()]
MESSAGE = template.parse("{v} {v!r} {v:.2f} {v.x} {[v]}")


@contextlib.contextmanager
def armed() -> Iterator[None]:
    ran.clear()
    TattlingMeta.armed = Key.armed = True
    try:
        yield
    finally:
        TattlingMeta.armed = Key.armed = False


def line(event: object) -> str:
    return json.dumps(event, allow_nan=False, separators=(",", ":"))


@pytest.mark.parametrize("name", NASTY)
def test_a_snapshot_of_a_nasty_object_runs_nothing_of_it_and_stays_small_and_fast(name: str) -> None:
    value = NASTY[name]()
    with armed():
        start = time.thread_time()
        captured = capture_vars({"v": value, "again": [value]}, READER.for_hit())
        took_ms = (time.thread_time() - start) * 1_000
    assert ran == []
    assert took_ms < limits.HIT_MAX_MS * 2
    assert len(line(captured)) < limits.EVENT_MAX_BYTES
    assert json.loads(line(captured)).keys() == {"v", "again"}


@pytest.mark.parametrize("name", NASTY)
def test_no_expression_over_a_nasty_object_runs_anything_of_it(name: str) -> None:
    value = NASTY[name]()
    slow = []
    with armed():
        for parsed in PARSED:
            start = time.thread_time()
            with contextlib.suppress(Unavailable):
                reader = READER.for_hit()
                result = evaluate(parsed, HitScope({"v": value}), reader)
                assert len(line(capture(result, reader))) < limits.EVENT_MAX_BYTES, parsed.text
            with contextlib.suppress(Unavailable):
                is_true(parsed, HitScope({"v": value}), READER.for_hit())
            assert ran == [], parsed.text
            if time.thread_time() - start > 0.2:
                slow.append(parsed.text)
        message = render(MESSAGE, HitScope({"v": value}), READER.for_hit())
    assert ran == []
    assert slow == []
    assert len(message) <= limits.MESSAGE_MAX_CHARS + 50


BUILTINS: list[tuple[type, Any]] = [
    (list, [1, 2, 3]), (tuple, (1, 2, 3)), (dict, {"x": 1}), (set, {1, 2}), (frozenset, {1, 2}), (str, "xyz"), (bytes, b"xyz"),
    (bytearray, b"xyz"), (int, 5), (float, 2.5), (collections.OrderedDict, {"x": 1}), (collections.deque, [1, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("base", "content"), BUILTINS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_builtin_with_a_single_method_of_its_own_is_as_safe_as_one_with_all(
    base: type, content: object
) -> None:
    """Where one method is the builtin's own, what it is reached by may still be somebody else's."""
    for method in METHODS:
        value = type("Tattling", (base,), {method: tell(method)})(content)
        with armed():
            for parsed in PARSED:
                with contextlib.suppress(Unavailable):
                    evaluate(parsed, HitScope({"v": value}), READER.for_hit())
                assert ran == [], (method, parsed.text)
            json.dumps(capture(value, READER.for_hit()))
            assert ran == [], method


# --- what it looks like ------------------------------------------------------------------------------------------


class Status(enum.Enum):
    PAID = "paid"


class Shop:
    def __init__(self) -> None:
        self.id, self.open = 7, True


class Plain(str):
    __slots__ = ()


SHAPES: list[tuple[Any, Any]] = [
    (None, None), (True, True), (7, 7), (2.5, 2.5), ("text", "text"), ([1, [2]], [1, [2]]), ({"a": {"b": 1}}, {"a": {"b": 1}}),
    (float("nan"), "NaN"), (-float("inf"), "-Infinity"), ("\ud800x", "\\ud800x"), (10**99, 10**99), (10**500, {"@type": "int", "@cut": "chars", "@len": 501}),
    ("x" * 20_000, {"@cut": "chars", "@len": 20_000, "@text": "x" * 16_384}), ("x" * 600, "x" * 600), (b"ab\xff", {"@type": "bytes", "@len": 3, "@value": "ab\\xff"}), ((1, 2), {"@type": "tuple", "@items": [1, 2]}),
    ({1}, {"@type": "set", "@items": [1]}), (list(range(600)), [*range(500), {"@cut": "items", "@len": 600}]), ([[[[[1]]]]], [[[[[1]]]]]),
    (Shop(), {"@type": f"{__name__}.Shop", "id": 7, "open": True}), (Slotted(), {"@type": f"{__name__}.Slotted", "x": 1}), (Data(3), {"@type": f"{__name__}.Data", "x": 3, "token": "@redacted"}),
    (Named(1, "s"), {"@type": f"{__name__}.Named", "x": 1, "secret": "@redacted"}), (Status.PAID, {"@type": f"{__name__}.Status", "@name": "PAID", "value": "paid"}), (Level.HIGH, {"@type": f"{__name__}.Level", "@name": "HIGH", "value": 3}),
    (Plain("x"), {"@type": f"{__name__}.Plain", "@value": "x"}), (decimal.Decimal("1.10"), {"@type": "decimal.Decimal", "@value": "1.10"}), (fractions.Fraction(1, 3), {"@type": "fractions.Fraction", "@value": "1/3"}),
    (datetime.date(2026, 1, 2), {"@type": "datetime.date", "@value": "2026-01-02"}), (datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), {"@type": "datetime.datetime", "@value": "2026-01-02T00:00:00+00:00"}),
    (datetime.timedelta(days=1), {"@type": "datetime.timedelta", "@value": "1 day, 0:00:00"}), (uuid.UUID(int=5), {"@type": "uuid.UUID", "@value": "00000000-0000-0000-0000-000000000005"}), (range(3), {"@type": "range", "@value": "range(0, 3)"}),
    (ValueError("bad", 1), {"@type": "ValueError", "@args": ["bad", 1]}), (len, {"@type": "builtin_function_or_method", "@name": "len"}), (Shop, {"@type": "type", "@name": f"{__name__}.Shop"}), (json, {"@type": "module", "@name": "json"}),
    (tell, {"@type": "function", "@name": f"{__name__}.tell"}), (running_generator(), {"@type": "generator", "@name": "running_generator", "state": "created"}), (closed(running_generator()), {"@type": "generator", "@name": "running_generator", "state": "closed"}),
    (collections.OrderedDict(a=1), {"@type": "collections.OrderedDict", "a": 1}), (collections.deque([1]), {"@type": "collections.deque", "@items": [1]}), (types.SimpleNamespace(a=1), {"@type": "types.SimpleNamespace", "a": 1}),
    ({"@type": "mine", 1: 2, "1": 3, None: 4, (1, "a"): 5}, {"@@type": "mine", "1": 2, "1'": 3, "None": 4, "(1, 'a')": 5}), (cyclic_list(), [1, {"@ref": "list"}]), (io.StringIO("x"), {"@type": "_io.StringIO"}), (threading.Lock(), {"@type": "_thread.lock"}),
    (asyncio.Event(), {"@type": "asyncio.locks.Event", "_value": False}), (unittest.mock.Mock(), {"@type": "unittest.mock.Mock"}), (re.compile("a+"), {"@type": "re.Pattern", "@value": "a+"}), (complex(1, 2), {"@type": "complex", "@value": "(1+2j)"}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SHAPES, ids=range(len(SHAPES)))
def test_a_value_reads_naturally(value: object, expected: object) -> None:
    assert capture(value, READER.for_hit()) == expected


def test_an_exception_brings_its_chain() -> None:
    fault = RuntimeError("outer")
    fault.__cause__ = ValueError("inner")
    assert capture(fault, READER.for_hit()) == {
        "@type": "RuntimeError",
        "@args": ["outer"],
        "@cause": {"@type": "ValueError", "@args": ["inner"]},
    }


def test_a_path_is_its_text() -> None:
    shown = capture(pathlib.PurePosixPath("/var/task"), READER.for_hit())
    assert shown["@type"].endswith("PurePosixPath")
    assert shown["@value"] == "/var/task"


def test_a_suspended_generator_says_so() -> None:
    made = running_generator()
    next(made)
    assert capture(made, READER.for_hit())["state"] == "suspended"


def test_more_variables_than_the_limit_are_cut_with_the_reason() -> None:
    shown = capture_vars({f"v{number}": number for number in range(150)}, READER.for_hit())
    assert len(shown) == limits.VARIABLES_MAX + 2
    assert (shown["@cut"], shown["@len"]) == ("items", 150)


def test_when_time_is_over_what_is_left_says_so() -> None:
    values = {"a": 1, "b": [1], "c": Shop()}
    assert capture_vars(values, READER.for_hit(-1)) == {
        "a": 1,
        "b": [{"@cut": "time"}],
        "c": {"@cut": "time"},
    }
    paused = READER.for_hit()  # the process stood still meanwhile
    paused.budget.deadline_ns = 0
    paused.budget.own_clock = lambda: 0
    assert capture_vars(values, paused) == capture_vars(values, READER.for_hit())


def test_a_property_that_never_ends_is_not_even_begun() -> None:
    assert capture(Sleeping(), READER.for_hit()) == {"@type": f"{__name__}.Sleeping"}


def test_nothing_live_survives_the_hit() -> None:
    value = Shop()
    gone = weakref.ref(value)
    reader = READER.for_hit()
    shown = capture_vars({"v": value, "w": [value]}, reader)
    with contextlib.suppress(Unavailable):
        evaluate(grammar.parse("v.nope"), HitScope({"v": value}), reader)
    del value
    assert gone() is None
    assert shown["v"]["id"] == 7


# --- other people's classes --------------------------------------------------------------------------------------


def test_attrs_and_pydantic_show_their_fields() -> None:
    attrs = pytest.importorskip("attrs")
    pydantic = pytest.importorskip("pydantic")

    slotted: Any = attrs.make_class(
        "Slotted", {"x": attrs.field(), "api_key": attrs.field(default="hunter2")}, slots=True
    )
    model: Any = pydantic.create_model(
        "Model", x=int, password=(pydantic.SecretStr, pydantic.SecretStr("hunter2"))
    )

    assert capture(slotted(1), READER.for_hit()).items() >= {"x": 1, "api_key": "@redacted"}.items()
    assert capture(model(x=1), READER.for_hit()).items() >= {"x": 1, "password": "@redacted"}.items()
    assert "hunter2" not in line(capture(pydantic.SecretStr("hunter2"), READER.for_hit()))
    values = {"m": model(x=5), "s": slotted(5)}
    assert evaluate(grammar.parse("m.x + s.x"), HitScope(values), READER.for_hit()) == 10


def test_arrays_show_their_shape_whatever_their_size() -> None:
    numpy = pytest.importorskip("numpy")
    large = numpy.zeros(100_000_000, dtype="int8")
    start = time.thread_time()
    shown = capture_vars(
        {"a": large, "b": numpy.ones((2, 3)), "c": numpy.int64(7), "d": numpy.float32(1.5)}, READER.for_hit()
    )
    assert time.thread_time() - start < 0.05
    assert shown["a"] == {"@type": "numpy.ndarray", "shape": [100_000_000], "dtype": "|i1"}
    assert shown["b"] == {
        "@type": "numpy.ndarray",
        "shape": [2, 3],
        "dtype": "<f8",
        "@items": [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
    }
    assert (shown["c"]["@value"], shown["d"]["@value"]) == (7, "1.5")
    values = {"a": large, "n": numpy.int64(7)}
    for text, expected in {
        "len(a)": 100_000_000,
        "n > 3": True,
        "n + 1": 8,
        "a.shape[0]": 100_000_000,
    }.items():
        assert evaluate(grammar.parse(text), HitScope(values), READER.for_hit()) == expected
    for text in ("a == 1", "a[0]", "a + 1", "sum(a)", "[x for x in a]", "a.sum()"):
        with contextlib.suppress(Unavailable, RuleError):
            pytest.fail(f"{text}: {evaluate(grammar.parse(text), HitScope(values), READER.for_hit())!r}")


def test_an_orm_instance_is_not_loaded_from_the_database() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    orm = pytest.importorskip("sqlalchemy.orm")

    base: Any = orm.declarative_base()

    class Customer(base):  # type: ignore[misc]
        __tablename__ = "customer"
        id = orm.mapped_column(sqlalchemy.Integer, primary_key=True)
        name = orm.mapped_column(sqlalchemy.String)
        orders = orm.relationship("Purchase")

    class Purchase(base):  # type: ignore[misc]
        __tablename__ = "purchase"
        id = orm.mapped_column(sqlalchemy.Integer, primary_key=True)
        customer_id = orm.mapped_column(sqlalchemy.ForeignKey("customer.id"))

    engine = sqlalchemy.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Customer(id=1, name="Ana", orders=[Purchase(id=2)]))
        session.commit()
        customer = session.get(Customer, 1)
        assert customer is not None
        session.expire(customer, ["name"])
        asked: list[str] = []
        sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(str(call[2])))
        shown = capture_vars(
            {"customer": customer, "query": session.query(Customer), "session_": [session]}, READER.for_hit()
        )
        for text in (
            "customer.name",
            "customer.orders",
            "customer.id",
            "[o for o in customer.orders]",
            "customer == 1",
        ):
            with contextlib.suppress(Unavailable):
                evaluate(grammar.parse(text), HitScope({"customer": customer}), READER.for_hit())
        assert evaluate(grammar.parse("customer.id"), HitScope({"customer": customer}), READER.for_hit()) == 1
        with pytest.raises(Unavailable, match="not been read from the database"):
            evaluate(grammar.parse("customer.name"), HitScope({"customer": customer}), READER.for_hit())
        assert asked == []
    engine.dispose()
    assert shown["customer"] == {"@type": shown["customer"]["@type"], "id": 1}
    assert len(line(shown)) < limits.EVENT_MAX_BYTES
