"""One Lambda invocation: refresh, context, handler, flush. And `wrap`, which puts that around a handler.

Whatever happens here, the handler runs exactly once, with its own arguments, and what it returns or raises is what
Lambda gets: the same object, with no frame of hotlog in its traceback.
"""

from __future__ import annotations

import functools
import math
import time
from _thread import get_ident
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from hotlog import __builtins__, __version__, internal_errors, limits
from hotlog import config as _config
from hotlog.addresses import DEFAULT_SINK, DEFAULT_STORE, open_sink, open_store
from hotlog.agent.agent import Agent
from hotlog.errors import ConfigError
from hotlog.events import ERROR
from hotlog.rules import document as documents
from hotlog.runtime.invocation_facts import InvocationFacts, flush_timeout_ms, read_attribute
from hotlog.runtime.rule_poller import RulePoller

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.config import Config
    from hotlog.events import Event
    from hotlog.runtime.rule_poller import DocumentRead
    from hotlog.sinks import Sink
    from hotlog.stores import Store
    from hotlog.stores.background import Background

Handler = TypeVar("Handler", bound="Callable[..., Any]")

WRAPPED = "__hotlog__"  # a wrapped handler's attribute: its `Runtime`


@overload
def wrap(
    handler: Handler,
    *,
    store: Store | str | None = None,
    sink: Sink | Callable[[Event], object] | str | None = None,
) -> Handler: ...


@overload
def wrap(
    handler: None = None,
    *,
    store: Store | str | None = None,
    sink: Sink | Callable[[Event], object] | str | None = None,
) -> Callable[[Handler], Handler]: ...


def wrap(
    handler: Handler | None = None,
    *,
    store: Store | str | None = None,
    sink: Sink | Callable[[Event], object] | str | None = None,
) -> Handler | Callable[[Handler], Handler]:
    """Wrap a Lambda handler, as a decorator or a call; wrapping twice is wrapping once.

    With `HOTLOG=off`, and where there is neither Lambda nor a store, the handler comes back as it is.

    Args:
        handler: any callable that takes an event and a context.
        store: where the rules are: a store or its URL; None means `HOTLOG_STORE`, in Lambda `ssm:/hotlog`.
        sink: where events go: a sink, its URL or a callable; None means `HOTLOG_SINK`, else `stdout`.

    Returns:
        The wrapped handler, or a decorator where no handler is given.
    """
    if handler is None:
        return cast("Callable[[Handler], Handler]", functools.partial(wrap, store=store, sink=sink))
    config = _config.read()
    store = store or config.store or (DEFAULT_STORE if config.in_lambda else None)
    if not config.enabled or store is None or runtime_of(handler) is not None:
        return handler
    return cast("Handler", _around(handler, _shared(config, store, sink)))


shared_runtimes: dict[tuple[object, object], Runtime] = {}


def _shared(
    config: Config, store: Store | str, sink: Sink | Callable[[Event], object] | str | None
) -> Runtime:
    """Return the one runtime of all handlers with the same store and sink: they share their probes."""
    key = _key_of(store), _key_of(sink)
    runtime = shared_runtimes.get(key)
    if runtime is None:
        runtime = shared_runtimes[key] = Runtime(config, store, sink)
        runtime.start()
    return runtime


def _key_of(value: object) -> object:
    """Return what tells a store or sink from others: itself, or, of one without a hash, what it is known by as long as it lives."""
    return id(value) if internal_errors.run_contained(hash, _missing, value) is None else value


def runtime_of(handler: object) -> object:
    """Return what a handler that is wrapped carries; None for any other: it is not asked for the attribute."""
    return read_attribute(handler, WRAPPED)


def _around(handler: Callable[..., Any], runtime: Runtime) -> Callable[..., Any]:
    def invoke(*args: Any, **kwargs: Any) -> Any:
        thread = get_ident()
        if thread in running:  # it calls itself, for each record of a batch: that is one invocation
            try:
                return handler(*args, **kwargs)
            except BaseException as fault:
                internal_errors.leave_out_frame(fault)
                raise
        try:
            running.add(thread)
            runtime.begin(args)
            try:
                answer = handler(*args, **kwargs)
            except BaseException as fault:
                internal_errors.leave_out_frame(fault)
                runtime.error(fault)
                raise
            else:
                runtime.answer(answer)
                return answer
            finally:
                runtime.end()
        finally:
            running.discard(thread)

    running = runtime.running

    invoke.__code__ = invoke.__code__.replace(co_filename=_UNCOUNTED)
    # An object of any class may be a handler, such as one that loads a program when it is asked for an attribute. So only
    # what a plain function or class says of itself is copied.
    inner = handler.__func__ if type(handler) is MethodType else handler
    if type(inner) in {FunctionType, type}:
        functools.update_wrapper(invoke, inner)
    invoke.__wrapped__ = handler  # type: ignore[attr-defined]
    setattr(invoke, WRAPPED, runtime)
    return invoke


