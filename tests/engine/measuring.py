"""Running the table of operations: cell by cell, with what each took of the thread's CPU time and of memory.

    cells ──> value | unavailable, CPU time, memory ──> findings: over a bound, not what Python gives, raised

A cell that does not end would not end the table either: a timer of the system kills the process, which no loop in C
outlives. Whoever started it finds in the notes which cell that was. So run it as a process: `python -m tests.engine.measuring`.
"""

from __future__ import annotations

import argparse
import gc
import json
import pathlib
import re
import resource
import signal
import sys
import time
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Final, NamedTuple

from hotlog.config import Config
from hotlog.errors import RuleError
from hotlog.expressions import grammar, template
from hotlog.expressions.evaluate import HitScope, evaluate, is_true, render
from hotlog.reading.reader import Reader, Unavailable
from hotlog.redaction.redact import Redaction
from tests.engine.operands import SMALL
from tests.engine.operations import NAMES, Cell, cells, in_python, repeated

# The budget of the expressions of a hit is 5 ms, and that of a message, which shows values too, is 50: what is under way
# when it ends may take some more. Alone, each value and condition ends within 10 ms of CPU (the slowest is printed by
# `told`); beside the other tests' processes one took 10.2.
CPU_MAX_MS: Final = {"value": 20, "condition": 20, "message": 60}
MEMORY_MAX_BYTES: Final = 32 * 1024 * 1024
_HANGS_S: Final = 2.0  # of CPU: then the cell counts as one that never ends
_TRIES: Final = (
    12  # the best counts: a busy machine fills the caches, and takes more of a thread's own time then
)
_SLOWEST: Final = 5

_HERE: Final = str(pathlib.Path(__file__).parent)
READER: Final = Reader(Redaction(Config()), readable=lambda path: path.startswith(_HERE))


class Answer(NamedTuple):
    """What a cell gave.

    Attributes:
        value: of the expression, as it is; None where there is none.
        reason: why there is none; empty where there is one.
        cpu_ms: that it took of the thread.
        raised: what it raised although it may raise nothing else than `Unavailable`.
    """

    value: Any
    reason: str
    cpu_ms: float
    raised: str


def answer(cell: Cell) -> Answer:
    """Evaluate a cell as a hit would, and show what comes out."""
    operation = cell.operation
    scope = HitScope({name: operand.value for name, operand in zip(NAMES, cell.operands, strict=False)})
    compiled: Any = template if operation.how == "message" else grammar
    try:
        parsed = compiled.parse(operation.text)
    except RuleError as fault:  # `.date()` takes nothing: refused before it is stored
        return Answer(None, fault.message, 0.0, "")
    reader = READER.for_hit()
    value: Any = None
    reason = raised = ""
    started_ns = time.thread_time_ns()
    try:
        if operation.how == "message":
            value = render(parsed, scope, reader)
            reason = value.removeprefix("{unavailable: ") if value.startswith("{unavailable: ") else ""
        elif operation.how == "condition":
            value = is_true(parsed, scope, reader)
        else:
            value = evaluate(parsed, scope, reader)
    except Unavailable as why:
        reason = why.reason or "?"
    except Exception as fault:  # noqa: BLE001 -- any other is a finding
        reason = raised = f"{type(fault).__name__}: {fault}"[:200]
    return Answer(value, reason, (time.thread_time_ns() - started_ns) / 1e6, raised)


