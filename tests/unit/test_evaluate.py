"""Expressions over live values: Python's answer or none at all, within the budget."""

# ruff: noqa: BLE001, DTZ001, ICN001, PT017, SIM905 -- tables of words; secrets made up for the tests; Python as the oracle; odd letters on purpose

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import math
import pathlib
import sys
import time
import uuid
import warnings
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hotlog import limits
from hotlog.capture.snapshot import capture
from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction
from tests.support.rows import each_row

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = str(pathlib.Path(__file__).parent)
READER = Reader(Redaction(Config()), readable=lambda path: path.startswith(HERE))

RATE = 19


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Item:
    price: float
    name: str = "item"
    tags: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class Slim:
    price: int


class Order:
    currency = "EUR"

    def __init__(self) -> None:
        self.id = 7
        self.items = [Item(1.5), Item(2.5, "pen", ("a", "b"))]
        self.user = SimpleNamespace(id=3, email=None)
        self.meta = {"source": "web", "n": {"deep": [1, 2, {"x": 9}]}}

    def total(self) -> float:
        return sum(item.price for item in self.items)

    @property
    def size(self) -> int:
        return len(self.items)


class Child(Order):
    currency = "USD"


VALUES: dict[str, Any] = {
    "a": 7, "b": -2, "c": 2.5, "t": True, "f": False, "nothing": None, "s": "Hello, world", "e": "", "u": "naïve €", "bs": b"bytes\x00",
    "xs": [3, 1, 2], "empty": [], "tp": (1, "two", 3.0), "d": {"k": 1, "other": [1, 2], 3: "three"}, "st": {1, 2, 3},
    "order": Order(), "child": Child(), "slim": Slim(5), "point": Point(1, 2), "colour": Colour.RED, "level": Level.HIGH,
    "Colour": Colour, "Order": Order, "Child": Child, "Item": Item,
    "now": datetime.datetime(2026, 1, 2, 3, 4, 5), "day": datetime.date(2026, 1, 2), "gap": datetime.timedelta(hours=25),
    "utc": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "money": decimal.Decimal("10.50"), "uid": uuid.UUID(int=5),
    "counts": collections.Counter("abca"), "dd": collections.defaultdict(list, k=[1]), "od": collections.OrderedDict(z=1),
    "dq": collections.deque([1, 2]), "r": range(5), "rows": [{"id": 1, "ok": True}, {"id": 2, "ok": False}],
    "matrix": [[1, 2], [3, 4]], "err": ValueError("bad", 3), "z": complex(1, 2),
}  # fmt: skip

