"""What an incident is, and how a copy of its function is made and called.

The bugs were planted before anything that looks for them was written. `guilty` names the cause, and the nearest steps of own
code to it: an answer that begins with any other place is a miss.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hotlog.events import Invocation
from tests.support.live import ORDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.agent.agent import Agent

    Traffic = Callable[[random.Random], "Event"]

Event = dict[str, Any]
APPS = Path(__file__).parent / "apps"
PUBLIC_APPS = os.environ.get("HOTLOG_TEST_INCIDENTS", "")
INVOCATIONS = 200


class Service(Protocol):
    """Something that a function asks over the network.

    Attributes:
        variables: of the environment, from which the function knows it.
    """

    variables: dict[str, str]

    def close(self) -> None:
        """End it."""


class Incident(NamedTuple):
    """A planted bug.

    Attributes:
        kind: what it is.
        app: `orders`, a module of `apps`, or one that `public` names.
        edits: file, what stood there, what stands there now.
        guilty: file and text of the lines that an answer may begin with, or the text within them; a `def` stands for its
            arguments and result. None: nothing is to blame, and an answer must say so.
        traffic: makes one event.
        bad: what a bad invocation is, as an expression; empty: it fails.
        serve: starts what the function asks; None: it asks nobody.
    """

    kind: str
    app: str
    edits: tuple[tuple[str, str, str], ...]
    guilty: tuple[tuple[str, str], ...]
    traffic: Traffic
    bad: str = ""
    serve: Callable[[], Service] | None = None


class Planted:
    """A copy with the bug, imported; gone again with `close`.

    Args:
        incident: the bug.
        folder: where the copy goes.
    """

    def __init__(self, incident: Incident, folder: Path) -> None:
        if incident.app == "orders":
            shutil.copytree(ORDERS, folder, ignore=shutil.ignore_patterns("__pycache__", "events"))
        else:
            folder.mkdir()
            own = APPS / f"{incident.app}.py"
            shutil.copy(own if own.exists() else Path(PUBLIC_APPS, own.name), folder)
        for file, old, new in incident.edits:
            path = folder / file
            text = path.read_text()
            assert text.count(old) == 1, (incident.kind, file, old, text.count(old))
            path.write_text(text.replace(old, new))
        if incident.app == "orders":
            path = folder / "storage.py"
            path.write_text(path.read_text().replace("SHELF = 500", "SHELF = 1_000_000"))
        self.folder, self.incident = folder, incident
        self._before = set(sys.modules)
        sys.path.insert(0, str(folder))
        name = "app" if incident.app == "orders" else incident.app
        self._service = incident.serve() if incident.serve is not None else None
        os.environ.update(self._service.variables if self._service is not None else {})
        self._level, self._zone = logging.getLogger().level, os.environ.get("TZ")
        module = importlib.import_module(name)
        self.handler = getattr(module, "lambda_handler", None) or module.handler

    def close(self) -> None:
        """Forget its modules, and what they have set in the process."""
        logging.getLogger().setLevel(self._level)
        if self._service is not None:
            self._service.close()
            for name in self._service.variables:
                del os.environ[name]
        if os.environ.get("TZ") != self._zone:
            os.environ.update({"TZ": self._zone} if self._zone is not None else {})
            if self._zone is None:
                del os.environ["TZ"]
            time.tzset()
        sys.path.remove(str(self.folder))
        for name in set(sys.modules) - self._before:
            if str(self.folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]

    def places(self) -> set[str]:
        """Return the places of what is guilty, as file and line."""
        return {
            f"{file}:{line}" for file, text in self.incident.guilty for line in self._lines_of(file, text)
        }

    def _lines_of(self, file: str, text: str) -> list[int]:
        lines = [line.strip() for line in (self.folder / file).read_text().split("\n")]
        found = [number for number, line in enumerate(lines, 1) if line == text]
        if not found:
            found = [number for number, line in enumerate(lines, 1) if text in line]
        assert found, (self.incident.kind, text)
        return found

    def invoke_all(self, agent: Agent, seed: int, count: int = INVOCATIONS) -> Iterator[str]:
        """Invoke it with random ids and times under an agent; yield the request ids, each once its invocation is over."""
        rng = random.Random(seed)  # noqa: S311  # the same each time
        for _ in range(count):
            request = f"{rng.getrandbits(128):032x}"
            event = self.incident.traffic(rng)
            if "requestContext" in event:
                event["requestContext"]["requestId"] = request
            agent.begin(Invocation(request_id=request, function=self.incident.app, env="e1", event=event))
            agent.settle()
            try:
                answer = self.handler(event, None)
            except Exception as fault:  # noqa: BLE001  # as the runtime does
                agent.error(
                    fault.with_traceback(fault.__traceback__.tb_next if fault.__traceback__ else None)
                )
            else:
                agent.answer(answer)
            agent.end()
            yield request


def some(rng: random.Random, share: float) -> bool:
    """Return whether one of so many comes now."""
    return rng.random() < share


def api_event(rng: random.Random, method: str, path: str, body: object = None) -> Event:
    """Return an event of an HTTP API; its request id comes with the invocation."""
    second = rng.randrange(86_400)
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "headers": {
            "user-agent": rng.choice(["curl/8", "Mozilla/5.0", "okhttp/4"]),
            "x-forwarded-for": f"10.0.{rng.randrange(256)}.{rng.randrange(256)}",
        },
        "requestContext": {
            "time": f"24/Nov/2026:{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0000",
            "http": {"method": method, "path": path},
        },
        "body": json.dumps(body) if body is not None else None,
        "isBase64Encoded": False,
    }
