"""An error: the exception that the handler, or a function, ends in, with the variables of every frame it passed.

Nothing is patched for the handler; the runtime tells of the exception. In a function the probe stands in an `except`
around its body. Either way it costs nothing until something is raised, and the exception goes on as it came.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hotlog import limits
from hotlog.capture.frames import capture_error, capture_frames, innermost, place_of, traceback_of
from hotlog.hit import Point

if TYPE_CHECKING:
    from types import FrameType

    from hotlog.capture.evaluate import Scope
    from hotlog.capture.frames import At
    from hotlog.capture.read import Reader
    from hotlog.events import Event


class ErrorPoint(Point):
    """A rule that waits for an exception."""

    listens = True
    spends = False

    def on_error(self, fault: BaseException) -> None:
        """The handler ended in it: names mean what they mean in the innermost frame of the application."""
        if not self.rule.at:
            frames = traceback_of(fault)
            self._raised(fault, frames, None)

    def _raised(self, fault: BaseException, frames: list[At], frame: FrameType | None) -> None:
        """An exception has come out.

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
        scope: Scope,
        reader: Reader,
    ) -> Event:
        root = self._session.roots.root
        place = place_of(inner, reader, root) if inner is not None else {}
        return {
            **self._head(),
            **place,
            **self._said(scope, reader),
            "error": capture_error(fault, reader),
            "frames": capture_frames(frames, reader, root, limits.ERROR_MAX_FRAMES),
            "hit": number,
        }
