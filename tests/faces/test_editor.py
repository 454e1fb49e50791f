"""`hotlog dap` before Microsoft's DebugClient: what a person does in the editor, and what appears there."""

from __future__ import annotations

import json

import pytest

from tests.support.editors import Refused, Scene, lines_of, values_of

pytestmark = [pytest.mark.process, pytest.mark.long]

TOTAL = "        total = goods - goods * percent // 100\n"


# --- logpoints -------------------------------------------------------------------------------------------------------------


def test_a_logpoint_shows_the_value_beside_its_source(scene: Scene) -> None:
    with scene.editor() as editor:
        [shown] = scene.set(editor, scene.log(TOTAL.strip(), "goods={goods} percent={percent}"))
        line = scene.line(TOTAL.strip())
        at = f"pricing.py:{line}"
        assert shown == {
            "id": 1,
            "verified": False,
            "reason": "pending",
            "line": line,
            "message": f"pending: waits for the next invocation (deployed {at})",
        }
        scene.until(lambda: lines_of(editor), 12)
        body = editor.wait("output", lambda body: body["category"] == "stdout")
        assert (body["output"], body["source"], body["line"]) == (
            "goods=13392 percent=10\n",
            {"name": "pricing.py", "path": scene.source()["path"]},
            line,
        )
        [line_] = editor.request("variables", variablesReference=body["variablesReference"])["variables"]
        assert line_["value"] == "goods=13392 percent=10"  # VS Code shows the parts in the line's place
        told = editor.request("variables", variablesReference=line_["variablesReference"])["variables"]
        assert {"request_id", "env"} <= {each["name"] for each in told}
        live = editor.wait("breakpoint", lambda body: body["breakpoint"]["verified"])["breakpoint"]
        assert live["message"].startswith("live in one environment")
        assert "Attached to orders" in editor.console()
        assert "nothing ever stops in Lambda" in editor.console()


def test_ten_breakpoints_edited_at_once_are_one_write(scene: Scene) -> None:
    with scene.editor() as editor:
        ten = [scene.log(TOTAL.strip(), f"{number} {{goods}}") for number in range(10)]
        scene.set(editor, *ten)
        before = json.loads((scene.folder / "rules" / "orders.json").read_text())
        scene.set(editor, *({**each, "logMessage": each["logMessage"] + "!"} for each in ten))
        after = json.loads((scene.folder / "rules" / "orders.json").read_text())
        assert after["base"] == before["base"] + 1
        assert [rule["message"] for rule in after["rules"]] == [
            f"{number} {{goods}}!" for number in range(10)
        ]


def test_an_unchanged_breakpoint_keeps_its_number_its_rule_and_its_counts(scene: Scene) -> None:
    with scene.editor() as editor:
        kept, other = scene.log(TOTAL.strip(), "a {goods}"), scene.log("return percent", "b")
        first = scene.set(editor, kept, other)
        [rule, _] = scene.rules()
        scene.until(lambda: lines_of(editor))
        second = scene.set(editor, scene.log("return percent", "c"), kept)
        assert second[1]["id"] == first[0]["id"]
        assert second[0]["id"] not in {each["id"] for each in first}
        assert second[1]["verified"]
        assert rule in scene.rules()


def test_a_logpoint_that_has_logged_its_lines_says_so(scene: Scene) -> None:
    with scene.editor() as editor:
        scene.set(editor, scene.log("percent = COUPONS.get(self.coupon, 0)", "{self.coupon!r}"))
        scene.world.client.edit("orders", scene.rules()[0].id, {"limit": 2, "per_second": None})
        scene.until(lambda: "reached" in str(editor.bodies("breakpoint")) and len(lines_of(editor)) == 2)
        scene.order(1)
        editor.wait("breakpoint", lambda body: "limit reached" in body["breakpoint"]["message"])


def test_a_message_with_a_fault_shows_hotlogs_sentence_at_its_line_and_the_others_are_stored(
    scene: Scene,
) -> None:
    with scene.editor() as editor:
        bad, good, worse = scene.set(
            editor,
            scene.log(TOTAL.strip(), "goods={goodz}"),
            scene.log(TOTAL.strip(), "{goods}"),
            scene.log(TOTAL.strip(), "{goods}", condition="perzent > 10", hitCondition="%10"),
        )
        assert (bad["verified"], bad["reason"]) == (False, "failed")
        assert "'goodz' is no name of this function. Did you mean 'goods'?" in bad["message"]
        assert "message, column 8:" in bad["message"]
        assert "condition, column 1:" in worse["message"] or "column 1:" in worse["message"]
        assert good["reason"] == "pending"
        assert [rule.message for rule in scene.rules()] == ["{goods}"]


def test_a_breakpoint_on_a_comment_slides_and_one_that_goes_nowhere_says_where_it_would(scene: Scene) -> None:
    with scene.editor() as editor:
        blank = scene.line("def total(self) -> int:") - 1
        slid, nowhere = scene.set(editor, {"line": blank, "logMessage": "x"}, {"line": 3, "logMessage": "x"})
        assert slid["line"] == blank + 1
        assert "is blank" in slid["message"]
        assert not nowhere["verified"]
        assert nowhere["message"]
        assert len(scene.rules()) == 1


