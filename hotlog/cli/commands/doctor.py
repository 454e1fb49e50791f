"""`hotlog doctor`: what stands between a function and its rules, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.fleet import functions_argument, want
from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import Spinner, put, put_json, say, wants_json
from hotlog.cli.showing.fleet import put_failures
from hotlog.client.account.function_name import require_unqualified
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.account.function_name import FunctionName
    from hotlog.client.client import Client
    from hotlog.client.diagnosis.doctor_checks import Finding
    from hotlog.client.fleet.selection import Selection

EXITS: Final = {  # what 0, 1 and 2 say
    "doctor": ("nothing fails", "something fails", ""),
}

_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    cls=Command,
    examples="hotlog doctor orders\nhotlog doctor orders --json | jq '.[] | select(.state != \"ok\")'",
)
@functions_argument
@with_client
def doctor(client: Client, functions: tuple[FunctionName, ...], tags: tuple[str, ...]) -> None:
    """Look for what keeps rules from working: one line each, ok or how to mend it. Changes nothing.

    Region and credentials, the function and its layer, the names of its variables, whether its role may read the rules
    (simulated by IAM), the rules themselves, reads per second against the quota, the log, the last status. Exit code 1
    where something fails. Of many functions only what is not as it should be is told, one line for each kind of trouble.

    With --json: a list of objects with the keys check, state, text and fix, for a pattern of objects with the keys function and findings.
    """
    from hotlog.client.diagnosis.doctor_checks import FAIL

    wanted = want(functions, tags)
    if wanted.one is None:
        _check_many(client, wanted)
        return
    function = require_unqualified(wanted.one)
    found: list[Finding] = []
    with Spinner(f"looking at {function}") as spinner:
        for finding in client.checks(function):
            found.append(finding)
            if not wants_json():
                spinner.hide()
                put(_line(finding))
                spinner.show()
    if wants_json():
        put_json([finding._asdict() for finding in found])
    if any(finding.state == FAIL for finding in found):
        raise click.exceptions.Exit(FAILED)


def _check_many(client: Client, wanted: Selection) -> None:
    from hotlog.client.diagnosis.doctor_checks import FAIL
    from hotlog.client.fleet.looking import check_all, list_troubles

    found = {}
    with Spinner("looking") as spinner:
        for name, findings in check_all(client, wanted):
            found[name] = findings
            spinner.show(f"looked at {len(found)}")
    found = dict(sorted(found.items()))
    if wants_json():
        put_json(
            [
                {"function": name, "findings": [each._asdict() for each in findings]}
                for name, findings in found.items()
            ]
        )
    troubles = [each for name, findings in found.items() for each in list_troubles(name, findings)]
    for warns in (False, True):
        put_failures([each for each in troubles if each.code.startswith("warning") is warns])
    well = len(found) - len({each.function for each in troubles})
    say(f"{well:,} of {len(found):,} functions are in good order.")
    if any(finding.state == FAIL for findings in found.values() for finding in findings):
        raise click.exceptions.Exit(FAILED)


def _line(finding: Finding) -> str:
    state = click.style(f"{finding.state:<4}", fg=_COLOURS[finding.state], bold=True)
    fix = f"  {click.style('→', dim=True)} {escape(finding.fix)}" if finding.fix else ""
    return f"{state}  {finding.check:<12} {escape(finding.text)}{fix}"
