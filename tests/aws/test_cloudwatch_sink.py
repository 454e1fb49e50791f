"""The `cloudwatch:GROUP` sink: delivered before the invocation ends, or counted; never late, never elsewhere unasked."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from hotlog import limits
from hotlog.addresses import open_sink
from hotlog.config import Config
from hotlog.errors import SinkError
from hotlog.events import Invocation
from hotlog.rules.model import Rule, entry_of
from hotlog.sinks import stdout
from hotlog.sinks.cloudwatch.held import DELIVERY_THREAD
from hotlog.sinks.cloudwatch.sink import CloudWatchSink
from hotlog.sinks.emitter import Emitter
from hotlog.sinks.stdout import to_stdout
from hotlog.stores.file import FileStore
from tests.support.canned_aws import canned_aws, use
from tests.support.cli import settle_in
from tests.support.clock import Clock
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.support.canned_aws import Answer
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

GROUP = "/hotlog/snapshots"
LONG_MS = 20_000
NOT_THERE = (
    400,
    {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."},
)
DENIED = (400, {"__type": "AccessDeniedException", "message": "no"})
THROTTLED = (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
BROKEN = (500, {"__type": "InternalFailure"})
REJECTED = (200, {"rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 0}})


class Logs:
    """CloudWatch Logs, as a test tells it to answer.

    Attributes:
        refusal: what every call of these actions is answered.
        open: cleared, it lets nobody have an answer.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.put: list[dict[str, Any]] = []
        self.refusal: dict[str, Answer] = {}
        self.open = threading.Event()
        self.open.set()

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        self.calls.append(action)
        self.open.wait(30)
        if action in self.refusal:
            return self.refusal[action]
        if action == "PutLogEvents":
            self.put.append(request)
        return 200, {}

    def texts(self) -> list[str]:
        messages = [event["message"] for request in self.put for event in request["logEvents"]]
        return [json.loads(message)["text"] for message in messages]


@pytest.fixture(name="logs")
def _logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logs]:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setattr(limits, "FLUSH_TIMEOUT_MS", LONG_MS)  # this machine may be busy
    logs = Logs()
    with canned_aws(logs.answer) as endpoint:
        use(endpoint, monkeypatch)
        yield logs
        logs.open.set()
        for thread in threading.enumerate():
            if thread.name == DELIVERY_THREAD:
                thread.join(LONG_MS / 1_000)


def line_of(text: str, env: str = "e1") -> str:
    return json.dumps({"text": text, "function": "orders", "version": "$LATEST", "env": env})


def emit(sink: CloudWatchSink, *texts: str, env: str = "e1") -> None:
    for text in texts:
        sink.emit({}, line_of(text, env))


def deliverers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == DELIVERY_THREAD]


@pytest.mark.emulator
def test_events_arrive_in_order_in_a_stream_of_the_process(aws: Ministack) -> None:
    logs = aws.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    sink = open_sink(f"cloudwatch:{GROUP}")
    assert isinstance(sink, CloudWatchSink)
    emit(sink, *map(str, range(50)))
    sink.flush(LONG_MS)
    emit(sink, "50")
    sink.flush(LONG_MS)
    [stream] = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert stream["logStreamName"] == "orders/$LATEST/e1"
    got = logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], startFromHead=True)[
        "events"
    ]
    assert [json.loads(event["message"])["text"] for event in got] == [*map(str, range(51))]
    assert deliverers() == []


def test_one_call_takes_all_that_an_invocation_emitted(logs: Logs) -> None:
    sink = CloudWatchSink(GROUP)
    for _ in range(3):
        emit(sink, "a", "b")
        sink.flush(LONG_MS)
        sink.flush(LONG_MS)  # with nothing held, nothing is called
    assert logs.calls == ["CreateLogStream"] + ["PutLogEvents"] * 3
    assert logs.texts() == ["a", "b"] * 3
    assert {request["logGroupName"] for request in logs.put} == {GROUP}


