"""`hotlog.Client` alone: the life of a rule without a command, on files and on an AWS account; one write for any number of rules."""

from __future__ import annotations

import json
import math
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.account.aws import Aws
from hotlog.client.code.library import CodeLibrary
from hotlog.errors import ConfigError, HotlogError, LocationError, RuleError, StoreError
from hotlog.local import Environment
from tests.support.account import Account
from tests.support.canned_aws import use
from tests.support.cli import settle_in
from tests.support.deployed import zipped
from tests.support.live import ORDERS, live_orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

WRONG = "order-wrong-total"
TOTAL = {"at": "pricing.py:/total = goods/", "message": "goods={goods} percent={percent}"}
PATIENCE_S = 30
APP = "".join(f"def work{n}(value):\n    doubled = value * 2\n    return doubled\n\n\n" for n in range(40))


def live(client: hotlog.Client, invoke: Callable[[], object]) -> None:
    """From a query to the removed rule, as a page or an agent goes."""
    [place] = client.find("orders", "total = goods -")
    assert (place.target, place.qualname) == ("pricing.py:30", "Cart.total")
    names = client.code("orders").names(place.file, place.line)
    assert {"goods", "percent"} <= set(names.names)

    [bad] = client.check("orders", [{"at": place.target, "message": "{goodz} {percend}", "if": "total > 1"}])
    assert [(fault.field, fault.code) for fault in bad.faults] == [
        ("message", "unknown-name"),
        ("message", "unknown-name"),
        ("--if", "not-yet-assigned"),
    ]
    with pytest.raises(RuleError, match="3 faults, nothing stored"):
        client.change("orders", add=[{"at": place.target, "message": "{goodz} {percend}", "if": "total > 1"}])
    assert client.rules("orders").rules == ()

    before = client.events("orders", since_s=600)
    done = client.change("orders", add=[TOTAL, {"at": "place_order", "message": "an order", "group": "g1"}])
    first, second = (each.rule for each in done.rules)
    assert (first.at, second.at) == ("pricing.py:30", "app:place_order")
    assert [rule.id for rule in client.rules("orders").rules] == [first.id, second.id]

    told, cursor = seen(client, before.cursor, invoke, {first.id, second.id})
    assert {event["message"] for event in told if event["hotlog"] == "log"} == {
        "goods=13392 percent=10",
        "an order",
    }
    assert all(event["rule"] == second.id for event in client.events("orders", group="g1").events)
    assert [each.verdict.partition(":")[0] for each in client.status("orders").rules] == [
        "live in one environment"
    ] * 2
    assert client.obstacles("orders", first.id)[0].startswith(f"{first.id}: live in one environment: reached")

    edited = client.edit("orders", first.id, {"condition": "percent > 99"})
    assert edited.rule.condition == "percent > 99"
    assert client.pause("orders").after.paused
    assert not client.pause("orders", paused=False).after.paused
    removed = client.change("orders", remove=[first.id])
    assert [entry["id"] for entry in removed.removed] == [first.id]
    [gone] = client.remove_group("g1")
    assert [entry["id"] for entry in gone.removed] == [second.id]
    invoke()
    last = client.events("orders", cursor, follow_s=5)
    assert [event for event in last.events if event["hotlog"] == "log"] == []


def seen(
    client: hotlog.Client, cursor: str, invoke: Callable[[], object], rules: set[str]
) -> tuple[list[dict[str, Any]], str]:
    """Invoke until each rule has logged, as it takes several invocations on a busy machine."""
    found: list[dict[str, Any]] = []
    give_up_at = time.monotonic() + PATIENCE_S
    while {event.get("rule") for event in found if event["hotlog"] == "log"} < rules:
        assert time.monotonic() < give_up_at, [
            (event["hotlog"], event.get("rule"), event.get("state"), event.get("code"), event.get("reason"))
            for event in found
        ]
        invoke()
        page = client.events("orders", cursor, follow_s=0.5)  # of a busy machine's many invocations
        found += page.events
        cursor = page.cursor
    return found, cursor


