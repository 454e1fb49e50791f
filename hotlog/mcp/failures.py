"""`explain_failure`: the failing statement of a request and the variables of each frame, from the events of error rules."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

from hotlog.client import desk_limits
from hotlog.client.agents.event_text import frames_of
from hotlog.client.comparing.tell_why import tell_why
from hotlog.client.comparing.value_profiles import show
from hotlog.client.events.event_handle import make_handle
from hotlog.client.events.proofs import explain_left_out, is_proven
from hotlog.client.showing.failure import headline, tell_failure
from hotlog.client.showing.lines import make_line, plain_text
from hotlog.client.words import count_of, format_clock, parse_timestamp, shorten_id
from hotlog.errors import HotlogError, StoreError
from hotlog.events import PROOF
from hotlog.mcp.answer import ToolText, call, cut, refuse_more
from hotlog.rules.model import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.client.code.function_code import FunctionCode
    from hotlog.client.comparing.why import ComparedRequest
    from hotlog.events import Event
    from hotlog.mcp.desk import AgentDesk

KIND: Final = "error"  # of the rules whose events these are
RECORD: Final = "record"
REASON: Final = "which statement fails, with which values?"
_LATEST: Final = "latest"
_GOOD: Final = "good"
_SECONDS: Final = 20
_SINCE_S: Final = 3_600
_FRAMES: Final = 5
_PAGES: Final = 5
_REQUEST: Final = re.compile(r"[0-9a-fA-F-]{1,64}")
_AT: Final = re.compile(r"(?P<file>.+):(?P<line>\d{1,9})")


def list_wanted(desk: AgentDesk, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rules that are still missing to explain what is asked, as for `add_rules`."""
    rules = [rule for rule in desk.rules_of(asked["function"]) if isinstance(rule, Rule)]
    bad = asked.get("bad", "")
    wanted: list[dict[str, Any]] = []
    if not bad and not any(rule.kind == KIND for rule in rules):
        wanted.append({"kind": KIND})
    if not any(rule.kind == RECORD and rule.bad == bad for rule in rules):
        wanted.append({"kind": RECORD, **({"bad": bad} if bad else {"keep": "failed"})})
    return wanted


def explain(desk: AgentDesk, asked: Mapping[str, Any], *, waits: bool = False) -> ToolText | None:
    """Return what is known of a failed request; None where no error event tells of it.

    An event that is not proven ends no wait, keeps no rule from being asked for, and is told of where there is no other.

    Args:
        desk: of this server.
        asked: the arguments of the tool.
        waits: wait for one to come.
    """
    function, request = asked["function"], asked.get("request", _LATEST)
    seconds = asked.get("seconds", _SECONDS) if waits else 0
    bad = asked.get("bad", "")
    told = [] if bad else _find(desk, function, "" if request == _LATEST else request, seconds)
    compared = compare(desk, asked, seconds if bad else 0)
    found = [each for each in told if is_proven(each)]
    left_out = explain_left_out("error event", told)
    if not found and waits and compared is None:
        found, left_out = told, ""  # trouble without a proof is shown, once nothing better has come
    if not found:
        return _answer_from_recording(desk, function, compared) if compared is not None else None
    if not desk.hand_out(1):
        return refuse_more(function)
    event = found[-1]
    alike = [each for each in found if _cause(each) == _cause(event)]
    at = parse_timestamp(event.get("timestamp"))
    clock = format_clock(at, utc=False, seconds=True) if at is not None else "-"
    handle = make_handle(desk.name_of(function), event)
    where = f"on {function} ({desk.client.describe_where()})"
    first = f"{_request_of(event)} failed at {clock} {where}."
    if not is_proven(event):
        first = f"{event.get(PROOF)}: a line of the log {where} says that {_request_of(event)} failed at {clock}; the application may have printed it."
    seen = f"{count_of(len(alike), 'request')} of {len(found)} seen to fail in the last hour {'fails' if len(alike) == 1 else 'fail'} this way."
    return ToolText(
        " ".join(filter(None, (first, seen, left_out))),
        data=(*_lines(desk, function, event), *_tell_difference(compared, event)),
        tail=(f"event {handle}",),
        next=f"{call('read_value', event=handle, path='frames[0].vars')} for all variables, or find_places for where the value comes from",
        more="read_value for one frame",
    )


def nothing_yet(desk: AgentDesk, asked: Mapping[str, Any]) -> ToolText:
    """Return the answer where nothing has failed while one waited."""
    function = asked["function"]
    verdicts = [
        f"{each.rule.id}: {each.verdict}"
        for each in desk.client.status(function).rules
        if isinstance(each.rule, Rule) and each.rule.kind == KIND
    ]
    return ToolText(
        f"No failed request was seen on {function} ({desk.client.describe_where()}) in {asked.get('seconds', _SECONDS)} s.",
        data=tuple(verdicts),
        next=f"{call('explain_failure', function=function)} again after a failure; a wrong answer that raises nothing needs add_rules",
    )


