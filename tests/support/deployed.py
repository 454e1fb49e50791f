"""Functions that are deployed: their code goes to the emulator of AWS as a zip, as `aws lambda create-function` sends it."""

from __future__ import annotations

import io
import sys
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mypy_boto3_lambda.literals import RuntimeType

    from tests.support.emulators import Ministack

RUNTIME: RuntimeType = "python3.13" if sys.version_info[:2] >= (3, 13) else "python3.11"
ROLE = "arn:aws:iam::000000000000:role/orders"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip archive with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def files_below(folder: Path) -> dict[str, bytes]:
    """The Python files of a folder, by their path relative to it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")}


def deploy(  # noqa: PLR0913  # each is one fact of a function
    aws: Ministack,
    name: str,
    files: Mapping[str, str | bytes],
    *,
    handler: str = "app.handler",
    variables: Mapping[str, str] | None = None,
    layers: tuple[str, ...] = (),
    runtime: RuntimeType = RUNTIME,
    timeout_s: int = 3,
    log_group: str = "",
) -> None:
    """Create a function, or give it new code.

    Args:
        aws: the account.
        name: of the function.
        files: its package.
        handler: such as `app.handler`.
        variables: its environment.
        layers: ARNs.
        runtime: such as `python3.13`.
        timeout_s: how long an invocation may take.
        log_group: where it logs; empty: where Lambda puts it.
    """
    client = aws.client("lambda")
    if any(function["FunctionName"] == name for function in client.list_functions()["Functions"]):
        client.update_function_code(FunctionName=name, ZipFile=zipped(files))
        return
    client.create_function(
        FunctionName=name,
        Runtime=runtime,
        Role=ROLE,
        Handler=handler,
        Code={"ZipFile": zipped(files)},
        Environment={"Variables": dict(variables or {})},
        Layers=list(layers),
        Timeout=timeout_s,
        LoggingConfig={"LogGroup": log_group} if log_group else {},
    )


def layer(aws: Ministack, name: str, files: Mapping[str, str | bytes]) -> str:
    """Publish a layer; its ARN, with the version."""
    return aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": zipped(files)})[
        "LayerVersionArn"
    ]
