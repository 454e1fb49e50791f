"""What is shown of a value is the value: in a snapshot, a message, an expression, a metric, and without running its code."""

from __future__ import annotations

import builtins
import collections
import datetime as dt
import decimal
import email.message
import enum
import fractions
import json
import types
import urllib.error
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog import limits
from hotlog.capture.error_text import message_of
from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, render
from hotlog.reading.budget import Unavailable
from hotlog.reading.instance_state import MISSING
from hotlog.reading.numbers import number_of
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction
from hotlog.values.text import text_of
from tests.engine.tables import errors, values
from tests.support.probed import Probed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

READER = Reader(Redaction(Config()), readable=lambda _: True)


def ask(text: str, value: object) -> Any:
    return evaluate(grammar.parse(text), HitScope({"v": value}), READER.for_hit(10**12))


def say(text: str, value: object) -> str:
    return render(template.parse(text), HitScope({"v": value}), READER.for_hit(10**12))


@pytest.mark.parametrize("name", values.ROWS)
def test_a_value_is_shown_as_it_is(name: str) -> None:
    row = values.ROWS[name]
    shown = capture(row.value, READER.for_hit())
    if name == "Path":  # whose class has another name from Python 3.13 on
        del shown["@type"]

    assert shown == row.shown
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert say("{v}", row.value) == row.text
    assert say("{[v]}", row.value) == f"[{row.inside or row.text}]"
    for text, expected in row.asked.items():
        found = ask(text, row.value)
        assert (found, type(found)) == (expected, type(expected)), text
    if name not in {"complex", "Decimal NaN", "nan"}:  # a metric refuses them: see below
        number = number_of(row.value)
        assert (values.NONE if number is MISSING else number) == row.number


APP = """
def handle(v):
    return v  # <kept>
"""


def test_a_rule_shows_each_of_them(tmp_path: Path) -> None:
    endless: dict[str, Any] = {"limit": None, "per_second": None}
    with Probed(tmp_path, APP) as app:
        app.apply(
            hotlog.Rule(id="s", at=app.sample.at("kept"), snapshot=True, message="{v}", **endless),
            hotlog.Rule(id="n", at=app.sample.at("kept"), kind="metric", metric="M", value="v", **endless),
        )
        for name, row in values.ROWS.items():
            app.events.clear()
            assert app.invoke(lambda: app.module.handle(row.value)) is row.value  # noqa: B023
            [event] = [each for each in app.events if each["rule"] == "s" and "vars" in each]
            assert event["message"] == row.text, name
            assert event["vars"]["v"] == (
                row.shown if name != "Path" else {**event["vars"]["v"], **row.shown}
            ), name
            numbers = [each["M"] for each in app.events if "M" in each]
            assert numbers == ([] if row.number is values.NONE else [row.number]), name


def test_what_a_library_adds_to_a_plain_type_hides_no_value(tmp_path: Path) -> None:
    mail = email.message.EmailMessage()
    mail["Subject"] = "hi"
    with Probed(tmp_path, APP) as app:
        app.apply(hotlog.Rule(id="s", at=app.sample.at("kept"), snapshot=True, message="{v}"))
        app.invoke(lambda: app.module.handle(mail["Subject"]))
        [event] = [each for each in app.events if "vars" in each]

    assert event["message"] == "hi"
    assert event["vars"]["v"]["@value"] == "hi"
    assert event["vars"]["v"].keys() == {"@type", "@value"}, "what the library keeps beside it is not shown"


@pytest.mark.parametrize("name", errors.ROWS)
def test_an_exception_is_shown_as_it_is(name: str) -> None:
    row = errors.ROWS[name]
    fault = row.make()
    shown = capture(fault, READER.for_hit())

    if row.says_itself:
        assert str(fault) == row.message, "the table holds what Python says"
    assert message_of(fault, READER.for_hit()) == row.message
    assert say("{v}", fault) == row.message
    assert row.fields.items() <= shown.items()
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    for text, expected in {"str(v)": row.message, **row.asked}.items():
        assert ask(text, fault) == expected, text
    if isinstance(fault, urllib.error.HTTPError):
        fault.close()  # 3.14 warns where nobody has


def test_what_an_error_says_is_marked_where_it_is_cut() -> None:
    said = message_of(ValueError("x" * 2 * limits.MESSAGE_MAX_CHARS), READER.for_hit())

    assert len(said) == limits.MESSAGE_MAX_CHARS
    assert said.lstrip("x") == "…"


