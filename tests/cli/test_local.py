"""A handler on this machine sees what it would see in Lambda, and leaves nothing behind."""

from __future__ import annotations

import inspect
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from hotlog import limits
from hotlog.errors import ConfigError, HotlogError
from hotlog.local import Environment, Result, invoke
from hotlog.runtime.closing import list_running
from tests.support.cli import hotlog, settle_in
from tests.support.processes import start_hotlog

HANDLERS = """\
import json
import os
import sys
import time

CALLS = []


def echo(event, context):
    return event


def count(event, context):
    CALLS.append(context.aws_request_id)
    return len(CALLS)


def see(event, context):
    return {
        "request_id": context.aws_request_id,
        "function": context.function_name,
        "version": context.function_version,
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "log_group": context.log_group_name,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "environ": {name: value for name, value in os.environ.items()},
    }


def fail(event, context):
    return deeper(event)


def deeper(event):
    raise ValueError("no price for " + event["item"])


def mutate(event, context):
    event["items"].append(1)
    os.environ["LEFT_BEHIND"] = "1"
    return event


def unserialisable(event, context):
    return object()


def leave(event, context):
    sys.exit(3)


def loop(event, context):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            pass


def chatty(event, context):
    print("printed")
    os.write(1, b"written\\n")
    os.system("echo from a child")
    return {"ok": True}
"""


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setattr(
        limits, "INSTALL_MAX_MS", 60_000
    )  # a busy machine would put the rule in an invocation later
    Path("task").mkdir()
    Path("task/shop").mkdir()
    Path("task/handlers.py").write_text(HANDLERS)
    Path("task/shop/api.py").write_text(HANDLERS)


def run(name: str, event: object = None, **options: Any) -> Result:
    return invoke(f"handlers.{name}", event, source="task", **options)


@pytest.mark.parametrize("event", [None, {}, {"a": [1, 2.5, "é", None, True]}, [], "text", 7])
def test_the_event_and_the_response_go_through_json(event: object) -> None:
    result = run("echo", event)

    assert (result.payload, result.failed) == (event, False)


def test_the_handler_gets_an_event_of_its_own() -> None:
    event: dict[str, list[int]] = {"items": []}

    assert run("mutate", event).payload == {"items": [1]}
    assert event == {"items": []}


def test_an_environment_stays_warm_and_each_invocation_has_its_own_request_id() -> None:
    with Environment("handlers.count", source="task") as environment:
        results = [environment.invoke({}) for _ in range(3)]

    assert [result.payload for result in results] == [1, 2, 3]
    assert len({result.request_id for result in results}) == 3


def test_the_next_environment_starts_cold() -> None:
    assert [run("count").payload, run("count").payload] == [1, 1]


def test_context_and_variables_are_those_of_lambda() -> None:
    result = run("see", function="orders", timeout_s=30, variables={"TABLE_NAME": "orders"})
    seen: Any = result.payload

    assert seen["request_id"] == result.request_id
    assert (seen["function"], seen["version"], seen["memory"]) == ("orders", "$LATEST", "128")
    assert seen["arn"].startswith("arn:aws:lambda:")
    assert seen["arn"].endswith(":function:orders")
    assert 29_000 < seen["remaining_ms"] <= 30_000
    expected = {
        "AWS_LAMBDA_FUNCTION_NAME": "orders",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
        "LAMBDA_TASK_ROOT": str(Path("task").resolve()),
        "_HANDLER": "handlers.see",
        "TABLE_NAME": "orders",
    }
    assert {name: seen["environ"].get(name) for name in expected} == expected
    assert seen["environ"]["_X_AMZN_TRACE_ID"].startswith("Root=1-")


def test_the_function_is_called_after_its_module_unless_named() -> None:
    seen: Any = invoke("shop/api.see", {}, source="task").payload

    assert seen["function"] == "api"


