"""The matrix as the table of hotlog/docs/security.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.emulator.start.rows import DEPLOYMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.emulator.start.cells import Cell
    from tests.emulator.start.rows import Row

PAGE = Path(__file__).parents[3] / "hotlog" / "docs" / "security.md"
BEGIN, END = "<!-- starts: begin -->", "<!-- starts: end -->"


def write(rows: Iterable[Row], cells: Iterable[Cell], swept: Iterable[Cell]) -> None:
    """Put the table between its marks on the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(
        f"{before}{BEGIN}\n{table(rows, list(cells), list(swept))}\n{END}{after}", encoding="utf-8"
    )


def table(rows: Iterable[Row], cells: list[Cell], swept: list[Cell]) -> str:
    """Return the table, one line for each row, and the sum of what was run."""
    by_row: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        by_row.setdefault((cell.row.case, cell.row.name), []).append(cell)
    pythons = sorted({cell.python for cell in cells if not cell.row.python}, key=_as_numbers)
    lines = ["| what is wrong | | layer | `hotlog.wrap` | image | hotlog says |", "|---|---|---|---|---|---|"]
    case = ""
    for row in rows:
        shown = "" if row.case == case else row.case
        case = row.case
        fields = [_field(row, each, by_row.get((row.case, row.name), [])) for each in DEPLOYMENTS]
        lines.append(f"| {shown} | {_cleaned(row.name)} | {' | '.join(fields)} | {_said(row)} |")
    lines += _swept_line(swept)
    same = sum(not cell.faults for cell in [*cells, *swept])
    sentence = (
        f"{len(cells) + len(swept)} cells on Python {', '.join(pythons)}, {same} of them as without hotlog. "
        "A field without a cell says why there is none."
    )
    return f"{sentence}\n\n" + "\n".join(lines)


def _field(row: Row, deployment: str, cells: list[Cell]) -> str:
    if deployment in row.cannot:
        return f"({row.cannot[deployment]})"
    found = [cell for cell in cells if cell.deployment == deployment]
    wrong = [cell.python for cell in found if cell.faults]
    if wrong:
        return f"**differs** on {', '.join(wrong)}"
    return "same" if found else "not run"


def _said(row: Row) -> str:
    if row.told:
        return f"`{row.told}`"
    return "" if row.told is None else "it works" if row.logs else "nothing"


def _swept_line(swept: list[Cell]) -> list[str]:
    if not swept:
        return []
    wrong = [cell.row.name for cell in swept if cell.faults]
    files = len({next(iter(cell.row.damage)) for cell in swept})
    field = f"**differs**: {', '.join(wrong)}" if wrong else f"same ({len(swept)} cells)"
    name = f"each of {files} files of the layer, missing, cut in half, replaced"
    return [f"| each file | {name} | {field} | (no layer) | (as the layer) | what it misses |"]


def _cleaned(text: str) -> str:
    """A name without what would end a field of the table, or cannot be printed."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text).replace("|", "\\|")


def _as_numbers(python: str) -> tuple[int, ...]:
    return tuple(map(int, python.split(".")))
