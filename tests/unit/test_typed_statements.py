"""What people type between statements, as rules: each row of the table."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from hotlog.client.typed.find_typed import TypedFile, TypedLine, find_typed
from hotlog.redaction.secret_names import is_redacted
from hotlog.source.statements import Source
from tests.support.rows import each_row
from tests.unit.typed_statements import AROUND, STATEMENTS, Row


def source(text: str) -> Source:
    return Source(text.encode(), "app.py")


def typed_at(mark: str, typed: str, around: str = AROUND) -> TypedFile:
    """Type something above a marked line of a file."""
    line = next(line for line in around.split("\n") if mark in line)
    indent = line[: len(line) - len(line.lstrip())]
    base = source(around)
    work = source(around.replace(line, f"{textwrap.indent(typed, indent)}\n{line}"))
    return find_typed(work, base, base, is_redacted)


def fields_of(line: TypedLine) -> dict[str, Any]:
    assert line.read.log is not None
    log = line.read.log
    plain: dict[str, Any] = {
        "message": log.message,
        "snapshot": log.snapshot,
        "stack": log.stack,
        "condition": line.read.condition,
        "watch": {"typed_level": repr(log.level)} if log.level else {},
    }
    return {name: value for name, value in plain.items() if value}


@each_row("row", STATEMENTS)
def test_what_a_statement_becomes(row: Row) -> None:
    found = typed_at("# here", row.typed)
    taken = [each for each in found.lines if each.read.fault is None]
    refused = [each.read.fault.message for each in found.lines if each.read.fault is not None]
    assert [fields_of(each) for each in taken] == list(row.rules)
    assert len(refused) == len(row.refused), refused
    for sentence, part in zip(refused, row.refused, strict=True):
        assert part in sentence
    helpers = tuple(each.text for each in found.others if each.is_helper)
    assert helpers == row.helpers
    assert {(each.at, each.after) for each in taken} <= {(9, False)}


@pytest.mark.parametrize(
    "text",
    [
        "dialog.info('saved')", "catalog.error(a)", "blog.debug(a)", "math.log(a, 2)", "order.log(a)", "queue.info(a)",
        "a.write('x')", "self.print(a)", "total = print", "items.append(a)", "logger.addHandler(a)", "dialog.warning('Save?')",
        "logger = logging.getLogger('x')", "requests.post(a)", "raise ValueError(a)", "return a", "del a", "a += 1",
    ],
)  # fmt: skip
def test_what_is_no_log_statement_becomes_no_rule(text: str) -> None:
    found = typed_at("# here", text)
    assert found.lines == ()
    assert [(each.text, each.is_helper) for each in found.others] == [(text, False)]


def test_there_are_enough_shapes() -> None:
    assert len(STATEMENTS) >= 40
