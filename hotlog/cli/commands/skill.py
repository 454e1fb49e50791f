"""`hotlog skill`: the page that teaches a coding agent how to debug with live log lines."""

from __future__ import annotations

from typing import Final

import click

from hotlog.cli.arguments.options import Command, with_json
from hotlog.cli.shell.terminal import put, put_json, wants_json
from hotlog.client.agents.skill import DEFAULT_FOLDER, install_skill

EXITS: Final = {  # what 0, 1 and 2 say
    "skill": ("written", "", "the folder cannot be written"),
}


@click.group()
def skill() -> None:
    """Install the skill for coding agents."""


@skill.command(cls=Command, examples="hotlog skill install\nhotlog skill install --dir ~/.claude/skills")
@click.option(
    "--dir",
    "folder",
    default=DEFAULT_FOLDER,
    metavar="DIR",
    help=f"Folder of the skills. Default {DEFAULT_FOLDER}, of this project.",
)
@with_json
def install(folder: str) -> None:
    """Write the skill, and beside it how three of the usual agents start the server.

    What is there already is replaced. With --json: an object with the keys folder and written.
    """
    written = install_skill(folder)
    if wants_json():
        put_json({"folder": folder, "written": written})
        return
    for path in written:
        put(path)
