"""Lines out of CloudWatch Logs: by live tail where it works, by polling where not; none lost, none twice."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client.account.aws import Aws
from hotlog.client.events.logs import Group, follow_logs
from hotlog.client.options import Options
from hotlog.errors import StoreError
from tests.support.canned_aws import canned_aws, use
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import deploy
from tests.support.event_stream import failed, stream, update
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.canned_aws import Answer
    from tests.support.emulators import Ministack

GROUP = Group("/aws/lambda/orders", "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/orders")
_ASKED_MAX = 30


def now_ms() -> int:
    return int(time.time() * 1_000)


def line(text: str, *, ago_ms: int = 0, stream: str = "s") -> dict[str, Any]:
    return {
        "logStreamName": stream,
        "timestamp": now_ms() - ago_ms,
        "message": text,
        "logGroupIdentifier": GROUP.arn,
    }


class Log:
    """A log group of which each answer is told beforehand: polls and live tails, in the order they are asked for."""

    def __init__(self, polls: list[Answer], tails: list[Answer]) -> None:
        self._polls, self._tails = iter(polls), iter(tails)
        self.asked: list[str] = []
        self.starts_ms: list[int] = []

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        self.asked.append("poll" if action == "FilterLogEvents" else "tail")
        if len(self.asked) > _ASKED_MAX:  # a line is missing: let the test fail
            return 400, {"__type": "AccessDeniedException", "message": "enough"}
        if action == "FilterLogEvents":
            self.starts_ms.append(request["startTime"])
            return next(self._polls, (200, {"events": []}))
        assert request["logGroupIdentifiers"] == [GROUP.arn]
        return next(self._tails, (400, {"__type": "LimitExceededException", "message": "too many"}))


class Reading:
    """A feed that is read pass by pass.

    Attributes:
        notices: what it told on the way.
        waits_s: how long it would have slept.
    """

    def __init__(
        self, endpoint: str, monkeypatch: pytest.MonkeyPatch, *, since_ms: int = 0, live: bool = True
    ) -> None:
        use(endpoint, monkeypatch)
        self.notices: list[str] = []
        self.waits_s: list[float] = []
        group = GROUP if live else Group(GROUP.name)
        self._feed = follow_logs(
            Aws(Options("ssm:"), attempts=1).client("logs"),
            [group],
            since_ms,
            notice=self.notices.append,
            sleep=self.waits_s.append,
        )

    def lines(self, count: int) -> list[str]:
        """The next lines, however many passes they take."""
        return list(itertools.islice((each.text for each in self._feed if each is not None), count))

    def passes(self, count: int) -> list[list[str]]:
        """The lines of the next passes, each of which ends when all there is was read."""
        return [[each.text for each in iter(lambda: next(self._feed), None) if each] for _ in range(count)]


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)


def polled(*lines: dict[str, Any]) -> Answer:
    return 200, {"events": list(lines)}


def tailed(*parts: bytes) -> Answer:
    return 200, stream(*parts)


# --- live tail -----------------------------------------------------------------------------------------------------


def test_what_was_there_before_comes_first_then_what_comes_and_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, both, new = line("old", ago_ms=5_000), line("both"), line("new")
    log = Log([polled(old, both)], [tailed(update(), update(both), update(new))])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch)
        assert reading.lines(3) == ["old", "both", "new"]

    assert log.asked[:2] == ["tail", "poll"], "opened before the poll: nothing falls between the two"
    assert reading.notices == []
    assert reading.waits_s == []


def test_the_same_text_twice_is_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line("x"), line("x", ago_ms=1), line("x", stream="other")]
    with canned_aws(Log([polled(*lines, lines[0])], []).answer) as endpoint:
        assert Reading(endpoint, monkeypatch, live=False).passes(1) == [["x", "x", "x"]]


@pytest.mark.parametrize(
    "end",
    [b"", failed("SessionTimeoutException"), failed("SessionStreamingException"), update()[:20], b"x" * 200],
)
def test_a_session_that_ends_is_followed_by_another_and_the_gap_is_polled(
    end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, gap, two = line("one"), line("in the gap"), line("two")
    log = Log([polled(), polled(one, gap)], [tailed(update(one), end), tailed(update(two))])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch)
        assert reading.lines(3) == ["one", "in the gap", "two"]

    assert log.asked[:4] == ["tail", "poll", "tail", "poll"]
    assert reading.notices == []


def test_where_a_live_tail_leaves_lines_out_all_of_them_are_polled(monkeypatch: pytest.MonkeyPatch) -> None:
    some, rest = line("some"), line("rest")
    log = Log([polled(), polled(some, rest)], [tailed(update(some, sampled=True), update(line("unread")))])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch)
        assert reading.lines(2) == ["some", "rest"]
        reading.passes(3)

    assert log.asked.count("tail") == 1
    assert reading.notices == ["There are more lines than a live tail brings: polling instead."]


@pytest.mark.parametrize(
    ("refused", "says"),
    [
        ((400, {"__type": "AccessDeniedException", "message": "no"}), "denies logs:StartLiveTail"),
        ((400, {"__type": "LimitExceededException", "message": "too many"}), "too many"),
        ((400, {"__type": "InvalidOperationException", "message": "Infrequent Access"}), "Infrequent Access"),
        ((200, stream()), "brings nothing"),
        ((200, b"<html>no stream</html>" * 9), "Checksum"),
    ],
)
def test_where_there_is_no_live_tail_one_sentence_says_why_and_polling_goes_on(
    refused: Answer, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log([polled(line("one")), polled(line("two"))], [refused])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch)
        assert reading.lines(2) == ["one", "two"]

    assert log.asked.count("tail") == 1
    (notice,) = reading.notices
    assert says in notice
    assert notice.endswith("polling instead.")


def test_a_group_that_is_yet_to_come_gets_its_live_tail_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing: Answer = 400, {"__type": "ResourceNotFoundException", "message": "no"}
    log = Log([missing, polled()], [missing, tailed(update(line("first")))])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch)
        assert reading.lines(1) == ["first"]

    assert reading.notices == []


# --- polling -------------------------------------------------------------------------------------------------------


def test_a_poll_starts_a_minute_before_the_last_by_the_clock_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    since_ms = now_ms() - 3_600_000
    late = line("late", ago_ms=30_000)
    log = Log([polled(line("one")), polled(), polled(late, line("one"))], [])
    with canned_aws(log.answer) as endpoint:
        found = Reading(endpoint, monkeypatch, since_ms=since_ms, live=False).passes(3)

    assert found == [["one"], [], ["late"]]
    assert log.starts_ms[0] == since_ms
    assert all(abs(start_ms - (now_ms() - 60_000)) < 20_000 for start_ms in log.starts_ms[1:])


def test_lines_from_before_the_time_that_was_asked_for_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log([polled()], [tailed(update(line("old", ago_ms=60_000), line("new")))])
    with canned_aws(log.answer) as endpoint:
        assert Reading(endpoint, monkeypatch, since_ms=now_ms() - 30_000).lines(1) == ["new"]


def test_throttling_makes_a_follower_slower_and_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    throttled: Answer = 400, {"__type": "ThrottlingException", "message": "slow down"}
    log = Log([throttled, throttled, polled(line("one")), polled(line("two"))], [])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch, live=False)
        assert reading.lines(2) == ["one", "two"]

    assert reading.waits_s == [4.0, 8.0, 2.0]
    assert [notice[-16:] for notice in reading.notices] == ["Next try in 4 s.", "Next try in 8 s."]
    assert all("AWS throttles logs:FilterLogEvents on /aws/lambda/orders" in each for each in reading.notices)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ExpiredTokenException"])
def test_what_waiting_does_not_mend_ends_a_follower(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log([polled(line("one")), (400, {"__type": code, "message": "no"})], [])
    with canned_aws(log.answer) as endpoint:
        reading = Reading(endpoint, monkeypatch, live=False)
        assert reading.passes(1) == [["one"]]
        with pytest.raises(StoreError):
            reading.passes(1)


# --- the command, on an emulator -----------------------------------------------------------------------------------


@pytest.fixture(name="deployed")
def _deployed(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> Ministack:
    for name, value in ministack.env().items():
        monkeypatch.setenv(name, value)
    deploy(
        ministack,
        "orders",
        {"app.py": "def handler(event, context):\n    return 1\n"},
        log_group="/team/orders",
    )
    return ministack


def log_event(account: Ministack, message: str, group: str = "/team/orders") -> None:
    event = {"hotlog": "log", "v": 2, "rule": "k3f9", "message": message, "function": "orders"}
    account.client("logs").put_log_events(
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": int(time.time() * 1_000), "message": json.dumps(event)}],
    )


def make_group(account: Ministack, group: str = "/team/orders") -> None:
    account.client("logs").create_log_group(logGroupName=group)
    account.client("logs").create_log_stream(logGroupName=group, logStreamName="s")


@pytest.mark.emulator
@pytest.mark.parametrize("groups", [["/team/snapshots"], ["/team/snapshots", "/team/orders"]])
def test_events_of_a_sink_with_a_group_of_its_own_are_read_there_too(
    groups: list[str], deployed: Ministack
) -> None:
    deployed.client("lambda").update_function_configuration(
        FunctionName="orders", Environment={"Variables": {"HOTLOG_SINK": "cloudwatch:/team/snapshots"}}
    )
    for group in groups:
        make_group(deployed, group)
        log_event(deployed, f"in {group}", group)

    ran = hotlog("tail", "orders", "--no-follow", "--json")

    assert ran.code == 0, ran.err
    assert [json.loads(line)["message"] for line in ran.out.splitlines()] == [
        f"in {group}" for group in groups
    ]


@pytest.mark.emulator
def test_tail_follows_a_function_of_another_log_group_until_ctrl_c(deployed: Ministack) -> None:
    make_group(deployed)
    log_event(deployed, "before")
    process = subprocess.Popen(
        [sys.executable, "-m", "hotlog.cli", "tail", "orders", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    found = [json.loads(process.stdout.readline())["message"]]
    for message in ("two", "three"):
        log_event(deployed, message)
        found.append(json.loads(process.stdout.readline())["message"])

    process.send_signal(signal.SIGINT)
    rest, talk = process.communicate(timeout=10)

    assert found == ["before", "two", "three"]
    assert (process.returncode, rest) == (0, "")
    assert talk.splitlines()[0] == "Following /team/orders. Ctrl-C ends."
    assert "polling" not in talk, "the emulator has live tail"
    assert "Traceback" not in talk


@pytest.mark.emulator
@pytest.mark.usefixtures("deployed")
def test_a_function_that_has_never_logged_is_no_failure_of_status(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    assert hotlog("add", "orders", "app.py:2", "--id", "k3f9").code == 0

    ran = hotlog("status", "orders")

    assert ran.code == 0, ran.err
    assert "pending: no environment has reported yet" in ran.out
    assert "the layer is not attached: `hotlog attach orders`" in ran.err
    assert "has orders been invoked since?" in ran.err
