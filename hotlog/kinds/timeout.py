"""A time-out: where everything is stuck, looked at shortly before Lambda would end the invocation.

The look is taken by the watchdog's thread, which gets the interpreter while the others sleep, wait for a lock, a socket or
a process, and between two instructions of a loop. A call into C that holds the interpreter lets nobody in: then the
look comes late, and says so, or the end comes first.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.frames import At, capture_frames, innermost, place_of
from hotlog.capture.snapshot import capture
from hotlog.kinds.thread_stacks import Activity, list_activities
from hotlog.kinds.triggered import TriggeredHandler
from hotlog.reading.budget import Unavailable
from hotlog.values.text import text_of

if TYPE_CHECKING:
    from hotlog.events import Event, Invocation
    from hotlog.expressions.evaluate import HitScope
    from hotlog.reading.reader import Reader

_NAME_MAX_BYTES: Final = 600  # of a thread or task

LATE_NOTE = "a call into C held the interpreter until then"


class TimeoutHandler(TriggeredHandler):
    """A rule that looks when the time of an invocation is nearly up."""

    listens = True
    spends = False

    _invocation: Invocation | None = None

    def on_begin(self) -> None:
        """Set the alarm for this invocation."""
        context = self._context
        at_s = context.alarm_s(self.rule.margin_ms)
        if at_s > 0.0 and not self.stopped:
            self._invocation = context.invocation
            context.watchdog.arm(
                self,
                at_s,
                partial(
                    internal_errors.run_contained,
                    self._look,
                    self.on_internal_error,
                ),
            )

    def on_end(self) -> None:
        """Disarm the watchdog, as the invocation ended in time."""
        self._invocation = None
        self._context.watchdog.disarm(self)

    def on_close(self) -> None:
        """Disarm the watchdog; its thread ends with the last rule that needs it."""
        self._invocation = None
        self._context.watchdog.leave(self)

    def _look(self, at_s: float) -> None:
        invocation = self._invocation
        if invocation is None:
            return
        late_ms = int((time.monotonic() - at_s) * 1_000)
        found = list_activities(self._context.thread)
        inner = next((at for each in found if (at := innermost(each.frames, self._reader)) is not None), None)
        event = partial(self._timeout_event, invocation, late_ms, found, inner)
        self._considered(inner.frame if inner is not None else None, {}, event, limits.TIMEOUT_LOOK_MAX_MS)

    def _timeout_event(
        self,
        invocation: Invocation,
        late_ms: int,
        found: list[Activity],
        inner: At | None,
        number: int,
        scope: HitScope,
        reader: Reader,
    ) -> Event:
        root = self._context.roots.root
        left_ms = max(0, int((invocation.deadline - time.monotonic()) * 1_000))
        late: Event = {"late_ms": late_ms, "note": LATE_NOTE} if late_ms > limits.TIMEOUT_LATE_MS else {}
        event = {
            **self._head(),
            **(place_of(inner, reader, root) if inner is not None else {}),
            **self._said(scope, reader),
            "left_ms": left_ms,
            **late,
            "threads": self._threads(found, reader, root),
            "hit": number,
        }
        if self._invocation is not invocation:  # it must not be told of the next one
            raise Unavailable("the invocation ended while it was looked at")
        return event

    def _threads(self, found: list[Activity], reader: Reader, root: str) -> list[dict[str, Any]]:
        most = limits.TIMEOUT_MAX_THREADS
        names = [
            text_of(capture(each.name, reader, room=_NAME_MAX_BYTES)) for each in found[:most]
        ]  # before the room is gone
        shown: list[dict[str, Any]] = [
            {
                each.kind: name,
                "frames": capture_frames(each.frames, reader, root, limits.ERROR_MAX_FRAMES),
            }
            for name, each in zip(names, found[:most], strict=True)
        ]
        return [*shown, {"@cut": "items", "@len": len(found)}] if len(found) > most else shown
