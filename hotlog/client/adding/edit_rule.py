"""A stored rule, changed: checked again where it reads other things than before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hotlog.client.account.concurrency import UNKNOWN, estimate_concurrency
from hotlog.client.account.functions import Recipient, recipient_of
from hotlog.client.adding.check import check_rule
from hotlog.client.adding.checked_rule import CheckedRule, error_of
from hotlog.client.adding.environment_bound import read_bound
from hotlog.client.adding.impact import assess_rules, describe_impact
from hotlog.client.adding.request import lifetime, make_request, read_fields
from hotlog.client.adding.store_rules import describe_start_of
from hotlog.client.documents.edit import find_one, write_edit
from hotlog.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hotlog.client.account.desk import Desk

# A change of these is a change of what a rule reads, or of what it captures.
_READS: Final = frozenset({"message", "condition", "watch", "snapshot", "after", "properties", "unanchored"})
# What a rule is known by, and what the desk writes itself.
_FIXED: Final = frozenset({"id", "at", "text", "function", "kind", "created", "expires", "by", "via"})


def edit_rule(
    desk: Desk, function: str, name: str, fields: Mapping[str, Any], source: Path | None
) -> CheckedRule:
    """Change fields of a stored rule, in one write.

    Args:
        desk: where it is stored.
        function: its function.
        name: id, beginning of an id, or target with one rule.
        fields: new values; `for_s`: let it live so long from now; `environments` as for `make_request`, or `all`.
        source: root of the code on this machine; None: what is deployed.

    Raises:
        StoreError: `unknown-rule`, `ambiguous-rule`, ...
        RuleError, LocationError: it has faults, or a field is none or stays; nothing is stored.
    """
    values = read_fields(fields)
    if _FIXED & values.keys():
        stays = ", ".join(sorted(_FIXED & values.keys()))
        raise RuleError(
            "bad-field", f"{stays}: of a stored rule this stays (`for_s` lets it live on). Add another rule."
        )
    if "for_s" in values:
        now = datetime.now(UTC).replace(microsecond=0)
        values |= {"created": now, "expires": now + lifetime(values.pop("for_s"))}
    bound = read_bound(values.pop("environments")) if "environments" in values else None
    if bound is not None:
        values["environments"] = bound.share
    store = desk.open_store()
    before = find_one(store, function, name)
    after = before._replace(**values, by=desk.identity())
    aws = desk.account()
    checked = CheckedRule(Recipient(function, after.versions), after)
    if _READS & values.keys():
        checked = check_rule(desk, make_request(after), recipient_of(desk, function, after.versions), source)
    if bound is not None:  # whose share depends on the function, and which an old layer does not know
        if not checked.recipient.deployed:
            checked = checked._replace(recipient=recipient_of(desk, function, after.versions))
        [checked] = assess_rules(desk, [checked._replace(environments=bound.number)])
    if checked.faults:
        raise error_of(checked.faults)
    document = write_edit(desk, function, before, checked.rule)
    among = estimate_concurrency(aws, function) if aws else UNKNOWN
    edited = describe_impact(checked._replace(among=among))
    return edited._replace(live=describe_start_of(document, edited.live))
