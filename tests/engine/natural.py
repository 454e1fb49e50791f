"""What people write into holes and conditions, with the right answers: written down before the code that gives them."""

# ruff: noqa: DTZ001 -- dates without a zone are among what people log

from __future__ import annotations

import base64
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import json
import re
import uuid
from pathlib import PurePosixPath
from typing import Any, Final


class Color(enum.Enum):
    """A colour."""

    RED = 1


class Word(enum.StrEnum):
    """A word."""

    YES = "yes"


class Level(enum.IntEnum):
    """A level."""

    LOW = 1


@dataclasses.dataclass
class Order:
    """An order with a method of its own."""

    id: int
    total: decimal.Decimal
    lines: list[Any]
    note: str | None = None

    def compute(self) -> int:
        """Return what a rule cannot have: it runs."""
        raise AssertionError("a method of the application ran")


class Line:
    """A line of an order."""

    def __init__(self, sku: str, q: int) -> None:
        self.sku = sku
        self.q = q


PAYLOAD: Final = {"id": 5, "user": {"name": "ana"}, "x": [1, 2], "ok": True, "price": 1.5, "none": None}

VALUES: Final[dict[str, Any]] = {
    "order": Order(7, decimal.Decimal("12.50"), [3, 1, 2]),
    "lines": [Line("tea", 3), Line("mug", 1), Line("pot", 2)],
    "d": {"a": 1, "b": {"c": 2}},
    "prices": {"tea": 3, "mug": 1},
    "t": "Hello, world",
    "body": json.dumps(PAYLOAD),
    "data": base64.b64encode(json.dumps({"id": 5}).encode()).decode(),
    "s": {1, 2, 3},
    "fs": frozenset({1}),
    "xs": [3, 1, 2],
    "words": ["pear", "fig", "apple"],
    "empty": [],
    "tp": (1, "two", 3.0),
    "c": Color.RED,
    "level": Level.LOW,
    "word": Word.YES,
    "now": dt.datetime(2026, 1, 2, 3, 4, 5, 678),
    "utc": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
    "start": dt.datetime(2026, 1, 2, 3, 0, 0),
    "day": dt.date(2026, 1, 2),
    "at": dt.time(3, 4, 5),
    "gap": dt.timedelta(hours=25),
    "u": uuid.UUID("12345678-1234-4678-9234-567812345678"),
    "b": b"abc",
    "n": None,
    "i": 42,
    "x": 3.14159,
    "z": 1 + 2j,
    "flag": True,
    "money": decimal.Decimal("1234.565"),
    "half": fractions.Fraction(1, 2),
    "tie": fractions.Fraction(1, 800),
    "big": fractions.Fraction(-12_345_678_905, 10),
    "path": PurePosixPath("/var/task/app.tar.gz"),
    "match": re.search(r"(\w+), (?P<what>\w+)", "Hello, world"),
    "counts": collections.Counter("abca"),
    "rows": [{"id": 1, "ok": True}, {"id": 2, "ok": False}],
    "err": ValueError("bad", 3),
    "Order": Order,
    "Color": Color,
}

