"""The options of `add` that choose what kind a rule is, and what they come down to: fields of the rule."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog import limits
from hotlog.cli.arguments.parameters import parse_watches
from hotlog.rules.kinds import KINDS, UNITS

if TYPE_CHECKING:
    from collections.abc import Callable


WITHOUT_TARGET: Final = frozenset(name for name, kind in KINDS.items() if kind.target in {"optional", "none"})
_MARGIN: Final = f"{limits.TIMEOUT_MARGIN_MS}ms"
_OPTIONS: Final = ("call", "on_error", "on_timeout", "trace", "metric", "unit", "dimension", "ring")


def kind_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose a kind, and itself the fields that they mean, as `kind`."""

    @click.option(
        "--call", is_flag=True, help="One event per call of the function: arguments, result, duration."
    )
    @click.option(
        "--on-error",
        is_flag=True,
        help="The exception that the function ends in; without TARGET, the handler.",
    )
    @click.option(
        "--on-timeout",
        is_flag=False,
        flag_value=_MARGIN,
        callback=_milliseconds,
        metavar="[TIME]",
        help=f"Where everything is stuck, so long before Lambda's deadline. Default {_MARGIN}. No TARGET.",
    )
    @click.option("--trace", is_flag=True, help="One call of the function line by line; more with --limit.")
    @click.option(
        "--metric",
        metavar="NAME[=EXPRESSION]",
        help="A CloudWatch metric: the values of the expression, or how often.",
    )
    @click.option(
        "--unit", type=click.Choice(UNITS), metavar="UNIT", help="Unit of the metric: Count, Seconds, …"
    )
    @click.option(
        "--dimension",
        multiple=True,
        callback=parse_watches,
        metavar="NAME=EXPRESSION",
        help="Dimension of the metric; repeatable.",
    )
    @click.option(
        "--ring",
        type=click.IntRange(1, limits.RING_MAX_EVENTS),
        metavar="N",
        help="Keep the last N hits, and emit them when the invocation fails or times out.",
    )
    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        chosen = {name: kwargs.pop(name) for name in _OPTIONS}
        command(*args, kind=_fields(chosen), **kwargs)

    return run


def _fields(chosen: dict[str, Any]) -> dict[str, Any]:
    """The fields of the rule.

    Raises:
        click.UsageError: two kinds, or an option of another kind.
    """
    kinds = {
        "call": chosen["call"],
        "error": chosen["on_error"],
        "timeout": chosen["on_timeout"] is not None,
        "trace": chosen["trace"],
        "metric": chosen["metric"] is not None,
    }
    wanted = [kind for kind, is_wanted in kinds.items() if is_wanted]
    if len(wanted) > 1:
        raise click.UsageError(
            "a rule is of one kind: --call, --on-error, --on-timeout, --trace or --metric."
        )
    if "metric" not in wanted and (chosen["unit"] or chosen["dimension"]):
        raise click.UsageError("--unit and --dimension belong to --metric.")
    if not wanted:
        return {"ring": chosen["ring"]} if chosen["ring"] else {}
    if chosen["ring"]:
        raise click.UsageError("--ring keeps log lines: it is no option of another kind.")
    fields: dict[str, Any] = {"kind": wanted[0]}
    if wanted == ["timeout"]:
        fields["margin_ms"] = chosen["on_timeout"]
    elif wanted == ["metric"]:
        name, _, value = (part.strip() for part in chosen["metric"].partition("="))
        fields |= {"metric": name, "value": value, "dimensions": chosen["dimension"]}
        if chosen["unit"]:
            fields["unit"] = chosen["unit"]
    return fields


_TIME: Final = re.compile(r"([0-9]{1,6})(ms|s)")


def _milliseconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Milliseconds in `500ms` or `2s`; None where nothing was given."""
    if value is None:
        return None
    found = _TIME.fullmatch(value)
    if found is None or not int(found[1]):
        raise click.BadParameter(f"{value!r} is no time: write 500ms or 2s.")
    return int(found[1]) * (1_000 if found[2] == "s" else 1)
