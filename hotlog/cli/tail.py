"""`hotlog tail`: follow the events of a function's rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from hotlog.cli.options import Command, with_session
from hotlog.cli.parameters import duration, function_argument
from hotlog.cli.render import shown
from hotlog.cli.terminal import put, say
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.cli.options import Session
    from hotlog.events import Event

_SINCE: Final = "10m"

EXAMPLES = """
hotlog tail orders
hotlog tail orders --rule k3f9 --since 2h --no-follow
hotlog tail orders --json | jq .vars
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@click.option(
    "--rule", default="", metavar="ID", help="Only events of this rule; the beginning of its id will do."
)
@click.option(
    "--since",
    "since_s",
    callback=duration,
    default=_SINCE,
    metavar="TIME",
    help="How far to look back. Default 10m.",
)
@click.option("--request", default="", metavar="ID", help="Only events of this request id.")
@click.option("--no-follow", is_flag=True, help="Show what there is, then end.")
@with_session
def tail(session: Session, function: str, rule: str, since_s: int, request: str, no_follow: bool) -> None:
    """Follow what the rules of a function log, until Ctrl-C.

    Reads the log group /aws/lambda/FUNCTION; with --local, or any file store, the events file next to the rules.
    With --json: each event as one line of JSON.
    """
    since = datetime.now(UTC) - timedelta(seconds=since_s)
    wanted = _Filter(function, rule, request, since)
    try:
        for event in _feed(session, function, since, follow=not no_follow):
            if event is None:
                if no_follow:
                    return
            elif wanted.takes(event):
                for line in shown(event, as_json=session.json):
                    put(line)
    except KeyboardInterrupt:
        say()  # the terminal's own ^C ends its line here; to stop following is no failure


class _Filter(NamedTuple):
    """Which events were asked for."""

    function: str
    rule: str
    request: str
    since: datetime

    def takes(self, event: Event) -> bool:
        """Whether the event is one of them. Events without a time or a function are not held back."""
        return (
            event.get("function", self.function) == self.function
            and str(event.get("rule", "")).startswith(self.rule)
            and (not self.request or event.get("request_id") == self.request)
            and _time(event, self.since) >= self.since
        )


def _time(event: Event, default: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(event.get("timestamp")))
    except ValueError:
        return default
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _feed(session: Session, function: str, since: datetime, *, follow: bool) -> Iterator[Event | None]:
    from hotlog.cli import feed

    if session.url.startswith("ssm:"):
        from hotlog.cli.aws import Aws

        group = f"/aws/lambda/{function}"
        if follow:
            say(f"Following {group}. Ctrl-C ends.")
        return feed.from_logs(
            Aws(session).client("logs"), group, int(since.timestamp() * 1_000), follow=follow
        )
    path = session.events_file
    if path is None:
        raise ConfigError(
            "bad-store", f"{session.url} keeps no events: give --local, --store file:DIR or ssm:."
        )
    if follow:
        say(f"Following {path}. Ctrl-C ends.")
    return feed.from_file(path)