def test_nothing_is_left_behind() -> None:
    before = dict(os.environ), list(sys.path), "handlers" in sys.modules

    run("mutate", {"items": []})
    with pytest.raises(ConfigError):
        run("nothing")

    assert (dict(os.environ), list(sys.path), "handlers" in sys.modules) == before


def test_an_exception_becomes_lambdas_payload_with_the_users_frames_alone() -> None:
    result = run("fail", {"item": "tea"})
    payload: Any = result.payload

    assert result.failed
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no price for tea")
    assert payload["requestId"] == result.request_id
    assert [line.split(", in ")[1].splitlines()[0] for line in payload["stackTrace"]] == ["fail", "deeper"]


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("unserialisable", "Runtime.MarshalError", "not JSON serializable"),
        ("leave", "Runtime.ExitError", "exit status 3"),
        ("loop", "Sandbox.Timedout", "Task timed out after 0.20 seconds"),
    ],
)
def test_what_ends_an_invocation_otherwise_is_reported_as_lambda_does(
    name: str, kind: str, says: str
) -> None:
    result = run(name, timeout_s=0.2)
    payload: Any = result.payload

    assert result.failed
    assert payload["errorType"] == kind
    assert says in payload["errorMessage"]


def test_a_time_limit_leaves_no_alarm() -> None:
    run("echo", timeout_s=0.5)

    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_outside_the_main_thread_there_is_no_alarm_and_the_handler_runs_all_the_same() -> None:
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.append(run("echo", {"x": 1})))
    thread.start()
    thread.join()

    assert [result.payload for result in results] == [{"x": 1}]


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        ("handlers", ConfigError),
        ("handlers.nothing", ConfigError),
        ("handlers.CALLS", ConfigError),
        ("nothing.echo", ConfigError),
        ("json.dumps", ConfigError),
    ],
)
def test_a_handler_that_is_none_is_refused_in_a_sentence(handler: str, kind: type[HotlogError]) -> None:
    with pytest.raises(kind) as caught:
        invoke(handler, {}, source="task")

    assert caught.value.code == "bad-handler"


def test_a_module_that_cannot_be_imported_keeps_its_own_exception_as_cause() -> None:
    Path("task/broken.py").write_text("x = 1 / 0\n")

    with pytest.raises(HotlogError) as caught:
        invoke("broken.handler", {}, source="task")

    assert caught.value.code == "handler-import"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "broken.py:1" in caught.value.message


def test_a_module_with_a_syntax_error_names_the_line() -> None:
    Path("task/broken.py").write_text("x = 1\ndef (:\n")

    with pytest.raises(HotlogError, match=r"SyntaxError: .*\(broken\.py, line 2\)\.$"):
        invoke("broken.handler", {}, source="task")


def test_an_environment_that_was_not_entered_says_so() -> None:
    with pytest.raises(RuntimeError, match="enter the environment first"):
        Environment("handlers.echo", source="task").invoke({})


# --- the rules -----------------------------------------------------------------------------------------------------

DECORATED = "import hotlog\n\n\n@hotlog.wrap\ndef handler(event, context):\n    total = event['n'] * 2\n    return total\n"
PLAIN = DECORATED.replace("@hotlog.wrap\n", "")


@pytest.mark.parametrize("source", [PLAIN, DECORATED], ids=["plain", "decorated"])
def test_a_rule_added_between_two_invocations_logs_in_the_second_alone(source: str) -> None:
    Path("app.py").write_text(source)

    with Environment("app.handler", store="file:.hotlog", sink="file:.hotlog/events.jsonl") as environment:
        function = inspect.unwrap(sys.modules["app"].handler)
        code = function.__code__
        responses = [environment.invoke({"n": 1}).payload]
        assert (
            hotlog("add", "app", "app.py:/return total/", "total={total}", "--id", "k3f9", "--local").code
            == 0
        )
        second = environment.invoke({"n": 2})
        assert hotlog("rm", "app", "k3f9", "--local").code == 0
        responses += [second.payload, environment.invoke({"n": 3}).payload]
        assert function.__code__ is code

    events = [json.loads(line) for line in Path(".hotlog/events.jsonl").read_text().splitlines()]
    logged = [event for event in events if event["hotlog"] == "log"]
    assert responses == [2, 4, 6]
    assert [(event["message"], event["request_id"]) for event in logged] == [("total=4", second.request_id)]
    assert logged[0]["function"] == "app"


