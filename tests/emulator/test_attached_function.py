"""The whole way of the layer, on every Python there is: published, attached, downloaded, run, logged from, detached.

Parts are real: the function and the layer are downloaded from an AWS account over HTTP as they were uploaded, and run under
AWS's runtime interface emulator by an interpreter that has the runtime client and nothing of hotlog's.
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any, get_args

import pytest
from mypy_boto3_lambda.literals import RuntimeType

from hotlog.client.account.aws import Aws
from hotlog.client.attaching import lambda_configuration
from hotlog.client.options import Options
from hotlog.interpreter.supported import RUNNING
from tests.support.cli import hotlog
from tests.support.deployed import deploy, files_below
from tests.support.layers import unpack
from tests.support.markers import line_with
from tests.support.places import ROOT
from tests.support.pythons import VERSIONS, versions, with_runtime_client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function, Reply


ORDERS = ROOT / "examples" / "orders"
TOTAL = f"pricing.py:{line_with(ORDERS / 'pricing.py', 'return total')}"
EVENT = json.loads((ORDERS / "events" / "order-ok.json").read_text())
RUNTIMES: dict[str, RuntimeType] = {
    version: name for name in get_args(RuntimeType) for version in VERSIONS if name == f"python{version}"
}


def unwrapped() -> dict[str, str | bytes]:
    """The order API as it would be without hotlog in its code."""
    files: dict[str, str | bytes] = {**files_below(ORDERS)}
    app = (ORDERS / "app.py").read_text().replace("import hotlog\n", "").replace("@hotlog.wrap\n", "")
    assert "hotlog" not in app
    return files | {"app.py": app}


def configuration(aws: Ministack) -> bytes:
    """What Lambda says about the function, but for when and how often it was written."""
    lambda_configuration.read(Aws(Options("ssm:")), "orders")  # waits until no update is under way
    found: dict[str, Any] = dict(aws.client("lambda").get_function_configuration(FunctionName="orders"))
    for key in ("RevisionId", "LastModified", "ResponseMetadata"):
        del found[key]
    return json.dumps(found).encode()


def downloaded(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # the emulator's own
        data: bytes = answer.read()
    return data


def function_of(aws: Ministack, kind: type[Function], version: str, folder: Path, **more: str) -> Function:
    """The function as it is configured now: its package and its layers, downloaded, and its variables."""
    client = aws.client("lambda")
    found = client.get_function(FunctionName="orders")
    settings = found["Configuration"]
    task, opt = folder / "task", folder / "opt"
    task.mkdir(parents=True)
    opt.mkdir()
    unpack(downloaded(found["Code"]["Location"]), task)
    for layer in settings.get("Layers", []):
        unpack(downloaded(client.get_layer_version_by_arn(Arn=layer["Arn"])["Content"]["Location"]), opt)
    return kind(
        task,
        settings["Handler"],
        layer=opt,
        env=aws.env()
        | {"AWS_LAMBDA_FUNCTION_NAME": "orders", **settings["Environment"]["Variables"], **more},
        timeout_s=10,
        python=with_runtime_client(version),
    )


def events(reply: Reply, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in reply.lines if line.startswith('{"hotlog"')]
    return [event for event in found if event["hotlog"] == kind]


@pytest.mark.parametrize("function", ["emulator"], indirect=True)
@pytest.mark.parametrize(
    "version",
    [pytest.param(version, marks=[] if version == RUNNING else [pytest.mark.slow]) for version in versions()],
)
def test_a_function_is_attached_logged_from_and_given_back(
    function: type[Function], version: str, aws: Ministack, tmp_path: Path
) -> None:
    variables = {"ORDERS_DB": str(tmp_path / "orders.db"), "STAGE": "prod"}
    deploy(aws, "orders", unwrapped(), variables=variables, runtime=RUNTIMES[version])
    before = configuration(aws)
    with function_of(aws, function, version, tmp_path / "bare") as running:
        bare = running.invoke(EVENT)
    assert bare.payload.get("statusCode") == 201, (bare.payload, running.log())
    assert bare.lines == []

    assert hotlog("attach", "orders").code == 0
    with function_of(aws, function, version, tmp_path / "attached") as running:
        silent = running.invoke(EVENT)
        added = hotlog("add", "orders", TOTAL, "total={total}", "--source", str(ORDERS), "--id", "k3f9")
        assert added.code == 0, added.err
        logged = running.invoke_until_logged(EVENT)
        assert hotlog("rm", "orders", "k3f9").code == 0
        quiet = running.invoke(EVENT)
    assert [silent.payload, logged.payload, quiet.payload] == [bare.payload] * 3
    assert silent.lines == []
    total = json.loads(bare.payload["body"])["total"]
    assert [event["message"] for event in events(logged, "log")] == [f"total={total}"]
    assert [event["backend"] for event in events(logged, "status")] == ["recompile"]
    assert events(quiet, "log") == []

    assert hotlog("add", "orders", TOTAL, "total={total}", "--source", str(ORDERS)).code == 0
    with function_of(aws, function, version, tmp_path / "splice", HOTLOG_BACKEND="splice") as running:
        spliced = running.invoke(EVENT)
    assert [event["message"] for event in events(spliced, "log")] == [f"total={total}"]
    assert [event["backend"] for event in events(spliced, "status")] == ["splice"]
    assert spliced.payload == bare.payload

    assert hotlog("detach", "orders").code == 0
    assert configuration(aws) == before
    with function_of(aws, function, version, tmp_path / "detached") as running:
        detached = running.invoke(EVENT)
    assert (detached.payload, detached.lines) == (bare.payload, [])


def test_every_supported_python_has_a_runtime_in_lambda() -> None:
    assert set(RUNTIMES) == set(VERSIONS)
