"""From the rules that are wanted to the probes that are in: what is ready, where it goes, what became of it.

    Wish ── ready? ── module loaded? ── place in its source ──> Probe ── Registry ──> Outcome ──> Status

Only modules whose set of probes changed are touched.
"""

from __future__ import annotations

import builtins
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from hotlog import limits
from hotlog.errors import HotlogError, LocationError, RuleError
from hotlog.events import DISABLED, ERROR, EXHAUSTED, EXPIRED, IMPORTING, INSTALLED, PENDING, REMOVED, Status
from hotlog.interpreter import unsupported
from hotlog.kinds import around, point_of
from hotlog.probes.backends import chosen
from hotlog.probes.probe import Probe
from hotlog.probes.registry import Outcome, Registry, Wanted
from hotlog.rules.document import BadEntry
from hotlog.rules.expression import suggest
from hotlog.rules.model import Rule, Target, entry_of
from hotlog.session import Session
from hotlog.source.imports import ImportWatch, is_loading
from hotlog.source.locate import Modules, place_of, place_without_source, source_of
from hotlog.source.mentions import mentioned
from hotlog.source.roots import CodeRoots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from hotlog.config import Config
    from hotlog.hit import Point
    from hotlog.sinks.emitter import Emitter
    from hotlog.source.statements import Place, Source


_UNKNOWN_NAME = "unknown-name"
_PAUSED = ("over-budget", f"pauses for this invocation: hits have cost it {limits.INVOCATION_MAX_MS} ms")
_CLOCK_SKEW_MAX = timedelta(seconds=limits.CLOCK_SKEW_MAX_S)


class Wish:
    """A rule on its way: wanted, perhaps ready, perhaps installed.

    Args:
        rule: the rule, or why a stored entry is none.
        paused: all rules of the function are switched off.
    """

    def __init__(self, rule: Rule | BadEntry, *, paused: bool) -> None:
        self.rule, self.paused = rule, paused
        self.point: Point | None = None
        self.module: ModuleType | None = None
        self.status = Status(PENDING)
        self._entered = 0

    def current(self) -> Status:
        """The status as it is now: with the count of hits, and with what keeps an installed probe from emitting."""
        if self.point is None:
            return self.status
        status = self.status._replace(hits=self.point.tally.hits + self.point.tally.away.taken)
        code, reason = self.point.trouble if not self.point.is_paused else _PAUSED
        if not code or status.state != INSTALLED:
            return status
        why = f"{reason}; {status.reason}" if status.code == _UNKNOWN_NAME else reason
        return status._replace(code=code, reason=why)

    @property
    def is_paused(self) -> bool:
        """Whether hits have cost this invocation all that they may."""
        return self.point is not None and self.point.is_paused

    def was_entered(self) -> bool:
        """Whether a hit went through its gates since this was last asked."""
        before, self._entered = self._entered, self.point.tally.entered if self.point is not None else 0
        return self._entered != before

    def counts(self) -> Mapping[str, int]:
        """How many hits had each outcome."""
        return self.point.tally.outcomes if self.point is not None else {}

    def record(self, version: int) -> Mapping[str, Any]:
        """What goes into the status event of an installed rule: the whole rule, the record of what was live."""
        if self.status.state != INSTALLED or isinstance(self.rule, BadEntry):
            return {}
        return {"definition": entry_of(self.rule), "document": version}


