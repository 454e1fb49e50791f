"""What of the pages is made from the code, where its knowledge stands: `docs/reference.md`, and parts of the others in `WRITERS`.

python -m hotlog.cli.reference      writes all of it anew
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hotlog.cli.arguments.options import SHARED
from hotlog.cli.root import COMMANDS, GROUPS
from hotlog.cli.schema import make_schema
from hotlog.client.pages import list_codes
from hotlog.interpreter.supported import TESTED_PYTHONS
from hotlog.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Command = dict[str, Any]

_DOCS: Final = Path(__file__).parents[1] / "docs"
_PYTHONS: Final = re.compile(r"(?m)^CPython 3[\d., and]+(?=, in Lambda's)")
_ALLOWED: Final = re.compile(
    r"(?m)(?<=^\| `HOTLOG_ALLOW` \| kinds of rules that are allowed, of ).*(?=; separated)"
)
_FIELDS: Final = re.compile(r"(?s)(?<=<!-- kinds -->\n).*?(?=\| `status`)")
_EXITS: Final = re.compile(r"(?s)(?<=<!-- commands -->\n).*?(?=<!-- end -->\n)")
_CODES: Final = re.compile(r"(?s)(<!-- codes: ([a-z -]+) -->\n).*?(<!-- end -->\n)")
_SHARED: Final = {f"--{'json' if name == 'as_json' else name}" for name in SHARED}

HEAD: Final = """\
# Reference

`python -m hotlog.cli.reference` writes this page from `hotlog schema`, which prints the same as JSON. Each command has `--help` with examples.
Data goes to stdout, talk to stderr. Exit codes: `hotlog help exit-codes`. Settings: `hotlog help settings`. Codes: `hotlog help codes`.
Fields of events: `hotlog help events`.
"""


def write_reference(_page: str = "") -> str:
    """Return the page; nothing stays of what it was."""
    return HEAD + "\n".join(_lines(make_schema())) + "\n"


def write_troubleshooting(page: str) -> str:
    """Return the page with the Pythons, and with what each code that it names means, between its marks.

    Raises:
        KeyError: there is no such code.
    """
    codes = list_codes()

    def fill(found: re.Match[str]) -> str:
        rows = [
            (f"`{each.code}`", each.meaning, each.way_out)
            for each in map(codes.__getitem__, found[2].split())
        ]
        return f"{found[1]}{_fill_table(('code', 'what it means', 'what to do'), rows)}\n{found[3]}"

    *most, newest = [f"{major}.{minor}" for major, minor in TESTED_PYTHONS]
    return _PYTHONS.sub(f"CPython {', '.join(most)} and {newest}", _CODES.sub(fill, page))


def write_events(page: str) -> str:
    """Return the page with the fields of each kind's events, as `hotlog/client/kinds/` describes them.

    Raises:
        KeyError: a field that no kind describes.
    """
    own = {name: _find_constant(f"hotlog.client.kinds.{name}", "FIELDS") for name in KINDS}
    first = {field: name for name in reversed([*KINDS]) for field in own[name]}
    rows = [
        (f"`{name}`", f"`{field}`", own[name].get(field) or f"as for `{first[field]}`")
        for name, kind in KINDS.items()
        for field in kind.event
    ]
    return _FIELDS.sub(lambda _: _fill_table(("kind", "field", "what it says"), rows), page)


def write_exits(page: str) -> str:
    """Return the page with what each command ends with, as its module says."""
    exits = {
        name: _find_constant(f"hotlog.cli.commands.{home}", "EXITS")[name]
        for name, (home, _) in COMMANDS.items()
    }
    rows = [(f"`{name}`", *texts) for name, texts in exits.items()]
    return _EXITS.sub(lambda _: _fill_table(("command", "0", "1", "2"), rows) + "\n", page)


def write_settings(page: str) -> str:
    """Return the page with the kinds of rules that an owner can allow."""
    return _ALLOWED.sub(", ".join(f"`{name}`" for name in KINDS), page)


WRITERS: Final[Mapping[str, Callable[[str], str]]] = {
    "reference": write_reference,
    "troubleshooting": write_troubleshooting,
    "events": write_events,
    "exit-codes": write_exits,
    "settings": write_settings,
}


def _find_constant(module: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = getattr(importlib.import_module(module), name)
    return found


def _fill_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n" + "".join(f"|{''.join(f' {cell} |' if cell else ' |' for cell in line)}\n" for line in lines)


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
    for page, write in WRITERS.items():
        path = _DOCS / f"{page}.md"
        path.write_text(write(path.read_text(encoding="utf-8")), encoding="utf-8")
