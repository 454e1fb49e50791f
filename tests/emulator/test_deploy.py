"""The templates in wrapper/deploy: valid for their own tools, and the same as what `hotlog attach` would do."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

import hotlog
from hotlog.rules.model import entry_of
from hotlog.stores.file import FileStore
from tests.conftest import absent
from tests.support.cli import hotlog as run_hotlog
from tests.support.deployed import deploy, layer
from tests.support.layers import own_layer
from tests.support.markers import line_with
from tests.support.places import CACHE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.emulators import Ministack
    from tests.support.lambda_runtime import Function

DEPLOY = ROOT / "wrapper" / "deploy"
LAYER = "arn:aws:lambda:us-east-1:000000000000:layer:hotlog:1"
PLACES = {
    "Partition": "aws",
    "Region": "us-east-1",
    "AccountId": "000000000000",
    "data.aws_partition.current.partition": "aws",
    "data.aws_region.current.name": "us-east-1",
    "data.aws_caller_identity.current.account_id": "000000000000",
}
INSTALL_MAX_S = 600


class Attached(NamedTuple):
    """What a template does to its function, beside what every function has."""

    name: str
    layers: list[str]
    variables: dict[str, str]
    statements: list[tuple[list[str], str]]


def resolved(text: str) -> str:
    """An ARN with the place it is deployed at."""
    return re.sub(r"\$\{(?:AWS::)?([^}]+)\}", lambda found: PLACES[found[1]], text)


class Loader(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation: what they refer to, as text."""


Loader.add_constructor("!Ref", lambda loader, node: f"ref:{node.value}")
Loader.add_constructor("!Sub", lambda loader, node: resolved(node.value))


def read_yaml(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), Loader)  # noqa: S506  # a safe one with two forms more
    return found


def statement(found: dict[str, Any]) -> tuple[list[str], str]:
    assert found["Effect"] == "Allow"
    actions = found["Action"]
    return [actions] if isinstance(actions, str) else list(actions), found["Resource"]


def of_sam() -> Attached:
    template = read_yaml(DEPLOY / "sam" / "template.yaml")
    [parameter] = template["Parameters"]
    function = template["Resources"]["Orders"]["Properties"]
    return Attached(
        function["FunctionName"],
        [LAYER if arn == f"ref:{parameter}" else arn for arn in function["Layers"]],
        function["Environment"]["Variables"],
        [statement(each) for policy in function["Policies"] for each in policy["Statement"]],
    )


def of_serverless() -> Attached:
    service = read_yaml(DEPLOY / "serverless" / "serverless.yml")
    function = service["functions"]["orders"]
    return Attached(
        function["name"],
        [LAYER if arn == "${param:hotlogLayer}" else arn for arn in function["layers"]],
        function["environment"],
        [statement(each) for each in service["provider"]["iam"]["role"]["statements"]],
    )


def hcl(text: str) -> dict[str, Any]:
    """Terraform's language as data, without the quotes that its strings keep."""
    import hcl2

    found: dict[str, Any] = json.loads(json.dumps(hcl2.loads(text)).replace('\\"', ""))
    return found


def of_terraform() -> Attached:
    found = hcl((DEPLOY / "terraform" / "main.tf").read_text())
    resources = {
        f"{kind}.{name}": body
        for each in found["resource"]
        for kind, named in each.items()
        for name, body in named.items()
    }
    function = resources["aws_lambda_function.orders"]
    policy = resources["aws_iam_role_policy.hotlog"]["policy"]
    [(action, resource)] = re.findall(r"Action\W+([\w:]+).*?Resource\W+(arn:\S*)", policy)
    [environment] = function["environment"]
    return Attached(
        function["function_name"],
        [LAYER if "var.hotlog_layer" in arn else arn for arn in function["layers"]],
        environment["variables"],
        [([action], resolved(resource.rstrip(",}])")))],
    )