def test_an_error_that_is_its_own_argument_ends() -> None:
    fault = RuntimeError()
    fault.args = (fault,)

    assert message_of(fault, READER.for_hit())


# --- nothing of an application runs ------------------------------------------------------------------------------

ran: list[str] = []
# Python itself calls these of a class that is made, or of an object that dies, whatever anybody reads.
_LEFT_ALONE = {
    "__new__", "__init__", "__init_subclass__", "__class_getitem__", "__del__", "__set_name__", "__slots__", "__doc__", "__module__", "__dict__", "__weakref__",
    "__prepare__", "__mro_entries__", "__qualname__", "__classcell__", "__annotations__", "__static_attributes__", "__firstlineno__", "__abstractmethods__", "__name__", "__bases__",
    "__base__", "__mro__", "__basicsize__", "__itemsize__", "__flags__", "__weakrefoffset__", "__dictoffset__", "__text_signature__", "__type_params__", "__annotate__", "__annotate_func__", "__subclasshook__",
}  # fmt: skip
_HOOKS = {
    name
    for base in (object, int, str, list, dict, set, tuple, float, BaseException, decimal.Decimal)
    for name in dir(base)
    if name[:2] == "__"
}
_HOOKS |= {
    "__getattr__", "__missing__", "__iter__", "__next__", "__len__", "__length_hint__", "__bool__", "__contains__", "__getitem__", "__index__", "__int__", "__float__", "__complex__",
    "__fspath__", "__bytes__", "__enter__", "__exit__", "__call__", "__get__", "__set__", "__delete__", "__reversed__", "__copy__", "__deepcopy__", "__instancecheck__", "__rich__",
    "__html__", "__json__", "__class__", "__await__", "__aiter__", "__anext__", "__buffer__", "__array__", "__iadd__", "__matmul__", "__repr__", "__str__", "__format__", "__hash__", "__eq__",
}  # fmt: skip
_METHODS = {
    "items",
    "keys",
    "values",
    "get",
    "to_dict",
    "dict",
    "model_dump",
    "as_tuple",
    "isoformat",
    "__conform__",
    "_asdict",
}


def _noted(name: str) -> Callable[..., Any]:
    def hook(*_args: object, **_options: object) -> Any:
        ran.append(name)
        raise AssertionError(name)

    return hook


_OF_CLASSES = (
    "__instancecheck__", "__subclasscheck__", "__getattribute__", "__call__", "__iter__", "__len__", "__bool__", "__eq__", "__hash__", "__repr__", "__str__", "__dir__", "__contains__",
    "__getitem__", "__getattr__", "__prepare__", "__subclasses__", "mro",
)  # fmt: skip


class Descriptor:
    def __get__(self, *_args: object) -> Any:
        ran.append("descriptor")
        raise AssertionError("descriptor")

    def __set__(self, *_args: object) -> None:
        ran.append("descriptor")
        raise AssertionError("descriptor")


_hooked: list[type] = []


@pytest.fixture(autouse=True)
def _unhooked() -> Iterator[None]:
    """Let other tests ask the subclasses of `collections.abc` again, which these classes are as long as they live."""
    yield
    while _hooked:
        meta = _hooked.pop()
        for name in _OF_CLASSES:
            delattr(meta, name)


def hostile(base: type) -> type:
    """A subclass that overrides everything, with a counter."""
    namespace: dict[str, Any] = {name: _noted(name) for name in (_HOOKS | _METHODS) - _LEFT_ALONE}
    namespace["computed"] = property(_noted("computed"))
    namespace["described"] = Descriptor()
    namespace["__module__"] = "app"
    namespace["__class__"] = property(_noted("__class__"))
    meta = type("Meta", (type(base),), {})
    made: type = meta(f"Hostile{base.__name__}", (base,), namespace)
    _hooked.append(meta)
    for name in _OF_CLASSES:  # from now on whoever asks the class for something is counted
        setattr(meta, name, _noted(f"Meta.{name}"))
    return made


