"""Addresses of stores and sinks: one table each, third parties by `module:factory`, and what makes no sense is told."""

from __future__ import annotations

import ast
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.addresses import (
    SINKS,
    STORES,
    find_sink,
    find_store,
    find_used_sink,
    open_sink,
    open_store,
)
from hotlog.errors import ConfigError, StoreError
from hotlog.rules.document import Document
from hotlog.rules.model import entry_of
from hotlog.runtime.closing import close
from hotlog.sinks import SinkScheme
from hotlog.stores import StoreScheme
from hotlog.stores.file import FileStore
from tests.support.markers import line_of
from tests.support.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from hotlog.events import Event

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
BAD_SINKS = (
    "cloudwach:/g", "cloudwach:g", "STDOUT", "stdout:", "stdout:x", "file:", "cloudwatch:", ":", "s3://b", " stdout",
)  # fmt: skip
BAD_STORES = (
    "s3://b/r", "SSM:/hotlog", "ssm", "ssm:/aws/x", "file:", "file", "FILE:x", "memory:x", "nonsense", "://", "a b:c",
)  # fmt: skip

THIRD = """
import time
from hotlog.stores import Answer

def callable_sink(opening):
    assert opening.rest == ""
    return seen.append

seen = []
openings = []

class Sink:
    def emit(self, event, line): seen.append(line)
    def flush(self, timeout_ms): pass
    def close(self): pass

class Store:
    text = '{"v": 1, "rules": []}'
    def read(self, function, timeout_ms=None):
        if isinstance(self.text, Exception):
            raise self.text
        if self.text == "slow":
            time.sleep(3)
        return Answer(self.text, 1, 1.0) if isinstance(self.text, str) else self.text
    def update(self, function, change, *, keep=None): raise OSError("disk full")
    def functions(self): return ["b", "a"]

def object_sink(opening): return Sink()
def open_store(opening):
    openings.append(opening)
    return Store()
def raises(opening): raise LookupError("no bucket")
def exits(opening): raise SystemExit("run me as a program")
def nothing(opening): return None
def number(opening): return 7
def no_arguments(): return Sink()
not_callable = "text"

def handler(event, context):
    doubled = [event * 2]
    return doubled[0]  # <the line of the rule>
"""


@pytest.fixture(name="third")
def _third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "third_sample.py").write_text(THIRD)
    (tmp_path / "breaks_at_import.py").write_text("1 / 0")
    (tmp_path / "exits_at_import.py").write_text("import sys; sys.exit('usage: …')")
    monkeypatch.syspath_prepend(str(tmp_path))
    import third_sample  # type: ignore[import-not-found]  # made above

    yield third_sample
    for name in ("third_sample", "breaks_at_import", "exits_at_import"):
        sys.modules.pop(name, None)


FAULTY = {
    "no_such_module:make": "ModuleNotFoundError",
    "third_sample:gone": "AttributeError",
    "third_sample:raises": "no bucket",
    "third_sample:exits": "run me as a program",
    "third_sample:nothing": "NoneType",
    "third_sample:number": "int",
    "third_sample:no_arguments": "TypeError",
    "third_sample:not_callable": "TypeError",
    "breaks_at_import:make": "ZeroDivisionError",
    "exits_at_import:make": "usage",
}


