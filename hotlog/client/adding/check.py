"""Rules that are asked for, checked against the code of each function: where they go, what they read, what is wrong.

request ── find_place ──> statement ── check_reads ──> CheckedRule ── assess_rules ──> CheckedRule

Each answer is frozen; the next stage makes a new one of it (`store_rules` the last). All that takes time is done here,
and nothing is stored.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from hotlog import config, limits
from hotlog.client.account.functions import find_all_recipients
from hotlog.client.adding.check_reads import check_reads, list_captured
from hotlog.client.adding.checked_rule import CheckedRule, Fault, error_of
from hotlog.client.adding.impact import assess_rules
from hotlog.client.adding.resolve_target import find_place
from hotlog.client.adding.rewrite_rule import rewrite_rule
from hotlog.errors import LocationError, RuleError, StoreError
from hotlog.expressions.grammar import hides_nothing
from hotlog.redaction.secret_names import Names
from hotlog.rules.kinds import SEES_ALL, SEES_ANSWERS
from hotlog.rules.target import parse_target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.account.functions import Recipient
    from hotlog.client.adding.request import RuleRequest
    from hotlog.client.adding.resolve_target import Placed
    from hotlog.rules.model import Rule

_WITHOUT_MONITORING: Final = "python3.11"  # the only runtime with a Python that has no `sys.monitoring`


def check_rules(
    desk: Desk, function: FunctionName, requests: Sequence[RuleRequest], source: Path | None = None
) -> list[CheckedRule]:
    """Check requests against the code of each function that FUNCTION stands for.

    Args:
        desk: what they are checked at.
        function: FUNCTION.
        requests: the rules.
        source: root of the code on this machine; None: what is deployed.

    Returns:
        What is known of each rule, function by function; of a pattern, without the functions that lack the code.

    Raises:
        HotlogError: the function or its code cannot be looked at.
    """
    asks = desk.account() is not None
    with desk.talk.working(f"checking against the code of {function.name}") if asks else nullcontext():
        try:
            recipients = find_all_recipients(desk, function, may_be_unknown=source is not None)
        except StoreError as error:
            faults = [
                fault
                for each in requests
                for fault in check_reads(rewrite_rule(each.draft)[0], hides_nothing).faults
            ]
            if faults:
                raise error_of(faults) from error  # they are so whatever the function is
            raise
        by_place = sorted(requests, key=lambda request: request.at)  # each file is parsed once, and dropped
        found: list[CheckedRule] = []
        for request in by_place:
            found += (
                each._replace(environments=request.environments)
                for each in _onto_each(desk, request, recipients, source, function)
            )
        order = {request.draft.id: number for number, request in enumerate(requests)}
        found.sort(key=lambda each: (each.recipient.name, order[each.rule.id]))
        return assess_rules(desk, found)


def _onto_each(
    desk: Desk,
    request: RuleRequest,
    recipients: Sequence[Recipient],
    source: Path | None,
    function: FunctionName,
) -> list[CheckedRule]:
    """Return the request checked against each function; one of a pattern that lacks the code is left out."""
    if not function.is_pattern:
        return [check_rule(desk, request, recipient, source) for recipient in recipients]
    found: list[CheckedRule] = []
    for recipient in recipients:
        try:
            checked = check_rule(desk, request, recipient, source)
        except StoreError as fault:
            desk.talk.say(f"{recipient.name}: left out: {fault.message}")
            continue
        lacks = next((each for each in checked.faults if isinstance(each.error, LocationError)), None)
        if lacks is None:
            found.append(checked)
        else:
            desk.talk.say(f"{recipient.name}: left out: {lacks.message}")
    if not found:
        raise LocationError(
            "no-such-file", f"none of the functions that match {function.name!r} has {request.at}."
        )
    return found


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
    draft, rewritten = rewrite_rule(request.draft)
    request = request._replace(draft=draft)
    placed: Placed | None = None
    unplaced: tuple[Fault, ...] = ()
    rule = draft
    try:
        if request.at and not draft.unanchored:
            placed = find_place(desk, request.at, draft, recipient, source)
        else:
            rule = _accept_unchecked(request, recipient)
    except (LocationError, RuleError) as fault:
        unplaced = (Fault("target", request.at, 0, fault),)
    found = placed.found if placed is not None else None
    reads = check_reads(draft, hides, found)
    if placed is None or found is None:
        looked = (
            "" if unplaced or not rule.at else f"nobody has looked whether {rule.at} is what you think it is."
        )
        warnings = (looked,) if looked else ()
        notes = (*rewritten, *reads.notes, *_say_what_is_seen(rule, recipient))
        return CheckedRule(
            recipient, rule, None, notes=notes, warnings=warnings, faults=(*reads.faults, *unplaced)
        )
    sighting = found.sighting
    held_by = (
        "" if parse_target(sighting.at).function else sighting.place.function
    )  # the target says it already
    return CheckedRule(
        recipient,
        draft._replace(
            at=sighting.at, text=sighting.place.text, function=held_by, versions=recipient.versions
        ),
        sighting,
        list_captured(found, hides) if draft.snapshot else ((), ()),
        (*placed.notes, *rewritten, *reads.notes),
        (*placed.warnings, *reads.warnings),
        reads.faults,
    )


def _say_what_is_seen(rule: Rule, recipient: Recipient) -> Iterator[str]:
    """Yield sentences about what a rule of the whole invocation sees, by the Python that the function runs on."""
    runtime = recipient.deployed[0].runtime if recipient.deployed else ""
    if rule.kind == "record":
        size = limits.RECORD_MAX_BYTES // 1024
        yield f"all of your code, line by line: at most {limits.RECORD_MAX_STEPS:,} steps and {size} KB a recording"
        if runtime == _WITHOUT_MONITORING:
            yield "on Python 3.11 a recorded invocation takes several times as long"
    if rule.kind == "error" and not rule.at:
        seen = SEES_ANSWERS if runtime == _WITHOUT_MONITORING else SEES_ALL
        yield seen if runtime else f"{seen}; on Python 3.11 the answer alone"


def _accept_unchecked(request: RuleRequest, recipient: Recipient) -> Rule:
    """Return the rule as it is: of the whole handler, or for code whose source is not available.

    Raises:
        RuleError: `bad-target`, what is no target at all, or a text that nobody can look for.
    """
    rule = request.draft._replace(at=request.at, versions=recipient.versions)
    if rule.target.text:
        raise RuleError(
            "bad-target",
            f"{rule.at}: without source there is no text to look for: name a line or a function.",
        )
    return rule
