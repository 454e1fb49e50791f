"""`hotlog why`: what sets a bad request apart from good ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

from hotlog.cli.adding.pasted_traceback import follow_traceback, read_pasted
from hotlog.cli.adding.waiting import run_afterwards
from hotlog.cli.arguments.options import Command, utc_option, with_client
from hotlog.cli.arguments.parameters import function_argument, parse_duration, source_option
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import Spinner, put, put_json, say, wants_json
from hotlog.cli.showing.parts import name_store, paint

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.client import Client
    from hotlog.client.comparing.why_search import WhySearch

EXITS: Final = {  # what 0, 1 and 2 say
    "why": ("told", "there is nothing to compare; AWS says no", "`--bad` makes no sense"),
}

_LOOK_EVERY_S = 2.0


class WhyOptions(TypedDict):
    """The options of `why`, as click hands them over."""

    request: str
    bad: str
    against: str
    since_s: int
    for_s: int
    yes: bool
    source: Path | None


EXAMPLES = """
hotlog why orders                         the latest failed request; records until one fails
hotlog why orders --request 5b1f0e77
hotlog why orders --bad '@status == 404'
hotlog why orders --bad '@duration_ms > 800'
hotlog why orders --request 2fb4455c --against 9c48d0f1
hotlog why orders < traceback.txt         log what feeds the failing expression, for ten minutes
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@click.option("--request", default="", metavar="ID", help="The bad request: its id, or the beginning of it.")
@click.option(
    "--bad",
    default="",
    metavar="EXPRESSION",
    help="What a bad request is, over @status @response @event @duration_ms. Default: it fails.",
)
@click.option(
    "--against", default="", metavar="ID", help="Compare with this request. Default: with good ones."
)
@click.option(
    "--since",
    "since_s",
    callback=parse_duration,
    default="1h",
    metavar="TIME",
    help="How far to look back. Default 1h.",
)
@click.option(
    "--for",
    "for_s",
    callback=parse_duration,
    default="10m",
    metavar="TIME",
    help="How long to record. Default 10m.",
)
@click.option("--yes", is_flag=True, help="Of a traceback: place the rules without a question.")
@source_option
@utc_option
@with_client
def why(client: Client, function: str, **chosen: Unpack[WhyOptions]) -> None:
    """Say what sets a bad request apart: the first step that no good one took, and the values that led there.

    It compares recordings (`hotlog add FUNCTION --record --keep failed`). Where there is none, it records until a request is
    bad, and takes the recorder away. A traceback on stdin instead: the values that feed the failing expression are
    logged. Exit code 1 where there is nothing to compare. With --json: an object with the keys request, recording,
    summary, good, verdict, places, step, led, slow, next.
    """
    pasted = "" if chosen["request"] or chosen["bad"] else read_pasted()
    if pasted.strip():
        follow_traceback(client, function, pasted, chosen["for_s"], chosen["source"], yes=chosen["yes"])
        return
    search = client.why(
        function,
        chosen["request"],
        bad=chosen["bad"],
        against=chosen["against"],
        since_s=chosen["since_s"],
        source=chosen["source"],
    )
    if search.bad is None:
        search.record(chosen["for_s"])
        if not search.read():
            say(
                f"No recordings of {function} yet: recording until one is bad, at most {chosen['for_s'] // 60 or 1} min. "
                "(What is kept: names, values, steps of your code; secrets hidden.) Ctrl-C stops."
            )
        with run_afterwards(lambda: _end(search)):
            _wait(search, chosen["for_s"])
    _show(search)


def _wait(search: WhySearch, for_s: float) -> None:
    ends_s = time.monotonic() + for_s
    with Spinner("waiting for a bad request") as spinner:
        while time.monotonic() < ends_s and not search.read(_LOOK_EVERY_S):
            good, bad = search.counted
            if good or bad:
                spinner.show(f"{good + bad:,} requests · {good:,} good · {bad:,} bad")
        search.read(_LOOK_EVERY_S)  # the good ones come behind it


def _end(search: WhySearch) -> None:
    if search.end():
        say("Removed the recorder.")


def _show(search: WhySearch) -> None:
    from hotlog.client.comparing.tell_why import as_json, tell_why  # not for --help

    if search.doubtful:
        say(f"{click.style('note:', fg='yellow')} {search.doubtful}")
    if search.bad is None:
        say(
            "No bad request came. Keep a recorder on: "
            f"hotlog add {search.function} --record --keep failed --for 1d{name_store()}"
        )
        raise click.exceptions.Exit(FAILED)
    found = search.compare()
    if wants_json():
        put_json(as_json(found, search.function))
    else:
        for line in paint(tell_why(found, search.function, search.text_of, where=name_store())):
            put(line)
    if not found.good:
        raise click.exceptions.Exit(FAILED)
