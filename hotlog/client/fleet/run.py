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

from hotlog.client import desk_limits
from hotlog.errors import HotlogError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

DONE: Final = "done"
ALREADY: Final = "already"
FAILED: Final = "failed"
_LEFT: Final = "left"  # it had not begun when somebody stopped the run
_SLOWEST: Final = 8.0  # times the usual wait between two


class FunctionOutcome(NamedTuple):
    """What became of one function.

    Attributes:
        function: its name.
        state: `done`, `already` or `failed`.
        code: of the failure.
        reason: of the failure.
        hint: what to do about it, such as a statement of IAM, in a line of its own.
    """

    function: str
    state: str
    code: str = ""
    reason: str = ""
    hint: str = ""


class Pace:
    """Lets so many pieces of work begin in a second; fewer while AWS throttles.

    Args:
        per_s: how many.
        clock: monotonic seconds.
        sleep: waits so many seconds; None: until the end of the run at most.
    """

    def __init__(
        self,
        per_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._ended = threading.Event()
        self._every_s, self._clock, self._sleep = 1 / per_s, clock, sleep or self._ended.wait
        self._times, self._next_s = 1.0, 0.0
        self._lock = threading.Lock()

    def wait(self) -> bool:
        """Return when the next piece of work may begin; False where it may not any more."""
        with self._lock:
            now = self._clock()
            begins_s = max(now, self._next_s)
            self._next_s = begins_s + self._every_s * self._times
            self._times = max(1.0, self._times * 0.95)
        self._sleep(begins_s - now)
        return not self._ended.is_set()

    def end(self) -> None:
        """Let nothing more begin."""
        self._ended.set()

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
    for attempt in range(1, desk_limits.FLEET_ATTEMPTS_MAX + 1):
        if not pace.wait():
            return FunctionOutcome(function, _LEFT)
        try:
            return FunctionOutcome(function, DONE if work(function) else ALREADY)
        except HotlogError as fault:
            if fault.code != "throttled" or attempt == desk_limits.FLEET_ATTEMPTS_MAX:
                hint = "\n".join(getattr(fault, "__notes__", ()))
                return FunctionOutcome(function, FAILED, fault.code, fault.message, hint)
            pace.slow_down()
            time.sleep(random.uniform(0.5, 1) * attempt)  # noqa: S311  # only a pause
    raise AssertionError("the last attempt returns")


def do_all(functions: Sequence[str], work: Callable[[str], bool], pace: Pace) -> Generator[FunctionOutcome]:
    """Yield the outcome of each function as it comes.

    Whoever stops to ask lets end what is under way; the rest is left. After Ctrl-C the outcomes of what was under way come too.
    """
    pool = ThreadPoolExecutor(desk_limits.FLEET_WORKERS)
    left = {pool.submit(do_one, name, work, pace) for name in functions}
    try:
        for future in as_completed(left.copy()):
            left.discard(future)
            yield future.result()
    except KeyboardInterrupt:
        pace.end()
        pool.shutdown(cancel_futures=True)
        ended = [future.result() for future in left if not future.cancelled()]
        yield from (each for each in ended if each.state != _LEFT)
        raise
    finally:
        pace.end()
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