def test_a_rule_lives_on_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = shutil.copytree(ORDERS, tmp_path / "orders", ignore=shutil.ignore_patterns("__pycache__"))
    settle_in(home, monkeypatch)
    client = hotlog.Client(store="file:.hotlog")
    payload = json.loads((ORDERS / "events" / f"{WRONG}.json").read_text())
    variables = {"ORDERS_DB": str(tmp_path / "orders.db")}
    with Environment(
        "app.handler",
        function="orders",
        store="file:.hotlog",
        sink="file:.hotlog/events.jsonl",
        variables=variables,
    ) as environment:
        live(client, lambda: environment.invoke(payload))
    with pytest.raises(ConfigError, match="keeps no history"):
        client.history("orders")
    assert [each.name for each in client.functions()] == ["orders"]


def test_one_name_is_one_rule_and_a_text_is_no_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def f(n):\n    return n\n")
    client = hotlog.Client(store="file:.hotlog")
    client.change("orders", add=[{"at": "app.py:2", "id": "k3f9"}], source=".")

    for wrong in (["app.py:2"], {"at": "app.py:2"}):
        with pytest.raises(hotlog.HotlogError, match="is no rule: write a list") as refused:
            client.change("orders", add=wrong, source=".")  # type: ignore[arg-type]  # as newcomers write it
        assert refused.value.code == "bad-field"
    with pytest.raises(hotlog.HotlogError, match=r"rate: a rule has no such field\. It has .*per_second"):
        client.change("orders", add=[{"at": "app.py:2", "rate": 5}], source=".")
    client.change("orders", remove="k3f9")
    assert not client.rules("orders").rules


@pytest.mark.emulator
@pytest.mark.parametrize("function", ["runtime-api"], indirect=True)
def test_a_rule_lives_in_an_account(aws: Ministack, function: type[Function], tmp_path: Path) -> None:
    with live_orders(aws, function, tmp_path) as orders:
        client = hotlog.Client()
        assert client.functions("order")[0].name == "orders"
        live(client, lambda: orders.invoke(WRONG))
        changes = [change.what for version in client.history("orders") for change in version.changes]
        assert changes == ["added", "added", "edited", "paused", "resumed", "removed", "removed"]


# --- how much is asked of AWS ------------------------------------------------------------------------------------------


def test_a_search_parses_what_can_hold_the_symbol_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    for number in range(20):
        Path(f"m{number}.py").write_text(f"class A{number}:\n    def run(self):\n        return {number}\n")
    client = hotlog.Client(store="file:.hotlog")
    assert [found.target for found in client.find("orders", "A7.run")] == ["m7:A7.run"]
    parsed = client.desk.code._sources
    assert len(parsed) == 1
    for _ in range(2):
        assert len(client.find("orders", "run")) == 20
        kept = len(parsed)
        parsed.clear()  # as large ones are dropped
    assert kept == 0


