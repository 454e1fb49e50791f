"""`hotlog help` and `hotlog explain`: the pages that ship with hotlog, and what a code means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_json
from hotlog.cli.shell.terminal import put, put_json, put_page, wants_json
from hotlog.client.pages import (
    GROUPS,
    explain_code,
    find_section_about,
    find_sections,
    list_topics,
    read_page,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.pages import Section

EXITS: Final = {  # what 0, 1 and 2 say
    "help": ("printed", "", "no such page"),
    "explain": ("told", "", "no such code"),
}


def suggest_topics(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the pages, for shell completion."""
    return [topic for topic in list_topics() if topic.startswith(incomplete)]


HELP_EXAMPLES = """
hotlog help
hotlog help troubleshooting
hotlog help take everything out
hotlog help codes | less
"""
_SHOWN_MAX: Final = 60  # lines of a section that is found; a longer one is named alone
_ALSO_MAX: Final = 5


@click.command(cls=Command, examples=HELP_EXAMPLES)
@click.argument("words", nargs=-1, metavar="[TOPIC]", shell_complete=suggest_topics)
@with_json
def help(words: tuple[str, ...]) -> None:  # noqa: A001  # what people type
    """Print a page that ships with hotlog; of other words, the section that answers; alone, list the pages.

    With --json: an object with the page's title for each topic, or with the keys topic and text.
    """
    if not words:
        _list_pages()
        return
    asked = " ".join(words)
    if asked in list_topics():
        _show(asked, read_page(asked))
    elif own := _help_of_command(words):
        put_json({"topic": asked, "text": own}) if wants_json() else put(own)
    elif sections := find_sections(asked):
        short = [each for each in sections if each.text.count("\n") < _SHOWN_MAX]
        first = (short or sections)[0]
        _show(first.topic, first.text, [each for each in sections if each is not first])
    else:
        read_page(asked)  # says that there is none


def _help_of_command(words: Sequence[str]) -> str:
    """Return what `hotlog WORDS --help` prints; empty where that is no command."""
    context = click.get_current_context().find_root()
    for word in words:
        group = context.command
        command = group.get_command(context, word) if isinstance(group, click.Group) else None
        if command is None:
            return ""
        context = click.Context(command, parent=context, info_name=word)
    return context.get_help()


def _list_pages() -> None:
    topics = list_topics()
    if wants_json():
        put_json(topics)
        return
    width = max(map(len, topics))
    listed = {name for group in GROUPS.values() for name in group}
    rest = tuple(name for name in topics if name not in listed)
    for title, names in {**GROUPS, "More": rest}.items():
        if there := [name for name in names if name in topics]:
            put(click.style(title, bold=True))
            for name in there:
                put(f"  {name:<{width}}  {topics[name]}")
    put("")
    put("hotlog help TOPIC prints a page. Other words find a section: hotlog help who added this rule")
    put("hotlog COMMAND --help says how a command is called, hotlog explain CODE what a code means.")


def _show(topic: str, text: str, others: Sequence[Section] = ()) -> None:
    if wants_json():
        put_json({"topic": topic, "text": text})
        return
    put_page(text.strip())
    if others:
        put("")
        put(f"From the page {topic}. Also:")
        for each in others[:_ALSO_MAX]:
            put(f"  {each.command}")


@click.command(cls=Command, examples="hotlog explain source-changed")
@click.argument("code")
@with_json
def explain(code: str) -> None:
    """Say what a code means, what to do about it, and which command prints more.

    CODE stands in brackets behind an error, and in the status of a rule. With --json: an object with the keys code,
    meaning, way_out and more.
    """
    found = explain_code(code)
    section = find_section_about(found.code)
    more = section.command if section else ""
    if wants_json():
        put_json({**found._asdict(), "more": more})
        return
    put(f"{click.style(found.code, bold=True)}: {found.meaning}.")
    if found.way_out:
        put(f"What to do: {found.way_out}.")
    if more:
        put(f"More: {more}")
