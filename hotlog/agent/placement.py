"""From the rules of one module to their probes: the module's source, each rule's place in it, what is doubtful.

    source ── place_of ──> placed, misplaced ──> WantedProbes

Some rules at each safe point, where there is no time for all.
"""

from __future__ import annotations

import builtins
import time
from typing import TYPE_CHECKING

from hotlog import __builtins__, limits
from hotlog.errors import HotlogError, LocationError, RuleError
from hotlog.events import ERROR, Status
from hotlog.expressions.grammar import suggest
from hotlog.kinds.registry import get_call_hooks
from hotlog.probes.probe import Probe
from hotlog.probes.registry import WantedProbes
from hotlog.rules.model import Rule
from hotlog.source.live_functions import globals_of, spec_of
from hotlog.source.locate import place_of, place_without_source, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from hotlog.agent.rule_state import ManagedRule
    from hotlog.hits.rule_handler import RuleHandler
    from hotlog.rules.document import BadEntry
    from hotlog.source.probeable import CodeRoots
    from hotlog.source.statements import Location, Source


class ParsedModule:
    """A module's source, and what has become of the rules that go into it so far.

    Args:
        spec: reload gives the module another one, and maybe another source.
        source: its source.
        trouble: why none of its rules can go in.
    """

    def __init__(self, spec: object, source: Source | None, trouble: Status | None) -> None:
        self.spec, self.source, self.trouble = spec, source, trouble
        self._placement: Placement | None = None

    @classmethod
    def of(cls, module: ModuleType, roots: CodeRoots) -> ParsedModule:
        """Read the source."""
        try:
            return cls(spec_of(module), source_of(module, roots), None)
        except LocationError as fault:
            is_open = fault.code == "no-source"  # a rule may name a function
            return cls(spec_of(module), None, None if is_open else Status(ERROR, fault.code, fault.message))

    def place_rules(self, module: ModuleType, managed_rules: Sequence[ManagedRule]) -> Placement:
        """Return the placement of these rules, as far as it has come."""
        if self._placement is None or self._placement.managed_rules != managed_rules:
            self._placement = Placement(module, managed_rules, self)
        return self._placement


class Placement:
    """Finds the places of a module's rules, some at each safe point where there is no time for all.

    Attributes:
        managed_rules: whose places are looked for.
        source: the module's source.
        placed: each that has a place.
        misplaced: each that has none, and why.
        doubts: by rule id, what is doubtful about a rule's names.
    """

    def __init__(
        self, module: ModuleType, managed_rules: Sequence[ManagedRule], parsed: ParsedModule
    ) -> None:
        self.managed_rules = list(managed_rules)
        self.source = parsed.source
        self.placed: list[tuple[ManagedRule, Location]] = []
        self.misplaced: list[tuple[ManagedRule, Status]] = []
        self.doubts: dict[str, tuple[str, str]] = {}
        self._module, self._trouble = module, parsed.trouble
        self._at = 0  # the rule that is next
        self._wanted: WantedProbes | None = None

    def place(self, until_s: float) -> bool:
        """Find further places, for `limits.INSTALL_STEP_MS` in any case; whether all are found."""
        until_s = max(until_s, time.monotonic() + limits.INSTALL_STEP_MS / 1_000)
        for managed in self.managed_rules[self._at :]:
            # An exception of the application's, or a fork, may have come after it was placed and before it was counted.
            if not any(each and each[-1][0] is managed for each in (self.placed, self.misplaced)):
                self._place(managed)
            self._at += 1
            if time.monotonic() >= until_s and managed is not self.managed_rules[-1]:
                return False
        return True

    @property
    def wanted(self) -> WantedProbes:
        """Return the registry's task: always the same object, by which it knows what it has begun."""
        if self._wanted is None:
            probes = tuple(_probe(managed, place) for managed, place in self.placed)
            self._wanted = WantedProbes(self._module, self.source, probes)
        return self._wanted

    def _place(self, managed: ManagedRule) -> None:
        source = self.source
        if self._trouble is not None:
            self.misplaced.append((managed, self._trouble))
            return
        if not isinstance(managed.rule, Rule) or managed.handler is None:
            return
        try:
            place = (
                place_of(managed.rule, source) if source is not None else place_without_source(managed.rule)
            )
        except LocationError as fault:
            self.misplaced.append((managed, Status(ERROR, fault.code, fault.message)))
        else:
            text = source.lines if source is not None else ()
            managed.handler.locate(describe_location(managed.rule, place, source), place.function, text)
            doubt = _doubt(managed.handler, source, place, self._module) if source is not None else None
            if doubt is not None:
                self.doubts[managed.rule.id] = doubt
            self.placed.append((managed, place))


def _probe(managed: ManagedRule, place: Location) -> Probe:
    handler = managed.handler
    if handler is None:
        raise HotlogError("internal-fault", "a rule without a handler cannot be placed")
    return Probe(
        managed.rule.id,
        place,
        handler.reads,
        handler.hook,
        handler.condition,
        handler.tally.false,
        handler.tally.gate,
        handler.tally.away.left,
        handler.test,
        get_call_hooks(handler),
        handler.look_hook if handler.operands is not None else None,
        handler.flag,
        handler.tell,
    )


def _doubt(
    handler: RuleHandler, source: Source, place: Location, module: ModuleType
) -> tuple[str, str] | None:
    """Return code and sentence for the rule's first undefined name; None where all are defined."""
    spot = source.spot(place)
    if source.bound.among(handler.reads, spot) == handler.reads:
        return None  # most are bound: no other name need be known, which would take a walk over the tree
    known = source.mentioned(spot) | globals_of(module).keys() | vars(builtins).keys()
    for expression in handler.expressions:
        fault = suggest(expression, known)
        if fault is not None:
            return fault.code, f"{describe_error(fault)}, in {expression.text!r}"
    return None


def describe_error(fault: RuleError) -> str:
    """Return the error's message, with its column counted from 1 as editors count."""
    return fault.message if fault.column is None else f"{fault.message} (column {fault.column + 1})"


def describe_location(rule: Rule | BadEntry, place: Location, source: Source | None) -> str:
    """Return where the probe is, as events and statuses write it."""
    if source is not None:
        return f"{source.name}:{place.line}"
    return rule.at if isinstance(rule, Rule) else ""
