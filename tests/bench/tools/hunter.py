"""hunter: a predicate for the line, its own printers as actions."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported, names_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.tools.tool import Probe


class Hunter(Base):
    """One tracer for the process; colours off."""

    def start(self, folder: Path) -> None:
        """Import it."""
        import hunter

        self._hunter: Any = hunter
        self._out = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        self._tracer: Any = None

    def add(self, probes: Sequence[Probe]) -> None:
        """Trace the lines; a condition reads the event's locals."""
        hunter = self._hunter
        options = {"stream": self._out, "force_colors": False}
        queries = []
        for probe in probes:
            if probe.limit is not None or probe.per_second is not None:
                raise Unsupported
            line = hunter.Q(kind="line", module=probe.module, lineno=probe.line)
            when = hunter.And(line, _condition(probe.condition)) if probe.condition else line
            names = names_in(probe.message)
            stack = []
            if not names:
                names = getattr(sys.modules[probe.module], probe.function).__code__.co_varnames
                stack = [hunter.StackPrinter(depth=20, **options)]
            queries.append(hunter.When(when, hunter.VarsPrinter(*names, **options), *stack))
        self._tracer = hunter.trace(hunter.Or(*queries) if len(queries) > 1 else queries[0])

    def remove(self) -> None:
        """Stop the tracer."""
        self._hunter.stop()

    def drain(self) -> None:
        """Its printers write to a stream."""
        self._out.flush()

    def events(self, output: bytes) -> int:
        """Each shows the marked line of the source."""
        return len(re.findall(rb" line +", output))

    def version(self) -> str:
        """Of the distribution."""
        return version("hunter")


def _condition(text: str) -> Any:
    code = compile(text, "<condition>", "eval")

    def holds(event: Any) -> bool:
        return bool(eval(code, event.globals, event.locals))

    return holds


TOOL = Hunter
