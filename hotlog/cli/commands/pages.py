"""`hotlog help` and `hotlog explain`: the pages that ship with hotlog, and what a code means."""

from __future__ import annotations

import click

from hotlog.cli.arguments.options import Command, with_json
from hotlog.cli.shell.terminal import put, put_json, wants_json
from hotlog.client.pages import explain_code, list_topics, read_page


def suggest_topics(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the pages, for shell completion."""
    return [topic for topic in list_topics() if topic.startswith(incomplete)]


@click.command(cls=Command, examples="hotlog help\nhotlog help security\nhotlog help codes | less")
@click.argument("topic", required=False, shell_complete=suggest_topics)
@with_json
def help(topic: str | None) -> None:  # noqa: A001  # what people type
    """Print a page that ships with hotlog; without TOPIC, list them.

    With --json: an object with the page's title for each topic, or with the keys topic and text.
    """
    if topic is None:
        topics = list_topics()
        if wants_json():
            put_json(topics)
            return
        width = max(map(len, topics))
        for name, title in topics.items():
            put(f"{name:<{width}}  {title}")
        return
    text = read_page(topic)
    if wants_json():
        put_json({"topic": topic, "text": text})
    else:
        put(text.rstrip())


@click.command(cls=Command, examples="hotlog explain source-changed")
@click.argument("code")
@with_json
def explain(code: str) -> None:
    """Say what a code means, and what to do about it.

    CODE stands in brackets behind an error, and in the status of a rule. With --json: an object with the keys code,
    meaning and way_out.
    """
    found = explain_code(code)
    if wants_json():
        put_json(found._asdict())
        return
    put(f"{click.style(found.code, bold=True)}: {found.meaning}.")
    if found.way_out:
        put(f"What to do: {found.way_out}.")