def of_cloudformation(template: dict[str, Any]) -> Attached:
    """What the CDK and the Serverless Framework make of theirs."""
    kinds: dict[str, list[dict[str, Any]]] = {}
    for resource in template["Resources"].values():
        kinds.setdefault(resource["Type"], []).append(resource["Properties"])
    [function] = kinds["AWS::Lambda::Function"]
    policies = [policy["PolicyDocument"] for policy in kinds.get("AWS::IAM::Policy", [])]
    policies += [
        policy["PolicyDocument"] for role in kinds["AWS::IAM::Role"] for policy in role.get("Policies", [])
    ]
    statements = [statement(each) for policy in policies for each in policy["Statement"]]
    return Attached(
        function["FunctionName"],
        function["Layers"],
        function["Environment"]["Variables"],
        [(actions, _joined(arn)) for actions, arn in statements if not actions[0].startswith("logs:")],
    )


def _joined(arn: Any) -> str:
    if isinstance(arn, str):
        return arn
    if "Fn::Sub" in arn:
        return resolved(arn["Fn::Sub"])
    separator, parts = arn["Fn::Join"]
    return str(separator).join(
        part if isinstance(part, str) else PLACES[part["Ref"].removeprefix("AWS::")] for part in parts
    )


@pytest.fixture
def attached(aws: Ministack) -> Attached:
    """What `hotlog attach` would do to a function of that name."""
    assert layer(aws, "hotlog", {"python/x.py": ""}) == LAYER
    deploy(aws, "orders", {"app.py": (DEPLOY / "function" / "app.py").read_bytes()})
    ran = run_hotlog("attach", "orders", "--layer", LAYER, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["added"][0] == LAYER
    return Attached(
        told["function"],
        [told["layer"]],
        told["set"],
        [statement(each) for each in told["policy"]["Statement"]],
    )


@pytest.mark.emulator
@pytest.mark.parametrize("template", [of_sam, of_serverless, of_terraform])
def test_a_template_does_what_attach_would_do(template: Callable[[], Attached], attached: Attached) -> None:
    assert template() == attached


def test_the_sam_template_is_valid() -> None:
    checked = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", DEPLOY / "sam" / "template.yaml"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"AWS_DEFAULT_REGION": "us-east-1"},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_terraform_takes_its_configuration(tmp_path: Path) -> None:
    """TF_PLUGIN_DIR names a folder with the provider for AWS, where it shall not be downloaded."""
    terraform = shutil.which("terraform")
    if terraform is None:
        absent("there is no terraform")
    shutil.copytree(DEPLOY / "terraform", tmp_path, dirs_exist_ok=True)
    plugins = os.environ.get("TF_PLUGIN_DIR")
    init = ["init", "-backend=false", *([f"-plugin-dir={plugins}"] if plugins else [])]
    for words in (init, ["validate"], ["fmt", "-check"]):
        ran = subprocess.run(
            [terraform, *words, "-no-color"], cwd=tmp_path, check=False, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


def npm_tool(package: str) -> Path:
    """A command of a package of the npm registry, installed once into `.cache/`."""
    npm = shutil.which("npm")
    if npm is None:
        absent("there is no npm")
    name = package.partition("@")[0]
    folder = CACHE / f"npm-{name}"
    if not (folder / "node_modules" / name).exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--silent", package],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=INSTALL_MAX_S,
        )
    return folder / "node_modules" / ".bin"


@pytest.mark.slow
@pytest.mark.emulator
def test_the_cdk_makes_the_same_of_its_program(attached: Attached, tmp_path: Path) -> None:
    site = CACHE / "cdk"
    if not site.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--target", site, "aws-cdk-lib>=2.180"],
            check=True,
            capture_output=True,
            timeout=INSTALL_MAX_S,
        )
    program = f"{sys.executable} {DEPLOY / 'cdk' / 'app.py'}"
    out = tmp_path / "out"
    cdk = str(npm_tool("aws-cdk") / "cdk")
    ran = subprocess.run(
        [cdk, "synth", "--json", "-a", program, "-o", str(out), "-c", f"hotlog_layer={LAYER}"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(site), "CI": "1"},
    )
    assert ran.returncode == 0, ran.stderr
    template = json.loads((out / "Orders.template.json").read_text())
    assert of_cloudformation(template) == attached


