"""`hotlog attach | detach`: put the layer on a function, and take it off again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.fleet import functions_argument, want, yes_option
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import parse_refresh
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.cli.showing.attach_many import attach_many, detach_many
from hotlog.client.attaching import permissions
from hotlog.client.attaching.snippets import TOOLS, snippet
from hotlog.client.words import escape
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.attaching.attach import AttachOptions, AttachReport
    from hotlog.client.client import Client
    from hotlog.client.fleet.selection import Selection

EXITS: Final = {  # what 0, 1 and 2 say
    "attach": (
        "attached, also where it was already; with `--verify`, a good start was seen",
        "AWS or the function says no; `--verify`: no good start was seen",
        "`--snippet`: there is no layer yet",
    ),
    "detach": ("nothing of `attach` is on it", "AWS says no; somebody else has attached it", ""),
}

ATTACH_EXAMPLES = """
hotlog attach orders --dry-run
hotlog attach orders
hotlog attach orders --verify             see that it starts, else take hotlog off
hotlog attach orders --layer arn:aws:lambda:eu-west-1:123456789012:layer:hotlog:3
hotlog attach 'orders-*' --dry-run        what it would do, how many would be left out, and why
hotlog attach orders:prod --publish       a version with hotlog, which the alias serves
hotlog attach orders --snippet sam        what to put into its template instead
"""

_RESTARTS: Final = (
    "An update of the configuration starts every environment anew: the next invocations are cold, and what only warm "
    "environments show is gone. Attach before the trouble."
)


@click.command(cls=Command, examples=ATTACH_EXAMPLES)
@functions_argument
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
@click.option(
    "--publish",
    "publishes",
    is_flag=True,
    help="Of NAME:ALIAS: publish a version with hotlog, see it start, and let the alias serve it.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--snippet",
    "tool",
    type=click.Choice(list(TOOLS)),
    help="Print what to put into the function's template instead.",
)
@click.option(
    "--list",
    "listed",
    type=click.Choice(["cannot", "permission"]),
    help="Of many functions: those that cannot have it, or the statements that roles lack. Changes nothing.",
)
@yes_option
@with_client
def attach(  # noqa: PLR0913  # each option is one
    client: Client,
    functions: tuple[FunctionName, ...],
    tags: tuple[str, ...],
    *,
    arn: str,
    chain: bool,
    upgrade: bool,
    verifies: bool,
    refresh: str,
    publishes: bool,
    dry_run: bool,
    tool: str | None,
    listed: str | None,
    yes: bool,
) -> None:
    """Put hotlog on a function, or on many, without a change of its code: a layer, and a variable that starts it.

    Everything that is there stays: other layers in their order, other variables. Attaching twice is attaching once, and
    `detach` takes away exactly what was added. Every environment of the function starts anew.

    Without --layer the account's layer `hotlog` is taken, in the version that was built from this hotlog; where there
    is none, it is published first.

    With --verify one invocation is sent, which hotlog answers in place of the handler; where it may not be sent, or
    could reach the handler, the log is watched for the next start. Exit code 0: a good start was seen. 1: the function
    does not start, and has its old configuration again (`start-failed` and others); or no start was seen, and hotlog stays
    on it (`not-verified`).

    A published version keeps its configuration: NAME:ALIAS --publish attaches, publishes a version that differs in nothing but hotlog,
    and moves the alias; it is refused where the alias shifts traffic (`weighted-alias`), where a deployment owns it (`deployment-owned`),
    and where $LATEST holds what was never released (`unreleased-code`). `detach NAME:ALIAS` moves it back.

    Of many functions (names, a pattern, --tag, or - for a list on stdin) one is attached and verified first, then the others; what
    is attached already stays, so the same command goes on where it was interrupted. They read by the policy `auto`.

    With --json: an object with the keys function, dry_run, changed, layer, set, added, removed, notes, policy, missing;
    after --verify also verify, with the keys outcome, by, start, code, reason, seconds, restored. Of many functions a list of
    objects with the keys function, state (done, already or failed), code and reason; with --dry-run an object with the keys
    layers, would, have, cannot, lacking and reads.
    """
    from hotlog.client.attaching.attach import AttachOptions

    options = AttachOptions(arn, chain, upgrade, verifies, refresh)
    wanted = want(functions, tags)
    if verifies and tool is not None:
        raise click.UsageError("--snippet changes nothing, so there is nothing to --verify.")
    if publishes:
        if tool is not None or listed is not None:
            raise click.UsageError("--snippet and --list change nothing, so there is nothing to --publish.")
        _attach_alias(client, wanted, options, dry_run=dry_run)
        return
    if wanted.one is not None:
        if listed is not None:
            raise click.UsageError("--list is for many functions.")
        _attach_one(client, wanted.one, options, dry_run=dry_run, tool=tool)
        return
    if tool is not None or verifies:
        raise click.UsageError("--snippet and --verify are for one function; of many the first is verified.")
    attach_many(client, wanted, options, dry_run=dry_run, listed=listed, yes=yes)


def _is_alias(function: FunctionName) -> bool:
    return (
        bool(function.qualifier)
        and not function.qualifier.lstrip("$").isdigit()
        and function.qualifier != "$LATEST"
    )


def _attach_alias(client: Client, wanted: Selection, options: AttachOptions, *, dry_run: bool) -> None:
    """Attach `$LATEST`, publish it and move the alias, or leave all as it was."""
    from hotlog.client.attaching import alias as aliases
    from hotlog.client.attaching import attach as attaching

    function = wanted.one
    if function is None or not _is_alias(function):
        raise click.UsageError("--publish is for an alias: write NAME:ALIAS.")
    name, served = f"{function.name}:{function.qualifier}", aliases.check_alias(client.desk, function)
    latest = function._replace(qualifier="")
    plan = attaching.plan_attach(client.desk, latest, options._replace(verify=True), publish=not dry_run)
    notes = [note for note in plan.report.notes if note.code != "published-versions"]  # one is published here
    report = plan.report._replace(notes=tuple(notes))
    moved = aliases.MovedAlias(function.qualifier, served.version, served.version)
    if aliases.serves_already(client.desk, served, report.layer, options):
        report = report._replace(after=report.before.wiring)
        said = f"{name} serves version {served.version}, which has hotlog already."
    elif dry_run:
        moved = moved._replace(after="")
        _tell_changes(report, dry_run=True)
        said = (
            f"{name} would serve a new version, which is {served.version} with hotlog. Nothing was changed."
        )
    else:
        report = attaching.do_attach(client.desk, plan._replace(report=report))
        _tell_changes(report, dry_run=False)
        report = attaching.verify_attach(client.desk, plan, report)
        if report.verified is not None and report.verified.error is not None:
            raise report.verified.error
        try:
            moved = aliases.publish_and_move(client.desk, function, served)
        except HotlogError as fault:
            off = client.desk.options.command("detach", function.name)
            fault.add_note(
                f"$LATEST has hotlog, and {name} serves what it did: run this again, or `{off}` takes it off."
            )
            raise
        undo = client.desk.options.command("detach", name)
        said = f"{name} serves version {moved.after}, which is {moved.before} with hotlog. Back: {undo}"
    say(said)
    if wants_json():
        put_json({**_as_json(report, dry_run=dry_run), "alias": moved._asdict()})


def _tell_changes(report: AttachReport, *, dry_run: bool) -> None:
    if not wants_json():
        _tell(report, dry_run=dry_run, nothing="is attached already")


def _move_back(client: Client, function: FunctionName, *, dry_run: bool) -> FunctionName:
    """Let an alias serve what it served before hotlog; return the function, whose `$LATEST` is to be detached."""
    from hotlog.client.attaching.alias import move_back

    if not _is_alias(function):
        return function
    name = f"{function.name}:{function.qualifier}"
    moved = move_back(client.desk, function, dry_run=dry_run)
    if moved is None:
        raise click.UsageError(
            f"{name} serves no version that `hotlog attach --publish` has made, and published versions keep "
            f"the configuration they were published with: give {function.name} alone."
        )
    say(f"{name} {'would serve' if dry_run else 'serves'} version {moved.after} again, as before hotlog.")
    return function._replace(qualifier="")


def _attach_one(
    client: Client, function: FunctionName, options: AttachOptions, *, dry_run: bool, tool: str | None
) -> None:
    from hotlog.client.attaching import attach as attaching
    from hotlog.client.attaching.verify_start import describe

    plan = attaching.plan_attach(client.desk, function, options, publish=not (dry_run or tool is not None))
    report = plan.report
    if tool is not None:
        layer = attaching.require_published(report)
        put(snippet(tool, layer, report.needed_variables, list(report.needed)))
        return
    if dry_run:
        report = attaching.note_verification(client.desk, plan) if options.verify else report
        _tell(report, dry_run=True, nothing="is attached already")
        return
    report = attaching.do_attach(client.desk, plan)
    if not options.verify:
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


@click.command(
    cls=Command,
    examples="hotlog detach orders --dry-run\nhotlog detach orders\nhotlog detach 'orders-*' --yes",
)
@functions_argument
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@yes_option
@with_client
def detach(
    client: Client, functions: tuple[FunctionName, ...], tags: tuple[str, ...], *, dry_run: bool, yes: bool
) -> None:
    """Take hotlog off a function, or off many: exactly what `attach` has added.

    Every environment of the function starts anew. Its rules stay where they are: `hotlog clear` removes them.

    With --json: an object with the keys function, dry_run, changed, layer, set, added, removed, notes, policy, missing; of many
    functions a list as of `hotlog attach`.
    """
    from hotlog.client.attaching.attach import detach as take_off

    wanted = want(functions, tags)
    if wanted.one is None:
        detach_many(client, wanted, dry_run=dry_run, yes=yes)
        return
    function = _move_back(client, wanted.one, dry_run=dry_run)
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
