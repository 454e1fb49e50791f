"""The refresh policy: one read per refresh, faults keep the last rules, two answers are an emergency stop."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from hotlog import limits
from hotlog.config import Config
from hotlog.errors import StoreError
from hotlog.rules.document import Document, dumps
from hotlog.runtime.rule_poller import DocumentRead, Elapsed, RulePoller
from hotlog.stores import Answer
from tests.support.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable


RULES = Document(entries=({"id": "a", "at": "app.py:1"},))


class ScriptedStore:
    """A store that answers as told: the faults of a real one can't be had at will."""

    url = "scripted:"

    def __init__(self) -> None:
        self.next: Answer | StoreError = Answer(dumps(RULES), 1, 0.0)
        self.reads: list[int | None] = []

    def read(self, function: str, timeout_ms: int | None = None) -> Answer:
        assert function == "orders"
        self.reads.append(timeout_ms)
        if isinstance(self.next, StoreError):
            raise self.next
        return self.next

    def update(
        self,
        function: str,
        change: Callable[[Document], Document],
        *,
        keep: Callable[[Answer], None] | None = None,
    ) -> Document:
        raise AssertionError("the agent never writes")

    def functions(self) -> list[str]:
        raise AssertionError("the agent never lists")


def refresher(store: ScriptedStore, clock: Clock, refresh: str = "each") -> RulePoller:
    return RulePoller(store, "orders", Config(refresh=refresh), clock=clock, jitter=lambda: 1.0)


def test_a_first_read_brings_the_document_and_an_unchanged_one_nothing() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock)
    assert policy.read().document == RULES
    assert policy.read().document is None
    assert store.reads == [limits.REFRESH_TIMEOUT_MS] * 2


def test_a_parameter_made_anew_at_the_same_version_is_a_change() -> None:
    policy, store, _clock = having_read()
    store.next = Answer(dumps(Document()), 1, 5.0)
    assert policy.read().document == Document()


@pytest.mark.parametrize(("refresh", "waits_s"), [("each", 0.0), ("30", 30.0), ("0.5", 0.5)])
def test_the_policy_says_when_the_next_read_is_due(refresh: str, waits_s: float) -> None:
    clock = Clock()
    policy = refresher(ScriptedStore(), clock, refresh)
    assert policy.is_due()
    policy.read()
    assert policy.is_due() == (waits_s == 0.0)
    clock.now += waits_s
    assert policy.is_due()


def having_read() -> tuple[RulePoller, ScriptedStore, Clock]:
    """A poller that has read the rules once."""
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock)
    policy.read()
    return policy, store, clock


@pytest.mark.parametrize("code", ["missing", "denied"])
def test_missing_and_denied_are_the_emergency_stop(code: str) -> None:
    policy, store, _clock = having_read()
    store.next = StoreError(code, "gone")
    change = policy.read()
    assert change.document == Document()
    assert change.fault is store.next
    assert policy.is_due(), "an order is no fault: no back-off"
    store.next = Answer(dumps(RULES), 1, 0.0)
    assert policy.read().document == RULES, "the same version is news again after a stop"


@pytest.mark.parametrize("code", ["throttled", "unreachable"])
def test_a_fault_keeps_the_rules_and_backs_off_longer_each_time(code: str) -> None:
    policy, store, clock = having_read()
    store.next = StoreError(code, "busy")
    waits = []
    while clock.now < 1_000.0 + limits.STALE_MAX_S / 2:
        assert policy.read().document is None
        start = clock.now
        while not policy.is_due():
            clock.now += 0.25
        waits.append(clock.now - start)
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert max(waits) <= limits.BACKOFF_MAX_S
    store.next = Answer(dumps(Document()), 2, 1.0)
    assert policy.read().document == Document()
    assert policy.is_due() == (code != "throttled"), (
        "one good answer ends an outage, not the fight for a quota"
    )


