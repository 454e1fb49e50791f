"""What Lambda's context and the payload say of an invocation: read, never asked, for both may be objects of anybody's class."""

from __future__ import annotations

import math
import os
import time
from types import GetSetDescriptorType, MemberDescriptorType
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, config, events, internal_errors, limits
from hotlog.events import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hotlog.config import Config

_mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
_names_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


class InvocationFacts:
    """What is known of this environment, and of the invocation that it serves.

    Args:
        settings: the function's name and version, and where its payloads keep what ties requests together.
    """

    def __init__(self, settings: Config) -> None:
        self._settings = settings
        self._env, self._process = "", 0  # not asked for here: `os` of the application's may raise
        self._is_first = True
        self._ends_s = 0.0  # when Lambda ends the invocation; 0.0 where nothing is known

    def outside(self) -> Invocation:
        """Return the context outside of an invocation, with a new environment id in a new process, or a forked child."""
        if self._process != os.getpid():
            self._env, self._process = os.urandom(8).hex(), os.getpid()
        settings = self._settings
        return Invocation(function=settings.function, version=settings.version, env=self._env)

    def renew(self) -> None:
        """Be another environment from now on, whose first invocation is yet to come."""
        self._env, self._is_first = os.urandom(8).hex(), True

    def begin(self, args: tuple[Any, ...]) -> Invocation:
        """Return the context of an invocation that begins with these arguments of the handler."""
        is_first, self._is_first = self._is_first, False
        outside = self.outside()._replace(cold_start=is_first)
        invocation = read_invocation(args, self._settings.correlation, outside)
        self._ends_s = invocation.deadline
        return invocation

    def end(self) -> float:
        """End the invocation; return when Lambda would have ended it, 0.0 where nothing is known."""
        ends_s, self._ends_s = self._ends_s, 0.0
        return ends_s

    def remaining_ms(self) -> float:
        """Return how much time the invocation has left; without end where nothing is known."""
        return (self._ends_s - time.monotonic()) * 1_000 if self._ends_s else math.inf


def flush_timeout_ms(ends_s: float) -> int:
    """Return how long a flush may take before the invocation ends; sinks have tighter limits of their own."""
    if ends_s == 0.0:
        return limits.SINK_OPEN_TIMEOUT_MS
    left_ms = int((ends_s - time.monotonic()) * 1_000) - limits.FLUSH_MIN_REMAINING_MS
    return min(left_ms, limits.SINK_OPEN_TIMEOUT_MS)


def read_attribute(value: object, name: str) -> Any:
    """Return an attribute that is stored: in the instance's dict, in a slot, in the class. None where there is none.

    The object may be of anybody's class. No code of it runs, no property either: nobody knows how long that takes, or
    whether it ends.
    """
    raw = fields = None
    for base in _mro_of(type(value)):
        names = _names_of(base)
        if raw is None and name in names:
            raw = names[name]
        if fields is None and "__dict__" in names:
            fields = names["__dict__"]
    if type(raw) is MemberDescriptorType:
        return internal_errors.ask(raw.__get__, value)  # a slot may be empty
    if raw is not None and any("__get__" in _names_of(base) for base in _mro_of(type(raw))):
        return None
    own = fields.__get__(value) if type(fields) is GetSetDescriptorType else None
    return own.get(name, raw) if type(own) is dict else raw


def read_invocation(args: tuple[Any, ...], correlation: str, outside: Invocation) -> Invocation:
    """Return what the arguments of a handler say of its invocation.

    Args:
        args: the payload, then Lambda's context; either may be missing, or anything.
        correlation: where in the payload the function's owner keeps what ties requests together; empty: nowhere.
        outside: what is known without them.
    """
    context = args[1] if len(args) > 1 else None
    payload = args[0] if args else None
    execution, replays = _execution_of(payload)
    trace_id, span_id, xray_trace_id = events.ids_of_xray(config.trace_header())
    w3c_trace_id, w3c_span_id = events.ids_of_traceparent(payload)
    return outside._replace(
        request_id=_text(context, "aws_request_id"),
        trace_id=w3c_trace_id or trace_id,
        span_id=w3c_span_id or ("" if w3c_trace_id else span_id),
        xray_trace_id=xray_trace_id,
        tenant=_text(context, "tenant_id"),
        correlation_id=_correlation_of(payload, correlation),
        deadline=_deadline_s(context),
        event=payload,
        execution=execution,
        replays=replays,
    )


def _text(context: object, name: str) -> str:
    """Return a text attribute of the Lambda context; empty where it is no text or too long."""
    found = read_attribute(context, name)
    return found if type(found) is str and len(found) <= limits.CONTEXT_FACT_MAX_CHARS else ""


def _deadline_s(context: object) -> float:
    """Return the monotonic second at which Lambda ends the invocation; 0.0 where the context does not hold it.

    It is computed as the runtime's `get_remaining_time_in_millis` does. That method itself is not called: a context may
    have one of its own.
    """
    ends_ms: float = read_attribute(context, "_epoch_deadline_time_in_ms")
    now_ms = time.time() * 1_000
    if type(ends_ms) not in {int, float} or not 0 <= ends_ms <= now_ms + limits.CONTEXT_LEFT_MAX_MS:
        return 0.0
    return time.monotonic() + max(0.0, ends_ms - now_ms) / 1_000


def _execution_of(payload: object) -> tuple[str, bool]:
    """Return the durable execution that the payload names, and whether it is replayed."""
    if type(payload) is not dict or "DurableExecutionArn" not in payload:
        return "", False
    from hotlog.hits.durable_execution import execution_of  # cold start: few functions are durable

    return execution_of(payload)


def _correlation_of(payload: object, path: str) -> str:
    """Return what the payload holds where the function's owner says; empty where it holds nothing there."""
    if not path:
        return ""
    from hotlog.runtime.correlation import find_correlation  # cold start: where the setting asks for it

    return find_correlation(payload, path)
