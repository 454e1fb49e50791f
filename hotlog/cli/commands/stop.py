"""`hotlog stop | start`: all rules of an account and Region off, and on again."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Final

import click

from hotlog import limits
from hotlog.cli.arguments.options import Command, utc_option, with_client
from hotlog.cli.shell.terminal import put, say, wants_json, wants_utc
from hotlog.cli.showing.fleet import Verb, change_many
from hotlog.client.fleet.stop import deny_statement, plan_start, plan_stop
from hotlog.client.words import escape, shorten_arn

if TYPE_CHECKING:
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "stop": ("the rules of all functions are off", "one could not be switched off", ""),
    "start": ("what a stop has switched off is on", "one could not be switched on", ""),
}

_STOP: Final = Verb("Pause all rules of", "stopping", "Stopped", "Stopped already")
_START: Final = Verb("Switch on all rules of", "starting", "Started", "On already")


def _refuse_names(context: click.Context, _: click.Parameter, names: tuple[str, ...]) -> None:
    """Refuse FUNCTION, and name the command that takes it."""
    if names:
        one = {"stop": "pause", "start": "resume"}[str(context.info_name)]
        raise click.UsageError(
            f"{context.info_name} is for all functions: of some, hotlog {one} {' '.join(names)}."
        )


names_refused = click.argument("names", nargs=-1, metavar="", callback=_refuse_names, expose_value=False)


@click.command(cls=Command, examples="hotlog stop\nhotlog stop --profile prod-a --profile prod-b")
@names_refused
@utc_option
@with_client
def stop(client: Client) -> None:
    """Switch all rules of all functions off at once, and keep them. It asks nothing.

    Environments obey with their next read; the statement that is printed stops them without waiting for that. `hotlog start` undoes
    it: rules that somebody has paused before or since stay paused.

    With --json: a list of objects with the keys function, state (done, already or failed), code and reason; the statement goes to stderr.
    """
    found = plan_stop(client)
    statement, count = deny_statement(client.desk), len(found.plan.todo)
    takes_s = count / found.plan.per_s
    say(
        f"Pausing {count:,} {'document' if count == 1 else 'documents'} of rules, about {max(1, takes_s):.0f} s."
    )
    if statement:  # before anything else: whoever is in a hurry need not wait for the end
        say(
            "To stop without waiting for reads, within about a minute (IAM; in the organization, the boundary or the roles):"
        )
        (say if wants_json() else put)(f"  {json.dumps(statement)}")
    paused, failed = f"{found.rules:,} rules in {count:,} documents", None
    try:
        change_many(found.plan, _STOP, yes=True)
    except click.exceptions.Exit as some_failed:
        paused, failed = "All others", some_failed
    clock = f"{found.at.astimezone(UTC if wants_utc() else None):%H:%M:%S}"
    undo = client.desk.options.command("start")
    say(f"{paused} paused at {clock} by {escape(shorten_arn(found.by))}. Undo: {undo}")
    say(
        "Environments obey at their next read: `each`, next invocation; a number of seconds, after that; `auto`, within what their "
        f"document says ({limits.AUTO_REFRESH_S:.0f} s without a word, {limits.AUTO_REFRESH_MAX_S / 60:.0f} min at most); throttled, within "
        f"{limits.BACKOFF_MAX_S // 60} min."
    )
    if failed is not None:
        raise failed


@click.command(cls=Command, examples="hotlog start")
@names_refused
@with_client
def start(client: Client) -> None:
    """Switch on again what `hotlog stop` has switched off. Rules that have expired meanwhile stay off.

    With --json: a list of objects with the keys function, state, code and reason.
    """
    found = plan_start(client)
    change_many(found.plan, _START, yes=True)
    say(f"{found.rules:,} rules in {len(found.plan.todo):,} documents are on again.")
