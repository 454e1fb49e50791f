"""The results as the tables that docs/performance.md shows."""

# ruff: noqa: RUF001 -- signs of the tables

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.bench.environments import PEERS
from tests.bench.goals import GOALS, figure
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.goals import Goal, Results

RESULTS: Final = Path(__file__).parent / "results"
PAGE: Final = ROOT / "hotlog" / "docs" / "performance.md"

_SHOWN: Final = {
    "floor": "typed line",
    "hotlog": "hotlog",
    "ddtrace": "ddtrace",
    "rook": "Rookout",
    "lightrun": "Lightrun",
    "hunter": "hunter",
    "pysnooper": "PySnooper",
    "snoop": "snoop",
    "settrace": "settrace",
    "monitoring": "monitoring",
}
_ROWS: Final = (
    ("W1 condition false, int, ns", "w1_int", "ns"),
    ("W1 on a field, ns", "w1_attribute", "ns"),
    ("W2 un-probed lines, ×", "w2", "lines"),
    ("W3 log of two locals, µs", "w3", "us"),
    ("W4 snapshot + stack, µs", "w4", "us"),
    ("W5 first install, ms", "w5", "first_ms"),
    ("W5 100 installs, ms", "w5", "install_100_ms"),
    ("W5 1,000 installs, ms", "w5", "install_1000_ms"),
    ("W6 start, ms CPU", "w6", "cpu_ms"),
    ("W6 memory, MB", "w6", "mb"),
    ("W8 rate limited, ns", "w8_rate_limited", "ns"),
)


_BEGIN, _END = "<!-- tests/bench/results: begin -->", "<!-- tests/bench/results: end -->"


def written(page: str, results: Sequence[Results]) -> str:
    """The page with the tables of these results."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n\n{document(results)}\n\n{_END}{after}"


def document(results: Sequence[Results]) -> str:
    """All of it: the goals, then one table of tools for each run."""
    return "\n\n".join([_goals(results), *map(_tools, results)])


def _goals(results: Sequence[Results]) -> str:
    head = ["hotlog", "goal", *(f"{each['python']}, {each['date']}" for each in results)]
    return _table(head, [[goal.what, goal.bound, *(_met(goal, each) for each in results)] for goal in GOALS])


def _met(goal: Goal, results: Results) -> str:
    value, limit = goal.measured(results), goal.limit(results)
    shown = f"{number(value)} {goal.unit}"
    return shown if value <= limit else f"**{shown}**"


def _tools(results: Results) -> str:
    names = [name for name in _SHOWN if name in results["tools"]]
    rows = [
        [label, *(_cell(results, name, workload, key) for name in names)] for label, workload, key in _ROWS
    ]
    versions = {name: results["tools"][name]["version"] for name in names}
    head = [
        f"Python {results['python']}, {results['date']}",
        *(f"{_SHOWN[name]} {versions[name]}".strip() for name in names),
    ]
    return "\n".join([_table(head, rows), *_remarks(results)])


def _cell(results: Results, tool: str, workload: str, key: str) -> str:
    try:
        value = figure(results, tool, workload, key)
    except KeyError:
        return "–"
    shown = number(value)
    floor = results["tools"].get("floor", {}).get("figures", {}).get(workload, {}).get(key)
    return f"{shown} ({number(value / floor)} ×)" if floor and tool != "floor" else shown


def _remarks(results: Results) -> list[str]:
    """What did not install, and whose events were more or fewer than were due."""
    said = [
        f"{_SHOWN[name]} does not install on this Python: {why}" for name, why in results["missing"].items()
    ]
    for name in PEERS:
        for workload, figures in results["tools"].get(name, {}).get("figures", {}).items():
            if figures.get("fired") != figures.get("due"):
                due = f"{figures['fired']:g} events where {figures['due']:g} were due"
                said.append(f"{_SHOWN[name]}, {workload.upper().replace('_', ' ')}: {due}")
    return ["", "; ".join(said) + "."] if said else []


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Two or three digits that mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def as_text(results: dict[str, Any]) -> str:
    """Every figure, for a terminal."""
    lines = [f"Python {results['python']}, import bytecode {results['import_bytecode_ms']:.1f} ms"]
    for name, tool in results["tools"].items():
        for key, figures in tool["figures"].items():
            shown = "  ".join(
                f"{each}={value:.3f}" for each, value in figures.items() if each not in {"fired", "due"}
            )
            lines.append(f"  {name:12} {key:16} {shown}")
    return "\n".join(lines)