# Each has the value that Python gives it.
AS_PYTHON: Final = """
len(lines) ; lines[0].q ; [l.q for l in lines] ; sum(l.q for l in lines) ; max(l.q for l in lines) ; any(l.q > 2 for l in lines) ; [l.sku for l in lines if l.q > 1]
sorted(lines, key=lambda l: l.q)[0].sku ; max(lines, key=lambda l: l.q).q ; min(lines, key=lambda l: l.q).sku ; [l.sku for l in sorted(lines, key=lambda l: l.q, reverse=True)] ; [l.sku for l in sorted(lines, key=lambda each: (each.q > 1, each.sku))]
sorted(words, key=len) ; max(words, key=len) ; min(words, key=len) ; sorted(words, key=str.upper) ; sorted(words, key=lambda w: w[-1]) ; max(prices, key=lambda k: prices[k]) ; max(prices.items(), key=lambda kv: kv[1]) ; sorted(prices.items(), key=lambda kv: -kv[1])
max([], key=len, default='none') ; min(words, key=None) ; sorted(xs, key=abs, reverse=True) ; sorted(xs, key=lambda v: -v) ; sorted([-2, 1], key=abs) ; max('a', 'bbb', key=len)
getattr(order, 'zz', 'none') ; getattr(order, 'id') ; getattr(order, 'id', 0) ; getattr(n, 'id', 0) ; getattr(d, 'id', 'no') ; getattr(i, 'zz', None) ; getattr(xs, 'zz', 1) ; getattr(lines[0], 'sku', '') ; hasattr(order, 'id') ; hasattr(order, 'zz')
list(enumerate(order.lines)) ; [f'{i}: {v}' for i, v in enumerate(xs)] ; list(enumerate(xs, 1)) ; list(enumerate(xs, start=1)) ; [i for i, v in enumerate(xs) if v == 1][0] ; dict(enumerate(words)) ; list(zip(words, xs)) ; dict(zip(words, xs)) ; [a + b for a, b in zip(xs, order.lines)] ; list(zip(xs, words, tp)) ; list(zip(xs, words, strict=True))
range(3) ; list(range(3)) ; list(range(1, 10, 3)) ; [xs[i] for i in range(len(xs))] ; 2 in range(3) ; list(reversed(xs)) ; list(reversed(t)) ; [x for x in reversed(order.lines)] ; list(reversed(range(3))) ; ''.join(reversed(t)) ; list(reversed(prices))
divmod(7, 2) ; divmod(7.5, 2) ; divmod(gap, gap) ; frozenset(xs) ; frozenset() ; fs | {2} ; pow(2, 10) ; pow(2, 10, 7) ; pow(2.0, 0.5) ; bytes(b) ; complex(1, 2) ; hex(255) ; oct(8) ; bin(5) ; ord('a') ; chr(97) ; ascii('é') ; round(money, 1) ; round(half) ; round(order.total) ; round(-2.5) ; abs(half) ; abs(money)
dict(a=1) ; dict(a=1, b=d['b']['c']) ; dict(d, z=1) ; dict([('a', 1)], b=2) ; list(d.values()) ; list(d.keys()) ; list(d.items()) ; d.get('zz', 'dflt') ; d['b']['c'] ; sorted(d) ; ', '.join(d) ; len(d.keys()) ; 1 in d.values() ; {k: v for k, v in prices.items() if v > 1} ; d.copy()
t[:5] ; t.upper() ; t.split(', ') ; t.split(', ', maxsplit=1) ; t.split(sep=', ') ; t.splitlines(keepends=True) ; t.encode() ; t.encode('utf-8') ; t.encode('ascii', errors='replace') ; t.center(20, '*') ; t.ljust(15) ; t.rjust(15, '.') ; '7'.zfill(3) ; 'a\\tb'.expandtabs(4) ; t.replace('l', 'L') ; t.replace('l', 'L', 1) ; t.startswith('He') ; t.find('w') ; t.rfind('o') ; t.isalpha() ; t.title() ; t * 2 ; [0] * 3 ; 3 * t ; (1,) * 2
b.decode() ; b.decode('utf-8') ; b.decode('utf-8', errors='replace') ; b.decode(encoding='ascii') ; b.hex() ; b.hex(':') ; b.upper() ; b.split(b'b') ; b.replace(b'a', b'z') ; b.join([b'1', b'2']) ; b.center(5) ; b[0] ; b + b'd' ; b.find(b'c')
int('5') ; int('ff', 16) ; int('ff', base=16) ; float('5') ; str(i) ; str(c) ; str(level) ; repr(c) ; str(n) ; bool(n) ; not n ; n is None ; i // 5 ; i % 5 ; i ** 2 ; x // 1 ; i.bit_length() ; i.bit_count() ; i.to_bytes(2, 'big') ; i.as_integer_ratio() ; x.is_integer() ; x.as_integer_ratio() ; x.hex() ; z.real ; z.conjugate() ; i.real ; i.numerator
order.total + 1 ; order.total * 2 ; order.total / 3 ; order.total > 10 ; order.total // 3 ; order.total % 3 ; -order.total ; money.quantize(order.total) ; money.adjusted() ; money.is_nan() ; money.is_finite() ; money.as_tuple()[2] ; money.normalize() ; money.to_integral_value() ; money.sqrt() ; money.copy_abs() ; money.is_signed() ; money.compare(order.total) ; money.max(order.total) ; money.as_integer_ratio() ; money.to_eng_string() ; float(money) ; int(money) ; str(money) ; sum([money, order.total]) ; max(money, order.total) ; float(half) ; half.numerator ; half.denominator ; int(half) ; half > 0 ; half == 0.5 ; half + 1 ; half * half ; 1 - half
now.year ; now.isoformat() ; now.isoformat(timespec='seconds') ; now.isoformat(' ') ; now.date() ; now.time() ; now.weekday() ; now.toordinal() ; now.ctime() ; now - start ; (now - start).total_seconds() ; now > start ; now.replace(hour=0) ; utc.timestamp() ; now.timestamp() ; utc.tzinfo ; utc.utcoffset() ; utc.tzname() ; utc.tzinfo is not None ; now.tzinfo ; now.fold ; now.isocalendar()[1] ; now.strftime('%Y-%m-%d') ; day.strftime('%d/%m/%y') ; day.isoformat() ; day.year ; day.replace(day=1) ; day.isoweekday() ; at.hour ; at.isoformat() ; at.replace(minute=0) ; gap.days ; gap / 2 ; gap * 2 ; gap // gap ; gap / gap ; gap % gap ; -gap ; abs(gap) ; now + gap ; utc.astimezone(utc.tzinfo)
u.hex ; u.int ; u.urn ; u.version ; u.bytes ; str(u) ; str(u)[:8] ; u == u ; path.name ; path.suffix ; path.stem ; str(path) ; match.group(1) ; match.group('what') ; match.groups() ; match.groupdict() ; match.group() ; match.start() ; match.span(1) ; match.end()
s | {4} ; s - {1} ; s & {1} ; s ^ {9} ; len(s) ; sorted(s) ; 2 in s ; s.union([9]) ; s.issubset({1, 2, 3, 4}) ; s.difference({1}) ; fs.union({3}) ; xs.index(1) ; xs.count(3) ; xs.copy() ; tp.index('two') ; tp.count(1) ; counts.get('a') ; counts['a']
f'{i}' ; f'{i!r} {t!r}' ; f'{x:.2f}' ; f'{i:05d}|{t:>15}|{t!s:<15}|' ; f'a{i}b' + 'c' ; f'{order.total:.1f}' ; f'{d["a"]}' ; f'' ; f'{{{i}}}' ; [f'{k}={v}' for k, v in prices.items()] ; ', '.join(f'{l.sku} x{l.q}' for l in lines) ; f'{now:%H:%M}' ; f'{flag}' ; f'{n}' ; f'{money:,.2f}' ; format(x, '.1f') ; format(i, 'x') ; format(now, '%Y') ; format(i) ; f'{level}' ; f'{word}' ; f'{word:>5}' ; word.upper() ; word == 'yes' ; level.bit_length() ; str(word)
next(l.sku for l in lines if l.q < 3) ; next((l.sku for l in lines if l.q > 9), None) ; next((i for i, v in enumerate(xs) if v == 2), -1) ; order.lines[0] if order.lines else None ; x if x > 3 else 0 ; (1, 2) ; xs[-1] ; xs[1:] ; xs[::-1] ; [row['id'] for row in rows if row['ok']] ; sum(1 for row in rows if not row['ok']) ; {row['id']: row['ok'] for row in rows} ; all(row['id'] for row in rows) ; type(order).__name__ ; type(x).__name__ ; isinstance(order.id, int) ; isinstance(order, Order) ; c.name ; c.value ; c is Color.RED ; level > 0 ; level + 1 ; err.args[0] ; tuple(xs) ; set(order.lines) ; bool(order) ; i and t ; n or 'default' ; 1 < i < 100 ; t in ('a', 'Hello, world') ; 'l' in t
"""

