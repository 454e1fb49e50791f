"""Hits while the application has replaced a function that hooks might need. Run as a program, as it breaks its process.

Prints one object: for each kind of rule, what was called at a hit that stood in for something, which results differed, and
after which replacements nothing was emitted.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import hotlog
from hotlog.config import Config
from hotlog.events import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hotlog.events import Event

SOURCE: Final = """
def work(order, items, text):
    count = 2
    seen = [order, items, text]
    return seen

def fails(order, items, text):
    raise order

def steps(order):
    yield order
    yield order
"""

OTHER: Final = """
class Order:
    def __init__(self, total):
        self.total = total
"""

# Modules of the standard library whose functions a tool or a test may replace, each of them.
MODULES: Final = (
    "sys", "os", "time", "threading", "_thread", "json", "re", "operator", "functools", "weakref", "gc", "signal", "datetime",
)  # fmt: skip
# Replacing these breaks this program itself, whoever calls them.
_LEFT: Final = {"sys.modules", "sys.meta_path", "sys.path_hooks", "os.environ", "sys.stdout", "sys.stderr"}

RULES: Final[dict[str, dict[str, Any]]] = {
    "log": {"at": "target.py:4", "message": "{count} {order.total} {items} {text!r} {len(items)}"},
    "condition": {
        "at": "target.py:4",
        "message": "{count}",
        "condition": "order.total > 1 and len(items) == 3 and 'x' in text",
        "watch": {"n": "items[0] + 1", "t": "text.upper()"},
    },
    "snapshot": {"at": "target.py:4", "snapshot": True, "stack": 3},
    "sampled": {"at": "target.py:4", "message": "{count}", "sample": 0.999999},
    "call": {"at": "target:work", "kind": "call"},
    "generator": {"at": "target:steps", "kind": "call"},
    "error": {"at": "target:fails", "kind": "error"},
    "trace": {"at": "target:work", "kind": "trace"},
    "record": {"kind": "record"},
    "metric": {"at": "target.py:4", "kind": "metric", "metric": "M", "value": "count", "dimensions": {"d": "text"}},
    "ring": {"at": "target.py:4", "message": "{count}", "ring": 5},
}  # fmt: skip


class Lines:
    """A sink that keeps lines."""

    lines_only = True

    def __init__(self) -> None:
        self.taken: list[str] = []

    def emit(self, event: Event, line: str) -> None:
        self.taken.append(line)

    def flush(self, timeout_ms: int) -> None:
        pass

    def close(self) -> None:
        pass


def replaceable() -> Iterator[tuple[Any, str, str]]:
    """Everything that is replaced: where it is, its name, and what it is called in the report."""
    for name, value in sorted(vars(builtins).items()):
        if callable(value) and name not in {"__loader__", "__spec__"}:
            yield builtins, name, name
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name, value in sorted(vars(module).items()):
            label = f"{module_name}.{name}"
            if callable(value) and not name.startswith("__") and label not in _LEFT:
                yield module, name, label


class Trial:
    """A rule of one kind, and what becomes of its hits."""

    def __init__(self, kind: str, backend: str, *, whole: bool) -> None:
        self.kind = kind
        target: Any = importlib.import_module("target")
        other: Any = importlib.import_module("other")
        self.target = target
        sink, events = Lines(), list[Any]()
        root = str(Path(target.__file__).parent)
        self.agent = hotlog.Agent(
            sink=events.append if whole else sink, root=root, config=Config(backend=backend)
        )
        self.agent._emitter._max_bytes_per_s = sys.maxsize  # thousands of events within seconds
        self.taken: list[Any] = events if whole else sink.taken
        rule = hotlog.Rule(id=kind, limit=None, per_second=None, expires=None, **RULES[kind])
        self.agent.apply([rule])
        assert self.agent.status()[kind].state == "installed", self.agent.status()
        # Its class is of a file that has not been asked about.
        self.order, self.items, self.text = other.Order(5), [1, 2, 3], "xyz"
        self.fault = ValueError("no", 3)
        expected: dict[str, object] = {"error": self.fault, "generator": [self.order, self.order]}
        self.expected = expected.get(kind, [self.order, self.items, self.text])
        self.seen: dict[str, list[str]] = {"called": [], "differs": [], "silent": []}
        self._expects = ValueError

    def call(self) -> object:
        """Have the place hit."""
        if self.kind == "error":
            try:
                self.target.fails(self.fault, self.items, self.text)
            except self._expects as raised:
                return raised
        if self.kind == "generator":
            return [*self.target.steps(self.order)]
        return self.target.work(self.order, self.items, self.text)

    def run(self, place: Any, name: str, label: str, *, deletes: bool) -> None:
        """One invocation, in which the name is replaced or deleted while the place is hit."""
        self.agent.begin(Invocation(request_id="r1", function="f", env="e"))
        called: list[str] = []
        count, names, original, stand_in = (
            len(self.taken),
            vars(place),
            vars(place)[name],
            standing_in(called),
        )
        if deletes:
            del names[name]
        else:
            names[name] = stand_in
        try:
            result = self.call()
        except BaseException as failed:  # noqa: BLE001  # whatever comes out
            names[name] = original
            result = failed
        names[name] = original
        if called:
            self.seen["called"].append(label)
        if result != self.expected:
            self.seen["differs"].append(f"{label}: {type(result).__name__}")
        self.agent.error(self.fault)
        self.agent.end()
        if len(self.taken) == count:
            self.agent.settle()  # where a fault is told
        if len(self.taken) == count:
            self.seen["silent"].append(label)

    def close(self) -> None:
        """See that the rule has survived it all."""
        troubles = {key: status for key, status in self.agent.status().items() if status.state != "installed"}
        self.agent.close()
        assert not troubles, troubles


def standing_in(called: list[str]) -> Callable[..., Any]:
    """What takes the place of a function: notes that it was called in this thread, and raises."""
    get_ident, raised = threading.get_ident, RuntimeError("a stand-in was called")
    me = get_ident()

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        if get_ident() == me:
            called.append("")
        raise raised

    return stand_in


def warm(kind: str, backend: str, *, whole: bool) -> dict[str, list[str]]:
    """After a hit without any of it."""
    trial = Trial(kind, backend, whole=whole)
    assert trial.call() == trial.expected
    for place, name, label in list(replaceable()):
        trial.run(place, name, label, deletes=False)
        if place is builtins or label == "sys._getframe":
            trial.run(place, name, f"no {label}", deletes=True)
    trial.close()
    return trial.seen


def cold(kind: str, backend: str, *, whole: bool) -> dict[str, list[str]]:
    """At the first hit, in a process of its own for each builtin."""
    trial = Trial(kind, backend, whole=whole)
    for place, name, label in list(replaceable()):
        if place is not builtins or name.endswith(("Error", "Warning")):
            continue
        reader, writer = os.pipe()
        if (child := os.fork()) == 0:
            trial.seen = {what: [] for what in trial.seen}
            trial.run(place, name, label, deletes=False)
            os.write(writer, json.dumps(trial.seen).encode())
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as answer:
            for what, labels in json.load(answer).items():
                trial.seen[what] += labels
        os.waitpid(child, 0)
    trial.close()
    return trial.seen


def main() -> None:
    folder = tempfile.mkdtemp()
    Path(folder, "target.py").write_text(SOURCE)
    Path(folder, "other.py").write_text(OTHER)
    sys.path.insert(0, folder)
    found = {}
    backend = sys.argv[1]
    for kind in RULES if backend == "recompile" else ("log", "snapshot", "ring"):
        if kind in {"condition", "snapshot"}:
            found[f"{kind}, first hit"] = cold(kind, backend, whole=False)
        found[kind] = warm(kind, backend, whole=kind in {"condition", "call"})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