def peak_bytes() -> int:
    """Return how much memory this process has had at most. The large values make it, so whatever a cell fills adds to it."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def differs(cell: Cell, given: Answer) -> str:
    """Tell how a cell of size 10 differs from Python; empty where it does not, or says why it has no value."""
    text = cell.operation.text
    if given.reason:
        return ""
    if cell.operation.how == "message":
        _, _, form = text[1:-1].partition(":")
        expected = in_python(f"format(a, {form!r})", cell.operands) if form else given.value
    else:
        expected = in_python(text, cell.operands)
        if cell.operation.how == "condition":
            expected = bool(expected)
    if isinstance(expected, TypeError | ValueError) and re.search(
        "Fraction.__format__|of type 'Fraction'", str(expected)
    ):
        return ""  # 3.11 has no format of it, 3.12 not all
    same = given.value is expected or _form(given.value) == _form(expected)
    return "" if same else f"{given.value!r} instead of {expected!r}"


def _form(value: Any) -> Any:
    """The value as it is compared: a view of a dict, or an iterator, comes as a list of what it shows, and its copy as a plain dict."""
    if isinstance(value, KeysView | ValuesView | ItemsView | Iterator):
        return "list", repr(list(value))
    if isinstance(value, dict):
        return "dict", repr(dict(value))
    if isinstance(value, set | frozenset):  # two that are equal may be in different orders
        return type(value).__name__, sorted(map(repr, value))
    if isinstance(value, str):  # a format of a text of a class of its own may be one
        return "str", repr(str(value))
    if type(value).__name__ == "IsoCalendarDate":
        return "tuple", repr(tuple(value))
    return type(value).__name__, repr(value)


# --- running -----------------------------------------------------------------------------------------------------


def run(first: int, every: int, notes: pathlib.Path) -> None:
    """Run each `every`-th cell from the given one on, and each operation until it gives a value; write what was found: one JSON object per line."""
    sys.set_int_max_str_digits(0)  # an application may do that; then printing a large number takes minutes
    with notes.open("a") as file, pathlib.Path(f"{notes}.at").open("wb", buffering=0) as place:
        gc.disable()
        summary = Summary()
        for number, cell in enumerate(cells()):
            if number < first or (cell.operation.name in summary.answered and number % every):
                continue
            place.seek(0)
            place.write(number.to_bytes(8))
            signal.setitimer(signal.ITIMER_PROF, _HANGS_S)
            found = summary.judge(cell)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if found:
                print(
                    json.dumps({"cell": str(cell), **found}),
                    file=file,
                    flush=True,
                )
        print(json.dumps(summary.told()), file=file)


class Summary:
    """Judges cells, and counts them."""

    def __init__(self) -> None:
        self.cells = 0
        self.values = 0
        self.answered: set[str] = set()
        self.slowest: list[tuple[float, str]] = []

    def judge(self, cell: Cell) -> dict[str, object]:
        """Evaluate a cell, by itself and again and again in one expression; give what is wrong with it."""
        found, given = _judge(cell)
        self._count(cell, given)
        if found or given.reason or all(operand.size == SMALL for operand in cell.operands):
            return found
        more, count = repeated(cell.operation)
        if given.cpu_ms * count < CPU_MAX_MS[cell.operation.how] / 4:
            return {}
        again = Cell(more, cell.operands)
        found, given = _judge(again)
        self._count(again, given)
        return found and {"times": count, **found}

    def _count(self, cell: Cell, given: Answer) -> None:
        self.cells += 1
        if not given.reason:
            self.values += 1
            self.answered.add(cell.operation.name)
        if len(self.slowest) < _SLOWEST or given.cpu_ms > self.slowest[-1][0]:
            self.slowest = sorted([*self.slowest, (given.cpu_ms, str(cell))], reverse=True)[:_SLOWEST]

    def told(self) -> dict[str, object]:
        """Give the counts."""
        return {
            "cells": self.cells,
            "values": self.values,
            "answered": sorted(self.answered),
            "slowest": self.slowest,
        }


def _judge(cell: Cell) -> tuple[dict[str, object], Answer]:
    """Evaluate a cell; what is wrong with it, and the best of its answers."""
    before = peak_bytes()
    given = answer(cell)
    if given.raised:
        return {"raised": given.raised}, given
    most_ms = CPU_MAX_MS[cell.operation.how]
    if given.cpu_ms > most_ms:
        given = _best(cell, given, most_ms)
    if given.cpu_ms > most_ms:
        return {"cpu_ms": given.cpu_ms}, given
    if (more := peak_bytes() - before) > MEMORY_MAX_BYTES:
        return {"bytes": more}, given
    if all(operand.size == SMALL for operand in cell.operands) and (wrong := differs(cell, given)):
        return {"wrong": wrong}, given
    return {}, given


def _best(cell: Cell, first: Answer, most_ms: float) -> Answer:
    """Evaluate the cell again until it is within the bound, some times at most; the answer that took least."""
    best = first
    for _ in range(_TRIES - 1):
        best = min(best, answer(cell), key=lambda one: one.cpu_ms)
        if best.cpu_ms <= most_ms:
            break
    return best


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--first", type=int, default=0, help="number of the cell to begin with")
    parser.add_argument("--every", type=int, default=1, help="run one cell of so many")
    parser.add_argument(
        "notes", type=pathlib.Path, help="file that gets what was found, one JSON object per line"
    )
    arguments = parser.parse_args()
    run(arguments.first, arguments.every, arguments.notes)
