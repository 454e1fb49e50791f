"""What the desk is told of a function, and what it cannot see: snippets whole, settings, images, other people's files."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hotlog
from hotlog.client.attaching.attachment import MARK, Wiring, attach_layer
from hotlog.client.attaching.snippets import TOOLS
from tests.support.account import REFUSED, Account
from tests.support.canned_aws import use
from tests.support.cli import hotlog as run
from tests.support.cli import settle_in
from tests.support.deployed import zipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.canned_aws import Answer

LAYER = "arn:aws:lambda:eu-west-1:123456789012:layer:hotlog:3"
APP = "def handler(event, context):\n    return event\n"
RULE = ("orders", "app.py:2", "n={event}")


class Deployment(Account):
    """One function whose configuration a test chooses."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, str] = {}
        self.more: dict[str, Any] = {}
        self.parameter: dict[str, Any] | None = None

    def answer(self, action: str, request: dict[str, Any]) -> Answer:
        if action == "GetParameter" and self.parameter:
            return 200, {"Parameter": self.parameter}
        if action.endswith("/configuration"):
            return 200, self._configuration("orders", "$LATEST")
        if action == "FilterLogEvents" or (action.startswith("GET") and "layers" in action):
            return 200, {"events": [], "LayerVersions": []}
        if action == "SimulatePrincipalPolicy":
            return 403, REFUSED
        if action.startswith("GET ") and not action.startswith(("GET /2015-03-31/functions", "GET /code/")):
            return 403, {"__type": "AccessDeniedException", "message": "no"}
        return super().answer(action, request)

    def _configuration(self, name: str, version: str) -> dict[str, Any]:
        found = super()._configuration(name, version) | {
            "Environment": {"Variables": self.variables},
            "Role": "arn:aws:iam::123456789012:role/orders",
        }
        return found | self.more


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    settle_in(tmp_path, monkeypatch)
    account = Deployment()
    account.functions = {"orders": {"$LATEST": zipped({"app.py": APP})}}
    with account.running() as endpoint:
        use(endpoint, monkeypatch)
        yield account


def findings() -> dict[str, dict[str, str]]:
    found: list[dict[str, str]] = json.loads(run("doctor", "orders", "--json").out)
    return {each["check"]: each for each in found}


# --- snippets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("there", "store"),
    [
        ({}, ""),
        ({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec"}, ""),
        ({"HOTLOG_STORE": "ssm:/team"}, "ssm:/team"),
    ],
)
def test_a_snippet_is_whole_whatever_is_attached(
    aws: Deployment, tool: str, there: dict[str, str], store: str
) -> None:
    more = ("--store", store) if store else ()
    aws.variables = dict(there)
    first = run("attach", "orders", "--layer", LAYER, "--snippet", tool, *more)
    assert first.code == 0, first.err
    attached = attach_layer(Wiring((), dict(there)), LAYER, store=store)
    aws.variables = dict(attached.variables)
    aws.more = {"Layers": [{"Arn": LAYER}]}
    again = run("attach", "orders", "--layer", LAYER, "--snippet", tool, *more)
    assert again.out == first.out
    for word in (LAYER, "AWS_LAMBDA_EXEC_WRAPPER", "/opt/hotlog-exec", "ssm:GetParameter", *store.split()):
        assert word in first.out
    assert MARK not in again.out


@pytest.mark.parametrize("tool", TOOLS)
def test_a_snippet_before_there_is_a_layer_says_what_to_run(aws: Deployment, tool: str) -> None:
    ran = run("attach", "orders", "--snippet", tool)
    assert (ran.code, ran.out) == (2, "")
    assert "run `hotlog layer publish` first" in ran.err
    assert "[layer-unpublished]" in ran.err


# --- what doctor says --------------------------------------------------------------------------------------------------


def test_what_a_container_image_holds_is_not_said(aws: Deployment) -> None:
    aws.more = {"PackageType": "Image", "Runtime": "", "Handler": ""}
    found = findings()["wrapping"]
    assert found["state"] == "warn"
    assert "cannot be seen" in found["text"]
    aws.variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/hotlog-exec"}
    assert findings()["wrapping"]["state"] == "ok"
    aws.variables = {"HOTLOG": "off"}
    assert "HOTLOG=off" in findings()["wrapping"]["text"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOTLOG_SINK", "cloudwach:/g"),
        ("HOTLOG_SINK", "STDOUT"),
        ("HOTLOG_SINK", "stdout:"),
        ("HOTLOG_SINK", "file:"),
        ("HOTLOG_STORE", "s3://b/r"),
        ("HOTLOG_STORE", "SSM:/hotlog"),
    ],
)
def test_a_setting_that_makes_no_sense_is_the_functions_and_stops_no_other_check(
    aws: Deployment, name: str, value: str
) -> None:
    aws.variables = {name: value}
    found = findings()
    assert found["variables"]["state"] == "fail"
    assert f"{name} of the function" in found["variables"]["fix"]
    assert {"function", "wrapping", "rules", "log", "last status"} <= found.keys()
    ran = run("add", *RULE)
    assert ran.code == 0, ran.err
    said = " ".join(ran.err.split())
    assert f"{name} of the function: " in said
    assert "--store" not in said.partition("Undo")[0]


