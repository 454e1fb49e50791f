"""The code screen: files of what is deployed, one of them with its lines, the form, and what was logged lately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog.errors import LocationError
from hotlog.rules.kinds import DEFAULT, KINDS
from hotlog.ui.highlight import highlight
from hotlog.ui.html import Html, el
from hotlog.ui.kinds import list_line_kinds
from hotlog.ui.layout import link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.rules.kind import Bounds

CODE: Final = Html("<!-- code -->")  # where the lines go: what stands around them is sent before
_BLOCK: Final = 50  # lines that the browser lays out together, once they come near


def choose_file(code: FunctionCode) -> str:
    """Return the file to begin with: the one that most likely holds the handler, else the first.

    Raises:
        LocationError: `no-such-file`, there is none.
    """
    files = code.files()
    if not files:
        raise LocationError(
            "no-such-file",
            f"the code of {code.function} has no Python file of its own here: name its directory with --source.",
        )
    usual = ("app.py", "main.py", "handler.py", "lambda_function.py", "index.py")
    return next((file for file in usual if file in files), files[0])


def render_code(function: str, code: FunctionCode, file: str) -> Html:
    """Return the screen of a file, with `CODE` where its lines go."""
    version = f"version {code.version}" if code.version else "code on this machine"
    return el(
        "div",
        el("nav", _list_files(function, code, file), id="files", aria_label="Files"),
        el(
            "main",
            el(
                "div",
                el("h1", file, title=file),
                el("span", version, class_="dim"),
                el(
                    "span",
                    "click a line, or ",
                    el("kbd", "Enter"),
                    ", to log there",
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
                CODE,
                id="code",
                role="grid",
                aria_label=f"{file}, {function}",
                data_file=file,
            ),
            el(
                "section",
                el("div", id="strip", role="log", aria_label="Events", tabindex="0"),
                id="events",
                aria_label="Events",
            ),
        ),
        _form(),
        class_="code-screen",
    )


def _list_files(function: str, code: FunctionCode, chosen: str) -> Iterator[Html]:
    folder = ""
    for file in sorted(code.files(), key=lambda each: (each.rpartition("/")[0], each)):
        above, _, name = file.rpartition("/")
        if above != folder:
            folder = above
            yield el("div", f"{above}/", class_="folder", title=above)
        yield el(
            "a",
            el("span", name.removesuffix(".py") or name, class_="name"),
            el("span", class_="count"),
            href=link(function, "code", file),
            title=file,
            data_file=file,
            aria_current="page" if file == chosen else None,
        )


def iter_blocks(code: FunctionCode, file: str) -> Iterator[Html]:
    """Yield the lines; a line where a probe can go is told from one where none can.

    Written out, as a file may have thousands of lines: it is the one place where `el` would be felt.
    """
    begins = {each.line for each in code.statements(file)}
    rows = [
        f'<div class="line{" can" if number in begins else ""}" id="L{number}" role="row" tabindex="-1">'
        f'<span class="mark" role="gridcell"></span><span class="no" role="rowheader">{number}</span>'
        f'<code role="gridcell">{line}</code><span class="value" role="gridcell"></span></div>'
        for number, line in enumerate(highlight(code.parsed(file).lines), 1)
    ]
    for begin in range(0, len(rows), _BLOCK):
        yield el("div", Html("".join(rows[begin : begin + _BLOCK])), role="rowgroup", class_="block")


def _list_options() -> Iterator[Html]:
    """Yield what a line can have; a snapshot is what the usual kind can do besides."""
    for name in list_line_kinds():
        kind = KINDS[name]
        yield _option(name, kind.bounds, says="message" not in kind.without, proposes=name == DEFAULT)
        if kind.snapshot_bounds is not None:
            yield _option("snapshot", kind.snapshot_bounds, says=True, proposes=False)


def _option(name: str, bounds: Bounds, *, says: bool, proposes: bool) -> Html:
    return el(
        "option",
        name,
        value=name,
        data_limit=bounds.limit,
        data_rate="none" if bounds.per_second is None else f"{bounds.per_second:g}",
        data_says="1" if says else None,
        data_proposes="1" if proposes else None,
    )


def _text_row(label: str, name: str, id_: str, placeholder: str) -> Html:
    """Return a row of the form in which somebody types: the message, or the condition."""
    box = el("input", name=name, id=id_, autocomplete="off", spellcheck="false", placeholder=placeholder)
    below = el("div", class_="under", aria_hidden="true")
    return el(
        "div",
        el("label", label, for_=id_, class_="lead"),
        el("div", box, below, class_="field"),
        class_="row",
    )


def _form() -> Html:
    def field(name: str, label: str, size: int, **more: object) -> Html:
        return el(
            "label",
            el("input", name=name, size=size, autocomplete="off", spellcheck="false", **more),
            f" {label}",
        )

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
                    el("select", _list_options(), name="kind"),
                ),
                el("label", el("input", type="checkbox", name="after"), " after the line"),
                class_="row",
            ),
            _text_row("log", "message", "message", "total={total}"),
            el("div", class_="names", role="group", aria_label="Names in scope"),
            _text_row("if", "if", "condition", "always"),
            el("p", class_="answer", role="status"),
            el(
                "div",
                field("limit", "lines", 4, inputmode="numeric"),
                field("per_second", "a second", 3, inputmode="decimal"),
                field("minutes", "min", 3, inputmode="numeric"),
                el("span", class_="grow"),
                el("button", "Cancel", type="button", name="close", title="Esc"),
                el("button", "Add log line", type="submit", title="Enter", class_="primary"),
                class_="row",
            ),
            class_="form",
            aria_label="Add a rule",
        ),
        id="form",
    )
