"""What the rules of a session tell, read again and again, and their leases: a thread of its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from hotlog.client import desk_limits
from hotlog.client.words import format_duration
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotlog.client.client import Client
    from hotlog.events import Event

_LOOK_BACK_S: Final = 10  # before it began: clocks differ
_RENEWED_AT: Final = 2 / 3  # of a lease's time that is left


class RuleListener(Protocol):
    """Whom a follower tells, in a thread of its own."""

    def list_rules(self) -> Sequence[str]:
        """Return the ids of the rules of now."""

    def take_events(self, events: Sequence[Event]) -> None:
        """Take new events, oldest first; none where nothing came."""

    def renew(self) -> None:
        """Renew all leases."""

    def explain_silence(self) -> None:
        """Tell what may keep events away."""

    def say(self, sentence: str) -> None:
        """Tell the person what is wrong, or over."""


class Follower:
    """Reads events for one session.

    Args:
        client: reads.
        function: whose events.
        lease_s: how long a rule lives unless it is renewed.
        renewed_s: how long leases are renewed at most.
    """

    def __init__(self, client: Client, function: str, lease_s: float, renewed_s: float) -> None:
        self._client, self._function = client, function
        self._pause_s = desk_limits.FILE_POLL_S if client.desk.options.is_local else desk_limits.LOG_POLL_S
        self._lease_s = round(lease_s)
        self._began_s = time.monotonic()
        self._renew_every_s = lease_s * (1 - _RENEWED_AT)
        now_s = (
            time.time()
        )  # leases end by the clock on the wall: a monotonic one stands still while the machine sleeps
        self._renews_until_s = now_s + renewed_s
        self._next_s = now_s + self._renew_every_s
        self._ended = threading.Event()
        self._cursor = ""
        self._hint_s, self._is_heard = 0.0, False
        self._faults: set[str] = set()
        self._thread: threading.Thread | None = None

    def start(self, listener: RuleListener) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing is under way."""
        self._ended.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(desk_limits.AWS_READ_TIMEOUT_S)

    def _run(self, listener: RuleListener) -> None:
        while not self._ended.wait(self._pause_s):
            try:
                self._renew(listener)
                rules = listener.list_rules()
                self._look_for_obstacles(listener, rules)  # first: where there is no log yet, reading fails
                self._read(listener, rules)
                self._faults.clear()
            except HotlogError as fault:
                if fault.code not in self._faults:  # it may last for hours
                    listener.say(f"{fault.message} [{fault.code}]")
                self._faults.add(fault.code)
            except ConnectionError:  # the editor has gone, as the thread that reads sees, too
                return
            except Exception as fault:
                listener.say(
                    f"hotlog dap has failed, and tells no more events: {type(fault).__name__}: {fault}"
                )
                raise

    def _renew(self, listener: RuleListener) -> None:
        now_s = time.time()
        if now_s < self._next_s:
            return
        self._next_s = now_s + self._renew_every_s
        if now_s < self._renews_until_s:
            listener.renew()
        elif self._renews_until_s:
            self._renews_until_s = 0.0
            listener.say(
                "The time of this session is over: its rules are renewed no more, and expire within"
                f" {format_duration(self._lease_s)}. Attach again, or give `minutes` in launch.json."
            )

    def _look_for_obstacles(self, listener: RuleListener, rules: Sequence[str]) -> None:
        """Let it be told once what may keep events away, where rules are silent from their beginning."""
        if self._is_heard or not rules:
            return
        now_s = time.monotonic()
        if not self._hint_s:
            self._hint_s = now_s + desk_limits.SILENCE_HINT_AFTER_S
        elif now_s >= self._hint_s:
            self._is_heard = True
            listener.explain_silence()

    def _read(self, listener: RuleListener, rules: Sequence[str]) -> None:
        """Read what is new, and tell it page by page: the next one may fail."""
        since_s = time.monotonic() - self._began_s + _LOOK_BACK_S
        has_more = bool(rules)
        while has_more and not self._ended.is_set():
            page = self._client.events(self._function, self._cursor, since_s=since_s, rules=rules)
            self._cursor, has_more = page.cursor, page.has_more
            self._is_heard |= bool(page.events)
            listener.take_events(page.events)
