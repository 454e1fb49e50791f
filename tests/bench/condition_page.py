"""Write the tables of `hotlog help condition-times` from two runs of `python -m tests.bench written --peers --markdown`.

    python -m tests.bench.condition_page 3.11.md 3.13.md

Both Pythons stand in one table; what stands above the tables stays.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import hotlog

_PAGE = Path(hotlog.__file__).parent / "docs" / "condition-times.md"
_ROW = re.compile(r"\| (`.+`) \| (.*) \|$")
_MEDIAN = re.compile(r"\| median \| \| \| (\S+) \|")


def tables_of(text: str) -> tuple[str, str]:
    """The tables of conditions and of messages."""
    conditions, messages = re.split(r"(?m)^(?=\| message)", text[text.index("| condition") :])
    return conditions.strip(), messages.strip()


def merge(one: str, other: str, what: str, unit: str) -> str:
    """Two tables of the same rows as one."""
    heads = [table.split("\n")[0].strip("| ").split(" | ")[1:] for table in (one, other)]
    names = [
        f"{name}, {python}" if not at else name
        for head, python in zip(heads, ("3.11", "3.13"), strict=True)
        for at, name in enumerate(head)
    ]
    lines = [f"| {what}, {unit} | {' | '.join(names)} |", f"| --- |{' ---: |' * len(names)}"]
    rows = [
        [found.groups() for line in table.split("\n") if (found := _ROW.match(line))]
        for table in (one, other)
    ]
    for left, right in zip(*rows, strict=True):
        if left[0] != right[0]:
            raise ValueError(f"{left[0]} beside {right[0]}")
        lines.append(f"| {left[0]} | {left[1]} | {right[1]} |")
    medians = [found[1] for table in (one, other) if (found := _MEDIAN.search(table))]
    lines.append(f"\nThe median of the ratios is {medians[0]} on 3.11, {medians[1]} on 3.13.")
    return "\n".join(lines)


def main(*paths: str) -> None:
    """Write the page."""
    runs = [tables_of(Path(path).read_text(encoding="utf-8")) for path in paths]
    text = _PAGE.read_text(encoding="utf-8")
    conditions = merge(runs[0][0], runs[1][0], "condition", "ns")
    messages = merge(runs[0][1], runs[1][1], "message", "µs")
    above = text[: text.index("## Conditions")]
    _PAGE.write_text(
        f"{above}## Conditions\n\nEach is false, in a loop.\n\n{conditions}\n\n## Messages\n\n{messages}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
