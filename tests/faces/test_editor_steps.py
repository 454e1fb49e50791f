"""`hotlog dap` before Microsoft's DebugClient: calls, failures, traces and recordings, stepped through in both directions."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.editors import Refused, Scene, values_of

if TYPE_CHECKING:
    from tests.support.editors import Editor

pytestmark = [pytest.mark.process, pytest.mark.long]


def top(editor: Editor, thread: int) -> dict[str, Any]:
    """The innermost frame that is shown."""
    frame: dict[str, Any] = editor.request("stackTrace", threadId=thread)["stackFrames"][0]
    return frame


def scopes(editor: Editor, thread: int) -> dict[str, dict[str, str]]:
    """The scopes of the innermost frame, each with its values."""
    found = editor.request("scopes", frameId=top(editor, thread)["id"])["scopes"]
    asked = {
        each["name"]: editor.request("variables", variablesReference=each["variablesReference"])
        for each in found
    }
    return {name: {each["name"]: each["value"] for each in body["variables"]} for name, body in asked.items()}


def step(editor: Editor, how: str, thread: int, **more: object) -> str:
    """Step; why it looks stopped then."""
    since = len(editor.events)
    editor.request(how, threadId=thread, **more)
    return str(editor.wait("stopped", since=since)["reason"])


def test_a_function_breakpoint_captures_a_call(scene: Scene) -> None:
    with scene.editor() as editor:
        asked = [{"name": "Cart.discount_percent", "hitCondition": "2"}, {"name": "Cart.discont"}]
        good, bad = editor.request("setFunctionBreakpoints", breakpoints=asked)["breakpoints"]
        assert good["reason"] == "pending"
        assert bad["reason"] == "failed"
        assert "discont" in bad["message"]
        scene.until(lambda: editor.bodies("stopped"), 12)
        stopped = editor.wait("stopped")
        assert stopped["reason"] == "function breakpoint"
        assert scopes(editor, stopped["threadId"])["Result"] == {"return": "10"}
        assert top(editor, stopped["threadId"])["name"] == "Cart.discount_percent"


def test_errors_of_the_function_come_with_every_frame(scene: Scene) -> None:
    with scene.editor() as editor:
        [shown] = editor.request("setExceptionBreakpoints", filters=["error"])["breakpoints"]
        assert "waits for the next invocation (the handler)" in shown["message"]
        event = {
            "routeKey": "POST /orders",
            "body": '{"lines": [{"sku": "tea-assam"}]}',
            "requestContext": {},
        }
        while not editor.bodies("stopped"):
            scene.world.invoke(event)
            time.sleep(0.1)
        stopped = editor.wait("stopped")
        assert stopped["reason"] == "exception"
        assert "KeyError" in stopped["text"]
        frames = editor.request("stackTrace", threadId=stopped["threadId"])["stackFrames"]
        assert {"place_order", "handler"} <= {each["name"] for each in frames}
        assert values_of(editor, stopped)["line"] == "{'sku': 'tea-assam'}"
        told = editor.request("exceptionInfo", threadId=stopped["threadId"])
        assert (told["exceptionId"], told["description"]) == ("KeyError", "'quantity'")


def test_a_filter_that_nobody_has_is_refused_alone(scene: Scene) -> None:
    with scene.editor() as editor:
        told = editor.request("setExceptionBreakpoints", filters=["timeout", "all"])["breakpoints"]
        assert [each["reason"] for each in told] == ["pending", "failed"]
        [condition] = editor.request(
            "setExceptionBreakpoints",
            filters=[],
            filterOptions=[{"filterId": "error", "condition": "nonsense("}],
        )["breakpoints"]
        assert condition["reason"] == "failed"
        assert scene.rules() == []


def test_a_trace_is_stepped_through_in_both_directions(scene: Scene) -> None:
    with scene.editor() as editor:
        editor.request("setFunctionBreakpoints", breakpoints=[{"name": "trace Cart.total"}])
        scene.until(lambda: editor.bodies("stopped"), 12)
        thread = editor.wait("stopped")["threadId"]
        first = scene.line("goods = sum(line_price(line) for line in self.lines)")
        seen = [(top(editor, thread)["line"], scopes(editor, thread)["Variables"])]
        assert seen[0][0] == first
        assert set(seen[0][1]) == {"self"}
        while step(editor, "next", thread) == "step":
            seen.append((top(editor, thread)["line"], scopes(editor, thread)["Variables"]))
        assert [line for line, _ in seen] == [
            *range(first, first + 5),
            first + 4,
        ]  # the last: it has returned
        assert (seen[1][1]["goods"], seen[-1][1]["total"]) == ("13392", "12053")
        assert scopes(editor, thread)["Result"] == {"return": "12053"}
        for line, values in seen[-2::-1]:
            assert step(editor, "stepBack", thread) == "step"
            assert (top(editor, thread)["line"], scopes(editor, thread)["Variables"]) == (line, values)
        assert step(editor, "stepBack", thread) == "end"
        assert "this is its beginning" in editor.console()
        frame = top(editor, thread)["id"]
        with pytest.raises(Refused, match="`goods` was not captured here"):
            editor.request("evaluate", expression="goods", frameId=frame)
        step(editor, "next", thread)
        assert (
            editor.request("evaluate", expression="goods // 2", frameId=top(editor, thread)["id"])["result"]
            == "6696"
        )
        step(editor, "reverseContinue", thread)
        assert top(editor, thread)["line"] == first


def test_a_recording_of_100_steps_and_more_walked_back_gives_the_recorded_values(scene: Scene) -> None:
    with scene.editor() as editor:
        editor.request("setExceptionBreakpoints", filters=["record"])
        scene.until(lambda: editor.bodies("stopped"), 12, 1, 2)
        thread = editor.wait("stopped")["threadId"]

        def look() -> tuple[str, int, dict[str, dict[str, str]]]:
            frame = top(editor, thread)
            return frame["name"], frame["line"], scopes(editor, thread)

        seen = [look()]
        while step(editor, "stepIn", thread) == "step":
            seen.append(look())
        assert len(seen) > 100
        names = {name for name, _, _ in seen}
        assert {"handler", "place_order", "Cart.total", "line_price"} <= names
        totals = [
            found["Variables"]["total"]
            for name, _, found in seen
            if name == "Cart.total" and "total" in found["Variables"]
        ]
        assert totals[-1] == next(
            found["Result"]["return"] for name, _, found in seen if name == "Cart.total" and "Result" in found
        )
        for expected in seen[-2::-1]:
            assert step(editor, "stepBack", thread, granularity="instruction") == "step"
            assert look() == expected
        recorded = [
            event
            for event in map(json.loads, (scene.folder / "rules" / "events.jsonl").read_text().splitlines())
            if event["hotlog"] == "record"
        ]
        lines = [
            each
            for event in recorded[:1]
            for each in event["steps"]
            if isinstance(each, int) or "line" in each
        ]
        assert len(seen) >= len(lines)
        # Over what is called, and out of it.
        while look()[0] != "place_order":
            step(editor, "stepIn", thread)
        depth = len(editor.request("stackTrace", threadId=thread)["stackFrames"])
        for _ in range(3):
            step(editor, "next", thread)
            assert len(editor.request("stackTrace", threadId=thread)["stackFrames"]) <= depth
        step(editor, "stepOut", thread)
        assert look()[0] == "handler"


def test_of_failed_invocations_alone_a_recording_is_kept(scene: Scene) -> None:
    with scene.editor() as editor:
        editor.request("setExceptionBreakpoints", filters=["record-failed"])
        scene.order(1)
        scene.order(1)
        assert editor.bodies("stopped") == []
        event = {
            "routeKey": "POST /orders",
            "body": '{"lines": [{"sku": "tea-assam"}]}',
            "requestContext": {},
        }
        while not editor.bodies("stopped"):
            scene.world.invoke(event)
            time.sleep(0.1)
        thread = editor.wait("stopped")["threadId"]
        while step(editor, "next", thread) == "step":
            pass
        assert "KeyError" in scopes(editor, thread)["Result"]["error"]


def test_captures_queue_and_continue_shows_one_after_the_other(scene: Scene) -> None:
    with scene.editor() as editor:
        lines = editor.request("breakpointLocations", source=scene.source(), line=1, endLine=60)[
            "breakpoints"
        ]
        body = [each["line"] for each in lines if each["line"] > scene.line("def total(self) -> int:")]
        taken = [line for line in body if line != scene.line("def discount_percent(self) -> int:")]
        shown = scene.set(editor, *({"line": line} for line in taken[:12]))
        assert len(shown) == 12
        scene.until(lambda: "11 more captured" in editor.console(), 12)
        for _ in range(3):
            scene.order(12)
        rules = {rule.id for rule in scene.rules()}
        seen: list[str] = []
        for number in range(1, 13):
            [thread] = editor.request("threads")["threads"]
            assert len(editor.bodies("stopped")) == number
            seen.append(top(editor, thread["id"])["name"])
            editor.request("continue", threadId=thread["id"])
        assert editor.request("threads") == {"threads": []}
        assert {"Cart.total", "line_price"} <= set(seen)
        assert len(scene.rules()) == 12
        assert not rules & {rule.id for rule in scene.rules()}  # each is armed anew