# Each must give what Python gives.
ALLOWED = """
a|a + b|a - b|a * b|a / b|a // 2|a % 3|a ** 2|-a|+a|~a|a << 3|a >> 1|a & 3|a | 8|a ^ 1|c * 2|a + c|(a + b) * c|2 ** -1|a ** 0.5|t + 1|z + 1|1e3|0x1f|1_000
a == 7|a != 7|a < 8|a <= 7|a > 7|a >= 7|1 < a < 10|1 < a > 10|b < a <= 7 != 8|a is nothing|nothing is None|a is not None|a == 7.0|s == 'x'|c == 2.5|t is True
t and a|f and a|f or a|a or f|not t|not a|not e|not xs|not empty|nothing or 'default'|a and b and c|f or nothing or e|t if a > 3 else f|'big' if a > 3 else 'small'
s[0]|s[-1]|s[1:3]|s[::-1]|s[:5]|s + '!'|'a' 'b'|'Hello' in s|'x' not in s|u[2]|bs[0]|bs[1:3]|b'by' in bs|s[a:]|e[0:1]|'' in s
s.lower()|s.upper()|s.startswith('He')|s.endswith(('d', 'x'))|s.split(', ')|s.split()|s.replace('l', 'L')|s.find('w')|s.count('l')|s.strip('H')|s.title()|s.partition(',')
s.index('w')|s.isalpha()|s.removeprefix('He')|s.removesuffix('ld')|s.splitlines()|', '.join(['a', 'b'])|s.casefold()|s.swapcase()|s.rsplit(',', 1)|bs.decode()|bs.hex()|bs.startswith(b'b')
xs[0]|xs[-1]|xs[0:2]|xs + [4]|[4] + xs|3 in xs|9 in xs|tp[1]|tp + (4,)|tp[:2]|len(xs)|len(s)|len(d)|len(tp)|len(bs)|len(dq)|len(r)|len(st)|len('')|xs.index(1)|xs.count(3)|tp.count(1)
d['k']|d[3]|d.get('k')|d.get('nope')|d.get('nope', 5)|'k' in d|4 in d|list(d)|sorted(d.values(), reverse=True) if f else 0|d['other'][1]|len(d.items())|dd['k']|dd.get('z')|od['z']|counts['a']
order.id|order.items[0].price|order.items[-1].tags[1]|order.user.id|order.user.email|order.meta['n']['deep'][2]['x']|order.currency|child.currency|Order.currency|slim.price|point.x|point[1]|point.x + point.y
hasattr(order, 'id')|hasattr(order, 'nope')|hasattr(order, 'total')|hasattr(order, 'currency')|isinstance(a, int)|isinstance(order, Order)|isinstance(child, Order)|isinstance(order, Child)|isinstance(a, (str, int))
isinstance(err, ValueError)|isinstance(err, (KeyError, LookupError))|isinstance(s, str)|isinstance(nothing, int)|isinstance(t, int)|type(a) is int|type(a) == int|type(order) is Order|type(order).__name__|type(a) is type(b)
colour is Colour.RED|colour == Colour.RED|colour != Colour.BLUE|colour.name|colour.value|Colour.BLUE.value|level > 2|level == 3|level + 1 if f else 0|level.name|colour == 1|colour in (Colour.RED, Colour.BLUE)|3 == level|1 == colour|3.0 == level|[1] == tp|nothing == order|order == nothing|order != nothing
sum(xs)|sum(xs, 10)|sum(x * 2 for x in xs)|min(xs)|max(xs)|min(1, 2)|max(a, b, 3)|min([], default=0)|max(xs, default=1)|sorted(xs)|sorted(xs, reverse=True)|abs(b)|round(c)|round(2.567, 2)|any(xs)|all(xs)
any(x > 2 for x in xs)|all(x > 2 for x in xs)|any([])|all([])|[x for x in xs]|[x * 2 for x in xs if x > 1]|{x for x in xs}|{x: x * 2 for x in xs}|[x + y for x in xs for y in tp[:1]]|[x for row in matrix for x in row]
[row[0] for row in matrix]|[(a, x) for x in xs]|[k for k in d]|[k for k, v in od.items()]|sum(item.price for item in order.items)|[i.name for i in order.items if i.tags]|[row['id'] for row in rows if row['ok']]|[[y for y in row] for row in matrix]
max(len(row) for row in matrix)|sum(1 for row in rows if row['id'] > 1)|[x for x in xs if x in st]|sorted(x for x in xs)|list(r)|[x for x in 'abc']|tuple(xs)|set(xs)|list(s)[:2]|dict(od)
str(a)|str(c)|str(nothing)|str(xs)|repr(s)|repr(xs)|str(d)|int('12')|int(c)|int('ff', 16)|float('1.5')|float(a)|bool(xs)|bool('')|str(money)|str(uid)|str(day)|str(gap)|str(now)|str(t)|str()|int()|bool(order)
now.year|now.month|day.day|gap.days|gap.seconds|now > now|day == day|gap.total_seconds()|now.isoformat()|day.isoformat()|day.weekday()|now - now|now + gap|now - gap < now|utc == utc|gap > gap|now.date()|utc.isoformat()
money > 10|money + 1|money * 2|money - money|money / 2|money > 9.99|money < 11|-b|int(money)|float(money)|money == 10.5|uid == uid|[money]|[now, day][1].year
r[1]|r.start|r.stop|3 in r|list(r)[1:]|r[1:3]|(1, 2) == (1, 2)|[1, [2]] == [1, [2]]|{'a': [1]} == {'a': [1]}|{1, 2} == {2, 1}|[1] < [2]|(1, 'a') < (1, 'b')|xs == [3, 1, 2]|st == {1, 2, 3}|st | {4}|st & {1}|st - {1}
d.keys() == {3, 'other', 'k'}|{'k'} == d.keys()|d.keys() != {'k'}|d.keys() >= {'k'}|d.keys() & {'k'}|{'k', 9} & d.keys()|d.keys() - {3, 'k'}|d.keys() ^ {'k'}|d.keys() == list(d)|d.keys() == None|1 < len(od.keys() | {'q'})
counts.items() >= {('a', 2)}|counts.items() == {('a', 2)}|counts.items() == counts.items()|set(od) == od.keys()|'k' in d.keys() & {'k'}|not d.keys() & {'no'}
st.issubset({1, 2, 3, 4})|st.union({9})|a.bit_length()|c.is_integer()|[]|()|{}|(1,)|{1}|{'x': a}|[a, [b, (c,)]]|'a' if nothing is None else 'b'|None|True|b''|point == (1, 2)|point < (2, 0)|err.args|err.args[1]
"""