def test_an_environment_that_is_no_longer_throttled_comes_back_to_its_policy_by_and_by() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock, "5")
    store.next = StoreError("throttled", "busy")
    policy.read()
    policy.read()
    waits = [policy.pace.due_s - clock.now]
    store.next = Answer(dumps(RULES), 1, 0.0)
    while waits[-1] > 5.0:
        clock.now = policy.pace.due_s
        assert policy.read().fault is None
        waits.append(policy.pace.due_s - clock.now)
    assert waits[0] == 40.0
    assert waits == sorted(waits, reverse=True)
    assert 50 < len(waits) < 1_000, "slower than it went, faster than anybody would have to restart it"


def test_environments_that_start_together_do_not_stay_together() -> None:
    clock, due = Clock(), []
    for chance in (0.0, 0.25, 0.5, 0.75, 1.0):
        policy = RulePoller(
            ScriptedStore(),
            "orders",
            Config(refresh="60"),
            clock=clock,
            jitter=itertools.repeat(chance).__next__,
        )
        policy.read()
        due.append(policy.pace.due_s - clock.now)
    assert due == [0.0, 15.0, 30.0, 45.0, 60.0]


@pytest.mark.parametrize(
    ("said", "waits_s"),
    [
        *((None, 120.0), (20, 20.0), (0.5, 0.5), ("each", 0.0), (600, 600.0)),
        *((601, 120.0), (0, 120.0), (-1, 120.0), (True, 120.0), ("20", 120.0), ([20], 120.0)),
    ],
)
def test_with_auto_the_document_says_how_often_to_read(said: object, waits_s: float) -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock, "auto")
    store.next = StoreError("missing", "no rules yet")
    policy.read()
    assert policy.pace.due_s - clock.now == 120.0
    store.next = Answer(dumps(RULES._replace(refresh=said)), 1, 0.0)
    policy.read()
    assert policy.pace.due_s - clock.now == waits_s
    clock.now += 1_000
    policy.read()
    assert policy.pace.due_s - clock.now == waits_s, "a document that did not change says the same"
    store.next = StoreError("missing", "all stop")
    policy.read()
    assert policy.pace.due_s - clock.now == 120.0


def test_with_auto_a_start_in_a_crowd_comes_back_at_any_time_and_the_document_ends_that() -> None:
    store, due = ScriptedStore(), []
    for chance in (0.0, 0.5, 1.0):
        clock = Clock()
        policy = RulePoller(store, "orders", Config(refresh="auto"), clock=clock, jitter=lambda: chance)  # noqa: B023  # called here
        store.next = StoreError("throttled", "busy")
        policy.read()
        due.append(policy.pace.due_s - clock.now)
    assert due == [0.0, 150.0, 300.0]
    store.next = Answer(dumps(RULES._replace(refresh=20)), 1, 0.0)
    policy.read()
    assert policy.pace.due_s - clock.now == 20.0


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("refresh", ["each", "background", "2", "60"])
def test_no_read_is_later_than_promised(refresh: str, chance: float) -> None:
    store, clock = ScriptedStore(), Clock()
    policy = RulePoller(store, "orders", Config(refresh=refresh), clock=clock, jitter=lambda: chance)
    every_s = float(refresh) if refresh.isdigit() else 0.0
    for answer in [
        store.next,
        *[StoreError("throttled", "busy")] * 10,
        *[StoreError("unreachable", "no")] * 10,
    ]:
        store.next = answer
        policy.read()
        well = not isinstance(answer, StoreError)
        assert 0.0 <= policy.pace.due_s - clock.now <= (every_s if well else limits.BACKOFF_MAX_S)


# --- frozen for hours ---------------------------------------------------------------------------------------------------


def test_time_goes_on_in_the_freezer_whichever_clock_stood_still_or_was_set() -> None:
    monotonic, wall = Clock(), Clock()
    elapsed = Elapsed(monotonic, wall)
    seen = []
    for monotonic_s, wall_s in [(1, 1), (10, 10), (0, 7_200), (3, -3_600), (5, 5), (2, 2.5)]:
        monotonic.now += monotonic_s
        wall.now += wall_s
        seen.append(elapsed())
    assert seen == [1, 11, 7_211, 7_214, 7_219, 7_221]


