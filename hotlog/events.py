"""The event schema: what hotlog emits, one JSON object per line.

An event is JSON-safe and holds no live object. `hotlog` is its kind: that of its rule, or `status` or `counts`.

It is written once, in one pass: whoever has something to say makes a *draft*, the emitter puts around it what all events have.

    hotlog v level timestamp │ message rule at qualname │ request_id function … │ hit watch stack vars … │ proof
          the emitter                draft: front              the emitter           draft: the rest      the emitter
"""

from __future__ import annotations

import json
import time
from json.encoder import c_make_encoder, encode_basestring, encode_basestring_ascii  # type: ignore[attr-defined]
from json.scanner import c_make_scanner  # type: ignore[attr-defined]  # typeshed lacks it
from typing import TYPE_CHECKING, Any

from hotlog import __builtins__, limits
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from time import struct_time

Event = dict[str, Any]
Draft = tuple[
    str, str, str
]  # of an event: its kind, and the members of its front and of its rest as JSON, each after a comma

VERSION = 2

# --- the fields of events: whoever writes one, reads one or describes one has its names from here, or a test compares ---

HEAD = ("hotlog", "v", "level", "timestamp")  # begin each event
REDACTED = "@redacted"  # stands in the place of what may not be shown
PLACE = ("at", "qualname")  # of an event, and of each frame: file and line, and the function's qualified name
TOLD = ("state", "code", "reason", "location", "backend")  # of a `Status`
FRONT = ("message", "rule", *PLACE, *TOLD)  # who, what and where: before all that may be large
IDENTITY = (  # of the invocation, as far as it is known
    "request_id", "function", "version", "env", "trace_id", "span_id", "xray_trace_id", "tenant", "correlation_id",
    "execution", "cold_start", "replay",
)  # fmt: skip
PROOF = "proof"  # the last one: that the line comes from hotlog
COMMON = (*HEAD, "rule", *IDENTITY, PROOF)  # what events of each kind have
FIELDS = {  # beside these, of hotlog's own events; those of rules: `rules.kinds`
    "status": (*TOLD, "hotlog_version", "created", "definition", "document", "lost"),
    "counts": ("created", "operands"),  # and the outcomes of `hits/outcomes.py`
}  # fmt: skip
PARTS = {  # of what a field holds
    "stack": PLACE,
    "frames": (*PLACE, "text", "mark", "vars"),
    "error": ("type", "message", "notes", "fields", "members", "chain"),
    "members": ("type", "message", "notes", "frames", "members"),
    "chain": ("how", "type", "message", "notes", *PLACE, "text", "mark", "vars"),
    "failure": ("how", "status", "into", "id", "item", "items", "number", "of"),
    "threads": ("thread", "task", "frames"),
    "lines": ("line", "us", "set", "unset"),
    "functions": PLACE,
    "errors": ("type", "message"),
    "recorded": ("request_id", "timestamp"),
    "counted": ("good", "bad"),
    "size": ("steps", "calls", "files"),
    "cut": ("why", "after"),
    "operands": ("last", "values"),
    "invocations": ("good", "bad"),
    "reached": (*PLACE, "ways"),
    "ways": (
        "line",
        "span",
        "way",
        "raised",
        "left",
        "argument",
        "result",
        "kind",
        "good",
        "bad",
        "order",
    ),
}

# States of a rule in one environment, in the words of the docs.
PENDING = "pending"
INSTALLED = "installed"
ERROR = "error"
EXPIRED = "expired"
EXHAUSTED = "exhausted"
DISABLED = "disabled"
REMOVED = "removed"
# Code of a pending rule whose module is being imported: over in a moment, so no event tells it.
IMPORTING = "importing"
# Code of an environment whose probes are all out because hotlog itself failed too often: told of it alone, for all rules.
STOPPED = "too-many-faults"
# State of the environment as a whole, after an error of it.
RECOVERED = "recovered"


class Status(NamedTuple):
    """What became of a rule in this process.

    Attributes:
        state: one of the states above.
        code: stable word for the reason, such as `source-changed`; empty where there is nothing to say.
        reason: a sentence for people.
        location: where the probe is, such as `app.py:42`; empty where it is nowhere.
        backend: the backend that took it.
        hits: how often the hook was reached.
    """

    state: str
    code: str = ""
    reason: str = ""
    location: str = ""
    backend: str = ""
    hits: int = 0


