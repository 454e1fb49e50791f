"""`hotlog export` and `hotlog import`: rules as a file, for a runbook. A file says how long a rule lives, not until when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Final

import click

from hotlog.cli.arguments.options import Command, advanced_option, with_options
from hotlog.cli.arguments.parameters import function_argument, parse_duration, parse_functions, source_option
from hotlog.cli.arguments.suggestions import suggest_functions, suggest_rules
from hotlog.cli.shell.terminal import put, put_json, warn
from hotlog.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hotlog.client.account.functions import FunctionName
    from hotlog.client.options import Options
    from hotlog.rules.model import Rule

VERSION: Final = 1
_OWN: Final = ("created", "expires", "by", "versions")  # of one function at one time: not for a runbook

EXPORT_EXAMPLES = """
hotlog export orders > checkout-is-slow.json
hotlog export orders k3f9 app.py:42 > two-rules.json
"""


@click.command(cls=Command, examples=EXPORT_EXAMPLES)
@function_argument
@click.argument("rules", nargs=-1, metavar="RULE...", shell_complete=suggest_rules)
@with_options
def export(session: Options, function: str, rules: tuple[str, ...]) -> None:
    """Write rules as a JSON file, for `hotlog import`: all of a function, or those named.

    With --json: the same on one line: an object with the keys hotlog, v and rules, each rule as it is stored, with
    the key for_s in place of its times.
    """
    from hotlog.client.documents import changes
    from hotlog.client.documents.load import load_document
    from hotlog.rules import document as documents

    document = load_document(session.open_store(), function)
    keys = {key for name in rules for key in changes.find_ids(document, name)} or set(
        changes.list_ids(document)
    )
    found: list[dict[str, Any]] = []
    for rule, entry in zip(documents.rules(document), document.entries, strict=True):
        if rule.id not in keys:
            continue
        if isinstance(rule, documents.BadEntry):
            warn(f"{rule.id} is left out: {rule.fault.message}")
        else:
            found.append(_exported(rule, entry))
    content = {"hotlog": "rules", "v": VERSION, "rules": found}
    if session.json:
        put_json(content)
    else:
        put(json.dumps(content, indent=2))


def _exported(rule: Rule, entry: Mapping[str, Any]) -> dict[str, Any]:
    lives = rule.expires - rule.created if rule.expires and rule.created else timedelta()
    kept = {key: value for key, value in entry.items() if key not in _OWN}
    return {**kept, "for_s": int(lives.total_seconds())}


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
@with_options
@advanced_option
def import_(
    session: Options,
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
    from hotlog.client.adding import deploy
    from hotlog.client.documents import changes

    try:
        content = json.load(file)
    except (ValueError, RecursionError) as fault:
        raise RuleError("bad-file", f"{file.name} holds no JSON: {fault}.") from fault
    rules = _rules_in(content, file.name, for_s, group)
    prospects = deploy.check_rules(session, function, rules, source)
    if dry_run:
        done = [prospect.plan.rule for prospect in prospects]
    else:
        done = deploy.store_rules(session, prospects, keep_ids=True, change=changes.replace_rule)
    deploy.print_summary(session, prospects, done, head="would be added to" if dry_run else "added to")
    deploy.put_rules(session, prospects, done, several=True)


def _rules_in(content: object, name: str, for_s: int | None, group: str) -> list[Rule]:
    """Return the rules of a file, with lifetimes that begin now.

    Raises:
        RuleError: `bad-file`, or what is wrong with a rule; the message names it.
    """
    from hotlog.client.adding.check import lifetime
    from hotlog.rules.model import new_id, rule_of

    entries = content.get("rules") if isinstance(content, dict) and content.get("hotlog") == "rules" else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries) or not entries:
        raise RuleError("bad-file", f"{name} holds no rules: write it with `hotlog export`.")
    now = datetime.now(UTC).replace(microsecond=0)
    found: list[Rule] = []
    for number, entry in enumerate(entries, 1):
        lives_s = for_s or entry.get("for_s")
        if not isinstance(lives_s, int) or lives_s <= 0:
            raise RuleError(
                "bad-field", f"rule {number} of {name}: 'for_s' must be a number of seconds, not {lives_s!r}."
            )
        times = {
            "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "expires": f"{now + lifetime(lives_s):%Y-%m-%dT%H:%M:%SZ}",
        }
        kept = {key: value for key, value in entry.items() if key != "for_s" and key not in _OWN}
        more = {"group": group} if group else {}
        try:
            found.append(rule_of({"id": new_id(), **kept, **more, **times}))
        except RuleError as fault:
            raise RuleError(fault.code, f"rule {number} of {name}: {fault.message}") from fault
    return found
