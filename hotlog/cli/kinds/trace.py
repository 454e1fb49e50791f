"""Traces: each line of a call beside its source, with the time it took and what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.showing.desk_kind import DeskKind, kind_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.events import Event

_SOURCE_MIN_WIDTH: Final = 24
_OPTIONS: Final = (
    kind_option("--trace", is_flag=True, help="One call of the function line by line; more with --limit."),
)


def _render(event: Event, width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import (  # only to show
        INDENT,
        fits,
        format_duration,
        format_end,
        format_head,
        format_place,
        list_in,
        object_in,
        text,
        values,
    )
    from hotlog.cli.showing.values import flat
    from hotlog.client.words import escape

    yield format_head(
        event, format_place(event), format_end(event), format_duration(event), text(event, "cut")
    )
    yield from values(event, width, "args")
    source = object_in(event, "source")
    column = max(_SOURCE_MIN_WIDTH, min(60, width // 2))
    for entry in list_in(event, "lines"):
        if "@cut" in entry:
            yield f"{INDENT}{flat(entry)}"
            continue
        number = str(entry.get("line", ""))
        code = escape(str(source.get(number, ""))).expandtabs(4)
        taken = f"{entry['us']:>7} µs" if isinstance(entry.get("us"), int) else f"{'':>10}"
        changes = [f"{escape(name)} = {flat(value)}" for name, value in object_in(entry, "set").items()]
        changes += [f"del {escape(str(name))}" for name in entry.get("unset", ()) if isinstance(name, str)]
        line = f"{click.style(f'{number:>5}', dim=True)} {click.style(taken, dim=True)}  {code[:column]:<{column}}"
        yield from fits(line, "  ".join(changes), width)


DESK: Final = DeskKind(_render, _OPTIONS)