def test_a_thaw_after_hours_forgets_the_back_off_and_the_old_rules() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock, "background")
    policy.read()
    store.next = StoreError("unreachable", "no route")
    for _ in range(20):
        policy.read()
    clock.now += limits.STALE_MAX_S + 1
    assert policy.is_due()
    assert not policy.waits, "a store that was silent costs nobody a wait, however long ago that was"
    assert policy.read().document == Document()
    assert policy.pace.due_s - clock.now == 1.0, "a first fault, as in a new environment"


def test_after_a_thaw_even_a_read_in_the_background_is_waited_for() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock, "background")
    policy.read()
    assert not policy.waits
    clock.now += limits.STALE_MAX_S + 1
    assert policy.is_due()
    assert policy.waits, "nobody knows how it is now"


def test_a_silent_store_is_waited_for_once_and_again_when_it_has_answered() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock)
    good, silent = store.next, StoreError("unreachable", "no answer in time")

    def waits_after(*said: Answer | StoreError) -> list[bool]:
        waits = []
        for store.next in said:
            policy.read()
            waits.append(policy.waits)
        return waits

    assert waits_after(good, silent, silent, silent) == [True, False, False, False]
    assert waits_after(good, good) == [True, True]
    # One that answers beside the handler, and never who waits: the wait comes back later each time.
    assert waits_after(silent, good, silent, good, good, silent, good, good, good, good) == [
        *(False, True),
        *(False, False, True),
        *(False, False, False, False, True),
    ]
    assert waits_after(good, silent, good) == [True, False, True], "it had recovered"


@pytest.mark.parametrize("code", ["throttled", "denied", "missing", "expired-credentials"])
def test_a_store_that_says_no_has_answered(code: str) -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock)
    store.next = StoreError("unreachable", "no answer in time")
    policy.read()
    assert not policy.waits
    store.next = StoreError(code, "no")
    policy.read()
    assert policy.waits


def test_a_restored_environment_has_a_wait_of_its_own() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock)
    store.next = StoreError("unreachable", "no answer in time")
    policy.read()
    policy.renew()
    assert policy.waits


def test_an_answer_that_was_frozen_for_hours_is_none() -> None:
    store, clock = ScriptedStore(), Clock()
    policy = refresher(store, clock, "background")
    policy.read()

    class Frozen(ScriptedStore):
        def read(self, function: str, timeout_ms: int | None = None) -> Answer:
            answer = Answer(dumps(Document(paused=True)), 2, 2.0)
            clock.now += limits.STALE_MAX_S + 1
            return answer

    policy._store = Frozen()
    assert policy.read() == DocumentRead(None)
    assert policy.is_due()
    assert policy.waits


def test_only_a_new_environment_waits_for_a_read_in_the_background() -> None:
    policy = refresher(ScriptedStore(), Clock(), "background")
    waits = [policy.waits]
    for step in (policy.read, policy.renew, policy.read):
        step()
        waits.append(policy.waits)
    assert waits == [True, False, True, False]
    assert refresher(ScriptedStore(), Clock(), "each").waits


def test_rules_older_than_the_limit_go() -> None:
    policy, store, clock = having_read()
    store.next = StoreError("unreachable", "no route")
    clock.now += limits.STALE_MAX_S
    assert policy.read().document is None
    clock.now += 1
    assert policy.read().document == Document()


@pytest.mark.parametrize("text", ["", "{", '{"v": "x"}', '{"v": 99}', "[]"])
def test_a_document_nobody_can_read_keeps_the_last_good_rules(text: str) -> None:
    policy, store, _clock = having_read()
    store.next = Answer(text, 2, 2.0)
    change = policy.read()
    assert change.document is None
    assert change.fault is not None
    assert change.fault.code in {"document-damaged", "document-newer"}
    again = policy.read()
    assert again.document is None
    assert again.fault is change.fault, "it is still as damaged as before"
