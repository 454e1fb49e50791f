"""`hotlog add`: check what is asked for against the code that is deployed, show it, store it."""

from __future__ import annotations

import functools
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.cli.options import Command, with_session
from hotlog.cli.parameters import bound, duration, functions, watches
from hotlog.cli.terminal import escaped, put, put_json, say
from hotlog.errors import LocationError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hotlog.cli.aws import Aws
    from hotlog.cli.functions import FunctionName, Recipient
    from hotlog.cli.options import Session
    from hotlog.cli.outlook import Prospect
    from hotlog.cli.plan import Plan
    from hotlog.rules.document import Document
    from hotlog.rules.model import Rule

_ID_ATTEMPTS: Final = 20


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
    dry_run: bool
    wait: bool
    tail: bool


EXAMPLES = """
hotlog add orders app.py:42 'total={total} user={user.id}'
hotlog add orders app.py:42 'total={total}' --if 'total > 100' --for 15m
hotlog add orders app.py:42 --stack 5                   a snapshot: variables and call stack
hotlog add orders shop.pricing:Cart.total 'n={len(self.lines)}'   at the entry of a function
hotlog add orders:prod 'pricing.py:/total =/' --watch n='len(lines)'   by text, in an alias's code
hotlog add 'orders-*' app:handler 'hello'               one rule for each function that has it
hotlog add orders app.py:42 'total={total}' --tail      add, follow, and remove on Ctrl-C
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("function", callback=functions)
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
    default=None,
    metavar="DIR",
    help="Root of the function's code on this machine. Default: the code that is deployed; with --local, this directory.",
)
@click.option("--dry-run", is_flag=True, help="Check and show, store nothing.")
@click.option("--wait", is_flag=True, help="Return when an environment has the rule.")
@click.option("--tail", is_flag=True, help="Wait, follow what it logs, remove it on Ctrl-C.")
@with_session
def add(
    session: Session,
    function: FunctionName,
    target: str,
    message: str,
    source: Path | None,
    **wishes: Unpack[Wishes],
) -> None:
    """Add a log line or a snapshot to a running function.

    FUNCTION is a name, an ARN, NAME:ALIAS, NAME:VERSION or a pattern. TARGET is FILE:LINE, MODULE:FUNCTION or
    FILE:/TEXT/; the probe fires before the statement there. MESSAGE is text with {expression} holes; without one, the
    variables are captured. In a pipe, stdout is the rule's id, for a pattern that of the group; with --wait and --tail,
    events follow. With --json: the rule as it is stored, for a pattern a list of objects with the keys function and
    rule; then each event as one line.
    """
    # Loaded here: `hotlog add --help` and wrong usage need none of it.
    from hotlog.cli.outlook import prospect
    from hotlog.cli.plan import rule_of
    from hotlog.rules.model import new_id

    if (wishes["wait"] or wishes["tail"]) and (function.is_pattern or wishes["dry_run"]):
        raise click.UsageError("--wait and --tail follow a rule of one function that is stored.")
    if function.is_pattern and not wishes["group"]:
        wishes["group"] = new_id()
    rule = rule_of(target, message, wishes)
    aws = session.aws()
    plans = list(_plans(rule, _recipients(session, function, aws, source), aws, source, function))
    # All that takes time comes before a rule is stored: whoever interrupts leaves none behind.
    prospects = [prospect(session, aws, plan) for plan in plans]
    after = _afterwards(session, wishes)
    done = [plan.rule for plan in plans] if wishes["dry_run"] else list(_store_all(session, plans, wishes))
    with after.around(plans[0].recipient.name, done[0]):
        _show(session, prospects, done, dry_run=wishes["dry_run"])
        _put_result(session, function, plans, done)
        after.run(plans[0].recipient.name, done[0])


class _Afterwards(NamedTuple):
    """What `--wait` or `--tail` do once a rule is stored."""

    around: Callable[[str, Rule], AbstractContextManager[None]]
    run: Callable[[str, Rule], None]


def _afterwards(session: Session, wishes: Wishes) -> _Afterwards:
    if not (wishes["wait"] or wishes["tail"]):
        return _Afterwards(lambda _function, _rule: nullcontext(), lambda _function, _rule: None)
    from hotlog.cli import waiting

    if wishes["tail"]:
        around, run = waiting.taken_along, waiting.watch
    else:
        around, run = waiting.kept, waiting.wait
    return _Afterwards(functools.partial(around, session), functools.partial(run, session))


def _recipients(
    session: Session, function: FunctionName, aws: Aws | None, source: Path | None
) -> list[Recipient]:
    from hotlog.cli.functions import local_recipients, recipients

    if aws is None:
        return local_recipients(session, function)
    return recipients(aws, function, may_be_unknown=source is not None)


def _plans(
    rule: Rule, those: list[Recipient], aws: Aws | None, source: Path | None, function: FunctionName
) -> Iterator[Plan]:
    """Check the rule against the code of each function; of a pattern's, those without such code are left out.

    Raises:
        HotlogError: whatever is wrong with the rule, or a pattern of whose functions none has the target.
    """
    from hotlog.cli.plan import planned

    found = 0
    for recipient in those:
        try:
            yield planned(rule, recipient, aws, source)
            found += 1
        except (LocationError, StoreError) as fault:
            if not function.is_pattern:
                raise
            say(click.style(f"{recipient.name}: left out: {escaped(fault.message)}", dim=True))
    if not found:
        raise LocationError(
            "no-such-file", f"none of the functions that match {function.name!r} has {rule.at}."
        )


def _store_all(session: Session, plans: list[Plan], wishes: Wishes) -> Iterator[Rule]:
    """Store the rule of each plan; return it as it is stored."""
    done: list[str] = []
    for plan in plans:
        name = plan.recipient.name
        try:
            rule, document = stored(session, name, plan.rule, keep_id=bool(wishes["rule_id"]))
        except StoreError as fault:
            if done:
                fault.add_note(f"  It was added to {', '.join(done)}. Take it away again with:")
                fault.add_note(f"  {session.command('rm', '--group', plan.rule.group)}")
            raise
        if document.paused:
            _warn(f"the rules of {name} are paused. Go on with: {session.command('resume', name)}")
        done.append(name)
        yield rule


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
    rule = replace(rule, by=caller(session))
    for _ in range(_ID_ATTEMPTS):
        try:
            return rule, store.update(function, functools.partial(with_rule, rule=rule))
        except StoreError as fault:
            if keep_id or fault.code != "duplicate-id":
                raise
            rule = replace(rule, id=new_id())
    raise StoreError("duplicate-id", "no free id was found: choose one with --id.")


# --- what is shown -------------------------------------------------------------------------------------------------


def _show(session: Session, prospects: list[Prospect], done: list[Rule], *, dry_run: bool) -> None:
    """Show where each rule goes, what it may cost, and what may be otherwise than the person thinks."""
    from hotlog.cli.outlook import code_shown, summary

    shown: list[str] = []
    for prospect, rule in zip(prospects, done, strict=True):
        lines = code_shown(prospect.plan)
        if lines != shown:  # functions of one pattern often share their code
            for line in (*lines, ""):
                say(line)
        shown = lines
        for line in summary(session, prospect, rule, dry_run=dry_run):
            say(line)
        for warning in (*prospect.plan.warnings, *prospect.in_the_way):
            _warn(warning)
    if len(done) > 1:
        group = click.style(session.command("rm", "--group", done[0].group), bold=True)
        say(f"{len(done)} functions {'would have' if dry_run else 'have'} the rule. Remove all: {group}")


def _warn(sentence: str) -> None:
    say(click.style("warning:", fg="yellow") + f" {escaped(sentence)}")


def _put_result(session: Session, function: FunctionName, plans: list[Plan], done: list[Rule]) -> None:
    from hotlog.rules.model import entry_of

    if session.json and function.is_pattern:
        pairs = zip(plans, done, strict=True)
        put_json([{"function": plan.recipient.name, "rule": entry_of(rule)} for plan, rule in pairs])
    elif session.json:
        put_json(entry_of(done[0]))
    elif not sys.stdout.isatty():
        put(done[0].group if function.is_pattern else done[0].id)