def test_what_makes_no_sense_is_refused_with_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def f(n):\n    return n\n")
    client: Any = hotlog.Client(store="file:.hotlog")
    lives = [{"at": "app.py:2", "for_s": for_s} for for_s in ("x", None, 0, -5, True, math.nan, 10**9)]
    others = [
        {"at": "app.py:2", "message": "\ud800"},
        {"at": "app.py:2", "if": "n", "condition": "n"},
        {"at": "app.py:2", "expires": "soon"},
        {"at": "app.py:2", "expires": "2020-01-01T00:00:00Z"},
        {"at": "app.py:2", "expires": "2099-01-01T00:00:00Z"},
        {"at": "app.py:2", "expires": datetime.now(UTC) + timedelta(hours=1), "for_s": 60},
    ]
    for rules in (5, [5], [None], *([each] for each in (*lives, *others))):
        with pytest.raises(RuleError) as refused:
            client.check("orders", rules)
        assert refused.value.code == "bad-field", rules
    for method, arguments, code in (
        ("check", ("orders", [{1: 2}]), "unknown-field"),
        ("find", ("orders", "x", 10, "x" * 5_000), "bad-source"),
        ("rules", (None,), "bad-function"),
        ("status", (5,), "bad-function"),
        ("remove", ("orders", None), "bad-field"),
        ("edit", ("orders", "k3f9", {"nope": 1}), "unknown-field"),
        ("edit", ("orders", "k3f9", None), "bad-field"),
        *(
            ("edit", ("orders", "k3f9", {name: "app.py:1"}), "bad-field")
            for name in ("id", "at", "text", "expires")
        ),
    ):
        with pytest.raises(HotlogError) as caught:
            getattr(client, method)(*arguments)
        assert caught.value.code == code
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=20)
    [stored] = client.change("orders", add=[{"at": "app.py:2", "expires": ends.isoformat()}]).rules
    assert abs(stored.rule.expires - ends) <= timedelta(seconds=1)
    assert client.edit("orders", stored.rule.id, {"if": "n > 1"}).rule.condition == "n > 1"
    for since_s in (math.nan, 1e30, -1.0):
        assert client.events("orders", since_s=since_s).events == ()
        assert len(client.status("orders", since_s).rules) == 1


@pytest.fixture(name="canned")
def _canned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    settle_in(tmp_path, monkeypatch)
    account = Account()
    account.functions["orders"] = {"$LATEST": zipped({"app.py": APP, "shop/cart.py": APP})}
    return account


