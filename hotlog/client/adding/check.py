"""A rule that is asked for, checked against the code of one function: where it goes, what it reads, what is wrong with it.

request ── resolve_place ──> target ── find_target ──> statement ── check_names ──> CheckedRule

Each answer is frozen; the next stage makes a new one of it (`impact`, then `store_rules`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import config
from hotlog.client.account.concurrency import UNKNOWN, Concurrency
from hotlog.client.adding.check_names import check_names, list_captured, parse_reads
from hotlog.client.adding.faults import Fault
from hotlog.client.adding.places import resolve_place
from hotlog.client.adding.resolve_target import find_target, module_file
from hotlog.errors import LocationError, RuleError, StoreError
from hotlog.interpreter.supported import RUNNING
from hotlog.redaction.secret_names import Names
from hotlog.rules.kinds import KINDS
from hotlog.rules.target import parse_target

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.client.account.functions import Recipient
    from hotlog.client.adding.request import RuleRequest
    from hotlog.client.adding.resolve_target import Found, TargetInSource
    from hotlog.client.code.code_trees import Tree
    from hotlog.client.code.library import CodeLibrary
    from hotlog.client.deployed import Deployed
    from hotlog.expressions.grammar import Hides
    from hotlog.rules.model import Rule


class CheckedRule(NamedTuple):
    """A rule of one function, and all that is known about it at the desk.

    Attributes:
        recipient: the function it goes to.
        rule: what will be stored, or was; with faults, what was asked for as far as it makes sense.
        sighting: where its probe goes; None: nowhere, it looks at the handler, or it has faults.
        captured: what a snapshot finds there: names with their values, and names whose values are redacted.
        notes: what was taken for what was asked, a sentence each.
        warnings: what may be otherwise than the person thinks, a sentence each.
        faults: what is wrong with it; none: it may be stored.
        among: the environments that it may be installed in.
        obstacles: what the function has against it, a sentence each.
        environments: how many of these shall take it, where its share is yet to be computed; 0: the rule's own share counts.
    """

    recipient: Recipient
    rule: Rule
    sighting: TargetInSource | None = None
    captured: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    among: Concurrency = UNKNOWN
    obstacles: tuple[str, ...] = ()
    environments: int = 0


class _Placed(NamedTuple):
    """A request at a place that was found."""

    found: Found
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def check_rule(desk: Desk, request: RuleRequest, recipient: Recipient, source: Path | None) -> CheckedRule:
    """Check a request against the code of a function.

    Args:
        desk: what it is checked at.
        request: the rule; where it has an anchor already, its statement may have moved.
        recipient: the function.
        source: root of its code on this machine; None: what is deployed, or without AWS the current directory.

    Raises:
        ConfigError: `bad-source`.
        StoreError: `needs-source`, `denied`, `unreachable`, ...
    """
    settings = recipient.deployed[0].config if recipient.deployed else config.read()
    hides = Names(settings.redact, settings.redact_keep).hides
    unplaced = CheckedRule(recipient, request.draft)
    reads = parse_reads(unplaced.rule, hides)
    try:
        if not request.at or unplaced.rule.unanchored:
            return _unseen(request, recipient)._replace(faults=reads.faults)
        placed = _place(desk, request, recipient, source)
    except (LocationError, RuleError) as fault:
        where = Fault("target", request.at, 0, fault)
        return unplaced._replace(faults=(*reads.faults, where))
    sighting = placed.found.sighting
    faults, warnings = check_names(reads.good, placed.found, at_end=KINDS[unplaced.rule.kind].at_end)
    held_by = (
        sighting.place.function if parse_target(sighting.at).line else ""
    )  # MODULE:FUNCTION says it already
    rule = request.make_rule(sighting.at)._replace(
        text=sighting.place.text, function=held_by, versions=recipient.versions
    )
    return CheckedRule(
        recipient,
        rule,
        sighting,
        _captured(rule, placed.found, hides),
        placed.notes,
        (*placed.warnings, *warnings),
        (*reads.faults, *faults),
    )


def _captured(rule: Rule, found: Found, hides: Hides) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not rule.snapshot:
        return (), ()
    names, hidden = list_captured(found, hides)
    return tuple(names), tuple(hidden)


def _unseen(request: RuleRequest, recipient: Recipient) -> CheckedRule:
    """Return the rule unchecked: a rule of the whole handler, or for code whose source is not available."""
    rule = request.make_rule(request.at)
    if rule.target.text:
        raise RuleError(
            "bad-target",
            f"{rule.at}: without source there is no text to look for: name a line or a function.",
        )
    warnings = (f"nobody has looked whether {rule.at} is what you think it is.",) if rule.at else ()
    return CheckedRule(recipient, rule._replace(versions=recipient.versions), warnings=warnings)


def _place(desk: Desk, request: RuleRequest, recipient: Recipient, source: Path | None) -> _Placed:
    """Return where the request goes: in what is deployed, or in source of this machine beside what is deployed.

    Raises:
        LocationError: it leads nowhere, or to several places.
        RuleError: `bad-target`.
        ConfigError, StoreError: as `check_rule`.
    """
    aws, code = desk.account(), desk.code
    if source is None and aws is not None and recipient.deployed:
        first, *others = recipient.deployed
        found, notes, warnings = _in_package(request, aws, first)
        for other in others:
            warnings += tuple(_unlike(found, code.package_of(other), code, f"version {other.version}"))
        return _Placed(found, notes, warnings)
    found, notes = _in_tree(request, code.directory(source), code)
    warnings = ()
    for each in recipient.deployed:
        name = f"version {each.version}" if recipient.versions else "what is deployed"
        warnings += tuple(_unlike_deployed(found, each, code, name))
    return _Placed(found, notes, warnings)


def _in_tree(request: RuleRequest, tree: Tree, code: CodeLibrary) -> tuple[Found, tuple[str, ...]]:
    """Return where a request goes in one tree, and what was taken for its place."""
    place = resolve_place(request.at, tree, code)
    return find_target(request.make_rule(place.at), tree, code), (place.note,) if place.note else ()


# --- in the code that is deployed ----------------------------------------------------------------------------------


def _in_package(
    request: RuleRequest, aws: Aws, deployed: Deployed
) -> tuple[Found, tuple[str, ...], tuple[str, ...]]:
    """Return where the package or a layer holds the target, what was taken for it, and the obstacles to a probe there."""
    package = aws.code.package_of(deployed)
    try:
        found, notes = _in_tree(request, package, aws.code)
    except LocationError as fault:
        here = f"python{RUNNING}"
        if fault.code == "source-unreadable" and deployed.runtime not in {"", here}:
            fault.add_note(
                f"The function runs {deployed.runtime}, this command {here}: do they have the same syntax?"
            )
        if fault.code != "no-such-file" or not deployed.layers:
            raise
        found = _in_layers(request, aws, deployed, fault)
        if any(folder.startswith("/opt") for folder in deployed.config.code_roots):
            return found, (), ()
        return found, (), (f"{found.sighting.file} lies in {found.tree.name}: {_MUST_OPEN}.",)
    file = found.sighting.file
    first = file.partition("/")[0]
    opened = any(file.startswith(folder.removeprefix("/var/task/")) for folder in deployed.config.code_roots)
    if first in package.installed() and not opened:
        raise LocationError(
            "not-allowed",
            f"No probe may go there: {first} belongs to an installed distribution; {_MUST_OPEN}.",
        )
    return found, notes, ()


_MUST_OPEN: Final = "the function's owner must open it with HOTLOG_CODE_ROOTS first"


def _in_layers(request: RuleRequest, aws: Aws, deployed: Deployed, fault: LocationError) -> Found:
    rule = request.make_rule(request.at)
    target = rule.target
    for layer in aws.layers_of(deployed):
        if target.module and module_file(target.module, layer):
            return find_target(rule, layer, aws.code)
        if target.file and layer.has(target.file):
            module = target.file.removesuffix(".py").replace("/", ".")
            raise LocationError(
                "no-such-file",
                f"{target.file} lies in {layer.name}, where no line can be named: write {module}:FUNCTION instead.",
            )
    raise fault


# --- whether two trees agree ---------------------------------------------------------------------------------------


def _unlike_deployed(found: Found, deployed: Deployed, code: CodeLibrary, name: str) -> list[str]:
    """Return how source of this machine differs from what is deployed."""
    try:
        return _unlike(found, code.package_of(deployed), code, name)
    except StoreError as fault:  # a container image, or the network
        return [f"nobody could compare {found.sighting.file} with {name}: {fault.message}"]


def _unlike(found: Found, tree: Tree, code: CodeLibrary, name: str) -> list[str]:
    """Return how a file differs between two trees, where that matters to the rule; else empty."""
    file, place = found.sighting.file, found.sighting.place
    data = tree.read(file)
    if data is None:
        return [f"{name} has no {file}: the rule will be pending there, or an error."]
    if data.splitlines() == found.source.data.splitlines():
        return []
    differs = f"{file} in {found.tree.name} differs from {name}"
    try:
        other = code.parse(data, file).follow(place.line, place.text, place.function)
    except LocationError as fault:
        return [f"{differs}: {fault.message}"]
    if other.line == place.line:
        return [f"{differs}, though not at this statement."]
    return [f"{differs}: there the statement is at line {other.line}, and the rule follows it."]
