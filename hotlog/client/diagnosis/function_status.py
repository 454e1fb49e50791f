"""What became of a function's rules: the stored ones, beside what its environments have told of them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.account.functions import versions_of
from hotlog.client.diagnosis import environment_reports, status_sentence
from hotlog.client.documents.load import load_document
from hotlog.client.events.event_stream import EventFilter, drain, moment_before, open_feed
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.diagnosis.environment_reports import Seen
    from hotlog.client.diagnosis.status_sentence import RuleStatus
    from hotlog.events import Event
    from hotlog.rules.model import Rule


class FunctionStatus(NamedTuple):
    """What became of the rules of a function.

    Attributes:
        function: its name.
        paused: all its rules are switched off.
        since: from when on the log was read.
        rules: each rule that is stored, with its verdict.
        environments: those that could not read their rules at the last.
    """

    function: str
    paused: bool
    since: datetime
    rules: tuple[RuleStatus, ...]
    environments: tuple[Seen, ...]

    @property
    def was_seen(self) -> bool:
        """Return whether any environment has told of any rule."""
        return any(each.environments for each in self.rules)


def read_status(desk: Desk, function: FunctionName, since_s: int = 0) -> FunctionStatus:
    """Return what became of each rule, in each environment that has told of it.

    Args:
        desk: names the store and the log.
        function: a name, NAME:ALIAS or NAME:VERSION.
        since_s: how far to look back; 0: to when the oldest rule was added.

    Raises:
        StoreError: `unknown-function`: there is neither such a function nor rules of that name; or the store or the log
            cannot be read.
    """
    now = datetime.now(UTC)
    document = load_document(desk.open_store(), function.name)
    rules = documents.rules(document)
    if not rules:
        require_function(desk, function.name)
    since = moment_before(since_s) if since_s else _oldest(rules, now)
    wanted = EventFilter(
        function.name,
        since,
        kinds=environment_reports.KINDS,
        versions=versions_of(desk, function) if rules else (),
    )
    events = read_events(desk, wanted) if rules else []
    found, troubled = status_sentence.fold_statuses(rules, events, now, paused=document.paused)
    found = add_invocations(desk, function.name, found, now)
    return FunctionStatus(function.name, document.paused, since, tuple(found), tuple(troubled))


def add_invocations(desk: Desk, function: str, found: list[RuleStatus], now: datetime) -> list[RuleStatus]:
    """Return the statuses; of a rule that no invocation reached with how many there were since it was added."""
    aws = desk.account()
    return [
        each._replace(verdict=f"{each.verdict}. {missed}")
        if aws is not None
        and status_sentence.was_never_reached(each)
        and (missed := _count_invocations(aws, function, each.rule, now))
        else each
        for each in found
    ]


def _count_invocations(aws: Aws, function: str, rule: Rule | BadEntry, now: datetime) -> str:
    """Return a sentence with the invocations since the rule was added; empty where there was none, or nobody may ask."""
    if isinstance(rule, BadEntry) or rule.created is None:
        return ""
    hours = min(math.ceil((now - rule.created).total_seconds() / 3_600), limits.EXPIRY_MAX_S // 3_600) or 1
    try:
        count = sum(
            aws.last_hours(function, "Invocations", "Sum", hours, period_s=desk_limits.CONCURRENCY_PERIOD_S)
        )
    except StoreError:
        return ""  # nobody asked for it: what keeps one from asking is no fault of the rule's
    span = "hour" if hours == 1 else f"{hours} h"
    return f"{count:,.0f} invocations of the last {span} did not come by this line" if count else ""


def require_function(desk: Desk, name: str) -> None:
    """Refuse the name of a function that nobody knows: neither AWS nor the store.

    Raises:
        StoreError: `unknown-function`.
    """
    aws = desk.account()
    if aws is None:
        store = desk.open_store()
        try:
            store.read(name)
        except StoreError as fault:
            if fault.code != "missing":
                raise
            known = ", ".join(store.functions()) or "no function has any"
            raise StoreError(
                "unknown-function", f"{name!r} has never had rules in {store.url}: {known}."
            ) from fault
        return
    try:
        aws.function(name)
    except StoreError as fault:
        if fault.code == "unknown-function":
            raise


def require_known(desk: Desk, name: str) -> None:
    """Refuse a function without a document of rules that AWS does not know either.

    Raises:
        StoreError: `unknown-function`.
    """
    try:
        desk.open_store().read(name)
    except StoreError as fault:
        if fault.code == "missing":
            require_function(desk, name)


def read_events(desk: Desk, wanted: EventFilter) -> list[Event]:
    """Return the events that `wanted` describes; none where the function has never logged.

    Raises:
        StoreError: the log cannot be read.
    """
    with desk.talk.working(f"reading what {wanted.function} has told since {wanted.since:%H:%M} UTC"):
        try:
            return drain(open_feed(desk, wanted, follow=False))
        except StoreError as fault:
            if fault.code != "missing":
                raise
            return []


def _oldest(rules: Sequence[Rule | BadEntry], now: datetime) -> datetime:
    created = [rule.created for rule in rules if not isinstance(rule, BadEntry) and rule.created]
    longest = now - timedelta(seconds=limits.EXPIRY_MAX_S)
    return max(min(created), longest) if created else now - timedelta(seconds=desk_limits.EXPIRY_DEFAULT_S)
