"""One function's configuration, read and written so that no concurrent change is lost.

What is written was made from what was read: the revision says so, and where somebody else wrote in between, Lambda
refuses and it is made anew.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from hotlog.cli.attaching.attachment import Wiring
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

    from hotlog.cli.account.aws import Aws

_LOOK_EVERY_S: Final = 1.0
_UPDATE_MAX_S: Final = 300.0  # an update of a function in a VPC may take minutes
_WRITES_MAX: Final = 5  # so often somebody else may come first


class Configuration(NamedTuple):
    """A function's `$LATEST`, as far as hotlog's layer has to do with it.

    Attributes:
        name: of the function.
        arn: without a version.
        package: `Zip` or `Image`.
        runtime: such as `python3.13`; empty for a container image.
        architecture: `x86_64` or `arm64`.
        role: ARN of the execution role.
        vpc: id of the VPC it runs in; empty: none.
        snap_start: whether published versions start from a snapshot.
        wiring: layers and variables.
        revision: changes with every write.
        failed: why the last update failed; empty where it did not.
    """

    name: str
    arn: str
    package: str
    runtime: str
    architecture: str
    role: str
    vpc: str
    snap_start: bool
    wiring: Wiring
    revision: str
    failed: str = ""


def read(aws: Aws, name: str, *, sleep: Callable[[float], None] = time.sleep) -> Configuration:
    """The configuration of a function, once no update of it is under way.

    Args:
        aws: the account.
        name: of the function.
        sleep: waits so many seconds.

    Raises:
        StoreError: `unknown-function`, `denied`, `variables-unreadable`, `update-unfinished`, ...
    """
    from hotlog.stores.aws import told  # with boto3

    waited_s = 0.0
    while True:
        client = aws.client("lambda")
        with told("lambda:GetFunctionConfiguration", name):
            try:
                found = client.get_function_configuration(FunctionName=name)
            except client.exceptions.ResourceNotFoundException:
                aws.function(name)  # says so, with near names
                raise
        if found.get("LastUpdateStatus") != "InProgress" and found.get("State") != "Pending":
            return _configuration(found)
        if waited_s >= _UPDATE_MAX_S:
            raise StoreError(
                "update-unfinished", f"an update of {name} is still under way: look again in some minutes."
            )
        sleep(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S


def change(
    aws: Aws,
    name: str,
    wanted: Callable[[Configuration], Wiring],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Configuration, Configuration]:
    """Change a function's wiring and wait until the change is done.

    Args:
        aws: the account.
        name: of the function.
        wanted: from the configuration to the wiring it shall have. It is asked again when somebody else wrote in
            between; where it asks for no change, nothing is written.
        sleep: waits so many seconds.

    Returns:
        The configuration before and after.

    Raises:
        StoreError: as `read`, or `update-failed`, `contended`.
    """
    for _ in range(_WRITES_MAX):
        before = read(aws, name, sleep=sleep)
        wiring = wanted(before)
        if wiring == before.wiring:
            return before, before
        if _written(aws, before, wiring):
            after = read(aws, name, sleep=sleep)
            if after.failed:
                raise StoreError(
                    "update-failed",
                    f"the update of {name} failed: {after.failed} The function goes on as it was.",
                )
            return before, after
        sleep(_LOOK_EVERY_S)
    raise StoreError("contended", f"somebody else keeps changing {name}: try again when they are done.")


def _written(aws: Aws, before: Configuration, wiring: Wiring) -> bool:
    """Write it; False where somebody else came first."""
    from hotlog.stores.aws import told

    client = aws.client("lambda")
    with told("lambda:UpdateFunctionConfiguration", before.name):
        try:
            client.update_function_configuration(
                FunctionName=before.name,
                Layers=list(wiring.layers),
                Environment={"Variables": dict(wiring.variables)},
                RevisionId=before.revision,
            )
        except (
            client.exceptions.PreconditionFailedException,
            client.exceptions.ResourceConflictException,
        ):
            return False
    return True


def _configuration(found: FunctionConfigurationResponseTypeDef) -> Configuration:
    environment = found.get("Environment", {})
    if "Error" in environment:  # they cannot be decrypted: to write the others back would lose these
        reason = environment["Error"].get("Message", "")
        raise StoreError(
            "variables-unreadable",
            f"the variables of {found['FunctionName']} cannot be read, so they could not be kept. You need kms:Decrypt "
            f"on {found.get('KMSKeyArn') or 'its key'}. {reason}",
        )
    return Configuration(
        name=found["FunctionName"],
        arn=found["FunctionArn"],
        package=found.get("PackageType", "Zip"),
        runtime=found.get("Runtime", ""),
        architecture=found.get("Architectures", ["x86_64"])[0],
        role=found.get("Role", ""),
        vpc=found.get("VpcConfig", {}).get("VpcId", ""),
        snap_start=found.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
        wiring=Wiring(
            tuple(layer["Arn"] for layer in found.get("Layers", ())),
            dict(environment.get("Variables", {})),
        ),
        revision=found["RevisionId"],
        failed=found.get("LastUpdateStatusReason", "no reason was given")
        if found.get("LastUpdateStatus") == "Failed"
        else "",
    )
