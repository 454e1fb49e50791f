"""HTML from text: whatever is not `Html` already becomes text that no browser obeys."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final, TypeAlias

from hotlog.client.words import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

    Child: TypeAlias = "Html | str | int | Iterable[Child] | None"

_VOID: Final = frozenset({"input", "link", "meta", "br"})


class Html(str):
    """Markup that this module has made."""

    __slots__ = ()


def el(tag: str, *children: Child, **attributes: object) -> Html:
    """Return an element.

    Args:
        tag: its name.
        children: markup, or text; None is nothing.
        attributes: `class_` is `class`, `data_line` is `data-line`; True is an attribute without value, None and False none.
    """
    named = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{_attribute(value)}"')
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{tag}{named}>" if tag in _VOID else f"<{tag}{named}>{join(children)}</{tag}>")


def join(children: Iterable[Child]) -> Html:
    """Return children one after the other."""
    return Html("".join(_of(each) for each in children))


def _of(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return text(str(child))
    return join(child)


def text(words: str) -> Html:
    """Return text as markup; what nobody would see in it is spelt out."""
    if "\n" in words:
        return Html("\n".join(html.escape(escape(line)) for line in words.split("\n")))
    return Html(html.escape(escape(words)))


def _attribute(value: object) -> str:
    return html.escape(str(value), quote=True)
