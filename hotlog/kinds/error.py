"""An error: the exception that a function ends in, or that makes an invocation fail, with the variables of every frame it passed.

In a function the probe stands in an `except` around its body. Without a target nothing is patched: `FailureHandler`, in
`hotlog/kinds/failure.py`, waits for an invocation that fails. Either way it costs nothing until something is raised, and the
exception goes on as it came.
"""

from __future__ import annotations

from functools import partial
from sys import _getframe, exception
from typing import TYPE_CHECKING

from hotlog import __builtins__, internal_errors, limits
from hotlog.capture.frames import capture_error, capture_frames, innermost, place_of, traceback_of
from hotlog.hits.failure import is_left_out
from hotlog.kinds.triggered import TriggeredHandler
from hotlog.probes.probe import CallHooks
from hotlog.reading.classes import inherits

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.events import Event
    from hotlog.expressions.evaluate import HitScope
    from hotlog.hits.invocation_context import InvocationContext
    from hotlog.hits.rule_handler import RuleHandler
    from hotlog.reading.reader import Reader
    from hotlog.rules.model import Rule


class ErrorHandler(TriggeredHandler):
    """A rule that waits for an exception that a function ends in."""

    @classmethod
    def create(cls, rule: Rule, context: InvocationContext) -> RuleHandler:
        """Return the handler of an error rule; of one without a target that which looks at whole invocations."""
        if not rule.at:
            from hotlog.kinds.failure import FailureHandler  # cold start: it comes with the first such rule

            return FailureHandler(rule, context)
        return cls(rule, context)

    def around(self) -> CallHooks | None:
        """Return the hook for a failing target function."""
        return CallHooks(internal_errors.wrap_hook(self._passes, self.on_internal_error))

    def _passes(self, fault: BaseException | None = None, frame: FrameType | None = None) -> None:
        """Record the exception that ends the function, with names read there; a closed generator has none."""
        frame = frame or _getframe(2)  # the hook's caller
        fault = exception() if fault is None else fault
        if fault is None or inherits(type(fault), GeneratorExit) or is_left_out(fault, self.rule.excepted):
            return
        self._once(self._raised, fault, frame)

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
            "error": capture_error(fault, reader, root),
            "frames": capture_frames(frames, reader, root, limits.ERROR_MAX_FRAMES),
            "hit": number,
        }