# Words that Python has elsewhere, or not at all: (expression, value).
OWN_WORDS: Final[tuple[tuple[str, Any], ...]] = (
    ("json(body)", PAYLOAD),
    ("json(body)['id']", 5),
    ("json(body)['user']['name']", "ana"),
    ("json(body).get('zz', 0)", 0),
    ("[k for k in json(body)]", list(PAYLOAD)),
    ("json(body)['x'][-1] + 1", 3),
    ("json(body)['id'] == 5", True),
    ("json('[1, 2]')[0]", 1),
    ("json('\"text\"')", "text"),
    ("json(' 5 ')", 5),
    ("json(b'{\"a\": [1]}')['a']", [1]),
    ("json(base64(data))['id']", 5),
    ("base64('YWJj')", "abc"),
    ("base64(b'YWJj')", "abc"),
    ("base64('YWJj\\n')", "abc"),
    ("base64('YQ')", "a"),
    ("base64('_-8=')", b"\xff\xef"),
    ("base64(data)[:1]", "{"),
    ("len(base64('YWJj'))", 3),
    ("'b' in base64('YWJj')", True),
    ("json(@event['body'])['id']", 5),
    ("@event['body'][:1]", "{"),
)

# Holes of messages: (hole, text).
MESSAGES: Final[tuple[tuple[str, str], ...]] = (
    ("{x=}", "x=3.14159"),
    ("{float('nan')} {float('inf')!r} {-float('inf')!s}", "nan inf -inf"),
    ("{x = }", "x = 3.14159"),
    ("{order.id=}", "order.id=7"),
    ("{t=}", "t='Hello, world'"),
    ("{t=!s}", "t=Hello, world"),
    ("{x=:.2f}", "x=3.14"),
    ("{ i = }", " i = 42"),
    ("{i + 1=}", "i + 1=43"),
    ("{i == 42=}", "i == 42=True"),
    ("{i == 42}", "True"),
    ("{i != 42}", "False"),
    ("{i >= 42}", "True"),
    ("{d['a']=}", "d['a']=1"),
    ("{dict(a=i)['a']}", "42"),
    ("{x:.2f}", "3.14"),
    ("{x:8.2f}|", "    3.14|"),
    ("{i:05d}", "00042"),
    ("{i:,}", "42"),
    ("{i:x}", "2a"),
    ("{i:#x}", "0x2a"),
    ("{i:c}", "*"),
    ("{flag:d}", "1"),
    ("{z:.1f}", "1.0+2.0j"),
    ("{order.total:.1f}", "12.5"),
    ("{order.total:.2f}", "12.50"),
    ("{order.total:>10}|", "     12.50|"),
    ("{money:,.2f}", "1,234.56"),
    ("{money:.0f}", "1235"),
    ("{money:e}", "1.234565e+3"),
    ("{half:.2f}", "0.50"),
    ("{half:.1%}", "50.0%"),
    ("{half:.2e}", "5.00e-01"),
    ("{half:g}", "0.5"),
    ("{tie:.1e}", "1.2e-03"),
    ("{tie:.4f}", "0.0012"),
    ("{tie:>9}|", "    1/800|"),
    ("{big:.3e}", "-1.235e+09"),
    ("{big:.0f}", "-1234567890"),
    ("{half}", "1/2"),
    ("{level:02d}", "01"),
    ("{word:>5}|", "  yes|"),
    ("{t:>15}|", "   Hello, world|"),
    ("{t:*^16}", "**Hello, world**"),
    ("{t:.5}", "Hello"),
    ("{t!r:>16}|", "  'Hello, world'|"),
    ("{x!s:>10}", "   3.14159"),
    ("{n!s:>6}|", "  None|"),
    ("{now:%Y-%m-%d}", "2026-01-02"),
    ("{now:%H:%M:%S.%f}", "03:04:05.000678"),
    ("{utc:%Y-%m-%dT%H:%M:%S%z}", "2026-01-02T03:04:05+0000"),
    ("{utc:%Z}", "UTC"),
    ("{now:%a %d %b %Y, %j, %p %I %%}", "Fri 02 Jan 2026, 002, AM 03 %"),
    ("{day:%d.%m.%y}", "02.01.26"),
    ("{at:%H:%M}", "03:04"),
    ("{now.isoformat()}", "2026-01-02T03:04:05.000678"),
    ("{u}", "12345678-1234-4678-9234-567812345678"),
    ("{u.hex}", "12345678123446789234567812345678"),
    ("{u!s:.8}", "12345678"),
    ("{str(order.total)}", "12.50"),
    ("{repr(t)}", "'Hello, world'"),
    ("{t!r}", "'Hello, world'"),
    ("{f'{x:.1f}'}", "3.1"),
    ("{prices!j}", '{"tea": 3, "mug": 1}'),
    ("{t!j}", '"Hello, world"'),
    ("{n!j}", "null"),
    ("{flag!j}", "true"),
    ("{json(body)['id']}", "5"),
    ("{json(body)['user']['name']}", "ana"),
    ("{base64('YWJj')}", "abc"),
    ("{type(order).__name__}", "Order"),
    ("{c.name}", "RED"),
    ("{n}", "None"),
    ("{{{i}}}", "{42}"),
)

# Formats that a value has no use for: Python's own refusal.
NO_FORMAT: Final = (
    "{t:d}",
    "{t:.2f}",
    "{n:>5}",
    "{xs:>5}",
    "{d:x}",
    "{i:s}",
    "{x:d}",
    "{order.total:x}",
    "{gap:>9}",
    "{u:>9}",
    "{b:>9}",
    "{t:,}",
)