# `warnings` and `logging` count no frame of a file whose name holds these two words: `stacklevel` leads past it, as without hotlog.
_UNCOUNTED = f"{_around.__code__.co_filename}/importlib/_bootstrap"


class Runtime:
    """What surrounds the handler of one process.

    Args:
        config: settings.
        store: where the rules are, or its URL.
        sink: where events go; None means as configured.
        clock: seconds that the refresh policy goes by; None: those that pass.
        only_of_invocations: take none but rules without a target: there is no code that others could be put into.
    """

    def __init__(
        self,
        config: Config,
        store: Store | str,
        sink: Sink | Callable[[Event], object] | str | None,
        *,
        clock: Callable[[], float] | None = None,
        only_of_invocations: bool = False,
    ) -> None:
        self._config, self._only_of_invocations = config, only_of_invocations
        self._store = store
        self._sink = sink
        self._clock = clock
        self._facts = InvocationFacts(config)
        self._refresher: RulePoller | None = None
        self._background: Background | None = None
        self._agent: Agent | None = None
        self._read_ends_s = 0.0  # when the read beside the handler has had its time
        self.running: set[int] = set()  # threads that an invocation runs in
        self._store_code = "unread"  # how the last read ended; empty: well
        self._bad_settings: list[tuple[str, str]] = []  # code and reason

    def start(self) -> None:
        """Read and install the first rules during INIT, where CPU is plentiful and no request waits."""
        internal_errors.run_contained(self._start, self._fault)

    def begin(self, args: tuple[Any, ...]) -> None:
        """Read and install the current rules, and set the invocation's context, before the handler runs."""
        internal_errors.run_contained(self._begin, self._fault, args)

    def error(self, fault: BaseException) -> None:
        """Tell the rules that the handler raised an exception."""
        if self._agent is not None:
            internal_errors.run_contained(self._agent.error, self._fault, fault)

    def answer(self, answer: object) -> None:
        """Tell the rules what the handler returned."""
        if self._agent is not None:
            internal_errors.run_contained(self._agent.answer, self._fault, answer)

    def end(self) -> None:
        """Deliver what is held back, after the handler has run."""
        internal_errors.run_contained(self._end, self._fault)

    def on_restore(self) -> None:
        """Begin anew as a copy of a snapshot, maybe hours old: a new environment, with its first read."""
        internal_errors.run_contained(self._restore, self._fault)

    def verification(self) -> dict[str, object]:
        """Return what `hotlog attach --verify` asks: how hotlog does in this process. Nothing is read or run for it."""
        from hotlog.interpreter.supported import why_unsupported

        return {
            "version": __version__,
            "backend": "" if why_unsupported() else self._config.backend or _config.BACKENDS[0],
            "store": self._store_code,
        }

    def close(self) -> None:
        """Restore every function and close the sink; Lambda never does, it just ends the process."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None

    def _start(self) -> None:
        config = self._config
        if config.problems:
            self._bad_settings.append(("bad-setting", "; ".join(config.problems)))
        agent = self._agent = Agent(self._open_sink(), config=config)
        store = self._open_store()
        agent.begin(self._facts.outside())
        self._report_settings(agent)
        if store is None:
            return
        if config.shares:
            from hotlog.runtime.shared_reads import share_reads  # on managed instances only

            store, config = share_reads(store, config)
        self._refresher = RulePoller(store, config.function or "local", config, clock=self._clock)
        if self._config.restores:
            from snapshot_restore_py import register_after_restore  # in the runtime, and of use there only

            register_after_restore(self.on_restore)
        if self._config.in_lambda:
            self._refresh_first()

    def _open_sink(self) -> Sink:
        """Open the sink; where its address makes no sense, or a third party's fails, the default."""
        try:
            return open_sink(self._sink or self._config.sink, self._config)
        except ConfigError as fault:
            self._bad_settings.append((fault.code, f"{fault.message} Events go to {DEFAULT_SINK}."))
            return open_sink(DEFAULT_SINK)

    def _open_store(self) -> Store | None:
        """Open the store; None where its address makes no sense, or a third party's fails.

        No other takes its place: who may write rules is decided by which store it is.
        """
        if not isinstance(self._store, str):
            return self._store
        try:
            return open_store(self._store, region=self._config.region)
        except ConfigError as fault:
            self._bad_settings.append((fault.code, fault.message))
            self._store_code = fault.code
            return None

    def _report_settings(self, agent: Agent) -> None:
        for code, reason in self._bad_settings:
            agent.report_setting(code, reason)

    def _refresh_first(self) -> None:
        """Read and install in INIT, or on restore: the connection is yet to be made, and no request waits."""
        self._refresh(self._first_timeout_ms, limits.FIRST_INSTALL_MAX_MS)

    @property
    def _first_timeout_ms(self) -> int:
        return max(limits.FIRST_REFRESH_TIMEOUT_MS, self._config.refresh_timeout_ms)

    def _restore(self) -> None:
        agent, refresher = self._agent, self._refresher
        if agent is None or refresher is None:
            return
        self._facts.renew()
        agent.begin(self._facts.outside())
        agent.renew()
        self._report_settings(agent)
        refresher.renew()
        self._refresh_first()

    def _begin(self, args: tuple[Any, ...]) -> None:
        agent, refresher = self._agent, self._refresher
        if agent is None or refresher is None:
            return
        agent.begin(self._facts.begin(args))
        if not refresher.is_due() or self._reads_beside(refresher):
            self._settle(agent)
        else:
            self._refresh()

    def _reads_beside(self, refresher: RulePoller) -> bool:
        """Return whether a read runs beside the handler, one that is begun now or goes on."""
        if self._background is not None and self._background.busy:
            return True
        if refresher.waits:
            return False
        if self._background is None:
            from hotlog.stores.background import Background  # cold start: others read before the handler

            self._background = Background(self._refresh_beside, self._fault)
        # For a store that is silent nobody waits at the end of the invocation either.
        patience_ms = 0 if refresher.is_silent else self._config.refresh_timeout_ms
        self._read_ends_s = time.monotonic() + patience_ms / 1_000
        return self._background.start() or refresher.is_silent

    def _refresh_beside(self) -> None:
        """Read while the handler runs, with a longer deadline for a silent store, as no request waits."""
        refresher = self._refresher
        if refresher is not None:
            self._refresh(self._first_timeout_ms if refresher.is_silent else None)

    def _refresh(self, timeout_ms: int | None = None, install_ms: float | None = None) -> None:
        """Read the store, and do what it says, each within a limit; None: that of an invocation."""
        agent, refresher = self._agent, self._refresher
        if agent is None or refresher is None:
            return
        change = refresher.read(timeout_ms)
        # A function without rules has no document: that it is missing is known of a store that can be read.
        is_readable = change.fault is None or change.fault.code == "missing"
        self._store_code = "" if is_readable or change.fault is None else change.fault.code
        had_rules = self._take(agent, change)
        self._settle(agent, install_ms)
        self._report(agent, change, had_rules=had_rules)

    def _settle(self, agent: Agent, within_ms: float | None = None) -> None:
        """Put probes in and take them out, unless too little of the invocation is left for that."""
        if within_ms is None:
            # A local invocation is the only one of its process: there is none to go on at.
            within_ms = limits.INSTALL_MAX_MS if self._config.in_lambda else math.inf
        if self._facts.remaining_ms() > limits.INSTALL_MIN_REMAINING_MS:
            agent.settle(within_ms)

    def _take(self, agent: Agent, change: DocumentRead) -> bool:
        """Want the rules that the store holds; return whether there were rules before."""
        had_rules = agent.has_rules
        if change.document is not None:
            document = change.document
            if document.key is not None:
                from hotlog.rules.proof import load_key  # cold start: a function without rules has no key

                key = load_key(document.key)
                if key is not None:
                    agent.prove_with(key)
            rules = documents.rules(document, limits.RULES_MAX) if document.entries else []
            if self._only_of_invocations:
                rules = [rule for rule in rules if not (isinstance(rule, documents.BadEntry) or rule.at)]
            agent.set_wanted(rules, version=change.version, paused=document.paused)
        return had_rules

    def _report(self, agent: Agent, change: DocumentRead, *, had_rules: bool) -> None:
        """Say how the store is, once per change."""
        if change.fault is None:
            agent.report_recovery()
        elif (
            change.fault.code != "missing" or had_rules
        ):  # a function without rules is in good order, and silent
            agent.report(ERROR, change.fault.code, change.fault.message)

    def _end(self) -> None:
        ends_s = self._facts.end()
        if self._background is not None and self._background.busy:
            # A read that is cut in two by the freezer may never come to its end. Time to flush must be left.
            latest_s = ends_s - limits.FLUSH_TIMEOUT_MS / 1_000 if ends_s else self._read_ends_s
            self._background.wait(min(latest_s, self._read_ends_s) - time.monotonic())
        if self._agent is not None:
            self._agent.end(flush_timeout_ms(ends_s))

    def _fault(self, fault: BaseException) -> None:
        """Report once that hotlog itself failed, and leave the application alone."""
        if self._agent is not None:
            internal_errors.run_contained(
                self._agent.report_failure, _missing, fault
            )  # a clock of the application's may raise


def _missing(_: BaseException) -> None:
    """Where not even this can be had, it is missing: nothing says so but that."""
