"""Plain `sys.settrace`, as short as it can be written: what every tool that is built on it pays at least."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, FrameType

    from tests.bench.tools.tool import Probe


class Settrace(Base):
    """A local trace function for the probed function alone."""

    def add(self, probes: Sequence[Probe]) -> None:
        """Trace the function of each."""
        lines: dict[CodeType, dict[int, Any]] = {}
        for probe in probes:
            code = getattr(sys.modules[probe.module], probe.function).__code__
            lines.setdefault(code, {})[probe.line] = action_of(probe)

        def trace(frame: FrameType, kind: str, _: object) -> Any:
            actions = lines.get(frame.f_code)
            if actions is None:
                return None

            def local(frame: FrameType, kind: str, _: object) -> Any:
                if kind == "line":
                    action = actions.get(frame.f_lineno)
                    if action is not None:
                        action(frame)
                return local

            return local

        sys.settrace(trace)

    def remove(self) -> None:
        """Trace nothing."""
        sys.settrace(None)


def action_of(probe: Probe) -> Any:
    """What happens at a hit: `eval` of the condition over the frame, one formatted line out. No redaction, no limits."""
    if probe.limit is not None or probe.per_second is not None or not probe.message:
        raise Unsupported
    condition = compile(probe.condition, "<condition>", "eval") if probe.condition else None
    message = compile(f"f{probe.message!r}", "<message>", "eval")

    def act(frame: FrameType) -> None:
        if condition is None or eval(condition, frame.f_globals, frame.f_locals):
            text = eval(message, frame.f_globals, frame.f_locals)
            os.write(1, text.encode() + b"\n")

    return act


TOOL = Settrace
