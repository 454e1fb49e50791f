"""`hotlog find`: a symbol, a text or a pattern in the code of a function, as targets for `hotlog add`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import qualified_argument, source_option
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client import desk_limits
from hotlog.client.words import escape

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "find": ("there are places", "there are none", "the query makes no sense"),
}

EXAMPLES = """
hotlog find orders Cart.total             a function, a class with its method
hotlog find orders 'total = goods'        a text
hotlog find orders 're:raise \\w+Error'    a regular expression, line by line
hotlog find orders update_task --json | jq -r '.[].target'
"""


@click.command(cls=Command, examples=EXAMPLES)
@qualified_argument
@click.argument("query")
@click.option(
    "--most",
    type=click.IntRange(1, desk_limits.FOUND_MAX * 20),
    default=desk_limits.FOUND_MAX,
    metavar="N",
    help=f"So many places at most. Default {desk_limits.FOUND_MAX}.",
)
@source_option
@with_client
def find(client: Client, function: FunctionName, query: str, most: int, source: Path | None) -> None:
    """Find a symbol or a text in the code that is deployed; each line begins with a target for `hotlog add`.

    QUERY is a symbol such as Cart.total, re: and a regular expression, or a text. Installed distributions are not looked
    through. Exit code 1 where there is none. With --json: a list of objects with the keys target, file, line, qualname,
    text, why_not.
    """
    found = client.find(function, query, most, source)
    if wants_json():
        put_json([place._asdict() for place in found])
    else:
        width = max((len(place.target or "-") for place in found), default=0)
        for place in found:
            held_by = (
                f"  in {place.qualname}"
                if place.qualname and ":" not in place.target.rpartition(".py")[0]
                else ""
            )
            why = click.style(f"  ({escape(place.why_not)})", dim=True) if place.why_not else ""
            target = click.style(f"{escape(place.target) or '-':<{width}}", fg="blue")
            put(f"{target}  {escape(place.text)}{click.style(held_by, dim=True)}{why}")
    if not found:
        say(f"{function.name} has no {escape(query)} in code of its own.")
        raise click.exceptions.Exit(FAILED)
    if len(found) == most:
        say(f"The first {most}: --most shows more.")