class Invocation(NamedTuple):
    """What is known about the invocation that events belong to: the source of `@names` and of event fields.

    Attributes:
        request_id: of the invocation, empty outside of one.
        function: name of the Lambda function.
        version: its version, such as `$LATEST` or `12`.
        env: random id of this process.
        cold_start: whether it is the first invocation of the process.
        trace_id: of the trace that it belongs to, 32 hexadecimal digits as OpenTelemetry writes them.
        deadline: monotonic seconds at which Lambda ends the invocation; 0.0 where nothing is known.
        event: the payload, as the handler gets it.
        execution: ARN of the durable execution it belongs to; empty where it belongs to none.
        replays: whether it begins with what an earlier invocation of that execution has done.
        span_id: of the span that called it, 16 hexadecimal digits.
        xray_trace_id: of the trace, as X-Ray writes it.
        tenant: whom it is for, where the function isolates tenants.
        correlation_id: what the application's owner joins logs by; see `HOTLOG_CORRELATION`.
    """

    request_id: str = ""
    function: str = ""
    version: str = ""
    env: str = ""
    cold_start: bool = False
    trace_id: str = ""
    deadline: float = 0.0
    event: object = None
    execution: str = ""
    replays: bool = False
    span_id: str = ""
    xray_trace_id: str = ""
    tenant: str = ""
    correlation_id: str = ""


def fields_of(invocation: Invocation) -> Event:
    """Return the fields that say which invocation an event belongs to; unknown ones are left out."""
    known = {
        "request_id": invocation.request_id,
        "function": invocation.function,
        "version": invocation.version,
        "env": invocation.env,
        "trace_id": invocation.trace_id,
        "span_id": invocation.span_id,
        "xray_trace_id": invocation.xray_trace_id,
        "tenant": invocation.tenant,
        "correlation_id": invocation.correlation_id,
        "execution": invocation.execution,
    }
    fields: Event = {key: value for key, value in known.items() if value}
    if invocation.request_id:
        fields["cold_start"] = invocation.cold_start
    if invocation.replays:
        fields["replay"] = True
    return fields


def ids_of_xray(header: str) -> tuple[str, str, str]:
    """Return trace id, span id and X-Ray's trace id that an `X-Amzn-Trace-Id` header names; empty where it names none.

    X-Ray's `1-5759e988-bd862e3fe1be46a994272793` is OpenTelemetry's `5759e988bd862e3fe1be46a994272793`.
    """
    parts = dict(part.strip().partition("=")[::2] for part in header.split(";"))
    root, parent = parts.get("Root", ""), parts.get("Parent", "")
    trace = root[2:].replace("-", "")
    if root[:2] != "1-" or not _is_hex(trace, 32):
        return "", "", ""
    return trace, parent if _is_hex(parent, 16) else "", root


def ids_of_traceparent(payload: object) -> tuple[str, str]:
    """Return trace id and span id of a payload's header `traceparent` (W3C Trace Context); empty where it has none."""
    headers = payload.get("headers") if type(payload) is dict else None
    header = (headers.get("traceparent") or headers.get("Traceparent")) if type(headers) is dict else None
    parts = header.split("-") if type(header) is str else []
    if len(parts) < 4 or parts[0] == "ff" or not (_is_hex(parts[1], 32) and _is_hex(parts[2], 16)):  # noqa: PLR2004  # as the standard counts
        return "", ""
    return parts[1], parts[2]


def _is_hex(text: str, length: int) -> bool:
    """Return whether it is an id: so many hexadecimal digits, and not all of them zero."""
    return len(text) == length and not text.strip("0123456789abcdef") and bool(text.strip("0"))


# CPython's own encoder, made once: `json.dumps` makes one for each call, which is 2 of the 2.5 µs that it takes for a
# small event. No table of what was seen: captured data holds no cycles. All of it is in C, as the scanner is: the
# functions of `json` are Python, and would call what stands in for a builtin.
_encoded = c_make_encoder(
    None, json.JSONEncoder().default, encode_basestring, None, ":", ",", False, False, False
)


_scanned = c_make_scanner(json.JSONDecoder())


