"""What the values of options mean: click callbacks from text to value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.config import duration_s

if TYPE_CHECKING:
    from collections.abc import Callable

UNSET: Final = object()  # nobody gave a bound: the rule takes the default of its kind
_FUNCTION_MAX_CHARS: Final = 64  # Lambda's own limit for the name of a function


def duration(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    """Seconds in `90`, `90s`, `30m`, `2h` or `1d`."""
    seconds = duration_s(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is no duration: write 90s, 30m, 2h or 1d.")
    return seconds


def bound(
    kind: type[int | float],
) -> Callable[[click.Context, click.Parameter, str | None], object]:
    """A callback for a number above 0 of that kind: the number, None for `none`, `UNSET` where none was given."""

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


def watches(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Names to expressions, from `NAME=EXPRESSION` each."""
    found: dict[str, str] = {}
    for value in values:
        name, equals, expression = (part.strip() for part in value.partition("="))
        if not (name and equals and expression):
            raise click.BadParameter(f"{value!r} is no watch: write NAME=EXPRESSION, such as n=len(items).")
        if name in found:
            raise click.BadParameter(f"two watches are called {name!r}.")
        found[name] = expression
    return found


def function_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """The plain name of a function, which also keeps it from leading out of a file store's directory."""
    if not value:
        return value
    plain = value.replace("-", "").replace("_", "")
    if not (plain.isalnum() and plain.isascii() and len(value) <= _FUNCTION_MAX_CHARS):
        raise click.BadParameter(
            f"{value!r}: give the name of the function alone, in letters, digits, '-' and '_'."
        )
    return value


function_argument = click.argument("function", callback=function_name)
