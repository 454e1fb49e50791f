"""One fault, brought over a function in the middle of its life, and taken away again.

The handler, the runtime, the reader and the network are real; only the policy's clock is the test's, so that a back-off
of minutes takes no minutes.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import hotlog
from hotlog import config, limits
from hotlog.rules.document import Document, dumps
from hotlog.rules.model import entry_of
from hotlog.runtime.wrapper import Runtime, _around
from tests.support.clock import Clock, Context
from tests.support.rule_server import RuleServer, answering, found, http
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event
    from tests.faults.faults import Fault

SOURCE = """
def handler(event, context):
    total = event * 2
    return {"total": total}  # <here>
"""
DURING_S = 400.0  # of the policy's clock: the fault lasts so long while rules must stay
STALE_STEPS, STALE_STEP_S = 12, 100.0  # and then so much longer, until they must be gone
RECOVERY_STEPS, RECOVERY_STEP_S = 40, 30.0
REST_MAX_S = 5.0
TOLD_MAX_BYTES = 4_000  # a line or two


class Seen(NamedTuple):
    """What the function and its log saw of a fault.

    Attributes:
        invocations: while the fault lasted, and the rules had to stay.
        identical: how many of them returned the right result.
        logged: how many of them logged the rule's line.
        reads: how many times the store was asked meanwhile.
        slowest_ms: the longest that one of them took.
        waits: how many of them took more than half of the deadline.
        bytes_told: length of all status events meanwhile.
        told: the environment's status events while the fault lasted, without those of rules.
        rules_told: those of rules.
        logged_when_stale: whether the rule still logged when it was older than allowed.
        recovered_s: policy seconds until it logged again after the fault; None: never.
        told_after: the environment's status events after the fault.
    """

    invocations: int
    identical: int
    logged: int
    reads: int
    slowest_ms: float
    waits: int
    bytes_told: int
    told: list[str]
    rules_told: list[str]
    logged_when_stale: bool
    recovered_s: float | None
    told_after: list[str]


class _Life:
    """A wrapped function, its clock and its log."""

    def __init__(self, folder: Path, server: RuleServer) -> None:
        self.app = Sample(folder, SOURCE)
        self.clock = Clock()
        self.events: list[Event] = []
        now = datetime.now(UTC)
        rule = hotlog.Rule(
            at=self.app.at("here"),
            message="total={total}",
            limit=None,
            per_second=None,
            created=now,
            expires=now + timedelta(hours=1),
        )
        self.good = http(200, found(dumps(Document(entries=(entry_of(rule),)))))
        server.behaviour = answering(self.good)
        self.runtime = Runtime(config.read(), "ssm:", self.events.append, clock=self.clock)
        self.runtime.start()
        self.handler = _around(self.app.module.handler, self.runtime)

    def invoke(self, number: int) -> tuple[bool, float]:
        """Whether the result was right, and how many milliseconds it took."""
        start_s = time.perf_counter()
        result = self.handler(number, Context())
        return result == {"total": number * 2}, (time.perf_counter() - start_s) * 1_000

    def rest(self) -> None:
        """Policy time has passed that a read beside the handler would have had: let it come to its end."""
        background = self.runtime._background
        if background is not None:
            background.wait(REST_MAX_S)

    def take_events(self) -> list[Event]:
        taken = self.events[:]
        self.events.clear()
        return taken

    def close(self) -> None:
        self.runtime.close()
        self.app.forget()


def run(fault: Fault, folder: Path, *, invocations: int = 200) -> Seen:
    """Let a function live through a fault."""
    with RuleServer(answering(b"")).running() as server, _environment(folder, server.url):
        life = _Life(folder, server)
        try:
            return _through(fault, life, server, invocations)
        finally:
            life.close()


def _through(fault: Fault, life: _Life, server: RuleServer, invocations: int) -> Seen:
    for number in range(3):
        assert life.invoke(number)[0]
    events = life.take_events()
    assert len(_lines(events)) == 3, f"the rule is live before the fault: {events}"
    before = len(server.exchanges)
    with fault.during(server, life.good):
        done = []
        for number in range(invocations):
            life.clock.now += DURING_S / invocations
            done.append(life.invoke(number))
        events = life.take_events()
        reads = len(server.exchanges) - before
        for number in range(STALE_STEPS):
            life.clock.now += STALE_STEP_S
            assert life.invoke(number)[0]
            life.rest()
        life.take_events()
        life.invoke(1)
        stale = bool(_lines(life.take_events()))
    recovered_s = None
    for step in range(RECOVERY_STEPS):
        life.clock.now += RECOVERY_STEP_S
        assert life.invoke(step)[0]
        life.rest()
        if _lines(life.events):
            recovered_s = (step + 1) * RECOVERY_STEP_S
            break
    return Seen(
        invocations=invocations,
        identical=sum(right for right, _ in done),
        logged=len(_lines(events)),
        reads=reads,
        slowest_ms=max(took_ms for _, took_ms in done),
        waits=sum(took_ms > deadline_ms() / 2 for _, took_ms in done),
        bytes_told=sum(len(json.dumps(event)) for event in _statuses(events)),
        told=[_told(event) for event in _statuses(events) if not event["rule"]],
        rules_told=[_told(event) for event in _statuses(events) if event["rule"]],
        logged_when_stale=stale,
        recovered_s=recovered_s,
        told_after=[_told(event) for event in _statuses(life.events) if not event["rule"]],
    )


def broken_promises(fault: Fault, seen: Seen) -> list[str]:
    """What does not hold, in words. Of the time nothing is said: that depends on what else the machine does."""
    broken = []
    if seen.identical != seen.invocations:
        broken.append("a result differs")
    if not fault.code:
        if seen.logged != seen.invocations or seen.told:
            broken.append("it has an effect")
        return broken
    if fault.code == "too-many-faults":
        return broken + _broken_by_itself(seen)
    return broken + _broken_store(fault, seen)


def _broken_store(fault: Fault, seen: Seen) -> list[str]:
    """What does not hold where the store is ill."""
    broken = []
    if seen.logged != (0 if fault.stops else seen.invocations):
        broken.append("rules stayed" if fault.stops else "rules went")
    if seen.told != [f"error {fault.code}"]:
        broken.append(f"it was told {seen.told}")
    if seen.rules_told != (["removed"] if fault.stops else []):
        broken.append(f"of the rule was told {seen.rules_told}")
    if seen.bytes_told > TOLD_MAX_BYTES:
        broken.append(f"{seen.bytes_told} bytes of status events")
    if seen.logged_when_stale != fault.is_read:
        broken.append("rules were kept for too long" if seen.logged_when_stale else "rules went")
    if seen.recovered_s is None or seen.told_after != [f"recovered {fault.code}"]:
        broken.append(f"it does not recover, or told {seen.told_after}")
    return broken


def _broken_by_itself(seen: Seen) -> list[str]:
    """What does not hold where hotlog itself fails: at the third time all probes go, until the document changes."""
    broken = []
    if (
        seen.logged != limits.INTERNAL_FAULTS_MAX - 1
        or seen.logged_when_stale
        or seen.recovered_s is not None
    ):
        broken.append(f"probes stayed: {seen.logged} lines")
    if seen.told != ["error internal-fault", "error too-many-faults"] or seen.rules_told or seen.told_after:
        broken.append(f"it was told {seen.told}")
    return broken


def deadline_ms() -> int:
    """What the environment says; without, the default."""
    return config.read().refresh_timeout_ms or limits.REFRESH_TIMEOUT_MS


def _lines(events: list[Event]) -> list[Event]:
    return [event for event in events if event["hotlog"] == "log"]


def _statuses(events: list[Event]) -> list[Event]:
    return [event for event in events if event["hotlog"] == "status"]


def _told(event: Event) -> str:
    return " ".join(filter(None, (event["state"], event.get("code", ""))))


@contextmanager
def _environment(folder: Path, endpoint: str) -> Iterator[None]:
    """Lambda's variables, for as long as this lasts."""
    wanted: dict[str, Any] = {
        "AWS_LAMBDA_FUNCTION_NAME": "orders",
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": endpoint,
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
