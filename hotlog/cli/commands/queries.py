"""`hotlog queries`: queries of CloudWatch Logs Insights over the events, to paste."""

from __future__ import annotations

from typing import Final

import click

from hotlog.cli.arguments.options import Command, id_option, with_json
from hotlog.cli.shell.terminal import put, put_json, wants_json
from hotlog.client.events.insights import list_queries

EXITS: Final = {  # what 0, 1 and 2 say
    "queries": ("printed", "", ""),
}

EXAMPLES = """
hotlog queries
hotlog queries --rule k3f9
hotlog queries --trace 1-5759e988-bd862e3fe1be46a994272793
hotlog queries --json | jq -r '.[] | select(.name == "cost").query'
"""


@click.command(cls=Command, examples=EXAMPLES)
@id_option("--rule", "Only about this rule.")
@id_option("--request", "The request to follow across functions.")
@id_option("--trace", "The trace to follow, as OpenTelemetry or X-Ray writes it.")
@id_option("--correlation", "The correlation id to follow (HOTLOG_CORRELATION).")
@with_json
def queries(rule: str, request: str, trace: str, correlation: str) -> None:
    """Print queries of CloudWatch Logs Insights: events a minute, errors and cost by rule, states, one request.

    Paste one into the console, or hand it to `aws logs start-query`. With --json: a list of objects
    with the keys name, asks and query.
    """
    found = list_queries(rule, request_id=request, trace_id=trace, correlation_id=correlation)
    if wants_json():
        put_json([{"name": each.name, "asks": each.asks, "query": each.text} for each in found])
        return
    put("\n\n".join(f"# {each.asks}\n{each.text}" for each in found))
