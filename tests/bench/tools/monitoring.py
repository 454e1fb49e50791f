"""Plain `sys.monitoring` (3.12 and newer), as short as it can be written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tests.bench.tools.settrace import action_of
from tests.bench.tools.tool import Base, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType

    from tests.bench.tools.tool import Probe

_ID = 4
_API: Any = getattr(sys, "monitoring", None)


class Monitoring(Base):
    """Line events of the probed functions; other lines are switched off at their first event."""

    def __init__(self) -> None:
        self._codes: list[CodeType] = []

    def add(self, probes: Sequence[Probe]) -> None:
        """Ask for the line events of the function of each."""
        monitoring = _API
        if monitoring is None:
            raise Unsupported
        actions: dict[tuple[CodeType, int], Any] = {}
        for probe in probes:
            code = getattr(sys.modules[probe.module], probe.function).__code__
            actions[code, probe.line] = action_of(probe)
            self._codes.append(code)

        def on_line(code: CodeType, line: int) -> Any:
            action = actions.get((code, line))
            if action is None:
                return monitoring.DISABLE
            action(sys._getframe(1))
            return None

        monitoring.use_tool_id(_ID, "bench")
        monitoring.register_callback(_ID, monitoring.events.LINE, on_line)
        for code in self._codes:
            monitoring.set_local_events(_ID, code, monitoring.events.LINE)

    def remove(self) -> None:
        """Ask for nothing."""
        if self._codes:
            for code in self._codes:
                _API.set_local_events(_ID, code, 0)
            self._codes.clear()
            _API.free_tool_id(_ID)


TOOL = Monitoring