def test_ten_rules_are_one_write_one_look_at_the_function_and_one_at_its_code(
    canned: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canned.running() as endpoint:
        use(endpoint, monkeypatch)
        client = hotlog.Client()
        done = client.change("orders", add=[{"at": f"app:work{n}", "message": "{value}"} for n in range(10)])
        assert len(done.rules) == 10
        writes = [action for action in canned.asked if action == "PutParameter"]
        assert len(writes) == 1
        again = client.change(
            "orders",
            add=[{"at": f"app.py:{5 * n + 2}", "message": "{value}"} for n in range(10)],
            remove=[each.rule.id for each in done.rules],
        )
        assert len(again.removed) == 10
    assert canned.asked.count("PutParameter") == 2
    assert canned.asked.count("GetCallerIdentity") == 1
    assert sum(action.startswith("GET /code/") for action in canned.asked) == 1
    assert sum(action == "GET /2015-03-31/functions/orders" for action in canned.asked) == 2
    assert len(json.loads(canned.values["/hotlog/orders"][-1])["rules"]) == 10


def test_nothing_is_written_where_one_rule_has_a_fault(
    canned: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canned.running() as endpoint:
        use(endpoint, monkeypatch)
        client = hotlog.Client()
        with pytest.raises(LocationError, match="Did you mean"):
            client.change("orders", add=[{"at": "app:work1"}, {"at": "app:wrok2"}])
        with pytest.raises(StoreError, match="no rule 'zzzz'"):
            client.change("orders", add=[{"at": "app:work1"}], remove=["zzzz"])
    assert "PutParameter" not in canned.asked


def test_a_client_serves_many_threads(canned: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[BaseException] = []

    def work(n: int) -> None:
        try:
            assert client.check("orders", [{"at": f"app:work{n}", "message": "{value}"}])[0].faults == ()
            assert client.find("orders", f"work{n}")[0].target == f"app:work{n}" or n < 10
            client.rules("orders")
        except BaseException as fault:  # noqa: BLE001  # told by the test's own thread
            failed.append(fault)

    with canned.running() as endpoint:
        use(endpoint, monkeypatch)
        client = hotlog.Client()
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8, 16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert sum(action.startswith("GET /code/") for action in canned.asked) == 1


def test_code_that_is_not_what_aws_tells_of_is_refused(
    canned: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with canned.running() as endpoint:
        use(endpoint, monkeypatch)
        deployed = Aws(hotlog.Client().desk.options).function("orders")
        assert deployed.package is not None
        other = deployed._replace(package=deployed.package._replace(sha256="a" * 43 + "="))
        with pytest.raises(StoreError, match="another digest"):
            CodeLibrary().package_of(other)


# --- pages of events ---------------------------------------------------------------------------------------------------


def test_any_process_goes_on_where_another_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path(".hotlog").mkdir()
    file = Path(".hotlog/events.jsonl")

    def log(*numbers: int) -> None:
        with file.open("a") as opened:
            opened.writelines(f'{{"hotlog":"log","rule":"k3f9","message":"{n}"}}\n' for n in numbers)

    def page(cursor: str = "", **more: Any) -> tuple[list[str], str, bool]:
        found = hotlog.Client(store="file:.hotlog").events(
            "orders", cursor, **more
        )  # another client each time
        return [event["message"] for event in found.events], found.cursor, found.has_more

    log(1, 2, 3)
    messages, cursor, more = page(most=2)
    assert (messages, more) == (["1", "2"], True)
    messages, cursor, more = page(cursor, most=2)
    assert (messages, more) == (["3"], False)
    assert page(cursor)[0] == []
    with file.open("a") as opened:
        opened.write('{"hotlog":"log","rule":"k3f9","mess')  # half a line is none yet
    assert page(cursor)[0] == []
    with file.open("a") as opened:
        opened.write('age":"4"}\n')
    timer = threading.Timer(0.3, log, (5,))
    timer.start()
    assert page(page(cursor)[1], follow_s=10)[0] == ["5"]
    timer.join()


@pytest.mark.parametrize(
    "cursor", ["x", "eA", "%%%", "A" * 10_000, "eJyrVipTslIyVNJRKs7MS1WyMjM2MzPTUSpLVLJSKlOqBQBzuwct"]
)
def test_a_cursor_that_is_none_is_refused(
    cursor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    with pytest.raises(HotlogError) as caught:
        hotlog.Client(store="file:.hotlog").events("orders", cursor)
    assert caught.value.code == "bad-cursor"


def test_pages_of_a_log_group_bring_each_line_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.support.canned_aws import canned_aws

    settle_in(tmp_path, monkeypatch)
    lines: list[dict[str, Any]] = []

    def log(number: int, at_ms: int) -> None:
        message = json.dumps({"hotlog": "log", "rule": "k3f9", "message": str(number)})
        lines.append({"logStreamName": "s", "timestamp": at_ms, "message": message})

    def answer(action: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if action == "FilterLogEvents":
            found = sorted(lines, key=lambda line: line["timestamp"])
            return 200, {"events": [line for line in found if line["timestamp"] >= request["startTime"]]}
        return 403, {"__type": "AccessDeniedException", "message": "no"}

    now_ms = int(time.time() * 1_000)
    for number in range(250):
        log(number, now_ms - 300_000 + number * 1_000)
    with canned_aws(answer) as endpoint:
        use(endpoint, monkeypatch)
        found: list[str] = []
        cursor, sizes = "", []
        while True:
            page = hotlog.Client().events("orders", cursor, since_s=3_600, most=100)
            found += [event["message"] for event in page.events]
            sizes.append(len(page.events))
            cursor = page.cursor
            if not page.has_more:
                break
        assert sizes == [100, 100, 50]
        log(250, now_ms - 20_000)  # a line that became visible late
        log(251, now_ms)
        page = hotlog.Client().events("orders", cursor, most=100)
        found += [event["message"] for event in page.events]
        assert hotlog.Client().events("orders", page.cursor).events == ()
    assert found == [str(number) for number in range(252)]
    assert len(cursor) < 4_000
