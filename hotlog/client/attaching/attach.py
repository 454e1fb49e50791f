"""hotlog onto a function, without a change of its code, and off again: planned, done, verified."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.addresses import DEFAULT_STORE, STORES
from hotlog.client.attaching import attachment, lambda_configuration, permissions, preflight, verify_start
from hotlog.client.attaching.layer_bytecode import find_python
from hotlog.client.attaching.layer_versions import (
    LAYER_NAME,
    RUNTIMES,
    describe_missing_bytecode,
    has_bytecode,
    publish_layer,
)
from hotlog.errors import ConfigError, HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda.type_defs import LayerVersionsListItemTypeDef

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.attaching.attachment import Wiring, WiringChange
    from hotlog.client.attaching.lambda_configuration import Configuration
    from hotlog.client.attaching.layer_zip import Layer
    from hotlog.client.attaching.permissions import Statement
    from hotlog.client.attaching.preflight import Note
    from hotlog.client.attaching.verify_start import Verified

UNPUBLISHED: Final = "(a new version of the layer hotlog)"  # in a dry run


class AttachReport(NamedTuple):
    """What an attach or a detach did, or would do.

    Attributes:
        before: the function as it was.
        after: its wiring then.
        layer: ARN of the layer version.
        notes: what to know about it.
        needed: what the function's role needs.
        missing: what of it the role has not; None: IAM does not say.
        verified: how the function started with it; None: nobody asked.
        left: the function as it was left; None: nothing was done.
    """

    before: Configuration
    after: Wiring
    layer: str = ""
    notes: tuple[Note, ...] = ()
    needed: tuple[Statement, ...] = ()
    missing: tuple[Statement, ...] | None = ()
    verified: Verified | None = None
    left: Configuration | None = None

    @property
    def changes(self) -> list[WiringChange]:
        """Return what is different afterwards."""
        return attachment.list_changes(self.before.wiring, self.after)

    @property
    def variables(self) -> dict[str, str]:
        """Return the variables that hotlog sets, without the bookkeeping."""
        return {
            change.name: change.value
            for change in self.changes
            if change.what == "variable" and change.sign != "-"
        }

    @property
    def needed_variables(self) -> dict[str, str]:
        """Return all variables that hotlog needs on the function, whether they are there already or not."""
        there = self.after.variables
        return {name: there[name] for name in attachment.OWN_VARIABLES if there.get(name)}


class AttachPlan(NamedTuple):
    """An attach that can be done.

    Attributes:
        report: what it would do.
        wanted: from the function's configuration, whatever it is by then, to the wiring with hotlog.
        token: of the verification; empty: none.
    """

    report: AttachReport
    wanted: Callable[[Configuration], Wiring]
    token: str


class AttachOptions(NamedTuple):
    """How hotlog gets onto a function: each is a choice of a person.

    Attributes:
        layer: ARN of the layer version; empty: this hotlog's own.
        chain: also where there is an exec wrapper.
        upgrade: also where another version of the layer was put there by somebody else.
        verify: the function's start will be watched.
        refresh: value of HOTLOG_REFRESH; empty: as it is.
    """

    layer: str = ""
    chain: bool = False
    upgrade: bool = False
    verify: bool = False
    refresh: str = ""


def plan_attach(
    desk: Desk, function: FunctionName, options: AttachOptions, *, publish: bool = True
) -> AttachPlan:
    """Return how hotlog would get onto a function.

    Args:
        desk: names the account and the store.
        function: a name; a published version is refused.
        options: how.
        publish: publish this hotlog's layer where the account has none; else the plan names none.

    Raises:
        HotlogError: `container-image`, `unsupported-runtime`, `other-wrapper`, `foreign-hotlog`, ...
        ConfigError: `bad-version`, `bad-store`.
    """
    name, store, aws = require_latest(function), find_store_value(desk), desk.aws()
    token = verify_start.new_token() if options.verify else ""
    before = lambda_configuration.read(aws, name)
    check_suits(before)
    arn = options.layer or own_layer(desk, before, publish=publish)
    wanted = make_wiring(arn, store, options, token)
    wiring = wanted(before)
    notes = preflight.collect_notes(aws, before, arn if arn != UNPUBLISHED else "")
    needed = permissions.of_function(
        before.arn,
        store=wiring.variables.get(attachment.STORE, ""),
        sink=wiring.variables.get(attachment.SINK, ""),
    )
    missing = preflight.find_missing(aws, before.role, needed)
    report = AttachReport(
        before, wiring, arn, tuple(notes), tuple(needed), None if missing is None else tuple(missing)
    )
    return AttachPlan(report, wanted, token)


def plan_quietly(desk: Desk, function: FunctionName, options: AttachOptions) -> AttachPlan:
    """Return how hotlog would get onto one function of many: nothing around it is asked, and the options name the layer."""
    before = lambda_configuration.read(desk.aws(), require_latest(function))
    check_suits(before)
    wanted = make_wiring(options.layer, find_store_value(desk), options)
    return AttachPlan(AttachReport(before, wanted(before), options.layer), wanted, "")


def make_wiring(
    arn: str, store: str, options: AttachOptions, token: str = ""
) -> Callable[[Configuration], Wiring]:
    """Return what makes of a function's configuration, whatever it is by then, the wiring with hotlog.

    Args:
        arn: of the layer version.
        store: value of HOTLOG_STORE; empty: Lambda's default.
        options: how.
        token: of the verification; empty: none.
    """

    def wanted(configuration: Configuration) -> Wiring:
        word = verify_start.word_of(token) if token else ""
        wiring = (
            attachment.without_layer(configuration.wiring, arn) if options.upgrade else configuration.wiring
        )
        return attachment.attach_layer(
            wiring, arn, store=store, chain=options.chain, verify=word, refresh=options.refresh
        )

    return wanted


def require_published(report: AttachReport) -> str:
    """Return the layer version for a template; refuse where this hotlog's layer is yet to be published.

    Raises:
        ConfigError: `layer-unpublished`.
    """
    if report.layer == UNPUBLISHED:
        raise ConfigError(
            "layer-unpublished",
            "the account has no layer with this hotlog yet, so there is no ARN for a template: run `hotlog layer publish` "
            "first, or name one with --layer.",
        )
    return report.layer


def note_verification(desk: Desk, plan: AttachPlan) -> AttachReport:
    """Return what a plan would do, with a note on how its start would be verified."""
    report = plan.report
    note = verify_start.plan(desk.aws(), report.before.name, report.after, unpublished=UNPUBLISHED)
    return report._replace(notes=(*report.notes, note))


def do_attach(desk: Desk, plan: AttachPlan) -> AttachReport:
    """Put hotlog on the function, as planned.

    Raises:
        StoreError: AWS did not take it.
    """
    before, after = lambda_configuration.change(desk.aws(), plan.report.before.name, plan.wanted)
    return plan.report._replace(before=before, after=after.wiring, left=after)


def verify_attach(desk: Desk, plan: AttachPlan, report: AttachReport) -> AttachReport:
    """See whether the function starts; where it does not, it has its old configuration again."""
    if report.left is None:
        raise ValueError("nothing was attached that could be verified")
    return report._replace(verified=verify_start.verify(desk, report.before, report.left, plan.token))


def detach(desk: Desk, function: FunctionName, *, dry_run: bool = False) -> AttachReport:
    """Take exactly what an attach has added off a function; or say what that would be.

    Raises:
        HotlogError: `attached-elsewhere`.
        ConfigError: `bad-version`.
    """
    name, aws = require_latest(function), desk.aws()

    def wanted(configuration: Configuration) -> Wiring:
        return attachment.detach_layer(configuration.wiring)

    if dry_run:
        before = lambda_configuration.read(aws, name)
        return AttachReport(before, wanted(before))
    before, after = lambda_configuration.change(aws, name, wanted)
    return AttachReport(before, after.wiring, left=after)


def require_latest(function: FunctionName) -> str:
    """Return the function's name; refuse a published version, whose configuration cannot be changed.

    Raises:
        ConfigError: `bad-version`.
    """
    if function.qualifier not in {"", "$LATEST"}:
        raise ConfigError(
            "bad-version",
            f"published versions keep the configuration they were published with: give {function.name} alone, publish a "
            f"new version of it and point the alias there; `hotlog attach {function.name}:ALIAS --publish` does so.",
        )
    return function.name


def find_store_value(desk: Desk) -> str:
    """Return the value that HOTLOG_STORE must have on the function; empty for Lambda's default."""
    if desk.options.is_local:
        raise ConfigError(
            "bad-store",
            f"a function in Lambda reads no files of this machine: attach it with --store {STORES[0].form}.",
        )
    return "" if desk.options.url == DEFAULT_STORE else desk.options.url


