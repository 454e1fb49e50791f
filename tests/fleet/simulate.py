"""One fleet: environments that start, are invoked at random and die, an application that reads too, and one bucket for all.

Nothing of the policy is modelled: each environment is a `hotlog.runtime.rule_poller.RulePoller` that reads a `Store`, and the hint in
the document is what the desk would write. Only time and the quota are not real. Invocations come at random (Poisson), so the
next one after any moment is as far away as from any other moment; those at which nothing is read need not be played. Lives
are random too (exponential), and who dies is replaced at once.
"""

from __future__ import annotations

import heapq
import random
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from hotlog.client.account.load import Load
from hotlog.config import Config
from hotlog.errors import StoreError
from hotlog.rules.document import Document, dumps
from hotlog.runtime.rule_poller import RulePoller
from hotlog.stores import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE_S = 60
# What happens in a heap of (time, what, number of the environment).
_INVOCATION, _DEATH, _APPLICATION = range(3)
_FIRST_S = 1.0  # all environments start within that
_DEPLOYED_S = 10.0  # Lambda starts a thousand environments of a function in that


class Fleet(NamedTuple):
    """What is simulated.

    Attributes:
        environments: how many.
        quota_per_s: reads of Parameter Store that the account has, with a burst of one second's worth.
        refresh: the policy, as in `HOTLOG_REFRESH`.
        invocations_per_s: of each environment.
        application_per_s: reads of the application's own, from the same quota.
        settle_s: before so long nothing counts.
        measure_s: for how long.
        life_s: of an environment, on average; 0: none dies.
        changes_s: when somebody writes the document, from the start; none: once, after `settle_s`.
        deployments_s: when a deployment replaces environments.
        deployed: how many it replaces.
    """

    environments: int
    quota_per_s: int
    refresh: str = "each"
    invocations_per_s: float = 10.0
    application_per_s: float = 5.0
    settle_s: float = 1_800.0
    measure_s: float = 3_600.0
    life_s: float = 0.0
    changes_s: tuple[float, ...] = ()
    deployments_s: tuple[float, ...] = ()
    deployed: int = 0

    @property
    def load(self) -> Load:
        """What the desk sees of the fleet."""
        return Load(self.environments, self.environments * self.invocations_per_s, self.quota_per_s)


