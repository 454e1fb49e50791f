"""A sample module under an agent, called within invocations as the runtime would have them."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import hotlog
from hotlog.config import Config
from hotlog.events import Invocation
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from hotlog.events import Event
    from hotlog.hits.invocation_context import InvocationContext


class Probed:
    """A module, an agent, and what it has emitted.

    Args:
        folder: where the module is written.
        source: its text.
        config: settings of the agent.
    """

    def __init__(self, folder: Path, source: str, config: Config | None = None) -> None:
        self.sample = Sample(folder, source)
        self.module: Any = self.sample.module
        self.events: list[Event] = []
        self.backend = config.backend if config is not None else ""
        self.agent = hotlog.Agent(sink=self.events.append, root=str(folder), config=config or Config())
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None
    ) -> None:
        self.agent.close()
        self.sample.forget()

    def at(self, function: str) -> str:
        """The target of a function of the module."""
        return f"{self.sample.name}:{function}"

    def apply(self, *rules: hotlog.Rule) -> None:
        """Install exactly these, and see them installed."""
        self.agent.apply(rules)
        states = {key: status for key, status in self.agent.status().items() if status.state != "installed"}
        assert not states

    @property
    def context(self) -> InvocationContext:
        """What the rules share; there is one since rules were applied for the first time."""
        assert self.agent._reconciler is not None
        return self.agent._reconciler.context

    def invoke(
        self,
        call: Callable[[], object],
        *,
        event: object = None,
        timeout_s: float = 3.0,
        request_id: str = "",
    ) -> object:
        """Call it as a handler is called; its result, which is its answer, or the exception object that it ended in."""
        self.agent.begin(
            Invocation(
                request_id=request_id or f"request-{next(self._numbers)}",
                function="orders",
                version="7",
                env="e1",
                deadline=time.monotonic() + timeout_s,
                event=event,
            )
        )
        self.agent.settle()
        try:
            answer = call()
        except BaseException as fault:  # noqa: BLE001  # whatever a handler raises ends the invocation
            if fault.__traceback__ is not None:
                fault.__traceback__ = fault.__traceback__.tb_next
            self.agent.error(fault)
            return fault
        else:
            self.agent.answer(answer)
            return answer
        finally:
            self.agent.end()

    def said(self, kind: str) -> list[Event]:
        """The events of this kind."""
        return [event for event in self.events if event["hotlog"] == kind]

    def codes(self, rule: str) -> tuple[str, str]:
        """State and code of a rule."""
        status = self.agent.status()[rule]
        return status.state, status.code
