"""Calls: how each ended, and how long it took; its arguments below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog.cli.showing.desk_kind import DeskKind, kind_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event

_OPTIONS: Final = (
    kind_option(
        "--call", is_flag=True, help="One event per call of the function: arguments, result, duration."
    ),
)


def _render(event: Event, width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import (  # only to show
        format_duration,
        format_end,
        format_head,
        format_message,
        format_place,
        stack,
        values,
    )

    yield format_head(
        event, format_place(event), format_end(event), format_duration(event), format_message(event)
    )
    yield from values(event, width, "args", "watch", "vars")
    yield from stack(event)


DESK: Final = DeskKind(_render, _OPTIONS)
