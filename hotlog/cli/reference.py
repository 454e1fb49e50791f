"""The README's table of commands, made from the commands themselves.

python -m hotlog.cli.reference README.md      writes it anew between its two marks
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import SHARED
from hotlog.cli.listing import json_of, list_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN: Final = "<!-- made by `python -m hotlog.cli.reference README.md` -->\n"
END: Final = "<!-- end of what is made -->\n"


def write_reference(text: str) -> str:
    """Return the text with a new table of commands between its marks.

    Raises:
        ValueError: the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN!r} … {END!r}")
    return before + begin + "\n" + "\n".join(_lines()) + "\n\n" + end + after


def _lines() -> Iterator[str]:
    yield "| command | what it does | its own options |"
    yield "| --- | --- | --- |"
    found = list_commands()
    for words, command in found.items():
        usage = " ".join([words, *_arguments(command)])
        summary = (command.help or "").partition("\n")[0]
        yield f"| `{_cell(usage)}` | {_cell(summary)} | {_cell(' '.join(f'`{name}`' for name in _options(command)))} |"
    yield ""
    yield "| command | data on stdout with `--json` |"
    yield "| --- | --- |"
    for words, command in found.items():
        if shape := json_of(command):
            yield f"| `{words}` | {_cell(shape)} |"


def _arguments(command: click.Command) -> list[str]:
    pieces = command.collect_usage_pieces(click.Context(command))
    return [piece for piece in pieces if piece != "[OPTIONS]"]


def _options(command: click.Command) -> list[str]:
    shared = {*SHARED, "help"}
    return [
        param.opts[0]
        for param in command.params
        if isinstance(param, click.Option) and param.name not in shared and not param.hidden
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(write_reference(file.read_text(encoding="utf-8")), encoding="utf-8")
