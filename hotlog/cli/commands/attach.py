"""`hotlog attach | detach`: put the layer on a function, and take it off again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import latest_argument, parse_refresh
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client.attaching import permissions
from hotlog.client.attaching.snippets import TOOLS, snippet
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.attaching.attach import AttachReport
    from hotlog.client.client import Client

ATTACH_EXAMPLES = """
hotlog attach orders --dry-run
hotlog attach orders
hotlog attach orders --verify             see that it starts, else take hotlog off
hotlog attach orders --layer arn:aws:lambda:eu-west-1:123456789012:layer:hotlog:3
hotlog attach orders --snippet sam        what to put into its template instead
"""

_RESTARTS: Final = (
    "An update of the configuration starts every environment anew: the next invocations are cold, and what only warm "
    "environments show is gone. Attach before the trouble."
)


@click.command(cls=Command, examples=ATTACH_EXAMPLES)
@latest_argument
@click.option(
    "--layer", "arn", default="", metavar="ARN", help="Version of the layer; default: this hotlog's own."
)
@click.option("--chain", is_flag=True, help="Also where there is an exec wrapper: hotlog's hands over to it.")
@click.option(
    "--upgrade",
    is_flag=True,
    help="Also where another version of the layer is there that somebody else has put on.",
)
@click.option(
    "--verify",
    "verifies",
    is_flag=True,
    help="See that the function starts, without running its handler; put everything back where it does not.",
)
@click.option(
    "--refresh",
    default="",
    callback=parse_refresh,
    metavar="POLICY",
    help="How often it reads its rules: each, auto, background or seconds. What somebody else has set stays.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--snippet",
    "tool",
    type=click.Choice(list(TOOLS)),
    help="Print what to put into the function's template instead.",
)
@with_client
def attach(  # noqa: PLR0913  # each option is one
    client: Client,
    function: FunctionName,
    *,
    arn: str,
    chain: bool,
    upgrade: bool,
    verifies: bool,
    refresh: str,
    dry_run: bool,
    tool: str | None,
) -> None:
    """Put hotlog on a function, without a change of its code: a layer, and a variable that starts it.

    Everything that is there stays: other layers in their order, other variables. Attaching twice is attaching once, and
    `detach` takes away exactly what was added. Every environment of the function starts anew.

    Without --layer the account's layer `hotlog` is taken, in the version that was built from this hotlog; where there
    is none, it is published first.

    With --verify one invocation is sent, which hotlog answers in place of the handler; where it may not be sent, or
    could reach the handler, the log is watched for the next start. Exit code 0: a good start was seen. 1: the function
    does not start, and has its old configuration again (`start-failed` and others); or no start was seen, and hotlog stays
    on it (`not-verified`).

    With --json: an object with the keys function, dry_run, changed, layer, set, added, removed, notes, policy, missing;
    after --verify also verify, with the keys outcome, by, start, code, reason, seconds, restored.
    """
    from hotlog.client.attaching import attach as attaching
    from hotlog.client.attaching.verify_start import describe

    if verifies and tool is not None:
        raise click.UsageError("--snippet changes nothing, so there is nothing to --verify.")
    options = attaching.AttachOptions(arn, chain, upgrade, verifies, refresh)
    plan = attaching.plan_attach(client.desk, function, options, publish=not (dry_run or tool is not None))
    report = plan.report
    if tool is not None:
        layer = attaching.require_published(report)
        put(snippet(tool, layer, report.needed_variables, list(report.needed)))
        return
    if dry_run:
        report = attaching.note_verification(client.desk, plan) if verifies else report
        _tell(report, dry_run=True, nothing="is attached already")
        return
    report = attaching.do_attach(client.desk, plan)
    if not verifies:
        _tell(report, dry_run=False, nothing="is attached already")
        return
    if not wants_json():
        _tell(report, dry_run=False, nothing="is attached already, and starts anew")
    report = attaching.verify_attach(client.desk, plan, report)
    if wants_json():
        _tell(report, dry_run=False, nothing="")
    if report.verified is not None:
        for sentence in describe(report.before.name, report.verified):
            say(escape(sentence))
        if report.verified.error is not None:
            raise report.verified.error


@click.command(cls=Command, examples="hotlog detach orders --dry-run\nhotlog detach orders")
@latest_argument
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@with_client
def detach(client: Client, function: FunctionName, dry_run: bool) -> None:
    """Take hotlog off a function: exactly what `attach` has added.

    Every environment of the function starts anew. Its rules stay where they are: `hotlog clear` removes them.

    With --json: an object with the keys function, dry_run, changed, layer, set, added, removed, notes, policy, missing.
    """
    from hotlog.client.attaching.attach import detach as take_off

    report = take_off(client.desk, function, dry_run=dry_run)
    _tell(report, dry_run=dry_run, nothing="has nothing of hotlog's `attach` on it")


def _tell(report: AttachReport, *, dry_run: bool, nothing: str) -> None:
    name, changes = report.before.name, report.changes
    if wants_json():
        put_json(_as_json(report, dry_run=dry_run))
        return
    if not changes:
        say(f"{name} {nothing}.")
    else:
        say(f"{name} would change so:" if dry_run else f"{name} has changed so, and the update is done:")
    for change in changes:
        value = f" = {change.value}" if change.value else ""
        put(escape(f"  {change.sign} {change.what} {change.name}{value}"))
    if changes:
        say(_RESTARTS)
    for note in report.notes:
        say(f"{note.code}: {note.text}")
    _tell_policy(report)


def _tell_policy(report: AttachReport) -> None:
    from hotlog.client.attaching.preflight import grant_command

    if report.missing == ():
        return
    open_question = report.missing is None
    statements = list(report.needed if report.missing is None else report.missing)
    role = report.before.role
    say(
        f"Whether {role} may read its rules could not be checked. It needs:"
        if open_question
        else f"Missing: {role} may not read its rules yet. Allow it with:"
    )
    say(f"  {escape(grant_command(report.before.role, statements))}")


def _as_json(report: AttachReport, *, dry_run: bool) -> dict[str, object]:
    changes = report.changes
    verified = {} if report.verified is None else {"verify": report.verified.document()}
    return {
        "function": report.before.name,
        "dry_run": dry_run,
        "changed": bool(changes),
        "layer": report.layer,
        "set": report.variables,
        "added": [change.name for change in changes if change.sign == "+"],
        "removed": [change.name for change in changes if change.sign == "-"],
        "notes": [note._asdict() for note in report.notes],
        "policy": permissions.policy_of(list(report.needed)),
        "missing": None if report.missing is None else [statement.document() for statement in report.missing],
        **verified,
    }
