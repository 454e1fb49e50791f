"""`hotlog tail`: follow the events of a function's rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_options
from hotlog.cli.arguments.parameters import parse_duration, qualified_argument
from hotlog.cli.shell.terminal import say
from hotlog.cli.showing.follow import follow
from hotlog.client.account.functions import versions_of
from hotlog.client.events.event_stream import EventFilter, open_feed

if TYPE_CHECKING:
    from hotlog.client.account.functions import FunctionName
    from hotlog.client.options import Options

_SINCE: Final = "10m"

EXAMPLES = """
hotlog tail orders
hotlog tail orders --rule k3f9 --since 2h --no-follow
hotlog tail orders:prod --json | jq .vars
"""


@click.command(cls=Command, examples=EXAMPLES)
@qualified_argument
@click.option(
    "--rule",
    default="",
    metavar="ID",
    help="Only events of this rule; the beginning of its id will do.",
)
@click.option(
    "--since",
    "since_s",
    callback=parse_duration,
    default=_SINCE,
    metavar="TIME",
    help="How far to look back. Default 10m.",
)
@click.option(
    "--request",
    default="",
    metavar="ID",
    help="Only events of this request; the beginning of its id will do.",
)
@click.option("--no-follow", is_flag=True, help="Show what there is, then end.")
@with_options
def tail(
    session: Options, function: FunctionName, rule: str, since_s: int, request: str, no_follow: bool
) -> None:
    """Follow what the rules of a function log, until Ctrl-C.

    FUNCTION may be NAME:ALIAS or NAME:VERSION. Reads its log group; with --local, or any file store, the events file
    next to the rules. With --json: each event as one line of JSON.
    """
    since = datetime.now(UTC) - timedelta(seconds=since_s)
    wanted = EventFilter(function.name, since, rule, request, versions=versions_of(session, function))
    events = open_feed(session, wanted, follow=not no_follow)
    try:
        follow(session, function.name, events, waits=not no_follow)
    except KeyboardInterrupt:
        say()  # the terminal's own ^C ends its line here; to stop following is no failure
