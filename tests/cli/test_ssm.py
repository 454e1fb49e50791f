"""The same commands with rules in Parameter Store, over HTTP."""

from __future__ import annotations

import base64
import json
import random
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.rules.document import COMPRESSED_MARK
from tests.support.account import ARN, REFUSED, Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog, settle_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(name="account")
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text("def charge(items):\n    total = sum(items)\n    return total\n")
    account = Account()
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        yield account


def entries(account: Account, name: str = "/hotlog/orders") -> list[dict[str, Any]]:
    return list(json.loads(account.values[name][-1])["rules"])


@pytest.mark.long
def test_add_ls_rm_and_clear_work_on_the_functions_parameter(account: Account) -> None:
    assert hotlog("add", "orders", "app.py:3", "--source", ".", "total={total}", "--id", "k3f9").code == 0
    assert hotlog("add", "orders", "app.py:2", "--source", ".", "--id", "zz11").code == 0
    assert [entry["id"] for entry in entries(account)] == ["k3f9", "zz11"]

    assert "total={total}" in hotlog("ls").out
    assert hotlog("rm", "orders", "k3").code == 0
    assert [entry["id"] for entry in entries(account)] == ["zz11"]

    assert hotlog("clear", "orders").code == 0
    assert entries(account) == []
    assert hotlog("ls", "orders").code == 0


def test_a_rule_says_which_aws_identity_added_it(account: Account) -> None:
    hotlog("add", "orders", "app.py:3", "--source", ".", "--id", "k3f9")

    assert entries(account)[0]["by"] == ARN
    assert hotlog("ls", "orders").out.splitlines()[1].endswith("ana")


def test_a_caller_who_may_not_ask_who_they_are_adds_rules_all_the_same(account: Account) -> None:
    account.refusals["GetCallerIdentity"] = (403, REFUSED)

    assert hotlog("add", "orders", "app.py:3", "--source", ".").code == 0
    assert "@" in entries(account)[0]["by"]


def test_the_command_to_take_a_rule_out_leads_to_the_same_store(account: Account) -> None:
    ran = hotlog(
        "add",
        "orders",
        "app.py:3",
        "--source",
        ".",
        "--id",
        "k3f9",
        "--store",
        "ssm:/team/hotlog",
        "--region",
        "us-east-1",
    )

    [remove] = re.findall(r"Undo: hotlog (.*)", ran.err)
    assert remove == "rm orders k3f9 --store ssm:/team/hotlog --region us-east-1"
    assert hotlog(*shlex.split(remove)).code == 0
    assert entries(account, "/team/hotlog/orders") == []


def test_what_cannot_be_stored_writes_nothing(account: Account) -> None:
    for words in (["app.py:9"], ["nope.py:1"], ["app.py:3", "{"], ["app.py:3", "--for", "8d"]):
        assert hotlog("add", "orders", *words).code in {1, 2}
    assert hotlog("rm", "orders", "k3f9").code == 1

    assert account.values == {}


def test_the_store_may_come_from_the_environment(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLOG_STORE", "ssm:/team")

    assert hotlog("add", "orders", "app.py:3", "--source", ".").code == 0
    assert list(account.values) == ["/team/orders"]


@pytest.mark.long
def test_more_than_4_kb_of_rules_takes_advanced_and_the_refusal_says_so(account: Account) -> None:
    hotlog("add", "orders", "app.py:3", "--source", ".", "--id", "first")
    note = base64.b85encode(random.Random(1).randbytes(4_200)).decode()  # noqa: S311  # does not compress

    refused = hotlog("add", "orders", "app.py:2", "--source", ".", "--id", "large", "--note", note)
    assert refused.code == 1
    for part in ("--advanced", "hotlog rm", "large ("):
        assert part in refused.err
    assert [entry["id"] for entry in entries(account)] == ["first"]

    assert (
        hotlog(
            "add", "orders", "app.py:2", "--source", ".", "--id", "large", "--note", note, "--advanced"
        ).code
        == 0
    )
    assert account.values["/hotlog/orders"][-1].startswith(COMPRESSED_MARK)
    assert hotlog("rm", "orders", "first").code == 0
    assert hotlog("clear", "orders").code == 0


def test_a_file_of_rules_is_one_write(account: Account) -> None:
    rules = [{"id": f"rule{number}", "at": "app.py:3", "for_s": 60} for number in range(5)]
    Path("book.json").write_text(json.dumps({"hotlog": "rules", "v": 1, "rules": rules}))

    assert hotlog("import", "orders", "book.json", "--source", ".").code == 0

    assert len(account.values["/hotlog/orders"]) == 1
    assert [entry["id"] for entry in entries(account)] == [rule["id"] for rule in rules]
