"""A function as it is deployed. Of its variables only hotlog's own settings are kept, and of the others the names alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog import config

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationTypeDef, GetFunctionResponseTypeDef

    from hotlog.config import Config

EXEC_WRAPPER: Final = "AWS_LAMBDA_EXEC_WRAPPER"
OURS: Final = "/opt/hotlog-exec"  # the layer's script, as the value of that variable
# What a person may see of a function's variables: settings of hotlog and of the platform, never the application's.
_SETTINGS: Final = ("HOTLOG", "AWS_LAMBDA_")


class Package(NamedTuple):
    """Where a zip with code can be fetched.

    Attributes:
        name: how messages call it: the function's name or the layer's ARN.
        sha256: of the zip, as AWS writes it (base64).
        url: presigned, good for ten minutes.
    """

    name: str
    sha256: str
    url: str


class Deployed(NamedTuple):
    """A function, or one version of it, as it is deployed.

    Attributes:
        name: of the function.
        arn: of what was asked for; with the version or alias, where one was.
        version: `$LATEST` or a number.
        runtime: such as `python3.13`; empty for a container image.
        handler: such as `app.handler`; empty for a container image.
        role: ARN of the execution role.
        layers: ARNs of the layers, in the order they are laid over each other.
        log_group: where it logs.
        package: its zip; None for a container image.
        config: hotlog's settings on it.
        wrapper: AWS_LAMBDA_EXEC_WRAPPER.
        variables: the names of all its variables.
        vpc: id of the VPC it runs in; empty: none.
    """

    name: str
    arn: str
    version: str
    runtime: str
    handler: str
    role: str
    layers: tuple[str, ...]
    log_group: str
    package: Package | None
    config: Config
    wrapper: str
    variables: tuple[str, ...]
    vpc: str = ""


def read_deployed(answer: GetFunctionResponseTypeDef) -> Deployed:
    """Return the function that an answer of `GetFunction` describes."""
    found: FunctionConfigurationTypeDef = answer["Configuration"]
    variables = found.get("Environment", {}).get("Variables", {})
    settings = {name: value for name, value in variables.items() if name.startswith(_SETTINGS)}
    name = found["FunctionName"]
    package = None
    if found.get("PackageType", "Zip") == "Zip":
        package = Package(name, found["CodeSha256"], answer["Code"]["Location"])
    return Deployed(
        name=name,
        arn=found["FunctionArn"],
        version=found["Version"],
        runtime=found.get("Runtime", ""),
        handler=found.get("Handler", ""),
        role=found.get("Role", ""),
        layers=tuple(layer["Arn"] for layer in found.get("Layers", ())),
        log_group=found.get("LoggingConfig", {}).get("LogGroup", "") or f"/aws/lambda/{name}",
        package=package,
        config=config.read(settings),
        wrapper=settings.get(EXEC_WRAPPER, ""),
        variables=tuple(variables),
        vpc=found.get("VpcConfig", {}).get("VpcId", ""),
    )
