"""What an account carries, and what is left of functions that are gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from hotlog import config
from hotlog.addresses import find_readable_store
from hotlog.client import desk_limits
from hotlog.client.attaching.attachment import MARK
from hotlog.client.attaching.lambda_configuration import of_listed
from hotlog.client.attaching.layer_versions import LAYER_NAME
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.client.documents.edit import change_document
from hotlog.client.documents.load import load_document, load_documents
from hotlog.client.fleet.plan import FleetPlan
from hotlog.client.fleet.run import FAILED, FunctionOutcome
from hotlog.errors import ConfigError, StoreError
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry
from hotlog.stores.edit import is_function

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef

    from hotlog.client.account.aws import Aws
    from hotlog.client.account.desk import Desk
    from hotlog.rules.document import Document


class Carried(NamedTuple):
    """What one function carries.

    Attributes:
        function: its name.
        hotlog: the layer it starts with, such as `hotlog:7`, `no layer`, or `unknown layer` where none of its layers is called hotlog;
            empty: none; `gone`: AWS does not know it.
        refresh: how often it reads, or `off`; empty without hotlog.
        rules: those that have not expired.
        paused: whether these are switched off.
        trouble: why its rules cannot be read, or are not what it reads; empty: they can.
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
        foreign: parameters beside them that hold no rules: somebody else's, which stay.
        expired: by function, how many of its rules have expired.
        plan: removes both.
    """

    gone: tuple[str, ...]
    foreign: tuple[str, ...]
    expired: dict[str, int]
    plan: FleetPlan


def list_everything(desk: Desk) -> list[Carried]:
    """Return which function carries which hotlog and how many live rules; those with neither are left out.

    Raises:
        StoreError: the functions or the rules cannot be listed.
    """
    aws, store, now = desk.account(), desk.open_store(), datetime.now(UTC)
    stored = load_documents(store)
    functions = {} if aws is None else {each["FunctionName"]: each for each in aws.list_all()}
    found = []
    for name in sorted({*stored, *functions}):
        function = functions.get(name)
        carried = (
            Carried(name, "gone" if aws else "") if function is None else _hotlog_of(function, store.url)
        )
        document = stored.get(name)
        if isinstance(document, StoreError):
            found.append(carried._replace(trouble=document.code))
        elif carried.hotlog not in {"", "gone"} or (document is not None and document.entries):
            live = 0 if document is None else sum(_is_live(rule, now) for rule in documents.rules(document))
            found.append(carried._replace(rules=live, paused=document is not None and document.paused))
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
    strangers = sorted(set(stored) - functions)
    gone = tuple(name for name in strangers if _is_ours(name, stored[name]))
    foreign = tuple(name for name in strangers if name not in gone)
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
            if _exists(aws, name):
                return False  # it has come since
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

    plan = FleetPlan((*gone, *expired), (), work, verify, desk_limits.PARAMETER_WRITES_PER_S)
    unreadable = tuple(
        FunctionOutcome(name, FAILED, each.code, each.message)
        for name, each in stored.items()
        if isinstance(each, StoreError) and name in functions
    )
    return AccountLeftovers(gone, foreign, expired, plan._replace(known=unreadable))


def _is_ours(name: str, document: Document | StoreError) -> bool:
    """Return whether a parameter belongs to a function: it bears the name of one, and holds rules that this hotlog can read."""
    return is_function(name) and not isinstance(document, StoreError)


def _exists(aws: Aws, name: str) -> bool:
    from hotlog.stores.ssm.boto import translate_errors

    client = aws.client("lambda")
    with translate_errors("lambda:GetFunctionConfiguration", name):
        try:
            client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            return False
    return True


def _hotlog_of(listed: FunctionConfigurationTypeDef, store_url: str) -> Carried:
    name, wiring = listed["FunctionName"], of_listed(listed).wiring
    if wiring.variables.get(EXEC_WRAPPER) != OURS:
        return Carried(name, "")
    put_on = wiring.variables.get(MARK, "").split()  # by an attach, whatever its name
    own = [arn for arn in wiring.layers if arn.rpartition(":")[0] in put_on]
    own += [arn for arn in wiring.layers if arn.split(":")[-2] == LAYER_NAME]
    layer = own[0].partition(":layer:")[2] if own else "unknown layer" if wiring.layers else "no layer"
    settings = config.read(wiring.variables)
    reads = find_readable_store(settings.store)
    trouble = "" if reads is None or reads.url == store_url else f"reads {reads.url}"
    return Carried(name, layer, settings.refresh if settings.enabled else "off", trouble=trouble)


def _is_live(rule: object, now: datetime) -> bool:
    return not isinstance(rule, BadEntry) and not rule.expired(now)  # type: ignore[attr-defined]  # then it is a rule


def _count_expired(document: Document, now: datetime) -> int:
    return sum(not isinstance(rule, BadEntry) and rule.expired(now) for rule in documents.rules(document))