def test_a_sink_may_be_a_callable() -> None:
    Path("app.py").write_text(PLAIN)
    hotlog("add", "app", "app.py:/return total/", "total={total}", "--local")
    events: list[dict[str, Any]] = []

    invoke("app.handler", {"n": 1}, store="file:.hotlog", sink=events.append)

    assert [event["message"] for event in events if event["hotlog"] == "log"] == ["total=2"]


def test_a_handler_that_wraps_itself_takes_no_sink_that_it_could_not_know_of() -> None:
    Path("app.py").write_text(DECORATED)
    before = list_running()

    with pytest.raises(ConfigError, match="give store and sink as URLs"):
        invoke("app.handler", {"n": 1}, store="file:.hotlog", sink=print)
    assert list_running() == before


def test_a_module_that_fails_after_it_has_wrapped_its_handler_leaves_nothing_running() -> None:
    """The next environment in this process would share its store and its folder."""
    Path("app.py").write_text(DECORATED + "\n1 / 0\n")
    before = list_running()

    with pytest.raises(HotlogError, match="ZeroDivisionError"):
        invoke("app.handler", {"n": 1}, store="file:.hotlog")
    assert list_running() == before


# --- hotlog invoke -------------------------------------------------------------------------------------------------


@pytest.mark.process
def test_invoke_puts_the_response_on_stdout_and_everything_else_on_stderr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    ran = hotlog("invoke", "handlers.chatty", "--source", "task", "--local")

    captured = capfd.readouterr()
    assert (ran.code, ran.out) == (0, '{"ok": true}\n')
    assert "printed" in ran.err
    assert captured.out == ""
    assert "written" in captured.err
    assert "from a child" in captured.err


def test_invoke_repeats_in_one_environment() -> None:
    ran = hotlog("invoke", "handlers.count", "--source", "task", "--repeat", "3", "--local")

    assert ran.out.splitlines() == ["1", "2", "3"]


def test_invoke_takes_its_event_from_a_file() -> None:
    Path("event.json").write_text('{"n": 1}')

    assert hotlog("invoke", "handlers.echo", "--source", "task", "--event", "event.json").out == '{"n": 1}\n'


def test_invoke_of_a_handler_that_raises_fails_with_lambdas_payload() -> None:
    Path("event.json").write_text('{"item": "tea"}')

    ran = hotlog("invoke", "handlers.fail", "--source", "task", "--event", "event.json", "--local")

    assert ran.code == 1
    assert json.loads(ran.out)["errorType"] == "ValueError"
    assert "Traceback" not in ran.err


def test_invoke_shows_the_events_as_they_come() -> None:
    Path("app.py").write_text(PLAIN)
    Path("event.json").write_text('{"n": 4}')
    hotlog("add", "app", "app.py:/return total/", "total={total}", "--id", "k3f9", "--local")

    ran = hotlog("invoke", "app.handler", "--event", "event.json")

    assert ran.out == "8\n"
    assert any(
        "k3f9" in line and "app.py:6" in line and line.endswith("total=8") for line in ran.err.splitlines()
    )


@pytest.mark.process
def test_ctrl_c_ends_an_invocation_without_a_traceback() -> None:
    Path("app.py").write_text(
        "import time\n\n\ndef handler(event, context):\n    print('ready', flush=True)\n    time.sleep(60)\n"
    )
    process = start_hotlog("invoke", "app.handler", "--timeout", "60")
    assert process.stderr is not None
    assert process.stderr.readline() == "ready\n"

    process.send_signal(signal.SIGINT)
    out, talk = process.communicate(timeout=10)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in talk