def compare(desk: AgentDesk, asked: Mapping[str, Any], seconds: float) -> ComparedRequest | None:
    """Return what sets the request apart from good ones; None where no recording tells of it, and none comes in that time."""
    request, against = asked.get("request", _LATEST), asked.get("against", _GOOD)
    try:
        search = desk.client.why(
            asked["function"],
            "" if request == _LATEST else request,
            bad=asked.get("bad", ""),
            against="" if against == _GOOD else against,
            since_s=_SINCE_S,
            source=desk.settings.source or None,
        )
        until_s = time.monotonic() + seconds
        while search.bad is None and time.monotonic() < until_s:
            search.look_again(max(0.0, until_s - time.monotonic()))
        found = search.compare() if search.bad is not None else None
    except StoreError as fault:
        if fault.code != "missing" or against != _GOOD:
            raise
        return None
    return found if found is not None and found.good else None


def _answer_from_recording(desk: AgentDesk, function: str, found: ComparedRequest) -> ToolText | None:
    """Return what recordings say of a request that no error event tells of."""
    if not desk.hand_out(1):
        return refuse_more(function)
    code: FunctionCode | None = None
    try:
        code = desk.client.code(function, desk.settings.source or None)
    except HotlogError:  # a container image: the recording has the lines that ran
        code = None

    def text_of(file: str, line: int) -> str:
        return (code.line(file, line) if code is not None else "") or found.bad.source(file, line)

    lines = [plain_text(line) for line in tell_why(found, function, text_of, proposes=False)]
    file, _, line = (found.places[0] if found.places else "").rpartition(":")
    return ToolText(
        f"A bad request on {function} ({desk.client.describe_where()}), compared with {count_of(found.good, 'good request')}.",
        data=tuple(cut(each, 5 * desk_limits.AGENT_LINE_MAX_CHARS) for each in lines if each),
        next=call("read_code", function=function, path=file, around=line)
        if file
        else call("find_places", function=function, query="..."),
        more="read_code around the place",
    )


def _tell_difference(found: ComparedRequest | None, event: Event) -> list[str]:
    """Return what sets the request of an error event apart, in few lines; none where its recording is of another one."""
    if found is None or found.bad.request_id != event.get("request_id"):
        return []
    good = count_of(found.good, "good request")
    lines = [
        f"  {each.name or 'the result'} = {show(each.difference.value)}   {each.difference.says}"
        for each in found.led
    ]
    if found.step is not None:
        first = f"differs from {good}: none of them came to {found.places[-1]} so ({found.step.what})"
        return [first, *lines]
    return [f"differs from {good}:", *lines] if found.places else [f"took the same steps as {good}"]


def _find(desk: AgentDesk, function: str, request: str, seconds: float) -> list[Event]:
    """Return the error events of the last hour, those of one request where it is named; wait for one that is proven."""
    until_s = time.monotonic() + seconds
    found: list[Event] = []
    has_proven = False
    cursor = ""
    while True:
        for _ in range(_PAGES):
            page = desk.client.events(
                function,
                cursor,
                since_s=_SINCE_S,
                request=request,
                kinds=(KIND,),
                follow_s=0 if has_proven else max(0.0, until_s - time.monotonic()),
            )
            found += page.events
            has_proven = has_proven or any(map(is_proven, page.events))
            cursor = page.cursor
            if not page.has_more:
                break
        if has_proven or time.monotonic() >= until_s:
            return found


def _request_of(event: Event) -> str:
    """Return the beginning of a request's id; what is none is captured text, and stays behind the fence."""
    request = str(event.get("request_id", ""))
    return shorten_id(request) if _REQUEST.fullmatch(request) else "A request"


def _cause(event: Event) -> tuple[object, object]:
    error = event.get("error")
    return event.get("at"), error.get("type") if isinstance(error, dict) else None


def _lines(desk: AgentDesk, function: str, event: Event) -> list[str]:
    frames = frames_of(event)[:_FRAMES]
    if not all("text" in frame or "vars" not in frame for frame in frames):  # of an earlier hotlog
        code: FunctionCode | None = None
        try:
            code = desk.client.code(function, desk.settings.source or None)
        except HotlogError:  # a container image: the frames still say file and line
            code = None
        frames = [{"text": _statement(code, str(frame.get("at", ""))), **frame} for frame in frames]
    error = event.get("error")
    first = plain_text(make_line(0, *headline(error))) if isinstance(error, dict) else ""
    lines = [first, *tell_failure({**event, "frames": frames}, desk_limits.AGENT_LINE_MAX_CHARS)]
    return [cut(line, 5 * desk_limits.AGENT_LINE_MAX_CHARS) for line in lines if line]


def _statement(code: FunctionCode | None, at: str) -> str:
    """Return the source of a line of the deployed code; empty where nobody knows it."""
    found = _AT.fullmatch(at)
    return code.line(found["file"], int(found["line"])) if code is not None and found is not None else ""