def split_row(row: str) -> list[str]:
    """Between two `|` that are no operator: those have a space on both sides."""
    marked = row.replace(" | ", "\0")
    return [part.replace("\0", " | ").strip() for part in marked.split("|") if part.strip()]


ALLOWED_TEXTS = [text for row in ALLOWED.strip().splitlines() for text in split_row(row)]


def scope(values: Mapping[str, Any] = VALUES, **specials: Any) -> HitScope:
    return HitScope(values, None, specials)


def ours(text: str, values: Mapping[str, Any] = VALUES) -> Any:
    return evaluate(grammar.parse(text), scope(values), READER.for_hit())


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right):
        return True
    return type(left) is type(right) and bool(left == right)


@each_row("text", ALLOWED_TEXTS)
def test_an_allowed_expression_has_the_value_that_python_gives(text: str) -> None:
    expected = eval(text, dict(VALUES))
    assert same(ours(text), expected)
    assert is_true(grammar.parse(text), scope(), READER.for_hit()) is bool(expected)


def test_there_are_many_of_them() -> None:
    assert len(ALLOWED_TEXTS) > 300


# What the values do not allow: (expression, part of the reason).
UNAVAILABLE = [
    ("nope", "NameError"), ("order.nope", "AttributeError"), ("d['nope']", "KeyError"), ("xs[9]", "IndexError"), ("1 / 0", "ZeroDivisionError"),
    ("a + s", "works on numbers"), ("s * s", "works on numbers"), ("s * 10 ** 9", "characters"), ("10 ** 9 * xs", "items"), ("s % 3", "for text"), ("int('x')", "ValueError"),
    ("order.total", "method"), ("order.size", "property"), ("order == 1 or order < 2", "code would run"), ("dd['nope']", "__missing__"),
    ("10 ** 1000", "digits"), ("a ** 10 ** 9", "digits"), ("1 << 10 ** 9", "digits"), ("(10 ** 60) * (10 ** 60)", "digits"), ("(2 ** 300) ** 50", "digits"),
    ("2 ** 2 ** 2 ** 2 ** 2 ** 2", "digits"), ("sum(range_like)", "NameError"), ("'x'.join([1])", "TypeError"), ("len(a)", "TypeError"), ("a[0]", "TypeError"),
    ("[x for x in a]", "cannot be iterated"), ("[1 for x in big for y in big for z in big]", "steps"), ("sum(x for x in endless_range)", "steps"),
    ("big + big + big", "items"), ("[big[:] for x in big]", "items"), ("long.replace('x', long)", "characters"), ("long + long + long + long", "characters"),
    ("[long[1:] for x in xs for y in big]", "characters"), ("[x for x, y in xs]", "cannot be iterated"), ("[x for x, y in [(1, 2, 3)]]", "unpack"),
    ("huge + 1", "digits"), ("str(huge)", "digits"), ("sorted([1, 'a'])", "TypeError"), ("{[]: 1}", "TypeError"), ("max([])", "ValueError"),
    ("a.real.nope", "no attribute"), ("now.resolution.days.nope", ""), ("err.with_traceback", "only the type"), ("now < utc", "TypeError"),
    ("isinstance(a, 3)", "takes a class"), ("long.split('x')[0] + long", ""), ("Colour.__members__", ""), ("r.index", "only the type"), ("int('9' * 10_000)", "digits"),
    ("float('1' * 10_000)", ""), ("order.items.append", "only the type"), ("round(c, 10 ** 9)", "digits"), ("'a' < 1", "TypeError"), ("@hits + nope", "NameError"),
]  # fmt: skip
LARGE: dict[str, Any] = {
    **VALUES, "big": list(range(9_000)), "endless_range": range(10**12), "long": "x" * 30_000, "huge": 10**5_000,
}  # fmt: skip