# --- packages ----------------------------------------------------------------------------------------------------------


def test_what_is_kept_of_packages_is_for_its_owner_alone(aws: Deployment) -> None:
    cache = Path(".cache/hotlog").resolve()
    cache.mkdir(parents=True, mode=0o755)
    cache.chmod(0o777)
    assert run("find", "orders", "handler").code == 0
    assert [path.stat().st_mode & 0o777 for path in (cache, cache / "packages")] == [0o700, 0o700]
    assert {path.stat().st_mode & 0o777 for path in (cache / "packages").iterdir()} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="to give a folder away takes root")
@pytest.mark.parametrize("place", [".cache/hotlog", ".cache/hotlog/packages"])
def test_a_cache_of_somebody_else_is_refused(aws: Deployment, place: str) -> None:
    Path(place).mkdir(parents=True)
    os.chown(place, 12_345, 12_345)
    ran = run("find", "orders", "handler")
    assert ran.code == 1
    assert "[foreign-cache]" in ran.err


def test_a_link_in_the_place_of_the_cache_is_refused(aws: Deployment, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Path(".cache").mkdir()
    Path(".cache/hotlog").symlink_to(tmp_path / "elsewhere")
    assert "[foreign-cache]" in run("find", "orders", "handler").err


def test_a_package_with_another_digest_is_neither_taken_nor_kept(aws: Deployment) -> None:
    aws.more = {"CodeSha256": base64.b64encode(hashlib.sha256(b"other").digest()).decode()}
    ran = run("find", "orders", "handler")
    assert (ran.code, ran.out) == (1, "")
    assert "[wrong-digest]" in ran.err
    assert list(Path(".cache/hotlog/packages").iterdir()) == []


@pytest.mark.parametrize(
    "files",
    [
        {"x-1.0.dist-info/RECORD": "x/__init__.py,,\n"},
        {"x-1.0.egg-info/top_level.txt": "x\n"},
        {"x-1.0.egg-info/installed-files.txt": "../x/__init__.py\n", "x-1.0.egg-info/top_level.txt": "y\n"},
    ],
)
@pytest.mark.parametrize("folder", ["", "vendor/", "lib/deep/"])
def test_an_installed_distribution_is_known_in_any_folder(
    aws: Deployment, files: dict[str, str], folder: str
) -> None:
    content = {**files, "x/__init__.py": APP, "y/__init__.py": APP}
    package = {"app.py": APP, **{folder + name: text for name, text in content.items()}}
    aws.functions = {"orders": {"$LATEST": zipped(package)}}
    ran = run("add", "orders", f"{folder}x/__init__.py:2", "n={event}")
    said = " ".join(ran.err.split())
    assert f"{folder}x belongs to an installed distribution" in said
    assert "HOTLOG_CODE_ROOTS" in said
    assert ran.code == 1
    free = run("add", "orders", f"{folder}y/__init__.py:2", "n={event}")
    assert (free.code, "distribution" in free.err) == (0, False), free.err
    assert not any(
        place.file == f"{folder}x/__init__.py" for place in hotlog.Client().find("orders", "handler")
    )


def test_a_list_beside_its_own_source_closes_nothing(aws: Deployment) -> None:
    info = {"x.egg-info/top_level.txt": "x\n", "x.egg-info/SOURCES.txt": "x/__init__.py\n"}
    aws.functions = {"orders": {"$LATEST": zipped({"x/__init__.py": APP, **info})}}
    assert "distribution" not in run("add", "orders", "x/__init__.py:2", "n={event}").err


# --- advice ------------------------------------------------------------------------------------------------------------


def test_the_advised_line_is_the_first_of_the_body(aws: Deployment) -> None:
    source = "def handler(items):\n    n = 0\n    for item in items:\n\n        # add\n        n += item\n    return n\n"
    aws.functions = {"orders": {"$LATEST": zipped({"app.py": source})}}
    assert "Try line 6." in run("add", "orders", "app.py:3", "{item}").err
    assert run("add", "orders", "app.py:6", "{item}").code == 0


@pytest.mark.parametrize("name", ["UserWarning", "Warning", "KeyError", "ExceptionGroup", "GeneratorExit"])
def test_add_knows_the_types_that_the_function_knows(aws: Deployment, name: str) -> None:
    assert run("add", *RULE, "--if", f"isinstance(event, {name})").code == 0