@pytest.mark.slow
@pytest.mark.emulator
def test_the_serverless_framework_makes_the_same_of_its_file(attached: Attached, tmp_path: Path) -> None:
    """Version 3: the last one that works without an account of its maker's."""
    shutil.copytree(DEPLOY / "serverless", tmp_path / "service")
    shutil.copy(DEPLOY / "function" / "app.py", tmp_path / "service")
    ran = subprocess.run(
        [npm_tool("serverless@3") / "serverless", "package", "--param", f"hotlogLayer={LAYER}"],
        cwd=tmp_path / "service",
        check=False,
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "CI": "1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SLS_NOTIFICATIONS_MODE": "off",
            "SLS_TELEMETRY_DISABLED": "1",
        },
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    made = tmp_path / "service" / ".serverless"
    template = json.loads((made / "cloudformation-template-update-stack.json").read_text())
    assert of_cloudformation(template) == attached
    with zipfile.ZipFile(made / "orders.zip") as package:
        assert package.namelist() == ["app.py"]


@pytest.mark.emulator
def test_the_container_recipe_wraps_the_handler(function: type[Function], tmp_path: Path) -> None:
    """What the image would hold, run with its CMD and its ENV. Images take no exec wrapper and no layer."""
    recipe = (DEPLOY / "container" / "Dockerfile").read_text()
    env = dict(re.findall(r"^ENV (\w+)=(\S+)$", recipe, re.MULTILINE))
    [command] = re.findall(r'^CMD \["(.+)"\]$', recipe, re.MULTILINE)
    assert "hotlog-layer.zip /opt" in recipe
    task, store = tmp_path / "task", tmp_path / "rules"
    shutil.copytree(DEPLOY / "function", task)
    now = datetime.now(UTC)
    line = line_with(task / "app.py", "return {")
    rule = hotlog.Rule(
        id="a", at=f"app.py:{line}", message="total={total}", created=now, expires=now + timedelta(hours=1)
    )
    FileStore(str(store)).update("function", lambda document: document._replace(entries=(entry_of(rule),)))
    opt = own_layer(tmp_path / "opt")
    for more, logged in (({}, 1), ({"HOTLOG": "off"}, 0)):
        with function(
            task, command, layer=opt, env=env | {"HOTLOG_STORE": f"file:{store}"} | more
        ) as running:
            reply = running.invoke({"prices": [1, 2]})
        assert reply.payload == {"total": 3}
        assert len([line for line in reply.lines if '"message":"total=3"' in line]) == logged


@pytest.mark.emulator
def test_a_snippet_says_the_same_in_its_tools_own_words(attached: Attached) -> None:
    def snippet(tool: str) -> str:
        ran = run_hotlog("attach", "orders", "--layer", LAYER, "--snippet", tool)
        assert ran.code == 0, ran.err
        return ran.out

    sam = yaml.load(snippet("sam"), Loader)  # noqa: S506
    assert attached == Attached(
        "orders",
        sam["Layers"],
        sam["Environment"]["Variables"],
        [statement(each) for policy in sam["Policies"] for each in policy["Statement"]],
    )

    serverless = yaml.load(snippet("serverless"), Loader)  # noqa: S506
    assert attached == Attached(
        "orders",
        serverless["layers"],
        serverless["environment"],
        [statement(each) for each in serverless["statements"]],
    )

    terraform = hcl(snippet("terraform"))
    [environment] = terraform["environment"]
    policy = terraform["resource"][0]["aws_iam_role_policy"]["hotlog"]["policy"]
    assert terraform["layers"] == attached.layers
    assert environment["variables"] == attached.variables
    assert all(action in policy and arn in policy for [action], arn in attached.statements)

    calls = {
        node.func.attr: [ast.literal_eval(each) for each in node.args if isinstance(each, ast.Constant)]
        for node in ast.walk(ast.parse(snippet("cdk")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert calls["from_layer_version_arn"][-1] == LAYER
    assert dict([calls["add_environment"]]) == attached.variables
    assert {"add_layers", "add_to_role_policy", "PolicyStatement"} <= calls.keys()
