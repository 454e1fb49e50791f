"""`hotlog edit`: change a rule that is stored; what it reads is checked again."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.cli.arguments.options import Command, advanced_option, with_options
from hotlog.cli.arguments.parameters import (
    UNSET,
    function_argument,
    make_bound_parser,
    parse_duration,
    parse_watches,
    source_option,
)
from hotlog.cli.arguments.suggestions import suggest_rules
from hotlog.cli.shell.terminal import put_json, say, warn
from hotlog.client.account.functions import Recipient, recipient_of
from hotlog.client.documents import changes
from hotlog.client.documents.load import load_document
from hotlog.errors import StoreError
from hotlog.rules import document as documents

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.options import Options
    from hotlog.rules.model import Rule

# A change of these is a change of what the rule reads, or of what it captures.
_READS: Final = frozenset({"message", "condition", "watch", "snapshot"})


class EditOptions(TypedDict):
    """The options of `edit` that name a field of the rule, as click hands them over."""

    message: str | None
    condition: str | None
    watch: dict[str, str]
    snapshot: bool | None
    stack: int | None
    limit: object
    per_second: object
    sample: float | None
    note: str | None


EXAMPLES = """
hotlog edit orders k3f9 --if 'total > 500'
hotlog edit orders k3f9 --limit 1000 --for 2h
hotlog edit orders app.py:42 --message 'total={total}' --if ''
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@click.argument("name", metavar="RULE", shell_complete=suggest_rules)
@click.option("--message", metavar="TEXT", help="What to log; '' logs no message.")
@click.option(
    "--if", "condition", metavar="EXPRESSION", help="Only where it is true; '' takes the condition away."
)
@click.option(
    "--watch",
    multiple=True,
    callback=parse_watches,
    metavar="NAME=EXPRESSION",
    help="Values to add, in place of the old.",
)
@click.option("--snapshot/--no-snapshot", default=None, help="Capture the local variables, or no more.")
@click.option(
    "--stack", type=click.IntRange(0, limits.STACK_MAX_FRAMES), metavar="N", help="Frames of the call stack."
)
@click.option(
    "--limit", callback=make_bound_parser(int), metavar="N", help="Events per environment, or none."
)
@click.option(
    "--rate",
    "per_second",
    callback=make_bound_parser(float),
    metavar="N",
    help="Events per second and environment, or none.",
)
@click.option(
    "--sample", type=click.FloatRange(0, 1), metavar="SHARE", help="Share of the requests that log."
)
@click.option(
    "--for",
    "for_s",
    callback=parse_duration,
    metavar="TIME",
    help="Let it live so long from now: 30m, 2h, at most 7d.",
)
@click.option("--note", metavar="TEXT", help="Why; shown by `hotlog show`.")
@source_option
@with_options
@advanced_option
def edit(
    session: Options,
    function: str,
    name: str,
    source: Path | None,
    for_s: int | None,
    **wishes: Unpack[EditOptions],
) -> None:
    """Change the limits, the condition or the message of a rule that is stored.

    RULE is an id, the beginning of one, or a target with one rule. What is not named stays. With --json: the rule as
    it is stored now.
    """
    # Loaded here: `hotlog edit --help` and wrong usage need none of it.
    from hotlog.client.account.concurrency import UNKNOWN, estimate_concurrency
    from hotlog.client.account.identity import find_identity
    from hotlog.client.adding.check import check_rule, lifetime
    from hotlog.client.adding.impact import render_code, render_summary
    from hotlog.rules.model import entry_of

    values: dict[str, Any] = {
        name: value for name, value in wishes.items() if value is not UNSET and _is_given(name, value)
    }
    if for_s is not None:
        now = datetime.now(UTC).replace(microsecond=0)
        values |= {"created": now, "expires": now + lifetime(for_s)}
    if not values:
        raise click.UsageError("say what to change.")
    before = _stored(session, function, name)
    after = before._replace(**values, by=find_identity(session))
    aws = session.aws()
    recipient = Recipient(function, after.versions)
    if _READS & values.keys():
        plan = check_rule(after, recipient_of(aws, function, after.versions), aws, source)
        recipient, after = plan.recipient, plan.rule
        for line in (*render_code(plan), ""):
            say(line)
        for warning in plan.warnings:
            warn(warning)
    changed: dict[str, Any] = {
        name: value for name, value in after._asdict().items() if value != getattr(before, name)
    }
    session.open_store().update(
        function,
        functools.partial(changes.edit_rule, key=after.id, change=lambda rule: rule._replace(**changed)),
    )
    among = estimate_concurrency(aws, function) if aws else UNKNOWN
    for line in render_summary(session, recipient, after, among, "changed in"):
        say(line)
    if session.json:
        put_json(entry_of(after))


def _is_given(name: str, value: object) -> bool:
    """Return whether an option was used; `none` for a bound has become None."""
    return name in {"limit", "per_second"} or (value != {} if name == "watch" else value is not None)


def _stored(session: Options, function: str, name: str) -> Rule:
    """Return the one rule that a name stands for.

    Raises:
        StoreError: `unknown-rule`, `ambiguous-rule`, or the store cannot be read.
        RuleError: what is stored stands for no rule.
    """
    document = load_document(session.open_store(), function)
    keys = changes.find_ids(document, name)
    if len(keys) > 1:
        raise StoreError("ambiguous-rule", f"{name!r} could be {', '.join(keys)}: name one by its id.")
    rule = next(rule for rule in documents.rules(document) if rule.id == keys[0])
    if isinstance(rule, documents.BadEntry):
        raise rule.fault
    return rule
