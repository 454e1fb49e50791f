"""All commands, by the words that call them, and what each says about its JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.root import hotlog

if TYPE_CHECKING:
    from collections.abc import Iterator

_JSON: Final = re.compile(r"With --json: (.+?)(?:\n\n|\Z)", re.DOTALL)


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