# --- the tables ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_no_module_but_the_table_and_a_schemes_own_writes_an_address() -> None:
    """A scheme's own module may: it says how its URLs are written."""
    own = {each.module for each in (*STORES, *SINKS)} | {"hotlog.addresses"}
    schemes = {each.form.partition(":")[0] for each in (*STORES, *SINKS)}
    found = []
    for path in sorted((ROOT / "hotlog").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if module in own:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                scheme, colon, rest = node.value.partition(":")
                is_action = (
                    rest[:1].isupper() and rest.split()[0].isalnum()
                )  # of IAM, such as ssm:GetParameter
                if scheme in schemes and colon and not is_action:
                    found.append(f"{module}:{node.lineno} {node.value!r}")
    assert found == []


@pytest.mark.parametrize("line", [*STORES, *SINKS], ids=lambda line: line.form)
def test_each_line_of_a_table_leads_to_its_scheme(line: Any) -> None:
    text = line.form.replace("[", "").replace("]", "")
    scheme = (find_store if line in STORES else find_sink)(text).scheme
    assert isinstance(scheme, StoreScheme if line in STORES else SinkScheme)
    assert sys.modules[line.module].SCHEME is scheme


def test_what_an_address_needs_and_where_its_events_are() -> None:
    reads = ((("ssm:GetParameter",), "arn:aws:ssm:eu-west-1:123456789012:parameter/team/orders"),)
    assert find_store("ssm:team/").permissions(ARN, "function") == reads
    assert find_store("ssm:").url == find_store("").url == "ssm:/hotlog"
    assert find_store("file:x").permissions(ARN, "function") == ()
    assert (find_store("file:x").directory, find_store("file:x").scheme.is_local) == ("x", True)
    [(actions, _)] = find_sink("cloudwatch:g").permissions(ARN)
    assert actions == ("logs:CreateLogStream", "logs:PutLogEvents")
    assert (find_sink("cloudwatch:g").log_group, find_sink("file:p:q").file) == ("g", "p:q")
    assert [find_sink(text).is_read_back for text in ("", "stdout", "cloudwatch:g", "file:p", "a:b")] == [
        True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("text", BAD_SINKS)
def test_a_sink_that_is_none(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_sink(text)
    assert caught.value.code == "bad-sink"
    assert find_used_sink(text if text != "cloudwach:g" else "").text == "stdout"


@pytest.mark.parametrize("text", BAD_STORES)
def test_a_store_that_is_none(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_store(text)
    assert caught.value.code == "bad-store"


def test_the_nearest_address_is_named() -> None:
    for text, near in {"STDOUT": "stdout", "stdout:": "stdout", "CloudWatch:/g": "cloudwatch:/g"}.items():
        with pytest.raises(ConfigError, match=f"Did you mean '{near}'"):
            find_sink(text)
    with pytest.raises(ConfigError, match="Did you mean 'ssm:/hotlog'"):
        find_store("SSM:/hotlog")
    with pytest.raises(ConfigError) as caught:
        find_store("s3://" + "x" * 5_000)
    assert len(caught.value.message) < 250


# --- third parties -------------------------------------------------------------------------------------------------


def test_looking_at_an_address_imports_nothing_of_a_third_party(third: Any) -> None:
    sys.modules.pop("third_sample")
    assert find_store("third_sample:open_store").url == "third_sample:open_store"
    assert find_sink("breaks_at_import:make").log_group == ""
    assert "third_sample" not in sys.modules


@pytest.mark.parametrize("name", ["callable_sink", "object_sink"])
def test_a_sink_of_a_third_party_gets_events(third: Any, name: str) -> None:
    sink = open_sink(f"third_sample:{name}")
    sink.emit({"hotlog": "log"}, '{"hotlog":"log"}')
    assert third.seen == [{"hotlog": "log"} if name == "callable_sink" else '{"hotlog":"log"}']


@pytest.mark.parametrize(("text", "says"), FAULTY.items())
def test_a_factory_that_fails_is_told(third: Any, text: str, says: str) -> None:
    for opens, code in ((open_sink, "bad-sink"), (open_store, "bad-store")):
        with pytest.raises(ConfigError, match=says) as caught:
            opens(text)
        assert caught.value.code == code
        assert caught.value.message.startswith(text)


def test_a_store_of_a_third_party_is_held_to_its_word(third: Any) -> None:
    store = open_store("third_sample:open_store", region="eu-west-1", profile="p", advanced=True)
    assert third.openings[-1][1:] == ("eu-west-1", "p", True)
    assert store.read("orders", 1_000).text == store.read("orders").text == third.Store.text
    assert (store.functions(), store.url) == (["a", "b"], "third_sample:open_store")
    assert not hasattr(store, "history")
    with pytest.raises(StoreError, match="disk full") as caught:
        store.update("orders", lambda document: document)
    assert caught.value.code == "store-failed"
    for text, code in (
        (KeyError("x"), "store-failed"),
        (StoreError("denied", "no"), "denied"),
        (7, "store-failed"),
        (("text", "1", 1.0), "store-failed"),
        ("slow", "unreachable"),
    ):
        third.Store.text = text
        began = time.monotonic()
        with pytest.raises(StoreError) as caught:
            store.read("orders", 200)
        assert caught.value.code == code
        assert time.monotonic() - began < 2


# --- in the function -----------------------------------------------------------------------------------------------


class Context:
    """What Lambda passes."""

    aws_request_id = "r"

    def __init__(self) -> None:
        self._epoch_deadline_time_in_ms = int(time.time() * 1_000) + 30_000


def _stored(folder: Path) -> str:
    now = datetime.now(UTC)
    rule = hotlog.Rule(
        at=f"third_sample.py:{line_of(THIRD, 'the line of the rule')}",
        message="d={doubled[0]}",
        created=now,
        expires=now + timedelta(hours=1),
    )
    FileStore(str(folder)).update("orders", lambda _: Document(entries=(entry_of(rule),)))
    return f"file:{folder}"


@pytest.mark.parametrize("sink", ["cloudwach:/g", "STDOUT", "stdout:", "file:", *FAULTY])
@pytest.mark.long
def test_a_bad_sink_is_told_and_rules_work_with_the_default(
    third: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], sink: str
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    monkeypatch.setenv("HOTLOG_STORE", _stored(tmp_path / "rules"))
    monkeypatch.setenv("HOTLOG_SINK", sink)
    wrapped = hotlog.wrap(third.handler)
    try:
        assert [wrapped(n, Context()) for n in (1, 2)] == [2, 4]
    finally:
        close(wrapped)
    out = capfd.readouterr().out
    assert out.count('"code":"bad-sink"') == 1
    assert '"message":"d=2"' in out
    assert '"state":"recovered"' not in out


@pytest.mark.parametrize("store", ["s3://b/r", "SSM:/hotlog", "ssm:/aws", *FAULTY])
def test_a_bad_store_is_told_and_the_handler_runs(
    third: Any, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    seen: list[Event] = []
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("HOTLOG_STORE", store)
    wrapped = hotlog.wrap(third.handler, sink=seen.append)
    try:
        assert [wrapped(n, Context()) for n in (1, 2)] == [2, 4]
    finally:
        close(wrapped)
    assert [(event["state"], event["code"]) for event in seen] == [("error", "bad-store")]


def test_a_store_that_fails_at_each_read_is_told_once_and_costs_no_probe(
    third: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    third.Store.text = RuntimeError("broken")
    seen: list[Event] = []
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    wrapped = hotlog.wrap(third.handler, store="third_sample:open_store", sink=seen.append)
    try:
        assert [wrapped(n, Context()) for n in range(6)] == [0, 2, 4, 6, 8, 10]
    finally:
        close(wrapped)
    assert [event["code"] for event in seen] == ["store-failed"]
