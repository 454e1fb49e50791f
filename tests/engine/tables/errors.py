"""Exceptions: what `str()` says of each, which fields are shown, and what expressions read."""

from __future__ import annotations

import argparse
import asyncio
import collections
import configparser
import contextlib
import datetime as dt
import decimal
import http.client
import io
import json
import socket
import sqlite3
import ssl
import struct
import subprocess
import urllib.error
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Refused(Exception):  # noqa: N818
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class SpeltError(ValueError):
    """Its own `__str__` is not what is shown: that would run the application's code."""

    def __str__(self) -> str:
        return "never shown"


@dataclass
class Field(Exception):  # noqa: N818
    name: str
    size: int


@dataclass(frozen=True)
class Frozen:
    x: int


class Kept(Exception):  # noqa: N818
    """As those of configparser and jsonschema: what it says is in a field."""

    def __init__(self, section: str) -> None:
        super().__init__(section, 7)
        self.message = f"no section {section!r}"

    def __str__(self) -> str:
        return self.message


class WithoutSuper(Exception):  # noqa: N818
    def __init__(self, code: int, why: str = "gone") -> None:
        self.code, self.why = code, why


class Missing(KeyError):  # noqa: N818
    def __init__(self, key: str, table: str) -> None:
        super().__init__(key)
        self.table = table


class Row(NamedTuple):
    """What is shown of an exception.

    Attributes:
        make: makes one.
        message: what `str()` says.
        fields: what a snapshot holds, among others.
        asked: expressions over `v`, and their values.
        says_itself: whether Python's `str()` says the same.
    """

    make: Callable[[], BaseException]
    message: str
    fields: dict[str, Any] = {}  # noqa: RUF012 -- nobody writes to it
    asked: dict[str, Any] = {}  # noqa: RUF012
    says_itself: bool = True


def raised(work: Callable[[], object]) -> Callable[[], BaseException]:
    """Return what makes the exception that a function raises."""

    def make() -> BaseException:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001 -- the one that is asked for
            return fault
        raise AssertionError("nothing was raised")

    return make


def _chained() -> None:
    try:
        dict[str, int]()["k"]
    except KeyError as fault:
        raise Refused(409, "no such order") from fault


def _asked() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("select x")


def _noted() -> None:
    fault = ValueError("boom")
    fault.add_note("while reading line 7")
    raise fault


