"""One fleet: environments that are invoked at random, an application that reads too, and one bucket for all of them.

Nothing of the policy is modelled: each environment is a `hotlog.runtime.rule_poller.RulePoller` that reads a `Store`. Only time and
the quota are not real. Invocations come at random (Poisson), so the next one after any moment is as far away as from any
other moment; those at which nothing is read need not be played.
"""

from __future__ import annotations

import heapq
import random
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from hotlog.config import Config
from hotlog.errors import StoreError
from hotlog.rules.document import Document, dumps
from hotlog.runtime.rule_poller import RulePoller
from hotlog.stores import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

_BEFORE = Answer(dumps(Document()), 1, 0.0)
_AFTER = Answer(dumps(Document(paused=True)), 2, 1.0)  # any other document: it is never installed here
_THE_APPLICATION = -1
MINUTE_S = 60


class Fleet(NamedTuple):
    """What is simulated.

    Attributes:
        environments: how many.
        quota_per_s: reads of Parameter Store that the account has, with a burst of one second's worth.
        refresh: the policy, as in `HOTLOG_REFRESH`.
        invocations_per_s: of each environment.
        application_per_s: reads of the application's own, from the same quota.
        settle_s: after so long a rule is added, and counting begins.
        measure_s: for how long.
    """

    environments: int
    quota_per_s: int
    refresh: str = "each"
    invocations_per_s: float = 10.0
    application_per_s: float = 5.0
    settle_s: float = 1_800.0
    measure_s: float = 3_600.0


class Outcome(NamedTuple):
    """What came of it.

    Attributes:
        reads_per_s: of all environments, served or not, after settling.
        throttled: share of those that were throttled.
        application_throttled: the same of the application's reads.
        arrivals_s: how long after it was added each environment had the rule, sorted; those that never had it are left out.
        application_by_minute: share of the application's reads that was throttled in each minute from the start.
    """

    reads_per_s: float
    throttled: float
    application_throttled: float
    arrivals_s: list[float]
    application_by_minute: list[float]

    def within_s(self, share: float, environments: int) -> float:
        """After how many seconds that share of the environments had the rule."""
        place = max(0, round(share * environments) - 1)
        return self.arrivals_s[place] if place < len(self.arrivals_s) else float("inf")


class Bucket:
    """The quota: so many reads per second, saved up for one second at most."""

    def __init__(self, per_s: float, clock: Callable[[], float]) -> None:
        self._per_s, self._clock = per_s, clock
        self._tokens, self._filled_s = per_s, clock()

    def take(self) -> bool:
        now = self._clock()
        self._tokens = min(self._per_s, self._tokens + (now - self._filled_s) * self._per_s)
        self._filled_s = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class _World:
    """Time, the parameter and the quota: the store of every environment."""

    url = "fleet:"

    def __init__(self, fleet: Fleet) -> None:
        self.now = 0.0
        self._added_s = fleet.settle_s
        self.bucket = Bucket(fleet.quota_per_s, self.clock)

    def clock(self) -> float:
        return self.now

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        if not self.bucket.take():
            raise StoreError("throttled", "the quota is used up")
        return _AFTER if self.now >= self._added_s else _BEFORE

    def update(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("no environment writes")

    def functions(self) -> NoReturn:
        raise AssertionError("no environment lists")


class _Share:
    def __init__(self) -> None:
        self.asked = self.refused = 0

    def count(self, *, served: bool) -> None:
        self.asked += 1
        self.refused += not served

    @property
    def refused_of_all(self) -> float:
        return self.refused / self.asked if self.asked else 0.0


def simulate(fleet: Fleet, seed: int = 1) -> Outcome:
    """Play it from a start of all environments within one second."""
    dice = random.Random(seed)  # noqa: S311  # dice
    world, end_s = _World(fleet), fleet.settle_s + fleet.measure_s
    config = Config(refresh=fleet.refresh)
    environments = [
        RulePoller(world, "orders", config, clock=world.clock, jitter=dice.random)
        for _ in range(fleet.environments)
    ]
    coming = [(dice.random(), number) for number in range(fleet.environments)]
    coming.append((dice.expovariate(fleet.application_per_s), _THE_APPLICATION))
    heapq.heapify(coming)
    fleet_share, application = _Share(), _Share()
    minutes = [_Share() for _ in range(int(end_s // MINUTE_S) + 1)]
    arrivals_s: list[float] = []
    while (next_up := heapq.heappop(coming))[0] < end_s:
        world.now, number = next_up
        counts = world.now >= fleet.settle_s
        if number == _THE_APPLICATION:
            served = world.bucket.take()
            minutes[int(world.now // MINUTE_S)].count(served=served)
            if counts:
                application.count(served=served)
            heapq.heappush(coming, (world.now + dice.expovariate(fleet.application_per_s), number))
            continue
        refresher = environments[number]
        change = refresher.read() if refresher.is_due() else None
        if change is not None:
            if counts:
                fleet_share.count(served=change.fault is None)
            if change.document is not None and change.version == _AFTER.version:
                arrivals_s.append(world.now - fleet.settle_s)
        again_s = max(world.now, refresher.pace.due_s) + dice.expovariate(fleet.invocations_per_s)
        heapq.heappush(coming, (again_s, number))
    return Outcome(
        reads_per_s=fleet_share.asked / fleet.measure_s,
        throttled=fleet_share.refused_of_all,
        application_throttled=application.refused_of_all,
        arrivals_s=sorted(arrivals_s),
        application_by_minute=[minute.refused_of_all for minute in minutes],
    )
