"""What the editor is shown: log lines, what looks stopped, its frames, scopes and variables, and what is asked of them."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.captured.evaluate import evaluate_captured
from hotlog.client.showing.values import format_value
from hotlog.client.words import escape
from hotlog.dap.captures import tell_doubt
from hotlog.dap.stories import tell_story
from hotlog.dap.variables import Variables, scope_of
from hotlog.errors import RuleError
from hotlog.rules.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.typed.source_map import FileMap
    from hotlog.dap.captures import Capture
    from hotlog.dap.framing import Writer
    from hotlog.dap.places import Places
    from hotlog.dap.stories import CaptureStory, Frame
    from hotlog.events import Event

    Arguments = Mapping[str, Any]

_RESULT_CHARS: Final = 2_000
_LOGGED: Final = ("watch", "request_id", "function", "version", "env", "qualname", "at", "timestamp")


class Shown:
    """What the editor shows of one session.

    Args:
        writer: sends.

    Attributes:
        places: the files, once there is a function.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._first_line = 1
        self._uses_uris = False
        self._parts: deque[Event] = deque(
            maxlen=desk_limits.DAP_PARTS_MAX
        )  # of recordings that are not whole yet
        self._variables = Variables()
        self._frames: dict[int, Frame] = {}
        self._differences: set[tuple[str, int]] = set()
        self.places: Places | None = None

    def begin(self, editor: Arguments) -> None:
        """Take what the editor says of itself."""
        self._first_line = 0 if editor.get("linesStartAt1") is False else 1
        self._uses_uris = editor.get("pathFormat") == "uri"

    # --- lines: an editor may count from 0 -------------------------------------------------------------------------------

    def line_of(self, counted: int) -> int:
        """Return the line, from 1, that the editor means."""
        return int(counted) + 1 - self._first_line

    def count_line(self, line: int) -> int:
        """Return a line as the editor counts it."""
        return line - 1 + self._first_line

    def as_counted(self, body: Arguments) -> dict[str, Any]:
        """Return something with a line as the editor counts it."""
        return {**body, "line": self.count_line(body["line"])} if "line" in body else dict(body)

    # --- the console -----------------------------------------------------------------------------------------------------

    def say(self, sentence: str) -> None:
        """Tell a sentence in the console."""
        self._writer.tell("output", {"category": "console", "output": f"{escape(sentence)}\n"})

    def log(self, event: Event) -> None:
        """Show a log line beside its source."""
        doubt = tell_doubt(event)
        values = {name: event[name] for name in _LOGGED if event.get(name)}
        text = f"{doubt and f'{doubt}: '}{escape(str(event.get('message', '')))}"
        number = self._variables.hold(scope_of(values, text), is_logged=True)
        body = {
            "category": "stdout",
            "output": f"{text}\n",
            "variablesReference": number,
            **self._place(str(event.get("at", ""))),
        }
        self._writer.tell("output", self.as_counted(body))

    def tell_difference(self, file: FileMap) -> None:
        """Tell once how a file differs from the deployed one, with a link to the deployed text."""
        if (file.path, file.differences) in self._differences or self.places is None:
            return
        self._differences.add((file.path, file.differences))
        count = f"{file.differences} place{'' if file.differences == 1 else 's'}"
        said = f"{file.path} differs from the deployed {file.file} at {count}; breakpoints follow their statements.\n"
        self._writer.tell(
            "output",
            {
                "category": "console",
                "output": said,
                "source": self.places.name_deployed(file.file),
                "line": 1,
            },
        )

    def _place(self, at: str) -> dict[str, Any]:
        place = self.places.show(at) if self.places is not None else {}
        if self._uses_uris and "path" in place.get("source", {}):
            place["source"]["path"] = Path(place["source"]["path"]).as_uri()
        return place

    # --- captures --------------------------------------------------------------------------------------------------------

    def tell_story(self, event: Event) -> CaptureStory | None:
        """Return what an event shows; None where further parts of it must come first."""
        if "recording" not in event:
            return tell_story([event])
        self._parts.append(event)
        story = tell_story([*self._parts])
        if story is not None:
            self._parts.clear()
        return story

    def stop(self, capture: Capture, reason: str = "") -> None:
        """Show a capture as a thread that looks stopped."""
        self._variables.forget_shown()
        self._frames.clear()
        event = capture.story.event
        error = event.get("error")
        text = f"{error.get('type', '')}: {error.get('message', '')}" if isinstance(error, dict) else ""
        body = {
            "reason": reason or _name_reason(event),
            "description": "captured, not stopped",
            "threadId": capture.number,
            "preserveFocusHint": False,
            "allThreadsStopped": False,
            "hitBreakpointIds": [capture.owner.number],
        }
        self._writer.tell("stopped", {**body, "text": text} if text else body)

    def leave(self, capture: Capture) -> None:
        """Show that a capture is dropped."""
        self._variables.forget_shown()
        self._frames.clear()
        self._writer.tell("thread", {"reason": "exited", "threadId": capture.number})

    def list_frames(self, capture: Capture | None, arguments: Arguments) -> Arguments:
        """Return the frames of what is shown."""
        if capture is None or capture.number != arguments["threadId"]:
            return {"stackFrames": [], "totalFrames": 0}
        frames = capture.frames
        start, levels = (max(arguments.get(name) or 0, 0) for name in ("startFrame", "levels"))
        chosen = frames[start : start + levels if levels else None]
        shown = [
            self._describe_frame(capture.number * 1_000 + start + index, each)
            for index, each in enumerate(chosen)
        ]
        return {"stackFrames": shown, "totalFrames": len(frames)}

    def _describe_frame(self, number: int, frame: Frame) -> dict[str, Any]:
        self._frames[number] = frame
        place = self._place(frame.at) or {"line": self._first_line, "column": 1}
        named = f"{frame.name} {frame.at}" if "source" not in place else frame.name
        return {
            "id": number,
            "name": named or frame.at,
            **(self.as_counted(place) if "source" in place else place),
        }

    def list_scopes(self, number: int) -> Arguments:
        """Return the scopes of a frame."""
        frame = self._frames.get(number)
        scopes = []
        for place, (name, values) in enumerate(frame.scopes.items() if frame is not None else ()):
            hint = {"presentationHint": "locals"} if not place else {}
            held = self._variables.hold(scope_of(values))
            count = {"namedVariables": len(values)}
            scopes.append({"name": name, "variablesReference": held, "expensive": False, **count, **hint})
        return {"scopes": scopes}

    def list_variables(self, arguments: Arguments) -> Arguments:
        """Return the parts of a value."""
        found = self._variables.list(
            arguments["variablesReference"],
            max(arguments.get("start") or 0, 0),
            max(arguments.get("count") or 0, 0),
            arguments.get("filter") or "",
        )
        return {"variables": found}

    def evaluate(self, arguments: Arguments) -> Arguments:
        """Return what an expression says of the variables of a frame.

        Raises:
            RuleError: `not-captured`, ...
        """
        frame = self._frames.get(arguments.get("frameId") or 0)
        if frame is None:
            raise RuleError("not-captured", "nothing is captured here: expressions ask what a capture holds.")
        values: dict[str, Any] = {}
        for each in reversed([*frame.scopes.values()]):  # variables come first, and count last
            values |= each
        text = str(arguments["expression"])
        value = evaluate_captured(text, values)
        shown = self._variables.describe("", value, f"({text})" if " " in text else text)
        del shown["name"]
        shown.pop("evaluateName", None)
        quotes = arguments.get("context") == "clipboard"
        shown["result"] = format_value(value, _RESULT_CHARS if quotes else len(shown["value"]) or 1)
        del shown["value"]
        return shown

    def tell_exception(self, capture: Capture | None) -> Arguments:
        """Return the exception of what is shown.

        Raises:
            RuleError: `not-captured`: it tells of none.
        """
        event: Event = capture.story.event if capture is not None else {}
        error = event.get("error")
        if not isinstance(error, dict):
            if "threads" not in event:
                raise RuleError("not-captured", "what is shown is no exception.")
            error = {
                "type": "time-out",
                "message": str(event.get("note", "the invocation was about to time out")),
            }
        told = {"typeName": str(error.get("type", "")), "message": str(error.get("message", ""))}
        trace = (
            "\n".join(f"{each.at} in {each.name}" for each in capture.frames) if capture is not None else ""
        )
        return {
            "exceptionId": told["typeName"],
            "description": told["message"],
            "breakMode": "unhandled",
            "details": {**told, "stackTrace": trace},
        }


def _name_reason(event: Event) -> str:
    """Return why something looks stopped, in the protocol's words."""
    kind = KINDS.get(str(event["hotlog"]))
    if kind is not None and kind.alarms:
        return "exception"
    return "function breakpoint" if kind is not None and kind.target == "function" else "breakpoint"
