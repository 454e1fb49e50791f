"""What documents of a fleet say and how they are kept: the interval of its reads, encryption, tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from hotlog.client.client import Client
from hotlog.rules import document as documents
from hotlog.stores.ssm.store import SsmStore
from tests.support.cli import hotlog
from tests.support.deployed import deploy

if TYPE_CHECKING:
    from hotlog.rules.document import Document
    from tests.support.emulators import Ministack

pytestmark = pytest.mark.emulator
APP = {"app.py": "def handler(event, context):\n    total = 1\n    return total\n"}
OURS = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec"}


def stored(name: str = "orders") -> Document:
    return documents.loads(SsmStore().read(name).text)


def ran(aws: Ministack, function: str, environments: float, invocations: float) -> None:
    """Tell CloudWatch how much of a function, and with it of the account, ran a minute ago."""
    metrics = (("ConcurrentExecutions", environments), ("Invocations", invocations))
    for dimensions in ([{"Name": "FunctionName", "Value": function}], []):
        aws.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": datetime.now(UTC)}  # type: ignore[typeddict-item]  # boto3's stubs know the names of keys of literals only
                for name, value in metrics
            ],
        )


def test_each_change_tells_environments_how_often_to_read(aws: Ministack) -> None:
    deploy(aws, "orders", APP, variables={**OURS, "HOTLOG_REFRESH": "auto"})
    deploy(aws, "plain", APP, variables=OURS)
    ran(aws, "orders", 333, 333 * 300)
    for name in ("orders", "plain"):
        added = hotlog("add", name, "app.py:3", "x")
        assert added.code == 0, added.err
    assert stored().refresh == 18
    assert stored("plain").refresh is None, "its policy is not auto"
    assert "HOTLOG_REFRESH" not in added.err

    ran(aws, "orders", 1_000, 1_000 * 300)
    assert hotlog("edit", "orders", "app.py:3", "--limit", "50").code == 0
    assert stored().refresh == 60
    aws.client("ssm").update_service_setting(
        SettingId="/ssm/parameter-store/high-throughput-enabled", SettingValue="true"
    )
    again = hotlog("add", "orders", "app.py:3", "y")
    assert "starts 60 s or more after" in " ".join(again.err.split())
    assert stored().refresh == "each"
    hotlog("pause", "orders")
    before = SsmStore().read("orders").version
    hotlog("pause", "orders")
    assert SsmStore().read("orders").version == before, "nothing changed"


def test_an_encrypted_parameter_stays_so_with_its_key_and_tags(aws: Ministack) -> None:
    ssm = aws.client("ssm")
    deploy(aws, "orders", APP, variables=OURS)
    ssm.put_parameter(
        Name="/hotlog/orders",
        Value=documents.dumps(documents.Document()),
        Type="SecureString",
        KeyId="alias/team",
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    for words in (("add", "orders", "app.py:3", "x"), ("pause", "orders"), ("resume", "orders")):
        ran_ = hotlog(*words)
        assert ran_.code == 0, ran_.err
    [found] = ssm.describe_parameters()["Parameters"]
    assert (found["Type"], found["KeyId"], found["Version"]) == ("SecureString", "alias/team", 4)
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/hotlog/orders")["TagList"]
    assert tags == [{"Key": "team", "Value": "shop"}]
    assert len(documents.loads(SsmStore().read("orders", timeout_ms=5_000).text).entries) == 1
    assert len(Client().history("orders")) == 4
