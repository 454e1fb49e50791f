"""The agent: keeps the probes of this process equal to the rules that are wanted, and says what became of each.

    rules ──> Agent ──> Reconciler (reconcile.py) ──> probes in running code
                └── status events ──> sink

Everything that costs imports (ast, the backends, capture) comes with the first rule: an environment without rules
pays nothing.
"""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, __version__, events, internal_errors, limits
from hotlog import config as _config
from hotlog.addresses import open_sink
from hotlog.errors import HotlogError
from hotlog.events import ERROR, RECOVERED, STOPPED, Invocation, Status
from hotlog.sinks.emitter import Emitter
from hotlog.sinks.stdout import notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType, TracebackType
    from typing import Self

    from hotlog.agent.reconcile import Reconciler
    from hotlog.agent.rule_reports import RuleReports
    from hotlog.agent.rule_state import ManagedRule
    from hotlog.config import Config
    from hotlog.events import Event
    from hotlog.rules.document import BadEntry
    from hotlog.rules.model import Rule
    from hotlog.rules.proof import ProofKey
    from hotlog.sinks import Sink


_NO_RECORD: Mapping[str, Any] = {}
# No WeakSet: an exception that another thread delivers is lost where it meets the callback of a weak reference.
_agents: list[weakref.ref[Agent]] = []


def _living() -> list[Agent]:
    return [agent for reference in _agents if (agent := reference()) is not None]


def _renew_locks() -> None:
    for agent in _living():
        agent.renew_lock()


def _in_forked_child() -> None:
    internal_errors.run_contained(_renew_locks, internal_errors.stray)


def _report_by_all(fault: BaseException) -> None:
    """Report a failure of hotlog itself that belongs to no rule, by every live agent."""
    for agent in _living():
        agent.report_failure(fault)


internal_errors.listen(_report_by_all)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_forked_child)  # cannot be undone: one for all agents


