"""The versions of the layer in an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from hotlog import __version__
from hotlog.interpreter.supported import TESTED_PYTHONS

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import RuntimeType

    from hotlog.client.account.aws import Aws
    from hotlog.client.attaching.layer_zip import Layer


ARCHITECTURES: Final = ("x86_64", "arm64")
RUNTIMES: Final = cast(
    "tuple[RuntimeType, ...]", tuple(f"python{major}.{minor}" for major, minor in TESTED_PYTHONS)
)
LAYER_NAME: Final = "hotlog"


def has_bytecode(description: str, runtime: str) -> bool:
    """Return whether a version of the layer says that it has the bytecode of a runtime."""
    return runtime in description.partition(" bytecode ")[2].split()


def describe_missing_bytecode(runtime: str) -> str:
    """Return what a layer without the bytecode of a runtime costs, and the way out."""
    return (
        f"the layer has no bytecode for {runtime}: a cold start takes some 25 ms of CPU more, and its first rule 60 ms. "
        f"Attach again where {runtime} is on PATH"
    )


def publish_layer(aws: Aws, name: str, found: Layer) -> str:
    """Publish the layer; return the ARN of the new version.

    Raises:
        StoreError: AWS did not take it.
    """
    from hotlog.stores.ssm.boto import translate_errors  # with boto3, which `--help` and `build` do without

    with translate_errors("lambda:PublishLayerVersion", name):
        return aws.client("lambda").publish_layer_version(
            LayerName=name,
            Description=f"hotlog {__version__} sources {found.sources} bytecode {' '.join(found.runtimes) or 'none'}",
            Content={"ZipFile": found.data},
            CompatibleRuntimes=list(RUNTIMES),
            CompatibleArchitectures=list(ARCHITECTURES),
            LicenseInfo="Apache-2.0",
        )["LayerVersionArn"]