@each_row(("text", "reason"), UNAVAILABLE)
def test_what_values_do_not_allow_is_unavailable_with_the_reason_and_soon(text: str, reason: str) -> None:
    try:
        parsed = grammar.parse(text)
    except RuleError as fault:
        assert "__" in text
        assert fault.code == "refused-name"
        return
    reader = READER.for_hit()
    reader.budget.clock = lambda: 0  # so that a busy machine is not the reason
    start = time.thread_time()
    with pytest.raises(Unavailable) as caught:
        evaluate(parsed, scope(LARGE, hits=1), reader)
    assert time.thread_time() - start < 0.2
    assert reason in caught.value.reason


# Where a set or dict is asked for what it cannot hold. Python raises a TypeError for each.
UNHASHABLE = [
    f"{value} {word} {container}"
    for value in ("{}", "[]", "u", "(1, u)", "(1, (2, [3]))", "{1: 2}", "inner")
    for word in ("in", "not in")
    for container in ("frozen", "{1, 2}", "{1: 2}", "counts")
] + [
    "u in {1: 2}.keys()", "u not in counts.keys()", "(u, 1) in {1: 2}.items()", "(1, u) in counts.keys()",
    "{1: 2}[u]", "counts[(1, u)]", "{1: 2}.get(u)", "{1: 2}.get(inner, 0)", "counts.get([], 0)",
    *(f"frozen.{name}([{value}])" for value in ("u", "(1, u)") for name in ("union", "isdisjoint", "issubset", "issuperset", "difference")),
    "{u}", "{(1, u)}", "{u: 1}", "set([u])", "dict([[u, 1]])", "{x for x in [1, u]}", "{x: 1 for x in [u]}",
]  # fmt: skip


@each_row("text", UNHASHABLE)
def test_what_a_set_cannot_hold_is_an_error_and_not_false(text: str) -> None:
    names: dict[str, Any] = {
        "u": {},
        "inner": (1, [2]),
        "frozen": frozenset([1, 2]),
        "counts": collections.Counter([1, 2]),
    }
    with pytest.raises(TypeError):
        eval(text, dict(names))
    with pytest.raises(Unavailable, match="TypeError"):
        evaluate(grammar.parse(text), scope(names), READER.for_hit())


_HELD: dict[str, Any] = {
    "dict": {1: 2}, "OrderedDict": collections.OrderedDict({1: 2}), "Counter": collections.Counter([1]), "empty dict": {},
    "set": {1, 2}, "frozenset": frozenset({1, 2}), "empty set": set(), "empty frozenset": frozenset(),
    "keys": {1: 2}.keys(), "items": {1: 2}.items(), "values": {1: 2}.values(), "no keys": {}.keys(),
    "list": [1, {}], "tuple": (1, []), "deque": collections.deque([1]), "range": range(3), "text": "abc", "bytes": b"abc",
}  # fmt: skip
_ASKED: dict[str, Any] = {
    "{}": {}, "[]": [], "set": {1}, "frozenset": frozenset({1}), "bytearray": bytearray(b"a"), "a list in a tuple": (1, []),
    "a list at the key": ([], 2), "a dict far down": (1, ({},)), "a pair": (1, 2), "a pair with a list": (1, [2]),
    "keys": {}.keys(), "OrderedDict": collections.OrderedDict(), "deque": collections.deque(), "1": 1, "text": "a",
}  # fmt: skip


