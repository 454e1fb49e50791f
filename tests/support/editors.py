"""An editor before `hotlog dap`: Microsoft's DebugClient in a process of its own, and a function of the example."""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.support.agents import World

FOLDER = ROOT / "tests" / "support" / "editor"
PATIENCE_S = 60


class Refused(Exception):  # noqa: N818  # as the protocol calls it
    """The adapter has refused a request."""


class Editor:
    """One DebugClient with its adapter. What it sends and gets is the protocol; nothing here knows hotlog."""

    def __init__(
        self, folder: Path, *, adapter: bool = True, environ: Mapping[str, str] | None = None
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "HOTLOG"))}
        node = shutil.which("node") or "node"
        self._process = subprocess.Popen(
            [node, str(FOLDER / "bridge.cjs"), sys.executable, str(FOLDER / "adapter.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**kept, "PYTHONPATH": str(ROOT), "HOME": str(folder), **(environ or {})},
        )
        self._ids = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self._came = threading.Condition()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        if adapter:
            self.call("start")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.startswith("{"):  # what the adapter says on stderr
                sys.stderr.write(line)
                continue
            said = json.loads(line)
            if "event" in said:
                with self._came:
                    self.events.append(said["event"])
                    self._came.notify_all()
            else:
                self._answers[said["id"]].put(said)

    def call(self, method: str, *args: object) -> Any:
        """Call a method of DebugClient; the body of the answer."""
        assert self._process.stdin is not None
        number = next(self._ids)
        waiting = self._answers[number] = queue.Queue()
        self._process.stdin.write(json.dumps({"id": number, "call": method, "args": args}) + "\n")
        self._process.stdin.flush()
        answer = waiting.get(timeout=PATIENCE_S)
        if "error" in answer:
            raise Refused(answer["error"])
        result = answer["result"]
        return result.get("body", result) if isinstance(result, dict) else result

    def request(self, command: str, **arguments: object) -> Any:
        """Send a request by name."""
        return self.call("send", command, arguments)

    def attach(self, **arguments: object) -> None:
        """Do as an editor does at F5."""
        self.call("initializeRequest")
        self.request("attach", **arguments)
        self.wait("initialized")

    def wait(self, name: str, holds: Callable[[Any], object] = bool, since: int = 0) -> Any:
        """Wait for an event whose body holds; its body."""
        give_up_s = time.monotonic() + PATIENCE_S
        with self._came:
            while True:
                for event in self.events[since:]:
                    body = event.get("body", {})
                    if event["event"] == name and (holds is bool or holds(body)):
                        return body
                left_s = give_up_s - time.monotonic()
                assert left_s > 0, (
                    f"no event {name}: {[(e['event'], e.get('body')) for e in self.events[since:]]}"
                )
                self._came.wait(left_s)

    def bodies(self, name: str) -> list[Any]:
        """The bodies of all events of a name."""
        return [event.get("body") for event in self.events if event["event"] == name]

    def console(self) -> str:
        """What the console shows."""
        return "".join(body["output"] for body in self.bodies("output"))

    def close(self) -> None:
        """End the client; its adapter reads the end of its stdin."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        self._process.stdout.close()


@contextmanager
def editor_in(folder: Path, **more: Any) -> Iterator[Editor]:
    """Open an editor; close it whatever happens."""
    editor = Editor(folder, **more)
    try:
        yield editor
    finally:
        editor.close()


class Scene(NamedTuple):
    """A function of the example, and a person's editor with its code open."""

    folder: Path
    world: World
    work: Path  # that the editor has open

    @property
    def url(self) -> str:
        return f"file:{self.folder / 'rules'}"

    @contextmanager
    def editor(self, *, attach: bool = True, **environ: str) -> Iterator[Editor]:
        with editor_in(self.folder, environ=environ) as editor:
            if attach:
                editor.attach(**self.arguments())
            yield editor

    def arguments(self, **more: object) -> dict[str, object]:
        return {"function": "orders", "store": self.url, "sourceRoot": str(self.work), **more}

    def source(self, file: str = "pricing.py") -> dict[str, str]:
        return {"path": str(self.work / file)}

    def line(self, text: str, file: str = "pricing.py") -> int:
        lines = (self.work / file).read_text().splitlines()
        [number] = [number for number, line in enumerate(lines, 1) if line.strip() == text]
        return number

    def set(self, editor: Editor, *breakpoints: dict[str, Any], file: str = "pricing.py") -> list[Any]:
        found = editor.request("setBreakpoints", source=self.source(file), breakpoints=[*breakpoints])
        return list(found["breakpoints"])

    def log(self, text: str, message: str, **more: object) -> dict[str, Any]:
        return {"line": self.line(text), "logMessage": message, **more}

    def rules(self) -> list[Any]:
        return self.world.rules()

    def order(self, *quantities: int, coupon: str = "") -> None:
        """Take an order of some lines."""
        lines = [{"sku": "tea-sencha", "quantity": each} for each in quantities]
        body = json.dumps({"customer": "ben", "lines": lines, "coupon": coupon})
        event = {
            "routeKey": "POST /orders",
            "body": body,
            "requestContext": {"requestId": str(time.time_ns())},
        }
        result = self.world.invoke(event)
        assert result.payload["statusCode"] == 201, result

    def until(self, holds: Callable[[], object], *quantities: int) -> None:
        """Invoke until something holds: on a busy machine a rule may go in at a later invocation than the next."""
        give_up_s = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < give_up_s
            self.order(*(quantities or (1,)))
            time.sleep(0.1)


def lines_of(editor: Editor) -> list[str]:
    return [body["output"].rstrip("\n") for body in editor.bodies("output") if body["category"] == "stdout"]


def values_of(editor: Editor, stopped: Any) -> dict[str, str]:
    """The variables of the innermost frame of what looks stopped."""
    frames = editor.request("stackTrace", threadId=stopped["threadId"])["stackFrames"]
    scope = editor.request("scopes", frameId=frames[0]["id"])["scopes"][0]
    found = editor.request("variables", variablesReference=scope["variablesReference"])["variables"]
    return {each["name"]: each["value"] for each in found}
