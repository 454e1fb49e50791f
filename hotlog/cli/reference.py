"""The page `docs/reference.md`, made from what `hotlog schema` prints.

python -m hotlog.cli.reference      writes it anew
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hotlog.cli.arguments.options import SHARED
from hotlog.cli.root import GROUPS
from hotlog.cli.schema import make_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    Command = dict[str, Any]

PAGE: Final = Path(__file__).parents[1] / "docs" / "reference.md"
_SHARED: Final = {f"--{'json' if name == 'as_json' else name}" for name in SHARED}

HEAD: Final = """\
# Reference

`python -m hotlog.cli.reference` writes this page from `hotlog schema`, which prints the same as JSON. Each command has `--help` with examples.
Data goes to stdout, talk to stderr. Exit codes: `hotlog help exit-codes`. Settings: `hotlog help settings`. Codes: `hotlog help codes`.
Fields of events: `hotlog help events`.
"""


def write_reference() -> str:
    """Return the page."""
    return HEAD + "\n".join(_lines(make_schema())) + "\n"


def _lines(schema: dict[str, Any]) -> Iterator[str]:
    commands: dict[str, Command] = schema["commands"]
    for title, names in GROUPS.items():
        yield from _table(f"Commands: {title}", "command", "what it does", "data on stdout with `--json`")
        for words, command in commands.items():
            if words.split()[1] in names:
                usage = " ".join([words, *(argument["name"] for argument in command["arguments"])])
                yield f"| {' | '.join(map(_cell, (f'`{usage}`', command['summary'], command['json'])))} |"
    yield from _table("Options of every command", "option", "what it says")
    yield from _options({"": commands["hotlog add"]}, shared=True)
    for title, names in GROUPS.items():
        theirs = {words: command for words, command in commands.items() if words.split()[1] in names}
        rows = list(_options(theirs, shared=False))
        if rows:
            yield from _table(f"Options: {title}", "option", "of", "what it says")
            yield from rows
    yield from ("", "## Fields of a rule", "", " ".join(f"`{name}`" for name in schema["rule"]))


def _options(commands: dict[str, Command], *, shared: bool) -> Iterator[str]:
    """Yield a row for each option; commands that say the same of one share its row."""
    owners: dict[tuple[str, str], list[str]] = {}
    for words, command in commands.items():
        for option in command["options"]:
            names = [name for name in option["names"] if name != "--help"]
            if names and bool(_SHARED & {*names}) is shared:
                shown = ", ".join(names) + (f" {option['takes']}" if option["takes"] else "")
                owners.setdefault((shown, option["help"]), []).append(words.removeprefix("hotlog "))
    for (shown, text), own in owners.items():
        fields = [f"`{shown}`", *([] if shared else [" ".join(f"`{name}`" for name in own)]), text]
        yield f"| {' | '.join(map(_cell, fields))} |"


def _table(title: str, *columns: str) -> Iterator[str]:
    yield from ("", f"## {title}", "", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(write_reference(), encoding="utf-8")
