"""Values of the standard library and of usual own classes: what a snapshot, a message, expressions and a metric show of each."""

from __future__ import annotations

import argparse
import array
import asyncio
import collections
import concurrent.futures
import configparser
import contextvars
import csv
import datetime as dt
import decimal
import enum
import fractions
import functools
import http.client
import io
import ipaddress
import logging
import optparse
import pathlib
import re
import sqlite3
import string
import subprocess
import tarfile
import threading
import time
import types
import typing
import urllib.parse
import uuid
import zipfile
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

D = decimal.Decimal
NONE: Final = object()  # it is no number


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Name(enum.StrEnum):
    ANA = "ana"


class Perm(enum.Flag):
    R = 1
    W = 2


class Point(NamedTuple):
    x: int
    y: Any = 2


@dataclass
class Order:
    id: int
    total: decimal.Decimal
    color: Color = Color.RED
    lines: list[Point] = field(default_factory=list)


@dataclass(slots=True, frozen=True)
class Slim:
    id: int


class Plain:
    def __init__(self) -> None:
        self.a, self._b, self.__c = 1, "two", None


class Slotted:
    __slots__ = ("a", "unset")

    def __init__(self) -> None:
        self.a = 1


class Text(str):
    __slots__ = ()


class Count(int):
    pass


class Share(float):
    pass


class Money(decimal.Decimal):
    pass


class Rows(list[int]):
    pass


class Table(dict[str, int]):
    pass


class Pair(tuple[int, int]):
    __slots__ = ()


def _row() -> sqlite3.Row:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    row: sqlite3.Row = connection.execute("select 1 as id, 'tea' as name").fetchone()
    connection.close()
    return row


class _Answer:
    """A socket that has received an answer."""

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(b"HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Length: 3\r\n\r\nabc")


def _response() -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(_Answer())  # type: ignore[arg-type]  # all that it asks of a socket
    response.begin()
    return response


def _future() -> concurrent.futures.Future[int]:
    future: concurrent.futures.Future[int] = concurrent.futures.Future()
    future.set_result(7)
    return future


def _awaited() -> asyncio.Future[int]:
    loop = asyncio.new_event_loop()
    future: asyncio.Future[int] = loop.create_future()
    future.set_result(7)
    loop.close()
    return future


def _parser() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string("[shop]\ncity = Bonn\n[db]\npassword = hunter2")
    return parser


def _stream() -> io.BytesIO:
    stream = io.BytesIO(b"abc")
    stream.read(2)
    return stream


def _closed() -> io.BytesIO:
    stream = io.BytesIO(b"abc")
    stream.close()
    return stream


class Row(NamedTuple):
    """What is shown of a value.

    Attributes:
        value: itself.
        shown: in a snapshot.
        text: in a message; inside of a list where it differs there.
        inside: see there.
        asked: expressions over `v`, and their values.
        number: as a metric takes it.
    """

    value: Any
    shown: Any
    text: str
    inside: str = ""
    asked: dict[str, Any] = {}  # noqa: RUF012 -- a NamedTuple's default; nobody writes to it
    number: Any = NONE


M: Final = __name__
NOW: Final = dt.datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 -- as people write them
AWARE: Final = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
URL: Final = urllib.parse.urlparse("https://example.com/a?b=c")
D1: Final = {"a": 1, "b": 2}


def _t(kind: str, **parts: Any) -> dict[str, Any]:
    return {"@type": kind, **{name.replace("at_", "@"): part for name, part in parts.items()}}


