"""Which invocation a hit belongs to: that which runs, unless it comes from a thread or a task that has outlived its own.

A thread that was in the application's own code when an invocation began goes on with an earlier one's work. A worker that
waited in its pool's loop does not: what it does now it was asked for now. A task carries the context that it was made in.
Where OpenTelemetry is loaded, an event bears the ids of the span that is open at the hit.
"""

from __future__ import annotations

import sys
import threading
from _thread import get_ident
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, events, limits
from hotlog.capture.frames import is_own_code, stack_of
from hotlog.events import Invocation
from hotlog.interpreter.thread_frames import current_frames
from hotlog.reading.classes import find_loaded
from hotlog.reading.instance_state import instance_dict

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_PROPAGATION: Final = "opentelemetry.trace.propagation"
_CONTEXT: Final = "opentelemetry.context"


class Identities:
    """Knows which invocation each thread and task belongs to.

    Args:
        readable: whether code of a file is the application's.
    """

    def __init__(self, readable: Callable[[str], bool]) -> None:
        self._readable = readable
        self._current = Invocation()
        self._threads: dict[
            int, tuple[object, Invocation]
        ] = {}  # by ident, those that have outlived their own
        self._of_context: ContextVar[Invocation | None] = ContextVar("hotlog_invocation", default=None)
        self._has_tasks = self._has_spans = False

    def begin(self, invocation: Invocation, thread: int) -> bool:
        """Begin an invocation in a thread; return whether an event may belong to another, or to a span."""
        before, self._current = self._current, invocation
        active: dict[int, Any] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001  # `enumerate` takes a lock
        if len(active) > 1 or self._threads:
            self._note_threads(before, dict(active), thread)
        self._has_tasks = "asyncio" in sys.modules
        self._has_spans = _PROPAGATION in sys.modules
        if self._has_tasks:
            self._of_context.set(invocation)
        return bool(self._threads) or self._has_tasks or self._has_spans

    def find_other(self) -> Invocation | None:
        """Return the invocation that this thread or task has outlived; None where it belongs to that which runs."""
        if self._has_tasks:
            found = self._of_context.get()
            if found is not None:
                return found if found is not self._current else None
        if not self._threads:
            return None
        ident = get_ident()
        known = self._threads.get(ident)
        active: dict[int, Any] = threading._active  # type: ignore[attr-defined]  # noqa: SLF001  # as above
        return known[1] if known is not None and active.get(ident) is known[0] else None

    def identify(self, usual: str) -> str:
        """Return the fields of the invocation, and of the span, that this thread or task belongs to, as members of JSON.

        Args:
            usual: those of the invocation that runs.
        """
        other = self.find_other()
        span = _read_span() if self._has_spans else None
        if other is None and span is None:
            return usual
        fields = events.fields_of(self._current if other is None else other)
        if span is not None:
            fields |= {"trace_id": span[0], "span_id": span[1]}
        return events.members_of(fields)

    def _note_threads(self, before: Invocation, active: dict[int, Any], thread: int) -> None:
        """Note the threads that are in own code now: they belong to the invocation before, or to one before that."""
        frames = current_frames()
        found: dict[int, tuple[object, Invocation]] = {}
        for ident, each in active.items():
            if ident == thread or ident not in frames or len(found) >= limits.THREADS_NOTED_MAX:
                continue
            known = self._threads.get(ident)
            if known is not None and known[0] is each:
                found[ident] = known
            elif self._is_busy(frames[ident]):
                found[ident] = each, before
        self._threads = {ident: known for ident, known in found.items() if self._is_busy(frames[ident])}

    def _is_busy(self, frame: FrameType) -> bool:
        return any(is_own_code(at.frame, self._readable) for at in stack_of(frame))


def _read_span() -> tuple[str, str] | None:
    """Return trace id and span id of OpenTelemetry's current span, read without a call of its code; None without one."""
    holder = (instance_dict(find_loaded(_CONTEXT, "_RUNTIME_CONTEXT")) or {}).get("_current_context")
    values = holder.get(None) if type(holder) is ContextVar else None
    key = find_loaded(_PROPAGATION, "_SPAN_KEY")
    span = dict.get(values, key) if isinstance(values, dict) and type(key) is str else None
    ids = (instance_dict(span) or {}).get("_context") if span is not None else None
    if not isinstance(ids, tuple) or tuple.__len__(ids) < 2:  # noqa: PLR2004  # trace and span
        return None
    trace, number = tuple.__getitem__(ids, 0), tuple.__getitem__(ids, 1)
    if type(trace) is not int or type(number) is not int or not (trace > 0 and number > 0):
        return None
    return f"{trace:032x}", f"{number:016x}"