class Agent:
    """The probes of this process, without Lambda: any process, any sink.

    Args:
        sink: a URL (`stdout`, `file:PATH`), or a callable that gets each event as a plain dict.
        root: what the files in targets are relative to, and below which code may be probed; empty: the current
            directory, in Lambda the task root.
        config: settings; None means those of the process environment.

    Raises:
        ConfigError: `bad-sink`.

    Example:
        >>> with hotlog.Agent(sink=print, root="src") as agent:
        ...     agent.apply([hotlog.Rule(at="app.py:42", message="x={x}")])
    """

    def __init__(
        self,
        sink: str | Callable[[Event], object] | Sink = "",
        *,
        root: str = "",
        config: Config | None = None,
    ) -> None:
        self._config = config if config is not None else _config.read()
        self._root = root or self._config.root
        taker = open_sink(sink or self._config.sink, self._config)
        notices = notice if self._config.in_lambda else None
        self._emitter = Emitter(taker, self._config.level, notices=notices)
        self._lock = threading.RLock()
        self._managed: dict[str, ManagedRule] = {}
        self._reports: RuleReports | None = None  # comes with the first rule
        self._last_report: tuple[str, str] | None = None  # state and code of the environment
        self._version_told = False
        self._reconciler: Reconciler | None = None
        self._breaker = internal_errors.Breaker(self._open)
        self._faults_told: dict[str, None] = {}  # codes of hotlog's own errors, until the rules change
        self._troubles: dict[str, None] = {}  # codes of what ails the environment, until it is well
        self._out: Status | None = (
            None  # what became of all rules when the breaker opened, until that is told
        )
        self._invocation, self._thread = Invocation(), threading.get_ident()
        self._unsettled = False
        self._is_kept_out = False  # the engine must not be imported here: each rule's status says why
        self._version = 0
        self._key: ProofKey | None = None
        self._clock = time.monotonic
        _agents[:] = [*(known for known in _agents if known() is not None), weakref.ref(self)]

    def apply(self, rules: Iterable[Rule | BadEntry], *, version: int = 0, paused: bool = False) -> None:
        """Install exactly these rules; what is unchanged is not touched.

        Args:
            rules: all rules that shall be live. One that cannot be installed has a status that says why; it never
                stops the others.
            version: of the document they come from; the status events name it.
            paused: keep them all, but let none be hit.
        """
        with self._lock:
            self.set_wanted(rules, version=version, paused=paused)
            self.settle()

    def set_wanted(self, rules: Iterable[Rule | BadEntry], *, version: int = 0, paused: bool = False) -> None:
        """Do as `apply`, but new probes wait for `settle`; those of removed rules are silent at once."""
        with self._lock:
            if version != self._version or not version:
                self._begin_anew()
            self._version = version
            wanted = list(rules)
            if not wanted and not self._managed and self._reconciler is None:
                return
            # Cold start: an environment without rules has neither.
            from hotlog.agent.rule_reports import RuleReports
            from hotlog.agent.rule_state import manage_rules

            if self._reports is None:
                self._reports = RuleReports(self._emitter, self._emit_status)
            before, self._managed = self._managed, manage_rules(wanted, self._managed, paused=paused)
            for key in before.keys() - self._managed.keys():
                self._reports.tell_counts(key, before[key])
            self._unsettled = True

    def prove_with(self, key: ProofKey) -> None:
        """Prove each event from now on with this key, and show it in none."""
        with self._lock:
            if key == self._key:
                return
            self._key = key
            self._emitter.set_key(key)
            if self._reconciler is not None:
                self._reconciler.context.hide(key.text)

    def settle(self, within_ms: float = math.inf) -> None:
        """Install new probes and remove finished ones, at a safe point. Free where there is nothing to do.

        Args:
            within_ms: when this is over, nothing more is begun; the rest goes on at the next safe point. Rules that
                wait for it are pending, and those that are in stay.
        """
        with self._lock:
            if not self._unsettled and (
                self._reconciler is None or not self._reconciler.has_work(self._managed.values())
            ):
                return
            until_s = self._clock() + within_ms / 1_000
            reconciler = self._reconciler
            if reconciler is None and self._managed and not (self._breaker.is_open or self._is_kept_out):
                reconciler = self._engine(until_s)
            self._unsettled = True  # whatever ends the work below before it is done
            if reconciler is not None and not self._breaker.is_open:
                internal_errors.run_contained(
                    reconciler.reconcile, self.report_failure, self._managed.values(), until_s
                )
            if self._breaker.is_open:
                self._take_all_out()
            is_told = self._reports is None or self._reports.tell_all(
                self._managed, self._version, self._clock, until_s
            )
            is_out = self._breaker.is_open or self._is_kept_out
            waits = reconciler is None and bool(self._managed) and not is_out
            self._unsettled = waits or not is_told

    def _open(self, fault: BaseException) -> None:
        """Silence all rules after too many errors of hotlog; the next safe point removes their probes."""
        self._out = Status(ERROR, STOPPED, f"{_TOO_OFTEN}; the last time: {internal_errors.describe(fault)}")
        for managed in list(self._managed.values()):
            if managed.handler is not None:
                managed.handler.stop(ERROR)
        self._unsettled = True

    def _take_all_out(self) -> None:
        """Remove all probes after too many errors of hotlog. Done once: what fails here is not repeated."""
        out, self._out = self._out, None
        if out is None:
            return
        if self._reconciler is not None:
            internal_errors.run_contained(self._reconciler.reconcile, self.report_failure, ())
        for key, managed in self._managed.items():
            if self._reports is not None:
                self._reports.tell_counts(key, managed)
            managed.status, managed.handler = out, None
        self._emit_status("", out)

    def _begin_anew(self) -> None:
        """Forget hotlog's own errors and try the old rules again: the new set may fare better."""
        if self._breaker.is_open:
            self._faults_told[STOPPED] = None
            self._managed = {}
        self._tell_recovery(self._faults_told)
        self._breaker.close()
        self._out = None
        self._is_kept_out = False

    def _engine(self, until_s: float) -> Reconciler | None:
        """Return the reconciler, which installs and removes probes; None where its import takes too long, or must not be."""
        from hotlog.coldstart import staged_import  # cold start: the engine comes with the first rule

        if obstacle := staged_import.find_obstacle():
            self._is_kept_out = True  # until the rules change: a look at each invocation would find the same
            for managed in self._managed.values():
                managed.status = Status(ERROR, staged_import.SHADOWED, obstacle)
            return None
        if not staged_import.load(until_s, compiles=any(each.compiles for each in self._managed.values())):
            return None
        from hotlog.agent.reconcile import Reconciler  # the last piece of it

        self._reconciler = Reconciler(
            self._config,
            self._root,
            self._emitter,
            self._install_waiting,
            self._breaker.note,
            self.report_failure,
        )
        self._reconciler.context.begin(self._invocation, self._thread)
        if self._key is not None:
            self._reconciler.context.hide(self._key.text)
        return self._reconciler

    def status(self) -> dict[str, Status]:
        """Return the status of each rule, by the rule's id."""
        with self._lock:
            return {key: managed.current() for key, managed in self._managed.items()}

    @property
    def has_rules(self) -> bool:
        """Return whether any rule is wanted."""
        return bool(self._managed)

    def begin(self, invocation: Invocation) -> None:
        """Begin an invocation: hits belong to it from now on."""
        self._invocation, self._thread = invocation, threading.get_ident()
        self._emitter.begin(invocation)
        if self._reconciler is not None:
            self._reconciler.context.begin(invocation, self._thread)

    def error(self, fault: BaseException) -> None:
        """Tell the rules that the handler failed; the traceback begins with the handler's own frame."""
        if self._reconciler is not None:
            self._reconciler.context.error(fault)

    def answer(self, answer: object) -> None:
        """Tell the rules what the handler returned."""
        if self._reconciler is not None:
            self._reconciler.context.answer(answer)

    def end(self, timeout_ms: int = limits.FLUSH_TIMEOUT_MS) -> None:
        """End the invocation: emit the counts that are due, then flush the sink within the timeout."""
        if self._reconciler is not None:
            self._reconciler.context.end()
            if self._reports is not None:
                self._reports.look(self._managed, self._reconciler.context, self._clock())
        self._invocation = self._invocation._replace(event=None)  # its memory is the next one's
        self._emitter.flush(timeout_ms)

    def report(self, state: str, code: str = "", reason: str = "") -> None:
        """Emit a status event of the environment as a whole, once per change."""
        if state == ERROR:
            self._troubles[code] = None
        if self._last_report != (state, code):
            self._last_report = state, code
            self._emit_status("", Status(state, code, reason))

    def report_setting(self, code: str, reason: str) -> None:
        """Emit a status event about a setting that makes no sense: nothing that happens later mends it."""
        self._emit_status("", Status(ERROR, code, reason))

    def report_failure(self, fault: BaseException) -> None:
        """Report, once, that hotlog itself failed; after too many failures remove all probes."""
        code = fault.code if isinstance(fault, HotlogError) else "internal-fault"
        if code == "internal-fault":
            self._breaker.note(fault)
        if self._breaker.is_open:
            internal_errors.run_contained(
                self.settle, _leave_it
            )  # whatever fails may keep the next safe point away
        elif code not in self._faults_told:
            self._faults_told[code] = None
            self._emit_status("", Status(ERROR, code, internal_errors.describe(fault)))

    def report_recovery(self) -> None:
        """Report that the environment works again, where `report` told of a failure before."""
        self._last_report = None
        self._tell_recovery(self._troubles)

    def _tell_recovery(self, codes: dict[str, None]) -> None:
        """Say of each of these troubles that it is over. Each has its own recovery: others may go on."""
        for code in codes:
            self._emit_status("", Status(RECOVERED, code))
        codes.clear()

    def close(self) -> None:
        """Restore every function and close the sink."""
        self.apply([])
        self.begin(Invocation())
        self._emitter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def renew_lock(self) -> None:
        """Replace the lock in a forked child, where the thread that may hold it does not run."""
        self._lock = threading.RLock()

    def renew(self) -> None:
        """Forget what was reported, after a restore: the new environment reports each rule's status again."""
        with self._lock:
            self._last_report = None
            self._version_told = False
            self._troubles.clear()
            if self._reports is not None:
                self._reports.renew()
            self._unsettled = True

    def _install_waiting(self, module: ModuleType) -> None:
        """Install the probes of rules that wait for this module, right after its import."""
        internal_errors.run_contained(self._settle_after, self.report_failure, module)

    def _settle_after(self, module: ModuleType) -> None:
        with self._lock:
            if self._reconciler is not None:
                self._reconciler.note_run(module)
                self.settle()

    def _emit_status(self, key: str, status: Status, record: Mapping[str, Any] = _NO_RECORD) -> None:
        event: Event = {"hotlog": "status", "rule": key}
        event |= {name: value for name in events.TOLD if (value := getattr(status, name))}
        if not self._version_told:  # once in each environment: a desk may be newer than the layer
            self._version_told = True
            event["hotlog_version"] = __version__
        self._emitter.emit({**event, **record}, bounded=False)


def _leave_it(_: BaseException) -> None:
    """Do nothing where even removing the probes fails: all gates are shut, and it is reported."""


_TOO_OFTEN = (
    f"hotlog itself has failed {limits.INTERNAL_FAULTS_MAX} times here: no probe stays until the rules change"
)
