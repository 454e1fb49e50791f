"""From the rules that are wanted to the probes that are in: what is ready, where it goes, what became of it.

    ManagedRule ── ready? ── module loaded? ── place in its source ──> Probe ── Registry ──> Outcome ──> Status

Only modules whose set of probes changed are touched. Where there is a limit to the time, what does not fit stays as it
was until the next safe point: it is looked at between rules, and between modules, and each time something gets done.
"""

from __future__ import annotations

import math
import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hotlog import __builtins__
from hotlog.agent.placement import ParsedModule, describe_error, describe_location
from hotlog.agent.rule_state import WAITING
from hotlog.errors import RuleError
from hotlog.events import DISABLED, ERROR, EXHAUSTED, EXPIRED, IMPORTING, INSTALLED, PENDING, Status
from hotlog.hits.invocation_context import InvocationContext
from hotlog.interpreter.supported import why_unsupported
from hotlog.kinds.registry import make_handler
from hotlog.namedtuple import NamedTuple
from hotlog.probes.backends import choose_backends
from hotlog.probes.registry import Outcome, Registry, WantedProbes
from hotlog.rules.document import BadEntry
from hotlog.rules.model import Rule
from hotlog.rules.owner_policy import check_policy
from hotlog.source.import_watch import ImportWatch, is_loading
from hotlog.source.live_functions import is_loaded, key_of, spec_of
from hotlog.source.locate import Modules
from hotlog.source.probeable import CodeRoots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from hotlog.agent.rule_state import ManagedRule
    from hotlog.config import Config
    from hotlog.hits.rule_handler import RuleHandler
    from hotlog.rules.target import Target
    from hotlog.sinks.emitter import Emitter
    from hotlog.source.statements import Location, Source


