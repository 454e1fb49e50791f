"""`hotlog gc`: what is left of functions that are gone, and rules that have expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.fleet import yes_option
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.cli.showing.fleet import Verb, change_many
from hotlog.client.fleet.housekeeping import find_leftovers
from hotlog.client.words import count_of, escape

if TYPE_CHECKING:
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "gc": ("told, or with `--yes` removed", "AWS says no", "rules in files"),
}

_CLEAN: Final = Verb("Remove what is left of", "removing", "Removed", "Removed already")


@click.command(cls=Command, examples="hotlog gc --dry-run\nhotlog gc --yes")
@click.option("--dry-run", is_flag=True, help="Say what would be removed. The default without --yes.")
@yes_option
@with_client
def gc(client: Client, *, dry_run: bool, yes: bool) -> None:
    """Remove parameters of functions that are gone, and rules that have expired from those that are not.

    A parameter that is deleted takes its history with it.

    A parameter beside them that holds no rules of a function is somebody else's, and stays.

    With --json: an object with the keys gone, foreign and expired; with --yes a list as of `hotlog stop`.
    """
    found = find_leftovers(client.desk)
    rules = sum(found.expired.values())
    said = (
        f"{count_of(len(found.gone), 'parameter')} of functions that are gone; "
        f"{count_of(rules, 'expired rule')} in {count_of(len(found.expired), 'document')}."
    )
    if found.foreign:
        say(f"No rules of a function, and left alone: {escape(', '.join(found.foreign))}.")
    if yes and not dry_run:
        say(said)
        change_many(found.plan, _CLEAN, yes=True)
        return
    if wants_json():
        put_json({"gone": list(found.gone), "foreign": list(found.foreign), "expired": found.expired})
    else:
        for name in found.gone:
            put(escape(name))
    say(f"{said} Nothing removed (--yes).")
