"""`hotlog ls show`: what is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.fleet import functions_argument, want
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import function_argument
from hotlog.cli.arguments.suggestions import suggest_rules
from hotlog.cli.shell.terminal import put, put_json, put_table, say, wants_json
from hotlog.cli.showing.fleet import NAMED_MAX, put_failures
from hotlog.cli.showing.render import render_whole
from hotlog.client.account.function_name import require_unqualified
from hotlog.client.fleet.rules import list_rules
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape, format_age, shorten_arn
from hotlog.rules.model import Rule
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.answers import FunctionRules
    from hotlog.client.client import Client
    from hotlog.events import Event
    from hotlog.rules.document import BadEntry

EXITS: Final = {  # what 0, 1 and 2 say
    "ls": ("listed, also where there are none", "the store cannot be read", ""),
    "show": ("shown", "no such rule", ""),
}

LS_EXAMPLES = """
hotlog ls                          every function that has rules
hotlog ls orders
hotlog ls 'orders-*'
hotlog ls --everywhere             which function carries which hotlog
hotlog ls orders --json | jq -r '.[].rules[].id'
"""


@click.command(cls=Command, examples=LS_EXAMPLES)
@functions_argument
@click.option(
    "--all", "every", is_flag=True, help="Of every function that has rules. The default without FUNCTION."
)
@click.option(
    "--everywhere",
    is_flag=True,
    help="Which function carries which hotlog, how it reads, and how many rules live.",
)
@with_client
def ls(
    client: Client,
    functions: tuple[FunctionName, ...],
    tags: tuple[str, ...],
    *,
    every: bool,
    everywhere: bool,
) -> None:
    """List the rules of a function, of several, or of all functions that have some.

    The state is what the store knows: active, paused, expired or error; `hotlog status` says what became of a rule in
    each environment. With --json: a list of objects with the keys function, paused, rules (as stored) and faults (of
    rules that cannot be read, by id); with --everywhere of objects with the keys function, hotlog (the layer, or gone), refresh, rules,
    paused and trouble.
    """
    if (functions or tags) and (every or everywhere):
        raise click.UsageError("name functions, or --all, or --everywhere.")
    if everywhere:
        _put_everything(client)
        return
    wanted = want(functions, tags) if functions or tags else None
    function = require_unqualified(wanted.one) if wanted and wanted.one else None
    if function:
        found = [client.rules(function)]
    else:
        found, failed = list_rules(client, wanted)
        put_failures(failed)
    if function and not found[0].entries:
        client.parse_known(function)
    if wants_json():
        put_json([_as_json(stored) for stored in found])
        return
    now = datetime.now(UTC)
    rows = [row for stored in found for row in _rows(stored, now)]
    if rows:
        head = ("FUNCTION", "ID", "TARGET", "WHAT", "IF", "AGE", "EXPIRES", "STATE", "BY")
        start = 1 if function else 0
        put_table(head[start:], [row[start:] for row in rows])
    else:
        say(f"No rules for {function or 'any function'} in {escape(client.desk.open_store().url)}.")
    _say_paused(client, [stored.function for stored in found if stored.paused])


def _say_paused(client: Client, functions: list[str]) -> None:
    go_on = client.desk.options.command
    if len(functions) > NAMED_MAX:
        say(
            f"The rules of {len(functions):,} functions are paused. Go on with: {go_on('start')} after a stop, else {go_on('resume', 'FUNCTION...')}"
        )
        return
    for name in functions:
        say(f"The rules of {name} are paused. Go on with: {go_on('resume', name)}")


def _put_everything(client: Client) -> None:
    from hotlog.client.fleet.housekeeping import list_everything

    found = list_everything(client.desk)
    if wants_json():
        put_json([each._asdict() for each in found])
        return
    rows = [
        (
            each.function,
            each.hotlog,
            each.refresh,
            each.trouble or f"{each.rules}{' paused' if each.paused and each.rules else ''}",
        )
        for each in found
    ]
    put_table(("FUNCTION", "HOTLOG", "READS", "RULES"), rows)
    attached = sum(each.hotlog not in {"", "gone"} for each in found)
    live, paused = (sum(each.rules for each in found if each.paused is off) for off in (False, True))
    say(
        f"{client.describe_where()}: {attached:,} functions with hotlog, {live:,} live rules{f', {paused:,} paused' if paused else ''}."
    )


SHOW_EXAMPLES = """
hotlog show orders k3f9
hotlog show orders app.py:42
hotlog show orders --event 708d8559       the last event of a request, an error first
hotlog show orders --event 708d8559 --path 'event["items"][0]'
hotlog show orders --recording 2fb4455c   step through what a request did
"""


@click.command(cls=Command, examples=SHOW_EXAMPLES)
@function_argument
@click.argument("rule", required=False, shell_complete=suggest_rules)
@click.option(
    "--event", "name", metavar="ID", help="All of an event: by its handle, or the id of its request."
)
@click.option(
    "--path", metavar="EXPRESSION", help="Of an event: one value alone, whole, such as 'event[\"items\"][0]'."
)
@click.option(
    "--recording", metavar="ID", help="Step through a recording: by its id, or that of its request."
)
@click.option("--all", "every", is_flag=True, help="Of a recording: its whole story, without steps.")
@with_client
def show(  # each option is one
    client: Client,
    function: str,
    rule: str | None,
    name: str | None,
    path: str | None,
    recording: str | None,
    every: bool,
) -> None:
    """Show a rule in full: by id, beginning of an id, or target. With --event: all that an event holds, or one --path.

    With --recording, on a terminal: a recording step by step, else its story. With --json: a list of the rules as they
    are stored; or the event, or the value as the event holds it; or the recording, all its parts as one.
    """
    if path is not None and name is None:
        raise click.UsageError("--path leads into an event: name it with --event.")
    if [rule, name, recording].count(None) != 2:  # noqa: PLR2004  # one of three
        raise click.UsageError("name a rule, an event with --event, or a recording with --recording.")
    if recording is not None:
        from hotlog.cli.showing.stepper import show_recording  # few ask for it

        show_recording(client.find_recording(function, recording), every=every)
        return
    if name is not None and path is not None:
        _show_value(client.find_value(function, name, path))
        return
    if name is not None:
        _show_event(client.find_event(function, name))
        return
    found = client.find_rules(function, str(rule))
    if wants_json():
        put_json([dict(entry) for _, entry in found])
        return
    for each, entry in found:
        for key, value in _details(each, entry).items():
            put(f"{key:<10}  {escape(str(value))}")


def _show_value(value: object) -> None:
    if wants_json():
        put_json(value)
    else:
        put("\n".join(map(escape, text_of(value).splitlines())))


def _show_event(event: Event) -> None:
    if wants_json():
        put_json(event)
        return
    for line in render_whole(event):
        put(line)


# --- how a rule reads ----------------------------------------------------------------------------------------------

_WHAT_MAX_CHARS: Final = 60


def _rows(stored: FunctionRules, now: datetime) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    function = stored.function
    for rule, entry in zip(stored.rules, stored.entries, strict=True):
        if not isinstance(rule, Rule):
            at = str(entry.get("at", ""))
            rows.append((function, rule.id, at, rule.fault.message, "", "", "", "error", ""))
            continue
        age, left = format_age(now, rule.created), format_age(rule.expires, now)
        state = "expired" if rule.expired(now) else "paused" if stored.paused else "active"
        text = describe_rule(rule, condition=False)
        if len(text) > _WHAT_MAX_CHARS:
            text = f"{text[: _WHAT_MAX_CHARS - 1]}…"
        rows.append(
            (
                function,
                rule.id,
                rule.at or "the handler",
                text,
                rule.condition,
                age,
                left,
                state,
                f"{shorten_arn(rule.by)} via {rule.via}" if rule.via else shorten_arn(rule.by),
            )
        )
    return rows


def _as_json(stored: FunctionRules) -> dict[str, Any]:
    faults = {
        rule.id: {"code": rule.fault.code, "message": rule.fault.message}
        for rule in stored.rules
        if not isinstance(rule, Rule)
    }
    return {
        "function": stored.function,
        "paused": stored.paused,
        "rules": [dict(entry) for entry in stored.entries],
        "faults": faults,
    }


def _details(rule: Rule | BadEntry, entry: Mapping[str, Any]) -> dict[str, object]:
    """Return the entry with its effective limits; for a damaged one with what is wrong with it."""
    if not isinstance(rule, Rule):
        return {"error": f"{rule.fault.message} [{rule.fault.code}]", **entry}
    bounds = {
        name: "none" if value is None else f"{value:g} per environment"
        for name, value in (("limit", rule.limit), ("per_second", rule.per_second))
    }
    return {**entry, **bounds}
