"""FUNCTION... as a command takes them that may do many: names, patterns, `-` for a list on stdin, `--tag`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.suggestions import suggest_functions
from hotlog.client.account.function_name import parse_function
from hotlog.client.fleet.selection import Selection
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

STDIN: Final = "-"
_LISTED: Final = "hotlog.listed"  # key of click's `Context.meta`: names were read from stdin

yes_option = click.option("--yes", is_flag=True, help="Do not ask before many functions are changed.")


def functions_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command FUNCTION..., of which there may be none where it says so, and `--tag`."""
    tagged = click.option(
        "--tag",
        "tags",
        multiple=True,
        metavar="KEY=VALUE",
        help="Functions with this tag, of those that are named or of all. Repeatable.",
    )(command)
    return click.argument(
        "functions", nargs=-1, callback=_parse, metavar="FUNCTION...", shell_complete=suggest_functions
    )(tagged)


def parse_first(ctx: click.Context, param: click.Parameter, value: str | None) -> Selection | None:
    """Return the one word FUNCTION of a command whose other words are no functions: it may be a pattern or `-`."""
    return None if value is None else want(_parse(ctx, param, (value,)), ())


def want(functions: Iterable[Any], tags: Iterable[str]) -> Selection:
    """Return what is meant.

    Raises:
        click.UsageError: nothing is named.
    """
    found = Selection(tuple(functions), tuple(tags), bool(click.get_current_context().meta.get(_LISTED)))
    if found.is_list and not found.words:
        raise click.UsageError("the list on stdin names no function.")
    if not (found.words or found.tags):
        raise click.UsageError(
            "name a function, a pattern such as 'orders-*', a --tag, or - for a list on stdin."
        )
    return found


def _parse(ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[Any, ...]:
    from hotlog.cli.arguments.options import FUNCTION

    found = []
    for word in values:
        words = [word]
        if word == STDIN:
            ctx.meta[_LISTED] = True
            lines = sys.stdin.read().removeprefix("\ufeff").splitlines()
            words = [name for line in lines for name in line.partition("#")[0].split()]
        try:
            found += [parse_function(each) for each in words]
        except ConfigError as fault:
            raise click.BadParameter(fault.message) from fault
    if len(found) == 1:
        ctx.meta[FUNCTION] = found[0]  # an ARN sets the Region, and is refused where it is another account's
    return tuple(found)
