"""What `attach` and `doctor` say beforehand of a function that brings a `hotlog` of its own, or sets PYTHONPATH."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hotlog.client.deployed import EXEC_WRAPPER, OURS
from tests.support.cli import hotlog
from tests.support.deployed import deploy, layer
from tests.support.places import ROOT

if TYPE_CHECKING:
    from tests.support.emulators import Ministack

CODE = {"app.py": "def handler(event, context):\n    return event\n"}
OTHER = "VALUE = 'another project'\n"
OURS_OF_ANY_VERSION = (ROOT / "hotlog" / "__init__.py").read_text()
FOREIGN = {
    "a module": {"hotlog.py": OTHER},
    "a package": {"hotlog/__init__.py": OTHER, "hotlog/part.py": ""},
    "a package without `__init__.py`": {"hotlog/part.py": OTHER},
    "bytecode alone": {"hotlog/__init__.pyc": "another project"},
    "a module beside a folder of ours": {
        "hotlog.py": OTHER,
        "vendor/hotlog/__init__.py": OURS_OF_ANY_VERSION,
    },
}
NONE = {
    "nothing": {},
    "a folder of data": {"hotlog/rates.json": "{}"},
    "a folder deeper down": {"shop/hotlog.py": OTHER},
    "a name that begins so": {"hotlogger.py": OTHER},
}


def notes() -> dict[str, str]:
    ran = hotlog("attach", "orders", "--dry-run", "--json")
    assert ran.code == 0, ran.err
    return {note["code"]: note["text"] for note in json.loads(ran.out)["notes"]}


def wrapping() -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(hotlog("doctor", "orders", "--json").out)
    return next(finding for finding in found if finding["check"] == "wrapping")


@pytest.mark.in_part(3)
@pytest.mark.parametrize("files", FOREIGN.values(), ids=FOREIGN)
def test_attach_refuses_beside_another_projects_hotlog(aws: Ministack, files: dict[str, str]) -> None:
    deploy(aws, "orders", {**CODE, **files})
    before = aws.client("lambda").get_function_configuration(FunctionName="orders")
    for words in ((), ("--dry-run",)):
        ran = hotlog("attach", "orders", *words)
        assert ran.code == 1
        assert "[foreign-hotlog]" in ran.err
        assert f"{next(iter(files))} of the package of orders is another project's" in ran.err
    after = aws.client("lambda").get_function_configuration(FunctionName="orders")
    assert after["RevisionId"] == before["RevisionId"]


@pytest.mark.in_part(2)
@pytest.mark.parametrize("files", NONE.values(), ids=NONE)
def test_what_nobody_imports_as_hotlog_is_no_hindrance(aws: Ministack, files: dict[str, str]) -> None:
    deploy(aws, "orders", {**CODE, **files})
    assert notes() == {}


def test_another_layer_may_bring_it_too(aws: Ministack) -> None:
    other = layer(aws, "deps", {"python/hotlog.py": OTHER})
    deploy(aws, "orders", CODE, layers=(other,))
    ran = hotlog("attach", "orders", "--dry-run")
    assert ran.code == 1
    assert f"hotlog.py of the layer {other}" in ran.err


def test_a_copy_of_hotlog_lambda_is_used(aws: Ministack) -> None:
    deploy(aws, "orders", {**CODE, "hotlog/__init__.py": OURS_OF_ANY_VERSION})
    assert "that copy wraps the handler" in notes()["own-copy"]
    assert hotlog("attach", "orders").code == 0
    found = wrapping()
    assert found["state"] == "ok"
    assert "hotlog/__init__.py of the package of orders wraps the handler" in found["text"]


def test_a_pythonpath_of_its_own_is_told(aws: Ministack) -> None:
    deploy(aws, "orders", CODE, variables={"PYTHONPATH": "/var/task/secret"})
    told = notes()["own-pythonpath"]
    assert "takes it out again" in told
    assert "secret" not in told, "no value of a variable is shown"
    assert hotlog("attach", "orders").code == 0
    assert "its own PYTHONPATH" in wrapping()["text"]


def test_doctor_finds_what_was_deployed_after_the_attach(aws: Ministack) -> None:
    deploy(aws, "orders", {**CODE, "hotlog.py": OTHER}, variables={EXEC_WRAPPER: OURS})
    ran = hotlog("doctor", "orders", "--json")
    found = wrapping()
    assert ran.code == 1
    assert found["state"] == "fail"
    assert "foreign-hotlog" in found["text"]
    assert "another name" in found["fix"]
