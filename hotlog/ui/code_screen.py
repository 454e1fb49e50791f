"""The code screen: files of what is deployed, one of them with its lines, the form, and what was logged lately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog.errors import RuleError
from hotlog.rules.kinds import DEFAULT, KINDS
from hotlog.rules.model import Rule
from hotlog.ui.highlight import highlight
from hotlog.ui.html import Html, el, join
from hotlog.ui.layout import link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.code.function_code import FunctionCode

_BLOCK: Final = 50  # lines that the browser lays out together, once they come near


def choose_file(code: FunctionCode) -> str:
    """Return the file to begin with: the one that most likely holds the handler, else the first."""
    files = code.files()
    usual = ("app.py", "main.py", "handler.py", "lambda_function.py", "index.py")
    return next((file for file in usual if file in files), files[0] if files else "")


def render_code(function: str, code: FunctionCode, file: str) -> Html:
    """Return the screen of a file."""
    version = f"version {code.version}" if code.version else "source of this machine"
    return el(
        "div",
        el("nav", _list_files(function, code, file), id="files", aria_label="Files"),
        el(
            "main",
            el(
                "div",
                el("h1", file),
                el("span", version, class_="dim"),
                el(
                    "span",
                    el("kbd", "j"),
                    el("kbd", "k"),
                    "move ",
                    el("kbd", "Enter"),
                    "log",
                    class_="dim hint",
                ),
                el("label", "find ", el("kbd", "/"), for_="find", class_="dim"),
                el(
                    "input",
                    id="find",
                    type="search",
                    placeholder="symbol, text or re:…",
                    autocomplete="off",
                    spellcheck="false",
                ),
                class_="bar",
            ),
            el("div", id="found", hidden=True),
            el(
                "div",
                join(_iter_blocks(code, file)),
                id="code",
                role="grid",
                aria_label=f"{file}, {function}",
                data_file=file,
            ),
            el(
                "section",
                el("div", id="strip", role="log", aria_label="Events"),
                id="events",
                aria_label="Events",
            ),
        ),
        _form(),
        class_="code-screen",
    )


def _list_files(function: str, code: FunctionCode, chosen: str) -> Iterator[Html]:
    folder = ""
    for file in code.files():
        above, _, name = file.rpartition("/")
        if above != folder:
            folder = above
            yield el("div", f"{above}/", class_="folder")
        yield el(
            "a",
            el("span", name.removesuffix(".py") or name, class_="name"),
            el("span", class_="count"),
            href=link(function, "code", file),
            title=file,
            data_file=file,
            aria_current="page" if file == chosen else None,
        )


def _iter_blocks(code: FunctionCode, file: str) -> Iterator[Html]:
    """Yield the lines; a line where a probe can go is told from one where none can."""
    begins = {each.line: each for each in code.statements(file)}
    rows = [
        el(
            "div",
            el("span", role="gridcell", class_="mark"),
            el("span", number, role="rowheader", class_="no"),
            el("code", line, role="gridcell"),
            el("span", role="gridcell", class_="value"),
            role="row",
            id=f"L{number}",
            class_="line can" if number in begins else "line",
            tabindex="-1",
        )
        for number, line in enumerate(highlight(code.text(file).split("\n")), 1)
    ]
    for begin in range(0, len(rows), _BLOCK):
        yield el("div", rows[begin : begin + _BLOCK], role="rowgroup", class_="block")


def list_kinds() -> list[str]:
    """Return the kinds of rules that a line can have with nothing but its place."""
    return [
        name for name, kind in KINDS.items() if kind.target not in {"none", ""} and _needs_only_place(name)
    ]


def _needs_only_place(kind: str) -> bool:
    try:
        Rule(at="module:function" if KINDS[kind].target == "function" else "module.py:1", kind=kind)
    except RuleError:
        return False
    return True


def _form() -> Html:
    def field(name: str, label: str, size: int, **more: object) -> Html:
        return el(
            "label",
            el("input", name=name, size=size, autocomplete="off", spellcheck="false", **more),
            f" {label}",
        )

    kinds = [("snapshot", "snapshot"), *((each, each) for each in list_kinds())]
    kinds.sort(key=lambda each: each[0] != DEFAULT)
    return el(
        "template",
        el(
            "form",
            el(
                "div",
                el("span", class_="goes"),
                el(
                    "label",
                    "kind ",
                    el("select", (el("option", name, value=value) for value, name in kinds), name="kind"),
                ),
                el("label", el("input", type="checkbox", name="after"), " after the line"),
                class_="row",
            ),
            el(
                "div",
                el("label", "log", for_="message", class_="lead"),
                el(
                    "div",
                    el(
                        "input",
                        name="message",
                        id="message",
                        autocomplete="off",
                        spellcheck="false",
                        placeholder="total={total}",
                    ),
                    el("div", class_="under", aria_hidden="true"),
                    class_="field",
                ),
                class_="row",
            ),
            el("div", class_="names", role="group", aria_label="Names in scope"),
            el(
                "div",
                el("label", "if", for_="condition", class_="lead"),
                el(
                    "div",
                    el(
                        "input",
                        name="if",
                        id="condition",
                        autocomplete="off",
                        spellcheck="false",
                        placeholder="always",
                    ),
                    el("div", class_="under", aria_hidden="true"),
                    class_="field",
                ),
                class_="row",
            ),
            el("p", class_="answer", role="status"),
            el(
                "div",
                field("limit", "lines", 4, inputmode="numeric"),
                field("per_second", "a second", 3, inputmode="decimal"),
                field("minutes", "min", 3, inputmode="numeric"),
                el("span", class_="grow"),
                el("button", "Close", type="button", name="close", title="Esc"),
                el("button", "Add log line", type="submit", title="Enter", class_="primary"),
                class_="row",
            ),
            class_="form",
            aria_label="Add a rule",
        ),
        id="form",
    )
