"""Typed lines in an account: a function that is deployed and runs, its values at the lines of the working copy."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import hotlog
from hotlog.client.typed.tried_edits import TryOptions
from tests.support.account import Account
from tests.support.canned_aws import use
from tests.support.cli import settle_in
from tests.support.deployed import zipped
from tests.support.git import make_repository
from tests.support.live import ORDERS, live_orders

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

WRONG = "order-wrong-total"
TOTAL = "        total = goods - goods * percent // 100\n"
APP = "def handler(event, context):\n    total = event['n']\n    return total\n"


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_typed_lines_show_values_of_the_function_that_runs(
    aws: Ministack, function: type[Function], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "checkout" / "services" / "orders"
    shutil.copytree(ORDERS, work, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    make_repository(tmp_path / "checkout")
    plain = (work / "pricing.py").read_text()
    with live_orders(aws, function, tmp_path) as orders:
        client = hotlog.Client()
        monkeypatch.chdir(work)
        (work / "pricing.py").write_text(
            plain.replace(TOTAL, f'        print(f"{{goods=}} {{percent=}}")\n{TOTAL}')
        )
        tried = client.try_edits("orders")
        [line] = tried.taken
        assert (line.at, tried.version) == ("pricing.py:30", "$LATEST")
        rules = client.rules("orders").rules
        assert [rule.id for rule in rules] == [line.checked.rule.id for line in tried.taken if line.checked]
        messages: list[str] = []
        cursor = ""
        for _ in range(30):
            orders.invoke(WRONG)
            page = client.events("orders", cursor, group=tried.group, kinds=["log"], follow_s=1)
            messages += [str(event["message"]) for event in page.events]
            cursor = page.cursor
            if messages:
                break
        assert messages[0] == "goods=13392 percent=10"
        (work / "pricing.py").write_text(plain)
        watch = client.watch_edits("orders", client.open_working_copy(), TryOptions(), tried)
        assert watch.look() is None
        client.remove_group(tried.group, "orders")
        assert client.rules("orders").rules == ()


@pytest.mark.process
def test_a_save_is_one_write_and_code_is_fetched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    (tmp_path / "app.py").write_text(APP)
    make_repository(tmp_path)
    account = Account()
    account.functions["orders"] = {"$LATEST": zipped({"app.py": APP})}
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        client = hotlog.Client()
        tried = client.try_edits("orders")
        watch = client.watch_edits("orders", client.open_working_copy(), TryOptions(), tried)
        for number in range(1, 6):
            typed = "".join(f"    print('line {each}', total)\n" for each in range(number))
            (tmp_path / "app.py").write_text(APP.replace("    return total", f"{typed}    return total"))
            assert watch.look() is None
            saved = watch.look()
            assert saved is not None
            assert len(client.rules("orders").rules) == number
            assert account.asked.count("PutParameter") == number
        (tmp_path / "app.py").write_text(f"# a comment\n{(tmp_path / 'app.py').read_text()}")
        assert watch.look() is None
        assert watch.look() is not None
    assert account.asked.count("PutParameter") == 5  # a comment is no difference
    assert sum(action.startswith("GET /code/") for action in account.asked) == 1
