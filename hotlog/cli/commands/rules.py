"""`hotlog ls show rm clear pause resume`: what is stored, and taking it away again."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.options import Command, with_options
from hotlog.cli.arguments.parameters import function_argument, parse_function_name
from hotlog.cli.arguments.suggestions import suggest_rules
from hotlog.cli.shell.terminal import escape, put, put_json, put_table, say
from hotlog.client.documents import changes
from hotlog.client.documents.load import load_document
from hotlog.client.rule_line import describe_rule
from hotlog.client.words import format_age, shorten_arn
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry, Document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.client.options import Options
    from hotlog.rules.model import Rule
    from hotlog.stores import Answer

LS_EXAMPLES = """
hotlog ls                          every function that has rules
hotlog ls orders
hotlog ls orders --json | jq -r '.[].rules[].id'
"""


@click.command(cls=Command, examples=LS_EXAMPLES)
@click.argument("function", required=False, callback=parse_function_name)
@click.option(
    "--all", "every", is_flag=True, help="Of every function that has rules. The default without FUNCTION."
)
@with_options
def ls(session: Options, function: str | None, every: bool) -> None:
    """List the rules of a function, or of all functions that have some.

    The state is what the store knows: active, paused, expired or error; `hotlog status` says what became of a rule in
    each environment. With --json: a list of objects with the keys function, paused, rules (as stored) and faults (of
    rules that cannot be read, by id).
    """
    if function and every:
        raise click.UsageError("name a function, or --all.")
    store = session.open_store()
    names = [function] if function else store.functions()
    found = {name: document for name in names if (document := load_document(store, name)).entries or function}
    if session.json:
        put_json([_as_json(name, document) for name, document in found.items()])
        return
    now = datetime.now(UTC)
    rows = [row for name, document in found.items() for row in _rows(name, document, now)]
    if rows:
        head = ("FUNCTION", "ID", "TARGET", "WHAT", "IF", "AGE", "EXPIRES", "STATE", "BY")
        start = 1 if function else 0
        put_table(head[start:], [row[start:] for row in rows])
    else:
        say(f"No rules for {function or 'any function'} in {escape(store.url)}.")
    for name, document in found.items():
        if document.paused:
            say(f"The rules of {name} are paused. Go on with: {session.command('resume', name)}")


@click.command(cls=Command, examples="hotlog show orders k3f9\nhotlog show orders app.py:42")
@function_argument
@click.argument("rule", shell_complete=suggest_rules)
@with_options
def show(session: Options, function: str, rule: str) -> None:
    """Show a rule in full: by id, beginning of an id, or target.

    With --json: a list of the rules as they are stored.
    """
    document = load_document(session.open_store(), function)
    wanted = set(changes.find_ids(document, rule))
    pairs = zip(documents.rules(document), document.entries, strict=True)
    found = [(each, entry) for each, entry in pairs if each.id in wanted]
    if session.json:
        put_json([dict(entry) for _, entry in found])
        return
    for each, entry in found:
        for key, value in _details(each, entry).items():
            put(f"{key:<10}  {escape(str(value))}")


RM_EXAMPLES = """
hotlog rm orders k3f9
hotlog rm orders app.py:42          every rule at that target
hotlog rm orders --group checkout
hotlog rm --group checkout          in every function
"""


@click.command(cls=Command, examples=RM_EXAMPLES)
@click.argument("function", required=False, callback=parse_function_name)
@click.argument("rules", nargs=-1, metavar="RULE...", shell_complete=suggest_rules)
@click.option("--group", default="", metavar="NAME", help="Remove all rules of the group.")
@with_options
def rm(session: Options, function: str | None, rules: tuple[str, ...], group: str) -> None:
    """Remove rules: by id, beginning of an id, or target. All of them, or none if one is not there.

    A --group without FUNCTION is removed from every function. The original code is back at the next invocation of each
    environment. With --json: a list of the removed rules as they were stored.
    """
    if bool(rules) == bool(group) or not (function or group):
        raise click.UsageError("name the function and the rules to remove, or a --group.")
    if group:
        names = [function] if function else _functions_of(session, group)
        change = functools.partial(changes.remove_group, group=group)
    else:
        names = [function] if function else []
        change = functools.partial(changes.remove_rules, names=rules)
    _report_removed(session, {name: _changed(session, name, change) for name in names})


def _functions_of(session: Options, group: str) -> list[str]:
    """Return the functions that have a rule of the group.

    Raises:
        StoreError: `unknown-rule`, where there is none.
    """
    store = session.open_store()
    found = [
        name
        for name in store.functions()
        if any(entry.get("group") == group for entry in load_document(store, name).entries)
    ]
    if not found:
        raise StoreError("unknown-rule", f"no rule of any function belongs to the group {group!r}.")
    return found


@click.command(cls=Command, examples="hotlog clear orders")
@function_argument
@click.option("--force", is_flag=True, help="Also what cannot be read; a copy is kept in this directory.")
@with_options
def clear(session: Options, function: str, force: bool) -> None:
    """Remove all rules of a function.

    With --json: a list of the removed rules as they were stored.
    """
    keep = functools.partial(_keep, function) if force else None
    _report_removed(session, {function: _changed(session, function, changes.remove_all, keep)})


def _keep(function: str, answer: Answer) -> None:
    """Save a document that cannot be read, before an empty one takes its place."""
    path = Path(f"hotlog-{function}-v{answer.version}.txt")
    path.write_text(answer.text, encoding="utf-8", errors="surrogateescape")
    say(f"kept what was stored in {path}")


@click.command(cls=Command, examples="hotlog pause orders")
@function_argument
@with_options
def pause(session: Options, function: str) -> None:
    """Switch all rules of a function off, and keep them.

    With --json: an object with the keys function and paused.
    """
    _set_paused(session, function, paused=True)


@click.command(cls=Command, examples="hotlog resume orders")
@function_argument
@with_options
def resume(session: Options, function: str) -> None:
    """Switch the rules of a function on again. Those that have expired meanwhile stay off.

    With --json: an object with the keys function and paused.
    """
    _set_paused(session, function, paused=False)


def _changed(
    session: Options,
    function: str,
    change: Callable[[Document], Document],
    keep: Callable[[Answer], None] | None = None,
) -> tuple[Document, Document]:
    """Change a document; return it as it was and as it is."""
    before = [Document()]

    def remember(document: Document) -> Document:
        before[0] = document
        return change(document)

    after = session.open_store().update(function, remember, keep=keep)
    return before[0], after


def _report_removed(session: Options, changed: dict[str, tuple[Document, Document]]) -> None:
    removed: list[Mapping[str, Any]] = []
    for function, (before, after) in changed.items():
        kept = set(changes.list_ids(after))
        gone = {
            key: entry
            for key, entry in zip(changes.list_ids(before), before.entries, strict=True)
            if key not in kept
        }
        removed += gone.values()
        of = f" of {function}" if len(changed) > 1 else ""
        for key, entry in gone.items():
            say(f"removed {escape(key)}  {escape(str(entry.get('at', 'the handler')))}{of}")
        if not gone:
            say(f"{function} has no rules.")
    if session.json:
        put_json([dict(entry) for entry in removed])


def _set_paused(session: Options, function: str, *, paused: bool) -> None:
    before, after = _changed(session, function, lambda document: document._replace(paused=paused))
    already = "already " if before.paused is paused else ""
    count = len(after.entries)
    say(
        f"{function}: {count} rule{'' if count == 1 else 's'} {already}{'paused' if paused else 'switched on'}."
    )
    if session.json:
        put_json({"function": function, "paused": after.paused})


# --- how a rule reads ----------------------------------------------------------------------------------------------

_WHAT_MAX_CHARS: Final = 60


def _rows(function: str, document: Document, now: datetime) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for rule, entry in zip(documents.rules(document), document.entries, strict=True):
        if isinstance(rule, BadEntry):
            at = str(entry.get("at", ""))
            rows.append((function, rule.id, at, rule.fault.message, "", "", "", "error", ""))
            continue
        age, left = format_age(now, rule.created), format_age(rule.expires, now)
        state = "expired" if rule.expired(now) else "paused" if document.paused else "active"
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
                shorten_arn(rule.by),
            )
        )
    return rows


def _as_json(function: str, document: Document) -> dict[str, Any]:
    faults = {
        rule.id: {"code": rule.fault.code, "message": rule.fault.message}
        for rule in documents.rules(document)
        if isinstance(rule, BadEntry)
    }
    return {
        "function": function,
        "paused": document.paused,
        "rules": [dict(entry) for entry in document.entries],
        "faults": faults,
    }


def _details(rule: Rule | BadEntry, entry: Mapping[str, Any]) -> dict[str, object]:
    """Return the entry with its effective limits; for a damaged one with what is wrong with it."""
    if isinstance(rule, BadEntry):
        return {"error": f"{rule.fault.message} [{rule.fault.code}]", **entry}
    bounds = {
        name: "none" if value is None else f"{value:g} per environment"
        for name, value in (("limit", rule.limit), ("per_second", rule.per_second))
    }
    return {**entry, **bounds}
