"""Recordings: what an invocation did, told as a story; good ones that go along with a bad one, in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.showing.desk_kind import DeskKind, kind_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_OPTIONS: Final = (
    kind_option(
        "--record",
        is_flag=True,
        help="One whole invocation, all of your own code line by line; more with --limit. No TARGET.",
    ),
    kind_option(
        "--keep",
        metavar="WHICH",
        help="Of recordings those that are told: failed, 'slow>800ms', or all, the default.",
    ),
    kind_option(
        "--bad",
        metavar="EXPRESSION",
        help="Tell a recording where this is true at the end: of @status, @response, @event, @duration_ms.",
    ),
)


def _make_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("keep", "bad") if name in given}


def _render(event: Event, _width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import INDENT, format_head, name_store, paint, text  # only to show
    from hotlog.client.events.recordings import find_recordings
    from hotlog.client.showing.recording import describe_size, summarize, tell_recording
    from hotlog.client.words import escape, shorten_id

    for recording in find_recordings([event]):  # of parts that come later all is in the first
        said = escape(summarize(recording))
        if recording.is_good:
            good = click.style(f"good, goes along: {shorten_id(recording.request_id)}", dim=True)
            yield format_head(event, good, said)
            return
        size = click.style(describe_size(recording), dim=True)
        yield format_head(event, click.style(said, bold=True), size)
        yield from paint(tell_recording(recording))
        function = text(event, "function")
        if function:
            name = shorten_id(recording.request_id or recording.id)
            where = name_store()
            step = f"step through it: hotlog show {function} --recording {name}{where}"
            compare = f"compare: hotlog why {function} --request {name}{where}"
            yield f"{INDENT[:2]}{click.style(f'{step}    {compare}', dim=True)}"


DESK: Final = DeskKind(_render, _OPTIONS, _make_fields)
