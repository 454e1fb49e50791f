"""Every kind of handler, wrapped by the layer and not: the same answers, the same errors, the same log lines."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hotlog
from hotlog.rules.model import entry_of
from hotlog.stores.file import FileStore
from tests.conftest import absent
from tests.support.lambda_runtime import INIT_MAX_S
from tests.support.layers import own_layer
from tests.support.markers import line_of
from tests.support.places import ROOT, TESTS
from tests.support.third_party import third_party, unusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.lambda_runtime import Function, Reply


HANDLERS = TESTS / "support" / "handlers"
PROBE = f"work.py:{line_of(HANDLERS / 'work.py', 'probe')}"

# The handler, and how many events its two good invocations log: one for each time it comes by the probe.
PLAIN = {
    "plain.function": 2,
    "plain.method": 2,
    "plain.instance": 2,
    "plain.of_class": 2,
    "plain.static": 2,
    "plain.Reply": 2,
    "plain.partial": 2,
    "plain.in_a_lambda": 2,
    "plain.decorated": 2,
    "plain.any_arguments": 2,
    "plain.runs_async": 2,
    "plain.coroutine": 0,
    "plain.consumes_generator": 4,
    "plain.generator": 0,
    "plain.threads": 4,
    "plain.looks_at_context": 2,
    "plain.not_callable": 0,
}
# There is no handler: each invocation starts a process that fails.
NONE = (
    "plain.nobody",
    "broken.handler",
    "unreadable.handler",
    "leaves.handler",
    "missing.handler",
    "nomodule",
)
THIRD_PARTY = {
    "with_powertools.handler": 2,
    "with_powertools.router": 2,
    "with_mangum.handler": 2,
    "with_xray.handler": 2,
    "with_sentry.handler": 2,
    "datadog_lambda.handler.handler": 2,  # as Datadog's own layer sets it up; it takes seconds to start
}
GOOD = ({"name": "ana"}, {"name": "bob"})
FAILING = ({"name": "raise"}, {"name": "chain"}, {"no": "name"})
ENVIRON = {
    "AWS_XRAY_CONTEXT_MISSING": "IGNORE_ERROR",
    "DD_LAMBDA_HANDLER": "plain.function",
    "DD_TRACE_ENABLED": "false",
    "DD_FLUSH_TO_LOG": "true",
    "DD_SITE": "datadoghq.example",
    "POWERTOOLS_TRACE_DISABLED": "true",
}
# What differs from one invocation to the next: ids, addresses, times.
_VARIES = re.compile(
    r"0x[0-9a-f]+"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(Z|\+\d+:?\d*)?"
    r"|\b\d{13}\b|\b\d{10}(\.\d+)?\b"
    r"|RequestId: \S+"
)


class Ran(NamedTuple):
    """What came of the invocations of one process after another."""

    answers: list[object]
    lines: list[list[str]]
    events: list[dict[str, Any]]


@pytest.fixture
def opt(tmp_path: Path) -> Path:
    """What would be /opt: hotlog's layer alone."""
    return own_layer(tmp_path / "opt")


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """What would be /var/task."""
    folder = tmp_path / "task"
    shutil.copytree(HANDLERS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "unreadable.txt").rename(folder / "unreadable.py")
    return folder


def with_rule(store: Path) -> str:
    now = datetime.now(UTC)
    rule = hotlog.Rule(
        id="a",
        at=PROBE,
        message="{name} has {length}",
        per_second=None,
        created=now,
        expires=now + timedelta(hours=1),
    )
    FileStore(str(store)).update("function", lambda document: document._replace(entries=(entry_of(rule),)))
    return f"file:{store}"


def invoked(function: Function, events: Sequence[object]) -> Ran:
    with function as running:
        replies = [running.invoke(event) for event in events]
    ours = [line for reply in replies for line in reply.lines if line.startswith('{"hotlog"')]
    return Ran(
        [_steady(reply.raw.decode(), reply) for reply in replies],
        [
            [_steady(line, reply) for line in reply.lines if not line.startswith('{"hotlog"')]
            for reply in replies
        ],
        [json.loads(line) for line in ours],
    )


def _steady(text: str, reply: Reply) -> str:
    return _VARIES.sub("…", text.replace(reply.request_id, "ID"))


