"""A module that cannot be imported: what its import raised is told with frames, while INIT fails as it does."""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.runtime.closing import list_running
from hotlog.runtime.failed_init import tell_failed_init

if TYPE_CHECKING:
    from pathlib import Path

APP = """
def connect(settings):
    return settings["host"]

TABLE = connect({"port": 1})
"""


@pytest.fixture
def fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BaseException:
    """What the import raises, as the runtime gets it, in a function whose rules are in a file."""
    (tmp_path / "failing_app.py").write_text(APP)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("HOTLOG_STORE", f"file:{tmp_path}")
    monkeypatch.setenv("HOTLOG_SINK", f"file:{tmp_path}/events.jsonl")
    with pytest.raises(KeyError) as raised:
        importlib.import_module("failing_app")
    return raised.value


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def store(folder: Path, *rules: dict[str, Any]) -> None:
    times = {"created": stamp(time.time()), "expires": stamp(time.time() + 600)}
    (folder / "orders.json").write_text(json.dumps({"v": 1, "rules": [{**rule, **times} for rule in rules]}))


def told(folder: Path) -> list[dict[str, Any]]:
    path = folder / "events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_import_s_exception_is_told_with_its_frames(tmp_path: Path, fault: BaseException) -> None:
    store(tmp_path, {"id": "e", "kind": "error"}, {"id": "l", "at": "failing_app.py:3", "message": "x"})
    trace, running = fault.__traceback__, list_running()
    tell_failed_init(fault)
    assert fault.__traceback__ is trace
    assert list_running() == running
    [error] = [each for each in told(tmp_path) if each["hotlog"] == "error"]
    assert error["failure"] == {"how": "init"}
    assert [frame["qualname"] for frame in error["frames"]] == ["connect", "<module>"]
    assert error["frames"][0]["vars"] == {"settings": {"port": 1}}
    assert "request_id" not in error
    assert {each["rule"] for each in told(tmp_path)} == {"e"}, "no code of the module is there to be probed"


def test_without_such_a_rule_nothing_is_told(tmp_path: Path, fault: BaseException) -> None:
    store(tmp_path, {"id": "l", "at": "failing_app.py:3", "message": "x"})
    tell_failed_init(fault)
    assert told(tmp_path) == []


@pytest.mark.parametrize("name", ["HOTLOG", "HOTLOG_STORE"])
def test_what_is_switched_off_or_makes_no_sense_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, name: str
) -> None:
    store(tmp_path, {"id": "e", "kind": "error"})
    monkeypatch.setenv(name, {"HOTLOG": "off", "HOTLOG_STORE": "nonsense:"}[name])
    tell_failed_init(fault)
    assert [each for each in told(tmp_path) if each["hotlog"] == "error"] == []


def test_it_takes_no_longer_than_a_first_read_and_a_first_rule_may(
    tmp_path: Path, fault: BaseException
) -> None:
    store(tmp_path, *({"id": f"e{number}", "kind": "error"} for number in range(20)))
    begun = time.perf_counter()
    tell_failed_init(fault)
    assert time.perf_counter() - begun < 3.0
    assert "failing_app" not in sys.modules
