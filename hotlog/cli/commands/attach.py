"""`hotlog attach | detach`: put the layer on a function, and take it off again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import click

from hotlog.addresses import DEFAULT_STORE, STORES
from hotlog.cli.arguments.options import Command, with_options
from hotlog.cli.arguments.parameters import qualified_argument
from hotlog.cli.shell.terminal import escape, put, put_json, say
from hotlog.client.attaching import attachment, permissions
from hotlog.client.attaching.layer_versions import LAYER_NAME, RUNTIMES, publish_layer
from hotlog.client.attaching.snippets import TOOLS, snippet
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from hotlog.client.account.aws import Aws
    from hotlog.client.account.functions import FunctionName
    from hotlog.client.attaching.attachment import Wiring, WiringChange
    from hotlog.client.attaching.lambda_configuration import Configuration
    from hotlog.client.attaching.permissions import Statement
    from hotlog.client.attaching.preflight import Note
    from hotlog.client.attaching.verify_start import Verified
    from hotlog.client.options import Options

ATTACH_EXAMPLES = """
hotlog attach orders --dry-run
hotlog attach orders
hotlog attach orders --verify             see that it starts, else take hotlog off
hotlog attach orders --layer arn:aws:lambda:eu-west-1:123456789012:layer:hotlog:3
hotlog attach orders --snippet sam        what to put into its template instead
"""
UNPUBLISHED: Final = "(a new version of the layer hotlog)"  # in a dry run

_RESTARTS: Final = (
    "An update of the configuration starts every environment anew: the next invocations are cold, and what only warm "
    "environments show is gone. Attach before the trouble."
)


class Report(NamedTuple):
    """What an attach or a detach did, or would do.

    Attributes:
        before: the function as it was.
        after: its wiring then.
        layer: ARN of the layer version.
        notes: what to know about it.
        needed: what the function's role needs.
        missing: what of it the role has not; None: IAM does not say.
        verified: how the function started with it; None: nobody asked.
    """

    before: Configuration
    after: Wiring
    layer: str = ""
    notes: tuple[Note, ...] = ()
    needed: tuple[Statement, ...] = ()
    missing: tuple[Statement, ...] | None = ()
    verified: Verified | None = None

    @property
    def changes(self) -> list[WiringChange]:
        """Return what is different afterwards."""
        return attachment.list_changes(self.before.wiring, self.after)


@click.command(cls=Command, examples=ATTACH_EXAMPLES)
@qualified_argument
@click.option(
    "--layer", "arn", default="", metavar="ARN", help="Version of the layer; default: this hotlog's own."
)
@click.option("--chain", is_flag=True, help="Also where there is an exec wrapper: hotlog's hands over to it.")
@click.option(
    "--verify",
    "verifies",
    is_flag=True,
    help="See that the function starts, without running its handler; put everything back where it does not.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--snippet",
    "tool",
    type=click.Choice(list(TOOLS)),
    help="Print what to put into the function's template instead.",
)
@with_options
def attach(
    session: Options,
    function: FunctionName,
    arn: str,
    chain: bool,
    verifies: bool,
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
    from hotlog.client.account.aws import Aws
    from hotlog.client.attaching import lambda_configuration, preflight, verify_start

    if verifies and tool is not None:
        raise click.UsageError("--snippet changes nothing, so there is nothing to --verify.")
    name, store = _latest(function), _store_of(session)
    token = verify_start.new_token() if verifies else ""
    aws = Aws(session)
    before = lambda_configuration.read(aws, name)
    _check_suits(before)
    changes_nothing = dry_run or tool is not None
    layer = arn or _own_layer(session, aws, before, publish=not changes_nothing)

    def wanted(configuration: Configuration) -> Wiring:
        word = verify_start.word_of(token) if token else ""
        return attachment.attach_layer(configuration.wiring, layer, store=store, chain=chain, verify=word)

    wiring = wanted(before)
    notes = preflight.collect_notes(aws, before, layer if layer != UNPUBLISHED else "")
    needed = permissions.of_function(
        before.arn,
        store=wiring.variables.get(attachment.STORE, ""),
        sink=wiring.variables.get(attachment.SINK, ""),
    )
    if tool is not None:
        put(snippet(tool, layer, _set(before.wiring, wiring), needed))
        return
    missing = preflight.find_missing(aws, before.role, needed)
    if dry_run and verifies:
        notes.append(verify_start.plan(aws, name, wiring, unpublished=UNPUBLISHED))
    report = Report(
        before, wiring, layer, tuple(notes), tuple(needed), None if missing is None else tuple(missing)
    )
    if dry_run:
        _tell(session, report, dry_run=True, nothing="is attached already")
        return
    before, after = lambda_configuration.change(aws, name, wanted)
    report = report._replace(before=before, after=after.wiring)
    if not verifies:
        _tell(session, report, dry_run=False, nothing="is attached already")
        return
    if not session.json:
        _tell(session, report, dry_run=False, nothing="is attached already, and starts anew")
    verified = verify_start.verify(session, aws, before, after, token)
    if session.json:
        _tell(session, report._replace(verified=verified), dry_run=False, nothing="")
    verify_start.tell(name, verified)
    if verified.error is not None:
        raise verified.error


@click.command(cls=Command, examples="hotlog detach orders --dry-run\nhotlog detach orders")
@qualified_argument
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@with_options
def detach(session: Options, function: FunctionName, dry_run: bool) -> None:
    """Take hotlog off a function: exactly what `attach` has added.

    Every environment of the function starts anew. Its rules stay where they are: `hotlog clear` removes them.

    With --json: an object with the keys function, dry_run, changed, layer, set, added, removed, notes, policy, missing.
    """
    from hotlog.client.account.aws import Aws
    from hotlog.client.attaching import lambda_configuration

    name, aws = _latest(function), Aws(session)

    def wanted(configuration: Configuration) -> Wiring:
        return attachment.detach_layer(configuration.wiring)

    if dry_run:
        before = lambda_configuration.read(aws, name)
        wiring = wanted(before)
    else:
        before, after = lambda_configuration.change(aws, name, wanted)
        wiring = after.wiring
    _tell(session, Report(before, wiring), dry_run=dry_run, nothing="has nothing of hotlog's `attach` on it")


def _latest(function: FunctionName) -> str:
    """Return the function's name; refuse a published version, whose configuration cannot be changed."""
    if function.qualifier not in {"", "$LATEST"}:
        raise click.UsageError(
            f"published versions keep the configuration they were published with: give {function.name} alone, publish a "
            f"new version of it and point the alias there."
        )
    return function.name


