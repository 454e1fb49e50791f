"""Rookout's `rook`, from the breakpoint's JSON to the serialised protobuf message; only the web socket is left out."""

from __future__ import annotations

import logging
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.bench.tools.tool import Base, Unsupported, names_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.bench.tools.tool import Probe

_WITHOUT_LIMIT = 10**12


class Rook(Base):
    """Breakpoints come in as its controller would send them, and messages end in a list, serialised."""

    def start(self, folder: Path) -> None:
        """Start its services, without a connection."""
        os.environ["ROOKOUT_LOG_FILE"] = ""
        from rook import config
        from rook.com_ws.envelope_wrappers.basic_serialized_envelope_wrapper import (
            BasicSerializedEnvelopeWrapper,
        )
        from rook.singleton import singleton_obj

        logging.getLogger("rook").setLevel(logging.CRITICAL)
        config.OutputWsConfiguration.MAX_AUG_MESSAGES = _WITHOUT_LIMIT
        config.OutputWsConfiguration.MAX_STATUS_UPDATES = _WITHOUT_LIMIT
        singleton_obj._start_trigger_services()
        self._connection = _Connection(BasicSerializedEnvelopeWrapper)
        singleton_obj._output.set_agent_com(self._connection)
        self._augs: Any = singleton_obj._aug_manager

    def add(self, probes: Sequence[Probe]) -> None:
        """As its own configuration says it."""
        if any(probe.limit is not None for probe in probes):
            raise Unsupported
        self._augs._augs_limit = _WITHOUT_LIMIT
        for number, probe in enumerate(probes):
            self._augs.add_aug(_definition(number, probe))
        statuses = self._connection.statuses
        if any(statuses.get(f"aug-{number}") != "Active" for number in range(len(probes))):
            raise RuntimeError(f"not installed: {statuses}")

    def remove(self) -> None:
        """All of them."""
        self._augs.clear_augs()
        self._connection.statuses.clear()

    def drain(self) -> None:
        """Empty what stands in for the web socket."""
        for message in self._connection.messages:
            os.write(1, message.hex().encode() + b"\n")
        self._connection.messages.clear()

    def version(self) -> str:
        """Of the distribution."""
        return version("rook")


class _Connection:
    """Takes what would be sent: serialises it as the real one does, and keeps it."""

    def __init__(self, envelope: Any) -> None:
        self._envelope = envelope
        self.messages: list[bytes] = []
        self.statuses: dict[str, str] = {}

    def add(self, message: Any) -> None:
        """A status, or an event."""
        kind = type(message).__name__
        if kind == "RuleStatusMessage":
            self.statuses[message.rule_id] = message.active
        elif kind == "AugReportMessage":
            self.messages.append(self._envelope(message).get_buffer())

    def is_queue_full(self) -> bool:
        """There is always room."""
        return False


def _definition(number: int, probe: Probe) -> dict[str, Any]:
    operations: list[dict[str, Any]]
    if probe.message:
        text = probe.message
        for name in names_in(probe.message):
            text = text.replace("{" + name + "}", "{frame." + name + "}")
        operations = [{"name": "format", "path": "store.rookout.message", "format": text}]
    else:
        paths = {
            "store.rookout.frame": "frame.dump()",
            "store.rookout.traceback": "stack.traceback()",
        }
        operations = [{"name": "set", "paths": paths}]
    definition: dict[str, Any] = {
        "id": f"aug-{number}",
        "location": {"name": "file_line", "filename": probe.file, "lineno": probe.line},
        "action": {"name": "script", "operations": operations},
        "maxAugTime": 0,
        # Its limit is a share of the time: so many ms within so many.
        "rateLimit": "0/1" if probe.per_second is None else f"1/{int(1_000 / probe.per_second)}",
    }
    if probe.condition:
        definition["conditional"] = f"frame.{probe.condition}"
    return definition


TOOL = Rook
