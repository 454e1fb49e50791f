"""What people really write, beside what a developer would have typed: each row of `rows.py`, as a ratio within one run.

    python -m tests.bench written [--only TEXT] [--rounds 7] [--peers] [--markdown]

Of each row there are three functions in one module: probed, untouched, and with the typed line. The three are timed in turn,
round after round, and the medians of their differences are compared.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hotlog
from hotlog import limits
from hotlog.events import Invocation
from tests.bench.rows import CONDITIONS, HEAD, INVOCATION, LITERAL, MESSAGES, OTHER, TWO, Condition, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    from tests.bench.tools.tool import Tool

_PASSES, _PASSES_OF_MESSAGES = 2_000, 100
_NOTHING = "s = 0"
_BELOW_NS = 300.0
_BOUNDS = {LITERAL: 3.0, TWO: 6.0, OTHER: 10.0, INVOCATION: 0.0}
_INVOCATION_NS = 30.0
_PAYLOAD = {"type": "order", "a": {"b": 1}}
_CONSTANTS = '\nREQUEST, FUNCTION, COLD, EVENT = "r-1", "orders", False, {"type": "order", "a": {"b": 1}}\n'


class Figure(NamedTuple):
    """What one row cost, in ns added to each pass.

    Attributes:
        typed: by the typed line.
        hotlog: by the probe.
        peers: by each peer.
    """

    typed: float
    hotlog: float
    peers: dict[str, float]

    @property
    def ratio(self) -> float:
        """How many times the typed line."""
        return self.hotlog / max(self.typed, 1.0)


def source_of(row: Condition | Message) -> str:
    """The text of the module of one row: `probed`, `twin`, `typed`; the marked line is the last of the loop."""
    if isinstance(row, Condition):
        typed = f"        if {row.typed or row.text}:\n            LOG.info(f'i={{i}}')\n"
    else:
        typed = f"        LOG.info(f{row.text!r})\n"
    names = ", ".join(row.values)
    loop = "_" if "i" in row.values else "i"
    values = "".join(f"    {name} = {value}\n" for name, value in row.values.items())
    made = (
        f"\n\ndef made():\n{values}    return ({names}{',' * bool(names)})\n"
        if names
        else "\n\ndef made():\n    return ()\n"
    )
    functions = [
        f"\n\ndef {name}(n{', ' * bool(names)}{names}):\n    s = 0\n    for {loop} in range(n):\n{line}        s += 1{mark}\n    return s\n"
        for name, line, mark in (("probed", "", "  # <here>"), ("twin", "", ""), ("typed", typed, ""))
    ]
    return HEAD + _CONSTANTS + made + "".join(functions)


def line_in(text: str) -> int:
    """The line, from 1, that is probed."""
    return next(number for number, line in enumerate(text.split("\n"), 1) if line.endswith("# <here>"))


class Measured:
    """One row in this process.

    Args:
        number: of the row, for the name of its module.
        row: the row.
        folder: where its module goes.
    """

    def __init__(self, number: int, row: Condition | Message, folder: Path) -> None:
        self.row = row
        self.name = f"written_{number}"
        text = source_of(row)
        (folder / f"{self.name}.py").write_text(text, encoding="utf-8")
        self.line, self.file = line_in(text), str(folder / f"{self.name}.py")
        importlib.invalidate_caches()
        self.module: ModuleType = importlib.import_module(self.name)
        self.passes = _PASSES if isinstance(row, Condition) else _PASSES_OF_MESSAGES
        self.arguments = self.module.made()

    def rule(self) -> hotlog.Rule:
        """The rule of the row."""
        is_condition = isinstance(self.row, Condition)
        return hotlog.Rule(
            id="r",
            at=f"{self.name}.py:{self.line}",
            condition=self.row.text if is_condition else "",
            message="hit" if is_condition else self.row.text,
            limit=None,
            per_second=None,
        )

    def added_ns(self, rounds: int, begin: Callable[[], object]) -> tuple[float, float]:
        """What a pass costs more in the probed and in the typed function than in the twin: medians."""
        probed, typed = [], []
        functions = [self.module.probed, self.module.twin, self.module.typed]
        for _ in range(rounds):
            begin()
            times = [self._once(function) for function in functions]
            probed.append(times[0] - times[1])
            typed.append(times[2] - times[1])
        return statistics.median(probed), statistics.median(typed)

    def _once(self, function: Callable[..., object]) -> float:
        start_ns = time.thread_time_ns()  # what other processes take is not counted
        function(self.passes, *self.arguments)
        return (time.thread_time_ns() - start_ns) / self.passes


def measure(number: int, row: Condition | Message, folder: Path, rounds: int, *, peers: bool) -> Figure:
    """Measure one row."""
    measured = Measured(number, row, folder)
    agent = hotlog.Agent("stdout", root=str(folder))
    invocation = Invocation(request_id="r-1", function="orders", version="1", env="e", event=_PAYLOAD)
    agent.begin(invocation)
    try:
        agent.apply([measured.rule()])
        status = agent.status()["r"]
        if status.state != "installed":
            raise RuntimeError(str(status))
        if isinstance(row, Condition):  # what counts the first false ones is compiled out
            measured.module.probed(limits.COUNTED_FALSE_MAX + 100, *measured.arguments)
            agent.settle()
        ours, typed = measured.added_ns(rounds, lambda: agent.begin(invocation))
    finally:
        agent.close()
    found = {}
    if peers and isinstance(row, Condition):
        for name in ("settrace", "monitoring"):
            if name == "settrace" or sys.version_info >= (3, 12):
                found[name] = _peer(name, measured)
    return Figure(typed, ours, found)


def _peer(name: str, measured: Measured) -> float:
    from tests.bench.tools.tool import Probe

    tool: Tool = importlib.import_module(f"tests.bench.tools.{name}").TOOL()
    row: Any = measured.row
    condition = row.typed or row.text
    tool.add([Probe(measured.name, measured.file, measured.line, "probed", condition.strip(), "hit")])
    try:
        return measured.added_ns(3, tool.begin)[0]
    finally:
        tool.remove()


def misses(row: Condition | Message, figure: Figure) -> bool:
    """Whether it misses its goal."""
    if isinstance(row, Message):
        return figure.ratio > 1.0
    if any(figure.hotlog * 3 > ns for ns in figure.peers.values()):
        return True
    if row.kind == INVOCATION:
        return figure.hotlog > _INVOCATION_NS
    return figure.ratio > _BOUNDS[row.kind] and not (row.kind == OTHER and figure.hotlog <= _BELOW_NS)


def table(
    title: str, found: Sequence[tuple[Condition | Message, Figure]], unit: float, *, markdown: bool
) -> str:
    """The figures as text; misses in bold, or with a mark."""
    peers = [*dict.fromkeys(name for _, figure in found for name in figure.peers)]
    head = ["typed", "hotlog", "ratio", *peers]
    ratios = statistics.median(figure.ratio for _, figure in found)
    if markdown:
        lines = [f"| {title} | {' | '.join(head)} |", f"| --- |{' ---: |' * len(head)}"]
        for row, figure in found:
            mark = "**" if misses(row, figure) else ""
            cells = [
                figure.typed / unit,
                figure.hotlog / unit,
                figure.ratio,
                *(figure.peers.get(name, 0.0) / unit for name in peers),
            ]
            texts = [_text(cell) for cell in cells]
            lines.append(
                f"| `{row.text.strip()}` | {texts[0]} | {mark}{texts[1]}{mark} | {mark}{cells[2]:.1f}{mark} | {' | '.join(texts[3:])} |".replace(
                    " |  |", " |"
                )
            )
        return "\n".join([*lines, f"| median | | | {ratios:.2f} |" + " |" * len(peers)])
    lines = [f"{title:52} {' '.join(f'{each:>10}' for each in head)}"]
    for row, figure in found:
        cells = [
            figure.typed / unit,
            figure.hotlog / unit,
            figure.ratio,
            *(figure.peers.get(name, 0.0) / unit for name in peers),
        ]
        mark = "  <- misses" if misses(row, figure) else ""
        lines.append(f"{row.text.strip()[:52]:52} {' '.join(f'{cell:10.2f}' for cell in cells)}{mark}")
    return "\n".join(
        [
            *lines,
            f"median of the ratios {ratios:.2f}, misses {sum(misses(*each) for each in found)} of {len(found)}",
        ]
    )


def _text(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"  # two digits say enough


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench written", description=__doc__)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--only", default="", help="rows whose text holds this")
    parser.add_argument(
        "--peers", action="store_true", help="settrace and sys.monitoring with a compiled condition too"
    )
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--kind", choices=("conditions", "messages"))
    given = parser.parse_args()
    out = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sys.path.insert(0, name)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        logging.getLogger("app").addHandler(
            logging.StreamHandler(open(1, "w", encoding="utf-8", closefd=False))  # noqa: SIM115  # as long as the process
        )
        logging.getLogger("app").setLevel(logging.INFO)
        limits.EMIT_MAX_BYTES_PER_S = 10**15  # type: ignore[misc]  # its rate limits are off, as everybody's
        tables: tuple[tuple[str, Sequence[Condition | Message], float], ...] = (
            ("condition, ns", CONDITIONS, 1.0),
            ("message, µs", MESSAGES, 1_000.0),
        )
        for title, rows, unit in tables:
            if given.kind and given.kind not in f"{title.partition(',')[0]}s":
                continue
            found = []
            for number, row in enumerate(rows):
                if given.only in row.text:
                    found.append(
                        (
                            row,
                            measure(
                                number + 1_000 * (unit > 1), row, folder, given.rounds, peers=given.peers
                            ),
                        )
                    )
            if found:
                print(table(title, found, unit, markdown=given.markdown), file=out, flush=True)