def _store_of(session: Options) -> str:
    """Return the value that HOTLOG_STORE must have on the function; empty for Lambda's default."""
    if session.is_local:
        raise click.UsageError(
            f"a function in Lambda reads no files of this machine: attach it with --store {STORES[0].form}."
        )
    return "" if session.url == DEFAULT_STORE else session.url


def _check_suits(function: Configuration) -> None:
    if function.package == "Image":
        raise HotlogError(
            "container-image",
            f"{function.name} is a container image, and those take no layers: put hotlog into the image, as "
            "wrapper/deploy/container shows.",
        )
    if function.runtime not in RUNTIMES:
        raise HotlogError(
            "unsupported-runtime",
            f"{function.name} runs {function.runtime}, and hotlog runs in {', '.join(RUNTIMES)}.",
        )


def _own_layer(session: Options, aws: Aws, function: Configuration, *, publish: bool) -> str:
    """Return the layer version that holds this hotlog: the attached one, a published one, or a new one."""
    from hotlog.client.attaching.layer_zip import build
    from hotlog.stores.ssm.boto import translate_errors

    layer = build()
    with translate_errors("lambda:ListLayerVersions", LAYER_NAME):
        pages = aws.client("lambda").get_paginator("list_layer_versions").paginate(LayerName=LAYER_NAME)
        same = [
            version["LayerVersionArn"]
            for page in pages
            for version in page["LayerVersions"]
            if layer.sources in version.get("Description", "")
        ]
    there = [arn for arn in same if arn in function.wiring.layers]
    if same:
        return (there or same)[0]
    if not publish:
        return UNPUBLISHED
    arn = publish_layer(session, LAYER_NAME, layer)
    say(f"Published {arn}.")
    return arn


def _set(before: Wiring, after: Wiring) -> dict[str, str]:
    """Return the variables that hotlog sets, without the bookkeeping."""
    return {
        change.name: change.value
        for change in attachment.list_changes(before, after)
        if change.what == "variable" and change.sign != "-"
    }


def _tell(session: Options, report: Report, *, dry_run: bool, nothing: str) -> None:
    name, changes = report.before.name, report.changes
    if session.json:
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


def _tell_policy(report: Report) -> None:
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


def _as_json(report: Report, *, dry_run: bool) -> dict[str, object]:
    changes = report.changes
    verified = {} if report.verified is None else {"verify": report.verified.document()}
    return {
        "function": report.before.name,
        "dry_run": dry_run,
        "changed": bool(changes),
        "layer": report.layer,
        "set": _set(report.before.wiring, report.after),
        "added": [change.name for change in changes if change.sign == "+"],
        "removed": [change.name for change in changes if change.sign == "-"],
        "notes": [note._asdict() for note in report.notes],
        "policy": permissions.policy_of(list(report.needed)),
        "missing": None if report.missing is None else [statement.document() for statement in report.missing],
        **verified,
    }
