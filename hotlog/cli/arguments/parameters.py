"""What the values of options mean: click callbacks from text to value."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import FUNCTION
from hotlog.cli.arguments.suggestions import suggest_functions
from hotlog.client.account.function_name import parse_function, require_one, require_unqualified
from hotlog.client.words import parse_duration_words
from hotlog.config import REFRESH, seconds_of
from hotlog.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.client.account.function_name import FunctionName

UNSET: Final = object()  # nobody gave a bound: the rule takes the default of its kind


def parse_duration(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return the seconds in `90`, `90s`, `30m`, `2h` or `1d`; None where nothing was given."""
    if value is None:
        return None
    seconds = parse_duration_words(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is no duration: write 90s, 30m, 2h or 1d.")
    return seconds


def parse_refresh(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Return a value of HOTLOG_REFRESH; empty: none."""
    if value and value not in REFRESH and seconds_of(value) is None:
        raise click.BadParameter(
            f"{value!r} is no policy: write {', '.join(REFRESH)} or a number of seconds."
        )
    return value


def make_bound_parser(
    kind: type[int | float],
) -> Callable[[click.Context, click.Parameter, str | None], object]:
    """Return a click callback for a number above 0; it gives None for `none`, `UNSET` without the option."""

    def convert(_ctx: click.Context, _param: click.Parameter, value: str | None) -> object:
        if value is None:
            return UNSET
        if value == "none":
            return None
        text, _, unit = value.partition("/")
        try:
            number = kind(float(text) / _PER[unit.strip()]) if unit else kind(text)
        except (KeyError, ValueError, OverflowError):
            number = kind(0)
        if not 0 < number < float("inf"):
            raise click.BadParameter(f"{value!r} is no {_KINDS[kind]} above 0, nor none.")
        return number

    return convert


_PER: Final = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3_600, "hour": 3_600}
_KINDS: Final = {int: "whole number", float: "number"}


class Share(click.ParamType[float, float]):
    """A share of all: `0.1` or `10%`."""

    name = "share"

    def convert(self, value: float | str, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, 0 to 1."""
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is no share: write 0.1 or 10%, from 0 to 1.", param, ctx)
        return share


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


def parse_function_name(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return a function's plain name from its name or ARN: rules are stored per function, not per version."""
    if not value:
        return value
    with _as_wrong_usage():
        return require_unqualified(_take(ctx, value))


def parse_functions(ctx: click.Context, _param: click.Parameter, value: str | None) -> FunctionName | None:
    """Return FUNCTION in any of its forms. An ARN sets the command's Region, unless `--region` names one."""
    if value is None:
        return None
    with _as_wrong_usage():
        return _take(ctx, value)


def parse_named_function(_ctx: click.Context, _param: click.Parameter, value: str) -> FunctionName:
    """Return FUNCTION in any of its forms, for a command that only writes about it: it may be somebody else's."""
    with _as_wrong_usage():
        return parse_function(value)


def parse_one_function(ctx: click.Context, _param: click.Parameter, value: str) -> FunctionName:
    """Return FUNCTION in any of its forms but a pattern."""
    with _as_wrong_usage():
        return require_one(_take(ctx, value))


def _take(ctx: click.Context, value: str) -> FunctionName:
    """Return FUNCTION, and leave it for `with_client`, which refuses one of another account."""
    wanted = ctx.meta[FUNCTION] = parse_function(value)
    return wanted


@contextmanager
def _as_wrong_usage() -> Iterator[None]:
    try:
        yield
    except ConfigError as fault:
        raise click.BadParameter(fault.message) from fault


function_argument = click.argument("function", callback=parse_function_name, shell_complete=suggest_functions)
qualified_argument = click.argument("function", callback=parse_one_function, shell_complete=suggest_functions)
source_option = click.option(
    "--source",
    type=click.Path(path_type=Path),
    default=None,
    metavar="DIR",
    help="Root of the function's code on this machine. Default: the code that is deployed; with --local, this directory.",
)
