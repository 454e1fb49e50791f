"""hotlog onto many functions: what each would get is seen in one listing of all, then each is changed for itself."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.client import desk_limits
from hotlog.client.account.function_name import FunctionName
from hotlog.client.account.load import Load, measure_functions
from hotlog.client.account.own_hotlog import find_own_hotlog
from hotlog.client.attaching import attach as attaching
from hotlog.client.attaching import attachment, lambda_configuration
from hotlog.client.attaching.permissions import Statement, of_function
from hotlog.client.attaching.preflight import find_missing
from hotlog.client.deployed import EXEC_WRAPPER, OURS
from hotlog.client.fleet.plan import FleetPlan
from hotlog.client.fleet.run import ALREADY, FAILED, FunctionOutcome
from hotlog.client.fleet.selection import select_functions
from hotlog.errors import HotlogError, LocationError, StoreError
from hotlog.rules.document import EACH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hotlog.client.account.desk import Desk
    from hotlog.client.attaching.attach import AttachOptions
    from hotlog.client.attaching.lambda_configuration import Configuration
    from hotlog.client.fleet.selection import Selection

POLICY: Final = "auto"  # of a function that is attached with others


class FleetAttach(NamedTuple):
    """What attaching hotlog to many functions would do.

    Attributes:
        plan: does it.
        layers: ARNs of the layer versions, by runtime where these differ.
        have: functions that have it already.
        cannot: those that cannot have it, and why.
        lacking: by the role that may not read rules yet, what it lacks.
        load: of all functions that have hotlog then; None: their metrics cannot be read.
        attached: how many those are.
    """

    plan: FleetPlan
    layers: tuple[str, ...]
    have: tuple[str, ...]
    cannot: tuple[FunctionOutcome, ...]
    lacking: dict[str, list[Statement]]
    load: Load | None
    attached: int


def plan_fleet_attach(desk: Desk, wanted: Selection, options: AttachOptions) -> FleetAttach:
    """Return how hotlog would get onto many functions. The layer is published when the first one gets it, after the question.

    Args:
        desk: names the account and the store.
        wanted: which functions.
        options: how; without a policy of reads they get `auto`.

    Raises:
        HotlogError: as `select_functions`, or AWS cannot be asked.
    """
    found = _list_all(desk)
    names = select_functions(desk, wanted, found)
    store = attaching.find_store_value(desk)
    options = options._replace(refresh=options.refresh or POLICY)
    suitable, cannot = [], []
    for name in names:
        try:
            attaching.check_suits(_one_of(found, name))
            suitable.append(found[name])
        except HotlogError as fault:
            cannot.append(FunctionOutcome(name, FAILED, fault.code, fault.message))
    layers: dict[str, str] = {}  # by runtime: each has its bytecode in one
    for each in suitable:
        if each.runtime not in layers:
            layers[each.runtime] = options.layer or attaching.own_layer(desk, each, publish=False)
    todo: list[Configuration] = []
    have: list[Configuration] = []
    for configuration in suitable:
        try:
            wire = attaching.make_wiring(layers[configuration.runtime], store, options)
            (todo if wire(configuration) != configuration.wiring else have).append(configuration)
        except HotlogError as fault:
            cannot.append(FunctionOutcome(configuration.name, FAILED, fault.code, fault.message))
    unverified = [each for each in have if _is_unverified(each)]
    if todo and unverified:  # a run ended in the middle of its first one: that begins anew
        todo = [*unverified[:1], *todo]
        have.remove(unverified[0])
    attached = sorted(
        {name for name, each in found.items() if _is_attached(each)} | {each.name for each in todo}
    )
    load = _measure(desk, attached)
    every_s = load.choose_refresh() if load is not None else EACH
    work = _Work(desk, options, layers, found, every_s)
    known = (*cannot, *(FunctionOutcome(each.name, ALREADY) for each in have))
    plan = FleetPlan(
        tuple(each.name for each in todo), known, work.attach, work.verify, desk_limits.FUNCTION_CHANGES_PER_S
    )
    return FleetAttach(
        plan, tuple(dict.fromkeys(layers.values())), tuple(each.name for each in have), tuple(cannot), _find_lacking(desk, todo, store),
        load, len(attached),
    )  # fmt: skip


def plan_fleet_detach(desk: Desk, wanted: Selection) -> FleetPlan:
    """Return how hotlog would get off many functions.

    Raises:
        HotlogError: as `plan_fleet_attach`.
    """
    found = _list_all(desk)
    todo: list[str] = []
    known: list[FunctionOutcome] = []
    for name in select_functions(desk, wanted, found):
        try:
            wiring = _one_of(found, name).wiring
            if attachment.detach_layer(wiring) != wiring:
                todo.append(name)
            else:
                known.append(FunctionOutcome(name, ALREADY))
        except HotlogError as fault:
            known.append(FunctionOutcome(name, FAILED, fault.code, fault.message))

    def work(name: str) -> bool:
        return bool(attaching.detach(desk, FunctionName(name)).changes)

    def verify(name: str) -> str:
        wiring = lambda_configuration.read(desk.aws(), name).wiring
        return "" if attachment.detach_layer(wiring) == wiring else f"{name} has hotlog on it again."

    return FleetPlan(tuple(todo), tuple(known), work, verify, desk_limits.FUNCTION_CHANGES_PER_S)


class _Work:
    """Attaches one function after the other; the first with all questions, and with a start that is watched."""

    def __init__(
        self,
        desk: Desk,
        options: AttachOptions,
        layers: dict[str, str],
        found: dict[str, Configuration],
        every_s: int | str,
    ) -> None:
        self._desk, self._options, self._layers = desk, options, layers
        self._found, self._every_s = found, every_s
        self._publishing = threading.Lock()
        self._done: tuple[attaching.AttachPlan, attaching.AttachReport] | None = None

    def attach(self, name: str) -> bool:
        options = self._options._replace(layer=self._publish_layer(self._found[name]))
        if self._done is None:  # the first, alone
            plan = attaching.plan_attach(self._desk, FunctionName(name), options._replace(verify=True))
            self._tell_interval(name)
            self._done = plan, attaching.do_attach(self._desk, plan)
            return True
        aws = self._desk.aws()
        try:
            own = find_own_hotlog(aws, aws.function(name))
        except (StoreError, LocationError):
            own = None  # the shim looks again, and steps aside
        if own is not None and not own.is_ours:
            raise HotlogError(
                "foreign-hotlog", f"{own.place} is another project's: hotlog would not start there."
            )
        plan = attaching.plan_quietly(self._desk, FunctionName(name), options)
        self._tell_interval(name)
        return bool(attaching.do_attach(self._desk, plan).changes)

    def verify(self, _name: str) -> str:
        if self._done is None:
            return ""
        verified = attaching.verify_attach(self._desk, *self._done).verified
        return "" if verified is None or verified.error is None else verified.error.message

    def _publish_layer(self, function: Configuration) -> str:
        """Return the layer version for a function; publish it where a dry run has found none."""
        with self._publishing:
            if self._layers[function.runtime] == attaching.UNPUBLISHED:
                self._layers[function.runtime] = attaching.own_layer(self._desk, function, publish=True)
            return self._layers[function.runtime]

    def _tell_interval(self, name: str) -> None:
        """Write how often to read, where what holds without a word would be too often for so many.

        It comes before the attach: whoever goes on after an interruption looks at the functions, not at their documents.
        """
        every_s = self._every_s
        if self._options.refresh == POLICY and every_s != EACH and int(every_s) > limits.AUTO_REFRESH_S:
            self._desk.open_store().update(name, lambda document: document._replace(refresh=every_s))


def _list_all(desk: Desk) -> dict[str, Configuration]:
    found = desk.aws().list_all()
    return {each["FunctionName"]: lambda_configuration.of_listed(each) for each in found}


def _one_of(found: dict[str, Configuration], name: str) -> Configuration:
    if name not in found:
        raise StoreError("unknown-function", f"there is no function {name!r}.")
    return found[name]


def _is_attached(function: Configuration) -> bool:
    return function.wiring.variables.get(EXEC_WRAPPER) == OURS


def _is_unverified(function: Configuration) -> bool:
    """Return whether a start with hotlog is still to be told: whether it was seen meanwhile stands nowhere."""
    until = attachment.verify_word_in(function.wiring).rpartition(":")[2]
    return until.isdigit() and int(until) > time.time()


def _find_lacking(desk: Desk, functions: Iterable[Configuration], store: str) -> dict[str, list[Statement]]:
    """Return what roles lack, asked for one function of each: a role of many is written for all of them."""
    one_of_role = {each.role: each for each in functions}
    lacking = {}
    for role, function in one_of_role.items():
        needed = of_function(
            function.arn, store=store, sink=function.wiring.variables.get(attachment.SINK, "")
        )
        if missing := find_missing(desk.aws(), role, needed):
            lacking[role] = missing
    return lacking


def _measure(desk: Desk, names: list[str]) -> Load | None:
    try:
        return measure_functions(desk.aws(), names)
    except StoreError:
        return None
