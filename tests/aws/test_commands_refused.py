"""What AWS may refuse a writing command: a sentence with the way out, the right exit code, and no rule stored or changed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from hotlog.rules.document import Document, dumps
from hotlog.rules.model import Rule, entry_of
from tests.support.account import NUMBER, Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog, settle_in
from tests.support.deployed import zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.canned_aws import Answer

APP = "def charge(items):\n    total = sum(items)\n    return total\n"
FUNCTION = "GET /2015-03-31/functions/orders"
FUNCTIONS = "GET /2015-03-31/functions "  # the list alone
ADD = "add orders app.py:3 x"


@pytest.fixture(name="account")
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    settle_in(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    account = Account()
    account.functions["orders"] = {"$LATEST": zipped({"app.py": APP}), "1": zipped({"app.py": APP})}
    account.aliases = {"live": ("1",)}
    now = datetime.now(UTC).replace(microsecond=0)
    rule = Rule(id="k3f9", at="app.py:3", message="x", created=now, expires=now + timedelta(hours=1))
    account.values["/hotlog/orders"] = [dumps(Document((entry_of(rule),)))]
    Path("book.json").write_text('{"hotlog": "rules", "v": 1, "rules": [{"at": "app.py:2", "for_s": 60}]}')
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        yield account


def denied(action: str, resource: str) -> Answer:
    words = (
        f"User: arn:aws:sts::{NUMBER}:assumed-role/dev/ana is not authorized to perform: {action} on resource: "
        f"{resource} because no identity-based policy allows the {action} action"
    )
    return 403, {"__type": "AccessDeniedException", "message": words, "Message": words}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:eu-west-1:{NUMBER}:{resource}"


ORDERS, PARAMETER = arn("lambda", "function:orders"), arn("ssm", "parameter/hotlog/orders")
THROTTLED: Answer = (429, {"__type": "TooManyRequestsException", "Reason": "CallerRateLimitExceeded"})
BROKEN: Answer = (500, {"__type": "ServiceException", "Message": "oops"})


class Fault(NamedTuple):
    """What AWS answers to an action, the command that meets it, and what the person reads."""

    words: str
    action: str
    answer: Answer
    code: str
    says: str


FAULTS = [
    Fault(ADD, FUNCTION, denied("lambda:GetFunction", ORDERS), "denied", "denies lambda:GetFunction on orders"),
    Fault("add ord* app.py:3 x", FUNCTIONS, denied("lambda:ListFunctions", "*"), "denied", "denies lambda:ListFunctions"),
    Fault(
        "add orders:live app.py:3 x", f"{FUNCTION}/aliases", denied("lambda:ListAliases", ORDERS), "denied",
        "denies lambda:ListAliases on orders",
    ),
    Fault(ADD, "GetParameter", denied("ssm:GetParameter", PARAMETER), "denied", "denies ssm:GetParameter on /hotlog/orders"),
    Fault(ADD, "PutParameter", denied("ssm:PutParameter", PARAMETER), "denied", "denies ssm:PutParameter on /hotlog/orders"),
    Fault("rm orders k3f9", "PutParameter", denied("ssm:PutParameter", PARAMETER), "denied", "denies ssm:PutParameter"),
    Fault("rm --group g", "GetParametersByPath", denied("ssm:GetParametersByPath", PARAMETER), "denied", "denies ssm:GetParametersByPath"),
    Fault("edit orders k3f9 --limit 7", "PutParameter", denied("ssm:PutParameter", PARAMETER), "denied", "denies ssm:PutParameter"),
    Fault("edit orders k3f9 --if total", FUNCTION, denied("lambda:GetFunction", ORDERS), "denied", "denies lambda:GetFunction"),
    Fault("import orders book.json", FUNCTION, denied("lambda:GetFunction", ORDERS), "denied", "denies lambda:GetFunction"),
    Fault(ADD, FUNCTION, THROTTLED, "throttled", r"throttles lambda:GetFunction on orders .*try again in some seconds"),
    Fault(ADD, FUNCTION, BROKEN, "unreachable", "AWS failed to do lambda:GetFunction on orders"),
    Fault(ADD, FUNCTION, (400, {"__type": "ExpiredTokenException"}), "expired-credentials", "credentials have expired.*sign in again"),
    Fault(ADD, FUNCTION, (403, {"__type": "UnrecognizedClientException"}), "bad-credentials", "does not accept the credentials"),
    Fault(ADD, FUNCTION, (200, "<html>Sign in to the network</html>"), "unreachable", "AWS_ENDPOINT_URL"),
    Fault(ADD, "GET /code/", (403, "<Error>AccessDenied</Error>"), "unreachable", r"cannot be fetched \(HTTP 403\).*--source DIR"),
    Fault(ADD, "GET /code/", (200, b"no zip archive"), "wrong-digest", "has another digest than the one AWS tells"),
    Fault("add ordres app.py:3 x", "none", THROTTLED, "unknown-function", r"no function 'ordres' in eu-west-1\. Did you mean orders\?"),
    Fault("add orders:lvie app.py:3 x", "none", THROTTLED, "unknown-qualifier", r"no alias or version 'lvie'\. Did you mean live\?"),
    Fault("import ordres book.json", "none", THROTTLED, "unknown-function", r"Did you mean orders\?"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.words} - {fault.action} {fault.code}")
def test_a_fault_of_aws_is_one_sentence_and_leaves_the_rules_alone(account: Account, fault: Fault) -> None:
    before = {name: list(versions) for name, versions in account.values.items()}
    account.refusals[fault.action] = fault.answer

    ran = hotlog(*fault.words.split())

    assert (ran.code, ran.out) == (1, "")
    sentence, *notes = ran.err.splitlines()
    assert sentence.startswith("error: ")
    assert sentence.endswith(f"[{fault.code}]")
    assert re.search(fault.says, sentence)
    if fault.code == "denied":
        assert json.loads(notes[0])["Effect"] == "Allow"
        assert json.loads(notes[0])["Action"] in sentence
    else:
        assert notes == []
    assert account.values == before
    assert "/code/" not in ran.err  # the URL of the code is a key to it


def test_a_denial_comes_with_the_policy_line_that_lifts_it(account: Account) -> None:
    account.refusals[FUNCTION] = denied("lambda:GetFunction", ORDERS)

    line = hotlog(*ADD.split()).err.splitlines()[1]

    assert json.loads(line) == {"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": ORDERS}


def test_a_package_that_breaks_off_is_neither_read_nor_kept(account: Account) -> None:
    account.functions["orders"]["$LATEST"] = zipped({"app.py": APP, "more.py": "x = 1\n" * 1_000})
    account.cut_short = True

    ran = hotlog(*ADD.split())

    assert ran.code == 1
    assert "cannot be fetched (IncompleteRead)" in ran.err
    assert list(Path(".cache/hotlog/packages").iterdir()) == []
    account.cut_short = False
    assert hotlog(*ADD.split()).code == 0


def test_who_may_not_fetch_the_code_can_name_it(account: Account) -> None:
    account.refusals[FUNCTION] = denied("lambda:GetFunction", ORDERS)
    Path("app.py").write_text(APP)

    ran = hotlog(*ADD.split(), "--source", ".")

    assert ran.code == 0
    assert "denies lambda:GetFunction" in ran.err


def test_a_pattern_that_fails_half_way_says_what_is_stored_and_how_to_undo_it(account: Account) -> None:
    account.functions["orders-b"] = account.functions["orders-a"] = account.functions["orders"]
    account.refusals["PutParameter /hotlog/orders-b"] = denied("ssm:PutParameter", PARAMETER)

    ran = hotlog("add", "orders-*", "app.py:3", "x", "--id", "zz11")

    assert (ran.code, ran.out) == (1, "")
    assert "Some are stored already. Take them away again with:\n  hotlog rm orders-a zz11\n" in ran.err


@pytest.mark.parametrize("words", ["add orders app.py:3 x", "rm orders k3f9", "edit orders k3f9 --limit 7"])
def test_a_sign_in_that_has_ended_says_how_to_sign_in(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(tmp_path, monkeypatch)
    Path(".aws").mkdir()
    Path(".aws/config").write_text(
        "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\nregion = eu-west-1\n"
        "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "dev")

    ran = hotlog(*words.split())

    assert (ran.code, ran.out) == (1, "")
    assert "run `aws sso login`" in ran.err
    assert "[expired-credentials]" in ran.err
