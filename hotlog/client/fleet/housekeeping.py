"""What an account carries, and what is left of functions that are gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog import limits
from hotlog.client.attaching.attachment import REFRESH
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.client.documents.edit import change_document
from hotlog.client.documents.load import load_document, load_documents
from hotlog.client.fleet.plan import FleetPlan
from hotlog.client.fleet.run import FAILED, FunctionOutcome
from hotlog.errors import ConfigError, StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

    from hotlog.client.account.desk import Desk
    from hotlog.rules.document import Document


class Carried(NamedTuple):
    """What one function carries.

    Attributes:
        function: its name.
        hotlog: the layer it starts with, such as `hotlog:7`, or `no layer`; empty: none; `gone`: AWS does not know it.
        refresh: how often it reads; empty without hotlog.
        rules: live ones.
        paused: whether these are switched off.
        trouble: why its rules cannot be read; empty: they can.
    """

    function: str
    hotlog: str
    refresh: str = ""
    rules: int = 0
    paused: bool = False
    trouble: str = ""


class AccountLeftovers(NamedTuple):
    """What `gc` would remove.

    Attributes:
        gone: functions that have a document, and do not exist.
        expired: by function, how many of its rules have expired.
        plan: removes both.
    """

    gone: tuple[str, ...]
    expired: dict[str, int]
    plan: FleetPlan


def list_everything(desk: Desk) -> list[Carried]:
    """Return which function carries which hotlog and how many live rules; those with neither are left out.

    Raises:
        StoreError: the functions or the rules cannot be listed.
    """
    stored = load_documents(desk.open_store())
    aws, now = desk.account(), datetime.now(UTC)
    functions = {} if aws is None else {each["FunctionName"]: each for each in aws.list_all()}
    found = []
    for name in sorted({*stored, *functions}):
        function = functions.get(name)
        hotlog, refresh = ("gone" if aws else "", "") if function is None else _hotlog_of(function)
        document = stored.get(name)
        if isinstance(document, StoreError):
            found.append(Carried(name, hotlog, refresh, trouble=document.code))
        elif hotlog not in {"", "gone"} or (document is not None and document.entries):
            live = 0 if document is None else sum(_is_live(rule, now) for rule in documents.rules(document))
            found.append(Carried(name, hotlog, refresh, live, document is not None and document.paused))
    return found


def find_leftovers(desk: Desk) -> AccountLeftovers:
    """Return documents of functions that are gone, and rules that have expired.

    Raises:
        ConfigError: `bad-store`: rules in files belong to no account.
        StoreError: the functions or the rules cannot be listed.
    """
    aws, store, now = desk.account(), desk.open_store(), datetime.now(UTC)
    forget = getattr(store, "forget", None)
    if aws is None or forget is None:
        raise ConfigError("bad-store", f"{store.url} is not looked after: only rules in Parameter Store are.")
    stored, functions = load_documents(store), set(aws.functions())
    gone = tuple(sorted(set(stored) - functions))
    expired = {
        name: count
        for name, document in stored.items()
        if name in functions
        and not isinstance(document, StoreError)
        and (count := _count_expired(document, now))
    }

    def prune(document: Document) -> Document:
        pairs = zip(documents.rules(document), document.entries, strict=True)
        kept = tuple(entry for rule, entry in pairs if isinstance(rule, BadEntry) or not rule.expired(now))
        return document._replace(entries=kept)

    def work(name: str) -> bool:
        if name in gone:
            forget(name)
        else:
            change_document(desk, name, prune)
        return True

    def verify(name: str) -> str:
        try:
            stays = name in gone or _count_expired(load_document(store, name), now)
            store.read(name)
        except StoreError as fault:
            return "" if fault.code == "missing" else fault.message
        return f"what is left of {name} was removed, and is still there." if stays else ""

    plan = FleetPlan((*gone, *expired), (), work, verify, limits.PARAMETER_WRITES_PER_S)
    unreadable = tuple(
        FunctionOutcome(name, FAILED, each.code, each.message)
        for name, each in stored.items()
        if isinstance(each, StoreError) and name not in gone
    )
    return AccountLeftovers(gone, expired, plan._replace(known=unreadable))


def _hotlog_of(function: FunctionConfigurationTypeDef) -> tuple[str, str]:
    variables: Any = function.get("Environment", {}).get("Variables", {})
    if variables.get(EXEC_WRAPPER) != OURS:
        return "", ""
    layers = [each["Arn"].partition(":layer:")[2] for each in function.get("Layers", ())]
    own = next((layer for layer in layers if "hotlog" in layer), "no layer")
    return own, variables.get(REFRESH, "each")


def _is_live(rule: object, now: datetime) -> bool:
    return not isinstance(rule, BadEntry) and not rule.expired(now)  # type: ignore[attr-defined]  # then it is a rule


def _count_expired(document: Document, now: datetime) -> int:
    return sum(not isinstance(rule, BadEntry) and rule.expired(now) for rule in documents.rules(document))
