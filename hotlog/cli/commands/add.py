"""`hotlog add`: check what is asked for against the code that is deployed, show it, store it."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.cli.adding.kind_options import WITHOUT_TARGET, kind_options
from hotlog.cli.arguments.options import Command, advanced_option, with_options
from hotlog.cli.arguments.parameters import (
    make_bound_parser,
    parse_duration,
    parse_functions,
    parse_watches,
    source_option,
)
from hotlog.cli.arguments.suggestions import suggest_functions

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hotlog.cli.adding.ask import Answers
    from hotlog.client.account.functions import FunctionName
    from hotlog.client.options import Options
    from hotlog.rules.model import Rule


class RuleOptions(TypedDict):
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
    kind: dict[str, Any]
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
hotlog add orders pricing:charge --call --if '@duration_ms > 200'   slow calls
hotlog add orders --on-error                            why the handler fails
hotlog add orders --on-timeout 500ms                    where it is stuck at a time-out
hotlog add orders pricing:charge --trace                one call, line by line
hotlog add orders app.py:42 --metric 'OrderTotal=total' --dimension coupon=coupon
"""


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("function", callback=parse_functions, required=False, shell_complete=suggest_functions)
@click.argument("target", required=False)
@click.argument("message", default="")
@kind_options
@click.option("--if", "condition", default="", metavar="EXPRESSION", help="Only where it is true.")
@click.option(
    "--watch",
    multiple=True,
    callback=parse_watches,
    metavar="NAME=EXPRESSION",
    help="Value to add; repeatable.",
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
    callback=make_bound_parser(int),
    metavar="N",
    help=f"Events per environment, or none. Default {limits.LOG_MAX_EVENTS}, snapshots {limits.SNAPSHOT_MAX_EVENTS}.",
)
@click.option(
    "--rate",
    "per_second",
    callback=make_bound_parser(float),
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
    callback=parse_duration,
    default=f"{limits.EXPIRY_DEFAULT_S}s",
    metavar="TIME",
    help="How long the rule lives: 30m, 2h, at most 7d. Default 1h.",
)
@click.option("--id", "rule_id", default="", metavar="ID", help="Choose the rule's id.")
@click.option("--note", default="", metavar="TEXT", help="Why; shown by `hotlog show`.")
@click.option("--group", default="", metavar="NAME", help="Ties rules together, for `hotlog rm --group`.")
@click.option("--properties", is_flag=True, help="May call properties of your objects.")
@source_option
@click.option(
    "--unanchored",
    is_flag=True,
    help="For code without source: store it unchecked, and install it all the same.",
)
@click.option("--dry-run", is_flag=True, help="Check and show, store nothing.")
@click.option("--wait", is_flag=True, help="Return when an environment has the rule.")
@click.option("--tail", is_flag=True, help="Wait, follow what it logs, remove it on Ctrl-C.")
@with_options
@advanced_option
def add(
    session: Options,
    function: FunctionName | None,
    target: str | None,
    message: str,
    source: Path | None,
    **wishes: Unpack[RuleOptions],
) -> None:
    """Add a log line, a snapshot, or another kind of rule to a running function.

    FUNCTION is a name, an ARN, NAME:ALIAS, NAME:VERSION or a pattern. TARGET is FILE:LINE, MODULE:FUNCTION or
    FILE:/TEXT/; the probe fires before the statement there. MESSAGE is text with {expression} holes; without one, the
    variables are captured. Without TARGET, on a terminal, asks step by step. In a pipe, stdout is the rule's id, for a
    pattern that of the group; with --wait and --tail, events follow. With --json: the rule as it is stored, for a
    pattern a list of objects with the keys function and rule; then each event as one line.
    """
    # Loaded here: `hotlog add --help` and wrong usage need none of it.
    from hotlog.client.adding import deploy
    from hotlog.client.adding.check import rule_of
    from hotlog.rules.model import new_id

    if function is not None and target is None and wishes["kind"].get("kind") in WITHOUT_TARGET:
        target = ""
    if function is None or target is None:
        function, target, message, wishes["condition"], wishes["for_s"] = _asked(
            session, function, source, wishes
        )
    if (wishes["wait"] or wishes["tail"]) and (function.is_pattern or wishes["dry_run"]):
        raise click.UsageError("--wait and --tail follow a rule of one function that is stored.")
    if function.is_pattern and not wishes["group"]:
        wishes["group"] = new_id()
    rule = rule_of(target, message, wishes)
    prospects = deploy.check_rules(session, function, [rule], source)
    after = _afterwards(session, wishes)
    if wishes["dry_run"]:
        done = [prospect.plan.rule for prospect in prospects]
    else:
        done = deploy.store_rules(session, prospects, keep_ids=bool(wishes["rule_id"]))
    name = prospects[0].plan.recipient.name
    with after.around(name, done[0]):
        deploy.print_summary(
            session, prospects, done, head="would be added to" if wishes["dry_run"] else "added to"
        )
        deploy.put_rules(session, prospects, done, several=function.is_pattern)
        after.run(name, done[0])


def _asked(
    session: Options, function: FunctionName | None, source: Path | None, wishes: RuleOptions
) -> Answers:
    """Ask the person at the terminal for what the command line leaves out.

    Raises:
        click.UsageError: nobody is there.
    """
    from hotlog.cli.adding.ask import ask, can_ask

    if not can_ask():
        raise click.UsageError(f"Missing argument '{'TARGET' if function else 'FUNCTION'}'.")
    return ask(session, function, source, wishes)


class _Afterwards(NamedTuple):
    """What `--wait` or `--tail` do once a rule is stored."""

    around: Callable[[str, Rule], AbstractContextManager[None]]
    run: Callable[[str, Rule], None]


def _afterwards(session: Options, wishes: RuleOptions) -> _Afterwards:
    if not (wishes["wait"] or wishes["tail"]):
        return _Afterwards(lambda _function, _rule: nullcontext(), lambda _function, _rule: None)
    from hotlog.cli.adding import waiting

    if wishes["tail"]:
        around, run = waiting.remove_rule_afterwards, waiting.watch
    else:
        around, run = waiting.keep_rule, waiting.wait
    return _Afterwards(functools.partial(around, session), functools.partial(run, session))