class Reconciler:
    """Owns the probes of this process.

    Args:
        config: settings.
        root: what targets are relative to; empty: the current directory.
        emitter: the way out for events.
        on_import: called with a module that rules waited for, once its code has run. It must not raise.
        on_rule_fault: told of each fault of hotlog's in a rule.
        on_import_fault: told of a fault of hotlog's own while the application imports.
    """

    def __init__(
        self,
        config: Config,
        root: str,
        emitter: Emitter,
        on_import: Callable[[ModuleType], object],
        on_rule_fault: Callable[[BaseException], object],
        on_import_fault: Callable[[BaseException], object],
    ) -> None:
        self._config = config
        self._roots = CodeRoots(root, config.code_roots)
        self.context = InvocationContext(
            config, self._roots, emitter.emit, on_rule_fault, identify_with=emitter.identify_with
        )
        self._generation = self.context.redaction.generation  # for which all tests in the code were compiled
        self._registry = Registry(choose_backends(config.backend))
        self._id = os.urandom(8).hex()  # of a process that is no environment of Lambda's
        self._installed: dict[str, _Installed] = {}
        self._is_cut = False  # there was no time for all of it
        self._parsed: dict[str, ParsedModule] = {}  # what waits for its turn
        self._next_expiry_s = float("inf")
        self._modules_seen = 0
        self._is_loading = False  # a module was being imported when it was looked at last
        self._ran: list[ModuleType] = []  # their code has run, though their imports have not ended
        self._pending: tuple[Target, ...] = ()
        self._imports = ImportWatch(self._is_awaited, on_import, on_import_fault)

    def note_run(self, module: ModuleType) -> None:
        """Note that a module's code has run to its end: its rules go in though its import has not ended."""
        self._ran.append(module)

    def has_work(self, managed_rules: Iterable[ManagedRule]) -> bool:
        """Return whether a safe point has work: a rule ended, code was reloaded, a module may be loaded."""
        return (
            self.context.news
            or self.context.redaction.generation != self._generation
            or self._is_cut
            or time.time() >= self._next_expiry_s
            or any(self._is_over(installed) for installed in self._installed.values())
            or self._is_loading
            or (
                len(sys.modules) != self._modules_seen
                and any(managed.status.state == PENDING for managed in managed_rules)
            )
        )

    def reconcile(self, managed_rules: Iterable[ManagedRule], until_s: float = math.inf) -> None:
        """Make the probes of this process those that are wanted; leaves a status with each.

        Args:
            managed_rules: all of them.
            until_s: when, in monotonic seconds, no more is begun: `unsettled` tells that something is left.
        """
        every = list(managed_rules)
        self.context.look_at_environment()
        self._next_expiry_s = math.inf
        blocks = self._blocks(every, until_s)
        self._is_cut = len(blocks) < len(every)
        if self._is_cut:
            return
        self._modules_seen = len(sys.modules)
        self._is_loading = False
        self.context.news = False
        self._install(self._group(zip(every, blocks, strict=True)), until_s)
        live = [
            managed.handler
            for managed in every
            if managed.status.state == INSTALLED and managed.handler is not None
        ]
        if not self._is_cut:
            self._generation = self.context.redaction.generation
        self.context.groups.define(_members(every))
        self.context.ask_once(tuple(handler for handler in live if handler.flag is not None))
        self.context.listen(tuple(handler for handler in live if handler.listens))

    def _blocks(self, managed_rules: Sequence[ManagedRule], until_s: float) -> list[Status | None]:
        """Return `_find_block` of each rule, while there is time; handlers made now are used the next time."""
        found: list[Status | None] = []
        for managed in managed_rules:
            had_handler = managed.handler is not None
            found.append(self._find_block(managed))
            if not had_handler and managed.handler is not None and time.monotonic() >= until_s:
                break
        return found

    def _group(self, managed_rules: Iterable[tuple[ManagedRule, Status | None]]) -> dict[str, _Installed]:
        """Group the rules that can be placed now by module; give the others their status."""
        groups: dict[str, _Installed] = {}
        modules = Modules(self._roots)
        pending: list[Target] = []
        # Others import meanwhile: what is in must not be taken out by their turn.
        self._ran = [module for module in self._ran if is_loading(module)]
        for managed, blocked in managed_rules:
            if blocked is not None:
                managed.status = blocked
                continue
            if not isinstance(managed.rule, Rule):
                continue
            if not managed.rule.at:
                seen = managed.handler.watch() if managed.handler is not None else ("", "")
                managed.status = Status(INSTALLED, *seen, location="the handler")
                continue
            module = modules.find(managed.rule.target)
            if module is None or (is_loading(module) and not any(module is each for each in self._ran)):
                self._is_loading |= module is not None
                pending.append(managed.rule.target)
                name = _file_or_module(managed.rule)
                managed.status = (
                    Status(PENDING, IMPORTING, f"{name} is being imported")
                    if module is not None
                    else Status(PENDING, "not-imported", f"{name} is not imported yet")
                )
                continue
            group = groups.setdefault(key_of(module), _Installed(module, spec_of(module), [], []))
            group.managed_rules.append(managed)
        self._await(tuple(pending))
        return groups

    def _await(self, targets: tuple[Target, ...]) -> None:
        """Watch imports while a rule waits for one, and only then."""
        self._pending = targets
        if targets:
            self._imports.start()
        else:
            self._imports.stop()

    def _is_awaited(self, name: str, file: str) -> bool:
        """Return whether a rule waits for the module that is about to be imported."""
        path = os.path.realpath(file).removesuffix("c")
        return any(
            name == target.module if target.module else path == self._roots.path_of(target.file)
            for target in self._pending
        )

    def _install(self, groups: dict[str, _Installed], until_s: float) -> None:
        """Touch the modules whose rules changed, all with one call: one walk over the heap."""
        changed: list[_Installed] = []
        installed = self._installed
        for name, group in groups.items():
            before = installed.get(name)
            if (
                before is not None
                and before.module is group.module
                and before.managed_rules == group.managed_rules
                and not self._is_over(before)
            ):
                groups[name] = before
            else:
                changed.append(group)
        if self._parse(changed, until_s):
            late = self._set(groups, changed, until_s)
            for group in late:
                before = installed.get(key_of(group.module))
                if before is not None:
                    groups[key_of(group.module)] = before
                else:
                    del groups[key_of(group.module)]
            self._installed = groups
        else:
            late = changed
        self._is_cut = bool(late)
        for managed in (managed for group in late for managed in group.managed_rules):
            if managed.status.state != INSTALLED:
                managed.status = WAITING

    def _is_over(self, installed: _Installed) -> bool:
        """Return whether a module's probes must be set anew: reloaded, a counter full, or frames ended."""
        return (
            installed.is_stale()
            or installed.has_counted()
            or self.context.redaction.generation
            != self._generation  # tests that were compiled before may tell a secret
            or self._registry.has_outlived(installed.module)
        )

    def _parse(self, groups: Iterable[_Installed], until_s: float) -> bool:
        """Read the source of each module, as far as there is time; whether there is time for what follows."""
        has_parsed = False
        for group in groups:
            name = key_of(group.module)
            if name in self._parsed and self._parsed[name].spec is group.spec:
                continue
            if has_parsed and time.monotonic() >= until_s:
                return False
            self._parsed[name] = ParsedModule.of(group.module, self._roots)
            has_parsed = True
        return not has_parsed or time.monotonic() < until_s

    def _set(
        self, groups: Mapping[str, _Installed], changed: Sequence[_Installed], until_s: float
    ) -> list[_Installed]:
        """Have the registry set the probes of these modules; return those left over for lack of time."""
        wanted = [
            WantedProbes(gone.module, None, ())
            for name, gone in self._installed.items()
            if name not in groups
        ]
        found, late = [], []
        for group in changed:
            placement = self._parsed[key_of(group.module)].place_rules(group.module, group.managed_rules)
            if not placement.place(until_s):
                late.append(group)
                continue
            group.counting.extend(
                managed.handler
                for managed, _ in placement.placed
                if managed.handler is not None and managed.handler.tally.false
            )
            found.append((group, placement))
            wanted.append(placement.wanted)
        # An exception of the application's may arrive anywhere below: until then nobody knows what is in these modules.
        touched = {
            key_of(each.module): _Installed(each.module, spec_of(each.module), [], []) for each in wanted
        }
        self._installed = {**self._installed, **touched}
        outcomes = self._registry.set(wanted, until_s) if wanted else {}
        for group, placement in found:
            if any(managed.rule.id not in outcomes for managed, _ in placement.placed):
                late.append(group)
                continue
            for managed, status in placement.misplaced:
                managed.status = status
            for managed, place in placement.placed:
                status = _status(managed.rule, outcomes[managed.rule.id], place, placement.source)
                managed.status = _add_doubt(status, placement.doubts.get(managed.rule.id))
        left = {key_of(group.module) for group in late}
        self._parsed = {name: parsed for name, parsed in self._parsed.items() if name in left}
        return late

    def _find_block(self, managed: ManagedRule) -> Status | None:
        """Why the rule shall not be in at the moment; None where it shall. Makes its handler where that is missing."""
        rule = managed.rule
        if isinstance(rule, BadEntry):
            return Status(ERROR, rule.fault.code, rule.fault.message)
        if why_unsupported():
            return Status(ERROR, "unsupported-interpreter", why_unsupported())
        if managed.paused:
            return Status(DISABLED, "paused", "all rules of the function are paused")
        if others := self._is_for_others(rule):
            return others
        try:
            check_policy(rule, self._config)
            managed.handler = managed.handler or make_handler(rule, self.context)
        except RuleError as fault:
            return Status(ERROR, fault.code, describe_error(fault))
        return self._over(rule, managed.handler)

    def _is_for_others(self, rule: Rule) -> Status | None:
        """Return the status of a rule that is for other versions, or other environments, of the function; else None."""
        if rule.versions and self._config.version not in rule.versions:
            return Status(DISABLED, "other-version", f"the rule is for version {', '.join(rule.versions)}")
        if rule.environments < 1:
            from hotlog.rules.fleet import takes_rule  # few rules are for a share

            if not takes_rule(rule, self.context.invocation.env or self._id):
                share = f"{rule.environments * 100:.3g} %"
                return Status(DISABLED, "not-chosen", f"the rule is for {share} of the environments")
        return None

    def _over(self, rule: Rule, handler: RuleHandler) -> Status | None:
        """Return the final state of a rule that is expired, exhausted or failed; None while it is live."""
        if rule.expired(datetime.now(UTC)):
            handler.stop(EXPIRED)
        elif rule.expires is not None:
            self._next_expiry_s = min(self._next_expiry_s, rule.expires.timestamp())
        if handler.stopped == EXPIRED:
            return Status(EXPIRED)
        if handler.stopped == EXHAUSTED:
            return Status(EXHAUSTED, "hit-limit", f"it has emitted its {rule.limit} events")
        return Status(ERROR, *handler.trouble) if handler.stopped else None


