"""What a name hides is hidden in every kind of container: in a snapshot, a message, and whatever an expression asks of it."""

from __future__ import annotations

import array
import collections
import configparser
import dataclasses
import email.message
import enum
import functools
import http.cookies
import json
import logging
import queue
import sqlite3
import string
import subprocess
import sys
import types
import urllib.request
from typing import Any, Final, NamedTuple

import pytest

from hotlog.capture.error_text import message_of
from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.expressions import grammar, template
from hotlog.expressions.compiled.condition_test import ASK, make_test
from hotlog.expressions.evaluate import HitScope, evaluate, render
from hotlog.expressions.fast_message import make_message
from hotlog.reading.budget import Unavailable
from hotlog.reading.reader import Reader
from hotlog.redaction.redact import REDACTED, Redaction

READER: Final = Reader(Redaction(Config()), readable=lambda file: file == __file__)
X: Final = "zq7hunterzq"


@dataclasses.dataclass
class Setting:
    name: str
    value: str


@dataclasses.dataclass(slots=True)
class Slim:
    name: str
    value: str


class Word(enum.Enum):
    password = X


class Words(enum.Enum):
    PASSWORD = {"a": X}  # noqa: RUF012 -- an enum's member


class Login(NamedTuple):
    user: str
    password: str


class Pair(NamedTuple):
    name: str
    value: str


class Own(dict[str, Any]):
    pass


class Text(str):
    __slots__ = ()


def _cookies() -> http.cookies.SimpleCookie:
    made = http.cookies.SimpleCookie()
    made["session_token"] = made["password"] = X
    return made


def _headers() -> email.message.Message:
    made = email.message.Message()
    made["Authorization"], made["X-Api-Key"] = f"Basic {X}", X
    return made


def _config() -> configparser.ConfigParser:
    made = configparser.ConfigParser()
    made.read_dict({"db": {"password": X}})
    return made


def _rows() -> list[Any]:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    try:
        return [
            connection.execute(f"select 'a' as user, '{X}' as password").fetchone(),
            connection.execute(f"select 'password' as name, '{X}' as value").fetchone(),
        ]
    finally:
        connection.close()


def _queue() -> queue.Queue[Any]:
    made: queue.Queue[Any] = queue.Queue()
    made.put({"password": X})
    made.put(("password", X))
    return made


def _error() -> ValueError:
    fault = ValueError("password", X)
    fault.add_note(f"password={X}")
    fault.password = X  # type: ignore[attr-defined]
    return fault


def _nothing(*_values: str, **_named: str) -> None: ...


HELD: Final[dict[str, Any]] = {
    "dict": {"password": X}, "own dict": Own(password=X), "nested": {"a": [{"b": ({"password": X},)}]}, "what it holds": {"password": {"x": X}}, "keys of AWS": [{"Key": "password", "Value": X}],
    "tuple as key": {("password", "a"): X}, "bytes as key": {b"password": X}, "pair of bytes": (b"password", X.encode()), "pairs": [("password", X)], "a name twice": [("password", X), ("password", X)], "a header twice": [["set-cookie", X], ["Set-Cookie", X]], "two spellings": [("Cookie", "cookie", X), ("Cookie", "cookie", X)], "a table": [("user", "password"), ("ana", X)], "a table, the secret first": [["password", "id"], [X, 1]], "a table in a dict": {"rows": [("id", "password"), (1, X)]}, "a statement": ["INSERT INTO t (id, password) VALUES (?, ?)", (1, X)], "a statement of two": ("UPDATE t SET password = ? WHERE id = ?", [X, 1]), "a table of many": [["id", "password", "user"], [1, X, "ana"], [2, X, "bob"]], "pairs in a set": {("password", X)},
    "frozenset": frozenset({("password", X)}), "option": ("--password", X), "option in a list": ["x", "--token", X], "deque": collections.deque([("password", X)]), "option in a deque": collections.deque(["--password", X]),
    "OrderedDict": collections.OrderedDict(password=X), "items": collections.OrderedDict(password=X).items(), "values": {"password": X}.values(), "defaultdict": collections.defaultdict(dict, {"k": {"password": X}}), "Counter": collections.Counter({("password", X): 1}),
    "ChainMap": collections.ChainMap({"password": X}, {"a": 1}), "ChainMap of numbers": collections.ChainMap({"password": X}, {1: 2}), "mapping proxy": types.MappingProxyType({"password": X}), "UserDict": collections.UserDict({"password": X}), "UserList": collections.UserList([("password", X)]), "UserString": collections.UserString(f"password={X}"),
    "namespace": types.SimpleNamespace(password=X), "named namespace": types.SimpleNamespace(name="password", value=X), "dataclass": Setting("DB_PASSWORD", X), "slots": Slim("DB_PASSWORD", X), "list of dataclasses": [Setting("DB_PASSWORD", X)],
    "enum": Word.password, "enum of dict": Words.PASSWORD, "named tuple": Login("ana", X), "pair of names": Pair("password", X), "list of pairs": [Pair("password", X)], "own text": Text(f"password={X}"),
    "rows": _rows(), "queue": _queue(), "cookies": _cookies(), "cookie": _cookies()["password"], "cookies in a list": [*_cookies().values()], "headers": _headers(), "config": _config(), "section": _config()["db"],
    "request": urllib.request.Request("http://x/", headers={"Authorization": X}), "query": urllib.request.Request(f"http://x/?password={X}", data=f"password={X}".encode()),
    "partial": functools.partial(_nothing, password=X), "partial option": functools.partial(_nothing, "--password", X), "process": subprocess.CompletedProcess(["x", "--password", X], 0, stdout=f"password={X}"), "template": string.Template(f"password={X}"),
    "log record": logging.LogRecord("a", 30, "f", 1, "password=%s", (X,), None), "log record of a dict": logging.LogRecord("a", 30, "f", 1, "login %(password)s", ({"password": X},), None), "logged": {"msg": "token: %r", "args": [X]},
    "bytes": f"password={X}".encode(), "bytearray": bytearray(f"password={X}".encode()), "memoryview": memoryview(f"password={X}".encode()), "array of text": array.array("w" if sys.version_info >= (3, 13) else "u", f"password={X}"),
    "error": _error(), "KeyError": KeyError({"password": X}), "group": ExceptionGroup("g", [ValueError({"password": X})]),
    "list of headers": {"headers": [["authorization", X]]}, "headers of many": {"multiValueHeaders": {"Authorization": [X]}}, "url": {"u": f"https://u:{X}@h/p"}, "json": {"body": json.dumps({"password": X})}, "json in json": {"body": json.dumps({"i": json.dumps({"password": X})})},
}  # fmt: skip
ASKED: Final = """
    list(v) | [x for x in v] | v[0] | v[1] | v[0][1] | str(v) | repr(v) | max(v) | v.value | v['password'] | v.password | dict(v) | v.args | v.args[1] | json(v) | sorted(v) | v.data | list(v.values())
    v[1][1] | v[1][0] | v[2][1] | v[1:][0][1] | v[-1][-1] | [r[1] for r in v] | [r[-1] for r in v] | v[1:] | any(r[1] for r in v)
    v.items() | v.get('password') | v.cmd | v.stdout | v.msg | v.template | v.string | tuple(v) | set(v) | v + v | v * 2 | v == v | v['db']['password'] | len(str(v)) | v.headers | v.maps | v.keywords
""".replace("\n", " | ")  # fmt: skip


