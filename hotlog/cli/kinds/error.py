"""Errors: the exception, its chain, and each frame with its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.showing.desk_kind import DeskKind, kind_option
from hotlog.cli.showing.parts import (
    INDENT,
    format_error,
    format_head,
    format_message,
    format_place,
    frames,
    list_in,
    object_in,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event

_OPTIONS: Final = (
    kind_option(
        "--on-error",
        is_flag=True,
        help="The exception that the function ends in; without TARGET, the handler.",
    ),
)


def _render(event: Event, width: int) -> Iterator[str]:
    error = object_in(event, "error")
    yield format_head(event, format_place(event), format_error(error), format_message(event))
    yield from values(event, width, "watch")
    fields = error.get("fields")
    if isinstance(fields, dict):
        yield from values({"fields": fields}, width, "fields")
    for each in list_in(error, "chain"):
        how = "because of" if each.get("how") == "cause" else "while handling"
        yield f"{INDENT}{click.style(how, dim=True)} {format_error(each)}"
    yield from frames(event, width)


DESK: Final = DeskKind(_render, _OPTIONS)
