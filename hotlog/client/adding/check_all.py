"""Requests onto every function that FUNCTION stands for. All that takes time is done here, and nothing is stored."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from hotlog.client.account.functions import find_all_recipients
from hotlog.client.adding.check import check_rule
from hotlog.client.adding.faults import error_of
from hotlog.client.adding.impact import assess_rules
from hotlog.errors import LocationError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.account.functions import Recipient
    from hotlog.client.adding.check import CheckedRule
    from hotlog.client.adding.request import RuleRequest


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
            if faults := [fault for request in requests for fault in request.faults]:
                raise error_of(faults) from error  # they are so whatever the function is
            raise
        by_place = sorted(requests, key=lambda request: request.at)  # each file is parsed once, and dropped
        found: list[CheckedRule] = []
        for request in by_place:
            found += (
                each._replace(environments=request.environments)
                for each in _onto_each(desk, request, recipients, source, function)
            )
        order = {request.fields["id"]: number for number, request in enumerate(requests)}
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
