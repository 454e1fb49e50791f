"""The versions of the layer in an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hotlog import __version__

if TYPE_CHECKING:
    from hotlog.cli.account.options import Options
    from hotlog.cli.attaching.layer_zip import Layer


ARCHITECTURES: Final = ("x86_64", "arm64")
RUNTIMES: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
LAYER_NAME: Final = "hotlog"


def publish_layer(session: Options, name: str, found: Layer) -> str:
    """Publish the layer; the ARN of the new version.

    Raises:
        StoreError: AWS did not take it.
    """
    from hotlog.cli.account.aws import Aws
    from hotlog.stores.ssm.boto import translate_errors  # with boto3, which `--help` and `build` do without

    with translate_errors("lambda:PublishLayerVersion", name):
        return (
            Aws(session)
            .client("lambda")
            .publish_layer_version(
                LayerName=name,
                Description=f"hotlog {__version__} sources {found.sources}",
                Content={"ZipFile": found.data},
                CompatibleRuntimes=list(RUNTIMES),
                CompatibleArchitectures=list(ARCHITECTURES),
                LicenseInfo="Apache-2.0",
            )["LayerVersionArn"]
        )