def event_of(line: str) -> Event:
    """Return the event that a line of JSON holds."""
    event: Event = _scanned(line, 0)[0]
    return event


def line_of(value: Any) -> str:
    """Return the value as one line of JSON, without the newline: it can be written as UTF-8, and no reader breaks it in two."""
    return _whole("".join(_encoded(value, 0)))


def text_of(text: str) -> str:
    """Return a text as JSON, with its quotes."""
    encoded: str = encode_basestring(text)
    return encoded if encoded.isascii() else _whole(encoded)


def members_of(fields: Event) -> str:
    """Return the fields as members of a JSON object, each after a comma; empty where there are none."""
    return f",{line_of(fields)[1:-1]}" if fields else ""


def draft_of(event: Event) -> Draft:
    """Return an event, without what all have, such that the emitter can put that around it."""
    front = {name: event[name] for name in FRONT if name in event}
    rest = {name: value for name, value in event.items() if name not in _PLACED}
    return event["hotlog"], members_of(front), members_of(rest)


_PLACED = frozenset((*HEAD, *FRONT))


def _whole(line: str) -> str:
    return line if line.isascii() or line.isprintable() else "".join(map(_printable, line))


def _printable(char: str) -> str:
    """Return a character as JSON that shows: a reader may take others for the end of a line, or a terminal for a command.

    Half of a surrogate pair, which is no UTF-8, is spelt out.
    """
    if char.isprintable():
        return char
    escaped: str = encode_basestring_ascii(char)[1:-1]
    return f"\\{escaped}" if "\ud800" <= char <= "\udfff" else escaped


def size_of(line: str) -> int:
    """Return how many bytes a line takes as UTF-8."""
    return len(line) if line.isascii() else len(line.encode())


BEGUN_MAX_BYTES = limits.EVENT_MAX_BYTES - limits.PROOF_BYTES  # of a line without its proof


def fit_line(line: str) -> str:
    """Return the line of an event, cut such that it has room for a proof: the largest values go first, marked."""
    event = event_of(line)
    for frame in reversed(_frames(event)):  # the outermost lose their variables first
        if size_of(line) <= BEGUN_MAX_BYTES:
            return line
        frame["vars"] = _make_cut_mark(frame["vars"])
        line = line_of(event)
    for part in (*_LARGE, *event):
        excess = size_of(line) - BEGUN_MAX_BYTES
        if excess <= 0:
            break
        if part in event:
            event[part] = _smaller(event[part], excess)
            line = line_of(event)
    return line


# What may be large, the least missed first.
_LARGE = (
    "frames", "threads", "error", "response", "args", "lines", "stack", "vars", "watch", "message", "definition", "reason",
)  # fmt: skip
_TEXT_MAX_CHARS = 200  # of a field that must stay text, or a number


def _frames(event: Event) -> list[Event]:
    """Return the frames of the event that show variables, the outermost last."""
    holders = [event, *event.get("threads", ())]
    return [frame for each in holders for frame in each.get("frames", ()) if "vars" in frame]


def _smaller(value: Any, excess: int) -> Any:
    """Return the value shortened by `excess` characters, the largest parts first; cut where that fails."""
    if isinstance(value, str):
        return value if len(value) <= _TEXT_MAX_CHARS else f"{value[:_TEXT_MAX_CHARS]}…"
    if not isinstance(value, dict | list):
        return value
    if isinstance(value, dict):
        sizes = {name: len(line_of(inner)) for name, inner in value.items()}
        for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
            mark = _make_cut_mark(value[name])
            saved = sizes[name] - len(line_of(mark))
            if saved <= 0:
                break
            value[name] = mark
            excess -= saved
            if excess <= 0:
                return value
    return _make_cut_mark(value)


def _make_cut_mark(value: Any) -> Event:
    return {"@cut": "size", "@len": len(line_of({"": value}))}


def timestamp(
    second: int,
    # Tools that set the clock, as tests do, exchange names of modules; they find no defaults.
    strftime: Callable[[str, struct_time], str] = time.strftime,
    gmtime: Callable[[float], struct_time] = time.gmtime,
) -> str:
    """Return a second since the epoch as ISO 8601 in UTC, without the `Z`: milliseconds may follow."""
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
