"""Recordings, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hotlog.rules.model import Rule

FIELDS: Final = {  # of its events: what they say, where that is not what an earlier kind's do
    "at": "file and line of the handler",
    "qualname": "the handler",
    "recording": "the id of the recording: eight hexadecimal digits, the same in all its parts",
    "part": "which part of the recording this event is, from 1",
    "parts": "how many parts it has: each an event, in their order. All but `steps` stands in the first",
    "kept": "why it is told: `failed`, `slow`, `bad` (the expression of `--bad` is true), `all`, or `good`: it goes along with a bad one",
    "beside": "of a good one: the recording that it goes along with",
    "recorded": "of a good one: which earlier invocation of this environment it is of. The fields of the event say that of the bad one",
    "counted": "how many invocations the rule has recorded here so far: `good`, `bad`",
    "failure": "how the invocation failed, as for `error`",
    "duration_ms": "how long the handler took, with what recording has cost it",
    "cost_ms": "what of that recording itself has cost, as far as it is known",
    "size": "how much is recorded: `steps`, `calls`, `files`",
    "cut": "where and why it ends before the invocation does; what follows in `steps` are calls alone",
    "functions": "the functions that were called, by number, from 0",
    "errors": "the exceptions, by number, from 0",
    "source": "the text of the lines that ran, by file and number; not of good ones",
    "steps": "what ran, in order: see below",
}

EDITOR_FILTERS: Final = {
    "record": {
        "label": "Record the next invocation",
        "description": "Records one whole invocation, to step through forwards and backwards.",
    },
    "record-failed": {
        "label": "Record the next invocation that fails",
        "description": "Records each invocation, and keeps the first that fails.",
        "fields": {"keep": "failed"},
    },
}


def describe(rule: Rule) -> str:
    """Return what the rule does that only its kind does."""
    when = [rule.keep] if rule.keep != "all" else []
    when += [rule.bad] if rule.bad else []
    return f"record, kept if {' or '.join(when)}" if when else "record"
