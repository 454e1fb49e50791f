"""Lightrun's agent, from the action's JSON to the log line or the serialised snapshot; only its client is left out."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported, names_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.tools.tool import Probe

_WITHOUT_LIMIT = 10**9


class Lightrun(Base):
    """Its components are made and tied together as `lightrun.enable` does it."""

    def start(self, folder: Path) -> None:
        """Without a server: what its client would send is kept."""
        import lightrun
        from lightrun import (
            appengine_pretty_printers,
            breakpoints_manager,
            capture_collector,
            data_visibility_manager,
            lightrun_config,
            log_collector,
            module_search,
            piping_manager,
        )

        settings = {
            "company_key": "none",
            "base_dir": str(folder),
            "dynamic_log_is_colored_console": False,
            "agent_log_target_dir": str(folder),
            "process_type": lightrun.MAIN_PROCESS_NAME,
        }
        lightrun_config.InitializeConfig(None, settings)
        lightrun.native.InitializeModule(lightrun_config.config)
        piping = piping_manager.LogPipingManager()
        self._client = _Client()
        self._manager: Any = breakpoints_manager.BreakpointsManager(
            self._client, piping, data_visibility_manager.DataVisibilityManager()
        )
        module_search.InitSearch()
        log_collector.InitLogger()
        capture_collector.CaptureCollector.pretty_printers.append(appengine_pretty_printers.PrettyPrinter)

    def add(self, probes: Sequence[Probe]) -> None:
        """As its own configuration says it."""
        if any(probe.limit is not None or probe.per_second is not None for probe in probes):
            raise Unsupported
        self._manager.SetActiveBreakpoints(
            [_definition(number, probe) for number, probe in enumerate(probes)]
        )
        if len(self._manager._active) != len(probes):
            reasons = list(self._client.refused)
            self.remove()
            raise Unsupported(str(reasons[:1]))

    def remove(self) -> None:
        """All of them."""
        self._manager.SetActiveBreakpoints([])
        self._client.refused.clear()

    def drain(self) -> None:
        """Empty what stands in for its client."""
        sys.stdout.flush()
        for message in self._client.messages:
            os.write(1, b"CAPTURE: " + message + b"\n")
        self._client.messages.clear()

    def events(self, output: bytes) -> int:
        """A line each."""
        return output.count(b"LOGPOINT: ") + output.count(b"CAPTURE: ")

    def version(self) -> str:
        """Of the distribution."""
        return version("lightrun")


class _Client:
    """Takes what would be sent: serialises it as the real one does, and keeps it."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.refused: list[object] = []

    def EnqueueBreakpointUpdate(self, update: dict[str, Any]) -> None:  # noqa: N802 -- its name
        """A snapshot, or a status."""
        status = update.get("status") or {}
        if status.get("isError"):
            self.refused.append(status)
        elif not status.get("isAccepted"):
            self.messages.append(json.dumps(update).encode())


def _definition(number: int, probe: Probe) -> dict[str, Any]:
    names = names_in(probe.message)
    text = probe.message
    for at, name in enumerate(names):
        text = text.replace("{" + name + "}", f"${at}")
    definition: dict[str, Any] = {
        "id": f"action-{os.urandom(4).hex()}-{number}",
        "action": "LOG" if probe.message else "CAPTURE",
        "location": {"path": probe.file, "line": probe.line},
        "logMessageFormat": text,
        "expressions": list(names),
        "pipingStatus": "APP_ONLY",
        "ignoreQuota": True,
        "maxHitCount": _WITHOUT_LIMIT,
    }
    if probe.condition:
        definition["condition"] = probe.condition
    return definition


TOOL = Lightrun
