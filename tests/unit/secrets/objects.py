"""Secrets in objects of the kinds that applications keep them in, and the numbers of cards."""

from __future__ import annotations

import argparse
import base64
import collections
import dataclasses
import enum
import urllib.parse
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs
import pydantic

from tests.unit.secrets.rows import Maker, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

PEM = "-----BEGIN {kind}-----\n{b64}\n{b64}\n{b64}\n-----END {kind}-----\n"
# First digits and lengths of the networks.
CARDS = [
    ("4", 16),
    ("51", 16),
    ("2221", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("36", 14),
    ("3530", 16),
    ("4", 16),
    ("55", 16),
]


@dataclasses.dataclass
class Login:
    """Plain fields."""

    user: str
    password: str


@dataclasses.dataclass(slots=True)
class Client:
    """Fields in slots."""

    base_url: str
    api_key: str


@attrs.define
class Account:
    """Made by attrs."""

    name: str
    senha: str


class Settings(pydantic.BaseModel):
    """Made by pydantic."""

    host: str
    db_password: str


class Parts(NamedTuple):
    """What an address is made of, as libraries keep it."""

    scheme: str
    userinfo: str
    host: str


class Field(NamedTuple):
    """A name and a value."""

    name: str
    value: str


class Key(enum.Enum):
    """Named like its value."""

    API_KEY = "kept-here-48812"


class LoginError(Exception):
    """With fields of its own."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__("login failed")
        self.user, self.password = user, password


class Connection:
    """As a driver keeps what it was given."""

    def __init__(self, secret: str) -> None:
        self._dsn_parameters = {"user": "app", "password": secret}
        self.host = "db"


class Headers(collections.UserDict[str, str]):
    """A dict that is none."""


def card_number(prefix: str, size: int) -> str:
    """A number that passes Luhn."""
    body = prefix + Maker(f"{prefix}{size}").fill(f"{{d{size - 1 - len(prefix)}}}")
    for check in "0123456789":
        digits = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(body + check))]
        if sum(digit - 9 if digit > 9 else digit for digit in digits) % 10 == 0:
            return body + check
    raise AssertionError


def rows() -> Iterator[Row]:
    """Objects first, then keys, then cards."""
    for number, (variables, secret) in enumerate(_objects()):
        yield Row(f"object {number}", variables, secret)
    for number, kind in enumerate(
        [
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            "EC PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
            "CERTIFICATE PRIVATE KEY",
        ]
    ):
        maker = Maker(kind)
        text = maker.fill(PEM.replace("{kind}", kind))
        inner = text.splitlines()[2]
        if number % 3 == 2:
            whole = base64.b64encode(text.encode()).decode()
            yield Row(f"key {kind}", {"data": whole}, whole[80:120])
        else:
            yield Row(f"key {kind}", [{"text": text}, {"body": text.replace("\n", "\\n")}][number % 3], inner)
    for number, (prefix, size) in enumerate(CARDS):
        card = card_number(prefix, size)
        spaced = " ".join(card[at : at + 4] for at in range(0, size, 4))
        shapes: list[dict[str, Any]] = [
            {"text": f"charged {card} twice"}, {"number": int(card)}, {"text": f"card {spaced}."}, {"body": f'{{"n": {card}}}'}, {"row": [7, card]},
            {"text": spaced.replace(" ", "-")}, {"line": f"n={card}&amount=3"}, {"swipe": f"%B{card}^ANA/SMITH^27122011234500?"}, {"swipe": f";{card}=27122011234500?"}, {"amounts": (1, float(card))},
        ]  # fmt: skip
        yield Row(f"card {prefix}", shapes[number], (spaced if number == 2 else spaced.replace(" ", "-") if number == 5 else card))  # fmt: skip


def _objects() -> Iterator[tuple[dict[str, Any], str]]:
    s = [Maker(f"object {number}").password() for number in range(30)]
    yield {"login": Login("ana", s[0])}, s[0]
    yield {"client": Client("https://x", s[1])}, s[1]
    yield {"account": Account("ana", s[2])}, s[2]
    yield {"settings": Settings(host="db", db_password=s[3])}, s[3]
    yield {"parts": Parts("https", f"ana:{s[4]}", "x")}, s[4]
    yield {"field": Field("db_password", s[5])}, s[5]
    yield {"which": Key.API_KEY}, "kept-here-48812"
    yield {"fault": LoginError("ana", s[7])}, s[7]
    yield {"connection": Connection(s[8])}, s[8]
    yield {"headers": Headers({"authorization": s[9]})}, s[9]
    yield {"options": argparse.Namespace(user="ana", password=s[10])}, s[10]
    yield {"pairs": collections.deque([("password", s[11])])}, s[11]
    yield {"state": collections.OrderedDict(user="ana", password=s[12])}, s[12]
    yield {"state": collections.defaultdict(str, {"api_key": s[13]})}, s[13]
    yield {"argv": ["mysql", "--password", s[14]]}, s[14]
    yield {"argv": ["mysql", f"--password={s[15]}"]}, s[15]
    yield {"argv": ["curl", "-u", f"ana:{s[16]}", "https://x"]}, s[16]
    yield {"env": [{"name": "DB_PASSWORD", "value": s[17]}]}, s[17]
    yield {"parameter": {"Name": "/prod/db/password", "Type": "SecureString", "Value": s[18]}}, s[18]
    yield {"answer": {"ARN": "arn:aws:secretsmanager:x", "Name": "prod/db", "SecretString": s[19]}}, s[19]
    yield {"options": [{"OptionName": "x", "Key": "token", "Value": s[20]}]}, s[20]
    yield {"form": {"fields": [{"label": "Password", "value": s[21]}]}}, s[21]
    yield {"kwargs": {"auth": ("ana", s[22])}}, s[22]
    yield {"auth": ("ana", s[23])}, s[23]
    yield {"cached": {("ana", "password"): s[24]}}, s[24]
    yield {"user": SimpleNamespace(name="ana", profile=SimpleNamespace(pwd=s[25]))}, s[25]
    yield {"parts": urllib.parse.urlsplit(f"https://ana:{s[26]}@x/y")}, s[26]
    yield {"raw": bytearray(f"password={s[27]}".encode())}, s[27]
    yield {"request": {"type": "password", "value": s[28]}}, s[28]
    yield {"session": {"id": s[29], "user": "ana"}}, s[29]
