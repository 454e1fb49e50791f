"""`hotlog doctor`: what stands between a function and its rules, one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.arguments.options import Command, with_client
from hotlog.cli.arguments.parameters import function_argument
from hotlog.cli.shell.errors import FAILED
from hotlog.cli.shell.terminal import Spinner, put, put_json, wants_json
from hotlog.client.words import escape

if TYPE_CHECKING:
    from hotlog.client.client import Client
    from hotlog.client.diagnosis.checks import Finding

_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    cls=Command,
    examples="hotlog doctor orders\nhotlog doctor orders --json | jq '.[] | select(.state != \"ok\")'",
)
@function_argument
@with_client
def doctor(client: Client, function: str) -> None:
    """Look for what keeps rules from working: one line each, ok or how to mend it. Changes nothing.

    Region and credentials, the function and its layer, the names of its variables, whether its role may read the rules
    (simulated by IAM), the rules themselves, reads per second against the quota, the log, the last status. Exit code 1
    where something fails. With --json: a list of objects with the keys check, state, text and fix.
    """
    from hotlog.client.diagnosis.checks import FAIL

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


def _line(finding: Finding) -> str:
    state = click.style(f"{finding.state:<4}", fg=_COLOURS[finding.state], bold=True)
    fix = f"  {click.style('→', dim=True)} {escape(finding.fix)}" if finding.fix else ""
    return f"{state}  {finding.check:<12} {escape(finding.text)}{fix}"
