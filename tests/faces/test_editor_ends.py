"""`hotlog dap` before Microsoft's DebugClient: leases, several editors, edited source, strange clients, ports."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.editors import PATIENCE_S, Refused, Scene, editor_in, lines_of
from tests.support.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.process, pytest.mark.long]

TOTAL = "total = goods - goods * percent // 100"


def test_a_person_who_disconnects_leaves_no_rule(scene: Scene) -> None:
    with scene.editor() as editor:
        scene.set(editor, scene.log(TOTAL, "{goods}"), {"line": scene.line("return percent")})
        assert len(scene.rules()) == 2
        editor.request("disconnect")
        assert scene.rules() == []


def wait_for_no_rules(scene: Scene) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while scene.rules():
        assert time.monotonic() < give_up_s
        time.sleep(0.1)


@pytest.mark.parametrize("how", ["end", "terminate"])
def test_an_editor_whose_stream_ends_or_that_ends_its_adapter_leaves_no_rule(scene: Scene, how: str) -> None:
    with scene.editor() as editor:
        scene.set(editor, scene.log(TOTAL, "{goods}"))
        editor.call(how)
    wait_for_no_rules(scene)


def test_rules_live_15_minutes_and_are_renewed_while_the_editor_is_there(scene: Scene) -> None:
    with scene.editor() as editor:
        scene.set(editor, scene.log(TOTAL, "{goods}"))
        left = scene.rules()[0].expires - datetime.now(UTC)
        assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    with scene.editor(LEASE_S="6") as editor:
        scene.set(editor, scene.log(TOTAL, "{goods}"), {"line": scene.line("return percent")})
        first = {rule.id: rule.expires for rule in scene.rules()}
        scene.until(lambda: lines_of(editor))
        give_up_s = time.monotonic() + PATIENCE_S
        while {
            rule.id for rule in scene.rules() if rule.expires > first.get(rule.id, rule.expires)
        } != first.keys():
            assert time.monotonic() < give_up_s
            time.sleep(0.2)
        assert all(rule.expires - datetime.now(UTC) <= timedelta(seconds=7) for rule in scene.rules())


def test_an_editor_that_is_killed_leaves_no_live_rule_after_its_lease(scene: Scene) -> None:
    with scene.editor(LEASE_S="5") as editor:
        scene.set(editor, scene.log(TOTAL, "{goods}"))
        scene.until(lambda: lines_of(editor))
        editor.call("kill")
        before = scene.rules()
        assert len(before) == 1  # nobody could remove it
        time.sleep(max(0.0, (before[0].expires - datetime.now(UTC)).total_seconds()) + 0.1)
        assert [rule.expires for rule in scene.rules()] == [before[0].expires]  # nobody renews it
        logged = (scene.folder / "rules" / "events.jsonl").read_text().count('"hotlog":"log"')
        scene.order(12)
        scene.order(12)
        assert (scene.folder / "rules" / "events.jsonl").read_text().count('"hotlog":"log"') == logged


def test_two_editors_on_one_function_do_not_meet(scene: Scene) -> None:
    with scene.editor() as one, scene.editor() as other:
        scene.set(one, scene.log(TOTAL, "one {goods}"))
        scene.set(other, scene.log(TOTAL, "other {goods}"))
        scene.until(lambda: lines_of(one) and lines_of(other))
        assert {line.split()[0] for line in lines_of(one)} == {"one"}
        assert {line.split()[0] for line in lines_of(other)} == {"other"}
        scene.set(one)
        assert [rule.message for rule in scene.rules()] == ["other {goods}"]
        one.request("disconnect")
        assert [rule.message for rule in scene.rules()] == ["other {goods}"]
        assert len({rule.group for rule in scene.rules()}) == 1


def test_a_rule_that_somebody_else_removes_is_told_and_comes_back_when_asked_for(scene: Scene) -> None:
    with scene.editor(LEASE_S="6") as editor:
        logpoint = scene.log(TOTAL, "{goods}")
        [shown] = scene.set(editor, logpoint)
        scene.world.client.clear("orders")
        editor.wait("breakpoint", lambda body: "somebody else has removed" in body["breakpoint"]["message"])
        [again] = scene.set(editor, logpoint)
        assert again["id"] != shown["id"]
        assert len(scene.rules()) == 1


# --- source that differs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def edited(scene: Scene) -> Scene:
    """The same; the person has edited three lines above in a copy."""
    work = scene.folder / "work"
    shutil.copytree(scene.world.folder, work)
    header = "    def total(self) -> int:\n"
    text = (work / "pricing.py").read_text()
    text = text.replace(header, f"    def spare(self) -> int:\n        return 0\n\n{header}")
    text = text.replace("total += shipping(total)\n", "total += shipping(total) + 1\n")
    (work / "pricing.py").write_text(text)
    return scene._replace(work=work)


def test_a_breakpoint_follows_its_statement_into_the_deployed_code(edited: Scene) -> None:
    with edited.editor(attach=False) as editor:
        editor.attach(**edited.arguments(source=str(edited.world.folder)))
        line = edited.line(TOTAL)
        mapped, edit = edited.set(
            editor,
            edited.log(TOTAL, "{goods}"),
            {"line": edited.line("total += shipping(total) + 1"), "logMessage": "x"},
        )
        assert mapped["line"] == line
        assert f"deployed pricing.py:{line - 3}" in mapped["message"]
        assert not edit["verified"]
        assert "is an edit of yours that is not deployed" in edit["message"]
        told = editor.wait(
            "output", lambda body: "differs from the deployed pricing.py at 3 places" in body["output"]
        )
        text = editor.request("source", sourceReference=told["source"]["sourceReference"])["content"]
        assert text == (edited.world.folder / "pricing.py").read_text()
        edited.until(lambda: lines_of(editor))
        said = editor.wait("output", lambda body: body["category"] == "stdout")
        assert (said["source"]["path"], said["line"]) == (edited.source()["path"], line)
        located = editor.request("breakpointLocations", source=edited.source(), line=line, endLine=line + 2)
        assert [each["line"] for each in located["breakpoints"]] == [line, line + 2]


def test_a_breakpoint_in_the_deployed_text_needs_no_file_here(edited: Scene) -> None:
    with edited.editor(attach=False) as editor:
        editor.attach(**edited.arguments(source=str(edited.world.folder), sourceRoot=""))
        with_path = edited.set(editor, edited.log(TOTAL, "{goods}"))
        assert "`sourceRoot` says which folder" in with_path[0]["message"]
        editor.request("setFunctionBreakpoints", breakpoints=[{"name": "Cart.total"}])
        edited.until(lambda: editor.bodies("stopped"))
        frame = editor.request("stackTrace", threadId=editor.wait("stopped")["threadId"])["stackFrames"][0]
        number = frame["source"]["sourceReference"]
        text = editor.request("source", source=frame["source"], sourceReference=number)["content"]
        line = [each.strip() for each in text.splitlines()].index(TOTAL) + 1
        [shown] = editor.request(
            "setBreakpoints",
            source={"sourceReference": number},
            breakpoints=[{"line": line, "logMessage": "{goods}"}],
        )["breakpoints"]
        assert shown["line"] == line
        edited.until(lambda: lines_of(editor))


def test_a_file_that_is_half_typed_says_so_and_works_again(edited: Scene) -> None:
    path = edited.work / "pricing.py"
    whole = path.read_text()
    with edited.editor(attach=False) as editor:
        editor.attach(**edited.arguments(source=str(edited.world.folder)))
        logpoint = edited.log(TOTAL, "{goods}")
        path.write_text(whole + "\ndef half(\n")
        [shown] = edited.set(editor, logpoint)
        assert "cannot be parsed" in shown["message"]
        path.write_text(whole)
        [shown] = edited.set(editor, logpoint)
        assert shown["reason"] == "pending"
        elsewhere = {"path": "/elsewhere/x.py"}
        [strange] = editor.request("setBreakpoints", source=elsewhere, breakpoints=[{"line": 1}])[
            "breakpoints"
        ]
        assert "is no file below" in strange["message"]


# --- clients ----------------------------------------------------------------------------------------------------------------


def test_a_client_without_optional_capabilities_counts_from_0(scene: Scene) -> None:
    with scene.editor(attach=False) as editor:
        capabilities = editor.call("initializeRequest", {"adapterID": "hotlog", "linesStartAt1": False})
        assert capabilities["supportsLogPoints"]
        editor.request("attach", **scene.arguments())
        line = scene.line(TOTAL) - 1
        found = editor.request("setBreakpoints", source=scene.source(), lines=[line])["breakpoints"]
        assert found[0]["line"] == line
        scene.until(lambda: editor.bodies("stopped"))  # it never says that its configuration is done
        thread = editor.request("threads")["threads"][0]["id"]
        assert editor.request("stackTrace", threadId=thread)["stackFrames"][0]["line"] == line


def test_what_makes_no_sense_is_refused_and_the_session_goes_on(scene: Scene) -> None:
    with scene.editor(attach=False) as editor:
        editor.call("initializeRequest")
        for arguments, said in (
            ({}, "names the function"),
            ({"function": "orders", "minutes": "x"}, "number of minutes"),
            ({"function": "or ders"}, "bad-function"),
            ({"function": "orders", "store": "nonsense:"}, "bad-store"),
        ):
            with pytest.raises(Refused, match=said):
                editor.request("attach", **({"store": scene.url} | arguments))
        with pytest.raises(Refused, match="not-attached"):
            scene.set(editor, {"line": 1})
        editor.request("attach", **scene.arguments())
        for command, body, said in (
            ("nonsense", {}, "knows no request nonsense"),
            ("pause", {"threadId": 1}, "Nothing ever stops in Lambda"),
            (
                "setBreakpoints",
                {"source": scene.source(), "breakpoints": [{"line": "x"}]},
                "not as the protocol says",
            ),
            ("setBreakpoints", {}, "not as the protocol says"),
            ("evaluate", {"expression": "1"}, "nothing is captured"),
            ("source", {"sourceReference": 7}, "no text with the number 7"),
            ("exceptionInfo", {"threadId": 1}, "no exception"),
        ):
            with pytest.raises(Refused, match=said):
                editor.request(command, **body)
        assert editor.request("stackTrace", threadId=99)["stackFrames"] == []
        assert editor.request("variables", variablesReference=99)["variables"] == []
        [shown] = scene.set(editor, scene.log(TOTAL, "{goods}"))
        assert shown["reason"] == "pending"


# --- a port -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(scene: Scene) -> Iterator[tuple[int, str, int]]:
    """Port and token of `hotlog dap --port 0`, and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hotlog.cli", "dap", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=scene.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stderr is not None
    place, _, token = process.stderr.readline().strip().partition(", token ")
    host, _, port = place.rpartition(":")
    assert host == "127.0.0.1"
    yield int(port), token, process.pid
    process.kill()
    process.wait()
    process.stderr.close()


