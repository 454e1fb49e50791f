"""Queries of CloudWatch Logs Insights over hotlog's events, as an engineer would type them."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from hotlog.client.events.event_stream import plain_trace
from hotlog.events import FIELDS

_OF_RULES: Final = f"ispresent(hotlog) and hotlog not in {json.dumps(sorted(FIELDS))}"
_PLACEHOLDERS: Final = {
    "request_id": "REQUEST_ID",
    "trace_id": "TRACE_ID",
    "correlation_id": "CORRELATION_ID",
}


class InsightsQuery(NamedTuple):
    """A query.

    Attributes:
        name: short, for a program.
        asks: what it asks, in words.
        text: in the query language.
    """

    name: str
    asks: str
    text: str


def list_queries(rule: str = "", **ids: str) -> tuple[InsightsQuery, ...]:
    """Return the queries.

    Args:
        rule: only about this rule; empty: about all.
        ids: of what the last one follows: `request_id`, `trace_id`, `correlation_id`; where all are empty, placeholders.
    """
    given = {
        name: plain_trace(value) if name == "trace_id" else value for name, value in ids.items() if value
    }
    joined = " or ".join(f"{name} = {json.dumps(value)}" for name, value in (given or _PLACEHOLDERS).items())
    of_rule = f" and rule = {json.dumps(rule)}" if rule else ""
    return (
        InsightsQuery(
            "events-a-minute",
            "Events a minute, by rule",
            f"filter {_OF_RULES}{of_rule}\n| stats count(*) as events by bin(1m), rule",
        ),
        InsightsQuery(
            "errors",
            "Errors, by rule and class, with the last of each",
            f'filter hotlog = "error"{of_rule}\n'
            "| stats count(*) as errors, latest(at) as place, latest(error.message) as said, latest(request_id) as request "
            "by rule, error.type, failure.how\n| sort errors desc",
        ),
        InsightsQuery(
            "cost",
            "What each rule costs: its events, and the bytes that CloudWatch takes in for them",
            f"filter ispresent(hotlog) and ispresent(rule){of_rule}\n"
            "| stats count(*) as events, sum(strlen(@message)) as bytes, avg(strlen(@message)) as mean by rule, hotlog\n"
            "| sort bytes desc",
        ),
        InsightsQuery(
            "states",
            "What became of each rule, by environment",
            f'filter hotlog = "status" and rule != ""{of_rule}\n'
            "| stats latest(state) as state, latest(code) as code, latest(reason) as reason by rule, env",
        ),
        InsightsQuery(
            "one-request",
            "One request across functions: choose the log groups of all of them",
            f"fields @timestamp, function, rule, at, message, error.type, error.message, request_id, span_id\n"
            f"| filter ispresent(hotlog) and ({joined}){of_rule}\n| sort @timestamp asc\n| limit 10000",
        ),
    )
