"""`hotlog edit`: change a rule that is stored; what it reads is checked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

import click

from hotlog import limits
from hotlog.cli.arguments.options import Command, advanced_option, capture_options, utc_option, with_client
from hotlog.cli.arguments.parameters import (
    UNSET,
    Share,
    function_argument,
    make_bound_parser,
    parse_duration,
    parse_watches,
    source_option,
)
from hotlog.cli.arguments.suggestions import suggest_rules
from hotlog.cli.shell.terminal import put_json, say, wants_json, warn

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "edit": ("changed", "no such rule", "the rule would have faults"),
}


class EditOptions(TypedDict):
    """The options of `edit` that name a field of the rule, as click hands them over."""

    message: str | None
    condition: str | None
    watch: dict[str, str]
    snapshot: bool | None
    stack: int | None
    depth: int | None
    items: int | None
    chars: int | None
    limit: object
    per_second: object
    sample: float | None
    environments: str | None
    note: str | None


EXAMPLES = """
hotlog edit orders k3f9 --if 'total > 500'
hotlog edit orders k3f9 --limit 1000 --for 2h
hotlog edit orders app.py:42 --message 'total={total}' --if ''
"""


@click.command(cls=Command, examples=EXAMPLES)
@function_argument
@click.argument("name", metavar="RULE", shell_complete=suggest_rules)
@click.option("--message", metavar="TEXT", help="What to log; '' logs no message.")
@click.option(
    "--if", "condition", metavar="EXPRESSION", help="Only where it is true; '' takes the condition away."
)
@click.option(
    "--watch",
    multiple=True,
    callback=parse_watches,
    metavar="NAME=EXPRESSION",
    help="Values to add, in place of the old.",
)
@click.option("--snapshot/--no-snapshot", default=None, help="Capture the local variables, or no more.")
@click.option(
    "--stack", type=click.IntRange(0, limits.STACK_MAX_FRAMES), metavar="N", help="Frames of the call stack."
)
@capture_options
@click.option(
    "--limit", callback=make_bound_parser(int), metavar="N", help="Events per environment, or none."
)
@click.option(
    "--rate",
    "per_second",
    callback=make_bound_parser(float),
    metavar="N",
    help="Events per second and environment, or none.",
)
@click.option("--sample", type=Share(), metavar="SHARE", help="Share of the requests that log.")
@click.option(
    "--environments",
    metavar="N|SHARE",
    help="Of a fleet only so many environments, about: 5, or 1%. `all` takes the bound away.",
)
@click.option(
    "--for",
    "for_s",
    callback=parse_duration,
    metavar="TIME",
    help="Let it live so long from now: 30m, 2h, at most 7d.",
)
@click.option("--note", metavar="TEXT", help="Why; shown by `hotlog show`.")
@source_option
@utc_option
@with_client
@advanced_option
def edit(
    client: Client,
    function: str,
    name: str,
    source: Path | None,
    for_s: int | None,
    **chosen: Unpack[EditOptions],
) -> None:
    """Change the limits, the condition or the message of a rule that is stored.

    RULE is an id, the beginning of one, or a target with one rule. What is not named stays. With --json: the rule as
    it is stored now.
    """
    # Loaded here: `hotlog edit --help` and wrong usage need none of it.
    from hotlog.cli.adding.summary import render_code, render_summary
    from hotlog.rules.model import entry_of

    fields: dict[str, Any] = {
        key: value for key, value in chosen.items() if value is not UNSET and _is_given(key, value)
    }
    if for_s is not None:
        fields["for_s"] = for_s
    if not fields:
        raise click.UsageError("say what to change.")
    checked = client.edit(function, name, fields, source)
    lines = render_code(checked) if checked.sighting is not None else []
    for line in (*lines, *render_summary(client.desk.options, checked, "changed on ")):
        say(line)
    for warning in checked.warnings:
        warn(warning)
    if wants_json():
        put_json(entry_of(checked.rule))


def _is_given(name: str, value: object) -> bool:
    """Return whether an option was used; `none` for a bound has become None."""
    return name in {"limit", "per_second"} or (value != {} if name == "watch" else value is not None)
