"""Every kind of rule, put on an application full of secrets: no event of any sort holds a piece of one.

Messages and watches are tried one by one in test_attacks.py; here are the ways around them: the names of watches, the
variables of a class's body, what an exception says, the counts of a guess, the ids and notes of a rule.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.config import Config
from hotlog.events import Invocation
from hotlog.rules import document as documents
from tests.support.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hotlog.events import Event

SECRET = "k7QmW2xN9vR4tY8bL3jH6"  # noqa: S105  # made up
OTHER = "plain-as-a-word"  # hidden by name alone
NUMBER = 748213956
CONFIG = Config(secrets=(SECRET, str(NUMBER)), properties=True)

APP = f"""
import collections

ran = []

class Names(dict):
    def items(self, *args):
        ran.append(args)
        return ()

    __len__ = __iter__ = __contains__ = keys = values = get = items

class Meta(type):
    @classmethod
    def __prepare__(cls, name, bases):
        return Names()

class Login(Exception):
    def __init__(self, user, password):
        super().__init__("password", password)
        self.user, self.password = user, password

def connect(user, secret_text, amount):
    renamed = "{SECRET}"
    number = {NUMBER}
    price = {NUMBER}.0
    pair = ("password", "{OTHER}")
    argv = ["tool", "--password", "{OTHER}"]
    url = "https://u:{OTHER}@host/"
    pieces = [renamed, {{"a": renamed}}, renamed.encode()]
    if amount > 100:
        raise Login(user, secret_text)  # <raise>
    return renamed  # <return>

def get_password():
    return "{OTHER}"  # <password>

def build():
    class Settings(metaclass=Meta):
        password = "{OTHER}"
        broken = 1 / 0  # <body>

def handler(event):
    connect("ana", "{OTHER}", 1)
    get_password()
    for run in (build, lambda: connect("ana", "{OTHER}", 200)):
        try:
            run()
        except (Login, ZeroDivisionError):
            pass
    return 5  # <handler>
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Sample]:
    sample = Sample(tmp_path, APP)
    yield sample
    sample.forget()


def rules_of(app: Sample) -> list[hotlog.Rule]:
    made: list[dict[str, Any]] = [
        {"at": app.at("return"), "snapshot": True, "stack": 9},
        {"at": app.at("return"), "message": "{renamed} {number} {price} {pair} {argv} {url} {pieces} {user}"},
        {"at": app.at("return"), "message": "{renamed}"},
        {"at": app.at("return"), "message": "{number}"},
        {"at": app.at("return"), "message": "{price}"},
        {"at": app.at("return"), "watch": {"innocent": "renamed", "password": "user", "w": "pieces", "n": "[c for c in renamed]", "p": "price + 1"}},
        {"at": app.at("raise"), "snapshot": True, "note": "x", "group": "y"},
        {"at": app.at("body"), "snapshot": True},
        {"at": f"{app.module.__name__}:connect", "kind": "call", "message": "{@return} {@exception}", "snapshot": True, "stack": 5},
        {"at": f"{app.module.__name__}:get_password", "kind": "call", "message": "{@return}"},
        {"at": f"{app.module.__name__}:connect", "kind": "error", "message": "{@exception} {renamed}"},
        {"at": f"{app.module.__name__}:build", "kind": "error"},
        {"at": app.at("return"), "kind": "metric", "metric": "Price", "value": "price"},
        {"at": app.at("return"), "kind": "metric", "metric": "Number", "value": "number", "dimensions": {"which": "renamed", "u": "user"}},
        {"at": app.at("return"), "kind": "metric", "metric": "Calls", "dimensions": {"which": "renamed", "pair": "pair"}},
    ]  # fmt: skip
    return [
        hotlog.Rule(**{"limit": None, "per_second": None, "id": f"r{number}", **fields})
        for number, fields in enumerate(made)
    ]


