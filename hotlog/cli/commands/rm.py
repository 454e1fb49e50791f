"""`hotlog rm clear pause resume`: taking rules away, for good or for a while."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.fleet import functions_argument, parse_first, tag_option, want, yes_option
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.suggestions import suggest_rules
from hotlog.cli.shell.terminal import put_json, say, wants_json
from hotlog.cli.showing.fleet import Verb, change_many
from hotlog.client.account.function_name import require_unqualified
from hotlog.client.fleet.rules import plan_clearing, plan_pausing, plan_removal
from hotlog.client.words import count_of, escape

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
    from hotlog.client.documents.edit import Changed
    from hotlog.client.fleet.selection import Selection
    from hotlog.stores import Answer

EXITS: Final = {  # what 0, 1 and 2 say
    "rm": ("all are removed", "one is not there, and none is removed", ""),
    "clear": ("there are no rules any more", "what is stored cannot be read: `--force`", ""),
    "pause": ("the rules are off", "the store cannot be written", ""),
    "resume": ("the rules are on", "the store cannot be written", ""),
}

RM_EXAMPLES = """
hotlog rm orders k3f9
hotlog rm orders app.py:42          every rule at that target
hotlog rm orders --group checkout
hotlog rm 'orders-*' app.py:42 --tag team=shop
hotlog rm --group checkout          in every function
hotlog rm --group 'mcp-*'           all that coding agents have added
"""


@click.command(cls=Command, examples=RM_EXAMPLES)
@click.argument("function", required=False, callback=parse_first)
@click.argument("rules", nargs=-1, metavar="RULE...", shell_complete=suggest_rules)
@click.option(
    "--group",
    default="",
    metavar="NAME",
    help="Remove all rules of the group, or of those that a pattern matches.",
)
@tag_option
@yes_option
@with_client
def rm(
    client: Client,
    function: Selection | None,
    rules: tuple[str, ...],
    tags: tuple[str, ...],
    group: str,
    *,
    yes: bool,
) -> None:
    """Remove rules: by id, beginning of an id, or target. All of them, or none if one is not there.

    FUNCTION may be a pattern, or - for a list on stdin: each of them loses what it has of the rules. A --group without FUNCTION is
    removed from every function. The original code is back at the next invocation of each environment.

    With --json: a list of the removed rules as they were stored, for a pattern of objects with the keys function, state, code and reason.
    """
    if bool(rules) == bool(group) or not (function or group):
        raise click.UsageError(
            "name the rules to remove too, or a --group; all of a function: hotlog clear FUNCTION."
        )
    if tags:
        function = function._replace(tags=tags) if function is not None else want((), tags)
    if function is not None and function.one is None:
        change_many(plan_removal(client, function, rules, group), _REMOVE, yes=yes)
        return
    name = require_unqualified(function.one) if function is not None and function.one else ""
    if group:
        _report_removed(client.remove_group(group, name))
    else:
        _report_removed([client.remove(name, rules)])


@click.command(cls=Command, examples="hotlog clear orders\nhotlog clear 'orders-*' --yes")
@functions_argument
@click.option("--force", is_flag=True, help="Also what cannot be read; a copy is kept in this directory.")
@yes_option
@with_client
def clear(
    client: Client, functions: tuple[FunctionName, ...], tags: tuple[str, ...], *, force: bool, yes: bool
) -> None:
    """Remove all rules of a function, or of many.

    With --json: a list of the removed rules as they were stored, for a pattern of objects with the keys function, state, code and reason.
    """
    wanted = want(functions, tags)
    if wanted.one is None:
        change_many(plan_clearing(client, wanted), _CLEAR, yes=yes)
        return
    name = require_unqualified(wanted.one)

    def keep(answer: Answer) -> None:
        """Save a document that cannot be read, before an empty one takes its place."""
        path = Path(f"hotlog-{name}-v{answer.version}.txt")
        path.write_text(answer.text, encoding="utf-8", errors="surrogateescape")
        say(f"kept what was stored in {path}")

    _report_removed([client.clear(name, keep if force else None)])


@click.command(
    cls=Command, examples="hotlog pause orders\nhotlog pause 'orders-*'\ncat names.txt | hotlog pause - --yes"
)
@functions_argument
@yes_option
@with_client
def pause(client: Client, functions: tuple[FunctionName, ...], tags: tuple[str, ...], *, yes: bool) -> None:
    """Switch all rules of a function, or of many, off, and keep them. `hotlog stop` does so for all.

    With --json: an object with the keys function and paused, for a pattern a list of objects with the keys function, state
    (done, already or failed), code and reason.
    """
    _set_paused(client, want(functions, tags), paused=True, yes=yes)


@click.command(cls=Command, examples="hotlog resume orders\nhotlog resume --tag team=shop")
@functions_argument
@yes_option
@with_client
def resume(client: Client, functions: tuple[FunctionName, ...], tags: tuple[str, ...], *, yes: bool) -> None:
    """Switch the rules of a function, or of many, on again. Those that have expired meanwhile stay off.

    With --json: an object with the keys function and paused, for a pattern a list as of `hotlog pause`.
    """
    _set_paused(client, want(functions, tags), paused=False, yes=yes)


_PAUSE: Final = Verb("Pause the rules of", "pausing", "Paused", "Paused already, or without rules")
_RESUME: Final = Verb("Switch on the rules of", "resuming", "Switched on", "On already")
_CLEAR: Final = Verb("Remove all rules of", "clearing", "Cleared", "Without rules")
_REMOVE: Final = Verb("Remove these rules from", "removing", "Removed from", "Without these rules")


def _report_removed(changed: list[Changed]) -> None:
    for each in changed:
        of = f" of {each.function}" if len(changed) > 1 else ""
        for entry in each.removed:
            say(f"removed {escape(str(entry['id']))}  {escape(str(entry.get('at', 'the handler')))}{of}")
        if not each.removed:
            say(f"{each.function} has no rules.")
    if wants_json():
        put_json([entry for each in changed for entry in each.removed])


def _set_paused(client: Client, wanted: Selection, *, paused: bool, yes: bool) -> None:
    if wanted.one is None:
        change_many(plan_pausing(client, wanted, paused=paused), _PAUSE if paused else _RESUME, yes=yes)
        return
    function = require_unqualified(wanted.one)
    changed = client.pause(function, paused=paused)
    already = "already " if changed.before.paused is paused else ""
    count = len(changed.after.entries)
    say(f"{function}: {count_of(count, 'rule')} {already}{'paused' if paused else 'switched on'}.")
    if wants_json():
        put_json({"function": function, "paused": changed.after.paused})
