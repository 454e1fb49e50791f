"""Metrics: each number with its unit and its dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.parameters import parse_watches
from hotlog.cli.showing.desk_kind import DeskKind, kind_option
from hotlog.rules.kinds import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hotlog.events import Event

_OPTIONS: Final = (
    kind_option(
        "--metric",
        metavar="NAME[=EXPRESSION]",
        help="A CloudWatch metric: the values of the expression, or how often.",
    ),
    kind_option(
        "--unit", type=click.Choice(UNITS), metavar="UNIT", help="Unit of the metric: Count, Seconds, …"
    ),
    kind_option(
        "--dimension",
        multiple=True,
        callback=parse_watches,
        metavar="NAME=EXPRESSION",
        help="Dimension of the metric; repeatable.",
    ),
)


def _make_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    name, _, value = (part.strip() for part in given["metric"].partition("="))
    unit = {"unit": given["unit"]} if "unit" in given else {}
    return {"metric": name, "value": value, "dimensions": given.get("dimension", {}), **unit}


def _render(event: Event, _width: int) -> Iterator[str]:
    from hotlog.cli.showing.parts import format_head, format_place, list_in, object_in, text  # only to show
    from hotlog.cli.showing.values import flat
    from hotlog.client.words import escape

    for directive in list_in(object_in(event, "_aws"), "CloudWatchMetrics"):
        labels = [
            f"{escape(name)}={flat(event.get(name))}"
            for names in directive.get("Dimensions", ())
            if isinstance(names, list)
            for name in names
            if isinstance(name, str)
        ]
        for metric in list_in(directive, "Metrics"):
            name = str(metric.get("Name"))
            unit = "" if metric.get("Unit") in {None, "None"} else f" {text(metric, 'Unit')}"
            said = click.style(f"{escape(name)} = {flat(event.get(name))}{unit}", bold=True)
            yield format_head(event, format_place(event), said, " ".join(labels))


DESK: Final = DeskKind(_render, _OPTIONS, _make_fields)
