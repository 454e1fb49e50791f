"""Requests about what looks stopped: its frames and values, steps, and Continue, which drops it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hotlog.errors import ConfigError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from hotlog.dap.captures import Capture, Captures
    from hotlog.dap.shown import Shown

    Arguments = Mapping[str, Any]

_NEVER_STOPS: Final = (
    "Nothing ever stops in Lambda, so there is nothing to pause. A breakpoint captures and lets go on."
)


class Stepping:
    """The captures of one session, as the protocol asks for them.

    Args:
        lock: held while anything is changed.
        captures: the captures.
        shown: shows them.

    Attributes:
        requests: what it handles, by the protocol's names.
        moving: those of them that something follows: an editor wants the answer first.
    """

    moving = frozenset({"continue", "next", "stepIn", "stepOut", "stepBack", "reverseContinue"})

    def __init__(self, lock: threading.RLock, captures: Captures, shown: Shown) -> None:
        self._lock, self._captures, self._shown = lock, captures, shown
        self._left: Capture | None = None  # Continue has dropped it, and the editor is not told yet
        self._reason = ""  # why what is shown shall stop once more
        self.requests: Mapping[str, Callable[[Arguments], Arguments | None]] = {
            "threads": self._list_threads,
            "stackTrace": self._list_frames,
            "scopes": self._list_scopes,
            "variables": self._list_variables,
            "evaluate": self._evaluate,
            "exceptionInfo": self._tell_exception,
            "continue": self._continue,
            "next": self._next,
            "stepIn": self._step_in,
            "stepOut": self._step_out,
            "stepBack": self._step_back,
            "reverseContinue": self._reverse,
            "pause": self._pause,
        }

    def show_next(self) -> None:
        """Show where the last step led, and the next capture where none is shown."""
        with self._lock:
            left, self._left, reason, self._reason = self._left, None, self._reason, ""
            if left is not None:
                self._shown.leave(left)
            if reason and self._captures.shown is not None:
                self._shown.stop(self._captures.shown, reason)
            if (capture := self._captures.show_next()) is not None:
                self._shown.stop(capture)
                if capture.story.cut:
                    self._shown.say(f"{capture.story.cut}.")

    def _list_threads(self, _arguments: Arguments) -> Arguments:
        with self._lock:
            return {"threads": self._captures.list_threads()}

    def _list_frames(self, arguments: Arguments) -> Arguments:
        with self._lock:
            return self._shown.list_frames(self._captures.shown, arguments)

    def _list_scopes(self, arguments: Arguments) -> Arguments:
        with self._lock:
            return self._shown.list_scopes(arguments["frameId"])

    def _list_variables(self, arguments: Arguments) -> Arguments:
        with self._lock:
            return self._shown.list_variables(arguments)

    def _evaluate(self, arguments: Arguments) -> Arguments:
        with self._lock:
            return self._shown.evaluate(arguments)

    def _tell_exception(self, _arguments: Arguments) -> Arguments:
        with self._lock:
            return self._shown.tell_exception(self._captures.shown)

    def _find(self, arguments: Arguments) -> Capture | None:
        """Return the capture that a request moves: none where it is of a thread that has gone since."""
        shown = self._captures.shown
        return shown if shown is not None and arguments.get("threadId") in {None, shown.number} else None

    def _continue(self, arguments: Arguments) -> Arguments:
        with self._lock:
            if self._find(arguments) is not None:
                self._left = self._captures.drop()
        return {"allThreadsContinued": False}

    def _step(self, arguments: Arguments, **how: bool) -> None:
        with self._lock:
            capture = self._find(arguments)
            if capture is None:
                return
            moved = capture.move(**how)
            if not moved:
                say = "this is its beginning" if how.get("back") else (capture.story.cut or "this is its end")
                say = say if capture.story.count > 1 else "a capture is one moment"
                self._shown.say(f"{say}: Continue shows the next capture, where there is one.")
            self._reason = (
                "step" if moved else "end"
            )  # with `pause` nvim-dap would not know it as stopped any more

    def _next(self, arguments: Arguments) -> None:
        self._step(arguments)

    def _step_in(self, arguments: Arguments) -> None:
        self._step(arguments, into=True)

    def _step_out(self, arguments: Arguments) -> None:
        self._step(arguments, out=True)

    def _step_back(self, arguments: Arguments) -> None:
        self._step(arguments, back=True, into=arguments.get("granularity") == "instruction")

    def _reverse(self, arguments: Arguments) -> None:
        self._step(arguments, back=True, all_the_way=True)

    def _pause(self, _arguments: Arguments) -> None:
        raise ConfigError("never-stops", _NEVER_STOPS)
