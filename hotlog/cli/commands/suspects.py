"""`hotlog suspects`: which way through the code separates bad invocations from good ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

from hotlog.cli.adding.waiting import run_afterwards
from hotlog.cli.arguments.options import Command, utc_option, with_client
from hotlog.cli.arguments.parameters import function_argument, parse_duration, source_option
from hotlog.cli.shell.terminal import Spinner, put, put_json, say, wants_json, wants_utc
from hotlog.cli.showing.parts import paint
from hotlog.client.words import format_clock

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.client import Client
    from hotlog.client.comparing.suspect_search import SuspectSearch

EXITS: Final = {  # what 0, 1 and 2 say
    "suspects": ("told, or left on", "there is nothing to tell; AWS says no", "`--bad` makes no sense"),
}

_LOOK_EVERY_S = 2.0


class SuspectsOptions(TypedDict):
    """The options of `suspects`, as click hands them over."""

    bad: str
    for_s: int
    detach: bool
    every: bool
    source: Path | None


EXAMPLES = """
hotlog suspects orders                    ten minutes, or until Ctrl-C
hotlog suspects orders --bad '@duration_ms > 800'
hotlog suspects orders --for 1d --detach  leave it on: no values leave the function
hotlog suspects orders                    while it is on: what there is
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@click.option(
    "--bad",
    default="",
    metavar="EXPRESSION",
    help="What a bad invocation is, over @status @response @event @duration_ms. Default: it fails.",
)
@click.option(
    "--for", "for_s", callback=parse_duration, default="10m", metavar="TIME", help="How long. Default 10m."
)
@click.option("--detach", is_flag=True, help="Leave it on for that time, and return.")
@click.option("--all", "every", is_flag=True, help="Also what follows from the first suspect.")
@source_option
@utc_option
@with_client
def suspects(client: Client, function: str, **chosen: Unpack[SuspectsOptions]) -> None:
    """Count which ways good and bad invocations go, and rank what separates them.

    Branches taken, exceptions, and the kinds of arguments and results (type, None, empty, sign, length) are counted in
    the function and told once a minute; no values leave it. Python 3.12 and later. With --json: an object with the keys
    good, bad, verdict, suspects.
    """
    search = client.suspects(function, chosen["bad"], for_s=chosen["for_s"], source=chosen["source"])
    expires = search.rule.placed.rule.expires
    until = f"until {format_clock(expires, utc=wants_utc())}" if expires else "without end"
    if search.rule.placed.is_new and chosen["detach"]:
        say(f"Counting {until}. What there is: hotlog suspects {function}")
        put(search.rule.placed.rule.id)
    elif search.rule.placed.is_new:
        say(f"Counting good and bad invocations of {function} {until}; nothing of their values is kept.")
        with run_afterwards(search.rule.remove):
            _follow(search, chosen["for_s"])
        _show(search, every=chosen["every"])
    else:
        _show(search, every=chosen["every"])
        say(f"It goes on {until}. Ends it: hotlog rm {function} {search.rule.placed.rule.id}")


def _follow(search: SuspectSearch, for_s: float) -> None:
    ends_s = time.monotonic() + for_s
    with Spinner("waiting for the first minute; Ctrl-C shows what there is") as spinner:
        while time.monotonic() < ends_s:
            counted = search.read(_LOOK_EVERY_S)
            if any(counted):
                spinner.show(
                    f"{sum(counted):,} invocations \u00b7 {counted.bad:,} bad \u00b7 Ctrl-C shows what there is"
                )


def _show(search: SuspectSearch, *, every: bool) -> None:
    from hotlog.client.comparing.tell_suspects import as_json, tell_suspects  # not for --help

    if not search.rule.placed.is_new:
        search.read()
    search.end()
    if search.doubtful:
        say(f"{click.style('note:', fg='yellow')} {search.doubtful}")
    found = search.rank()
    if wants_json():
        put_json(as_json(found, search.function))
        return
    for line in paint(tell_suspects(found, search.function, search.bad, every=every)):
        put(line)