@pytest.mark.parametrize("action", ["CreateLogStream", "PutLogEvents"])
@pytest.mark.parametrize(
    "refusal", [NOT_THERE, DENIED, THROTTLED, BROKEN], ids=lambda answer: answer[1]["__type"]
)
def test_one_failure_opens_the_circuit_and_it_closes_by_itself(
    logs: Logs, action: str, refusal: Answer, recwarn: pytest.WarningsRecorder
) -> None:
    clock = Clock()
    sink = CloudWatchSink(GROUP, clock=clock)
    logs.refusal = {action: refusal}
    emit(sink, "a", "b")
    with pytest.raises(SinkError) as lost:
        sink.flush(LONG_MS)
    assert (lost.value.code, lost.value.lost) == ("sink-failed", 2)
    assert action in lost.value.message
    assert GROUP in lost.value.message
    assert logs.calls.count(action) == 1, "no call is repeated"

    with pytest.raises(SinkError) as refused:
        emit(sink, "c")
    assert (refused.value.code, refused.value.lost) == ("sink-failed", 1)
    sink.flush(LONG_MS)
    assert logs.calls.count(action) == 1, "while the circuit is open nobody is called"

    logs.refusal = {}
    clock.now += limits.SINK_FIRST_BACKOFF_S
    emit(sink, "d")
    sink.flush(LONG_MS)
    assert logs.texts() == ["d"]
    assert not recwarn.list


@pytest.mark.parametrize("with_fallback", [False, True])
def test_the_circuit_stays_open_longer_each_time(logs: Logs, with_fallback: bool) -> None:
    clock, taken = Clock(), list[str]()
    sink = CloudWatchSink(GROUP, clock=clock, fallback=taken.append if with_fallback else None)
    logs.refusal = {"PutLogEvents": THROTTLED}
    called_at = []
    for _ in range(1_500):
        calls = logs.calls.count("PutLogEvents")
        with suppress(SinkError):
            emit(sink, "a")
        with suppress(SinkError):
            sink.flush(LONG_MS)
        if logs.calls.count("PutLogEvents") > calls:
            called_at.append(clock.now)
        clock.now += 1
    pauses = [after - before for before, after in pairwise(called_at)]
    assert pauses == [10, 20, 40, 80, 160, 300, 300, 300]
    assert len(taken) == (1_500 if with_fallback else 0)


def test_what_the_group_rejects_is_lost_and_told(logs: Logs) -> None:
    sink = CloudWatchSink(GROUP)
    logs.refusal = {"PutLogEvents": REJECTED}
    emit(sink, "a")
    with pytest.raises(SinkError, match="tooNewLogEventStartIndex"):
        sink.flush(LONG_MS)


def test_an_endpoint_that_is_silent_costs_the_deadline_and_not_more(
    logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = CloudWatchSink(GROUP)
    emit(sink, "a")
    sink.flush(LONG_MS)
    logs.open.clear()
    monkeypatch.setattr(limits, "FLUSH_TIMEOUT_MS", 100)
    emit(sink, "b")
    with pytest.raises(SinkError, match="no answer within 100 ms"):
        sink.flush(LONG_MS)  # it returned although the call still waits for its answer
    assert logs.calls[-1] == "PutLogEvents"
    assert len(deliverers()) == 1
    logs.open.set()
    deliverers()[0].join(LONG_MS / 1_000)
    assert deliverers() == []


def test_what_waits_while_the_stream_is_opened_is_not_lost(logs: Logs) -> None:
    """Opening takes imports and two round trips: it goes on while the environment is thawed again."""
    sink = CloudWatchSink(GROUP)
    logs.open.clear()
    emit(sink, "a")
    sink.flush(1)
    assert logs.put == []
    emit(sink, "b")
    logs.open.set()
    sink.flush(LONG_MS)
    assert logs.texts() == ["a", "b"]
    assert logs.calls.count("CreateLogStream") == 1


def test_no_time_left_means_no_call(logs: Logs) -> None:
    sink = CloudWatchSink(GROUP)
    emit(sink, "a")
    for left_ms in (0, -50):
        sink.flush(left_ms)
    assert logs.calls == []
    sink.flush(LONG_MS)
    assert logs.texts() == ["a"]


def test_only_on_request_the_general_log_gets_what_could_not_be_delivered(logs: Logs) -> None:
    taken: list[str] = []
    sink = CloudWatchSink(GROUP, fallback=taken.append)
    logs.refusal = {"PutLogEvents": DENIED}
    emit(sink, "a", "b")
    sink.flush(LONG_MS)
    emit(sink, "c")
    assert taken == [line_of("a"), line_of("b"), line_of("c")]


@pytest.mark.parametrize(("setting", "wanted"), [("", False), ("stdout", True)])
def test_the_fallback_is_a_setting(
    setting: str, wanted: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], logs: Logs
) -> None:
    monkeypatch.setenv("HOTLOG_SINK_FALLBACK", setting)
    monkeypatch.setitem(
        stdout._original, stdout.STDOUT, stdout._identity(stdout.STDOUT)
    )  # what captures it here
    logs.refusal = {"PutLogEvents": DENIED}
    emitter = Emitter(open_sink(f"cloudwatch:{GROUP}"), notices=to_stdout)
    emitter.begin(Invocation(function="orders", env="e"))
    emitter.emit({"hotlog": "log", "vars": {"secret": "of the customer"}})
    emitter.flush(LONG_MS)
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [event["hotlog"] for event in events] == (["log"] if wanted else ["status"])
    assert emitter.lost == (0 if wanted else 1)


