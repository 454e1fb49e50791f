"""Events as they come; while none does, what may keep them away."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from hotlog import limits
from hotlog.cli.shell.terminal import Spinner, escape, put, say
from hotlog.cli.showing.render import format_event
from hotlog.client.diagnosis.obstacles import list_obstacles
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hotlog.client.events.event_stream import Feed
    from hotlog.client.options import Options


def follow(
    session: Options,
    function: str,
    events: Feed,
    *,
    waits: bool = True,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Show each event; while none comes, say that one waits, and later what may stop them.

    Args:
        session: how to show them.
        function: whose they are.
        events: a feed.
        waits: whether it goes on until somebody interrupts.
        clock: monotonic seconds.
    """
    hint_at_s = clock() + limits.SILENCE_HINT_AFTER_S if waits else math.inf
    with Spinner(f"waiting for events of {function}") as spinner:
        for event in events:
            if event is not None:
                spinner.hide()
                hint_at_s = math.inf
                for line in format_event(event, as_json=session.json):
                    put(line)
                continue
            if clock() >= hint_at_s:
                hint_at_s = math.inf
                spinner.hide()
                print_obstacles(session, function)
            if waits:
                spinner.show()


def print_obstacles(session: Options, function: str) -> None:
    """Say what may keep the events of a function away."""
    say(f"Nothing in {limits.SILENCE_HINT_AFTER_S} s. What may keep events away:")
    try:
        reasons = list_obstacles(session, function)
    except StoreError as fault:
        reasons = [fault.message]
    for reason in reasons:
        say(f"  - {escape(reason)}")
