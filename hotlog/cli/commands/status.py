"""`hotlog status`: what became of each rule, in each environment that has told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog import limits
from hotlog.cli.arguments.options import Command, with_options
from hotlog.cli.arguments.parameters import parse_duration, qualified_argument
from hotlog.cli.shell.terminal import Spinner, escape, put, put_json, say
from hotlog.cli.showing.parts import format_outcomes, shorten_id
from hotlog.client.account.functions import versions_of
from hotlog.client.diagnosis import rule_status
from hotlog.client.diagnosis.obstacles import list_obstacles
from hotlog.client.documents.load import load_document
from hotlog.client.events.event_stream import EventFilter, drain, open_feed, parse_timestamp
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import format_age
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from hotlog.client.account.functions import FunctionName
    from hotlog.client.diagnosis.rule_status import RuleStatus, Seen
    from hotlog.client.options import Options
    from hotlog.events import Event
    from hotlog.rules.model import Rule

_SHOWN_MAX: Final = 20
_COLOURS: Final = {"installed": "green", "error": "red", "pending": "yellow", "paused": "yellow"}

EXAMPLES = """
hotlog status orders
hotlog status orders --since 15m          only what environments told in that time
hotlog status orders --json | jq '.rules[] | {id, state, verdict}'
"""


@click.command(cls=Command, examples=EXAMPLES)
@qualified_argument
@click.option(
    "--since",
    "since_s",
    callback=lambda ctx, param, value: parse_duration(ctx, param, value) if value else 0,
    default="",
    metavar="TIME",
    help="How far to look back. Default: to when the oldest rule was added.",
)
@with_options
def status(session: Options, function: FunctionName, since_s: int) -> None:
    """Say for each rule where it is installed, how often it was reached, and what came of it.

    FUNCTION may be NAME:ALIAS or NAME:VERSION. Read from the status and counts events in its log: environments tell a
    state when it changes, and counts at the first hit, then at most once a minute. With --json: an object with the
    keys function, paused, since, rules (id, at, state, verdict, environments) and environments (those that could not
    read their rules).
    """
    now, name = datetime.now(UTC), function.name
    document = load_document(session.open_store(), name)
    rules = documents.rules(document)
    since = now - timedelta(seconds=since_s) if since_s else _oldest(rules, now)
    wanted = EventFilter(name, since, kinds=rule_status.KINDS, versions=versions_of(session, function))
    events = read_events(session, wanted) if rules else []
    found, troubled = rule_status.fold_statuses(rules, events, now, paused=document.paused)
    if session.json:
        put_json(
            {
                "function": name,
                "paused": document.paused,
                "since": f"{since:%Y-%m-%dT%H:%M:%SZ}",
                "rules": [_as_json(each) for each in found],
                "environments": [_environment(seen) for seen in troubled],
            }
        )
        return
    for each in found:
        _put(each, now)
    for seen in troubled:
        reason = f"{seen.code}: {seen.reason}" if seen.code else seen.reason
        put(
            f"{click.style('environment', fg='red')} {escape(shorten_id(seen.env))}  {escape(reason)}  {_age(seen, now)}"
        )
    _say_what_moves(session, name, found)


def read_events(session: Options, wanted: EventFilter) -> list[Event]:
    """Return the events that `wanted` describes; none where the function has never logged.

    Raises:
        StoreError: the log cannot be read.
    """
    with Spinner(f"reading what {wanted.function} has told since {wanted.since:%H:%M} UTC"):
        try:
            return drain(open_feed(session, wanted, follow=False))
        except StoreError as fault:
            if fault.code != "missing":
                raise
            return []


def _oldest(rules: list[Rule | BadEntry], now: datetime) -> datetime:
    created = [rule.created for rule in rules if not isinstance(rule, BadEntry) and rule.created]
    longest = now - timedelta(seconds=limits.EXPIRY_MAX_S)
    return max(min(created), longest) if created else now - timedelta(seconds=limits.EXPIRY_DEFAULT_S)


def _put(each: RuleStatus, now: datetime) -> None:
    rule = each.rule
    title = click.style(escape(rule.id), fg="cyan", bold=True)
    if not isinstance(rule, BadEntry):
        left = "expired" if rule.expired(now) else f"expires in {format_age(rule.expires, now)}"
        title += f"  {click.style(escape(rule.at), fg='blue')}  {escape(describe_rule(rule))}  {click.style(left, dim=True)}"
    put(title)
    put(f"  {click.style(escape(each.verdict), fg=_COLOURS.get(each.state))}")
    for seen in each.environments[:_SHOWN_MAX]:
        where = " ".join(part for part in (seen.location, seen.backend) if part)
        reason = ": ".join(part for part in (seen.code, seen.reason) if part)
        state = f"{seen.state}, has ended" if seen.ended else seen.state
        parts = [shorten_id(seen.env) or "here", state, where, format_outcomes(seen.counts), reason]
        put(f"    {'  '.join(escape(part) for part in parts if part)}  {_age(seen, now)}")
    if len(each.environments) > _SHOWN_MAX:
        put(f"    … and {len(each.environments) - _SHOWN_MAX} more: --json has all")


def _age(seen: Seen, now: datetime) -> str:
    at = parse_timestamp(seen.seen)
    return click.style(f"{format_age(now, at)} ago", dim=True) if at else ""


def _say_what_moves(session: Options, function: str, found: list[RuleStatus]) -> None:
    """Say what to look at, where nothing was reported or there are no rules."""
    if found and any(each.environments for each in found):
        return
    for sentence in list_obstacles(session, function):
        say(f"{click.style('note:', fg='yellow')} {escape(sentence)}")


def _as_json(each: RuleStatus) -> dict[str, Any]:
    return {
        "id": each.rule.id,
        "at": "" if isinstance(each.rule, BadEntry) else each.rule.at,
        "state": each.state,
        "verdict": each.verdict,
        "environments": [_environment(seen) for seen in each.environments],
    }


def _environment(seen: Seen) -> dict[str, Any]:
    return seen._asdict()
