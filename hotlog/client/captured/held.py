"""The values that an event holds, by the names that they have in the code, and one of them by a path."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from hotlog.client.captured.evaluate import evaluate_captured
from hotlog.client.showing.values import find_part, list_parts
from hotlog.errors import RuleError
from hotlog.interpreter.compiling import parse_expression

if TYPE_CHECKING:
    from hotlog.events import Event


_NAMED_MAX: Final = 12


def values_held(event: Event) -> dict[str, Any]:
    """Return what an event holds of variables, by name: arguments, those of the innermost frame, a snapshot's, and watches."""
    frames = event.get("frames")
    innermost = frames[0] if isinstance(frames, list) and frames else {}
    inner = innermost.get("vars") if isinstance(innermost, dict) else None
    found: dict[str, Any] = {}
    for part in (event.get("args"), inner, event.get("vars"), event.get("watch")):
        if isinstance(part, dict):
            found |= part
    return found


def find_value(event: Event, path: str) -> object:
    """Return one value of an event, as the event holds it.

    Args:
        event: of a rule.
        path: such as `event["items"][0].sku`; any expression that a rule may have.

    Raises:
        RuleError: `not-captured`, with the names that are there; or the path is none that a rule may have.
    """
    values = values_held(event)
    if not values:
        raise RuleError(
            "not-captured",
            "this event holds no variables: `hotlog add … --snapshot` captures those of a line.",
        )
    try:
        return evaluate_captured(path, values)
    except RuleError as fault:
        if fault.code != "not-captured":
            raise
        there = _names_there(values, path)
        hint = (
            f" There is {', '.join(there[:_NAMED_MAX])}{', …' if len(there) > _NAMED_MAX else ''}."
            if there
            else ""
        )
        raise RuleError(fault.code, f"{fault.message}{hint}") from None


def _names_there(values: dict[str, Any], path: str) -> list[str]:
    """Return what leads on from where the path ends to lead anywhere; all names, where it does not begin with one of them."""
    steps: list[str | int] = []
    node = parse_expression(path.strip())
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            steps.append(node.attr)
        elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str | int):
            steps.append(node.slice.value)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in values:
        return list(values)
    value: object = values[node.id]
    for step in reversed(steps):
        try:
            value = find_part(value, [step])
        except KeyError:
            break
    return list_parts(value)
