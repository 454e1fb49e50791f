"""Whatever may be expected to go wrong is one clear sentence, the right exit code, and nothing changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.support.canned_aws import canned_aws, use
from tests.support.cli import hotlog, settle_in

if TYPE_CHECKING:
    from tests.support.canned_aws import Answer

APP = """\
import os


def charge(items):
    total = sum(items)
    return total


LIMIT = 3
"""


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_in(tmp_path, monkeypatch)
    Path("app.py").write_text(APP)
    Path("broken.py").write_text("def f(:\n    pass\n")
    Path("src/shop").mkdir(parents=True)
    Path("src/shop/cart.py").write_text(APP)
    Path("event.json").write_text("{}")
    Path("half.json").write_text('{"a": ')
    Path("fails.py").write_text("import nothing_like_it\n")
    for name in ("k3f9", "k3aa"):
        assert hotlog("add", "orders", "app.py:5", "--id", name, "--local").code == 0


def stored() -> dict[str, str]:
    return {path.name: path.read_text() for path in Path(".hotlog").glob("*.json")}


class Wrong(NamedTuple):
    """A command that must fail, how, and what it must say."""

    words: str
    code: int
    says: str
    kind: str = ""  # the stable code in brackets; empty where click refuses


ADD = "add orders"
WRONG = [
    # the target
    Wrong(f"{ADD} ap.py:5 x", 1, r"no ap\.py in this directory\. Did you mean app\.py", "no-such-file"),
    Wrong(f"{ADD} charge x", 1, r"charge could be .*: write more of it", "ambiguous-place"),
    Wrong(f"{ADD} qqq.py:5 x", 1, r"Name the directory of the code with --source", "no-such-file"),
    Wrong(f"{ADD} app.py:99 x", 1, r"app\.py:99: .*Try line \d+", "line-not-executable"),
    Wrong(f"{ADD} app.py:9 x", 1, r"module-level code.*Try line", "line-not-executable"),
    Wrong(f"{ADD} app:chrage x", 1, r"no function 'chrage'\. Did you mean charge", "no-such-function"),
    Wrong(f"{ADD} app.py:/nowhere/ x", 1, r"contains 'nowhere'", "no-such-text"),
    Wrong(f"{ADD} app.py:/total/ x", 1, r"stands in 2 statements", "ambiguous-text"),
    Wrong(f"{ADD} broken.py:2 x", 1, r"broken\.py cannot be parsed", "source-unreadable"),
    Wrong(f"{ADD} app.py x", 2, r"no target\. Write FILE:LINE", "bad-target"),
    Wrong(f"{ADD} app.py:5 x --source nowhere", 2, r"--source nowhere is no directory", "bad-source"),
    # message, condition, watches: with a mark below the column
    Wrong(f"{ADD} app.py:5 t={{total", 2, r"message: .*\n  t=\{total\n +\^", "bad-template"),
    Wrong(f"{ADD} app.py:5 a}}b", 2, r"message: .*\n  a\}b\n   \^", "bad-template"),
    Wrong(f"{ADD} app.py:5 x --if total>", 2, r"--if: .*\n  total>\n +\^", "bad-expression"),
    Wrong(f"{ADD} --record --bad @status==", 2, r"--bad: this is no expression", "bad-expression"),
    Wrong(f"{ADD} app.py:5 x --watch n=open(1)", 2, r"--watch n: .*\n  open\(1\)\n  \^", ""),
    Wrong(f"{ADD} app.py:5 x --watch open", 2, r"NAME=EXPRESSION", ""),
    Wrong(f"{ADD} app.py:5 --watch a=b --watch a=c", 2, r"two watches are called 'a'", ""),
    # limits and flags
    Wrong(f"{ADD} app.py:5 x --limit 0", 2, r"'0' is no whole number above 0, nor none", ""),
    Wrong(f"{ADD} app.py:5 x --rate nan", 2, r"'nan' is no number above 0", ""),
    Wrong(f"{ADD} app.py:5 x --sample 2", 2, r"--sample", ""),
    Wrong(f"{ADD} app.py:5 x --stack 21", 2, r"--stack", ""),
    Wrong(f"{ADD} app.py:5 x --for soon", 2, r"'soon' is no duration: write 90s, 30m", ""),
    Wrong(f"{ADD} app.py:5 x --for 8d", 2, r"at most 7 d", ""),
    Wrong(f"{ADD} app.py:5 x --id a/b", 2, r"'id' must be 1 to 64 letters", "bad-field"),
    Wrong(f"{ADD} app.py:5 x --id k3f9", 1, r"a rule 'k3f9' already: choose another --id", "duplicate-id"),
    Wrong(f"{ADD} app.py:5 x --frobnicate", 2, r"No such option.*See `hotlog add --help`", ""),
    Wrong("add orders", 2, r"Missing argument 'TARGET'.*See `hotlog add --help`", ""),
    Wrong("add ../orders app.py:5", 2, r"no function: write its name, its ARN, NAME:ALIAS", ""),
    Wrong("add orders:a/b app.py:5", 2, r"no function: write its name", ""),
    Wrong("add orders:prod app.py:5", 1, r"'prod' is no version, and without AWS", "unknown-qualifier"),
    Wrong("add stock-* app.py:5", 1, r"no function matches 'stock-\*'", "unknown-function"),
    Wrong("ls orders:prod", 2, r"rules are kept per function", ""),
    Wrong("rm stock-* k3f9", 1, r"no function matches 'stock-\*'", "unknown-function"),
    # what the rule reads
    Wrong(
        f"{ADD} app.py:6 t={{totl}}",
        2,
        r"message: 'totl' is no name.*Did you mean 'total'.*\n  t=\{totl\}\n +\^",
        "unknown-name",
    ),
    Wrong(
        f"{ADD} app.py:5 x --if total",
        2,
        r"--if: 'total' has no value before line 5.*Try line 6",
        "not-yet-assigned",
    ),
    Wrong(f"{ADD} app.py:5 x --watch k=api_key", 2, r"--watch k: `api_key` is redacted", "redacted-name"),
    Wrong("ad orders app.py:5", 2, r"no command 'ad'\. Did you mean add", ""),
    Wrong("ls --store file:x", 2, r"give one of them", ""),
    # rules that are not there
    Wrong("rm orders k3f8", 1, r"no rule 'k3f8'\. Did you mean k3f9", "unknown-rule"),
    Wrong("rm orders zzzz", 1, r"no rule 'zzzz'\. There are k3f9, k3aa", "unknown-rule"),
    Wrong("rm orders k3", 1, r"'k3' could be k3aa, k3f9: write more", "ambiguous-rule"),
    Wrong("rm orders k3f9 zzzz", 1, r"no rule 'zzzz'", "unknown-rule"),
    Wrong("rm stock k3f9", 1, r"'stock' has never had rules in .*: orders", "unknown-function"),
    Wrong("edit stock k3f9 --limit 3", 1, r"'stock' has never had rules", "unknown-function"),
    Wrong("show stock k3f9", 1, r"'stock' has never had rules", "unknown-function"),
    Wrong("export stock", 1, r"'stock' has never had rules", "unknown-function"),
    Wrong("rm orders --group nobody", 1, r"no rule belongs to the group 'nobody'", "unknown-rule"),
    Wrong("rm orders", 2, r"name the rules to remove too, or a --group; all of a function: hotlog clear", ""),
    Wrong("show orders zzzz", 1, r"no rule 'zzzz'", "unknown-rule"),
    # reading
    Wrong("tail orders --since soon", 2, r"'soon' is no duration", ""),
    Wrong("status orders --since -1", 2, r"'-1' is no duration", ""),
    Wrong("status", 2, r"name a function, a pattern.*See `hotlog status --help`", ""),
    Wrong("history orders", 2, r"file:.hotlog keeps no history", "no-history"),
    Wrong("policy orders --role owner", 2, r"'function', 'reader', 'operator', 'agent', 'installer'", ""),
    Wrong("completion powershell", 2, r"'bash', 'zsh', 'fish'", ""),
    Wrong("statsu orders", 2, r"no command 'statsu'\. Did you mean status", ""),
    # a handler that cannot be run
    Wrong("invoke app", 2, r"write MODULE\.FUNCTION", "bad-handler"),
    Wrong("invoke nomodule.handler", 2, r"no module 'nomodule'", "bad-handler"),
    Wrong("invoke app.handler", 2, r"app has no function 'handler'", "bad-handler"),
    Wrong("invoke json.dumps", 2, r"json is not in ", "bad-handler"),
    Wrong(
        "invoke fails.handler",
        1,
        r"fails cannot be imported: ModuleNotFoundError.*fails\.py:1",
        "handler-import",
    ),
    Wrong("invoke app.charge --event none.json", 1, r"none\.json: No such file", ""),
    Wrong("invoke app.charge --event half.json", 2, r"half\.json holds no JSON", "bad-event"),
    Wrong("invoke app.charge --timeout 0", 2, r"--timeout", ""),
    Wrong("invoke app.charge --source nowhere", 2, r"nowhere is no directory", "bad-source"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.words)
def test_wrong_input_is_one_sentence_with_the_way_out(wrong: Wrong) -> None:
    before = stored()

    alone = wrong.words.startswith("completion")  # reads no store
    ran = hotlog(*wrong.words.split(), *([] if alone else ["--local"]))

    assert ran.code == wrong.code
    assert ran.out == ""
    assert re.search(wrong.says, ran.err), ran.err
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    if wrong.kind:
        assert f"[{wrong.kind}]" in ran.err.splitlines()[0]
    assert stored() == before


DAMAGED = [
    ("{", "document-damaged", "cannot be read"),
    ("[]", "document-damaged", "no version"),
    ('{"v": 99, "rules": []}', "document-newer", "newer hotlog"),
    ('{"v": 1, "rules": [1]}', "document-damaged", "no list of objects"),
]


@pytest.mark.parametrize(("text", "code", "says"), DAMAGED)
@pytest.mark.parametrize(
    "words",
    ["ls orders", "show orders k3f9", "rm orders k3f9", "clear orders", "pause orders", f"{ADD} app.py:5"],
)
def test_a_damaged_document_is_named_and_kept(words: str, text: str, code: str, says: str) -> None:
    Path(".hotlog/orders.json").write_text(text)

    ran = hotlog(*words.split(), "--local")

    assert (ran.code, ran.out) == (1, "")
    assert f"[{code}]" in ran.err
    assert says in ran.err
    assert stored() == {"orders.json": text}


@pytest.mark.parametrize("text", [text for text, _, _ in DAMAGED])
def test_clear_force_starts_anew_and_keeps_a_copy(text: str) -> None:
    Path(".hotlog/orders.json").write_text(text)

    assert hotlog("clear", "orders", "--force", "--local").code == 0

    (copy,) = Path().glob("hotlog-orders-v*.txt")
    assert copy.read_text() == text
    assert hotlog("ls", "orders", "--local").code == 0


NO_AWS = [
    ({}, "no-region", r"--region.*--local"),
    (
        {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"},
        "no-credentials",
        r"credentials.*--local",
    ),
    ({"AWS_PROFILE": "nobody"}, "no-credentials", r"nobody.*--profile"),
    pytest.param(
        {
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_MAX_ATTEMPTS": "1",
        },
        "unreachable",
        r"network.*--local",
        marks=pytest.mark.long,  # it tries again some seconds
    ),
]


@pytest.mark.parametrize(
    ("variables", "code", "says"), NO_AWS, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("words", ["ls orders", f"{ADD} app.py:5", "tail orders --no-follow"])
def test_without_aws_the_sentence_says_what_is_missing_and_how_to_do_without(
    words: str, variables: dict[str, str], code: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    ran = hotlog(*words.split())

    assert (ran.code, ran.out) == (1, "")
    assert f"[{code}]" in ran.err
    assert re.search(says, ran.err), ran.err
    assert len(ran.err.splitlines()) == 1


REFUSALS = [
    ("AccessDeniedException", "denied", "ls orders", r"denies ssm:GetParameter on /hotlog/orders"),
    ("ExpiredTokenException", "expired-credentials", "ls orders", r"sign in again"),
    (
        "AccessDeniedException",
        "denied",
        "tail orders --no-follow",
        r"denies logs:FilterLogEvents on /aws/lambda/orders",
    ),
    ("ResourceNotFoundException", "missing", "tail orders --no-follow", r"no log group /aws/lambda/orders"),
    (
        "AccessDeniedException",
        "denied",
        "tail orders --no-follow",
        (
            r'{"Effect": "Allow", "Action": "logs:FilterLogEvents", '
            r'"Resource": "arn:aws:logs:\*:\*:log-group:/aws/lambda/orders:\*"}'
        ),
    ),
    (
        "ThrottlingException",
        "throttled",
        "tail orders --no-follow",
        r"throttles logs:FilterLogEvents on /aws/lambda/orders .*try again in some seconds",
    ),
    ("ExpiredTokenException", "expired-credentials", "tail orders --no-follow", r"sign in again"),
    (
        "AccessDeniedException",
        "denied",
        "history orders",
        r'denies ssm:GetParameterHistory on /hotlog/orders(.|\n)*"Action": "ssm:GetParameterHistory"',
    ),
    ("ThrottlingException", "throttled", "history orders", r"throttles ssm:GetParameterHistory"),
    ("AccessDeniedException", "denied", "status orders", r"denies ssm:GetParameter on /hotlog/orders"),
]


@pytest.mark.parametrize(("refusal", "code", "words", "says"), REFUSALS)
@pytest.mark.long
def test_what_aws_refuses_names_the_action_and_the_resource(
    refusal: str, code: str, words: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(action: str, _request: dict[str, Any]) -> Answer:
        if action.startswith("GET "):  # who may read logs need not be one who may look at functions
            return 403, {"message": "no"}
        return 400, {"__type": refusal, "message": "words of AWS"}

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with canned_aws(refuse) as endpoint:
        use(endpoint, monkeypatch)
        ran = hotlog(*words.split())

    assert (ran.code, ran.out) == (1, "")
    assert f"[{code}]" in ran.err
    assert re.search(says, ran.err), ran.err


@pytest.mark.parametrize("url", ["nonsense", "s3:bucket", "file:"])
def test_a_store_that_is_none_is_wrong_usage(url: str) -> None:
    ran = hotlog("ls", "orders", "--store", url)

    assert ran.code == 2
    assert "[bad-store]" in ran.err


def test_a_directory_that_may_not_be_used_is_named() -> None:
    Path("taken").write_text("a file")

    ran = hotlog("add", "orders", "app.py:5", "--store", "file:taken")

    assert ran.code == 1
    assert "taken" in ran.err
    assert "Traceback" not in ran.err


def test_the_mark_is_below_the_fault_whatever_the_line_holds() -> None:
    ran = hotlog("add", "orders", "app.py:5", "first\n\t{x}}", "--local")

    _, line, mark = ran.err.splitlines()
    assert line[mark.index("^")] == "}"
    assert line.strip() == r"\t{x}}"


def test_what_reads_at_the_end_of_a_call_knows_every_variable_and_no_other() -> None:
    words = ("add", "orders", "app:charge", "--call", "--local")

    assert hotlog(*words, "--if", "total > 3").code == 0
    ran = hotlog(*words, "--if", "total > totl")
    assert (ran.code, "[unknown-name]" in ran.err) == (2, True)


def test_the_mark_is_below_the_name_that_is_not_there() -> None:
    for words in (["n={len(items)} t={totl}"], ["x", "--if", "len(items) > totl"]):
        _, line, mark = hotlog("add", "orders", "app.py:6", *words, "--local").err.splitlines()
        assert line[mark.index("^") :].startswith("totl")


def test_what_a_message_quotes_cannot_steer_the_terminal() -> None:
    ran = hotlog("rm", "orders", "\x1b[2Jgone", "--local")

    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert r"\x1b[2Jgone" in ran.err


def test_a_store_that_holds_somebody_elses_json_is_left_alone() -> None:
    Path(".hotlog/orders.json").write_text(json.dumps({"name": "my package", "version": "1.0"}))
    before = stored()

    assert hotlog("add", "orders", "app.py:5", "--local").code == 1
    assert stored() == before
