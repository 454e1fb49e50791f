"""`hotlog export` and `hotlog import`: rules as a file, for a runbook."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, advanced_option, with_client
from hotlog.cli.arguments.parameters import function_argument, parse_duration, parse_functions, source_option
from hotlog.cli.arguments.suggestions import suggest_functions, suggest_rules
from hotlog.cli.shell.terminal import put, put_json, wants_json, warn
from hotlog.errors import RuleError

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client

EXITS: Final = {  # what 0, 1 and 2 say
    "export": ("written", "no such rule", ""),
    "import": ("all are stored", "as `add`", "the file, or one rule of it, has faults; none is stored"),
}

EXPORT_EXAMPLES = """
hotlog export orders > checkout-is-slow.json
hotlog export orders k3f9 app.py:42 > two-rules.json
"""


@click.command(cls=Command, examples=EXPORT_EXAMPLES)
@function_argument
@click.argument("rules", nargs=-1, metavar="RULE...", shell_complete=suggest_rules)
@with_client
def export(client: Client, function: str, rules: tuple[str, ...]) -> None:
    """Write rules as a JSON file, for `hotlog import`: all of a function, or those named.

    With --json: the same on one line: an object with the keys hotlog, v and rules, each rule as it is stored, with
    the key for_s in place of its times.
    """
    book = client.export(function, rules)
    for sentence in book.left_out:
        warn(sentence)
    if wants_json():
        put_json(book.content)
    else:
        put(json.dumps(book.content, indent=2))


IMPORT_EXAMPLES = """
hotlog import orders checkout-is-slow.json
hotlog import 'orders-*' checkout-is-slow.json --for 15m --group incident-42
"""


@click.command("import", cls=Command, examples=IMPORT_EXAMPLES)
@click.argument("function", callback=parse_functions, shell_complete=suggest_functions)
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option(
    "--for",
    "for_s",
    callback=parse_duration,
    metavar="TIME",
    help="How long they live. Default: as in the file.",
)
@click.option("--group", default="", metavar="NAME", help="Ties them together, for `hotlog rm --group`.")
@source_option
@click.option("--dry-run", is_flag=True, help="Check and show, store nothing.")
@with_client
@advanced_option
def import_(
    client: Client,
    function: FunctionName,
    file: IO[str],
    for_s: int | None,
    group: str,
    source: Path | None,
    dry_run: bool,
) -> None:
    """Add the rules of a file that `hotlog export` wrote; - reads stdin.

    Each is checked as `hotlog add` checks it; its statement is found by its text, wherever it stands by now. A rule
    takes the place of the one with its id. With --json: a list of objects with the keys function and rule.
    """
    from hotlog.cli.adding.summary import ADDED, WOULD_BE, report_rules
    from hotlog.client.adding.check import check_rules
    from hotlog.client.adding.runbook import read_runbook

    try:
        content = json.load(file)
    except (ValueError, RecursionError) as fault:
        raise RuleError("bad-file", f"{file.name} holds no JSON: {fault}.") from fault
    requests = read_runbook(content, file.name, for_s, group)
    checked = check_rules(client.desk, function, requests, source)
    if dry_run:
        seen = client.foresee(checked, keep_ids=True, replace=True)
        report_rules(client.desk.options, seen.rules, head=WOULD_BE, several=True, paused=seen.paused)
        return
    done = client.store(checked, keep_ids=True, replace=True)
    report_rules(client.desk.options, done.rules, head=ADDED, several=True, paused=done.paused)
