"""A coding agent and a function in an account: the loop, what it takes, and the role that is enough for it."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING

import anyio
import pytest

import hotlog
from hotlog.mcp.desk import Settings
from hotlog.mcp.server import AgentServer
from tests.support.agents import MODERN, Person, agent_of
from tests.support.live import ORDERS, live_orders

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

pytestmark = [pytest.mark.emulator, pytest.mark.long]

ADDED_TO_SEEN_MAX_S = 3.0
PATIENCE = 8
RULE = {"target": "pricing.py:30", "message": "goods={goods} percent={percent}"}
DIFF = """\
--- a/services/orders/pricing.py
+++ b/services/orders/pricing.py
@@ -29,1 +29,2 @@
         percent = self.discount_percent()
+        logger.warning("percent %s", percent)
"""


@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_an_agent_debugs_a_function_in_an_account(
    aws: Ministack, function: type[Function], tmp_path: Path
) -> None:
    person = Person()

    with live_orders(aws, function, tmp_path) as orders:
        client = hotlog.Client()

        async def talk() -> None:
            async with agent_of(AgentServer(client, Settings()), MODERN, person) as agent:
                listed = await agent.call("find_functions", query="orders")
                assert "orders  python3." in listed
                assert re.search(r"\(us-east-1, account …0000\)", listed)
                found = await agent.call("find_places", function="orders", query="total = goods")
                assert "pricing.py:30  total = goods" in found
                added = await agent.call(
                    "add_rules", function="orders", rules=[RULE], reason="is it the discount?"
                )
                assert added.startswith(
                    "1 rule on orders (us-east-1, account …0000), live at the next invocation"
                )
                assert "us-east-1, account …0000" in person.asked[0]

                for _ in range(
                    PATIENCE
                ):  # a busy machine may install the rule at a later invocation than the next
                    orders.invoke("order-wrong-total")
                    began_s = time.monotonic()
                    said = await agent.call("wait_for_events", function="orders", count=1, seconds=4)
                    took_s = time.monotonic() - began_s
                    if not said.startswith("No events"):
                        break
                assert took_s <= ADDED_TO_SEEN_MAX_S
                assert "goods=13392 percent=10" in said
                assert "unproven" not in said

                [cursor] = re.findall(r"^cursor (\S+)$", said, re.MULTILINE)
                again = await agent.call("wait_for_events", function="orders", seconds=0, cursor=cursor)
                assert again.startswith("No events")
                assert "1 rule removed" in await agent.call("remove_rules", function="orders")

        anyio.run(talk)
        [added, removed] = [change for version in client.history("orders") for change in version.changes]
        assert (added.what, removed.what) == ("added", "removed")
        assert re.search(r"via tester \(mcp-\w+\): is it the discount\?", added.text)


@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_what_an_agent_typed_is_found_in_the_package_of_an_account(
    aws: Ministack, function: type[Function], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")  # none of the function's files is here: a diff needs none

    with live_orders(aws, function, tmp_path) as orders:
        client = hotlog.Client()

        async def talk() -> None:
            async with agent_of(AgentServer(client, Settings()), MODERN, Person()) as agent:
                said = await agent.call("try_edits", function="orders", diff=DIFF, reason="why?")
                assert said.startswith("1 rule on orders (us-east-1, account …0000)")
                assert "pricing.py:30  before `total = goods - goods * percent // 100`" in said
                for _ in range(PATIENCE):
                    orders.invoke("order-wrong-total")
                    seen = await agent.call("wait_for_events", function="orders", count=1, seconds=4)
                    if not seen.startswith("No events"):
                        break
                assert "WARNING percent 10" in seen
                [rule] = client.rules("orders").rules
                nowhere = await agent.call("promote_rules", function="orders", rules=[rule.id])
                assert nowhere.startswith(f"No statement below {tmp_path / 'work'} for 1 rule of orders")
                shutil.copytree(ORDERS, tmp_path / "work" / "src")
                promoted = await agent.call("promote_rules", function="orders", rules=[rule.id])
                assert '+        logger.warning("percent %s", percent)' in promoted
                assert "+++ b/src/pricing.py" in promoted
                assert "1 rule removed" in await agent.call("remove_rules", function="orders")

        anyio.run(talk)