def both(
    kind: type[Function],
    handler: str,
    events: Sequence[object],
    *,
    task: Path,
    opt: Path,
    store: str,
    timeout_s: int = INIT_MAX_S,
) -> tuple[Ran, Ran]:
    """The same invocations without and with hotlog."""
    layer = "/opt" if kind.name == "emulator" else str(opt)
    wrapped = {"AWS_LAMBDA_EXEC_WRAPPER": f"{layer}/hotlog-exec", "HOTLOG_STORE": store}
    bare, ours = (
        invoked(kind(task, handler, layer=opt, env=ENVIRON | env, timeout_s=timeout_s), events)
        for env in ({}, wrapped)
    )
    return bare, ours


def check_the_same(bare: Ran, ours: Ran, logged: int) -> None:
    assert ours.answers == bare.answers
    assert ours.lines == bare.lines
    said = [*map(str, ours.answers), *(line for lines in ours.lines for line in lines)]
    assert not any("hotlog" in each.replace(str(ROOT), "") for each in said)  # the checkout may be called so
    assert bare.events == []
    messages = [event["message"] for event in ours.events if event["hotlog"] == "log"]
    good = [message for message in messages if not message.startswith(("raise", "chain"))]
    assert sorted(set(good)) == (["ana has 3", "bob has 3"] if logged else [])
    assert len(good) == logged


@pytest.mark.in_part(3)
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
@pytest.mark.parametrize("handler", PLAIN)
def test_a_plain_handler(
    function: type[Function], handler: str, task: Path, opt: Path, tmp_path: Path
) -> None:
    store = with_rule(tmp_path / "rules")
    bare, ours = both(function, handler, (*GOOD, *FAILING), task=task, opt=opt, store=store)
    check_the_same(bare, ours, PLAIN[handler])


@pytest.mark.in_part(3)
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
@pytest.mark.parametrize("handler", THIRD_PARTY)
def test_a_handler_in_other_peoples_wrappers(
    function: type[Function], handler: str, task: Path, opt: Path, tmp_path: Path
) -> None:
    add_third_party(opt)
    store = with_rule(tmp_path / "rules")
    bare, ours = both(function, handler, (*GOOD, *FAILING[:1]), task=task, opt=opt, store=store)
    check_the_same(bare, ours, THIRD_PARTY[handler])


@pytest.mark.in_part(3)
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
@pytest.mark.parametrize("handler", NONE)
def test_a_handler_that_is_not_there(
    function: type[Function], handler: str, task: Path, opt: Path, tmp_path: Path
) -> None:
    store = with_rule(tmp_path / "rules")
    bare, ours = both(function, handler, GOOD[:1], task=task, opt=opt, store=store)
    assert "error" in str(bare.answers).lower()
    check_the_same(bare, ours, 0)


def add_third_party(opt: Path) -> None:
    """As if further layers were laid over hotlog's."""
    import sys

    if reason := unusable():
        absent(reason)
    site = opt / "python" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    site.mkdir(parents=True)
    (site / "site-packages").symlink_to(third_party())


@pytest.mark.in_part(3)
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
@pytest.mark.parametrize("end", ["exit", "die", "sleep"])
def test_a_handler_that_takes_its_process_along(
    function: type[Function], end: str, task: Path, opt: Path, tmp_path: Path
) -> None:
    """By `sys.exit`, at once, or by the timeout: the invocation after it starts anew."""
    store = with_rule(tmp_path / "rules")
    events = (GOOD[0], {"name": end}, GOOD[1])
    bare, ours = both(function, "plain.instance", events, task=task, opt=opt, store=store, timeout_s=2)
    assert '"calls": 1' in str(bare.answers[2])
    check_the_same(bare, ours._replace(events=[e for e in ours.events if not said_by(e, end)]), 2)
    assert any(said_by(event, end) for event in ours.events), "what was logged before the end is not lost"


def said_by(event: dict[str, Any], name: str) -> bool:
    return str(event.get("message", "")).startswith(f"{name} ")


@pytest.mark.slow
@pytest.mark.parametrize("function", ["emulator"], indirect=True)
@pytest.mark.parametrize("handler", [*PLAIN, *NONE, *THIRD_PARTY, "with_datadog.handler"])
def test_every_handler_under_the_emulator_of_aws(
    function: type[Function], handler: str, task: Path, opt: Path, tmp_path: Path
) -> None:
    if handler not in {*PLAIN, *NONE}:
        add_third_party(opt)
    store = with_rule(tmp_path / "rules")
    bare, ours = both(function, handler, (*GOOD, *FAILING), task=task, opt=opt, store=store)
    expected = PLAIN | dict.fromkeys(NONE, 0) | THIRD_PARTY | {"with_datadog.handler": 2}
    check_the_same(bare, ours, expected[handler])
