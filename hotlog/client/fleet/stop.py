"""All rules of an account and Region off, and on again: `hotlog stop` and `hotlog start`.

A stop pauses each document that has rules, and marks it, so that a start switches on what a stop has switched off and nothing that
somebody had paused before. A function reads nothing more than it does anyway.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.addresses import find_store
from hotlog.client import desk_limits
from hotlog.client.account.function_name import partition_of
from hotlog.client.documents.changes import STOPPED, set_paused
from hotlog.client.documents.edit import change_document
from hotlog.client.documents.load import load_documents
from hotlog.client.fleet.plan import FleetPlan
from hotlog.client.fleet.run import FAILED, FunctionOutcome
from hotlog.errors import StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from hotlog.client.account.desk import Desk
    from hotlog.client.client import Client
    from hotlog.rules.document import Document


class StopPlan(NamedTuple):
    """What a stop, or a start, does.

    Attributes:
        plan: does it.
        rules: how many rules that have not expired are in the documents of the plan.
        by: who does it.
        at: when it began.
    """

    plan: FleetPlan
    rules: int
    by: str
    at: datetime


def plan_stop(client: Client) -> StopPlan:
    """Return how the rules of all functions are paused, those that live first.

    Raises:
        StoreError: the store cannot be listed.
    """
    by, at = client.desk.identity(), datetime.now(UTC).replace(microsecond=0)

    def stop(document: Document) -> Document:
        if document.paused:
            return document
        mark = {"by": by, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        return document._replace(paused=True, extra=(*document.extra, (STOPPED, mark)))

    return _plan(client.desk, stop, lambda document: bool(document.entries) and not document.paused, by, at)


def plan_start(client: Client) -> StopPlan:
    """Return how the rules are switched on again that a stop has switched off.

    Raises:
        StoreError: the store cannot be listed.
    """

    def start(document: Document) -> Document:
        return set_paused(document, paused=False) if _is_stopped(document) else document

    return _plan(client.desk, start, _is_stopped, client.desk.identity(), datetime.now(UTC))


def deny_statement(desk: Desk) -> dict[str, object]:
    """Return the statement of IAM that stops all functions without waiting for their reads; empty for rules in files."""
    aws, store = desk.account(), find_store(desk.options.url)
    if aws is None:
        return {}
    arn = f"arn:{partition_of(aws.region())}:lambda:*:*:function:*"
    [(actions, resource), *_] = store.permissions(arn, "function") or [((), "")]
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource}


def _plan(desk: Desk, change: Any, needs: Any, by: str, at: datetime) -> StopPlan:
    found = load_documents(desk.open_store())
    live = {name: _count_live(each, at) for name, each in found.items() if not isinstance(each, StoreError)}
    todo = sorted((name for name in live if needs(found[name])), key=lambda name: (not live[name], name))
    failed = [
        FunctionOutcome(name, FAILED, each.code, each.message)
        for name, each in found.items()
        if isinstance(each, StoreError)
    ]

    def work(name: str) -> bool:
        changed = change_document(desk, name, change)
        return changed.before != changed.after

    plan = FleetPlan(tuple(todo), tuple(failed), work, None, desk_limits.PARAMETER_WRITES_PER_S)
    return StopPlan(plan, sum(live[name] for name in todo), by, at)


def _count_live(document: Document, now: datetime) -> int:
    return sum(not isinstance(rule, BadEntry) and not rule.expired(now) for rule in documents.rules(document))


def _is_stopped(document: Document) -> bool:
    return document.paused and any(name == STOPPED for name, _ in document.extra)
