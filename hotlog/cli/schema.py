"""The document that `hotlog schema` prints: what the commands say of themselves, with events, codes and settings."""

from __future__ import annotations

from typing import Any

import click

import hotlog as package
from hotlog.cli.listing import json_of, list_commands
from hotlog.client.pages import list_codes, list_settings
from hotlog.events import FIELDS
from hotlog.rules.kinds import KINDS
from hotlog.rules.model import Rule


def make_schema() -> dict[str, Any]:
    """Return the document."""
    return {
        "version": package.__version__,
        "commands": {words: _command(command) for words, command in list_commands().items()},
        "rule": [{"condition": "if", "function": "in"}.get(name, name) for name in Rule._fields],
        "events": {
            **{name: list(kind.event) for name, kind in KINDS.items()},
            **{k: list(v) for k, v in FIELDS.items()},
        },
        "codes": {
            code: {"meaning": each.meaning, "way_out": each.way_out} for code, each in list_codes().items()
        },
        "settings": list_settings(),
    }


def _command(command: click.Command) -> dict[str, Any]:
    options = [_option(each) for each in command.params if isinstance(each, click.Option) and not each.hidden]
    arguments = [
        {
            "name": each.make_metavar(click.Context(command)),
            "required": each.required,
            "many": each.nargs == -1,
        }
        for each in command.params
        if isinstance(each, click.Argument)
    ]
    return {
        "summary": (command.help or "").partition("\n")[0],
        "arguments": arguments,
        "options": options,
        "json": json_of(command),
    }


def _option(option: click.Option) -> dict[str, Any]:
    return {
        "names": [*option.opts, *option.secondary_opts],
        "takes": "" if option.is_flag else option.metavar or option.type.name.upper(),
        "many": option.multiple,
        "help": option.help or "",
    }
