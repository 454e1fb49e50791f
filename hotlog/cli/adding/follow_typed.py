"""What typed lines log, at the lines of the working copy; and what each save of it does."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from hotlog.cli.adding.typed_lines import say_line, say_typed
from hotlog.cli.shell.terminal import Spinner, put, put_json, say, wants_json, wants_utc
from hotlog.cli.showing.parts import format_verdict, text
from hotlog.cli.showing.render import render_event
from hotlog.client.diagnosis.live_summary import LiveSummary
from hotlog.client.events.event_stream import EventFilter
from hotlog.client.events.proofs import explain_left_out, is_proven
from hotlog.client.words import count_of, escape, format_clock, parse_timestamp, shorten_id
from hotlog.errors import StoreError
from hotlog.events import PROOF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hotlog.client.client import Client
    from hotlog.client.typed.tried_edits import TriedEdits, TriedLine
    from hotlog.client.typed.watch import EditWatch, SavedEdits
    from hotlog.events import Event

_CLOCKS_DIFFER: Final = timedelta(minutes=10)


class TypedFollow:
    """Follows the rules of typed lines until somebody interrupts.

    Args:
        client: where they are stored.
        tried: the lines.
        watch: applies saves; None: the files may change as they like.
    """

    def __init__(self, client: Client, tried: TriedEdits, watch: EditWatch | None) -> None:
        self._client, self._tried, self._watch = client, tried, watch
        self._of_rule: dict[str, TriedLine] = {}
        self._live = LiveSummary()
        self._shown, self._environments = Counter[str](), set[str]()
        self._left_out: list[Event] = []
        self._started_s = time.monotonic()
        self._take(tried)

    def run(self) -> None:
        """Show what comes, and apply each save."""
        since = datetime.now(UTC) - _CLOCKS_DIFFER
        ended = False
        with Spinner(f"waiting for events of {self._tried.function}") as spinner:
            for event in self._client.follow(EventFilter(self._tried.function, since)):
                if self._watch is not None:
                    saved = self._watch.look()
                    if saved is not None:
                        spinner.hide()
                        self._tell(saved)
                was, ended = ended, self._has_ended()
                if ended and not was:
                    spinner.hide()
                    say(
                        "The time of the rules is over."
                        + (" The next save places them again." if self._watch else "")
                    )
                    if self._watch is None:
                        return
                if event is None:
                    spinner.show(self._describe_live())
                elif str(event.get("rule")) in self._of_rule and not self._live.takes(event):
                    spinner.hide()
                    self._show(event)

    def remove(self) -> None:
        """Take the rules away again, and say what came."""
        try:
            gone = self._client.remove_group(self._tried.group, self._tried.function)
        except StoreError as fault:
            if fault.code != "unknown-rule":
                raise
            gone = []
        count = sum(len(each.removed) for each in gone)
        seconds = time.monotonic() - self._started_s
        say(
            f"Removed {count_of(count, 'rule')}. {count_of(self._shown.total(), 'line')} "
            f"from {count_of(len(self._environments), 'environment')} in {seconds:.0f} s"
            f"{''.join(f'; {each}' for each in self._iter_quiet())}."
        )
        if self._left_out:
            say(explain_left_out("line", self._left_out))

    def _take(self, tried: TriedEdits) -> None:
        self._tried = tried
        self._rules = {line.checked.rule.id: line for line in tried.taken if line.checked is not None}
        self._of_rule |= self._rules

    def _has_ended(self) -> bool:
        """Return whether there were rules, and the time of all is over."""
        now = datetime.now(UTC)
        return bool(self._rules) and all(line.has_expired(now) for line in self._rules.values())

    def _describe_live(self) -> str:
        """Return one line on all rules: `live in 2 of 2 environments · reached 41 times · 3 lines`."""
        live = self._live.describe_all(self._rules)
        lines = self._shown.total()
        return f"{live} · {count_of(lines, 'line')}" if live else ""

    def _iter_quiet(self) -> Iterator[str]:
        """Yield what became of lines that have a condition, or have logged nothing."""
        for key, line in self._rules.items():
            has_condition = line.checked is not None and bool(line.checked.rule.condition)
            told = self._live.describe_hits(key, has_condition=has_condition)
            if has_condition and told:
                yield f"{line.at} {told} by the last count"
            elif not self._shown[key]:
                yield f"{line.at} has logged nothing"

    def _show(self, event: Event) -> None:
        line = self._of_rule[str(event["rule"])]
        if is_proven(event):
            self._shown[str(event["rule"])] += event.get("hotlog") == "log"
            self._environments.add(str(event.get("env")))
        else:
            self._left_out.append({PROOF: event.get(PROOF)})
        if wants_json():
            put_json({**event, "typed": line.at})
            return
        for shown in _render(event, line):
            put(shown)

    def _tell(self, saved: SavedEdits) -> None:
        names = ", ".join(escape(name) for name in saved.names if name.endswith(".py"))
        clock = format_clock(datetime.now(UTC), utc=wants_utc(), seconds=True)
        changes = " ".join(
            f"{sign}{count_of(count, 'rule')}"
            for sign, count in (("+", saved.added), ("-", saved.removed))
            if count
        )
        said = [*filter(None, (changes, escape(saved.trouble)))] or ["rules stay as they were"]
        what = f"saved {names}" if names else "committed or checked out"
        if saved.branch is not None:
            what = f"branch changed ({escape(saved.branch[0])} -> {escape(saved.branch[1])})"
        say(f"{clock}  {what}: {'; '.join(said)}")
        before = self._tried
        known = Counter(_say_again(line) for line in before.lines)
        for line in saved.tried.lines:
            known[_say_again(line)] -= 1
            if known[_say_again(line)] < 0:
                say_line(line)
        for note in saved.tried.notes + saved.tried.warnings:
            if note not in before.notes + before.warnings:
                say(f"{'':12}{escape(note)}")
        self._take(saved.tried)


def _say_again(line: TriedLine) -> tuple[str, ...]:
    """Return what of a line is told once, wherever it moves in its file."""
    return line.file, line.typed.text, line.say, line.checked.rule.message if line.checked is not None else ""


def _render(event: Event, line: TriedLine) -> Iterator[str]:
    """Yield the lines of an event, as the typed line would have written it."""
    if event.get("hotlog") != "log":
        yield from render_event(event)
        return
    at = parse_timestamp(event.get("timestamp"))
    clock = format_clock(at, utc=wants_utc(), seconds=True) if at is not None else "-"
    level = line.typed.read.log.level if line.typed.read.log else ""
    request = shorten_id(text(event, "request_id"))
    parts = [click.style(clock, dim=True), click.style(request, dim=True), format_verdict(event)]
    parts.append(click.style(line.at, fg="blue"))
    message = " ".join(filter(None, (level, text(event, "message"))))
    yield "  ".join(filter(None, (*parts, click.style(message, bold=True))))
    below = {key: value for key, value in event.items() if key in {"vars", "stack"}}
    if below:
        yield from list(render_event({**event, "watch": {}}))[1:]


def say_nothing_typed(tried: TriedEdits) -> None:
    """Say that there is nothing to try, and how to find lines that were committed."""
    if tried.unread:
        pass  # they are named below: what is typed in them is not known
    elif tried.since == "HEAD":
        say("No log line typed since the last commit. Typed already and committed? --since HEAD~1")
    else:
        say(f"No log line typed since {tried.since}.")
    if tried.others or tried.notes or tried.warnings or tried.unread:
        say_typed(tried)