@each_row(("held", "asked"), [(held, asked) for held in _HELD for asked in _ASKED])
def test_in_says_what_python_says_or_nothing(held: str, asked: str) -> None:
    names = {"x": _ASKED[asked], "c": _HELD[held], "d": {1: 2, "a": []}}
    for text in (
        "x in c", "x not in c", "x in d.keys()", "x not in d.keys()", "x in d.items()", "x not in d.items()", "x in d.values()",
        "x in set([1])", "x in d", "x in list(d)", "1 in d.keys() and x in d.keys()", "1 < 2 not in d.keys() or x in d.keys()",
    ):  # fmt: skip
        try:
            wanted = repr(eval(text, dict(names)))
        except TypeError:
            wanted = "TypeError"
        try:
            found = repr(evaluate(grammar.parse(text), scope(names), READER.for_hit()))
        except Unavailable:
            continue
        assert found == wanted, text


def test_a_condition_stops_when_its_time_is_over() -> None:
    parsed = grammar.parse("any(x > y for x in big for y in big)")
    reader = READER.for_hit(1)
    reader.budget.clock = lambda: 2**62
    reader.budget.own_clock = count(1_000_000, 1_000_000).__next__
    with pytest.raises(Unavailable, match="too long"):
        is_true(parsed, scope(LARGE), reader)


def test_names_are_locals_then_closure_then_globals() -> None:
    outer = 5

    def inner() -> Any:
        local = outer + 1
        frame = sys._getframe()
        found = [
            evaluate(grammar.parse(text), HitScope({"passed": 1}, frame), READER.for_hit())
            for text in ("passed", "local", "outer", "RATE")
        ]
        return found, local

    assert inner()[0] == [1, 6, 5, RATE]


def test_a_builtin_that_the_function_shadows_is_not_called() -> None:
    with pytest.raises(Unavailable, match="is a variable here"):
        ours("len(xs)", {**VALUES, "len": 3})
    assert ours("int", {"int": 3}) == 3


def test_specials_have_a_namespace_of_their_own() -> None:
    parsed = grammar.parse("@hits == 3 and @event['headers']['x-debug'] == '1' and hits == 'mine'")
    assert is_true(
        parsed, scope({"hits": "mine"}, hits=3, event={"headers": {"x-debug": "1"}}), READER.for_hit()
    )


def test_properties_are_called_only_for_rules_that_may() -> None:
    allowed = Reader(Redaction(Config()), readable=lambda path: True, properties=True)
    assert evaluate(grammar.parse("order.size"), scope(), allowed) == 2


def test_an_exception_that_another_part_of_the_application_delivers_passes_through() -> None:
    def interrupt() -> Any:
        raise ValueError("delivered by a signal handler")

    with pytest.raises(ValueError, match="signal handler"):
        evaluate(grammar.parse("@remaining_ms"), scope(remaining_ms=interrupt), READER.for_hit())


def test_a_container_that_changes_while_it_is_read_is_unavailable_and_no_fault() -> None:
    """As another thread may change it: the interpreter notices between two elements."""
    changing = {0: 0}

    def grow() -> int:
        changing[len(changing)] = 1
        return 1

    with pytest.raises(Unavailable, match="changed size"):
        evaluate(
            grammar.parse("[@remaining_ms for k in changing]"),
            scope({"changing": changing}, remaining_ms=grow),
            READER.for_hit(),
        )


# --- messages ----------------------------------------------------------------------------------------------------

