"""What the values of options mean: click callbacks from text to value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.suggestions import suggest_functions
from hotlog.client.account.functions import parse_function
from hotlog.client.options import REGION_OF_ARN
from hotlog.config import duration_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.account.functions import FunctionName

_MINUTES_COUNT_FROM_S: Final = 300
UNSET: Final = object()  # nobody gave a bound: the rule takes the default of its kind


def parse_duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return the seconds in `90`, `90s`, `30m`, `2h` or `1d`; None where nothing was given."""
    if value is None:
        return None
    seconds = duration_s(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is no duration: write 90s, 30m, 2h or 1d.")
    return seconds


def make_bound_parser(
    kind: type[int | float],
) -> Callable[[click.Context, click.Parameter, str | None], object]:
    """Return a click callback for a number above 0; it gives None for `none`, `UNSET` without the option."""

    def convert(_ctx: click.Context, _param: click.Parameter, value: str | None) -> object:
        if value is None:
            return UNSET
        if value == "none":
            return None
        try:
            number = kind(value.removesuffix("/s"))
        except ValueError:
            number = kind(0)
        if not 0 < number < float("inf"):
            raise click.BadParameter(f"{value!r} is no {_KINDS[kind]} above 0, nor none.")
        return number

    return convert


_KINDS: Final = {int: "whole number", float: "number"}


def parse_watches(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return expressions by name, from one `NAME=EXPRESSION` each."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, expression = (part.strip() for part in value.partition("="))
        if not (name and equals and expression):
            raise click.BadParameter(f"{value!r} is no watch: write NAME=EXPRESSION, such as n=len(items).")
        if name in found:
            raise click.BadParameter(f"two watches are called {name!r}.")
        found[name] = expression
    return found


def format_duration(seconds: int) -> str:
    """Return a duration in its largest whole unit; `parse_duration` reads it back."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def format_duration_roughly(seconds: int) -> str:
    """Return a duration, rounded to the minute where it is several minutes long."""
    return format_duration(seconds if seconds < _MINUTES_COUNT_FROM_S else round(seconds / 60) * 60)


def parse_function_name(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return a function's plain name from its name or ARN: rules are stored per function, not per version."""
    if not value:
        return value
    wanted = parse_functions(ctx, _param, value)
    if wanted is None or wanted.is_pattern or wanted.qualifier:
        raise click.BadParameter(
            f"{value!r}: rules are kept per function, whatever its versions and aliases: give the name of one alone."
        )
    return wanted.name


def parse_functions(ctx: click.Context, _param: click.Parameter, value: str | None) -> FunctionName | None:
    """Return FUNCTION in any of its forms. An ARN sets the command's Region, unless `--region` names one."""
    if value is None:
        return None
    wanted = parse_function(value)
    if wanted.region:
        ctx.meta[REGION_OF_ARN] = wanted.region
    return wanted


def parse_one_function(ctx: click.Context, _param: click.Parameter, value: str) -> FunctionName:
    """Return FUNCTION in any of its forms but a pattern."""
    wanted = parse_functions(ctx, _param, value)
    if wanted is None or wanted.is_pattern:
        raise click.BadParameter(f"{value!r}: give one function; `hotlog ls` says which have rules.")
    return wanted


function_argument = click.argument("function", callback=parse_function_name, shell_complete=suggest_functions)
qualified_argument = click.argument("function", callback=parse_one_function, shell_complete=suggest_functions)
source_option = click.option(
    "--source",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Root of the function's code on this machine. Default: the code that is deployed; with --local, this directory.",
)