MADE: dict[str, tuple[type, tuple[Any, ...]]] = {
    "object": (object, ()), "int": (int, (5,)), "float": (float, (2.5,)), "str": (str, ("tea",)), "bytes": (bytes, (b"tea",)),
    "list": (list, ([1, 2],)), "tuple": (tuple, ([1, 2],)), "set": (set, ()), "frozenset": (frozenset, ()), "dict": (dict, ()),
    "Decimal": (decimal.Decimal, ("1.5",)), "date": (dt.date, (2026, 1, 2)), "datetime": (dt.datetime, (2026, 1, 2)), "timedelta": (dt.timedelta, (1,)),
    "Fraction": (fractions.Fraction, (1, 4)), "deque": (collections.deque, ([1],)), "OrderedDict": (collections.OrderedDict, ()), "defaultdict": (collections.defaultdict, ()),
    "UserDict": (collections.UserDict, ()), "ChainMap": (collections.ChainMap, ()), "SimpleNamespace": (types.SimpleNamespace, ()), "Exception": (Exception, ("boom",)),
    "OSError": (OSError, (2, "No such file")), "KeyError": (KeyError, ("k",)), "UnicodeDecodeError": (UnicodeDecodeError, ("utf-8", b"\xff", 0, 1, "bad")), "StopIteration": (StopIteration, (1,)),
    "SystemExit": (SystemExit, (3,)), "ImportError": (ImportError, ("no",)), "ExceptionGroup": (ExceptionGroup, ("many", [ValueError(1)])),
    "module": (types.ModuleType, ("mod",)), "BaseException": (BaseException, ()), "complex": (complex, (1, 2)), "bytearray": (bytearray, (b"tea",)),
}  # fmt: skip
EXPRESSIONS = """
    v.x | v.computed | v.described | v[0] | v['a'] | len(v) | str(v) | repr(v) | v == v | v != 1 | v < 1 | v in [1] | 1 in v | [x for x in v] | sum(v) | max(v) | bool(v) | not v | int(v) | float(v)
    round(v) | abs(v) | list(v) | set(v) | dict(v) | sorted(v) | v + 1 | -v | v and 1 | isinstance(v, int) | hasattr(v, 'x') | type(v).__name__ | v.get('a') | v.items() | v.args | v.errno | {v: 1} | v is None
""".replace("\n", " | ")  # fmt: skip


def _make(name: str) -> Any:
    base, arguments = MADE[name]
    if name in _IN_PYTHON:  # its own `__new__` or `__init__` would ask the class
        written: Any = object.__new__(hostile(base))
        for field, value in _IN_PYTHON[name].items():
            object.__setattr__(written, field, value)
        return written
    made: Any = base.__new__(hostile(base), *arguments)
    init = vars(base).get("__init__")
    if init is not None:
        init(made, *(() if base is object else arguments))
    return made


_IN_PYTHON: dict[str, dict[str, Any]] = {
    "Fraction": {"_numerator": 1, "_denominator": 4},
    "UserDict": {"data": {"a": 1}},
    "ChainMap": {"maps": [{"a": 1}, {"b": 2}]},
}


@pytest.mark.parametrize("name", MADE)
def test_nothing_of_a_class_that_overrides_everything_runs(name: str) -> None:
    value = _make(name)
    ran.clear()
    shown = [
        capture(each, READER.for_hit()) for each in (value, [value], {"a": value}, (value, {"b": value}))
    ]
    for each in shown:
        assert text_of(each)
    said = say("{v} {v!r} {[v]} {v:.2f}", value)
    number_of(value)
    for text in filter(None, map(str.strip, EXPRESSIONS.split(" | "))):
        try:
            capture(ask(text, value), READER.for_hit())
        except Unavailable:
            continue
    if issubclass(MADE[name][0], BaseException):
        assert message_of(value, READER.for_hit()) or name == "BaseException"

    assert ran == []
    assert said
    first: Any = shown[0]
    assert first["@type"] == f"app.Hostile{MADE[name][0].__name__}"


def test_names_hide_what_views_and_mappings_show() -> None:
    hidden = {"password": "hunter2", "plain": 1}
    looked = [
        hidden.values(), hidden.items(), types.MappingProxyType(hidden), collections.ChainMap(hidden), collections.UserDict(hidden),
        collections.deque([("password", "hunter2")]), collections.UserList(["--password", "hunter2"]),
    ]  # fmt: skip
    for value in looked:
        shown = capture(value, READER.for_hit())
        assert "hunter2" not in json.dumps(shown), value
        assert REDACTED in json.dumps(shown), value
        for text in ("list(v)", "[x for x in v]", "v[1]", "'hunter2' in list(v)", "max(v)"):
            try:
                found = capture(ask(text, value), READER.for_hit())
            except Unavailable:
                continue
            assert "hunter2" not in json.dumps(found), (value, text)


def test_a_flag_without_a_name_shows_its_number() -> None:
    class Bits(enum.IntFlag):
        A = 1

    assert capture(Bits(1), READER.for_hit())["@name"] == "A"
    assert number_of(Bits(1)) == 1
    assert builtins.int(Bits(1)) == 1
