"""Alarms within an invocation, from a thread that exists only while a rule needs one.

The invocation that ends takes its alarms with it: none goes off in the next one, however long the process was frozen
in between. The thread is woken only where an alarm is earlier than what it waits for, so that an invocation which
ends in time costs two lists.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Final

from hotlog import __builtins__, internal_errors, limits
from hotlog.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = "hotlog-watchdog"
_NEVER: Final = float("inf")


class Alarm(NamedTuple):
    """What the watchdog calls, and when.

    Attributes:
        at_s: monotonic seconds.
        owner: the rule it belongs to.
        call: called in the watchdog's thread, with `at_s`. It must not raise.
    """

    at_s: float
    owner: object
    call: Callable[[float], object]


class Watchdog:
    """Keeps the alarms of one process."""

    def __init__(self) -> None:
        self._renew()

    def _renew(self) -> None:
        """Set everything to its start, also in a forked child, where the thread does not run."""
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._alarms: tuple[Alarm, ...] = ()
        self._waits_until_s = -_NEVER  # of the thread; nothing wakes it that comes later
        self._owners: list[object] = []
        self._thread: threading.Thread | None = None

    def arm(self, owner: object, at_s: float, call: Callable[[float], object]) -> None:
        """Call at that time, unless disarmed before. The owner needs the thread from now on."""
        if self._process != os.getpid():
            self._renew()
        with self._changed:
            self._alarms = (*self._without(owner), Alarm(at_s, owner, call))
            if owner not in self._owners:
                self._owners.append(owner)
            if self._thread is None or not self._thread.is_alive():
                self._waits_until_s = -_NEVER
                self._thread = threading.Thread(
                    target=internal_errors.run_contained,
                    args=(self._run, internal_errors.stray),
                    name=NAME,
                    daemon=True,
                )
                self._thread.start()
            elif at_s < self._waits_until_s:
                self._changed.notify()

    def disarm(self, owner: object) -> None:
        """Cancel the owner's alarms; wait a short time for one that is going off."""
        is_mine = self._changed.acquire(timeout=limits.TIMEOUT_LOOK_MAX_MS / 1_000)
        self._alarms = self._without(owner)
        if is_mine:
            self._changed.release()

    def leave(self, owner: object) -> None:
        """Drop an owner's alarms; end the thread where no owner is left."""
        self.disarm(owner)
        self._owners = [each for each in self._owners if each is not owner]
        thread = self._thread
        if self._owners or thread is None:
            return
        self._thread = None
        with self._changed:
            self._changed.notify()
        if thread is not threading.current_thread():
            thread.join(limits.TIMEOUT_LOOK_MAX_MS / 1_000)

    def _without(self, owner: object) -> tuple[Alarm, ...]:
        return tuple(alarm for alarm in self._alarms if alarm.owner is not owner)

    def _run(self) -> None:
        me = threading.current_thread()
        with self._changed:
            while self._thread is me:
                now_s = time.monotonic()
                due = tuple(alarm for alarm in self._alarms if alarm.at_s <= now_s)
                self._alarms = tuple(alarm for alarm in self._alarms if alarm not in due)
                for alarm in due:
                    alarm.call(alarm.at_s)
                next_s = min((alarm.at_s for alarm in self._alarms), default=_NEVER)
                self._waits_until_s = next_s
                self._changed.wait(None if next_s == _NEVER else max(0.0, next_s - time.monotonic()))
