"""What a person is told of rules that were checked or stored, and what a program gets."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from hotlog.cli.adding.preview import render_preview
from hotlog.cli.shell.terminal import fold, put, put_json, say, wants_json, warn
from hotlog.client.adding.impact import describe_start, describe_worst_case
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape, format_duration_roughly
from hotlog.rules.model import entry_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.adding.check import CheckedRule
    from hotlog.client.client import Client
    from hotlog.client.options import Options

ADDED = ""  # how a rule that was stored begins its sentence; else with what would be, or was, done
WOULD_BE = "would be added to "


def render_code(checked: CheckedRule) -> list[str]:
    """Return the lines that show where the probe goes, and what a snapshot captures there."""
    notes = [f"{click.style('note:', fg='yellow')} {escape(note)}" for note in checked.notes]
    if checked.sighting is None:
        return [
            *notes,
            f"{checked.recipient.name}, {escape(checked.rule.at) or 'its handler'}",
            click.style(f"  + {escape(describe_rule(checked.rule))}", fg="green"),
        ]
    lines = [*notes, *render_preview(checked.sighting, checked.rule)]
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
    settings = recipient.deployed[0].config if recipient.deployed else None
    left_s = round((rule.expires - datetime.now(UTC)).total_seconds())
    name = click.style(f"rule {rule.id}", fg="green", bold=True)
    where = f"{head or 'on '}{recipient.name}"
    live = (
        f"live {describe_start(settings)}, until {_until(rule.expires)} ({format_duration_roughly(left_s)})"
    )
    undo = click.style(options.command("rm", recipient.name, rule.id), bold=True)
    worst = describe_worst_case(rule, recipient.name, checked.among)
    lines = [f"{name} {where}, {live}. Undo: {undo}", *fold(worst)]
    return [*lines, *([escape(recipient.note)] if recipient.note else [])]


def _until(at: datetime) -> str:
    """Return a moment in UTC; without its day, where that is today."""
    today = at.date() == datetime.now(UTC).date()
    return f"{at:%H:%M} UTC" if today else f"{at:%Y-%m-%d %H:%M} UTC"


def print_summary(options: Options, checked: Sequence[CheckedRule], *, head: str = ADDED) -> None:
    """Say where each rule goes, what it may cost, and what may be otherwise than the person thinks.

    Args:
        options: where they are stored.
        checked: the rules.
        head: what was done to them.
    """
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
    if len({each.recipient.name for each in checked}) > 1 and checked[0].rule.group:
        group = click.style(options.command("rm", "--group", checked[0].rule.group), bold=True)
        say(f"Remove them from all {len(checked)} functions: {group}")


def store_and_warn(
    client: Client, checked: Sequence[CheckedRule], *, keep_ids: bool, replace: bool = False
) -> list[CheckedRule]:
    """Store rules, and say where all are switched off.

    Args:
        client: stores them.
        checked: the rules.
        keep_ids: as for `Client.store`.
        replace: as for `Client.store`.

    Returns:
        The rules as they are stored.
    """
    done = client.store(checked, keep_ids=keep_ids, replace=replace)
    for name in done.paused:
        warn(f"the rules of {name} are paused. Go on with: {client.desk.options.command('resume', name)}")
    return list(done.rules)


def put_rules(checked: Sequence[CheckedRule], *, several: bool) -> None:
    """Put the rules on stdout: for a program as they are stored, in a pipe the id.

    Args:
        checked: the rules.
        several: a list with the function of each, and the id of their group, even if there is but one.
    """
    if wants_json() and several:
        put_json([{"function": each.recipient.name, "rule": entry_of(each.rule)} for each in checked])
    elif wants_json():
        put_json(entry_of(checked[0].rule))
    elif not sys.stdout.isatty():
        put(checked[0].rule.group if several else checked[0].rule.id)
