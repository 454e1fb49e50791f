"""From what a person asks for to a rule that has passed every check, against the code that is deployed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from hotlog import config, limits
from hotlog.cli.arguments.parameters import UNSET, format_duration
from hotlog.client.adding.check_names import check_names, list_captured, parse_reads
from hotlog.client.adding.resolve_target import find_target, module_file, open_directory
from hotlog.client.code.packages import layers_of, package_of
from hotlog.errors import LocationError, RuleError, StoreError
from hotlog.interpreter.supported import RUNNING
from hotlog.redaction.secret_names import Names
from hotlog.rules.kinds import KINDS
from hotlog.rules.model import Rule
from hotlog.rules.target import parse_target
from hotlog.source.statements import Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.account.aws import Aws, Deployed
    from hotlog.client.account.functions import Recipient
    from hotlog.client.adding.resolve_target import TargetInSource
    from hotlog.client.code.code_trees import Tree


class CheckedRule(NamedTuple):
    """A rule that has passed all checks.

    Attributes:
        recipient: the function it goes to.
        rule: what will be stored.
        sighting: where its probe goes; None: nowhere, it looks at the handler.
        captured: what a snapshot finds there: names with their values, and names whose values are redacted.
        warnings: what may be otherwise than the person thinks, a sentence each.
    """

    recipient: Recipient
    rule: Rule
    sighting: TargetInSource | None
    captured: tuple[list[str], list[str]]
    warnings: list[str]


def rule_of(target: str, message: str, wishes: Mapping[str, Any]) -> Rule:
    """Return the rule that the options of `add` describe; nothing is looked up yet.

    Raises:
        RuleError: a value is out of range, an expression is none.
        click.UsageError: it would live too long.
    """
    chosen = {name: wishes[name] for name in ("limit", "per_second") if wishes[name] is not UNSET}
    if wishes["rule_id"]:
        chosen["id"] = wishes["rule_id"]
    now = datetime.now(UTC).replace(microsecond=0)
    rule = Rule(
        at=target,
        message=message,
        condition=wishes["condition"],
        watch=wishes["watch"],
        snapshot=wishes["snapshot"] or not (message or "kind" in wishes["kind"]),
        stack=wishes["stack"],
        sample=wishes["sample"],
        group=wishes["group"],
        properties=wishes["properties"],
        unanchored=wishes["unanchored"],
        note=wishes["note"],
        created=now,
        expires=now + lifetime(wishes["for_s"]),
        **wishes["kind"],
        **chosen,
    )
    parse_reads(rule, lambda _name: False)  # what is no expression is refused before anything is fetched
    return rule


def lifetime(seconds: int) -> timedelta:
    """Return how long a rule lives.

    Raises:
        click.UsageError: too long.
    """
    if seconds > limits.EXPIRY_MAX_S:
        raise click.UsageError(f"--for: a rule lives at most {format_duration(limits.EXPIRY_MAX_S)}.")
    return timedelta(seconds=seconds)


def check_rule(rule: Rule, recipient: Recipient, aws: Aws | None, source: Path | None) -> CheckedRule:
    """Check a rule against the code of a function.

    Args:
        rule: with its target as written; where it has an anchor already, its statement may have moved.
        recipient: the function.
        aws: where its package can be fetched; None: the source on this machine is all there is.
        source: root of its code on this machine; None: what is deployed, or without AWS this directory.

    Raises:
        RuleError: it reads what is not there, or what is redacted.
        LocationError: its target leads nowhere.
        ConfigError: `bad-source`.
        StoreError: `needs-source`, `denied`, `unreachable`, ...
    """
    deployed = recipient.deployed[0] if recipient.deployed else None
    settings = deployed.config if deployed else config.read()
    hides = Names(settings.redact, settings.redact_keep).hides
    if not rule.at or rule.unanchored:
        parse_reads(rule, hides)
        return _unseen(rule, recipient)
    if source is None and aws is not None and deployed is not None:
        sighting, warnings = _in_package(rule, aws, deployed)
        for other in recipient.deployed[1:]:
            warnings += _unlike(sighting, package_of(other), f"version {other.version}")
    else:
        sighting, warnings = find_target(rule, open_directory(source or Path())), []
        for each in recipient.deployed:
            name = f"version {each.version}" if recipient.versions else "what is deployed"
            warnings += _unlike_deployed(sighting, each, name)
    warnings += check_names(parse_reads(rule, hides), sighting, at_end=KINDS[rule.kind].at_end)
    place = sighting.place
    held_by = place.function if parse_target(sighting.at).line else ""  # MODULE:FUNCTION says it already
    rule = rule._replace(at=sighting.at, text=place.text, function=held_by, versions=recipient.versions)
    return CheckedRule(recipient, rule, sighting, list_captured(sighting, hides), warnings)


def _unseen(rule: Rule, recipient: Recipient) -> CheckedRule:
    """Return the rule unchecked: a rule of the whole handler, or for code whose source is not available."""
    if rule.target.text:
        raise RuleError(
            "bad-target",
            f"{rule.at}: without source there is no text to look for: name a line or a function.",
        )
    warnings = [f"nobody has looked whether {rule.at} is what you think it is."] if rule.at else []
    return CheckedRule(recipient, rule._replace(versions=recipient.versions), None, ([], []), warnings)


# --- in the code that is deployed ----------------------------------------------------------------------------------


def _in_package(rule: Rule, aws: Aws, deployed: Deployed) -> tuple[TargetInSource, list[str]]:
    """Return where the package or a layer holds the target, and the obstacles to a probe there."""
    package = package_of(deployed)
    try:
        sighting = find_target(rule, package)
    except LocationError as fault:
        here = f"python{RUNNING}"
        if fault.code == "source-unreadable" and deployed.runtime not in {"", here}:
            fault.add_note(
                f"The function runs {deployed.runtime}, this command {here}: do they have the same syntax?"
            )
        if fault.code != "no-such-file" or not deployed.layers:
            raise
        sighting = _in_layers(rule, aws, deployed, fault)
        if any(folder.startswith("/opt") for folder in deployed.config.code_roots):
            return sighting, []
        return sighting, [f"{sighting.file} lies in {sighting.tree.name}: {_MUST_OPEN}."]
    first = sighting.file.partition("/")[0]
    opened = any(
        sighting.file.startswith(folder.removeprefix("/var/task/")) for folder in deployed.config.code_roots
    )
    if first in package.installed() and not opened:
        raise LocationError(
            "not-allowed",
            f"No probe may go there: {first} belongs to an installed distribution; {_MUST_OPEN}.",
        )
    return sighting, []


_MUST_OPEN = "the function's owner must open it with HOTLOG_CODE_ROOTS first"


def _in_layers(rule: Rule, aws: Aws, deployed: Deployed, fault: LocationError) -> TargetInSource:
    target = rule.target
    for layer in layers_of(aws, deployed):
        if target.module and module_file(target.module, layer):
            return find_target(rule, layer)
        if target.file and layer.has(target.file):
            module = target.file.removesuffix(".py").replace("/", ".")
            raise LocationError(
                "no-such-file",
                f"{target.file} lies in {layer.name}, where no line can be named: write {module}:FUNCTION instead.",
            )
    raise fault


# --- whether two trees agree ---------------------------------------------------------------------------------------


def _unlike_deployed(sighting: TargetInSource, deployed: Deployed, name: str) -> list[str]:
    """Return how source of this machine differs from what is deployed."""
    try:
        return _unlike(sighting, package_of(deployed), name)
    except StoreError as fault:  # a container image, or the network
        return [f"nobody could compare {sighting.file} with {name}: {fault.message}"]


def _unlike(sighting: TargetInSource, tree: Tree, name: str) -> list[str]:
    """Return how a file differs between two trees, where that matters to the rule; else empty."""
    data = tree.read(sighting.file)
    if data is None:
        return [f"{name} has no {sighting.file}: the rule will be pending there, or an error."]
    if data.splitlines() == sighting.source.data.splitlines():
        return []
    place = sighting.place
    differs = f"{sighting.file} in {sighting.tree.name} differs from {name}"
    try:
        other = Source(data, sighting.file).follow(place.line, place.text, place.function)
    except LocationError as fault:
        return [f"{differs}: {fault.message}"]
    if other.line == place.line:
        return [f"{differs}, though not at this statement."]
    return [f"{differs}: there the statement is at line {other.line}, and the rule follows it."]
