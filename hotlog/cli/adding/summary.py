"""What a person is told of rules that were checked or stored, with the code around them; and what a program gets."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.shell.terminal import fold, put, put_json, say, wants_json, wants_utc, warn
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape, format_clock, format_duration_roughly
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.adding.checked_rule import CheckedRule
    from hotlog.client.adding.resolve_target import TargetInSource
    from hotlog.client.options import Options
    from hotlog.rules.model import Rule

ADDED = ""  # how a rule that was stored begins its sentence; else with what would be, or was, done
WOULD_BE = "would be added to "

_BEFORE: Final = 2  # lines of code above a statement
_STATEMENT_MAX_LINES: Final = 8


def render_code(checked: CheckedRule) -> list[str]:
    """Return the lines that show where the probe goes, and what a snapshot captures there."""
    notes = [f"{click.style('note:', fg='yellow')} {escape(note)}" for note in checked.notes]
    if checked.sighting is None:
        return [
            *notes,
            f"{checked.recipient.name}, {escape(checked.rule.at) or 'its handler'}",
            click.style(f"  + {escape(describe_rule(checked.rule))}", fg="green"),
        ]
    lines = [*notes, *_render_preview(checked.sighting, checked.rule)]
    if not checked.rule.snapshot:
        return lines
    names, redacted = checked.captured
    lines.append(f"  captures {escape(', '.join(names)) or 'nothing: no variable has a value there yet'}")
    return [*lines, f"  redacted {escape(', '.join(redacted))}"] if redacted else lines


def render_summary(options: Options, checked: CheckedRule, head: str = ADDED) -> list[str]:
    """Return the lines that say when the rule is live, when it ends, what it may cost, and how to remove it.

    Args:
        options: where the rule is stored.
        checked: the rule, as it is stored.
        head: what was done to it.
    """
    rule, recipient = checked.rule, checked.recipient
    if rule.expires is None:
        raise TypeError("a stored rule expires")
    left_s = round((rule.expires - datetime.now(UTC)).total_seconds())
    name = click.style(f"rule {rule.id}", fg="green", bold=True)
    where = f"{head or 'on '}{recipient.name}"
    until = format_clock(rule.expires, utc=wants_utc()) + (" UTC" if wants_utc() else "")
    live = f"live {checked.live}, until {until} ({format_duration_roughly(left_s)})"
    undo = click.style(options.command("rm", recipient.name, rule.id), bold=True)
    then = "Nothing is stored." if head == WOULD_BE else f"Undo: {undo}"
    lines = [f"{name} {where}, {live}. {then}", *fold(checked.cost)]
    return [*lines, *([escape(recipient.note)] if recipient.note else [])]


def report_rules(
    options: Options, checked: Sequence[CheckedRule], *, head: str, several: bool, paused: Sequence[str] = ()
) -> None:
    """Tell the person of rules, and put them on stdout: for a program as they are stored, in a pipe the id.

    Args:
        options: where they are stored.
        checked: the rules.
        head: what was done to them.
        several: a list with the function of each, and the id of their group, even if there is but one.
        paused: functions whose rules are all switched off.
    """
    _print_summary(options, checked, head)
    for name in paused:
        warn(f"the rules of {name} are paused. Go on with: {options.command('resume', name)}")
    _put_rules(checked, several=several)


def _print_summary(options: Options, checked: Sequence[CheckedRule], head: str) -> None:
    """Say where each rule goes, what it may cost, and what may be otherwise than the person thinks."""
    shown: list[str] = []
    for each in checked:
        lines = render_code(each)
        if lines != shown:  # functions of one pattern often share their code
            for line in lines:
                say(line)
        shown = lines
        for line in render_summary(options, each, head):
            say(line)
        for warning in (*each.warnings, *each.obstacles):
            warn(warning)
    is_stored = head != WOULD_BE
    if is_stored and len({each.recipient.name for each in checked}) > 1 and checked[0].rule.group:
        group = click.style(options.command("rm", "--group", checked[0].rule.group), bold=True)
        say(f"Remove them from all {len(checked)} functions: {group}")


def _put_rules(checked: Sequence[CheckedRule], *, several: bool) -> None:
    if wants_json() and several:
        put_json([{"function": each.recipient.name, "rule": entry_of(each.rule)} for each in checked])
    elif wants_json():
        put_json(entry_of(checked[0].rule))
    elif not sys.stdout.isatty():
        put(checked[0].rule.group if several else checked[0].rule.id)


# --- the code around a probe -----------------------------------------------------------------------------------------


def _render_preview(sighting: TargetInSource, rule: Rule) -> list[str]:
    """Return the source around the target, with the log line where a person would have typed it.

    Args:
        sighting: where the probe goes.
        rule: what it logs.
    """
    place = sighting.place
    lines = [line.expandtabs(4).rstrip() for line in sighting.lines]
    mark_at = sighting.mark_at
    when = f"    if {rule.condition}" if rule.condition else ""
    mark = f"{_indent(lines, place.line if place.after else mark_at)}{describe_rule(rule, condition=False)}{when}"
    numbers = _numbers(place.line, place.end, mark_at, len(lines) - (lines[-1] == ""))
    width = len(str(numbers[-1]))
    added = click.style(f"  {'+':>{width}}  {escape(mark)}", fg="green")
    shown: list[str] = []
    for before, number in zip((numbers[0] - 1, *numbers), numbers, strict=False):
        if number != before + 1:
            shown.append(f"  {'':>{width}}  …")
        if number == mark_at:
            shown.append(added)
        text = click.style(escape(lines[number - 1]), bold=place.line <= number <= place.end or None)
        shown.append(
            f"  {click.style(f'{number:>{width}}', dim=True)}{f'  {text}' if lines[number - 1] else ''}"
        )
    shown += [added] if mark_at > numbers[-1] else []
    title = click.style(f"{sighting.file}, in {place.function}", bold=True)
    note = [f"  {click.style('note:', fg='yellow')} {escape(place.note)}"] if place.note else []
    return [title, *shown, *note]


def _numbers(first: int, end: int, mark_at: int, last: int) -> list[int]:
    """Return the numbers of the lines to show: the statement's first ones and those around the mark."""
    until = min(end, first + _STATEMENT_MAX_LINES - 1)
    windows = (range(first - _BEFORE, until + 1), range(mark_at - 1, mark_at + 1))
    return sorted({number for window in windows for number in window if 1 <= number <= last})


def _indent(lines: list[str], number: int) -> str:
    line = lines[number - 1]
    return line[: len(line) - len(line.lstrip())]
