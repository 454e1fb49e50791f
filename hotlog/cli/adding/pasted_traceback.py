"""A traceback on stdin: its frames in the deployed code, the rules that would log what feeds the failing expression, a question."""

from __future__ import annotations

import select
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hotlog.cli.adding.waiting import run_afterwards
from hotlog.cli.shell.terminal import put, put_json, say, wants_json
from hotlog.cli.showing.render import render_event
from hotlog.client import desk_limits
from hotlog.client.events.event_stream import EventFilter
from hotlog.client.words import escape, format_duration
from hotlog.errors import StoreError
from hotlog.rules.model import new_id

if TYPE_CHECKING:
    from hotlog.client.client import Client
    from hotlog.client.comparing.traceback_rules import PastedTraceback
    from hotlog.events import Event


def read_pasted() -> str:
    """Return what stands on stdin, where something was put there; a pipe that stays silent is none."""
    stdin = sys.stdin
    if stdin is None or stdin.closed or stdin.isatty():
        return ""
    try:
        ready, _, _ = select.select([stdin], [], [], desk_limits.PASTED_WAIT_S)
    except (OSError, ValueError):  # no file of the system's
        return ""
    return stdin.read() if ready else ""


def follow_traceback(
    client: Client, function: str, text: str, for_s: float, source: Path | None, *, yes: bool
) -> None:
    """Show the frames and the rules, ask, place them, and follow until Ctrl-C or their time is over."""
    group = f"why-{new_id()}"
    pasted = client.read_traceback(function, text, group=group, for_s=for_s, source=source)
    _show(pasted)
    if not pasted.rules:
        say("Its statements read no variable that can be logged. Try: hotlog why " + function)
        raise click.exceptions.Exit(1)
    if not yes and not _agrees(len(pasted.rules)):
        say("Nothing stored. --yes places them without a question.")
        return
    started = datetime.now(UTC)
    done = client.change(function, add=pasted.rules)
    ids = {each.rule.id for each in done.rules}
    if wants_json():
        put_json([each.rule.id for each in done.rules])

    def remove() -> None:
        try:
            client.remove_group(group, function)
        except StoreError as fault:  # their time is over
            if fault.code != "unknown-rule":
                raise
        say(f"Removed {len(ids)} {'rule' if len(ids) == 1 else 'rules'}.")

    with run_afterwards(remove):
        say(f"Following for {format_duration(int(for_s))}; Ctrl-C removes them.")
        until_s = time.monotonic() + for_s
        for event in client.follow(EventFilter(function, started, rules=frozenset(ids))):
            if event is not None and event.get("hotlog") == "log":
                _put(event)
            if time.monotonic() > until_s:
                return


def _put(event: Event) -> None:
    if wants_json():
        put_json(event)
        return
    for line in render_event(event):
        put(line)


def _show(pasted: PastedTraceback) -> None:
    if pasted.error:
        say(escape(pasted.error))
    for frame in pasted.frames:
        note = f"   ({frame.why_not})" if frame.why_not else ""
        say(f"  {frame.file}:{frame.line}  {frame.qualname}   {escape(frame.text)}{note}")
    say("Would log for a while, each time that the code comes by:")
    for rule in pasted.rules:
        say(f"  {rule['at']}  {escape(rule['message'])}")


def _agrees(count: int) -> bool:
    """Ask the person at the terminal, for stdin is the traceback; without one nobody agrees."""
    try:
        with Path("/dev/tty").open("r", encoding="utf-8") as terminal:
            click.echo(
                f"Place {'this rule' if count == 1 else f'these {count} rules'}? [y/N] ", nl=False, err=True
            )
            return terminal.readline().strip().lower() in {"y", "yes"}
    except OSError:
        return False