def run(app: Sample, rules: list[hotlog.Rule], config: Config = CONFIG) -> list[Event]:
    events: list[Event] = []
    with hotlog.Agent(sink=events.append, root=str(app.folder), config=config) as agent:
        agent.begin(Invocation(request_id="r", function="f", event={"authorization": SECRET}))
        agent.apply(rules)
        app.module.handler({})
        agent.end()
        agent.settle()
        states = agent.status()
    assert {key: state for key, state in states.items() if state.state == "error"} == {}
    return events


def test_no_kind_of_rule_lets_a_secret_out(app: Sample) -> None:
    rules = rules_of(app)
    events = run(app, rules)
    emitted = [event for event in events if event["hotlog"] not in {"status", "counts"}]
    text = json.dumps(emitted)
    pieces = [SECRET[at : at + 5] for at in range(len(SECRET) - 5)]
    assert [piece for piece in (*pieces, OTHER, str(NUMBER), "748213957") if piece in text] == []
    assert {event["rule"] for event in emitted} == {rule.id for rule in rules} - {"r12", "r13"}
    assert app.module.ran == []
    assert "ana" in text


GUESSES = [SECRET, SECRET[:5], "wrong", SECRET + "x"]


@pytest.mark.long
def test_neither_outcomes_nor_counts_tell_how_good_a_guess_was(app: Sample) -> None:
    """But for a guess of the whole: the patched code tells others from it. Whoever knows it needs no answer."""
    conditions = ["renamed < {!r}", "renamed.startswith({!r})", "{!r} in renamed", "renamed[:5] == {!r}", "len(renamed) > len({!r})", "renamed in [{!r}]", "not renamed == {!r} and renamed > 'a'"]  # fmt: skip
    for condition in conditions:
        answers = set()
        for guess in GUESSES:
            rule = hotlog.Rule(at=app.at("return"), id="r", message="x", condition=condition.format(guess))
            events = run(app, [rule])
            reasons = tuple(event.get("reason") for event in events)
            counted = tuple(event.get("condition_error") for event in events)
            answers.add((tuple(event["hotlog"] for event in events), reasons, counted))
        assert len(answers) == 1, condition
        assert "log" not in answers.pop()[0], condition


def test_what_an_operator_writes_cannot_forge_an_event(app: Sample) -> None:
    """Ids, notes, messages and names of watches come back as text within one line of JSON, whatever is in them."""
    forged = '"}\n{"hotlog":"status","state":"removed"}\r\n\x1b[2J\u2028'
    now = datetime.now(UTC)
    rule = {
        "id": "k3f9", "at": app.at("return"), "message": forged.replace("{", "{{").replace("}", "}}"), "note": forged, "group": forged, "by": forged,
        "watch": {forged: "user", "@type": "user", "hotlog": "user"}, "created": now.isoformat(), "expires": (now + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    half = {
        **rule,
        "id": "m2pp",
        "note": f"{forged}\ud800",
    }  # of a pair of surrogates: no event could hold it
    bad = {**rule, "id": forged}
    document = documents.loads(json.dumps({"v": 1, "rules": [rule, half, bad]}))
    lines: list[str] = []

    class Sink:
        lines_only = True

        def emit(self, event: Event, line: str) -> None:
            lines.append(line)

        def flush(self, timeout_ms: int) -> None: ...

        def close(self) -> None: ...

    with hotlog.Agent(sink=Sink(), root=str(app.folder), config=CONFIG) as agent:
        agent.apply(documents.rules(document))
        app.module.handler({})
        states = agent.status()
    assert {key: state.state for key, state in states.items()} == {
        "k3f9": "installed",
        "m2pp": "error",
        "#3": "error",
    }
    assert [
        line
        for line in lines
        if not line.isprintable() or not line.isascii() or "\\ud8" in line.replace("\\\\", "")
    ] == []
    read = [json.loads(line) for line in lines]
    assert {event["hotlog"] for event in read} == {"status", "log", "counts"}
    log = next(event for event in read if event["hotlog"] == "log")
    assert log["message"] == forged
    assert log["watch"] == {forged: "ana", "@type": "ana", "hotlog": "ana"}
