"""`hotlog status`: what became of each rule, in each environment that has told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.fleet import functions_argument, want
from hotlog.cli.arguments.options import Command, utc_option, with_client
from hotlog.cli.arguments.parameters import parse_duration
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import put, put_json, put_table, say, wants_json, wants_utc
from hotlog.cli.showing.fleet import put_failures
from hotlog.cli.showing.parts import format_outcomes
from hotlog.client.fleet.looking import read_all_statuses, summarize
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape, format_age, format_clock, parse_timestamp, shorten_arn, shorten_id
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
    from hotlog.client.diagnosis.environment_reports import Seen
    from hotlog.client.diagnosis.status_sentence import RuleStatus
    from hotlog.client.fleet.looking import FleetStatus

EXITS: Final = {  # what 0, 1 and 2 say
    "status": ("told", "nobody knows the function", ""),
}

_SHOWN_MAX: Final = 20
_COLOURS: Final = {"installed": "green", "error": "red", "pending": "yellow", "paused": "yellow"}

EXAMPLES = """
hotlog status orders
hotlog status 'orders-*'                  one line for each function that has rules
hotlog status orders --since 15m          only what environments told in that time
hotlog status orders --json | jq '.rules[] | {id, state, verdict}'
"""


@click.command(cls=Command, examples=EXAMPLES)
@functions_argument
@click.option(
    "--since",
    "since_s",
    callback=lambda ctx, param, value: parse_duration(ctx, param, value) if value else 0,
    default="",
    metavar="TIME",
    help="How far to look back. Default: to when the oldest rule was added.",
)
@utc_option
@with_client
def status(
    client: Client, functions: tuple[FunctionName, ...], tags: tuple[str, ...], *, since_s: int
) -> None:
    """Say for each rule where it is installed, how often it was reached, and what came of it.

    FUNCTION may be NAME:ALIAS or NAME:VERSION; exit code 1 where nobody knows it. Read from the status and counts events in its log: environments tell a
    state when it changes, and counts at the first hit, then at most once a minute. With --json: an object with the
    keys function, paused, since, rules (id, at, state, verdict, environments) and environments (those that could not
    read their rules), for a pattern a list of objects with the keys function, rules, live, hits, errors, reads and note: one line for each
    function that has rules.
    """
    wanted = want(functions, tags)
    if wanted.one is None:
        _put_all(read_all_statuses(client, wanted, since_s))
        return
    found = client.status(wanted.one, since_s)
    now = datetime.now(UTC)
    if wants_json():
        put_json(
            {
                "function": found.function,
                "paused": found.paused,
                "since": f"{found.since:%Y-%m-%dT%H:%M:%SZ}",
                "rules": [_as_json(each) for each in found.rules],
                "environments": [seen._asdict() for seen in found.environments],
            }
        )
        return
    for each in found.rules:
        _put(each, now)
    for seen in found.environments:
        reason = f"{seen.code}: {seen.reason}" if seen.code else seen.reason
        put(
            f"{click.style('environment', fg='red')} {escape(shorten_id(seen.env))}  {escape(reason)}  {_age(seen, now)}"
        )
    if not found.was_seen:
        for sentence in client.obstacles(found.function):
            say(f"{click.style('note:', fg='yellow')} {escape(sentence)}")


def _put_all(found: FleetStatus) -> None:
    lines = [summarize(each) for each in found.functions.values()]
    put_failures(list(found.failed))
    if wants_json():
        put_json([line._asdict() for line in lines])
    elif lines:
        rows = [tuple(str(value) for value in line) for line in lines]
        put_table(("FUNCTION", "RULES", "LIVE", "HITS", "ERRORS", "READS", ""), rows)
    if found.without_rules:
        say(f"{found.without_rules:,} more without rules.")
    if found.failed:
        raise click.exceptions.Exit(FAILED)


def _put(each: RuleStatus, now: datetime) -> None:
    rule = each.rule
    title = click.style(escape(rule.id), fg="cyan", bold=True)
    if isinstance(rule, Rule):
        left = (
            "expired"
            if rule.expired(now) or not rule.expires
            else f"until {format_clock(rule.expires, utc=wants_utc())}"
        )
        by = f", by {escape(shorten_arn(rule.by))}" if rule.by else ""
        by += f" ({escape(rule.group)})" if rule.group else ""
        title += f"  {click.style(escape(rule.at), fg='blue')}  {escape(describe_rule(rule))}  {click.style(left + by, dim=True)}"
    put(title)
    put(f"      {click.style(escape(each.verdict), fg=_COLOURS.get(each.state))}")
    for seen in each.environments[:_SHOWN_MAX]:
        where = " ".join(part for part in (seen.location, seen.backend) if part)
        reason = ": ".join(part for part in (seen.code, seen.reason) if part)
        state = f"{seen.state}, has ended" if seen.ended else seen.state
        parts = [shorten_id(seen.env) or "here", state, where, format_outcomes(seen.counts), reason]
        put(f"        {'  '.join(escape(part) for part in parts if part)}  {_age(seen, now)}")
    if len(each.environments) > _SHOWN_MAX:
        put(f"        … and {len(each.environments) - _SHOWN_MAX} more: --json has all")


def _age(seen: Seen, now: datetime) -> str:
    at = parse_timestamp(seen.seen)
    return click.style(f"{format_age(now, at)} ago", dim=True) if at else ""


def _as_json(each: RuleStatus) -> dict[str, Any]:
    return {
        "id": each.rule.id,
        "at": each.rule.at if isinstance(each.rule, Rule) else "",
        "state": each.state,
        "verdict": each.verdict,
        "environments": [seen._asdict() for seen in each.environments],
    }