class Outcome(NamedTuple):
    """What came of it.

    Attributes:
        reads_per_s: of all environments, served or not, after settling.
        throttled: share of those that were throttled.
        application_throttled: the same of the application's reads; `application_idle` and `application_live`: before the first change,
            and after it.
        arrivals_s: of each change, how long after it each environment that was there had it, sorted: by a read, or because another
            has taken its place which had it from its start. Those that never had it are left out.
        application_by_minute: share of the application's reads that was throttled in each minute from the start.
        starts_per_s: environments that were started, after settling.
    """

    reads_per_s: float
    throttled: float
    application_throttled: float
    application_idle: float
    application_live: float
    arrivals_s: list[list[float]]
    application_by_minute: list[float]
    starts_per_s: float

    def within_s(self, share: float, environments: int, change: int = 0) -> float:
        """After how many seconds that share of the environments had a change."""
        arrivals, place = self.arrivals_s[change], max(0, round(share * environments) - 1)
        return arrivals[place] if place < len(arrivals) else float("inf")


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
        self.changes_s = fleet.changes_s or (fleet.settle_s,)
        self.bucket = Bucket(fleet.quota_per_s, self.clock)
        hint = fleet.load.choose_refresh()
        # None of these is ever installed here. `attach` writes the first one where the default interval is too short.
        self.is_written = Document().every_s < Document(refresh=hint).every_s
        self._answers = [
            Answer(dumps(Document(paused=bool(number % 2), refresh=hint)), number, float(number))
            for number in range(len(self.changes_s) + 1)
        ]

    def clock(self) -> float:
        return self.now

    @property
    def version(self) -> int:
        """Of the document; 0: there are no rules yet."""
        return sum(self.now >= at_s for at_s in self.changes_s)

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        if not self.bucket.take():
            raise StoreError("throttled", "the quota is used up")
        if not (self.version or self.is_written):
            raise StoreError("missing", "there are no rules yet")
        return self._answers[self.version]

    def update(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("no environment writes")

    def functions(self) -> NoReturn:
        raise AssertionError("no environment lists")


class _Share:
    def __init__(self) -> None:
        self.asked = self.refused = 0

    def __add__(self, other: _Share) -> _Share:
        both = _Share()
        both.asked, both.refused = self.asked + other.asked, self.refused + other.refused
        return both

    def count(self, *, served: bool) -> None:
        self.asked += 1
        self.refused += not served

    @property
    def refused_of_all(self) -> float:
        return self.refused / self.asked if self.asked else 0.0


class _Play:
    """One fleet while it is played."""

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.fleet, self.dice = fleet, random.Random(seed)  # noqa: S311  # dice
        self.world = _World(fleet)
        self.config = Config(refresh=fleet.refresh)
        self.pollers: list[RulePoller | None] = [None] * fleet.environments
        self.knows = [0] * fleet.environments  # the version that the one in each place has seen
        self.lives = [0] * fleet.environments  # counts who has lived in each place: a death is of one of them
        self.coming: list[tuple[float, int, int, int]] = []
        self.reads, self.starts = _Share(), 0
        self.idle, self.live = _Share(), _Share()  # the application's reads
        self.minutes = [_Share() for _ in range(int((fleet.settle_s + fleet.measure_s) // MINUTE_S) + 1)]
        self.arrivals_s: list[list[float]] = [[] for _ in self.world.changes_s]

    def begin(self) -> None:
        fleet = self.fleet
        for number in range(fleet.environments):
            heapq.heappush(self.coming, (self.dice.random() * _FIRST_S, _INVOCATION, number, 0))
        heapq.heappush(self.coming, (self.dice.expovariate(fleet.application_per_s), _APPLICATION, 0, 0))
        for at_s in fleet.deployments_s:
            for number in self.dice.sample(range(fleet.environments), fleet.deployed):
                heapq.heappush(self.coming, (at_s + self.dice.random() * _DEPLOYED_S, _DEATH, number, -1))

    def run(self) -> None:
        world, end_s = self.world, self.fleet.settle_s + self.fleet.measure_s
        while (next_up := heapq.heappop(self.coming))[0] < end_s:
            world.now, what, number, life = next_up
            if what == _APPLICATION:
                self._ask_for_the_application()
            elif what == _DEATH:
                if life in {-1, self.lives[number]}:
                    self._start(number)
            elif life == self.lives[number]:
                self._invoke(number)

    def _ask_for_the_application(self) -> None:
        world, served = self.world, self.world.bucket.take()
        self.minutes[int(world.now // MINUTE_S)].count(served=served)
        if world.now >= self.fleet.settle_s:
            (self.live if world.version else self.idle).count(served=served)
        again_s = world.now + self.dice.expovariate(self.fleet.application_per_s)
        heapq.heappush(self.coming, (again_s, _APPLICATION, 0, 0))

    def _start(self, number: int) -> None:
        """Put a new environment in the place of one that died; it reads in INIT."""
        self.lives[number] += 1
        self.pollers[number] = None
        self._invoke(number)

    def _invoke(self, number: int) -> None:
        world, fleet = self.world, self.fleet
        poller = self.pollers[number]
        if poller is None:
            poller = self.pollers[number] = RulePoller(
                world, "orders", self.config, clock=world.clock, jitter=self.dice.random
            )
            self.starts += world.now >= fleet.settle_s
            if fleet.life_s:
                dies_s = world.now + self.dice.expovariate(1 / fleet.life_s)
                heapq.heappush(self.coming, (dies_s, _DEATH, number, self.lives[number]))
        if poller.is_due():
            found = poller.read()
            served = found.fault is None or found.fault.code == "missing"
            if world.now >= fleet.settle_s:
                self.reads.count(served=served)
            if served:
                for version in range(self.knows[number] + 1, world.version + 1):
                    self.arrivals_s[version - 1].append(world.now - world.changes_s[version - 1])
                self.knows[number] = world.version
        again_s = max(world.now, poller.pace.due_s) + self.dice.expovariate(fleet.invocations_per_s)
        heapq.heappush(self.coming, (again_s, _INVOCATION, number, self.lives[number]))


def simulate(fleet: Fleet, seed: int = 1) -> Outcome:
    """Play it from a start of all environments within one second."""
    play = _Play(fleet, seed)
    play.begin()
    play.run()
    application = play.idle + play.live
    return Outcome(
        reads_per_s=play.reads.asked / fleet.measure_s,
        throttled=play.reads.refused_of_all,
        application_throttled=application.refused_of_all,
        application_idle=play.idle.refused_of_all,
        application_live=play.live.refused_of_all,
        arrivals_s=[sorted(each) for each in play.arrivals_s],
        application_by_minute=[minute.refused_of_all for minute in play.minutes],
        starts_per_s=play.starts / fleet.measure_s,
    )
