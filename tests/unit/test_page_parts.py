"""Parts of the page that need no browser: what is offered at a line, colours, markup, the steps of a player."""

from __future__ import annotations

from typing import Any

from hotlog.client.adding.names_offered import offer_names
from hotlog.client.events.recordings import find_recordings
from hotlog.source.statements import Source
from hotlog.ui.highlight import highlight
from hotlog.ui.html import Html, el
from hotlog.ui.player import walk_event
from tests.support.rows import each_row

CART = """\
class Cart:
    lines: list

    def __init__(self, lines, token):
        self.lines, self.coupon, self.token = lines, "", token

    def percent(self):
        return 5 if self.coupon else 0

    def total(self, order, password):
        try:
            goods = sum(line.price for line in self.lines)
        finally:
            seen = order.get("id")
        percent = self.percent()
        print(order.customer.name, password)
        if goods > percent and (limit := 5):
            return goods
        return helper(goods, limit)
"""


def hides(name: str) -> bool:
    return name in {"password", "token"}


@each_row(
    ("text", "message"),
    [
        ("def total", "order={order}"),
        ("try:", "order={order}"),  # it reads nothing: what was bound last
        ("goods = sum", "lines={self.lines}"),
        ("seen = ", "order={order}"),
        ("percent = self", "coupon={self.coupon}"),  # what the own method reads
        ("print(", "order.customer.name={order.customer.name}"),
        ("if goods", "goods={goods} percent={percent}"),
        ("return helper", "goods={goods} limit={limit}"),
    ],
)
def test_the_message_has_what_the_statement_reads(text: str, message: str) -> None:
    source = Source(CART.encode(), "cart.py")
    [line] = [number for number, each in enumerate(source.lines, 1) if each.strip().startswith(text)]
    offered = offer_names(source, source.place(line), hides)
    assert offered.message == message
    assert "password" in offered.hidden
    assert not [name for name in offered.names if "password" in name or "token" in name]
    assert {"self.lines", "self.coupon", "@request_id"} <= set(offered.names)


@each_row(
    ("line", "markup"),
    [
        ("if x:", '<i class="kw">if</i> x:'),
        ("def f(): pass", '<i class="kw">def</i> <i class="df">f</i>(): <i class="kw">pass</i>'),
        ("x = '<b>'  # <i>", 'x = <i class="st">&#x27;&lt;b&gt;&#x27;</i>  <i class="co"># &lt;i&gt;</i>'),
        ("a.len, len(1)", 'a.len, <i class="bi">len</i>(<i class="nu">1</i>)'),
        ("\tx", "    x"),
        ("x = '''", "x = &#x27;&#x27;&#x27;"),  # never closed: plain
        ("# \u202ex", '<i class="co"># \\u202ex</i>'),
    ],
)
def test_a_line_has_colours_and_is_text(line: str, markup: str) -> None:
    assert highlight((line,)) == (markup,)


def test_lines_of_a_text_have_its_colour_each() -> None:
    assert highlight(('x = """a', 'b"""')) == (
        'x = <i class="st">&quot;&quot;&quot;a</i>',
        '<i class="st">b&quot;&quot;&quot;</i>',
    )


def test_what_is_no_markup_becomes_text() -> None:
    made = el("a", "<b>", Html("<i>"), None, ["&", 1], href='"x', hidden=True, title=None)
    assert made == '<a href="&quot;x" hidden>&lt;b&gt;<i>&amp;1</a>'


def recorded(steps: list[Any]) -> dict[str, Any]:
    functions = [
        {"at": "app.py:1", "qualname": "f"},
        {"at": "app.py:9", "qualname": "g"},
        {"at": "app.py:1", "qualname": "f.<locals>.<genexpr>"},
    ]
    return {
        "hotlog": "record",
        "recording": "x",
        "part": 1,
        "parts": 1,
        "functions": functions,
        "errors": [],
        "steps": steps,
    }


def test_a_player_walks_calls_within_lines_and_back() -> None:
    event = recorded([
        {"call": 0, "args": {"n": 1}}, 2, {"line": 3, "set": {"a": 2}}, {"call": 1, "args": {"m": 5}}, {"line": 10, "set": {"b": 3}}, {"return": 3},
        4, {"call": 2, "args": {}}, {"line": 4, "set": {"i": 7}}, {"return": None}, {"line": 5, "set": {"c": 9}, "unset": ["a"]}, {"return": 9},
    ])  # fmt: skip
    [recording] = find_recordings([event])
    walk = walk_event(event, recording)
    assert walk is not None
    assert [each["in"] for each in walk.scopes] == ["f", "g"]
    assert [each["start"] for each in walk.scopes] == [{"n": "1"}, {"m": "5"}]
    seen = [(each["scope"], each["line"], each["set"], each["unset"]) for each in walk.steps]
    assert seen == [
        (0, 2, {}, []),
        (0, 3, {}, []),  # before the call that it makes
        (1, 10, {"b": "3"}, []),
        (0, 3, {"a": "2"}, []),
        (0, 4, {}, []),
        (0, 4, {"i": "7"}, []),  # in the comprehension
        (0, 5, {"c": "9"}, ["a", "i"]),
    ]


def test_what_holds_no_lines_has_no_player() -> None:
    assert walk_event({"hotlog": "log", "lines": "x"}, None) is None
    assert walk_event({"hotlog": "log", "lines": [{"line": "x"}, 5]}, None) is None
