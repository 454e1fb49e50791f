"""Rules onto functions: checked against the code of each, stored, shown."""

from __future__ import annotations

import functools
import itertools
import sys
from typing import TYPE_CHECKING, Final, Protocol

import click

from hotlog.cli.shell.terminal import Spinner, escape, put, put_json, say, warn
from hotlog.client.account.functions import find_local_recipients, find_recipients
from hotlog.client.account.identity import find_identity
from hotlog.client.adding.check import CheckedRule, check_rule
from hotlog.client.adding.impact import Impact, assess, render_code, render_summary
from hotlog.client.documents import changes
from hotlog.errors import LocationError, StoreError
from hotlog.rules.model import entry_of, new_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.functions import FunctionName, Recipient
    from hotlog.client.options import Options
    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

_ID_ATTEMPTS: Final = 20


class DocumentChange(Protocol):
    """How a rule is added to a document, such as `changes.add_rule`."""

    def __call__(self, document: Document, rule: Rule) -> Document:
        """Return the document with the rule in it."""


def check_rules(
    session: Options, function: FunctionName, rules: list[Rule], source: Path | None
) -> list[Impact]:
    """Check rules against the code of each function that FUNCTION stands for. Nothing is stored yet.

    All that takes time is done here: whoever interrupts leaves no rule behind.

    Returns:
        What becomes of each rule, function by function.

    Raises:
        HotlogError: whatever is wrong with a rule, or a pattern of whose functions none has its target.
    """
    aws = session.aws()
    if aws is None:
        plans = _plans(rules, find_local_recipients(session, function), None, source, function)
        found = [assess(session, None, plan) for plan in plans]
    else:
        with Spinner(f"checking against the code of {function.name}"):
            those = find_recipients(aws, function, may_be_unknown=source is not None)
            plans = _plans(rules, those, aws, source, function)
            found = [assess(session, aws, plan) for plan in plans]
    return sorted(found, key=_name_of)


def _plans(
    rules: list[Rule], those: list[Recipient], aws: Aws | None, source: Path | None, function: FunctionName
) -> list[CheckedRule]:
    return [plan for rule in rules for plan in _plans_of(rule, those, aws, source, function)]


def _plans_of(
    rule: Rule, those: list[Recipient], aws: Aws | None, source: Path | None, function: FunctionName
) -> Iterator[CheckedRule]:
    """Yield the rule checked against each function; one of a pattern that lacks the code is left out."""
    found = 0
    for recipient in those:
        try:
            yield check_rule(rule, recipient, aws, source)
            found += 1
        except (LocationError, StoreError) as fault:
            if not function.is_pattern:
                raise
            say(click.style(f"{recipient.name}: left out: {escape(fault.message)}", dim=True))
    if not found:
        raise LocationError(
            "no-such-file", f"none of the functions that match {function.name!r} has {rule.at}."
        )


def store_rules(
    session: Options,
    prospects: list[Impact],
    *,
    keep_ids: bool,
    change: DocumentChange = changes.add_rule,
) -> list[Rule]:
    """Store rules that have passed all checks; return each as it is stored.

    Args:
        session: which store.
        prospects: the rules, function by function.
        keep_ids: somebody chose the ids; else another is drawn where one is taken.
        change: how a document takes a rule.

    Raises:
        StoreError: the store cannot be read or written, or a chosen id is taken.
    """
    by = find_identity(session)
    done: list[Rule] = []
    undo: list[str] = []
    for name, group in itertools.groupby(prospects, key=_name_of):
        rules = [each.plan.rule._replace(by=by) for each in group]
        try:
            rules, document = _stored_in(session, name, rules, change, keep_ids=keep_ids)
        except StoreError as fault:
            if undo:
                fault.add_note("\n  ".join(("Some are stored already. Take them away again with:", *undo)))
            raise
        if document.paused:
            warn(f"the rules of {name} are paused. Go on with: {session.command('resume', name)}")
        done += rules
        undo.append(session.command("rm", name, *(rule.id for rule in rules)))
    return done


def _name_of(prospect: Impact) -> str:
    return prospect.plan.recipient.name


def _stored_in(
    session: Options, function: str, rules: list[Rule], change: DocumentChange, *, keep_ids: bool
) -> tuple[list[Rule], Document]:
    """Store the rules of one function in one write: all of them, or none."""
    store = session.open_store()
    for _ in range(_ID_ATTEMPTS):
        try:
            return rules, store.update(function, functools.partial(_with_all, change=change, rules=rules))
        except StoreError as fault:
            if keep_ids or fault.code != "duplicate-id":
                raise
            rules = [rule._replace(id=new_id()) for rule in rules]
    raise StoreError("duplicate-id", "no free id was found: choose one with --id.")


def _with_all(document: Document, change: DocumentChange, rules: list[Rule]) -> Document:
    for rule in rules:
        document = change(document, rule=rule)
    return document


def print_summary(session: Options, prospects: list[Impact], done: list[Rule], *, head: str) -> None:
    """Say where each rule goes, what it may cost, and what may be otherwise than the person thinks.

    Args:
        session: where they are stored.
        prospects: what becomes of each.
        done: each as it is stored.
        head: what was done, such as `added to`.
    """
    shown: list[str] = []
    for each, rule in zip(prospects, done, strict=True):
        lines = render_code(each.plan)
        if lines != shown:  # functions of one pattern often share their code
            for line in (*lines, ""):
                say(line)
        shown = lines
        for line in render_summary(session, each.plan.recipient, rule, each.among, head):
            say(line)
        for warning in (*each.plan.warnings, *each.in_the_way):
            warn(warning)
    if len({each.plan.recipient.name for each in prospects}) > 1 and done[0].group:
        group = click.style(session.command("rm", "--group", done[0].group), bold=True)
        say(f"Remove them from all {len(done)} functions: {group}")


def put_rules(session: Options, prospects: list[Impact], done: list[Rule], *, several: bool) -> None:
    """Put the rules on stdout: for a program as they are stored, in a pipe the id.

    Args:
        session: whether JSON is wanted.
        prospects: with the function of each.
        done: the rules.
        several: a list with the function of each, and the id of their group, even if there is but one.
    """
    if session.json and several:
        pairs = zip(prospects, done, strict=True)
        put_json([{"function": each.plan.recipient.name, "rule": entry_of(rule)} for each, rule in pairs])
    elif session.json:
        put_json(entry_of(done[0]))
    elif not sys.stdout.isatty():
        put(done[0].group if several else done[0].id)
