"""What people type to see a value, as a message: each row of the table, and how many of them are taken."""

from __future__ import annotations

import ast

import pytest

from hotlog.client.typed.inputs import Surroundings
from hotlog.client.typed.statements import ReadLine, is_log_only, read_statement
from hotlog.expressions.template import parse
from hotlog.redaction.secret_names import is_redacted
from tests.support.rows import each_row
from tests.unit.typed_holes import AROUND, HOLES

REFUSED_MAX = 10


def read(typed: str) -> ReadLine:
    module = ast.parse(AROUND)
    function = next(
        each for each in module.body if isinstance(each, ast.FunctionDef) and each.name == "handler"
    )
    around = Surroundings(module, function, "e", is_redacted)
    [node] = ast.parse(f"async def f():\n    {typed}").body[0].body  # type: ignore[attr-defined]
    assert is_log_only(node), typed
    [line] = read_statement(node, around, {})
    return line


@each_row(("typed", "message", "said"), HOLES)
def test_what_a_hole_becomes(typed: str, message: str | None, said: str) -> None:
    line = read(typed)
    if message is None:
        assert line.log is None
        assert line.fault is not None
        assert said in line.fault.message
        return
    assert line.fault is None, line.fault
    assert line.log is not None
    assert line.log.message == message
    assert bool(line.marks) == bool(said), line.marks
    assert said in "; ".join(line.marks)
    parse(message)


def test_most_of_what_is_natural_is_taken() -> None:
    assert len(HOLES) >= 54
    assert sum(message is None for _, message, _ in HOLES) <= REFUSED_MAX


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("print('%c' % a)", "no rule knows the format `%c`"),
        ("print('%(a)s %(b)c' % d)", "no rule knows the format `%(`"),
        ("print('%*d' % (5, a))", "no rule knows the format `%*`"),
        ("print('%.3d' % a)", "write `%03d`"),
        ("print('{:{w}}'.format(a, w=5))", "a format with a hole of its own"),
        ("print('%s %s' % a)", "the values are known when it runs only"),
    ],
)
def test_a_format_that_no_rule_writes_is_refused_with_the_reason(typed: str, said: str) -> None:
    line = read(typed)
    assert line.log is None
    assert line.fault is not None
    assert said in line.fault.message
