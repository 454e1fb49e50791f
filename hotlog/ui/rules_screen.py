"""The rules of a function: what each does, what became of it, why it is silent, who made it; and who changed what when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.client.words import format_clock, shorten_arn
from hotlog.errors import HotlogError
from hotlog.ui.html import Html, el
from hotlog.ui.kinds import list_whole_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.documents.versions import WrittenVersion
    from hotlog.ui.desk import PageDesk


def render_rules(desk: PageDesk, function: str) -> Html:
    """Return the screen; its table is filled by what is live."""
    name = desk.client.parse_one(function).name
    return el(
        "main",
        el("div", id="rules", role="list", aria_label="Rules"),
        el("template", _row(read_only=desk.read_only), id="rule"),
        el("p", "States come at once, counts once a minute.", class_="dim"),
        None if desk.read_only else _whole_function(),
        el("h2", "If events do not come"),
        el("ul", _obstacles(desk, function), class_="obstacles"),
        el("h2", "History"),
        el("ol", _history(desk, name), class_="history"),
        class_="rules-screen",
    )


def _row(*, read_only: bool) -> Html:
    return el(
        "article",
        el(
            "div",
            el("span", class_="mark"),
            el("b", class_="id"),
            el("a", class_="place"),
            el("span", class_="word"),
            el("span", class_="grow"),
            None
            if read_only
            else el("button", "Remove", type="button", class_="remove", title="Remove the rule (x)"),
            class_="row",
        ),
        el("code", class_="does"),
        el("p", class_="verdict"),
        el("p", class_="why error"),
        el("p", class_="who dim"),
        role="listitem",
        tabindex="-1",
    )


def _whole_function() -> Html:
    """Return buttons for rules that need no place: they look at whole invocations."""
    buttons = [el("button", name, type="button", class_="whole", value=name) for name in list_whole_kinds()]
    return el("p", "Add a rule for whole invocations:", buttons, class_="row")


def _obstacles(desk: PageDesk, function: str) -> Iterator[Html]:
    try:
        found = desk.client.obstacles(function)
    except HotlogError as fault:
        found = [fault.message]
    for each in found:
        yield el("li", each)


def _history(desk: PageDesk, name: str) -> Iterator[Html]:
    try:
        versions = desk.client.history(name)
    except HotlogError as fault:
        yield el("li", fault.message, class_="dim")
        return
    for each in reversed(versions):
        yield el("li", _version(each))


def _version(version: WrittenVersion) -> Iterator[Html]:
    yield el("span", format_clock(version.at, utc=False, seconds=True), class_="dim")
    yield el("b", f" {shorten_arn(version.by) or 'somebody'}", title=version.by)
    for change in version.changes:
        yield el("div", el("span", change.what, class_="what"), f" {change.rule} ", el("code", change.text))
