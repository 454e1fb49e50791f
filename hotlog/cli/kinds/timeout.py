"""Time-outs: how much time was left, and what each thread was doing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog import limits
from hotlog.cli.showing.desk_kind import DeskKind, kind_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_TIME: Final = re.compile(r"([0-9]{1,6})(ms|s)")
_MARGIN: Final = f"{limits.TIMEOUT_MARGIN_MS}ms"


class Milliseconds(click.ParamType[int, int]):
    """A time such as `500ms` or `2s`."""

    name = "time"

    def convert(self, value: int | str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the milliseconds."""
        found = _TIME.fullmatch(str(value))
        if found is None or not int(found[1]):
            self.fail(f"{value!r} is no time: write 500ms or 2s.", param, ctx)
        return int(found[1]) * (1_000 if found[2] == "s" else 1)


_OPTIONS: Final = (
    kind_option(
        "--on-timeout",
        is_flag=False,
        flag_value=_MARGIN,
        type=Milliseconds(),
        metavar="[TIME]",
        help=f"Where everything is stuck, so long before Lambda's deadline. Default {_MARGIN}. No TARGET.",
    ),
)


def _make_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"margin_ms": given["on_timeout"]}


def _render(event: Event, width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import (  # only to show
        INDENT,
        format_head,
        format_message,
        format_place,
        list_in,
        paint,
        read_all,
        text,
        values,
    )
    from hotlog.cli.showing.values import flat
    from hotlog.client.showing.failure import FailureText

    left = click.style(f"stuck, {flat(event.get('left_ms'))} ms before the time-out", fg="yellow")
    yield format_head(event, format_place(event), left, format_message(event))
    if "late_ms" in event:
        yield f"{INDENT}{click.style('late', fg='yellow')} by {flat(event['late_ms'])} ms: {text(event, 'note')}"
    yield from values(event, width, "watch")
    told = FailureText(event, width, read_all(event))
    for each in list_in(event, "threads"):
        kind = "task" if "task" in each else "thread"
        yield f"  {click.style(kind, dim=True)} {text(each, kind)}"
        yield from paint(told.frames(each, 4))


DESK: Final = DeskKind(_render, _OPTIONS, _make_fields)
