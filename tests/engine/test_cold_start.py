"""What an environment without rules pays: modules imported, proven in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hotlog.rules.document import Document
from hotlog.rules.model import Rule, entry_of
from hotlog.stores.file import FileStore
from tests.support.places import ROOT
from tests.support.rule_server import RuleServer, answering, found, http, refusing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.rule_server import Behaviour


FORBIDDEN = {
    "ast",
    "boto3",
    "botocore",
    "bytecode",
    "click",
    "dataclasses",
    "dis",
    "inspect",
    "rich",
    "watchtower",
}
OWN_MODULES_MAX = 28  # six of them are folders, whose `__init__` holds little; two look before anything else is imported, and import it

# What the managed runtime has loaded before it imports a handler (`python -X importtime -m awslambdaric`).
AS_IN_LAMBDA = (
    "import json, logging, os, time, traceback, urllib.parse, http, signal, random, types, importlib\n"
)

PROGRAM = (
    AS_IN_LAMBDA
    + """
import sys
before = set(sys.modules)
import hotlog

@hotlog.wrap
def handler(event, context):
    return event

assert handler({"n": 1}, None) == {"n": 1}
assert handler.__hotlog__
json.dump(sorted(set(sys.modules) - before), sys.stdout)
"""
)


def modules_loaded(store: Path, **env: str) -> set[str]:
    """Modules that wrapping and one invocation add, in a process like Lambda's."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            "HOTLOG_STORE": f"file:{store}",
            "HOTLOG_SINK": f"file:{store}/events",
            "AWS_LAMBDA_FUNCTION_NAME": "orders",
            "PYTHONPATH": str(ROOT),
            **env,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


@pytest.mark.process
def test_without_a_document_nothing_heavy_is_imported(tmp_path: Path) -> None:
    loaded = modules_loaded(tmp_path)
    assert not loaded & FORBIDDEN
    own = {name for name in loaded if name.startswith("hotlog")}
    assert len(own) <= OWN_MODULES_MAX, sorted(own)


@pytest.mark.process
def test_an_empty_document_costs_no_more(tmp_path: Path) -> None:
    FileStore(str(tmp_path)).update("orders", lambda _: Document(paused=True))
    assert "orders" in FileStore(str(tmp_path)).functions()
    assert not modules_loaded(tmp_path) & FORBIDDEN


@pytest.mark.process
def test_a_rule_brings_the_engine(tmp_path: Path) -> None:
    """The tests above would pass for a store that is never read."""
    now = datetime.now(UTC)
    rule = Rule(at="app.py:1", created=now, expires=now + timedelta(hours=1))
    FileStore(str(tmp_path)).update("orders", lambda _: Document(entries=(entry_of(rule),)))
    assert {"hotlog.agent.reconcile", "hotlog.hits.rule_handler"} <= modules_loaded(tmp_path)


@pytest.mark.process
@pytest.mark.parametrize(
    "behaviour",
    [answering(http(200, found('{"v":1}'))), refusing("ParameterNotFound"), refusing("ThrottlingException")],
    ids=["empty", "missing", "throttled"],
)
def test_parameter_store_is_read_without_any_package_of_aws(tmp_path: Path, behaviour: Behaviour) -> None:
    with RuleServer(behaviour).running() as server:
        loaded = modules_loaded(
            tmp_path,
            HOTLOG_STORE="ssm:",
            AWS_ENDPOINT_URL=server.url,
            AWS_REGION="eu-west-1",
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",  # noqa: S106  # good for nothing else
        )
        assert server.exchanges, "it was read"
    assert not loaded & (FORBIDDEN | {"http.client", "email.parser", "ssl", "encodings.idna"})
    own = {name for name in loaded if name.startswith("hotlog")}
    assert len(own) <= OWN_MODULES_MAX + 6, sorted(own)


@pytest.mark.process
def test_the_kill_switch_imports_nothing_but_the_wrapper() -> None:
    program = AS_IN_LAMBDA + "import sys, hotlog\nf = lambda e, c: e\nassert hotlog.wrap(f) is f\n"
    program += "print('hotlog.stores.ssm.store' in sys.modules or 'hotlog.hits.rule_handler' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"HOTLOG": "off", "AWS_LAMBDA_FUNCTION_NAME": "orders", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
