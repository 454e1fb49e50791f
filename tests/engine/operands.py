"""The values of the table of operations: each type that an expression can meet, at size 10 and as large as is cheap to make.

Large values share their elements where they can, so that all of them together take 1 GB and two seconds to make.
"""

from __future__ import annotations

import array
import collections
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import re
import types
import uuid
from typing import Any, Final, NamedTuple

SMALL: Final = "10"
_MERSENNE: Final = 2**61 - 1  # whole numbers that differ by it have the same hash
_BITS: Final = 3_321_928  # of a whole number of a million digits


class Operand(NamedTuple):
    """One value of the table.

    Attributes:
        kind: what it is called; all sizes of it share the name.
        size: how large it is, in words; `SMALL` where it is of size 10, or has no size.
        value: the value itself.
    """

    kind: str
    size: str
    value: Any

    def __str__(self) -> str:
        return f"{self.kind}[{self.size}]"


class Text(str):
    """A text of a class of its own, with the methods of `str`."""

    __slots__ = ()


class Bytes(bytes):
    """Bytes of a class of their own."""


class Array(bytearray):
    """A bytearray of a class of its own."""


class Whole(int):
    """A whole number of a class of its own."""


class Real(float):
    """A float of a class of its own."""


class Row(tuple[int, ...]):
    """A tuple of a class of its own."""

    __slots__ = ()


class Items(list[int]):
    """A list of a class of its own."""


class Table(dict[int, None]):
    """A dict of a class of its own."""


class Group(set[int]):
    """A set of a class of its own."""


class Colour(enum.Enum):
    """An enumeration."""

    RED = "red"


class Level(enum.IntEnum):
    """An enumeration of whole numbers."""

    LOW = 1


class Point(NamedTuple):
    """A named tuple."""

    x: int
    y: int


class Record:
    """An object with fields."""

    def __init__(self, count: int) -> None:
        self.__dict__ |= {f"field_{place}": place for place in range(count)}
        self.field = 1


class Slotted:
    """An object with a slot, beside a field that may name a secret."""

    __slots__ = ("field", "name", "value")

    def __init__(self, name: str) -> None:
        self.field = 1
        self.name = name
        self.value = 2


def small_operands() -> list[Operand]:
    """Make one value of each kind, of size 10 where it has a size."""
    numbers, text = [5, 3, 1, 4, 2, 9, 7, 8, 6, 0], "ab cd\nEf,g"
    pairs = [(place, str(place)) for place in numbers]
    values: dict[str, object] = {
        "None": None,
        "bool": True,
        "index": 2,
        "int": 1_234,
        "Whole": Whole(10),
        "IntEnum": Level.LOW,
        "float": 1234.5,
        "Real": Real(1.5),
        "complex": 1 + 2j,
        "str": text,
        "wide str": "\U0001f600 \n\u00e9,\u4e2d\u6587abc",
        "lines": "a\nb\nc\nd\ne\n",
        "option": "--verbose!",
        "JSON": '{"a": [1, 2], "b": null}',
        "base64 text": "eyJhIjogMX0=",
        "character": "a",
        "Text": Text(text),
        "bytes": text.encode(),
        "Bytes": Bytes(text.encode()),
        "bytearray": bytearray(text.encode()),
        "Array": Array(text.encode()),
        "memoryview": memoryview(text.encode()),
        "array": array.array("i", numbers),
        "list": numbers,
        "texts": list("jihgfedcba"),
        "pairs": pairs,
        "long texts": list("jihgfedcba"),
        "whole numbers": numbers,
        "same hash": numbers,
        "deep": [[[[[[[[[[]]]]]]]]]],
        "shared": [[1, 2], [1, 2]],
        "options": ["--verbose", "1"],
        "list of ranges": [range(2), range(3)],
        "Items": Items(numbers),
        "tuple": tuple(numbers),
        "classes": (int, str, float, bytes, list, dict, set, bool, tuple, ValueError),
        "nested classes": (int, (str, (float, (bytes,)))),
        "Row": Row(numbers),
        "named tuple": Point(1, 2),
        "dict": dict(pairs),
        "dict of texts": {name: place for place, name in pairs},
        "dict of lists": {place: [place] for place in numbers},
        "same hash dict": dict(pairs),
        "beside": {"name": "colour", "value": 1},
        "long key": {"colour": 1},
        "Table": Table.fromkeys(numbers),
        "OrderedDict": collections.OrderedDict(pairs),
        "defaultdict": collections.defaultdict(str, pairs),
        "Counter": collections.Counter(numbers),
        "ChainMap": collections.ChainMap(dict(pairs)),
        "MappingProxy": types.MappingProxyType(dict(pairs)),
        "dict_keys": dict(pairs).keys(),
        "dict_values": dict(pairs).values(),
        "dict_items": dict(pairs).items(),
        "set": set(numbers),
        "same hash set": set(numbers),
        "Group": Group(numbers),
        "frozenset": frozenset(numbers),
        "range": range(10),
        "deque": collections.deque(numbers),
        "enumerate": enumerate(numbers),
        "zip": zip(numbers, numbers, strict=True),
        "map": map(abs, numbers),
        "reversed": reversed(numbers),
        "generator": (number for number in numbers),
        "Decimal": decimal.Decimal("1234567.890"),
        "Fraction": fractions.Fraction(1_234, 56_789),
        "date": dt.date(2026, 11, 29),
        "datetime": dt.datetime(2026, 11, 29, 1, 2, 3, tzinfo=dt.UTC),
        "time": dt.time(1, 2, 3),
        "timedelta": dt.timedelta(days=1, seconds=2),
        "timezone": dt.timezone(dt.timedelta(hours=1), "home"),
        "UUID": uuid.UUID(int=1_234_567_890),
        "uuids": [uuid.UUID(int=number) for number in numbers],
        "decimals": [decimal.Decimal(number) for number in numbers],
        "Path": pathlib.PurePosixPath("a/b/c"),
        "Pattern": re.compile("ab+c"),
        "Match": re.search("(a)(b)", text),
        "slice": slice(1, 5),
        "class": int,
        "error": ValueError("no", 1),
        "module": types.ModuleType("application"),
        "namespace": types.SimpleNamespace(field=1),
        "Enum": Colour.RED,
        "object": object(),
        "Record": Record(10),
        "Slotted": Slotted("colour"),
    }
    return [Operand(kind, SMALL, value) for kind, value in values.items()]


