"""A line that a person or an agent reads: spans of text, each with the role that it plays. A face gives roles their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from hotlog.client.words import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["plain", "dim", "place", "code", "mark", "value", "error"]


class Span(NamedTuple):
    """A piece of a line. Its text is safe for a terminal."""

    role: Role
    text: str


Line = tuple[Span, ...]


def make_line(indent: int, *spans: tuple[Role, str]) -> Line:
    """Return a line of these texts, indented; what a terminal would obey in them is spelt out."""
    return (Span("plain", " " * indent), *(Span(role, escape(text)) for role, text in spans))


def plain_text(line: Line) -> str:
    """Return a line without its roles."""
    return "".join(span.text for span in line).rstrip()


def text_in(holder: Mapping[str, Any], key: str) -> str:
    """Return a text of an event; empty where there is none."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def objects_in(holder: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of the list in a field; none where there is something else."""
    found = holder.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def object_in(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object in a field; an empty one where there is something else."""
    found = holder.get(key)
    return found if isinstance(found, dict) else {}
