"""The README's table of commands, made from the commands themselves.

python -m hotlog.cli.reference README.md      writes it anew between its two marks
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.root import hotlog
from hotlog.client.options import SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN: Final = "<!-- made by `python -m hotlog.cli.reference README.md` -->\n"
END: Final = "<!-- end of what is made -->\n"
_JSON: Final = re.compile(r"With --json: (.+?)(?:\n\n|\Z)", re.DOTALL)


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


def json_of(command: click.Command) -> str:
    """Return what the command's help says about its `--json` output; empty where it does not say."""
    found = _JSON.search(command.help or "")
    return " ".join(found[1].split()) if found else ""


def commands(group: click.Group, parent: click.Context, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command below a group, by the words that call it; a group stands for its commands."""
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if isinstance(command, click.Group):
            yield from commands(command, click.Context(command, parent, info_name=name), f"{path} {name}")
        elif command is not None and not command.hidden:
            yield f"{path} {name}", command


def list_commands() -> dict[str, click.Command]:
    """Yield every command of hotlog, by the words that call it."""
    return dict(commands(hotlog, click.Context(hotlog, info_name="hotlog"), "hotlog"))


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
