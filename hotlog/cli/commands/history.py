"""`hotlog history`: who changed which rule when, as Parameter Store recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.options import Command, id_option, with_client
from hotlog.cli.arguments.parameters import function_argument
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.client.words import escape, shorten_arn

if TYPE_CHECKING:
    from hotlog.client.client import Client
    from hotlog.client.documents.versions import RuleChange, WrittenVersion

EXITS: Final = {  # what 0, 1 and 2 say
    "history": ("told", "the history cannot be read", "the store keeps none"),
}

_COLOURS: Final = {
    "added": "green",
    "removed": "red",
    "unreadable": "red",
    "paused": "yellow",
    "rotated": "yellow",
}

EXAMPLES = """
hotlog history orders
hotlog history orders --rule k3f9
hotlog history orders --json | jq -r '.[] | [.at, .by] | @tsv'
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@id_option("--rule", "Only this rule; the beginning of its id will do.")
@with_client
def history(client: Client, function: str, rule: str) -> None:
    """Say who changed which rule when, oldest first.

    From the parameter's history, which AWS writes and nobody can edit; it keeps the last 100 versions. With --json: a
    list of objects with the keys version, at, by and changes (what, rule, text, entry).
    """
    with client.desk.talk.working(f"reading the history of {function}"):
        found = [_of_rule(each, rule) for each in client.history(function)]
    found = [each for each in found if each.changes or not rule]
    if wants_json():
        put_json([_as_json(each) for each in found])
        return
    for each in found:
        for line in _lines(each):
            put(line)
    if not found:
        about = f"the rule {rule!r} of {function}" if rule else f"the rules of {function}"
        say(f"There is no history of {escape(about)}.")


def _of_rule(each: WrittenVersion, rule: str) -> WrittenVersion:
    """Return the version with the changes to one rule alone; with all its changes where no rule is named."""
    if not rule:
        return each
    return each._replace(
        changes=tuple(change for change in each.changes if change.rule.startswith(rule) and change.rule)
    )


def _lines(each: WrittenVersion) -> list[str]:
    head = click.style(f"{each.at:%Y-%m-%d %H:%M:%S}  v{each.version:<4}", dim=True)
    who = f"{escape(shorten_arn(each.by)) or '-':<12}"
    return [f"{head}  {who}  {_sentence(change)}" for change in each.changes] or [
        f"{head}  {who}  nothing changed"
    ]


def _sentence(change: RuleChange) -> str:
    word = click.style(f"{change.what:<8}", fg=_COLOURS.get(change.what))
    rest = "  ".join(escape(part) for part in (change.rule, change.text) if part)
    return f"{word}  {rest}".rstrip()


def _as_json(each: WrittenVersion) -> dict[str, Any]:
    return {
        "version": each.version,
        "at": f"{each.at:%Y-%m-%dT%H:%M:%SZ}",
        "by": each.by,
        "changes": [{**change._asdict(), "entry": dict(change.entry)} for change in each.changes],
    }
