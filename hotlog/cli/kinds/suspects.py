"""Suspects: what was counted in a minute. `hotlog suspects` compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog.cli.showing.desk_kind import DeskKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event


def _render(event: Event, _width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import format_head, format_place, list_in, object_in  # only to show
    from hotlog.cli.showing.values import flat

    counted = object_in(event, "invocations")
    ways = sum(len(list_in(each, "ways")) for each in list_in(event, "reached"))
    yield format_head(
        event,
        format_place(event),
        f"{flat(counted.get('good'))} good, {flat(counted.get('bad'))} bad",
        f"{ways} ways",
    )


DESK: Final = DeskKind(_render)  # `hotlog suspects` asks for it, `hotlog add` does not
