"""`hotlog dap` before a function in an account: deployed code, leases in Parameter Store, events from CloudWatch Logs, and trouble."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

import hotlog
from tests.conftest import absent
from tests.support.editors import FOLDER, PATIENCE_S, Refused, editor_in, lines_of, values_of
from tests.support.emulators import REGION
from tests.support.lambda_service import LambdaService, Refusal
from tests.support.live import ORDERS, live_orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function
    from tests.support.live import Live

pytestmark = [pytest.mark.process, pytest.mark.long]

EVENT = "order-wrong-total"
TOTAL = "total = goods - goods * percent // 100"
EXPIRED = Refusal(400, "ExpiredTokenException", "The security token included in the request is expired")
THROTTLED = Refusal(400, "ThrottlingException", "Rate exceeded")


def until(orders: Live, holds: Callable[[], object]) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up_s
        orders.invoke(EVENT)
        time.sleep(0.3)


@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_an_editor_debugs_a_function_in_an_account(
    aws: Ministack, function: type[Function], tmp_path: Path
) -> None:
    if not (FOLDER / "node_modules").is_dir():
        absent("Microsoft's DebugClient is not there")
    work = tmp_path / "work"
    shutil.copytree(ORDERS, work, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    header = "    def total(self) -> int:\n"
    text = (work / "pricing.py").read_text().replace(header, f"    spare = 0\n\n{header}", 1)
    (work / "pricing.py").write_text(text)
    line = [each.strip() for each in text.splitlines()].index(TOTAL) + 1
    source = {"path": str(work / "pricing.py")}
    with (
        live_orders(aws, function, tmp_path) as orders,
        LambdaService(aws, function) as service,
        editor_in(
            tmp_path, environ={**aws.env(), "AWS_ENDPOINT_URL": service.url, "LEASE_S": "30"}
        ) as editor,
    ):
        client = hotlog.Client()

        def set_lines(*breakpoints: dict[str, object]) -> list[dict[str, object]]:
            found = editor.request("setBreakpoints", source=source, breakpoints=[*breakpoints])
            return list(found["breakpoints"])

        editor.attach(function="orders", region=REGION, sourceRoot=str(work))
        editor.wait("output", lambda body: f"Attached to orders ({REGION}, account …0000)" in body["output"])
        good, bad = set_lines(
            {"line": line, "logMessage": "goods={goods} percent={percent}"},
            {"line": line, "logMessage": "{goodz}"},
        )
        assert (good["line"], good["message"]) == (
            line,
            "pending: waits for the next invocation (deployed pricing.py:30)",
        )
        assert "Did you mean 'goods'?" in str(bad["message"])
        assert "differs from the deployed pricing.py at 1 place" in editor.console()
        until(orders, lambda: lines_of(editor))
        assert lines_of(editor)[0] == "goods=13392 percent=10"
        editor.wait("breakpoint", lambda body: body["breakpoint"]["message"].startswith("live in one"))

        set_lines({"line": line})
        until(orders, lambda: editor.bodies("stopped"))
        stopped = editor.wait("stopped")
        assert values_of(editor, stopped)["goods"] == "13392"
        before = {rule.id for rule in client.rules("orders").rules}

        service.trouble = EXPIRED
        editor.request("continue", threadId=stopped["threadId"])  # it is armed again when that can be stored
        editor.wait("output", lambda body: "It is tried again" in body["output"])
        with pytest.raises(Refused, match="expired"):
            set_lines()
        service.trouble = THROTTLED
        editor.wait(
            "output", lambda body: "Rate exceeded" in body["output"] or "throttl" in body["output"].lower()
        )
        told = len(editor.console())
        time.sleep(3)
        assert len(editor.console()) == told  # it may last for hours, and is told once
        service.trouble = None
        seen = len(editor.bodies("stopped"))
        until(orders, lambda: len(editor.bodies("stopped")) > seen)
        assert not before & {rule.id for rule in client.rules("orders").rules}

        editor.request("disconnect")
        assert client.rules("orders").rules == ()
