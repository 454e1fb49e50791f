"""`hotlog try`: log statements typed in a working copy, live in the function that is deployed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

import click

from hotlog.cli.arguments.options import Command, advanced_option, utc_option, with_client
from hotlog.cli.arguments.parameters import parse_duration, qualified_argument, source_option
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client import desk_limits

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "try": (
        "all typed lines are rules; with `--dry-run`, they could be",
        "a line was not taken, or none was typed; `--strict`: anything else was edited",
        "what to compare with makes no sense",
    ),
}


class TryCommandOptions(TypedDict):
    """The options of `try`, as click hands them over."""

    paths: tuple[Path, ...]
    since: str
    base: Path | None
    condition: str
    for_s: int
    watch: bool
    detach: bool
    strict: bool
    properties: bool
    dry_run: bool
    source: Path | None


EXAMPLES = """
hotlog try orders                         typed since the last commit; Ctrl-C takes it out
hotlog try orders pricing.py --watch      and follow each save
hotlog try orders --since main~1          lines that are committed already
hotlog try orders --if "@request_id == 'c1f0…'" --for 5m
hotlog try orders --dry-run --json
"""


@click.command("try", cls=Command, examples=EXAMPLES)
@qualified_argument
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--since", default="", metavar="REV", help="Compare with this commit. Default the last one.")
@click.option(
    "--base",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Compare with this directory instead. Without git: with what is deployed.",
)
@click.option(
    "--if", "condition", default="", metavar="EXPRESSION", help="Only where it is true, on top of each."
)
@click.option(
    "--for",
    "for_s",
    callback=parse_duration,
    default=f"{desk_limits.TRY_DEFAULT_S}s",
    metavar="TIME",
    help="How long the rules live. Default 15m.",
)
@click.option("--watch", is_flag=True, help="Apply each save.")
@click.option("--detach", is_flag=True, help="Leave the rules for their time, and return.")
@click.option(
    "--strict", is_flag=True, help="Store nothing where a line is not taken or anything else was edited."
)
@click.option("--properties", is_flag=True, help="May call properties of your objects.")
@click.option("--dry-run", is_flag=True, help="Check and show, store nothing.")
@source_option
@utc_option
@with_client
@advanced_option
def try_(client: Client, function: FunctionName, **chosen: Unpack[TryCommandOptions]) -> None:
    """Take log lines that you type as rules of a running function.

    Which lines: those that git does not know yet. Where: beside the same statements in the deployed code. What else you
    edited stays here. On a terminal it follows and removes the rules on Ctrl-C; in a pipe it places them and returns, and
    stdout is their ids. Exit code 1 where a line was not taken or a file not read. With --json: an object with the keys function, base,
    taken, refused, other_edits, unread, group; then each event as one line.
    """
    # Loaded here: `hotlog try --help` needs none of it.
    from hotlog.cli.adding.follow_typed import TypedFollow, say_nothing_typed
    from hotlog.cli.adding.typed_lines import say_stored, say_typed
    from hotlog.cli.adding.waiting import run_afterwards
    from hotlog.client.typed.tried_edits import TryOptions

    options = TryOptions(
        chosen["condition"],
        chosen["for_s"],
        strict=chosen["strict"],
        properties=chosen["properties"],
        source=chosen["source"],
    )
    said = (chosen["paths"], chosen["since"], chosen["base"])
    tried = client.try_edits(
        function, said[0], since=said[1], base=said[2], options=options, dry_run=chosen["dry_run"]
    )
    if wants_json():
        put_json(tried.as_json())
    if not tried.lines and not chosen["watch"]:
        say_nothing_typed(tried)
        raise click.exceptions.Exit(FAILED)
    say_typed(tried)
    holds_back = chosen["strict"] and tried.hinders
    if chosen["dry_run"] or holds_back:
        say("Nothing stored: --strict." if holds_back else "Nothing stored: --dry-run.")
    else:
        say_stored(tried)
        follows = chosen["watch"] or (sys.stdout.isatty() and not chosen["detach"])
        if follows and (tried.taken or chosen["watch"]):
            copy = client.open_working_copy(said[0], since=said[1], base=said[2])
            watch = client.watch_edits(function, copy, options, tried) if chosen["watch"] else None
            following = TypedFollow(client, tried, watch)
            with run_afterwards(following.remove):
                say("Following; Ctrl-C removes them.")
                following.run()
        elif not wants_json():
            for line in tried.taken:
                put(line.checked.rule.id if line.checked else "")
    if tried.refused or tried.unread or holds_back:
        raise click.exceptions.Exit(FAILED)