ROWS: Final[dict[str, Row]] = {
    "ValueError": Row(lambda: ValueError("boom"), "boom", {"@args": ["boom"]}, {"v.args[0]": "boom"}),
    "no arguments": Row(RuntimeError, "", {"@args": []}, {"len(v.args)": 0}),
    "two arguments": Row(lambda: ValueError("a", 1), "('a', 1)", {"@args": ["a", 1]}, {"v.args[1]": 1}),
    "KeyError": Row(raised(lambda: dict[str, int]()["quantity"]), "'quantity'", {"@args": ["quantity"]}, {"v.args[0]": "quantity"}),
    "IndexError": Row(raised(lambda: [0].pop(7)), "pop index out of range"),
    "ZeroDivisionError": Row(raised(lambda: 1 / 0), "division by zero"),
    "TypeError": Row(lambda: TypeError("unsupported operand"), "unsupported operand"),
    "AttributeError": Row(lambda: AttributeError("no attribute 'x'", name="x", obj=None), "no attribute 'x'", {"name": "x"}, {"v.name": "x"}),
    "NameError": Row(lambda: NameError("name 'y' is not defined", name="y"), "name 'y' is not defined", {"name": "y"}, {"v.name": "y"}),
    "ModuleNotFoundError": Row(raised(lambda: __import__("no_such_module_here")), "No module named 'no_such_module_here'", {"name": "no_such_module_here"}, {"v.name": "no_such_module_here"}),
    "UnicodeDecodeError": Row(raised(b"ab\xff".decode), "'utf-8' codec can't decode byte 0xff in position 2: invalid start byte", {"encoding": "utf-8", "start": 2, "reason": "invalid start byte"}, {"v.start": 2, "v.reason": "invalid start byte"}),
    "UnicodeEncodeError": Row(raised(lambda: "é".encode("ascii")), "'ascii' codec can't encode character '\\xe9' in position 0: ordinal not in range(128)", {"end": 1}),
    "FileNotFoundError": Row(raised(lambda: open("/no/such/file")), "[Errno 2] No such file or directory: '/no/such/file'", {"errno": 2, "filename": "/no/such/file"}, {"v.errno": 2, "v.filename": "/no/such/file"}),  # noqa: SIM115, PTH123
    "OSError": Row(lambda: OSError("plain"), "plain"),
    "ConnectionRefusedError": Row(lambda: ConnectionRefusedError(111, "Connection refused"), "[Errno 111] Connection refused", {"errno": 111, "strerror": "Connection refused"}, {"v.strerror": "Connection refused"}),
    "StopIteration": Row(lambda: StopIteration(7), "7", {"value": 7}, {"v.value": 7}),
    "SystemExit": Row(lambda: SystemExit(3), "3", {"code": 3}, {"v.code": 3}),
    "SyntaxError": Row(raised(lambda: compile("x =", "app.py", "exec")), "invalid syntax (app.py, line 1)", {"filename": "app.py", "lineno": 1}, {"v.lineno": 1}),
    "JSONDecodeError": Row(raised(lambda: json.loads("{")), str(raised(lambda: json.loads("{"))()), {"pos": 1, "lineno": 1, "doc": "{"}, {"v.pos": 1, "v.doc": "{"}),
    "CalledProcessError": Row(lambda: subprocess.CalledProcessError(2, ["ls", "x"], b"out"), "Command '['ls', 'x']' returned non-zero exit status 2.", {"returncode": 2, "cmd": ["ls", "x"]}, {"v.returncode": 2, "v.cmd[0]": "ls"}),
    "killed process": Row(lambda: subprocess.CalledProcessError(-9, "ls"), "Command 'ls' died with <Signals.SIGKILL: 9>."),
    "TimeoutExpired": Row(lambda: subprocess.TimeoutExpired("ls", 2.5), "Command 'ls' timed out after 2.5 seconds", {"timeout": 2.5}, {"v.timeout": 2.5}),
    "HTTPError": Row(lambda: urllib.error.HTTPError("https://e.com/", 404, "Not Found", http.client.HTTPMessage(), io.BytesIO()), "HTTP Error 404: Not Found", {"code": 404, "msg": "Not Found"}, {"v.code": 404}),
    "URLError": Row(lambda: urllib.error.URLError(OSError(111, "refused")), "<urlopen error [Errno 111] refused>", {}, {"v.reason.errno": 111}),
    "IncompleteRead": Row(lambda: http.client.IncompleteRead(b"abc", 5), "IncompleteRead(3 bytes read, 5 more expected)", {"expected": 5}, {"v.expected": 5}),
    "group": Row(lambda: ExceptionGroup("many", [ValueError("a"), KeyError("k")]), "many (2 sub-exceptions)", {"@exceptions": [{"@type": "ValueError", "@args": ["a"]}, {"@type": "KeyError", "@args": ["k"]}]}, {"v.exceptions[0].args[0]": "a", "v.message": "many"}),
    "notes": Row(raised(_noted), "boom", {"@notes": ["while reading line 7"]}),
    "chain": Row(raised(_chained), "no such order", {"code": 409, "@cause": {"@type": "KeyError", "@args": ["k"]}}, {"v.code": 409}),
    "own": Row(lambda: Refused(409, "gone"), "gone", {"code": 409, "reason": "gone"}, {"v.code": 409, "v.reason": "gone"}),
    "own __str__": Row(lambda: SpeltError("its argument"), "its argument", says_itself=False),
    "dataclass": Row(lambda: Field("x", 3), "('x', 3)", {"name": "x", "size": 3}, {"v.size": 3}),
    "decimal": Row(raised(lambda: decimal.Decimal("x")), "[<class 'decimal.ConversionSyntax'>]"),
    "sqlite3": Row(raised(_asked), "no such column: x", {"sqlite_errorname": "SQLITE_ERROR"}, {"v.sqlite_errorname": "SQLITE_ERROR"}),
    "OSError with two files": Row(lambda: FileNotFoundError(2, "No such file", "/a", None, "/b"), "[Errno 2] No such file: '/a' -> '/b'", {"filename": "/a", "filename2": "/b"}, {"v.filename2": "/b"}),
    "OSError without words": Row(lambda: OSError(2, None), "[Errno 2] None", {"errno": 2}),
    "OSError of bytes": Row(raised(lambda: open(b"/no/such/file")), "[Errno 2] No such file or directory: b'/no/such/file'"),  # noqa: SIM115, PTH123
    "UnicodeTranslateError": Row(lambda: UnicodeTranslateError("abc", 1, 2, "bad"), "can't translate character '\\x62' in position 1: bad", {"start": 1}, {"v.start": 1}),
    "SSLError": Row(lambda: ssl.SSLCertVerificationError(1, "certificate verify failed"), "certificate verify failed", {"errno": 1}, {"v.strerror": "certificate verify failed"}),
    "gaierror": Row(lambda: socket.gaierror(-2, "Name or service not known"), "[Errno -2] Name or service not known", {"errno": -2}),
    "TimeoutError": Row(TimeoutError, "", {"@args": []}),
    "time-out of asyncio": Row(raised(lambda: asyncio.run(asyncio.wait_for(asyncio.sleep(1), 0.001))), ""),
    "cancelled": Row(lambda: asyncio.CancelledError("stop"), "stop"),
    "IncompleteReadError": Row(lambda: asyncio.IncompleteReadError(b"ab", 5), "2 bytes read on a total of 5 expected bytes", {"expected": 5}, {"v.expected": 5}),
    "configparser": Row(lambda: configparser.NoSectionError("db"), "No section: 'db'", {"section": "db"}, {"v.section": "db"}),
    "argparse": Row(lambda: argparse.ArgumentError(None, "bad"), "bad"),
    "an error in an error": Row(lambda: RuntimeError(ValueError("inner")), "inner", {"@args": [{"@type": "ValueError", "@args": ["inner"]}]}, {"v.args[0].args[0]": "inner"}),
    "a KeyError in an error": Row(lambda: RuntimeError(KeyError("k")), "'k'"),
    "own message": Row(lambda: Kept("db"), "no section 'db'", {"message": "no section 'db'"}),
    "without super": Row(lambda: WithoutSuper(409), "409", {"code": 409, "why": "gone"}, {"v.code": 409}),
    "own KeyError": Row(lambda: Missing("k", "orders"), "'k'", {"table": "orders"}, {"v.table": "orders"}),
    "a dict as argument": Row(lambda: ValueError({"code": 5}), "{'code': 5}", {"@args": [{"code": 5}]}, {"v.args[0]['code']": 5}),
    "bytes as argument": Row(lambda: ValueError(b"x"), "b'x'"),
    "a tuple as key": Row(raised(lambda: dict[Any, int]()[(1, "a")]), "(1, 'a')"),
    "group in a group": Row(lambda: ExceptionGroup("outer", [ValueError(1), ExceptionGroup("inner", [KeyError("k")])]), "outer (2 sub-exceptions)", {}, {"v.exceptions[1].exceptions[0].args[0]": "k"}),
    "struct": Row(raised(lambda: struct.pack("B", 999)), str(raised(lambda: struct.pack("B", 999))())),
    "date": Row(raised(lambda: dt.date(2026, 13, 1)), str(raised(lambda: dt.date(2026, 13, 1))())),
    "frozen dataclass": Row(raised(lambda: setattr(Frozen(1), "x", 2)), "cannot assign to field 'x'"),
    "AssertionError": Row(lambda: AssertionError({"a": 1}), "{'a': 1}"),
    "deque": Row(raised(lambda: collections.deque().pop()), "pop from an empty deque"),
}  # fmt: skip
