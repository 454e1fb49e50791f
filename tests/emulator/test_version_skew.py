"""A desk and a layer of different versions: what both know works, what the layer does not know is refused at the desk."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.account.known_rules import read_known_rules
from hotlog.client.attaching.layer_zip import build
from hotlog.errors import RuleError
from hotlog.rules.kinds import KINDS
from hotlog.rules.model import Rule
from tests.emulator.test_attached_function import EVENT, TOTAL, events, function_of, unwrapped
from tests.support.cli import hotlog as command
from tests.support.deployed import deploy
from tests.support.places import TESTS
from tests.support.pythons import VERSIONS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

# Built once with `hotlog layer build` from the commit before the desk had a client.
OLD = (TESTS / "support" / "data" / "layer-before.zip").read_bytes()
HERE = next(iter(VERSIONS))
TRIES = 20


def without(data: bytes, **patterns: str) -> bytes:
    """A layer whose modules of `rules/` lack what the patterns match: a layer of a time before that."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            for module, pattern in patterns.items():
                if entry.filename == f"hotlog-packages/hotlog/rules/{module}.py":
                    content, count = re.subn(pattern.encode(), b"", content)
                    assert count == 1, (module, pattern)
            new.writestr(entry, content)
    return made.getvalue()


def attach(aws: Ministack, data: bytes) -> str:
    """Deploy the order API with a layer called hotlog; its ARN."""
    deploy(aws, "orders", unwrapped(), runtime=f"python{HERE}")  # type: ignore[arg-type]  # one of Lambda's
    arn = aws.client("lambda").publish_layer_version(LayerName="hotlog", Content={"ZipFile": data})[
        "LayerVersionArn"
    ]
    assert command("attach", "orders", "--layer", arn).code == 0
    return arn


def logged(running: Function, count: int = TRIES) -> list[dict[str, Any]]:
    """The events of invocations until a rule has logged; on a busy machine it goes in at a later one."""
    found: list[dict[str, Any]] = []
    for _ in range(count):
        reply = running.invoke(EVENT)
        found += events(reply, "status") + events(reply, "log")
        if any(event["hotlog"] == "log" for event in found):
            break
    return found


@pytest.mark.parametrize("function", ["emulator"], indirect=True)
def test_an_old_layer_obeys_a_new_desk(aws: Ministack, function: type[Function], tmp_path: Path) -> None:
    attach(aws, OLD)
    client = hotlog.Client()
    rules = [{"at": TOTAL, "message": "total={total}"}, {"at": "place_order", "kind": "call"}]
    done = client.change("orders", add=rules)
    assert [each.obstacles for each in done.rules] == [(), ()]
    with function_of(aws, function, HERE, tmp_path / "old", ORDERS_DB=str(tmp_path / "orders.db")) as running:
        found = logged(running)
    assert [event["message"] for event in found if event["hotlog"] == "log"] == ["total=4650"], found


@pytest.mark.parametrize("function", ["emulator"], indirect=True)
def test_a_new_layer_obeys_an_old_document_and_tells_its_version_once(
    aws: Ministack, function: type[Function], tmp_path: Path
) -> None:
    attach(aws, build().data)
    now = datetime.now(UTC)
    entry = {
        "id": "k3f9",
        "at": TOTAL,
        "text": "return total",
        "in": "Cart.total",
        "message": "total={total}",
        "created": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "by": "ana",
    }
    document = {"v": 1, "base": 0, "paused": False, "rules": [entry, {**entry, "id": "m2pp"}]}
    aws.client("ssm").put_parameter(Name="/hotlog/orders", Value=json.dumps(document), Type="String")
    with function_of(aws, function, HERE, tmp_path / "new", ORDERS_DB=str(tmp_path / "orders.db")) as running:
        found = logged(running)
        found += logged(running, 1)
    assert {event["message"] for event in found if event["hotlog"] == "log"} == {"total=4650"}
    told = [event["hotlog_version"] for event in found if "hotlog_version" in event]
    assert told == [hotlog.__version__]


def test_what_the_layer_does_not_know_is_refused_and_an_upgrade_is_the_way_out(aws: Ministack) -> None:
    arn = attach(
        aws,
        without(
            OLD,
            model=r"\n    ring: int = 0",
            kinds=r'    "trace": Kind\([^\n]*\n(?:        [^\n]*\n|    \),\n)*',
        ),
    )
    client = hotlog.Client()
    assert client.change("orders", add=[{"at": TOTAL, "message": "x={total}"}]).rules

    with pytest.raises(RuleError) as caught:
        client.change("orders", add=[{"at": TOTAL, "message": "x={total}", "ring": 5}])
    assert caught.value.code == "layer-too-old"
    assert caught.value.message == (
        f"the layer {arn} has hotlog 0.1.0, which does not know `ring`: "
        "`hotlog attach orders --upgrade` puts this one on."
    )
    assert len(client.rules("orders").rules) == 1
    ran = command("add", "orders", "app:place_order", "--trace")
    assert (ran.code, ran.out) == (2, "")
    assert "does not know rules of the kind trace" in ran.err
    assert "[layer-too-old]" in ran.err

    assert command("attach", "orders", "--upgrade").code == 0
    assert command("add", "orders", "app:place_order", "--trace").code == 0
    assert hotlog.Client().change("orders", add=[{"at": TOTAL, "message": "x={total}", "ring": 5}]).rules


def test_an_upgrade_takes_the_place_of_a_layer_that_somebody_else_has_put_on(aws: Ministack) -> None:
    client = aws.client("lambda")
    arn = client.publish_layer_version(LayerName="hotlog", Content={"ZipFile": OLD})["LayerVersionArn"]
    deploy(aws, "orders", unwrapped(), layers=(arn,))

    refused = command("attach", "orders")
    assert (refused.code, "[other-layer]" in refused.err) == (1, True)
    assert command("attach", "orders", "--upgrade").code == 0
    [layer] = client.get_function_configuration(FunctionName="orders")["Layers"]
    assert layer["Arn"] != arn


def test_what_this_layer_knows_is_what_this_desk_knows(aws: Ministack) -> None:
    attach(aws, build().data)
    account = hotlog.Client().desk.aws()
    known = read_known_rules(account, account.function("orders"))
    assert known is not None
    assert known.kinds == KINDS.keys()
    assert known.fields == {{"condition": "if", "function": "in"}.get(name, name) for name in Rule._fields}
    assert known.version == hotlog.__version__