def check_suits(function: Configuration) -> None:
    """Refuse a function that hotlog cannot run in.

    Raises:
        HotlogError: `container-image`, `unsupported-runtime`.
    """
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


def own_layer(desk: Desk, function: Configuration, *, publish: bool) -> str:
    """Return the layer version that holds this hotlog: the attached one, a published one, or a new one.

    One with the bytecode of the function's runtime is taken before one without.
    """
    from hotlog.stores.ssm.boto import translate_errors

    layer, aws = _build_for(function.runtime), desk.aws()
    with translate_errors("lambda:ListLayerVersions", LAYER_NAME):
        pages = aws.client("lambda").get_paginator("list_layer_versions").paginate(LayerName=LAYER_NAME)
        same = [
            version
            for page in pages
            for version in page["LayerVersions"]
            if layer.sources in version.get("Description", "")
        ]

    def is_good(version: LayerVersionsListItemTypeDef) -> tuple[bool, bool]:
        compiled = has_bytecode(version.get("Description", ""), function.runtime)
        return compiled, version["LayerVersionArn"] in function.wiring.layers

    best = max(same, key=is_good, default=None)
    if function.runtime not in layer.runtimes and (best is None or not is_good(best)[0]):
        desk.talk.say(f"note: {describe_missing_bytecode(function.runtime)}.")
    elif best is not None and not is_good(best)[0]:
        best = None  # this one is better
    if best is not None:
        return best["LayerVersionArn"]
    if not publish:
        return UNPUBLISHED
    arn = publish_layer(aws, LAYER_NAME, layer)
    desk.talk.say(f"Published {arn}.")
    return arn


@functools.cache  # a fleet's functions share it: a build takes a second
def _build_for(runtime: str) -> Layer:
    """Return the layer with the bytecode of a runtime, if its Python is on this machine and does it."""
    from hotlog.client.attaching.layer_zip import build

    try:
        return build([python] if (python := find_python(runtime)) else [])
    except HotlogError as fault:
        if fault.code != "no-bytecode":
            raise
        return build([])
