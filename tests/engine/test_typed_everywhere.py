"""A line typed at every place of a file that has every kind of place: it comes as often as typed, or is refused."""

from __future__ import annotations

import ast
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.client.typed.find_typed import find_typed
from hotlog.config import Config
from hotlog.redaction.secret_names import is_redacted
from hotlog.source.statements import Source
from tests.oracle.live import fresh_name, load
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event

TEXT = (ROOT / "tests" / "support" / "data" / "every_place.txt").read_text(encoding="utf-8")
LINE = "print('T')"
_REASONS = (
    "module-level code, which has run already", "the body of a class, which has run already",
    "no statement stands in that block of the deployed code: `def m(self):`",
)  # fmt: skip


def every_edit() -> Iterator[str]:
    """Yield the file with the line typed above each line of it, at each indentation that is Python."""
    lines = TEXT.split("\n")
    for at in range(len(lines) + 1):
        for indent in range(0, 20, 4):
            edited = "\n".join([*lines[:at], " " * indent + LINE, *lines[at:]])
            try:
                tree = ast.parse(edited)
            except SyntaxError:
                continue
            typed = (each for each in ast.walk(tree) if isinstance(each, ast.Expr) and each.lineno == at + 1)
            if any(ast.unparse(each) == LINE and each.col_offset == indent for each in typed):
                yield edited


def count_typed(edited: str) -> int:
    """Return how often the line comes where it is typed."""
    hits: list[object] = []
    module = ModuleType(fresh_name())
    module.__dict__.update(print=hits.append, __file__="m.py")
    sys.modules[module.__name__] = module
    try:
        exec(compile(edited, "m.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # the file of this test
        hits.clear()
        module.run()
    finally:
        del sys.modules[module.__name__]
    return len(hits)


@pytest.mark.slow
def test_a_line_comes_as_often_as_typed_wherever_it_is_typed(tmp_path: Path) -> None:
    base = Source(TEXT.encode(), "m.py")
    module = load(tmp_path, TEXT, fresh_name())
    wanted = repr(module.run())
    taken, wrong = 0, []
    for edited in every_edit():
        found = find_typed(Source(edited.encode(), "m.py"), base, base, is_redacted)
        assert found.others == ()
        [line] = found.lines
        if line.read.fault is not None:
            assert any(reason in line.read.fault.message for reason in _REASONS), line.read.fault
            continue
        taken += 1
        events: list[Event] = []
        at = f"{module.__name__}.py:{line.at}"
        rule = hotlog.Rule(at=at, after=line.after, message="T", limit=None, per_second=None, expires=None)
        with hotlog.Agent(sink=events.append, root=str(tmp_path), config=Config()) as agent:
            agent.apply([rule])
            assert repr(module.run()) == wanted
        hits = sum(each["hotlog"] == "log" for each in events)
        if hits != count_typed(edited):
            wrong.append((line.line, hits, count_typed(edited)))
    del sys.modules[module.__name__]
    assert wrong == []
    assert taken > 200
