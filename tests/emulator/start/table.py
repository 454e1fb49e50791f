"""The matrix as the table of hotlog/docs/starts.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulator.start.rows import DEPLOYMENTS, NO_LAYER, SWEPT
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.emulator.start.results import Results
    from tests.emulator.start.rows import Row

PAGE = ROOT / "hotlog" / "docs" / "starts.md"
BEGIN, END = "<!-- starts: begin -->", "<!-- starts: end -->"


def write(rows: Iterable[Row], found: Results) -> None:
    """Put the table between its marks on the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows, found)}\n{END}{after}", encoding="utf-8")


def table(rows: Iterable[Row], found: Results) -> str:
    """Return the table, one line for the rows of a case with the same outcome, and the sum of what was run."""
    names = {(row.case, row.name): row for row in rows}
    cases = dict.fromkeys(case for case, _ in names)
    cells = {
        key: faults for key, faults in found.items() if (key.case, key.name) in names or key.case == SWEPT
    }
    lines = [
        "| what is wrong | tried | layer | `hotlog.wrap` | image | hotlog says |",
        "|---|---|---|---|---|---|",
    ]
    tried: dict[tuple[str, ...], list[str]] = {}  # by the case and what became of it
    for row in names.values():
        outcome = (row.case, *(_field(row, each, cells) for each in DEPLOYMENTS), _said(row))
        tried.setdefault(outcome, []).append(_cleaned(row.name))
    for (case, *became), rows_tried in sorted(tried.items(), key=lambda each: list(cases).index(each[0][0])):
        lines.append(f"| {case} | {'; '.join(rows_tried)} | {' | '.join(became)} |")
    lines += _swept_line({key: faults for key, faults in cells.items() if key.case == SWEPT})
    same = sum(not faults for faults in cells.values())
    pythons = sorted({key.python for key in cells}, key=_as_numbers)
    sentence = (
        f"{len(cells)} cells on Python {', '.join(pythons)}; {same} of them are as without hotlog. In brackets: why there "
        "is no cell."
    )
    return f"{sentence}\n\n" + "\n".join(lines)


def _field(row: Row, deployment: str, cells: Results) -> str:
    if deployment in row.cannot:
        return f"({row.cannot[deployment]})"
    found = {
        key.python: faults
        for key, faults in cells.items()
        if (key.case, key.name, key.deployment) == (row.case, row.name, deployment)
    }
    wrong = [python for python, faults in found.items() if faults]
    if wrong:
        return f"**differs** on {', '.join(wrong)}"
    return f"same on {', '.join(sorted(found, key=_as_numbers))}" if found else "not run"


def _said(row: Row) -> str:
    if row.told:
        return f"`{row.told}`"
    return "" if row.told is None else "works" if row.logs else "nothing"


def _swept_line(cells: Results) -> list[str]:
    if not cells:
        return []
    wrong = [f"{key.name} on {key.python}" for key, faults in cells.items() if faults]
    files = {key.name.partition(" ")[0] for key in cells}
    pythons = sorted({key.python for key in cells}, key=_as_numbers)
    same = f"same on {', '.join(pythons)}: {len(cells)} cells"
    field = f"**differs**: {', '.join(wrong)}" if wrong else same
    name = f"each of its {len(files)} files missing, cut in half, replaced"
    return [f"| {SWEPT} | {name} | {field} | ({NO_LAYER}) | (as the layer) | what it misses |"]


def _cleaned(text: str) -> str:
    """A name without what would end a field of the table, or cannot be printed."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text).replace("|", "\\|")


def _as_numbers(python: str) -> tuple[int, ...]:
    return tuple(map(int, python.split(".")))