MESSAGES = [
    ("a={a} c={c:.2f} s={s!r}", "a=7 c=2.50 s='Hello, world'"),
    ("{{literal}} {a:>5}|{a:<5}|{a:05d}|{c:+.1f}|{a:x}|{a:,}", "{literal}     7|7    |00007|+2.5|7|7"),
    ("{1/0} and {a}", "{unavailable: ZeroDivisionError: division by zero} and 7"),
    ("{nope}", "{unavailable: NameError: 'nope' has no value here}"),
    ("{nothing} {t} {xs} {d}", "None True [3, 1, 2] {'k': 1, 'other': [1, 2], 3: 'three'}"),
    ("{s:.2f}", "{unavailable: ValueError: Unknown format code 'f' for object of type 'str'}"),
    (
        "{now} {money} {uid} {day}",
        "2026-01-02T03:04:05 10.50 00000000-0000-0000-0000-000000000005 2026-01-02",
    ),
    ("{'é' + s[0]}{e}", "éH"),
    ("{@hits}", "3"),
    ("{slim}", "Slim(price=5)"),
]


@pytest.mark.parametrize(("text", "expected"), MESSAGES)
def test_a_message_is_written_out_and_a_hole_without_value_says_why_in_place(
    text: str, expected: str
) -> None:
    written = render(template.parse(text), scope(hits=3), READER.for_hit())
    assert written.replace(f"{__name__}.", "test_evaluate.") == expected


def test_a_message_is_bounded() -> None:
    written = render(template.parse("{long}" * 20), scope(LARGE), READER.for_hit())
    assert limits.MESSAGE_MAX_CHARS < len(written) < limits.MESSAGE_MAX_CHARS + 50


# --- everything else that somebody might write -------------------------------------------------------------------

NAMES = st.sampled_from(sorted(VALUES))
LEAVES = NAMES | st.sampled_from("0 1 2 -3 2.5 'a' 'k' '' None True b'x' [] () {}".split())
OPERATORS = st.sampled_from([*"+ - * / // % ** << >> & | ^ == != < <= > >= in and or".split(), "not in"])
CALLS = st.sampled_from(
    "len abs min max sum any all sorted round str int float bool repr list tuple set type".split()
)
ATTRIBUTES = st.sampled_from(
    "id items price x name value year days args user meta currency real nope total size".split()
)
METHODS = st.sampled_from(
    "lower() items() keys() values() get('k') split() count(1) isoformat() upper() index(1) copy()".split()
)


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("{}({})".format, CALLS, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[{}:{}]".format, inner, inner, inner),
        st.builds("({}).{}".format, inner, ATTRIBUTES),
        st.builds("({}).{}".format, inner, METHODS),
        st.builds("[{} for v in {} if {}]".format, inner, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} is None)".format, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
    )


TEXTS = st.recursive(LEAVES, grow, max_leaves=8)
# Where hotlog gives a list for a view, and JSON-like text for what Python prints with an address, it differs on purpose.
_VIEWS = ("keys()", "items()", "values()", "copy()", "type(")


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
@example(text="(level in [Level])")
@example(text="(1 << -1)")
@example(text="round(('a' in s))")
@pytest.mark.long
def test_python_agrees_wherever_both_may_answer(text: str) -> None:
    try:
        answer = ours(text)
    except (Unavailable, RuleError):
        return
    if any(view in text for view in _VIEWS):
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = eval(text, dict(VALUES))
    except Exception as fault:
        pytest.fail(f"{text}: {answer!r}, but Python raises {fault!r}")
    assert same(answer, expected), text


@settings(max_examples=400, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("ab.[](){}'\"@+-*/=<>!:, 0123é\\\n\t#ifornt_x"), max_size=40))
def test_any_text_is_an_expression_or_a_rule_error(text: str) -> None:
    for parse in (grammar.parse, template.parse):
        try:
            parse(text)
        except RuleError as fault:
            assert fault.column is None or 0 <= fault.column <= len(text)
    try:
        written = render(template.parse(text), scope(), READER.for_hit())
    except RuleError:
        return
    assert len(written) < limits.EVENT_MAX_BYTES


JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers() | st.binary(), inner)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers())
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(value=JSON_LIKE)
@pytest.mark.long
def test_any_value_is_captured_as_valid_json(value: object) -> None:
    import json

    captured = capture(value, READER.for_hit())
    text = json.dumps(captured, allow_nan=False)
    assert json.loads(text) == captured
    assert "\n" not in text
    text.encode()
