"""`hotlog queries`: what it prints reads fields that events have, and asks what it says."""

from __future__ import annotations

import json
import re

import pytest

from hotlog.client.events.insights import list_queries
from hotlog.events import COMMON, FIELDS, PARTS
from hotlog.rules.kinds import KINDS
from tests.support.cli import hotlog

# Of the query language, and the names that the queries give.
WORDS = {
    *(
        "fields",
        "filter",
        "stats",
        "sort",
        "limit",
        "count",
        "latest",
        "sum",
        "avg",
        "strlen",
        "bin",
        "ispresent",
    ),
    *("as", "by", "and", "or", "not", "in", "desc", "asc", "m"),
    *("events", "errors", "place", "said", "request", "bytes", "mean", "state", "code", "reason"),
}
OWN = {"@timestamp", "@message"}
KNOWN = {*COMMON}.union(*FIELDS.values(), *(kind.event for kind in KINDS.values()))


@pytest.mark.parametrize(
    "query", list_queries("k3f9", request_id="r", trace_id="1-5759e988-bd86", correlation_id="c")
)
def test_a_query_reads_fields_that_events_have(query: tuple[str, str, str]) -> None:
    text = re.sub(r'"[^"]*"', "", query[2])
    for name in re.findall(r"@?[A-Za-z_][\w.]*", text):
        holder, _, part = name.partition(".")
        assert name in WORDS | OWN or holder in KNOWN, name
        assert not part or part in PARTS[holder], name
    assert 'rule = "k3f9"' in query[2]


def test_they_are_printed_to_be_pasted() -> None:
    ran = hotlog("queries")
    assert ran.code == 0
    parts = ran.out.strip().split("\n\n")
    assert [part.splitlines()[0] for part in parts] == [f"# {each.asks}" for each in list_queries()]
    assert 'hotlog not in ["counts", "status"]' in parts[0]
    assert 'request_id = "REQUEST_ID" or trace_id = "TRACE_ID"' in parts[-1]


def test_a_program_gets_them_by_name_and_a_trace_as_events_have_it() -> None:
    ran = hotlog("queries", "--json", "--trace", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    found = {each["name"]: each["query"] for each in json.loads(ran.out)}
    assert set(found) == {"events-a-minute", "errors", "cost", "states", "one-request"}
    assert '(trace_id = "5759e988bd862e3fe1be46a994272793")' in found["one-request"]


def test_no_text_of_an_id_ends_the_query_s_text() -> None:
    text = list_queries(request_id='x" or "1" = "1')[-1].text
    assert '(request_id = "x\\" or \\"1\\" = \\"1")' in text
