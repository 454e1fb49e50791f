"""What all screens have: the head with the function, its tabs and its numbers, and the keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hotlog.ui.html import Html, el, join

if TYPE_CHECKING:
    from hotlog.ui.desk import PageDesk

_KEYS: Final = (
    ("j k", "next, previous line or event"),
    ("Enter", "add a log line at the line; open the event"),
    ("x", "remove the rules of the line"),
    ("/", "find in the deployed code"),
    ("c e r", "code, events, rules"),
    (".", "only this request"),
    ("← →", "step through a trace or a recording"),
    ("p", "pause or resume all rules"),
    ("g", "all functions"),
    ("Esc", "close"),
)


def link(function: str, *words: str | int) -> str:
    """Return the address of a screen of a function."""
    return "/f/" + "/".join(quote(str(each), safe="/:$") for each in (function, *words))


def render_page(  # each is one part of it
    desk: PageDesk,
    title: str,
    content: Html,
    *,
    function: str = "",
    tab: str = "",
    data: dict[str, Any] | None = None,
    script: str = "",
) -> Html:
    """Return a whole page.

    Args:
        desk: of this page.
        title: of the window.
        content: below the head.
        function: whose screen it is; empty: of none.
        tab: which of its tabs.
        data: what scripts read.
        script: the module of this screen.
    """
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width"),
        el("meta", name="color-scheme", content="dark light"),
        el("title", f"{title} · hotlog"),
        el("link", rel="icon", href="/static/icon.svg"),
        el("link", rel="stylesheet", href="/static/page.css"),
        el("script", type="module", src=f"/static/{script}.js") if script else None,
    )
    known = {
        "function": function,
        "base": link(function) if function else "",
        "readOnly": desk.read_only,
        **(data or {}),
    }
    body = el(
        "body",
        _head(desk, function, tab),
        content,
        el(
            "dialog",
            el("h2", "Keys"),
            el("dl", (join((el("dt", _key_caps(keys)), el("dd", what))) for keys, what in _KEYS)),
            id="keys",
        ),
        el("div", id="toast", role="status"),
        data_page=json.dumps(known),
        class_="read-only" if desk.read_only else None,
    )
    return Html("<!doctype html>" + el("html", head, body, lang="en"))


def _key_caps(keys: str) -> Html:
    return join(el("kbd", each) for each in keys.split())


def _head(desk: PageDesk, function: str, tab: str) -> Html:
    tabs = (("code", "Code"), ("events", "Requests"), ("rules", "Rules")) if function else ()
    return el(
        "header",
        el("a", "hotlog", href="/", class_="logo", title="All functions (g)"),
        el(
            "a",
            function or "Functions",
            class_="function",
            href="/",
            title=f"{function}: all functions (g)".removeprefix(": "),
        ),
        el(
            "nav",
            (
                el("a", name, href=link(function, key), aria_current="page" if key == tab else None)
                for key, name in tabs
            ),
            aria_label="Screens",
        )
        if tabs
        else None,
        el("span", desk.where, class_="where", title=desk.where),
        el("span", id="numbers", aria_live="off") if function else el("span", class_="grow"),
        el("span", "read only", class_="badge") if desk.read_only else None,
        el(
            "button",
            "Pause all rules",
            id="pause",
            type="button",
            title="Switch all rules off and keep them (p)",
        )
        if function and not desk.read_only
        else None,
        el("button", "?", id="help", type="button", title="Keys (?)", aria_label="Keys"),
    )