def large_operands() -> list[Operand]:
    """Make the kinds that have a size, as large as is cheap to make: some of them in more than one size."""
    hundred_million, ten_million, million = 10**8, 10**7, 10**6
    numbers, thousand = list(range(million)), range(1_000)
    whole = (1 << _BITS) - 1
    text, data = "a" * hundred_million, b"a" * hundred_million
    same_hash = [place * _MERSENNE for place in range(1, 2_000)]
    module = types.ModuleType("application")
    vars(module).update(vars(Record(40_000)))
    return [
        Operand("int", "10^6 digits", whole),
        Operand("Whole", "10^6 digits", Whole(whole)),
        Operand("str", "10^8", text),
        Operand("wide str", "10^7", "\U0001f600" * ten_million),
        Operand("str", "6,000", "a" * 6_000),
        Operand("lines", "6,000", "\n" * 6_000),
        Operand("JSON", "10^8", "[" + "1," * (hundred_million // 2 - 1) + "1]"),
        Operand("JSON", "10^5 of digits", "1" * 100_000),
        Operand("JSON", "10^5 deep", "[" * 50_000 + "]" * 50_000),
        Operand("JSON", "9,000 deep", "[" * 9_000 + "]" * 9_000),
        Operand("JSON", "9,000 lists", "[" + "[]," * 8_990 + "1]"),
        Operand("JSON", "4,000 keys", "{" + ",".join(f'"{place}": {place}' for place in range(4_000)) + "}"),
        Operand("JSON", "10^5 of text", '"' + "\\u00e9" * 16_000 + '"'),
        Operand("base64 text", "10^7", "YWJj" * (ten_million // 4)),
        Operand("base64 text", "10^5", "YWJj" * 25_000),
        Operand("option", "10^7", "-" * ten_million),
        Operand("Text", "10^8", Text(text)),
        Operand("bytes", "10^8", data),
        Operand("bytes", "6,000", b"\0" * 6_000),
        Operand("Bytes", "10^8", Bytes(data)),
        Operand("bytearray", "10^8", bytearray(hundred_million)),
        Operand("Array", "10^7", Array(ten_million)),
        Operand("memoryview", "10^8", memoryview(data)),
        Operand("array", "10^7", array.array("b", data[:ten_million])),
        Operand("list", "10^7", [0] * ten_million),
        Operand("list", "3,000", numbers[:3_000]),
        Operand("texts", "10^7", ["ab"] * ten_million),
        Operand("pairs", "10^6", [(1, 2)] * million),
        Operand("pairs", "1,000", [(place, 1) for place in thousand]),
        Operand("long texts", "1,000", [f"{place:06}" * 999 for place in thousand]),
        Operand("whole numbers", "100 of 10^6 digits", [whole - place for place in range(100)]),
        Operand("same hash", "2,000", same_hash),
        Operand("deep", "1,000 deep", _nested(1_000, 1)),
        Operand("shared", "2^25", _nested(25, 2)),
        Operand("options", "40 of 10^6", [f"-{place}" + "a" * million for place in range(40)]),
        Operand("list of ranges", "1,000 of 10^9", [range(10**9 + place) for place in thousand]),
        Operand("Items", "10^6", Items(numbers)),
        Operand("tuple", "10^7", (0,) * ten_million),
        Operand("classes", "10^7", (bytes,) * ten_million),
        Operand("nested classes", "900 deep", _nested_classes(900)),
        Operand("nested classes", "2^25", _nested_classes(25, 2)),
        Operand("Row", "10^7", Row((0,) * ten_million)),
        Operand("dict", "10^6", dict.fromkeys(numbers)),
        Operand("dict", "3,000", dict.fromkeys(range(3_000))),
        Operand("dict of texts", "10^5", {f"field_{place}": place for place in range(100_000)}),
        Operand("dict of lists", "10 of 10^7", dict.fromkeys(range(10), [0] * ten_million)),
        Operand("same hash dict", "2,000", dict.fromkeys(same_hash)),
        Operand("beside", "10^8", {"name": text, "value": 1}),
        Operand("long key", "10^8", {text: 1}),
        Operand("Table", "10^6", Table.fromkeys(numbers)),
        Operand("OrderedDict", "10^5", collections.OrderedDict.fromkeys(numbers[:100_000])),
        Operand("defaultdict", "10^6", collections.defaultdict(int, dict.fromkeys(numbers))),
        Operand("Counter", "10^5", collections.Counter(numbers[:100_000])),
        Operand("ChainMap", "10^6", collections.ChainMap(dict.fromkeys(numbers))),
        Operand("MappingProxy", "10^6", types.MappingProxyType(dict.fromkeys(numbers))),
        Operand("dict_keys", "10^6", dict.fromkeys(numbers).keys()),
        Operand("dict_values", "10^6", dict.fromkeys(numbers).values()),
        Operand("dict_items", "10^6", dict.fromkeys(numbers).items()),
        Operand("set", "10^6", set(numbers)),
        Operand("set", "3,000", set(numbers[:3_000])),
        Operand("same hash set", "2,000", set(same_hash)),
        Operand("Group", "10^6", Group(numbers)),
        Operand("frozenset", "10^6", frozenset(numbers)),
        Operand("range", "10^9", range(10**9)),
        Operand("range", "2^40", range(2**40)),
        Operand("range", "2^80", range(2**80)),
        Operand("range", "10^(10^6)", range(-whole, whole, 3)),
        Operand("deque", "10^6", collections.deque(numbers)),
        Operand("enumerate", "10^7", enumerate([0] * ten_million)),
        Operand("zip", "2^40", zip(range(2**40), range(2**40), strict=True)),
        Operand("map", "2^40", map(abs, range(2**40))),
        Operand("reversed", "2^40", reversed(range(2**40))),
        Operand("generator", "2^40", (number for number in range(2**40))),
        Operand("Decimal", "10^6 digits", decimal.Decimal("7" * million)),
        Operand("Decimal", "E+10^17", decimal.Decimal("7E+99999999999999999")),
        Operand("Decimal", "E-10^17", decimal.Decimal("7E-99999999999999999")),
        Operand("Fraction", "10^6 digits", fractions.Fraction(whole)),
        Operand("timezone", "10^8", dt.timezone(dt.timedelta(hours=1), text)),
        Operand("uuids", "1,500", [uuid.UUID(int=place) for place in range(1_500, 0, -1)]),
        Operand("decimals", "1,500", [decimal.Decimal(f"{place}.5") for place in range(1_500, 0, -1)]),
        Operand("Path", "10^7", pathlib.PurePosixPath("a/" * (ten_million // 2))),
        Operand("Pattern", "10^4", re.compile("a" * 10_000)),
        Operand("Match", "10^8", re.match(".*", text)),
        Operand("Match", "6,000 in 90 groups", re.match("(a*)" + "()" * 90, "a" * 6_000)),
        Operand("slice", "10^6 digits", slice(-whole, whole, whole)),
        Operand("error", "10^8", ValueError(text, whole)),
        Operand("error", "10^7 arguments", ValueError(*[0] * ten_million)),
        Operand("module", "40,000", module),
        Operand("namespace", "40,000", types.SimpleNamespace(**vars(Record(40_000)))),
        Operand("Record", "40,000", Record(40_000)),
        Operand("Record", "10^6", Record(million)),
        Operand("Slotted", "10^8", Slotted(text)),
    ]


def _nested(depth: int, width: int) -> list[Any]:
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested] * width
    return nested


def _nested_classes(depth: int, width: int = 1) -> tuple[Any, ...]:
    nested: tuple[Any, ...] = (bytes,)
    for _ in range(depth):
        nested = (bytearray, *[nested] * width)
    return nested
