"""The same work for many functions: one first, which is verified, then the others beside each other, as fast as AWS bears.

Nothing is kept of how far a run came: what is done is read from the functions themselves. So the same command goes on where
another was interrupted.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import limits
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DONE: Final = "done"
ALREADY: Final = "already"
FAILED: Final = "failed"
_SLOWEST: Final = 8.0  # times the usual wait between two


class FunctionOutcome(NamedTuple):
    """What became of one function.

    Attributes:
        function: its name.
        state: `done`, `already` or `failed`.
        code: of the failure.
        reason: of the failure.
    """

    function: str
    state: str
    code: str = ""
    reason: str = ""


class Pace:
    """Lets so many pieces of work begin in a second; fewer while AWS throttles.

    Args:
        per_s: how many.
        clock: monotonic seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        per_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._every_s, self._clock, self._sleep = 1 / per_s, clock, sleep
        self._times, self._next_s = 1.0, 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next piece of work may begin."""
        with self._lock:
            now = self._clock()
            begins_s = max(now, self._next_s)
            self._next_s = begins_s + self._every_s * self._times
            self._times = max(1.0, self._times * 0.95)
        self._sleep(begins_s - now)

    def slow_down(self) -> None:
        """Let less begin, since AWS has throttled."""
        with self._lock:
            self._times = min(_SLOWEST, self._times * 2)


def do_one(function: str, work: Callable[[str], bool], pace: Pace) -> FunctionOutcome:
    """Do the work for one function; where AWS throttles, again and more slowly.

    Args:
        function: its name.
        work: returns whether anything had to be done.
        pace: when it may begin.
    """
    for attempt in range(1, limits.FLEET_ATTEMPTS_MAX + 1):
        pace.wait()
        try:
            return FunctionOutcome(function, DONE if work(function) else ALREADY)
        except HotlogError as fault:
            if fault.code != "throttled" or attempt == limits.FLEET_ATTEMPTS_MAX:
                return FunctionOutcome(function, FAILED, fault.code, fault.message)
            pace.slow_down()
            time.sleep(random.uniform(0.5, 1) * attempt)  # noqa: S311  # only a pause
    raise AssertionError("the last attempt returns")


def do_all(functions: Sequence[str], work: Callable[[str], bool], pace: Pace) -> Iterator[FunctionOutcome]:
    """Yield the outcome of each function as it comes. Who stops to ask lets end what is under way; the rest is left."""
    pool = ThreadPoolExecutor(limits.FLEET_WORKERS)
    try:
        for future in as_completed([pool.submit(do_one, name, work, pace) for name in functions]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def group_failures(outcomes: Iterable[FunctionOutcome]) -> list[tuple[list[str], FunctionOutcome]]:
    """Return the failed functions by reason, the most frequent first: their names, and one of them.

    Two reasons are the same where they differ in the names of the functions alone.
    """
    groups: dict[tuple[str, str], list[FunctionOutcome]] = defaultdict(list)
    for each in outcomes:
        if each.state == FAILED:
            name = rf"(?<![\w-]){re.escape(each.function)}(?![\w-])"
            groups[each.code, re.sub(name, "FUNCTION", each.reason)].append(each)
    return [
        (sorted(each.function for each in group), group[0])
        for group in sorted(groups.values(), key=lambda group: (-len(group), group[0].function))
    ]
