"""Typed lines against rules: modules of the standard library, edited as a person would, beside the originals with rules.

The edited module runs with its lines, the original with the rules that `hotlog try` makes of them: the sequence of (line,
hit) is the same, and so is the text wherever the values are of plain types.
"""

from __future__ import annotations

import ast
import importlib
import random
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hotlog
from hotlog.client.typed.find_typed import TypedLine, find_typed
from hotlog.config import Config
from hotlog.redaction.secret_names import is_redacted
from hotlog.source.statements import Source
from tests.engine.typed_workloads import WORKLOADS
from tests.oracle.live import fresh_name, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.events import Event

_PLAIN = (int, str, bool, float, type(None))
_TEXT_MAX = 150
_ADDRESS_MIN = 1 << 40
_LINES, _MANY_LINES = 15, 50
_FEW = ("textwrap", "shlex", "difflib", "fractions", "graphlib", "string")


class Hit(NamedTuple):
    """One line that was written.

    Attributes:
        tag: which statement wrote it.
        text: all of it.
        is_plain: its values are of plain types.
    """

    tag: str
    text: str
    is_plain: bool


def statements_of(source: Source) -> list[tuple[int, str, list[str]]]:
    """Return where a line may be typed: the line it goes above, its indentation, and names that have a value there."""
    found: list[tuple[int, str, list[str]]] = []
    for place in source.places():
        spot = source.spot(place)
        text = source.lines[place.line - 1]
        if place.kind != "statement" or place.column or text.lstrip().startswith(("elif ", "@")):
            continue
        if spot.node.lineno != place.line:
            continue
        indent = text[: spot.node.col_offset]
        mentioned = {
            name for name in source.mentioned(spot) if not name.startswith("__") and not is_redacted(name)
        }
        found.append((place.line, indent, sorted(source.bound.among(mentioned, spot))))
        behind = source.behind(place)
        if behind.follower is None and not isinstance(
            spot.node, ast.Return | ast.Raise | ast.Continue | ast.Break
        ):
            after = sorted(source.bound.among(mentioned, source.spot(behind)))
            found.append((behind.end + 1, indent, after))
    return found


def typed_texts(tag: str, names: list[str], chance: random.Random) -> list[str]:
    """Return the lines of a typed statement, in one of the ways that people write it."""
    if not names:
        return [f"print('{tag}')"]
    name = chance.choice(names)
    # A line that shows an object as text would run the object's own code, which may hold typed lines: a rule runs none.
    kind = f"type({name}).__name__"
    line = chance.choice(
        [f"print('{tag}', {name})", f"print(f'{tag} {{{kind}}}')", f"print('{tag} %s' % ({kind},))"]
    )
    if chance.random() < 0.3:
        return [f"if isinstance({name}, (int, str)):", f"    {line}"]
    return [line]


def edit(data: bytes, count: int, seed: str) -> tuple[bytes, int]:
    """Return a file with log lines typed into it, and how many there are."""
    chance = random.Random(seed)  # noqa: S311  # a seed makes it the same each time
    source = Source(data, "module.py")
    places = statements_of(source)
    chosen = [*chance.sample(places, min(count, len(places)))]
    lines = list(source.lines)
    for number, (line, indent, names) in sorted(
        enumerate(chosen), key=lambda each: (-each[1][0], len(each[1][1]))
    ):
        lines[line - 1 : line - 1] = [f"{indent}{text}" for text in typed_texts(f"t{number}", names, chance)]
    return "\n".join(lines).encode(), len(chosen)


def run_edited(data: bytes, work: Callable[[ModuleType], object]) -> list[Hit]:
    """Run the work on the edited module, with its own lines."""
    hits: list[Hit] = []

    def write(first: object, *values: object) -> None:
        plain = all(type(value) in _PLAIN and not _is_address(value) for value in values)
        text = " ".join(map(str, (first, *values))) if plain else str(first)
        hits.append(Hit(text.split(" ", 1)[0], text, plain and len(text) < _TEXT_MAX))

    module = ModuleType(fresh_name())
    module.__dict__.update(print=write, __file__="module.py")
    sys.modules[module.__name__] = module
    try:
        exec(compile(data, "module.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102  # the module's own code
        hits.clear()
        work(module)
    finally:
        del sys.modules[module.__name__]
    return hits


def _is_address(value: object) -> bool:
    """Return whether a number may be the address of an object, which no two runs have in common."""
    return isinstance(value, int) and value > _ADDRESS_MIN


def run_rules(
    data: bytes, lines: list[TypedLine], work: Callable[[ModuleType], object], folder: Path
) -> list[str]:
    """Run the work on the original, with the rules; return the messages."""
    module = load(folder, data.decode(), fresh_name())
    events: list[Event] = []
    rules = [_rule(f"r{number}", line, module) for number, line in enumerate(lines)]
    with hotlog.Agent(sink=events.append, root=str(folder), config=Config()) as agent:
        agent.apply(rules)
        status = agent.status()
        # A function that the module itself deletes or replaces is one that nobody can call: its lines write nothing.
        left = {each.code for each in status.values() if each.state not in {"installed", "unreachable"}}
        assert left <= {"no-live-function", "after-not-here"}, status
        work(module)
    del sys.modules[module.__name__]
    return [str(each["message"]) for each in events if each["hotlog"] == "log"]


def _rule(key: str, line: TypedLine, module: ModuleType) -> hotlog.Rule:
    log = line.read.log
    assert log is not None
    fields: dict[str, Any] = {"message": log.message, "condition": line.read.condition, "after": line.after}
    return hotlog.Rule(
        id=key, at=f"{module.__name__}.py:{line.at}", limit=None, per_second=None, expires=None, **fields
    )


def compare(name: str, count: int, folder: Path) -> int:
    """Compare both for one module; return how many lines were written."""
    work = WORKLOADS[name]
    data = Path(importlib.import_module(name).__file__ or "").read_bytes()
    edited, typed = edit(data, count, name)
    found = find_typed(Source(edited, "m.py"), Source(data, "m.py"), Source(data, "m.py"), is_redacted)
    assert [each.read.fault for each in found.lines if each.read.fault is not None] == []
    assert len(found.lines) == typed
    assert found.others == ()
    wanted = run_edited(edited, work)
    messages = run_rules(data, list(found.lines), work, folder)
    assert [message.split(" ", 1)[0] for message in messages] == [hit.tag for hit in wanted]
    unlike = [
        (hit.text, text)
        for hit, text in zip(wanted, messages, strict=True)
        if hit.is_plain and hit.text != text
    ]
    assert unlike == []
    return len(wanted)


@pytest.mark.long
@pytest.mark.parametrize("name", _FEW)
def test_rules_write_what_typed_lines_write(name: str, tmp_path: Path) -> None:
    assert compare(name, _LINES, tmp_path) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKLOADS)
def test_rules_write_what_many_typed_lines_write(name: str, tmp_path: Path) -> None:
    compare(name, _MANY_LINES, tmp_path)


def test_there_are_enough_modules() -> None:
    assert len(WORKLOADS) >= 20
