"""`hotlog schema`: everything that a program needs to know of the commands, as one document."""

from __future__ import annotations

import json
from typing import Final

import click

from hotlog.cli.arguments.options import Command, with_json
from hotlog.cli.shell.terminal import put, put_json, wants_json

EXITS: Final = {  # what 0, 1 and 2 say
    "schema": ("printed", "", ""),
}


@click.command(cls=Command, examples="hotlog schema | jq '.commands[\"hotlog add\"].options'")
@with_json
def schema() -> None:
    """Print all commands, options, JSON shapes and codes as one JSON document.

    With --json: the same on one line: an object with the keys version, commands, rule, events, codes, settings.
    """
    from hotlog.cli.schema import make_schema  # it imports every command

    found = make_schema()
    if wants_json():
        put_json(found)
    else:
        put(json.dumps(found, indent=2))
