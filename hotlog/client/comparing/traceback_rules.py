"""A traceback that somebody pasted: which values feed the failing expression, as rules that log them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hotlog.client import desk_limits
from hotlog.client.adding.places import find_frames
from hotlog.client.showing.statement import read_statement
from hotlog.errors import HotlogError, LocationError

if TYPE_CHECKING:
    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.code.search import FoundPlace

_MARK: Final = re.compile(r"^(?P<indent>[ \t]*)(?P<before>[~ \t]*?)(?P<mark>[~^]*\^[~^]*)[ \t]*$")
_ERROR: Final = re.compile(r"^(?:\[ERROR\]\s+)?(?P<error>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|[A-Z]\w*)(?::[^\n]*)?)\s*$")  # fmt: skip


class PastedTraceback(NamedTuple):
    """What a traceback says, in the code that is deployed.

    Attributes:
        error: its last line: class and message; empty: it has none.
        frames: in code of the function's own, innermost first.
        rules: that log what feeds the failing expression, as for `Client.change`.
    """

    error: str
    frames: tuple[FoundPlace, ...]
    rules: tuple[dict[str, Any], ...]


def read_traceback(code: FunctionCode, text: str, group: str, for_s: float) -> PastedTraceback:
    """Return the frames of a traceback in the deployed code, and at most six rules with the names that feed what failed.

    Args:
        code: what is deployed.
        text: the traceback, as Python or Lambda prints it.
        group: of the rules.
        for_s: how long they live.

    Raises:
        LocationError: `no-such-place`: none of its frames lies in this code.
    """
    frames = tuple(find_frames(code, text))
    if not frames:
        raise LocationError(
            "no-such-place", "no line of this traceback lies in the code of the function: paste all of it."
        )
    rules: list[dict[str, Any]] = []
    for number, frame in enumerate(frames):
        names = _names_at(code, frame, _marked_in(text, frame.text) if not number else None)
        if names and frame.target and len(rules) < desk_limits.PASTED_RULES_MAX:
            rules.append(
                {
                    "at": frame.target,
                    "message": " ".join(f"{name}={{{name}!r}}" for name in names),
                    "limit": desk_limits.PASTED_EVENTS_MAX,
                    "for_s": for_s,
                    "group": group,
                    "note": "hotlog why: a traceback",
                }
            )
    return PastedTraceback(_last_error(text), frames, tuple(rules))


def _names_at(code: FunctionCode, frame: FoundPlace, mark: tuple[int, int] | None) -> list[str]:
    """Return the variables that a frame's statement reads and that have a value there, those of the failing part first."""
    try:
        statement = code.statement_at(frame.file, frame.line)
        line = statement.line if statement is not None else frame.line
        end = statement.end if statement is not None else frame.line
        known = set(code.names(frame.file, line).names)
        lines = code.text(frame.file).split("\n")
    except HotlogError:  # a line that no rule can go to
        return []
    text = "\n".join(lines[line - 1 : max(end, frame.line)])
    shift = len(text) - len(text.lstrip())
    shown = {
        "text": text.strip(),
        **({"mark": list(mark)} if mark and line == frame.line and not shift % 4 else {}),
    }
    return [name for name in read_statement(shown).names if name in known][: desk_limits.PASTED_NAMES_MAX]


def _marked_in(text: str, source: str) -> tuple[int, int] | None:
    """Return which part of a line the traceback underlines; None where it does not."""
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1]):
        if line.strip() == source.strip() and source.strip():
            found = _MARK.match(lines[number + 1])
            if found is None:
                return None
            begin = len(found["indent"] + found["before"]) - (len(line) - len(line.lstrip()))
            return (begin, begin + len(found["mark"])) if begin >= 0 else None
    return None


def _last_error(text: str) -> str:
    """Return the line that names the exception; empty where there is none."""
    found = [
        match["error"]
        for line in text.split("\n")
        if not line[:1].isspace() and (match := _ERROR.match(line))
    ]
    return found[-1].strip() if found else ""
