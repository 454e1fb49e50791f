"""The harness tells the truth: what it reports of a function is what the function did."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.lambda_runtime import ApiFunction
from tests.support.places import TESTS

if TYPE_CHECKING:
    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function


FUNCTIONS = TESTS / "support" / "functions"


def test_a_handler_answers_and_stays_warm(function: type[Function]) -> None:
    with function(FUNCTIONS, "plain.handler") as running:
        first, second = running.invoke({"id": 1}), running.invoke({"id": "é"})
        assert f"END RequestId: {second.request_id}" in running.log()
    assert first.payload == {"event": {"id": 1}, "request_id": first.request_id, "calls": 1}
    assert second.payload == {"event": {"id": "é"}, "request_id": second.request_id, "calls": 2}
    assert (first.failed, second.failed) == (False, False)
    assert first.request_id != second.request_id
    assert first.lines == second.lines == []


def test_what_a_handler_writes_is_in_the_lines_of_its_invocation(function: type[Function]) -> None:
    with function(FUNCTIONS, "plain.speak") as running:
        first, second = running.invoke("one"), running.invoke("two")
    assert first.lines == ["one", "written to 1", "written to 2"]
    assert second.lines == ["two", "written to 1", "written to 2"]


def test_a_handler_sees_its_own_variables_and_none_of_ours(
    function: type[Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THIS_PROCESS", "1")
    with function(
        FUNCTIONS, "plain.see", env={"STAGE": "test", "AWS_LAMBDA_FUNCTION_NAME": "orders"}
    ) as running:
        seen = running.invoke().payload
    assert seen["variables"]["STAGE"] == "test"
    assert "OF_THIS_PROCESS" not in seen["variables"]
    assert seen["name"] == "orders"
    assert 2_000 < seen["remaining_ms"] <= 3_000
    assert seen["file"] == f"{seen['task']}/plain.py"
    assert seen["path"][0] == seen["task"]
    if function.name == "emulator":
        assert seen["task"] == "/var/task"


def test_an_error_is_visible_with_the_handlers_own_frames_only(function: type[Function]) -> None:
    with function(FUNCTIONS, "plain.fail") as running:
        reply = running.invoke("why")
        assert running.invoke("again").payload["errorMessage"] == "again", "the environment lives on"
    assert reply.failed
    assert {**reply.payload, "stackTrace": len(reply.payload["stackTrace"])} == {
        "errorMessage": "why",
        "errorType": "ValueError",
        "requestId": reply.request_id,
        "stackTrace": 1,
    }
    assert "[ERROR] ValueError: why" in reply.lines


@pytest.mark.parametrize(
    ("handler", "event", "says"),
    [
        ("plain.leave", 3, "exit status 3"),
        ("broken.handler", None, "no database at import"),
        ("plain.nothing", None, "Handler 'nothing' missing"),
    ],
)
def test_a_function_that_cannot_go_on_fails(
    function: type[Function], handler: str, event: object, says: str
) -> None:
    with function(FUNCTIONS, handler) as running:
        reply = running.invoke(event)
        again = running.invoke(event)
    assert reply.failed
    assert again.failed
    assert says in reply.raw.decode()


def test_a_timeout_ends_the_process_and_the_next_invocation_starts_anew(function: type[Function]) -> None:
    with function(FUNCTIONS, "plain.sleep", timeout_s=1) as running:
        start = time.monotonic()
        reply = running.invoke(30)
        took_s = time.monotonic() - start
        assert reply.failed
        assert "timed out after 1.00 seconds" in reply.raw.decode()
        assert 1 <= took_s < 10
        assert running.invoke(0).payload == "awake"


def test_a_layer_is_on_the_path_and_its_wrapper_is_run(function: type[Function], tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "python" / "from_layer.py").write_text("import os\nNAME = os.environ['SAID_BY']\n")
    wrapper = layer / "wrapper"
    wrapper.write_text('#!/bin/sh\nexport SAID_BY=wrapper\nexec "$@"\n')
    wrapper.chmod(stat.S_IRWXU)
    seen = "/opt/wrapper" if function.name == "emulator" else str(wrapper)
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": seen}
    with function(FUNCTIONS, "plain.layered", env=variables, layer=layer) as running:
        assert running.invoke().payload == "wrapper"
    with function(FUNCTIONS, "plain.layered") as running:
        assert "from_layer" in running.invoke().payload["errorMessage"], "no layer, no module"


def test_between_two_invocations_the_process_stands_still() -> None:
    with ApiFunction(FUNCTIONS, "plain.handler") as running:
        running.invoke({})
        assert state_of_child() == "T"
        running.invoke({})
        assert state_of_child() == "T"


def test_nothing_is_left_running(function: type[Function]) -> None:
    with function(FUNCTIONS, "plain.handler") as running:
        running.invoke({})
        assert children()
    assert children() == []


def test_ministack_keeps_parameters_until_it_is_reset(ministack: Ministack) -> None:
    ssm = ministack.client("ssm")
    for version in (1, 2):
        written = ssm.put_parameter(Name="/hotlog/f", Value=f"v{version}", Type="String", Overwrite=True)
        assert written["Version"] == version
    assert ssm.get_parameter(Name="/hotlog/f")["Parameter"]["Value"] == "v2"
    ministack.reset()
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/hotlog/f")


def children() -> list[int]:
    """Processes of this one's that run a function."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it ended meanwhile
            continue
        if parent == os.getpid() and (b"bootstrap" in command):
            found.append(int(folder.name))
    return found


def state_of_child() -> str:
    """One letter of Linux for the state of the function's process."""
    [child] = children()
    return (Path("/proc") / str(child) / "stat").read_text().rpartition(")")[2].split()[0]
