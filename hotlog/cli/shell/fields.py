"""`--fields a,b.c`: the parts of JSON that somebody asked for, in the shape they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


class Fields(click.ParamType["tuple[str, ...]", "tuple[str, ...]"]):
    """Paths of fields: `a,b.c`."""

    name = "fields"

    def convert(
        self,
        value: str | tuple[str, ...],
        param: click.Parameter | None,  # noqa: ARG002 - click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Return the paths."""
        return value if isinstance(value, tuple) else tuple(filter(None, map(str.strip, value.split(","))))


def select_fields(value: object, paths: Sequence[str]) -> object:
    """Return the value with the fields that the paths name, and no others.

    A list stands for its elements. A field that is not there is left out. A name with a dot in it is found, too.

    Args:
        value: JSON.
        paths: such as `rules.id`; none: all of it.
    """
    if not paths:
        return value
    if isinstance(value, list):
        return [select_fields(each, paths) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if name in paths:
            found[name] = inner
            continue
        below = [path[len(name) + 1 :] for path in paths if path.startswith(f"{name}.")]
        if below and isinstance(inner, dict | list):
            found[name] = select_fields(inner, below)
    return found
