"""`hotlog tail`: follow the events of a function's rules."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.fleet import functions_argument, want
from hotlog.cli.arguments.options import Command, id_option, utc_option, with_client
from hotlog.cli.arguments.parameters import parse_duration
from hotlog.cli.shell.terminal import say, wants_json, wants_utc
from hotlog.cli.showing.follow import follow
from hotlog.client.account.function_name import FunctionName
from hotlog.client.diagnosis.live_summary import LiveSummary
from hotlog.client.events.event_stream import keep_last
from hotlog.client.fleet.looking import follow_all
from hotlog.client.words import count_of, escape, format_clock, format_duration, name_zone
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from hotlog.client.client import Client
    from hotlog.client.events.event_stream import EventFilter

EXITS: Final = {  # what 0, 1 and 2 say
    "tail": ("shown, or ended by Ctrl-C", "the log cannot be read", ""),
}

_SINCE: Final = "10m"

EXAMPLES = """
hotlog tail orders
hotlog tail orders --rule k3f9 --since 2h --no-follow
hotlog tail orders:prod --json | jq .vars
"""


@click.command(cls=Command, examples=EXAMPLES)
@functions_argument
@id_option("--rule", "Only events of this rule; the beginning of its id will do.")
@click.option(
    "--since",
    "since_s",
    callback=parse_duration,
    default=_SINCE,
    metavar="TIME",
    help="How far to look back. Default 10m.",
)
@id_option("--request", "Only events of this request; the beginning of its id will do.")
@id_option(
    "--trace", "Only events of this trace, as OpenTelemetry or X-Ray writes it; its beginning will do."
)
@click.option(
    "--correlation",
    default="",
    metavar="ID",
    help="Only events with this correlation id (HOTLOG_CORRELATION).",
)
@click.option("--no-follow", is_flag=True, help="Show what there is, then end.")
@click.option(
    "-n",
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help="Of what is there already, the last N events alone.",
)
@click.option(
    "--all", "every", is_flag=True, help="States and counts, and events of rules that are gone, too."
)
@utc_option
@with_client
def tail(  # noqa: PLR0913  # each option is one
    client: Client,
    functions: tuple[FunctionName, ...],
    tags: tuple[str, ...],
    *,
    rule: str,
    since_s: int,
    request: str,
    trace: str,
    correlation: str,
    no_follow: bool,
    last: int | None,
    every: bool,
) -> None:
    """Follow what the live rules of a function log, until Ctrl-C.

    FUNCTION may be NAME:ALIAS or NAME:VERSION. Reads its log group; with --local, or any file store, the events file
    next to the rules. States and counts become one line that changes, on a terminal. Up to 10 functions are followed at once.

    With --json: each event as one line of JSON.
    """
    several = want(functions, tags)
    live = LiveSummary()

    def plan(function: FunctionName) -> EventFilter:
        wanted = client.plan_follow(
            function,
            since_s,
            rule=rule,
            request=request,
            trace=trace,
            correlation=correlation,
            every=every,
        )
        live.expect(wanted.function, wanted.stored)
        return wanted

    if several.one is None:
        feeds = follow_all(
            client, several, lambda name: client.follow(plan(FunctionName(name)), waits=not no_follow)
        )
        with suppress(KeyboardInterrupt):
            follow(
                client, str(several), feeds, waits=not no_follow, hints=False, live=None if every else live
            )
        return
    function = several.one
    wanted = plan(function)
    _say_head(function.name, wanted, every=every, follows=not no_follow)
    shown = 0
    try:
        feed = client.follow(wanted, waits=not no_follow)
        chosen = keep_last(feed, last) if last else feed
        shown = follow(client, function.name, chosen, waits=not no_follow, live=None if every else live)
    except KeyboardInterrupt:
        say()  # the terminal's own ^C ends its line here; to stop following is no failure
    if no_follow and not shown:
        _say_verdict(client, function, since_s, wanted)


def _say_head(name: str, wanted: EventFilter, *, every: bool, follows: bool) -> None:
    if not follows or wants_json():
        return
    count, utc = len(wanted.rules), wants_utc()
    what = "all events" if every else f"events of {count_of(count, 'live rule')}" if count else "events"
    more = "" if every else ", --all for states and counts"
    say(
        f"{name}, {what}, since {format_clock(wanted.since, utc=utc)} {name_zone(wanted.since, utc=utc)}; Ctrl-C ends{more}"
    )


def _say_verdict(client: Client, function: FunctionName, since_s: int, wanted: EventFilter) -> None:
    """Say why there is nothing: what became of each rule."""
    try:
        verdicts = [f"{each.rule.id}: {each.verdict}." for each in client.status(function).rules]
    except StoreError as fault:
        verdicts = [fault.message]
    none = "It has no live rules; --all shows what earlier ones have logged."
    chosen = (
        wanted.rule and f"rule {wanted.rule}",
        wanted.request and f"request {wanted.request}",
        wanted.trace and f"trace {wanted.trace}",
        wanted.correlation and f"correlation id {wanted.correlation}",
    )
    only = " and ".join(filter(None, chosen))
    events = f"no events of {only}" if only else "no events"
    sentence = f"{events} in the last {format_duration(since_s)}. {' '.join(verdicts) or none}"
    say(f"{click.style('note:', fg='yellow')} {escape(sentence)}")
