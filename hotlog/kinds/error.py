"""An error: the exception that the handler, or a function, ends in, with the variables of every frame it passed.

Nothing is patched for the handler; the runtime tells of the exception. In a function the probe stands in an `except`
around its body. Either way it costs nothing until something is raised, and the exception goes on as it came.
"""

from __future__ import annotations

from functools import partial
from sys import _getframe, exception
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.frames import capture_error, capture_frames, innermost, place_of, traceback_of
from hotlog.kinds.triggered import TriggeredHandler
from hotlog.probes.probe import CallHooks
from hotlog.reading.classes import inherits

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.evaluate import HitScope
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule


class ErrorHandler(TriggeredHandler):
    """A rule that waits for an exception."""

    listens = True

    def __init__(self, rule: Rule, context: InvocationContext) -> None:
        super().__init__(rule, context)
        self.spends = bool(rule.at)  # a function may fail any number of times, the handler once

    def around(self) -> CallHooks | None:
        """Return the hook for a failing target function; None for a rule of the handler."""
        return (
            CallHooks(internal_errors.wrap_hook(self._passes, self.on_internal_error))
            if self.rule.at
            else None
        )

    def _passes(self, fault: BaseException | None = None, frame: FrameType | None = None) -> None:
        """Record the exception that ends the function, with names read there; a closed generator has none."""
        frame = frame or _getframe(2)  # the hook's caller
        fault = exception() if fault is None else fault
        if fault is not None and not inherits(type(fault), GeneratorExit):
            self._once(self._raised, fault, frame)

    def on_error(self, fault: BaseException) -> None:
        """Record that the handler failed; names are read in the application's innermost frame."""
        if not self.rule.at:
            inner = innermost(traceback_of(fault), self._reader)
            self._raised(fault, inner.frame if inner is not None else None)

    def _raised(self, fault: BaseException, frame: FrameType | None) -> None:
        """Send an exception through the gates, and emit its event if they are open.

        Args:
            fault: the exception.
            frame: where names are looked up.
        """
        # The frames are looked through behind the gates: a recursion fails once at each level, with as many frames below it.
        event = partial(self._error_event, fault)
        self._considered(frame, {"exception": lambda: fault}, event, limits.ERROR_MAX_MS)

    def _error_event(
        self,
        fault: BaseException,
        number: int,
        scope: HitScope,
        reader: Reader,
    ) -> Event:
        root = self._context.roots.root
        frames = traceback_of(fault)
        inner = innermost(frames, self._reader)
        place = place_of(inner, reader, root) if inner is not None else {}
        return {
            **self._head(),
            **place,
            **self._said(scope, reader),
            "error": capture_error(fault, reader),
            "frames": capture_frames(frames, reader, root, limits.ERROR_MAX_FRAMES),
            "hit": number,
        }
