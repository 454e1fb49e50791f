"""Datadog's Dynamic Instrumentation, from the probe's JSON to the encoded event; only the upload is left out."""

from __future__ import annotations

import json
import os
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported, parsed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.tools.tool import Probe

_WITHOUT_LIMIT = 1e12


class Ddtrace(Base):
    """Probes come in as its remote configuration would bring them, and events end in its own queues, encoded."""

    def start(self, folder: Path) -> None:
        """Enable the debugger; what would talk to an agent is off, or not started."""
        for name in ("REMOTE_CONFIGURATION", "INSTRUMENTATION_TELEMETRY", "TRACE"):
            os.environ[f"DD_{name}_ENABLED"] = "false"
        from ddtrace.debugging._debugger import Debugger
        from ddtrace.debugging._probe.remoteconfig import ProbePollerEvent, build_probe
        from ddtrace.debugging._uploader import SignalUploader
        from ddtrace.internal.settings.dynamic_instrumentation import config

        config.global_rate_limit = _WITHOUT_LIMIT
        self._uploader: Any = SignalUploader()
        SignalUploader._instance = self._uploader  # made, but not started: nothing leaves
        SignalUploader._products.add("bench")
        Debugger.enable()
        self._debugger: Any = Debugger._instance
        self._events: Any = ProbePollerEvent
        self._build: Any = build_probe
        self._probes: list[Any] = []

    def add(self, probes: Sequence[Probe]) -> None:
        """As its own configuration says it."""
        if any(probe.limit is not None for probe in probes):
            raise Unsupported
        self._probes = [self._build(_definition(number, probe)) for number, probe in enumerate(probes)]
        self._debugger._on_configuration(self._events.NEW_PROBES, self._probes)
        registry = self._debugger._probe_registry
        entries = [registry[probe.probe_id] for probe in self._probes]
        if not all(entry.installed for entry in entries):
            raise RuntimeError(f"not installed: {entries}")

    def remove(self) -> None:
        """The same way."""
        self._debugger._on_configuration(self._events.DELETED_PROBES, self._probes)
        self._probes = []

    def drain(self) -> None:
        """Empty its queues."""
        for track in self._uploader._tracks.values():
            flushed = track.queue.flush()
            if flushed is not None:
                for event in json.loads(bytes(flushed[0])):
                    os.write(1, json.dumps(event).encode() + b"\n")

    def version(self) -> str:
        """Of the distribution."""
        return version("ddtrace")


def _definition(number: int, probe: Probe) -> dict[str, Any]:
    rate = _WITHOUT_LIMIT if probe.per_second is None else probe.per_second
    definition: dict[str, Any] = {
        "id": f"probe-{number}",
        "version": 0,
        "type": "LOG_PROBE",
        "where": {"sourceFile": probe.file, "lines": [str(probe.line)]},
        "tags": [],
        "template": probe.message,
        "segments": _segments(probe.message),
        "captureSnapshot": not probe.message,
        "sampling": {"snapshotsPerSecond": rate},
    }
    if probe.condition:
        subject, sign, value = parsed(probe.condition)
        json_ = {{"<": "lt", "==": "eq"}[sign]: [_reference(subject), value]}
        definition["when"] = {"dsl": probe.condition, "json": json_}
    return definition


def _segments(message: str) -> list[dict[str, Any]]:
    segments: list[dict[str, Any]] = []
    for at, part in enumerate(re.split(r"\{([\w.]+)\}", message)):
        if part:
            segments.append({"dsl": part, "json": _reference(part)} if at % 2 else {"str": part})
    return segments


def _reference(name: str) -> dict[str, Any]:
    local, _, attribute = name.partition(".")
    return {"getmember": [{"ref": local}, attribute]} if attribute else {"ref": local}


TOOL = Ddtrace
