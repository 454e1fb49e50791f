"""`hotlog add`: a rule, checked against the code that is deployed, shown, stored, followed."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.cli.adding.kind_options import WITHOUT_TARGET, kind_options
from hotlog.cli.arguments.options import Command, advanced_option, capture_options, utc_option, with_client
from hotlog.cli.arguments.parameters import (
    UNSET,
    Share,
    make_bound_parser,
    parse_duration,
    parse_functions,
    parse_watches,
    source_option,
)
from hotlog.cli.arguments.suggestions import suggest_functions
from hotlog.client import desk_limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
    from hotlog.rules.model import Rule

EXITS: Final = {  # what 0, 1 and 2 say
    "add": (
        "stored; with `--dry-run`, it could be; with `--wait`, an environment has it",
        "no such place in the code, or not stored; `--wait`: no environment has it",
        "the rule has faults",
    ),
}


class RuleOptions(TypedDict):
    """The options of `add`, as click hands them over."""

    condition: str
    watch: dict[str, str]
    snapshot: bool
    stack: int
    depth: int | None
    items: int | None
    chars: int | None
    after: bool
    limit: object
    per_second: object
    sample: float
    environments: str | None
    for_s: int
    rule_id: str
    note: str
    group: str
    properties: bool
    unanchored: bool
    kind: dict[str, Any]
    dry_run: bool
    wait: bool
    tail: bool


EXAMPLES = """
hotlog add orders app.py:42 'total={total} user={user.id}'
hotlog add orders app.py:42 'total={total}' --if 'total > 100' --for 15m
hotlog add orders app.py:42 'total={total}' --after     what line 42 has made of it
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


@click.command(
    cls=Command, examples=EXAMPLES, daily=("condition", "snapshot", "on_error", "for_s", "tail", "dry_run")
)
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
@capture_options
@click.option(
    "--after", is_flag=True, help="Behind the statement, not before it: shows what it has assigned."
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
    type=Share(),
    default=1.0,
    metavar="SHARE",
    help="Share of the requests that log.",
)
@click.option(
    "--environments",
    metavar="N|SHARE",
    help="Of a fleet only so many environments, about: 5, or 1%. Default all.",
)
@click.option(
    "--for",
    "for_s",
    callback=parse_duration,
    default=f"{desk_limits.EXPIRY_DEFAULT_S}s",
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
@utc_option
@with_client
@advanced_option
def add(
    client: Client,
    function: FunctionName | None,
    target: str | None,
    message: str,
    source: Path | None,
    **chosen: Unpack[RuleOptions],
) -> None:
    """Add a log line, a snapshot, or another kind of rule to a running function.

    FUNCTION is a name, an ARN, NAME:ALIAS, NAME:VERSION or a pattern. TARGET is FILE:LINE, MODULE:FUNCTION or
    FILE:/TEXT/; a symbol, the end of a path, a line of a traceback or all of it will do where one place fits. The probe
    fires before the statement there, with --after behind it. MESSAGE is text with {expression} holes; without one, the
    variables are captured. Without TARGET, on a terminal, asks step by step. In a pipe, stdout is the rule's id, for a
    pattern that of the group; with --wait and --tail, events follow. With --json: the rule as it is stored, for a
    pattern a list of objects with the keys function and rule; then each event as one line.
    """
    # Loaded here: `hotlog add --help` and wrong usage need none of it.
    from hotlog.cli.adding.summary import ADDED, WOULD_BE, report_rules
    from hotlog.client.adding.check import check_rules
    from hotlog.client.adding.request import make_request
    from hotlog.rules.model import new_id

    if function is not None and target is None and chosen["kind"].get("kind") in WITHOUT_TARGET:
        target = ""
    if function is None or target is None:
        function, target, message = _ask(client, function, source, chosen)
    if (chosen["wait"] or chosen["tail"]) and (function.is_pattern or chosen["dry_run"]):
        raise click.UsageError("--wait and --tail follow a rule of one function that is stored.")
    if function.is_pattern and not chosen["group"]:
        chosen["group"] = new_id()
    request = make_request(fields_of(target, message, chosen))
    several = function.is_pattern
    checked = check_rules(client.desk, function, [request], source)
    if chosen["dry_run"]:
        seen = client.foresee(checked, keep_ids=bool(chosen["rule_id"]))
        report_rules(client.desk.options, seen.rules, head=WOULD_BE, several=several, paused=seen.paused)
        return
    after = _afterwards(client, chosen)
    done = client.store(checked, keep_ids=bool(chosen["rule_id"]))
    name, rule = done.rules[0].recipient.name, done.rules[0].rule
    with after.around(name, rule):
        report_rules(client.desk.options, done.rules, head=ADDED, several=several, paused=done.paused)
        after.run(name, rule)


def fields_of(target: str, message: str, chosen: RuleOptions) -> dict[str, Any]:
    """Return the fields of the rule that the options describe."""
    given: dict[str, Any] = {**chosen}
    own = given["kind"]
    fields = {name: given[name] for name in _FIELDS} | {"at": target, "message": message, **own}
    fields["snapshot"] = given["snapshot"] or not (message or "kind" in own)
    fields |= {name: given[name] for name in ("limit", "per_second") if given[name] is not UNSET}
    fields |= {name: given[name] for name in ("depth", "items", "chars") if given[name] is not None}
    fields |= {"id": given["rule_id"]} if given["rule_id"] else {}
    return fields | ({"environments": given["environments"]} if given["environments"] is not None else {})


_FIELDS: Final = (
    "condition", "watch", "stack", "after", "sample", "group", "properties", "unanchored", "note", "for_s",
)  # fmt: skip


def _ask(
    client: Client, function: FunctionName | None, source: Path | None, chosen: RuleOptions
) -> tuple[FunctionName, str, str]:
    """Ask the person at the terminal for what the command line leaves out.

    Raises:
        click.UsageError: nobody is there.
    """
    from hotlog.cli.adding.ask import ask, can_ask

    if not can_ask():
        raise click.UsageError(f"Missing argument '{'TARGET' if function else 'FUNCTION'}'.")
    answers = ask(client, function, source, fields_of("", "", chosen))
    chosen["condition"], chosen["for_s"] = answers.condition, answers.for_s
    return answers.function, answers.target, answers.message


class _Afterwards(NamedTuple):
    """What `--wait` or `--tail` do once a rule is stored."""

    around: Callable[[str, Rule], AbstractContextManager[None]]
    run: Callable[[str, Rule], None]


def _afterwards(client: Client, chosen: RuleOptions) -> _Afterwards:
    if not (chosen["wait"] or chosen["tail"]):
        return _Afterwards(lambda _function, _rule: nullcontext(), lambda _function, _rule: None)
    from hotlog.cli.adding import waiting

    if chosen["tail"]:
        around, run = waiting.remove_rule_afterwards, waiting.watch
    else:
        around, run = waiting.keep_rule, waiting.wait
    return _Afterwards(functools.partial(around, client), functools.partial(run, client))
