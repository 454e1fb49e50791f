"""What a verb has to do for many functions, read from their own state: what is left to do, what is done, what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.documents.load import load_document, load_documents
from hotlog.client.fleet.run import ALREADY, DONE, FAILED, FunctionOutcome, Pace, do_all, do_one
from hotlog.client.fleet.selection import select_functions
from hotlog.errors import HotlogError, StoreError
from hotlog.rules.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from hotlog.client.account.desk import Desk
    from hotlog.client.client import Client
    from hotlog.client.documents.edit import Changed
    from hotlog.client.fleet.selection import Selection


class FleetPlan(NamedTuple):
    """What is to be done for many functions.

    Attributes:
        todo: functions that are left.
        known: outcomes that are known already: what is done, what cannot be.
        work: does one function; returns whether anything had to be done.
        verify: returns what is wrong with the first one afterwards; empty: nothing. None: no one waits for a first one.
        per_s: how many may begin in a second.
    """

    todo: tuple[str, ...]
    known: tuple[FunctionOutcome, ...]
    work: Callable[[str], bool]
    verify: Callable[[str], str] | None
    per_s: float

    def run(self) -> Generator[FunctionOutcome]:
        """Yield the outcome of each function that is left: of the first alone, and of the others only where that is well.

        One that cannot be done may be so for a reason of its own: then the next is the first, a few times.

        Raises:
            HotlogError: the first ones failed, or one was not verified; the others were left as they are.
        """
        pace, begun, failed = Pace(self.per_s), 0, 0
        while self.verify is not None and begun < len(self.todo):
            first = do_one(self.todo[begun], self.work, pace)
            begun += 1
            if first.state == DONE:
                if trouble := self.verify(first.function):
                    reason = f"{trouble.rstrip('.')}. It was the first: the others are as they were."
                    raise StoreError("not-verified", reason)
                yield first
                break
            failed += first.state == FAILED
            if failed in {desk_limits.FLEET_FIRSTS_MAX, len(self.todo)}:
                raise _make_error(first, failed)
            yield first
        yield from do_all(self.todo[begun:], self.work, pace)


def _make_error(last: FunctionOutcome, failed: int) -> HotlogError:
    which = "It was the first" if failed == 1 else f"So ended the first {failed}"
    fault = HotlogError(last.code, f"{last.reason.rstrip('.')}. {which}: the others are as they were.")
    if last.hint:
        fault.add_note(last.hint)
    return fault


def plan_rules(
    client: Client, wanted: Selection, write: Callable[[str], Changed], needs: Callable[[Document], bool]
) -> FleetPlan:
    """Return what a change of the rules of many functions has to do.

    Args:
        client: names the store.
        wanted: which functions; those without a document are left out of patterns.
        write: changes one function's rules.
        needs: whether a document has yet to be changed.

    Raises:
        StoreError: as `select_functions`, or the store cannot be listed.
    """
    found = load_documents(client.desk.open_store())
    names = select_functions(client.desk, wanted, found)
    todo: list[str] = []
    known: list[FunctionOutcome] = []
    strangers = _find_strangers(client.desk, [name for name in names if name not in found])
    for name in names:
        document = found.get(name, Document())
        if name in strangers:
            reason = f"there are no rules of {name!r}, and no function that is known to you."
            known.append(FunctionOutcome(name, FAILED, "unknown-function", reason))
        elif isinstance(document, StoreError):
            known.append(FunctionOutcome(name, FAILED, document.code, document.message))
        elif needs(document):
            todo.append(name)
        else:
            known.append(FunctionOutcome(name, ALREADY))

    def work(name: str) -> bool:
        changed = write(name)
        return changed.before != changed.after

    def verify(name: str) -> str:
        stays = needs(load_document(client.desk.open_store(), name))
        return f"the rules of {name} were written, and what is read is as before." if stays else ""

    return FleetPlan(tuple(todo), tuple(known), work, verify, desk_limits.PARAMETER_WRITES_PER_S)


def _find_strangers(desk: Desk, names: list[str]) -> set[str]:
    """Return which of some names without rules nobody knows: most often they are mistyped."""
    if not names:
        return set()
    aws = desk.account()
    try:
        return set(names) - (set() if aws is None else set(aws.functions()))
    except StoreError as fault:
        if fault.code != "denied":
            raise
        return set(names)  # whoever may not ask is told of each what is known: it has no rules


def describe_outcomes(outcomes: list[FunctionOutcome]) -> list[dict[str, Any]]:
    """Return outcomes as data."""
    return [
        {key: value for key, value in each._asdict().items() if key != "hint"}
        for each in sorted(outcomes, key=lambda each: (each.state != FAILED, each.function))
    ]
