"""After a rule was stored: wait until an environment reports it, follow what it logs, take it away again."""

from __future__ import annotations

import functools
import math
import signal
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hotlog.cli.shell.terminal import Spinner, put, say
from hotlog.cli.showing.follow import follow, print_obstacles
from hotlog.cli.showing.render import format_event
from hotlog.client import desk_limits
from hotlog.client.diagnosis.environment_reports import KINDS, is_told_of
from hotlog.client.events.event_stream import EventFilter, open_feed
from hotlog.client.events.proofs import REPEATED, UNCHECKED, UNPROVEN, is_proven
from hotlog.client.words import escape
from hotlog.errors import HotlogError, InstallError, StoreError
from hotlog.events import ERROR, INSTALLED, PENDING, PROOF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hotlog.client.client import Client
    from hotlog.client.events.event_stream import Feed
    from hotlog.events import Event
    from hotlog.rules.model import Rule

# The clocks of this machine and of AWS need not agree; an event of this rule cannot be older than the rule itself.
_CLOCKS_DIFFER: Final = timedelta(minutes=10)


@contextmanager
def keep_rule(client: Client, function: str, rule: Rule) -> Iterator[None]:
    """Keep the rule whatever interrupts the block, and tell the person how to remove it."""
    try:
        yield
    except KeyboardInterrupt:
        say()  # the terminal's own ^C ends its line here
        say(_stays(client, function, rule))
        raise
    except HotlogError as fault:
        fault.add_note(_stays(client, function, rule))
        raise


def _stays(client: Client, function: str, rule: Rule) -> str:
    return f"The rule stays. Remove it with: {client.desk.options.command('rm', function, rule.id)}"


def remove_rule_afterwards(client: Client, function: str, rule: Rule) -> AbstractContextManager[None]:
    """Remove the rule whatever ends the block."""
    return run_afterwards(functools.partial(_remove, client, function, rule))


@contextmanager
def run_afterwards(clean: Callable[[], object]) -> Iterator[None]:
    """Clean up whatever ends the block: Ctrl-C, a closed terminal, a `kill` or an error.

    A second Ctrl-C does not stop that: it would leave rules behind. Nor does it stop the little that is left of the
    command then.

    Args:
        clean: takes away what must not stay.
    """
    for sign in _ENDS:
        signal.signal(sign, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        _ignore()
        say()  # to stop following is no failure
    finally:
        _ignore()  # for good: the command ends here
        clean()


def _ignore() -> None:
    for sign in _ENDS:
        signal.signal(sign, signal.SIG_IGN)


# What ends a command that follows; Windows has no SIGHUP.
_ENDS: Final = [
    sign
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if isinstance(sign := getattr(signal, name, None), signal.Signals)
]


def wait(client: Client, function: str, rule: Rule) -> None:
    """Return when an environment has installed the rule.

    Raises:
        InstallError: the function's rules are paused; an environment cannot, or none has reported in
            `desk_limits.WAIT_MAX_S`.
    """
    _require_switched_on(client, function)
    wait_until_installed(client, function, rule, _feed(client, function, rule))


def watch(client: Client, function: str, rule: Rule) -> None:
    """Wait as `wait` does, then show what the rule logs until somebody interrupts."""
    _require_switched_on(client, function)
    feed = _feed(client, function, rule)
    wait_until_installed(client, function, rule, feed)
    follow(client, function, feed)


def _require_switched_on(client: Client, function: str) -> None:
    """Refuse to wait for what cannot happen.

    Raises:
        InstallError: `paused`.
    """
    if client.rules(function).paused:
        resume = client.desk.options.command("resume", function)
        raise InstallError(
            "paused",
            f"the rules of {function} are paused: no environment installs one. Go on with: {resume}.",
        )


def _feed(client: Client, function: str, rule: Rule) -> Feed:
    if rule.created is None:
        raise TypeError("a stored rule has a time")
    wanted = EventFilter(function, rule.created - _CLOCKS_DIFFER, rule.id)
    feed = open_feed(client.desk, wanted, follow=True)
    return (
        event for event in feed if event is None or event.get("rule") == rule.id
    )  # `wanted` takes a beginning


def wait_until_installed(
    client: Client, function: str, rule: Rule, feed: Feed, *, now: Callable[[], float] = time.monotonic
) -> None:
    """Read a feed until an environment reports that it has the rule; show what there is of it.

    Args:
        client: where the rule is stored.
        function: name of the function.
        rule: as it is stored.
        feed: of its events.
        now: monotonic seconds.

    Raises:
        InstallError: as `wait`.
    """
    start_s = now()
    unproven = ""  # the verdict on a line that says so, where it is not proven
    hint_at_s = start_s + desk_limits.SILENCE_HINT_AFTER_S
    with Spinner(f"waiting until {function} has the rule: at its next invocation") as spinner:
        for event in feed:
            if event is None:
                if now() - start_s > desk_limits.WAIT_MAX_S:
                    break
                if now() > hint_at_s:
                    hint_at_s = math.inf
                    print_obstacles(client, function)
                spinner.show()
                continue
            if event["hotlog"] in KINDS and not is_told_of(event, rule):
                continue
            _show(event)
            if is_proven(event) and _is_installed(event, function):
                return
            if event.get("state") == INSTALLED:
                unproven = unproven or str(event.get(PROOF))
    raise _explain_no_report(function, unproven)


def _show(event: Event) -> None:
    """Show what an environment says, unless that ends the wait as an error."""
    if not is_proven(event) or event["hotlog"] != "status" or event.get("state") in {INSTALLED, PENDING}:
        for line in format_event(event):
            put(line)


def _is_installed(event: Event, function: str) -> bool:
    """Return whether a proven event says that the rule is in.

    Raises:
        InstallError: it says that it cannot be.
    """
    if event.get("state") == ERROR:
        raise InstallError(
            str(event.get("code")), f"{function} has not installed the rule: {event.get('reason')}"
        )
    return event.get("state") == INSTALLED


def _explain_no_report(function: str, unproven: str) -> InstallError:
    """Return why nobody knows whether the rule is there."""
    if not unproven:
        return InstallError(
            "not-reported",
            f"no environment of {function} has reported the rule within {desk_limits.WAIT_MAX_S} s: is it invoked?",
        )
    return InstallError(
        "not-proven",
        f"a line of the log says that {function} has the rule, and it is {unproven}: {_ADVICE[unproven]}.",
    )


_ADVICE: Final = {
    UNPROVEN: "the application may have printed it; or a hotlog that proves nothing yet, for which there is "
    "`hotlog attach FUNCTION --upgrade`",
    UNCHECKED: "its key cannot be read here: the function's rules hold it, or, where it was exchanged, their history",
    REPEATED: "the line was in the log before",
}


def _remove(client: Client, function: str, rule: Rule) -> None:
    try:
        client.change(function, remove=[rule.id])
    except StoreError as fault:
        if fault.code != "unknown-rule":  # which somebody else has removed, or which has expired
            fault.add_note(_stays(client, function, rule))
            raise
    say(f"removed {escape(rule.id)}  {escape(rule.at)}")
