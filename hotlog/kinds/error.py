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

    from hotlog.capture.frames import At
    from hotlog.events import Event
    from hotlog.expressions.evaluate import HitScope
    from hotlog.reading.reader import Reader


class ErrorHandler(TriggeredHandler):
    """A rule that waits for an exception."""

    listens = True
    spends = False

    def around(self) -> CallHooks | None:
        """Return the hook for a failing target function; None for a rule of the handler."""
        return CallHooks(self.raised) if self.rule.at else None

    def raised(self, fault: BaseException | None = None, *, frame: FrameType | None = None) -> None:
        """Record the exception that ends the function, with names read there; a closed generator has none."""
        internal_errors.run_contained(
            self._passes, self.on_internal_error, fault, frame or _getframe(1)
        )  # that of one's caller

    def _passes(self, fault: BaseException | None, frame: FrameType) -> None:
        fault = exception() if fault is None else fault
        if fault is not None and not inherits(type(fault), GeneratorExit):
            self._once(self._raised, fault, traceback_of(fault), frame)

    def on_error(self, fault: BaseException) -> None:
        """Record that the handler failed; names are read in the application's innermost frame."""
        if not self.rule.at:
            self._raised(fault, traceback_of(fault), None)

    def _raised(self, fault: BaseException, frames: list[At], frame: FrameType | None) -> None:
        """Send an exception through the gates, and emit its event if they are open.

        Args:
            fault: the exception.
            frames: that it passed, innermost first.
            frame: where names are looked up; None: in the innermost of the application.
        """
        inner = innermost(frames, self._reader)
        event = partial(self._error_event, fault, frames, inner)
        names = frame or (inner.frame if inner is not None else None)
        self._considered(names, {"exception": lambda: fault}, event, limits.ERROR_MAX_MS)

    def _error_event(
        self,
        fault: BaseException,
        frames: list[At],
        inner: At | None,
        number: int,
        scope: HitScope,
        reader: Reader,
    ) -> Event:
        root = self._context.roots.root
        place = place_of(inner, reader, root) if inner is not None else {}
        return {
            **self._head(),
            **place,
            **self._said(scope, reader),
            "error": capture_error(fault, reader),
            "frames": capture_frames(frames, reader, root, limits.ERROR_MAX_FRAMES),
            "hit": number,
        }
