"""`hotlog try` and `hotlog promote` as a person types them: a repository, a function that runs elsewhere, rules in files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import chdir
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hotlog.cli.adding.follow_typed import TypedFollow
from hotlog.client.client import Client
from hotlog.client.typed.tried_edits import TryOptions
from hotlog.local import Environment
from tests.support import git
from tests.support.cli import hotlog
from tests.support.proven import key_of, prove
from tests.support.working_desk import BULK, ORDERS, TOTAL, Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


PATIENCE_S = 30


pytestmark = pytest.mark.process


def type_lines(desk: Desk) -> None:
    """Type four log lines, one of which no rule can be, and edit something else."""
    desk.edit(
        "pricing.py",
        TOTAL,
        f"        logger.info('goods %s percent %s coupon %r', goods, percent, self.coupon)\n{TOTAL}",
    )
    desk.edit("pricing.py", "        return total\n", "        print(f'{total=}')\n        return total\n")
    desk.edit(
        "pricing.py", BULK, f"{BULK}        if line.sku.startswith('tea'): print('after bulk', price)\n"
    )
    desk.edit(
        "pricing.py",
        "import stock\n",
        "import logging\n\nimport stock\n\nlogger = logging.getLogger(__name__)\n",
    )
    desk.edit(
        "app.py",
        "            storage.save(",
        "            print('would be', cart.total())\n            storage.save(",
    )
    desk.edit("stock.py", "if taken.rowcount == 0:", "if taken.rowcount < 1:")


def test_typed_lines_become_rules_and_other_edits_are_listed(desk: Desk) -> None:
    type_lines(desk)
    ran = hotlog("try", "orders", *desk.said)
    assert ran.code == 1  # one line was not taken
    assert [
        (each["at"], each.get("after", False), each["message"], each.get("if", "")) for each in desk.rules()
    ] == [
        ("pricing.py:30", False, "goods {goods} percent {percent} coupon {self.coupon!r}", ""),
        ("pricing.py:32", False, "total={total!r}", ""),
        ("pricing.py:45", True, "after bulk {price}", "line.sku.startswith('tea')"),
    ]
    assert [each["id"] for each in desk.rules()] == ran.out.split()
    assert len({each["group"] for each in desk.rules()}) == 1
    for part in (
        "Typed since the last commit, in 2 files: 4 log lines.",
        "after line 45, in line_price",
        "INFO goods {goods}",
        "Not taken, 1 of 4:",
        "total() is your code, and a rule runs none. It reads: cart.lines, cart.coupon. Or log `total` after line 64.",
        "used by your log lines only",
        "deployed: if taken.rowcount == 0:",
        "3 rules on orders until",
    ):
        assert part in ran.err


def test_the_same_as_data(desk: Desk) -> None:
    type_lines(desk)
    ran = hotlog("try", "orders", *desk.said, "--json", "--dry-run")
    found = json.loads(ran.out)
    assert desk.rules() == []
    assert found["base"] == {"version": "", "since": "HEAD"}
    assert [each["typed"] for each in found["taken"]] == ["pricing.py:34", "pricing.py:37", "pricing.py:52"]
    assert found["taken"][0]["rule"]["watch"] == {"typed_level": "'INFO'"}
    [refused] = found["refused"]
    assert (refused["code"], refused["text"][refused["column"] :]) == ("refused-call", "cart.total())")
    assert [(each["helper"], each["text"]) for each in found["other_edits"]] == [
        (True, "import logging"),
        (True, "logger = logging.getLogger(__name__)"),
        (False, "if taken.rowcount < 1:"),
    ]


def test_strict_stores_nothing_where_anything_else_was_edited(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    assert hotlog("try", "orders", *desk.said, "--strict", "--dry-run").code == 0
    desk.edit("stock.py", "if taken.rowcount == 0:", "if taken.rowcount < 1:")
    ran = hotlog("try", "orders", *desk.said, "--strict")
    assert (ran.code, desk.rules()) == (1, [])
    assert "Nothing stored: --strict." in ran.err


def test_conditions_time_and_paths_are_taken(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, f"        if percent: print(goods)\n{TOTAL}")
    desk.edit("stock.py", "if taken.rowcount == 0:", "print(1)\n        if taken.rowcount == 0:")
    ran = hotlog("try", "orders", "pricing.py", *desk.said, "--if", "goods > 3", "--for", "5m")
    assert ran.code == 0
    [rule] = desk.rules()
    assert rule["if"] == "(percent) and (goods > 3)"


def test_properties_are_called_where_one_says_so(desk: Desk) -> None:
    type_lines(desk)
    hotlog("try", "orders", *desk.said, "--properties")
    assert desk.rules()
    assert all(each["properties"] for each in desk.rules())


def test_lines_that_are_committed_need_since(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    desk.commit()
    ran = hotlog("try", "orders", *desk.said)
    assert ran.code == 1
    assert "No log line typed since the last commit. Typed already and committed? --since HEAD~1" in ran.err
    assert hotlog("try", "orders", *desk.said, "--since", "HEAD~1").code == 0
    assert [each["at"] for each in desk.rules()] == ["pricing.py:30"]
    wrong = hotlog("try", "orders", *desk.said, "--since", "nowhere")
    assert wrong.code == 2
    assert "bad-base" in wrong.err


def test_another_directory_is_what_it_was(desk: Desk) -> None:
    shutil.rmtree(desk.work / ".git")
    desk.edit("pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    assert hotlog("try", "orders", *desk.said).code == 0  # without git: what is deployed
    assert hotlog("try", "orders", *desk.said, "--base", str(desk.running)).code == 0
    assert [each["at"] for each in desk.rules()] == ["pricing.py:30", "pricing.py:30"]


def test_files_of_another_root_are_known_by_their_text(desk: Desk) -> None:
    (desk.work / "services").mkdir()
    for name in ("app.py", "pricing.py", "stock.py", "storage.py", "problems.py"):
        desk.git("mv", name, f"services/{name}")
    desk.commit()
    desk.edit("services/pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    ran = hotlog("try", "orders", *desk.said)
    assert [each["at"] for each in desk.rules()] == ["pricing.py:30"]
    assert "note: services/pricing.py is pricing.py in the package of orders (same text" in ran.err


def test_a_line_in_another_service_is_no_rule_of_this_one(desk: Desk) -> None:
    plain = (desk.running / "pricing.py").read_text()
    (desk.work / "users").mkdir()
    (desk.work / "orders").mkdir()
    (desk.work / "pricing.py").rename(desk.work / "orders" / "pricing.py")
    other = f"{plain}\n\ndef of_users():\n    return 1\n"
    (desk.work / "users" / "pricing.py").write_text(other)
    desk.commit()
    (desk.work / "users" / "pricing.py").write_text(other.replace(TOTAL, f"        print(goods)\n{TOTAL}"))
    ran = hotlog("try", "orders", *desk.said)
    assert desk.rules() == []
    assert "users/pricing.py is in no package of orders: left out" in ran.err
    desk.edit("orders/pricing.py", TOTAL, f"        print(percent)\n{TOTAL}")
    hotlog("try", "orders", *desk.said)
    [rule] = desk.rules()
    assert rule["message"] == "{percent}"
    desk.git("checkout", "-q", ".")
    ran = hotlog("promote", "orders", rule["id"], "--store", desk.store)
    assert ran.code == 1
    assert "orders/pricing.py and users/pricing.py hold that statement" in ran.err
    ran = hotlog("promote", "orders", rule["id"], "--store", desk.store, "--source", "orders")
    assert "+++ b/orders/pricing.py" in ran.out


def test_a_file_that_was_renamed_is_known_by_its_old_name(desk: Desk) -> None:
    desk.git("mv", "pricing.py", "prices.py")
    desk.edit("prices.py", TOTAL, f"        print(goods)\n{TOTAL}")
    ran = hotlog("try", "orders", *desk.said)
    assert [each["at"] for each in desk.rules()] == ["pricing.py:30"]
    assert "note: prices.py is pricing.py in the package of orders" in ran.err


def test_files_of_a_submodule_are_files_of_the_working_copy(desk: Desk, tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (desk.work / "pricing.py").rename(library / "pricing.py")
    git.make_repository(library)
    desk.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "lib")
    desk.commit()
    desk.edit("lib/pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    ran = hotlog("try", "orders", *desk.said)
    assert [each["at"] for each in desk.rules()] == ["pricing.py:30"]
    assert "lib/pricing.py:30" in ran.err


def test_a_file_that_was_no_python_at_the_commit_is_compared_with_what_runs(desk: Desk) -> None:
    plain = (desk.work / "pricing.py").read_text()
    (desk.work / "pricing.py").write_text("def (\n")
    desk.commit()
    (desk.work / "pricing.py").write_text(plain.replace(TOTAL, f"        print(goods)\n{TOTAL}"))
    hotlog("try", "orders", *desk.said)
    assert [each["at"] for each in desk.rules()] == ["pricing.py:30"]


def test_a_file_that_cannot_be_read_stops_no_other_file(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, f"        print(goods\n{TOTAL}")
    ran = hotlog("try", "orders", *desk.said)
    assert (ran.code, desk.rules()) == (1, [])
    assert "Not read: pricing.py cannot be parsed: '(' was never closed" in ran.err
    assert "No log line typed" not in ran.err
    desk.edit("stock.py", "if taken.rowcount == 0:", "print(1)\n        if taken.rowcount == 0:")
    assert hotlog("try", "orders", *desk.said, "--strict").code == 1
    assert desk.rules() == []
    ran = hotlog("try", "orders", *desk.said, "--json")
    assert ran.code == 1
    [unread] = json.loads(ran.out)["unread"]
    assert unread["file"] == "pricing.py"
    assert [each["at"] for each in desk.rules()] == ["stock.py:61"]
    desk.git("add", "-A")
    (desk.work / "pricing.py").unlink()
    (desk.work / "pricing.py").symlink_to("pricing.py")  # which leads nowhere
    assert hotlog("try", "orders", *desk.said, "--dry-run").code == 0


def test_without_the_code_that_runs_nothing_can_be_tried(desk: Desk) -> None:
    ran = hotlog("try", "orders", "--store", desk.store)
    assert ran.code == 2
    assert "--source" in ran.err


def test_promoted_rules_are_typed_lines_again(desk: Desk) -> None:
    desk.edit("pricing.py", TOTAL, f"        if percent > 10:\n            print('goods', goods)\n{TOTAL}")
    hotlog("try", "orders", *desk.said)
    [rule] = desk.rules()
    desk.git("checkout", "-q", "pricing.py")
    ran = hotlog("promote", "orders", rule["id"], "--store", desk.store)
    assert ran.code == 0
    assert '+            logger.info("goods %s", goods)' in ran.out
    git.git(desk.work, "apply", "-", given=ran.out.encode())
    hotlog("clear", "orders", "--store", desk.store)
    assert hotlog("try", "orders", *desk.said).code == 0
    [again] = desk.rules()
    same = ("at", "text", "in", "message", "if")
    assert [again.get(key) for key in same] == [rule.get(key) for key in same]
    desk.git("checkout", "-q", "pricing.py")
    assert hotlog("promote", "orders", rule["id"][:4], "--store", desk.store).code == 1  # which is gone
    assert (
        hotlog("promote", "orders", again["id"], "--store", desk.store, "--style", "print", "--write").code
        == 0
    )
    assert 'print(f"goods {goods}")' in (desk.work / "pricing.py").read_text()


# --- the whole way -----------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(desk: Desk, tmp_path: Path) -> Iterator[Environment]:
    events = tmp_path / "rules" / "events.jsonl"
    variables = {"ORDERS_DB": str(tmp_path / "orders.db")}
    with chdir(desk.running):
        running = Environment(
            "app.handler", function="orders", store=desk.store, sink=f"file:{events}", variables=variables
        )
        with running as made:
            yield made


def wait_for(held: Callable[[], object]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not held():
        assert time.monotonic() < end_s
        time.sleep(0.05)


@pytest.mark.long
def test_values_come_at_the_lines_of_the_working_copy(
    desk: Desk, environment: Environment, tmp_path: Path
) -> None:
    payload = json.loads((ORDERS / "events" / "order-wrong-total.json").read_bytes())
    first = environment.invoke(payload).payload
    type_lines(desk)
    command = [sys.executable, "-m", "hotlog.cli", "try", "orders", "--watch", *desk.said]
    out, talk = tmp_path / "out", tmp_path / "talk"
    with out.open("w") as shown_to, talk.open("w") as told_to:
        process = subprocess.Popen(
            command, cwd=desk.work, stdout=shown_to, stderr=told_to, env={**os.environ}
        )
        try:
            wait_for(lambda: len(desk.rules()) == 3)
            events = tmp_path / "rules" / "events.jsonl"
            while (
                not events.exists() or '"hotlog":"log"' not in events.read_text()
            ):  # a busy machine installs at a later invocation
                assert environment.invoke(payload).payload == first
            wait_for(lambda: out.read_text().count("\n") >= 3)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)
    shown = [line.split("  ", 2)[2] for line in out.read_text().splitlines()]
    assert shown[:3] == [
        "pricing.py:52  after bulk 13392",
        "pricing.py:34  INFO goods 13392 percent 10 coupon ''",
        "pricing.py:37  total=12053",
    ]
    assert f"Removed 3 rules. {len(shown)} lines from 1 environment" in talk.read_text()
    assert desk.rules() == []


def test_the_last_line_counts_what_is_proven(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    desk.edit("pricing.py", TOTAL, f"        print(goods)\n{TOTAL}")
    client = Client(store=desk.store)
    tried = client.try_edits("orders", options=TryOptions(source=desk.running))
    [rule] = desk.rules()
    key = key_of((tmp_path / "rules" / "orders.json").read_text())
    log = {"hotlog": "log", "rule": rule["id"], "function": "orders", "message": "x", "request_id": "r1"}
    told = [{**log, "env": "e1", "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"}] * 2
    with (tmp_path / "rules" / "events.jsonl").open("a") as file:
        file.write(f"{prove(told[0], key)}\n")
        for number in range(3):
            file.write(f"{json.dumps({**told[1], 'env': f'forged{number}', 'hit': 1})}\n")
    following = TypedFollow(client, tried, None)
    feed = client.follow
    monkeypatch.setattr(client, "follow", lambda wanted: feed(wanted, waits=False))
    following.run()
    following.remove()
    shown = capfd.readouterr()
    assert [("unproven" in line) for line in shown.out.splitlines()] == [False, True, True, True]
    assert "Removed 1 rule. 1 line from 1 environment in 0 s" in shown.err
    assert "3 lines in the log are unproven, and left out." in shown.err