def test_losses_are_told_when_they_begin_and_then_once_a_minute(logs: Logs) -> None:
    logs.refusal = {"PutLogEvents": NOT_THERE}
    told: list[str] = []
    clock = Clock()
    emitter = Emitter(CloudWatchSink(GROUP), notices=told.append, clock=clock)
    for _ in range(4):
        emitter.emit({"hotlog": "log"})
        emitter.emit({"hotlog": "log"})
        emitter.flush(LONG_MS)
        clock.now += limits.COUNTS_EVERY_S / 2
    notices = [json.loads(line) for line in told]
    assert [(notice["state"], notice["code"], notice["lost"]) for notice in notices] == [
        ("error", "sink-failed", 2),
        ("error", "sink-failed", 5),
    ]
    assert "create it" in notices[0]["reason"]
    assert emitter.lost == 8


def test_what_waits_is_bounded(logs: Logs) -> None:
    sink = CloudWatchSink(GROUP)
    text = "x" * (limits.EVENT_MAX_BYTES - len(line_of("")))
    fits = limits.SINK_HELD_MAX_BYTES // (len(line_of(text)) + limits.LOG_EVENT_OVERHEAD_BYTES)
    emit(sink, *[text] * fits)
    with pytest.raises(SinkError) as full:
        emit(sink, text)
    assert full.value.code == "sink-full"
    sink.flush(LONG_MS)
    [request] = logs.put
    assert len(request["logEvents"]) == fits
    assert sum(len(event["message"]) + 26 for event in request["logEvents"]) <= 1_048_576


def test_another_environment_gets_a_stream_of_its_own(logs: Logs) -> None:
    """As after a restore from a snapshot, whose connections are dead."""
    sink = CloudWatchSink(GROUP)
    emit(sink, "a", env="before")
    sink.flush(LONG_MS)
    emit(sink, "b", env="restored")
    sink.flush(LONG_MS)
    assert [request["logStreamName"] for request in logs.put] == [
        "orders/$LATEST/before",
        "orders/$LATEST/restored",
    ]


