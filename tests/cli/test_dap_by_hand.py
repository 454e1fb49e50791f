"""`hotlog dap` before a client that speaks the protocol by hand, well or badly: an answer to each request, and rules that go."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hotlog
from hotlog.client import desk_limits
from hotlog.client.options import make_options
from hotlog.dap.framing import NotDapError, Writer, read_message
from hotlog.dap.session import Defaults, Session
from tests.support.account import Account
from tests.support.canned_aws import use
from tests.support.cli import settle_in
from tests.support.deployed import zipped

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.events import Event

APP = "def handler(event, context):\n    n = event\n    m = n + 1\n    return m\n"


def frame(message: object) -> bytes:
    data = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(data), data)


class Talk(NamedTuple):
    """A session in this process, and what it has sent."""

    session: Session
    sent: io.BytesIO

    def ask(self, command: str, **arguments: object) -> list[Any]:
        """Send a request; what comes back, in order."""
        at = self.sent.tell()
        self.session._answer({"seq": 7, "type": "request", "command": command, "arguments": arguments})
        stream = io.BytesIO(self.sent.getvalue()[at:])
        return list(iter(lambda: read_message(stream), None))

    def answer(self, command: str, **arguments: object) -> Any:
        [response] = [each for each in self.ask(command, **arguments) if each["type"] == "response"]
        assert (response["request_seq"], response["command"]) == (7, command)
        return response.get("body") if response["success"] else response["message"]

    def capture(self, *events: Event) -> None:
        self.session.take_events(events)


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """A session that is not attached yet."""
    sent = io.BytesIO()
    return Talk(Session(io.BytesIO(), Writer(sent), Defaults(make_options(store=f"file:{tmp_path}/s"))), sent)


@pytest.fixture
def attached(talk: Talk, tmp_path: Path) -> Talk:
    """One that is, with `app.py` open; nobody reads the log beside it."""
    (tmp_path / "app.py").write_text(APP)
    assert talk.answer("attach", function="f", sourceRoot=str(tmp_path)) is None
    assert talk.session._attached is not None
    talk.session._attached.follower.stop()
    return talk


def rules(tmp_path: Path) -> list[Any]:
    return list(hotlog.Client(store=f"file:{tmp_path}/s").rules("f").rules)


def hits(attached: Talk, tmp_path: Path, *lines: int) -> list[Event]:
    """What breakpoints at some lines capture."""
    asked = [{"line": line} for line in lines]
    attached.answer("setBreakpoints", source={"path": str(tmp_path / "app.py")}, breakpoints=asked)
    return [
        {
            "hotlog": "log",
            "rule": rule.id,
            "at": rule.at,
            "qualname": "handler",
            "vars": {"n": 5},
            "proof": "proven",
        }
        for rule in rules(tmp_path)
    ]


# --- framing ----------------------------------------------------------------------------------------------------------------

REQUEST = b'{"seq":1,"type":"request","command":"threads"}'


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 46\r\n\r\n",
        b"content-length:46\r\n\r\n",
        b"Content-Length: 46 \n\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 46\r\n\r\n",
        b"X-Other: 1\r\nContent-Length: 46\r\n\r\n",
    ],
)
def test_a_message_is_read_however_its_head_is_written(head: bytes) -> None:
    stream = io.BytesIO(head + REQUEST)
    assert read_message(stream) == json.loads(REQUEST)
    assert read_message(stream) is None


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 46\r\n\r\n" + REQUEST,
        b"\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 99999999\r\n\r\n",
        b"Content-Length: 4\r\n\r\n[\xff]\n",
        b"Content-Length: 3\r\n\r\n[1]",
        b"Content-Length: 200002\r\n\r\n" + b"[" * 100_001 + b"]" * 100_001,
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(NotDapError):
        read_message(io.BytesIO(data))


# --- requests ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"function": None}, "names the function"),
        ({"function": "f", "sourceRoot": "~nobody-has-this-name/x"}, "`sourceRoot` is ~nobody"),
        ({"function": "f", "source": "/nowhere"}, "`source` is /nowhere, and there is no such folder"),
        ({"function": "f", "sourceRoot": "x" * 5_000}, "hotlog has failed at it: OSError"),
    ],
)
def test_attach_says_what_is_wrong(talk: Talk, arguments: dict[str, Any], said: str) -> None:
    assert said in talk.answer("attach", **arguments)
    assert "captured here" in talk.answer("evaluate", expression="1")  # the session goes on


def test_a_request_that_fails_ends_no_session(attached: Talk, tmp_path: Path) -> None:
    source = {"path": str(tmp_path / "app.py")}
    odd: list[Any] = [[{"line": float("inf")}], [{"line": None}], [{}], 5, ["x"]]
    for asked in odd:
        assert isinstance(attached.answer("setBreakpoints", source=source, breakpoints=asked), str)
    for command, arguments in (
        ("variables", {"variablesReference": 1, "start": "x"}),
        ("setFunctionBreakpoints", {"breakpoints": None}),
        ("breakpointLocations", {"source": 5, "line": 1}),
    ):
        assert isinstance(attached.answer(command, **arguments), str)
    assert attached.answer("setBreakpoints", source=source, breakpoints=None, lines=None) == {
        "breakpoints": []
    }
    assert attached.answer("setExceptionBreakpoints", filters=None, filterOptions=None) == {"breakpoints": []}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("setVariable", "no value in Lambda can be changed"),
        ("setExpression", "no value in Lambda can be changed"),
        ("dataBreakpointInfo", "give a breakpoint a condition"),
        ("goto", "nothing can be moved"),
        ("restartFrame", "nothing can be moved"),
        ("cancel", "knows no request cancel"),
    ],
)
def test_what_cannot_be_done_says_why(talk: Talk, command: str, said: str) -> None:
    [response] = talk.ask(command)
    assert said in response["message"]
    assert response["body"]["error"]["format"] == response["message"]


def test_braces_of_a_sentence_stay_braces(talk: Talk) -> None:
    [response] = talk.ask("{x}")
    assert response["body"]["error"]["format"] == response["message"] == "`hotlog dap` knows no request {x}."


def test_terminate_removes_the_rules_and_says_that_it_has_ended(attached: Talk, tmp_path: Path) -> None:
    assert hits(attached, tmp_path, 3)
    assert [each.get("event", "answer") for each in attached.ask("terminate")] == ["answer", "terminated"]
    assert rules(tmp_path) == []
    assert attached.answer("disconnect") is None


# --- places -----------------------------------------------------------------------------------------------------------------


def test_a_file_is_found_by_path_by_uri_and_below_the_folder(attached: Talk, tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    for written in (str(path), path.as_uri(), f"file://localhost{path}", "app.py", f"{tmp_path}/x/../app.py"):
        [shown] = attached.answer(
            "setBreakpoints", source={"path": written}, breakpoints=[{"line": 3, "logMessage": "{n}"}]
        )["breakpoints"]
        assert shown["reason"] == "pending", written


@pytest.mark.parametrize(
    "path", ["/dev/zero", "c:\\work\\app.py", "untitled:Untitled-1", "", "\0", "x" * 5_000, "."]
)
def test_what_is_no_file_of_the_folder_is_refused_alone(attached: Talk, path: str) -> None:
    [shown] = attached.answer("setBreakpoints", source={"path": path}, breakpoints=[{"line": 3}])[
        "breakpoints"
    ]
    assert "is no file below" in shown["message"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: b"\x0c" + data,
    ],
    ids=["crlf", "cr", "bom", "form feed"],
)
def test_line_ends_and_marks_of_an_editor_change_no_place(
    attached: Talk, tmp_path: Path, change: Any
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "app.py").write_bytes(change(APP.encode()))
    (tmp_path / "deployed").mkdir()
    (tmp_path / "deployed" / "app.py").write_text(APP)
    attached.session.close()
    attached.answer(
        "attach", function="f", sourceRoot=str(tmp_path / "here"), source=str(tmp_path / "deployed")
    )
    [shown] = attached.answer(
        "setBreakpoints", source={"path": str(tmp_path / "here" / "app.py")}, breakpoints=[{"line": 3}]
    )["breakpoints"]
    assert (shown["line"], shown["message"]) == (
        3,
        "pending: waits for the next invocation (deployed app.py:3)",
    )
    attached.session.close()


def test_an_editor_that_names_files_by_uri_gets_uris(attached: Talk, tmp_path: Path) -> None:
    attached.answer("initialize", pathFormat="uri")
    attached.capture(*hits(attached, tmp_path, 3))
    [frame_] = attached.answer("stackTrace", threadId=1)["stackFrames"]
    assert frame_["source"]["path"] == (tmp_path / "app.py").as_uri()


# --- captures ---------------------------------------------------------------------------------------------------------------


def test_the_answer_comes_before_what_follows_it(attached: Talk, tmp_path: Path) -> None:
    attached.capture(*hits(attached, tmp_path, 3, 4))
    for command, follows in (
        ("next", ["output", "stopped"]),
        ("continue", ["thread", "stopped"]),
    ):
        sent = attached.ask(command, threadId=1)
        events = [each.get("event") or each["command"] for each in sent]
        assert [each for each in events if each != "breakpoint"].index(command) == (
            1 if command == "next" else 0
        )
        assert [each for each in events if each in {"output", "thread", "stopped"}] == follows


def test_a_second_continue_of_one_thread_drops_no_other(attached: Talk, tmp_path: Path) -> None:
    attached.capture(*hits(attached, tmp_path, 3, 4))
    for _ in range(2):
        attached.answer("continue", threadId=1)
    assert [each["id"] for each in attached.answer("threads")["threads"]] == [2]


def test_what_cannot_be_armed_again_now_is_armed_later(attached: Talk, tmp_path: Path) -> None:
    [hit] = hits(attached, tmp_path, 3)
    attached.capture(hit)
    [document] = (tmp_path / "s").glob("f.json")
    good = document.read_bytes()
    document.write_text("{")
    sent = attached.ask("continue", threadId=1)
    assert [each["success"] for each in sent if each["type"] == "response"] == [True]
    assert any("It is tried again" in str(each) for each in sent)
    document.write_bytes(good)
    attached.capture()
    [rule] = rules(tmp_path)
    assert rule.id != hit["rule"]


def test_captures_for_which_there_is_no_place_are_told_and_armed_again(
    attached: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_limits, "DAP_CAPTURES_MAX", 1)
    both = hits(attached, tmp_path, 3, 4)
    attached.capture(*both)
    assert b"1 captures are dropped" in attached.sent.getvalue()
    attached.answer("continue", threadId=1)
    assert not {rule.id for rule in rules(tmp_path)} & {hit["rule"] for hit in both}


def test_a_capture_that_is_not_proven_says_so(attached: Talk, tmp_path: Path) -> None:
    [hit] = hits(attached, tmp_path, 3)
    attached.capture({**hit, "proof": "unproven"})
    [thread] = attached.answer("threads")["threads"]
    assert thread["name"].endswith(" · unproven · not stopped")


def test_a_trace_that_was_cut_says_so_at_once_and_at_its_end(attached: Talk, tmp_path: Path) -> None:
    [hit] = hits(attached, tmp_path, 3)
    attached.capture({**hit, "hotlog": "trace", "lines": [{"line": 2, "set": {"n": 1}}, {"@cut": "items"}]})
    said = "not all lines of the call were recorded (items)"
    assert attached.sent.getvalue().count(said.encode()) == 1
    attached.answer("next", threadId=1)
    assert any(f"{said}: Continue" in str(each) for each in attached.ask("next", threadId=1))


# --- leases -----------------------------------------------------------------------------------------------------------------


def test_rules_that_were_cleared_away_while_the_machine_slept_come_back(
    attached: Talk, tmp_path: Path
) -> None:
    [hit] = hits(attached, tmp_path, 3)
    assert attached.session._attached is not None
    breakpoints = attached.session._attached.breakpoints
    client = hotlog.Client(store=f"file:{tmp_path}/s")
    breakpoints._lease_ends = breakpoints._lease_ends.replace(year=2020)
    client.clear("f")
    breakpoints.renew()
    [rule] = rules(tmp_path)
    assert rule.id != hit["rule"]
    client.clear("f")  # now it was live: somebody wanted it gone
    breakpoints.renew()
    assert rules(tmp_path) == []
    assert "somebody else has removed its rule" in breakpoints.list_news()[0]["message"]


def test_a_rule_that_was_renewed_is_not_over(attached: Talk, tmp_path: Path) -> None:
    [hit] = hits(attached, tmp_path, 3)
    assert attached.session._attached is not None
    breakpoints = attached.session._attached.breakpoints
    [shown] = breakpoints
    assert shown.checked is not None

    def expire() -> None:
        assert shown.checked is not None
        rule = shown.checked.rule
        shown.checked = shown.checked._replace(rule=rule._replace(expires=rule.created))

    expire()  # as after 15 minutes without an invocation
    assert "its time is over" in breakpoints.list_news()[0]["message"]
    breakpoints.renew()
    assert "pending" in breakpoints.list_news()[0]["message"]
    status = {"hotlog": "status", "rule": hit["rule"], "state": "expired", "env": "e", "proof": "proven"}
    breakpoints.take(
        {**status, "timestamp": "2026-11-30T18:00:00Z"}
    )  # as an environment tells while the machine sleeps
    assert breakpoints.list_news() == []
    expire()
    assert "its time is over" in breakpoints.list_news()[0]["message"]


# --- in an account ----------------------------------------------------------------------------------------------------------


def test_where_there_is_no_log_yet_it_is_told_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.setattr(desk_limits, "SILENCE_HINT_AFTER_S", 0.1)
    monkeypatch.setattr(desk_limits, "LOG_POLL_S", 0.1)
    account = Account()
    account.functions["f"] = {"$LATEST": zipped({"app.py": APP})}
    account.refusals["FilterLogEvents"] = (
        400,
        {"__type": "ResourceNotFoundException", "message": "no group"},
    )
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        sent = io.BytesIO()
        talk = Talk(Session(io.BytesIO(), Writer(sent), Defaults(make_options())), sent)
        assert talk.answer("attach", function="f", sourceRoot=str(tmp_path)) is None
        source = {"path": str(tmp_path / "app.py")}
        talk.answer("setBreakpoints", source=source, breakpoints=[{"line": 3, "logMessage": "{n}"}])
        give_up_s = time.monotonic() + 30
        while b"the layer is not attached" not in sent.getvalue():
            assert time.monotonic() < give_up_s, sent.getvalue()
            time.sleep(0.05)
        assert talk.answer("disconnect") is None
    assert sent.getvalue().count(b"there is no log group") == 1
