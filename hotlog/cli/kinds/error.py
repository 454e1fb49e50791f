"""Errors: the exception, its chain, and each frame with its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.showing.desk_kind import DeskKind, kind_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_OPTIONS: Final = (
    kind_option(
        "--on-error",
        is_flag=True,
        help="The exception that the function ends in; without TARGET, why an invocation fails.",
    ),
    kind_option(
        "--caught", is_flag=True, help="Exceptions of invocations that succeed, too: a library caught them."
    ),
    kind_option(
        "--except",
        metavar="NAMES",
        help="Classes that are not told, such as KeyError,app.NotFound; nor those derived from them.",
    ),
)


def _make_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    names = [name.strip() for name in given.get("except", "").split(",")]
    fields: dict[str, Any] = {"caught": True} if "caught" in given else {}
    return fields | ({"excepted": tuple(filter(None, names))} if any(names) else {})


def _say_failure(event: Event) -> str:
    """Return how the invocation failed, in words; empty where nothing says so."""
    from hotlog.cli.showing.parts import object_in, text  # only to show
    from hotlog.cli.showing.values import flat

    failure = object_in(event, "failure")
    by = f"caught in {text(failure, 'into')}; " if failure.get("into") else ""
    status = f" {flat(failure['status'])}" if "status" in failure else ""
    said = {
        "raised": "the invocation raised it",
        "init": "INIT raised it: the handler's module cannot be imported",
        "out-of-time": f"{by}its time was nearly up",
        "answered": f"{by}it answered{status}",
        "error": f"{by}its answer is an error",
        "batch": f"{by}a record of the batch failed",
        "succeeded": f"{by}it ended well{f', with{status}' if status else ''}",
    }.get(str(failure.get("how")), "")
    if "item" in failure:
        said = f"{by}item {flat(failure['item'])} of {flat(failure.get('items'))} failed"
    if "id" in failure:
        said += f" (message {text(failure, 'id')})"
    if "number" in failure:
        said += f"; {flat(failure['number'])} of {flat(failure.get('of'))} exceptions before that"
    return click.style(said, dim=True) if said else ""


def _render(event: Event, width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import (  # only to show
        INDENT,
        format_error,
        format_head,
        format_message,
        format_place,
        list_in,
        object_in,
        paint,
        read_all,
        values,
    )
    from hotlog.cli.showing.values import tree
    from hotlog.client.showing.failure import FailureText

    error = object_in(event, "error")
    raised = format_error(error) if error else click.style("no exception is known", dim=True)
    frames = list_in(event, "frames")
    # Where the first frame says it, the place is not said twice.
    place = "" if frames and frames[0].get("at") == event.get("at") else format_place(event)
    yield format_head(event, place, raised, format_message(event), _say_failure(event))
    yield from values(event, width, "watch")
    if "response" in event:
        yield from tree("answer", event["response"], width, INDENT)
    yield from paint(FailureText(event, width, read_all(event)).lines())


DESK: Final = DeskKind(_render, _OPTIONS, _make_fields)