class Reconciler:
    """Owns the probes of this process.

    Args:
        config: settings.
        root: what targets are relative to; empty: the current directory.
        emitter: the way out for events.
        on_import: called with a module that rules waited for, once its code has run.
    """

    def __init__(
        self, config: Config, root: str, emitter: Emitter, on_import: Callable[[ModuleType], object]
    ) -> None:
        self._config = config
        self._roots = CodeRoots(root, config.code_roots)
        self.session = Session(config, self._roots, emitter.emit)
        self._registry = Registry(chosen(config.backend))
        self._installed: dict[str, _Installed] = {}
        self._next_expiry_s = float("inf")
        self._modules_seen = 0
        self._is_loading = False  # a module was being imported when it was looked at last
        self.just_imported: ModuleType | None = None  # its code has run, though its import has not ended
        self._pending: tuple[Target, ...] = ()
        self._imports = ImportWatch(self._is_awaited, on_import)

    def wishes(
        self, rules: Sequence[Rule | BadEntry], known: Mapping[str, Wish], *, paused: bool
    ) -> dict[str, Wish]:
        """A wish for each rule; one for an unchanged rule is the one there was, with all it has counted."""
        wanted: dict[str, Wish] = {}
        for rule in rules:
            wish = known.get(rule.id)
            same = wish is not None and wish.rule == rule and wish.paused == paused
            wanted[rule.id] = wish if wish is not None and same else Wish(rule, paused=paused)
        for wish in known.values():
            if wanted.get(wish.rule.id) is not wish and wish.point is not None:
                wish.point.stop(REMOVED)  # a frame may run patched code for a while
        return wanted

    def unsettled(self, wishes: Iterable[Wish]) -> bool:
        """Whether a safe point has something to do: something is done, expired, reloaded, or may be loaded by now."""
        return (
            self.session.news
            or time.time() >= self._next_expiry_s
            or any(
                installed.is_stale() or installed.has_counted() or self._registry.outlived(name)
                for name, installed in self._installed.items()
            )
            or self._is_loading
            or (
                len(sys.modules) != self._modules_seen
                and any(wish.status.state == PENDING for wish in wishes)
            )
        )

    def reconcile(self, wishes: Iterable[Wish]) -> None:
        """Make the probes of this process those that are wanted; leaves a status with each wish."""
        self._modules_seen = len(sys.modules)
        self._is_loading = False
        self._next_expiry_s = float("inf")
        groups: dict[str, _Installed] = {}
        modules = Modules(self._roots)
        pending: list[Target] = []
        every = list(wishes)
        for wish in every:
            blocked = self._blocked(wish)
            if blocked is not None:
                wish.status = blocked
                continue
            if not isinstance(wish.rule, Rule):
                continue
            if not wish.rule.at:
                wish.status = Status(INSTALLED, location="the handler")
                continue
            module = modules.find(wish.rule.target)
            if module is None or (is_loading(module) and module is not self.just_imported):
                self._is_loading |= module is not None
                pending.append(wish.rule.target)
                name = _file_or_module(wish.rule)
                wish.status = (
                    Status(PENDING, IMPORTING, f"{name} is being imported")
                    if module is not None
                    else Status(PENDING, "not-imported", f"{name} is not imported yet")
                )
                continue
            group = groups.setdefault(module.__name__, _Installed(module, module.__spec__, [], []))
            group.wishes.append(wish)
        self.session.news = False
        self._await(tuple(pending))
        self._install(groups)
        live = [wish.point for wish in every if wish.status.state == INSTALLED and wish.point is not None]
        self.session.groups.define(_members(every))
        self.session.listen(tuple(point for point in live if point.listens))

    def _await(self, targets: tuple[Target, ...]) -> None:
        """Watch imports while a rule waits for one, and only then."""
        self._pending = targets
        if targets:
            self._imports.start()
        else:
            self._imports.stop()

    def _is_awaited(self, name: str, file: str) -> bool:
        """Whether a rule waits for the module that is about to be imported."""
        path = os.path.realpath(file).removesuffix("c")
        return any(
            name == target.module if target.module else path == self._roots.path_of(target.file)
            for target in self._pending
        )

    def _install(self, groups: dict[str, _Installed]) -> None:
        """Touch the modules whose wishes changed, all with one call: one walk over the heap."""
        wanted: list[Wanted] = []
        placed: list[tuple[Wish, Source | None, Place, ModuleType]] = []
        for name, gone in self._installed.items():
            if name not in groups:
                wanted.append(Wanted(gone.module, None, ()))
        for name, group in groups.items():
            before = self._installed.get(name)
            if (
                before is not None
                and before.wishes == group.wishes
                and not (before.is_stale() or before.has_counted() or self._registry.outlived(name))
            ):
                groups[name] = before
                continue
            source, found = self._placed(group)
            group.counting.extend(
                wish.point for wish, _ in found if wish.point is not None and wish.point.tally.false
            )
            placed += [(wish, source, place, group.module) for wish, place in found]
            wanted.append(Wanted(group.module, source, tuple(_probe(wish, place) for wish, place in found)))
        outcomes = self._registry.set(wanted) if wanted else {}
        self._installed = groups
        for wish, source, place, module in placed:
            status = _status(wish.rule, outcomes[wish.rule.id], place, source)
            wish.status = _doubted(status, wish.point, source, place, module)

    def _placed(self, group: _Installed) -> tuple[Source | None, list[tuple[Wish, Place]]]:
        """The module's source and the place of each of its wishes; what has none gets its status here."""
        source = None
        try:
            source = source_of(group.module, self._roots)
        except LocationError as fault:
            if fault.code != "no-source":
                for wish in group.wishes:
                    wish.status = Status(ERROR, fault.code, fault.message)
                return None, []
        found: list[tuple[Wish, Place]] = []
        for wish in group.wishes:
            if not isinstance(wish.rule, Rule) or wish.point is None:
                continue
            try:
                place = place_of(wish.rule, source) if source is not None else place_without_source(wish.rule)
            except LocationError as fault:
                wish.status = Status(ERROR, fault.code, fault.message)
            else:
                text = source.lines if source is not None else ()
                wish.point.locate(_location(wish.rule, place, source), place.function, text)
                found.append((wish, place))
        return source, found

    def _blocked(self, wish: Wish) -> Status | None:
        """Why the rule shall not be in at the moment; None where it shall. Makes its point where that is missing."""
        rule = wish.rule
        if isinstance(rule, BadEntry):
            return Status(ERROR, rule.fault.code, rule.fault.message)
        if unsupported():
            return Status(ERROR, "unsupported-interpreter", unsupported())
        if wish.paused:
            return Status(DISABLED, "paused", "all rules of the function are paused")
        if rule.versions and self._config.version not in rule.versions:
            return Status(DISABLED, "other-version", f"the rule is for version {', '.join(rule.versions)}")
        try:
            self._check_ceilings(rule)
            wish.point = wish.point or point_of(rule, self.session)
        except RuleError as fault:
            return Status(ERROR, fault.code, _sentence(fault))
        return self._over(rule, wish.point)

    def _over(self, rule: Rule, point: Point) -> Status | None:
        """The state that a rule has come to by itself; None while it lives."""
        if rule.expired(datetime.now(UTC)):
            point.stop(EXPIRED)
        elif rule.expires is not None:
            self._next_expiry_s = min(self._next_expiry_s, rule.expires.timestamp())
        if point.stopped == EXPIRED:
            return Status(EXPIRED)
        if point.stopped == EXHAUSTED:
            return Status(EXHAUSTED, "hit-limit", f"it has emitted its {rule.limit} events")
        return Status(ERROR, *point.trouble) if point.stopped else None

    def _check_ceilings(self, rule: Rule) -> None:
        """What the function's owner does not allow, no rule can do.

        Raises:
            RuleError: naming the variable that says so.
        """
        allow = self._config.allow
        if allow and rule.kind not in allow:
            raise RuleError("kind-not-allowed", f"the owner allows {', '.join(allow)} only (HOTLOG_ALLOW)")
        if rule.properties and not self._config.properties:
            raise RuleError(
                "properties-not-allowed", "--properties needs HOTLOG_PROPERTIES=1 on the function"
            )
        if rule.created is not None and rule.created > datetime.now(UTC) + _CLOCK_SKEW_MAX:
            raise RuleError(
                "no-expiry", "'created' lies in the future: it would never expire. Add the rule again."
            )
        if rule.expires is not None and rule.created is not None:
            lives_s = (rule.expires - rule.created).total_seconds()
            if lives_s > self._config.max_for_s:
                raise RuleError(
                    "lives-too-long", f"the owner allows {self._config.max_for_s} s (HOTLOG_MAX_FOR)"
                )


