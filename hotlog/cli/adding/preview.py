"""A statement with a few lines around it, and a mark where the probe goes: before it is stored, one sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.adding.resolve_target import TargetInSource
    from hotlog.rules.model import Rule

_BEFORE: Final = 3
_AFTER: Final = 2
_STATEMENT_MAX_LINES: Final = 8


def render_preview(sighting: TargetInSource, rule: Rule) -> list[str]:
    """Return the source around the target, with the log line where a person would have typed it.

    Args:
        sighting: where the probe goes.
        rule: what it logs.
    """
    place = sighting.place
    lines = [line.expandtabs(4).rstrip() for line in sighting.lines]
    mark_at = sighting.mark_at
    mark = f"{_indent(lines, mark_at)}{describe_rule(rule)}"
    numbers = _numbers(place.line, place.end, mark_at, len(lines) - (lines[-1] == ""))
    width = len(str(numbers[-1]))
    shown: list[str] = []
    for before, number in zip((numbers[0] - 1, *numbers), numbers, strict=False):
        if number != before + 1:
            shown.append(f"  {'':>{width}}  …")
        if number == mark_at:
            shown.append(click.style(f"  {'+':>{width}}  {escape(mark)}", fg="green"))
        text = click.style(escape(lines[number - 1]), bold=place.line <= number <= place.end or None)
        shown.append(
            f"  {click.style(f'{number:>{width}}', dim=True)}{f'  {text}' if lines[number - 1] else ''}"
        )
    title = click.style(f"{sighting.file}, in {place.function}", bold=True)
    note = [f"  {click.style('note:', fg='yellow')} {escape(place.note)}"] if place.note else []
    return [title, *shown, *note]


def _numbers(first: int, end: int, mark_at: int, last: int) -> list[int]:
    """Return the numbers of the lines to show: the statement's first ones and those around the mark."""
    until = min(end, first + _STATEMENT_MAX_LINES - 1)
    windows = (range(first - _BEFORE, until + _AFTER + 1), range(mark_at - 1, mark_at + _AFTER + 1))
    return sorted({number for window in windows for number in window if 1 <= number <= last})


def _indent(lines: list[str], number: int) -> str:
    line = lines[number - 1]
    return line[: len(line) - len(line.lstrip())]
