"""Looking at many functions: what became of their rules, what stands in their way, what they log."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.account.function_name import FunctionName
from hotlog.client.diagnosis.doctor_checks import FAIL, OK, Finding
from hotlog.client.documents.load import load_documents
from hotlog.client.fleet.run import FAILED, FunctionOutcome, Pace, do_all
from hotlog.client.fleet.selection import select_functions
from hotlog.errors import ConfigError, HotlogError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.client.client import Client
    from hotlog.client.diagnosis.function_status import FunctionStatus
    from hotlog.client.events.event_stream import Feed
    from hotlog.client.fleet.selection import Selection

_EMITTED: Final = "emitted"
_INSTALLED: Final = "installed"


class FleetStatus(NamedTuple):
    """What became of the rules of many functions.

    Attributes:
        functions: those that have rules, by name.
        without_rules: how many of those that are meant have none.
        failed: those of which nothing can be said.
    """

    functions: dict[str, FunctionStatus]
    without_rules: int
    failed: tuple[FunctionOutcome, ...]


class FunctionLine(NamedTuple):
    """One function of a status, in a line.

    Attributes:
        function: its name.
        rules: how many it has.
        live: how many of them are installed somewhere.
        hits: events they have logged.
        errors: how many are installed nowhere, for an error.
        reads: `ok`, or why some environment could not read its rules.
        note: the first error.
    """

    function: str
    rules: int
    live: int
    hits: int
    errors: int
    reads: str
    note: str


def read_all_statuses(client: Client, wanted: Selection, since_s: int = 0) -> FleetStatus:
    """Return what became of the rules of many functions; the log of those without any is not read.

    Raises:
        StoreError: as `select_functions`.
    """
    documents = load_documents(client.desk.open_store())
    account = client.desk.account()
    known = documents.keys() if account is None else {*documents, *account.functions()}
    names = select_functions(client.desk, wanted, known)
    strangers = [] if account is None else [name for name in names if name not in known]
    with_rules = [
        name
        for name in names
        if name in documents and (isinstance(found := documents[name], StoreError) or found.entries)
    ]
    found_: dict[str, FunctionStatus] = {}

    def look(name: str) -> bool:
        found_[name] = client.status(FunctionName(name), since_s)
        return True

    failed = [each for each in _look_at_all(with_rules, look) if each.state == FAILED]
    failed += [
        FunctionOutcome(name, FAILED, "unknown-function", f"there is no function {name!r}.")
        for name in strangers
    ]
    without = len(names) - len(with_rules) - len(strangers)
    return FleetStatus(dict(sorted(found_.items())), without, tuple(failed))


def summarize(status: FunctionStatus) -> FunctionLine:
    """Return the status of a function in one line."""
    broken = [each for each in status.rules if each.state == "error"]
    told = next((seen for each in broken for seen in each.environments if seen.code), None)
    return FunctionLine(
        status.function,
        len(status.rules),
        sum(each.state == _INSTALLED for each in status.rules),
        sum(seen.counts.get(_EMITTED, 0) for each in status.rules for seen in each.environments),
        len(broken),
        status.environments[0].code if status.environments else "ok",
        f"{told.code}: {told.reason}" if told is not None else broken[0].verdict if broken else "",
    )


def check_all(client: Client, wanted: Selection) -> Iterator[tuple[str, list[Finding]]]:
    """Yield the findings of each function as they come; of one that cannot be looked at a finding that says why.

    Raises:
        StoreError: as `select_functions`.
    """
    found: dict[str, list[Finding]] = {}

    def look(name: str) -> bool:
        found[name] = list(client.checks(name))
        return True

    for outcome in _look_at_all(select_functions(client.desk, wanted), look):
        cannot = [Finding("function", FAIL, outcome.reason)]
        yield outcome.function, cannot if outcome.state == FAILED else found[outcome.function]


def list_troubles(function: str, findings: list[Finding]) -> list[FunctionOutcome]:
    """Return what is not as it should be, so that functions can be grouped by it; failures and warnings apart."""
    return [
        FunctionOutcome(
            function,
            FAILED,
            f"{'' if each.state == FAIL else 'warning: '}{each.check}",
            f"{each.text}{f' → {each.fix}' if each.fix else ''}",
        )
        for each in findings
        if each.state != OK
    ]


def follow_all(client: Client, wanted: Selection, open_one: Callable[[str], Feed]) -> Feed:
    """Yield the events of several functions as they come; None while there are none, or when all there are have been read.

    Args:
        client: names the account.
        wanted: which functions.
        open_one: opens the feed of one.

    Raises:
        ConfigError: `too-many-functions`, more than can be followed at once.
    """
    names = select_functions(client.desk, wanted)
    if len(names) > desk_limits.FOLLOWED_MAX:
        raise ConfigError(
            "too-many-functions",
            f"{wanted} are {len(names)} functions, and at most {desk_limits.FOLLOWED_MAX} are followed at once.",
        )
    return _merge([open_one(name) for name in names])


def _merge(feeds: list[Feed]) -> Feed:
    came: queue.Queue[object] = queue.Queue()
    done = object()

    def read(feed: Feed) -> None:
        try:
            for event in feed:
                came.put(event)
        except HotlogError as fault:
            if fault.code != "missing":  # a function that has never logged: the others have
                came.put(fault)
        finally:
            came.put(done)

    for feed in feeds:
        threading.Thread(target=read, args=(feed,), daemon=True).start()
    left = len(feeds)
    while left:
        got = came.get()
        if got is done:
            left -= 1
        elif isinstance(got, HotlogError):
            raise got
        else:
            yield got  # type: ignore[misc]  # an event or None: all else is gone
    yield None


def _look_at_all(names: list[str], look: Callable[[str], bool]) -> Iterator[FunctionOutcome]:
    return do_all(names, look, Pace(desk_limits.FLEET_LOOKS_PER_S))
