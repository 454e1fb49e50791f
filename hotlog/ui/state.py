"""What of a function changes while one looks: its rules with what became of them, and how much comes. As JSON for the page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from hotlog.client.rule_line import describe_rule
from hotlog.client.words import escape, format_clock, parse_timestamp, shorten_arn
from hotlog.events import ERROR, EXHAUSTED, EXPIRED, INSTALLED, PENDING
from hotlog.rules.model import Rule
from hotlog.ui.event_view import parse_at, say_event
from hotlog.ui.feed import counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.diagnosis.status_sentence import RuleStatus
    from hotlog.ui.feed import FunctionFeed, Known, NumberedEvent

_SPAN_MIN: Final = 10
_SAID_CHARS: Final = 90
_MARKS: Final = {INSTALLED: "●", PENDING: "◌", ERROR: "▲", EXHAUSTED: "■", EXPIRED: "□"}
_WORDS: Final = {INSTALLED: "live"}


def describe_state(feed: FunctionFeed, locate: Callable[[Rule], tuple[str, int]]) -> dict[str, Any]:
    """Return what is known of a function at the moment.

    Args:
        feed: of the function.
        locate: returns file and line of a rule that no environment has told of.
    """
    known = feed.look()
    count, errors, last_ms = _count_recent(feed.all_events())
    return {
        "version": known.version,
        "paused": known.paused,
        "trouble": escape(known.trouble),
        "isRead": known.is_read,
        "recent": count,
        "span": _SPAN_MIN,
        "errors": errors,
        "lastMs": last_ms,
        "rules": [_describe_rule(each, known, locate) for each in known.statuses],
    }


def _describe_rule(
    status: RuleStatus, known: Known, locate: Callable[[Rule], tuple[str, int]]
) -> dict[str, Any]:
    rule = status.rule
    last = known.last.get(rule.id)
    found: dict[str, Any] = {
        "id": rule.id,
        "state": status.state,
        "mark": _MARKS.get(status.state, "○"),
        "word": _WORDS.get(status.state, status.state),
        "verdict": escape(status.verdict),
        "seen": known.seen.get(rule.id, 0),
        "counted": sum(each.counts.get("emitted", 0) for each in status.environments),
        "last": say_event(last.event, _SAID_CHARS) if last is not None else "",
        "lastMs": _moment_ms(last) if last is not None else 0,
        "does": "",
        "why": "",
        "at": "",
        "file": "",
        "line": 0,
    }
    if isinstance(rule, Rule):
        file, line = _told_place(status) or locate(rule)
        # An environment may have something to say of a rule that is in, too: that its condition fails.
        says = (each for each in status.environments if each.code and each.state == status.state)
        told = next(says, None) if status.state in {ERROR, INSTALLED} else None
        code = told.code if told is not None and status.state == ERROR else ""
        found |= {
            "does": escape(describe_rule(rule)),
            "at": escape(rule.at or "the handler"),
            "file": file,
            "line": line,
            "word": code or found["word"],
            "why": escape(told.reason) if told is not None else "",
            "until": format_clock(rule.expires, utc=False) if rule.expires else "",
            "by": escape(shorten_arn(rule.by)),
            "via": escape(rule.via),
            "note": escape(rule.note),
            "after": rule.after,
        }
    return found


def _told_place(status: RuleStatus) -> tuple[str, int] | None:
    """Return file and line that an environment has told of; None where none has."""
    places = (parse_at(each.location) for each in status.environments if not each.ended)
    return next((found for found in places if found), None)


def _count_recent(events: list[NumberedEvent]) -> tuple[int, int, int]:
    """Return how many events came lately, how many of them tell an error, and when the last came."""
    since_ms = (time.time() - 60 * _SPAN_MIN) * 1_000
    count = errors = last_ms = 0
    for each in reversed(events):
        at_ms = _moment_ms(each)
        last_ms = last_ms or at_ms
        if 0 < at_ms < since_ms:
            break
        if not at_ms or not counts(each.event):
            continue
        count += 1
        errors += "error" in each.event
    return count, errors, last_ms


def _moment_ms(numbered: NumberedEvent) -> int:
    at = parse_timestamp(numbered.event.get("timestamp"))
    return round(at.timestamp() * 1_000) if at is not None else 0