class _Installed(NamedTuple):
    module: ModuleType
    spec: object  # reload gives the module another one
    managed_rules: list[ManagedRule]
    counting: list[RuleHandler]  # their false conditions are counted in the function itself

    def has_counted(self) -> bool:
        """Return whether a counter has reached its limit, and may be compiled out."""
        return any(handler.tally.false is None for handler in self.counting)

    def is_stale(self) -> bool:
        """Return whether the module was reloaded, or imported anew."""
        return not is_loaded(self.module) or spec_of(self.module) is not self.spec


def _members(managed_rules: Iterable[ManagedRule]) -> Iterator[tuple[str, float, Callable[[], bool]]]:
    """Yield each rule's part in its group's choice: an ended rule keeps it, a wrong one blocks the group."""
    for managed in managed_rules:
        rule = managed.rule
        if isinstance(rule, Rule) and rule.group and managed.status.state != DISABLED:
            yield (
                rule.group,
                rule.sample,
                managed.handler.is_for_invocation if managed.handler is not None else bool,
            )  # nobody


def _status(rule: Rule | BadEntry, outcome: Outcome, place: Location, source: Source | None) -> Status:
    why = "; ".join(part for part in (place.note, *_join_reasons(outcome.passed_over), outcome.note) if part)
    if outcome.fault is not None:
        return Status(ERROR, outcome.fault.code, why or outcome.fault.message)
    location = describe_location(rule, place, source)
    if outcome.unreachable:
        return Status(
            INSTALLED, "unreachable", "the compiler removes this statement: it is never reached", location
        )
    return Status(INSTALLED, "" if source is not None else "unverified", why, location, outcome.backend)


def _join_reasons(passed_over: Sequence[str]) -> list[str]:
    """Return why each backend did not take it; what several say alike is said once: `recompile, splice: …`."""
    by_reason: dict[str, list[str]] = {}
    for part in passed_over:
        backend, _, reason = part.partition(": ")
        by_reason.setdefault(reason, []).append(backend)
    return [f"{', '.join(backends)}: {reason}" for reason, backends in by_reason.items()]


def _add_doubt(status: Status, doubt: tuple[str, str] | None) -> Status:
    """Return the status of an installed rule with the doubt about its names, where it has no code yet."""
    if doubt is None or status.state != INSTALLED or status.code:
        return status
    code, why = doubt
    return status._replace(code=code, reason="; ".join(filter(None, (why, status.reason))))


def _file_or_module(rule: Rule) -> str:
    return rule.target.file or rule.target.module