def test_a_child_process_delivers_nothing_over_its_parents_connection(logs: Logs) -> None:
    sink = CloudWatchSink(GROUP)
    emit(sink, "a")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            sink.flush(LONG_MS)
            emit(sink, "b")
        except SinkError as fault:
            os.write(writer, fault.code.encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"sink-forked"
    os.close(reader)
    os.close(writer)
    sink.flush(LONG_MS)
    assert logs.texts() == ["a"]


@contextmanager
def everything_is_logged(take: Callable[[logging.LogRecord], None]) -> Iterator[None]:
    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            take(record)

    handler, level = Handler(), logging.root.level
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
        logging.root.setLevel(level)


def test_the_delivery_leaves_no_line_in_the_applications_log(logs: Logs) -> None:
    import boto3

    records: list[logging.LogRecord] = []
    sink = CloudWatchSink(GROUP)
    emit(sink, "a")
    sink.flush(LONG_MS)  # botocore's parts are loaded now, and stay
    with everything_is_logged(records.append):
        emit(sink, "b")
        sink.flush(LONG_MS)
        assert records == []
        boto3.client("logs").create_log_stream(logGroupName=GROUP, logStreamName="the application's")
    assert any(record.name.startswith("botocore") for record in records)


def test_a_probe_that_the_delivery_comes_by_starts_no_loop(logs: Logs) -> None:
    """Such as one in the application's own `logging.Handler`."""
    sink = CloudWatchSink(GROUP)
    refused: list[str] = []

    def put(self: object, held: object) -> None:
        try:
            emit(sink, "from within")
        except SinkError as fault:
            refused.append(fault.code)

    sink._put = put.__get__(sink)  # type: ignore[method-assign]
    emit(sink, "a")
    sink.flush(LONG_MS)
    assert refused == ["sink-recursion"]
    assert not sink._held


def test_nothing_is_imported_before_the_first_event_is_flushed() -> None:
    program = (
        "import sys; from hotlog.addresses import open_sink; sink = open_sink('cloudwatch:g'); sink.flush(100);"
        "sink.emit({}, 'a'); print({'boto3', 'watchtower', 'logging'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_settings_that_make_no_sense_are_told() -> None:
    from hotlog import config

    [problem] = config.read({"HOTLOG_SINK_FALLBACK": "file"}).problems
    assert "HOTLOG_SINK_FALLBACK must be one of stdout" in problem
    assert Config().sink_fallback == ""


# --- in a function ---------------------------------------------------------------------------------------------------

APP = """
import os
import hotlog
from hotlog import limits
limits.FLUSH_TIMEOUT_MS = int(os.environ.get("FLUSH_MS", 20_000))  # this machine may be busy

@hotlog.wrap
def handler(event, context):
    name = event["name"]
    return len(name)
"""


@pytest.fixture
def in_lambda(
    function: type[Function], ministack: Ministack, tmp_path: Path
) -> Callable[..., AbstractContextManager[Function]]:
    task, store = tmp_path / "task", tmp_path / "rules"
    task.mkdir()
    (task / "app.py").write_text(APP)
    now = datetime.now(UTC)
    rule = Rule(
        id="a", at="app.py:10", snapshot=True, per_second=None, created=now, expires=now + timedelta(hours=1)
    )
    FileStore(str(store)).update("function", lambda document: document._replace(entries=(entry_of(rule),)))
    env = ministack.env() | {
        "HOTLOG_STORE": f"file:{store}",
        "HOTLOG_SINK": f"cloudwatch:{GROUP}",
        "PYTHONPATH": str(ROOT),
    }
    return lambda **more: function(task, "app.handler", env=env | more, timeout_s=20)


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
class TestInAFunction:
    def test_snapshots_go_to_their_own_group_and_only_there(
        self, in_lambda: Callable[..., AbstractContextManager[Function]], ministack: Ministack
    ) -> None:
        logs = ministack.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        with in_lambda() as running:
            replies = [running.invoke({"name": name}) for name in ("ana", "bob", "carol")]
            got = logs.filter_log_events(logGroupName=GROUP)["events"]  # the process stands still
        assert [reply.payload for reply in replies] == [3, 3, 5]
        assert [line for reply in replies for line in reply.lines] == []
        events = [json.loads(event["message"]) for event in got]
        assert [event["vars"]["name"] for event in events if event["hotlog"] == "log"] == [
            "ana",
            "bob",
            "carol",
        ]
        assert events[0]["state"] == "installed"
        assert {event["env"] for event in events} == {got[0]["logStreamName"].rpartition("/")[2]}

    def test_a_group_that_is_missing_costs_the_events_and_a_notice(
        self, in_lambda: Callable[..., AbstractContextManager[Function]]
    ) -> None:
        with in_lambda() as running:
            replies = [running.invoke({"name": "ana"}) for _ in range(3)]
        assert [reply.payload for reply in replies] == [3, 3, 3]
        [notice] = [json.loads(line) for reply in replies for line in reply.lines]
        assert (notice["hotlog"], notice["code"]) == ("status", "sink-failed")
        assert notice["lost"] >= 2
        assert "create it" in notice["reason"]
        assert "ana" not in json.dumps(notice)