@pytest.mark.parametrize("name", HELD)
def test_a_name_hides_its_value_in_every_container(name: str) -> None:
    value = HELD[name]
    told = [json.dumps(capture(each, READER.for_hit(10**12))) for each in (value, {"w": [value]}, (value,))]
    told += [
        render(template.parse(text), HitScope({"v": value}), READER.for_hit(10**12))
        for text in ("{v}", "{[v]}", "{v!r}", "{v!s}", "{v=}")
    ]
    if isinstance(value, BaseException):
        told.append(message_of(value, READER.for_hit(10**12)))
    for text in filter(None, map(str.strip, ASKED.split(" | "))):
        try:
            found = evaluate(
                grammar.parse(text, grammar.hides_nothing), HitScope({"v": value}), READER.for_hit(10**12)
            )
        except Unavailable:
            continue
        told.append(f"{text}: {json.dumps(capture(found, READER.for_hit(10**12)))}")

    assert [each for each in told if X in each or ", ".join(map(repr, X)) in each] == []
    assert any("@redacted" in each or "unavailable" in each or "@type" in each for each in told)


@pytest.mark.parametrize("name", HELD)
def test_no_compiled_form_reads_what_a_name_hides(name: str) -> None:
    value, told = HELD[name], []
    for text in filter(None, map(str.strip, ASKED.split(" | "))):
        message = make_message(
            template.parse(f"{{{text}}}", grammar.hides_nothing), ["v"], READER, frozenset({"v"})
        )
        told.append(f"{text}: {message([value], None)}")
        for asked in (f"({text}) == {X!r}", f"({text}) != {X!r}", f"{X!r} in ({text})", f"({text}) > 'a'"):
            tree = grammar.parse(asked, grammar.hides_nothing).tree
            test = make_test(tree, ["v"], [], READER, frozenset({"v"}))
            if test is not None and is_refused(asked, value):
                assert test(value, frame=None) is ASK, asked

    assert [each for each in told if X in each or ", ".join(map(repr, X)) in each] == []


def is_refused(text: str, value: object) -> bool:
    """Whether the evaluator gives no verdict."""
    try:
        evaluate(grammar.parse(text, grammar.hides_nothing), HitScope({"v": value}), READER.for_hit(10**12))
    except Unavailable:
        return True
    return False


def test_what_stands_beside_a_hidden_column_is_shown() -> None:
    rows = [("id", "password", "user"), (1, X, "ana"), (2, X, "bob")]

    def read(text: str) -> object:
        return evaluate(
            grammar.parse(text, grammar.hides_nothing), HitScope({"v": rows}), READER.for_hit(10**12)
        )

    assert read("[r[2] for r in v]") == ["user", "ana", "bob"]
    assert read("v[1][0] + v[-1][0]") == 3
    assert read("v[1]") == (1, REDACTED, "ana")
    assert read("len(v)") == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("attr", "val"), ("col", "v"), ("column", "value"), ("column_name", "value"), ("env_name", "env_value"), ("field_name", "field_value"), ("h", "v"),
        ("header_name", "header_value"), ("param_name", "param_value"), ("parameterName", "parameter_value"), ("setting", "value"), ("var", "val"),
    ],
)  # fmt: skip
def test_the_name_in_one_variable_hides_the_value_in_another(name: str, value: str) -> None:
    for said in ("password", "Authorization", "total"):
        scope = {name: said, value: X}
        shown = X if said == "total" else REDACTED
        assert capture(scope, READER.for_hit()) == {name: said, value: shown}
        message = template.parse(f"{{{name}}}={{{value}}}")
        text = f"{said}={shown}"
        assert render(message, HitScope(scope), READER.for_hit()) == text
        quick: Any = make_message(message, sorted(scope), READER, frozenset(scope))
        assert quick is None or quick([scope[each] for each in sorted(scope)], None) in {None, text}
