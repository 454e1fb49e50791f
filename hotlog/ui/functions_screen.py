"""The functions: which have rules, how much comes, whether hotlog is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hotlog.client.answers import FunctionSummary
from hotlog.ui.html import Html, el
from hotlog.ui.layout import link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.ui.desk import PageDesk


def render_functions(desk: PageDesk) -> Html:
    """Return the screen; how much comes is asked for afterwards, function by function."""
    found = desk.client.functions()
    there = {each.name for each in found}
    found += [FunctionSummary(name) for name in desk.looked_at() if name not in there]
    head = el(
        "tr",
        (
            el("th", name, scope="col")
            for name in ("Function", "hotlog", "Rules", "Events, last 10 min", "Errors")
        ),
    )
    return el(
        "main",
        el(
            "div",
            el("h1", "Functions"),
            el(
                "input",
                type="search",
                id="filter",
                placeholder="name",
                aria_label="Filter by name",
                autocomplete="off",
            ),
            class_="bar",
        ),
        el("table", el("thead", head), el("tbody", _rows(found), id="functions"))
        if found
        else _nothing(desk),
        class_="functions-screen",
    )


def _rows(found: list[FunctionSummary]) -> Iterator[Html]:
    on = {True: "on", False: "not attached", None: ""}
    for each in sorted(found, key=lambda each: (not each.rules, each.name)):
        yield el(
            "tr",
            el(
                "td",
                el("a", each.name, href=link(each.name, "code")),
                el("span", f" {each.runtime}", class_="dim"),
            ),
            el("td", on[each.attached], class_="dim" if not each.attached else None),
            el(
                "td", f"{each.rules}{' paused' if each.paused else ''}" if each.rules else "", class_="number"
            ),
            el("td", class_="number recent"),
            el("td", class_="number errors"),
            data_function=each.name if each.rules else None,
        )


def _nothing(desk: PageDesk) -> Html:
    return el(
        "div",
        el("p", f"No function has rules yet ({desk.where})."),
        el(
            "p",
            "Open one by its name: ",
            el("input", id="open", placeholder="orders", aria_label="Name of a function", autocomplete="off"),
            " Enter",
        ),
        class_="empty",
    )
