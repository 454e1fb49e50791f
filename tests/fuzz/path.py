"""One document, one set of values, and the way of both: text -> rules -> handlers -> hits -> events, and statuses."""

from __future__ import annotations

import json
import pathlib
from typing import TYPE_CHECKING, Any

from hotlog import internal_errors, limits
from hotlog.agent.agent import Agent
from hotlog.config import Config
from hotlog.errors import RuleError, StoreError
from hotlog.events import Invocation
from hotlog.hits.invocation_context import InvocationContext
from hotlog.hits.rule_handler import RuleHandler
from hotlog.kinds.registry import make_handler
from hotlog.rules import document as documents
from hotlog.rules.document import BadEntry
from hotlog.sinks.emitter import Emitter
from hotlog.source.probeable import CodeRoots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotlog.events import Event
    from hotlog.rules.model import Rule

HERE = str(pathlib.Path(__file__).parent)
SECRET = "correct-horse-battery"  # noqa: S105  # made up
CONFIG = Config(secrets=(SECRET,), properties=True, root=HERE)
INVOCATION = Invocation(request_id="r", function="f", version="1", env="e", event={"headers": {"x": "1"}})


class Lines:
    """A sink that looks at each event twice: as the dict it is, and as the line it became."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.faults: list[AssertionError | ValueError] = []

    def emit(self, event: Event, line: str) -> None:
        """Keep the event, and what is wrong with it: whatever a sink raises is contained."""
        self.events.append(event)
        try:
            check_line(event, line)
        except (AssertionError, ValueError) as fault:
            self.faults.append(fault)

    def flush(self, timeout_ms: int) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is held."""


def check_line(event: Event, line: str) -> None:
    """Both must be the same, small, one line, and readable by everybody."""
    assert len(line.encode()) <= limits.EVENT_MAX_BYTES, len(line)
    assert line.isprintable()
    assert json.loads(line, parse_constant=_no_constant) == event
    json.dumps(event, ensure_ascii=False).encode()  # no half of a surrogate pair in it


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def through(text: str, values: Mapping[str, object]) -> list[Event] | None:
    """What comes of a document where its rules are hit with these values; None where it is none.

    Every event is checked on its way out. Whatever is raised beside `StoreError` (the text is no document) and
    `RuleError` (one of its rules is none) is a fault of hotlog's.
    """
    try:
        document = documents.loads(text)
    except StoreError:
        return None
    again = documents.loads(documents.dumps(document))
    assert again == document
    rules = documents.rules(document)
    sink = Lines()
    _statuses(rules, sink, paused=document.paused)
    for rule in rules:
        if not isinstance(rule, BadEntry):
            _hits(rule, values, sink)
    for fault in sink.faults:
        raise fault
    return sink.events


def _statuses(rules: list[Rule | BadEntry], sink: Lines, *, paused: bool) -> None:
    with Agent(sink, config=CONFIG) as agent:
        agent.begin(INVOCATION)
        agent.apply(rules, version=1, paused=paused)
        states = agent.status()
        assert states.keys() == {rule.id for rule in rules}
        assert not any(status.code == "internal-fault" for status in states.values()), states
        agent.end()


def _hits(rule: Rule, values: Mapping[str, object], sink: Lines) -> None:
    emitter = Emitter(sink)
    emitter.begin(INVOCATION)
    context = InvocationContext(
        CONFIG, CodeRoots(HERE), emitter.emit, internal_errors.forget, wall_clock=lambda: -1e12
    )
    context.begin(INVOCATION)
    try:
        handler = make_handler(rule, context)
    except RuleError:
        return
    if type(handler)._passed is RuleHandler._passed:
        return  # no line triggers it: it is hit by whole calls, or by the invocation
    passed = tuple(name for name in sorted(handler.reads) if name in values)
    scope: dict[str, Any] = {"values": values, "hook": handler.hook(passed), "passed": passed}
    # The hook takes its frame, whose locals are the values, as in a function that was patched.
    exec(_CALL, scope, {**values})  # noqa: S102  # code of our own
    handler.on_end()
    assert handler.trouble[0] != "internal-fault", (handler.trouble, rule)
    assert emitter.lost == 0, emitter.fault
    assert sum(handler.tally.outcomes.values()) == handler.tally.hits == 1


_CALL = compile("hook(*[values[name] for name in passed])", "hit", "exec")
