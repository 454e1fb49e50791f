"""hotlog itself, with the sink it has in Lambda."""

from __future__ import annotations

import importlib
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.bench.targets import many_line
from tests.bench.tools.tool import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hotlog.agent.agent import Agent
    from tests.bench.tools.tool import Probe


class Hotlog(Base):
    """Wraps a handler without rules, as a cold start does; then an agent of its own takes the probes."""

    def __init__(self) -> None:
        self._agent: Agent | None = None
        self._folder = ""

    def start(self, folder: Path) -> None:
        """A cold start without rules: wrap, and one invocation. The store answers at once."""
        import hotlog

        hotlog.wrap(_handler, store=_store('{"v":1,"rules":[]}'))({}, None)
        self._folder = str(folder)

    def add(self, probes: Sequence[Probe]) -> None:
        """Apply the rules."""
        import hotlog
        from hotlog import limits

        limits.EMIT_MAX_BYTES_PER_S = 10**15  # type: ignore[misc]  # its rate limits are off, as everybody's
        if self._agent is None:
            self._agent = hotlog.Agent("stdout", root=self._folder)
        expires = datetime.now(UTC) + timedelta(hours=1)  # as every rule that is stored
        rules = [
            hotlog.Rule(
                expires=expires,
                at=f"{probe.file.rpartition('/')[2]}:{probe.line}",
                id=f"r{number}",
                condition=probe.condition,
                message=probe.message,
                snapshot=not probe.message,
                stack=0 if probe.message else 20,
                limit=probe.limit,
                per_second=probe.per_second,
            )
            for number, probe in enumerate(probes)
        ]
        self._agent.apply(rules)
        states = {status.state for status in self._agent.status().values()}
        if states != {"installed"}:
            raise RuntimeError(str(self._agent.status()))
        self.begin()

    def settle(self) -> None:
        """A safe point: counters of false conditions that have come to their end are compiled out."""
        if self._agent is not None:
            self._agent.settle()

    def begin(self) -> None:
        """The next invocation begins: its budget is its own. No safe point: what is exhausted stays in."""
        from hotlog.events import Invocation

        if self._agent is not None:
            self._agent.begin(
                Invocation(
                    request_id="8f5a3c1e-6f0b-4a52-9d0e-3f1f2b6f7a11",
                    function="orders",
                    version="12",
                    env="4f1c2a9be0d35577",
                    trace_id="5759e988bd862e3fe1be46a994272793",
                )
            )

    def remove(self) -> None:
        """Apply none."""
        if self._agent is not None:
            self._agent.apply([])

    def events(self, output: bytes) -> int:
        """The statuses are lines too."""
        return output.count(b'{"hotlog":"log"')

    def invocation_us(self, rules: int, reps: int) -> float:
        """The store is read once and then cached, as with `HOTLOG_REFRESH=3600`."""
        import hotlog
        from hotlog import config
        from hotlog.rules import document
        from hotlog.rules.model import entry_of
        from hotlog.runtime import wrapper

        now = datetime.now(UTC)
        made = [
            hotlog.Rule(
                at=f"bench_many_0.py:{many_line(number)}",
                id=f"r{number}",
                message="y={y}",
                created=now,
                expires=now + timedelta(hours=1),
            )
            for number in range(rules)
        ]
        text = document.dumps(document.Document(entries=tuple(map(entry_of, made))))
        settings = config.read({"HOTLOG_REFRESH": "3600", "LAMBDA_TASK_ROOT": self._folder})
        wrapped: Any = wrapper.Runtime(settings, _store(text), "stdout")
        importlib.import_module("bench_many_0")

        around = wrapper._around(_handler, wrapped)
        wrapped.start()
        around({}, _Context)
        if len(wrapped._agent.status()) != rules or any(
            status.state != "installed" for status in wrapped._agent.status().values()
        ):
            raise RuntimeError(str(wrapped._agent.status()))
        times = []
        for function in (around, _handler):
            best = min(_invoked_ns(function) for _ in range(reps * 3))
            times.append(best)
        wrapped.close()
        return (times[0] - times[1]) / 1_000

    def version(self) -> str:
        """Of the checkout."""
        import hotlog

        return hotlog.__version__


def _store(text: str) -> Any:
    """A store that answers at once, always the same."""
    from hotlog.stores import Answer

    class Store:
        url = "none:"

        def read(self, function: str, timeout_ms: int | None = None) -> Answer:
            return Answer(text, 1, 1.0)

    return Store()


def _handler(event: object, context: object) -> object:
    return event


class _Context:
    aws_request_id = "8f5a3c1e-6f0b-4a52-9d0e-3f1f2b6f7a11"

    def __init__(self) -> None:
        self._epoch_deadline_time_in_ms = int(time.time() * 1_000) + 3_000


def _invoked_ns(function: Callable[[object, object], object], calls: int = 300) -> float:
    context = _Context()
    start_ns = time.perf_counter_ns()
    for _ in range(calls):
        function({}, context)
    return (time.perf_counter_ns() - start_ns) / calls


TOOL = Hotlog
