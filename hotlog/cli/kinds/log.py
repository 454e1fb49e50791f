"""Log lines and snapshots: their message first; values and call stack below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog import limits
from hotlog.cli.showing.desk_kind import DeskKind, kind_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event

_OPTIONS: Final = (
    kind_option(
        "--ring",
        type=click.IntRange(1, limits.RING_MAX_EVENTS),
        metavar="N",
        help="Keep the last N hits, and emit them when the invocation fails or times out.",
    ),
)


def _render(event: Event, width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import (
        format_head,
        format_message,
        format_place,
        stack,
        values,
    )  # only to show

    yield format_head(event, format_place(event), format_message(event))
    yield from values(event, width, "watch", "vars")
    yield from stack(event)


DESK: Final = DeskKind(_render, _OPTIONS, dict)
