"""Messages with holes: what is a hole, what is text, and where the fault is."""

# ruff: noqa: ERA001 -- tables of words; secrets made up for the tests; Python as the oracle; odd letters on purpose

from __future__ import annotations

import pytest

from hotlog import limits
from hotlog.errors import RuleError
from hotlog.expressions import template

# (text, parts: text, or (expression, conversion, format))
ACCEPTED: list[tuple[str, list[object]]] = [
    ("", []),
    ("plain", ["plain"]),
    ("total={total}", ["total=", ("total", "", "")]),
    ("{a}{b}", [("a", "", ""), ("b", "", "")]),
    ("{a!r} {a!s:>5} {a:.2f}", [("a", "r", ""), " ", ("a", "s", ">5"), " ", ("a", "", ".2f")]),
    ("{{a}} {a} }}", ["{a} ", ("a", "", ""), " }"]),
    ("{d['}']}", [("d['}']", "", "")]),
    ('{d["a:b!r"]}', [('d["a:b!r"]', "", "")]),
    ("{a != b}", [("a != b", "", "")]),
    ("{x[1:2]:>3}", [("x[1:2]", "", ">3")]),
    ("{ {'a': 1}['a'] }", [(" {'a': 1}['a'] ", "", "")]),
    ("{[x for x in y if x != 1]}", [("[x for x in y if x != 1]", "", "")]),
    ("{'''}'''}", [("'''}'''", "", "")]),
    (r"{'\''}", [(r"'\''", "", "")]),
    ("{@request_id} 100%", [("@request_id", "", ""), " 100%"]),
    ("é{a}", ["é", ("a", "", "")]),
]


@pytest.mark.parametrize(("text", "parts"), ACCEPTED)
def test_a_message_is_text_and_holes(text: str, parts: list[object]) -> None:
    parsed = template.parse(text)
    found = [
        part if isinstance(part, str) else (part.expression.text, part.conversion, part.format)
        for part in parsed.parts
    ]
    assert found == parts


# (text, code, column)
REFUSED = [
    ("{", "bad-template", 0),
    ("}", "bad-template", 0),
    ("a } b", "bad-template", 2),
    ("{}", "bad-template", 1),
    ("a {  } b", "bad-template", 3),
    ("{a", "bad-template", 0),
    ("{a:", "bad-template", 0),
    ("{a!", "bad-template", 2),
    ("{a!q}", "bad-template", 2),
    ("{a!a}", "bad-template", 2),
    ("{'a}", "bad-template", 1),
    ("{(a}", "bad-template", 0),
    ("{a:{b}}", "bad-template", 2),
    ("{a:>99999999}", "bad-template", 2),
    ("{a:.9999999f}", "bad-template", 2),
    ("{a:%10Y}", "bad-template", 2),
    ("{a:x.__class__}", "bad-template", 2),
    ("{a:!}", "bad-template", 2),
    ("abc {totl +}", "bad-expression", None),
    ("abc {f(x)}", "refused-call", 5),
    ("abc {password}", "redacted-name", 5),
    ("{x.__class__.__init__.__globals__}", "refused-name", 1),
    ("{0.__class__}", "bad-expression", None),
    ("{x" + ".y" * 1_500 + "}", "expression-too-long", None),
    ("x" * (limits.MESSAGE_MAX_CHARS + 1), "bad-template", limits.MESSAGE_MAX_CHARS),
]


@pytest.mark.parametrize(("text", "code", "column"), REFUSED, ids=lambda value: str(value)[:30])
def test_a_refused_message_says_why_and_where(text: str, code: str, column: int | None) -> None:
    with pytest.raises(RuleError) as caught:
        template.parse(text)
    assert caught.value.code == code
    assert caught.value.column is not None
    assert column is None or caught.value.column == column


def test_a_message_says_what_its_holes_read() -> None:
    parsed = template.parse("{a} {len(b)} {@hits} {[c for c in a]}")
    assert (parsed.names, parsed.specials, parsed.calls) == (
        frozenset("ab"),
        frozenset({"hits"}),
        frozenset({"len"}),
    )
    assert [hole.expression.text for hole in parsed.holes] == ["a", "len(b)", "@hits", "[c for c in a]"]
