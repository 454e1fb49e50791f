"""One function's configuration, read and written so that no concurrent change is lost.

What is written was made from what was read: the revision says so, and where somebody else wrote in between, Lambda
refuses and it is made anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from hotlog.client import desk_limits
from hotlog.client.attaching.attachment import Wiring
from hotlog.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef,
        FunctionConfigurationTypeDef,
        UpdateFunctionConfigurationRequestTypeDef,
    )

    from hotlog.client.account.aws import Aws

_LOOK_EVERY_S: Final = 1.0
# What Lambda changes by itself, or with each write.
_VOLATILE: Final = frozenset(
    {
        "RevisionId",
        "LastModified",
        "State",
        "StateReason",
        "StateReasonCode",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "ResponseMetadata",
    }
)


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
        revision: changes with every write; empty where the answer of AWS lacks it.
        failed: why the last update failed; empty where it did not.
        timeout_s: how long an invocation may take.
        digest: of everything a person can configure: two that are equal were configured alike.
        asked_at: when AWS answered, by its own clock.
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
    timeout_s: int = 3
    digest: str = ""
    asked_at: datetime = datetime.fromtimestamp(0, UTC)


def read(aws: Aws, name: str, *, sleep: Callable[[float], None] = time.sleep) -> Configuration:
    """Return the configuration of a function, once no update of it is under way.

    Args:
        aws: the account.
        name: of the function.
        sleep: waits so many seconds.

    Raises:
        StoreError: `unknown-function`, `denied`, `variables-unreadable`, `update-unfinished`, ...
    """
    from hotlog.stores.ssm.boto import translate_errors  # with boto3

    waited_s = 0.0
    while True:
        client = aws.client("lambda")
        with translate_errors("lambda:GetFunctionConfiguration", name):
            try:
                found = client.get_function_configuration(FunctionName=name)
            except client.exceptions.ResourceNotFoundException:
                aws.function(name)  # says so, with near names
                raise
        if found.get("LastUpdateStatus") != "InProgress" and found.get("State") != "Pending":
            return _configuration(found)
        if waited_s >= desk_limits.UPDATE_MAX_S:
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
    for _ in range(desk_limits.UPDATE_WRITES_MAX):
        before = read(aws, name, sleep=sleep)
        wiring = wanted(before)
        if wiring == before.wiring:
            return before, before
        if _write(aws, before, wiring):
            after = read(aws, name, sleep=sleep)
            if after.failed:
                raise StoreError(
                    "update-failed",
                    f"the update of {name} failed: {after.failed} The function goes on as it was.",
                )
            return before, after
        sleep(_LOOK_EVERY_S)
    raise StoreError("contended", f"somebody else keeps changing {name}: try again when they are done.")


def restore(
    aws: Aws,
    before: Configuration,
    ours: Configuration,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Give a function back the wiring it had before `change`, and wait until that is done.

    Args:
        aws: the account.
        before: what `change` has found.
        ours: what `change` has left.
        sleep: waits so many seconds.

    Raises:
        StoreError: as `change`; `changed-meanwhile` where the function is no longer as `change` has left it, by somebody
            else's hand: then it stays as it is. `not-restored` where it is not as it was before.
    """
    for _ in range(desk_limits.UPDATE_WRITES_MAX):
        now = read(aws, before.name, sleep=sleep)
        # Lambda writes a new revision by itself too, when the state of a function changes: what counts is the content.
        if now.digest != ours.digest:
            raise StoreError(
                "changed-meanwhile",
                f"somebody else has changed {before.name} since hotlog was put on it, so it stays as it is now: look at "
                f"that change, then take hotlog off with `hotlog detach {before.name}`.",
            )
        if _write(aws, now, before.wiring):
            after = read(aws, before.name, sleep=sleep)
            if after.failed or after.digest != before.digest:
                raise StoreError(
                    "not-restored",
                    f"{before.name} is not as it was before. {after.failed or 'Some of its settings differ.'} Compare it "
                    "with its template.",
                )
            return
        sleep(_LOOK_EVERY_S)
    raise StoreError(
        "contended",
        f"somebody else keeps changing {before.name}: run `hotlog detach {before.name}` when they are done.",
    )


def _write(aws: Aws, before: Configuration, wiring: Wiring) -> bool:
    """Write the configuration; return False where somebody else has changed it meanwhile.

    Without a revision to compare, which some endpoints lack, the last one who writes wins.
    """
    from hotlog.stores.ssm.boto import translate_errors

    client = aws.client("lambda")
    request: UpdateFunctionConfigurationRequestTypeDef = {
        "FunctionName": before.name,
        "Layers": list(wiring.layers),
        "Environment": {"Variables": dict(wiring.variables)},
    }
    if before.revision:
        request["RevisionId"] = before.revision
    with translate_errors("lambda:UpdateFunctionConfiguration", before.name):
        try:
            client.update_function_configuration(**request)
        except (
            client.exceptions.PreconditionFailedException,
            client.exceptions.ResourceConflictException,
        ):
            return False
    return True


def of_listed(found: FunctionConfigurationTypeDef) -> Configuration:
    """Return the configuration of a function as a listing of all has it, where variables that cannot be read are none."""
    readable = {key: value for key, value in found.items() if key != "Environment" or "Error" not in value}  # type: ignore[operator]  # a mapping
    return _configuration(cast("FunctionConfigurationResponseTypeDef", readable))


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
        revision=found.get("RevisionId", ""),
        failed=found.get("LastUpdateStatusReason", "no reason was given")
        if found.get("LastUpdateStatus") == "Failed"
        else "",
        timeout_s=found.get("Timeout", 3),
        digest=_digest(found),
        asked_at=_moment_of(found),
    )


def _digest(found: FunctionConfigurationResponseTypeDef) -> str:
    """Return a digest of the settings, from which no value of a variable can be read."""
    settings = {key: value for key, value in found.items() if key not in _VOLATILE}
    if not found.get("Environment", {}).get("Variables"):
        settings.pop(
            "Environment", None
        )  # no variables, and none at all, cannot be told apart by writing them
    if not found.get("Layers"):
        settings.pop("Layers", None)
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def _moment_of(found: FunctionConfigurationResponseTypeDef) -> datetime:
    """Return when AWS answered, by its clock; by this machine's where the answer has no date."""
    headers = found.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)
