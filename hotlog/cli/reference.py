"""What of the pages is made from the code: `docs/reference.md`, and the codes in `docs/troubleshooting.md`.

python -m hotlog.cli.reference      writes both anew
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hotlog.cli.arguments.options import SHARED
from hotlog.cli.root import GROUPS
from hotlog.cli.schema import make_schema
from hotlog.client.pages import list_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    Command = dict[str, Any]

_DOCS: Final = Path(__file__).parents[1] / "docs"
REFERENCE: Final = _DOCS / "reference.md"
TROUBLESHOOTING: Final = _DOCS / "troubleshooting.md"
_CODES: Final = re.compile(r"(?s)(<!-- codes: ([a-z -]+) -->\n).*?(<!-- end -->\n)")
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


def write_codes(page: str) -> str:
    """Return the page with what each code that it names means, between its marks.

    Raises:
        KeyError: there is no such code.
    """
    codes = list_codes()

    def fill(found: re.Match[str]) -> str:
        rows = [codes[name] for name in found[2].split()]
        lines = [f"| `{each.code}` | {each.meaning} | {each.way_out} |\n" for each in rows]
        return f"{found[1]}\n| code | what it means | what to do |\n| --- | --- | --- |\n{''.join(lines)}\n{found[3]}"

    return _CODES.sub(fill, page)


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
    yield from _table("Options of some", "option", "of", "what it says")
    yield from _options(commands, shared=False)
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
    REFERENCE.write_text(write_reference(), encoding="utf-8")
    TROUBLESHOOTING.write_text(write_codes(TROUBLESHOOTING.read_text(encoding="utf-8")), encoding="utf-8")
