"""`hotlog tail`: follow the events of a function's rules."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.account.feed import Wanted, open_feed
from hotlog.cli.account.functions import versions_of
from hotlog.cli.shell.options import Command, with_session
from hotlog.cli.shell.parameters import duration, qualified_argument
from hotlog.cli.shell.terminal import Spinner, escaped, put, say
from hotlog.cli.showing.render import shown
from hotlog.cli.showing.silence import why_silent
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.cli.account.feed import Feed
    from hotlog.cli.account.functions import FunctionName
    from hotlog.cli.shell.options import Session

_SINCE: Final = "10m"
HINT_AFTER_S: Final = 15

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
    callback=duration,
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
@with_session
def tail(
    session: Session, function: FunctionName, rule: str, since_s: int, request: str, no_follow: bool
) -> None:
    """Follow what the rules of a function log, until Ctrl-C.

    FUNCTION may be NAME:ALIAS or NAME:VERSION. Reads its log group; with --local, or any file store, the events file
    next to the rules. With --json: each event as one line of JSON.
    """
    since = datetime.now(UTC) - timedelta(seconds=since_s)
    wanted = Wanted(function.name, since, rule, request, versions=versions_of(session, function))
    events = open_feed(session, wanted, follow=not no_follow)
    try:
        follow(session, function.name, events, waits=not no_follow)
    except KeyboardInterrupt:
        say()  # the terminal's own ^C ends its line here; to stop following is no failure


def follow(
    session: Session,
    function: str,
    events: Feed,
    *,
    waits: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Show each event; while none comes, that one waits for them, and after a while what may keep them away.

    Args:
        session: how to show them.
        function: whose they are.
        events: a feed.
        waits: whether it goes on until somebody interrupts.
        clock: monotonic seconds.
    """
    hint_at_s = clock() + HINT_AFTER_S if waits else math.inf
    with Spinner(f"waiting for events of {function}") as spinner:
        for event in events:
            if event is not None:
                spinner.hide()
                hint_at_s = math.inf
                for line in shown(event, as_json=session.json):
                    put(line)
                continue
            if clock() >= hint_at_s:
                hint_at_s = math.inf
                spinner.hide()
                hint(session, function)
            if waits:
                spinner.show()


def hint(session: Session, function: str) -> None:
    """Say what may keep the events of a function away."""
    say(f"Nothing in {HINT_AFTER_S} s. What may keep events away:")
    try:
        reasons = why_silent(session, function)
    except StoreError as fault:
        reasons = [fault.message]
    for reason in reasons:
        say(f"  - {escaped(reason)}")
