"""Typed log lines as a person sees them: where each went, what was not taken, what else was edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hotlog.cli.shell.terminal import say, wants_utc, warn
from hotlog.client.adding.impact import count_taking, estimate_worst_case
from hotlog.client.words import count_of, escape, format_clock, format_duration_roughly

if TYPE_CHECKING:
    from hotlog.client.typed.tried_edits import TriedEdits, TriedLine

_INDENT = 18  # of the text behind `pricing.py:33`


def say_typed(tried: TriedEdits) -> None:
    """Say what was typed, and what becomes of each line."""
    version = f", version {tried.version}" if tried.version else ", of the directory that --source names"
    since = {"HEAD": "Typed since the last commit", "deployed": "Typed beyond what is deployed"}.get(
        tried.since, f"Typed since {tried.since}"
    )
    files = len({line.at.rpartition(":")[0] for line in tried.lines})
    count = len(tried.lines)
    say(
        f"Code of {tried.function}{version}. {since}, in {count_of(files, 'file')}: "
        f"{count_of(count, 'log line')}."
    )
    for note in tried.notes:
        say(f"{click.style('note:', fg='yellow')} {escape(note)}")
    for warning in tried.warnings:
        warn(warning)
    if tried.taken:
        say()
    for line in tried.taken:
        say_line(line)
    if tried.refused:
        say()
        say(f"Not taken, {len(tried.refused)} of {count}:")
        for line in tried.refused:
            say_line(line)
    for unread in tried.unread:
        say()
        say(
            f"Not read: {escape(unread.say)} [{unread.code}]. Its lines are no rules; those of other files are."
        )
    _say_others(tried)


def say_line(line: TriedLine) -> None:
    """Say what became of one line: the rule that it is, or why it is none."""
    checked = line.checked
    if checked is None:
        _say_refused(line)
        return
    rule, sighting = checked.rule, checked.sighting
    say(f"  {click.style(f'{line.at:<{_INDENT - 4}}', fg='blue')}  {escape(line.typed.text)}")
    side = "after" if rule.after else "before"
    place = f"{side} line {line.typed.at}, in {sighting.place.function}" if sighting else rule.at
    level = f"{line.typed.read.log.level} " if line.typed.read.log and line.typed.read.log.level else ""
    shows = [f"{level}{rule.message}"] if rule.message else []
    shows += ["all variables"] if rule.snapshot else []
    shows += [f"{rule.stack} frames of the stack"] if rule.stack else []
    when = f"      if {rule.condition}" if rule.condition else ""
    say(f"{'':{_INDENT}}{click.style(place, dim=True)}    {escape(', '.join(shows) + when)}")
    for mark in (*line.typed.read.marks, *checked.warnings):
        say(f"{'':{_INDENT}}{click.style('note:', fg='yellow')} {escape(mark)}")


def _say_refused(line: TriedLine) -> None:
    say(f"  {click.style(f'{line.at:<{_INDENT - 4}}', fg='blue')}  {escape(line.typed.text)}")
    mark = f"{'':{line.column}}^ " if 0 <= line.column < len(line.typed.text) else ""
    say(f"{'':{_INDENT}}{mark}{escape(line.say)} [{line.code}]")


def _say_others(tried: TriedEdits) -> None:
    if not tried.others:
        return
    say()
    say("Your other edits stay here; the deployed code has none of them:")
    for name, edit in tried.others:
        why = "used by your log lines only" if edit.is_helper else ""
        why = why or (f"deployed: {edit.deployed}" if edit.deployed else "")
        at = f"{name}:{edit.line}"
        text = f"(gone) {edit.text}" if edit.is_gone else edit.text
        say(
            f"  {click.style(f'{at:<{_INDENT - 4}}', fg='blue')}  {escape(text)}{f'      {escape(why)}' if why else ''}"
        )


def say_stored(tried: TriedEdits) -> None:
    """Say how long the rules live, and what they may cost at most."""
    rules = [line.checked for line in tried.taken if line.checked is not None]
    if not rules or rules[0].rule.expires is None or rules[0].rule.created is None:
        return
    expires, created = rules[0].rule.expires, rules[0].rule.created
    until = format_clock(expires, utc=wants_utc())
    lives = format_duration_roughly(round((expires - created).total_seconds()))
    cases = [estimate_worst_case(each.rule, each.among) for each in rules]
    events = [case.events for case in cases]
    most = (
        f"At most {sum(each or 0 for each in events):,} lines from each environment, "
        f"{max(0.1, sum(case.megabytes / count_taking(each.rule, each.among) for case, each in zip(cases, rules, strict=True))):.1f} MB."
        if None not in events
        else "Without a bound on their number."
    )
    rates = {each.rule.per_second for each in rules if each.rule.per_second is not None}
    most += f" At most {min(rates):g} a second of each." if rates else ""
    count = len(rules)
    say()
    say(f"{count_of(count, 'rule')} on {tried.function} until {until} ({lives}), group {tried.group}. {most}")