class _Installed(NamedTuple):
    module: ModuleType
    spec: object  # reload gives the module another one
    wishes: list[Wish]
    counting: list[Point]  # their false conditions are counted in the function itself

    def has_counted(self) -> bool:
        """Whether a counter has reached its limit, and may be compiled out."""
        return any(point.tally.false is None for point in self.counting)

    def is_stale(self) -> bool:
        """Whether the module was reloaded, or imported anew."""
        return (
            sys.modules.get(self.module.__name__) is not self.module or self.module.__spec__ is not self.spec
        )


def _members(wishes: Iterable[Wish]) -> Iterator[tuple[str, float, Callable[[], bool]]]:
    """What decides for each group. A rule that has come to its end still does, and one that is wrong picks nobody."""
    for wish in wishes:
        rule = wish.rule
        if isinstance(rule, Rule) and rule.group and wish.status.state != DISABLED:
            yield rule.group, rule.sample, wish.point.decides if wish.point is not None else _nobody


def _nobody() -> bool:
    return False


def _probe(wish: Wish, place: Place) -> Probe:
    point = wish.point
    if point is None:
        raise HotlogError("internal-fault", "a rule without a point cannot be placed")
    return Probe(
        wish.rule.id,
        place,
        point.reads,
        point.hook,
        point.condition,
        point.tally.false,
        point.tally.gate,
        point.tally.away.left,
        point.likely,
        around(point),
    )