def test_an_editor_connects_to_a_port_with_the_token_alone(
    scene: Scene, served: tuple[int, str, int]
) -> None:
    port, token, _ = served
    for wrong in ({}, {"token": "x"}):
        with editor_in(scene.folder, adapter=False) as editor:
            editor.call("start", port)
            editor.call("initializeRequest")
            with pytest.raises(Refused, match="bad-token"):
                editor.request("attach", **scene.arguments(**wrong))
    with editor_in(scene.folder, adapter=False) as editor:
        editor.call("start", port)
        editor.attach(**scene.arguments(token=token))
        scene.set(editor, scene.log(TOTAL, "{goods}"))
        scene.until(lambda: lines_of(editor))
    wait_for_no_rules(scene)


def test_a_browser_that_posts_to_the_port_is_turned_away(scene: Scene, served: tuple[int, str, int]) -> None:
    port, token, _ = served
    attach = {"seq": 2, "type": "request", "command": "attach", "arguments": scene.arguments(token=token)}
    message = json.dumps(attach)
    body = f"Content-Length: {len(message)}\r\n\r\n{message}"
    posted = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    for said in (
        posted,
        "GET / HTTP/1.1\r\n\r\n",
        "x" * 5_000,
        "Content-Length: 99999999999\r\n\r\n",
        "Content-Length: 4\r\n\r\n[1]\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
            connection.sendall(said.encode())
            try:
                assert connection.recv(100) == b""
            except ConnectionResetError:
                continue
    assert scene.rules() == []


def test_a_port_that_is_interrupted_leaves_no_rule(scene: Scene, served: tuple[int, str, int]) -> None:
    port, token, process = served
    with editor_in(scene.folder, adapter=False) as editor:
        editor.call("start", port)
        editor.attach(**scene.arguments(token=token))
        scene.set(editor, scene.log(TOTAL, "{goods}"))
        os.kill(process, signal.SIGINT)
        wait_for_no_rules(scene)
