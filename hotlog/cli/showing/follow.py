"""Events as they come; while none does, what may keep them away."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from hotlog.cli.shell.terminal import Spinner, put, say, wants_json
from hotlog.cli.showing.render import format_event
from hotlog.client import desk_limits
from hotlog.client.words import escape
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.client import Client
    from hotlog.client.diagnosis.live_summary import LiveSummary
    from hotlog.client.events.event_stream import Feed


def follow(
    client: Client,
    function: str,
    events: Feed,
    *,
    waits: bool = True,
    hints: bool = True,
    live: LiveSummary | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Show each event; while none comes, say that one waits, and later what may stop them.

    Args:
        client: says what may stop them.
        function: whose they are.
        events: a feed.
        waits: whether it goes on until somebody interrupts.
        hints: whether to say what may stop events; else each is shown with its function, since they are of several.
        live: takes states and counts, which become the one live line on a terminal; None: they are shown too.
        clock: monotonic seconds.

    Returns:
        How many events were shown.
    """
    hint_at_s = clock() + desk_limits.SILENCE_HINT_AFTER_S if waits and hints else math.inf
    shown = 0
    with Spinner(f"waiting for events of {function}") as spinner:
        for event in events:
            if event is None:
                if clock() >= hint_at_s:
                    hint_at_s = math.inf
                    spinner.hide()
                    print_obstacles(client, function)
                if waits:
                    spinner.show(live.text if live else "")
            elif live is None or not live.takes(event):
                spinner.hide()
                hint_at_s = math.inf
                shown += 1
                for line in format_event(event):
                    put(
                        line if hints or wants_json() else f"{escape(str(event.get('function', '')))}  {line}"
                    )
    return shown


def print_obstacles(client: Client, function: str) -> None:
    """Say what may keep the events of a function away."""
    say(f"Nothing in {desk_limits.SILENCE_HINT_AFTER_S} s. What may keep events away:")
    try:
        reasons = client.obstacles(function)
    except StoreError as fault:
        reasons = [fault.message]
    for reason in reasons:
        say(f"  - {escape(reason)}")