def _status(rule: Rule | BadEntry, outcome: Outcome, place: Place, source: Source | None) -> Status:
    why = "; ".join(part for part in (place.note, *outcome.passed_over, outcome.note) if part)
    if outcome.fault is not None:
        return Status(ERROR, outcome.fault.code, why or outcome.fault.message)
    location = _location(rule, place, source)
    if outcome.unreachable:
        return Status(
            INSTALLED, "unreachable", "the compiler removes this statement: it is never reached", location
        )
    return Status(INSTALLED, "" if source is not None else "unverified", why, location, outcome.backend)


def _doubted(
    status: Status, point: Point | None, source: Source | None, place: Place, module: ModuleType
) -> Status:
    """The status of an installed rule, with the first of its names that nothing defines, and the nearest that there is."""
    if status.state != INSTALLED or status.code or source is None or point is None:
        return status
    spot = source.spot(place)
    if point.reads <= source.bound.at(
        spot
    ):  # most are: no other name need be known, which would take a walk over the tree
        return status
    known = mentioned(spot) | vars(module).keys() | vars(builtins).keys()
    for expression in point.expressions:
        fault = suggest(expression, known)
        if fault is not None:
            why = f"{_sentence(fault)}, in {expression.text!r}"
            return status._replace(code=fault.code, reason="; ".join(filter(None, (why, status.reason))))
    return status


def _sentence(fault: RuleError) -> str:
    """What a fault says, and where, counted from 1 as editors do."""
    return fault.message if fault.column is None else f"{fault.message} (column {fault.column + 1})"


def _location(rule: Rule | BadEntry, place: Place, source: Source | None) -> str:
    """Where the probe is, as events and statuses say it."""
    if source is not None:
        return f"{source.name}:{place.line}"
    return rule.at if isinstance(rule, Rule) else ""


def _file_or_module(rule: Rule) -> str:
    return rule.target.file or rule.target.module
