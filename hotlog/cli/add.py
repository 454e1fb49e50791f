"""`hotlog add`: check what is asked for against the source, show it, store it."""

from __future__ import annotations

import functools
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.cli.options import Command, with_session
from hotlog.cli.parameters import UNSET, bound, duration, function_argument, watches
from hotlog.cli.terminal import escaped, put, put_json, say
from hotlog.errors import RuleError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.cli.options import Session
    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

_ID_ATTEMPTS: Final = 20
# Lambda's default quota of concurrent executions per account and Region: what a flood could come from.
_CONCURRENCY: Final = 1_000


class Wishes(TypedDict):
    """The options of `add`, as click hands them over."""

    condition: str
    watch: dict[str, str]
    snapshot: bool
    stack: int
    limit: object
    per_second: object
    sample: float
    for_s: int
    rule_id: str
    note: str
    group: str
    properties: bool
    source: Path
    dry_run: bool


EXAMPLES = """
hotlog add orders app.py:42 'total={total} user={user.id}'
hotlog add orders app.py:42 'total={total}' --if 'total > 100' --for 15m
hotlog add orders app.py:42 --stack 5                   a snapshot: variables and call stack
hotlog add orders shop.pricing:Cart.total 'n={len(self.lines)}'   at the entry of a function
hotlog add orders 'pricing.py:/total =/' --watch n='len(lines)'   where the text stands
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@click.argument("target")
@click.argument("message", default="")
@click.option("--if", "condition", default="", metavar="EXPRESSION", help="Only where it is true.")
@click.option(
    "--watch", multiple=True, callback=watches, metavar="NAME=EXPRESSION", help="Value to add; repeatable."
)
@click.option("--snapshot", is_flag=True, help="Capture the local variables. The default without MESSAGE.")
@click.option(
    "--stack",
    type=click.IntRange(0, limits.STACK_MAX_FRAMES),
    default=0,
    metavar="N",
    help="Capture N frames of the call stack.",
)
@click.option(
    "--limit",
    callback=bound(int),
    metavar="N",
    help=f"Events per environment, or none. Default {limits.LOG_MAX_EVENTS}, snapshots {limits.SNAPSHOT_MAX_EVENTS}.",
)
@click.option(
    "--rate",
    "per_second",
    callback=bound(float),
    metavar="N",
    help="Events per second and environment, or none. "
    f"Default {limits.LOG_MAX_PER_S:g}, snapshots {limits.SNAPSHOT_MAX_PER_S:g}.",
)
@click.option(
    "--sample",
    type=click.FloatRange(0, 1),
    default=1.0,
    metavar="SHARE",
    help="Share of the requests that log.",
)
@click.option(
    "--for",
    "for_s",
    callback=duration,
    default=f"{limits.EXPIRY_DEFAULT_S}s",
    metavar="TIME",
    help="How long the rule lives: 30m, 2h, at most 7d. Default 1h.",
)
@click.option("--id", "rule_id", default="", metavar="ID", help="Choose the rule's id.")
@click.option("--note", default="", metavar="TEXT", help="Why; shown by `hotlog show`.")
@click.option("--group", default="", metavar="NAME", help="Ties rules together, for `hotlog rm --group`.")
@click.option("--properties", is_flag=True, help="May call properties of your objects.")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Root of the function's code. Default: this directory.",
)
@click.option("--dry-run", is_flag=True, help="Check and show, store nothing.")
@with_session
def add(session: Session, function: str, target: str, message: str, **wishes: Unpack[Wishes]) -> None:
    """Add a log line or a snapshot to a running function.

    TARGET is FILE:LINE, MODULE:FUNCTION or FILE:/TEXT/; the probe fires before the statement there. MESSAGE is text
    with {expression} holes; without one, the variables are captured. In a pipe, stdout is the rule's id. With
    --json: the rule as it is stored.
    """
    plan = planned(target, message, wishes)
    if wishes["dry_run"]:
        paused = False
        rule = plan.rule
    else:
        rule, document = stored(session, function, plan.rule, keep_id=bool(wishes["rule_id"]))
        paused = document.paused
    for line in plan.shown:
        say(line)
    say()
    for line in summary(session, function, rule, dry_run=wishes["dry_run"]):
        say(line)
    if paused:
        resume = session.command("resume", function)
        say(
            click.style("warning:", fg="yellow")
            + f" the rules of {function} are paused. Go on with: {resume}"
        )
    _put_result(session, rule)


class Plan(NamedTuple):
    """A rule that has passed all checks, and what to show of it."""

    rule: Rule
    shown: list[str]


def planned(target: str, message: str, wishes: Wishes) -> Plan:
    """Check what is asked for against the source; nothing is stored yet.

    Raises:
        RuleError: the rule itself is wrong.
        LocationError: its target leads nowhere.
    """
    # Loaded here: `hotlog add --help` and wrong usage need none of it.
    from hotlog.cli.checkout import sight
    from hotlog.cli.preview import preview
    from hotlog.rules.model import Rule

    bounds = {name: wishes[name] for name in ("limit", "per_second")}
    now = datetime.now(UTC).replace(microsecond=0)
    if wishes["for_s"] > limits.EXPIRY_MAX_S:
        raise click.UsageError(f"--for: a rule lives at most {_lasting(limits.EXPIRY_MAX_S)}.")
    chosen: dict[str, Any] = {name: value for name, value in bounds.items() if value is not UNSET}
    if wishes["rule_id"]:
        chosen["id"] = wishes["rule_id"]
    rule = Rule(
        at=target,
        message=message,
        condition=wishes["condition"],
        watch=wishes["watch"],
        snapshot=wishes["snapshot"] or not message,
        stack=wishes["stack"],
        sample=wishes["sample"],
        group=wishes["group"],
        properties=wishes["properties"],
        note=wishes["note"],
        created=now,
        expires=now + timedelta(seconds=wishes["for_s"]),
        **chosen,
    )
    _parse_all(rule)
    sighting = sight(target, wishes["source"])
    rule = _changed(rule, at=sighting.at, text=sighting.place.text)
    return Plan(rule, preview(sighting, rule))


def stored(session: Session, function: str, rule: Rule, *, keep_id: bool) -> tuple[Rule, Document]:
    """Store a rule; return it as it is stored, and the document around it.

    Args:
        session: which store.
        function: name of the function.
        rule: what to store.
        keep_id: the person chose the id; else another is drawn where it is taken.

    Raises:
        StoreError: the store cannot be read or written, or the chosen id is taken.
    """
    from hotlog.cli.changes import with_rule
    from hotlog.cli.who import caller
    from hotlog.rules.model import new_id

    store = session.open_store()
    rule = _changed(rule, by=caller(session))
    for _ in range(_ID_ATTEMPTS):
        try:
            return rule, store.update(function, functools.partial(with_rule, rule=rule))
        except StoreError as fault:
            if keep_id or fault.code != "duplicate-id":
                raise
            rule = _changed(rule, id=new_id())
    raise StoreError("duplicate-id", "no free id was found: choose one with --id.")


def summary(session: Session, function: str, rule: Rule, *, dry_run: bool = False) -> list[str]:
    """What a person must know after `add`: when it is live, when it ends, what it may cost, how to remove it."""
    if rule.expires is None or rule.created is None:
        raise TypeError("a stored rule expires")  # `planned` sets both
    lives_s = int((rule.expires - rule.created).total_seconds())
    store = session.url
    head = "would be added to" if dry_run else "added to"
    facts = [
        ("live", "from the next invocation of each environment"),
        ("expires", f"{rule.expires:%Y-%m-%d %H:%M} UTC, in {_lasting(lives_s)}"),
        ("at most", worst_case(rule, lives_s)),
        ("remove", click.style(session.command("rm", function, rule.id), bold=True)),
    ]
    title = click.style(f"rule {rule.id}", fg="green", bold=True) + f" {head} {function} in {escaped(store)}"
    return [title, *(f"  {name:<8} {fact}" for name, fact in facts)]


def worst_case(rule: Rule, lives_s: int) -> str:
    """How many events the rule may emit at worst, in words.

    Args:
        rule: with its limits.
        lives_s: for how long.
    """
    bounds = [rule.limit] if rule.limit is not None else []
    bounds += [max(1, int(rule.per_second * lives_s))] if rule.per_second is not None else []
    if not bounds:
        return "no limit but the one on bytes per second: every hit logs"
    most = min(bounds)
    rate = f", {rule.per_second:g}/s" if rule.per_second is not None else ""
    gigabytes = most * _CONCURRENCY * limits.EVENT_MAX_BYTES / 1e9
    return (
        f"{most:,} events per environment{rate}: "
        f"{most * _CONCURRENCY:,} ({gigabytes:,.1f} GB) in {_CONCURRENCY:,} of them"
    )


def _put_result(session: Session, rule: Rule) -> None:
    from hotlog.rules.model import entry_of

    if session.json:
        put_json(entry_of(rule))
    elif not sys.stdout.isatty():
        put(rule.id)


def _changed(rule: Rule, **values: str) -> Rule:
    from dataclasses import replace

    return replace(rule, **values)  # type: ignore[arg-type]  # only text fields are changed here


def _parse_all(rule: Rule) -> None:
    """Refuse expressions that Lambda would refuse, while somebody is there to read why."""
    from hotlog.rules import expression, template

    parts: list[tuple[str, str, Callable[[str], object]]]
    parts = [("message", rule.message, template.parse), ("--if", rule.condition, expression.parse)]
    parts += [(f"--watch {name}", text, expression.parse) for name, text in rule.watch.items()]
    for field, text, parse in parts:
        try:
            if text:
                parse(text)
        except RuleError as fault:
            raise _pointed(field, text, fault) from fault


def _pointed(field: str, text: str, fault: RuleError) -> RuleError:
    """The fault of an expression or template, with a mark below the column it lies at."""
    better = RuleError(fault.code, f"{field}: {fault.message}", column=fault.column)
    if fault.column is not None:
        start = text.rfind("\n", 0, fault.column) + 1
        line = escaped(text[start:].partition("\n")[0])
        better.add_note(f"  {line}\n  {' ' * len(escaped(text[start : fault.column]))}^")
    return better


def _lasting(seconds: int) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