ROWS: Final[dict[str, Row]] = {
    "int": Row(7, 7, "7", asked={"v + 1": 8}, number=7),
    "bool": Row(True, True, "True", number=1),
    "None": Row(None, None, "None"),
    "float": Row(2.5, 2.5, "2.5", asked={"round(v)": 2}, number=2.5),
    "text": Row("it's", "it's", "it's", '"it\'s"', {"len(v)": 4}),
    "bytes": Row(b"ab\xff", _t("bytes", at_len=3, at_value="ab\\xff"), "b'ab\\xff'", asked={"len(v)": 3}),
    "bytearray": Row(bytearray(b"ab"), _t("bytearray", at_len=2, at_value="ab"), "bytearray(b'ab')", asked={"v[0]": 97}),
    "complex": Row(1 + 2j, _t("complex", at_value="(1+2j)"), "(1+2j)", asked={"v.imag": 2.0}),
    "range": Row(range(3), _t("range", at_value="range(0, 3)"), "range(0, 3)", asked={"v[2]": 2, "len(v)": 3}),
    "slice": Row(slice(1, 3), _t("slice", start=1, stop=3, step=None), "slice(start=1, stop=3, step=None)", asked={"v.stop": 3}),
    "list": Row([1, "x", None], [1, "x", None], "[1, 'x', None]", asked={"v[1]": "x"}),
    "tuple": Row((1, "x"), _t("tuple", at_items=[1, "x"]), "(1, 'x')", asked={"v[0]": 1}),
    "tuple of one": Row((1,), _t("tuple", at_items=[1]), "(1,)"),
    "set": Row({1, 2}, _t("set", at_items=[1, 2]), "{1, 2}", asked={"2 in v": True, "len(v)": 2}),
    "empty set": Row(set(), _t("set", at_items=[]), "set()"),
    "frozenset": Row(frozenset({1}), _t("frozenset", at_items=[1]), "frozenset({1})", asked={"1 in v": True}),
    "dict": Row({"a": {"b": [True]}}, {"a": {"b": [True]}}, "{'a': {'b': [True]}}", asked={"v['a']['b'][0]": True}),
    "OrderedDict": Row(collections.OrderedDict(a=1), _t("collections.OrderedDict", a=1), "OrderedDict({'a': 1})", asked={"v['a']": 1}),
    "defaultdict": Row(collections.defaultdict(list, a=[1]), _t("collections.defaultdict", a=[1]), "defaultdict({'a': [1]})", asked={"v['a'][0]": 1}),
    "Counter": Row(collections.Counter("aab"), _t("collections.Counter", a=2, b=1), "Counter({'a': 2, 'b': 1})", asked={"v['a']": 2}),
    "deque": Row(collections.deque([1, 2], 5), _t("collections.deque", maxlen=5, at_items=[1, 2]), "deque([1, 2], maxlen=5)", asked={"v[0]": 1, "v[-1]": 2, "len(v)": 2, "sum(v)": 3, "2 in list(v)": True}),
    "keys": Row(D1.keys(), _t("dict_keys", at_items=["a", "b"]), "dict_keys(['a', 'b'])", asked={"len(v)": 2, "list(v)": ["a", "b"]}),
    "values": Row(D1.values(), _t("dict_values", at_items=[1, 2]), "dict_values([1, 2])", asked={"sum(v)": 3, "max(v)": 2}),
    "items": Row(D1.items(), _t("dict_items", at_items=[_t("tuple", at_items=["a", 1]), _t("tuple", at_items=["b", 2])]), "dict_items([('a', 1), ('b', 2)])", asked={"[n for k, n in v]": [1, 2]}),
    "mapping proxy": Row(types.MappingProxyType({"a": 1}), _t("mappingproxy", a=1), "mappingproxy({'a': 1})", asked={"v['a']": 1, "len(v)": 1, "list(v)": ["a"]}),
    "ChainMap": Row(collections.ChainMap({"a": 1}, {"a": 9, "b": 2}), _t("collections.ChainMap", a=1, b=2), "ChainMap({'a': 1, 'b': 2})", asked={"v['b']": 2, "v['a']": 1}),
    "UserDict": Row(collections.UserDict(a=1), _t("collections.UserDict", a=1), "UserDict({'a': 1})", asked={"v['a']": 1}),
    "UserList": Row(collections.UserList([1, 2]), _t("collections.UserList", at_items=[1, 2]), "UserList([1, 2])", asked={"v[1]": 2}),
    "SimpleNamespace": Row(types.SimpleNamespace(a=1), _t("types.SimpleNamespace", a=1), "SimpleNamespace(a=1)", asked={"v.a": 1}),
    "named tuple": Row(Point(1), _t(f"{M}.Point", x=1, y=2), "Point(x=1, y=2)", asked={"v.x": 1, "v[1]": 2}),
    "array": Row(array.array("i", [1, 2]), _t("array.array", typecode="i", at_items=[1, 2]), "array([1, 2])", asked={"v[0]": 1, "len(v)": 2}),
    "memoryview": Row(memoryview(b"abc"), _t("memoryview", at_len=3, at_value=_t("bytes", at_len=3, at_value="abc")), "memoryview(b'abc')"),
    "Decimal": Row(D("12.50"), _t("decimal.Decimal", at_value="12.50"), "12.50", asked={"v > 12": True, "float(v)": 12.5}, number=12.5),
    "Decimal NaN": Row(D("NaN"), _t("decimal.Decimal", at_value="NaN"), "NaN"),
    "Fraction": Row(fractions.Fraction(1, 4), _t("fractions.Fraction", at_value="1/4"), "1/4", asked={"float(v)": 0.25}, number=0.25),
    "whole Fraction": Row(fractions.Fraction(4, 2), _t("fractions.Fraction", at_value="2"), "2", asked={"float(v)": 2.0, "str(v)": "2"}, number=2.0),
    "Decimal -0": Row(D("-0.0"), _t("decimal.Decimal", at_value="-0.0"), "-0.0", number=-0.0),
    "Decimal of 300 digits": Row([D("1." + "1" * 300)], [_t("decimal.Decimal", at_cut="chars", at_text="1." + "1" * 39)], f"[1.{'1' * 39}…]"),
    "int of 5,000 digits": Row([10**4999], [_t("int", at_cut="chars", at_len=5000)], "[<int of 5,000 digits>]"),
    "Flag of nothing": Row(Perm(0), _t(f"{M}.Perm", value=0), "Perm(value=0)", asked={"v.value": 0}),
    "dict of Enum": Row({Color.RED: 1}, {"Color.RED": 1}, "{Color.RED: 1}"),
    "Enum": Row(Color.RED, _t(f"{M}.Color", at_name="RED", value="red"), "Color.RED", asked={"v.name": "RED", "v.value": "red"}),
    "IntEnum": Row(Level.HIGH, _t(f"{M}.Level", at_name="HIGH", value=3), "Level.HIGH", asked={"v == 3": True, "v > 2": True}, number=3),
    "StrEnum": Row(Name.ANA, _t(f"{M}.Name", at_name="ANA", value="ana"), "Name.ANA", asked={"v == 'ana'": True}),
    "Flag": Row(Perm.R | Perm.W, _t(f"{M}.Perm", at_name="R|W", value=3), "Perm.R|W", asked={"v.value": 3}),
    "HTTPStatus": Row(HTTPStatus.NOT_FOUND, _t("http.HTTPStatus", at_name="NOT_FOUND", value=404), "HTTPStatus.NOT_FOUND", asked={"v == 404": True}, number=404),
    "datetime": Row(NOW, _t("datetime.datetime", at_value="2026-01-02T03:04:05"), "2026-01-02T03:04:05", asked={"v.year": 2026, "v.isoformat()": "2026-01-02T03:04:05"}),
    "aware datetime": Row(AWARE, _t("datetime.datetime", at_value="2026-01-02T03:04:05+00:00"), "2026-01-02T03:04:05+00:00"),
    "date": Row(dt.date(2026, 1, 2), _t("datetime.date", at_value="2026-01-02"), "2026-01-02", asked={"str(v)": "2026-01-02"}),
    "time": Row(dt.time(3, 4), _t("datetime.time", at_value="03:04:00"), "03:04:00", asked={"v.hour": 3}),
    "timedelta": Row(dt.timedelta(hours=1), _t("datetime.timedelta", at_value="1:00:00"), "1:00:00", asked={"v.seconds": 3600}),
    "timezone": Row(dt.UTC, _t("datetime.timezone", at_value="UTC"), "UTC"),
    "ZoneInfo": Row(ZoneInfo("UTC"), _t("zoneinfo.ZoneInfo", at_value="UTC"), "UTC"),
    "UUID": Row(uuid.UUID(int=5), _t("uuid.UUID", at_value="00000000-0000-0000-0000-000000000005"), "00000000-0000-0000-0000-000000000005", asked={"str(v)": "00000000-0000-0000-0000-000000000005"}),
    "Path": Row(pathlib.PurePosixPath("/a/b"), {"@value": "/a/b"}, "/a/b", asked={"str(v)": "/a/b"}),
    "IPv4 address": Row(ipaddress.ip_address("192.0.2.1"), _t("ipaddress.IPv4Address", at_value="192.0.2.1"), "192.0.2.1", asked={"str(v)": "192.0.2.1"}),
    "IPv6 address": Row(ipaddress.ip_address("2001:db8::1"), _t("ipaddress.IPv6Address", at_value="2001:db8::1"), "2001:db8::1"),
    "IP interface": Row(ipaddress.ip_interface("10.0.0.1/24"), _t("ipaddress.IPv4Interface", at_value="10.0.0.1/24"), "10.0.0.1/24", asked={"str(v)": "10.0.0.1/24"}),
    "IPv6 interface": Row(ipaddress.ip_interface("2001:db8::1/64"), _t("ipaddress.IPv6Interface", at_value="2001:db8::1/64"), "2001:db8::1/64"),
    "IP network": Row(ipaddress.ip_network("10.0.0.0/8"), _t("ipaddress.IPv4Network", at_value="10.0.0.0/8"), "10.0.0.0/8"),
    "ParseResult": Row(URL, _t("urllib.parse.ParseResult", scheme="https", netloc="example.com", path="/a", params="", query="b=c", fragment=""), "ParseResult(scheme='https', netloc='example.com', path='/a', params='', query='b=c', fragment='')", asked={"v.netloc": "example.com", "v[2]": "/a"}),
    "sqlite3.Row": Row(_row(), _t("sqlite3.Row", id=1, name="tea"), "Row(id=1, name='tea')", asked={"v['name']": "tea", "v[0]": 1, "len(v)": 2}),
    "Pattern": Row(re.compile("a+"), _t("re.Pattern", at_value="a+"), "a+", "re.compile('a+')"),
    "Pattern of bytes": Row(re.compile(b"a"), _t("re.Pattern", at_value=_t("bytes", at_len=1, at_value="a")), "re.compile(b'a')"),
    "list[int]": Row(list[int], _t("types.GenericAlias", at_value="list[int]"), "list[int]"),
    "dict[str, list[int]]": Row(dict[str, list[int]], _t("types.GenericAlias", at_value="dict[str, list[int]]"), "dict[str, list[int]]"),
    "tuple[int, ...]": Row(tuple[int, ...], _t("types.GenericAlias", at_value="tuple[int, ...]"), "tuple[int, ...]"),
    "Literal": Row([typing.Literal["a", 1]], [_t("typing._LiteralGenericAlias", at_value="typing.Literal['a', 1]")], "[typing.Literal['a', 1]]"),
    "Callable": Row([typing.Callable[[int], str]], [_t("typing._CallableGenericAlias", at_value="typing.Callable[[int], str]")], "[typing.Callable[[int], str]]"),
    "TypeVar": Row(typing.TypeVar("T"), _t("typing.TypeVar", at_value="~T"), "~T"),
    "Match": Row(re.match("a+", "aab"), _t("re.Match", at_value="aa", span=[0, 2]), "Match('aa', span=[0, 2])"),
    "partial": Row(functools.partial(int, "7", base=8), _t("functools.partial", func=_t("type", at_name="int"), args=_t("tuple", at_items=["7"]), keywords={"base": 8}), "partial(func=<class 'int'>, args=('7',), keywords={'base': 8})"),
    "struct_time": Row(time.gmtime(0), _t("time.struct_time", tm_year=1970, tm_mon=1, tm_mday=1, tm_hour=0, tm_min=0, tm_sec=0, tm_wday=3, tm_yday=1, tm_isdst=0), "struct_time(tm_year=1970, tm_mon=1, tm_mday=1, tm_hour=0, tm_min=0, tm_sec=0, tm_wday=3, tm_yday=1, tm_isdst=0)", asked={"v[0]": 1970}),
    "dataclass": Row(Order(7, D("12.50"), lines=[Point(1)]), _t(f"{M}.Order", id=7, total=_t("decimal.Decimal", at_value="12.50"), color=_t(f"{M}.Color", at_name="RED", value="red"), lines=[_t(f"{M}.Point", x=1, y=2)]), "Order(id=7, total=12.50, color=Color.RED, lines=[Point(x=1, y=2)])", asked={"v.total > 12": True, "v.lines[0].x": 1}),
    "dataclass with slots": Row(Slim(7), _t(f"{M}.Slim", id=7), "Slim(id=7)", asked={"v.id": 7}),
    "object": Row(Plain(), _t(f"{M}.Plain", a=1, _b="two", _Plain__c=None), "Plain(a=1, _b='two', _Plain__c=None)", asked={"v._b": "two"}),
    "object with slots": Row(Slotted(), _t(f"{M}.Slotted", a=1), "Slotted(a=1)", asked={"v.a": 1}),
    "own text": Row(Text("tea"), _t(f"{M}.Text", at_value="tea"), "tea", "'tea'", {"v == 'tea'": True}),
    "own int": Row(Count(5), _t(f"{M}.Count", at_value=5), "5", asked={"v == 5": True, "v > 4": True}, number=5),
    "own float": Row(Share(0.5), _t(f"{M}.Share", at_value=0.5), "0.5", number=0.5),
    "own Decimal": Row(Money("1.50"), _t(f"{M}.Money", at_value="1.50"), "1.50", "'1.50'", number=1.5),
    "own list": Row(Rows([1, 2]), _t(f"{M}.Rows", at_items=[1, 2]), "Rows([1, 2])", asked={"v[1]": 2, "len(v)": 2}),
    "own dict": Row(Table(a=1), _t(f"{M}.Table", a=1), "Table(a=1)", asked={"v['a']": 1}),
    "own tuple": Row(Pair((1, 2)), _t(f"{M}.Pair", at_items=[1, 2]), "Pair([1, 2])", asked={"v[1]": 2}),
    "nan": Row(float("nan"), "NaN", "nan", asked={"v == v": False}),
    "infinities": Row([float("inf"), -float("inf")], ["Infinity", "-Infinity"], "[inf, -inf]"),
    "deque without a bound": Row(collections.deque([1]), _t("collections.deque", at_items=[1]), "deque([1])"),
    "empty Counter": Row(collections.Counter(), _t("collections.Counter"), "Counter()", asked={"len(v)": 0}),
    "UserString": Row(collections.UserString("tea"), _t("collections.UserString", at_value="tea"), "tea", "'tea'"),
    "aware time": Row(dt.time(3, 4, tzinfo=dt.UTC), _t("datetime.time", at_value="03:04:00+00:00"), "03:04:00+00:00"),
    "Ellipsis": Row(..., _t("ellipsis"), "Ellipsis"),
    "NotImplemented": Row(NotImplemented, _t("NotImplementedType"), "NotImplemented"),
    "Template": Row(string.Template("$a"), _t("string.Template", template="$a"), "Template(template='$a')"),
    "CompletedProcess": Row(subprocess.CompletedProcess(["ls"], 1, "out"), _t("subprocess.CompletedProcess", args=["ls"], returncode=1, stdout="out", stderr=None), "CompletedProcess(args=['ls'], returncode=1, stdout='out', stderr=None)"),
    "LogRecord": Row(logging.LogRecord("app", 30, "app.py", 7, "sold %s", ("tea",), None), _t("logging.LogRecord", name="app", levelname="WARNING", msg="sold %s", args=_t("tuple", at_items=["tea"]), pathname="app.py", lineno=7), "LogRecord(name='app', levelname='WARNING', msg='sold %s', args=('tea',), pathname='app.py', lineno=7)"),
    "class": Row(Order, _t("type", at_name=f"{M}.Order"), f"<class '{M}.Order'>"),
    "function": Row(_row, _t("function", at_name=f"{M}._row"), f"<function {M}._row>"),
    "builtin": Row(len, _t("builtin_function_or_method", at_name="len"), "<builtin_function_or_method len>"),
    "module": Row(types, _t("module", at_name="types"), "<module types>"),
    "Namespace": Row(argparse.Namespace(a=1, password=M), {**_t("argparse.Namespace", a=1), "password": "@redacted"}, "Namespace(a=1, password=@redacted)", asked={"v.a": 1}),
    "Values": Row(optparse.Values({"a": 1}), _t("optparse.Values", a=1), "Values(a=1)", asked={"v.a": 1}),
    "BytesIO": Row(_stream(), _t("_io.BytesIO", position=2, content=_t("bytes", at_len=3, at_value="abc")), "BytesIO(position=2, content=b'abc')"),
    "closed BytesIO": Row(_closed(), _t("_io.BytesIO", closed=True), "BytesIO(closed=True)"),
    "Future": Row(_future(), _t("concurrent.futures._base.Future", _state="FINISHED", _result=7, _exception=None), "Future(_state='FINISHED', _result=7, _exception=None)"),
    "Future of asyncio": Row(_awaited(), _t("_asyncio.Future", _state="FINISHED", _result=7, _exception=None), "Future(_state='FINISHED', _result=7, _exception=None)"),
    "Queue of asyncio": Row(asyncio.Queue(3), _t("asyncio.queues.Queue", _maxsize=3, _queue=_t("collections.deque", at_items=[])), "Queue(_maxsize=3, _queue=deque([]))"),
    "Semaphore of asyncio": Row(asyncio.Semaphore(3), _t("asyncio.locks.Semaphore", _value=3), "Semaphore(_value=3)"),
    "Event": Row(threading.Event(), _t("threading.Event", _flag=False), "Event(_flag=False)"),
    "Semaphore": Row(threading.Semaphore(2), _t("threading.Semaphore", _value=2), "Semaphore(_value=2)"),
    "ContextVar without a value": Row(contextvars.ContextVar[str]("trace"), _t("_contextvars.ContextVar", name="trace"), "ContextVar(name='trace')"),
    "HTTPResponse": Row(_response(), _t("http.client.HTTPResponse", status=404, reason="Not Found", headers={"@type": "http.client.HTTPMessage", "A": "b", "Content-Length": "3"}, length=3), "HTTPResponse(status=404, reason='Not Found', headers=HTTPMessage({'A': 'b', 'Content-Length': '3'}), length=3)", asked={"v.status": 404, "v.status >= 400": True}),
    "HTTPConnection": Row(http.client.HTTPConnection("example.com", 81), _t("http.client.HTTPConnection", host="example.com", port=81), "HTTPConnection(host='example.com', port=81)"),
    "DictReader": Row(csv.DictReader(["1,2"], ["a", "b"]), _t("csv.DictReader", _fieldnames=["a", "b"], line_num=0), "DictReader(_fieldnames=['a', 'b'], line_num=0)"),
    "ConfigParser": Row(_parser(), _t("configparser.ConfigParser", shop={"city": "Bonn"}, db={"password": "@redacted"}), "ConfigParser(shop={'city': 'Bonn'}, db={'password': @redacted})"),
    "ZipInfo": Row(zipfile.ZipInfo("a.txt"), _t("zipfile.ZipInfo", filename="a.txt", file_size=0, compress_size=0, date_time=_t("tuple", at_items=[1980, 1, 1, 0, 0, 0])), "ZipInfo(filename='a.txt', file_size=0, compress_size=0, date_time=(1980, 1, 1, 0, 0, 0))"),
    "TarInfo": Row(tarfile.TarInfo("a.txt"), _t("tarfile.TarInfo", name="a.txt", size=0, mtime=0, mode=420), "TarInfo(name='a.txt', size=0, mtime=0, mode=420)"),
    "Logger": Row(logging.getLogger("tests.shop"), _t("logging.Logger", name="tests.shop", level=0, disabled=False), "Logger(name='tests.shop', level=0, disabled=False)"),
    "object()": Row(object(), _t("object"), "<object>"),
}  # fmt: skip
