"""`--environments`: a rule for a share of a fleet. The desk computes the share, every environment decides for itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.adding.environment_bound import EnvironmentBound, read_bound
from hotlog.errors import RuleError
from hotlog.rules.fleet import takes_rule
from hotlog.rules.model import Rule, entry_of
from tests.support.account import Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog as run
from tests.support.cli import settle_in
from tests.support.deployed import zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = ("orders", "app.py:2", "n={event}")


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def handler(event, context):\n    return event\n")
    account = Account()
    account.functions = {"orders": {"$LATEST": zipped({"app.py": Path("app.py").read_text()})}}
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        yield account


def ran_in(aws: Account, environments: int) -> None:
    point = {"Timestamp": 1.0, "Maximum": environments}
    aws.refusals["GetMetricStatistics"] = 200, {"Datapoints": [point] if environments else []}


def stored(aws: Account) -> dict[str, Any]:
    rule: dict[str, Any] = json.loads(aws.values["/hotlog/orders"][-1])["rules"][-1]
    return rule


@pytest.mark.parametrize(
    ("words", "environments", "share", "said"),
    [
        (
            "5",
            200,
            0.025,
            "orders ran in 200 at once in the last hour; about 5 of them take the rule: 500 lines",
        ),
        ("1%", 200, 0.01, "about 2 of them take the rule: 200 lines"),
        ("0.5%", 3_000, 0.005, "about 15 of them take the rule: 1,500 lines"),
        ("7", 7, None, "orders ran in 7 at once in the last hour: 700 lines"),
        ("50", 7, None, "orders ran in 7 at once in the last hour: 700 lines"),
        ("all", 200, None, "orders ran in 200 at once in the last hour: 20,000 lines"),
        (
            "1%",
            0,
            0.01,
            "About 1 % of all environments take the rule. orders has not run within a day",
        ),
    ],
)
def test_add_says_both_bounds_and_stores_the_share(
    aws: Account, words: str, environments: int, share: float | None, said: str
) -> None:
    ran_in(aws, environments)
    ran = run("add", *AT, "--environments", words)
    assert ran.code == 0, ran.err
    err = " ".join(ran.err.split())
    assert "at most 100 lines from each environment" in err
    assert said in err
    assert stored(aws).get("environments") == share
    assert hotlog.Client().change("orders", [{"at": "app.py:2", "environments": words}]).rules
    assert stored(aws).get("environments") == share


@pytest.mark.parametrize("environments", [0, None])
def test_a_number_of_nobody_knows_how_many_is_refused_with_the_way_out(
    aws: Account, environments: int | None
) -> None:
    if environments is not None:
        ran_in(aws, environments)
    ran = run("add", *AT, "--environments", "5")
    assert (ran.code, aws.values) == (2, {})
    assert "Say a share, such as 1%. [no-concurrency]" in ran.err
    assert run("add", *AT, "--environments", "5", "--local").code == 2
    assert run("add", *AT, "--environments", "10%", "--local").code == 0


def test_edit_sets_it_and_takes_it_away(aws: Account) -> None:
    ran_in(aws, 40)
    assert run("add", *AT, "--id", "k3f9").code == 0
    ran = run("edit", "orders", "k3f9", "--environments", "2")
    assert ran.code == 0, ran.err
    assert stored(aws)["environments"] == 0.05
    assert "in 5 % of the environments" in run("ls", "orders").out
    assert run("edit", "orders", "k3f9", "--if", "event", "--environments", "10%").code == 0
    assert (stored(aws)["environments"], stored(aws)["if"]) == (0.1, "event")
    assert run("edit", "orders", "k3f9", "--note", "why").code == 0
    assert stored(aws)["environments"] == 0.1
    book = json.loads(run("export", "orders").out)
    assert book["rules"][0]["environments"] == 0.1
    assert run("edit", "orders", "k3f9", "--environments", "all").code == 0
    assert "environments" not in stored(aws)
    Path("book.json").write_text(json.dumps(book))
    assert run("import", "orders", "book.json").code == 0
    assert stored(aws)["environments"] == 0.1


@pytest.mark.parametrize(
    "value", ["", "0", "0%", "-1", "101%", "1.5", "five", "1/2", "²", "%", "9" * 20, "nan"]
)
def test_what_is_no_bound_is_refused(aws: Account, value: str) -> None:
    with pytest.raises(RuleError) as refused:
        read_bound(value)
    assert refused.value.code == "bad-field"
    ran_in(aws, 7)
    ran = run("add", *AT, f"--environments={value}")
    assert (ran.code, aws.values) == (2, {})


def test_numbers_of_a_program_are_bounds_too() -> None:
    assert read_bound(5) == EnvironmentBound(1.0, 5)
    assert read_bound(1) == EnvironmentBound(1.0, 1)
    assert read_bound(0.25) == EnvironmentBound(0.25, 0)
    for wrong in (True, 0, -3, 1.5, float("nan"), None, [5]):
        with pytest.raises(RuleError):
            read_bound(wrong)


@pytest.mark.parametrize("share", [0.001, 0.025, 0.3, 0.9])
def test_that_share_of_the_environments_takes_it_and_each_rule_chooses_others(share: float) -> None:
    count = 20_000
    envs = [f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" for number in range(count)]
    first, second = (Rule(at="app.py:2", id=name, environments=share) for name in ("k3f9", "m2pp"))
    chosen = [{env for env in envs if takes_rule(rule, env)} for rule in (first, second)]
    spread = 5 * (count * share * (1 - share)) ** 0.5  # five standard deviations
    for each in chosen:
        assert abs(len(each) - count * share) < spread
    assert abs(len(chosen[0] & chosen[1]) - count * share**2) < max(spread, 5)
    assert chosen[0] == {env for env in envs if takes_rule(first, env)}
    assert all(takes_rule(first._replace(environments=1.0), env) for env in envs[:100])


def test_the_default_is_not_stored() -> None:
    assert "environments" not in entry_of(Rule(at="app.py:2"))