def test_a_condition_and_a_hit_condition_hold_together(scene: Scene) -> None:
    with scene.editor() as editor:
        asked = scene.log(
            "return percent", "{percent} {@matched}", condition="percent > 5", hitCondition="%2"
        )
        scene.set(editor, asked, scene.log("return percent", "third", hitCondition="3"))
        scene.until(lambda: len(lines_of(editor)) >= 3, 12)
        scene.order(1)
        scene.order(12)
        said = lines_of(editor)
        assert said.count("third") == 1
        assert [each for each in said if each != "third"][:2] == ["10 2", "10 4"]


def test_breakpoint_locations_are_the_statements(scene: Scene) -> None:
    with scene.editor() as editor:
        first = scene.line("def total(self) -> int:")
        found = editor.request(
            "breakpointLocations", source=scene.source(), line=first - 1, endLine=first + 3
        )
        assert [each["line"] for each in found["breakpoints"]] == [first, first + 1, first + 2, first + 3]


# --- captures ---------------------------------------------------------------------------------------------------------------


def test_a_breakpoint_captures_and_looks_stopped_until_continue(scene: Scene) -> None:
    with scene.editor() as editor:
        [shown] = scene.set(editor, {"line": scene.line(TOTAL.strip())})
        scene.until(lambda: editor.bodies("stopped"), 12)
        stopped = editor.wait("stopped")
        assert stopped["description"] == "captured, not stopped"
        assert stopped["hitBreakpointIds"] == [shown["id"]]
        assert not stopped["allThreadsStopped"]
        [thread] = editor.request("threads")["threads"]
        assert thread["name"].startswith("captured ")
        assert thread["name"].endswith(" · not stopped")
        frames = editor.request("stackTrace", threadId=thread["id"])["stackFrames"]
        assert [each["name"] for each in frames[:3]] == ["Cart.total", "place_order", "handler"]
        assert (frames[0]["source"]["path"], frames[0]["line"]) == (
            scene.source()["path"],
            scene.line(TOTAL.strip()),
        )
        values = values_of(editor, stopped)
        assert (values["goods"], values["percent"]) == ("13392", "10")
        [rule] = scene.rules()
        editor.wait("breakpoint", lambda body: "Continue arms it again" in body["breakpoint"]["message"])
        editor.request("continue", threadId=thread["id"])
        editor.wait("thread", lambda body: body["reason"] == "exited")
        assert editor.request("threads") == {"threads": []}
        [again] = scene.rules()
        assert again.id != rule.id
        seen = len(editor.bodies("stopped"))
        scene.until(lambda: len(editor.bodies("stopped")) > seen)


def test_hover_watch_and_console_evaluate_over_the_capture_and_run_no_code(scene: Scene) -> None:
    with scene.editor() as editor:
        scene.set(editor, {"line": scene.line(TOTAL.strip())})
        scene.until(lambda: editor.bodies("stopped"), 12, 1)
        stopped = editor.wait("stopped")
        frame = editor.request("stackTrace", threadId=stopped["threadId"])["stackFrames"][0]["id"]

        def ask(expression: str, context: str = "hover") -> str:
            found = editor.request("evaluate", expression=expression, frameId=frame, context=context)
            return str(found["result"])

        assert ask("self.coupon") == "''"
        assert ask("len(self.lines)", "repl") == "2"
        assert ask("goods - goods * percent // 100", "watch") == str(14632 - 14632 * 10 // 100)
        assert ask("[line.quantity for line in self.lines if line.quantity > 1]") == "[12]"
        opened = editor.request("evaluate", expression="self.lines", frameId=frame)
        parts = editor.request("variables", variablesReference=opened["variablesReference"])["variables"]
        assert [each["evaluateName"] for each in parts] == ["self.lines[0]", "self.lines[1]"]
        for expression, said in (
            ("self.total()", "runs none"),
            ("cart", "was not captured"),
            ("1 +", "no expression"),
        ):
            with pytest.raises(Refused, match=said):
                ask(expression)
        assert len(scene.rules()) == 1


def test_twelve_captures_queue_behind_one_thread(scene: Scene) -> None:
    with scene.editor() as editor:
        lines = editor.request("breakpointLocations", source=scene.source(), line=1, endLine=60)[
            "breakpoints"
        ]
        body = [each["line"] for each in lines if each["line"] >= scene.line("def total(self) -> int:")]
        scene.set(editor, *({"line": line} for line in body[:12]))
        scene.until(lambda: "11 more captured" in editor.console() or "more captured" in editor.console(), 12)
        for _ in range(4):
            scene.order(12)
        seen = []
        while True:
            threads = editor.request("threads")["threads"]
            assert len(threads) <= 1
            if not threads:
                break
            seen.append(threads[0]["id"])
            scene.set(editor)  # the person has enough: nothing is armed again
            editor.request("continue", threadId=threads[0]["id"])
        assert len(seen) == 1  # what waited belongs to breakpoints that are gone
        assert len(editor.bodies("stopped")) == 1
        assert scene.rules() == []
